"""The pytest plugin: `pytest --deferinit specs/` makes every check of every spec a test.

Off unless asked for, and then nothing else of the package is imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest import Config, Parser


def pytest_addoption(parser: Parser) -> None:
    group = parser.getgroup("deferinit", "networks written in YAML")
    group.addoption("--deferinit", action="store_true", help="Collect specs: the network by itself and each of its checks.")
    group.addoption("--deferinit-strict", action="store_true", help="What is never used and what no case resolves is wrong too.")
    group.addoption("--deferinit-locked", action="store_true", help="A spec that differs from its SPEC.lock, or has none, fails.")


def pytest_configure(config: Config) -> None:
    if any(map(config.getoption, ("--deferinit", "--deferinit-strict", "--deferinit-locked"))):
        from . import specs

        config.pluginmanager.register(specs.Specs(config), "deferinit-specs")
