"""Output that nobody takes, that does not fit, or that is interrupted: told by the exit code, and no file is left half written."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .processes import command, environment, limited, listing, start

SPEC = "layers:\n- dense: 400\n- dense: _\nchecks:\n- {input: 2x300, output: [2, _]}\n"
FIXED = SPEC.replace("_", "400", 1)
COMMANDS = [
    ("show", "fixed.yaml"), ("show", "fixed.yaml", "--format", "json"), ("check", "fixed.yaml"), ("check", ".", "--format", "junit"),
    ("init", "fixed.yaml", "--input", "2x300"), ("run", "fixed.yaml", "--input", "2x300"), ("contract", "fixed.yaml"), ("layers",), ("--help",),
    ("zoo",), ("zoo", "gpt2"), ("schema",), ("why", "fixed.yaml", "dense0.weight"), ("diff", "fixed.yaml", "fixed.yaml"), ("--version",),
    ("guide",), ("guide", "tour"),
]  # fmt: skip
LONG = "layers:\n" + "- dense: 3\n" * 3000
UNBUFFERED = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["", "unbuffered"])
"""Where it is, as in many a CI, Python itself takes part of a text for all of it."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "fixed.yaml").write_text(FIXED)
    return tmp_path


# ---- nobody takes it


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("args", COMMANDS, ids=" ".join)
def test_a_full_disk_at_standard_output(folder: Path, args: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        ran = command(*args, cwd=folder, stdout=full)
    assert ran.code == 1 and "No space left on device" in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_under_a_file(folder: Path) -> None:
    for name in ("full.npz", "full.safetensors", "full.json"):
        (folder / name).symlink_to("/dev/full")
    for args in (("init", "fixed.yaml", "--input", "2x300", "-o", "full.npz"), ("run", "fixed.yaml", "--input", "2x300", "-o", "full.safetensors"),
                 ("show", "fixed.yaml", "--format", "json=full.json"), ("check", "fixed.yaml", "--format", "sarif=full.json")):  # fmt: skip
        ran = command(*args, cwd=folder)
        assert ran.code == 1 and "[cannot-write]" in ran.err and "no space left on device" in ran.err.lower(), (args, ran)


def small_files() -> None:
    limited()
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_a_disk_that_fills_up_meanwhile(folder: Path, ending: str) -> None:
    """The file that was there stays, and nothing is left beside it."""
    target = folder / f"w.{ending}"
    target.write_bytes(b"old")
    before = listing(folder)
    args = [sys.executable, "-m", "deferinit_cli", "init", "fixed.yaml", "--input", "2x300", "-o", target.name]
    ran = subprocess.run(args, cwd=folder, env=environment(), capture_output=True, text=True, preexec_fn=small_files, check=False)
    assert ran.returncode == 1 and "[cannot-write]" in ran.stderr and "Traceback" not in ran.stderr
    assert target.read_bytes() == b"old" and listing(folder) == before


@UNBUFFERED
def test_a_disk_that_fills_up_under_standard_output(folder: Path, unbuffered: str) -> None:
    """A part of the report, and no exit code that says it is all."""
    (folder / "long.yaml").write_text(LONG)
    args = [sys.executable, "-m", "deferinit_cli", "show", "long.yaml", "--unfold"]
    with (folder / "out").open("wb") as out:
        ran = subprocess.run(args, cwd=folder, env=environment(PYTHONUNBUFFERED=unbuffered), stdout=out, stderr=subprocess.PIPE, text=True,
                             preexec_fn=small_files, check=False)  # fmt: skip
    assert (ran.returncode, ran.stderr) == (1, "error: File too large\n")
    assert (folder / "out").stat().st_size == 100_000


@pytest.mark.parametrize("args", COMMANDS[:-1], ids=" ".join)
def test_a_pipe_that_nobody_reads(folder: Path, args: tuple[str, ...]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as pipe:
        ran = command(*args, cwd=folder, stdout=pipe)
    assert (ran.code, ran.err) == (1, "")


@UNBUFFERED
def test_a_pipe_that_is_closed_after_a_line(folder: Path, unbuffered: str) -> None:
    """`deferinit show … | head -1`"""
    (folder / "long.yaml").write_text(LONG)
    process = start(["-m", "deferinit_cli", "show", "long.yaml", "--unfold"], folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    env=environment(PYTHONUNBUFFERED=unbuffered))  # fmt: skip
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline().startswith(b"long:")
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(), errors) == (1, b"")


@pytest.mark.parametrize("stream", [0, 1, 2])
def test_streams_that_are_closed(folder: Path, stream: int) -> None:
    """As under some schedulers; no file opened later may be taken for the stream."""
    code = "import os, sys; os.close(int(sys.argv[1])); os.execv(sys.executable, [sys.executable, '-m', 'deferinit_cli', *sys.argv[2:]])"
    for args, codes in ((["show", "-"], (2, 1, 1)), (["check", "fixed.yaml"], (0, 1, 0)), (["show", "nope.yaml"], (2, 2, 2))):
        ran = subprocess.run([sys.executable, "-c", code, str(stream), *args], cwd=folder, env=environment(), input=b"" if stream else None,
                             stdin=None if stream else subprocess.DEVNULL, capture_output=True, check=False)  # fmt: skip
        expected = codes[stream]
        assert ran.returncode == expected, (args, ran)
        assert b"Traceback" not in ran.stderr + ran.stdout


# ---- interrupted


def test_an_interrupt_while_it_waits_for_its_input(folder: Path) -> None:
    process = start(["-m", "deferinit_cli", "show", "-"], folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"# a long remark\n" * 20_000)  # more than a pipe holds: written once the command reads
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, b"") and b"Traceback" not in err


