"""What variables may be, and what files assert: in every way that a variable is set, and for all sizes of inputs."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import deferinit_cli
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import Contract, contract
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.language.given_shapes import parse_inputs
from deferinit_cli.language.load import load
from deferinit_cli.problems import Diagnostic, Rejected
from tests.cli import deferinit
from tests.specs import rejection

DECLARED = "vars: {width: {default: 16, one_of: [8, 16, 32]}, rate: {default: 0.5, min: 0, max: 1}}\n"
LIBRARY = DECLARED + "layers: [dense: width, dropout: rate]\n"


def told(spec: Any, **sets: Any) -> list[Diagnostic]:
    try:
        load(spec, sets={k: str(v) for k, v in sets.items()})
    except Rejected as e:
        return e.diagnostics
    return []


def rules(found: list[Diagnostic]) -> list[str]:
    return sorted(d.rule for d in found)


# ---- variables


@pytest.mark.parametrize("width", [32, 12])
@pytest.mark.parametrize("rate", [1, 1.5])
def test_every_way_to_set(width: int, rate: float, tmp_path: Path) -> None:
    wrong = ["variable-choice"] * (width not in (8, 16, 32)) + ["variable-range"] * (not 0 <= rate <= 1)
    (tmp_path / "lib.yaml").write_text(LIBRARY)

    def written(text: str) -> list[str]:
        (tmp_path / "net.yaml").write_text(text)
        return rules(told(str(tmp_path / "net.yaml")))

    assert rules(told(LIBRARY, width=width, rate=rate)) == wrong  # --set
    assert written(LIBRARY.replace("16", str(width), 1).replace("0.5", str(rate), 1)) == wrong  # the default itself
    assert written(f"import: {{lib: {{file: ./lib.yaml, set: {{width: {width}, rate: {rate}}}}}}}\nlayers: [lib]\n") == wrong
    assert written(f"import: {{lib: ./lib.yaml}}\nlayers:\n- lib a: {{width: {width}, rate: {rate}}}\n") == wrong
    done = deferinit("show", "lib.yaml", "--set", f"width={width}", "--set", f"rate={rate}", cwd=tmp_path)
    assert done.returncode == (2 if wrong else 0)
    (tmp_path / "net.yaml").write_text(LIBRARY + f"checks: [{{set: {{width: {width}, rate: {rate}}}}}]\n")
    done = deferinit("check", "net.yaml", cwd=tmp_path)  # a check's own
    assert done.returncode == bool(wrong) and all(f"[{rule}]" in done.stdout + done.stderr for rule in wrong)
    if wrong:
        with pytest.raises(Rejected):
            deferinit_cli.load(str(tmp_path / "lib.yaml"), set={"width": width, "rate": rate})
    else:
        deferinit_cli.load(str(tmp_path / "lib.yaml"), set={"width": width, "rate": rate})


def test_combinations_of_a_check(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").write_text(LIBRARY)
    done = deferinit("check", "lib.yaml", "--set", "width=8,12,16", cwd=tmp_path)
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("[variable-choice]") == 1
    assert "in: width=12" in done.stdout + done.stderr


def test_both_places_are_told() -> None:
    [found] = told("zoo:resnet", depth=51)
    assert (found.rule, found.message, found.found) == ("variable-choice", "depth cannot be 51", "51")
    assert (found.expected, found.help) == ("18, 34, 50, 101 or 152", "the nearest is 50")
    assert str(found.span) == "--set:1:7"
    [declared] = found.related
    assert declared.message == "depth may be 18, 34, 50, 101 or 152"
    assert declared.span is not None and declared.span.source.name == "zoo:resnet"


@pytest.mark.parametrize(
    "vars, sets, expected",
    [
        ("{act: {default: 'relu', one_of: ['relu', 'gelu']}}", {"act": "gelu"}, []),
        ("{act: {default: 'relu', one_of: ['relu', 'gelu']}}", {"act": "gleu"}, ["variable-choice"]),
        ("{x: {default: 1, one_of: [1, 2]}}", {"x": "true"}, ["variable-type"]),
        ("{x: {default: 1.0, one_of: [1, 2]}}", {"x": "2"}, []),
        ("{x: {default: [1, 2], one_of: [[1, 2], [3]]}}", {"x": "[3]"}, []),
        ("{x: {default: [1, 2], one_of: [[1, 2], [3]]}}", {"x": "[4]"}, ["variable-choice"]),
        ("{x: {default: null, one_of: [null, 8]}}", {"x": "8"}, []),
        ("{x: {default: null, one_of: [8]}}", {}, ["variable-choice"]),
        ("{flag: {default: true, one_of: [true]}}", {"flag": "false"}, ["variable-choice"]),
        ("{a: 4, b: {default: 8, min: a, max: 4*a}}", {"b": "3"}, ["variable-range"]),
        ("{a: 4, b: {default: 8, min: a, max: 4*a}}", {"a": "16"}, ["variable-range"]),  # the default of b
        ("{a: 4, b: {default: 2*a, max: 10}}", {"a": "6"}, ["variable-range"]),  # what it is computed as
        ("{a: 4, b: {default: 8, one_of: [a, 2*a]}}", {"a": "8"}, []),
        ("{a: 4, b: {default: 8, one_of: [a, 2*a]}}", {"a": "5"}, ["variable-choice"]),
    ],
)
def test_kinds_of_choices(vars: str, sets: dict[str, str], expected: list[str]) -> None:
    assert rules(told(f"vars: {vars}\nlayers:\n- relu\n", **sets)) == expected


def test_a_size_of_an_input_is_no_choice(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").write_text(LIBRARY)
    (tmp_path / "net.yaml").write_text("import: {lib: ./lib.yaml}\ninputs: {x: [N, C]}\nlayers:\n- lib: {width: C}\n")
    [found] = told(str(tmp_path / "net.yaml"))
    assert found.rule == "variable-choice" and "no value yet" in found.message


def test_the_zoo_tells_them() -> None:
    done = deferinit("zoo")
    assert "depth=50 (18|34|50|101|152)" in done.stdout and "variant=0 (0…7)" in done.stdout


# ---- asserts


def test_each_instance_is_judged_in_its_own_scope(tmp_path: Path) -> None:
    (tmp_path / "lib.yaml").write_text(
        "vars: {width: 16}\nasserts:\n- {that: width != 32, says: 32 is not made any more}\n"
        "- {that: T % width == 0, says: lengths are multiples of the width}\n"
        "inputs: {s: [N, C, T]}\nlayers:\n- conv1d: {channels: width, kernel_size: 1}\n"
    )
    spec = "import: {lib: ./lib.yaml}\ninputs: {x: [N, 3, L]}\nlayers:\n- lib a: {width: 4}\n- lib b: {width: 6}\n"
    (tmp_path / "net.yaml").write_text(spec)
    network = load(str(tmp_path / "net.yaml"))
    found = contract(network)
    assert found.exact and [x for x in range(1, 40) if found.valid({"N": 1, "L": x})] == [12, 24, 36]
    assert sorted(r.says for a in found.axes for r in a.reasons if r.says) == ["lengths are multiples of the width"] * 2
    [d] = diagnostics(infer(network, parse_inputs(["1x3x8"], network)))
    assert (d.rule, d.message, d.found, d.expected) == (
        "assert-failed", "lengths are multiples of the width", "T = 8", "T % width == 0",
    )  # fmt: skip
    assert [c.message for c in d.calls] == ["in lib b"]
    (tmp_path / "net.yaml").write_text(spec.replace("width: 6", "width: 32"))
    [d] = told(str(tmp_path / "net.yaml"))
    assert (d.rule, d.found, [c.message for c in d.calls]) == ("assert-failed", "width = 32", ["in lib b"])
    assert [r.message for r in d.related] == ["width is set to 32 here"]


def test_what_sets_a_variable_is_told() -> None:
    [d] = told("zoo:gpt2", n_head=7)
    assert (d.rule, d.found, d.expected) == ("assert-failed", "d = 768, n_head = 7", "d % n_head == 0")
    assert [(r.message, str(r.span)) for r in d.related] == [("n_head is set to 7 here", "--set:1:8")]


def conditions(draw: random.Random, depth: int = 3) -> str:
    """A random condition over H and W."""
    if depth and draw.random() < 0.6:
        op = draw.choice(["and", "or", "not"])
        if op == "not":
            return f"not ({conditions(draw, depth - 1)})"
        return f"({conditions(draw, depth - 1)}) {op} ({conditions(draw, depth - 1)})"
    s = draw.choice(["H", "H", "W", "H + W", "2*H - W", "H // 3", "max(H, W)", "H % 4", "W % 3", "H - 5", "H / 2", "(H + W) / 3", "H / W",
                     "2*(H / 2)", "H / 2 // 3", "min(H / 2, W)", "H / 4 % 3", "ceil(H / 3)", "floor((H + 1) / W)", "H / 2 - W / 3"])  # fmt: skip
    return f"{s} {draw.choice(['==', '!=', '<', '<=', '>', '>='])} {draw.choice(['0', '1', '2', '5', '9', 'W', 'd'])}"


@pytest.mark.parametrize("seed", range(300))
def test_conditions_against_brute_force(seed: int) -> None:
    """`/` is the quotient as it is, of which nothing is rounded off: what Python's fractions come to."""
    draw = random.Random(seed)
    that = conditions(draw)
    spec = f"vars: {{d: 7}}\nasserts:\n- {{that: \"{that}\", says: as it is}}\ninputs: {{x: [H, W, d]}}\nlayers:\n- relu\n"
    names = {"max": max, "min": min, "ceil": math.ceil, "floor": math.floor, "d": 7}
    wanted = {(h, w) for h, w in product(range(1, 25), repeat=2) if eval(that, names, {"H": Fraction(h), "W": Fraction(w)})}
    network = load(spec)
    resolved = infer(network)
    if diagnostics(resolved):  # refuted for every size
        assert not wanted, that
        return
    found: Contract = contract(network)
    for h, w in product(range(1, 25), repeat=2):
        valid = found.valid({"H": h, "W": w})
        assert not valid or (h, w) in wanted or found.open, (that, h, w)
        assert valid or (h, w) not in wanted or not all(a.sizes.exact for a in found.axes), (that, h, w)
    for h, w in draw.sample(sorted(product(range(1, 25), repeat=2)), 6):  # with numbers it is decided
        given = infer(network, parse_inputs([f"{h}x{w}x7"], network))
        assert bool(diagnostics(given)) == ((h, w) not in wanted), (that, h, w)


