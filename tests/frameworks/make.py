"""Makes the facts in this folder from real Keras and Flax: `KERAS_BACKEND=jax python -m tests.frameworks.make`.

In an environment with keras, jax and flax beside this project's own dependencies.

`names.json`: which of the names that the layer files use exist, in which version.

`layers.json`: for each case of `cases.py` the tensors that a real layer has, by name with their shapes and a print of the
values it was given, which are ours in its layout; the print of its output; and how far that is from ours, relative to the
largest value.

MXNet is no longer installable: its names are those of Gluon 1.x, looked up in its source (python/mxnet/gluon, and the
operators that src/operator registers).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .cases import CASES, Case, Run, laid_back, laid_out, print_of

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
    return {f: {"version": v, "exist": [p for p in used(f) if exists(p)]} for f, v in versions().items()}


def versions() -> dict[str, str]:
    import flax
    import jax
    import keras

    return {"keras": keras.__version__, "flax": f"{flax.__version__} (jax {jax.__version__})"}


def keras_layer(case: Case, run: Run) -> tuple[dict[str, tuple[int, ...]], Any]:
    """(tensors by name below the layer's own, output with our values)."""
    import keras

    layer = eval(case.made, {"layers": keras.layers, "Sequential": keras.Sequential})
    layer.name = "y"
    inputs = [laid_out(case, x) for x in run.inputs]
    call = (
        [inputs[0], inputs[2], inputs[1]]
        if len(inputs) == 3
        else inputs * 2
        if "Attention" in case.made and len(inputs) == 1
        else inputs
    )
    if "Cell" in case.made:
        call = [inputs[0], inputs[1:]]
    layer(*call)  # query, value, key
    found = {w.path.partition("/")[2]: w for w in layer.weights}
    assert set(found) == set(run.theirs), (case.name, set(found) ^ set(run.theirs))
    for name, w in found.items():
        w.assign(run.theirs[name])
    y = layer(*call, **({"training": False} if "norm" in case.kind else {}))
    y = np.asarray(y[0] if "Cell" in case.made else y)
    return {name: tuple(w.shape) for name, w in found.items()}, laid_back(case, y)


def flax_layer(case: Case, run: Run) -> tuple[dict[str, tuple[int, ...]], Any]:
    import flax.linen as nn
    import jax
    from flax.traverse_util import flatten_dict, unflatten_dict

    module = eval(case.made, {"nn": nn})
    inputs = [laid_out(case, x) for x in run.inputs]
    if case.kind.endswith("_cell"):
        inputs = [(inputs[2], inputs[1]) if len(inputs) > 2 else inputs[1], inputs[0]]
    variables = flatten_dict(module.init(jax.random.PRNGKey(0), *inputs), sep="/")
    below = {name.partition("/")[2]: name for name in variables}  # without the collection
    assert set(below) == set(run.theirs), (case.name, set(below) ^ set(run.theirs))
    filled = {below[name]: run.theirs[name] for name in below}
    y = module.apply(unflatten_dict(filled, sep="/"), *inputs)
    y = np.asarray(y[1] if case.kind.endswith("_cell") else y)
    return {name: tuple(variables[below[name]].shape) for name in below}, laid_back(case, y)


def layers() -> dict[str, Any]:
    out: dict[str, Any] = {}
    for framework, make in (("keras", keras_layer), ("flax", flax_layer)):
        rows = []
        for case in CASES[framework]:
            run = Run(framework, case)
            shapes, y = make(case, run)
            scale = np.abs(run.output).max()
            assert y.shape == run.output.shape, case.name
            error = float(np.abs(y - run.output).max() / scale)
            assert error < 1e-5, (framework, case.name, error)
            tensors = {n: [list(s), print_of(run.theirs[n])] for n, s in shapes.items()}
            rows.append({"name": case.name, "made": case.made, "tensors": tensors, "error": error, "output": print_of(y)})
        out[framework] = {"version": versions()[framework], "layers": rows}
    return out


def write(name: str, document: dict[str, Any]) -> None:
    """A row a line."""
    text = json.dumps(document, ensure_ascii=False, indent=1)
    rows = {f: {k: v for k, v in d.items() if not isinstance(v, list)} for f, d in document.items()}
    lines = []
    for f, d in document.items():
        lists = [f'"{k}": [\n  ' + ",\n  ".join(json.dumps(r, ensure_ascii=False) for r in v) + "\n ]" for k, v in d.items()
                 if isinstance(v, list)]  # fmt: skip
        lines.append(
            f'"{f}": {{{", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in rows[f].items())},\n '
            + ",\n ".join(lists)
            + "}"
        )
    made = "{" + ",\n".join(lines) + "}\n"
    assert json.loads(made) == json.loads(text)
    (FOLDER / name).write_text(made)


if __name__ == "__main__":
    write("names.json", names())
    write("layers.json", layers())
