"""Networks whose sizes lead back to themselves: `expect`s of the inputs' symbols behind windows, ties, residuals, `apply`.

Made of layers that fit one another, so that most are accepted; `broken` ones are wrong in one more place.
"""

from __future__ import annotations

import random

SPATIAL = {1: "L", 2: "HW"}


class Ring:
    """One network while it is made."""

    def __init__(self, r: random.Random) -> None:
        self.r = r
        self.axes = r.choice([1, 1, 2])
        self.names: list[str] = []
        self.tied: list[str] = []
        self.lines: list[str] = []
        self.channels = r.choice([2, 4, 6])

    def text(self) -> str:
        r = self.r
        dims = ["N", r.choice(["C", "C", str(self.channels), "_"]), *SPATIAL[self.axes]]
        port = r.choice([f"[{', '.join(dims)}]"] * 6 + ["[N, C, ...]", "[...]"])
        other = r.choice(["", "", "", f", y: [N, {self.channels}, {', '.join('PQ'[: self.axes])}]"])
        self.lines.append("- identity:\n  from: x")
        self.window()
        for _ in range(r.randint(0, 6)):
            self.item()
        self.expect(0.6)
        if other and r.random() < 0.7:
            self.lines.append(f"- {r.choice(['add', 'concat', 'mul'])}: [y, prev]")
            self.expect(0.5)
        return f"inputs: {{x: {port}{other}}}\nlayers:\n" + "\n".join(self.lines) + "\n"

    def item(self) -> None:
        r = self.r
        step = r.choice([self.window, self.window, self.window, self.plain, self.join, self.residual, self.again, self.repeat])
        step()
        self.expect(0.25)

    def name(self) -> str:
        self.names.append(f"l{len(self.names)}")
        return self.names[-1]

    def layer(self, name: str = "") -> str:
        """A layer that changes spatial sizes: its text in braces."""
        r, d = self.r, self.axes
        k, s = r.choice([1, 2, 3, 5, 9]), r.choice([1, 1, 1, 2, 3])
        called = f" {name}" if name else ""
        tie = ""
        if r.random() < 0.15 and self.tied:
            tie = f", tie: {{{r.choice(['weight', 'bias'])}: {r.choice(self.tied)}.{r.choice(['weight', 'bias'])}}}"
        padding = r.choice(["0", "same", "1"]) if s == 1 else r.choice(["0", "1"])
        channels = r.choice([str(self.channels), str(self.channels), "_", "C"])
        kind = r.choice(["conv", "conv", "conv", "pool", "pool", "transpose", "upsample", "pad"])
        if kind == "conv":
            self.tied += [name] if name else []
            return f"{{conv{d}d{called}: {{channels: {channels}, kernel_size: {k}, stride: {s}, padding: {padding}}}{tie}}}"
        if kind == "transpose":
            return f"{{conv_transpose{d}d{called}: {{channels: {self.channels}, kernel_size: {max(k, s)}, stride: {s}}}}}"
        if kind == "pool":
            return f"{{{r.choice(['max', 'avg'])}_pool{d}d{called}: {r.choice([2, 3])}}}"
        if kind == "upsample":
            return f"{{upsample{called}: {r.choice([2, 3])}}}"
        return f"{{pad{called}: [{', '.join([str([r.randint(0, 3), r.randint(0, 3)])] * d)}]}}"

    def window(self) -> None:
        self.lines.append(f"- {self.layer(self.name())}")

    def plain(self) -> None:
        self.lines.append(f"- {self.r.choice(['relu', 'batch_norm', 'dropout: 0.1', 'identity', 'gelu'])}")

    def join(self) -> None:
        if self.names:
            self.lines.append(f"- {self.r.choice(['concat', 'add', 'mul'])} {self.name()}: [prev, {self.r.choice(self.names[:-1] or ['prev'])}]")

    def residual(self) -> None:
        k = self.r.choice([1, 3, 5])
        same = f"{{conv{self.axes}d: {{channels: {self.r.choice(['_', '_', 'C'])}, kernel_size: {k}, padding: same}}}}"
        self.lines.append(f"- residual: [{same}, relu]" if self.r.random() < 0.7 else f"- residual: [{self.layer()}]")

    def again(self) -> None:
        if self.tied:
            self.lines.append(f"- apply {self.name()}: {self.r.choice(self.tied)}")

    def repeat(self) -> None:
        self.lines.append(f"- sequential {self.name()}: [{self.layer()}, {self.r.choice(['relu', self.layer()])}]\n"
                          f"  repeat: {self.r.choice([1, 2, 3, 5])}")  # fmt: skip

    def expect(self, chance: float) -> None:
        """Say that the last item has sizes of the input, or others made of them."""
        if not self.lines or self.r.random() > chance or "expect" in self.lines[-1]:
            return
        r = self.r
        said = [self.said(symbol) for symbol in SPATIAL[self.axes]]
        channels = r.choice(["_", "_", "C", str(self.channels), "D"])
        dims = r.choice([f"[N, {channels}, {', '.join(said)}]"] * 8 + [f"[N, ..., {said[-1]}]", "[N, ...]"])
        line = self.lines[-1]
        head, brace, rest = line[2:].partition("{")
        if line.startswith("- {") and line.endswith("}"):
            self.lines[-1] = f"{line[:-1]}, expect: {dims}}}"
        elif ":" in head or brace:
            self.lines[-1] = f"{line}\n  expect: {dims}"
        else:
            self.lines[-1] = f"{line}:\n  expect: {dims}"

    def said(self, s: str) -> str:
        forms = [s] * 5 + ["_"] * 4 + [f"2*{s}", f"{s} // 2", f"{s} - {self.r.randint(1, 9)}", f"{s} + 1", "K", f"{s} % 4 + 1",
                 str(self.r.randint(1, 30)), f"(-{s}) % 4 + {s}", f'"max({s}, 8)"']  # fmt: skip
        return self.r.choice(forms)


def ring(r: random.Random) -> str:
    return Ring(r).text()


def broken(r: random.Random) -> str:
    """One of these with a number or a symbol replaced by another."""
    text = ring(r)
    places = [k for k, c in enumerate(text) if c.isdigit() or c in "NCHWLPQKD"]
    at = r.choice(places)
    return text[:at] + r.choice(["1", "2", "7", "C", "H", "L", "_", "N", "17", "W"]) + text[at + 1 :]
