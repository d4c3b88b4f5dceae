"""The sample of docs/export_import.md does what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[3] / "docs" / "export_import.md").read_text(encoding="utf-8")


def test_the_sample_of_the_page_holds(monkeypatch: Any) -> None:
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    (sample,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    exec(sample, names)
    names["directory"].cleanup()
    assert len(names["copied"]) == 1