@pytest.mark.parametrize("rest", [0.0, 0.1, 0.3, 0.8])
def test_an_interrupt_while_it_works(folder: Path, rest: float) -> None:
    """Reading, inference, the report: seconds of work, interrupted somewhere in it."""
    process = start(["-m", "deferinit_cli", "show", "-", "--format", "json=report.json"], folder, stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(b"# a long remark\n" * 20_000 + b"layers:\n" + b"- dense: 3\n  repeat: 10000\n" * 9)
    process.stdin.close()
    process.stdin = None
    signal.sigtimedwait([], rest) if rest else None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err.strip()) == (130, b"", b"")
    assert listing(folder) == {"spec.yaml", "fixed.yaml"}


def test_an_interrupt_while_python_imports(folder: Path) -> None:
    code = """
import runpy, sys
class Finder:
    def find_spec(self, name, path, target=None):
        if name == sys.argv[-1]:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
runpy.run_module("deferinit_cli", run_name="__main__")
"""
    for module in (
        "deferinit_cli.cli", "click", "deferinit_cli.commands.show", "deferinit_cli.infer.propagation.engine", "deferinit_cli.views.table",
    ):
        args = [sys.executable, "-c", code, "show", "fixed.yaml", "--input", "2x300", "--set", module]
        args = [sys.executable, "-c", code.replace("sys.argv[-1]", repr(module)), "show", "fixed.yaml"]
        ran = subprocess.run(args, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout, ran.stderr.strip()) == (130, "", ""), module


# ---- a file is the old one or the new one

STRIKE = """
import os, signal, sys
left, how = int(sys.argv[1]), getattr(signal, sys.argv[2])
def strike(event, args):
    global left
    if event in ("open", "os.rename", "os.chmod", "os.remove", "tempfile.mkstemp", "os.link") and sys._getframe(1).f_code.co_filename.endswith(
        ("atomic.py", "tempfile.py", "contextlib.py", "files.py", "_common.py", "solve.py", "lock.py", "writing.py")
    ):
        if left == 0:
            left = -1
            os.kill(os.getpid(), how)
        left -= 1
sys.addaudithook(strike)
sys.argv = ["deferinit", *sys.argv[3:]]
import deferinit_cli.__main__ as entry
try:
    entry.main()
finally:
    print("left", left, file=sys.stderr)
"""
WRITERS = [
    ("w.npz", ("init", "fixed.yaml", "--input", "2x300", "-o", "w.npz")),
    ("w.safetensors", ("init", "fixed.yaml", "--input", "2x300", "-o", "w.safetensors")),
    ("y.npz", ("run", "fixed.yaml", "--input", "2x300", "-o", "y.npz")),
    ("fixed.yaml.lock", ("lock", "fixed.yaml", "--input", "2x300", "--update")),
    ("spec.yaml", ("solve", "spec.yaml", "--where", "dense1.weight=7x400", "--in-place")),
    ("r.json", ("show", "fixed.yaml", "--format", "json=r.json")),
    ("schema.json", ("schema", "-o", "schema.json")),
]


@pytest.mark.parametrize("blow", ["SIGKILL", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize("target, args", WRITERS, ids=[name for name, _ in WRITERS])
def test_a_file_is_the_old_one_or_the_new_one(folder: Path, target: str, args: tuple[str, ...], blow: str) -> None:
    """Struck before each thing done to a file in turn, until nothing is left to strike at."""
    path = folder / target
    assert command(*args, cwd=folder, writes={target}).code == 0
    new = path.read_bytes()
    old = new[:-1] + b"\n" if target.endswith("lock") else SPEC.encode() if target == "spec.yaml" else b"old"
    struck = 0
    for moment in range(20):
        path.write_bytes(old)
        ran: Any = subprocess.run([sys.executable, "-c", STRIKE, str(moment), blow, *args], cwd=folder, env=environment(), capture_output=True,
                                  text=True, preexec_fn=limited, check=False)  # fmt: skip
        assert path.read_bytes() in (old, new), (moment, ran)
        left = listing(folder) - {"fixed.yaml", "spec.yaml", target}
        if ran.returncode == 0:
            assert path.read_bytes() == new and not left
            break
        struck += 1
        assert "Traceback" not in ran.stderr or blow == "SIGTERM"
        if blow == "SIGINT":
            assert ran.returncode == 130 and not left, (moment, ran)
        else:
            assert ran.returncode == -getattr(signal, blow)
            assert not left or blow == "SIGKILL"
            assert all(n.startswith(".deferinit-") and n.endswith(".tmp") for n in left), left
        for name in left:
            (folder / name).unlink()
    assert struck >= 2 and moment < 19, "struck at its beginning, before the new file takes its place, and afterwards"
