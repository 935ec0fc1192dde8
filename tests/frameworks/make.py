"""Makes the facts in this folder from real Keras and Flax: `KERAS_BACKEND=jax python -m tests.frameworks.make`.

In an environment with keras, jax and flax beside this project's own dependencies. `names.json`: which of the names that
the layer files use exist, in which version. MXNet is no longer installable: its names are those of Gluon 1.x, looked up in
its source (python/mxnet/gluon, and the operators that src/operator registers).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def used(framework: str) -> list[str]:
    """The paths that the layer files name, without arguments."""
    from deferinit_cli.catalogue import listing

    return sorted({p.partition("(")[0] for r in listing() for p in r["elsewhere"][framework]})


def exists(path: str) -> bool:
    from importlib import import_module

    first, *rest = path.split(".")
    at: Any = import_module(first)
    for part in rest:
        if not hasattr(at, part):
            try:
                import_module(f"{at.__name__}.{part}")
            except (ImportError, AttributeError):
                return False
        at = getattr(at, part)
    return True


def names() -> dict[str, Any]:
    import flax
    import jax
    import keras

    versions = {"keras": keras.__version__, "flax": f"{flax.__version__} (jax {jax.__version__})"}
    return {f: {"version": v, "exist": [p for p in used(f) if exists(p)]} for f, v in versions.items()}


def write(name: str, document: Any) -> None:
    (FOLDER / name).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write("names.json", names())
