"""Recordings: what a target answered to cases, kept in files, to compare with later.

One file per area, `recorded/<area>.json`, with the region and the date of each case. Names of tables, the account and
the region stand in the answers as they do in cases: `<hash>`, `<account>`, `<region>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from conformance.cases import Case

RECORDED = Path(__file__).with_name("recorded")


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and body of an answer."""

    status: int
    body: str

    def json(self) -> Any:
        """The body as JSON, or as the text that it is."""
        try:
            return json.loads(self.body)
        except ValueError:
            return self.body


class Recordings:
    """Answers by case."""

    def __init__(self, directory: Path = RECORDED) -> None:
        self._directory = directory
        self._areas: dict[str, dict[str, Any]] = {}

    def of(self, case: Case) -> tuple[Answer, ...]:
        """The answers to the steps of a case; none if it was not recorded."""
        recorded = self._area(case.area).get(case.name)
        if recorded is None:
            return ()
        return tuple(Answer(answer["status"], _text(answer["body"])) for answer in recorded["answers"])

    def record(self, region: str, answered: Iterable[tuple[Case, tuple[Answer, ...]]]) -> int:
        """Keep answers, in the place of earlier ones; returns of how many cases."""
        today = date.today().isoformat()
        changed: set[str] = set()
        count = 0
        for case, answers in answered:
            listed = [{"status": answer.status, "body": answer.json()} for answer in answers]
            self._area(case.area)[case.name] = {"region": region, "date": today, "answers": listed}
            changed.add(case.area)
            count += 1
        self._directory.mkdir(parents=True, exist_ok=True)
        for area in changed:
            text = json.dumps(self._areas[area], indent=1, ensure_ascii=False, sort_keys=True)
            self._path(area).write_text(text + "\n", encoding="utf-8")
        return count

    def _area(self, area: str) -> dict[str, Any]:
        if area not in self._areas:
            path = self._path(area)
            self._areas[area] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return self._areas[area]

    def _path(self, area: str) -> Path:
        return self._directory / f"{area}.json"


def _text(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)
