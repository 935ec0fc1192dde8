"""The planned forward pass against the plainest one: the same values, less memory, nothing of others' overwritten."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

import deferinit_cli
from deferinit_cli.forward.execute import execute
from deferinit_cli.forward.inputs import random_inputs
from deferinit_cli.forward.plan import plan
from deferinit_cli.graph import Node
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.layers.core.base import Layer
from deferinit_cli.problems import Rejected
from tests.effort import effort
from tests.forward.naive import Made, every_value
from tests.specs import resolve

SPECS = Path(__file__).parents[2] / "specs"

SHARED = {
    "it is read again": """
        inputs: {x: [2, 8]}
        layers:
        - dense a: 6
        - relu c
        - sub d: [c, a]""",
    "it is an output itself": """
        inputs: {x: [2, 8]}
        layers:
        - dense a: 6
        - relu c
        outputs: {a: a, c: c}""",
    "a view of it lives on": """
        inputs: {x: [2, 8]}
        layers:
        - dense a: 6
        - reshape b: {shape: [3, 4]}
        - relu c:
          from: a
        outputs: {b: b, c: c}""",
    "a view of a view of it lives on": """
        inputs: {x: [2, 8]}
        layers:
        - dense a: 6
        - reshape b: {shape: [3, 4]}
        - transpose t: {axes: [1, 0]}
        - relu c:
          from: a
        - relu d:
          from: c
        outputs: {t: t, d: d}""",
    "the identity of it lives on": """
        inputs: {x: [2, 8]}
        layers:
        - dense a: 6
        - dropout b: 0.5
        - relu c:
          from: a
        - add d: [b, c]""",
    "it is an input": """
        inputs: {x: [2, 8]}
        layers:
        - relu a
        - relu6 b""",
    "it is a view of an input": """
        inputs: {x: [2, 8]}
        layers:
        - flatten a
        - reshape b: {shape: [4, 4]}
        - relu c""",
    "it is a parameter": """
        inputs: {x: [2, 6]}
        layers:
        - parameter w: [2, 6]
        - relu c:
          from: w
        - add d: [c, x]""",
    "it is a view of a parameter": """
        inputs: {x: [2, 6]}
        layers:
        - parameter w: [3, 4]
        - reshape v: {shape: [2, 6]}
        - relu c
        - add d: [c, x]""",
    "side outputs may lie in one block": """
        inputs: {x: [2, 5, 8]}
        layers:
        - lstm l: 4
        - relu c
        - relu d:
          from: l.last
        - relu e:
          from: l.h
        outputs: {c: c, d: d, e: e, last: l.last}""",
    "its other parts live on": """
        inputs: {x: [2, 8]}
        layers:
        - dense a: 6
        - split s: {parts: 2}
        - relu c:
          from: s.0
        - add e: [c, s.1, s.0]""",
    "its cells are seen more than once": """
        inputs: {x: [2, 1, 3]}
        layers:
        - dense a: 3
        - broadcast_to b: {shape: [2, 5, 3]}
        - relu c""",
    "it is a single number": """
        inputs: {x: [2, 8]}
        layers:
        - sum s: {axis: [0, 1]}
        - relu r
        - relu6 t""",
}


def check(resolved: Resolved, seed: int = 0, rtol: float = 1e-4) -> dict[str, Any]:
    """Planned, traced and plain agree with each other and with the relation; inputs and parameters stay as they were."""
    network = resolved.network
    assert not diagnostics(resolved)
    inputs, tensors = random_inputs(resolved, seed), scattered(resolved)
    before = {k: v.copy() for k, v in inputs.items()}, {k: v.copy() for k, v in tensors.items()}
    expected = every_value(network, tensors, inputs)
    traced: dict[int, Any] = {}

    def trace(node: Node, k: int, array: Any, seconds: float) -> None:
        assert seconds >= 0
        assert isinstance(array, np.ndarray)
        traced[node.outputs[k]] = array.copy()

    execute(network, resolved, tensors, inputs, trace)
    found = execute(network, resolved, tensors, inputs)
    assert list(found) == [label for label, _ in network.outputs]
    assert set(traced) == {v for n in network.nodes for v in n.outputs}
    for v, array in [*traced.items(), *((v, found[label]) for label, v in network.outputs)]:
        assert isinstance(array, np.ndarray), network.value_name(v)
        assert array.shape == resolved.shape(v), network.value_name(v)
        assert array.dtype.name == resolved.dtype(v), network.value_name(v)
        close(array, expected[v], rtol, network.value_name(v))
    for old, new in zip(before, (inputs, tensors)):
        for name, array in old.items():
            np.testing.assert_array_equal(array, new[name], err_msg=f"{name} was written to")
    return found


def close(a: Any, b: Any, rtol: float, name: str) -> None:
    """Equal up to rounding, which is relative to the largest entry: folding adds in another order."""
    a, b = a.astype(float), b.astype(float)
    scale = float(np.abs(b).max(initial=0)) or 1.0
    np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale, err_msg=name)


def scattered(resolved: Resolved) -> Made:
    """Parameters of which no 1 and no 0 hides a mistake: statistics as after training."""
    made = Made(resolved)
    rng = np.random.default_rng(0)
    for p in resolved.network.parameters:
        if p.tied_to is None and made[p.name].size and made[p.name].min() == made[p.name].max():
            made[p.name] = rng.uniform(0.5, 1.5, made[p.name].shape).astype(made[p.name].dtype)
    made.asked.clear()
    return made


@pytest.mark.parametrize("why", SHARED)
def test_nothing_is_overwritten_that_is_still_seen(why: str) -> None:
    check(resolve(dedent(SHARED[why])))


def test_it_is_overwritten_where_nobody_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = resolve("inputs: {x: [2, 8]}\nlayers:\n- dense a: 6\n- relu b\n- reshape c: {shape: [3, 4]}\n- relu6 d\n")
    seen = []
    relu, relu6 = (type(resolved.network.nodes[k].layer) for k in (1, 3))
    for kind in (relu, relu6):
        monkeypatch.setattr(kind, "inplace", lambda self, p, x, own=kind.inplace: (seen.append(self.kind), own(self, p, x))[1])
    check(resolved)
    assert seen == ["relu", "relu6"] * 2


EXAMPLES = {
    "mlp": ["2x20"], "lenet": ["2x1x28x28"], "resnet": ["2x3x33x47"],
    "unet": ["1x3x16x16"], "lstm_classifier": ["2x7"],
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_networks(name: str) -> None:
    sets = {"depth": "18"} if name == "resnet" else {}
    network = load(str(SPECS / f"{name}.yaml"), sets=sets)
    check(infer(network, parse_inputs(EXAMPLES[name], network)))


FOLDS = """
inputs: {x: [2, 3, 8, 8]}
layers:
- CONV
- batch_norm n: {}
- relu
"""


@pytest.mark.parametrize("norm", ["{}", "{scale: false}", "{center: false}", "{scale: false, center: false, eps: 0.1}"])
@pytest.mark.parametrize("conv", [
    "conv2d c: {channels: 6, kernel_size: 3}", "conv2d c: {channels: 6, kernel_size: 1, bias: false}",
    "conv2d c: {channels: 6, kernel_size: 3, groups: 3, bias: false}", "depthwise_conv2d c: {kernel_size: 3, multiplier: 2}",
    "depthwise_conv2d c: {kernel_size: 3, bias: false}",
])  # fmt: skip
def test_a_convolution_takes_in_the_norm_behind_it(conv: str, norm: str) -> None:
    resolved = resolve(FOLDS.replace("CONV", conv).replace("n: {}", f"n: {norm}"))
    assert [s.node.name for s in plan(resolved.network)] == ["c", "relu0"]
    assert len(plan(resolved.network, everything=True)) == 3
    check(resolved)


@pytest.mark.parametrize("spec", [
    FOLDS.replace("CONV", "conv2d c: {channels: 6, kernel_size: 3}") + "outputs: {c: c, y: relu0}",
    FOLDS.replace("CONV", "conv2d c: {channels: 6, kernel_size: 3}") + "- add: [prev, c]",
    FOLDS.replace("CONV", "conv2d c: {channels: 6, kernel_size: 3, activation: tanh}"),
    FOLDS.replace("CONV", "conv2d c: {channels: 6, kernel_size: 3}").replace("n: {}", "n: {axis: 2}"),
    FOLDS.replace("CONV", "relu c:\n  from: x"),
], ids=["an output", "read twice", "an activation between", "another axis", "nothing to fold into"])  # fmt: skip
def test_a_norm_that_cannot_be_taken_in_is_run(spec: str) -> None:
    check(resolve(spec))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_floats(dtype: str) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    spec = f"""
