"""Options of the whole suite."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

EXAMPLES = os.environ.get("DEFERINIT_EXAMPLES")
settings.register_profile("suite", max_examples=int(EXAMPLES or 150), derandomize=EXAMPLES is None, deadline=None)
settings.load_profile("suite")
"""What passed once passes again. With DEFERINIT_EXAMPLES=20000 properties are tried on so many examples, others each time."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/*.txt anew; look at the diff")
