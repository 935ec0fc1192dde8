"""What a command imports is most of what it waits for: `show` and `check` have a list of what they may."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = {"click", "yaml", "_yaml", "importedpackage"}
"""From elsewhere; the last one is what the heading of Python's own list is called."""
SETUP = {"sitecustomize", "usercustomize", "_distutils_hack", "__editable___deferinit_finder", "_deferinit", "a1_coverage"}
"""What an environment may run before any program."""
HEAVY = {"numpy", "rich", "dataclasses", "json", "asyncio", "multiprocessing", "subprocess", "logging", "unittest", "xml", "email", "http"}
"""Of Python's own and others', what takes longer than all of `show`, or about as long."""
ROOMS = {
    "show": "cli collector commands files graph infer initializer_base initializers layers lens problems report shapes spec spelling views",
}
ROOMS["check"] = ROOMS["show"] + " verify"
INFER = "bindings chains diagnose engine entering explain lines minimal open_arguments resolved sources splitting unknown waits warning"
"""Of inference, neither contracts nor searches; `check` asks in some networks whether any input fits."""
FITS = " asked choosing contract impossible implied lowest openness"
ONLY = {
    "show": {"commands": "_common show", "infer": INFER, "views": "fitting folding problems table tables"},
    "check": {"commands": "_common _specs check", "infer": INFER + FITS, "views": "checks problems", "verify": "cases combinations jobs outcomes"},
}


def imported(*args: str) -> list[str]:
    """The modules that a command imports, by Python's own account."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-X", "importtime", "-m", "deferinit_cli", *args]
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-500:]
    return re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", ran.stderr, re.M)


CASES = [("show", "specs/mlp.yaml"), ("show", "specs/resnet.yaml", "--input", "1x3x224x224"), ("check", "specs/resnet.yaml", "specs/gpt2.yaml")]


@pytest.mark.parametrize("args", CASES, ids=" ".join)
def test_what_is_imported(args: tuple[str, ...]) -> None:
    found = imported(*args)
    own = [name.split(".")[1:3] for name in found if name.startswith("deferinit_cli.")]
    assert len(own) > 50
    others = {name.partition(".")[0] for name in found if not name.startswith("deferinit_cli")}
    assert not others & HEAVY
    foreign = others - set(sys.stdlib_module_names) - SETUP
    assert foreign <= PACKAGES, foreign - PACKAGES
    assert {room for room, *_ in own} <= set(ROOMS[args[0]].split())
    for room, *rest in own:
        if rest and room in ONLY[args[0]]:
            assert rest[0] in ONLY[args[0]][room].split(), f"{room}.{rest[0]}"
