"""What a layer kind says of itself, once: arguments, parameters, shape relation, cost, numpy forward, other names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from ...problems import Problem
from ...shapes.dims import UNKNOWN, Sym, is_symbolic
from . import registry
from .arguments import Argument, Choice, Flag, Text
from .numeric_arguments import Dims, Integer, Integers, Number, Padding, PerAxis, Size, Value
from .patterns import Param, Plan, family_words, filled

if TYPE_CHECKING:
    from .frame import Frame
    from .options import Options, Path, Seen

OWN = -1
"""The scope of symbols that stand for a layer's own arguments."""

# The words layer files declare arguments with. Typed Any: on an instance the attribute is the value.
size: Callable[..., Any] = Size
per_axis: Callable[..., Any] = PerAxis
padding_arg: Callable[..., Any] = Padding
integer: Callable[..., Any] = Integer
integers: Callable[..., Any] = Integers
number: Callable[..., Any] = Number
flag: Callable[..., Any] = Flag
text: Callable[..., Any] = Text
choice: Callable[..., Any] = Choice
dims: Callable[..., Any] = Dims
value: Callable[..., Any] = Value
param = Param

__all__ = [
    "UNKNOWN",
    "Argument",
    "Layer",
    "Problem",
    "choice",
    "dims",
    "flag",
    "holds",
    "integer",
    "integers",
    "layer",
    "number",
    "padding_arg",
    "param",
    "per_axis",
    "size",
    "text",
    "value",
]  # fmt: skip


