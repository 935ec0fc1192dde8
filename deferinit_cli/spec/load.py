"""From a spec's name, text or mapping to a network."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from ..collector import Held
from ..files import open_plain
from ..graph import Input, Network
from ..problems import Diagnostic, Problem, Rejected, Source, Span, TooMany, Unusable
from ..shapes.dims import REST, UNKNOWN
from ..spelling import suggest
from . import reader
from .build import MAX_REPEAT, Builder
from .context import KINDS, Context, kept
from .context import variables as file_variables
from .counting import MOST, Counter
from .file import File, dtype_in
from .layers import Layers
from .nodes import MAX_INSTANCES
from .parameters import apply_globs, idle_globs, resolve_ties, unique
from .scope import Entry, Names
from .static import cyclic, names
from .tree import At, Scalar, span
from .values import Faults, Located, compile_value
from .zoo import zoo_folder, zoo_path

MAX_IMPORTS = 32  # how deep
MAX_FILES = 500

BACKEND = "c"
"""Which of PyYAML's parsers reads; tests run both."""


def read_file(path: str, shown: str) -> str:
    """A spec's text; only a plain file of modest size is opened. Raises Unusable, or Rejected for what is in it."""
    try:
        with open_plain(path) as f:
            size = os.fstat(f.fileno()).st_size
            if size > reader.MAX_BYTES:
                raise Rejected([Diagnostic("file-too-large", f"a spec of {size} bytes", Span(Source(shown), 1, 1),
                                           expected=f"at most {reader.MAX_BYTES} bytes")])  # fmt: skip
            raw = f.read(reader.MAX_BYTES + 1)
    except (OSError, ValueError) as e:
        reason = getattr(e, "strerror", None) or str(e)
        if reason.startswith("it is "):
            raise Unusable([Diagnostic("unreadable", f"{shown} {reason.removeprefix('it ')}", help="name a spec file")]) from None
        raise Unusable([Diagnostic("unreadable", f"cannot read {shown}: {reason}")]) from None
    return reader.decode(raw, shown)


class Loader:
    """Reads files and what they import, each once."""

    def __init__(self, faults: Faults, root: Path | None) -> None:
        self.faults = faults
        self.root = root  # the folder tree that relative imports must stay in
        self.open: list[str] = []
        self.sources: list[Source] = []
        self.files: dict[str, File] = {}  # by path
        self.layers = Layers()

    def file(self, text: str, shown: str, title: str, folder: Path | None) -> File:
        source, tree = reader.read(text, shown, BACKEND)
        self.sources.append(source)
        self.folders = {**getattr(self, "folders", {}), source: folder}
        file = File(source, tree, self.faults, title, self)
        file.declare()
        return file

    def load(self, importer: File, target: Scalar) -> File | None:
        """An imported file; None (and a fault) where it cannot be had."""
        try:
            path, shown, folder = self.find(importer, target)
            key = str(path.resolve())
            if key in self.open:
                raise Problem("cyclic-import", f"'{target.text}' imports itself, directly or through others", found=target.text)
            if len(self.open) > MAX_IMPORTS:
                raise Problem("too-deep", f"imports in imports, {len(self.open)} deep", expected=f"at most {MAX_IMPORTS}")
            if len(self.files) >= MAX_FILES:
                raise Problem("too-many-imports", f"more than {MAX_FILES} imported files")
            if key in self.files:
                return self.files[key]
            self.open.append(key)
            try:
                self.files[key] = self.file(read_file(str(path), shown), shown, path.stem, folder)
                return self.files[key]
            finally:
                self.open.pop()
        except Problem as p:
            self.faults.problem(importer.source, target, p)
        except TooMany:
            raise
        except Rejected as e:
            for d in e.diagnostics:
                d.span = d.span or span(importer.source, target)
                self.faults.add(d)
        return None

    def find(self, importer: File, target: Scalar) -> tuple[Path, str, Path | None]:
        text = target.text
        if text.startswith("zoo:"):
            try:
                path = zoo_path(text[4:])
            except Unusable as e:
                d = e.diagnostics[0]
                raise Problem("unknown-network", d.message, found=text, help=d.help) from None
            return path, text, path.parent
        folder = self.folders.get(importer.source)
        if folder is None or self.root is None:
            raise Problem(
                "import-path", "a spec that is not a file cannot import files", found=text, help="zoo:NAME works anywhere"
            )
        if os.path.isabs(text) or "://" in text:
            raise Problem("import-path", "imports are relative local files", found=text, expected="./blocks.yaml or zoo:NAME")
        path = folder / text
        zoo, home = zoo_folder().resolve(), folder.resolve()
        top = zoo if zoo in (home, *home.parents) else self.root.resolve()
        try:
            if top not in path.resolve().parents:
                raise Problem("import-path", f"'{text}' leaves the folder of the spec", found=text,
                              help="imports stay in the folder tree of the root spec")  # fmt: skip
            there = path.exists()
        except (OSError, ValueError, RuntimeError) as e:  # a name too long or with a NUL; a circle of links
            raise Problem("import-path", f"'{text}' is no file: {getattr(e, 'strerror', None) or 'its links lead in a circle'}",
                          found=text) from None  # fmt: skip
        if not there:
            raise Problem("import-path", f"there is no file '{text}'", found=text, help=near_file(folder, text))
        return path, os.path.normpath(os.path.join(os.path.dirname(importer.source.name), text)), path.parent


