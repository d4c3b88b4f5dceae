"""Reports of what targets answered: for a terminal, as JSON, and as Markdown or HTML with the targets side by side.

A case that a target lacks (it does not know an operation that the case needs) is counted apart from one that it
answers otherwise, so that coverage and divergence can both be read.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from conformance.cases import Case
from conformance.runner import Result

_OUTCOMES = ("agrees", "differs", "lacks")
_DETAIL_LENGTH = 1500


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one target."""

    target: str
    results: Sequence[Result]
    seconds: float
    is_peer: bool = False
    """Whether it is somebody else's, beside which ours is shown."""

    def counts(self, area: str | None = None) -> Counter[str]:
        """How many cases agree, differ and are lacked, of one area or of all."""
        return Counter(result.outcome for result in self.results if area in (None, result.case.area))

    def rule_breakers(self) -> int:
        """In how many cases answers broke a rule of all answers."""
        return sum(bool(result.broken_rules) for result in self.results)


def areas(runs: Iterable[Run]) -> list[str]:
    return sorted({result.case.area for run in runs for result in run.results})


# --- Terminal -------------------------------------------------------------------------------------


def summary(run: Run) -> str:
    """A line per area, and one for all."""
    lines = [f"{'area':<20}{'cases':>7}{'agree':>8}{'differ':>8}{'lack':>8}"]
    for area in (*areas([run]), None):
        counts = run.counts(area)
        figures = "".join(f"{counts[outcome]:>8}" for outcome in _OUTCOMES)
        lines.append(f"{area or 'all':<20}{counts.total():>7}{figures}")
    lines[-1] += f"   in {run.seconds:.1f} s"
    return "\n".join(lines)


def provenance(cases: Iterable[Case]) -> str:
    """A Markdown table: how many cases there are of each area, by how certain the fact is."""
    counts: dict[str, Counter[str]] = {}
    for case in cases:
        counts.setdefault(case.area, Counter())[case.tag] += 1
    total: Counter[str] = sum(counts.values(), Counter())
    tags = [tag for tag, _ in total.most_common()]
    rows = [[area, of_area.total(), *(of_area[tag] or "" for tag in tags)] for area, of_area in sorted(counts.items())]
    rows.append(["**all**", total.total(), *(total[tag] for tag in tags)])
    return _table(["area", "cases", *tags], rows)


# --- JSON -----------------------------------------------------------------------------------------


def as_json(runs: Sequence[Run]) -> str:
    """All results, case by case."""
    return json.dumps({"date": date.today().isoformat(), "targets": [_plain(run) for run in runs]}, indent=1)


def _plain(run: Run) -> dict[str, Any]:
    return {
        "name": run.target,
        "seconds": round(run.seconds, 1),
        "counts": {outcome: run.counts()[outcome] for outcome in _OUTCOMES},
        "cases": [
            {
                "area": result.case.area,
                "name": result.case.name,
                "tag": result.case.tag,
                "page": result.case.page,
                "outcome": result.outcome,
                **({} if result.agrees else {"differences": list(result.differences), "exchange": result.exchange}),
            }
            for result in run.results
        ],
    }


# --- Markdown -------------------------------------------------------------------------------------


def as_markdown(runs: Sequence[Run], notes: str = "") -> str:
    """A matrix of areas and targets, and the notes."""
    parts = [
        "# Conformance of several targets",
        f"Made by `python -m conformance` on {date.today().isoformat()}. *Differ* counts the cases that a target "
        "answers otherwise than the service is known to; *lack* those that need an operation which it does not know; "
        "*rules* the cases whose answers have a request id or a checksum that is not of the service's form, which "
        "counts as no difference here. With `--html` the command shows each differing answer.",
        _matrix(runs),
    ]
    if notes:
        parts.append(notes.strip())
    return "\n\n".join(parts) + "\n"


def _matrix(runs: Sequence[Run]) -> str:
    headings = ["area", "cases"]
    for run in runs:
        headings += [f"{run.target}: differ", "lack"]
    rows: list[list[Any]] = []
    for area in (*areas(runs), None):
        row: list[Any] = [area or "**all**", runs[0].counts(area).total()]
        for run in runs:
            counts = run.counts(area)
            row += [counts["differs"] or "", counts["lacks"] or ""]
        rows.append(row)
    broken: list[Any] = ["rules", ""]
    for run in runs:
        broken += [run.rule_breakers() or "", ""]
    return _table(headings, [*rows, broken])


def _table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = ["| " + " | ".join(headings) + " |", "|---|" + "---:|" * (len(headings) - 1)]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows]
    return "\n".join(lines)


# --- HTML -----------------------------------------------------------------------------------------

_STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 75em; color-scheme: light dark }
table { border-collapse: collapse } th, td { padding: .2em .7em; border-bottom: 1px solid #8886; text-align: right }
th:first-child, td:first-child { text-align: left } .differs { color: #c33 } .lacks { color: #888 }
pre { white-space: pre-wrap; background: #8882; padding: .6em } ins { color: #383 } del { color: #c33 }
"""


def as_html(runs: Sequence[Run]) -> str:
    """The matrix, and below it each case on which a target differs, with its answer as a diff."""
    cells = "".join(f"<th>{html.escape(run.target)}<th>" for run in runs)
    rows = "".join(_html_row(runs, area) for area in (*areas(runs), None))
    details = "".join(_html_details(run) for run in runs)
    return (
        "<!doctype html><meta charset=utf-8><title>Conformance</title>"
        f"<style>{_STYLE}</style><h1>Conformance, {date.today().isoformat()}</h1>"
        "<p>Cases answered otherwise <span class=differs>(red)</span>, and cases that need an operation which the "
        "target does not know <span class=lacks>(grey)</span>."
        f"<table><tr><th>area<th>cases{cells}</tr>{rows}</table>{details}\n"
    )


def _html_row(runs: Sequence[Run], area: str | None) -> str:
    row = f"<tr><td>{area or '<b>all</b>'}<td>{runs[0].counts(area).total()}"
    for run in runs:
        counts = run.counts(area)
        row += f"<td class=differs>{counts['differs'] or ''}<td class=lacks>{counts['lacks'] or ''}"
    return row + "</tr>"


def _html_details(run: Run) -> str:
    differing = [result for result in run.results if result.outcome == "differs"]
    if not differing:
        return ""
    parts = [f"<h2>{html.escape(run.target)}: {len(differing)} cases</h2>"]
    for result in differing:
        summary_text = html.escape(f"{result.case.title} [{result.case.tag}, {result.case.page}]")
        lines = "\n".join(_html_difference(difference) for difference in result.differences)
        exchange = html.escape(result.exchange[:_DETAIL_LENGTH])
        parts.append(f"<details><summary>{summary_text}</summary><pre>{lines}\n\n{exchange}</pre></details>")
    return "".join(parts)


def _html_difference(difference: str) -> str:
    """A difference with what was expected struck out of what was got."""
    expected, separator, got = difference.partition("\n")
    if not separator:
        return html.escape(difference)
    return f"<del>{html.escape(expected)}</del>\n<ins>{html.escape(got.strip())}</ins>"
