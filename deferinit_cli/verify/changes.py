"""Which specs changed since a git revision: their own text, what they import, and their locks where those are asked for.

The bytes of that commit are compared with those of the files as they stand, so edits that are not committed count, and so
do files that the commit does not have. Line ends that a checkout has converted (LF to CR LF) are no difference; what other
filters make of a file is one. What lies outside of the repository cannot be compared, so it counts as changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from ..compare.lockreader import MAX_BYTES
from ..compare.repository import unusable
from ..compare.revisions import Entry, Revision, hash_of
from ..files import open_plain
from ..language.source.import_targets import files
from ..language.source.texts import read_file
from ..problems import Rejected


class Changes:
    """The difference between a revision and the work tree around the current folder; raises Unusable."""

    def __init__(self, revision: str) -> None:
        self.revision = Revision(revision)
        if self.revision.repository.top is None:
            raise unusable(revision, "this git repository has no work tree here to compare with")
        self.top = self.revision.repository.top
        self.known: dict[str, bool] = {}  # by path
        self.imports: dict[str, list[str] | None] = {}

    def changed(self, specs: Sequence[str], locked: bool = False) -> list[str]:
        """Those that changed, in order; `locked`: a changed lock changes its spec."""
        return [spec for spec in specs if self.has(spec, locked)]

    def has(self, spec: str, locked: bool) -> bool:
        if spec.startswith("zoo:"):
            return False  # they change with deferinit, not with the repository
        return spec == "-" or (locked and self.file(spec + ".lock")) or any(map(self.text, self.reached(spec)))

    def text(self, path: str) -> bool:
        """Whether a spec or import changed; one that cannot be read is not known to be the same."""
        return self.file(path) or self.targets(path) is None

    def reached(self, spec: str) -> Iterator[str]:
        """A spec and all that it imports, directly or through others."""
        seen, queue = {os.path.realpath(spec)}, [spec]
        while queue:
            path = queue.pop()
            yield path
            for target in self.targets(path) or ():
                imported = os.path.join(os.path.dirname(path), target)
                if (real := os.path.realpath(imported)) not in seen:
                    seen.add(real)
                    queue.append(imported)

    def targets(self, path: str) -> list[str] | None:
        """The files that a file imports, as it names them; None where it cannot be read."""
        if path not in self.imports:
            self.imports[path] = targets_of(path)
        return self.imports[path]

    def file(self, path: str) -> bool:
        """Whether a file, or a link of this repository on the way to it, differs from the revision."""
        if path not in self.known:
            at = (self.place(link) for link in links(os.path.abspath(path)))
            self.known[path] = self.differs(self.place(os.path.realpath(path)), path) or any(
                self.differs(place, path) for place in at if place is not None
            )
        return self.known[path]

    def place(self, path: str) -> str | None:
        """A real path from the top of the repository; None where it lies elsewhere."""
        place = os.path.relpath(path, self.top)
        return None if place.split(os.sep)[0] == os.pardir or os.path.isabs(place) else place.replace(os.sep, "/")

    def differs(self, place: str | None, path: str) -> bool:
        """Whether what stands at a place differs from what the revision has there."""
        if place is None:
            return os.path.lexists(path)
        entry = self.revision.entry(place)
        there = os.path.join(self.top, place)
        return os.path.lexists(there) if entry is None else not same(entry, there)


def same(entry: Entry, path: str) -> bool:
    """Whether a file or link is as the entry of a commit has it; one that cannot be read is not known to be."""
    try:
        if os.path.islink(path):
            return entry.is_link and hash_of(os.fsencode(os.readlink(path)), entry.object) == entry.object
        with open_plain(path) as f:
            content = f.read(MAX_BYTES + 1)
    except OSError:
        return False
    if not entry.is_file or len(content) > MAX_BYTES:
        return False
    return any(hash_of(c, entry.object) == entry.object for c in (content, content.replace(b"\r\n", b"\n")))


def links(path: str) -> Iterator[str]:
    """The links that an absolute path leads through, each in its real folder."""
    while os.path.dirname(path) != path:
        if os.path.islink(path):
            yield os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        path = os.path.dirname(path)


def targets_of(path: str) -> list[str] | None:
    if not os.path.lexists(path):
        return []  # whether it was there before is git's to say
    try:
        return files(read_file(path, path), path)
    except Rejected:
        return None