dtype: {dtype}
inputs: {{x: [2, 3, 16, 16]}}
layers:
- conv2d: {{channels: 8, kernel_size: 3, padding: 1, stride: 2}}
- batch_norm
- relu
- max_pool2d: {{kernel_size: 2, padding: 1}}
- avg_pool2d: {{kernel_size: 3, padding: 1, stride: 1}}
- depthwise_conv2d: 3
- gelu
- flatten: {{start: 2}}
- lstm: 6
- multi_head_attention: 2
- layer_norm
- softmax
"""
    check(resolve(spec), rtol={"float16": 4e-3, "bfloat16": 4e-2, "float64": 1e-9}[dtype])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_floats_are_kept_but_not_computed_in(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if dtype == "bfloat16":
        pytest.importorskip("ml_dtypes")
    resolved = resolve(f"dtype: {dtype}\ninputs: {{x: [2, 8]}}\nlayers:\n- dense a: 6\n")
    seen: list[str] = []
    kind = type(resolved.network.nodes[0].layer)
    own = kind.forward

    def forward(self: Layer, p: Any, x: Any) -> Any:
        seen.extend(a.dtype.name for a in (x, p.weight, p.bias))
        return own(self, p, x)

    monkeypatch.setattr(kind, "forward", forward)
    out = execute(resolved.network, resolved, Made(resolved), random_inputs(resolved, 0))
    assert set(seen) == {"float32"}
    assert out["a"].dtype.name == dtype


def locked(array: Any) -> Any:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("view", [
    lambda x: np.broadcast_to(x[:, :1].copy(), x.shape),
    lambda x: locked(np.repeat(x[:, :1], x.shape[1], axis=1)),
    lambda x: np.lib.stride_tricks.as_strided(x[:, :1].copy(), x.shape, (x.strides[0] // x.shape[1], 0)),
], ids=["read-only", "locked", "writable"])  # fmt: skip
def test_cells_seen_more_than_once_or_locked_are_not_written_to(view: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = resolve("inputs: {x: [2, 8]}\nlayers:\n- tanh\n- relu\n")
    tanh, relu = (n.layer for n in resolved.network.nodes)
    made: list[Any] = []
    monkeypatch.setattr(type(tanh), "forward", lambda self, p, x: made.append(view(x)) or made[-1])
    monkeypatch.setattr(type(relu), "inplace", lambda *_: pytest.fail("it was overwritten"))
    inputs = random_inputs(resolved, 0)
    (found,) = execute(resolved.network, resolved, {}, inputs).values()
    np.testing.assert_array_equal(found, np.maximum(np.repeat(inputs["x"][:, :1], 8, axis=1), 0))


def test_a_parameter_used_again_is_one_tensor() -> None:
    resolved = resolve("""
