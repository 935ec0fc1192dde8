"""The documentation as data: README and the pages of the guide, with the files, commands and Python sessions that they show.

`<!-- file: NAME -->` before a fence of YAML: the file NAME, which the page's commands may name. `<!-- snippet: NAME -->` before
any fence: a file for another tool. A fence of `console`: commands and what they print, run in order in one folder that holds
`specs/` and the page's files. A fence of `python`: a session. Any other fence of `yaml` is a spec that passes `check`.
"""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from .cli import deferinit

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "deferinit_cli" / "guide"
FENCE = re.compile(r"^(?:<!-- (\w+): (\S+) -->\n)?```(\w*)\n(.*?)^```$", re.M | re.S)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.M)


class Document:
    """A file of markdown and its fences."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path.relative_to(ROOT))
        self.text = path.read_text("utf-8")
        self.fences = [m.groups() for m in FENCE.finditer(self.text)]
        self.files = {name: text for mark, name, _, text in self.fences if mark == "file"}
        self.snippets = {name: text for mark, name, _, text in self.fences if mark == "snippet"}
        self.specs = [text for mark, _, language, text in self.fences if language == "yaml" and mark is None]
        self.examples = [c.groups() for c in COMMAND.finditer("".join(self.fenced("console")))]
        self.session = "\n".join(self.fenced("python"))

    def fenced(self, language: str) -> list[str]:
        return [text for _, _, found, text in self.fences if found == language]

    def prepare(self, folder: Path) -> None:
        """What the examples may name, in a folder."""
        shutil.copytree(ROOT / "specs", folder / "specs")
        for name, text in self.files.items():
            (folder / name).write_text(text, "utf-8")

    def run(self, folder: Path) -> list[str]:
        """What each command prints in the folder, one after the other; `echo $?` prints the last exit code."""
        printed, code = [], 0
        for command, _ in self.examples:
            words = shlex.split(command)
            if words == ["echo", "$?"]:
                printed.append(f"{code}\n")
            elif words[0] == "cat":
                printed.append((folder / words[1]).read_text("utf-8"))
            else:
                assert words[0] == "deferinit", command
                result = deferinit(*words[1:], cwd=folder)
                printed.append(result.stdout + result.stderr)
                code = result.returncode
        return printed

    def update(self, printed: list[str]) -> None:
        """Write what the commands printed into the file."""
        left = iter(printed)

        def renewed(fence: re.Match[str]) -> str:
            if fence[3] != "console":
                return fence[0]
            return f"```console\n{COMMAND.sub(lambda c: f'$ {c[1]}' + chr(10) + next(left), fence[4])}```"

        self.path.write_text(FENCE.sub(renewed, self.text), "utf-8")


README = Document(ROOT / "README.md")
PAGES = [Document(path) for path in sorted(GUIDE.glob("*.md"))]
DOCUMENTS = [README, *PAGES]
SNIPPETS = {name: text for document in DOCUMENTS for name, text in document.snippets.items()}
