"""The npy format's header, read and written without numpy: what it says of dtype and shape, never the data."""

from __future__ import annotations

import ast
from math import prod
from typing import IO

from ..shapes.dims import LARGEST
from .dtypes import NPY
from .errors import corrupt, format_error, pickled, quoted

MAGIC = b"\x93NUMPY"
HEADER_LIMIT = 10_000
"""Bytes of header; numpy's own limit too."""

MAX_RANK = 64

_CODES = {name: code for code, name in NPY.items()}


class Array:
    """What a header says. `order` is `<`, `>` or `|`; `begin` is where the data starts, `size` its bytes."""

    __slots__ = ("begin", "dtype", "fortran", "order", "shape", "size")

    def __init__(self, shape: tuple[int, ...], code: str, fortran: bool, begin: int) -> None:
        self.shape = shape
        self.dtype = NPY[code[1:]]
        self.order = code[0]
        self.fortran = fortran
        self.begin = begin
        self.size = prod(shape) * int(code[2:])


def read_array_header(file: IO[bytes], path: str) -> Array:
    """The header at the start of `file`; raises Unusable."""
    start = file.read(8)
    if len(start) < 8 or start[:6] != MAGIC:
        raise corrupt(path, "it does not start as an npy array does")
    wide = 2 if start[6] == 1 else 4
    length = int.from_bytes(file.read(wide), "little")
    if start[6] not in (1, 2, 3) or length > HEADER_LIMIT:
        raise corrupt(path, f"it announces version {start[6]} and a header of {length:,} bytes")
    text = file.read(length)
    if len(text) < length:
        raise corrupt(path, "it ends within its header")
    try:
        info = ast.literal_eval(text.decode("utf-8" if start[6] == 3 else "latin-1"))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise corrupt(path, "its header cannot be understood") from None
    if not isinstance(info, dict) or set(info) != {"descr", "fortran_order", "shape"}:
        raise corrupt(path, "its header does not give descr, fortran_order and shape")
    return _checked(info, 8 + wide + length, path)


def _checked(info: dict[str, object], begin: int, path: str) -> Array:
    code, shape, fortran = info["descr"], info["shape"], info["fortran_order"]
    if isinstance(code, str) and code.lstrip("<>|=")[:1] == "O":
        raise pickled(path, "it holds Python objects")
    if not isinstance(code, str) or code[:1] not in ("<", ">", "|") or code[1:] not in NPY:
        raise format_error(path, f"its elements are {quoted(code)}", "known are " + ", ".join(NPY.values()))
    whole = isinstance(shape, tuple) and all(type(n) is int and 0 <= n <= LARGEST for n in shape)
    if not isinstance(shape, tuple) or not whole or len(shape) > MAX_RANK or prod(shape) * 8 >= 1 << 63:
        raise corrupt(path, f"its shape is {quoted(shape)}")
    if type(fortran) is not bool:
        raise corrupt(path, f"its fortran_order is {quoted(fortran)}")
    return Array(shape, code, fortran, begin)


def array_header(shape: tuple[int, ...], dtype: str) -> bytes:
    """The header of an array of little-endian elements, last axis fastest; as numpy writes it."""
    code = _CODES[dtype]
    order = "|" if code in ("b1", "i1", "u1") else "<"
    text = f"{{'descr': '{order}{code}', 'fortran_order': False, 'shape': {shape}, }}".encode("latin-1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text