inputs: {x: [2, 5]}
layers:
- dense a: 5
- relu
- apply: a
- dense b: 5
  tie: {weight: a.weight}
""")
    check(resolved)
    tensors = scattered(resolved)
    released: list[str] = []
    execute(resolved.network, resolved, tensors, random_inputs(resolved, 0), release=released.append)
    assert sorted(released) == ["a.bias", "a.weight", "b.bias"]
    assert tensors.asked.count("a.weight") == 3


class Lent(dict[str, Any]):
    """Tensors as a caller keeps them who drops each on release; one dropped is never asked for again."""

    def __init__(self, resolved: Resolved) -> None:
        super().__init__()
        self.made, self.held, self.gone, self.most = Made(resolved), set[str](), set[str](), 0

    def __getitem__(self, name: str) -> Any:
        array = self.made[name]
        name = self.made.asked[-1]
        assert name not in self.gone, f"{name} was released before its last use"
        self.held.add(name)
        self.most = max(self.most, len(self.held))
        return array

    def release(self, name: str) -> None:
        self.held.remove(name)
        self.gone.add(name)


@pytest.mark.parametrize("layers, most", [
    ("- dense: 64\n  repeat: 20\n", 2),
    ("- dense a: 64\n- dense b: 64\n- dense c: 64\n- apply: a\n", 4),
    ("- dense a: 64\n- dense b: 64\n- dense c: 64\n  tie: {weight: a.weight}\n", 3),
], ids=["each once", "applied again", "tied"])  # fmt: skip
def test_parameters_are_asked_for_late_and_released_early(layers: str, most: int) -> None:
    resolved = resolve("inputs: {x: [2, 64]}\nlayers:\n" + layers)
    lent = Lent(resolved)
    execute(resolved.network, resolved, lent, random_inputs(resolved, 0), release=lent.release)
    assert not lent.held
    assert lent.gone == {p.name for p in resolved.network.parameters if p.tied_to is None}
    assert lent.most == most


def peak(resolved: Resolved, **options: Any) -> int:
    """Bytes alive at most during a run, beyond inputs and parameters."""
    tensors, inputs = Made(resolved), random_inputs(resolved, 0)
    for p in resolved.network.parameters:
        tensors[p.name]
    tracemalloc.start()
    execute(resolved.network, resolved, tensors, inputs, **options)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found


SIZE = 4 * 250_000  # bytes of one value below


@pytest.mark.parametrize("traced", [False, True])
def test_values_are_freed_after_their_last_use(traced: bool) -> None:
    resolved = resolve("inputs: {x: [1000, 250]}\nlayers:\n- dense: 250\n- tanh\n- repeat: 15\n  sequential: [tanh, sigmoid]\n")
    more = {"trace": lambda *_: None} if traced else {}
    assert peak(resolved, **more) < 4.5 * SIZE


def test_values_that_nothing_reads_are_freed_at_once() -> None:
    chain = "".join(f"- tanh t{k}:\n  from: x\n" for k in range(15))
    resolved = resolve("inputs: {x: [1000, 250]}\nlayers:\n" + chain)
    assert peak(resolved, trace=lambda *_: None) < 4.5 * SIZE
    assert [s.node.name for s in plan(resolved.network)] == ["t14"]


def rule(spec: str, **arrays: Any) -> str:
    resolved = resolve(spec)
    inputs = {**random_inputs(resolved, 0), **arrays}
    with pytest.raises(Rejected) as e:
        execute(resolved.network, resolved, Made(resolved), inputs)
    (found,) = e.value.diagnostics
    assert found.span is not None
    assert found.layer
    assert found.message.startswith(found.layer + ": ")
    return found.rule


@pytest.mark.parametrize("index", [10, -1, 2**40])
def test_an_index_that_an_embedding_does_not_know(index: int) -> None:
    ids = np.array([[0, index]])
    assert rule("inputs: {x: [1, 2]}\nlayers:\n- embedding: {input_dim: 10, output_dim: 3}\n", x=ids) == "index-out-of-range"


@pytest.mark.parametrize("kind", ["gather", "take"])
@pytest.mark.parametrize("index", [5, -6])
def test_an_index_past_an_axis(kind: str, index: int) -> None:
    ids = {"gather": [[0, index], [0, 0]], "take": [0, index]}[kind]
    dims = {"gather": "[2, 2]", "take": "[2]"}[kind]
    spec = f"inputs: {{x: [2, 5], i: {{shape: {dims}, dtype: int64}}}}\nlayers:\n- {kind} g: {{axis: 1}}\n  from: [x, i]\n"
    assert rule(spec, i=np.array(ids)) == "index-out-of-range"


def test_more_than_memory_holds() -> None:
    # No parameter is asked for: the value alone is too much.
    assert (
        rule("inputs: {x: [1, 2]}\nlayers:\n- expand_dims: 0\n- tile: {repeats: [1000000, 1000000, 1000]}\n") == "out-of-memory"
    )


@pytest.mark.parametrize("error, expected", [(ValueError, "forward-failed"), (TypeError, "forward-failed"),
                                             (ZeroDivisionError, "forward-failed"), (NotImplementedError, "no-forward"),
                                             (MemoryError, "out-of-memory")])  # fmt: skip
def test_what_numpy_raises_gets_a_name_and_a_place(
    error: type[Exception], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = "inputs: {x: [2, 5]}\nlayers:\n- dense d: 3\n"

    def fail(self: Layer, p: Any, x: Any) -> Any:
        raise error("operands could not be broadcast together")

    monkeypatch.setattr(type(resolve(spec).network.nodes[0].layer), "forward", fail)
    assert rule(spec) == expected


def test_the_chain_of_calls_is_told() -> None:
    spec = """
