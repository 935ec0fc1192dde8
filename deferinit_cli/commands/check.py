"""`deferinit check`: specs and their own checks, for CI."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from ..problems import Diagnostic, Rejected, Unusable
from ..verify import Asked, Outcome, Run
from ._common import destinations, emit
from ._specs import files

VIEWS = Path(__file__).parent.parent / "views" / "checks"
FORMATS = sorted((p.stem for p in VIEWS.glob("*.py") if p.stem[0] != "_"), key=lambda name: (name != "text", name))


@click.command("check")
@click.argument("specs", nargs=-1)
@click.option(
    "--set",
    "sets",
    multiple=True,
    metavar="NAME=VALUE,…",
    help="Set a variable of the spec; several values, separated by commas outside brackets, make cases. Repeatable.",
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="[NAME=]SHAPE,…",
    help="Shapes of an input, separated by commas: every combination with the values of --set is a case. Repeatable.",
)
@click.option("--strict", is_flag=True, help="What is never used and what no case resolves is wrong too.")
@click.option("--locked", is_flag=True, help="A spec that differs from its SPEC.lock, or has none, is wrong too.")
@click.option(
    "--changed-since", "since", metavar="REV",
    help="Only specs that differ from this git revision, or import what does; edits that are not committed count.",
)  # fmt: skip
@click.option(
    "--jobs", "-j", type=click.IntRange(1, 256), help="How many processes check specs; default: by work and processors."
)
@click.option(
    "--format", "formats", multiple=True, metavar="FORMAT[=FILE]",
    help=f"One of {', '.join(FORMATS)} (default text); =FILE writes it there. Repeatable.",
)  # fmt: skip
def command(
    specs: tuple[str, ...], sets: tuple[str, ...], inputs: tuple[str, ...], strict: bool, locked: bool, since: str | None,
    jobs: int | None, formats: tuple[str, ...],
) -> int:  # fmt: skip
    """Parse and infer every spec and run its checks: files, folders (all specs below) and globs.

    Exit code 0: everything was checked and holds, or nothing changed since REV. 1: something is wrong. 2: a file cannot
    be read, a pattern matches nothing, or nothing was checked.
    """
    from ..language.given_shapes import parse_sets
    from ..verify.combinations import combinations, split_inputs, split_sets

    targets = destinations(formats, FORMATS, "text")
    asked = Asked(*split_sets(parse_sets(sets)), split_inputs(inputs), strict, locked)
    combinations(asked)  # too many are told before any work
    paths, left_out = files(specs), 0
    if since is not None:
        from ..verify.changes import Changes

        found = len(paths)
        paths = Changes(since).changed(paths, locked)
        left_out = found - len(paths)
    run = Run(examined(paths, asked, jobs), since, left_out)
    if not run.outcomes and not left_out:
        raise Unusable([Diagnostic("nothing-checked", "nothing was checked", help="name a spec, a folder or a glob")])
    tell(run, targets)
    return 2 if run.unusable else 1 if run.failed else 0


def examined(paths: list[str], asked: Asked, jobs: int | None) -> list[Outcome]:
    from ..verify.jobs import examine_all, sensible
    from ..views.checks._progress import progress

    with progress(len(paths)) as done:
        return examine_all(paths, asked, jobs or sensible(paths, asked), done)


def tell(run: Run, targets: list[tuple[str, str | None]]) -> None:
    """Every report asked for; one that cannot be written does not cost the others."""
    problems: list[Diagnostic] = []
    for name, target in targets:
        view = import_module(f"..views.checks.{name}", __package__)
        try:
            emit(view.render(run), target)
        except Rejected as e:
            problems += e.diagnostics
    if problems:
        raise Rejected(problems)
