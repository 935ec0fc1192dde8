"""`lock` and `check --locked`: what is written, what counts as drift, and what is made of a lock that is damaged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deferinit_cli.compare.drift import drift
from tests.cli import deferinit

SPEC = """\
vars: {width: 8}
inputs: {image: [N, C, H, W]}
layers:
- conv2d stem: {channels: width, kernel_size: 3}
- batch_norm
- flatten
- dense head: 10
"""
HEAD = "(10, 8*(H - 2)*(W - 2))"
LOCK = """\
# Shapes of a network, made by `deferinit lock`. Not to be edited: `deferinit lock --update` makes it anew.
lock 1
made-by deferinit 0.1.0
language 1
source net.yaml sha256:7e70e6e78fcc41f5c9bbf5ca8ce0bb3c9b2cbd68be0ac4d7a8b30cbf8af9eb2c
input image (N, C, H, W) float32
output head (N, 10) float32
parameter stem.weight (8, C, 3, 3) float32 trainable
parameter stem.bias (8,) float32 trainable
parameter batch_norm0.weight (8,) float32 trainable
parameter batch_norm0.bias (8,) float32 trainable
parameter batch_norm0.running_mean (8,) float32 buffer
parameter batch_norm0.running_var (8,) float32 buffer
parameter head.weight (10, 8*(H - 2)*(W - 2)) float32 trainable
parameter head.bias (10,) float32 trainable
total parameters 80*(H - 2)*(W - 2) + 72*C + 34
total trainable 80*(H - 2)*(W - 2) + 72*C + 34
total buffers 16
total bytes 320*(H - 2)*(W - 2) + 288*C + 200
total macs N*(H - 2)*(W - 2)*(72*C + 80)
end
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def locked(spec: Path) -> Path:
    assert deferinit("lock", "net.yaml").returncode == 0
    return spec


def rules(path: str = "net.yaml") -> list[str]:
    return [d.rule for d in drift(path)]


def test_the_lock_line_by_line(spec: Path) -> None:
    import hashlib

    result = deferinit("lock", "net.yaml")
    assert (result.returncode, result.stdout, result.stderr) == (0, "net.yaml.lock: made, 8 parameters\n", "")
    digest = hashlib.sha256(SPEC.encode()).hexdigest()
    expected = "".join(f"source net.yaml sha256:{digest}\n" if line.startswith("source") else line
                       for line in LOCK.splitlines(keepends=True))  # fmt: skip
    found = (spec.parent / "net.yaml.lock").read_bytes().decode()
    assert found == expected
    assert sorted(p.name for p in spec.parent.iterdir()) == ["net.yaml", "net.yaml.lock"]


def test_the_same_bytes_again_and_nothing_is_touched(locked: Path) -> None:
    lock = Path("net.yaml.lock")
    first, time = lock.read_bytes(), lock.stat().st_mtime_ns
    again = deferinit("lock", "net.yaml")
    assert (again.returncode, again.stdout) == (0, "net.yaml.lock is as it was\n")
    assert (lock.read_bytes(), lock.stat().st_mtime_ns) == (first, time)
    assert deferinit("lock", "net.yaml", "--update").returncode == 0
    assert lock.read_bytes() == first
    assert drift("net.yaml") == []
    assert deferinit("check", "net.yaml", "--locked").stdout.startswith("ok   net.yaml (no checks of its own, locked)\n")


def test_options_are_recorded_and_hold_for_the_check(spec: Path) -> None:
    assert deferinit("lock", "net.yaml", "--input", "2x3x32x32", "--set", "width=4").returncode == 0
    text = Path("net.yaml.lock").read_text()
    assert "option --input 2x3x32x32\noption --set width=4\n" not in text  # a value with = is quoted
    assert 'option --input 2x3x32x32\noption --set "width=4"\n' in text
    assert "parameter stem.weight (4, 3, 3, 3) float32 trainable\n" in text
    assert drift("net.yaml") == []
    assert deferinit("lock", "net.yaml", "--update").returncode == 0  # keeps the options
    assert Path("net.yaml.lock").read_text() == text
    other = deferinit("lock", "net.yaml", "--set", "width=5")
    assert other.returncode == 1
    assert "lock-options" in other.stderr and "--input 2x3x32x32 --set width=4" in other.stderr
    spec.write_text(SPEC.replace("width", "size"))
    assert rules() == ["unknown-variable"]