@pytest.mark.parametrize(
    ("that", "input", "rule", "message", "found"),
    [
        ("L < 1", "", "no-valid-size", "no L is valid: as it is", ""),
        ("L != L", "", "no-valid-size", "no L is valid: as it is", ""),
        ("L + N < 2 and L > 3", "", "no-valid-size", "no L and N are valid: as it is", ""),
        ("L % 4 == 5 or N == 0", "", "no-valid-size", "no L and N are valid: as it is", ""),
        ("L + N <= 8", "8xL", "no-valid-size", "no L is valid: as it is", "N = 8"),
        ("L / 2 == 4", "1x9", "assert-failed", "as it is", "L = 9"),
        ("L // (N - 3) == 3", "3x9", "assert-failed", "as it is", "L = 9, N = 3: L//(N-3) divides by 0"),
        ("N == 3 or L // (N - 3) == 3", "3x9", "", "", ""),
        ("N == 3 and L // (N - 2) == 9", "3x9", "", "", ""),
    ],
)
def test_asserts_that_cannot_hold(that: str, input: str, rule: str, message: str, found: str) -> None:
    spec = f"asserts:\n- {{that: {that}, says: as it is}}\ninputs: {{x: [N, L]}}\nlayers:\n- relu\n"
    told = rejection(spec, *([input] if input else []))
    assert [(d.rule, d.message, d.found, d.expected) for d in told] == ([(rule, message, found, that)] if rule else [])
    assert all(d.span is not None and d.span.line == 2 for d in told)


