"""Names that a format would act on: each stands in every place of every command and format, and nothing comes of it."""

from __future__ import annotations

import csv
import json
import re
from contextlib import chdir, redirect_stderr, redirect_stdout
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from markdown_it import MarkdownIt
from safetensors.numpy import save_file

from deferinit_cli import load
from deferinit_cli.cli import run
from deferinit_cli.views import markdown

from .processes import Ran

NAMES = [
    "![p](http://evil.example/p.png)", "[text](javascript:alert)", "@team", "@org/team", "#1", "owner/repo#1", "GH-1", "www.evil.example",
    "http://evil.example", "mailto:a@evil.example", "a@evil.example", "<img src=x onerror=alert>", "<!-- -->", "<http://evil.example>", "&lt;b&gt;",
    "a|b", "`code`", "``a`b", "`", "*bold*", "__bold__", "~~struck~~", "$x$", "\\", "\\[a](b)", "# heading", "> quoted", "- item", "1. item",
    "=cmd|' /C calc'!A0", "+1+1", "-1+1|x", "@SUM(A1)", "\t=1", "::error::told", "  ::add-mask::x", "##[error]told", "%0A::error::told",
    "a\n::error::told", "a\r\n\n# heading", "\x1b[2J", "\u202e\u2066x", "]]>", '"><script>alert(1)</script>', "' onx='", "</details>", "```\n@team",
]  # fmt: skip
"""Links, mentions, references, HTML, tables, formulas of spreadsheets, commands of CI systems and of terminals."""


def quoted(text: str) -> str:
    return json.dumps(text)  # YAML reads JSON's escapes


def asked(*args: str, cwd: Path) -> Ran:
    out, err = StringIO(), StringIO()
    with chdir(cwd), redirect_stdout(out), redirect_stderr(err):
        code = run(list(args))
    assert "internal" not in err.getvalue() and "Traceback" not in err.getvalue(), (args, err.getvalue())
    return Ran(code, out.getvalue(), err.getvalue())


# ---- what each format's readers must not see


def plain(text: str) -> None:
    """A terminal, a log and GitHub Actions take nothing in it for a command."""
    assert not {c for c in text if not c.isprintable() and c not in "\n\t"}, text
    assert not re.search(r"^\s*::", text, re.M) and "##[" not in text, text


def inert(text: str) -> None:
    """Markdown: no link, image, HTML or code block; and what hosts look for in text stands in code only."""
    plain_characters(text)
    own = text.replace("<details><summary>", "").replace("</summary>", "").replace("\n</details>\n", "\n")
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(own)
    for token in tokens:
        assert token.type not in ("html_block", "fence", "code_block", "blockquote_open", "heading_open", "ordered_list_open"), text
        for child in token.children or ():
            assert child.type not in ("link_open", "image", "html_inline", "em_open", "s_open"), (child, text)
            if child.type == "text":
                assert not re.search(r"@\w|#\d|gh-\d|://|www\.|\$\w", child.content, re.I), (child, text)


def plain_characters(text: str) -> None:
    assert not {c for c in text if not c.isprintable() and c != "\n"}, text


def no_formulas(text: str) -> None:
    for row in csv.reader(StringIO(text)):
        for cell in row:
            assert not re.match(r"[=+@\t]|-(?![\d.x; -]*$)", cell), row


