"""`check --changed-since`: which specs git says have changed, and what is said where none has."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from deferinit_cli.cli import run
from tests.cli import deferinit

ALONE = "layers:\n- dense: 3\n"
FILES = {
    "nets/alone.yaml": ALONE,
    "nets/other.yaml": "layers:\n- dense: 4\n",
    "nets/top.yaml": "import: {m: {file: ./lib/mid.yaml}, z: 'zoo:mlp'}\nlayers: [m.c, z]\n",
    "nets/lib/mid.yaml": "import: {l: ../blocks.yaml}\nblocks:\n  c:\n    layers: [l.b]\n",
    "nets/blocks.yaml": "blocks:\n  b:\n    layers: [dense: 3]\n",
    "notes.txt": "nothing\n",
}


def git(folder: Path, *args: str) -> None:
    env = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *who, *args], cwd=folder, env=env, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q", "-b", "main", ".")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    return tmp_path


def changed(folder: Path, *args: str, since: str = "HEAD") -> list[str]:
    """The specs that are checked; the rest must be counted as unchanged. Within this process: it is asked often."""
    out = StringIO()
    with chdir(folder), redirect_stdout(out):
        code = run(["check", *(args or ("nets",)), "--changed-since", since, "--format", "json"])
    assert code == 0, out.getvalue()
    document = json.loads(out.getvalue())
    found = list(dict.fromkeys(row["spec"] for row in document["checks"]))
    assert document["changed_since"] == since
    if not args:
        assert len(found) + document["unchanged"] == len(list(folder.glob("nets/*.yaml"))) - 1  # blocks.yaml is no network
    return found


def test_nothing_changed_is_said_and_is_green(repository: Path) -> None:
    (repository / "notes.txt").write_text("else\n")
    os.utime(repository / "nets" / "alone.yaml", (1, 1))  # touched, not changed
    result = deferinit("check", "nets", "--changed-since", "main", cwd=repository)
    assert (result.returncode, result.stdout, result.stderr) == (0, "nothing changed since main: 3 specs left out\n", "")
    one = deferinit("check", "nets/alone.yaml", "--changed-since", "main", cwd=repository)
    assert one.stdout == "nothing changed since main: 1 spec left out\n"


def test_an_edit_before_and_after_it_is_committed(repository: Path) -> None:
    path = repository / "nets" / "alone.yaml"
    path.write_text("# better\n" + ALONE)
    assert changed(repository) == ["nets/alone.yaml"]
    git(repository, "add", ".")
    assert changed(repository) == ["nets/alone.yaml"]
    git(repository, "commit", "-qm", "two")
    assert changed(repository) == []
    assert changed(repository, since="HEAD~1") == ["nets/alone.yaml"]
    path.write_text(ALONE)  # as it was then, committed or not
    assert changed(repository, since="HEAD~1") == []


@pytest.mark.parametrize("name", ["nets/blocks.yaml", "nets/lib/mid.yaml", "nets/top.yaml"])
def test_imports_count_through_others(repository: Path, name: str) -> None:
    with (repository / name).open("a") as f:
        f.write("# changed\n")
    assert changed(repository) == ["nets/top.yaml"]


def test_new_files_tracked_or_not_or_ignored(repository: Path) -> None:
    (repository / ".gitignore").write_text("ignored.yaml\n")
    for name in ("new.yaml", "staged.yaml", "ignored.yaml", "é ü.yaml"):
        (repository / "nets" / name).write_text(ALONE)
    git(repository, "add", "nets/staged.yaml")
    assert changed(repository) == ["nets/ignored.yaml", "nets/new.yaml", "nets/staged.yaml", "nets/é ü.yaml"]


def test_the_index_has_no_say(repository: Path) -> None:
    """Compared are a commit and the files as they stand; what is staged, marked or damaged between them does not matter."""
    git(repository, "rm", "--cached", "-q", "nets/alone.yaml")
    git(repository, "update-index", "--assume-unchanged", "nets/other.yaml")
    assert changed(repository) == []
    (repository / "nets" / "other.yaml").write_text("layers:\n- dense: 5\n")
    assert changed(repository) == ["nets/other.yaml"]
    (repository / ".git" / "index").write_bytes(b"DIRC damaged")
    assert changed(repository) == ["nets/other.yaml"]
    (repository / ".git" / "index").unlink()
    assert changed(repository) == ["nets/other.yaml"]


def test_ends_of_lines_that_a_checkout_converts_are_no_difference(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    for path in (repository / "nets").rglob("*.yaml"):
        path.unlink()
    git(repository, "checkout", "--", ".")
    assert b"\r\n" in (repository / "nets" / "alone.yaml").read_bytes()
    assert changed(repository) == []
    (repository / "nets" / "alone.yaml").write_bytes(b"layers:\r\n- dense: 3 \r\n")
    assert changed(repository) == ["nets/alone.yaml"]


def test_a_mode_is_no_difference_and_a_link_in_place_of_a_file_is(repository: Path) -> None:
    (repository / "nets" / "alone.yaml").chmod(0o755)
    assert changed(repository) == []
    (repository / "nets" / "copy.yaml").write_text(ALONE)
    (repository / "nets" / "alone.yaml").unlink()
    (repository / "nets" / "alone.yaml").symlink_to("copy.yaml")
    assert changed(repository) == ["nets/alone.yaml", "nets/copy.yaml"]


def test_a_linked_work_tree_has_a_head_of_its_own(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    linked = tmp_path_factory.mktemp("linked") / "tree"
    git(repository, "worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "nets" / "alone.yaml").write_text("# x\n" + ALONE)
    assert changed(linked) == ["nets/alone.yaml"]
    git(linked, "commit", "-qam", "two")
    assert changed(linked) == []
    assert changed(linked, since="main") == changed(linked, since="HEAD~1") == ["nets/alone.yaml"]
    assert changed(repository) == []
    assert changed(repository, since="side") == ["nets/alone.yaml"]


def test_a_head_that_is_detached_a_log_and_an_upstream(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (repository / "nets" / "alone.yaml").write_text("# x\n" + ALONE)
    git(repository, "commit", "-qam", "two")
    assert changed(repository, since="HEAD@{1}") == changed(repository, since="main@{1}") == ["nets/alone.yaml"]
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", str(repository), ".")
    (clone / "nets" / "other.yaml").write_text("# x\n" + ALONE)
    git(clone, "commit", "-qam", "three")
    assert changed(clone, since="@{upstream}") == changed(clone, since="origin") == ["nets/other.yaml"]
    git(clone, "pack-refs", "--all")
    git(clone, "checkout", "-q", "--detach", "HEAD~1")
    assert changed(clone) == []
    assert changed(clone, since="main") == ["nets/other.yaml"]


def test_a_sparse_checkout(repository: Path) -> None:
    git(repository, "sparse-checkout", "set", "--no-cone", "/nets/*.yaml")
    assert not (repository / "nets" / "lib").exists()
    result = deferinit("check", "nets", "--changed-since", "HEAD", cwd=repository)
    assert result.returncode == 1 and "there is no file './lib/mid.yaml'" in result.stdout
    assert result.stdout.endswith("0 passed, 1 failed, in 1 spec; 2 unchanged since HEAD\n")


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", ".")
    (tmp_path / "a.yaml").write_text(ALONE)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "one")
    assert changed(tmp_path, "a.yaml") == []
    (tmp_path / "a.yaml").write_text("# x\n" + ALONE)
    assert changed(tmp_path, "a.yaml") == ["a.yaml"]


def test_a_renamed_spec_and_a_removed_import(repository: Path) -> None:
    (repository / "nets" / "alone.yaml").rename(repository / "nets" / "renamed.yaml")
    assert changed(repository) == ["nets/renamed.yaml"]
    (repository / "nets" / "blocks.yaml").unlink()
    result = deferinit("check", "nets", "--changed-since", "HEAD", cwd=repository)
    assert result.returncode == 1
    assert "there is no file '../blocks.yaml'" in result.stdout
    assert result.stdout.endswith("1 passed, 1 failed, in 2 specs; 1 unchanged since HEAD\n")


def test_from_a_folder_below_and_by_any_path(repository: Path) -> None:
    (repository / "nets" / "alone.yaml").write_text("# x\n" + ALONE)
    assert changed(repository / "nets", ".") == ["./alone.yaml"]
    assert changed(repository / "nets" / "lib", "../alone.yaml", "../other.yaml") == ["../alone.yaml"]
    assert changed(repository, str(repository / "nets")) == [str(repository / "nets" / "alone.yaml")]


def test_links_are_followed(repository: Path) -> None:
    (repository / "nets" / "link.yaml").symlink_to("alone.yaml")
    (repository / "far").symlink_to("nets")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "links")
    assert changed(repository) == []
    (repository / "nets" / "alone.yaml").write_text("# x\n" + ALONE)
    assert changed(repository) == ["nets/alone.yaml", "nets/link.yaml"]
    assert changed(repository, "far/alone.yaml", "far/other.yaml") == ["far/alone.yaml"]
    (repository / "nets" / "alone.yaml").write_text(ALONE)
    (repository / "nets" / "link.yaml").unlink()
    (repository / "nets" / "link.yaml").symlink_to("other.yaml")
    assert changed(repository) == ["nets/link.yaml"]
    (repository / "far").unlink()
    (repository / "far").symlink_to("./nets")
    assert changed(repository, "far/other.yaml") == ["far/other.yaml"]


def test_cyclic_imports_end(repository: Path) -> None:
    for a, b in (("a", "b"), ("b", "a")):
        (repository / "nets" / f"{a}.yaml").write_text(f"import: {{x: ./{b}.yaml}}\nlayers: [relu]\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "cycle")
    assert changed(repository) == []


def test_a_spec_that_cannot_be_read_is_not_passed_over(repository: Path) -> None:
    (repository / "nets" / "bad.yaml").write_text("layers: [\n")
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "bad")
    result = deferinit("check", "nets", "--changed-since", "HEAD", cwd=repository)
    assert result.returncode == 1
    assert "FAIL nets/bad.yaml" in result.stdout


def test_a_lock_changes_its_spec_where_locks_are_checked(repository: Path) -> None:
    assert deferinit("lock", "nets/alone.yaml", "nets/other.yaml", cwd=repository).returncode == 0
    git(repository, "add", ".")
    git(repository, "commit", "-qm", "locks")
    lock = repository / "nets" / "alone.yaml.lock"
    lock.write_text(lock.read_text().replace("(3, input[-1])", "(5, input[-1])"))
    assert changed(repository) == []
    result = deferinit("check", "nets", "--locked", "--changed-since", "HEAD", cwd=repository)
    assert result.returncode == 1
    assert result.stdout.endswith("1 passed, 1 failed, in 1 spec; 2 unchanged since HEAD\n")


def test_what_comes_along_and_what_git_cannot_know(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "x.yaml"
    elsewhere.write_text(ALONE)
    assert changed(repository, "zoo:mlp", str(elsewhere)) == [str(elsewhere)]
    result = deferinit("check", "-", "--changed-since", "HEAD", cwd=repository, input=ALONE)
    assert result.stdout.endswith("1 passed, 0 failed, in 1 spec; 0 unchanged since HEAD\n")


def test_files_of_a_submodule_count_as_changed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    inner = tmp_path_factory.mktemp("inner")
    (inner / "x.yaml").write_text(ALONE)
    git(inner, "init", "-q", ".")
    git(inner, "add", ".")
    git(inner, "commit", "-qm", "one")
    git(repository, "submodule", "add", "-q", str(inner), "sub")
    git(repository, "commit", "-qm", "sub")
    assert changed(repository, "sub", "nets/alone.yaml") == ["sub/x.yaml"]


@pytest.mark.parametrize(
    ("rev", "said"),
    [
        ("nope", "git knows no revision 'nope'"), ("--help", "'--help' is no revision"), ("", "git knows no revision ''"),
        ("main..HEAD", "git knows no revision 'main..HEAD'"), ("HEAD:nets", "git knows no revision 'HEAD:nets'"),
    ],
)  # fmt: skip
def test_revisions_that_are_none(repository: Path, rev: str, said: str) -> None:
    result = deferinit("check", "nets", f"--changed-since={rev}", cwd=repository)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr
    assert "`git log --all`" in result.stderr or rev == "--help"


def test_a_clone_that_lacks_history(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (repository / "notes.txt").write_text("else\n")
    git(repository, "commit", "-qam", "two")
    clone = tmp_path_factory.mktemp("clone")
    git(clone, "clone", "-q", "--depth", "1", repository.as_uri(), ".")
    result = deferinit("check", "nets", "--changed-since", "HEAD~1", cwd=clone)
    assert result.returncode == 2
    assert "fetch-depth: 0" in result.stderr


def test_outside_of_git(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ALONE)
    result = deferinit("check", "a.yaml", "--changed-since", "HEAD", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert "git finds no repository around this folder" in result.stderr


def test_a_bare_repository(repository: Path) -> None:
    result = deferinit("check", "../nets", "--changed-since", "HEAD", cwd=repository / ".git")
    assert (result.returncode, result.stdout) == (2, "")
    assert "no work tree here" in result.stderr


def test_a_pattern_that_matches_nothing_stays_an_error(repository: Path) -> None:
    result = deferinit("check", "nets", "none/*.yaml", "--changed-since", "HEAD", cwd=repository)
    assert (result.returncode, result.stdout) == (2, "")
    assert "'none/*.yaml' matches no spec" in result.stderr


def test_reports_of_nothing(repository: Path) -> None:
    from junitparser import JUnitXml

    args = ("--format", "junit=r.xml", "--format", "sarif=r.sarif", "--format", "github")
    result = deferinit("check", "nets", "--changed-since", "HEAD", *args, cwd=repository)
    assert (result.returncode, result.stdout) == (0, "nothing changed since HEAD: 3 specs left out\n")
    assert JUnitXml.fromfile(str(repository / "r.xml")).tests == 0
    assert json.loads((repository / "r.sarif").read_text())["runs"][0]["results"] == []