class Layer:
    """Base of all kinds. An instance holds checked argument values and is shared between equal items."""

    kind: ClassVar[str] = ""
    abroad: ClassVar[dict[str, str]] = {}  # what each framework calls it, as `layer` was told
    also: ClassVar[tuple[str, ...]] = ()  # all words that others use for it, without the frameworks' paths
    example: ClassVar[tuple[str, ...]] = ("", "[N, 4]")  # how a spec may write it, and the inputs' dims (and dtypes)
    rules: ClassVar[tuple[str, ...]] = ()  # `rule: what must hold`, of all that no relation states
    arguments: ClassVar[dict[str, Argument]] = {}
    ports: ClassVar[tuple[str, ...]] = ("x",)  # its inputs' names
    optional: ClassVar[int] = 0  # how many of them, at the end, may be left out
    variadic: ClassVar[bool] = False  # any number of inputs, at least one
    merges: ClassVar[bool] = False  # a bare value or list names its inputs
    nameless: ClassVar[bool] = False  # its one tensor bears the item's own name
    structural: ClassVar[bool] = False  # arranges items; never a node of the graph
    accepts: str = "float"  # 'float', 'integer' or 'any': dtype of its inputs
    port_dtypes: ClassVar[dict[str, str]] = {}  # of inputs that want another
    index_limit: ClassVar[str] = ""  # the axis that its integer input must stay below
    counts: ClassVar[bool] = False  # what it yields are the numbers 0, 1, … of its only axis
    adds: Any = None  # the whole number it adds to all entries, 0 where they only change places; None where it does more
    sides: ClassVar[tuple[str, ...]] = ()  # names of side outputs
    takes: str = ""  # axis pattern per port, separated by commas; empty: `relate` reads the rows
    gives: str = ""  # axis pattern per output, sides last; empty: `relate` gives the rows
    parameters: list[Param] = []
    spare: ClassVar[tuple[str, ...]] = ()  # tensors that a file of weights may hold for it besides: of no use here
    order: ClassVar[tuple[str, ...]] = ()  # arguments that may be left open, those first on which others' ranges hang
    macs: ClassVar[str] = ""  # products of axes, joined by ' + '; empty: none
    spatial: ClassVar[int] = 0  # axes of a family member: 2 for conv2d
    hangs: ClassVar[bool] = False  # whether sizes that only inference finds decide which tensors it has
    notes: dict[str, str] = {}  # what is to be known of tensors by key, as long as sizes do not decide
    passes: ClassVar[bool] = False  # yields its one input's shape and does nothing else: set by the registry

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    @classmethod
    def build(cls, values: dict[str, Any]) -> Layer:
        """A layer of checked values; raises Problem blaming an argument. Unknown names are the caller's to report."""
        full = {}
        for name, argument in cls.arguments.items():
            if name in values:
                full[name] = argument.accept(values[name])
            elif argument.required:
                raise Problem(
                    "missing-argument", f"{cls.kind} needs {name}", name, expected=argument.expects(), help=argument.help
                )
            else:
                full[name] = argument.default
        self = cls(**full)
        self.check()
        return self

    def check(self) -> None:
        """Constraints between arguments that hold at any size; raises Problem."""

    def yields(self) -> int:
        """How many values it yields, side outputs apart."""
        return 1

    def tensors(self) -> list[Param]:
        """The parameters and buffers this instance owns, in order. `when` names flags or values that must be true."""
        return [p for p in self.parameters if not p.when or holds(getattr(self, p.when))]

    def loose(self, inputs: int) -> Layer | None:
        """Of a kind whose tensors hang on sizes: the layer that takes whatever sizes come; None where its inputs decide."""
        return None

    def decided(self, known: Callable[[str], Any]) -> Layer:
        """The layer as the sizes of its axes decide it (a term, or None where unknown); itself where they do not."""
        return self

    def memo(self, key: str, make: Callable[[], Any]) -> Any:
        """`make()`, computed once per instance and kept under `key`: an instance is shared by many nodes and never changes."""
        found = self.__dict__.get(key)
        if found is None:
            found = self.__dict__[key] = make()
        return found

    def plan(self) -> Plan:
        """Its patterns, taken apart."""
        found: Plan | None = self.__dict__.get("_plan")
        if found is None:
            tensors = self.memo("_tensors", self.tensors)
            found = self.__dict__["_plan"] = Plan(self.takes, self.gives, tensors, *self.stating())
        return found

    def stating(self) -> tuple[Layer, list[tuple[str, Any, Argument]]]:
        """The layer with a symbol named after its axis for each number that is written as an expression over symbols, and those.

        Sizes and lists of dims are not among them: they are read where they stand.
        """
        amounts: list[tuple[str, Any, Argument]] = []
        named: dict[str, Any] = {}
        for name, argument in self.arguments.items():
            v = self.__dict__.get(name)
            if type(v) is not int and isinstance(argument, Integer) and not isinstance(argument, Size):
                before = len(amounts)
                stated = stand_ins(v, name, argument, amounts)
                if len(amounts) > before:
                    named[name] = stated
        if not named:
            return self, amounts
        copy = object.__new__(type(self))
        copy.__dict__.update({k: v for k, v in self.__dict__.items() if k[0] != "_"} | named)  # not its memos
        return copy, amounts

    def relate(self, r: Frame) -> None:
        """Relations between the axes that `takes`, `gives` and the parameters name, beyond equal names."""

    def cost(self) -> str:
        """Multiply-accumulates: `macs`, unless arguments decide."""
        return self.macs

    def wants(self, port: int) -> str:
        """'float', 'integer' or 'any': the dtype of one input."""
        return self.port_dtypes.get(self.ports[min(port, len(self.ports) - 1)], self.accepts)

    def result_dtype(self, inputs: list[str], own: str) -> str:
        """The dtype of what it yields; `own` is that of its parameters. Default: its first input's."""
        return inputs[0] if inputs else own

    def forward(self, p: Any, *x: Any) -> Any:
        """The outputs, as numpy arrays (a tuple where there are several, side outputs last). `p.weight` is a tensor."""
        raise NotImplementedError

    # Hooks of the forward plan, for kinds that can do better than one call each.
    def inplace(self, p: Any, x: Any) -> Any:
        """Like `forward`, free to overwrite `x`; None where it cannot."""
        return None

    def scale_shift(self, p: Any) -> tuple[Any, Any] | None:
        """(scale, shift) per channel of axis 1 when the layer is no more than that at inference."""
        return None

    def absorb(self, p: Any, scale: Any, shift: Any) -> dict[str, Any] | None:
        """Parameters with a following scale and shift folded in, or None where the kind cannot."""
        return None

    def index_port(self) -> int:
        """Which input `index_limit` is about: the one called ids, else the first."""
        return self.ports.index("ids") if "ids" in self.ports else 0

    def options(self, name: str, path: Path, seen: Seen) -> Options:
        """Values worth trying for an argument left open (or the entry of it at a path), given the sizes seen."""
        if isinstance(self.arguments[name], Flag):
            return [True, False], True
        found = seen(name)
        return ([], False) if found is None else ([found], True)

    def oddity(self) -> int:
        """How far its arguments are from what people usually write; 0: not at all. It orders solutions, no more."""
        return 0

    def each(self, name: str) -> tuple[Any, ...]:
        """A per-axis argument, one entry per spatial axis."""
        v = getattr(self, name)
        if isinstance(v, tuple):
            if len(v) != self.spatial:
                raise Problem(
                    "argument-length",
                    f"{name} has {len(v)} entries, {self.kind} has {self.spatial} spatial axes",
                    name,
                    found=str(len(v)),
                    expected=str(self.spatial),
                )
            return v
        return (v,) * self.spatial

    def known(self, name: str) -> int | None:
        """A size argument where it is a plain number."""
        v = getattr(self, name)
        return v if type(v) is int else None

    def __repr__(self) -> str:
        return f"{self.kind}({', '.join(f'{k}={v}' for k, v in self.__dict__.items() if k in self.arguments)})"


