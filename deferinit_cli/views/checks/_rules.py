"""Rules in words, for readers of reports that list them."""

from __future__ import annotations

KNOWN = {
    "check-shape": "A shape is not the one that a check of the spec expects",
    "check-params": "The number of parameters is not the one that a check of the spec expects",
    "check-budget": "The network is over a budget that a check of the spec sets",
    "check-error": "A check of the spec expects a rejection that does not come",
    "check-output": "A check of the spec expects other outputs than there are",
    "kernel-exceeds-input": "A window does not fit into what it slides over",
    "size-mismatch": "Two sizes that must be equal differ",
    "sizes-diverge": "Sizes that must be equal are equal only up to a largest input",
    "unused-variable": "A variable that nothing reads",
    "unused-argument": "A block's argument that the block does not read",
    "unused-block": "A block that no layer calls",
    "unused-import": "An import that no layer calls",
    "unused-input": "An input that no layer and no output takes",
    "unreachable-layer": "A layer whose values nobody takes and that is no output",
    "unbound-symbol": "A symbol that no input and no shape gives a size",
    "unresolved-parameter": "A parameter whose shape no case resolves",
    "lock-drift": "A shape is not the one that the spec's lock holds",
    "lock-missing": "A spec without its lock",
    "lock-corrupt": "A lock that cannot be read",
    "lock-version": "A lock of another version of the format",
    "unreadable": "A file that cannot be read",
    "worker-died": "A worker process ended before it had checked the spec",
    "internal-error": "A fault of deferinit itself",
}


def described(rule: str) -> tuple[str, str]:
    """(title, help) of a rule; one without an entry is named by its own words."""
    title = KNOWN.get(rule) or rule.replace("-", " ").capitalize()
    return (
        title,
        f"{title}. The message says what was found, what was expected and what to do; `deferinit check` prints the line.",
    )