def test_two_asserts_that_leave_different_sizes() -> None:
    [d] = rejection(
        "asserts:\n- {that: L == 5, says: one}\n- {that: L == 6, says: other}\ninputs: {x: [N, L]}\nlayers:\n- relu\n"
    )
    assert (d.rule, d.message, d.found, d.expected) == ("no-valid-size", "no L is valid: other", "L = 5", "L == 6")
    assert ("L can only be 5", "2") in [(r.message, str(r.span).split(":")[-2]) for r in d.related]


def test_a_divisor_that_may_be_less_than_1_is_refused() -> None:
    [d] = told("asserts:\n- {that: H / (W - 3) == 2, says: as it is}\ninputs: {x: [H, W]}\nlayers:\n- relu\n")
    assert (d.rule, d.found, str(d.span).split(":", 1)[1]) == ("division-by-zero", "W-3", "2:10")


def test_what_is_not_decided_is_said() -> None:
    spec = "asserts:\n- {that: K > 2, says: K is large}\ninputs: {x: [N]}\nlayers:\n- parameter p: [K]\n- concat: {axis: 0}\n  from: [p, x]\n"
    found = contract(load(spec))
    assert not found.exact
    assert "'K is large', decided once K is known" in found.open


ASSUMED = "inputs: {x: [N, T, 8]}\nlayers:\n- identity b\n- parameter a: [K]\n- maximum: [b, a]\n"


