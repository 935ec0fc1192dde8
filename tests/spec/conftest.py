"""Everything about the language is tested in all ways of reading: without PyYAML where that will do, and with both of its parsers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deferinit_cli.spec import load as loading


@pytest.fixture(params=["lines", "c", "python"], autouse=True)
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(loading, "BACKEND", request.param)
    yield request.param
