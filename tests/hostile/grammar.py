"""Texts that look like specs: from the grammar, from shipped specs with words moved, and from those with bytes changed."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from deferinit_cli.infer.propagation.engine import infer
from deferinit_cli.infer.propagation.resolved import Resolved
from deferinit_cli.language.compile.modifiers import MODIFIERS
from deferinit_cli.language.load import load
from deferinit_cli.layers.core import registry
from deferinit_cli.problems import Rejected

from .rings import broken, ring

SPECS = [p.read_text("utf-8") for p in sorted((Path(__file__).parents[2] / "specs").glob("*.yaml")) if p.stat().st_size < 1500]
ODD = [
    "_", "...", "-1", "0", "1e9", "N", "{", "}", "[", "]", "*a", "&a", "? ", "|", ">", "'", '"', "\t", "null", "true", "2**64",
    "10**18", "=x", "%", "`", "@", "!!int", "!!python/object:os.system", "<<", "é", "\u202e", "\u2066x\u2069", "\x00", "\ufeff", "\x85",
    "\u2028", "if", "else", "[]", "{}", "()", "prev", "input", "9" * 30, "a.*", "h.0", "---", "...\n", "%YAML 9.9\n", "&a [*a]", "\r",
    "1e400", ".inf", ".nan", "0x" + "f" * 40, "1_0", "9" * 5000, "a" * 3000, "\U0001f600", "\x1b[2J", "# ", "::error::x", "]]>", "<x>",
]  # fmt: skip
WORDS = [w for t in SPECS for w in t.replace(":", " ").split()] + ODD
SIZES = ["1", "2", "3", "4", "8", "16", "n", "2*n", "n//2", "N", "_", "-1", "0", "2**40", "10**17", "m", "n if b else 3", "[1, 2]", "1.5"]
SHAPES = ["[N, 8]", "[N, 3, H, W]", "[N, T, n]", "[..., _]", "{shape: [N], dtype: int64}"]
NAMES = ["h", "a", "b", "h0", "relu0", "prev", "input", "0", "A", "é", '"\\u202ex"', "h.0", "h.*", "h.-1", "h.body", "a.b", "prev.1"]
KINDS = sorted(registry.kinds())
BESIDE = sorted(MODIFIERS)


def maybe(r: random.Random, chance: float, text: str) -> list[str]:
    return [text] if r.random() < chance else []


def argument(r: random.Random, cls: Any, name: str) -> str:
    """A value for an argument, more often than not of its type."""
    found = cls.arguments[name]
    words = list(getattr(found, "words", ()) or getattr(found, "choices", ()) or ())
    if words and r.random() < 0.6:
        return str(r.choice(words))
    usual = {"flag": ["true", "false", "b"], "number": ["0.5", "1e-5", "2"], "list of dims": ["[N, 4]", "[2, ..., _]", "[-1]"]}
    return str(r.choice(usual.get(found.type, SIZES) if r.random() < 0.9 else ODD))


def item(r: random.Random, depth: int) -> str:
    """One item of a list of layers, in flow style."""
    kind = r.choice([*KINDS, "dense", "relu", "conv2d", "b1", "b2", "dense", "flatten", "linear_", "relu"])
    head = kind + "".join(maybe(r, 0.2, f" {r.choice(NAMES)}"))
    cls: Any = registry.find(kind)
    if cls is not None and cls.structural:
        if depth > 3:
            return "relu"
        lists = [", ".join(item(r, depth + 1) for _ in range(r.randint(0, 3))) for _ in range(2)]
        value = {
            "reference": r.choice(NAMES),
            "branches": f"{{l: [{lists[0]}], r: [{lists[1]}]}}" if r.random() < 0.5 else f"[[{lists[0]}], [{lists[1]}]]",
        }.get(cls.reads, f"[{lists[0]}]" if r.random() < 0.7 else f"{{body: [{lists[0]}], shortcut: [{lists[1]}]}}")
    elif cls is not None:
        required = [n for n, a in cls.arguments.items() if a.required]
        names = required + r.sample(sorted(cls.arguments), r.randint(0, min(3, len(cls.arguments))))
        value = "{" + ", ".join(f"{n}: {argument(r, cls, n)}" for n in dict.fromkeys(names)) + "}" if names else ""
    else:
        value = r.choice(["", "{k: 3}", "{n: 2, k: n}"])
    if cls is not None and cls.variadic and r.random() < 0.5:
        value = f"[{r.choice(NAMES)}, prev]"
    return "{" + ", ".join([f"{head}: {value}", *(f"{m}: {modifier(r, m)}" for m in sorted(set(modifiers(r))))]) + "}"


def modifiers(r: random.Random) -> list[str]:
    return r.choices(BESIDE, k=r.choice([0, 0, 0, 1, 1, 2]))


def modifier(r: random.Random, name: str) -> str:
    if r.random() < 0.1:
        return r.choice(ODD)
    return {
        "from": lambda: r.choice([r.choice(NAMES), f"[{r.choice(NAMES)}, {r.choice(NAMES)}]", "{query: h, key: a}"]),
        "when": lambda: r.choice(["b", "not b", "n > 2", "true", "n"]),
        "repeat": lambda: r.choice(["2", "n", "3", "0", "10000", "i", "n*m"]),
        "fanout": lambda: r.choice(["2", "n", "0", "10000"]),
        "index": lambda: r.choice(["j", "n", "i"]),
        "expect": lambda: r.choice(["[N, 4]", "[..., n]", "[_, _]", "[N, ..., 2*d]"]),
        "init": lambda: r.choice(["{weight: zeros}", "{weight: {normal: 0.02}, bias: ones}", "{bias: {constant: n}}"]),
        "tie": lambda: r.choice(["{weight: h.weight}", "{weight: dense0.weight}", "{bias: a.bias}"]),
        "freeze": lambda: r.choice(["true", "b"]),
        "dtype": lambda: r.choice(["float16", "int8", "bool"]),
        "doc": lambda: '"\\u202e words"',
        "meta": lambda: "{a: [1, {b: c}]}",
    }[name]()


def items(r: random.Random, most: int) -> str:
    return "\n".join(f"- {item(r, 0)}" for _ in range(r.randint(1, most)))


def mild(r: random.Random) -> str:
    """A spec that is right more often than not: a few layers with what they need, from one value to one."""
    kinds = [k for k in KINDS if (cls := registry.find(k)) is not None and not cls.structural and len(cls.ports) == 1]
    layers = []
    for kind in r.choices([*kinds, *["dense", "relu"] * 20], k=r.randint(1, 3)):
        cls: Any = registry.find(kind)
        needed = [n for n, a in cls.arguments.items() if a.required]
        values = [f"{n}: {argument(r, cls, n) if r.random() < 0.2 else cls.arguments[n].sample}" for n in needed]
        layers.append(f"- {{{kind}: {{{', '.join(values)}}}" + "".join(maybe(r, 0.2, ", repeat: 2")) + "}" if values else f"- {kind}")
    shape = r.choice(["[..., _]", "[N, 8]", "[N, 3, H, W]", "[N, T, 6]"])
    return "".join(maybe(r, 0.4, f"inputs: {{x: {shape}}}\n")) + "layers:\n" + "\n".join(layers) + "\n"


def written(r: random.Random) -> str:
    """A spec by the grammar, right or wrong in what it says."""
    parts = [
        *maybe(r, 0.9, f"vars: {{n: {r.choice(['2', '3', '10000', '[2]'])}, b: {r.choice(['true', 'false'])}, m: {r.choice(['n', '4', 'n**2'])}}}"),
        *maybe(r, 0.6, "inputs: {" + ", ".join(f"{name}: {shape}" for name, shape in zip(
            r.sample(["x", "y", "h", "é"], r.randint(1, 2)), r.sample(SHAPES, 2)
        )) + "}"),
        *maybe(r, 0.4, "defaults: {dense: {bias: false}, conv2d: {padding: same}}"),
        *maybe(r, 0.2, "dtype: " + r.choice(["float16", "int64", "x", "n"])),
        *maybe(r, 0.3, "params: {" + r.choice(['"*.weight"', '"**"', "h.weight", '"a*b*c*d*"']) + ": {freeze: true}}"),
        *maybe(r, 0.5, f"blocks:\n  b1: {{args: {{k: 2}}, layers: [{item(r, 1)}, {item(r, 1)}]}}\n  b2: {{layers: [{item(r, 1)}]}}"),
        "layers:\n" + items(r, 7),
        *maybe(r, 0.3, "outputs: " + r.choice(["[prev]", "{y: h, z: prev}", "h", "[h.*]"])),
        *maybe(r, 0.4, "checks:\n- {input: " + r.choice(["2x8", "2x3x32x32", "x", '{x: 2x8, y: 3x3}']) + ", params: 10}\n- {set: {n: 3}, error: x}"),
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def shuffled(r: random.Random) -> str:
    """A shipped spec with words replaced, left out, put in and exchanged."""
    text = r.choice(SPECS)
    for _ in range(r.randint(1, 4)):
        separator = r.choice([" ", "\n"])
        tokens = text.split(separator)
        i = r.randrange(len(tokens))
        action = r.random()
        if action < 0.4:
            tokens[i] = r.choice(WORDS)
        elif action < 0.6:
            del tokens[i]
        elif action < 0.8:
            tokens.insert(i, r.choice(WORDS))
        else:
            j = r.randrange(len(tokens))
            tokens[i], tokens[j] = tokens[j], tokens[i]
        text = separator.join(tokens)
    return text + "\n"


def damaged(r: random.Random) -> bytes:
    """The bytes of a spec, some of them changed, lost, or met twice."""
    content = bytearray((written(r) if r.random() < 0.5 else r.choice(SPECS)).encode("utf-8", "replace"))
    for _ in range(r.randint(1, 5)):
        place = r.randrange(len(content) + 1)
        match r.randrange(5):
            case 0:
                content[place : place + 1] = bytes([r.randrange(256)])
            case 1:
                del content[place : place + r.randint(1, 30)]
            case 2:
                content[place:place] = content[max(0, place - 40) : place] * r.randint(1, 3)
            case 3:
                content[place:place] = r.choice(ODD).encode("utf-8")
            case 4:
                content[place:place] = r.choice([b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\r\n", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\0"])
    return bytes(content)


def network(content: bytes) -> Resolved | None:
    """What a text comes to without sizes; None where it is not accepted."""
    try:
        found = infer(load(content.decode() + "\n"))
    except (Rejected, UnicodeDecodeError):
        return None
    return None if found.conflicts else found


def text(r: random.Random) -> tuple[bytes, Resolved | None]:
    """Any of these, and what it comes to: six of ten are accepted, whatever was changed in them."""
    wanted = r.random() < 0.6
    for _ in range(30):
        made = r.choice([written, shuffled, mild, ring, ring, broken, broken])
        content = damaged(r) if r.random() < 0.2 else made(r).encode("utf-8", "surrogatepass")
        found = network(content)
        if not wanted or found is not None:
            break
    return content, found
