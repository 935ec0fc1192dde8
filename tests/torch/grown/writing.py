"""The text of a network: its files, blocks and inputs, and where an item is written."""

from __future__ import annotations

from typing import Any

from .lines import NOBODY, Line, initializer, list_lines, mapping, reference, scalar, under
from .model import MAIN, REQUIRED, Block, File, Net, Port, Ref


class Text:
    """The files of a network as text; `lines_of` finds an item's field again."""

    def __init__(self, net: Net) -> None:
        self.files: dict[str, list[Line]] = {path: file_lines(file) for path, file in net.files.items()}

    def __getitem__(self, path: str) -> str:
        return "".join(line + "\n" for line, _ in self.files[path])

    @property
    def main(self) -> str:
        return self[MAIN]

    def lines_of(self, uid: int, *fields: str) -> set[tuple[str, int]]:
        """(file, line) of the fields, or of all that is said of an item."""
        return {
            (path, k + 1)
            for path, lines in self.files.items()
            for k, (_, owners) in enumerate(lines)
            if any(u == uid and (not fields or f in fields) for u, f in owners)
        }

    def __str__(self) -> str:
        parts = [self[path] if path == MAIN else f"# {path}\n{self[path]}" for path in reversed(self.files)]
        return "---\n".join(parts)


def port(p: Port) -> str:
    dims = None if p.dims is None else "[" + ", ".join(scalar(d, True) for d in p.dims) + "]"
    if p.dtype is None:
        return dims or "null"
    return "{" + (f"shape: {dims}, " if dims else "") + f"dtype: {p.dtype}}}"


def ports(inputs: dict[str, Port]) -> str:
    if all(p.dims is None and p.dtype is None for p in inputs.values()):
        return "[" + ", ".join(inputs) + "]"
    return "{" + ", ".join(f"{name}: {port(p)}" for name, p in inputs.items()) + "}"


def outputs(found: list[tuple[str | None, Ref]]) -> str:
    if found[0][0] is None:
        return "[" + ", ".join(reference(r) for _, r in found) + "]"
    return "{" + ", ".join(f"{label}: {reference(r)}" for label, r in found) + "}"


def argument(name: str, default: Any) -> str:
    if default is REQUIRED:
        return name
    shown = scalar(default, False, loose=True)
    return f"{{{name}: {scalar(default, True, loose=True)}}}" if "," in shown or '"' in shown else f"{name}={shown}"


def block_lines(name: str, block: Block) -> list[Line]:
    owner = frozenset({(block.uid, "head")})
    out: list[Line] = [(f"{name}:", owner)]
    if block.args:
        out.append((f"  args: [{', '.join(argument(*a) for a in block.args)}]", frozenset({(block.uid, "args")})))
    if block.inputs is not None:
        out.append((f"  inputs: {ports(block.inputs)}", frozenset({(block.uid, "inputs")})))
    out += [("  layers:", owner), *under(list_lines(block.layers))]
    if block.outputs is not None:
        out.append((f"  outputs: {outputs(block.outputs)}", frozenset({(block.uid, "outputs")})))
    return out


def file_lines(file: File) -> list[Line]:
    out: list[Line] = []
    if file.dtype != "float32":
        out.append((f"dtype: {file.dtype}", NOBODY))
    if file.vars:
        out += [("vars:", NOBODY), *((f"  {k}: {scalar(v, False, loose=True)}", NOBODY) for k, v in file.vars.items())]
    if file.imports:
        out.append(("import:", NOBODY))
        for ns, (path, sets) in file.imports.items():
            out.append((f"  {ns}: ./{path}" if not sets else f"  {ns}: {{file: ./{path}, set: {mapping(sets, True)}}}", NOBODY))
    if file.inputs is not None:
        out.append((f"inputs: {ports(file.inputs)}", NOBODY))
    if file.defaults:
        calls = {*file.blocks, *file.imports, *(kind for kind in file.defaults if "." in kind)}
        out += [("defaults:", NOBODY), *((f"  {k}: {mapping(v, k in calls)}", NOBODY) for k, v in file.defaults.items())]
    if file.blocks:
        out.append(("blocks:", NOBODY))
        for name, block in file.blocks.items():
            out += under(block_lines(name, block))
    if file.layers:
        out += [("layers:", NOBODY), *list_lines(file.layers)]
    if file.outputs is not None:
        out.append((f"outputs: {outputs(file.outputs)}", NOBODY))
    if file.params:
        out += [("params:", NOBODY), *((f"  '{glob}': {modifier_map(said)}", NOBODY) for glob, said in file.params)]
    return out


def modifier_map(said: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{k}: {initializer(v) if k == 'init' else scalar(v, True)}" for k, v in said.items()) + "}"
