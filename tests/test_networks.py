"""The shipped networks against published ones: tensor by tensor, and in total."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deferinit_cli.graph import Given, Network
from deferinit_cli.infer.diagnose import diagnostics
from deferinit_cli.infer.engine import infer
from deferinit_cli.infer.resolved import Resolved
from deferinit_cli.problems import Source, Span
from deferinit_cli.spec.load import load
from deferinit_cli.verify import verify

from .reference import reference

SPECS = Path(__file__).parent.parent / "specs"

LLAMA_3 = {"vocab": "128256", "ff": "14336", "kv_heads": "8", "theta": "500000"}

# spec, --set, input shapes, the published network, and whether names are equal too
CASES: list[tuple[str, dict[str, str], dict[str, tuple[int, ...]], str, bool]] = [
    ("alexnet", {}, {"image": (1, 3, 224, 224)}, "torchvision_alexnet", True),
    ("vgg", {}, {"image": (1, 3, 224, 224)}, "torchvision_vgg16", False),
    ("vgg", {"batch_norm": "true"}, {"image": (1, 3, 224, 224)}, "torchvision_vgg16_bn", False),
    ("resnet", {"depth": "18"}, {"image": (1, 3, 224, 224)}, "torchvision_resnet18", True),
    ("resnet", {"depth": "34"}, {"image": (1, 3, 224, 224)}, "torchvision_resnet34", True),
    ("resnet", {}, {"image": (1, 3, 224, 224)}, "torchvision_resnet50", True),
    ("resnet", {"depth": "152"}, {"image": (1, 3, 224, 224)}, "torchvision_resnet152", True),
    ("mobilenet_v2", {}, {"image": (1, 3, 224, 224)}, "torchvision_mobilenet_v2", False),
    ("densenet", {}, {"image": (1, 3, 224, 224)}, "torchvision_densenet201", False),
    ("efficientnet", {"variant": "4"}, {"image": (1, 3, 380, 380)}, "torchvision_efficientnet_b4", True),
    (
        "convnext",
        {"depths": "[3, 3, 27, 3]", "width": "192"},
        {"image": (1, 3, 224, 224)},
        "torchvision_convnext_large",
        True,
    ),
    ("vit", {}, {"image": (1, 3, 224, 224)}, "torchvision_vit_b_32", False),
    ("swin", {}, {"image": (1, 3, 224, 224)}, "torchvision_swin_t", True),
    ("gpt2", {}, {"ids": (1, 128)}, "transformers_gpt2", False),
    ("gpt2", {"n_layer": "24", "d": "1024", "n_head": "16"}, {"ids": (1, 128)}, "transformers_gpt2_medium", False),
    ("gpt2", {"n_layer": "36", "d": "1280", "n_head": "20"}, {"ids": (1, 128)}, "transformers_gpt2_large", False),
    ("gpt2", {"n_layer": "48", "d": "1600", "n_head": "25"}, {"ids": (1, 128)}, "transformers_gpt2_xl", False),
    ("bert", {}, {"input_ids": (1, 128), "token_type_ids": (1, 128)}, "transformers_bert_large", False),
    ("distilbert", {}, {"ids": (1, 128)}, "transformers_distilbert", True),
    ("llama", {}, {"ids": (1, 128)}, "transformers_llama_2_7b", True),
    ("llama", LLAMA_3, {"ids": (1, 128)}, "transformers_llama_3_8b", True),
    ("mistral", {}, {"ids": (1, 128)}, "transformers_mistral_7b", True),
    ("qwen2", {}, {"ids": (1, 128)}, "transformers_qwen2_7b", True),
    ("gemma", {}, {"ids": (1, 128)}, "transformers_gemma_2b", True),
    ("roberta", {}, {"ids": (1, 128)}, "transformers_roberta_base", False),
    ("mixtral", {}, {"ids": (1, 128)}, "transformers_mixtral_8x7b", True),
]


def resolved(spec: str, sets: dict[str, str], inputs: dict[str, tuple[int, ...]]) -> tuple[Network, Resolved]:
    network = load(str(SPECS / f"{spec}.yaml"), sets=sets)
    given = [Given(name, dims, None, Span(Source("--input"), 1, 1)) for name, dims in inputs.items()]
    found = infer(network, given)
    assert not found.conflicts, diagnostics(found)
    return network, found


@pytest.mark.parametrize(("spec", "sets", "inputs", "name", "names_too"), CASES, ids=[c[3] for c in CASES])
def test_equal_to_the_published_network(
    spec: str, sets: dict[str, str], inputs: dict[str, Any], name: str, names_too: bool
) -> None:
    facts = reference(name)
    network, found = resolved(spec, sets, inputs)
    mine = [(p.name, found.tensor(p)) for p in network.parameters if p.tied_to is None and not p.buffer]
    theirs = [(n, tuple(s)) for n, s in facts["tensors"]]
    if names_too:
        assert sorted(mine) == sorted(theirs)
    if names_too is False and name.startswith("transformers_gpt2"):
        theirs = [(n, s[::-1] if n.endswith(("c_attn.weight", "c_proj.weight", "c_fc.weight")) else s) for n, s in theirs]
    assert Counter(s for _, s in mine) == Counter(s for _, s in theirs)
    assert [found.shape(v) for _, v in network.outputs] == [tuple(o["shape"]) for o in facts["outputs"]]
    total = 0
    for _, shape in mine:
        count = 1
        for n in shape or ():
            count *= n
        total += count
    assert total == facts["parameters"]
    macs = sum(found.macs(n) for n in network.nodes)
    if spec != "mixtral":  # counted there for the experts chosen, here for all
        assert 2 * macs == facts["flops_torch"]


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_network_carries_checks_and_passes_them(path: Path) -> None:
    outcomes = verify(str(path))
    assert len(outcomes) >= 2, "it has checks of its own"
    assert [d for o in outcomes for d in o.problems] == []
