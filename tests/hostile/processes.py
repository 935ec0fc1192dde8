"""Commands as processes of their own, whose promises are looked at whatever else a test asks: no traceback, no hang,
less than half a GB of memory, and no file that was not asked for."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, NamedTuple

from ..limits import LIMIT

ROOT = str(Path(__file__).parents[2])
MOST_MEMORY = 500_000_000


class Ran(NamedTuple):
    """What came of a command."""

    code: int
    out: str
    err: str


def environment(**more: str) -> dict[str, str]:
    path = os.pathsep.join(p for p in (ROOT, os.environ.get("PYTHONPATH", "")) if p)
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "", "COLUMNS": "80", **more}


def listing(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


def limited() -> None:
    """A busy process is ended by the system after LIMIT seconds of its own time; Ctrl-C is heard in the background too."""
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT, LIMIT + 5))
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def start(args: list[str], cwd: Path, **options: Any) -> subprocess.Popen[bytes]:
    options.setdefault("env", environment())
    return subprocess.Popen([sys.executable, *args], cwd=cwd, preexec_fn=limited, **options)


def command(*args: str, cwd: Path, writes: set[str] = frozenset(), env: dict[str, str] | None = None, **options: Any) -> Ran:  # type: ignore[assignment]
    """`deferinit ARGS` in a folder, with nothing on standard input unless `options` say otherwise."""
    before = listing(cwd)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": err, **options}
        process = start(["-m", "deferinit_cli", *args], cwd, env=environment(**(env or {})), **streams)
        waits = threading.Timer(2 * LIMIT, process.kill)  # a process that waits takes no time of its own
        waits.start()
        _, status, used = os.wait4(process.pid, 0)
        waits.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        ran = Ran(process.returncode, out.read().decode("utf-8", "replace"), err.read().decode("utf-8", "replace"))
    assert ran.code in (0, 1, 2, 130), (args, ran)
    assert "Traceback" not in ran.out + ran.err and "internal" not in ran.err, (args, ran)
    assert used.ru_maxrss * 1024 < MOST_MEMORY, (args, used.ru_maxrss)
    assert listing(cwd) == before | set(writes), args
    return ran
