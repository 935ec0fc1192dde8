"""The catalogue of kinds, to read."""

from __future__ import annotations

from typing import Any


def many(rows: list[dict[str, str]], markdown: bool) -> str:
    """A line a kind."""
    if markdown:
        return "| kind | what it does |\n| :-- | :-- |\n" + "".join(f"| `{r['kind']}` | {r['about']} |\n" for r in rows)
    width = max(len(r["kind"]) for r in rows)
    return "".join(f"{r['kind'].ljust(width)}  {r['about']}\n" for r in rows)


def one(d: dict[str, Any], markdown: bool) -> str:
    """Everything about one kind."""
    head = f"## {d['kind']}" if markdown else d["kind"]
    bullet, code = ("- ", "`") if markdown else ("  ", "")
    lines = [head, "", d["about"], ""]
    if d["arguments"]:
        lines.append("**Arguments**" if markdown else "arguments")
        width = 0 if markdown else max(len(a["name"]) for a in d["arguments"])
        for a in d["arguments"]:
            default = "required" if a["required"] else f"default {a['default']}"
            lines.append(f"{bullet}{code}{a['name'].ljust(width)}{code}  {a['help']}; {a['expects']}, {default}")
        lines.append("")
    if d["takes"] or d["gives"]:
        lines += [f"{bullet}takes  {d['takes'] or 'any inputs'}", f"{bullet}gives  {d['gives'] or 'see the relation'}"]
    lines += [f"{bullet}{r}" for r in d["relations"]]
    lines.append(f"{bullet}multiply-accumulates  {d['macs']}")
    if d["parameters"]:
        lines += ["", "**Parameters**" if markdown else "parameters"]
        for p in d["parameters"]:
            kind = " (buffer)" if p["buffer"] else ""
            when = f", when {p['when']}" if p["when"] else ""
            other = "; ".join(f"{f} {p[f]}" for f in ("keras", "flax", "mxnet") if p[f])
            lines.append(
                f"{bullet}{code}{p['name']}{code} ({p['axes']}){kind}, {p['initializer']}{when}" + (f"; {other}" if other else "")
            )
    if d["side_outputs"]:
        lines += ["", f"{bullet}side outputs: {', '.join(d['side_outputs'])}"]
    if d["elsewhere"]:
        lines += ["", f"{bullet}elsewhere: {', '.join(d['elsewhere'])}"]
    return "\n".join(lines) + "\n"
