"""Every kind that is compared with PyTorch: how to draw it, and PyTorch's word on it."""

from __future__ import annotations

from ..draws import Kinds, Peers
from . import (
    activations,
    arranging,
    attention,
    convolution,
    functions,
    joining,
    moving,
    normalisation,
    pooling,
    rarer,
    recurrent,
    spatial,
)

FAMILIES = (activations, arranging, attention, convolution, functions, joining, moving, normalisation, pooling, rarer, recurrent, spatial)

KINDS: Kinds = {kind: draw for family in FAMILIES for kind, draw in family.KINDS.items()}
PEERS: Peers = {kind: peer for family in FAMILIES for kind, peer in family.PEERS.items()}
