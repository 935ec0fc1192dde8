"""README's examples are run, and print what README shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .cli import deferinit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")

EXAMPLES = [
    (command, output)
    for block in re.findall(r"^```console\n(.*?)^```$", README, re.M | re.S)
    for command, output in re.findall(r"^\$ (.*?)\n(.*?)(?=^\$ |\Z)", block, re.M | re.S)
]


FILES: dict[str, str] = dict(re.findall(r"^<!-- file: (\S+) -->\n```yaml\n(.*?)^```$", README, re.M | re.S))
"""Specs that examples name, as README shows them."""


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 2


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[c for c, _ in EXAMPLES])
def test_example(command: str, output: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    assert words[0] == "deferinit"
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    result = deferinit(*words[1:], cwd=tmp_path if FILES.keys() & words else ROOT)
    assert result.stdout + result.stderr == output


def test_the_spec_shown_is_the_one_shipped() -> None:
    shown = re.search(r"^```yaml\n(.*?)^```$", README, re.M | re.S)
    assert shown is not None
    assert shown.group(1) in (ROOT / "specs" / "mlp.yaml").read_text("utf-8")


def test_the_network_of_the_language_chapter_passes_its_checks(tmp_path: Path) -> None:
    (text,) = (t for t in re.findall(r"^```yaml\n(.*?)^```$", README, re.M | re.S) if "\nchecks:" in t)
    (tmp_path / "net.yaml").write_text(text)
    result = deferinit("check", "net.yaml", "--strict", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, "ok   net.yaml (3 checks, strict)\n5 passed, 0 failed, in 1 spec\n")


def test_the_language_chapter_names_every_key_modifier_and_function() -> None:
    from deferinit_cli.layers import registry
    from deferinit_cli.spec import checks, file, modifiers, operations

    chapter = README[README.index("## Writing networks") : README.index("## Speed")]
    said = set(re.findall(r"[a-z_0-9]+", chapter))
    structural = {name for name, cls in registry.kinds().items() if cls.structural}
    functions = set(operations.FUNCTIONS)
    assert {*file.TOP, *modifiers.MODIFIERS, *checks.KEYS, *structural, *functions} - said == set()


def test_the_story_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    import doctest

    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"^```python\n(.*?)^```$", README, re.M | re.S)
    text = "\n".join(blocks)
    test = doctest.DocTestParser().get_doctest(text, {}, "README", "README.md", 0)
    assert len(test.examples) >= 14
    runner = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL * 0)
    assert runner.run(test).failed == 0
