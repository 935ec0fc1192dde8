"""The guide for reading: its list of pages, and a page of markdown laid out by rich, with colours or as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import TYPE_CHECKING, Any, Protocol

from . import table
from .tables import Table

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

WIDTH = 100
"""The widest that prose becomes, on a terminal too."""
STYLES = {"markdown.code": "cyan", "markdown.table.header": "bold", "markdown.table.border": "dim"}
"""What differs from rich's own styles: nothing has a background, so that pages are legible on light terminals too."""
ASCII = {**table.ASCII, ord("•"): "*", ord("−"): "-", ord("═"): "=", ord("▌"): "|", ord("━"): "-"}
_FENCE = re.compile(r"^(```.*?^```$)", re.M | re.S)
_COMMENT = re.compile(r"^<!--.*-->\n", re.M)
_CODE = re.compile(r"`([^`]+)`")
_STYLE = re.compile(r"\x1b\[[\d;]*m")
_TAIL = re.compile(r" +((?:\x1b\[[\d;]*m)*)$")
TAB = "\ue000"
"""What stands for a tab while rich lays out a page: of a private area of Unicode, and one column wide."""
_LINK = re.compile(r"\[([^]]+)\]\((?:([\w-]+)\.md)?(?:#[^)]*)?\)")


class Described(Protocol):
    """What a list of pages tells of each."""

    name: str
    title: str
    about: str


def listing(pages: Sequence[Described], options: dict[str, Any]) -> str:
    """A line for each page."""
    made = Table("guide", ["page", "about"], [[p.name, p.about] for p in pages])
    made.footer = ["deferinit guide PAGE shows one of them"]
    return table.draw(made, options) + "\n"


def page(text: str, options: dict[str, Any]) -> str:
    """A page of markdown, laid out."""
    from rich.console import Console
    from rich.theme import Theme

    ascii_only, color = bool(options.get("ascii")), bool(options.get("color"))
    text = prepared(text, color).translate(ASCII if ascii_only else {})
    out = StringIO()
    console = Console(file=out, width=min(options.get("width") or WIDTH, WIDTH), force_terminal=color, highlight=False,
                      color_system="standard" if color else None, legacy_windows=False, theme=Theme(STYLES), _environ={})  # fmt: skip
    console.print(markdown(text, color), crop=False)
    return "\n".join(tidy(out.getvalue().replace(TAB, "\t"))).translate(ASCII if ascii_only else {})


def prepared(text: str, color: bool) -> str:
    """A page for rich. Links to other pages become the commands that show them, and links within the page their words.

    Without colours, code within a sentence keeps its backticks. Comments go, and tabs of code are not made spaces.
    """

    def told(link: re.Match[str]) -> str:
        words, name = link.groups()
        return f"{words} (`deferinit guide {name}`)" if name else words

    parts = _FENCE.split(text)
    for k in range(0, len(parts), 2):
        prose = _LINK.sub(told, _COMMENT.sub("", parts[k]))
        parts[k] = prose if color else _CODE.sub(r"`` `\1` ``", prose)
    return "".join(parts).replace("\t", TAB)


def tidy(made: str) -> Iterator[str]:
    """Lines without spaces at their ends, and of several empty ones the first."""
    empty = True
    for line in made.split("\n"):
        line = _TAIL.sub(r"\1", line)
        if _STYLE.sub("", line):
            yield line
            empty = False
        elif not empty:
            yield ""
            empty = True


def markdown(text: str, color: bool) -> Any:
    """A page as rich lays it out, with headings at the left and code that is never folded."""
    from rich.markdown import CodeBlock, Heading, Markdown
    from rich.text import Text

    class Title(Heading):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield Text(self.text.plain, "bold")
            rule = {"h1": "═", "h2": "─"}.get(self.tag)
            if rule:
                yield Text(rule * min(len(self.text.plain), options.max_width), "bold")

    class Code(CodeBlock):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            code = coloured(str(self.text).rstrip(), self.lexer_name) if color else Text(str(self.text).rstrip())
            for line in code.split("\n", allow_blank=True):
                indented = Text("    ", no_wrap=True, overflow="ignore")
                yield indented.append_text(line) if line.plain else Text()

    class Page(Markdown):
        elements = {**Markdown.elements, "heading_open": Title, "fence": Code, "code_block": Code}

    return Page(text, hyperlinks=False, inline_code_theme=None, style="none")


def coloured(code: str, language: str) -> Any:
    """Code in colours; of commands and what they print, the commands."""
    from rich.syntax import Syntax
    from rich.text import Text

    if language != "console":
        made = Syntax("", language, theme="ansi_dark").highlight(code)
        made.rstrip()
        return made
    text = Text()
    for k, line in enumerate(code.split("\n")):
        text.append("\n" * (k > 0)).append(line, "bold green" if line.startswith(("$ ", "> ")) else "")
    return text
