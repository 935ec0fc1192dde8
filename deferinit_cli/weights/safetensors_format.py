"""The safetensors format: an 8-byte length, a JSON header, then the tensors' bytes without gaps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import Any, BinaryIO

from ..shapes.dims import LARGEST
from .dtypes import SAFETENSORS, SIZES
from .errors import corrupt, format_error, quoted

HEADER_LIMIT = 100_000_000
"""Bytes of header a file may have; the format's own limit."""

METADATA = "__metadata__"
"""The header's key of texts about the file, which is no tensor's name."""

MAX_RANK = 64

_CODES = {name: code for code, name in SAFETENSORS.items()}


class Entry:
    """One tensor of a file: `begin` and `end` are places in the file."""

    __slots__ = ("begin", "dtype", "end", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: str, begin: int, end: int) -> None:
        self.shape = shape
        self.dtype = dtype
        self.begin = begin
        self.end = end


def read_entries(file: BinaryIO, size: int, path: str) -> dict[str, Entry]:
    """The tensors of an open file of `size` bytes, in the header's order; raises Unusable where it is not sound."""
    start = file.read(8)
    if len(start) < 8:
        raise corrupt(path, f"it ends after {len(start)} bytes; the header's length alone takes 8")
    length = int.from_bytes(start, "little")
    if length > HEADER_LIMIT:
        raise corrupt(path, f"it announces a header of {length:,} bytes; the format's limit is {HEADER_LIMIT:,}")
    if length > size - 8:
        raise corrupt(path, f"it ends within its header: {length:,} bytes announced, {size - 8:,} there")
    header = _parse(file.read(length), path)
    if not _texts(header.pop(METADATA, None)):
        raise corrupt(path, f"its {METADATA} is not an object of texts")
    entries = {name: _entry(name, info, 8 + length, path) for name, info in header.items()}
    _no_gaps(entries, 8 + length, size, path)
    return entries


def _parse(text: bytes, path: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(pairs)
        if len(out) < len(pairs):
            twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
            raise corrupt(path, f"its header has the key {quoted(twice)} twice")
        return out

    def constant(word: str) -> None:
        raise ValueError(f"{word} is not JSON")

    try:
        header = json.loads(text.decode("utf-8"), object_pairs_hook=unique, parse_constant=constant)
    except (ValueError, RecursionError) as error:  # of decoding, of JSON, of numbers too long to read
        raise corrupt(path, f"its header is not JSON ({quoted(error)})") from None
    if not isinstance(header, dict):
        raise corrupt(path, "its header is not a JSON object")
    return header


def _entry(name: str, info: Any, base: int, path: str) -> Entry:
    if not name.isprintable():  # such as a line break, or half of a character
        raise corrupt(path, f"its tensor {quoted(name)} has a name that cannot be printed")
    who = f"its tensor {quoted(name)}"
    if not isinstance(info, dict) or not {"dtype", "shape", "data_offsets"} <= set(info):
        raise corrupt(path, f"{who} is not described by dtype, shape and data_offsets")
    shape, offsets, code = info["shape"], info["data_offsets"], info["dtype"]
    if not _sizes(shape) or len(shape) > MAX_RANK or prod(shape) >= 1 << 63:
        raise corrupt(path, f"{who} has the shape {quoted(shape)}")
    if not _sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise corrupt(path, f"{who} has the data_offsets {quoted(offsets)}")
    dtype = SAFETENSORS.get(code) if isinstance(code, str) else None
    if dtype is None:
        raise format_error(path, f"{who} has the dtype {quoted(code)}", "known are " + ", ".join(SAFETENSORS))
    if prod(shape) * SIZES[dtype] != offsets[1] - offsets[0]:
        needs = f"{list(shape)} of {dtype} takes {prod(shape) * SIZES[dtype]:,} bytes"
        raise corrupt(path, f"{who} has {offsets[1] - offsets[0]:,} bytes; {needs}")
    return Entry(tuple(shape), dtype, base + offsets[0], base + offsets[1])


def _sizes(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and 0 <= v <= LARGEST for v in values)


def _texts(values: Any) -> bool:
    return values is None or (isinstance(values, dict) and all(isinstance(v, str) for v in values.values()))


def _no_gaps(entries: dict[str, Entry], base: int, size: int, path: str) -> None:
    end, last = base, ""
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        if entry.begin < end:
            raise corrupt(path, f"its tensors {quoted(last)} and {quoted(name)} overlap")
        if entry.begin > end:
            raise corrupt(path, f"{entry.begin - end:,} bytes before its tensor {quoted(name)} belong to no tensor")
        end, last = entry.end, name
    if end > size:
        raise corrupt(path, f"it is cut off: {end:,} bytes announced, {size:,} there")
    if end < size:
        raise corrupt(path, f"{size - end:,} bytes after its last tensor belong to no tensor")


def header_bytes(tensors: Sequence[tuple[str, tuple[int, ...], str]], metadata: dict[str, str]) -> bytes:
    """The length and the header of a file that holds these tensors' bytes in this order."""
    header: dict[str, Any] = {METADATA: metadata} if metadata else {}
    end = 0
    for name, shape, dtype in tensors:
        begin, end = end, end + prod(shape) * SIZES[dtype]
        header[name] = {"dtype": _CODES[dtype], "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)  # so that the data starts where every dtype may
    return len(text).to_bytes(8, "little") + text
