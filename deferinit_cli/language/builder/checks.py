"""The `checks` of a spec as data; running them is the work of `verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...graph import Given, Network
from ...layers.core.arguments import show
from ...problems import Problem, Rejected, Span
from ...shapes.dims import REST
from ...spelling import suggest
from ..expressions.values import Code, Located, compile_value
from ..given_shapes import parse_given
from ..source.tree import List, Map, Scalar, Tree, span

if TYPE_CHECKING:
    from ..compile.file import File
    from .context import Context

EXAMPLE = "{input: 2x20, output: [2, 10]}"
FINDINGS = ("output", "shapes", "weights", "params", "max_params", "max_macs", "max_bytes")
KEYS = ("name", "doc", "set", "input", "output", "shapes", "weights", "params", "max_params", "max_macs", "max_bytes", "error")
NUMBERS = ("params", "max_params", "max_macs", "max_bytes")


class Expected:
    """A shape that a check expects of something named; `dims` holds compiled sizes, written at `spans`."""

    __slots__ = ("codes", "key", "name", "span", "spans")

    def __init__(self, name: str, codes: list[Code], place: Span, spans: list[Span], key: Span | None) -> None:
        self.name = name
        self.codes = codes
        self.span = place
        self.spans = spans
        self.key = key


class Check:
    """One case. `sets` are texts as `--set` takes them; what is left out is not checked."""

    __slots__ = ("error", "error_span", "inputs", "name", "numbers", "outputs", "set_spans", "sets", "shapes", "span", "weights")

    def __init__(self, name: str, place: Span) -> None:
        self.name = name
        self.span = place
        self.sets: dict[str, str] = {}
        self.set_spans: dict[str, Span] = {}
        self.inputs: list[Given] = []
        self.outputs: list[Expected] = []
        self.shapes: list[Expected] = []
        self.weights: list[Expected] = []
        self.numbers: dict[str, tuple[Code, Span]] = {}
        self.error: str | None = None
        self.error_span: Span | None = None


def read_checks(file: File, ctx: Context, network: Network) -> list[Check]:
    """The cases of a file; faults are told where they are."""
    node = file.checks
    if not isinstance(node, List) or not node.items:
        if node is not None:
            file.fault(node, "value-type", "checks is a list of cases", expected=EXAMPLE, help="leave the key out where there are none")
        return []
    out = []
    for k, case in enumerate(node.items):
        if not isinstance(case, Map):
            file.fault(case, "value-type", "a check is a mapping", expected=EXAMPLE)
            continue
        if all(key.text in ("name", "doc") for key, _ in case.pairs):
            file.fault(case, "value-type", "a check that says nothing", expected=EXAMPLE)
        if case.find("error"):
            for key, _ in case.pairs:
                if key.text in FINDINGS:
                    file.fault(key, "check-conflict", f"a case that must be rejected has no {key.text}", help="remove one of the two")
        check = Check(f"check {k + 1}", span(file.source, case))
        for key, value in case.pairs:
            try:
                read_field(check, file, ctx, network, key, value)
            except Located as e:
                file.faults.problem(file.source, e.node, e.problem)
        out.append(check)
    return out


def read_field(check: Check, file: File, ctx: Context, network: Network, key: Scalar, value: Tree) -> None:
    name = key.text
    if name not in KEYS:
        file.fault(key, "unknown-key", f"a check has no '{name}'", found=name, expected=", ".join(KEYS), help=suggest(name, KEYS))
    elif name == "name":
        check.name = file.text(value, "name") or check.name
    elif name == "doc":
        file.text(value, "doc")
    elif name == "set":
        for k, v in file.mapping(value, "set"):
            if k.text not in file.vars:
                file.fault(k, "unknown-variable", f"no variable '{k.text}'", found=k.text, help=suggest(k.text, file.vars))
            check.sets[k.text] = text_of(v)
            check.set_spans[k.text] = span(file.source, v)
    elif name == "input":
        check.inputs = read_inputs(file, network, value)
    elif name == "output":
        check.outputs = read_outputs(file, key, value)
    elif name in ("shapes", "weights"):
        if not isinstance(value, Map) or not value.pairs:
            file.fault(value, "value-type", f"{name} gives shapes by name", expected="{fc: [N, 10]}")
            return
        setattr(check, name, [e for k, v in value.pairs if (e := expected(file, k.text, k, v))])
    elif name in NUMBERS:
        code = compile_value(value)
        whole(name, code, code.get(ctx.values))
        check.numbers[name] = (code, span(file.source, value))
    elif name == "error":
        check.error = file.text(value, "error")
        check.error_span = span(file.source, value)
        if not check.error:
            file.fault(value, "value-type", "error names the rule that rejects the case", expected="error: size-mismatch")


def whole(name: str, code: Code, number: Any) -> int:
    """A count that a check expects; raises Located."""
    if type(number) is not int or number < 0:
        raise Located(code.node, Problem("value-type", f"{name} is a whole number", found=show(number), expected="an int >= 0"))
    return number


def text_of(node: Tree) -> str:
    """A value as an option would write it."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, List):
        return "[" + ", ".join(f"'{n.text}'" if isinstance(n, Scalar) and n.quoted else text_of(n) for n in node.items) + "]"
    raise Located(node, Problem("value-type", "a mapping is no value here"))


def read_inputs(file: File, network: Network, value: Tree) -> list[Given]:
    pairs = [(k.text + "=", v) for k, v in value.pairs] if isinstance(value, Map) else [("", value)]
    out = []
    for prefix, node in pairs:
        if isinstance(node, List):
            text = "x".join(map(text_of, node.items)) or "scalar"
        else:
            text = text_of(node)
        try:
            out.append(parse_given(prefix + text, network, "input", span(file.source, node)))
        except Rejected as e:
            for d in e.diagnostics:
                file.faults.add(d)
    return out


def read_outputs(file: File, key: Scalar, value: Tree) -> list[Expected]:
    if isinstance(value, Map):
        if not value.pairs:
            file.fault(value, "value-type", "output gives shapes by name", expected="{scores: [2, 10]}, or [2, 10]")
        return [e for k, v in value.pairs if (e := expected(file, k.text, k, v))]
    if isinstance(value, List) and value.items and all(isinstance(v, List) for v in value.items):
        return [e for k, v in enumerate(value.items) if (e := expected(file, str(k), key, v))]
    found = expected(file, "", key, value)
    return [found] if found else []


def expected(file: File, name: str, key: Scalar, node: Tree) -> Expected | None:
    """A shape: a list of dims, or `2x20`."""
    if isinstance(node, Scalar) and not node.empty:
        parts = node.text.split("x") if node.text not in ("scalar", "()") else []
        nodes: list[Tree] = [node.part(p.strip()) for p in parts]
    elif isinstance(node, List):
        nodes = node.items
    else:
        file.fault(node, "value-type", "a shape is a list of dims", expected="[2, 10]")
        return None
    codes = [compile_value(n) for n in nodes]
    rests = [c for c in codes if c.value is REST]
    if len(rests) > 1 or (rests and len(codes) == 1):
        what = "has more than one ..." if len(rests) > 1 else "says nothing: any shape is [...]"
        file.fault(rests[-1].node, "argument-type", f"the shape {what}", expected="dims, and at most one ...")
        return None
    return Expected(name, codes, span(file.source, node), [span(file.source, n) for n in nodes], span(file.source, key))
