"""The inputs that a network or block names, with what it says of their shapes and dtypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...spelling import suggest
from ..expressions.values import Code, Located, compile_value
from ..source.tree import List, Map, Scalar, Tree
from .items import INPUT_NAME

if TYPE_CHECKING:
    from .file import File


class Port:
    """An input of a network or block: `dims` None where its shape is not said, `dtype` a text or what computes one."""

    __slots__ = ("dims", "dtype", "key", "nodes")

    def __init__(self, key: Scalar | None, dims: list[Code] | None, nodes: list[Tree], dtype: Code | None) -> None:
        self.key = key
        self.dims = dims
        self.nodes = nodes
        self.dtype = dtype


def only() -> dict[str, Port]:
    """The ports of what names none: one input, of which nothing is said."""
    return {"input": Port(None, None, [], None)}


def read_ports(file: File, node: Tree) -> dict[str, Port]:
    if isinstance(node, Scalar) and node.empty:
        file.fault(node, "value-type", "inputs names nothing", expected="{x: [N, 3]}, or [x, skip]",
                   help="leave the key out for one input called input; {} is for none")  # fmt: skip
        return only()
    if isinstance(node, Scalar):
        file.fault(node, "value-type", "inputs is a mapping or a list of names", expected="{x: [N, 3]}, or [x, skip]")
        return only()
    out: dict[str, Port] = {}
    for key, value in node.pairs if isinstance(node, Map) else [(n, None) for n in node.items]:
        if not isinstance(key, Scalar) or not INPUT_NAME.fullmatch(key.text) or key.text == "prev":
            shown = f"'{key.text}'" if isinstance(key, Scalar) else "what is no text"
            file.fault(key, "name-format", f"{shown} cannot be an input's name", expected="letters, digits and _; not prev")
            file.faults.lost = True
        elif key.text in out:
            file.fault(key, "duplicate-name", f"two inputs are called '{key.text}'", found=key.text)
        else:
            out[key.text] = Port(key, None, [], None) if value is None else read_port(file, key, value)
    return out if out or not (node.pairs if isinstance(node, Map) else node.items) else only()


def read_port(file: File, key: Scalar, value: Tree) -> Port:
    shape, dtype = value, None
    if isinstance(value, Map):
        shape = key.part("")
        for k, v in value.pairs:
            if k.text == "shape":
                shape = v
            elif k.text == "dtype":
                try:
                    dtype = file.dtype_code(v)
                except Located as e:
                    file.faults.problem(file.source, e.node, e.problem)
            else:
                file.fault(k, "unknown-key", f"an input has no '{k.text}'", found=k.text, expected="shape, dtype",
                           help=suggest(k.text, ["shape", "dtype"]))  # fmt: skip
    if isinstance(shape, Scalar) and shape.empty:
        return Port(key, None, [], dtype)
    if not isinstance(shape, List):
        file.fault(shape, "value-type", f"the shape of {key.text} is a list of dims", expected="[N, 3, H, W]")
        return Port(key, None, [], dtype)
    dims = []
    for n in shape.items:
        try:
            dims.append(compile_value(n))
        except Located as e:
            file.faults.problem(file.source, e.node, e.problem)
            return Port(key, None, [], dtype)
    return Port(key, dims, shape.items, dtype)