def near_file(folder: Path, text: str) -> str:
    """The file that was probably meant."""
    try:
        known = [p.name for p in islice(folder.glob("*.yaml"), 1000)]
    except OSError:
        return ""
    return f"did you mean '{text}.yaml'?" if f"{text}.yaml" in known else suggest(text.removeprefix("./"), known)


def load(spec: Any, *, sets: Mapping[str, str] | None = None, name: str | None = None) -> Network:
    """The network of a spec: a path, `-`, `zoo:NAME`, YAML text (it has a newline), or a mapping.

    Raises Rejected with all that is wrong, Unusable when it cannot be read.
    """
    return load_text(locate(spec), sets=sets, name=name)


Text = tuple[str, str, str, "Path | None"]
"""The text of a spec, how it is shown, its default name and its folder."""


def load_text(
    located: Text,
    *,
    sets: Mapping[str, str] | None = None,
    name: str | None = None,
    strict: bool = False,
    loader: Loader | None = None,
) -> Network:
    """The network of a text that `locate` has read; `strict` also looks for what is never used (`Network.lints`).

    `loader` finds the imports where they are no files below the spec's folder. Raises Rejected; Unusable where only the
    `sets` are wrong.
    """
    with Held():
        return _load(located, dict(sets or {}), name, strict, loader)


def _load(located: Text, sets: dict[str, str], name: str | None, strict: bool, given: Loader | None) -> Network:
    text, shown, title, folder = located
    loader = given or Loader(Faults(), folder)
    faults = loader.faults
    if folder is not None and given is None:
        loader.open.append(str(Path(shown).resolve()))
    try:
        network = built(loader.file(text, shown, name or title, folder), loader, sets, strict)
    except TooMany as e:
        raise TooMany(in_order(e.diagnostics[:-1], loader)) from None
    if faults.found:
        options  = all(d.span is not None and d.span.source.name == "--set" for d in faults.found)
        raise (Unusable if options else Rejected)(in_order(faults.found, loader))
    return network


def built(file: File, loader: Loader, sets: dict[str, str], strict: bool) -> Network:
    """The network of a file, with all that is wrong told to the loader's faults."""
    files = (file, *loader.files.values())
    if sum(map(cyclic, files)):
        return Network(file.title, file.source)
    network = build(file, loader.faults, sets, loader)
    for each in files:
        names(each)
    if strict and not loader.faults.found:
        from .unused import unused

        network.lints = unused(file)
    return network


