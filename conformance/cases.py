"""The cases: records out of the files of `cases/`.

A file is an area. It may define tables, and holds groups; what a group says (page, tag, table, items, given)
holds for its cases unless they say otherwise. A case with `each` is a family: a table whose first row names the
columns, and which makes one case per further row. README.md describes the members.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.notation import as_text, fill, parse, within

CASES = Path(__file__).with_name("cases")
SHARED_TABLES = "_tables.yaml"
TAGS = ("observed", "observed~", "reported", "documented", "documented?", "older", "recalled", "unverified")

_GROUP_MEMBERS = {"about", "page", "tag", "table", "items", "given", "cases"}
_CASE_MEMBERS = {"name", "page", "tag", "table", "items", "given", "each", "afterwards"}
_EXPECTED_MEMBERS = {"answer", "error", "status", "reply"}
_STEP_MEMBERS = {*_EXPECTED_MEMBERS, "keep", "region"}


@dataclass(frozen=True, slots=True)
class Step:
    """One request and, unless it only prepares, what is expected of the answer.

    `operation` is a wire name, "http" for a request that is given as it goes over the line, or "stream" for all
    records of a table's stream. `keep` names parts of the answer for the steps that follow: name to path. `region` is
    where it is asked, if not in the target's own region.
    """

    operation: str
    request: Any
    expected: Mapping[str, Any] | None
    keep: Mapping[str, str]
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A fact about the service: what is there, what is asked, what is answered.

    Names such as `<orders>` are still in it; the runner fills them.
    """

    area: str
    name: str
    tag: str
    page: str
    table: str | None
    items: Any
    given: tuple[Step, ...]
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        return f"{self.area}: {self.name}"


@dataclass(frozen=True, slots=True)
class Suite:
    """All cases, and the tables that they use: name to CreateTable request without TableName."""

    tables: Mapping[str, Mapping[str, Any]]
    cases: tuple[Case, ...]


class CaseError(Exception):
    """A case file that does not say what it must."""


def load(areas: tuple[str, ...] = ()) -> Suite:
    """The cases of all areas, or of some."""
    tables = dict(_read(CASES / SHARED_TABLES)["tables"])
    cases: list[Case] = []
    for path in sorted(CASES.glob("*.yaml")):
        if path.name == SHARED_TABLES or (areas and path.stem not in areas):
            continue
        content = _read(path)
        for name, table in content.get("tables", {}).items():
            if name in tables:
                raise CaseError(f"{path.name}: the table {name} is defined twice")
            tables[name] = table
        for group in content["groups"]:
            cases += cases_of(path.stem, group)
    return Suite(tables, tuple(cases))


def area_names() -> list[str]:
    return sorted(path.stem for path in CASES.glob("*.yaml") if path.name != SHARED_TABLES)


def _read(path: Path) -> Any:
    return parse(path.read_text(encoding="utf-8"))


def cases_of(area: str, group: Mapping[str, Any]) -> Iterator[Case]:
    """The cases that a group as written makes, families spelt out. Raises CaseError."""
    if unknown := group.keys() - _GROUP_MEMBERS:
        raise CaseError(f"{area}: a group has the unknown members {sorted(unknown)}")
    shared = {member: group[member] for member in ("page", "tag", "table", "items", "given") if member in group}
    for written in group["cases"]:
        yield from _family(area, {**shared, **written})


def _family(area: str, written: dict[str, Any]) -> Iterator[Case]:
    rows = written.pop("each", None)
    if rows is None:
        yield _case(area, written)
        return
    columns, *rows = rows
    for row in rows:
        if len(row) != len(columns):
            raise CaseError(f"{area}: {written['name']}: the row {row} does not fit the columns {columns}")
        values = dict(zip(columns, fill(row, _left_as_written), strict=True))
        name = fill(written["name"], within(_left_as_written, {column: _label(values[column]) for column in values}))
        yield _case(area, {**fill(written, within(_left_as_written, values)), "name": name})


def _label(value: Any) -> str:
    """A value as the name of a case shows it."""
    text = as_text(value)
    return text if len(text) <= 140 else f"{text[:100]}... ({len(text)} characters)"


def _left_as_written(name: str) -> str:
    return f"<{name}>"


def _case(area: str, written: Mapping[str, Any]) -> Case:
    where = f"{area}: {written.get('name')}"
    operations = [member for member in written if member not in _CASE_MEMBERS | _STEP_MEMBERS]
    if len(operations) != 1:
        raise CaseError(f"{where}: a case makes one request, this one {operations}")
    if written.get("tag") not in TAGS or not written.get("page"):
        raise CaseError(f"{where}: a case says on which page it stands and how certain it is")
    act = {member: value for member, value in written.items() if member not in _CASE_MEMBERS}
    return Case(
        area=area,
        name=str(written["name"]),
        tag=written["tag"],
        page=written["page"],
        table=written.get("table"),
        items=written.get("items", []),
        given=tuple(_step(where, step, prepares=True) for step in written.get("given", ())),
        steps=(_step(where, act), *(_step(where, step) for step in written.get("afterwards", ()))),
    )


def _step(where: str, written: Mapping[str, Any], *, prepares: bool = False) -> Step:
    operations = [member for member in written if member not in _STEP_MEMBERS]
    expected = {member: value for member, value in written.items() if member in _EXPECTED_MEMBERS}
    if len(operations) != 1 or bool(expected) == prepares:
        raise CaseError(f"{where}: a step is one request with what is expected of it, not {sorted(written)}")
    keep, region = written.get("keep", {}), written.get("region")
    return Step(operations[0], written[operations[0]], expected or None, keep, region)
