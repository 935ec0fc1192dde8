"""`check --jobs`: the same bytes as one process, whatever happens to a worker; and the bar that somebody sees meanwhile."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deferinit_cli.verify import Asked, Outcome, jobs
from tests.cli import deferinit

ROOT = Path(__file__).parents[2]
SPEC = "layers:\n- dense: 4\nchecks:\n- {{input: 2x3, output: [2, {}]}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for k in range(30):
        (tmp_path / f"s{k:02}.yaml").write_text(SPEC.format(4 if k % 5 else k))
    (tmp_path / "broken.yaml").write_text("layers:\n- dnese: 4\n")
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    return tmp_path


def test_the_same_bytes_with_any_number_of_jobs(folder: Path) -> None:
    forms = ("json", "junit", "sarif", "github")

    def reports(count: str) -> list[object]:
        files = [a for f in forms for a in ("--format", f"{f}={f}.{count}")]
        args = ("check", ".", "--format", "text", *files, "--strict", "--input", "2x3")
        result = deferinit(*args, "--jobs", count, cwd=folder)
        return [result.returncode, result.stdout, result.stderr, *((folder / f"{f}.{count}").read_text() for f in forms)]

    one, three, many = map(reports, ("1", "3", "64"))
    assert one[0] == 2
    assert one[1:].count("") == 1  # standard error
    assert one == three == many


def test_standard_input_among_files(folder: Path) -> None:
    args = ("check", "s01.yaml", "-", "s02.yaml", "--jobs")
    one, two = (deferinit(*args, n, cwd=folder, input=SPEC.format(3)) for n in ("1", "2"))
    assert (one.returncode, one.stdout) == (1, two.stdout)
    assert one.stdout.splitlines()[-3:] == [
        "FAIL - (1 check): check 1", "ok   s02.yaml (1 check)", "5 passed, 1 failed, in 3 specs",
    ]  # fmt: skip


def test_processes_that_are_started_anew(folder: Path) -> None:
    """As on systems where a fork is not safe."""
    code = "import sys; sys.platform = 'darwin'\nif __name__ == '__main__':\n from deferinit_cli.cli import main; main()\n"
    (folder / "main.py").write_text(code)
    command = [sys.executable, "main.py", "check", ".", "--jobs", "2"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    result = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == (deferinit("check", ".", "--jobs", "1", cwd=folder).stdout, "")


def test_the_work_decides_how_many() -> None:
    many = [f"{k}.yaml" for k in range(1000)]
    assert jobs.sensible(many[:2], Asked()) == 1
    assert jobs.sensible(many, Asked()) == min(jobs.processors(), 125)
    assert jobs.sensible(many[:2], Asked(inputs=[["2x3"] * 50])) == min(jobs.processors(), 2)
    assert jobs.sensible([], Asked()) == 1


@pytest.fixture
def sound(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers that pass everything, but end, each in its own way, at some specs."""

    def safely(spec: str, _: Asked) -> list[Outcome]:
        if spec == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if spec == "exits":
            os._exit(7)
        return [Outcome(spec, "spec", None, [])]

    monkeypatch.setattr(jobs, "safely", safely)
    yield


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the stand-in for a worker is inherited by a fork")
@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize("count", [2, 3, 9])
def test_a_worker_that_ends_is_that_spec_s_failure(count: int) -> None:
    specs = ["a", "killed", "b", "exits", "c", "killed", "d", "e"]
    told: list[None] = []
    found = jobs.examine_all(specs, Asked(), count, lambda: told.append(None))
    assert len(told) == len(specs)
    assert [(o.spec, [d.rule for d in o.problems]) for o in found] == [
        ("a", []), ("killed", ["worker-died"]), ("b", []), ("exits", ["worker-died"]), ("c", []), ("killed", ["worker-died"]),
        ("d", []), ("e", []),
    ]  # fmt: skip
    assert [o.problems[0].message.partition("(")[2] for o in found if o.problems] == ["SIGKILL)", "exit code 7)", "SIGKILL)"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the stand-in for a worker is inherited by a fork")
def test_an_interrupt_ends_every_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    hire = jobs.Crew.hire

    def watched(self: jobs.Crew, number: int) -> None:
        hire(self, number)
        started.extend(process for process, _ in self.members.values())

    def safely(spec: str, _: Asked) -> list[Outcome]:
        time.sleep(0 if spec == "quick" else 60)
        return []

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs.Crew, "hire", watched)
    monkeypatch.setattr(jobs, "safely", safely)
    with pytest.raises(KeyboardInterrupt):
        jobs.examine_all(["quick", "slow", "slow"], Asked(), 3, interrupt)
    assert len(set(started)) == 3
    assert all(process.exitcode is not None for process in started)


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are counted in /proc")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_behind(tmp_path: Path, blow: signal.Signals) -> None:
    """Ctrl-C reaches the whole group, as a terminal sends it; the others only the command itself, as `kill` does."""
    spec = "vars: {n: 1}\nlayers:\n- dense: n\n- relu:\n  repeat: 2000\n"
    for k in range(4):
        (tmp_path / f"{k}.yaml").write_text(spec)
    values = ",".join(map(str, range(1, 1000)))
    command = [sys.executable, "-m", "deferinit_cli", "check", ".", "--jobs", "4", "--set", f"n={values}", "--format", "text=out"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=tmp_path, env=env, start_new_session=True, stderr=subprocess.PIPE, text=True,
                               preexec_fn=heard)  # fmt: skip
    deadline = time.monotonic() + 60
    while workers(process.pid) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert workers(process.pid) == 4
    (os.killpg if blow == signal.SIGINT else os.kill)(process.pid, blow)
    process.wait(60)
    if blow == signal.SIGINT:
        assert process.returncode == 130
        assert not alive(process.pid)
    else:
        while alive(process.pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not alive(process.pid)
    assert process.stderr is not None
    assert process.stderr.read().strip() == ""
    process.stderr.close()
    assert sorted(os.listdir(tmp_path)) == ["0.yaml", "1.yaml", "2.yaml", "3.yaml"]


def heard() -> None:
    """A shell's background jobs ignore Ctrl-C, and so would all that the tests start if they were one."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def workers(pid: int) -> int:
    """How many processes have this one as their parent."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            count += stat.read_text().rpartition(")")[2].split()[1] == str(pid)
    return count


