"""One pass over the network in order, each layer stating its relation; then what was learned late flows back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...garbage_collection import Held
from ...graph import Assertion, Given, Input, Network, Node, Parameter, Requirement
from ...layers.core.frame import Frame, Told, Wait
from ...problems import Problem
from ...shapes import rows
from ...shapes.bounds import compare
from ...shapes.dims import REST, UNKNOWN, Sym
from ...shapes.relations.expressions import expression
from ...shapes.rows import Later, Open, Rest, Row
from ...shapes.store import Conflict, Fact
from .bound_symbols import recheck
from .input_shapes import Entering
from .resolved import Resolved

if TYPE_CHECKING:
    from .ranks import Ranks


def infer(network: Network, given: Sequence[Given] = ()) -> Resolved:
    """Resolve what can be resolved. Never raises for a wrong network: see `Resolved.conflicts`."""
    with Held():
        if any(node.layer.hangs for node in network.nodes):
            network = laid_out(network, given)
        run = Inference(network, given)
        found = run.run()
        if run.doubtful:  # an assumption is no reason to refuse a network: without it, it may be fine
            run = Inference(network, given)
            run.store.assumes = False
            found = run.run()
        return found


def laid_out(network: Network, given: Sequence[Given]) -> Network:
    """The network in which sizes have decided what tensors some layers have."""
    from .layouts import decided, open_layers, with_layers

    opened = open_layers(network)
    return decided(network, Inference(with_layers(network, opened), given).run(), opened) if opened else network


class Inference(Entering):
    """One run; `finish` is where more facts may be stated before the end."""

    def __init__(self, network: Network, given: Sequence[Given]) -> None:
        super().__init__(network, given)
        self.decided: dict[Input, str] = {}
        self.frames: list[Frame | None] = [None] * len(network.nodes)
        self.failed: set[int] = set()
        self.ranks: Ranks | None = None  # made where a layer waits
        self.results: dict[Any, Any] = {}  # the dtypes that layers make of those of their inputs
        self.doubtful = False  # whether something fails only once sizes left open are assumed
        self.doubted: dict[int, Row] = {}  # what is still sure of values that a block's named dims contradict

    def run(self) -> Resolved:
        """The whole pass: inputs, layers and assertions in order, ties, then what was learned late."""
        net, store = self.network, self.store
        self.enter_all()
        assertions = sorted(net.assertions, key=lambda a: a.after)
        k = 0
        for node in net.nodes:
            while k < len(assertions) and assertions[k].after <= node.index:
                self.hold(assertions[k])
                k += 1
            self.visit(node)
            if store.queue or store.waiting:
                self.settle()
        for a in assertions[k:]:
            self.hold(a)
        for p in net.parameters:
            if p.tied_to is not None:
                self.tie(p)
        self.positions()
        self.settle()
        self.finish()
        late = self.require(net.requirements)
        self.settle()
        sure, conditions = len(store.conflicts), len(store.clauses)  # what rests on no assumption
        for relation in store.guesses:
            relation.guess(store)
            self.settle()
        self.require(late, True)
        store.assumed_more = bool(store.assumed) and len(store.clauses) > conditions
        recheck(store)
        while store.queue:  # what divides by a size that was found to be a number
            self.settle()
            recheck(store)
        self.doubtful = bool(store.assumed) and len(store.conflicts) > sure
        return Resolved(net, store, self.values, self.dtypes, self.decided, self.frames, self.failed, self.given, self.symbols)

    def require(self, requirements: list[Requirement], last: bool = False) -> list[Requirement]:
        """State what the spec asserts of sizes; the asserts over sizes that are not known yet are returned, or, the `last` time,
        said to be undecided. Where layers are wrong, a symbol that only they would bind says nothing."""
        if not requirements:
            return []
        from .requirements import Requirements

        held = Requirements(self)
        return [r for r in requirements if not held.hold(r, last)]

    def finish(self) -> None:
        """Where a subclass states more facts; here there are none."""

    # ---- layers

    def visit(self, node: Node) -> None:
        """Apply a layer to the values it takes; where it cannot be yet, note what is sure of its outputs and wait."""
        values = self.values
        inputs = [values[v] for v in node.inputs]
        if self.doubted:
            inputs = [self.doubted.get(v, row) for v, row in zip(node.inputs, inputs)]
        if node.layer.passes:
            self.types(node)
            values[node.outputs[0]] = inputs[0]
            return
        own = self.frames[node.shares.index] if node.shares is not None else None
        frame = Frame(self.store, node, node.layer, inputs, self.symbol, own)
        self.frames[node.index] = frame
        self.types(node)
        if self.attempt(frame, node):
            if len(node.outputs) == 1:
                values[node.outputs[0]] = frame.outputs[0]
            else:
                for value, row in zip(node.outputs, frame.outputs):
                    values[value] = row
        else:
            # what can be said before the rank is known, or in spite of what is wrong
            known = frame.sure() if node.index in self.failed else frame.outputs
            same = node.layer.takes == node.layer.gives != "" and "," not in node.layer.takes
            if same and not known and node.index not in self.failed:
                known = inputs  # what comes out is shaped as what goes in, whatever that is
            elif node.index not in self.failed:
                known = frame.early()
            for k, value in enumerate(node.outputs):
                values[value] = known[k] if k < len(known) else Open((), Rest(), ())
            frame.outputs = []
            if node.index not in self.failed:
                self.wait(frame, node)

    def attempt(self, frame: Frame, node: Node, outputs: Sequence[Row] = ()) -> bool:
        """Whether the layer could state its relation; False where it waits for a rank, or is wrong."""
        try:
            while True:
                try:
                    frame.run()
                    return True
                except Wait:
                    if not self.learn_ranks(frame, outputs):
                        return False
        except Told:
            self.failed.add(node.index)
            return False
        except Problem as p:
            self.store.fail(Conflict(p.rule, p.message, node, (), p.blame, p.found, p.expected, p.help))
            self.failed.add(node.index)
            return False

    def learn_ranks(self, frame: Frame, outputs: Sequence[Row]) -> bool:
        """Fix the ranks of a waiting layer's inputs that can have only one; whether there are such."""
        if self.ranks is None:
            from .ranks import Ranks

            self.ranks = Ranks()
        return self.ranks.learn(frame, outputs)

    def wait(self, frame: Frame, node: Node) -> None:
        """Have the layer applied again as soon as the rank of one of its inputs or outputs is learned."""
        for row in (*frame.inputs, *(self.values[v] for v in node.outputs)):
            row = rows.resolve(row)
            if type(row) is Open:
                row.rest.watchers[node] = None

    def again(self, node: Node) -> None:
        """Apply a waiting layer once more."""
        frame = self.frames[node.index]
        assert frame is not None
        if frame.outputs or node.index in self.failed:
            return
        if self.attempt(frame, node, [self.values[v] for v in node.outputs]):
            for value, row in zip(node.outputs, frame.outputs):
                rows.unify(self.values[value], row, self.store, node)
                self.values[value] = row
        elif node.index not in self.failed:
            self.wait(frame, node)

    def settle(self) -> None:
        """Let relations act, and waiting layers try again, until nothing more follows."""
        store = self.store
        while store.queue or store.waiting:
            store.run()
            while store.waiting:
                rest = store.waiting.pop()
                watchers, rest.watchers = rest.watchers, {}
                for waiting in watchers:
                    if type(waiting) is Later:
                        waiting.settle(store)
                    else:
                        self.again(waiting)

    def symbol(self, sym: Sym) -> int:
        """The slot of a symbol that no input binds: flexible, until a shape it stands in is met."""
        slot = self.symbols.get(sym)
        if slot is None:
            slot = self.symbols[sym] = self.store.new()
            self.store.left_out.append(slot)
        return slot

    def types(self, node: Node) -> None:
        """The dtypes of what a layer yields; an input of unsaid dtype takes what its first use needs."""
        dtypes = self.dtypes
        inputs = tuple([dtypes[v] for v in node.inputs])
        key = node.layer, node.dtype, inputs
        result = self.results.get(key)
        if result is None:
            conflicts = len(self.store.conflicts)
            result = self.result_type(node, list(inputs))
            if len(self.store.conflicts) == conflicts:
                self.results[key] = result
        for v in node.outputs:
            dtypes[v] = result

    def result_type(self, node: Node, inputs: list[Any]) -> Any:
        layer = node.layer
        if layer.accepts != "any" or layer.port_dtypes:
            for k, dtype in enumerate(inputs):
                wanted = layer.wants(k)
                if wanted != "any":
                    inputs[k] = self.type_of(node, k, dtype, wanted)
        return layer.result_dtype(inputs, node.dtype)

    def type_of(self, node: Node, port: int, dtype: Any, wanted: str) -> str:
        """The dtype of one input, which has to be of the sort that the layer wants."""
        whole = wanted == "integer"
        if isinstance(dtype, Input):
            dtype = self.decided.setdefault(dtype, "int64" if whole else self.network.dtype)
        if dtype.startswith(("int", "uint", "bool")) != whole:
            layer, name = node.layer, self.network.value_name(node.inputs[port])
            self.store.fail(Conflict(
                "dtype-mismatch", f"{layer.kind} needs {wanted} values, {name} is {dtype}", node, (),
                layer.ports[min(port, len(layer.ports) - 1)], dtype, f"{'an' if whole else 'a'} {wanted} dtype",
                "declare the input with dtype: int64" if whole else "a cast or an embedding goes before it",
            ))  # fmt: skip
        return str(dtype)

    # ---- what is asserted

    def hold(self, a: Assertion) -> None:
        """State that values have the dims of an assertion."""
        dims = a.dims
        for value in a.values:
            slots = [None if d is REST else self.stated(a, d, k) for k, d in enumerate(dims)]
            if None in slots:
                at = slots.index(None)
                row: Row = Open(tuple(slots[:at]), Rest(), tuple(slots[at + 1 :]))  # type: ignore[arg-type]
            else:
                row = tuple(slots)  # type: ignore[arg-type]
            fine = rows.unify(self.values[value], row, self.store, a)
            old, new = rows.resolve(self.values[value]), rows.resolve(row)
            pairs = list(zip(old, new)) if type(old) is type(new) is tuple and len(old) == len(new) else []
            if fine and pairs:  # read on with the simpler of two equal sizes
                self.values[value] = tuple([self.store.simpler(x, y) for x, y in pairs])
            elif not fine and a.rule == "block-input":  # inside, what was asked for counts as much as what comes
                sure = tuple([x if self.agreed(x, y) else self.store.new() for x, y in pairs])
                self.doubted[value] = sure if pairs else Open((), Rest(), ())
        if self.store.queue or self.store.waiting:
            self.settle()

    def agreed(self, a: int, b: int) -> bool:
        """Whether two slots that were stated to be equal are not known to differ."""
        x, y = self.store.known(a), self.store.known(b)
        return x is None or y is None or compare(x, y) is not False

    def stated(self, a: Assertion, dim: Any, place: int) -> int:
        """The slot of one dim of an assertion."""
        if type(dim) is Sym:
            return self.symbol(dim)
        if type(dim) is int:
            return self.store.new(dim, Fact(a, place))
        if dim is UNKNOWN:
            return self.store.new()
        return expression(self.store, a, dim, place, self.symbol)

    def tie(self, p: Parameter) -> None:
        """A tied parameter has the shape of the tensor it is tied to."""
        assert p.tied_to is not None
        mine, other = self.tensor(p), self.tensor(p.tied_to)
        if mine is not None and other is not None:
            rows.unify(other, mine, self.store, p)

    def tensor(self, p: Parameter) -> Row | None:
        """The row of a parameter; None where its layer has none yet."""
        frame = self.frames[p.node.index]
        return frame.tensors.get(p.key) if frame is not None else None

    def positions(self) -> None:
        """Layers that are indexed by counted positions, perhaps shifted, state that there are as many entries."""
        counted: dict[int, tuple[int, int]] = {}  # values that hold plus … count + plus - 1: (slot of count, plus)
        for node in self.network.nodes:
            layer, frame = node.layer, self.frames[node.index]
            if layer.counts and frame is not None and frame.outputs:
                counted[node.outputs[0]] = (frame.outputs[0][0], 0)  # type: ignore[index]
            elif counted and layer.adds is not None and node.inputs[0] in counted:
                count, plus = counted[node.inputs[0]]
                counted[node.outputs[0]] = (count, plus + layer.adds)
            elif counted and layer.index_limit and frame is not None:
                found = counted.get(node.inputs[layer.index_port()])
                if found is not None:
                    frame.indexed(*found)
