"""Writes the tables in docs/compatibility.md: the operations that are built, and the conformance cases that pass.

python scripts/compatibility.py           rewrites the page
python scripts/compatibility.py --check   fails if the page is not what would be written
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emulator.model import OPERATIONS
from emulator.operations.registry import MODULES

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from conformance import cases, reports  # noqa: E402

PAGE = ROOT / "docs" / "compatibility.md"


def operations() -> str:
    lines = [f"{len(MODULES)} of {len(OPERATIONS)} operations are built.", "", "| operation | here |", "|---|---|"]
    lines += [f"| {name} | {'yes' if name in MODULES else 'not yet'} |" for name in sorted(OPERATIONS)]
    return "\n".join(lines)


def conformance() -> str:
    return reports.provenance(cases.load().cases)


PARTS = {"operations": operations, "conformance": conformance}


def written(page: str) -> str:
    """The page with its parts as they are now."""
    for name, part in PARTS.items():
        start, end = f"<!-- {name}: written by scripts/compatibility.py -->", f"<!-- end of {name} -->"
        head, _, rest = page.partition(start)
        tail = rest.partition(end)[2]
        page = f"{head}{start}\n{part()}\n{end}{tail}"
    return page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something would change")
    options = parser.parse_args()
    before = PAGE.read_text(encoding="utf-8")
    after = written(before)
    if not options.check:
        PAGE.write_text(after, encoding="utf-8")
    elif after != before:
        sys.exit(f"{PAGE.name} is out of date: run python scripts/compatibility.py")


if __name__ == "__main__":
    main()
