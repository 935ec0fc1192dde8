"""The library: what is known when, what is refused, and that it says the same as the command line."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import deferinit_cli
from deferinit_cli import DeferinitWarning, DeferredInitializationError, Rejected, Unusable, load

from ..cli import deferinit

SPECS = Path(__file__).parent.parent.parent / "specs"
MLP = "layers:\n- dense: 256\n- relu\n- dense: 10\n"


def test_nothing_is_known_before_the_first_batch_and_everything_after() -> None:
    model = load(MLP)
    assert [t.shape for t in model.parameters.values()] == [(256, -1), (256,), (10, -1), (10,)]
    with pytest.raises(DeferredInitializationError, match=r"dense0\.bias is not initialised: call initialize"):
        _ = model.parameters["dense0.bias"].data
    with pytest.raises(DeferredInitializationError, match="call initialize"):
        model(np.ones((2, 20), "float32"))
    assert model.initialize() is model
    assert [t.shape for t in model.parameters.values()] == [(256, -1), (256,), (10, -1), (10,)]
    for name in ("dense0.weight", "dense0.bias"):  # a known shape is not enough: the network is deferred as a whole
        with pytest.raises(DeferredInitializationError, match=r"waits for (the last dim of `input`|the first batch)"):
            _ = model.parameters[name].data
    assert model(np.ones((2, 20), "float32")).shape == (2, 10)
    assert [t.shape for t in model.parameters.values()] == [(256, 20), (256,), (10, 256), (10,)]
    assert all(t.data.shape == t.shape and t.data.dtype == t.dtype for t in model.parameters.values())


def test_the_first_batch_that_is_refused_changes_nothing() -> None:
    model = load("inputs: {x: [N, C, H, W]}\nlayers:\n- conv2d: {channels: 4, kernel_size: 5}\n").initialize()
    with pytest.raises(Rejected, match="does not fit"):
        model(np.ones((1, 3, 4, 4), "float32"))
    assert model.parameters["conv2d0.weight"].shape == (4, -1, 5, 5)
    assert model(np.ones((1, 2, 8, 8), "float32")).shape == (1, 4, 4, 4)
    assert model.parameters["conv2d0.weight"].shape == (4, 2, 5, 5)


def test_shapes_given_in_every_way() -> None:
    for shape in [
        (2, 20),
        [2, 20],
        (None, 20),
        ("N", 20),
        ("_", 20),
        (..., 20),
        np.array([2, 20]).tolist(),
        "2x20",
        "Nx20:float32",
    ]:
        model = load(MLP).initialize(input=shape)
        assert model.parameters["dense0.weight"].shape == (256, 20), shape
        assert model.parameters["dense0.weight"].data.shape == (256, 20), shape
    assert load(MLP).resolve((2, np.int64(20))).parameters["dense0.weight"].shape == (256, 20)
    assert load(MLP).resolve(20).parameters["dense0.weight"].shape == (256, 20)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.resolve((2, 20), (2, 20)), TypeError, r"takes 1 input \(input\), 2 were given"),
        (lambda m: m.resolve(x=(2, 20)), TypeError, "no input is called 'x'"),
        (lambda m: m.resolve((2, 20), input=(2, 20)), TypeError, "given twice"),
        (lambda m: m.resolve((2, 0)), ValueError, "at least 1, found 0"),
        (lambda m: m.resolve((2, 2.5)), TypeError, "float"),
        (lambda m: m.resolve("2y20"), Unusable, "'2y20' is no shape"),
        (lambda m: m.initialize().__call__(), TypeError, "also takes input"),
        (lambda m: m.initialize()(np.ones((2, 20), "int64")), Rejected, r"int64, the network takes float32.*data-dtype"),
        (lambda m: m.initialize()(np.full((2, 20), 1e300)), Rejected, "which float32 does not"),
        (lambda m: m.parameters["dense0.wieght"], KeyError, "did you mean 'dense0.weight'"),
        (lambda m: m.why("dense0.weigth[1]"), Rejected, "did you mean"),
    ],
)
def test_what_is_refused(call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(load(MLP))


def test_a_wrong_initialize_leaves_the_model_as_it_was() -> None:
    model = load(MLP).initialize((2, 20), seed=3)
    before = model.parameters["dense0.weight"].data
    with pytest.raises(TypeError):
        model.initialize(nothing=(2, 20))
    assert model.parameters["dense0.weight"].data is before


def test_a_seed_gives_the_same_values_and_another_gives_others() -> None:
    def values(seed: int) -> np.ndarray[Any, Any]:
        found: np.ndarray[Any, Any] = load(MLP).initialize((1, 4), seed=seed).parameters["dense0.weight"].data
        return found

    assert np.array_equal(values(1), values(1))
    assert not np.array_equal(values(1), values(2))


def test_inputs_of_another_size_share_parameters_or_are_refused() -> None:
    model = load("inputs: {x: [N, T, C]}\nlayers:\n- dense: 3\n- flatten\n- dense: 2\n").initialize()
    first = model(np.ones((2, 5, 4), "float32"))
    assert first.shape == (2, 2)
    weight = model.parameters["dense1.weight"].data
    assert model(np.ones((7, 5, 4), "float32")).shape == (7, 2)
    assert model.parameters["dense1.weight"].data is weight
    with pytest.raises(Rejected, match=r"dense1\.weight is \(2, 15\), this input needs \(2, 18\)"):
        model(np.ones((2, 6, 4), "float32"))
    with pytest.raises(Rejected, match="parameter-shape"):
        model.resolve((2, 6, 4))


def test_values_can_be_taken_from_elsewhere() -> None:
    model = load("layers:\n- dense: {units: 2, in_units: 3}\n").initialize()
    weight = np.arange(6.0).reshape(2, 3)
    model.parameters["dense0.weight"].data = weight
    weight[:] = 0  # a copy was taken
    x = np.array([[1, 2, 3]], "float32")
    assert np.array_equal(model(x), x @ np.arange(6, dtype="float32").reshape(2, 3).T)
    for wrong in (np.ones((3, 2)), np.ones((2, 3), bool), np.full((2, 3), 1e300)):
        with pytest.raises(ValueError, match=r"dense0\.weight is float32"):
            model.parameters["dense0.weight"].data = wrong
    with pytest.raises(DeferredInitializationError, match="waits for"):
        load(MLP).parameters["dense0.weight"].data = np.ones((256, 20))


def test_tied_tensors_are_one() -> None:
    model = load("inputs: {ids: {shape: [N, T], dtype: int64}}\nlayers:\n- embedding e: {input_dim: 9, output_dim: 4}\n"
                 "- dense head: {units: 9, bias: false}\n  tie: {weight: e.weight}\n").initialize()  # fmt: skip
    assert model.parameters["head.weight"].tied_to == "e.weight"
    assert model.parameters["head.weight"].data is model.parameters["e.weight"].data
    model.parameters["head.weight"].data = np.zeros((9, 4))
    assert not model.parameters["e.weight"].data.any()
    assert model(np.zeros((1, 2), "int64")).shape == (1, 2, 9)


def test_several_inputs_and_outputs() -> None:
    model = load("zoo:two_tower").initialize()
    query, doc = np.ones((2, 3), "int64"), np.ones((2, 50), "int64")
    out = model(query, doc=doc)
    assert {k: v.shape for k, v in out.items()} == {"score": (2,), "enc": (2, 128), "doc_vec": (2, 128)}
    with pytest.raises(TypeError, match="also takes doc"):
        model(query)


@pytest.mark.parametrize("suffix", ["npz", "safetensors"])
def test_saved_weights_are_those_of_init(tmp_path: Path, suffix: str) -> None:
    model = load("zoo:mlp").initialize((2, 20), seed=5)
    model.save(str(tmp_path / f"a.{suffix}"))
    deferinit("init", "zoo:mlp", "--input", "2x20", "--seed", "5", "-o", str(tmp_path / f"b.{suffix}"))
    assert (tmp_path / f"a.{suffix}").read_bytes() == (tmp_path / f"b.{suffix}").read_bytes()
    with pytest.raises(DeferredInitializationError):
        load("zoo:mlp").initialize().save(str(tmp_path / f"c.{suffix}"))
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def test_the_same_answers_as_the_command_line() -> None:
    lenet, at = load("zoo:lenet"), "2x1x32x32"
    assert f"{lenet!r}\n" == deferinit("show", "zoo:lenet").stdout
    assert f"{lenet.contract()!r}\n" == deferinit("contract", "zoo:lenet").stdout
    assert lenet.contract().document == json.loads(deferinit("contract", "zoo:lenet", "--format", "json").stdout)
    lenet.resolve(image=at)
    assert f"{lenet.table('keras', layers=True)}\n" == deferinit(
        "show", "zoo:lenet", "--input", at, "--as", "keras", "--layers").stdout  # fmt: skip
    why = repr(lenet.why("fc1.weight[1]")).replace("resolve image=", "--input ").replace("(resolve:", "(--input:")
    assert f"{why}\n" == deferinit("why", "zoo:lenet", "fc1.weight[1]", "--input", at).stdout
    assert lenet.document() == json.loads(deferinit("show", "zoo:lenet", "--input", at, "--format", "json").stdout)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"filter": ["fc*"]}, ["--filter", "fc*"]), ({"columns": ["parameter", "dtype"]}, ["--columns", "parameter,dtype"]),
        ({"layers": True, "depth": 1}, ["--layers", "--depth", "1"]), ({"unfold": True}, ["--unfold"]), ({"depends": True}, ["--depends"]),
        ({"width": 60}, ["--width", "60"]), ({"ascii": True}, ["--ascii"]),
    ],
)  # fmt: skip
def test_a_table_takes_the_options_of_show(option: dict[str, Any], words: list[str]) -> None:
    shown = deferinit("show", "zoo:resnet", *words).stdout
    model = load("zoo:resnet")
    assert f"{model.table(**option)}\n" == shown != f"{model.table()}\n"
    with pytest.raises(TypeError):
        model.table(**{f"{next(iter(option))}s": 1})


def test_another_frameworks_view_of_one_tensor() -> None:
    model = load("zoo:mlp")
    assert model.parameters["dense0.weight"].as_in("keras") == ("dense0/kernel", (-1, 256))
    assert model.resolve((2, 20)).parameters["dense0.weight"].as_in("keras") == ("dense0/kernel", (20, 256))
    assert model.parameters["dense0.weight"].as_in("mxnet") == ("dense0_weight", (256, 20))


def test_advice_where_other_sizes_would_be_valid() -> None:
    with pytest.raises(Rejected, match=r"H = 340, but H >= 16, H % 16 == 0: nearest 336 and 352"):
        load("zoo:unet").resolve((1, 3, 340, 352))


def test_a_notebook_shows_html_and_completes_names() -> None:
    from html.parser import HTMLParser

    class Cells(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.cells: list[str] = []

        def handle_starttag(self, tag: str, attrs: Any) -> None:
            self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

        def handle_data(self, data: str) -> None:
            self.cells.append(data)

    model = load("name: <script>\nlayers:\n- dense: 3\n")
    page = Cells()
    page.feed(model._repr_html_())
    assert page.open == []
    assert {"dense0.weight", "(3, -1)", "dense0.bias", "(3,)"} <= set(page.cells)
    assert "<script>" in page.cells[0]
    assert model.parameters._ipython_key_completions_() == ["dense0.weight", "dense0.bias"]
    assert {"load", "Model", "Rejected"} <= set(dir(deferinit_cli))


def test_errors_say_where_users_find_them() -> None:
    with pytest.raises(Rejected) as e:
        load("layers:\n- dense: 256\n- dense: {units: 10, in_units: 128}\n- dense: {units: 1, in_units: 11}\n")
    assert [str(d.span) for d in e.value.diagnostics] == ["<text>:3:32", "<text>:4:31"]
    assert str(e.value).splitlines() == [
        "<text>:3:32: dense1: in_units is 128, but the input has 256 features [size-mismatch]",
        "<text>:4:31: dense2: in_units is 11, but the input has 10 features [size-mismatch]",
    ]
    assert f"{Rejected.__module__}.{Rejected.__qualname__}" == "deferinit_cli.Rejected"


# ---- warnings


APART = "inputs: {x: [N, 4, H]}\nlayers:\n- residual:\n  - conv1d: {channels: 4, kernel_size: 3, padding: 1, stride: 2}\n"
OPEN = "layers:\n- slice a: {axis: 1, start: 1}\n- add: [a, input]\n"


def test_a_warning_is_issued_once_and_kept() -> None:
    with pytest.warns(DeferinitWarning, match=r"<text>:3:3: .*only H == 1 fits.*\[sizes-diverge\]") as told:
        model = load(APART).initialize()
        model.resolve((1, 4, 1))
        model(np.ones((1, 4, 1), "float32"))
    assert len(told) == 1 and told[0].filename == __file__
    (found,) = model.problems
    assert (found.severity, found.rule, found.span.line) == ("warning", "sizes-diverge", 3)
    assert model.document()["problems"][0]["severity"] == "warning"
    assert "warning: residual0" in repr(model) and "warning: residual0" in model._repr_html_()
    assert "warning: residual0" in repr(model.contract()) and model.contract().document["problems"]


def test_a_warning_can_be_filtered_and_what_is_fine_has_none() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeferinitWarning)
        assert len(load(APART).problems) == 1
    with pytest.raises(DeferinitWarning):
        load(APART)  # this suite makes errors of warnings
    assert load(MLP).resolve((2, 20)).problems == []


def test_a_rank_that_is_met_later_shows_more() -> None:
    model = load(OPEN)
    assert model.problems == []
    with pytest.warns(DeferinitWarning, match="sizes-diverge") as told:
        model.resolve((2, 2))
        model.resolve((3, 2))
    assert len(told) == 1 and len(model.problems) == 1
