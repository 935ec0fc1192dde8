"""Contracts of the shipped networks and of a deep U-Net, after parsing. `python -m tests.benchmarks.contracts`"""

from __future__ import annotations

from deferinit_cli.infer.domains.contract import contract_of
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.warnings import warnings
from deferinit_cli.language.load import load

from .measures import SPECS, best, table

DEPTH = 10


def contract_ms(spec: str, sets: dict[str, str] | None = None) -> tuple[float, float, int]:
    """Milliseconds of inference and contract together, of looking for warnings, and how many layers."""
    network = load(spec, sets=sets)
    resolved = infer(network)
    return 1000 * best(lambda: contract_of(infer(network))), 1000 * best(lambda: warnings(resolved)), len(network.nodes)


def main() -> None:
    found = [(path.stem, *contract_ms(str(path))) for path in sorted(SPECS.glob("*.yaml"))]
    rows = [[name, str(layers), f"{ms:.1f}", f"{more:.2f}"] for name, ms, more, layers in sorted(found, key=lambda row: -row[1])]
    table("Contracts of the shipped networks", ["network", "layers", "ms (≤ 10)", "warnings, ms (≤ 1)"], rows)
    widths = [min(8 * 2**k, 512) for k in range(DEPTH)]
    ms, more, layers = contract_ms(str(SPECS / "unet.yaml"), {"widths": str(widths)})
    table(f"Contract of a U-Net of depth {DEPTH}", ["network", "layers", "ms (≤ 100)", "warnings, ms (≤ 10)"],
          [["unet", str(layers), f"{ms:.1f}", f"{more:.2f}"]])  # fmt: skip


if __name__ == "__main__":
    main()
