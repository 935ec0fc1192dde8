"""A git repository, read such that nothing in it can run.

A repository's configuration names programs (`core.fsmonitor`, filters, `core.sshCommand`, hooks and more) and git runs
them even for commands that only read. So git never sees that configuration: each command runs in a temporary git directory
of its own, which holds links to the repository's references and objects and a configuration that is written here, out of
the few settings in `KEPT`. Git's own variables (`GIT_*`) and the user's and the system's configuration are left out too.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import NamedTuple

from ..files import open_plain
from ..problems import Diagnostic, Unusable

SECONDS = 60
"""How long one git command may take."""
MAX_OUTPUT = 1 << 26
"""How many bytes one git command may print."""
KEPT = re.compile(r"extensions\.(objectformat|refstorage)|branch\..+\.(remote|merge)|remote\..+\.fetch", re.S)
"""The settings that git needs to read the objects and to know `@{upstream}`; none of them names a program or an address."""
PSEUDO = ("ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD")


class Answer(NamedTuple):
    """What came of a git command."""

    code: int
    output: bytes
    errors: str


def unusable(name: str, message: str, help: str = "", found: str = "", expected: str = "") -> Unusable:
    return Unusable([Diagnostic("revision", message, help=help, found=found, expected=expected)])


class Repository:
    """The repository around a folder. `top` is the work tree's folder, None in a bare repository; raises Unusable."""

    def __init__(self, folder: str = ".") -> None:
        self.program = program()
        self.start = os.path.realpath(folder)
        self.top, self.folder = discovered(self.start)
        self.common = common_folder(self.folder)
        self.head = head(self.folder)
        self.settings = self.kept_settings()

    def prefix(self) -> str:
        """The current folder from the top of the repository, with `/` between and after its parts; empty at the top."""
        inside = os.path.relpath(self.start, self.top or self.start)
        return "" if inside == os.curdir else inside.replace(os.sep, "/") + "/"

    def shallow(self) -> bool:
        return os.path.exists(os.path.join(self.common, "shallow"))

    def run(self, *args: str) -> Answer:
        """What a git command prints; raises Unusable where git cannot be run, does not end, or prints without end."""
        with self.isolated(self.settings) as folder:
            return execute(self.program, args, folder, os.path.join(self.common, "objects"))

    def kept_settings(self) -> list[tuple[str, str]]:
        """The settings of `KEPT` in the repository's own configuration file, whatever that includes; raises Unusable."""
        path = os.path.join(self.common, "config")
        if not os.path.lexists(path):
            return []
        small_file(path)  # a pipe is not waited for
        read = ("config", "--file", path, "--no-includes", "--null", "--list")
        with self.isolated([]) as folder:
            answer = execute(self.program, read, folder, os.path.join(self.common, "objects"))
        if answer.code:
            raise unusable("git", "git cannot read the configuration of this repository", found=first_line(answer.errors))
        entries = [e.partition("\n") for e in os.fsdecode(answer.output).split("\0") if e]
        kept = [(key, value) for key, _, value in entries if KEPT.fullmatch(key)]
        storage = dict(kept).get("extensions.refstorage", "files").lower()
        if storage != "files" and self.folder != self.common:
            raise unusable("git", f"references in the format {storage} are not read in a linked work tree",
                           help="run it in the main work tree")  # fmt: skip
        return kept

    @contextmanager
    def isolated(self, settings: list[tuple[str, str]]) -> Iterator[str]:
        """A git directory with this repository's references and nothing else of it."""
        try:
            with tempfile.TemporaryDirectory(prefix="deferinit-git-", ignore_cleanup_errors=True) as folder:
                self.fill(Path(folder), settings)
                yield folder
        except OSError as e:
            raise unusable("git", f"git cannot be run: {e.strerror or e}") from None

    def fill(self, folder: Path, settings: list[tuple[str, str]]) -> None:
        (folder / "HEAD").write_bytes(self.head)
        (folder / "config").write_text(configuration(settings), "utf-8", "surrogateescape", newline="\n")
        (folder / "objects").mkdir()
        (folder / "logs").mkdir()
        for name in ("refs", "packed-refs", "shallow", "reftable", "logs/refs"):
            link(os.path.join(self.common, name), folder / name)
        for name in (*PSEUDO, "logs/HEAD"):
            link(os.path.join(self.folder, name), folder / name)
        (folder / "refs").mkdir(exist_ok=True)


