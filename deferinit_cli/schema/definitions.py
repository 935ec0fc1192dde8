"""What schemas are made of: names, references, dims, initialisers, and the modifiers of an item."""

from __future__ import annotations

from typing import Any

from ..initializer_base import Parameter, Rule, known
from ..language.compile import items as written
from ..language.compile.file import DTYPES
from ..language.expressions.expression import MAX_LENGTH, WORDS, YAML_WORDS
from ..language.expressions.names import VARIABLE
from ..layers.core.arguments import EXPRESSION

Schema = dict[str, Any]

NAME, LEVEL, INPUT_NAME = written.NAME.pattern, written.LEVEL.pattern, written.INPUT_NAME.pattern
VARIABLE_NAME: Schema = {"pattern": rf"^{VARIABLE.pattern}$"}


def ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def described(schema: Schema, text: str) -> Schema:
    return {"description": text, **schema}


TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
"""Text, which YAML may take for something else."""
FREE: Schema = {}
"""Anything."""
BOOL: Schema = EXPRESSION | {"type": ["boolean", "string"]}
COUNT: Schema = EXPRESSION | {"type": ["integer", "string"], "minimum": 0}
DIM: Schema = EXPRESSION | {"type": ["integer", "string"], "minimum": 1}
DIMS: Schema = {"type": "array", "items": ref("dim")}
REFERENCE: Schema = {
    "type": ["string", "number"],
    "pattern": rf"^\s*(?:{LEVEL})(?:\.(?:{LEVEL}|-\d+|\*|\(.*\)))*\s*$",
}
VALUE: Schema = {"type": ["string", "number", "boolean", "null", "array"], "items": ref("value")}
DTYPE: Schema = {"if": {"type": "string", "pattern": "^="}, "else": {"enum": list(DTYPES)}}
"""One of the words, or what computes one."""


def definitions() -> dict[str, Schema]:
    loud = [form for word in sorted(YAML_WORDS) for form in (word, word.title(), word.upper()) if form not in WORDS]
    # Without a description: an editor would show it instead of what is said of the field.
    expression = {"pattern": r"""^[\w\s\u00a1-\uffff'"+\-*/%<>()\[\],.=!]+$""", "maxLength": MAX_LENGTH, "not": {"enum": loud}}
    return {
        "expression": expression,
        "dim": described(DIM, "A size: an int, a variable, a SYMBOL, an expression, _ for unknown, ... for any number of dims"),
        "value": VALUE,
        "reference": described(REFERENCE, "An earlier layer or input: prev, enc, enc.2, enc.(-1-i).skip, enc.*"),
        "initializer": initializer(),
    }


def initializer() -> Schema:
    """A name; or a name with its first argument, or with arguments by name."""
    rules = known()
    words = [name for name, rule in rules.items() if not any(p.required for p in rule.parameters)]
    named = {name: described(arguments(rule), " ".join(rule.doc.split())) for name, rule in rules.items()}
    table = {"type": "object", "properties": named, "additionalProperties": False, "minProperties": 1, "maxProperties": 1}
    return {
        "description": "How values are drawn: zeros, {normal: 0.02} or {normal: {std: 0.02}}",
        "anyOf": [{"enum": words}, table],
    }


def arguments(rule: Rule) -> Schema:
    first = parameter(rule.parameters[0]) if rule.parameters else {"type": []}
    required = [p.name for p in rule.parameters if p.required]
    types = ["object"] if required else ["object", "null"]
    named = {p.name: parameter(p) for p in rule.parameters}
    return {**first, "type": [*first["type"], *types], "properties": named, "additionalProperties": False, "required": required}


RANGES: dict[str, Schema] = {"NonNegative": {"minimum": 0}, "Fraction": {"minimum": 0, "maximum": 1}, "Count": {"minimum": 1}}


def parameter(p: Parameter) -> Schema:
    """A number, or one of some words; an expression may give either."""
    return EXPRESSION | {"type": ["number", "string"]} | RANGES.get(p.type, {}) | ({"examples": list(p.words)} if p.words else {})


BESIDE: dict[str, Schema] = {
    "from": {
        "description": "What it takes instead of what the item before yields: a reference, a list of them, or {input: reference}",
        "type": ["string", "number", "array", "object"],
        "pattern": REFERENCE["pattern"],
        "items": ref("reference"),
        "additionalProperties": ref("reference"),
    },
    "when": described(BOOL, "false removes the item; what flows passes by"),
    "repeat": described(COUNT | {"maximum": 10_000}, "So many copies in series; i counts them from 0"),
    "fanout": described(COUNT | {"maximum": 10_000}, "So many copies side by side on the same input"),
    "index": {"description": "The counter's name instead of i", "type": "string", **VARIABLE_NAME},
    "expect": described(DIMS, "The shape that what it yields must have"),
    "init": {
        "description": "Initialisers by parameter: {weight: {normal: 0.02}}",
        "anyOf": [ref("initializer"), {"type": "object", "additionalProperties": ref("initializer")}],
    },
    "tie": {
        "description": "The same tensor as another: {weight: wte.weight}",
        "type": ["object", "string"],
        "additionalProperties": {"type": "string"},
    },
    "freeze": described(BOOL, "Not trainable, with all inside"),
    "dtype": described(DTYPE, "Of its parameters, and of all inside"),
    "doc": described(TEXT, "What it is for"),
    "meta": described(FREE, "Anything; kept and ignored"),
}
"""Every modifier."""