def test_a_comment_is_no_drift_and_refreshes_the_hash(locked: Path) -> None:
    before = Path("net.yaml.lock").read_text()
    locked.write_text("# widths as in the paper\n" + SPEC)
    assert drift("net.yaml") == []
    result = deferinit("lock", "net.yaml")
    assert result.stdout == "net.yaml.lock: no shape has changed, the sources have, 8 parameters\n"
    after = Path("net.yaml.lock").read_text()
    assert next(a for a, b in zip(before.split("\n"), after.split("\n")) if a != b).startswith("source net.yaml")


def test_line_ends_are_no_change_of_the_sources(locked: Path) -> None:
    before = Path("net.yaml.lock").read_bytes()
    locked.write_bytes(SPEC.replace("\n", "\r\n").encode())
    assert deferinit("lock", "net.yaml").stdout == "net.yaml.lock is as it was\n"
    Path("net.yaml.lock").write_bytes(before.replace(b"\n", b"\r\n"))
    assert drift("net.yaml") == []


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda s: s.replace("dense head: 10", "dense head: 11"),
         [("net.yaml", 7, "output head is resized", "(N, 10)", "(N, 11)"),
          ("net.yaml", 7, "head.weight is resized, and 1 more on this line", HEAD, HEAD.replace("10", "11"))]),
        (lambda s: s.replace("dense head", "dense fc"),
         [("net.yaml", 7, "head.weight is called fc.weight now (same shape, similar place), and 1 more on this line",
            f"head.weight {HEAD}", f"fc.weight {HEAD}")]),
        (lambda s: s.replace("- batch_norm\n", ""),
         [("net.yaml.lock", 10, "batch_norm0.weight is gone", "(8,) float32 trainable", "nothing of that name")]),
        (lambda s: s.replace("- flatten", "- batch_norm bn2\n- flatten"),
         [("net.yaml", 6, "bn2.weight is new, and 3 more on this line", "nothing of that name", "(8,) float32 trainable")]),
        (lambda s: s + "params: {'stem.*': {freeze: true}}\n",
         [("net.yaml", 4, "stem.weight is retyped, and 1 more on this line", "(8, C, 3, 3) trainable", "(8, C, 3, 3) frozen")]),
        (lambda s: s.replace("[N, C, H, W]", "[N, 3, H, W]"), [("net.yaml", 2, "input image is resized", "(N, C, H, W)", "(N, 3, H, W)")]),
        (lambda s: s.replace("width, kernel_size: 3", "width, kernel_size: 3, groups: 1, padding: 0"), []),
        (lambda s: s.replace("- flatten", "- conv2d: {channels: 8, kernel_size: 1, bias: false}\n- flatten"),
         [("net.yaml", 6, "conv2d1.weight is new", "nothing of that name", "(8, 8, 1, 1) float32 trainable")]),
    ],
    ids=["resized", "renamed", "removed", "added", "frozen", "input", "same", "another"],
)  # fmt: skip
def test_drift_is_told_with_its_line(locked: Path, edit: Callable[[str], str], said: list[tuple[object, ...]]) -> None:
    locked.write_text(edit(SPEC))
    found = drift("net.yaml")
    assert all(d.rule == "lock-drift" for d in found)
    assert bool(found) == bool(said)
    for file, line, message, expected, got in said:
        d = next((d for d in found if d.message == message), None)
        assert d is not None and d.span is not None, [d.message for d in found]
        assert (d.span.source.name, d.span.line) == (file, line)
        if expected is not None:
            assert (d.expected, d.found) == (expected, got)
        assert "deferinit lock --update net.yaml" in d.help


def test_totals_alone_are_drift_too(locked: Path) -> None:
    lock = Path("net.yaml.lock")
    lock.write_text(
        "".join("total buffers 17\n" if t.startswith("total buffers") else t for t in lock.read_text().splitlines(True))
    )
    (d,) = drift("net.yaml")
    assert (d.rule, d.message, d.expected, d.found) == ("lock-drift", "total buffers is not the same", "17", "16")