def program() -> str:
    """The git of the user's `PATH`, never one of the current folder; raises Unusable where there is none."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise unusable("git", "a revision needs git, which is not installed")


def discovered(start: str) -> tuple[str | None, str]:
    """(the top of the work tree or None, the git directory) of the nearest repository around a folder; raises Unusable."""
    at = start
    while True:
        found = os.path.join(at, ".git")
        if os.path.isfile(found):
            text = small_file(found).decode("utf-8", "surrogateescape").rstrip("\r\n")
            if not text.startswith("gitdir: "):
                raise unusable("git", f"{found} is no git directory", found=text[:80], expected="gitdir: FOLDER")
            return at, os.path.realpath(os.path.join(at, text.removeprefix("gitdir: ")))
        if is_git_folder(found):
            return at, os.path.realpath(found)
        if is_git_folder(at):
            return None, at
        if os.path.dirname(at) == at:
            raise unusable("git", "git finds no repository around this folder, or may not read it", help="try: git status")
        at = os.path.dirname(at)


def is_git_folder(path: str) -> bool:
    """Whether a folder is a git directory, as git itself tells one."""
    parts = ("HEAD", "objects", "refs")
    return os.path.isdir(path) and all(os.path.lexists(os.path.join(path, part)) for part in parts)


def common_folder(folder: str) -> str:
    """The git directory that a linked work tree shares with the main one."""
    path = os.path.join(folder, "commondir")
    if not os.path.exists(path):
        return folder
    return os.path.realpath(os.path.join(folder, os.fsdecode(small_file(path)).rstrip("\r\n")))


def head(folder: str) -> bytes:
    """What HEAD holds; one that is a symbolic link is written out, as git itself reads it."""
    path = os.path.join(folder, "HEAD")
    if os.path.islink(path) and (target := os.readlink(path)).startswith("refs/"):
        return b"ref: " + os.fsencode(target) + b"\n"
    return small_file(path)


def small_file(path: str) -> bytes:
    """A file of git's that holds a line; raises Unusable."""
    try:
        with open_plain(path) as f:
            return f.read(1 << 16)
    except (OSError, ValueError) as e:
        raise unusable("git", f"cannot read {path}: {getattr(e, 'strerror', None) or e}") from None


def link(there: str, here: Path) -> None:
    """A link to a file or folder, or a copy where the system makes no links; nothing where there is none."""
    if not os.path.exists(there):
        return
    try:
        here.symlink_to(there, os.path.isdir(there))
    except (OSError, NotImplementedError):
        if os.path.isdir(there):
            shutil.copytree(there, here)
        else:
            shutil.copyfile(there, here)


def configuration(settings: list[tuple[str, str]]) -> str:
    """Settings as the text of a configuration file."""
    extensions = any(key.startswith("extensions.") for key, _ in settings)
    lines = ["[core]", "bare = true", f"repositoryformatversion = {int(extensions)}"]
    for key, value in settings:
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        lines.append(f"[{section} {quoted(name)}]" if name else f"[{section}]")
        lines.append(f"{variable} = {quoted(value)}")
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """A text as a value or a name of a section in a configuration file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def environment(folder: str, objects: str) -> dict[str, str]:
    """The user's environment without git's own variables, and with those that keep git to what it is given."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")}
    return kept | {
        "GIT_DIR": folder, "GIT_OBJECT_DIRECTORY": objects, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none",
        "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1", "HOME": folder,
        "XDG_CONFIG_HOME": folder, "LC_ALL": "C", "LANGUAGE": "C",
    }  # fmt: skip


def execute(program: str, args: tuple[str, ...], folder: str, objects: str) -> Answer:
    """One git command in a git directory of its own; raises Unusable, and OSError where it cannot be started."""
    with tempfile.TemporaryFile(dir=folder) as errors:
        try:
            process = subprocess.Popen(
                [program, *args], cwd=folder, env=environment(folder, objects), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=errors,
            )  # fmt: skip
        except ValueError as e:  # a NUL in an argument
            raise unusable("git", f"git cannot be run: {e}") from None
        output = ended(process, args[0])
        errors.seek(0)
        return Answer(process.returncode, output, errors.read(1 << 16).decode("utf-8", "replace"))


def ended(process: subprocess.Popen[bytes], command: str) -> bytes:
    """What a process prints until it ends; one that takes too long or prints too much is killed. Raises Unusable."""
    late: list[bool] = []

    def end() -> None:
        late.append(True)
        process.kill()

    timer = Timer(SECONDS, end)
    timer.daemon = True
    with process:
        assert process.stdout is not None
        timer.start()
        try:
            output = process.stdout.read(MAX_OUTPUT + 1)
            if len(output) <= MAX_OUTPUT:
                process.wait()
        finally:
            timer.cancel()
            process.kill()
    if late:
        raise unusable("git", f"git {command} did not end within {SECONDS} seconds")
    if len(output) > MAX_OUTPUT:
        raise unusable("git", f"git {command} prints more than {MAX_OUTPUT:,} bytes")
    return output


def first_line(text: str) -> str:
    """What git says first, without its prefix."""
    return re.sub(r"^(fatal|error|warning): ", "", text.strip().split("\n")[0])
