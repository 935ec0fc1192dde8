"""One file of the language: its vars, imports, defaults, blocks and layers, compiled."""

from __future__ import annotations

import re
from typing import Any

from ..layers import registry
from ..layers.arguments import suggest
from ..layers.base import Layer
from ..problems import Diagnostic, Problem, Rejected, Source, Unusable
from .expressions import evaluate, parse, variables
from .imports import target as import_target
from .items import NAME, Item, compile_items, taught
from .references import compile_reference
from .tree import List, Map, Scalar, Tree, span
from .values import Code, Faults, Located, compile_value, text_of

TOP = ("deferinit", "name", "doc", "meta", "dtype", "vars", "import", "defaults", "blocks", "inputs", "layers",
       "outputs", "params", "checks")  # fmt: skip
BLOCK = ("args", "inputs", "layers", "outputs", "doc", "meta")
DTYPES = ("float16", "bfloat16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")
VARIABLE = re.compile(r"[a-z_][a-z0-9_]*")


class Port:
    """An input of a network or block: `dims` None where its shape is not said."""

    __slots__ = ("dims", "dtype", "key", "nodes")

    def __init__(self, key: Scalar | None, dims: list[Code] | None, nodes: list[Tree], dtype: str | None) -> None:
        self.key = key
        self.dims = dims
        self.nodes = nodes
        self.dtype = dtype


class Body:
    """What blocks and files have in common: inputs, items, outputs."""

    __slots__ = ("_items", "file", "key", "layers", "name", "outputs", "ports", "used")

    def __init__(self, file: File, name: str, key: Tree) -> None:
        self.file = file
        self.name = name
        self.key = key
        self.ports: dict[str, Port] = {"input": Port(None, None, [], None)}
        self.layers: Tree | None = None
        self._items: list[Item] | None = None
        self.outputs: list[tuple[str | None, Any]] | None = None
        self.used = False

    @property
    def items(self) -> list[Item]:
        if self._items is None:
            self._items = compile_items(self.file, self.layers, f"layers of {self.name}")
        return self._items


class Block(Body):
    """A block: a body with arguments; `args` are (name, default or None)."""

    __slots__ = ("arg_nodes", "args")

    def __init__(self, file: File, name: str, key: Tree) -> None:
        super().__init__(file, name, key)
        self.args: list[tuple[str, Any]] = []
        self.arg_nodes: dict[str, Tree] = {}  # where each argument is declared

    def argument_names(self) -> list[str]:
        return [name for name, _ in self.args]


