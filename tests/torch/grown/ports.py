"""What the language says of kinds apart from PyTorch: their inputs' names, side outputs, and which take integers."""

from __future__ import annotations

PORTS: dict[str, tuple[int, tuple[str, ...]]] = {
    "lstm": (1, ("x", "h", "c")), "gru": (1, ("x", "h")), "rnn": (1, ("x", "h")), "attention": (3, ("q", "k", "v", "bias")),
    "multi_head_attention": (1, ("q", "k", "v")), "relative_bias": (2, ("q", "k")), "parameter": (0, ()),
    "broadcast_to": (1, ("x", "like")), "take": (2, ("x", "ids")), "upsample": (1, ("x", "like")), "sub": (2, ("a", "b")),
    "div": (2, ("a", "b")), "matmul": (2, ("a", "b")), "where": (3, ("condition", "a", "b")), "gather": (2, ("x", "ids")),
    "bilinear": (2, ("a", "b")), "dot": (2, ("a", "b")), "cosine_similarity": (2, ("a", "b")),
    "alibi_attention": (3, ("q", "k", "v")), "crop": (1, ("x", "like")), "constant": (0, ()),
}  # fmt: skip
"""Of kinds with other inputs than one x: how many at least, and their names."""

VARIADIC = {"add", "mul", "maximum", "minimum", "average", "concat", "stack", "einsum"}

INTEGERS = {"add", "sub", "mul", "div", "maximum", "minimum", "average", "concat", "stack", "identity", "arange", "embedding",
            "flatten", "reshape", "transpose", "squeeze", "expand_dims", "slice", "select", "split", "broadcast_to", "roll", "take",
            "pad", "sum", "max", "min", "channel_shuffle", "pixel_shuffle", "window_partition", "window_merge", "where", "gather", "crop", "cast",
            "one_hot", "repeat_axis", "tile", "flip", "unflatten", "pixel_unshuffle", "abs", "neg", "argmax", "cumsum", "constant",
            "dropout", "shift_by", "alpha_dropout", "spatial_dropout", "drop_path", "gaussian_dropout", "gaussian_noise"}  # fmt: skip
"""Kinds that take integers, too."""

SIDES = {"lstm": ("h", "c", "last"), "gru": ("h", "last"), "rnn": ("h", "last")}
