"""Sizes over symbols, interned in a normal form; ints stay ints. (Provisional: being replaced by the full algebra.)"""

from __future__ import annotations

from math import gcd, prod
from typing import Any


class Expr:
    __slots__ = ("kind", "args", "symbols", "__weakref__")

    def __repr__(self) -> str:
        return text(self)


_table: dict[Any, Expr] = {}


def _make(kind: str, *args: Any) -> Expr:
    key = (kind, *args)
    e = _table.get(key)
    if e is None:
        e = Expr()
        e.kind, e.args = kind, args
        names: set[str] = set()
        for a in args:
            if isinstance(a, Expr):
                names |= a.symbols
            elif isinstance(a, tuple):
                for m, _ in a:
                    for f in m:
                        names |= f.symbols
        if kind == "sym":
            names = {args[0]}
        e.symbols = frozenset(names)
        _table[key] = e
    return e


def symbol(name: str) -> Expr:
    return _make("sym", name)


def _parts(t: Any) -> tuple[int, dict[tuple[Expr, ...], int]]:
    if type(t) is int:
        return t, {}
    if t.kind == "sum":
        return t.args[0], dict(t.args[1])
    return 0, {(t,): 1}


def _build(c: int, m: dict[tuple[Expr, ...], int]) -> Any:
    m = {k: v for k, v in m.items() if v}
    if not m:
        return c
    if c == 0 and len(m) == 1:
        (k, v), = m.items()
        if v == 1 and len(k) == 1:
            return k[0]
    return _make("sum", c, tuple(sorted(m.items(), key=lambda kv: [id(f) for f in kv[0]])))


def add(a: Any, b: Any) -> Any:
    if type(a) is int and type(b) is int:
        return a + b
    ca, ma = _parts(a)
    cb, mb = _parts(b)
    for k, v in mb.items():
        ma[k] = ma.get(k, 0) + v
    return _build(ca + cb, ma)


def mul(a: Any, b: Any) -> Any:
    if type(a) is int and type(b) is int:
        return a * b
    ca, ma = _parts(a)
    cb, mb = _parts(b)
    if ca:
        ma[()] = ca
    if cb:
        mb[()] = cb
    out: dict[tuple[Expr, ...], int] = {}
    for k, v in ma.items():
        for k2, v2 in mb.items():
            key = tuple(sorted(k + k2, key=id))
            out[key] = out.get(key, 0) + v * v2
    c = out.pop((), 0)
    return _build(c, out)


def sub(a: Any, b: Any) -> Any:
    return add(a, mul(-1, b))


def product(ts: Any) -> Any:
    out: Any = 1
    for t in ts:
        out = mul(out, t)
    return out


