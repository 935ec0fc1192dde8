"""Reading a lock file: every line is checked, and what is wrong is told with its line."""

from __future__ import annotations

import errno
import json
import re
from typing import Any

from ..files import open_plain
from ..problems import Diagnostic, Rejected, Source, Span
from .lockfile import LANGUAGE, PLAIN, VERSION, Lock
from .sides import TOTALS, Port, Side, Tensor, Total
from .terms import Reader, read_term

MAX_BYTES = 1 << 26
STATES = ("trainable", "frozen", "buffer")
_DTYPE = re.compile(r"[a-z][a-z0-9_]{1,20}")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")


class _Parser:
    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.side = Side(name, "lock")
        self.sources: dict[str, str] = {}
        self.made_by = ""
        self.places: dict[tuple[str, str], Span] = {}
        self.seen: set[tuple[str, str]] = set()
        self.number = 0
        self.line = ""

    def wrong(self, rule: str, message: str, **more: str) -> Rejected:
        span = Span(self.source, max(1, self.number), 1, len(self.line) + 1)
        help = more.pop("help", "take it from version control again, or make it anew: deferinit lock --update")
        return Rejected([Diagnostic(rule, message, span, help=help, **more)])  # type: ignore[arg-type]

    def run(self) -> Lock:
        lines = self.source.text.split("\n")
        ended = version = False
        for self.number, raw in enumerate(lines, 1):
            self.line = raw.removesuffix("\r")
            if not self.line or self.line.startswith("#"):
                continue
            if self.line[:7] in ("<<<<<<<", "=======", ">>>>>>>"):
                raise self.wrong("lock-corrupt", "an unresolved merge stands in this lock", help="deferinit lock --update")
            if ended:
                raise self.wrong("lock-corrupt", "something follows the end of this lock")
            if not version:
                self.version()
                version = True
            elif self.line == "end":
                ended = True
            else:
                self.fact()
        if not ended:
            raise self.wrong(
                "lock-corrupt", "this lock is cut off: its last line should say 'end'" if version else "an empty lock"
            )
        for key in TOTALS:
            if key not in self.side.totals:
                raise self.wrong("lock-corrupt", f"this lock does not say the total of {key}")
        if not self.sources:
            raise self.wrong("lock-corrupt", "this lock does not say what it was made of")
        return Lock(self.side, self.source, self.sources, self.made_by, self.places)

    def version(self) -> None:
        word, _, rest = self.line.partition(" ")
        if word != "lock":
            raise self.wrong("lock-corrupt", "this is no lock file", found=self.line[:60], expected=f"lock {VERSION}")
        if rest != VERSION:
            raise self.wrong("lock-version", f"a lock of version {rest[:20]}; this deferinit reads version {VERSION}",
                             found=rest[:20], expected=VERSION)  # fmt: skip

    def fact(self) -> None:
        word, _, rest = self.line.partition(" ")
        reader = getattr(self, "read_" + word.replace("-", "_"), None) if word.isascii() else None
        if reader is None:
            raise self.wrong("lock-corrupt", f"no line of a lock starts with '{word[:20]}'", found=self.line[:60])
        try:
            reader(rest)
        except (ValueError, RecursionError) as e:
            raise self.wrong("lock-corrupt", f"this line is damaged: {e}", found=self.line[:100]) from None

    def name(self, rest: str) -> tuple[str, str]:
        """The first word, which may be a JSON string, and what follows it."""
        if rest.startswith('"'):
            value, end = json.JSONDecoder().raw_decode(rest)
            str(value).encode()  # half of a character is a ValueError
            name, rest = str(value), rest[end:]
        else:
            found = PLAIN.match(rest)
            if found is None:
                raise ValueError("a name is missing")
            name, rest = found.group(), rest[found.end() :]
        if rest and not rest.startswith(" "):
            raise ValueError(f"a name ends in {rest[:8]!r}")
        return name, rest[1:]

    def once(self, what: str, name: str) -> None:
        if (what, name) in self.seen:
            raise ValueError(f"{what} {name[:60]} is there twice")
        self.seen.add((what, name))

    def words(self, rest: str, at: int) -> list[str]:
        return rest[at:].split(" ")[1:] if rest[at : at + 1] == " " else []

    def shape(self, rest: str) -> tuple[Any, str, str]:
        """(shape, dtype, what follows)."""
        reader = Reader(rest)
        shape = reader.shape()
        after = rest[reader.at :]
        dtype, _, more = after[1:].partition(" ")
        if not after.startswith(" ") or not _DTYPE.fullmatch(dtype):
            raise ValueError("a shape and a dtype are expected")
        return shape, dtype, more

    def read_made_by(self, rest: str) -> None:
        self.once("made-by", "")
        self.made_by = rest

    def read_language(self, rest: str) -> None:
        self.once("language", "")
        if rest != LANGUAGE:
            raise self.wrong("lock-version", f"a lock of a spec in version {rest[:20]} of the language", expected=LANGUAGE)

    def read_source(self, rest: str) -> None:
        name, digest = self.name(rest)
        self.once("source", name)
        if not _HASH.fullmatch(digest):
            raise ValueError("a source has its sha256")
        self.sources[name] = digest

    def read_option(self, rest: str) -> None:
        option, _, more = rest.partition(" ")
        text, more = self.name(more)
        name, equals, value = text.partition("=")
        if more or option not in ("--input", "--set") or (option == "--set" and not (name and equals)):
            raise ValueError("an option is --input SHAPE or --set NAME=VALUE")
        self.once(option, text if option == "--input" else name)
        self.places[option, text] = self.here()
        if option == "--input":
            self.side.options.append(text)
        else:
            self.side.sets[name] = value

    def read_input(self, rest: str) -> None:
        self.port("input", rest, self.side.inputs)

    def read_output(self, rest: str) -> None:
        self.port("output", rest, self.side.outputs)

    def port(self, what: str, rest: str, ports: list[Port]) -> None:
        name, rest = self.name(rest)
        self.once(what, name)
        shape, dtype, more = self.shape(rest)
        if more:
            raise ValueError(f"{more[:20]!r} is left over")
        ports.append(Port(name, shape, dtype, self.here()))

    def read_parameter(self, rest: str) -> None:
        name, rest = self.name(rest)
        self.once("parameter", name)
        shape, dtype, more = self.shape(rest)
        state, _, more = more.partition(" ")
        tied = None
        if more.startswith("= "):
            tied, more = self.name(more[2:])
        if more or state not in STATES:
            raise ValueError(f"a parameter is {', '.join(STATES)}")
        self.side.tensors.append(Tensor(name, shape, dtype, state, tied, self.here()))

    def read_total(self, rest: str) -> None:
        key, _, shown = rest.partition(" ")
        if key not in TOTALS:
            raise ValueError(f"no total is called '{key[:20]}'")
        self.once("total", key)
        self.side.totals[key] = Total(read_term(shown), shown)

    def here(self) -> Span:
        return Span(self.source, self.number, 1, len(self.line) + 1)


