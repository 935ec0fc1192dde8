"""Sizes that lead back to the inputs' symbols: an `expect` of them at layers on the way, true of what is fed or false."""

from __future__ import annotations

from random import Random

from .expressions import Ex, Hole
from .model import Item, Net
from .sides import Theirs


def ringed(net: Net, theirs: Theirs, seed: int) -> Net | None:
    """The network with one to three such `expect`s; None where no named layer of the root could have one."""
    r = Random(seed)
    assert theirs.runner is not None
    shapes = {name: found[0] for name, found in theirs.runner.trace if len(found) == 1 and found[0]}
    ports = [(name, port.dims) for name, port in (net.main.inputs or {}).items() if port.dims is not None and "..." not in port.dims]
    symbols = {d.tree[1]: net.feeds[name].shape[k] for name, dims in ports for k, d in enumerate(dims)
               if isinstance(d, Ex) and d.tree[0] == "sym"}  # fmt: skip
    other = net.copy()
    fitting = [i for i in other.main.layers if i.name in shapes and alone(i)]
    if not symbols or not fitting:
        return None
    true = r.random() < 0.6
    for item in r.sample(fitting, min(len(fitting), r.randint(1, 3))):
        dims = [[s for s, v in symbols.items() if v == size or not true] for size in shapes[str(item.name)]]
        item.mods["expect"] = [Ex("sym", r.choice(named)) if named and r.random() < (0.8 if true else 0.3) else Hole(None) for named in dims]
    return other


def alone(item: Item) -> bool:
    """Whether what an item yields is one value, of one layer."""
    return not item.lists and not item.call and item.apply is None and not item.mods.keys() & {"expect", "repeat", "fanout", "when"}
