"""`python -m deferinit_cli`."""

from .cli import main

main()
