"""One file of the language: its vars, imports, defaults, blocks and layers, compiled."""

from __future__ import annotations

from typing import Any

from ...layers.core import registry
from ...problems import Problem, Source
from ...spelling import suggest
from ..expressions.names import IDENTIFIER, lower_case
from ..expressions.references import compile_reference
from ..expressions.values import Code, Faults, Located, compile_value, text_of
from ..source.import_targets import target as import_target
from ..source.tree import List, Map, Scalar, Tree
from .arguments import taught
from .asserts import Assert, read_asserts
from .blocks import Block, is_taken, read_blocks
from .bodies import Body
from .defaults import Defaults, read_defaults
from .items import Item
from .ports import read_ports
from .variables import Variable, in_order, read_variable

TOP = ("deferinit", "name", "doc", "meta", "dtype", "vars", "asserts", "import", "defaults", "blocks", "inputs", "layers",
       "outputs", "params", "checks")  # fmt: skip
DTYPES = ("float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")


class File(Body):
    """A file. Imported, it is also a block whose vars are its arguments."""

    __slots__ = (
        "asserts",
        "blocks",
        "checks",
        "default_codes",
        "defaults",
        "doc",
        "dtype",
        "failed",
        "faults",
        "import_sets",
        "imports",
        "loader",
        "params",
        "reading",
        "source",
        "title",
        "tree",
        "vars",
    )  # fmt: skip

    def __init__(self, source: Source, tree: Map, faults: Faults, title: str, loader: Any) -> None:
        super().__init__(self, title, tree)
        self.source = source
        self.faults = faults
        self.tree = tree
        self.title = title
        self.loader = loader
        self.doc = ""
        self.dtype: Code | None = None
        self.vars: dict[str, Variable] = {}
        self.asserts: list[Assert] = []
        self.imports: dict[str, File] = {}
        self.failed: set[str] = set()  # imports and blocks that could not be had: they are not missed again
        self.import_sets: dict[str, dict[str, tuple[Scalar, Code]]] = {}
        self.defaults: Defaults = {}
        self.default_codes: list[Code] = []
        self.blocks: dict[str, Block] = {}
        self.params: list[tuple[Scalar, Map]] = []
        self.checks: Tree | None = None
        self.reading: Body = self  # whose items are being compiled
        self.read()

    def argument_names(self) -> list[str]:
        return list(self.vars)

    @property
    def where(self) -> str:
        return "layers"

    # ---- reading

    def fault(self, node: Tree, rule: str, message: str, **more: Any) -> None:
        self.faults.at(self.source, node, rule, message, **more)

    def read(self) -> None:
        readers = {
            "deferinit": self.read_deferinit, "name": self.read_name, "doc": self.read_doc, "dtype": self.read_dtype,
            "vars": self.read_vars, "import": self.read_import, "inputs": self.read_inputs, "outputs": self.read_outputs,
            "params": self.read_params, "asserts": self.read_asserts,
        }  # fmt: skip
        odd = False
        for key, value in self.tree.pairs:
            if key.text not in TOP:
                odd = True
                self.fault(key, "unknown-key", f"no top-level key is called '{key.text}'", found=key.text,
                           expected=", ".join(TOP), help=suggest(key.text, TOP))  # fmt: skip
            elif key.text in readers:
                readers[key.text](value)
        self.checks = self.tree.get("checks")
        self.read_layers(odd)

    def read_layers(self, odd: bool) -> None:
        """`odd`: whether there is an unknown key, which may have been meant for layers."""
        found, blocks = self.tree.find("layers"), self.tree.get("blocks")
        self.layers = found[1] if found is not None else None
        if found is not None and (empty(found[1]) or (isinstance(found[1], List) and not found[1].items)):
            self.fault(found[1], "no-layers", "layers is empty", expected="at least one layer")
        elif found is None and not odd and (blocks is None or empty(blocks)):
            self.fault(self.tree, "no-layers", "a spec without layers", expected="a layers key, or blocks to be imported")

    def declare(self) -> None:
        """Blocks, and what reads them: once all keys are known."""
        read_blocks(self)
        node = self.tree.get("defaults")
        if node is not None:
            read_defaults(self, node)

    def mapping(self, node: Tree, what: str) -> list[tuple[Scalar, Tree]]:
        if isinstance(node, Map):
            return node.pairs
        if not empty(node):
            self.fault(node, "value-type", f"{what} is a mapping", expected=f"{what}: {{name: …}}")
        return []

    def read_deferinit(self, node: Tree) -> None:
        if not isinstance(node, Scalar) or node.text != "1":
            self.fault(
                node, "language-version", "this reads version 1 of the language", found=getattr(node, "text", ""), expected="1"
            )

    def text(self, node: Tree, field: str) -> str:
        """A field that is plain text."""
        return text_of(node, self.faults, self.source, field)

    def read_name(self, node: Tree) -> None:
        self.title = self.name = self.text(node, "name") or self.title

    def read_doc(self, node: Tree) -> None:
        self.doc = self.text(node, "doc")

    def read_dtype(self, node: Tree) -> None:
        try:
            self.dtype = self.dtype_code(node)
            if self.dtype.fixed and "float" not in self.dtype.value:
                raise Located(node, Problem("dtype-mismatch", f"the default dtype cannot be {self.dtype.value}", expected="a float dtype",
                                            help="an input has a dtype of its own: {shape: [N], dtype: int64}"))  # fmt: skip
        except Located as e:
            self.faults.problem(self.source, e.node, e.problem)

    def dtype_code(self, node: Tree) -> Code:
        """A dtype as written, or what computes one; raises Located."""
        if not isinstance(node, Scalar) or node.empty:
            raise Located(node, Problem("unknown-dtype", "a dtype is one word", expected=", ".join(DTYPES)))
        code = compile_value(node, textual=True)
        if code.fixed:
            code.value = dtype_of(node, code.value)
        return code

    def read_vars(self, node: Tree) -> None:
        pairs = self.mapping(node, "vars")
        for key, value in pairs:
            problem = lower_case(key.text, "a variable")
            if problem is not None:
                self.faults.problem(self.source, key, problem)
                self.unsound = True
                continue
            try:
                variable = read_variable(self, key, value)
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)
                variable = None
            if variable is None:
                self.unsound = True
            else:
                self.vars[key.text] = variable
        in_order(self, [key.text for key, _ in pairs])

    def read_asserts(self, node: Tree) -> None:
        self.asserts = read_asserts(self, node)

    def read_import(self, node: Tree) -> None:
        for key, value in self.mapping(node, "import"):
            target, sets = import_target(value), None
            if isinstance(value, Map):
                for k, v in value.pairs:
                    if k.text == "set":
                        sets = v
                    elif k.text != "file":
                        self.fault(k, "unknown-key", f"an import has no '{k.text}'", found=k.text, expected="file, set",
                                   help=suggest(k.text, ("file", "set")))  # fmt: skip
            self.failed.add(key.text)
            if not IDENTIFIER.fullmatch(key.text):
                self.fault(key, "name-format", f"'{key.text}' cannot be an import's name", found=key.text,
                           expected="letters, digits and _, not a digit first")  # fmt: skip
            elif not is_taken(self, key):
                if not isinstance(target, Scalar) or target.empty:
                    self.fault(value, "import-format", f"import {key.text} names no file", expected="./blocks.yaml or zoo:NAME")
                    continue
                imported = self.loader.load(self, target)
                if imported is not None:
                    self.failed.discard(key.text)
                    self.imports[key.text] = imported
                    self.import_sets[key.text] = self.read_sets(imported, sets)

    def read_sets(self, imported: File, sets: Tree | None) -> dict[str, tuple[Scalar, Code]]:
        out: dict[str, tuple[Scalar, Code]] = {}
        for key, value in self.mapping(sets, "set") if sets is not None else []:
            if key.text not in imported.vars:
                if not imported.unsound:
                    self.fault(key, "unknown-variable", f"no variable '{key.text}' in {imported.title}", found=key.text,
                               expected=", ".join(imported.vars), help=suggest(key.text, imported.vars))  # fmt: skip
                continue
            try:
                out[key.text] = (key, compile_value(value, loose=True))
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)
        return out

    def defaults_of(self, kind: str) -> list[tuple[Scalar, str, Tree]]:
        return self.defaults.get(kind, [])

    def read_inputs(self, node: Tree) -> None:
        self.ports = read_ports(self, node)

    def read_outputs(self, node: Tree) -> None:
        self.outputs = self.references(node)

    def references(self, node: Tree) -> list[tuple[str | None, Any]]:
        """The outputs of a file or block: labels, where they are written, and references."""
        out: list[tuple[str | None, Any]] = []
        pairs: list[tuple[Scalar | None, Tree]]
        if isinstance(node, Map):
            pairs = list(node.pairs)
        else:
            pairs = [(None, n) for n in (node.items if isinstance(node, List) else [node])]
        if not pairs or empty(node):
            self.fault(node, "value-type", "outputs names nothing", expected="a list of layers",
                       help="left out, the last layer's output is what flows on")  # fmt: skip
            return out
        for label, value in pairs:
            if label is not None and not IDENTIFIER.fullmatch(label.text):
                self.fault(label, "name-format", f"'{label.text}' cannot be an output's name", found=label.text,
                           expected="letters, digits and _, not a digit first")  # fmt: skip
                self.faults.lost = True
                continue
            try:
                out.append((label.text if label is not None else None, compile_reference(value)))
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)
                self.faults.lost = True
        return out

    def read_params(self, node: Tree) -> None:
        for key, value in self.mapping(node, "params"):
            if not isinstance(value, Map) or not value.pairs:
                self.fault(value, "value-type", "params gives init, freeze or dtype", expected="{init: zeros}")
                continue
            for k, _ in value.pairs:
                if k.text not in ("init", "freeze", "dtype"):
                    self.fault(k, "unknown-key", f"params has no '{k.text}'", found=k.text, expected="init, freeze, dtype",
                               help=suggest(k.text, ["init", "freeze", "dtype"]))  # fmt: skip
            self.params.append((key, value))

    # ---- kinds

    def kind_known(self, kind: str) -> bool:
        return registry.find(kind) is not None or kind in self.blocks or kind.partition(".")[0] in self.imports

    def own_kinds(self) -> list[str]:
        """Blocks and imports, as items call them."""
        return [*self.blocks, *self.imports, *(f"{ns}.{b}" for ns, f in self.imports.items() for b in f.blocks)]

    def excused(self, kind: str) -> bool:
        """Whether a kind is not known because its import could not be had, which has been told."""
        return kind.partition(".")[0] in self.failed

    def named(self, kind: str) -> Any:
        """The layer class, block or file that a kind means; None when there is none."""
        if kind in self.blocks:
            return self.blocks[kind]
        ns, dot, inner = kind.partition(".")
        if ns in self.imports:
            return self.imports[ns].blocks.get(inner) if dot else self.imports[ns]
        return registry.find(kind)

    def lookup(self, item: Item) -> Any:
        """What an item's kind means; None (and a fault) when there is nothing."""
        kind = item.kind
        found = self.named(kind)
        ns, dot, inner = kind.partition(".")
        if found is None and not self.excused(kind):
            imported = self.imports.get(ns)
            if imported is not None:
                self.fault(item.head, "unknown-kind", f"no block is called '{kind}'", found=kind, word=kind,
                           help=suggest(inner, imported.blocks) or f"{ns} has {', '.join(imported.blocks) or 'no blocks'}")  # fmt: skip
            else:
                expected, help_ = taught(kind, self.own_kinds())
                self.fault(item.head, "unknown-kind", f"no layer or block is called '{kind}'", found=kind, expected=expected,
                           help=help_, word=kind)  # fmt: skip
        if isinstance(found, File) and found.layers is None:
            self.fault(item.head, "no-layers", f"{ns} defines blocks only", expected=", ".join(f"{ns}.{b}" for b in found.blocks))
            return None
        return found


def empty(node: Tree) -> bool:
    """Whether nothing is written."""
    return isinstance(node, Scalar) and node.empty


def dtype_of(node: Tree, value: Any) -> str:
    """A dtype's name; raises Located."""
    if value in DTYPES:
        return str(value)
    found = value if isinstance(value, str) else "what is no text"
    raise Located(node, Problem("unknown-dtype", f"no dtype is called '{found}'", found=str(found), expected=", ".join(DTYPES),
                                help=suggest(str(found), DTYPES)))  # fmt: skip


def dtype_in(code: Code, values: Any) -> str:
    """The dtype that a code gives in a scope; raises Located."""
    value: str = code.value if code.fixed else dtype_of(code.node, code.get(values.without_symbols()))
    return value
