"""What commands share: options, finding the spec, inference with its rejection, and where reports go."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

from ..files import open_plain
from ..garbage_collection import Held
from ..graph import Given, Network
from ..infer.conflicts.diagnose import diagnostics
from ..infer.propagation.engine import infer
from ..infer.propagation.resolved import Resolved
from ..infer.warnings import foreseen, undecided, warnings
from ..language.given_shapes import parse_inputs, parse_sets
from ..language.load import load
from ..problems import Diagnostic, Rejected, Unusable
from ..report import Report
from ..report.document import rejected as rejected_document

Decorator = Callable[[Any], Any]
FORMATS = ("table", "json", "csv", "markdown")


def options(*decorators: Decorator) -> Decorator:
    """Several click decorators as one, in order."""

    def apply(f: Any) -> Any:
        for d in reversed(decorators):
            f = d(f)
        return f

    return apply


spec_argument = click.argument("spec", required=False)
input_option = click.option("--input", "inputs", multiple=True, metavar="[NAME=]SHAPE[:DTYPE]",
                            help="Shape of an input: 2x20, image=2x3xHxW, ids=2x128:int64. Repeatable.")  # fmt: skip
set_option = click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="Set a variable of the spec. Repeatable.")
look_options = options(
    click.option("--width", type=click.IntRange(20, 10_000), help="Fold the table to this many columns."),
    click.option("--ascii", is_flag=True, help="Draw with ASCII characters only."),
    click.option("--color/--no-color", default=None, help="Colour, or not; default: on a terminal."),
)


def format_option(formats: Sequence[str] = FORMATS, default: str = "table") -> Decorator:
    return click.option("--format", "formats", multiple=True, metavar="FORMAT[=FILE]",
                        help=f"One of {', '.join(formats)} (default {default}); =FILE writes it there. Repeatable.")  # fmt: skip


def default_spec() -> str:
    """The spec of the current folder when none is named; raises Unusable with the candidates."""
    for name in ("deferinit.yaml", "spec.yaml"):
        if os.path.isfile(name):
            return name
    found = sorted(str(p) for p in Path(".").glob("*.yaml") if is_spec(str(p)))
    if len(found) == 1:
        return found[0]
    more = f"there are {', '.join(found)}" if found else "no *.yaml with a layers key is here"
    raise Unusable([Diagnostic("no-spec", "which spec?", found=more, help="name one: a path, - or zoo:NAME")])


_LAYERS = re.compile(rb"""^["']?layers["']?[ \t]*:""", re.M)
_IN_BRACES = re.compile(rb"""\A\s*\{.*["']?\blayers["']?[ \t]*:""", re.S)


def is_spec(path: str) -> bool:
    """Whether a file has layers; one that cannot be read as a spec counts, so that reading it says so."""
    try:
        with open_plain(path) as f:
            raw = f.read((1 << 20) + 1)
    except (OSError, ValueError):
        return True
    if len(raw) > 1 << 20 or b"\0" in raw or raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    text = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"\n")
    return bool(_LAYERS.search(text) or _IN_BRACES.match(text))


def named(spec: str) -> str:
    """What an argument names; raises Unusable for what the library would take for the text of a spec."""
    if "\n" in spec or "\r" in spec:
        raise Unusable([Diagnostic("file-name", f"'{spec}' has a line's end in its name", help="give the text on standard input: -")])
    return spec


