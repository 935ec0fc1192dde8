"""A network before both judges: verdicts, names, shapes of all values and parameters, and results; '' where they agree."""

from __future__ import annotations

from typing import Any

import numpy as np

from deferinit_cli.forward.execute import execute
from deferinit_cli.graph import Network
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.problems import Diagnostic, Rejected
from deferinit_cli.shapes.evaluation import evaluate

from ..draws import NoWord
from .expressions import Hole
from .model import Net, in_double, items_of
from .running import feed
from .sides import Rankless, Shapes, Theirs, Zeros, everything, fed, read, sizes
from .writing import Text


def judged(net: Net, all_follow: bool = True) -> str:
    """What differs between the two, in words that begin with what kind of difference it is.

    `all_follow`: the sizes that the spec leaves out must follow from the rest.
    """
    try:
        theirs = Theirs(net)
    except NoWord:
        return ""
    text = Text(net)
    try:
        network = read(text, net)
    except Rejected as e:
        return "" if theirs.error else f"accepted by PyTorch: deferinit reads it as wrong: {e.diagnostics[0]}"
    shapes = {n: f.shape for n, f in net.feeds.items()}
    if theirs.error:
        return "" if left_out(net) else refused(network, shapes, theirs)
    return accepted(net, network, shapes, theirs, all_follow)


def left_out(net: Net) -> bool:
    """Whether sizes are left to inference: it may find others, where PyTorch refuses what was in mind."""
    said = [*(item.args for item in items_of(net)), *(args for file in net.files.values() for args in file.defaults.values())]
    return any(isinstance(v, Hole) and v.value is not None for args in said for v in args.values())


def refused(network: Network, shapes: Shapes, theirs: Theirs) -> str:
    """Both must refuse: by shape, or where indices are at fault, when run; without the sizes too."""
    concrete = fed(network, shapes)
    if not concrete.conflicts:
        try:
            execute(network, concrete, Zeros(network, concrete), {n: x.numpy() for n, x in theirs.inputs.items()}, everything)
        except (Rejected, Rankless):
            return ""
        return "" if theirs.of_values else f"refused by PyTorch: {theirs.error}"
    symbolic = infer(network)
    if symbolic.conflicts or theirs.of_values or not (env := sizes(network, shapes)):
        return ""
    contract = contract_of(symbolic)
    undecided = any("decided once" in name for name in contract.open)
    if all(a.symbol in env for a in contract.axes) and contract.valid(env) and not undecided:
        return f"contract admits what PyTorch refuses: {theirs.error}"
    return ""


def accepted(net: Net, network: Network, shapes: Shapes, theirs: Theirs, all_follow: bool) -> str:
    """Declared, symbolic and concrete: all must agree with what PyTorch made."""
    assert theirs.runner is not None
    symbolic = infer(network)
    if symbolic.conflicts:
        return f"accepted by PyTorch: without sizes deferinit says {diagnostics(symbolic)[0]}"
    concrete = fed(network, shapes)
    if concrete.conflicts:
        return f"accepted by PyTorch: deferinit says {diagnostics(concrete)[0]}"
    if not all_follow and any(None in (concrete.tensor(p) or (None,)) for p in network.parameters):
        return ""
    return (
        parameters(network, concrete, theirs)
        or values(network, concrete, theirs)
        or unknown(network, symbolic, shapes, theirs)
        or results(net, network, concrete, theirs)
    )


def parameters(network: Network, found: Resolved, theirs: Theirs) -> str:
    """Names, shapes, ties, what is trainable, what was said of starting values."""
    store = theirs.runner.store  # type: ignore[union-attr]
    expected = {n: tuple(x.shape) for n, x in store.tensors.items()}
    mine = {p.name: found.tensor(p) for p in network.parameters}
    if mine != expected:
        differs = sorted(set(mine.items()) ^ set(expected.items()), key=str)
        return f"parameters: {differs[:4]}"
    for p in network.parameters:
        if p.trainable != store.trainable(p.name):
            return f"trainable: {p.name} is {p.trainable}"
        if (p.tied_to.name if p.tied_to is not None else None) != store.ties.get(p.name):
            return f"tie: {p.name}"
        if p.name in store.inits and p.initializer.text() != initializer(store.inits[p.name]):
            return f"initialiser: {p.name} is {p.initializer.text()}, not {store.inits[p.name]}"
    return ""


def initializer(said: Any) -> str:
    if isinstance(said, str):
        return said
    ((name, v),) = said.items()
    return f"{name}({'value' if name == 'constant' else 'std'}={v})"