def in_order(found: list[Diagnostic], loader: Loader) -> list[Diagnostic]:
    order = {source.name: k for k, source in enumerate(loader.sources)}
    return sorted(found, key=lambda d: place_order(d, order))


def place_order(d: Diagnostic, order: Mapping[str, int]) -> tuple[int, int, int]:
    """Diagnostics are told in the order of the text: file by file, line by line."""
    if d.span is None:
        return -1, 0, 0
    return order.get(d.span.source.name, -1), d.span.line, d.span.column


def locate(spec: Any) -> Text:
    """What a spec's name stands for; reads it. Raises Unusable."""
    if isinstance(spec, Mapping):
        from .mapping import text_of

        return text_of(spec), "<mapping>", "network", None
    spec = os.fspath(spec)
    if "\n" in spec or "\r" in spec:
        return spec, "<text>", "network", None
    if spec == "-":
        return reader.decode(standard_input(), "<stdin>"), "<stdin>", "network", Path.cwd()
    if spec.startswith("zoo:"):
        path = zoo_path(spec[4:])
        return read_file(str(path), spec), spec, path.stem, path.parent
    return read_file(spec, spec), spec, Path(spec).stem, Path(spec).parent


def standard_input() -> bytes:
    """What stands on standard input, as far as a spec may reach; raises Unusable."""
    if sys.stdin is None:
        raise Unusable([Diagnostic("unreadable", "standard input is closed")])
    try:
        return sys.stdin.buffer.read(reader.MAX_BYTES + 1)
    except OSError as e:
        raise Unusable([Diagnostic("unreadable", f"cannot read standard input: {e.strerror or e}")]) from None


def build(file: File, faults: Faults, sets: dict[str, str], loader: Loader) -> Network:
    """Instantiate the root file."""
    network = Network(file.title, file.source)
    network.doc, network.sources = file.doc, loader.sources
    values = file_variables(file, chosen(file, sets, faults), faults, 0)
    builder = Builder(network, faults, loader.layers)
    if values is None or file.unsound or too_large(file):
        return network
    network.variables = dict(values.names)
    network.derived = frozenset(name for name, (_, code) in file.vars.items() if not code.fixed)
    ctx = Context(file, values, Names(None), "", None)
    network.dtype = ctx.dtype = builder.dtype(file, ctx)
    ports: dict[str, tuple[int, ...] | None] = {}
    for port_name, port in file.ports.items():
        ports[port_name] = (enter(network, builder, ctx, port_name, port),)
    entry = Entry(None)
    ports_file = file.ports
    file.ports = {}  # declared dims are the inputs' own, not assertions on them
    out = builder.body(file, ctx, ports, entry)
    file.ports = ports_file
    finish(network, file, builder, ctx, out)
    return network


def too_large(file: File) -> bool:
    """Whether more is asked for than is built; told, before any of it is."""
    found = Counter(MAX_REPEAT).passing(file.items, MAX_INSTANCES)
    if found is not None:
        item, count = found
        much = "" if count < MOST else "far more than "
        file.fault(item.head, "too-many-layers", f"{much}{min(count, MOST):,} layers, containers and block calls",
                   expected=f"at most {MAX_INSTANCES:,}")  # fmt: skip
    return found is not None


def enter(network: Network, builder: Builder, ctx: Context, name: str, port: Any) -> int:
    """One input of the network."""
    value = len(network.makers)
    dims = builder.dims(ctx, port.dims) if port.dims is not None else None
    source = ctx.file.source
    place = span(source, port.key) if port.key is not None else None
    spans = tuple(span(source, n) for n in port.nodes)
    dtype = None
    try:
        dtype = dtype_in(port.dtype, ctx.values) if port.dtype is not None else None
    except Located as e:
        builder.located(ctx, e)
    entry = Input(name, dims, dtype, value, place, spans)
    network.inputs.append(entry)
    network.makers.append(entry)
    network.named[name] = value
    return value


