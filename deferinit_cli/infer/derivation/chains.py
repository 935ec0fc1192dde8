"""Runs of layers over one size, drawn as a chain: 32 -conv1-> 28 -pool1-> 14; copies of a repeat are told once."""

from __future__ import annotations

from typing import Any

from ...shapes.expression_text import text
from ...shapes.normal import Expr
from ...shapes.relations import Affine, Broadcast, Product, Relation, Scaled, Sum, Window
from ...shapes.store import Fact
from .explain import Step, node_of, same

FOLD = 5
"""From this many copies on, a repeat is told once."""
PERIOD = 8
"""The most links of one copy."""
NEAR = 64
"""How far around it a sum or product is looked for again."""
LONGEST = 40
"""The most links drawn; of more, those in the middle are counted."""


class Link:
    """One layer's part in a chain: its step, the size before it, what else it took, and its name in parts."""

    __slots__ = ("back", "before", "label", "name", "numbers", "pattern", "sides", "step")

    def __init__(self, step: Step, before: Step) -> None:
        relation: Relation = step.why
        node = node_of(relation)
        self.step = step
        self.before = before
        self.sides = [p for p in step.premises if p is not before] if len(step.premises) > 1 else []
        self.back = step.origin != relation.slots[0]
        self.name = node.name if node is not None else "?"
        parts = self.name.split(".")
        self.numbers = [int(p) for p in parts if p.isdigit()]
        constants, sign = CONSTANTS[type(relation)], SIGNS.get(type(relation), "")
        self.label = "".join(f" {sign[self.back]} {grouped(s.value)}" for s in self.sides)
        self.pattern = (type(relation), self.back, self.label, *[getattr(relation, c) for c in constants],
                        *[p for p in parts if not p.isdigit()])  # fmt: skip

    @property
    def alone(self) -> bool:
        """Whether one link alone is told better as an equation than as a chain; in a repeated chain it is not."""
        return bool(self.sides) or type(self.step.why) is Product or bool(getattr(self.step.why, "alike", ()))


CONSTANTS: dict[type, tuple[str, ...]] = {
    Window: ("offset", "stride", "factor"),
    Affine: ("factor", "constant"),
    Scaled: ("scale",),
    Sum: ("constant",),
    Product: ("coefficient",),
}
SIGNS: dict[type, str] = {Sum: "+-", Product: "*/"}


def grouped(term: Any) -> str:
    """A term as a part of an equation."""
    words = shown(term)
    return f"({words})" if " " in words and term.kind in ("sum", "floor") and not ceiling(term, words) else words


def ceiling(term: Expr, words: str) -> bool:
    return term.kind == "floor" and words.startswith("ceil(")


def shown(term: Any) -> str:
    return text(term) if type(term) is Expr else "?" if term is None else str(term)


def carried(step: Step) -> tuple[Step, list[Any]]:
    """The step that a size was handed on from by joins that leave it as it is, and the equalities and joins on the way."""
    via = list(step.via)
    while type(step.why) is Broadcast and (alike := [p for p in step.premises if same(p.value, step.value)]):
        via.append(step.why if step.origin in step.why.taken else step.why.node)
        step = min(alike, key=lambda p: p.level)
        via += step.via
    return step, via


def mover(step: Step) -> Step | None:
    """The size that a relation carried on, where all else it took is declared; None where there is no such one."""
    premises = step.premises
    if not premises or type(step.why) not in CONSTANTS or node_of(step.why) is None:
        return None  # what an assertion computes is told as an equation
    if len(premises) == 1:
        return premises[0]
    moving = [p for p in premises if type(p.why) is not Fact]
    return None if len(moving) > 1 else moving[0] if moving else premises[0]


def run(step: Step) -> list[Link]:
    """The chain of layers that ends in a step, the first layer first; empty where an equation tells it better."""
    links: list[Link] = []
    at: Step | None = step

    def more() -> bool:
        nonlocal at
        before = mover(at) if at is not None else None
        if at is not None and before is not None:
            links.append(Link(at, before))
            at, via = carried(before)
            if any(type(why) is Broadcast for why in via):  # what is assumed is told, not drawn over
                at = None
            return True
        at = None
        return False

    k = 0
    while k < len(links) or more():
        if links[k].alone:
            while len(links) < k + NEAR and more():
                pass
            if not links[k].numbers or [x.pattern for x in links[max(0, k - NEAR) : k + NEAR]].count(links[k].pattern) < 3:
                break
        k += 1
    return links[:k][::-1]


def copies(links: list[Link], at: int, period: int) -> tuple[int, int]:
    """How many times the links from `at` on come again with one number of their names counted up; and which number."""
    first, counter = links[at : at + period], -1
    n = 1
    while at + (n + 1) * period <= len(links):
        for a, b in zip(first, links[at + n * period : at + (n + 1) * period]):
            differ = [k for k, (x, y) in enumerate(zip(a.numbers, b.numbers)) if x != y]
            if a.pattern != b.pattern or len(differ) != 1 or counter not in (-1, differ[0]):
                return n, counter
            counter = differ[0]
            if b.numbers[counter] != a.numbers[counter] + n:
                return n, counter
        n += 1
    return n, counter


def draw(links: list[Link]) -> str:
    """The chain as text, copies folded."""
    parts: list[str] = []
    at = 0
    while at < len(links):
        period, times, counter = 1, 1, -1
        for p in range(1, PERIOD + 1):
            n, k = copies(links, at, p)
            if n >= FOLD and n * p > period * times:
                period, times, counter = p, n, k
        group, last = links[at : at + period], links[at + period * times - 1]
        name = folded([k.name for k in group], counter, times) if times > 1 else group[0].name
        others = "".join(dict.fromkeys(k.label for k in group))
        label = name + (f":{others}" if others else "") + (("," if others else "") + f" × {times}" if times > 1 else "")
        parts.append((f"<-{label}-" if last.back else f"-{label}->") + f" {grouped(last.step.value)}")
        at += period * times
    if len(parts) > LONGEST:
        keep = LONGEST // 2
        parts = [*parts[:keep], f"… {len(parts) - 2 * keep} more …", *parts[-keep:]]
    return " ".join([grouped(links[0].before.value), *parts])


def folded(names: list[str], counter: int, times: int) -> str:
    """The names of a repeat's first copy as those of all: enc.0…4.(conv, pool)."""
    rests = []
    for name in names:
        parts = name.split(".")
        at = [k for k, p in enumerate(parts) if p.isdigit()][counter] if counter >= 0 else 0
        head = ".".join([*parts[:at], f"{parts[at]}…{int(parts[at]) + times - 1}" if counter >= 0 else parts[at]])
        rests.append(".".join(parts[at + 1 :]))
    inner = rests[0] if len(rests) == 1 else f"({', '.join(rests)})"
    return f"{head}.{inner}" if inner else head
