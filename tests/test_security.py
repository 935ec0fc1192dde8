"""Every promise of CONTRIBUTING's chapter on security names tests that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def promises() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    chapter = text[text.index("\n## Security\n") :].split("\n## ", 2)[1]
    return re.findall(r"^- (.*?)(?=^- |^\n|\Z)", chapter, re.M | re.S)


def test_each_promise_names_tests_that_exist() -> None:
    found = promises()
    assert len(found) >= 12
    for promise in found:
        named = re.findall(r"`(tests/\S+\.py)::(test_\w+)`", promise)
        assert named, promise
        for path, name in named:
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, f"{path}::{name}"
