"""Names from strangers: whatever a terminal would act on or hide is shown as its number, in every format and every file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from .processes import ROOT, command

ODD = "\u202e\u2066\x1b[2J\x07\x85\u2028\u200b\ufeff\U000e0041"
"""Reversed text, isolates, an escape sequence, a bell, ends of lines, no width, a mark of order, a tag."""
FILE = f"a{ODD}b.yaml"
SPELT = ODD.encode("ascii", "backslashreplace").decode().replace("\\x1b", "\\u001b").replace("\\x", "\\u00")

SPEC = f"""\
name: "{SPELT}"
doc: "{SPELT}"
vars: {{text: "{SPELT}", n: 3}}
inputs: {{x: [N, 8]}}
layers:
- dense h: {{units: n, activation: "{SPELT}"}}
checks:
- {{doc: "{SPELT}", input: 2x8, error: "{SPELT}"}}
"""
FINE = """\
name: "\\u202e\\u2066net"
doc: "\\u202e\\u2066words"
vars: {text: "\\u202e", n: 3}
inputs: {x: [N, 8]}
layers:
- dense h: n
checks:
- {input: 2x8, params: 28, doc: "\\u202e"}
"""
"""What is refused where it stands in a spec may still be written with YAML's escapes, in texts that mean nothing here."""


def harmless(text: str, what: object) -> None:
    odd = {c for c in text if not c.isprintable() and c not in "\n\t"}
    assert not odd, (what, odd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_text(SPEC, "utf-8")
    (tmp_path / "fine.yaml").write_text(FINE, "utf-8")
    (tmp_path / f"dir{ODD}").mkdir()
    (tmp_path / f"dir{ODD}" / "x.yaml").write_text("layers: [dnese]\n")
    save_file({f"h{ODD}.weight": np.zeros((3, 8), np.float32)}, str(tmp_path / "w.safetensors"))
    np.savez(tmp_path / "d.npz", **{f"x{ODD}": np.zeros((2, 8), np.float32)})
    return tmp_path


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "github"])
def test_reports_of_checks(folder: Path, form: str) -> None:
    ran = command("check", ".", "--strict", "--set", "n=3", "--format", form, "--format", f"{'json' if form == 'text' else 'text'}=report",
                  cwd=folder, writes={"report"})  # fmt: skip
    assert ran.code == 1
    assert "fine.yaml" in ran.out or form != "text"
    harmless(ran.out + ran.err + (folder / "report").read_text("utf-8"), form)
    assert ran.out.count("202e" if form != "sarif" else "202E") + ran.out.count("%E2%80%AE") > 0, "shown, and not left out"


@pytest.mark.parametrize(
    "args",
    [
        *(("show", spec, "--format", form) for spec in (FILE, "fine.yaml") for form in ("table", "json", "csv", "markdown")),
        ("show", "fine.yaml", "--layers", "--depends", "--as", "flax"),
        ("contract", FILE), ("contract", "fine.yaml", "--format", "markdown"), ("contract", "fine.yaml", "--format", "json"),
        ("why", "fine.yaml", f"h{ODD}.weight"), ("why", "fine.yaml", "h.weight", "--format", "json"), ("lock", FILE),
        ("show", "fine.yaml", "--set", f"n{ODD}=1"), ("show", "fine.yaml", "--set", f"n={ODD}"), ("show", "fine.yaml", "--input", f"x{ODD}=2x3"),
        ("show", f"no{ODD}.yaml"), ("show", f"zoo:{ODD}"), ("layers", ODD), ("zoo", ODD), (ODD,), ("show", f"--{ODD}"), ("check", f"*{ODD}*x"),
        ("diff", "fine.yaml", "w.safetensors"), ("diff", FILE, "fine.yaml"), ("run", "fine.yaml", "--input", "2x8", "--weights", "w.safetensors"),
        ("run", "fine.yaml", "--data", "d.npz"), ("solve", "fine.yaml", "--weights", "w.safetensors"), ("solve", "fine.yaml", "--where", f"{ODD}=3"),
        ("init", "fine.yaml", "--input", "2x8", "-o", f"no{ODD}/w.npz"), ("show", "fine.yaml", "--format", ODD), ("diff", f"{ODD}:x", "fine.yaml"),
        ("check", "--changed-since", ODD, "."), ("show", "fine.yaml", "--columns", ODD), ("init", "fine.yaml", "--format", f"json=no{ODD}/x"),
    ],
    ids=lambda args: " ".join(a for a in args if a.isascii())[:40],
)  # fmt: skip
def test_every_other_command(folder: Path, args: tuple[str, ...]) -> None:
    ran = command(*args, cwd=folder)
    assert ran.out + ran.err
    harmless(ran.out + ran.err, args)


def test_a_lock_of_odd_names(folder: Path) -> None:
    ran = command("lock", "fine.yaml", "--input", "2x8", cwd=folder, writes={"fine.yaml.lock"})
    assert ran.code == 0, ran
    harmless((folder / "fine.yaml.lock").read_text("utf-8"), "lock")


def test_json_keeps_what_can_be_read() -> None:
    """Letters of any language as they are; the others as JSON spells them, so that reading it back gives them."""
    from deferinit_cli.views.json import dump

    document = {"é漢": "ü \U0001f600", "odd": ODD + "\ud800", "rows": [{"a": ODD}]}
    text = dump(document)
    assert "ü \U0001f600" in text and json.loads(text) == document
    harmless(text, "json")


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"},
                                 {"PYTHONIOENCODING": "", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])  # fmt: skip
def test_a_terminal_that_knows_few_characters(folder: Path, env: dict[str, str]) -> None:
    (folder / "u.yaml").write_text('name: "漢é"\ninputs: {é: [N, 3]}\nlayers:\n- dense: 4\n', "utf-8")
    (folder / "v.yaml").write_text('name: "漢é"\nlayers:\n- dense: 4\n', "utf-8")
    for args, code in ((["show", "u.yaml"], 1), (["check", "u.yaml", "nö.yaml"], 2), (["show", "v.yaml", "--layers"], 0),
                       (["show", "v.yaml", "--format", "json"], 0), (["layers", "dense"], 0), (["zoo"], 0), (["contract", "v.yaml"], 0),
                       (["guide", "ci"], 0), (["guide", "nö"], 2)):  # fmt: skip
        ran = command(*args, cwd=folder, env=env)
        assert ran.code == code, (args, ran)
        if env["PYTHONIOENCODING"] == "ascii":
            assert ran.out.isascii() and ran.err.isascii(), args


def test_the_library_raises_what_can_be_printed() -> None:
    """`str` of what is raised goes to logs and terminals as well."""
    code = f"import deferinit_cli as d\ntry: d.load({SPEC!r})\nexcept d.Rejected as e: print(str(e).isprintable() or set(str(e)))"
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not set(ODD) & set(out), out