def floordiv(e: Any, s: int) -> Any:
    if type(e) is int:
        return e // s
    if s == 1:
        return e
    c, m = _parts(e)
    whole = {k: v // s for k, v in m.items() if v % s == 0}
    rest = {k: v for k, v in m.items() if v % s}
    q, c = divmod(c, s)
    if not rest:
        return _build(q, whole)
    g = gcd(s, *rest.values())
    if g > 1:
        rest = {k: v // g for k, v in rest.items()}
        c //= g
        s //= g
    inner = _build(0, dict(rest))
    if isinstance(inner, Expr) and inner.kind == "floor":
        atom = floordiv(add(inner.args[0], c * inner.args[1]), s * inner.args[1])
    else:
        atom = _make("floor", _build(c, rest), s)
    return add(_build(q, whole), atom)


def ceildiv(a: Any, s: int) -> Any:
    return floordiv(add(a, s - 1), s)


def mod(a: Any, b: Any) -> Any:
    if type(a) is int and type(b) is int:
        return a % b
    c, m = _parts(a)
    if all(v % b == 0 for v in m.values()):
        return c % b
    return _make("mod", a, b)


def divisor(a: Any) -> int:
    c, m = _parts(a)
    return gcd(c, *m.values())


def exact_div(a: Any, b: Any) -> Any:
    if type(b) is int:
        c, m = _parts(a)
        if c % b == 0 and all(v % b == 0 for v in m.values()):
            return _build(c // b, {k: v // b for k, v in m.items()})
    else:
        c, m = _parts(a)
        cb, mb = _parts(b)
        if not c and len(m) == 1 and not cb and len(mb) == 1:
            (k, v), = m.items()
            (k2, v2), = mb.items()
            left = list(k)
            if all(f in left and (left.remove(f) or True) for f in k2) and v % v2 == 0:
                return _build(0, {tuple(left): v // v2}) if left else v // v2
    return _make("exact", a, b)


def maximum(a: Any, b: Any) -> Any:
    return max(a, b) if type(a) is int and type(b) is int else a if a is b else _make("max", a, b)


def minimum(a: Any, b: Any) -> Any:
    return min(a, b) if type(a) is int and type(b) is int else a if a is b else _make("min", a, b)


def broadcast(a: Any, b: Any) -> Any:
    if a is b or b == 1:
        return a
    if a == 1 or type(b) is int:
        return b
    if type(a) is int:
        return a
    return _make("broadcast", a, b)


def compare(a: Any, b: Any) -> bool | None:
    d = sub(a, b)
    if type(d) is int:
        return d == 0
    low = lower_bound(d)
    if low is not None and low > 0:
        return False
    c, m = _parts(d)
    g = gcd(*m.values())
    if g and c % g:
        return False
    return None


def solve_single(a: Any, b: Any) -> tuple[str, int] | None:
    c, m = _parts(sub(a, b))
    if len(m) == 1:
        (k, v), = m.items()
        if len(k) == 1 and k[0].kind == "sym" and c % v == 0 and -c // v >= 1:
            return k[0].args[0], -c // v
    return None


def lower_bound(t: Any) -> int | None:
    if type(t) is int:
        return t
    if t.kind == "sym":
        return 1
    if t.kind == "sum":
        out = t.args[0]
        for k, v in t.args[1]:
            if v < 0:
                return None
            low = 1
            for f in k:
                b = lower_bound(f)
                if b is None or b < 0:
                    return None
                low *= b
            out += v * low
        return out
    if t.kind == "floor":
        low = lower_bound(t.args[0])
        return None if low is None else low // t.args[1]
    return 1 if t.kind == "broadcast" else 0


def evaluate(t: Any, env: dict[str, int]) -> int:
    if type(t) is int:
        return t
    k, a = t.kind, t.args
    if k == "sym":
        return env[a[0]]
    if k == "sum":
        return a[0] + sum(v * prod(evaluate(f, env) for f in m) for m, v in a[1])
    x, y = evaluate(a[0], env), evaluate(a[1], env)
    return {"floor": lambda: x // y, "mod": lambda: x % y, "exact": lambda: x // y, "max": lambda: max(x, y),
            "min": lambda: min(x, y), "broadcast": lambda: y if x == 1 else x}[k]()  # fmt: skip


def substitute(t: Any, env: dict[str, Any]) -> Any:
    if type(t) is int or env.keys().isdisjoint(t.symbols):
        return t
    k, a = t.kind, t.args
    if k == "sym":
        return env.get(a[0], t)
    if k == "sum":
        out: Any = a[0]
        for m, v in a[1]:
            out = add(out, mul(v, product(substitute(f, env) for f in m)))
        return out
    x, y = substitute(a[0], env), substitute(a[1], env)
    return {"floor": floordiv, "mod": mod, "exact": exact_div, "max": maximum, "min": minimum, "broadcast": broadcast}[k](x, y)


def text(t: Any) -> str:
    if type(t) is int:
        return str(t)
    k, a = t.kind, t.args
    if k == "sym":
        return str(a[0])
    if k == "sum":
        parts = ["*".join(([str(v)] if v != 1 else []) + [text(f) for f in m]) for m, v in a[1]]
        if a[0]:
            parts.append(str(a[0]))
        return " + ".join(parts).replace("+ -", "- ")
    if k == "floor":
        return f"({text(a[0])})//{a[1]}" if a[0].kind != "sym" else f"{text(a[0])}//{a[1]}"
    return f"{k}({text(a[0])}, {text(a[1])})"
