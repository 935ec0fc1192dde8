"""Shape inference and parameter inspection of neural networks written without input sizes.

    >>> import deferinit_cli as deferinit
    >>> model = deferinit.load("specs/mlp.yaml")

Everything is imported when it is first used, so that the command line starts fast.
"""

from __future__ import annotations

TYPE_CHECKING = False  # typing is not imported: the less there is before the command's own code, the sooner it can be interrupted
if TYPE_CHECKING:
    from typing import Any

    from .api import DeferredInitializationError, Model, load
    from .problems import DeferinitWarning, Rejected, Unusable

__version__ = "0.1.0"
__all__ = ["DeferinitWarning", "DeferredInitializationError", "Model", "Rejected", "Unusable", "load"]

_HOMES = {
    **dict.fromkeys(("load", "Model", "DeferredInitializationError"), "api"),
    **dict.fromkeys(("DeferinitWarning", "Rejected", "Unusable"), "problems"),
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
