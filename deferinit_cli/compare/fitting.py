"""A network against a weights file: which tensors load, which do not, and why."""

from __future__ import annotations

from typing import Any

from ..problems import Source, Span
from ..shapes.bounds import compare, solve_single
from ..shapes.evaluation import substitute
from ..shapes.expression_text import text
from ..shapes.normal import Expr
from .differ import Difference, Row, guessed
from .renames import renames
from .sides import Side, Tensor, spare
from .terms import REST, Shape, opaque, spread, written, written_shape

EQUATIONS = 64
"""Distinct equations, size = number, that inference is asked about together."""


def fitting(network: Side, weights: Side, a: Side, b: Side) -> Difference:
    """Rows in the network's order, then what is left over in the file; a tied tensor may be left out of it."""
    held = {t.name: t for t in weights.tensors}
    wanted = [t for t in network.tensors if t.tied_to is None or t.name in held]
    names = {t.name for t in network.tensors}
    renamed = renames([t for t in wanted if t.name not in held], [t for t in weights.tensors if t.name not in names], fits, False)
    verdicts = Verdicts(network)
    flipped = network is not a
    found = Difference(a, b, [])
    found.loads, found.of = [], len(wanted)
    all_start = affix(renamed)
    pairs = [(t, held.get(renamed.get(t.name, t.name))) for t in wanted]
    for t, there in pairs:
        if there is not None:
            verdicts.add(t, there)
    verdicts.decide()
    for t, there in pairs:
        changes, note = judge(t, there, verdicts, all_start)
        if changes:
            first, second = (there, t) if flipped else (t, there)
            found.rows.append(Row("parameter", t.name, changes, first, second, note))
        else:
            found.loads.append(t.name)
    used = set(renamed.values()) | names
    left = [t for t in weights.tensors if t.name not in used]
    needless = spare_there(network, renamed) if left else set()
    for t in left:
        if t.name not in needless:
            first, second = (t, None) if flipped else (None, t)
            found.rows.append(Row("parameter", t.name, ["unexpected"], first, second, "the network has no such tensor"))
    return found


def spare_there(network: Side, renamed: dict[str, str]) -> set[str]:
    """What no layer has a use for, under the names that its layers' other tensors have in the file."""
    layers = {name.rpartition(".")[0]: there.rpartition(".")[0] for name, there in renamed.items()}
    own = spare(network)
    moved = [(layers[layer], key) for layer, _, key in (name.rpartition(".") for name in own) if layer in layers]
    return own | {f"{layer}.{key}" if layer else key for layer, key in moved}


def affix(renamed: dict[str, str]) -> str:
    """What the file puts before all names, or leaves off, in words; empty where it is not one and the same."""
    more = {there.removesuffix(name) if there.endswith(name) else "" for name, there in renamed.items()}
    less = {name.removesuffix(there) if name.endswith(there) else "" for name, there in renamed.items()}
    if len(renamed) > 1 and len(more) == 1 and more != {""}:
        return f"the file's names start with {next(iter(more))}"
    return f"the file's names lack {next(iter(less))}" if len(renamed) > 1 and len(less) == 1 and less != {""} else ""


def judge(t: Tensor, there: Tensor | None, verdicts: Verdicts, all_start: str) -> tuple[list[str], str]:
    """(what keeps a tensor from loading, in words); nothing where it loads."""
    if there is None:
        return ["missing"], "the file has no such tensor"
    changes, notes = [], []
    if there.name != t.name:
        changes.append("renamed")
        notes.append(all_start or guessed(t.name, there.name).replace("place", "name"))
    why = verdicts.why(t)
    if why:
        turned = t.shape is not None and there.shape is not None and len(t.shape) > 1 and fits_shape(t.shape[::-1], there.shape)
        changes.append("transposed" if turned else "resized")
        notes.append("the same sizes the other way round: is it transposed?" if turned else why)
    if t.dtype != there.dtype:
        changes.append("retyped")
        notes.append("loads only where dtypes are converted")
    return changes, "; ".join(notes)


def fits(t: Tensor, there: Tensor) -> bool:
    return fits_shape(t.shape, there.shape)


def fits_shape(shape: Shape | None, there: Shape | None) -> bool:
    """Whether each size could be the file's number, taken alone."""
    if shape is None or there is None or REST in shape:
        return True
    return len(shape) == len(there) and all(could(s, n) for s, n in zip(shape, there))


