"""`deferinit lock`: the shapes of a spec in a file of its own, to be committed and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..problems import Diagnostic, Rejected, Unusable
from ._common import emit, input_option, note, set_option, warn
from ._specs import files

if TYPE_CHECKING:
    from ..compare.lockfile import Lock
    from ..compare.sides import Side


@click.command("lock")
@click.argument("specs", nargs=-1)
@input_option
@set_option
@click.option("--update", is_flag=True, help="Accept what has changed since the lock was made.")
def command(specs: tuple[str, ...], inputs: tuple[str, ...], sets: tuple[str, ...], update: bool) -> int:
    """Write every parameter, input, output and total of a spec to SPEC.lock, beside it.

    `deferinit check --locked` then fails where any of them changes. A lock that is there and differs is only replaced
    with --update. Without --input and --set, those that the lock was made with hold.
    """
    from ..language.given_shapes import parse_sets

    chosen = dict(parse_sets(sets))
    problems: list[Diagnostic] = []
    unusable = False
    for spec in files(specs):
        try:
            note(locked(spec, list(inputs), chosen, update), error=False)
        except Rejected as e:
            problems += e.diagnostics
            unusable = unusable or isinstance(e, Unusable)
    if problems:
        raise (Unusable if unusable else Rejected)(problems)
    return 0


def locked(spec: str, inputs: list[str], sets: dict[str, str], update: bool) -> str:
    """Write one lock and say what was done; raises Rejected where the one that is there says something else."""
    from ..compare.drift import again, fresh, inferred, lock_path
    from ..compare.lockfile import hashes
    from ..compare.lockreader import read_lock
    from ..infer.warnings import warnings

    path = lock_path(spec)
    old: Lock | None = None
    first = "made"
    try:
        old = read_lock(path)
    except FileNotFoundError:
        pass
    except OSError as e:
        raise Unusable([Diagnostic("unreadable", f"cannot read {path}: {e.strerror or e}")]) from None
    except Rejected:
        if not update:  # a damaged lock is replaced only when that is asked for
            raise
        first = "made anew"
        if not inputs and not sets:
            inputs, sets = of_damaged(path)
    recorded = old is not None and not inputs and not sets
    side, network = again(spec, old) if old is not None and recorded else inferred(spec, inputs, sets)
    if side.resolved is not None:
        warn(warnings(side.resolved))
    done = first if old is None else compared(spec, old, side, update, old.sources == hashes(network, spec))
    if not done:
        return f"{path} is as it was"
    emit(fresh(side, network, spec), path)
    return f"{path}: {done}, {len(side.tensors)} parameters"


def of_damaged(path: str) -> tuple[list[str], dict[str, str]]:
    """The options that a damaged lock was made with; raises Rejected where they are not to be read either."""
    from ..compare.lockreader import read_bytes, salvaged

    found = salvaged(read_bytes(path).decode("utf-8-sig", "replace"))
    if found is None:
        raise Rejected([Diagnostic("lock-options", f"which --input and --set {path} was made with cannot be read",
                                   help="say them again, or remove the file where there were none")])  # fmt: skip
    return found


def compared(spec: str, old: Lock, side: Side, update: bool, same_sources: bool) -> str:
    """How the new lock differs from the old one, empty where not at all; raises Rejected where that is not accepted."""
    from ..compare.differ import difference
    from ..compare.drift import told

    found = difference(old.side, side)
    other = old.side.options != side.options or old.side.sets != side.sets
    if found.equal and not other:
        return "" if same_sources else "no shape has changed, the sources have"
    if update:
        return "updated"
    problems = told(found, spec, old)
    if other:
        problems.insert(0, Diagnostic("lock-options", f"{old.source.name} was made with other options", found=options(side),
                                      expected=options(old.side), help="--update takes the new ones"))  # fmt: skip
    raise Rejected(problems)


def options(side: Side) -> str:
    """What a lock is made with, as on the command line."""
    words = [*(f"--input {t}" for t in side.options), *(f"--set {n}={v}" for n, v in side.sets.items())]
    return " ".join(words) or "no options"
