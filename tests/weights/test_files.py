"""Weights files: what is written is read back by the formats' own libraries, and the other way round."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from deferinit_cli.problems import Rejected, Unusable
from deferinit_cli.weights import atomic as atomic_module
from deferinit_cli.weights.dtypes import SIZES, numpy_dtype
from deferinit_cli.weights.files import load, read_arrays, read_header, save

Array = np.ndarray[Any, np.dtype[Any]]
COMMON = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16",
          "uint8", "bool"]  # fmt: skip


def sample(shape: tuple[int, ...], dtype: str) -> Array:
    raw = np.arange(int(np.prod(shape, dtype=int))).reshape(shape)
    return np.asarray(raw % 2 if dtype == "bool" else raw % 120).astype(numpy_dtype(dtype))


def write(path: Path, arrays: dict[str, Array]) -> None:
    def maker(array: Array) -> Callable[[], Array]:
        return lambda: array

    save(str(path), [(name, a.shape, a.dtype.name, maker(a)) for name, a in arrays.items()])


def everything() -> dict[str, Array]:
    arrays = {f"layer.{dtype}": sample((3, 5), dtype) for dtype in COMMON}
    return arrays | {"scalar": sample((), "float32"), "none": sample((0, 7), "int16"), "é": sample((1,), "int8")}


def same(found: dict[str, Array], expected: dict[str, Array]) -> None:
    assert list(found) == list(expected)
    for name, array in expected.items():
        assert (found[name].shape, found[name].dtype) == (array.shape, array.dtype), name
        assert found[name].tobytes() == array.tobytes(), name
        assert found[name].dtype.isnative and found[name].flags.aligned


@pytest.mark.parametrize("ending", ["safetensors", "npz"])
def test_what_is_saved_is_loaded(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"w.{ending}"
    arrays = everything()
    write(path, arrays)
    assert dict(sorted(read_header(str(path)).items())) == {n: (arrays[n].shape, arrays[n].dtype.name) for n in sorted(arrays)}
    same(load(str(path), list(arrays)), arrays)
    same(load(str(path), ["scalar", "layer.int8"]), {n: arrays[n] for n in ("scalar", "layer.int8")})
    assert set(load(str(path))) == set(arrays)


def test_the_safetensors_library_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    arrays = everything()
    write(path, arrays)
    theirs = safetensors.numpy.load_file(path)
    same({n: theirs[n] for n in arrays}, arrays)
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata() == {"format": "pt"}


def test_what_the_safetensors_library_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    arrays = everything()
    safetensors.numpy.save_file(arrays, path, {"a": "b"})
    assert read_header(str(path)) == {n: (a.shape, a.dtype.name) for n, a in arrays.items()}
    same(load(str(path), list(arrays)), arrays)


def test_numpy_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    arrays = {n: a for n, a in everything().items() if a.dtype.name != "bfloat16"}
    write(path, arrays)
    with np.load(path, allow_pickle=False) as theirs:
        same(dict(theirs), arrays)


@pytest.mark.parametrize("write_npz", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path: Path, write_npz: Callable[..., None]) -> None:
    path = tmp_path / "w.npz"
    arrays = everything()
    write_npz(path, **arrays)
    same(load(str(path)), arrays)
    assert read_header(str(path)) == {n: (a.shape, a.dtype.name) for n, a in arrays.items()}


def test_other_orders_of_bytes_and_axes_are_read(tmp_path: Path) -> None:
    plain = sample((3, 4, 2), "float32")
    np.savez(tmp_path / "w.npz", big=plain.astype(">f4"), fortran=np.asfortranarray(plain), one=plain[0, 0])
    same(load(str(tmp_path / "w.npz"), ["big", "fortran"]), {"big": plain, "fortran": plain})
    np.save(tmp_path / "x.npy", np.asfortranarray(plain.astype(">f4")))
    same(read_arrays(str(tmp_path / "x.npy")), {"": plain})
    same(read_arrays(str(tmp_path / "w.npz")) | {}, {"big": plain, "fortran": plain, "one": plain[0, 0]})


def test_safetensors_whose_data_is_not_aligned(tmp_path: Path) -> None:
    header = json.dumps({"b": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
                         "f": {"dtype": "F64", "shape": [2], "data_offsets": [1, 17]}}).encode()  # fmt: skip
    values = np.array([1.5, -2])
    (tmp_path / "w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\7" + values.tobytes())
    same(load(str(tmp_path / "w.safetensors")), {"b": np.array([7], np.uint8), "f": values})


def test_loaded_safetensors_are_views_that_cannot_change_the_file(tmp_path: Path) -> None:
    write(tmp_path / "w.safetensors", {"a": sample((3,), "float32")})
    loaded = load(str(tmp_path / "w.safetensors"))["a"]
    assert not loaded.flags.writeable and not loaded.flags.owndata
    write(tmp_path / "w.safetensors", everything())
    for name, array in load(str(tmp_path / "w.safetensors")).items():
        assert array.size == 0 or not array.flags.writeable, f"{name} is not aligned and was copied"


@given(
    st.dictionaries(
        st.text(st.characters(categories=("L", "N"), include_characters="._/-"), min_size=1, max_size=12)
        .filter(lambda name: name != "__metadata__"),
        st.tuples(st.lists(st.integers(0, 4), max_size=4).map(tuple), st.sampled_from(COMMON)),
        max_size=6,
    )
)
def test_any_tensors_come_back(tmp_path_factory: pytest.TempPathFactory, tensors: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("any")
    arrays = {name: sample(shape, dtype) for name, (shape, dtype) in tensors.items()}
    for ending in ("safetensors", "npz"):
        write(folder / f"w.{ending}", arrays)
        same(load(str(folder / f"w.{ending}"), list(arrays)), arrays)
    theirs = safetensors.numpy.load_file(folder / "w.safetensors")
    same({n: theirs[n] for n in arrays}, arrays)


def test_the_name_of_safetensors_metadata_is_any_other_in_npz(tmp_path: Path) -> None:
    arrays = {"__metadata__": np.ones(2, "f4")}
    write(tmp_path / "w.npz", arrays)
    same(load(str(tmp_path / "w.npz")), arrays)


@pytest.mark.parametrize("ending", ["safetensors", "npz"])
def test_the_same_tensors_are_the_same_bytes(tmp_path: Path, ending: str) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.{ending}", everything())
        os.utime(tmp_path / f"{name}.{ending}", (0, 0))
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_npz_members_are_as_numpy_writes_them_and_have_no_time(tmp_path: Path) -> None:
    arrays = {n: a for n, a in everything().items() if a.dtype.name != "bfloat16"}
    write(tmp_path / "w.npz", arrays)
    with zipfile.ZipFile(tmp_path / "w.npz") as archive:
        for name, array in arrays.items():
            theirs = io.BytesIO()
            np.save(theirs, array)
            assert archive.read(f"{name}.npy") == theirs.getvalue()
            assert archive.getinfo(f"{name}.npy").date_time == (1980, 1, 1, 0, 0, 0)


def test_one_tensor_at_a_time_is_in_memory(tmp_path: Path) -> None:
    """Each tensor is 32 MB; together they are 20 times what is allowed to be taken."""
    code = f"""
