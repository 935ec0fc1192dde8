"""Linear conditions on whole numbers: whether they exclude each other, and numbers that satisfy them.

Equations are solved by Euclid's algorithm, which leaves free whole numbers. Inequalities are then solved by the elimination of Fourier
and Motzkin; each is divided by what divides its coefficients, and its constant is rounded down. Conditions that are found to
exclude each other do so. Those that are not found to may do so all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

Row = dict[int, int]
"""Coefficients by variable: a sum that is 0, or at least 0."""
ONE = 0
"""The number 1 in a row: its coefficient is the constant. Variables are numbered from 1 on."""
ROWS = 400
"""With more inequalities than these, elimination is given up."""
STEPS = 2000
"""So many values of variables are tried in all."""
NEAR = 6
"""So many values of a variable are tried, from its least one on."""


class System:
    """Equations and inequalities. First `solve` tells whether they exclude each other; then `numbers` may be asked for."""

    def __init__(self, equations: list[Row], inequalities: list[Row]) -> None:
        self.equations = [dict(row) for row in equations]
        self.inequalities = [dict(row) for row in inequalities]
        self.steps: list[tuple[int, Row | list[Row]]] = []  # variables as they went: what each is, or the inequalities that bound it
        self.solved = False  # whether elimination came to its end
        self.left = STEPS
        self.cut = False

    def solve(self) -> bool:
        """False where no numbers satisfy the conditions; True where that is not known."""
        while True:
            if not self.solve_equations() or not self.tighten():
                return False
            if self.equations:
                continue
            if not self.inequalities or not self.eliminate():
                self.solved = not self.inequalities
                return True

    def without_numbers(self) -> bool:
        """Whether all numbers that a solved system leaves were tried, and none satisfies the conditions."""
        return self.solved and next(self.numbers(), None) is None and not self.cut

    def solve_equations(self) -> bool:
        """Replace a variable by what it is for each equation; False where one has no solution in whole numbers."""
        while self.equations:
            row = {v: c for v, c in self.equations.pop().items() if c}
            constant = row.pop(ONE, 0)
            whole = gcd(*row.values())
            if constant and (not whole or constant % whole):
                return False
            if not row:
                continue
            row = {v: c // whole for v, c in row.items()}
            x = min(row, key=lambda v: abs(row[v]))
            first = row.pop(x)
            if abs(first) == 1:
                self.replace(x, {ONE: -first * constant // whole, **{v: -first * c for v, c in row.items()}})
            else:  # with the nearest quotients taken out, what is left of the others is at most half of the first
                self.equations.append({ONE: constant // whole, x: first, **row})
                self.replace(x, {x: 1, **{v: -((2 * c + first) // (2 * first)) for v, c in row.items()}})
        return True

    def replace(self, x: int, value: Row) -> None:
        self.steps.append((x, value))
        for row in (*self.equations, *self.inequalities):
            times = row.pop(x, 0)
            for v, c in value.items() if times else ():
                row[v] = row.get(v, 0) + times * c

    def tighten(self) -> bool:
        """Keep the tightest of inequalities that differ in their constants alone, and turn opposite ones that touch into an
        equation; False where some exclude each other."""
        tightest: dict[tuple[tuple[int, int], ...], int] = {}
        for row in self.inequalities:
            constant = row.pop(ONE, 0)
            whole = gcd(*row.values())
            if not whole:
                if constant < 0:
                    return False
                continue
            key = tuple(sorted((v, c // whole) for v, c in row.items() if c))
            tightest[key] = min(tightest.get(key, constant // whole), constant // whole)
        for key, constant in tightest.items():
            room = constant + tightest.get(tuple((v, -c) for v, c in key), 1 - constant)
            if room < 0:
                return False
            if room == 0:
                self.equations.append({ONE: constant, **dict(key)})
        self.inequalities = [{ONE: constant, **dict(key)} for key, constant in tightest.items()]
        return True

    def eliminate(self) -> bool:
        """Remove the variable that leaves the fewest inequalities: each lower bound is at most each upper one. False where these
        are too many."""
        signs: dict[int, list[int]] = {}
        for row in self.inequalities:
            for v, c in row.items():
                if v != ONE:
                    signs.setdefault(v, [0, 0])[c < 0] += 1
        x = min(signs, key=lambda v: (signs[v][0] * signs[v][1] - sum(signs[v]), v))
        if len(self.inequalities) + signs[x][0] * signs[x][1] - sum(signs[x]) > ROWS:
            return False
        lower = [row for row in self.inequalities if row.get(x, 0) > 0]
        upper = [row for row in self.inequalities if row.get(x, 0) < 0]
        self.steps.append((x, [*lower, *upper]))
        self.inequalities = [row for row in self.inequalities if not row.get(x, 0)]
        for a in lower:
            for b in upper:
                both = joined({v: -b[x] * c for v, c in a.items()}, a[x], b)
                self.inequalities.append({v: c for v, c in both.items() if c})
        return True

    def numbers(self, at: int = -1, values: Row | None = None) -> Iterator[Row]:
        """Numbers that satisfy the conditions, small ones first. Each variable has a value near the least that the others leave
        to it; `cut` tells whether others were left out."""
        values = values or {ONE: 1}
        if at < -len(self.steps):
            yield values
            return
        self.left -= 1
        if self.left < 0:
            self.cut = True
            return
        x, known = self.steps[at]
        for n in self.near(x, known, values) if isinstance(known, list) else [self.total(known, values)]:
            yield from self.numbers(at - 1, {**values, x: n})

    def total(self, row: Row, values: Row) -> int:
        """What a row comes to; a variable that nothing bounds is 0."""
        self.cut = self.cut or not row.keys() <= values.keys()
        return sum(c * values.get(v, 0) for v, c in row.items())

    def near(self, x: int, rows: list[Row], values: Row) -> list[int]:
        """The first values of a variable within its bounds."""
        low: int | None = None
        high: int | None = None
        for row in rows:
            rest, c = self.total({v: k for v, k in row.items() if v != x}, values), row[x]
            if c > 0:
                low = -(rest // c) if low is None else max(low, -(rest // c))
            else:
                high = rest // -c if high is None else min(high, rest // -c)
        self.cut = self.cut or low is None or high is None or high - low >= NEAR
        if low is None:
            return [] if high is None else list(range(high, high - NEAR, -1))
        return list(range(low, low + NEAR if high is None else min(high + 1, low + NEAR)))


def joined(row: Row, times: int, other: Row) -> Row:
    """row + times*other."""
    out = dict(row)
    for v, c in other.items():
        out[v] = out.get(v, 0) + times * c
    return out
