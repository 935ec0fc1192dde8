"""The network as written: layers, values and parameters in order, nothing resolved.

A value is an int: the index into `Network.makers`. Nodes stand in topological order by construction, because a
spec's references only go backwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from .problems import Related, Source, Span
from .shapes.dims import Size

if TYPE_CHECKING:
    from .initializers import Initializer
    from .layers.core.base import Layer
    from .layers.core.patterns import Param


class Input:
    """A network input. `dims` None: unknown rank; it may hold UNKNOWN and one REST. `dtype` None: not said."""

    __slots__ = ("dim_spans", "dims", "dtype", "name", "span", "value")

    def __init__(
        self,
        name: str,
        dims: tuple[Size, ...] | None,
        dtype: str | None,
        value: int,
        span: Span | None,
        dim_spans: tuple[Span, ...] = (),
    ) -> None:
        self.name = name
        self.dims = dims
        self.dtype = dtype
        self.value = value
        self.span = span
        self.dim_spans = dim_spans


class Given:
    """A shape given for an input on the command line or by a check."""

    __slots__ = ("dims", "dtype", "name", "span")

    def __init__(self, name: str, dims: tuple[Size, ...], dtype: str | None, span: Span) -> None:
        self.name = name
        self.dims = dims
        self.dtype = dtype
        self.span = span


class Target:
    """A shape known from outside: of a parameter or a value, by name; None where a dim is not known."""

    __slots__ = ("dims", "name", "span")

    def __init__(self, name: str, dims: tuple[int | None, ...], span: Span) -> None:
        self.name = name
        self.dims = dims
        self.span = span


class Place(Protocol):
    """Where an item stands; shared by its repeated copies."""

    @property
    def span(self) -> Span:
        """Of its head."""

    @property
    def line(self) -> int:
        """Of that, the line."""

    @property
    def args(self) -> dict[str, Span]:
        """Of the values of its arguments, by name."""


class Caller(Place, Protocol):
    """An item that calls a block, or applies one again."""

    @property
    def title(self) -> str:
        """What it calls, with its own name."""


class Call:
    """A block call in the chain that leads to a node: shared by all nodes of that call."""

    __slots__ = ("item", "outer")

    def __init__(self, item: Caller, outer: Call | None) -> None:
        self.item = item
        self.outer = outer

    @property
    def name(self) -> str:
        return self.item.title

    @property
    def span(self) -> Span:
        return self.item.span

    def chain(self) -> list[Related]:
        """The calls as related places, outermost first."""
        out: list[Related] = []
        call: Call | None = self
        while call is not None:
            out.append(Related(f"in {call.name}", call.span))
            call = call.outer
        return out[::-1]


class Assertion:
    """Dims that every one of `values` must have, in the order they were met (`expect`, a block's named dims)."""

    __slots__ = ("after", "call", "dim_spans", "dims", "rule", "span", "values")

    def __init__(
        self,
        dims: tuple[Size, ...],
        span: Span,
        dim_spans: tuple[Span, ...],
        values: tuple[int, ...],
        rule: str,
        after: int,
        call: Call | None = None,
    ) -> None:
        self.dims = dims
        self.span = span
        self.dim_spans = dim_spans
        self.values = values
        self.rule = rule  # 'expect' or 'block-input'
        self.after = after  # checked once this many nodes stand
        self.call = call


class Requirement:
    """A condition on sizes that a file asserts, in one instance of it. `formula` is false, a comparison `(op, a, b)` of sizes, or
    `("and" or "or", parts)`; `text` is the condition as written, `says` what it says to people."""

    __slots__ = ("call", "formula", "says", "span", "text")

    def __init__(self, formula: Any, text: str, says: str, span: Span, call: Call | None) -> None:
        self.formula = formula
        self.text = text
        self.says = says
        self.span = span
        self.call = call


class Node:
    """One layer instance. `outputs` are the values it yields, then its side outputs in the kind's order."""

    __slots__ = ("call", "dtype", "fold", "index", "inputs", "layer", "name", "outputs", "parameters", "place", "shares")

    def __init__(
        self,
        index: int,
        name: str,
        layer: Layer,
        inputs: tuple[int, ...],
        outputs: tuple[int, ...],
        place: Place,
        call: Call | None,
        shares: Node | None,
        dtype: str,
        fold: tuple[str, int] | None,
    ) -> None:
        self.index = index
        self.name = name
        self.layer = layer
        self.inputs = inputs
        self.outputs = outputs
        self.place = place
        self.call = call
        self.shares = shares  # the node whose parameters this one applies again
        self.parameters: tuple[Parameter, ...] = ()  # own ones; of a node that shares, those of `shares`
        self.dtype = dtype  # of parameters
        self.fold = fold  # (name of the outermost repeat around it, which copy): for folding equal rows


class Said:
    """What a spec says of one tensor beyond what its kind declares."""

    __slots__ = ("dtype", "frozen", "initializer", "tie_span", "tied_to")

    def __init__(self) -> None:
        self.dtype: str | None = None
        self.frozen = False
        self.initializer: Initializer | None = None
        self.tied_to: Parameter | None = None
        self.tie_span: Span | None = None


class Parameter:
    """One tensor of a node, as its layer declares it; of most no more is said."""

    __slots__ = ("declared", "node", "said")

    def __init__(self, declared: Param, node: Node) -> None:
        self.declared = declared
        self.node = node
        self.said: Said | None = None

    def own(self) -> Said:
        """What is said of it, to be added to."""
        if self.said is None:
            self.said = Said()
        return self.said

    @property
    def key(self) -> str:
        """Its name in the layer: `weight`."""
        return self.declared.key

    @property
    def name(self) -> str:
        """The full name: `h.0.fc.weight`."""
        key = self.declared.key
        return f"{self.node.name}.{key}" if key else self.node.name

    @property
    def buffer(self) -> bool:
        return self.declared.buffer

    @property
    def initializer(self) -> Initializer:
        return (self.said is not None and self.said.initializer) or self.declared.initializer

    @property
    def dtype(self) -> str:
        return (self.said is not None and self.said.dtype) or self.node.dtype

    @property
    def frozen(self) -> bool:
        return self.said is not None and self.said.frozen

    @property
    def tied_to(self) -> Parameter | None:
        return self.said.tied_to if self.said is not None else None

    @property
    def tie_span(self) -> Span | None:
        return self.said.tie_span if self.said is not None else None

    @property
    def trainable(self) -> bool:
        return not self.frozen and not self.buffer


class Network:
    """A parsed spec, complete and never changed after it is built."""

    __slots__ = (
        "allowed",
        "assertions",
        "blocks_alone",
        "checks",
        "derived",
        "doc",
        "dtype",
        "inputs",
        "lints",
        "makers",
        "name",
        "names",
        "nodes",
        "outputs",
        "parameters",
        "requirements",
        "source",
        "sources",
        "variables",
    )  # fmt: skip

    def __init__(self, name: str, source: Source) -> None:
        self.name = name
        self.doc = ""
        self.dtype = "float32"
        self.source = source
        self.blocks_alone = False  # whether the file only defines blocks: it is no network by itself
        self.inputs: list[Input] = []
        self.nodes: list[Node] = []
        self.makers: list[Node | Input] = []  # by value: who yields it
        self.outputs: list[tuple[str, int]] = []  # label, value
        self.parameters: list[Parameter] = []  # in order of nodes; tied ones included
        self.assertions: list[Assertion] = []
        self.checks: list[Any] = []  # the spec's own cases, as the package `language` reads them
        self.requirements: list[Requirement] = []
        self.variables: dict[str, Any] = {}
        self.allowed: dict[str, Any] = {}  # what variables may be, of those that say so
        self.derived: frozenset[str] = frozenset()  # variables whose defaults are computed from others
        self.names: dict[str, int] = {}  # value by the full name of inputs, layers, containers, one of several outputs
        self.sources: list[Source] = [source]  # every file that was read
        self.lints: list[Any] = []  # unused variables, blocks, arguments: told by strict checks

    def spare(self) -> set[str]:
        """Full names of tensors that a file of weights may hold besides the parameters: no layer here has a use for them."""
        return {f"{node.name}.{key}" for node in self.nodes for key in node.layer.spare}

    def value_name(self, value: int) -> str:
        """How a value is called: its layer's name, with `.side` or `.1` where it is not the first output."""
        node = self.makers[value]
        if isinstance(node, Input) or value == node.outputs[0]:
            return node.name
        k = value - node.outputs[0]
        main = node.layer.yields()
        return f"{node.name}.{node.layer.sides[k - main] if k >= main else k}"