def test_many_differences_are_counted(spec: Path) -> None:
    spec.write_text("inputs: {x: [N, 8]}\nlayers:\n" + "".join(f"- dense d{k}: 8\n" for k in range(60)))
    assert deferinit("lock", "net.yaml").returncode == 0
    spec.write_text(spec.read_text().replace(": 8\n", ": 9\n"))
    found = drift("net.yaml")
    assert len(found) == 21
    assert found[-1].message == "and 82 more differences from net.yaml.lock"


def test_a_lock_that_differs_is_only_replaced_when_asked(locked: Path) -> None:
    before = Path("net.yaml.lock").read_bytes()
    locked.write_text(SPEC.replace("10", "11"))
    refused = deferinit("lock", "net.yaml")
    assert refused.returncode == 1
    assert "head.weight is resized, and 1 more on this line [lock-drift]" in refused.stderr
    assert Path("net.yaml.lock").read_bytes() == before
    checked = deferinit("check", "net.yaml", "--locked")
    assert checked.returncode == 1 and "net.yaml:7:3" in checked.stdout
    assert deferinit("check", "net.yaml").returncode == 0
    accepted = deferinit("lock", "--update", "net.yaml")
    assert (accepted.returncode, accepted.stdout) == (0, "net.yaml.lock: updated, 8 parameters\n")
    assert drift("net.yaml") == []


def test_options_outlive_a_damaged_lock(spec: Path) -> None:
    """A lock remade after a bad merge is for the same input as before; where that cannot be told, it is asked for."""
    path = spec.parent / "net.yaml.lock"
    assert deferinit("lock", "net.yaml", "--input", "2x3x32x32", "--set", "width=4").returncode == 0
    good = path.read_text()
    half = good.replace("head.bias (10,)", "head.bias\n<<<<<<< a\n=======\n>>>>>>> b")
    for damaged in (half, good.partition("parameter head")[0] + "param", good.replace("made-by", "made by")):
        path.write_text(damaged)
        assert deferinit("lock", "net.yaml").returncode == 1
        result = deferinit("lock", "net.yaml", "--update")
        assert (result.returncode, result.stdout) == (0, "net.yaml.lock: made anew, 8 parameters\n")
        assert path.read_text() == good
    both = "<<<<<<< a\noption --input 2x3x32x32\n=======\noption --input 2x3x64x64\n>>>>>>> b\n"
    for damaged in (good.replace("option --input 2x3x32x32\n", both), good.partition("option")[0], "", "x\n", "option\n"):
        path.write_text(damaged)
        result = deferinit("lock", "net.yaml", "--update")
        assert (result.returncode, result.stdout) == (1, "")
        assert "which --input and --set net.yaml.lock was made with cannot be read [lock-options]" in result.stderr
        assert path.read_text() == damaged
    assert deferinit("lock", "net.yaml", "--update", "--input", "2x3x32x32", "--set", "width=4").returncode == 0
    assert path.read_text() == good


def test_an_option_that_holds_no_more_is_told_with_the_lock_s_line(spec: Path) -> None:
    assert deferinit("lock", "net.yaml", "--input", "2x3x32x32", "--set", "width=4").returncode == 0
    spec.write_text(SPEC.replace("width", "wide"))
    (d,) = drift("net.yaml")
    assert (d.rule, d.span and (d.span.source.name, d.span.line)) == ("unknown-variable", ("net.yaml.lock", 7))
    assert "; if it is meant: deferinit lock --update net.yaml, with the --input and --set" in d.help
    result = deferinit("lock", "net.yaml", "--update")
    assert result.returncode == 1
    assert "net.yaml.lock:7:1: no variable 'width'" in result.stderr


def test_a_missing_lock_fails_the_check(spec: Path) -> None:
    result = deferinit("check", "net.yaml", "--locked", "--format", "json")
    rows = json.loads(result.stdout)["checks"]
    assert result.returncode == 1
    assert [(r["name"], r["kind"], [p["rule"] for p in r["problems"]]) for r in rows] == [
        ("spec", "spec", []), ("lock", "lock", ["lock-missing"]),
    ]  # fmt: skip


