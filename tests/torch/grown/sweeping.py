"""A network at other input sizes: the contract, made from symbols alone, against what PyTorch says of each."""

from __future__ import annotations

from random import Random
from typing import Any

from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.problems import Rejected

from ..draws import NoWord
from .expressions import Ex, Hole
from .model import Net
from .sides import Theirs, fed, read, sizes
from .writing import Text

LARGEST = 11


def places(net: Net) -> dict[str, list[tuple[str, int]]]:
    """Where each size that an input leaves open stands."""
    out: dict[str, list[tuple[str, int]]] = {}
    for name, port in (net.main.inputs or {}).items():
        for k, d in enumerate(port.dims or []):
            if isinstance(d, Ex):
                out.setdefault(d.tree[1], []).append((name, k))
            elif isinstance(d, Hole):
                out[f"{name}[{k}]"] = [(name, k)]
    return out


def resized(net: Net, r: Random) -> Net | None:
    """The same network fed with one or two other sizes."""
    found = places(net)
    if not found:
        return None
    other = net.copy()
    for name in r.sample(sorted(found), min(len(found), r.choice([1, 1, 2]))):
        size = r.randint(1, LARGEST)
        for entry, axis in found[name]:
            f = other.feeds[entry]
            f.shape = (*f.shape[:axis], size, *f.shape[axis + 1 :])
    return other


def swept(net: Net, seed: int = 0, count: int = 4) -> str:
    """Where the contract and PyTorch differ about sizes, or '' where they nowhere do."""
    r = Random(seed)
    try:
        network = read(Text(net), net)
    except Rejected:
        return ""
    symbolic = infer(network)
    if symbolic.conflicts or not net.main.layers:
        return ""
    contract = contract_of(symbolic)
    for _ in range(count):
        other = resized(net, r)
        if other is None:
            return ""
        shapes = {n: f.shape for n, f in other.feeds.items()}
        env = sizes(network, shapes)
        if not env or any(a.symbol not in env for a in contract.axes):
            return ""
        words = verdicts(other, contract, env, bool(fed(network, shapes).conflicts))
        if words:
            return f"{words} at {env}"
    return ""


def verdicts(net: Net, contract: Any, env: dict[str, int], conflicts: bool) -> str:
    try:
        theirs = Theirs(net)
    except NoWord:
        return ""
    if theirs.of_values:
        return ""
    if theirs.error.startswith("Unbound"):
        return ""  # a symbol that nothing binds is open here, too
    valid = contract.valid(env)
    undecided = any("decided once" in name for name in contract.open)  # what is divided by a size: more may be asked
    if conflicts == valid and not (undecided and valid):
        return f"sweep: the contract says {valid}, inference with these sizes {'finds conflicts' if conflicts else 'finds none'}"
    if valid and theirs.error and not undecided:
        return f"contract admits what PyTorch refuses: {theirs.error}"
    if not valid and not theirs.error:
        return "contract refuses what PyTorch accepts:"
    return ""