def values(network: Network, found: Resolved, theirs: Theirs) -> str:
    """The shape of every value in order."""
    mine = [(n.name, [found.shape(v) for v in n.outputs]) for n in network.nodes]
    expected = theirs.runner.trace  # type: ignore[union-attr]
    if mine != expected:
        differs = next(((a, b) for a, b in zip(mine, expected) if a != b), (mine[len(expected) :], expected[len(mine) :]))
        return f"values: {differs}"
    return ""


def unknown(network: Network, found: Resolved, shapes: Shapes, theirs: Theirs) -> str:
    """What is known without the sizes must hold at these."""
    runner = theirs.runner
    assert runner is not None
    for p in network.parameters:
        true = tuple(runner.store.tensors[p.name].shape)
        alone = found.declared(p)
        if alone is not None and (len(alone) != len(true) or any(a not in (None, t) for a, t in zip(alone, true))):
            return f"declared: {p.name} is {alone}, truly {true}"
    env = sizes(network, shapes)
    if not env and network.inputs:
        return ""
    pairs = [(p.name, found.tensor(p), tuple(runner.store.tensors[p.name].shape)) for p in network.parameters]
    for node, (name, true_shapes) in zip(network.nodes, runner.trace):
        pairs += [(name, found.shape(v), t) for v, t in zip(node.outputs, true_shapes)]
    for name, terms, true in pairs:
        if terms is None or len(terms) != len(true):
            return f"symbolic: {name} is {terms}, truly {true}"
        for term, t in zip(terms, true):
            if term is not None and not (type(term) is not int and term.symbols - env.keys()) and at(term, env) != t:
                return f"symbolic: {name} is {terms} at {env}, truly {true}"
    contract = contract_of(found)
    if all(a.symbol in env for a in contract.axes) and not contract.valid(env):
        return f"contract refuses what PyTorch accepts: {env}"
    return ""


def at(term: Any, env: dict[str, int]) -> int | None:
    try:
        return evaluate(term, env)
    except (ValueError, ZeroDivisionError):
        return None


CLOSE = {"float32": 1e-4, "float64": 1e-9}


def results(net: Net, network: Network, found: Resolved, theirs: Theirs) -> str:
    """The outputs on the same weights. Where single precision is not enough to tell, in double."""
    store = theirs.runner.store  # type: ignore[union-attr]
    weights = {n: x.detach().numpy() for n, x in store.tensors.items()}
    made = execute(network, found, weights, {n: x.numpy() for n, x in theirs.inputs.items()})
    single = any(found.dtype(v) == "float32" for node in network.nodes for v in node.outputs)
    labels = [label for label, _ in theirs.outputs]
    if None not in labels and labels != [label for label, _ in network.outputs]:
        return f"outputs: {[label for label, _ in network.outputs]}, not {labels}"
    mine = [made[label] for label, _ in network.outputs]
    if len(mine) != len(theirs.outputs):
        return f"outputs: {len(mine)}, not {len(theirs.outputs)}"
    for k, (a, (_, y)) in enumerate(zip(mine, theirs.outputs)):
        b = y.detach().numpy()
        if (a.shape, str(a.dtype)) != (b.shape, str(b.dtype)):
            return f"output {k}: {a.dtype}{a.shape}, not {b.dtype}{b.shape}"
        finite = np.isfinite(b)
        if any(own.arbitrary for own in store.layers.values()):
            continue
        scale = max(1.0, float(np.abs(b[finite]).max(initial=0)))
        if scale > 1e30:
            continue  # on the way to infinity, where rounding decides who gets there
        close = CLOSE["float32" if single else "float64"] * scale
        if not np.allclose(a, b, rtol=0, atol=close, equal_nan=True):
            if net.main.dtype != "float64":
                return judged(in_double(net.copy()), all_follow=False)
            return f"results: output {k} differs by {np.abs(np.where(finite, a - b, 0)).max():.1e} of {scale:.1e}"
    return ""


def rejection(net: Net) -> tuple[bool, list[Diagnostic]]:
    """(whether it can be read, what deferinit finds wrong with it on its inputs)."""
    read_ = False
    try:
        network = read(Text(net), net)
        read_ = True
        concrete = fed(network, {n: f.shape for n, f in net.feeds.items()})
        if concrete.conflicts:
            return True, diagnostics(concrete)
        execute(network, concrete, Zeros(network, concrete), {n: x.numpy() for n, x in feed(net).items()}, everything)
    except Rejected as e:
        return read_, e.diagnostics
    except Rankless:
        pass
    return True, []