def test_imports_count_among_the_sources(spec: Path) -> None:
    Path("sub").mkdir()
    Path("sub/parts.yaml").write_text("blocks:\n  two: {layers: [dense: 4, dense: 5]}\n")
    Path("sub/main.yaml").write_text("import: {p: ./parts.yaml}\ninputs: {x: [N, 3]}\nlayers: [p.two]\n")
    assert deferinit("lock", "sub/main.yaml").returncode == 0
    sources = [line.split()[1] for line in Path("sub/main.yaml.lock").read_text().split("\n") if line.startswith("source")]
    assert sources == ["main.yaml", "parts.yaml"]
    Path("sub/parts.yaml").write_text("blocks:\n  two: {layers: [dense: 4, dense: 6]}\n")
    found = drift("sub/main.yaml")
    assert {(d.span.source.name, d.span.line) for d in found if d.span} == {("sub/parts.yaml", 2)}
    os.chdir("sub")  # the same lock from elsewhere
    Path("parts.yaml").write_text("blocks:\n  two: {layers: [dense: 4, dense: 5]}\n")
    assert deferinit("lock", "main.yaml").stdout == "main.yaml.lock is as it was\n"


def test_a_rejected_spec_writes_nothing(spec: Path) -> None:
    spec.write_text("layers: [dense: -1]\n")
    assert deferinit("lock", "net.yaml").returncode == 1
    spec.write_text(SPEC)
    assert deferinit("lock", "net.yaml", "--input", "2x3x1x1").returncode == 1
    assert deferinit("lock", "net.yaml", "--input", "2xx").returncode == 2
    assert deferinit("lock", "net.yaml", "--set", "depth=3").returncode == 2
    assert [p.name for p in spec.parent.iterdir()] == ["net.yaml"]


@pytest.mark.parametrize("name", ["zoo:mlp", "-"])
def test_a_lock_stands_beside_a_file(name: str, spec: Path) -> None:
    result = deferinit("lock", name, input=SPEC)
    assert result.returncode == 2 and "lock-place" in result.stderr


def test_several_specs_at_once(locked: Path) -> None:
    Path("other.yaml").write_text("inputs: {x: [N, 3]}\nlayers: [dense: 4]\n")
    locked.write_text(SPEC.replace("10", "11"))
    result = deferinit("lock", ".")
    assert result.returncode == 1
    assert result.stdout == "./other.yaml.lock: made, 2 parameters\n"
    assert "[lock-drift]" in result.stderr


def test_names_that_could_be_misread_are_quoted(spec: Path) -> None:
    Path("my net.yaml").write_text("vars: {kind: 'a b'}\ninputs: {x: [N, 3]}\nlayers: [dense: 4]\n")
    assert deferinit("lock", "my net.yaml").returncode == 0
    assert 'source "my net.yaml" sha256:' in Path("my net.yaml.lock").read_text()
    assert drift("my net.yaml") == []


# ---- locks that are damaged


