"""`deferinit zoo`: the list of networks, and specs that start a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deferinit_cli.language.load import load
from deferinit_cli.language.source.zoo import about, standalone, zoo_names, zoo_path
from deferinit_cli.verify import verify
from tests.cli import deferinit


def test_a_line_a_network() -> None:
    lines = deferinit("zoo").stdout.splitlines()
    assert [line.split()[0] for line in lines[2:]] == zoo_names()
    resnet = next(line for line in lines if line.startswith("resnet"))
    assert "25,557,032" in resnet and "4,089,184,256" in resnet and "depth=50 (18|34|50|101|152) classes=1000" in resnet
    assert "widen" not in resnet, "what is computed from other variables is not for setting"
    efficientnet = next(line for line in lines if line.startswith("efficientnet"))
    assert efficientnet.endswith("variant=0 (0…7) classes=1000 widths=[…] depths=[…] dropouts=[…]")


def test_the_list_as_json_and_markdown(tmp_path: Path) -> None:
    document = json.loads(deferinit("zoo", "--format", "json").stdout)
    assert (document["schema"], document["command"]) == (1, "zoo")
    vgg = next(n for n in document["networks"] if n["name"] == "vgg")
    assert vgg == {
        "name": "vgg", "about": "VGG-11 to VGG-19 (Simonyan & Zisserman, 2014): stacks of 3 x 3 convolutions.",
        "variables": {"depth": 16, "batch_norm": False, "width": 64, "hidden": 4096, "classes": 1000},
        "allowed": {"depth": {"one_of": [11, 13, 16, 19]}}, "input": {"image": [1, 3, 224, 224]},
        "parameters": 138357544, "macs": 15470264320,
    }  # fmt: skip
    result = deferinit("zoo", "--format", f"markdown={tmp_path / 'zoo.md'}", "--width", "80", "--ascii")
    assert (result.returncode, result.stderr) == (0, "")
    rows = (tmp_path / "zoo.md").read_text().splitlines()
    assert rows[0] == "| network | parameters | macs | about | variables |"
    assert len(rows) == 2 + len(document["networks"])


@pytest.mark.parametrize("name", zoo_names())
def test_every_first_sentence_fits_a_table(name: str) -> None:
    said = about(zoo_path(name).read_text())
    assert 10 < len(said) <= 80 and said.endswith(".")


@pytest.mark.parametrize("name", zoo_names())
def test_a_printed_spec_works_in_an_empty_folder(name: str, tmp_path: Path) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(standalone(zoo_path(name).read_text()))
    assert [d for o in verify(str(path)) for d in o.problems] == []
    assert [p.name for p in load(str(path)).parameters] == [p.name for p in load(f"zoo:{name}").parameters]


def test_printing_changes_nothing_but_imports(tmp_path: Path) -> None:
    printed = deferinit("zoo", "gemma").stdout
    own = zoo_path("gemma").read_text()
    changed = [(a, b) for a, b in zip(own.splitlines(), printed.splitlines(), strict=True) if a != b]
    assert changed == [("    file: ./blocks/decoder.yaml", "    file: zoo:blocks/decoder")]
    (tmp_path / "my.yaml").write_text(printed)
    assert deferinit("check", cwd=tmp_path).returncode == 0
    assert deferinit("zoo", "zoo:resnet").stdout == zoo_path("resnet").read_text()


def test_imports_are_found_where_they_stand() -> None:
    text = "import: {a: ./blocks/x.yaml, b: {set: {file: 1}, file: './y.yaml'}, c: zoo:mlp}  # ./z.yaml\nlayers: [a.b]\n"
    assert standalone(text) == text.replace("./blocks/x.yaml", "zoo:blocks/x").replace("'./y.yaml'", "zoo:y")


def test_what_zoo_cannot_do() -> None:
    for args, words in ((("rsnet",), "did you mean 'resnet'?"), (("resnet", "--format", "json"), "--format is for the list"),
                        (("--format", "xml"), "no format is called 'xml'")):  # fmt: skip
        result = deferinit("zoo", *args)
        assert result.returncode == 2 and words in result.stderr and not result.stdout
