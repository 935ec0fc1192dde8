"""Specs as they stood at a git revision: `REV:path`, with their imports from the same revision."""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..graph import Network
from ..problems import Diagnostic, Problem, Rejected, Unusable
from ..spec import reader
from ..spec.load import Loader, load_text
from ..spec.texts import Text
from ..spec.tree import Scalar, span
from ..spec.values import Faults
from ..spelling import suggest

SECONDS = 60


def is_revision(text: str) -> bool:
    """Whether an argument names a revision: it holds a colon, and no such file is there."""
    rev, colon, path = text.partition(":")
    return bool(colon and rev and path) and not text.startswith("zoo:") and not os.path.exists(text)


class Revision:
    """A commit of the repository around the current folder. Objects are read as they are: no filters, no checkout."""

    __slots__ = ("commit", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        if name.startswith("-"):
            raise unusable(name, f"'{name}' is no revision")
        found = git("rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}")
        if found is None:
            if git("rev-parse", "--git-dir") is None:
                raise unusable(name, "git finds no repository around this folder, or may not read it", help="try: git status")
            raise unusable(name, f"git knows no revision '{name}'", help=other_revision())
        self.commit = found.decode().strip()

    def place(self, path: str) -> str:
        """A path from the top of the repository; `./x` and `../x` start at the current folder, as git has it."""
        if path.startswith(("./", "../")):
            prefix = (git("rev-parse", "--show-prefix") or b"").decode().rstrip("\n")
            path = posixpath.join(prefix, path)
        return posixpath.normpath(path)

    def read(self, place: str, limit: int) -> bytes:
        """A file's bytes; raises Unusable where there is no plain file of that size."""
        entry = git("ls-tree", "-z", "--full-tree", "-l", self.commit, "--", place)
        lines = [line for line in (entry or b"").split(b"\0") if line]
        if len(lines) != 1 or posixpath.normpath(lines[0].partition(b"\t")[2].decode(errors="replace")) != place:
            raise unusable(self.name, f"{self.name} has no file {place}", help=self.near(place))
        mode, kind, _, size = lines[0].partition(b"\t")[0].split()
        if kind != b"blob" or not mode.startswith(b"100"):
            what = "a symbolic link" if mode == b"120000" else "a folder" if kind == b"tree" else "no plain file"
            raise unusable(self.name, f"{self.name}:{place} is {what}")
        if int(size) > limit:
            raise unusable(self.name, f"{self.name}:{place} has {int(size):,} bytes", expected=f"at most {limit:,} bytes")
        content = git("cat-file", "blob", f"{self.commit}:{place}")
        if content is None:
            raise unusable(self.name, f"git does not give {self.name}:{place}")
        return content

    def near(self, place: str) -> str:
        """The file that was probably meant."""
        prefix = (git("rev-parse", "--show-prefix") or b"").decode().rstrip("\n")
        names = [n.decode(errors="replace") for n in (self.list() or b"").split(b"\0")]
        if prefix and prefix + place in names:
            return f"paths start at the top of the repository: {self.name}:./{place}"
        same_name = [n for n in names if posixpath.basename(n) == posixpath.basename(place)]
        return f"did you mean {self.name}:{same_name[0]}?" if len(same_name) == 1 else suggest(place, names[:5000])

    def list(self) -> bytes | None:
        return git("ls-tree", "-r", "-z", "--full-tree", "--name-only", self.commit)


def other_revision() -> str:
    """What may be wrong with a revision that is not known."""
    if git("rev-parse", "--is-shallow-repository") == b"true\n":
        return "this clone has not all of the history: git fetch --unshallow, or fetch-depth: 0 in actions/checkout"
    return "a branch, tag or commit that `git log --all` shows"


def unusable(name: str, message: str, **more: str) -> Unusable:
    return Unusable([Diagnostic("revision", message, **more)])  # type: ignore[arg-type]


def git(*args: str) -> bytes | None:
    """What git prints; None where it fails. Raises Unusable where there is no git."""
    env = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_LITERAL_PATHSPECS": "1",
    }
    try:
        done = subprocess.run(
            ["git", *args], capture_output=True, env=env, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise unusable("git", "a revision needs git, which is not installed") from None
    except (OSError, ValueError, subprocess.TimeoutExpired) as e:
        raise unusable("git", f"git cannot be run: {e}") from None
    return done.stdout if done.returncode == 0 else None


class RevisionLoader(Loader):
    """Imports come out of the same commit."""

    def __init__(self, faults: Faults, revision: Revision, top: str) -> None:
        super().__init__(faults, Path(top or "."))
        self.revision = revision
        self.top = top  # the root spec's folder, which imports stay in

    def load(self, importer: Any, target: Scalar) -> Any:
        text = target.text
        if text.startswith("zoo:") or self.folders.get(importer.source) is None or importer.source.name.startswith("zoo:"):
            return super().load(importer, target)
        try:
            place = self.inside(importer, text)
            if place in self.open:
                raise Problem("cyclic-import", f"'{text}' imports itself, directly or through others", found=text)
            if place in self.files:
                return self.files[place]
            self.open.append(place)
            try:
                self.files[place] = self.file(*located(self.revision, place))
                return self.files[place]
            finally:
                self.open.pop()
        except Problem as p:
            self.faults.problem(importer.source, target, p)
        except Unusable as e:
            d = e.diagnostics[0]
            self.faults.problem(importer.source, target, Problem("import-path", d.message, found=text, help=d.help))
        except Rejected as e:
            for d in e.diagnostics:
                d.span = d.span or span(importer.source, target)
                self.faults.add(d)
        return None

    def inside(self, importer: Any, text: str) -> str:
        if posixpath.isabs(text) or "://" in text:
            raise Problem("import-path", "imports are relative local files", found=text, expected="./blocks.yaml or zoo:NAME")
        folder = self.folders[importer.source]
        assert folder is not None  # `load` has seen to it
        place = posixpath.normpath(posixpath.join(folder.as_posix(), text))
        if place.startswith("..") or (self.top and not place.startswith(self.top + "/")):
            raise Problem("import-path", f"'{text}' leaves the folder of the spec", found=text,
                          help="imports stay in the folder tree of the root spec")  # fmt: skip
        return place


def load_revision(text: str, sets: Mapping[str, str]) -> Network:
    """The network of `REV:path`; raises Rejected with all that is wrong, Unusable where it cannot be had."""
    name, _, path = text.partition(":")
    revision = Revision(name)
    place = revision.place(path)
    loader = RevisionLoader(Faults(), revision, posixpath.dirname(place))
    loader.open.append(place)
    return load_text(located(revision, place), sets=sets, loader=loader)


def located(revision: Revision, place: str) -> Text:
    """A file's text, how it is shown, its title and its folder; raises Unusable, Rejected."""
    shown = f"{revision.name}:{place}"
    content = reader.decode(revision.read(place, reader.MAX_BYTES), shown)
    return content, shown, posixpath.splitext(posixpath.basename(place))[0], Path(posixpath.dirname(place))


def read_revision(text: str, limit: int) -> bytes:
    """The bytes of `REV:path`; raises Unusable."""
    name, _, path = text.partition(":")
    revision = Revision(name)
    return revision.read(revision.place(path), limit)
