"""The names that layer files give for PyTorch are PyTorch's."""

from __future__ import annotations

import pytest
import torch

from deferinit_cli.catalogue import elsewhere
from deferinit_cli.layers.core import registry


@pytest.mark.parametrize("kind", registry.kinds())
def test_names_exist(kind: str) -> None:
    cls = registry.find(kind)
    assert cls is not None
    for path in elsewhere(cls)["torch"]:
        at = torch
        for part in path.partition("(")[0].split(".")[1:]:
            assert hasattr(at, part), path
            at = getattr(at, part)
        assert callable(at)