inputs: {x: [1, 2]}
blocks:
  words:
    layers:
    - embedding table: {input_dim: 10, output_dim: 3}
layers:
- words w
"""
    resolved = resolve(spec)
    with pytest.raises(Rejected) as e:
        execute(resolved.network, resolved, Made(resolved), {"x": np.array([[0, 10]])})
    assert [c.message for c in e.value.diagnostics[0].calls] == ["in words w"]


def test_a_long_chain_is_linear_work() -> None:
    def work(n: int) -> int:
        resolved = resolve(f"inputs: {{x: [1, 2]}}\nlayers:\n- tanh\n- relu:\n  repeat: {n}\n")
        inputs = random_inputs(resolved, 0)
        return effort(lambda: execute(resolved.network, resolved, {}, inputs))

    work(100)
    assert work(4000) < 4.2 * work(1000)


def test_only_what_outputs_need_is_run() -> None:
    resolved = resolve("inputs: {x: [2, 4]}\nlayers:\n- dense a: 3\n- dense b: 3\n  from: x\n")
    tensors = Made(resolved)
    execute(resolved.network, resolved, tensors, random_inputs(resolved, 0))
    assert set(tensors.asked) == {"b.weight", "b.bias"}


def test_inputs_are_freed_too() -> None:
    network = resolve("inputs: {x: [2, 4]}\nlayers:\n- identity\n").network
    (step,) = plan(network)
    assert step.frees == [network.inputs[0].value]


@pytest.mark.parametrize(("size", "like"), [((9, 6), (4, 6)), ((8, 7), (4, 4)), ((5, 5), (5, 1))])
def test_cropping_to_another_value_keeps_the_middle(size: tuple[int, int], like: tuple[int, int]) -> None:
    model = deferinit_cli.load("inputs: {x: [N, 2, A, B], y: [N, 3, C, D]}\nlayers:\n- crop c:\n  from: [x, y]\n").initialize()
    x = np.arange(2 * size[0] * size[1], dtype=np.float32).reshape(1, 2, *size)
    top, left = ((n - m) // 2 for n, m in zip(size, like))
    out = model(x=x, y=np.zeros((1, 3, *like), np.float32))
    np.testing.assert_array_equal(out, x[:, :, top : top + like[0], left : left + like[1]])


def test_a_quotient_of_integers_has_the_dtype_that_is_said() -> None:
    resolved = resolve("dtype: float64\ninputs: {x: {shape: [2], dtype: int64}, y: {shape: [2], dtype: int64}}\nlayers: [div q: [x, y]]\n")
    (made,) = execute(resolved.network, resolved, {}, {"x": np.array([1, 2]), "y": np.array([3, 7])}).values()
    assert made.dtype == resolved.dtype(resolved.network.names["q"]) == "float64"
    assert made.tolist() == [1 / 3, 2 / 7]
