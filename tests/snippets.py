"""The snippets of README that stand for files: `<!-- snippet: NAME -->` and a fence."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SNIPPETS: dict[str, str] = dict(
    re.findall(r"^<!-- snippet: (\S+) -->\n```\w+\n(.*?)^```$", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
)
