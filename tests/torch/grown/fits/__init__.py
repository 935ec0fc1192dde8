"""Arguments with which a kind takes a given input, most of the time: what PyTorch then says decides."""

from __future__ import annotations

from . import moving, rarer, shaping, windows

Fit = windows.Fit

FITS: dict[str, Fit] = {**windows.FITS, **moving.FITS, **shaping.FITS, **rarer.FITS}
"""Kinds of one input; None where it cannot fit."""
