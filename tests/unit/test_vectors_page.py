"""docs/vectors.md shows what its program prints."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "vectors.md").read_text(encoding="utf-8")


def test_the_program_of_the_page_prints_what_the_page_shows(capsys):
    program, shown = re.findall(r"```python\n(.*?)```\n\n    (.*?)\n", PAGE, re.DOTALL)[0]
    exec(compile(program, "docs/vectors.md", "exec"), {})
    assert capsys.readouterr().out == shown + "\n"