@pytest.mark.parametrize(
    ("edit", "rule", "line"),
    [
        (lambda t: "", "lock-corrupt", 1),
        (lambda t: "# nothing\n", "lock-corrupt", 2),
        (lambda t: t.replace("lock 1", "lock 2"), "lock-version", 2),
        (lambda t: t.replace("lock 1", "lock"), "lock-version", 2),
        (lambda t: t.replace("language 1", "language 9"), "lock-version", 4),
        (lambda t: t.replace("lock 1\n", ""), "lock-corrupt", 2),
        (lambda t: t.replace("end\n", ""), "lock-corrupt", 21),
        (lambda t: t[:600], "lock-corrupt", None),
        (lambda t: t + "input y (1,) float32\n", "lock-corrupt", 22),
        (lambda t: t.replace("sha256:", "md5:"), "lock-corrupt", 5),
        (lambda t: t.replace("input image", "<<<<<<< HEAD\ninput image"), "lock-corrupt", 6),
        (lambda t: t.replace("parameter stem.weight", "weight stem.weight"), "lock-corrupt", 8),
        (lambda t: t.replace("parameter stem.bias", "parameter stem.weight"), "lock-corrupt", 9),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, C, 3, 3"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, C, -, 3)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, C//0, 3, 3)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, C/0, 3, 3)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, C//N, 3, 3)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, f(C), 3, 3)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(" * 5000), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, " + "-" * 5000 + "1)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(" + "9" * 5000 + ",)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(..., ..., 3)"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, " + "+".join(f"a{k}*b{k}" for k in range(60)) + ")"), "lock-corrupt", 8),
        (lambda t: t.replace("(8, C, 3, 3)", "(8, ²)"), "lock-corrupt", 8),
        (lambda t: t.replace("float32 trainable", "float32 moving", 1), "lock-corrupt", 8),
        (lambda t: t.replace("float32 trainable", "float32", 1), "lock-corrupt", 8),
        (lambda t: t.replace("float32 trainable", "float32 trainable = ", 1), "lock-corrupt", 8),
        (lambda t: t.replace("stem.weight", '"\\ud800"', 1), "lock-corrupt", 8),
        (lambda t: t.replace("stem.weight", '"stem', 1), "lock-corrupt", 8),
        (lambda t: t.replace("total buffers 16\n", ""), "lock-corrupt", None),
        (lambda t: t.replace("total buffers 16", "total buffers many"), "lock-drift", None),
        (lambda t: t.replace("total buffers", "total beauty"), "lock-corrupt", 18),
        (lambda t: t.replace("total buffers 16", "total buffers 16\ntotal buffers 16"), "lock-corrupt", 19),
        (lambda t: t.replace("language 1", "language 1\noption --weights x"), "lock-corrupt", 5),
        (lambda t: t.replace("language 1", "language 1\noption --set width"), "lock-corrupt", 5),
        (lambda t: t.replace("source net.yaml", "# source net.yaml"), "lock-corrupt", None),
        (lambda t: "\x00\x01\x02" + t, "lock-corrupt", 1),
        (lambda t: t.replace("made-by deferinit", "made-by \x1b[31mdeferinit"), None, None),
    ],
)
def test_hostile_locks(locked: Path, edit: Callable[[str], str], rule: str | None, line: int | None) -> None:
    lock = Path("net.yaml.lock")
    text = lock.read_text()
    lock.write_text(edit(text))
    assert lock.read_text() != text
    found = drift("net.yaml")
    assert [d.rule for d in found] == ([rule] if rule else [])
    if line is not None:
        assert found[0].span is not None and (found[0].span.source.name, found[0].span.line) == ("net.yaml.lock", line)


def test_products_that_would_explode_are_not_multiplied_out(locked: Path) -> None:
    lock = Path("net.yaml.lock")
    huge = "*".join(f"(a{k} + b{k})" for k in range(30))
    lock.write_text(lock.read_text().replace("(8, C, 3, 3)", f"({huge}, C, 3, 3)"))
    assert "lock-drift" in rules()


def test_bytes_that_are_no_text_and_files_that_are_none(locked: Path) -> None:
    lock = Path("net.yaml.lock")
    lock.write_bytes(lock.read_bytes().replace(b"trainable", b"train\xffble", 1))
    assert rules() == ["lock-corrupt"]
    assert deferinit("lock", "net.yaml").returncode == 1
    assert deferinit("lock", "net.yaml", "--update").returncode == 0
    assert rules() == []
    lock.unlink()
    lock.mkdir()
    assert rules() == ["lock-corrupt"]
    assert deferinit("check", "net.yaml", "--locked").returncode == 1


def test_what_cannot_be_written_leaves_the_old_lock(locked: Path) -> None:
    locked.write_text(SPEC.replace("10", "11"))
    before = Path("net.yaml.lock").read_bytes()
    Path("net.yaml.lock").chmod(0o400)
    result = deferinit("lock", "net.yaml", "--update")
    if os.geteuid() != 0:
        assert result.returncode == 1 and "cannot-write" in result.stderr
        assert Path("net.yaml.lock").read_bytes() == before
    assert not [p for p in Path().iterdir() if p.name.startswith(".deferinit-")]
