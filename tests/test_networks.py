"""The shipped networks against published ones: tensor by tensor, layer by layer and in total."""

from __future__ import annotations

import re
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deferinit_cli.graph import Given, Parameter
from deferinit_cli.infer.conflicts.diagnose import diagnostics
from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.load import load
from deferinit_cli.problems import Source, Span
from deferinit_cli.report import Report
from deferinit_cli.verify import verify

from .reference import reference

SPECS = Path(__file__).parent.parent / "specs"


class Case(NamedTuple):
    spec: str
    published: str
    sets: str = ""  # as on the command line
    renames: tuple[tuple[str, str], ...] = ()  # from published names to those here: pattern, replacement
    in_order: bool = False  # the names have no pattern in common: tensors, buffers and layers are compared in order
    transposed: str = "$."  # tensors that the library keeps the other way round
    macs: bool = True


T5 = ((r"^(encoder|decoder)\.block\.0\.layer\.0\.SelfAttention\.relative_attention_bias", r"\1_bias"),)
GPT2 = {"renames": ((r"^transformer\.", ""),), "transposed": r"c_(attn|proj|fc)\.weight$"}

CASES = [
    Case("alexnet", "torchvision_alexnet"),
    Case("vgg", "torchvision_vgg16", in_order=True),
    Case("vgg", "torchvision_vgg16_bn", "batch_norm=true", in_order=True),
    Case("resnet", "torchvision_resnet18", "depth=18"),
    Case("resnet", "torchvision_resnet34", "depth=34"),
    Case("resnet", "torchvision_resnet50"),
    Case("resnet", "torchvision_resnet152", "depth=152"),
    Case("mobilenet_v2", "torchvision_mobilenet_v2"),
    Case("densenet", "torchvision_densenet201", in_order=True),
    Case("efficientnet", "torchvision_efficientnet_b4", "variant=4"),
    Case("convnext", "torchvision_convnext_large", "depths=[3,3,27,3] width=192"),
    Case("vit", "torchvision_vit_b_32", renames=((r"encoder_layer_", ""),)),
    Case("inception_v3", "torchvision_inception_v3"),
    Case("swin", "torchvision_swin_t"),
    Case("gpt2", "transformers_gpt2", **GPT2),
    Case("gpt2", "transformers_gpt2_medium", "n_layer=24 d=1024 n_head=16", **GPT2),
    Case("gpt2", "transformers_gpt2_large", "n_layer=36 d=1280 n_head=20", **GPT2),
    Case("gpt2", "transformers_gpt2_xl", "n_layer=48 d=1600 n_head=25", **GPT2),
    Case("bert", "transformers_bert_large"),
    Case("bert_mlm", "transformers_bert_large_mlm"),
    Case("roberta", "transformers_roberta_base"),
    Case("distilbert", "transformers_distilbert"),
    Case("llama", "transformers_llama_2_7b"),
    Case("llama", "transformers_llama_3_8b", "vocab=128256 ff=14336 kv_heads=8 theta=500000"),
    Case("mistral", "transformers_mistral_7b"),
    Case("qwen2", "transformers_qwen2_7b"),
    Case("gemma", "transformers_gemma_2b"),
    Case("mixtral", "transformers_mixtral_8x7b", macs=False),  # counted there for the experts chosen, here for all
    Case("phi_2", "transformers_phi_2"),
    Case("t5", "transformers_t5_base", renames=T5),
    Case("whisper", "transformers_whisper_base"),
    Case("clip", "transformers_clip_vit_b_32"),
]


def resolved(case: Case, facts: dict[str, Any]) -> Resolved:
    sets = dict(s.split("=", 1) for s in case.sets.split())
    network = load(str(SPECS / f"{case.spec}.yaml"), sets=sets)
    place = Span(Source("--input"), 1, 1)
    given = [Given(p.name, tuple(f["shape"]), None, place) for p, f in zip(network.inputs, facts["inputs"], strict=True)]
    found = infer(network, given)
    assert not found.conflicts, diagnostics(found)
    return found


def named(case: Case, pairs: list[Any]) -> dict[str, tuple[int, ...]]:
    """Published [name, shape] pairs under the names here; by number where the order is all there is to compare."""
    out = {}
    for k, (name, shape) in enumerate(pairs):
        shape = tuple(shape[::-1] if re.search(case.transposed, name) else shape)
        out[str(k) if case.in_order else rename(case, name)] = shape
    assert len(out) == len(pairs)
    return out


