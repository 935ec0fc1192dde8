"""What an invalid size could have been: the broken condition and the nearest valid sizes below and above."""

from __future__ import annotations

from collections.abc import Sequence

from ..graph import Given, Network
from ..problems import Diagnostic


def advise(network: Network, given: Sequence[Given], found: list[Diagnostic]) -> None:
    """Add the contract's answer to the first diagnostic of a network that would take other sizes."""
    from .contract import contract

    found_contract = contract(network)
    if found_contract.resolved.conflicts:
        return
    sizes = {g.name: g.dims for g in given}
    said = []
    for axis in found_contract.axes:
        dims = sizes.get(axis.input.name)
        if dims is None or axis.place is None or not -len(dims) <= axis.place < len(dims):
            continue
        x = dims[axis.place]
        if type(x) is not int or axis.sizes.contains(x):
            continue
        below, above = axis.sizes.nearest(x)
        near = " and ".join(str(n) for n in (below, above) if n is not None)
        said.append(f"{axis.symbol} = {x}, but {axis.text()}" + (f": nearest {near}" if near else ""))
    if said and found:
        found[0].help = "; ".join([*([found[0].help] if found[0].help else []), *said])
