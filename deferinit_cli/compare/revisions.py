"""Specs as they stood at a git revision: `REV:path`, with their imports from the same revision."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..graph import Network
from ..language.expressions.values import Faults
from ..language.load import Loader, load_text
from ..language.source import reader
from ..language.source.texts import Text
from ..language.source.tree import Scalar, span
from ..problems import Problem, Rejected, Unusable
from ..spelling import suggest
from .repository import Answer, Repository, first_line, unusable


def is_revision(text: str) -> bool:
    """Whether an argument names a revision: it holds a colon, and no such file is there."""
    rev, colon, path = text.partition(":")
    return bool(colon and rev and path) and not text.startswith("zoo:") and not os.path.exists(text)


class Entry(NamedTuple):
    """What a folder of a commit holds under a name: its mode as git writes it, and the object."""

    mode: str
    object: str

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")

    @property
    def is_link(self) -> bool:
        return self.mode == "120000"

    @property
    def is_folder(self) -> bool:
        return self.mode == "040000"


class Revision:
    """A commit of the repository around the current folder; its objects are read as they are. Raises Unusable."""

    __slots__ = ("commit", "folders", "name", "repository")

    def __init__(self, name: str) -> None:
        self.name = name
        if name.startswith("-") or "\0" in name:
            raise unusable(name, f"'{name}' is no revision")
        self.repository = Repository()
        self.commit = self.resolved()
        self.folders: dict[str, dict[str, Entry]] = {}  # by object

    def resolved(self) -> str:
        """The commit's hash."""
        answer = self.repository.run("rev-parse", "--verify", "--end-of-options", self.name + "^{commit}")
        if "ambiguous" in answer.errors:
            raise unusable(self.name, f"'{self.name}' is ambiguous: it names several things in this repository",
                           help="name it in full: refs/heads/…, refs/tags/…, or more digits of the hash")  # fmt: skip
        found = answer.output.decode("ascii", "replace").strip()
        if answer.code or not found:
            raise unusable(self.name, f"git knows no revision '{self.name}'", found=damage(answer), help=self.other())
        return found

    def other(self) -> str:
        """What may be wrong with a revision that is not known."""
        if self.repository.shallow():
            return "this clone has not all of the history: git fetch --unshallow, or fetch-depth: 0 in actions/checkout"
        if self.repository.run("rev-parse", "--verify", "--quiet", "HEAD").code:
            return "HEAD names no commit: the branch has none yet, or the repository is damaged"
        return "a branch, tag or commit that `git log --all` shows"

    def place(self, path: str) -> str:
        """A path from the top of the repository; `./x` and `../x` start at the current folder, as git has it."""
        if path.startswith(("./", "../")):
            path = posixpath.join(self.repository.prefix(), path)
        return posixpath.normpath(path)

    def entry(self, place: str) -> Entry | None:
        """What the commit has at a place, without following links; None where there is nothing."""
        at: Entry | None = Entry("040000", self.commit + "^{tree}")
        for name in place.split("/"):
            at = self.folder(at.object).get(name) if at is not None and at.is_folder else None
        return at

    def folder(self, name: str) -> dict[str, Entry]:
        """What one folder holds, by name."""
        if name not in self.folders:
            listing = self.object(name, "ls-tree", "-z", "--full-tree", name)
            rows = (row.partition("\t") for row in os.fsdecode(listing).split("\0") if row)
            self.folders[name] = {title: Entry(words[:6], words.split(" ")[2]) for words, _, title in rows}
        return self.folders[name]

    def object(self, name: str, *command: str) -> bytes:
        """What a git command prints of an object; raises Unusable where the object is missing or damaged."""
        answer = self.repository.run(*command)
        if answer.code:
            raise self.missing(name, damage(answer))
        return answer.output

    def missing(self, name: str, found: str = "") -> Unusable:
        return unusable(self.name, f"git cannot read the object {name} of {self.name}: it is missing or damaged", found=found,
                        help="git fsck says more; a partial clone has not all objects: git fetch --refetch")  # fmt: skip

    def read(self, place: str, limit: int) -> bytes:
        """A file's bytes; raises Unusable where there is no plain file of that size."""
        entry = self.entry(place)
        if entry is None:
            raise unusable(self.name, f"{self.name} has no file {place}", help=self.near(place))
        if not entry.is_file:
            what = "a symbolic link" if entry.is_link else "a folder" if entry.is_folder else "no plain file"
            raise unusable(self.name, f"{self.name}:{place} is {what}")
        size = int(self.object(entry.object, "cat-file", "-s", entry.object))
        if size > limit:
            raise unusable(self.name, f"{self.name}:{place} has {size:,} bytes", expected=f"at most {limit:,} bytes")
        content = self.object(entry.object, "cat-file", "blob", entry.object)
        if hash_of(content, entry.object) != entry.object:
            raise self.missing(entry.object)
        return content

    def near(self, place: str) -> str:
        """The file that was probably meant."""
        prefix = self.repository.prefix()
        if prefix and self.entry(prefix + place) is not None:
            return f"paths start at the top of the repository: {self.name}:./{place}"
        try:
            listing = self.repository.run("ls-tree", "-r", "-z", "--name-only", self.commit).output
        except Unusable:  # far too many files
            return ""
        names = os.fsdecode(listing).split("\0")
        same_name = [n for n in names if posixpath.basename(n) == posixpath.basename(place)]
        return f"did you mean {self.name}:{same_name[0]}?" if len(same_name) == 1 else suggest(place, names[:5000])


def damage(answer: Answer) -> str:
    """What git says of an object that it cannot read; empty where it says that there is none of that name."""
    said = first_line(answer.errors)
    return "" if "Needed a single revision" in said else said


def hash_of(content: bytes, like: str) -> str:
    """The object name that git gives a file's content, of the kind (SHA-1 or SHA-256) that another one is of."""
    made = hashlib.new("sha256" if len(like) == 64 else "sha1", usedforsecurity=False)
    made.update(b"blob %d\0" % len(content))
    made.update(content)
    return made.hexdigest()


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