# ---- the bar


def on_terminal(folder: Path, **env: str) -> tuple[str, str]:
    """(standard output, what a terminal at standard error gets)"""
    pty = pytest.importorskip("pty", reason="no terminals here")
    ours, theirs = pty.openpty()
    plain = {k: v for k, v in os.environ.items() if k not in ("CI", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")}
    process = subprocess.Popen(
        [sys.executable, "-m", "deferinit_cli", "check", "s*.yaml", "--jobs", "2"], cwd=folder, stdout=subprocess.PIPE, stderr=theirs,
        env={**plain, "PYTHONPATH": str(ROOT), "TERM": "xterm", **env},
    )  # fmt: skip
    os.close(theirs)
    assert process.stdout is not None
    out = process.stdout.read().decode()
    seen = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # how Linux says that the other end is closed
            break
        if not chunk:
            break
        seen += chunk
    os.close(ours)
    process.wait()
    process.stdout.close()
    return out, seen.decode()


def test_a_bar_where_somebody_watches(folder: Path) -> None:
    out, seen = on_terminal(folder)
    assert out == deferinit("check", "s*.yaml", cwd=folder).stdout
    assert "checking" in seen and "30/30 specs" in re.sub(r"\x1b\[[0-9;]*m", "", seen)
    assert seen.rstrip("\r\n").endswith(("\x1b[2K", "\x1b[?25h", "\x1b[1A\x1b[2K"))  # it is gone in the end


@pytest.mark.parametrize("env", [{"CI": "true"}, {"TERM": "dumb"}])
def test_no_bar_in_a_log(folder: Path, env: dict[str, str]) -> None:
    assert on_terminal(folder, **env)[1] == ""


def test_no_bar_for_few_specs(folder: Path) -> None:
    for path in sorted(folder.glob("s*.yaml"))[5:]:
        path.unlink()
    assert on_terminal(folder)[1] == ""