def could(size: Any, number: int) -> bool:
    if type(size) is not Expr:
        return size is None or size == number
    return number >= 1 and (opaque(size) or spread(size) > 1000 or compare(size, number) is not False)


def mismatch(shape: Shape, there: Shape) -> str:
    """The first size that cannot be the file's."""
    if len(shape) != len(there):
        return f"{len(shape)} dim{'' if len(shape) == 1 else 's'} here, {len(there)} in the file"
    axis = next(k for k, (s, n) in enumerate(zip(shape, there)) if not could(s, n))
    return f"axis {axis}: {written(shape[axis])} here, {there[axis]} in the file"


class Verdicts:
    """Whether a network's open sizes can be what the file says, each alone and all together."""

    def __init__(self, network: Side) -> None:
        self.network = network
        self.reasons: dict[str, str] = {}
        self.open: list[tuple[Tensor, Tensor]] = []

    def add(self, t: Tensor, there: Tensor) -> None:
        if not fits_shape(t.shape, there.shape):
            self.reasons[t.name] = mismatch(t.shape or (), there.shape or ())
        elif t.shape is not None and any(type(s) is Expr for s in t.shape):
            self.open.append((t, there))

    def why(self, t: Tensor) -> str:
        return self.reasons.get(t.name, "")

    def decide(self) -> None:
        """Equal symbols have equal sizes; what is left is asked of inference, where there is a network to ask."""
        env: dict[str, tuple[int, str]] = {}
        for t, there in self.open:
            for size, number in zip(t.shape or (), there.shape or ()):
                if type(size) is Expr and not opaque(size):
                    self.bind(t, size, number, env)
        resolved = self.network.resolved
        if resolved is None or resolved.given or not any(t.name not in self.reasons for t, _ in self.open):
            return
        from ..infer.propagation.open_arguments import openings

        if not openings(resolved.network):
            self.infer()

    def bind(self, t: Tensor, size: Expr, number: int, env: dict[str, tuple[int, str]]) -> None:
        """Size = number: a linear symbol is then known; a contradiction is this tensor's."""
        if t.name in self.reasons or spread(size) > 1000:
            return
        now = substitute(size, {name: value for name, (value, _) in env.items() if name in size.symbols})
        verdict = compare(now, number)
        if verdict is False:
            known = ", ".join(f"{n} = {env[n][0]} by {env[n][1]}" for n in sorted(size.symbols) if n in env)
            self.reasons[t.name] = f"{text(size)} is {text(now)}, {number} in the file" + (f" ({known})" if known else "")
        elif verdict is None:
            found = solve_single(now, number)
            if found is not None:
                if found[1] < 1:
                    self.reasons[t.name] = f"{text(size)} = {number} has no solution"
                else:
                    env[found[0]] = (found[1], t.name)

    def infer(self) -> None:
        """The sizes that one step does not decide (400 = 16*(H//4 - 3)*(W//4 - 3)), by solving for the inputs."""
        left: dict[tuple[Any, ...], tuple[Tensor, Tensor]] = {}
        for t, there in self.open:
            if t.name not in self.reasons:
                left.setdefault(tuple((s, n) for s, n in zip(t.shape or (), there.shape or ()) if type(s) is Expr), (t, there))
        pairs = list(left.values())[:EQUATIONS]
        if self.solvable(pairs):
            return
        guilty = [p for p in pairs if not self.solvable([p])]
        for t, there in guilty or pairs[-1:]:
            shown = f"{written_shape(t.shape)} here, {written_shape(there.shape)} in the file"
            reason = "no input gives that" if guilty else "no input gives that together with the file's other tensors"
            self.reasons[t.name] = f"{shown}: {reason}"
        for t, there in self.open:  # others with the same sizes share the verdict
            for bad, that in guilty:
                if t.shape == bad.shape and there.shape == that.shape:
                    self.reasons.setdefault(t.name, self.reasons[bad.name])

    def solvable(self, pairs: list[tuple[Tensor, Tensor]]) -> bool:
        """False only where it is decided that no input fits."""
        from ..infer.solving.solve import Target, solve

        assert self.network.resolved is not None
        span = Span(Source(self.network.name), 1, 1)
        solution = solve(self.network.resolved.network, [Target(t.name, there.shape or (), span) for t, there in pairs])
        return bool(solution.boxes) or not solution.decided