import resource, numpy as np
from deferinit_cli.weights.files import save
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
shape = (1 << 23,)
maker = lambda: np.ones(shape, "f4")
save({str(tmp_path / "w.safetensors")!r}, [(f"t{{i}}", shape, "float32", maker) for i in range(20)])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    grown = int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
    assert grown < 100
    assert (tmp_path / "w.safetensors").stat().st_size > 640_000_000


def test_sharded_checkpoints(tmp_path: Path) -> None:
    arrays = everything()
    names = list(arrays)
    parts = {"m-1-of-2.safetensors": names[::2], "m-2-of-2.safetensors": names[1::2]}
    for shard, held in parts.items():
        write(tmp_path / shard, {n: arrays[n] for n in held})
    shard_of = {n: shard for shard, held in parts.items() for n in held}
    index = tmp_path / "m.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": {n: shard_of[n] for n in names}}))
    assert read_header(str(index)) == {n: (a.shape, a.dtype.name) for n, a in arrays.items()}
    same(load(str(index)), arrays)
    same(load(str(index), ["é"]), {"é": arrays["é"]})
    for path in (index, tmp_path / "m-1-of-2.safetensors"):
        with pytest.raises(Unusable, match=r"\w has no tensor 'x'") as caught:
            load(str(path), ["x"])
        assert caught.value.diagnostics[0].rule == "weights-missing"


def test_headers_are_read_without_numpy(tmp_path: Path) -> None:
    for ending in ("safetensors", "npz"):
        write(tmp_path / f"w.{ending}", everything())
        code = f"""
import sys
from deferinit_cli.weights.files import read_header
assert len(read_header({str(tmp_path / f"w.{ending}")!r})) == {len(everything())}
sys.exit("numpy" in sys.modules)"""
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_dtype_has_its_size() -> None:
    assert {name: numpy_dtype(name).itemsize for name in SIZES} == SIZES


