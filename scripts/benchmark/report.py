"""The report of a run: tables for the terminal and for Markdown, everything as JSON."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from scripts.benchmark.figures import Fault, Figure, Value
from scripts.benchmark.results import Results

START = "<!-- figures: written by scripts/bench -->"
END = "<!-- end of figures -->"
_AGAINST = "against the best other"


def machine() -> str:
    """What the figures were measured on."""
    cores = os.cpu_count() or 1
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{platform.system()} on {platform.machine()}, {cores} core{'s' * (cores > 1)}, {python}"


# --- Tables ---------------------------------------------------------------------------------------


def as_text(results: Results, headings: Mapping[str, str]) -> str:
    """The tables with columns that stand under each other."""
    return "\n\n".join(
        f"{headings[group]}\n\n" + _aligned(_rows(results, figures, "")) for group, figures in _groups(results)
    )


def as_markdown(results: Results, headings: Mapping[str, str], how: str) -> str:
    """The tables with the best of each row in bold, below a line that says how and where they came about."""
    day = datetime.now(UTC).date().isoformat()
    parts = [f"Measured on {day}: {machine()}; {how}."]
    for group, figures in _groups(results):
        head, *rows = _rows(results, figures, "**")
        lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
        parts.append(f"### {headings[group]}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join(parts) + "\n"


def _groups(results: Results) -> list[tuple[str, list[Figure]]]:
    figures = results.figures()
    names = dict.fromkeys(figure.group for figure in figures)
    return [(name, [figure for figure in figures if figure.group == name]) for name in names]


def _rows(results: Results, figures: list[Figure], mark: str) -> list[list[str]]:
    """Heading and rows; columns of targets that have nothing here are left out."""
    targets = results.targets(figures)
    compared = targets != [results.ours]
    rows = [["", *targets, *[_AGAINST] * compared]]
    for figure in figures:
        best = results.best(figure)
        cells = [_cell(results.cell(figure, target), mark * (target == best)) for target in targets]
        advantage = results.advantage(figure)
        against = "" if advantage is None else f"{advantage:.1f} times"
        rows.append([f"{figure.name}, {figure.unit.value}", *cells, *[against] * compared])
    return rows


def _cell(value: Value | None, mark: str) -> str:
    if value is None:
        return ""
    return value.text if isinstance(value, Fault) else f"{mark}{number(value)}{mark}"


def number(value: float) -> str:
    """Three digits that count, or all before the point."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *cells in rows:
        padded = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        lines.append("  ".join([name.ljust(widths[0]), *padded]).rstrip())
    return "\n".join(lines)


# --- Files ----------------------------------------------------------------------------------------


def write_markdown(path: Path, tables: str) -> None:
    """Put the tables between the marks of a page that has them; otherwise they are the file."""
    text = tables
    if path.is_file():
        page = path.read_text(encoding="utf-8")
        before, start, rest = page.partition(START)
        _, end, after = rest.partition(END)
        if start and end:
            text = f"{before}{start}\n\n{tables}\n{end}{after}"
    path.write_text(text, encoding="utf-8")


def as_json(results: Results, how: Mapping[str, object]) -> str:
    """Every value of every round; `error` stands where one could not be measured."""
    figures = [
        {
            "group": figure.group,
            "name": figure.name,
            "unit": figure.unit.value,
            "values": {
                target: [_json_value(value) for value in values]
                for (measured, target), values in results.values.items()
                if measured == figure
            },
            "medians": results.numbers(figure),
            "against the best other": results.advantage(figure),
        }
        for figure in results.figures()
    ]
    about = {"when": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(), "python": sys.version}
    return json.dumps({**about, **how, "figures": figures}, indent=2) + "\n"


def _json_value(value: Value) -> float | dict[str, str]:
    return {"error": value.text} if isinstance(value, Fault) else value
