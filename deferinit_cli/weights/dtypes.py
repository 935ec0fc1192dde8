"""Dtypes by name, as numpy and the file formats know them. Importing this does not import numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..problems import Problem

if TYPE_CHECKING:
    import numpy as np

SIZES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "int64": 8, "int32": 4, "int16": 2, "int8": 1,
         "uint64": 8, "uint32": 4, "uint16": 2, "uint8": 1, "bool": 1, "complex64": 8, "float8_e4m3fn": 1,
         "float8_e5m2": 1, "float8_e8m0fnu": 1}  # fmt: skip
"""Bytes of one element, by dtype name."""

SAFETENSORS = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64",
               "I32": "int32", "I16": "int16", "I8": "int8", "U64": "uint64", "U32": "uint32", "U16": "uint16",
               "U8": "uint8", "BOOL": "bool", "C64": "complex64", "F8_E4M3": "float8_e4m3fn",
               "F8_E5M2": "float8_e5m2", "F8_E8M0": "float8_e8m0fnu"}  # fmt: skip
"""Dtype names by the safetensors format's codes."""

NPY = {"f8": "float64", "f4": "float32", "f2": "float16", "V2": "bfloat16", "i8": "int64", "i4": "int32",
       "i2": "int16", "i1": "int8", "u8": "uint64", "u4": "uint32", "u2": "uint16", "u1": "uint8", "b1": "bool",
       "c8": "complex64", "V1": "float8_e4m3fn"}  # fmt: skip
"""Dtype names by the npy format's codes, byte order apart. numpy writes ml_dtypes' types as plain bytes (`V2`)."""


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The numpy dtype, little-endian or native; raises Problem where it needs a package that is not there."""
    import numpy as np

    if name not in SIZES:
        raise Problem("unknown-dtype", f"there is no dtype '{name}'", "dtype", expected=", ".join(SIZES))
    if not name.startswith(("bfloat", "float8")):
        return np.dtype(name)
    try:
        import ml_dtypes
    except ImportError:
        message = f"numpy has no {name} of its own; the package ml_dtypes, which adds it, is not installed"
        raise Problem("missing-package", message, "dtype", help="pip install 'deferinit[bfloat16]'") from None
    found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return found
