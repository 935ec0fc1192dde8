"""Every network of the zoo, at a small size, against the same written as PyTorch calls, on the same weights and inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import deferinit_cli as deferinit

from .networks import convolutional, patches, sequences, transformers
from .networks.weights import Weights

SPECS = Path(__file__).parents[2] / "specs"

WORDS = 11
"""How many words the small networks know."""

DECODER = {"n_layer": 2, "d": 24, "heads": 6, "kv_heads": 2, "ff": 20, "vocab": WORDS}
BERT = {"n_layer": 2, "d": 24, "heads": 3, "vocab": WORDS}

Inputs = dict[str, tuple[int, ...]]
CASES: list[tuple[str, dict[str, Any], Inputs]] = [
    ("mlp", {}, {"input": (2, 5)}),
    ("lenet", {}, {"image": (2, 2, 33, 30)}),
    ("alexnet", {"hidden": 9}, {"image": (2, 3, 99, 70)}),
    ("vgg", {"depth": 11, "width": 8, "hidden": 9}, {"image": (2, 3, 40, 65)}),
    ("vgg", {"depth": 16, "width": 8, "hidden": 9, "batch_norm": True}, {"image": (2, 3, 33, 32)}),
    ("resnet", {"depth": 18, "classes": 9}, {"image": (2, 3, 33, 50)}),
    ("resnet", {"depth": 50, "classes": 9}, {"image": (1, 3, 33, 50)}),
    ("resnet", {"depth": 50, "classes": 9, "early": True, "bias": True}, {"image": (1, 3, 33, 50)}),
    ("densenet", {"depths": [2, 1, 3], "growth": 4}, {"image": (2, 3, 33, 50)}),
    ("mobilenet_v2", {"classes": 9}, {"image": (2, 3, 33, 50)}),
    ("efficientnet", {"variant": 0}, {"image": (2, 3, 65, 48)}),
    ("efficientnet", {"variant": 5, "widths": [0.3] * 8}, {"image": (2, 3, 33, 48)}),
    ("convnext", {"depths": [2, 1, 2, 1], "width": 8}, {"image": (2, 3, 68, 47)}),
    ("googlenet", {"classes": 9}, {"image": (1, 3, 50, 65)}),
    ("inception_v3", {"classes": 9}, {"image": (1, 3, 75, 80)}),
    ("xception", {"middle": 2, "classes": 9}, {"image": (1, 3, 51, 64)}),
    ("unet", {"widths": [6, 10]}, {"image": (2, 1, 12, 20)}),
    ("fpn", {"width": 6, "out": 4}, {"image": (2, 3, 32, 64)}),
    ("dcgan", {"latent": 6, "width": 4}, {"noise": (2, 6, 1, 1)}),
    ("vit", {"n_layer": 2, "d": 24, "heads": 3, "patch": 8}, {"image": (2, 3, 17, 24)}),
    ("swin", {"depths": [2, 2, 1, 2], "width": 12, "heads": [1, 2, 3, 4]}, {"image": (2, 3, 224, 448)}),
    ("tcn", {"levels": 3, "width": 16, "kernel": 3}, {"x": (4, 4, 19)}),
    ("lstm_classifier", {"vocabulary": WORDS, "width": 6}, {"words": (3, 7)}),
    ("seq2seq", {"source": WORDS, "target": WORDS, "width": 6}, {"words": (3, 7), "so_far": (3, 5)}),
    ("two_tower", {}, {"query": (2, 3), "doc": (2, 8)}),
    ("wide_and_deep", {"crosses": WORDS, "words": WORDS, "dim": 3}, {"cross": (4, 5), "ids": (4, 8)}),
    ("gpt2", {"n_layer": 2, "n_head": 3, "d": 24, "vocab": WORDS, "n_ctx": 9}, {"ids": (2, 7)}),
    ("llama", DECODER, {"ids": (2, 7)}),
    ("mistral", {**DECODER, "window": 3}, {"ids": (2, 9)}),
    ("qwen2", DECODER, {"ids": (2, 7)}),
    ("gemma", {**DECODER, "head_dim": 10}, {"ids": (2, 7)}),
    ("mixtral", {**DECODER, "experts": 5, "top_k": 2}, {"ids": (2, 7)}),
    ("phi_2", {"n_layer": 2, "d": 24, "heads": 3, "ff": 20, "vocab": WORDS, "turning": 0.5}, {"input_ids": (2, 7)}),
    ("bert", BERT, {"input_ids": (2, 7), "token_type_ids": (2, 7)}),
    ("bert_mlm", BERT, {"input_ids": (2, 7), "token_type_ids": (2, 7)}),
    ("roberta", BERT, {"input_ids": (2, 7)}),
    ("distilbert", BERT, {"ids": (2, 7)}),
    ("t5", {**BERT, "head_dim": 7, "ff": 20}, {"input_ids": (2, 150), "decoder_input_ids": (2, 140)}),
    ("whisper", {**BERT, "mels": 5, "frames": 20, "words": 9}, {"input_features": (2, 5, 33), "decoder_input_ids": (2, 7)}),
    ("clip", {"patch": 8, "d": 128, "n_layer": 2, "text_d": 64, "width": 6, "vocab": WORDS},
     {"input_ids": (3, 7), "pixel_values": (2, 3, 17, 24)}),
]  # fmt: skip


def network(name: str) -> Callable[..., Any]:
    found = [getattr(m, name) for m in (convolutional, patches, sequences, transformers) if hasattr(m, name)]
    assert len(found) == 1
    return found[0]  # type: ignore[no-any-return]


def shaken(model: Any, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """All weights moved off what they start from, by about what keeps the values' size, so that none is idle; as PyTorch's."""
    for name, parameter in model.parameters.items():
        data = parameter.data
        if name.endswith("running_var"):
            data += rng.uniform(0, 0.5, data.shape)
        elif data.ndim < 2:
            data += rng.normal(0, 0.2, data.shape)
        else:
            data += rng.standard_normal(data.shape, np.float32) / np.float32(max(1, data[0].size) ** 0.5)
    return {name: torch.from_numpy(p.data) for name, p in model.parameters.items()}


@pytest.mark.parametrize(("name", "sets", "shapes"), CASES, ids=[c[0] for c in CASES])
@torch.no_grad()
def test_equal_values(name: str, sets: dict[str, Any], shapes: Inputs) -> None:
    rng = np.random.default_rng(0)
    model = deferinit.load(str(SPECS / f"{name}.yaml"), set=sets).initialize(**shapes)
    whole = {entry.name: str(entry.dtype).startswith("int") for entry in model.network.inputs}
    arrays = {n: rng.integers(0, 2 if n == "token_type_ids" else WORDS, s) if whole[n] else rng.standard_normal(s, np.float32)
              for n, s in shapes.items()}  # fmt: skip
    tensors = shaken(model, rng)
    theirs = network(name)(Weights(tensors), *map(torch.from_numpy, arrays.values()), **model.network.variables)
    mine = model(**arrays)
    pairs = list(
        zip(mine.values() if isinstance(mine, dict) else [mine], theirs if isinstance(theirs, tuple) else [theirs], strict=True)
    )
    for a, b in pairs:
        spread = float(b.std())
        assert 1e-3 < spread < 1e6
        np.testing.assert_allclose(a, b.numpy(), rtol=0, atol=3e-5 * spread)


def test_every_network_is_compared() -> None:
    assert {c[0] for c in CASES} == {p.stem for p in SPECS.glob("*.yaml")}
