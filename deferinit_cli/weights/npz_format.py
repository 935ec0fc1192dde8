"""The npz format: a zip of npy arrays. Headers are read without the data, and nothing is ever unpickled."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from .errors import corrupt, format_error, pickled, quoted
from .npy import Array, read_array_header

MAX_EXPANSION = 200
"""How many times larger than its file an archive's content may be…"""

MAX_SURE = 1 << 30
"""… beyond this many bytes, which any archive may take."""

BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, OverflowError, RuntimeError,
          UnicodeError, ValueError, IndexError, KeyError)  # fmt: skip
"""What zipfile raises on archives that are not sound."""


class Member:
    """One array of an archive and the zip's entry it stands in."""

    __slots__ = ("array", "info")

    def __init__(self, info: zipfile.ZipInfo, array: Array) -> None:
        self.info = info
        self.array = array


@contextmanager
def opened(file: BinaryIO, path: str) -> Iterator[zipfile.ZipFile]:
    """The archive, with whatever zipfile finds wrong in it told as Unusable."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except BROKEN as error:
        raise corrupt(path, f"it is no sound zip archive ({quoted(error)})") from None


def read_members(archive: zipfile.ZipFile, size: int, path: str) -> dict[str, Member]:
    """The arrays of an archive of `size` bytes by name, in its order; raises Unusable."""
    infos = archive.infolist()
    if any(info.filename.endswith(".pkl") for info in infos):
        raise pickled(path, "it is a pickle in a zip, as torch.save writes it")
    total = sum(info.file_size for info in infos)
    if total > max(MAX_SURE, MAX_EXPANSION * size):
        raise corrupt(path, f"its {size:,} bytes claim to hold {total:,}")
    members: dict[str, Member] = {}
    for info in infos:
        name = info.filename.removesuffix(".npy")
        if name == info.filename:
            raise format_error(path, f"its member {quoted(name)} is not an array (.npy)")
        if name in members:
            raise corrupt(path, f"it holds {quoted(name)} twice")
        if not name.isprintable():
            raise corrupt(path, f"its array {quoted(name)} has a name that cannot be printed")
        members[name] = _member(archive, info, path)
    return members


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: str) -> Member:
    if info.flag_bits & 1:
        raise format_error(path, "it is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise format_error(path, f"its array {quoted(info.filename)} is compressed in a way numpy does not use")
    with archive.open(info) as file:
        array = read_array_header(file, f"{path}, array {quoted(info.filename)},")
    there = info.file_size - array.begin
    if there != array.size:
        what = f"{there:,} bytes; {array.shape} of {array.dtype} takes {array.size:,}"
        raise corrupt(path, f"its array {quoted(info.filename)} has {what}")
    return Member(info, array)


def entry(name: str) -> zipfile.ZipInfo:
    """The zip entry of an array that is to be written: stored as it is, without a time, so that bytes repeat."""
    info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info
