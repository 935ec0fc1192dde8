"""Which specs changed since a git revision: their own text, what they import, and their locks where those are asked for.

Compared are that commit and the files as they stand: edits that are not committed, and files that git does not track,
count. What lies outside of the repository cannot be compared, so it counts as changed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from ..compare.revisions import Revision, git, unusable
from ..problems import Rejected
from ..spec.imports import files
from ..spec.texts import read_file


class Changes:
    """The difference between a revision and the work tree around the current folder; raises Unusable."""

    def __init__(self, revision: str) -> None:
        found = Revision(revision)
        top = git("rev-parse", "--show-toplevel")
        if top is None:
            raise unusable(revision, "this git repository has no work tree here to compare with")
        self.top = os.path.realpath(os.fsdecode(top.rstrip(b"\n")))
        self.tracked = names(found.list(), revision)
        plain = ("--name-only", "--no-renames", "--no-relative", "--no-ext-diff", "-z")
        self.differing = names(git("diff", *plain, found.commit, "--"), revision)
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
        return place in self.differing or (place not in self.tracked and os.path.lexists(path))


def names(listing: bytes | None, revision: str) -> frozenset[str]:
    if listing is None:
        raise unusable(revision, f"git cannot compare '{revision}' with the files here")
    return frozenset(os.fsdecode(name) for name in listing.split(b"\0") if name)


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
