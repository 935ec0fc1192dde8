"""Files that are cut off, lie, or mean harm: each is refused by name, and none takes the process down."""

from __future__ import annotations

import io
import json
import pickle
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load as safe_load

from deferinit_cli.problems import Unusable
from deferinit_cli.weights.files import load, read_arrays, read_header


def told(path: Path, read: Any = read_header) -> tuple[str, str]:
    """The rule and message of the one thing that is wrong."""
    with pytest.raises(Unusable) as caught:
        read(str(path))
    (diagnostic,) = caught.value.diagnostics
    assert str(path) in diagnostic.message or path.name in diagnostic.message
    assert diagnostic.message.isprintable() and len(diagnostic.message) < 600
    return diagnostic.rule, diagnostic.message


def st_file(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def one(shape: Any = (2,), dtype: Any = "F32", offsets: Any = (0, 8)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "header, data, says",
    [
        ({"a": one()}, b"1234", "cut off"),
        ({"a": one()}, b"1" * 9, "1 bytes after its last tensor"),
        ({"a": one(offsets=[4, 12])}, b"1" * 12, "4 bytes before its tensor 'a'"),
        ({"a": one(), "b": one(offsets=[4, 12])}, b"1" * 12, "'a' and 'b' overlap"),
        ({"a": one(), "b": one()}, b"1" * 8, "'a' and 'b' overlap"),
        ({"a": one(offsets=[8, 0])}, b"", "data_offsets"),
        ({"a": one(offsets=[-8, 0])}, b"", "data_offsets"),
        ({"a": one(offsets=[0, 8.0])}, b"1" * 8, "data_offsets"),
        ({"a": one(offsets=[0])}, b"", "data_offsets"),
        ({"a": one(offsets=[1 << 70, (1 << 70) + 8])}, b"", "data_offsets"),
        ({"a": one(shape=[3])}, b"1" * 8, "takes 12 bytes"),
        ({"a": one(shape=[-2])}, b"1" * 8, "shape"),
        ({"a": one(shape=[True, 2])}, b"1" * 8, "shape"),
        ({"a": one(shape=["2"])}, b"1" * 8, "shape"),
        ({"a": one(shape=[1 << 62, 8])}, b"", "shape"),
        ({"a": one(shape=[1] * 65, offsets=[0, 4])}, b"1234", "shape"),
        ({"a": one(shape=2)}, b"1" * 8, "shape"),
        ({"a": {"dtype": "F32"}}, b"", "not described"),
        ({"a": 3}, b"", "not described"),
        ([1], b"", "not a JSON object"),
        (b"{", b"", "not JSON"),
        (b"\xff\xff", b"", "not JSON"),
        (b'{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,8]}}', b"", "not JSON"),
        (b'{"a":' + b"[" * 100000, b"", "not JSON"),
        (b'{"a":' + b"9" * 10000 + b"}", b"", "not JSON"),
        (b'{"a":1,"a":2}', b"", "key 'a' twice"),
        (b'{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}', b"1234", "key 'dtype' twice"),
        (b'{"a\\u001b[2J":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', b"", "cannot be printed"),
        (b'{"\\ud800":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', b"", "cannot be printed"),
    ],
)
def test_safetensors_that_are_damaged(tmp_path: Path, header: Any, data: bytes, says: str) -> None:
    rule, message = told(st_file(tmp_path / "w.safetensors", header, data))
    assert rule == "weights-corrupt" and says in message
    assert told(tmp_path / "w.safetensors", load) == (rule, message)


def test_safetensors_whose_header_is_cut_or_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    for content in (b"", b"1234567"):
        path.write_bytes(content)
        assert told(path) == ("weights-corrupt", f"{path} is damaged: it ends after {len(content)} bytes; "
                              "the header's length alone takes 8")  # fmt: skip
    assert "within its header" in told(st_file(path, b"{}", length=3))[1]
    assert "limit is 100,000,000" in told(st_file(path, b"{}", length=100_000_001))[1]
    assert "limit" in told(st_file(path, b"{}", length=(1 << 64) - 1))[1]


def test_safetensors_metadata_is_texts(tmp_path: Path) -> None:
    """What the safetensors package takes, and no more."""
    path = tmp_path / "w.safetensors"
    for metadata in ({"a": 1}, {"a": None}, [], "a", 0, {"a": {}}):
        assert "__metadata__ is not an object of texts" in told(st_file(path, {"__metadata__": metadata}))[1]
        with pytest.raises(SafetensorError):
            safe_load(path.read_bytes())
    for fine in (None, {}, {"a": "b"}):
        st_file(path, {"__metadata__": fine})
        assert read_header(str(path)) == safe_load(path.read_bytes()) == {}


def test_dtypes_nobody_knows(tmp_path: Path) -> None:
    for code in ("F31", 3, None, ["F32"], {}):
        rule, _ = told(st_file(tmp_path / "w.safetensors", {"a": one(dtype=code)}, b"1" * 8))
        assert rule == "weights-format"


def test_truth_values_are_0_or_1(tmp_path: Path) -> None:
    st_file(tmp_path / "w.safetensors", {"a": one([2], "BOOL", [0, 2])}, b"\1\2")
    assert "truth values" in told(tmp_path / "w.safetensors", load)[1]


def test_files_the_system_does_not_give(tmp_path: Path) -> None:
    for name in ("none.safetensors", "none.npz", "none.safetensors.index.json"):
        for read in (read_header, load, read_arrays):
            rule, message = told(tmp_path / name, read)
            assert rule == "weights-unreadable" and "no such file" in message
    (tmp_path / "d.npz").mkdir()
    assert told(tmp_path / "d.npz")[0] == "weights-unreadable"
    with pytest.raises(Unusable):
        read_header("a\0b.npz")


def test_pickles_are_not_read(tmp_path: Path) -> None:
    ran: list[int] = []

    class Evil:
        def __reduce__(self) -> Any:
            return ran.append, (1,)

    for name in ("m.pt", "m.pth", "pytorch_model.bin", "m.pkl"):
        (tmp_path / name).write_bytes(pickle.dumps([1]))
        rule, message = told(tmp_path / name)
        assert rule == "weights-pickle" and "runs whatever code" in message
    np.savez(tmp_path / "o.npz", a=np.array([{}], dtype=object), allow_pickle=True)
    assert told(tmp_path / "o.npz")[0] == told(tmp_path / "o.npz", load)[0] == "weights-pickle"
    np.save(tmp_path / "o.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert told(tmp_path / "o.npy", read_arrays)[0] == "weights-pickle"
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("archive/data.pkl", b"cos\nsystem\n(S'true'\ntR.")
    assert told(tmp_path / "t.npz")[0] == "weights-pickle"
    assert not ran


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "m.h5").write_bytes(b"\x89HDF")
    assert told(tmp_path / "m.h5")[0] == "weights-format"
    np.savez(tmp_path / "s.npz", a=np.array(["text"]))
    assert told(tmp_path / "s.npz")[0] == "weights-format"
    np.savez(tmp_path / "r.npz", a=np.zeros(2, [("x", "f4")]))
    assert told(tmp_path / "r.npz")[0] == "weights-format"
    with zipfile.ZipFile(tmp_path / "z.npz", "w") as archive:
        archive.writestr("readme.txt", b"hello")
    assert told(tmp_path / "z.npz")[0] == "weights-format"
    with zipfile.ZipFile(tmp_path / "l.npz", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", npy())
    assert told(tmp_path / "l.npz")[0] == "weights-format"


def npy(header: str = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", data: bytes = b"12345678") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + data


def shaped(shape: str, descr: str = "'<f4'", fortran: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}}}"


@pytest.mark.parametrize(
    "content, says",
    [
        (b"", "does not start"),
        (b"\x93NUMP", "does not start"),
        (npy()[:9], "ends within"),
        (npy()[:30], "ends within"),
        (npy(data=b"1234"), "takes 8"),
        (npy(data=b"123456789"), "takes 8"),
        (npy(shaped("(-2,)")), "shape"),
        (npy(shaped("(2.0,)")), "shape"),
        (npy(shaped("(float('nan'),)")), "cannot be understood"),
        (npy(shaped("[2]")), "shape"),
        (npy(shaped("2")), "shape"),
        (npy(shaped(f"({1 << 62}, 2)")), "shape"),
        (npy(shaped("(" + "1," * 65 + ")")), "shape"),
        (npy(shaped("(2,)", fortran="1")), "fortran_order"),
        (npy("__import__('os').system('true')"), "cannot be understood"),
        (npy("(" * 5000), "cannot be understood"),
        (npy("-" * 5000 + "1"), "cannot be understood"),
        (npy("{'descr': '<f4'}"), "does not give"),
        (npy("3"), "does not give"),
        (npy("{[]: 1}"), "cannot be understood"),
        (npy(" " * 20000), "header of 20,001 bytes"),
        (b"\x93NUMPY\x09\0" + b"\0" * 80, "version 9"),
        (b"\x93NUMPY\2\0" + b"\xff" * 80, "version 2"),
    ],
)
def test_arrays_that_are_damaged(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "x.npy").write_bytes(content)
    rule, message = told(tmp_path / "x.npy", read_arrays)
    assert rule == "weights-corrupt" and says in message
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", content)
    assert told(tmp_path / "x.npz")[0] == told(tmp_path / "x.npz", load)[0] == "weights-corrupt"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_damaged(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"PK\3\4 and no more")
    assert told(path)[0] == "weights-corrupt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.npy", npy())
        archive.writestr("a.npy", npy())
    assert "'a' twice" in told(path)[1]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a\x1b[2J.npy", npy())
    assert "cannot be printed" in told(path)[1]
    sound = io.BytesIO()
    np.savez(sound, a=np.zeros(1000))
    changed = bytearray(sound.getvalue())
    changed[500] ^= 1  # within the data: only its checksum tells
    path.write_bytes(changed)
    assert told(path, load)[0] == "weights-corrupt"
    encrypted = sound.getvalue().replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0")
    if encrypted == sound.getvalue():
        encrypted = sound.getvalue().replace(b"PK\1\2-\x03-\0\0\0", b"PK\1\2-\x03-\0\1\0")
    assert encrypted != sound.getvalue()
    path.write_bytes(encrypted)
    assert "encrypted" in told(path)[1]


def test_zip_bombs(tmp_path: Path) -> None:
    """2 GB of zeros in 2 MB are refused by their size, before they are unpacked."""
    path = tmp_path / "x.npz"
    header = npy(shaped(f"({1 << 29},)"), data=b"")
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("a.npy", "w", force_zip64=True) as member,
    ):
        member.write(header)
        for _ in range(128):
            member.write(bytes(1 << 24))
    for read in (read_header, load):
        rule, message = told(path, read)
        assert rule == "weights-corrupt" and "claim to hold 2,147,483" in message


