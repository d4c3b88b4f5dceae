"""The page of supported operations says what the table of operations says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_page_lists_the_operations_that_are_built() -> None:
    subprocess.run([sys.executable, str(ROOT / "scripts" / "compatibility.py"), "--check"], check=True)
