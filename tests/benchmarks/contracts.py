"""Contracts of the shipped networks and of a deep U-Net, after parsing. `python -m tests.benchmarks.contracts`"""

from __future__ import annotations

from deferinit_cli.infer.contract import contract_of
from deferinit_cli.infer.engine import infer
from deferinit_cli.spec.load import load

from .measures import SPECS, best, table

DEPTH = 10


def contract_ms(spec: str, sets: dict[str, str] | None = None) -> tuple[float, int]:
    """Milliseconds of inference and contract together, and how many layers."""
    network = load(spec, sets=sets)
    return 1000 * best(lambda: contract_of(infer(network))), len(network.nodes)


def main() -> None:
    found = [(path.stem, *contract_ms(str(path))) for path in sorted(SPECS.glob("*.yaml"))]
    rows = [[name, str(layers), f"{ms:.1f}"] for name, ms, layers in sorted(found, key=lambda row: -row[1])]
    table("Contracts of the shipped networks", ["network", "layers", "ms (≤ 10)"], rows)
    widths = [min(8 * 2**k, 512) for k in range(DEPTH)]
    ms, layers = contract_ms(str(SPECS / "unet.yaml"), {"widths": str(widths)})
    table(f"Contract of a U-Net of depth {DEPTH}", ["network", "layers", "ms (≤ 100)"], [["unet", str(layers), f"{ms:.1f}"]])


if __name__ == "__main__":
    main()
