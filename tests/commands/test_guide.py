"""`deferinit guide`: pages in the order that they state, shown for reading, with their code as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO

import pytest

from deferinit_cli import cli
from deferinit_cli.guide import FOLDER, Page, find, pages
from deferinit_cli.problems import Unusable
from tests.cli import deferinit

NAMES = [page.name for page in pages()]
STYLE = re.compile(r"\x1b\[[\d;]*m")
EACH = pytest.mark.parametrize("name", NAMES)


def guide(*args: str) -> str:
    """What `deferinit guide` prints off a terminal, in this process."""
    out = StringIO()
    with redirect_stdout(out):
        assert cli.run(["guide", *args]) == 0
    return out.getvalue()


def code(text: str) -> list[str]:
    """The lines of a page's fences that hold something."""
    return [line for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S) for line in block.splitlines() if line.strip()]


def test_a_line_a_page_in_their_order() -> None:
    lines = guide("--width", "80").splitlines()
    assert [line.split()[0] for line in lines[2:-2]] == NAMES
    assert NAMES[:2] == ["tour", "language"]
    assert len({page.order for page in pages()}) == len(NAMES) == len(list(FOLDER.glob("*.md")))
    for page, line in zip(pages(), lines[2:-2], strict=True):
        assert line.endswith(page.about) and page.about.endswith(".") and len(page.about) > 20


@EACH
def test_the_markdown_as_it_is(name: str) -> None:
    file = (FOLDER / f"{name}.md").read_text("utf-8")
    assert file.startswith("<!-- order: ") and file.split("\n", 1)[1] == guide(name, "--raw")


@EACH
def test_a_page_as_plain_text(name: str) -> None:
    told = guide(name)
    lines, left = told.splitlines(), iter(told.splitlines())
    assert not STYLE.search(told) and "```" not in told and "<!--" not in told and "](" not in told
    for line in code(find(name).text):  # in order, never folded, tabs still tabs
        assert f"    {line.rstrip()}" in left, line
    for heading in re.findall(r"^##? (.+)$", re.sub(r"^```.*?^```$", "", find(name).text, flags=re.M | re.S), re.M):
        assert set(lines[lines.index(heading) + 1]) <= set("═─"), heading
    assert told.endswith("\n") and "\n\n\n" not in told and not re.search(r" $", told, re.M)


@EACH
def test_width_and_ascii(name: str) -> None:
    told = guide(name, "--width", "60", "--ascii")
    assert told.isascii()
    assert all(len(line) <= 60 for line in told.splitlines() if not line.startswith("    "))


@EACH
def test_colours_change_no_word(name: str) -> None:
    told = guide(name, "--color")
    assert "\x1b[1m" in told and not re.search(r"\x1b\[[\d;]*4\dm", told), "no background: terminals may be light"
    plain = guide(name, "--no-color")
    assert re.sub(r"[\s`─═]", "", STYLE.sub("", told)) == re.sub(r"[\s`─═]", "", plain)


def test_links_are_the_commands_that_show_them() -> None:
    told = guide("ci")
    assert "Writing networks (`deferinit guide language`)" in re.sub(r"\s+", " ", told)
    assert "See Imports." in guide("language")


@pytest.mark.parametrize(("args", "said"), [
    (["languages"], "did you mean 'language'?"), (["../guide/language"], "[unknown-page]"), (["--raw"], "name it"),
])  # fmt: skip
def test_what_is_no_page(args: list[str], said: str) -> None:
    result = deferinit("guide", *args)
    assert (result.returncode, result.stdout) == (2, "") and said in result.stderr


def test_pages_begin_with_their_order_and_what_they_are() -> None:
    page = Page("x", "<!-- order: 5 -->\n# Title\n\nOne sentence over\ntwo lines. Another.\n\nText\n")
    assert (page.order, page.title, page.about) == (5, "Title", "One sentence over two lines.")
    with pytest.raises(ValueError, match=r"x\.md does not begin with an order"):
        Page("x", "# Title\n\nText.\n")
    with pytest.raises(Unusable, match="the guide has no page"):
        find("x")


def test_the_list_needs_no_rich() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "deferinit_cli", "guide"]
    told = subprocess.run(command, cwd=FOLDER.parent.parent, capture_output=True, text=True, check=True).stderr
    assert "deferinit_cli.guide" in told
    assert not re.search(r"\| +(rich|numpy)$", told, re.M)
