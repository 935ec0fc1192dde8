"""Everything about the language is tested with both of PyYAML's parsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deferinit_cli.language import load as loading


@pytest.fixture(params=["c", "python"], autouse=True)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(loading, "BACKEND", request.param)
    yield request.param