class Work:
    """One command's spec, network and ways of telling."""

    def __init__(self, command: str, spec: str | None, sets: Sequence[str], formats: Sequence[str],
                 known: Sequence[str] = FORMATS, default: str = "table", **look: Any) -> None:  # fmt: skip
        self.command = command
        self.outputs = destinations(formats, known, default)
        self.look = look
        self.spec = named(spec) if spec is not None else default_spec()
        self.sets = parse_sets(sets)
        self.told: list[Diagnostic] | None = None  # warnings that are known before all shapes are

    def load(self) -> Network:
        """The network; a rejected spec is reported in the formats that were asked for."""
        try:
            return load(self.spec, sets=self.sets)
        except Unusable:
            raise
        except Rejected as e:
            document = rejected_document(self.command, self.spec, e.diagnostics)
            for name, target in self.outputs:
                if name == "json":
                    from ..views.json import dump

                    emit(dump(document), target)
            raise

    def infer(self, network: Network, inputs: Sequence[str], **options: Any) -> Resolved:
        """Every shape; a conflict is reported with the table up to it."""
        given = parse_inputs(inputs, network)
        self.told = foreseen(network, given)
        resolved = infer(network, given)
        found = diagnostics(resolved)
        if found:
            self.reject(resolved, found, given, **options)
        return resolved

    def reject(self, resolved: Resolved, found: list[Diagnostic], given: Sequence[Given] = (), **options: Any) -> NoReturn:
        if given:
            from ..infer.domains.advice import advise

            advise(resolved.network, given, found)
        report = Report(resolved, self.command, self.spec, options.get("lens") or "torch", bool(options.get("depends")))
        report.reject(found)
        self.tell(report, **options)
        raise Rejected(found)

    def report(self, report: Report, **options: Any) -> None:
        """Tell a report of a network that is not rejected, with the warnings about it."""
        report.tell(warnings(report.resolved) if self.told is None else [*self.told, *undecided(report.resolved)])
        self.tell(report, **options)
        warn(report.told)

    def tell(self, report: Report, **options: Any) -> None:
        """Print or write a report in every format asked for."""
        for name, target in self.outputs:
            view = import_module(f"..views.{name}", __package__)
            with Held():
                text = view.render(report, {**self.look_for(target), **options})
            emit(text, target)

    def look_for(self, target: str | None) -> dict[str, Any]:
        return look_for(self.look, target)


def output_option(help: str) -> Decorator:
    """`-o FILE`: what the command makes. A name that cannot be a file's is a wrong command line, told before any work."""

    def checked(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        if value is not None and (problem := not_a_file(value)):
            raise click.BadParameter(problem)
        return value

    return click.option("-o", "--output", metavar="FILE", callback=checked, help=help)


def not_a_file(name: str) -> str:
    """Why nothing can be written to a file of this name; empty where it can be."""
    if not name:
        return "it names no file"
    if name.endswith(("/", os.sep)) or os.path.isdir(name):
        return f"{name} is a folder, not a file"
    return f"{name!a} cannot be a file's name" if "\0" in name else ""


def look_for(asked: Mapping[str, Any], target: str | None) -> dict[str, Any]:
    """Colour and width: those asked for, else what the terminal has."""
    look = dict(asked)
    terminal = target is None and sys.stdout.isatty()
    if look.get("color") is None:
        look["color"] = terminal and not os.environ.get("NO_COLOR")
    if terminal and not look.get("width"):
        look["width"] = os.get_terminal_size().columns
    if not look.get("ascii") and target is None:
        encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
        look["ascii"] = not encoding.startswith("utf")
    return look


def destinations(formats: Sequence[str], known: Sequence[str], default: str) -> list[tuple[str, str | None]]:
    """(format, file or None) of every --format; raises a usage error."""
    out: list[tuple[str, str | None]] = []
    for text in formats or (default,):
        name, equals, target = text.partition("=")
        if name not in known:
            from ..spelling import suggest

            raise click.UsageError(f"no format is called '{name}'; there are {', '.join(known)}. {suggest(name, known)}".strip())
        if equals and (problem := not_a_file(target)):
            raise click.UsageError(f"--format {text}: {problem}")
        if equals and target == "-":
            raise click.UsageError(f"--format {name} alone goes to standard output; a file called - is ./-")
        out.append((name, target or None))
    written = [os.path.realpath(target) for _, target in out if target is not None]
    if len(set(written)) < len(written):
        raise click.UsageError("two reports would go to one file")
    if sum(target is None for _, target in out) > 1:
        raise click.UsageError("only one format can go to standard output: give the others a file, --format json=FILE")
    return out


def emit(text: str, target: str | None) -> None:
    """To standard output, or atomically to a file."""
    if target is None:
        out = sys.stdout
        try:
            out.write(text)
        except UnicodeEncodeError:
            out.write(text.encode(out.encoding or "ascii", "backslashreplace").decode(out.encoding or "ascii"))
        out.flush()
        return
    from ..weights.atomic import atomic

    with atomic(target, len(text)) as f:
        f.write(text.encode())


def warn(told: list[Diagnostic]) -> None:
    """Warnings in full: to standard error."""
    if told:
        from ..views.problems import render_all

        sys.stderr.write(render_all(told) + "\n")


def note(text: str, error: bool = True) -> None:
    """A remark in one line, beside the report: to standard error, or else to standard output. Names in it are escaped."""
    from ..views.problems import one_line

    if error:
        sys.stderr.write(one_line(text) + "\n")
    else:
        emit(one_line(text) + "\n", None)
