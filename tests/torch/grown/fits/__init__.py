"""Arguments with which a kind takes a given input, most of the time: what PyTorch then says decides."""

from __future__ import annotations

from . import moving, shaping, windows

Fit = windows.Fit

FITS: dict[str, Fit] = {**windows.FITS, **moving.FITS, **shaping.FITS}
"""Kinds of one input; None where it cannot fit."""
