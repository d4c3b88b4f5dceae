"""Writes the table of operations in docs/compatibility.md from the emulator's own table.

python scripts/compatibility.py           rewrites the page
python scripts/compatibility.py --check   fails if the page is not what would be written
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emulator.model import OPERATIONS
from emulator.operations.registry import load

PAGE = Path(__file__).parent.parent / "docs" / "compatibility.md"
START, END = "<!-- operations: written by scripts/compatibility.py -->", "<!-- end of operations -->"


def table() -> str:
    built = load()
    lines = [f"{len(built)} of {len(OPERATIONS)} operations are built.", "", "| operation | here |", "|---|---|"]
    lines += [f"| {name} | {'yes' if name in built else 'not yet'} |" for name in sorted(OPERATIONS)]
    return "\n".join(lines)


def page_with(written: str) -> str:
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    tail = rest.partition(END)[2]
    return f"{head}{START}\n{written}\n{END}{tail}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    options = parser.parse_args()
    page = page_with(table())
    if not options.check:
        PAGE.write_text(page, encoding="utf-8")
    elif page != PAGE.read_text(encoding="utf-8"):
        sys.exit(f"{PAGE.name} is out of date: run python scripts/compatibility.py")


if __name__ == "__main__":
    main()
