"""Many specs in several processes: the outcomes are those of one process, in the same order."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from ..problems import Diagnostic
from . import safely
from .outcomes import SPEC, Asked, Outcome

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

WORTH = 8
"""Cases that pay for a process: starting one takes about as long."""

Told = Callable[[], None]


def sensible(specs: Sequence[str], asked: Asked) -> int:
    """How many processes to use where nobody says: one for little work, at most one per processor."""
    cases = len(specs) * (1 + asked.combinations)
    return max(1, min(processors(), len(specs), cases // WORTH))


def processors() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def examine_all(specs: Sequence[str], asked: Asked, jobs: int = 1, done: Told = lambda: None) -> list[Outcome]:
    """All outcomes in the order of the specs, whatever `jobs`; `done` is called after each spec.

    A worker that ends without an answer is the failure of the spec it had (`worker-died`); the others are still checked.
    """
    found: dict[int, list[Outcome]] = {}
    away = [k for k, spec in enumerate(specs) if spec != "-"]  # only this process has the standard input
    if min(jobs, len(away)) < 2 or os.environ.get("DEFERINIT_TRACEBACK"):
        away = []
    for k in sorted(set(range(len(specs))) - set(away)):
        found[k] = safely(specs[k], asked)
        done()
    if away:
        found |= Crew(specs, asked).run(away, jobs, done)
    return [o for k in range(len(specs)) for o in found[k]]


class Crew:
    """Processes that each have one spec at a time, so that one that ends is blamed on that spec."""

    def __init__(self, specs: Sequence[str], asked: Asked) -> None:
        import multiprocessing

        forks = hasattr(os, "fork") and sys.platform != "darwin"
        self.context = multiprocessing.get_context("fork" if forks else "spawn")
        self.specs = specs
        self.asked = asked
        self.members: dict[Connection, tuple[BaseProcess, int]] = {}  # by our end of the pipe: process, spec at hand

    def run(self, numbers: Sequence[int], jobs: int, done: Told) -> dict[int, list[Outcome]]:
        """The outcomes of these specs by number; no process is left behind, however this ends."""
        from multiprocessing.connection import wait

        todo, found = list(numbers)[::-1], {}
        try:
            while todo or self.members:
                while todo and len(self.members) < jobs:
                    self.hire(todo.pop())
                for pipe in wait(list(self.members)):
                    number, outcomes = self.answer(pipe, todo)  # type: ignore[arg-type]
                    found[number] = outcomes
                    done()
        finally:
            for pipe in list(self.members):
                self.dismiss(pipe, 0)
        return found

    def hire(self, number: int) -> None:
        ours, theirs = self.context.Pipe()
        process = self.context.Process(target=work, args=(theirs, self.asked), daemon=True)  # type: ignore[attr-defined]
        with interrupts_held():
            process.start()
            self.members[ours] = (process, number)
        theirs.close()
        with suppress(OSError):
            ours.send(self.specs[number])

    def answer(self, pipe: Connection, todo: list[int]) -> tuple[int, list[Outcome]]:
        """What a worker has found; it then gets the next spec or is dismissed."""
        process, number = self.members[pipe]
        try:
            outcomes = pipe.recv()
        except (EOFError, OSError):
            return number, [died(self.specs[number], self.dismiss(pipe))]
        if todo:
            self.members[pipe] = (process, todo.pop())
            with suppress(OSError):  # it has just ended: the next look at the pipe says so
                pipe.send(self.specs[self.members[pipe][1]])
        else:
            self.dismiss(pipe)
        return number, outcomes

    def dismiss(self, pipe: Connection, patience: float = 5) -> int | None:
        """End a worker, which has this many seconds to do it by itself; its exit code."""
        process, _ = self.members.pop(pipe)
        with suppress(OSError):
            pipe.send(None)
        pipe.close()
        process.join(patience)
        if process.exitcode is None:
            process.terminate()
            process.join()
        return process.exitcode


def died(spec: str, code: int | None) -> Outcome:
    how = f"exit code {code}"
    if code is not None and code < 0:
        with suppress(ValueError):
            how = signal.Signals(-code).name
    problem = Diagnostic("worker-died", f"{spec}: the process that checked it ended without an answer ({how})",
                         help="perhaps memory ran out; --jobs 1 checks one spec after another")  # fmt: skip
    return Outcome(spec, "spec", None, [problem], SPEC)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Ctrl-C waits until the end; a process started meanwhile never hears it: whoever started it ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def work(pipe: Connection, asked: Asked) -> None:
    """A worker: specs in, outcomes out, until None comes or the process that hired it is gone."""
    from threading import Thread

    with suppress(OSError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # where signals cannot be held
    Thread(target=leave_with_parent, daemon=True).start()
    with suppress(EOFError, OSError):
        while (spec := pipe.recv()) is not None:
            pipe.send(safely(spec, asked))


def leave_with_parent() -> None:
    """Whoever hired it may be killed while a spec takes long."""
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
