"""The file as a whole: its top-level keys, blocks, inputs and checks."""

from __future__ import annotations

from ..language.builder.checks import KEYS, NUMBERS
from ..language.compile.asserts import KEYS as ASSERT
from ..language.compile.blocks import KEYS as BLOCK
from ..language.compile.file import TOP
from ..language.compile.variables import KEYS as DECLARED
from ..layers.core import registry
from ..layers.core.arguments import EXPRESSION
from . import definitions as words
from . import kinds
from .definitions import COUNT, DIMS, DTYPE, FREE, INPUT_NAME, TEXT, VARIABLE_NAME, Schema, described, ref

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def document() -> Schema:
    """The whole schema, draft 2020-12."""
    parts = top()
    return {
        "$schema": DRAFT,
        "title": "A network for deferinit",
        "description": "A neural network without input sizes: deferinit infers them.",
        "type": "object",
        "properties": {key: parts[key] for key in TOP},
        "additionalProperties": False,
        "anyOf": [{"required": ["layers"]}, {"required": ["blocks"]}],
        "allOf": [
            {"if": {"not": {"anyOf": [{"required": ["blocks"]}, {"required": ["import"]}]}},
             "then": {"properties": {"layers": ref("known.items"),
                                     "defaults": {"properties": {k: {} for k in plain_kinds()}, "additionalProperties": False}}}},
            {"if": {"not": {"required": ["defaults"]}},
             "then": {"properties": {"layers": ref("complete.items"),
                                     "blocks": {"additionalProperties": {"properties": {"layers": ref("complete.items")}}}}}},
        ],
        "$defs": {**words.definitions(), **kinds.definitions(), "shape": shape(), "inputs": inputs(), "outputs": outputs(),
                  "block": block(), "check": check(), "variable": variable()},
    }  # fmt: skip


def top() -> dict[str, Schema]:
    """What stands under each top-level key."""
    return {
        "deferinit": {"description": "The version of the language: 1", "enum": [1, "1"]},
        "name": described(TEXT, "The network's name; the file's, unless said"),
        "doc": described(TEXT, "What the network is"),
        "meta": described(FREE, "Anything; kept and ignored"),
        "dtype": described(DTYPE, "Of parameters and of inputs; float32 unless said"),
        "vars": {
            "description": "Variables in lower case, computed from those above; --set changes them",
            **mapping(ref("variable"), VARIABLE_NAME),
        },
        "asserts": {"description": "What must hold, of variables and of the sizes of inputs: {that: d % heads == 0, says: text}",
                    "type": "array", "items": asserted(), "minItems": 1},
        "import": described(mapping(imported()), "Other files, as blocks or for theirs: {lib: ./lib.yaml}, or zoo:NAME"),
        "defaults": defaults(),
        "blocks": {
            "description": "Functions of the language: layers with arguments, called by name",
            **mapping(ref("block")),
            "propertyNames": {"pattern": r"^[A-Za-z_][A-Za-z0-9_]*$", "not": {"enum": list(registry.kinds())}},
        },
        "inputs": described(ref("inputs"), "What the network is given: {image: [N, 3, H, W]}; one of any shape unless said"),
        "layers": {"description": "The network, from its inputs on, item by item", **ref("items"), "minItems": 1},
        "outputs": described(ref("outputs"), "What the network yields; what its last item does, unless said"),
        "params": described(mapping(settings()), "Said of parameters by pattern: {'**.bias': {freeze: true}}"),
        "checks": {"description": "Cases that `deferinit check` runs", "type": ["array", "null"], "items": ref("check")},
    }


def asserted() -> Schema:
    parts: dict[str, Schema] = {
        "that": described(words.BOOL, "The condition: comparisons of variables and symbols, with and, or, not"),
        "says": {"description": "What it says to people who break it", "type": ["string", "number", "boolean"]},
    }
    return {"type": "object", "properties": {key: parts[key] for key in ASSERT}, "additionalProperties": False, "required": list(ASSERT)}


def variable() -> Schema:
    """A value, or a value with what it may be."""
    number = EXPRESSION | {"type": ["number", "string"]}
    parts: dict[str, Schema] = {
        "default": described(ref("value"), "Its value, unless another is set"),
        "one_of": {"description": "The values it may have", "type": "array", "items": ref("value"), "minItems": 1},
        "min": described(number, "The least it may be"),
        "max": described(number, "The most it may be"),
        "doc": described(TEXT, "What it is for"),
    }
    whole = {"properties": {key: parts[key] for key in DECLARED}, "additionalProperties": False, "required": ["default"]}
    return {**words.VALUE, "type": [*words.VALUE["type"], "object"], **whole}


def mapping(values: Schema, keys: Schema | None = None) -> Schema:
    names: Schema = {"propertyNames": keys} if keys else {}
    return {"type": ["object", "null"], "additionalProperties": values, **names}


