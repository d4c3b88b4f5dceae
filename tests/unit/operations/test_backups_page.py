"""The sample of docs/backups.md does what it says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "backups.md"


def test_the_sample_of_the_page_works() -> None:
    (sample,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(sample, PAGE.name, "exec"), {})
