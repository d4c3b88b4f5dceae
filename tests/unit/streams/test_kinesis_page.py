"""The sample of docs/control_plane.md holds."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[3] / "docs" / "control_plane.md").read_text(encoding="utf-8")


def test_the_sample_of_kinesis_destinations_holds() -> None:
    (sample,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    exec(sample, {})
