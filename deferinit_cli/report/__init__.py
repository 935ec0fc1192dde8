"""What a command has to say, as plain data: the documented JSON document, before any formatting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..framework_view import Lens, View, stars
from ..garbage_collection import Held
from ..graph import Given, Network, Node, Parameter
from ..infer.derivation.waits import Waits
from ..infer.propagation.resolved import Resolved
from ..problems import ERROR, WARNING, Diagnostic
from ..shapes import rows
from ..shapes.expr import add, product
from ..shapes.expression_text import text
from ..shapes.normal import Expr
from ..shapes.rows import Open
from .document import SCHEMA, port, problem, public
from .shape_text import elements, ink, least, number, some, tuple_text, words
from .totals import total, total_terms

if TYPE_CHECKING:
    from ..infer.derivation.assumptions import Assumptions
    from ..infer.derivation.depends import Depends


class Report:
    """Everything `show`, `init` and `run` tell of a network; `document` is what `--format json` prints."""

    def __init__(self, resolved: Resolved, command: str, spec: str, lens: str = "torch", depends: bool = False) -> None:
        self.resolved = resolved
        self.network: Network = resolved.network
        self.lens = Lens(lens)
        self.waits = Waits(resolved)
        self.assumptions: Assumptions | None = None
        if resolved.store.assumed:
            from ..infer.derivation.assumptions import Assumptions

            self.assumptions = Assumptions(resolved)
        self.command = command
        self.spec = spec
        self.alike: dict[Any, dict[str, Any]] = {}  # rows of tensors of which all but names and lines is one
        self.inks: dict[Any, list[int] | None] = {}  # many tensors have one shape: it is written once
        self.formulae: dict[Any, list[str] | None] = {}
        with Held():
            self.make_rows()
        self.problems: list[dict[str, Any]] = []
        self.extra: dict[str, Any] = {}
        self.terms = total_terms(self.own, self.macs)
        self.totals, self.formulas = self.sums()
        self.told: list[Diagnostic] = []
        self.depending: list[str] = []
        if depends:
            from ..infer.derivation.depends import Depends

            self.depend(Depends(resolved))

    # ---- rows

    def make_rows(self) -> None:
        theirs = self.lens.framework != "torch"
        one = self.shared if theirs else self.parameter  # as they are here, what totals are made of: without names, most are one row
        self.own = [one(p) for p in self.network.parameters]
        self.parameters = [self.view(v) for n in self.network.nodes for v in self.views(n)] if theirs else self.own
        self.macs = [self.resolved.macs(n) for n in self.network.nodes]

    @cached_property
    def layers(self) -> list[dict[str, Any]]:
        """The layers' rows, which most tables do without."""
        with Held():
            return list(self.layers_now())

    def layers_now(self) -> Iterator[dict[str, Any]]:
        """The same for who needs each once."""
        return iter(self.layers) if "layers" in self.__dict__ else map(self.layer, self.network.nodes)

    def ink(self, shape: Any) -> list[int] | None:
        if shape not in self.inks:
            self.inks[shape] = ink(shape)
        return self.inks[shape]

    def words(self, shape: Any) -> list[str] | None:
        if shape not in self.formulae:
            self.formulae[shape] = words(shape)
        return self.formulae[shape]

    def depend(self, depends: Depends) -> None:
        """Say of every tensor which input sizes its shape depends on, and warn where that is a batch or a sequence."""
        found = {p.name: depends.of(p) for p in self.network.parameters}
        kept: dict[str, list[str]] = {}
        for row in self.parameters:
            row["depends_on"] = list(dict.fromkeys(s for name in row.get("of", [row["name"]]) for s in found[name]))
            for symbol in row["depends_on"] if row["tied_to"] is None else ():
                if symbol in depends.roles:
                    kept.setdefault(symbol, []).append(row["name"])
        for symbol, names in kept.items():
            entry, role = depends.roles[symbol]
            verb = "depends" if len(names) == 1 else "depend"
            first = next(r for r in self.parameters if r["name"] == names[0])
            node = next(p.node for p in self.network.parameters if p.name == first.get("of", names)[0])
            message = (
                f"{some(names)} {verb} on {symbol}, the {role} of `{entry.name}`: made for one size of it, the network takes no other"
            )
            self.depending.append(message)
            self.tell([Diagnostic("parameter-of-input-size", message, node.place.span, layer=node.name, severity=WARNING)])

    def parameter(self, p: Parameter) -> dict[str, Any]:
        node = p.node
        return {**self.shared(p), "name": p.name, "layer": node.name, "line": node.place.line, "_fold": node.fold}

    def shared(self, p: Parameter) -> dict[str, Any]:
        """The row of a parameter, which is that of all that differ from it in their names, layers and lines only."""
        node, shape = p.node, self.resolved.tensor(p)
        if self.assumptions is not None or p.said is not None or not settled(shape):
            return self.parameter_row(p, shape)
        key = id(node.layer), p.declared.key, shape, node.dtype
        row = self.alike.get(key)
        if row is None:
            row = self.alike[key] = self.parameter_row(p, shape)
        return row

    def parameter_row(self, p: Parameter, shape: Any) -> dict[str, Any]:
        resolved = self.resolved
        waits = self.waits.parameter(p)
        count = elements(shape)
        taken = self.assumptions.parameter(p) if self.assumptions is not None else {}
        assumed = [{"axis": k, "layer": n.name} for k, n in taken.items()]
        return {
            "name": p.name,
            "layer": p.node.name,
            "declared": self.ink(resolved.declared(p)),
            "shape": self.ink(shape),
            "symbolic": self.words(shape),
            "dtype": p.dtype,
            "count": number(count),
            "trainable": p.trainable,
            "buffer": p.buffer,
            "initializer": p.initializer.text(),
            "tied_to": p.tied_to.name if p.tied_to is not None else None,
            "waits_for": ", ".join(waits) or None,
            "line": p.node.place.line,
            **({"assumed": assumed} if assumed else {}),
            **({"note": note} if (note := p.node.layer.notes.get(p.key)) else {}),
            "_waits": self.waits.briefly(p) if waits else "",
            "_count": count,
            "_least": least(shape),
            "_fold": p.node.fold,
        }

    def views(self, node: Node) -> list[View]:
        return self.lens.views(node) if node.shares is None else []

    def view(self, v: View) -> dict[str, Any]:
        """A row of a tensor as another framework has it; `of` are the parameters here that it is made of. Of tensors alike but
        for their names, as those of a repeat, one row is made."""
        of = v.parameters
        shapes = [self.resolved.tensor(p) for p in of]
        if any(p.said is not None or p.tied_to is not None for p in of) or not all(map(settled, shapes)):
            return self.view_row(v)
        node = of[0].node
        key = id(node.layer), tuple([piece for _, _, piece in v.sources]), tuple(shapes), node.dtype, v.absent
        row = self.alike.get(key)
        if row is None:
            row = self.alike[key] = self.view_row(v)
        own = {"name": v.name, "layer": node.name, "line": node.place.line, "_fold": node.fold, "of": [p.name for p in of]}
        return {**row, **own}

    def view_row(self, v: View) -> dict[str, Any]:
        resolved, of = self.resolved, v.parameters
        frame = resolved.frames[of[0].node.index]
        shape = v.shape(resolved.tensor, stars(frame))
        count = elements(shape)
        row = self.parameter(of[0])
        waits = [w for p in of for w in self.waits.parameter(p)]
        tied = self.tied(v) if all(p.tied_to is not None for p in of) else None
        return row | {
            "name": v.name,
            "declared": self.ink(v.shape(resolved.declared, stars(frame))),
            "shape": self.ink(shape),
            "symbolic": self.words(shape),
            "count": number(count),
            "trainable": any(p.trainable for p in of),
            "initializer": " + ".join(dict.fromkeys(p.initializer.text() for p in of)),
            "tied_to": tied,
            "waits_for": ", ".join(dict.fromkeys(waits)) or None,
            "_waits": ", ".join(dict.fromkeys(w for p in of if (w := self.waits.briefly(p)))),
            "of": [p.name for p in of],
            "note": self.remark(v),
            "_count": count,
            "_least": least(shape),
            "_sep": self.lens.separator,
        }

    def tied(self, v: View) -> str | None:
        """The tensor of another layer that a view's parameters are tied to."""
        p, _, piece = v.sources[0]
        target = p.tied_to
        found = self.lens.views(target.node) if target is not None else []
        return next((o.name for o in found for q, _, other in o.sources if q is target and other.parts == piece.parts), None)

    def remark(self, v: View) -> str | None:
        """What must not be passed over in silence: a tensor that the framework has not, or has one of for several."""
        if v.absent:
            return f"not in {self.lens.framework}"
        if len(v.sources) > 1:
            stacked = any("/" in token for _, _, piece in v.sources for token in piece.axes)
            return f"{' and '.join(p.key for p in v.parameters)} {'stacked' if stacked else 'added'}"
        return None

    def layer(self, node: Node) -> dict[str, Any]:
        resolved, net = self.resolved, self.network
        main = node.layer.yields()
        outputs = node.outputs[:main]
        own = node.shares is None
        count: Any = 0
        for p in node.parameters if own else ():
            shape = resolved.tensor(p)
            if p.tied_to is None and not p.buffer:
                count = None if count is None or shape is None or None in shape else add(count, product(list(shape)))
        macs = self.macs[node.index]
        return {
            "name": node.name,
            "kind": node.layer.kind,
            "line": node.place.line,
            "inputs": [net.value_name(v) for v in node.inputs],
            "input_shapes": [self.ink(resolved.shape(v)) for v in node.inputs],
            "output_shapes": [self.open_ink(v) for v in outputs],
            "output_symbolic": [self.words(resolved.shape(v)) for v in outputs],
            "parameters": number(count),
            "macs": number(macs),
            "_rows": [self.shown(v) for v in outputs],
            "_parameters": count,
            "_macs": macs,
            "_fold": node.fold,
            "_failed": node.index in resolved.failed,
            "_index": node.index,
            "_problem": None,
        }

    def open_ink(self, value: int) -> list[int] | None:
        return self.ink(self.resolved.shape(value))

    def shown(self, value: int) -> str:
        """A value's shape to read: `(N, 64, ceil(H/2))`, `(…, 10)` where the rank is open."""
        row = rows.resolve(self.resolved.values[value])
        known = self.resolved.store.known

        def term(slot: int) -> str:
            v = known(slot)
            return "?" if v is None else text(v) if type(v) is Expr else str(v)

        if type(row) is Open:
            return tuple_text([*map(term, row.prefix), "…", *map(term, row.suffix)])
        return tuple_text([term(s) for s in row])  # type: ignore[union-attr]

    # ---- totals

    def sums(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The totals as numbers, None where they are none yet; and those that are formulas."""
        own = [r for r in self.own if r["tied_to"] is None]
        known = {key: number(term) for key, term in self.terms.items()}
        totals = {
            "parameters": known["parameters"],
            "at_least": sum(r["_least"] for r in own if not r["buffer"]),
            **known,
            "unresolved": sum(1 for r in own if number(r["_count"]) is None),
        }
        return totals, {k: text(v) for k, v in self.terms.items() if type(v) is Expr}

    def unknown_cost(self) -> str:
        """Which layers' multiply-accumulates are not known even as a formula, and what they wait for."""
        nodes = [n for n, macs in zip(self.network.nodes, self.macs) if macs is None]
        waits = dict.fromkeys(w for n in nodes for w in self.waits.cost(n))
        return f"{some([n.name for n in nodes])} wait{'s' * (len(nodes) == 1)}" + (f" for {some(list(waits))}" if waits else "")

    def seen(self) -> dict[str, Any]:
        """`as`: the framework and what its tensors hold; the totals stay this network's own."""
        if self.lens.framework == "torch":
            return {}
        theirs = total([r for r in self.parameters if r["tied_to"] is None and not r["buffer"]])
        absent = [r["name"] for r in self.parameters if r["note"] == f"not in {self.lens.framework}"]
        return {"as": {"framework": self.lens.framework, "parameters": number(theirs), "absent": absent}}

    # ---- the document

    def tell(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Add problems to those that are told."""
        self.told += diagnostics
        self.problems += [problem(d) for d in diagnostics]

    @property
    def rejected(self) -> bool:
        """Whether a problem is an error; the others are warnings."""
        return any(p["severity"] == ERROR for p in self.problems)

    @property
    def warnings(self) -> list[dict[str, Any]]:
        return [p for p in self.problems if p["severity"] != ERROR]

    def reject(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Tell errors, and mark the layers at which they are."""
        self.tell(diagnostics)
        said: dict[str, str] = {}
        for p in self.problems:
            said.setdefault(p["layer"], p["message"])
        for row in self.layers:
            row["_problem"] = said.get(row["name"])

    def document(self, rows: Callable[[Iterable[dict[str, Any]]], Any] = list) -> dict[str, Any]:
        """What is documented; `rows` makes of the parameters and layers what holds them."""
        net, resolved = self.network, self.resolved
        doc = {
            "schema": SCHEMA,
            "command": self.command,
            "network": net.name,
            "spec": self.spec,
            "inputs": [port(i.name, i.value, resolved) for i in net.inputs],
            "outputs": [port(label, v, resolved) for label, v in net.outputs],
            **self.seen(),
            "parameters": rows(map(public, self.parameters)),
            "layers": rows(map(public, self.layers_now())),
            "totals": self.totals,
            "formulas": self.formulas,
            **self.extra,
            **({"warnings": self.depending} if self.parameters and "depends_on" in self.parameters[0] else {}),
            "problems": self.problems,
        }
        return doc


def settled(shape: Any) -> bool:
    """Whether a shape is known, all of it as numbers."""
    return shape is not None and all(type(n) is int for n in shape)


def total_of(network: Network, given: Sequence[Given] = ()) -> tuple[Any, Any]:
    """(parameters, multiply-accumulates) of a network as terms; None where something is unknown."""
    from ..infer.propagation.engine import infer

    terms = Report(infer(network, given), "show", "").terms
    return terms["parameters"], terms["macs"]


__all__ = ["Report", "total_of"]