def finish(network: Network, file: File, builder: Builder, ctx: Context, out: tuple[int, ...] | None) -> None:
    """Outputs, globs, ties and checks, once all layers stand."""
    if file.outputs is not None:
        outputs(network, file, builder, ctx, ctx.flow)
    else:
        network.outputs = [(network.value_name(v), v) for v in out or ()]
    if not network.outputs and not builder.faults.found:
        builder.fault(ctx, file.layers or file.key, "no-output", "nothing comes out of the network",
                      help="its last layer yields no value, or every layer is removed")  # fmt: skip
    if not builder.too_many:
        builder.unheard()
    apply_globs(builder, file, ctx, network.parameters)
    resolve_ties(builder)
    idle_globs(builder)
    unique(builder)
    if file.checks is not None:
        from .checks import read_checks

        network.checks = read_checks(file, ctx, builder)


def outputs(network: Network, file: File, builder: Builder, ctx: Context, out: tuple[int, ...] | None) -> None:
    """The outputs that a file names; `out` is what its last layer yields."""
    seen = set()
    for label, ref in file.outputs or ():
        values = builder.reference(ref, ctx, out) or ()
        for k, v in enumerate(values):
            if label or ref.text != "prev":
                shown = f"{label or ref.text}.{k}" if len(values) > 1 else label or ref.text
            else:
                shown = network.value_name(v)
            if shown in seen:
                builder.fault(ctx, ref.node, "duplicate-name", f"two outputs are called '{shown}'", found=shown,
                              help="give one of them a label: outputs: {label: reference}")  # fmt: skip
            seen.add(shown)
            network.outputs.append((shown, v))


def chosen(file: File, sets: dict[str, str], faults: Faults) -> dict[str, Any]:
    """The values of `--set`, each of its variable's own type."""
    out: dict[str, Any] = {}
    for name, text in sets.items():
        source = Source("--set", f"{name}={text}")
        node = Scalar(text, None, At(0, len(name) + 1), At(0, len(name) + 1 + len(text)))
        if name not in file.vars:
            faults.add(Diagnostic("unknown-variable", f"no variable '{name}'", Span(source, 1, 1, len(name) + 1), found=name,
                                  expected=", ".join(file.vars) or "this spec has no vars", help=suggest(name, file.vars)))  # fmt: skip
            continue
        try:
            out[name] = typed(file, name, node)
        except Located as e:
            faults.problem(source, node, e.problem)
    return out


def typed(file: File, name: str, node: Scalar) -> Any:
    """A value given from outside: it keeps the type of the variable's default (int to float is fine)."""
    code = file.vars[name][1]
    default = code.value
    if not code.fixed:  # of the type that it would be computed as
        values = file_variables(file, {}, Faults(), None)
        default = values.names[name] if values is not None else None
    if isinstance(default, str):
        return node.text
    value: Any
    if node.text.startswith("["):
        from .expressions import evaluate, parse

        try:
            value = evaluate(parse(node.text), EMPTY)
        except Problem as p:
            raise Located(node, p) from None
    else:
        value = compile_value(node).get(EMPTY)
    if default is None or type(default) not in KINDS:
        return value
    if type(value) not in KINDS:
        value = None  # `_` and the like are no values of a kind
    if type(default) is int and not code.fixed and type(value) is float:
        return value  # what divides or rounds may come to either
    return kept(name, default, value, node, node.text)


class _Empty:
    def has_variable(self, name: str) -> bool:
        return False

    def variable(self, name: str) -> Any:
        raise Problem("value-type", f"'{name}' is not a value", found=name, expected="a number, true, false or a list")

    def symbol(self, name: str) -> Any:
        raise Problem("value-type", f"'{name}' is not a value", found=name, expected="a number, true, false or a list")


EMPTY = _Empty()

__all__ = ["REST", "UNKNOWN", "load"]
