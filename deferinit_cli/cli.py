"""The command line: finds commands in their folder, imports the one that is called, turns rejections into exit codes."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from . import __version__
from .garbage_collection import Held
from .problems import Rejected, Unusable

COMMANDS = Path(__file__).parent / "commands"


class Commands(click.Group):
    """A group whose commands are the files of `commands/` (underscored ones are helpers)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(p.stem for p in COMMANDS.glob("*.py") if not p.stem.startswith("_"))

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f".commands.{name}", __package__).command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as e:
            from .spelling import suggest

            near = suggest(args[0], self.list_commands(ctx))
            raise click.UsageError(f"no command is called '{args[0]}'. {near}".strip(), ctx) from e


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="deferinit")
def deferinit() -> None:
    """Shape inference and parameter inspection of neural networks written without input sizes.

    SPEC is a path, - for standard input, or zoo:NAME for a network that comes with deferinit. Left out, it is
    deferinit.yaml, spec.yaml, or the only spec in the current folder.
    """


def main(args: list[str] | None = None) -> None:
    """The entry point; always ends the process with one of the documented codes."""
    open_streams()
    with Held():
        code = run(args)
    try:
        sys.stdout.flush()
    except OSError as e:
        code = lost(e)
    sys.exit(code)


def run(args: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    try:
        code = deferinit.main(args, prog_name="deferinit", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except Rejected as e:
        return rejected(e)
    except click.exceptions.Exit as e:
        return e.exit_code
    except click.ClickException as e:
        return misused(e)
    except (click.Abort, KeyboardInterrupt):
        return 130
    except OSError as e:
        return lost(e)
    except MemoryError:
        return failed("error: there is not enough memory for this")
    except Exception as e:  # a fault of ours: say so, in one line
        return internal(e)


class Closed(io.TextIOBase):
    """Standard output of a process that was started without one: what is not written is told, not lost."""

    def write(self, text: str) -> int:
        raise OSError(errno.EBADF, "standard output is closed")


def open_streams() -> None:
    """Something in place of the standard streams that the process was started without, or with half of.

    Unbuffered (`PYTHONUNBUFFERED`), Python writes as much as fits into a pipe or on a disk and loses the rest in silence.
    """
    if sys.stdout is None:
        sys.stdout = Closed()
    elif sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper) and isinstance(sys.stdout.buffer, io.RawIOBase):
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        whole = io.BufferedWriter(sys.stdout.detach())
        sys.stdout = io.TextIOWrapper(whole, encoding, errors, line_buffering=True)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115  open for as long as the process runs


def misused(e: click.ClickException) -> int:
    """A wrong command line, as click tells it."""
    from .views.problems import one_line

    told = io.StringIO()
    e.show(told)
    complain("\n".join(map(one_line, told.getvalue().rstrip("\n").split("\n"))))
    return 2


def lost(e: OSError) -> int:
    """What cannot be read or written is told, but not to a pipe that nobody reads. Output that cannot be written is dropped."""
    if not isinstance(e, BrokenPipeError):
        complain(f"error: {e.strerror or e}")
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def rejected(e: Rejected) -> int:
    from .views.problems import render_all

    if e.diagnostics:
        complain(render_all(e.diagnostics))
    return 2 if isinstance(e, Unusable) else 1


def failed(message: str) -> int:
    complain(message)
    return 1


def internal(e: Exception) -> int:
    """An internal error, without a traceback: DEFERINIT_TRACEBACK=1 shows one to whoever debugs it."""
    if os.environ.get("DEFERINIT_TRACEBACK"):
        import traceback

        traceback.print_exc()
    where = ""
    tb = e.__traceback__
    while tb is not None:
        where = f" at {Path(tb.tb_frame.f_code.co_filename).name}:{tb.tb_lineno}"
        tb = tb.tb_next
    return failed(f"internal error: {type(e).__name__}: {e}{where}\nThis is a fault of deferinit {__version__}, not of your "
                  "spec. Please report it with the spec and the command.")  # fmt: skip


def complain(text: str) -> None:
    """To standard error, whatever state it is in."""
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        pass
