"""The documentation: every example of README and of the guide is run and prints what is shown, and nothing is left out.

`pytest tests/test_readme.py --update-golden` writes what the commands print into the pages; the diff is read.
"""

from __future__ import annotations

import doctest
import json
import re
from pathlib import Path

import click
import pytest

from deferinit_cli import cli
from deferinit_cli.guide import pages

from .cli import deferinit
from .snippets import DOCUMENTS, FENCE, GUIDE, PAGES, README, ROOT, Document

ALL = pytest.mark.parametrize("document", DOCUMENTS, ids=[d.path.stem for d in DOCUMENTS])


def page(name: str) -> Document:
    return next(d for d in PAGES if d.path.stem == name)


# ---- the examples


@ALL
def test_commands_print_what_is_shown(document: Document, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    document.prepare(tmp_path)
    printed = document.run(tmp_path)
    if request.config.getoption("--update-golden"):
        document.update(printed)
        return
    for (command, shown), found in zip(document.examples, printed, strict=True):
        assert f"$ {command}\n{found}" == f"$ {command}\n{shown}"


@ALL
def test_sessions_in_python_print_what_is_shown(document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(document.session, {}, document.path.stem, document.name, 0)
    assert len(test.examples) >= document.session.count(">>> ")
    assert doctest.DocTestRunner().run(test).failed == 0


@ALL
def test_networks_that_are_shown_pass_their_checks(document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    for k, text in enumerate(document.specs):
        Path(f"spec{k}.yaml").write_text(text, "utf-8")
        assert cli.run(["check", f"spec{k}.yaml"]) == 0, text


@ALL
def test_every_fence_is_run_by_some_test(document: Document) -> None:
    setup = re.findall(r"^```\n(pip install .*)\n```$", README.text, re.M)
    for mark, name, language, text in document.fences:
        known = language in ("console", "python", "yaml") or mark in ("file", "snippet") or text.strip() in setup
        assert known, f"{document.name}: nothing runs\n{text}"
        assert mark != "file" or language == "yaml", name
    fenced = re.findall(r"^```", document.text, re.M)
    assert len(fenced) == 2 * len(document.fences), "a fence that is not closed, or a comment that is no mark"


def test_there_are_examples() -> None:
    assert len(README.examples) >= 6
    assert sum(len(d.examples) for d in PAGES) >= 40
    assert sum(d.session.count(">>> ") for d in PAGES) >= 30


def test_the_first_spec_is_the_one_shipped() -> None:
    assert README.specs[0] in (ROOT / "specs" / "mlp.yaml").read_text("utf-8")
    assert page("tour").files["mlp.yaml"] == README.specs[0]


# ---- what must be documented


def test_readme_is_short() -> None:
    assert len(README.text.encode()) <= 8_000


def test_readme_links_to_every_page_in_the_order_of_the_guide() -> None:
    chapter = README.text[README.text.index("## The guide") : README.text.index("## Testing")]
    assert re.findall(r"\]\(deferinit_cli/guide/(\w+)\.md\)", chapter) == [p.name for p in pages()]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@ALL
def test_links_lead_somewhere(document: Document) -> None:
    for words, target in re.findall(r"\[([^]]+)\]\(([^)]+)\)", FENCE.sub("", document.text)):
        path, _, anchor = target.partition("#")
        file = document.path.parent / path if path else document.path
        assert file.is_file(), f"[{words}]({target})"
        assert document is README or file.parent == GUIDE, f"{target} is not in the package"
        assert not anchor or anchor in anchors(file.read_text("utf-8")), f"[{words}]({target})"


@ALL
def test_pages_of_the_guide_that_are_named_exist(document: Document) -> None:
    named = set(re.findall(r"deferinit guide (\w+)", document.text)) - {"languages"}
    assert named <= {p.name for p in pages()} | {"lists", "PAGE"}


def coded(text: str) -> set[str]:
    """The words that a page sets as code outside its fences."""
    return {word for code in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)) for word in re.findall(r"[\w-]+", code)}


def chapters(text: str) -> dict[str, str]:
    """What stands under each heading of the second level."""
    parts = re.split(r"^## (.+)\n", FENCE.sub("", text), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", cli.deferinit.list_commands(click.Context(cli.deferinit)))
def test_every_command_is_described_with_its_options(name: str) -> None:
    found = page("commands")
    shared = {"--input", "--set", "--format", "--width", "--ascii", "--color", "--no-color", "--help"}
    assert shared <= set(re.findall(r"--[\w-]+", chapters(found.text)["What all commands share"])) | {"--help"}
    command = cli.deferinit.get_command(click.Context(cli.deferinit), name)
    assert command is not None and f"| [{name}](#{name}) |" in found.text
    options = {o for p in command.params if isinstance(p, click.Option) for o in [*p.opts, *p.secondary_opts]}
    inherited = {"init": {"--unfold"}}.get(name, set())
    said = set(re.findall(r"--?[a-z][\w-]*", chapters(found.text)[name]))
    missing = {o for o in options - shared - inherited if o not in said}
    assert missing <= {"--output", "--jobs", "-j"} and ("--output" not in missing or "-o" in said), missing
    assert any(c.startswith(f"deferinit {name} ") or c == f"deferinit {name}" for c, _ in found.examples), "an example"


DOCUMENTS_OF = {
    "show": ["show", "zoo:mlp"], "init": ["init", "zoo:mlp", "--input", "2x20"], "run": ["run", "zoo:mlp", "--input", "2x20"],
    "check": ["check", "zoo:mlp"], "diff": ["diff", "zoo:mlp", "zoo:lenet"], "contract": ["contract", "zoo:unet"],
    "why": ["why", "zoo:lenet", "fc1.weight[1]", "--input", "2x1x32x32"], "layers": ["layers", "relu"], "zoo": ["zoo"],
    "solve": ["solve", "zoo:lenet", "--where", "fc1.weight=120x400"],
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS_OF)
def test_every_key_of_a_json_document_is_described(name: str) -> None:
    document = json.loads(deferinit(*DOCUMENTS_OF[name], "--format", "json").stdout)
    said = coded(page("commands").text)
    assert document.keys() - said == set()
    for key in ("contract", "solutions", "checks", "parameters", "results", "totals", "why"):
        rows = document.get(key) or {}
        row = rows[0] if isinstance(rows, list) else rows
        assert row.keys() - said == set(), key


def test_the_page_on_the_language_names_every_word_of_it() -> None:
    from deferinit_cli.initializers import known
    from deferinit_cli.language.builder import checks
    from deferinit_cli.language.compile import blocks, file, modifiers
    from deferinit_cli.language.expressions import operations
    from deferinit_cli.layers.core import registry

    told = chapters(page("language").text)
    structural = {name for name, cls in registry.kinds().items() if cls.structural}
    for heading, words in {
        "Top-level keys": {*file.TOP, *file.DTYPES},
        "Modifiers": {*modifiers.MODIFIERS},
        "Containers": structural,
        "Values and expressions": {*operations.FUNCTIONS},
        "Blocks": {*blocks.KEYS},
        "Checks": {*checks.KEYS},
        "Initialisers and parameters": {*known()},
    }.items():
        assert words - coded(told[heading]) == set(), heading


def test_the_page_on_python_names_every_public_name() -> None:
    import deferinit_cli
    from deferinit_cli import api

    public = {n for cls in (api.Model, api.Parameters, api.Tensor) for c in cls.__mro__ if c.__module__.startswith("deferinit_cli")
              for n in vars(c) if n[0] != "_"}  # fmt: skip
    assert {"resolve", "contract", "as_in", "data"} <= public
    assert {*deferinit_cli.__all__, *public} - coded(page("python").text) == set()
