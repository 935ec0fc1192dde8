"""Blocks as a file declares them: arguments, inputs, layers, outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...layers.core import registry
from ...problems import Problem
from ...spelling import suggest
from ..expressions.names import IDENTIFIER, lower_case
from ..expressions.values import Code, Located, compile_value, text_of
from ..source.tree import List, Map, Scalar, Tree
from .bodies import Body
from .modifiers import MODIFIERS
from .ports import read_ports

if TYPE_CHECKING:
    from .file import File

KEYS = ("args", "inputs", "layers", "outputs", "doc", "meta")


class Block(Body):
    """A block: a body with arguments; `args` are (name, default or None)."""

    __slots__ = ("arg_nodes", "args")

    def __init__(self, file: File, name: str, key: Tree) -> None:
        super().__init__(file, name, key)
        self.args: list[tuple[str, Any]] = []
        self.arg_nodes: dict[str, Tree] = {}  # where each argument is declared

    def argument_names(self) -> list[str]:
        return [name for name, _ in self.args]


def read_blocks(file: File) -> None:
    """Blocks by name, before any item is compiled: they may use each other."""
    node, imports = file.tree.get("blocks"), set(file.failed)
    for key, value in file.mapping(node, "blocks") if node is not None else []:
        file.failed.add(key.text)
        if not IDENTIFIER.fullmatch(key.text):
            file.fault(key, "name-format", f"'{key.text}' cannot be a block's name", found=key.text,
                       expected="letters, digits and _, not a digit first")  # fmt: skip
        elif is_taken(file, key):
            continue
        elif key.text in file.imports or key.text in imports:
            file.fault(key, "duplicate-name", f"'{key.text}' is an import already", found=key.text,
                       help="blocks and imports are called by name: give one of them another")  # fmt: skip
        else:
            file.failed.discard(key.text)
            file.blocks[key.text] = read_block(file, key, value)


def is_taken(file: File, key: Scalar) -> bool:
    """Whether a name means something else at the head of an item; told, if so."""
    if key.text in MODIFIERS:
        file.fault(key, "reserved-name", f"'{key.text}' is a modifier", help="give it another name")
    elif registry.find(key.text) is not None:
        file.fault(key, "reserved-name", f"'{key.text}' is a built-in kind", help="give it another name")
    else:
        return False
    return True


def read_block(file: File, key: Scalar, value: Tree) -> Block:
    block = Block(file, key.text, key)
    if not isinstance(value, Map) and not (isinstance(value, Scalar) and value.empty):
        file.fault(value, "value-type", f"block {key.text} is a mapping", expected=f"{key.text}: {{layers: [...]}}")
        block.unsound = True
        return block
    odd = False
    for k, v in value.pairs if isinstance(value, Map) else []:
        if k.text == "args":
            read_args(block, v)
        elif k.text == "inputs":
            block.ports = read_ports(file, v)
        elif k.text == "layers":
            block.layers = v
        elif k.text == "outputs":
            block.outputs = file.references(v)
        elif k.text == "doc":
            text_of(v, file.faults, file.source, "doc")
        elif k.text != "meta":
            odd = True
            file.fault(k, "unknown-key", f"a block has no '{k.text}'", found=k.text, expected=", ".join(KEYS),
                       help=suggest(k.text, KEYS))  # fmt: skip
    if (block.layers is None or (isinstance(block.layers, Scalar) and block.layers.empty)) and not odd:
        file.fault(key, "no-layers", f"block {key.text} has no layers", expected="a layers key", help="layers: [] passes its input on")
    return block


def read_args(block: Block, node: Tree) -> None:
    """`[out, kernel=3]`, or `- widths: [1, 2]` where a default holds commas."""
    file = block.file
    if not isinstance(node, List):
        file.fault(node, "value-type", "args is a list", expected="[channels, kernel_size=3]")
        block.unsound = True
        return
    for n in node.items:
        try:
            name, default = read_arg(file, n)
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            block.unsound = True
            continue
        problem = lower_case(name, "an argument's name")
        if problem is not None:
            file.faults.problem(file.source, n, problem)
            block.unsound = True
        elif name in block.arg_nodes:
            file.fault(n, "duplicate-name", f"two arguments are called '{name}'", found=name)
            block.unsound = True
        else:
            block.args.append((name, default))
            block.arg_nodes[name] = n.pairs[0][0] if isinstance(n, Map) else n


def read_arg(file: File, n: Tree) -> tuple[str, Code | None]:
    """One argument's name and default; raises Located."""
    if isinstance(n, Map) and len(n.pairs) == 1:
        return n.pairs[0][0].text, compile_value(n.pairs[0][1], loose=True)
    if not isinstance(n, Scalar):
        raise Located(n, Problem("value-type", "an argument is a name, or name=default", expected="[channels, kernel_size=3]"))
    name, has, text = (p.strip() for p in n.text.partition("="))
    if has and not text:
        raise Located(n, Problem("value-type", f"'{name}=' gives no default", expected=f"{name}=1, or {name}=null"))
    return name, compile_value(default_node(n, text), loose=True) if has else None


def default_node(n: Scalar, text: str) -> Scalar:
    """The default of `name=default` as a scalar of its own; quotes inside make it text."""
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return n.part(text[1:-1], text[0])
    return n.part(text)
