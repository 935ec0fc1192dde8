"""References resolved: the values and entries that they name."""

from __future__ import annotations

from typing import Any

from ...problems import Problem
from ...spelling import plural, suggest
from ..compile.items import Item
from ..expressions.references import Reference
from ..expressions.values import Located
from .context import Context
from .limits import Limits
from .scope import Entry, pick


class Resolver:
    """Resolves references in a context; what they cannot name is told there."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits

    def inputs(self, item: Item, ctx: Context) -> Any:
        """The values an item receives: a list, or a mapping by input name; None once something was wrong."""
        if item.from_ is not None:
            return self.from_values(item, ctx)
        if item.references is not None:
            return self.flat(item.references, ctx)
        ports = item.cls.ports if item.cls is not None else item.target.ports if item.target is not None else ("x",)
        takes = bool(ports) or (item.cls is not None and (item.cls.variadic or item.cls.structural))
        if ctx.several and takes:
            ctx.fault(item.head, "no-input", f"'{item.kind}' has no input",
                      help=f"this scope has several inputs ({', '.join(ctx.several)}): say 'from'")  # fmt: skip
            ctx.several = []
            return None
        return ctx.flow if takes else ()

    def from_values(self, item: Item, ctx: Context) -> Any:
        if isinstance(item.from_, dict):
            out: dict[str, Any] = {}
            for name, (key, ref) in item.from_.items():
                values = self.reference(ref, ctx, ctx.flow)
                if values is None:
                    return None
                out[name] = (key, values)
            return out
        return self.flat(item.from_, ctx)

    def flat(self, references: list[Reference], ctx: Context) -> tuple[int, ...] | None:
        out: list[int] = []
        fine = True
        for ref in references:
            values = self.reference(ref, ctx, ctx.flow)
            fine = fine and values is not None
            if not self.limits.connect(ctx, ref.node, len(values or ())):
                return None
            out += values or ()
        return tuple(out) if fine else None

    def reference(self, ref: Reference, ctx: Context, prev: tuple[int, ...] | None) -> tuple[int, ...] | None:
        """The values a reference names; None (with its fault told) where there are none."""
        try:
            found = self.entry(ref, ctx, prev)
        except Located as e:
            ctx.located(e)
            return None
        return found.values if found is not None else None

    def entry(self, ref: Reference, ctx: Context, prev: tuple[int, ...] | None) -> Entry | None:
        """The entry a reference names; raises Located."""
        if ref.name == "prev" and ref.name not in ctx.names.entries:
            if ctx.several:
                raise Located(ref.node, Problem("no-input", "nothing flows here yet", found="prev",
                                                help=f"this scope has several inputs: {', '.join(ctx.several)}"))  # fmt: skip
            found = Entry(prev)
        elif ref.name == "input" and ctx.input is not None:
            found = Entry(ctx.input)
        else:
            path = ref.path(ctx.values.without_symbols()) if ref.parts else []
            named = ctx.names.find(ref.name, path)
            if named is None and ctx.file.faults.lost:
                return None
            if named is None:
                raise Located(ref.node, self.unknown(ref, ctx))
            found, used = named
            return self.walk(ref, found, path[used:], ".".join(map(str, (ref.name, *path[:used]))), ctx)
        return self.walk(ref, found, ref.path(ctx.values.without_symbols()) if ref.parts else [], ref.name, ctx)

    def unknown(self, ref: Reference, ctx: Context) -> Problem:
        """That nothing has a reference's name."""
        longer = ctx.names.starting(ref.name)
        name = ref.text if longer else ref.name
        help_ = suggest(name, longer) or f"names that start so: {', '.join(longer[:20])}"
        return Problem("unknown-reference", f"no earlier layer or input is called '{name}'", found=name, word=name,
                       help=help_ if longer else known(ctx))  # fmt: skip

    def walk(self, ref: Reference, at: Entry, path: list[Any], name: str, ctx: Context) -> Entry | None:
        """Follow the parts of a reference; None where what they name is faulty. Raises Located."""
        k = 0
        while k < len(path):
            part = path[k]
            if at.removed and not (part == "*" and at.copies is not None):
                break
            if part == "*":
                return self.every(ref, at, path[k + 1 :], name, ctx)
            picked = pick(at, path[k:])
            numbered = isinstance(part, int) and (at.copies is not None or at.values is not None)
            if picked is None and not numbered and (at.faulty or ctx.file.faults.lost):
                return None
            if picked is None:
                raise Located(ref.node, self.missing(ref, at, part, name, ctx))
            name = ".".join(map(str, (name, at.place(part), *path[k + 1 : k + picked[1]])))
            at, k = picked[0], k + picked[1]
        if at.building:
            raise Located(ref.node, not_built(ref, name, ctx))
        if at.removed and not at.copies and at.copies is not None:
            raise Located(ref.node, Problem("removed-layer", f"'{name}' has no copies: its count on line {at.line} is 0",
                                            found=ref.text))  # fmt: skip
        if at.removed:
            raise Located(ref.node, Problem("removed-layer", f"'{name}' was removed by its 'when' (line {at.line})",
                                            found=ref.text))  # fmt: skip
        return at

    def every(self, ref: Reference, at: Entry, path: list[Any], name: str, ctx: Context) -> Entry | None:
        """What the rest of a reference names in every copy, in order."""
        if at.copies is None and at.faulty:
            return None
        if at.copies is None:
            raise Located(ref.node, Problem("not-repeated", f"'{name}' is not repeated", found=ref.text))
        copies = [(n, copy) for n, copy in enumerate(at.copies) if not copy.removed]
        out: list[int] = []
        for found in [self.walk(ref, copy, path, f"{name}.{n}", ctx) for n, copy in copies]:
            if found is None or found.values is None:
                return None
            out += found.values
        return Entry(tuple(out), at.at)

    def missing(self, ref: Reference, at: Entry, part: Any, name: str, ctx: Context) -> Problem:
        """That an entry has no such copy, value or named part."""
        if isinstance(part, int) and at.copies is not None:
            last = len(at.copies) - 1
            return Problem("index-out-of-range", f"'{name}' has copies 0 to {last}, not {part}" if last else f"'{name}' has copy 0 only",
                           found=ref.text, expected=f"0 to {last}, or -1 to {-1 - last} counted from the end")  # fmt: skip
        if at.building:
            return not_built(ref, f"{name}.{part}", ctx)
        if isinstance(part, int) and at.values is not None:
            return Problem("index-out-of-range", f"'{name}' yields {plural(len(at.values), 'value')}: there is no number {part}",
                           found=ref.text)  # fmt: skip
        names = [p for p in at.parts if not p.isdigit()]
        help_ = suggest(str(part), names)
        if at.copies and not at.parts:
            help_ = f"it is {len(at.copies)} copies side by side: {name}.0.{part} is that of one, {name}.*.{part} of all"
        return Problem("unknown-reference", f"'{name}' has no '{part}'", found=ref.text, expected=", ".join(names), help=help_)


def known(ctx: Context) -> str:
    """Help that lists what a reference may name."""
    names = ctx.names.known()
    return f"known here: {', '.join(names[-20:])}" if names else "no layer or input has a name here"


def not_built(ref: Reference, name: str, ctx: Context) -> Problem:
    """A reference leads to something that contains the reference, or to a copy that comes later."""
    return Problem("unknown-reference", f"'{name}' is not built yet here", found=ref.text, expected="an earlier layer or input",
                   help=known(ctx))  # fmt: skip
