"""The vocabulary of shape relations. Each goes forward and backward, states its clause, and reads in words.

A relation fires when it is made and again whenever a slot it watches becomes known, until it is `done`: all it can
ever say is said. `words(name, of)` gives the equation with slots named by `name`, solved for the slot `of` where that
reads well; `behind(slot)` the slots that a size it gave was worked out from; `demand` what the sizes must fulfil.
"""

from __future__ import annotations

from .affine import Affine, Sum, Window
from .base import Namer, Relation, post
from .choices import AtMost, Broadcast, Extreme, Floored, Positive
from .products import Divisible, Product
from .scales import Scaled
from .varying_windows import Slide, Spread

__all__ = ["Affine", "AtMost", "Broadcast", "Divisible", "Extreme", "Floored", "Namer", "Positive", "Product", "Relation", "Scaled",
           "Slide", "Spread", "Sum", "Window", "post"]  # fmt: skip