class Tags(HTMLParser):
    """The names of all elements and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {tag, *(name for name, _ in attrs)}

    def handle_comment(self, data: str) -> None:
        self.found.add("comment")


def annotations(text: str) -> None:
    """Each line of the `github` format is a command of ours, or the count."""
    *lines, last = text.rstrip("\n").split("\n")
    plain_characters(text.replace("\t", ""))
    plain(last)
    assert all(re.match(r"::(error|warning) [^:]*::", line) for line in lines), text


FORMATS = {"table": plain, "text": plain, "json": json.loads, "markdown": inert, "csv": no_formulas, "junit": ElementTree.fromstring,
           "sarif": json.loads, "github": annotations}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_nothing_comes_of_a_name(folder: Path, name: str) -> None:
    """In a spec's name, doc, text variable and checks, as a tensor's name and as a file's."""
    file = f"{name.replace('/', '∕')}.yaml"
    text = f"name: {quoted(name)}\ndoc: {quoted(name)}\nvars: {{t: {quoted('t ' + name)}, n: 3}}\ninputs: {{x: [N, 8]}}\nlayers:\n- dense h: n\n"
    (folder / "fine.yaml").write_text(text + f"checks:\n- {{input: 2x8, params: 27, doc: {quoted(name)}}}\n", "utf-8")
    (folder / "other.yaml").write_text(text.replace("n: 3", "n: 4"), "utf-8")
    wrong = f"layers:\n- reshape: {quoted(name)}\n- {{dense: 3, activation: {quoted(name)}}}"
    (folder / file).write_text(text.replace("layers:", wrong), "utf-8")
    printable = name if name.isprintable() and "/" not in name else name.encode("ascii", "backslashreplace").decode().replace("\n", "n")
    tensors = {f"{printable}.weight".replace("\r", "r").replace("\x1b", "e").replace("\t", "t"): np.zeros((3, 8), np.float32)}
    save_file(tensors, str(folder / "w.safetensors"))
    for form in ("table", "csv", "markdown"):
        told(folder, form, "show", "fine.yaml", "--layers")
        told(folder, form, "show", "fine.yaml", "--input", "2x9")
        told(folder, form, "init", "fine.yaml", "--input", "2x8")
    for form in ("table", "json", "markdown"):
        told(folder, form, "diff", "fine.yaml", "w.safetensors")
        told(folder, form, "diff", f"./{file}", "other.yaml")
        told(folder, form, "show", f"./{file}")
    for form in ("table", "markdown"):
        told(folder, form, "diff", "fine.yaml", "other.yaml")
        told(folder, form, "diff", f"{name}:x", file)
        told(folder, form, "contract", "fine.yaml")
        told(folder, form, "why", "fine.yaml", "h.weight")
    for form in ("text", "json", "junit", "sarif", "github"):
        told(folder, form, "check", ".", "--strict", "--locked", "--set", "n=3,4")
    for args in (["solve", "fine.yaml", "--weights", "w.safetensors"], ["layers", name],
                 ["run", "fine.yaml", "--input", "2x8", "--weights", "w.safetensors"],
                 ["init", "fine.yaml", "--input", "2x8", "-o", f"{file}.npz"], ["solve", "fine.yaml", "--input", "2x8", "-o", f"{file}.out"],
                 ["solve", "fine.yaml", "--where", f"{name}=3"], ["lock", "."], ["lock", ".", "--set", "n=5"],
                 ["lock", ".", "--update", "--set", "n=5"],
                 ["zoo", name], ["show", f"zoo:{name}"], ["show", "fine.yaml", f"--format={name}"], ["run", "fine.yaml", "--data", file],
                 ["check", ".", f"--changed-since={name}"], ["show", "fine.yaml", "--set", f"{name}=1"], [name]):  # fmt: skip
        ran = asked(*args, cwd=folder)
        plain(ran.out + ran.err)
    tags = Tags()
    tags.feed(load(folder / "fine.yaml")._repr_html_())
    assert tags.found <= {"div", "table", "thead", "tbody", "tr", "td", "th", "style"}, tags.found


def told(folder: Path, form: str, *args: str) -> None:
    ran = asked(*args, "--format", form, cwd=folder)
    plain(ran.err)
    if ran.out:
        FORMATS[form](ran.out)


def test_texts_read_as_they_are() -> None:
    """Whoever reads a comment sees the name that stands there, but for what cannot be shown."""
    reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for name in NAMES:
        shown = "".join(c.content for t in reader.parse(markdown.escaped(name)) for c in t.children or ())
        expected = "".join(c if c.isprintable() else "" for c in name).strip()
        kept = re.sub(r"\\u[0-9a-f]{4}|\\\|", lambda m: "|" if m.group() == "\\|" else "", shown)
        assert kept.strip() == expected, (name, shown)