def rename(case: Case, name: str) -> str:
    for pattern, replacement in case.renames:
        name = re.sub(pattern, replacement, name)
    return name


def mine(case: Case, found: Resolved, parameters: list[Parameter]) -> dict[str, Any]:
    return {str(k) if case.in_order else p.name: found.tensor(p) for k, p in enumerate(parameters)}


@pytest.mark.parametrize("case", CASES, ids=[c.published for c in CASES])
def test_equal_to_the_published_network(case: Case) -> None:
    facts = reference(case.published)
    found = resolved(case, facts)
    own = [p for p in found.network.parameters if p.tied_to is None]
    assert mine(case, found, [p for p in own if not p.buffer]) == named(case, facts["tensors"])
    if "buffer_tensors" in facts:
        assert mine(case, found, [p for p in own if p.buffer]) == named(case, facts["buffer_tensors"])
    ties = {(rename(case, alias), rename(case, target)) for alias, target in facts["tied"]}
    assert {(p.name, p.tied_to.name) for p in found.network.parameters if p.tied_to} <= ties
    assert {p.name for p in own if p.frozen} == {rename(case, n) for n in facts.get("frozen", [])}
    assert sum(prod(found.tensor(p) or ()) for p in own if not p.frozen and not p.buffer) == facts["parameters"]
    assert [found.shape(v) for _, v in found.network.outputs] == [tuple(o["shape"]) for o in facts["outputs"]]
    if case.macs:
        assert 2 * sum(found.macs(n) for n in found.network.nodes) == facts["flops_torch"]


WITH_LAYERS = [c for c in CASES if "module_outputs" in reference(c.published)]


@pytest.mark.parametrize("case", WITH_LAYERS, ids=[c.published for c in WITH_LAYERS])
def test_every_layer_yields_what_the_published_one_yields(case: Case) -> None:
    facts = reference(case.published)
    found = resolved(case, facts)
    theirs = named(case, [pair for pair in facts["module_outputs"] if pair[0]])
    if case.in_order:
        owners = list(dict.fromkeys(p.node for p in found.network.parameters))
        assert [found.shape(n.outputs[0]) for n in owners] == list(theirs.values())
    else:
        assert {name: found.shape(found.network.names[name]) for name in theirs} == theirs


IN_KERAS = [
    Case("vgg", "keras_vgg16"),
    Case("resnet", "keras_resnet50", "early=true bias=true"),
    Case("mobilenet_v2", "keras_mobilenetv2"),
    Case("inception_v3", "keras_inceptionv3", "scale=false"),
    Case("xception", "keras_xception", renames=((r"(depthwise|pointwise)_kernel", "kernel"),)),  # one layer there, two here
    Case("efficientnet", "keras_efficientnetb0"),
]


@pytest.mark.parametrize("case", IN_KERAS, ids=[c.published for c in IN_KERAS])
def test_the_tensors_that_keras_has(case: Case) -> None:
    """Keras names and orders layers its own way: what is compared is how many tensors of each sort and shape there are."""
    facts = reference(case.published)
    facts["inputs"] = [{**f, "shape": [f["shape"][0], f["shape"][-1], *f["shape"][1:-1]]} for f in facts["inputs"]]
    found = resolved(case, facts)
    rows = Report(found, "show", case.spec, "keras").parameters
    theirs = facts["tensors"] + facts.get("buffer_tensors", [])
    assert Counter((r["name"].rpartition("/")[2], tuple(r["shape"])) for r in rows) == Counter(
        (rename(case, name).rpartition("/")[2], tuple(shape)) for name, shape in theirs)  # fmt: skip
    assert sum(r["count"] for r in rows if not r["buffer"]) == facts["parameters"]
    assert [found.shape(v) for _, v in found.network.outputs] == [tuple(o["shape"]) for o in facts["outputs"]]
    assert 2 * sum(found.macs(n) for n in found.network.nodes) == facts["flops_torch"]


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_shipped_network_carries_checks_and_passes_them(path: Path) -> None:
    outcomes = verify(str(path))
    assert len(outcomes) >= 2, "it has checks of its own"
    assert [d for o in outcomes for d in o.problems] == []
