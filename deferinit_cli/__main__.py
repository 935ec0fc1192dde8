"""`python -m deferinit_cli`, and the command `deferinit`."""

from __future__ import annotations


def main() -> None:
    """The entry point. Whoever interrupts while the rest is still being imported sees no traceback either."""
    try:
        from .cli import main as start
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    start()


if __name__ == "__main__":
    main()
