"""What flows into a layer or block, laid out on its inputs."""

from __future__ import annotations

from typing import Any

from ...layers.core.base import Layer
from ...spelling import suggest
from ..compile.bodies import Body
from ..compile.items import Item
from .context import Context


def port_values(item: Item, layer: Layer, ctx: Context, flow: Any) -> tuple[int, ...] | None:
    """The values for a layer's ports, in order."""
    ports = layer.ports
    if isinstance(flow, dict):
        return named_ports(item, layer, ctx, flow)
    if flow is None:
        return None
    if layer.variadic:
        if not flow:
            ctx.fault(item.head, "wrong-input-count", f"'{item.kind}' has no input")
            return None
        return flow  # type: ignore[no-any-return]
    low, high = len(ports) - layer.optional, len(ports)
    if not low <= len(flow) <= high:
        want = str(low) if low == high else f"{low} to {high}"
        flows = "flows in" if len(flow) == 1 else "flow in"
        if not high:
            ctx.fault(
                item.head, "wrong-input-count", f"'{item.kind}' takes no input, {len(flow)} {flows}", help="remove its 'from'"
            )
            return None
        ctx.fault(item.head, "wrong-input-count",
                  f"'{item.kind}' takes {want} input{'s' if high != 1 else ''}, {len(flow)} {flows}",
                  found=str(len(flow)), expected=f"{want} ({', '.join(ports)})",
                  help="say which with 'from'" if flow else "nothing flows in here: say 'from'")  # fmt: skip
        return None
    return flow  # type: ignore[no-any-return]


def named_ports(item: Item, layer: Layer, ctx: Context, flow: dict[str, Any]) -> tuple[int, ...] | None:
    out: tuple[int, ...] = ()
    for name, (key, values) in flow.items():
        if name not in layer.ports:
            ctx.fault(key, "unknown-input", f"'{item.kind}' has no input '{name}'", found=name,
                      expected=", ".join(layer.ports), help=suggest(name, layer.ports))  # fmt: skip
            return None
        if len(values) != 1:
            ctx.fault(key, "wrong-input-count", f"'{name}' is one input, {len(values)} values were named")
            return None
    given = [p for p in layer.ports if p in flow]
    if given != list(layer.ports[: len(given)]) or len(given) < len(layer.ports) - layer.optional:
        missing = [p for p in layer.ports[: max(len(given) + 1, len(layer.ports) - layer.optional)] if p not in flow]
        ctx.fault(item.head, "wrong-input-count", f"'{item.kind}' lacks the input {', '.join(missing)}")
        return None
    for p in given:
        out += flow[p][1]
    return out


def block_ports(item: Item, target: Body, ctx: Context, flow: Any) -> dict[str, tuple[int, ...] | None] | None:
    names = list(target.ports)
    if isinstance(flow, dict):
        for name, (key, _) in flow.items():
            if name not in target.ports:
                ctx.fault(key, "unknown-input", f"'{item.kind}' has no input '{name}'", found=name,
                          expected=", ".join(names), help=suggest(name, names))  # fmt: skip
                return None
        missing = [n for n in names if n not in flow]
        if missing:
            ctx.fault(item.head, "wrong-input-count", f"'{item.kind}' lacks the input {', '.join(missing)}")
            return None
        return {n: flow[n][1] for n in names}
    if flow is None:
        return None
    if len(flow) != len(names):
        one, flows = len(names) == 1, "flows in" if len(flow) == 1 else "flow in"
        ctx.fault(item.head, "wrong-input-count", f"'{item.kind}' takes {len(names)} input{'' if one else 's'}, {len(flow)} {flows}",
                  found=str(len(flow)), expected=f"{len(names)} ({', '.join(names)})",
                  help="say which with 'from', or name more inputs in the block" if len(flow) > len(names) else "say 'from'")  # fmt: skip
        return None
    return {n: (v,) for n, v in zip(names, flow)}