def test_float8_and_missing_ml_dtypes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"a": np.arange(4).astype(ml_dtypes.float8_e4m3fn), "b": np.arange(4).astype(ml_dtypes.bfloat16)}
    write(tmp_path / "w.safetensors", arrays)
    same(load(str(tmp_path / "w.safetensors"), ["a", "b"]), arrays)
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    assert read_header(str(tmp_path / "w.safetensors"))["b"] == ((4,), "bfloat16")
    with pytest.raises(Unusable) as caught:
        load(str(tmp_path / "w.safetensors"))
    assert caught.value.diagnostics[0].rule == "missing-package"
    assert "deferinit[bfloat16]" in caught.value.diagnostics[0].help


def refused(path: str, arrays: Any = None) -> str:
    """What save says when it cannot write."""
    with pytest.raises(Rejected) as caught:
        save(path, arrays if arrays is not None else [("a", (1,), "float32", lambda: np.ones(1, "f4"))])
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.rule == "cannot-write" and not isinstance(caught.value, Unusable)
    return diagnostic.message


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    assert "no folder" in refused(str(tmp_path / "no" / "w.npz"))
    assert "end in .safetensors or .npz" in refused(str(tmp_path / "w.txt"))
    (tmp_path / "d.npz").mkdir()
    assert "is a directory" in refused(str(tmp_path / "d.npz"))
    assert "null" in refused("a\0b.npz")
    assert "too long" in refused(str(tmp_path / ("x" * 300 + ".npz")))
    loop = tmp_path / "loop.npz"
    loop.symlink_to(loop)
    assert "cannot be written" in refused(str(loop))
    twice = [("a", (1,), "float32", lambda: np.ones(1, "f4"))] * 2
    assert "'a' would be in it twice" in refused(str(tmp_path / "w.npz"), twice)
    for name, ending in (("__metadata__", "safetensors"), ("a\nb", "safetensors"), ("a\u202eb", "npz")):
        named = [(name, (1,), "float32", lambda: np.ones(1, "f4"))]
        assert "no tensor can be called" in refused(str(tmp_path / f"w.{ending}"), named)
    huge = [("a", (1 << 60,), "float32", lambda: np.ones(1, "f4"))]
    assert "are left on that disk" in refused(str(tmp_path / "w.npz"), huge)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["d.npz", "loop.npz"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folders_and_files_that_may_not_be_written(tmp_path: Path) -> None:
    write(tmp_path / "w.npz", {})
    (tmp_path / "w.npz").chmod(0o444)
    assert "read-only" in refused(str(tmp_path / "w.npz"))
    tmp_path.chmod(0o555)
    assert "permission denied" in refused(str(tmp_path / "new.npz"))
    tmp_path.chmod(0o755)


@pytest.mark.parametrize("ending", ["safetensors", "npz"])
@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device"), TypeError("bug")])
def test_a_failure_leaves_the_old_file(tmp_path: Path, ending: str, failure: BaseException) -> None:
    path = tmp_path / f"w.{ending}"
    path.write_bytes(b"old")

    def fail() -> Array:
        raise failure

    expected = Rejected if isinstance(failure, OSError) else type(failure)
    with pytest.raises(expected, match="no space left" if isinstance(failure, OSError) else None):
        save(str(path), [("a", (1,), "float32", lambda: np.ones(1, "f4")), ("b", (1,), "float32", fail)])
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_a_maker_must_keep_its_word(tmp_path: Path) -> None:
    for made in (np.ones(2, "f4"), np.ones(1, "f8")):
        with pytest.raises(TypeError, match="a was made as"):
            save(str(tmp_path / "w.npz"), [("a", (1,), "float32", lambda m=made: m)])


def test_permissions_links_and_devices(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write(tmp_path / "new.npz", {})
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new.npz").stat().st_mode) == 0o640
    (tmp_path / "new.npz").chmod(0o604)
    write(tmp_path / "new.npz", everything())
    assert stat.S_IMODE((tmp_path / "new.npz").stat().st_mode) == 0o604
    (tmp_path / "link.npz").symlink_to("new.npz")
    write(tmp_path / "link.npz", {})
    assert (tmp_path / "link.npz").is_symlink() and read_header(str(tmp_path / "new.npz")) == {}
    (tmp_path / "null.npz").symlink_to("/dev/null")
    write(tmp_path / "null.npz", everything())
    assert stat.S_ISCHR((tmp_path / "null.npz").stat().st_mode)


def test_atomic_keeps_the_old_file_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with atomic_module.atomic(str(path)) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new" and list(tmp_path.iterdir()) == [path]
