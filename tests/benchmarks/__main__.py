"""All benchmarks that need nothing but what `show` and `check` need. `python -m tests.benchmarks [NAME ...]`"""

from __future__ import annotations

import sys
from importlib import import_module

from .measures import machine

NAMES = ("reading", "inference", "contracts", "explaining", "processes", "largest")


def main(names: list[str]) -> None:
    unknown = set(names) - set(NAMES)
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(sorted(unknown))}: there are {', '.join(NAMES)}")
    print(machine())
    for name in names or NAMES:
        import_module(f".{name}", __package__).main()


if __name__ == "__main__":
    main(sys.argv[1:])