class File(Body):
    """A file. Imported, it is also a block whose vars are its arguments."""

    __slots__ = (
        "blocks",
        "checks",
        "defaults",
        "doc",
        "dtype",
        "faults",
        "import_sets",
        "imports",
        "known",
        "loader",
        "params",
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
        self.dtype = "float32"
        self.vars: dict[str, tuple[Scalar, Code]] = {}
        self.imports: dict[str, File] = {}
        self.import_sets: dict[str, dict[str, tuple[Scalar, Code]]] = {}
        self.defaults: dict[str, list[tuple[Scalar, str, Tree]]] = {}
        self.blocks: dict[str, Block] = {}
        self.params: list[tuple[Scalar, Map]] = []
        self.checks: Tree | None = None
        self.known: dict[Any, Item] = {}  # items whose meaning is in their text alone, by what they say
        self.read()

    def argument_names(self) -> list[str]:
        return list(self.vars)

    # ---- reading

    def fault(self, node: Tree, rule: str, message: str, **more: Any) -> None:
        self.faults.at(self.source, node, rule, message, **more)

    def read(self) -> None:
        for key, value in self.tree.pairs:
            if key.text not in TOP:
                self.fault(key, "unknown-key", f"no top-level key is called '{key.text}'", found=key.text,
                           expected=", ".join(TOP), help=suggest(key.text, TOP))  # fmt: skip
                continue
            reader = getattr(self, f"read_{key.text}", None)
            if reader is not None and key.text not in ("blocks", "imports"):
                reader(value)
        self.layers = self.tree.get("layers")
        if isinstance(self.layers, List) and not self.layers.items:
            self.fault(self.layers, "no-layers", "layers is empty", expected="at least one layer")
        if self.layers is None and self.tree.get("blocks") is None:
            self.fault(self.tree, "no-layers", "a spec without layers", expected="a layers key, or blocks to be imported")

    def mapping(self, node: Tree, what: str) -> list[tuple[Scalar, Tree]]:
        if isinstance(node, Map):
            return node.pairs
        if not (isinstance(node, Scalar) and node.empty):
            self.fault(node, "value-type", f"{what} is a mapping", expected=f"{what}: {{name: …}}")
        return []

    def read_deferinit(self, node: Tree) -> None:
        if not isinstance(node, Scalar) or node.text != "1":
            self.fault(
                node, "language-version", "this reads version 1 of the language", found=getattr(node, "text", ""), expected="1"
            )

    def read_name(self, node: Tree) -> None:
        self.title = self.name = text_of(node, self.faults, self.source, "name") or self.title

    def read_doc(self, node: Tree) -> None:
        self.doc = text_of(node, self.faults, self.source, "doc")

    def read_dtype(self, node: Tree) -> None:
        try:
            self.dtype = self.dtype_of(node)
        except Located as e:
            self.faults.problem(self.source, e.node, e.problem)

    def dtype_of(self, node: Tree) -> str:
        if isinstance(node, Scalar) and node.text in DTYPES:
            return node.text
        found = node.text if isinstance(node, Scalar) else "a list"
        raise Located(node, Problem("unknown-dtype", f"no dtype is called '{found}'", found=found,
                                    expected=", ".join(DTYPES), help=suggest(found, DTYPES)))  # fmt: skip

    def read_vars(self, node: Tree) -> None:
        for key, value in self.mapping(node, "vars"):
            if not VARIABLE.fullmatch(key.text):
                self.fault(key, "name-format", f"'{key.text}' cannot be a variable", found=key.text,
                           expected="a lower-case name", help="upper case is for symbols, sizes that an input decides")  # fmt: skip
                continue
            try:
                self.vars[key.text] = (key, compile_value(value, loose=True))
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)

    def read_import(self, node: Tree) -> None:
        for key, value in self.mapping(node, "import"):
            target, sets = import_target(value), None
            if isinstance(value, Map):
                for k, v in value.pairs:
                    if k.text == "set":
                        sets = v
                    elif k.text != "file":
                        self.fault(k, "unknown-key", f"an import has no '{k.text}'", found=k.text, expected="file, set")
            if not isinstance(target, Scalar) or target.empty:
                self.fault(value, "import-format", f"import {key.text} names a file", expected="./blocks.yaml or zoo:NAME")
                continue
            imported = self.loader.load(self, target)
            if imported is not None:
                self.imports[key.text] = imported
                self.import_sets[key.text] = self.read_sets(imported, sets)

    def read_sets(self, imported: File, sets: Tree | None) -> dict[str, tuple[Scalar, Code]]:
        out: dict[str, tuple[Scalar, Code]] = {}
        for key, value in self.mapping(sets, "set") if sets is not None else []:
            if key.text not in imported.vars:
                self.fault(key, "unknown-variable", f"no variable '{key.text}' in {imported.title}", found=key.text,
                           expected=", ".join(imported.vars), help=suggest(key.text, imported.vars))  # fmt: skip
                continue
            try:
                out[key.text] = (key, compile_value(value, loose=True))
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)
        return out

    def read_defaults(self, node: Tree) -> None:
        for key, value in self.mapping(node, "defaults"):
            cls = registry.find(key.text)
            if cls is None or cls.structural:
                _, help_ = taught(key.text, [])
                self.fault(key, "unknown-kind", f"no layer is called '{key.text}'", found=key.text, help=help_)
                continue
            for name, arg in self.mapping(value, f"defaults of {key.text}"):
                if name.text not in cls.arguments:
                    other = next((a.name for a in cls.arguments.values() if name.text in a.also), None)
                    self.fault(name, "unknown-argument", f"{key.text} has no argument '{name.text}'", found=name.text,
                               expected=", ".join(cls.arguments),
                               help=f"'{name.text}' is '{other}' here" if other else suggest(name.text, cls.arguments))  # fmt: skip
                else:
                    self.try_default(cls, name, arg)
                    self.defaults.setdefault(key.text, []).append((name, name.text, arg))

    def try_default(self, cls: type[Layer], name: Scalar, arg: Tree) -> None:
        """A default that no layer could take is wrong even where no layer takes it."""
        argument = cls.arguments[name.text]
        try:
            code = compile_value(arg, argument.textual, argument.words)
            if code.fixed:
                argument.accept(code.value)
        except Located as e:
            self.faults.problem(self.source, e.node, e.problem)
        except Problem as p:
            self.faults.problem(self.source, arg, p)

    def defaults_of(self, kind: str) -> list[tuple[Scalar, str, Tree]]:
        return self.defaults.get(kind, [])

    def read_blocks(self, node: Tree) -> None:
        raise AssertionError("read with the declarations")

    def read_inputs(self, node: Tree) -> None:
        self.ports = self.read_ports(node, "inputs")

    def read_ports(self, node: Tree, what: str) -> dict[str, Port]:
        if isinstance(node, List):
            ports = {}
            for n in node.items:
                if isinstance(n, Scalar) and NAME.fullmatch(n.text):
                    ports[n.text] = Port(n, None, [], None)
                else:
                    self.fault(n, "name-format", f"{what} holds names", expected="[x, skip]")
            return ports
        out: dict[str, Port] = {}
        for key, value in self.mapping(node, what):
            if not NAME.fullmatch(key.text) or key.text == "prev":
                self.fault(key, "name-format", f"'{key.text}' cannot be an input's name", found=key.text)
                continue
            out[key.text] = self.read_port(key, value)
        return out

    def read_port(self, key: Scalar, value: Tree) -> Port:
        shape, dtype = value, None
        if isinstance(value, Map):
            shape = key.part("")
            for k, v in value.pairs:
                if k.text == "shape":
                    shape = v
                elif k.text == "dtype":
                    try:
                        dtype = self.dtype_of(v)
                    except Located as e:
                        self.faults.problem(self.source, e.node, e.problem)
                else:
                    self.fault(k, "unknown-key", f"an input has no '{k.text}'", found=k.text, expected="shape, dtype",
                               help=suggest(k.text, ["shape", "dtype"]))  # fmt: skip
        if isinstance(shape, Scalar) and shape.empty:
            return Port(key, None, [], dtype)
        if not isinstance(shape, List):
            self.fault(shape, "value-type", f"the shape of {key.text} is a list of dims", expected="[N, 3, H, W]")
            return Port(key, None, [], dtype)
        dims = []
        for n in shape.items:
            try:
                dims.append(compile_value(n))
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)
        return Port(key, dims, shape.items, dtype)

    def read_outputs(self, node: Tree) -> None:
        self.outputs = self.references(node)
        if not self.outputs:
            self.fault(node, "value-type", "outputs names nothing", expected="a list of layers",
                       help="left out, the last layer's output is the network's")  # fmt: skip

    def references(self, node: Tree) -> list[tuple[str | None, Any]]:
        out: list[tuple[str | None, Any]] = []
        pairs: list[tuple[str | None, Tree]] = []
        if isinstance(node, Map):
            pairs = [(k.text, v) for k, v in node.pairs]
        elif isinstance(node, List):
            pairs = [(None, n) for n in node.items]
        else:
            pairs = [(None, node)]
        for label, value in pairs:
            try:
                out.append((label, compile_reference(value)))
            except Located as e:
                self.faults.problem(self.source, e.node, e.problem)
        return out

    def read_params(self, node: Tree) -> None:
        for key, value in self.mapping(node, "params"):
            if not isinstance(value, Map):
                self.fault(value, "value-type", "params gives init, freeze or dtype", expected="{init: zeros}")
                continue
            if not value.pairs:
                self.fault(value, "value-type", "params gives init, freeze or dtype", expected="{init: zeros}")
            for k, _ in value.pairs:
                if k.text not in ("init", "freeze", "dtype"):
                    self.fault(k, "unknown-key", f"params has no '{k.text}'", found=k.text, expected="init, freeze, dtype",
                               help=suggest(k.text, ["init", "freeze", "dtype"]))  # fmt: skip
            self.params.append((key, value))

    def read_checks(self, node: Tree) -> None:
        self.checks = node

    # ---- blocks

    def declare(self) -> None:
        """Blocks by name, before any item is compiled: they may use each other."""
        node = self.tree.get("blocks")
        for key, value in self.mapping(node, "blocks") if node is not None else []:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key.text):
                self.fault(key, "name-format", f"'{key.text}' cannot be a block's name", found=key.text)
                continue
            if registry.find(key.text) is not None:
                self.fault(key, "reserved-name", f"'{key.text}' is a built-in kind", help="give the block another name")
                continue
            self.blocks[key.text] = self.read_block(key, value)

    def read_block(self, key: Scalar, value: Tree) -> Block:
        block = Block(self, key.text, key)
        for k, v in self.mapping(value, f"block {key.text}"):
            if k.text == "args":
                block.args, block.arg_nodes = self.read_args(v)
            elif k.text == "inputs":
                block.ports = self.read_ports(v, "inputs")
            elif k.text == "layers":
                block.layers = v
            elif k.text == "outputs":
                block.outputs = self.references(v)
            elif k.text not in BLOCK:
                self.fault(k, "unknown-key", f"a block has no '{k.text}'", found=k.text, expected=", ".join(BLOCK),
                           help=suggest(k.text, BLOCK))  # fmt: skip
        return block

    def try_unused(self) -> None:
        """Blocks that nothing calls are read too: green must mean checked."""
        for block in self.blocks.values():
            if block.used:
                continue
            scope = {"i", *self.vars, *block.argument_names()}
            for item in nested(block.items):
                scope |= {item.modifiers["index"][1]} if "index" in item.modifiers else set()
            for item in nested(block.items):
                codes = [c for _, c in item.arguments.values()]
                codes += [item.modifiers[m][1] for m in ("when", "repeat", "fanout", "freeze") if m in item.modifiers]
                for node, name in (n for c in codes for n in c.names()):
                    if name not in scope:
                        self.fault(node, "unknown-name", f"unknown name '{name}'", found=name, help=suggest(name, scope))

    def read_args(self, node: Tree) -> tuple[list[tuple[str, Any]], dict[str, Tree]]:
        """`[out, kernel=3]`, or `- widths: [1, 2]` where a default holds commas; and where each one stands."""
        out: list[tuple[str, Any]] = []
        places: dict[str, Tree] = {}
        if not isinstance(node, List):
            self.fault(node, "value-type", "args is a list", expected="[channels, kernel_size=3]")
            return out, places
        for n in self.joined(node.items):
            if isinstance(n, Map) and len(n.pairs) == 1:
                name, default = n.pairs[0][0].text, self.compiled(n.pairs[0][1])
            elif isinstance(n, Scalar):
                name, has, text = (p.strip() for p in n.text.partition("="))
                default = self.compiled(default_node(n, text)) if has else None
            else:
                self.fault(n, "value-type", "an argument is a name, or name=default")
                continue
            if not VARIABLE.fullmatch(name):
                self.fault(n, "name-format", f"'{name}' cannot be an argument's name", found=name, expected="a lower-case name")
            elif name in dict(out):
                self.fault(n, "duplicate-name", f"two arguments are called '{name}'", found=name)
            else:
                out.append((name, default))
                places[name] = n.pairs[0][0] if isinstance(n, Map) else n
        return out, places

    def joined(self, nodes: list[Tree]) -> list[Tree]:
        return nodes

    def compiled(self, node: Tree) -> Code | None:
        try:
            return compile_value(node, loose=True)
        except Located as e:
            self.faults.problem(self.source, e.node, e.problem)
            return None

    # ---- kinds

    def kind_known(self, kind: str) -> bool:
        return registry.find(kind) is not None or kind in self.blocks or kind.partition(".")[0] in self.imports

    def lookup(self, item: Item) -> Any:
        """The layer class, block or file an item's kind means; None (and a fault) when there is none."""
        kind = item.kind
        if kind in self.blocks:
            self.blocks[kind].used = True
            return self.blocks[kind]
        ns, dot, inner = kind.partition(".")
        if ns in self.imports:
            imported = self.imports[ns]
            imported.used = True
            if not dot:
                if imported.layers is None:
                    self.fault(
                        item.head,
                        "no-layers",
                        f"{ns} defines blocks only",
                        expected=", ".join(f"{ns}.{b}" for b in imported.blocks),
                    )
                    return None
                return imported
            if inner in imported.blocks:
                imported.blocks[inner].used = True
                return imported.blocks[inner]
            self.fault(item.head, "unknown-kind", f"no block is called '{kind}'", found=kind,
                       help=suggest(inner, imported.blocks) or f"{ns} has {', '.join(imported.blocks) or 'no blocks'}")  # fmt: skip
            return None
        cls = registry.find(kind)
        if cls is None:
            names = [*self.blocks, *self.imports, *(f"{ns}.{b}" for ns, f in self.imports.items() for b in f.blocks)]
            expected, help_ = taught(kind, names)
            self.fault(
                item.head, "unknown-kind", f"no layer or block is called '{kind}'", found=kind, expected=expected, help=help_
            )
        return cls


def nested(items: list[Item]) -> list[Item]:
    """Items and those in their containers."""
    return [x for item in items for x in (item, *(n for children in item.lists.values() for n in nested(children)))]


def default_node(n: Scalar, text: str) -> Scalar:
    """The default of `name=default` as a scalar of its own; quotes inside make it text."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return n.part(text[1:-1], text[0])
    return n.part(text)


__all__ = [
    "Block",
    "Body",
    "Diagnostic",
    "File",
    "Layer",
    "Port",
    "Rejected",
    "Unusable",
    "evaluate",
    "parse",
    "span",
    "variables",
]
