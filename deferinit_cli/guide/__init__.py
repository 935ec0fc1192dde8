"""The guide that ships with the package: one markdown file for each page, in this folder.

A page begins with a comment that says its place in the order, `<!-- order: 20 -->`, then its title and a paragraph whose first
sentence is what `deferinit guide` tells of it. Its name is that of its file. There is no list of pages to edit.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..problems import Diagnostic, Unusable
from ..spelling import suggest

FOLDER = Path(__file__).parent
_HEAD = re.compile(r"<!-- order: (\d+) -->\n# (.+)\n\n((?:.+\n)+)")


class Page:
    """One page: its name, its place in the order, its title, its first sentence, and its markdown without the comment."""

    __slots__ = ("about", "name", "order", "text", "title")

    def __init__(self, name: str, text: str) -> None:
        head = _HEAD.match(text)
        if head is None:
            raise ValueError(f"{name}.md does not begin with an order, a title and a paragraph")
        self.name = name
        self.order = int(head[1])
        self.title = head[2]
        self.about = re.split(r"(?<=[.])\s", " ".join(head[3].split()), maxsplit=1)[0]
        self.text = text.partition("\n")[2]


def pages() -> list[Page]:
    """Every page, in the order that the pages state."""
    return sorted((Page(p.stem, p.read_text("utf-8")) for p in FOLDER.glob("*.md")), key=lambda page: page.order)


def find(name: str) -> Page:
    """The page of that name; raises Unusable."""
    known = {page.name: page for page in pages()}
    page = known.get(name.lower().removesuffix(".md"))
    if page is None:
        near = suggest(name, known)
        raise Unusable([Diagnostic("unknown-page", f"the guide has no page '{name}'", found=name, expected=", ".join(known), help=near)])
    return page