def test_an_archive_that_promises_more_than_it_has(tmp_path: Path) -> None:
    sound = io.BytesIO()
    with zipfile.ZipFile(sound, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", npy(shaped("(4000,)"), bytes(16000)))
    size = len(npy(shaped("(4000,)"), bytes(16000)))
    lied = npy(shaped("(9000,)"), b"")
    content = sound.getvalue().replace(struct.pack("<L", size), struct.pack("<L", len(lied) + 36000))
    (tmp_path / "x.npz").write_bytes(content)
    assert told(tmp_path / "x.npz", load)[0] == "weights-corrupt"


@pytest.mark.parametrize(
    "index",
    [
        b"{",
        b"[]",
        b"{}",
        b'{"weight_map": []}',
        b'{"weight_map": {"a": 3}}',
        b'{"weight_map": {"a": "../w.safetensors"}}',
        b'{"weight_map": {"a": "/etc/w.safetensors"}}',
        b'{"weight_map": {"a": "..\\\\w.safetensors"}}',
        b'{"weight_map": {"a": "m.safetensors.index.json"}}',
        b'{"weight_map": {"b": "w.safetensors"}}',
    ],
)
def test_indexes_that_are_damaged(tmp_path: Path, index: bytes) -> None:
    st_file(tmp_path / "w.safetensors", {"a": one()}, b"1" * 8)
    (tmp_path / "m.safetensors.index.json").write_bytes(index)
    for read in (read_header, load):
        assert told(tmp_path / "m.safetensors.index.json", read)[0] == "weights-corrupt"


@pytest.mark.parametrize("ending", ["safetensors", "npz", "npy"])
def test_random_damage_is_found_or_harmless(tmp_path: Path, ending: str) -> None:
    """Flipped, cut and repeated bytes: either Unusable or arrays, never another exception."""
    path = tmp_path / f"x.{ending}"
    if ending == "npy":
        np.save(path, np.arange(6.0).reshape(2, 3))
    elif ending == "npz":
        np.savez_compressed(path, a=np.arange(6.0), b=np.ones((2, 2), "f4"))
    else:
        st_file(path, {"a": one(), "b": one([2, 2], "U8", [8, 12])}, b"1" * 12)
    sound, chance, refused = path.read_bytes(), random.Random(0), 0
    for _ in range(600):
        content = bytearray(sound)
        for _ in range(chance.randint(1, 3)):
            place = chance.randrange(len(content))
            match chance.randrange(4):
                case 0:
                    content[place] ^= 1 << chance.randrange(8)
                case 1:
                    content[place] = chance.randrange(256)
                case 2:
                    del content[place : place + chance.randint(1, 20)]
                case 3:
                    content[place:place] = content[max(0, place - 9) : place]
            content = content or bytearray(b"x")
        path.write_bytes(content)
        try:
            for array in read_arrays(str(path)).values():
                assert array.nbytes < 10_000
        except Unusable as error:
            refused += 1
            assert error.diagnostics[0].message.isprintable()
    assert refused > 200