def test_asserts_beside_a_size_that_is_assumed() -> None:
    """K is assumed to be 8. What an assert says of other sizes rests on no assumption; what it says of K is never held against it."""
    found = contract(load("asserts:\n- {that: T % 2 == 0, says: as it is}\n" + ASSUMED))
    assert not found.open and found.exact and [a.text() for a in found.axes] == ["N >= 1", "T >= 2, T % 2 == 0"]
    found = contract(load("asserts:\n- {that: T % K == 0, says: as it is}\n" + ASSUMED))
    assert found.open == ["a size assumed at maximum0"] and [a.text() for a in found.axes] == ["N >= 1", "T >= 8, T % 8 == 0"]
    for that, rule in (("T < 1", ["no-valid-size"]), ("K == 8", []), ("K == 9", [])):
        resolved = infer(load(f"asserts:\n- {{that: {that}, says: as it is}}\n{ASSUMED}"))
        assert [d.rule for d in diagnostics(resolved)] == rule
        assert bool(resolved.store.undecided) is (that == "K == 9")


def test_the_contract_shows_text_and_line(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        "asserts:\n- {that: H % 32 == 0, says: the camera is so}\n- {that: H >= W, says: images stand upright}\n"
        "inputs: {x: [N, H, W]}\nlayers: [relu]\n"
    )
    done = deferinit("contract", "net.yaml", cwd=tmp_path).stdout
    assert "H % 32 == 0  asked for by the assert (net.yaml:2): the camera is so" in done
    assert "H >= W       asked for by the assert (net.yaml:3): images stand upright" in done
    assert '"says": "the camera is so"' in deferinit("contract", "net.yaml", "--format", "json", cwd=tmp_path).stdout
    done = deferinit("show", "net.yaml", "--input", "1x32x64", cwd=tmp_path)
    assert done.returncode == 1 and "found: H = 32, W = 64" in done.stderr and "--input" in done.stderr
