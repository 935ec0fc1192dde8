"""How much one network may ask for: past a limit the fault is told, and building stops."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..compile.items import Item
    from ..source.tree import Tree
    from .context import Context

MAX_INSTANCES = 250_000
"""Layers, containers and block calls together: what reading, inference and the report do in seconds and within half a GB."""
MAX_TENSORS = 200_000
"""And their parameters and buffers: a report has a row for each."""
MAX_CONNECTIONS = 1_000_000
"""Values that references name, in all."""
MAX_REPEAT = 10_000
MAX_CALLS = 48
MAX_NESTED = 80
"""Blocks and containers together, through all calls: Python's stack has room for these."""


class Limits:
    """Counts what is built. `exceeded`: a limit has been passed and told, nothing more is built."""

    def __init__(self) -> None:
        self.exceeded = False
        self.instances = 0
        self.connections = 0
        self.nested = 0  # in how many blocks and containers

    def fault(self, ctx: Context, node: Tree, rule: str, message: str, expected: str) -> None:
        """Tell the first limit that is passed, and stop."""
        if not self.exceeded:
            self.exceeded = True
            ctx.fault(node, rule, message, expected=expected)

    def instance(self, ctx: Context, item: Item) -> bool:
        """Count one more layer, container or call; whether there may be so many."""
        self.instances += 1
        if self.instances > MAX_INSTANCES:
            self.fault(ctx, item.head, "too-many-layers", f"more than {MAX_INSTANCES:,} layers, containers and block calls",
                       f"at most {MAX_INSTANCES:,}")  # fmt: skip
        return not self.exceeded

    def copies(self, ctx: Context, item: Item, count: int) -> bool:
        """Whether an item may have so many copies, through all repeats around it."""
        if count > MAX_INSTANCES:
            self.fault(ctx, item.head, "too-many-layers", f"repeats in repeats: {count:,} copies", f"at most {MAX_INSTANCES:,}")
        return count <= MAX_INSTANCES

    def tensors(self, ctx: Context, node: Tree, count: int) -> None:
        """Stop where there are too many parameters and buffers."""
        if count > MAX_TENSORS:
            self.fault(
                ctx, node, "too-many-layers", f"more than {MAX_TENSORS:,} parameters and buffers", f"at most {MAX_TENSORS:,}"
            )

    def connect(self, ctx: Context, node: Tree, count: int) -> bool:
        """Count values that a reference names; whether there may be so many."""
        self.connections += count
        if self.connections > MAX_CONNECTIONS:
            self.fault(ctx, node, "too-many-connections", "references name more values than can be followed",
                       f"at most {MAX_CONNECTIONS} in all")  # fmt: skip
        return self.connections <= MAX_CONNECTIONS

    def call(self, ctx: Context, item: Item) -> bool:
        """Whether a block may be called where so many calls lead already."""
        return ctx.depth < MAX_CALLS or self.too_deep(ctx, item, f"blocks that call blocks, {ctx.depth + 1} deep", MAX_CALLS)

    def nest(self, ctx: Context, item: Item) -> bool:
        """Whether one more block or container may be entered."""
        return self.nested < MAX_NESTED or self.too_deep(
            ctx, item, f"blocks and containers in each other, {self.nested + 1} deep", MAX_NESTED
        )

    def too_deep(self, ctx: Context, item: Item, message: str, most: int) -> bool:
        """Tell it, wherever it is met, and stop."""
        self.exceeded = True
        ctx.fault(item.head, "too-deep", message, expected=f"at most {most}")
        return False