def salvaged(text: str) -> tuple[list[str], dict[str, str]] | None:
    """The options that a damaged lock was made with; None where they cannot be told, for two may differ in a merge."""
    parser = _Parser(Source("", text), "")
    conflict = False
    for parser.number, raw in enumerate(text.split("\n"), 1):
        parser.line = raw.removesuffix("\r")
        conflict = parser.line.startswith("<<<<<<<") or (conflict and not parser.line.startswith(">>>>>>>"))
        if parser.line.startswith("option"):
            try:
                parser.fact()
            except Rejected:
                return None
            if conflict:
                return None
        elif parser.line.startswith("parameter"):  # options stand before them: none is cut off
            return parser.side.options, parser.side.sets
    return None


def parse_lock(text: str, name: str) -> Lock:
    """The lock that a text is; raises Rejected (`lock-corrupt`, `lock-version`) with the line that is wrong."""
    return _Parser(Source(name, text), name).run()


def read_lock(path: str) -> Lock:
    """The lock in a file; raises Rejected, FileNotFoundError where there is none."""
    return decode_lock(read_bytes(path), path)


def read_bytes(path: str) -> bytes:
    try:
        with open_plain(path) as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        if e.errno not in (errno.EISDIR, errno.EINVAL):
            raise
        raise Rejected(
            [Diagnostic("lock-corrupt", f"{path} is no plain file", help="a folder, pipe or device is in its place")]
        ) from None
    if len(raw) > MAX_BYTES:
        raise Rejected([Diagnostic("lock-corrupt", f"{path} is larger than any lock", expected=f"at most {MAX_BYTES:,} bytes")])
    return raw


def decode_lock(raw: bytes, name: str) -> Lock:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        raise Rejected([Diagnostic("lock-corrupt", f"line {line} is not UTF-8 text", Span(Source(name), line, 1))]) from None
    return parse_lock(text, name)
