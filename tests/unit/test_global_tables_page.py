"""The samples of docs/global_tables.md do what they say, one after the other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[2] / "docs" / "global_tables.md").read_text(encoding="utf-8")


def test_the_samples_of_the_page_hold(monkeypatch: Any) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    names: dict[str, Any] = {}
    for sample in re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        exec(sample, names)
    assert names["settled"] == ["away", "away"]
