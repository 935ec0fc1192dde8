"""Explanations: what they say, that what they say is true, and that they stay short."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deferinit_cli.infer import why
from deferinit_cli.infer.derivation.explain import Explainer
from deferinit_cli.infer.derivation.explanation_lines import Line
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.infer.why import Answer, Question
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import zoo_names
from deferinit_cli.problems import Rejected
from deferinit_cli.shapes.relations import Relation
from deferinit_cli.shapes.store import Fact
from deferinit_cli.views.explanations import render
from tests.specs import resolve

TIED = """
inputs: {ids: {shape: [N, T], dtype: int64}}
layers:
- embedding e: {input_dim: 500, output_dim: _}
- layer_norm n
- dense mid: 64
- dense head: {units: 500, bias: false}
  tie: {weight: e.weight}
"""
SHARED = """
inputs: {a: [N, A], b: [N, 12]}
layers:
- dense enc: 7
  from: a
- apply again: enc
  from: b
- add: [enc, again]
"""
SQUEEZE = """
inputs: {x: [N, 24, H, W]}
blocks:
  se:
    inputs: {x: [N, C, H, W]}
    layers:
    - global_avg_pool2d: {keepdims: true}
    - conv2d fc1: {channels: C // 4, kernel_size: 1}
    - conv2d fc2: {channels: C, kernel_size: 1}
    - mul: [x, prev]
layers:
- conv2d c: {channels: 32, kernel_size: 3}
- se s:
  repeat: 3
- conv2d d: {channels: 3, kernel_size: 3}
  expect: [N, 3, 9, _]
"""
BACKWARD = """
layers:
- conv2d a: {channels: _, kernel_size: 3}
- conv2d b: {channels: 32, kernel_size: 3}
  from: input
- concat: [a, b]
- conv2d c: {channels: 4, kernel_size: 1, in_channels: 96, groups: 2}
"""
OPEN = """
inputs: {x: [2, 3, 32, 32]}
layers:
- conv2d a: {channels: _, kernel_size: 3, stride: _}
- max_pool2d: 2
- flatten
- dense fc: _
- dense fc2: 5
"""
DEEP = """
inputs: {x: [1, 3, H, 600]}
blocks:
  b:
    layers:
    - conv2d c: {channels: 8, kernel_size: 3}
    - max_pool2d p: {kernel_size: 2, stride: 1}
layers:
- b h:
  repeat: 40
- flatten
- dense fc: 10
"""

CASES = {
    "a product of windows": ("zoo:lenet", ["2x1x32x32"], "fc1.weight[1]", """
why fc1.weight[1]: 400 = 16 * 5 * 5   flatten0 (:11)
  16  conv2.channels (:8)
  5   32 -conv1-> 28 -pool1-> 14 -conv2-> 10 -pool2-> 5 (:5, 7, 8, 10), twice
    32  --input 2x1x32x32
"""),
    "with symbols": ("zoo:lenet", [], "fc1.weight[1]", """
why fc1.weight[1]: 16 * (H//4 - 3) * (W//4 - 3)   flatten0 (:11)
  16        conv2.channels (:8)
  H//4 - 3  H -conv1-> (H - 4) -pool1-> (H//2 - 2) -conv2-> (H//2 - 6) -pool2-> (H//4 - 3) (:5, 7, 8, 10)
    H  dim 2 of input image (:3)
  W//4 - 3  W -conv1-> (W - 4) -pool1-> (W//2 - 2) -conv2-> (W//2 - 6) -pool2-> (W//4 - 3) (:5, 7, 8, 10)
    W  dim 3 of input image (:3)
  waits for dim 2 of `image` (H), the last dim of `image` (W)
"""),
    "a declared size": ("zoo:lenet", [], "fc1[1]", "why fc1[1]: 120   fc1.units (:12)\n"),
    "nothing declared": ("zoo:mlp", [], "dense0.weight[1]", """
why dense0.weight[1]: input[-1]   the last dim of input input
  waits for the last dim of `input`
"""),
    "windows and what widens again": ("zoo:unet", ["1x3x64x64"], "dec[2]", """
why dec[2]: 64   --input 1x3x64x64
  through concat dec.3.concat0 (:21)
"""),
    "a block of repeats": ("zoo:densenet", [], "stage.1.transition0.conv[1]", """
why stage.1.transition0.conv[1]: 256 = 512 // 2   stage.1.transition0.conv (:20)
  512  128 -stage.1.layer.0…11.concat0: + 32, × 12-> 512 (:14)
    128 = 256 // 2   stage.0.transition0.conv (:20)
      256  64 -stage.0.layer.0…5.concat0: + 32, × 6-> 256 (:14)
        64  conv0.channels (:23)
        32  stage.0.layer.0…5.conv2.channels (:13), 6 times
        through the block's named dims (:16)
    32  stage.1.layer.0…11.conv2.channels (:13), 12 times
    through the block's named dims (:16)
"""),
    "a tie, from the other side": (TIED, [], "head.weight[1]", """
why head.weight[1]: 64   mid.units (:5)
"""),
    "a tie": (TIED, [], "e.weight[1]", """
why e.weight[1]: 64   mid.units (:5)
  through the tie head.weight = e.weight (:7)
"""),
    "a layer applied again": (SHARED, [], "enc.weight[1]", """
why enc.weight[1]: 12   dim 1 of input a (:1)
  A can only be 12: 12 == A   again (:3)
  the same is said by dim 1 of input b (:1)
"""),
    "a block that reads its input's width": (SQUEEZE, [], "s.2.fc1.weight[0]", """
why s.2.fc1.weight[0]: 8 = 32 // 4   s.2.fc1 (:7)
  32  c.channels (:11)
    through the block's named dims (:4)
    through mul s.0…1.mul0 (:9), twice
"""),
    "what an expect says": (SQUEEZE, [], "x[2]", """
why x[2]: 13   dim 2 of input x (:1)
  H can only be 13: H - 4 == 9 (:15)
"""),
    "backward through a sum": (BACKWARD, [], "a.weight[0]", """
why a.weight[0]: 64 = 96 - 32   concat0 (:5)
  96  c.in_channels (:6)
  32  b.channels (:3)
"""),
    "backward through groups": (BACKWARD, [], "c.weight[1]", """
why c.weight[1]: 48 = 96 / 2   c (:6)
  96  c.in_channels (:6)
"""),
    "arguments left open": (OPEN, [], "fc.weight[1]", """
why fc.weight[1]: unknown   ? = ? * ? * ?   flatten0 (:5)
  waits for `a.channels` (left open), `a.stride` (left open)
"""),
    "a size left open": (OPEN, [], "fc2.weight[1]", """
why fc2.weight[1]: unknown
  waits for `fc.units` (left open)
"""),
    "many copies": (DEEP, [], "fc.weight[1]", """
why fc.weight[1]: 3840*(H - 120) = 8 * (H - 120) * 480   flatten0 (:10)
  8        h.39.c.channels (:5)
  H - 120  H -h.0…39.(c, p) × 40-> (H - 120) (:5, 6)
    H  dim 2 of input x (:1)
  480      600 -h.0…39.(c, p) × 40-> 480 (:5, 6)
    600  dim 3 of input x (:1)
  waits for dim 2 of `x` (H)
"""),
    "a side output": (
        "inputs: {x: [N, T, 40]}\nlayers:\n- lstm rnn: {hidden: 128, layers: 2, bidirectional: true}\n", [], "rnn.last[1]", """
why rnn.last[1]: 256 = 2 * 128   rnn (:3)
  128  rnn.hidden (:3)
"""),
    "two facts in conflict": ("layers:\n- dense a: 5\n- relu\n- dense b: {units: 3, in_units: 7}\n", [], "b.weight[1]", """
why b.weight[1]: 7   b.in_units (:4)
  5  a.units (:2)
  in conflict: b: in_units is 7, but the input has 5 features (:4)
    cannot all hold: 5 a.units (:2) · 7 b.in_units (:4)
"""),
    "a layer that is wrong": ("inputs: {x: [1, 100, 8, 8]}\nlayers:\n- conv2d c: {channels: 256, kernel_size: 3, groups: 32}\n", [],
                              "c.weight[1]", """
why c.weight[1]: unknown
  100 = 32 * ?   c (:3)
    100  dim 1 of input x (:1)
  in conflict: c: 100 channels do not split into 32 groups (:3)
    cannot hold: 100 dim 1 of input x (:1)
  waits for `c` (wrong)
"""),
}  # fmt: skip


def found(spec: str, inputs: list[str]) -> Resolved:
    if spec.startswith("zoo:"):
        network = load(spec)
        return infer(network, parse_inputs(inputs, network))
    return resolve(spec, *inputs)


def told(answers: list[Answer]) -> str:
    """An explanation as printed, without the name of the file."""
    return re.sub(r"\([^():]*(?::[a-z_0-9]+)?:(?=\d)", "(:", render(answers))


@pytest.mark.parametrize(("spec", "inputs", "what", "expected"), CASES.values(), ids=CASES)
def test_what_is_said(spec: str, inputs: list[str], what: str, expected: str) -> None:
    said, wanted = told(Question(found(spec, inputs)).ask(what)), expected.lstrip("\n")
    if spec.startswith("zoo:"):  # whose lines move
        said, wanted = (re.sub(r" \(:[\d, ]+\)", "", t) for t in (said, wanted))
    assert said == wanted


SIZES = {"N": 2, "T": 12, "H": 224, "W": 448, "C": 3}
INPUTS = {"vgg": ["1x3x64x96"], "resnet": ["1x3x64x96"], "unet": ["1x3x64x96"], "gpt2": ["1x7"], "densenet": ["1x3x64x96"]}


def reads(term: str, sizes: dict[str, int]) -> float:
    """The number that a printed size comes to."""
    names = {n: sizes.get(n, 6) for n in re.findall(r"[A-Za-z_][\w]*(?:\[-?\d+\])?", term)}
    for name in sorted(names, key=len, reverse=True):
        if "[" in name:
            term = term.replace(name, str(names[name]))
    functions: dict[str, Any] = {
        "ceil": lambda x: -int(-x // 1),
        "broadcast": lambda a, b: b if a == 1 else a,
        "max": max,
        "min": min,
    }
    return float(eval(term, {"__builtins__": {}}, {**names, **functions}))


def lines_below(line: Line) -> list[Line]:
    out, todo = [], [line]
    while todo:
        at = todo.pop()
        if not any(at is x for x in out):
            out.append(at)
            todo += at.premises
    return out


@pytest.mark.parametrize("name", zoo_names())
def test_every_size_of_the_zoo_is_explained_truly_and_briefly(name: str) -> None:
    resolved = found(f"zoo:{name}", INPUTS.get(name, []))
    question = Question(resolved)
    network = resolved.network
    shown = {n: [str(t) for t in resolved.shape(v) or ()] for n, v in network.names.items()}
    equations = chains = 0
    for what in [*(p.name for p in network.parameters), *network.names]:
        try:
            answers = question.ask(what)
        except Rejected as e:
            assert e.diagnostics[0].rule in ("unknown-rank", "unknown-name")
            continue
        for answer in answers:
            assert (answer.value is None) == (not answer.steps), answer.what
            assert len(render([answer]).split("\n")) <= 28
            for line in (x for s in answer.steps for x in lines_below(s)):
                if line.rule == "window":
                    chains += 1
                    values = re.split(r" (?:-[^ ](?:[^>]*?[^ ])?->|<-[^ ](?:.*?[^ ])?-) ", line.text)
                    assert len(values) > 1 and reads(values[-1], SIZES) == reads(line.label, SIZES)
                    for layer, after in re.findall(r"-([\w.]+)-> (\([^>]*\)|\S+)", line.text):
                        if layer in shown:
                            assert any(reads(t, SIZES) == reads(after, SIZES) for t in shown[layer])
                elif " = " in line.text and not line.text.startswith("through"):
                    equations += 1
                    left, right = line.text.split(" = ")
                    assert reads(left, SIZES) == reads(right, SIZES), line.text
    if name in ("lenet", "resnet", "densenet", "vgg", "swin", "efficientnet"):
        assert equations + chains > 5


@pytest.mark.parametrize("name", zoo_names())
def test_chains_end_in_declared_facts_and_never_rest_on_themselves(name: str) -> None:
    resolved = found(f"zoo:{name}", INPUTS.get(name, []))
    explainer = Explainer(resolved.store)
    for slot in range(len(resolved.store.value)):
        if resolved.store.known(slot) is None:
            continue
        step = explainer.explain(slot)
        assert step is not None
        below = list(step.all())
        assert all(s.level < step.level for s in below[1:])
        for s in below:
            assert s.value == resolved.store.known(s.slot)
            assert isinstance(s.why, Relation) or (isinstance(s.why, Fact) and not s.premises)
            if isinstance(s.why, Relation):
                assert s.premises or not s.why.slots[1:]


def test_the_chain_is_the_shortest() -> None:
    """As many equalities and relations from a fact as a search by brute force finds."""
    resolved = found("zoo:unet", [])
    store = resolved.store
    explainer = Explainer(store)
    known = [store.known(s) for s in range(len(store.value))]
    best: dict[int, int] = {s: 0 for s, o in enumerate(store.origin) if isinstance(o, Fact) and known[s] is not None}
    changed = True
    while changed:
        changed = False
        ways = [(b, best[a] + 1) for a, b, _ in store.edges if a in best and known[a] == known[b]]
        ways += [(a, best[b] + 1) for a, b, _ in store.edges if b in best and known[a] == known[b]]
        for slot, origin in enumerate(store.origin):
            if isinstance(origin, Relation) and known[slot] is not None:
                behind = origin.behind(slot, store)
                if all(s in best for s in behind):
                    ways.append((slot, max((best[s] for s in behind), default=-1) + 1))
        for slot, length in ways:
            if length < best.get(slot, 10**9):
                best[slot] = length
                changed = True
    for slot, length in best.items():
        step = explainer.explain(slot)
        assert step is not None and step.level == length


def test_a_size_with_several_places_names_them() -> None:
    answer = Question(found("zoo:gpt2", [])).ask("lm_head.weight[0]")[0]
    assert {line.text for line in answer.also} == {"expect", "wte.input_dim"}


def test_questions_and_what_is_not_there() -> None:
    q = Question(found("zoo:lenet", []))
    assert [a.what for a in q.ask("conv1.weight")] == [f"conv1.weight[{k}]" for k in range(4)]
    assert q.ask(" fc1.weight [ -1 ] ")[0].value == q.ask("fc1.weight[1]")[0].value
    assert q.ask("image[3]")[0].steps[0].text == "dim 3 of input image"
    for what, message in {
        "fc1.weight[2]": "fc1.weight has 2 dims, there is no axis 2",
        "fc1.wieght[1]": "nothing is called 'fc1.wieght'",
        "fc1[": "'fc1[' names no size",
        "": "'' names no size",
    }.items():
        with pytest.raises(Rejected) as e:
            q.ask(what)
        assert e.value.diagnostics[0].message == message
    with pytest.raises(Rejected) as e:
        q.ask("fc1.wieght[1]")
    assert "fc1.weight" in e.value.diagnostics[0].help


def test_outputs_go_by_their_labels() -> None:
    q = Question(resolve("layers:\n- lstm rnn: 5\n- dense: 3\noutputs: {score: prev, state: rnn.last}\n", "2x4x6"))
    assert [a.value for a in q.ask("score")] == [2, 4, 3]
    assert [a.value for a in q.ask("state")] == [2, 5]


def test_open_ranks_are_asked_from_their_ends() -> None:
    q = Question(resolve("layers: [dense d: 10]\n"))
    assert [a.what for a in q.ask("d")] == ["d[-1]"]
    with pytest.raises(Rejected) as e:
        q.ask("d[0]")
    assert e.value.diagnostics[0].message == "the rank of d is not known, it waits for the rank of `input`"


def test_long_chains_do_not_recurse() -> None:
    spec = "inputs: {x: [1, 3, 60000]}\nlayers:\n" + "- conv1d: {channels: 3, kernel_size: 3}\n- pad: {widths: [[0, 1]]}\n" * 6000
    answer = Question(infer(load(spec))).ask("pad5999[2]")[0]
    assert answer.value == 60000 - 6000
    assert "more" in answer.steps[0].text and len(answer.steps[0].text) < 4000
    # and what adds a value to itself again and again is no tree to print
    spec = "inputs: {x: [N, 4]}\nlayers:\n" + "- concat: [prev, prev]\n" * 40
    answers = Question(infer(load(spec))).ask("concat39[1]")
    assert answers[0].value == 4 * 2**40
    assert len(render(answers).split("\n")) < 50


def test_a_conflict_is_told_however_far_away_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where more sizes are equal than would be looked through for other places."""
    monkeypatch.setattr(why, "NEAR", 3)
    spec = "inputs: {x: [N, 500]}\nlayers:\n- residual r: [dense a: _, relu]\n  repeat: 9\n- dense last: {units: 5, in_units: 512}\n"
    for what in ("x[1]", "r.0.a.weight[0]", "r.4.a.weight[1]", "r.8[1]"):
        (answer,) = Question(resolve(spec)).ask(what)
        assert [line.rule for line in answer.conflict] == ["size-mismatch"], what
        assert [p.label for p in answer.conflict[0].premises] == ["500", "512"], what
