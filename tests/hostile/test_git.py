"""Repositories from strangers: no program that one of them names is ever run, and damage to one is told by name.

Each way of running a program is first tried with git itself, which runs it, so that the marker would be seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from deferinit_cli.cli import run
from deferinit_cli.compare import repository as module
from deferinit_cli.compare.repository import Repository
from deferinit_cli.compare.revisions import Revision
from deferinit_cli.problems import Unusable

from .processes import Ran

SPEC = "layers:\n- dense: 3\n"


def git(folder: Path, *args: str, check: bool = True, **env: str) -> subprocess.CompletedProcess[bytes]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    return subprocess.run(["git", *who, *args], cwd=folder, check=check, capture_output=True, stdin=subprocess.DEVNULL, timeout=30,
                          env={**clean, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, **env})  # fmt: skip


def command(*args: str, cwd: Path, env: dict[str, str] | None = None) -> Ran:
    """`deferinit ARGS` within this process: it is asked often."""
    out, err = StringIO(), StringIO()
    with chdir(cwd), patch.dict(os.environ, env or {}), redirect_stdout(out), redirect_stderr(err):
        code = run(list(args))
    ran = Ran(code, out.getvalue(), err.getvalue())
    assert "internal" not in ran.err, ran
    return ran


class Planted(NamedTuple):
    """A repository, a program that leaves a mark, and the mark."""

    folder: Path
    program: str
    mark: Path


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    """Two specs are committed; one has been changed, and touched both."""
    folder, mark, program = tmp_path / "repository", tmp_path / "mark", tmp_path / "program"
    folder.mkdir()
    program.write_text(f"#!/bin/sh\necho run >> {mark}\nexit 1\n")
    program.chmod(0o755)
    git(folder, "init", "-q", "-b", "main", ".")
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text(SPEC)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    (folder / "a.yaml").write_text("# x\n" + SPEC)
    os.utime(folder / "b.yaml", (1, 1))
    return Planted(folder, str(program), mark)


def nothing_runs(planted: Planted, folder: Path | None = None, env: dict[str, str] | None = None) -> list[Ran]:
    """Every command that reads git, with what came of each."""
    planted.mark.unlink(missing_ok=True)
    at = folder or planted.folder
    asked = (["check", ".", "--changed-since", "HEAD"], ["check", ".", "--locked", "--changed-since", "main"],
             ["diff", "HEAD:a.yaml", "HEAD:b.yaml"], ["diff", "HEAD:./a.yaml", "zoo:mlp"], ["diff", "HEAD:no.yaml", "HEAD:a.yaml.lock"],
             ["diff", "nothing:a.yaml", "zoo:mlp"])  # fmt: skip
    ran = [command(*args, cwd=at, env=env) for args in asked]
    assert not planted.mark.exists(), "a program of the repository was run"
    return ran


def answers_stand(ran: list[Ran]) -> None:
    """The changed spec is found and compared, whatever the repository names."""
    assert ran[0].code == 0 and ran[0].out.endswith("1 passed, 0 failed, in 1 spec; 1 unchanged since HEAD\n"), ran[0]
    assert ran[1].code == 1 and "1 unchanged since main" in ran[1].out, ran[1]
    assert ran[2].code == 0 and ran[3].code == 1 and ran[4].code == ran[5].code == 2, ran


def with_config(*settings: str, attributes: str = "") -> Callable[[Planted], None]:
    """Settings of the repository, and attributes of its files."""

    def plant(p: Planted) -> None:
        for setting in settings:
            key, _, value = setting.partition("=")
            git(p.folder, "config", key, value.replace("PROGRAM", p.program))
        if attributes:
            (p.folder / ".git" / "info" / "attributes").write_text(attributes + "\n")

    return plant


def with_hook(p: Planted) -> None:
    hooks = p.folder / "hooks"
    hooks.mkdir()
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        shutil.copy(p.program, hooks / name)
    git(p.folder, "config", "core.hooksPath", str(hooks))


def with_include(p: Planted) -> None:
    (p.folder / "more").write_text(f"[core]\n\tfsmonitor = {p.program}\n")
    git(p.folder, "config", "include.path", "../more")


def with_worktree_config(p: Planted) -> None:
    git(p.folder, "config", "extensions.worktreeConfig", "true")
    git(p.folder, "config", "--worktree", "core.fsmonitor", p.program)


def with_signature(p: Planted) -> None:
    """A signed commit, whose signature is checked wherever it is shown."""
    raw = git(p.folder, "cat-file", "commit", "HEAD").stdout.decode()
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----\n"
    head, _, text = raw.partition("\n\n")
    made = subprocess.run(["git", "hash-object", "-w", "-t", "commit", "--stdin"], cwd=p.folder, input=f"{head}\n{signature}\n{text}".encode(),
                          capture_output=True, check=True).stdout.decode().strip()  # fmt: skip
    git(p.folder, "update-ref", "refs/heads/main", made)
    with_config("gpg.program=PROGRAM", "log.showSignature=true")(p)


def with_submodule(p: Planted) -> None:
    """A repository inside that git looks into by itself."""
    inner = p.folder / "inner"
    inner.mkdir()
    git(inner, "init", "-q", ".")
    git(inner, "commit", "-qm", "one", "--allow-empty")
    git(p.folder, "add", "inner")
    git(inner, "config", "core.fsmonitor", p.program)


FETCHED = ("extensions.partialClone=origin", "remote.origin.promisor=true", "core.repositoryFormatVersion=1")
EVERYTHING = (
    "core.pager=PROGRAM", "pager.diff=PROGRAM", "core.editor=PROGRAM", "core.askPass=PROGRAM", "core.gitProxy=PROGRAM",
    "credential.helper=PROGRAM", "core.alternateRefsCommand=PROGRAM", "alias.rev-parse=!PROGRAM", "alias.ls-tree=!PROGRAM",
    "uploadpack.packObjectsHook=PROGRAM", "remote.origin.uploadpack=PROGRAM", "remote.origin.vcs=PROGRAM", "core.fsmonitor=PROGRAM",
    "diff.external=PROGRAM", "trace2.eventTarget=PROGRAM", "core.sshCommand=PROGRAM", "core.worktree=/", "core.bare=true", *FETCHED,
)  # fmt: skip

WAYS: dict[str, tuple[Callable[[Planted], None], tuple[str, ...]]] = {
    "fsmonitor": (with_config("core.fsmonitor=PROGRAM"), ("status",)),
    "clean": (with_config("filter.x.clean=PROGRAM", attributes="*.yaml filter=x"), ("diff", "HEAD")),
    "process": (with_config("filter.x.process=PROGRAM", "filter.x.required=true", attributes="*.yaml filter=x"), ("status",)),
    "smudge": (with_config("filter.x.smudge=PROGRAM", attributes="*.yaml filter=x"), ("checkout", "-f", "HEAD", "--", "b.yaml")),
    "attributes file": (with_config("filter.x.clean=PROGRAM", "core.attributesFile=../repository/.git/info/attributes",
                                    attributes="*.yaml filter=x"), ("diff", "HEAD")),
    "external diff": (with_config("diff.external=PROGRAM"), ("diff", "HEAD")),
    "diff driver": (with_config("diff.x.command=PROGRAM", attributes="*.yaml diff=x"), ("diff", "HEAD")),
    "textconv": (with_config("diff.x.textconv=PROGRAM", attributes="*.yaml diff=x"), ("diff", "HEAD")),
    "hooks": (with_hook, ("status",)),
    "include": (with_include, ("status",)),
    "work tree's configuration": (with_worktree_config, ("status",)),
    "signature": (with_signature, ("log", "-1")),
    "submodule": (with_submodule, ("status",)),
    "a fetch by ssh": (with_config(*FETCHED, "remote.origin.url=ssh://host/x", "core.sshCommand=PROGRAM", "protocol.ssh.allow=always"),
                       ("cat-file", "-p", "1" * 40)),
    "a fetch by a program": (with_config(*FETCHED, "remote.origin.url=ext::PROGRAM", "protocol.ext.allow=always"), ("cat-file", "-p", "1" * 40)),
}  # fmt: skip
"""How a repository makes git run a program, and a git command that does."""


@pytest.mark.parametrize("way", WAYS)
def test_no_program_of_a_repository_is_run(planted: Planted, way: str) -> None:
    plant, shown_by = WAYS[way]
    plant(planted)
    twin = planted.folder.with_name("twin")
    shutil.copytree(planted.folder, twin, symlinks=True)  # showing it may change what git remembers of the files
    os.utime(twin / "b.yaml", (1, 1))
    git(twin, *shown_by, check=False, GIT_NO_LAZY_FETCH="0")
    assert planted.mark.exists(), f"git {shown_by} does not run it: the test would see nothing"
    answers_stand(nothing_runs(planted))


def test_all_ways_at_once(planted: Planted) -> None:
    with_config(*EVERYTHING, "remote.origin.url=ssh://host/x")(planted)
    answers_stand(nothing_runs(planted))


@pytest.mark.parametrize("missing", ["blob", "tree", "commit"])
def test_what_a_partial_clone_lacks_is_not_fetched(planted: Planted, missing: str) -> None:
    with_config(*FETCHED, "remote.origin.url=ssh://host/x", "core.sshCommand=PROGRAM", "protocol.ssh.allow=always")(planted)
    taken = git(planted.folder, "rev-parse", {"blob": "HEAD:a.yaml", "tree": "HEAD^{tree}", "commit": "HEAD"}[missing]).stdout.decode().strip()
    (planted.folder / ".git" / "objects" / taken[:2] / taken[2:]).unlink()
    git(planted.folder, "cat-file", "-p", taken, check=False, GIT_NO_LAZY_FETCH="0")
    assert planted.mark.exists()
    ran = nothing_runs(planted)
    assert ran[2].code == 2 and "[revision]" in ran[2].err
    if missing == "blob":  # its name says that the file differs
        assert ran[0].code == 0 and "1 unchanged since HEAD" in ran[0].out
    else:
        assert ran[0].code == 2 and ran[0].out == ""


def test_a_bare_repository_inside_is_no_repository_with_files(planted: Planted) -> None:
    bare = planted.folder / "docs"
    shutil.copytree(planted.folder / ".git", bare)
    (bare / "config").write_text(f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n\tfsmonitor = {planted.program}\n")
    git(bare, "status", check=False)
    assert planted.mark.exists()
    (bare / "a.yaml").write_text(SPEC)
    ran = nothing_runs(planted, bare)
    assert ran[0].code == 2 and "no work tree here" in ran[0].err


def test_a_git_file_that_points_to_a_folder_inside(planted: Planted) -> None:
    """As an archive may hold one."""
    (planted.folder / ".git").rename(planted.folder / "data")
    (planted.folder / ".git").write_text("gitdir: data\n")
    git(planted.folder, "config", "core.fsmonitor", planted.program)
    git(planted.folder, "status", check=False)
    assert planted.mark.exists()
    answers_stand(nothing_runs(planted))


@pytest.mark.parametrize("name", ["GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND", "GIT_PAGER", "GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_EDITOR"])
def test_programs_that_variables_name_are_not_run(planted: Planted, name: str) -> None:
    answers_stand(nothing_runs(planted, env={name: planted.program}))


def test_variables_that_point_elsewhere_do_not_matter(planted: Planted) -> None:
    env = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": planted.program, "GIT_DIR": "/nowhere",
           "GIT_WORK_TREE": "/", "GIT_INDEX_FILE": "/nowhere/index", "GIT_OBJECT_DIRECTORY": "/nowhere", "GIT_EXEC_PATH": str(planted.folder),
           "GIT_TRACE": str(planted.mark), "GIT_CONFIG_PARAMETERS": f"'core.fsmonitor={planted.program}'"}  # fmt: skip
    answers_stand(nothing_runs(planted, env=env))


def test_git_is_not_taken_from_the_folder(planted: Planted) -> None:
    shutil.copy(planted.program, planted.folder / "git")
    for path in ("", ".", "./", f":{os.environ['PATH']}", f".:{os.environ['PATH']}"):
        ran = nothing_runs(planted, env={"PATH": path})
        if os.environ["PATH"] in path:
            answers_stand(ran)
        else:
            assert ran[0].code == 2 and "needs git, which is not installed" in ran[0].err


# ---- damage


def loose(folder: Path, revision: str) -> Path:
    name = git(folder, "rev-parse", revision).stdout.decode().strip()
    return folder / ".git" / "objects" / name[:2] / name[2:]


@pytest.mark.parametrize("how", ["missing", "empty", "damaged", "exchanged"])
@pytest.mark.parametrize("what", ["HEAD:a.yaml", "HEAD^{tree}", "HEAD"])
def test_objects_that_cannot_be_read_are_named(planted: Planted, what: str, how: str) -> None:
    path, other = loose(planted.folder, what), loose(planted.folder, "HEAD:b.yaml")
    if what == "HEAD:a.yaml":
        (planted.folder / "b.yaml").write_text("layers:\n- relu\n")
        git(planted.folder, "add", "b.yaml")
        other = loose(planted.folder, ":b.yaml")
    content = other.read_bytes()
    path.unlink()
    if how != "missing":
        path.write_bytes({"empty": b"", "damaged": b"\0" * 40, "exchanged": content}[how])
    ran = command("diff", "HEAD:a.yaml", "zoo:mlp", cwd=planted.folder)
    assert ran.code == 2 and ran.out == "" and "[revision]" in ran.err, ran
    ran = command("check", ".", "--changed-since", "HEAD", cwd=planted.folder)
    assert (ran.code, ran.out) == (2, "") if what != "HEAD:a.yaml" else ran.code == 0, ran


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda g: (g / "HEAD").write_text("ref: refs/heads/none\n"), "git knows no revision 'HEAD'"),
        (lambda g: (g / "HEAD").write_bytes(b"\0\xff"), "[revision]"),
        (lambda g: (g / "HEAD").unlink(), "git finds no repository"),
        (lambda g: ((g / "HEAD").unlink(), os.mkfifo(g / "HEAD")), "it is no plain file"),
        (lambda g: (g / "config").write_text("[core\n"), "cannot read the configuration"),
        (lambda g: ((g / "config").unlink(), os.mkfifo(g / "config")), "it is no plain file"),
        (lambda g: (g / "config").write_text("[extensions]\n\tobjectFormat = sha9\n"), "[revision]"),
        (lambda g: shutil.rmtree(g / "objects"), "git finds no repository"),
        (lambda g: (g / "refs" / "heads" / "main").write_text("x" * 100), "git knows no revision 'HEAD'"),
        (lambda g: (shutil.rmtree(g), g.write_text("gitdir: nowhere\n")), "cannot read"),
        (lambda g: (shutil.rmtree(g), g.write_bytes(b"\xff" * 200)), "is no git directory"),
    ],
)  # fmt: skip
def test_repositories_that_are_damaged(planted: Planted, spoil: Callable[[Path], object], said: str) -> None:
    spoil(planted.folder / ".git")
    for args in (["check", ".", "--changed-since", "HEAD"], ["diff", "HEAD:a.yaml", "zoo:mlp"]):
        ran = command(*args, cwd=planted.folder)
        assert (ran.code, ran.out) == (2, "") and "[revision]" in ran.err and said in ran.err, ran


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", ".")
    (tmp_path / "a.yaml").write_text(SPEC)
    ran = command("check", ".", "--changed-since", "HEAD", cwd=tmp_path)
    assert ran.code == 2 and "the branch has none yet" in ran.err


@pytest.mark.parametrize("name", ["--output=mark", "-h", "--", "-", "main --output=mark", ":/one^{/x}", "HEAD^{tree}", ":a.yaml", "\n", "$(x)"])
def test_revisions_that_look_like_something_else(planted: Planted, name: str) -> None:
    before = sorted(planted.folder.rglob("*"))
    ran = command("check", ".", f"--changed-since={name}", cwd=planted.folder)
    assert (ran.code, ran.out) == (2, "") and "[revision]" in ran.err
    assert sorted(planted.folder.rglob("*")) == before


def test_names_of_several_things_are_refused(planted: Planted) -> None:
    git(planted.folder, "tag", "twice")
    git(planted.folder, "branch", "twice")
    ran = command("check", ".", "--changed-since", "twice", cwd=planted.folder)
    assert (ran.code, ran.out) == (2, "") and "'twice' is ambiguous" in ran.err and "refs/tags/" in ran.err
    assert command("check", ".", "--changed-since", "refs/tags/twice", cwd=planted.folder).code == 0


def fake(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git of one's own, first in PATH."""
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{text}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_git_that_hangs_or_prints_without_end_is_ended(planted: Planted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(planted.folder)
    fake(tmp_path / "hangs", "exec sleep 1000", monkeypatch)
    monkeypatch.setattr(module, "SECONDS", 0.2)
    with pytest.raises(Unusable, match=r"git config did not end within 0\.2 seconds"):
        Repository()
    fake(tmp_path / "prints", "exec yes", monkeypatch)
    monkeypatch.setattr(module, "SECONDS", 60)
    monkeypatch.setattr(module, "MAX_OUTPUT", 100_000)
    with pytest.raises(Unusable, match="git config prints more than 100,000 bytes"):
        Repository()


def test_a_tree_that_unfolds_without_end_is_not_unfolded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten folders in each of ten levels, which are all the same object."""
    git(tmp_path, "init", "-q", "-b", "main", ".")
    blob = subprocess.run(["git", "hash-object", "-w", "--stdin"], cwd=tmp_path, input=SPEC.encode(), capture_output=True, check=True)
    entry = f"100644 blob {blob.stdout.decode().strip()}\ta.yaml\0"
    for _ in range(10):
        made = subprocess.run(["git", "mktree", "-z"], cwd=tmp_path, input=entry.encode(), capture_output=True, check=True)
        entry = "".join(f"040000 tree {made.stdout.decode().strip()}\td{k}\0" for k in range(10))
    top = subprocess.run(["git", "mktree", "-z"], cwd=tmp_path, input=entry.encode(), capture_output=True, check=True)
    commit = git(tmp_path, "commit-tree", "-m", "bomb", top.stdout.decode().strip()).stdout.decode().strip()
    git(tmp_path, "update-ref", "refs/heads/main", commit)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "MAX_OUTPUT", 1 << 20)
    revision = Revision("HEAD")
    assert revision.read("/".join(["d3"] * 10) + "/a.yaml", 100) == SPEC.encode()
    with pytest.raises(Unusable, match=r"has no file b\.yaml"):
        revision.read("b.yaml", 100)
