"""What a word that is not known may have meant."""

from __future__ import annotations

from collections.abc import Iterable


def article(word: str) -> str:
    """A word after `a` or `an`: `an upsample`, `a dense`, `an lstm`, whose first part has no vowel and is spelt out."""
    first = word.partition("_")[0].lower()
    spelt = not any(letter in "aeiouy" for letter in first)
    return f"{'an' if first[:1] in ('a', 'e', 'i', 'o', 'u') or (spelt and first[:1] in tuple('fhlmnrsx')) else 'a'} {word}"


def plural(count: int, word: str) -> str:
    """A count and what is counted: `1 value`, `3 values`."""
    return f"{count} {word}{'' if count == 1 else 's'}"


def suggest(word: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?`, or nothing when nothing is near."""
    from difflib import get_close_matches  # on errors only: its import is slow

    if len(word) > 60:
        return ""
    names = [k for k in known if len(word) <= 2.4 * len(k) <= 5.6 * len(word)][:500]  # others are never near enough
    near = get_close_matches(word, names, 1, 0.6) or get_close_matches(word.lower(), names, 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else ""
