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
PACKAGES_OF = {
    "show": "cli commands files framework_view garbage_collection graph infer initializer_base initializers language layers problems report "
            "shapes spelling views",
}
"""Of this project, the packages and modules that a command may import."""
PACKAGES_OF["check"] = PACKAGES_OF["show"] + " verify"
INFER = (
    "conflicts.diagnose conflicts.divisor_advice conflicts.minimal conflicts.origins derivation.chains derivation.explain "
    "derivation.explanation_lines derivation.unknown derivation.waits propagation.bound_symbols propagation.engine "
    "propagation.input_shapes propagation.open_arguments propagation.resolved warnings"
)
"""Of inference, neither contracts nor searches; `check` asks in some networks whether any input fits."""
DOMAINS = (
    " domains.combinations domains.conditions domains.contract domains.examples domains.implied domains.impossible domains.lowest_terms"
    " domains.undetermined"
)
ONLY = {
    "show": {"commands": "_common show", "infer": INFER, "views": "fitting folding problems table tables"},
    "check": {
        "commands": "_common _specs check", "infer": INFER + DOMAINS, "views": "checks problems",
        "verify": "cases combinations jobs outcomes undecided",
    },
}  # fmt: skip
"""Of these packages, the modules that a command may import; of `views.checks`, any."""


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
    own = [name.split(".")[1:] for name in found if name.startswith("deferinit_cli.")]
    assert len(own) > 50
    others = {name.partition(".")[0] for name in found if not name.startswith("deferinit_cli")}
    assert not others & HEAVY
    foreign = others - set(sys.stdlib_module_names) - SETUP
    assert foreign <= PACKAGES, foreign - PACKAGES
    assert {package for package, *_ in own} <= set(PACKAGES_OF[args[0]].split())
    for package, *rest in own:
        if rest and package in ONLY[args[0]]:
            allowed = ONLY[args[0]][package].split()
            module = ".".join(rest)
            assert any(name == module or name.startswith(module + ".") or module.startswith(name + ".") for name in allowed), module
