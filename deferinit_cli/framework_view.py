"""Another framework's names and layouts for the same tensors, derived from what each parameter says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .graph import Node, Parameter
from .layers.core.base import Layer
from .layers.core.frame import Frame
from .layers.core.framework_tensors import FRAMEWORKS, Piece, factors, parts_of, pieces
from .layers.core.patterns import Param
from .shapes import rows
from .shapes.expr import exact_div, product

SEPARATORS = {"torch": ".", "keras": "/", "flax": "/", "mxnet": "_"}

Shape = tuple[Any, ...]
Source = tuple[Parameter, Param, Piece]
Stars = Callable[[str], "int | None"]
"""How many axes a star of the layer has: `*x`."""


def no_stars(star: str) -> int | None:
    return None


def stars(frame: Frame | None) -> Stars:
    """How many axes each star of a layer has in an inference, where that is known."""
    return lambda star: rows.rank(frame.axes[star]) if frame is not None and star in frame.axes else None


class View:
    """One tensor as a framework has it. `sources` are the parameters here that it is made of, each with its piece; where the
    framework has none, the one parameter as it is here, and `absent`."""

    __slots__ = ("absent", "name", "sources")

    def __init__(self, name: str, sources: list[Source], absent: bool = False) -> None:
        self.name = name
        self.sources = sources
        self.absent = absent

    @property
    def parameters(self) -> list[Parameter]:
        return [p for p, _, _ in self.sources]

    def shape(self, shape_of: Callable[[Parameter], Shape | None], stars: Stars = no_stars) -> Shape | None:
        """Its shape as terms, None for what is unknown."""
        parameter, declared, piece = self.sources[0]
        shape = shape_of(parameter)
        return None if shape is None else Sizes(parameter.node.layer, declared, shape, piece).shape(stars)

    def convert(self, arrays: Callable[[Parameter], Any], stars: Stars = no_stars) -> Any:
        """Its values from those here: split, reordered, added and stacked as the framework has them."""
        import numpy as np

        placed: dict[int, Any] = {}
        at, whole = 0, None
        for parameter, declared, piece in self.sources:
            array = arrays(parameter)
            made = Sizes(parameter.node.layer, declared, array.shape, piece).rearranged(array, stars)
            stacked = next(((k, t) for k, t in enumerate(piece.axes) if "/" in t), None)
            if stacked is None:
                whole = made if whole is None else whole + made
            else:
                at = stacked[0]
                placed[int(stacked[1].partition("/")[0])] = made
        return np.stack([placed[k] for k in sorted(placed)], axis=at) if placed else whole


class Sizes:
    """The sizes of one parameter's axes, and of their factors and parts, as terms or ints, for one piece of it."""

    def __init__(self, layer: Layer, p: Param, shape: Shape, piece: Piece) -> None:
        self.layer = layer
        self.p = p
        self.piece = piece
        self.own = p.axes.split()
        self.sizes: dict[str, Any] = {}
        for axis, size in zip(self.own, shape):
            self.learn(axis, size)
        self.parts = parts_of(p)
        if len(piece.parts) == 1:
            self.own[0] = self.parts[piece.parts[0]]

    def learn(self, axis: str, size: Any) -> None:
        """The size of an axis, and of the one factor of it that is no number."""
        self.sizes[axis] = size
        parts = factors(axis, self.p.made)
        unknown = [f for f in parts if self.given(f) is None and f not in self.sizes]
        if len(parts) > 1 and len(unknown) == 1:
            known = [self.factor(f) for f in parts if f != unknown[0]]
            self.sizes[unknown[0]] = None if size is None or None in known else exact_div(size, product(known))

    def given(self, factor: str) -> int | None:
        """A factor that is a number, or an argument that is one."""
        v = int(factor) if factor.isdigit() else getattr(self.layer, factor, None) if factor in self.layer.arguments else None
        return v if type(v) is int else None

    def factor(self, name: str) -> Any:
        v = self.given(name)
        return self.sizes.get(name) if v is None else v

    def of(self, token: str) -> Any:
        """The size of an axis of the piece, or of a factor."""
        token = token.lstrip("~")
        if token.startswith("#"):
            return self.of(self.own[int(token[1:])])
        if token in self.sizes:
            return self.sizes[token]
        if "/" in token:
            return int(token.partition("/")[2])
        found = [self.factor(f) for f in factors(token, self.p.made)]
        return None if None in found else product(found)

    def shape(self, stars: Stars, stacked: bool = True) -> Shape | None:
        """The piece's shape; without the axis it is stacked on where that is not `stacked` yet."""
        out: list[Any] = []
        for token in self.piece.axes:
            if token.startswith("*"):
                star, _, less = token.partition("-")
                count = stars(star)
                if count is None:
                    return None
                out += [1] * (count - int(less or 0))
            elif stacked or "/" not in token:
                out.append(self.of(token))
        return tuple(out)

    def rearranged(self, array: Any, stars: Stars) -> Any:
        """The array of this piece, not yet stacked."""
        import numpy as np

        if self.piece.parts:
            array = np.concatenate([array[self.stretch(name)] for name in self.piece.parts])
        wanted = [t for t in self.piece.axes if "/" not in t and t[0] != "*"]
        cells = [(k, f) for k, axis in enumerate(self.own) for f in self.told_apart(k, axis, wanted)]
        left = list(cells)
        order: list[tuple[int, str]] = []
        turned: list[int] = []
        for token in wanted:
            for cell in self.cells(token.lstrip("~"), left):
                left.remove(cell)
                order.append(cell)
                turned += [len(order) - 1] if token[0] == "~" else []
        array = array.reshape([self.of(f) for _, f in cells])
        array = array.transpose([cells.index(c) for c in [*order, *left]])  # those left are of size 1
        return np.flip(array, tuple(turned)).reshape(self.shape(stars, stacked=False))

    def told_apart(self, k: int, axis: str, wanted: list[str]) -> tuple[str, ...]:
        """The factors of an own axis that the piece tells apart; the axis itself where it keeps it."""
        return (axis,) if {axis, f"~{axis}", f"#{k}"} & set(wanted) else factors(axis, self.p.made)

    def cells(self, token: str, left: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """The cells that an axis of the piece joins, of those not yet used."""
        if token.startswith("#"):
            return [c for c in left if c[0] == int(token[1:])]
        names = [token] if any(f == token for _, f in left) else factors(token, self.p.made)
        found = [next((c for c in left if c[1] == name), None) for name in names]
        return [c for c in found if c is not None]  # a 1 that is new has none

    def stretch(self, part: str) -> slice:
        """Where a part lies on the first axis."""
        start = 0
        for name, token in self.parts.items():
            size = self.of(token)
            if name == part:
                return slice(start, start + size)
            start += size
        raise KeyError(part)


class Lens:
    """Views a network's parameters as one framework has them; never changes what they mean."""

    def __init__(self, framework: str = "torch") -> None:
        self.framework = framework
        self.separator = SEPARATORS[framework]

    def views(self, node: Node) -> list[View]:
        """The tensors a framework has for a layer, in the order of what they are made of."""
        found: dict[str, View] = {}
        declared = {d.key: d for d in node.layer.memo("_tensors", node.layer.tensors)}
        for p in node.parameters:
            d = declared[p.key]
            made = pieces(d, self.framework)
            if not made:
                own = Piece(p.key, (), tuple(d.axes.split()), False)
                found.setdefault(self.name(p, p.key), View(self.name(p, p.key), [], True)).sources.append((p, d, own))
            for piece in made:
                name = self.name(p, piece.name)
                found.setdefault(name, View(name, [])).sources.append((p, d, piece))
        return list(found.values())

    def name(self, p: Parameter, key: str) -> str:
        """A tensor's full name: its layer's levels and its own."""
        if self.framework == "torch":
            return p.name
        path = p.name[: len(p.name) - len(p.key)].rstrip(".") if p.key else p.name
        own = key.split("/" if "/" in key else ".") if p.key else []
        return self.separator.join(part for part in [*path.split("."), *own] if part)


__all__ = ["FRAMEWORKS", "Lens", "View"]