def imported() -> Schema:
    path: Schema = {"type": "string", "minLength": 1}
    whole = {"file": path, "set": mapping(ref("value"), VARIABLE_NAME)}
    return {
        "type": ["string", "object"],
        "minLength": 1,
        "properties": whole,
        "additionalProperties": False,
        "required": ["file"],
    }


def plain_kinds() -> list[str]:
    """The kinds that take arguments."""
    return [name for name, cls in registry.kinds().items() if not cls.structural]


def defaults() -> Schema:
    """Arguments by kind or block; none is needed here."""
    found = {name: {**ref(f"kind.{name}"), "type": "object"} for name in plain_kinds()}
    return {"description": "Arguments for all items of a kind or block in this file: {conv2d: {bias: false}}",
            "type": ["object", "null"], "properties": found,
            "additionalProperties": {"type": "object", "additionalProperties": ref("value")}}  # fmt: skip


def settings() -> Schema:
    known = {"init": ref("initializer"), "freeze": words.BOOL, "dtype": DTYPE}
    return {"type": "object", "properties": known, "additionalProperties": False, "minProperties": 1}


# ---- blocks, inputs, outputs


def block() -> Schema:
    with_list = {**mapping(ref("value"), VARIABLE_NAME), "minProperties": 1, "maxProperties": 1}
    argument = {**with_list, "type": ["string", "object"], "pattern": r"^\s*[a-z_][a-z0-9_]*\s*(?:=.*)?$"}
    args: Schema = {"type": "array", "items": argument}
    parts: dict[str, Schema] = {
        "args": described(args, "Like a signature: [out, kernel=3, causal=false], or - widths: [1, 2]"),
        "inputs": described(ref("inputs"), "[x, skip], or with dims it may compute with: {x: [N, C, H, W]}; one unless said"),
        "layers": described(ref("items"), "What the block is made of"),
        "outputs": described(ref("outputs"), "{out: prev, skip: conv}: the first flows on, the others are named; of a list, all flow on"),
        "doc": described(TEXT, "What the block is for"),
        "meta": described(FREE, "Anything; kept and ignored"),
    }
    return {"type": "object", "properties": {key: parts[key] for key in BLOCK}, "additionalProperties": False, "required": ["layers"]}


def inputs() -> Schema:
    """Names alone, or with shapes and dtypes."""
    dims = {**DIMS, "type": ["array", "null"]}
    port = {
        **dims,
        "type": ["array", "object", "null"],
        "properties": {"shape": dims, "dtype": DTYPE},
        "additionalProperties": False,
    }
    names: Schema = {"type": ["string", "integer"], "pattern": f"^(?:{INPUT_NAME})$"}
    return {"type": ["array", "object"], "items": names, "additionalProperties": port,
            "propertyNames": {"pattern": rf"^(?!prev$)(?:{INPUT_NAME})$"}}  # fmt: skip


def outputs() -> Schema:
    return {**words.REFERENCE, "type": ["string", "number", "array", "object"], "items": ref("reference"),
            "additionalProperties": ref("reference"), "minItems": 1, "minProperties": 1}  # fmt: skip


# ---- checks


def shape() -> Schema:
    """`2x20`, or a list of dims."""
    return {"description": "A shape: 2x20, [2, 20] or scalar", "type": ["string", "integer", "array"], "minimum": 1,
            "items": EXPRESSION | {"type": ["integer", "string"]}}  # fmt: skip


def check() -> Schema:
    one = ref("shape")
    by_name = {"type": ["object", "null"], "additionalProperties": one}
    parts: dict[str, Schema] = {
        "name": described(TEXT, "The case's name in reports"),
        "doc": described(TEXT, "What the case is for"),
        "set": described(mapping(ref("value"), VARIABLE_NAME), "Variables for this case"),
        "input": {"description": "Shapes of the inputs: 2x20, or {image: 2x3x224x224, ids: 2x7:int64}",
                  "anyOf": [one, {"type": "object", "additionalProperties": one}]},
        "output": {"description": "Shapes that outputs must have: [2, 10], a list of those, or {label: [2, 10]}",
                   "anyOf": [one, {"type": "object", "additionalProperties": one},
                             {"type": "array", "items": {"type": "array", "items": {"type": ["integer", "string"]}}}]},
        "shapes": described(by_name, "Shapes that values must have, by name"),
        "weights": described(by_name, "Shapes that parameters must have, by name"),
        "error": described(TEXT, "The case must be rejected, with this rule"),
        **{key: described(COUNT, budget(key)) for key in NUMBERS},
    }  # fmt: skip
    return {"type": "object", "properties": {key: parts[key] for key in KEYS}, "additionalProperties": False, "minProperties": 1}


def budget(key: str) -> str:
    measure = key.removeprefix("max_")
    measure = {"params": "parameters", "macs": "multiply-accumulates"}.get(measure, measure)
    return f"At most so many {measure}" if key.startswith("max_") else f"Exactly so many {measure}"