def stand_ins(value: Any, axis: str, argument: Argument, amounts: list[tuple[str, Any, Argument]]) -> Any:
    """A value with the symbol of its axis in the place of each expression over symbols, which are added to `amounts`."""
    if isinstance(value, tuple):
        return tuple([stand_ins(v, f"{axis}.{k}", argument, amounts) for k, v in enumerate(value)])
    if not is_symbolic(value):
        return value
    amounts.append((axis, value, argument))
    return Sym(axis, OWN)


L = TypeVar("L", bound=Layer)


def layer(
    names: str,
    *,
    torch: str | tuple[str, ...],
    keras: str | tuple[str, ...],
    flax: str | tuple[str, ...],
    mxnet: str | tuple[str, ...],
    also: str = "",
) -> Callable[[type[L]], type[L]]:
    """Register a kind, or a family of them: `@layer("conv1d conv2d conv3d", torch="nn.Conv{n}d", …)`.

    Each framework's names are paths in it, separated by blanks; none where it has no such layer; one with arguments in
    parentheses is a layer that does this among other things. A tuple has an entry a member. `also`: other words for it.
    In a family's patterns `{space}` stands for the spatial axes' names (`h w`), `{space_out}` for those names with `_out`,
    `{kernel}` for the entries of kernel_size, `{turned}` for them read backwards, `{ones}` for as many axes of size 1,
    `{Space}` for sizes in an example (`32, 32`).
    """
    abroad = {"torch": torch, "keras": keras, "flax": flax, "mxnet": mxnet}

    def declare(cls: type[L]) -> type[L]:
        kinds = names.split()
        for k, name in enumerate(kinds):
            own = cls if len(kinds) == 1 else type(name, (cls,), {"__doc__": cls.__doc__, "__module__": cls.__module__})
            _complete(own, name, {f: v if isinstance(v, str) else v[k] for f, v in abroad.items()}, also)
            registry.register(name, own)
        return cls

    return declare


def _complete(cls: type[Layer], name: str, abroad: dict[str, str], also: str) -> None:
    cls.kind = name
    arguments: dict[str, Argument] = {}
    seen: set[str] = set()
    for base in cls.__mro__:  # a kind's own arguments come first: the first is what a bare value means
        for key, arg in vars(base).items():
            if key not in seen:
                seen.add(key)
                if isinstance(arg, Argument):
                    arg.called(key)
                    arguments[key] = arg
    cls.arguments = arguments
    if name[-2:-1] in "123" and name.endswith("d"):
        cls.spatial = int(name[-2])
    words = family_words(cls.spatial)
    cls.abroad = {framework: paths.replace("{n}", str(cls.spatial)) for framework, paths in abroad.items()}
    known = [path.rpartition(".")[2] for paths in cls.abroad.values() for path in paths.split() if path[-1] != ")"]
    cls.also = tuple(dict.fromkeys([*known, *also.replace("{n}", str(cls.spatial)).split()]))
    cls.takes, cls.gives, cls.macs = (filled(t, words) for t in (cls.takes, cls.gives, cls.macs))
    cls.parameters = [p.formatted(words) for p in cls.parameters]
    cls.passes = (
        cls.takes == cls.gives
        and cls.takes[:1] == "*"
        and " " not in cls.takes
        and not (cls.parameters or cls.sides or cls.structural)
        and all(getattr(cls, f) is getattr(Layer, f) for f in ("relate", "tensors", "yields", "__init__"))
    )


def holds(v: Any) -> bool:
    """Whether a flag is set; one that is left open counts as not set."""
    return v is not UNKNOWN and bool(v)


def is_known(v: Any) -> bool:
    """Whether an argument is a plain value: neither left open nor symbolic."""
    return v is not UNKNOWN and not is_symbolic(v)
