"""The cost of tests: units, scans, and items read against items returned, by test, table and index."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.operations.context import Observation


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was used: a test, and a table (`index` is None) or an index."""

    test: str
    table: str
    index: str | None

    @property
    def target(self) -> str:
        return self.table if self.index is None else f"{self.table}/{self.index}"


@dataclass(slots=True)
class Cost:
    """What was used at a place."""

    read_units: float = 0.0
    write_units: float = 0.0
    scans: int = 0
    items_read: int = 0
    items_returned: int = 0

    def add(self, other: Cost) -> None:
        self.read_units += other.read_units
        self.write_units += other.write_units
        self.scans += other.scans
        self.items_read += other.items_read
        self.items_returned += other.items_returned

    @property
    def is_wasteful(self) -> bool:
        """Whether a reader should look here first: scans, and filters that throw most items away."""
        return self.scans > 0 or self.items_read > _WASTE * max(self.items_returned, 1)


_WASTE = 10
_HEADINGS = ("read units", "write units", "scans", "items read", "items returned")


class Costs:
    """The costs of a run, from one process or put together from several."""

    def __init__(self) -> None:
        self._by_place: dict[Place, Cost] = {}

    def __bool__(self) -> bool:
        return bool(self._by_place)

    def observer(self, test: str) -> Callable[[Observation], None]:
        """An observer that adds the requests it sees to the costs of a test."""

        def note(observation: Observation) -> None:
            for usage in observation.usage:
                cost = self._at(Place(test, usage.table, usage.index))
                cost.read_units += usage.read_units
                cost.write_units += usage.write_units
                cost.scans += usage.scanned
                cost.items_read += usage.evaluated
                cost.items_returned += usage.returned

        return note

    def _at(self, place: Place) -> Cost:
        cost = self._by_place.get(place)
        if cost is None:
            cost = self._by_place[place] = Cost()
        return cost

    # --- from process to process ------------------------------------------------------------------

    def dump(self) -> list[list[Any]]:
        """The costs as lists of plain values."""
        return [[*astuple(place), *astuple(cost)] for place, cost in self._by_place.items()]

    def merge(self, dumped: Iterable[list[Any]]) -> None:
        """Add the costs that another process has dumped."""
        for test, table, index, *numbers in dumped:
            self._at(Place(test, table, index)).add(Cost(*numbers))

    # --- report -----------------------------------------------------------------------------------

    def report(self) -> list[tuple[str, bool]]:
        """The lines of the report, each with whether it deserves attention; tests by name, then all together."""
        blocks = self._by_test()
        if len(blocks) > 1:
            blocks.append((f"all {len(blocks)} tests", self._totals()))
        width = max((len(target) for _, costs in blocks for target in costs), default=0)
        lines = [("  ".join((" " * (width + 2), *_HEADINGS)), False)]
        for title, costs in blocks:
            lines.append((title, False))
            lines += [
                (f"  {target:{width}}  {_figures(cost)}", cost.is_wasteful) for target, cost in sorted(costs.items())
            ]
        return lines

    def _by_test(self) -> list[tuple[str, dict[str, Cost]]]:
        by_test: dict[str, dict[str, Cost]] = {}
        for place, cost in self._by_place.items():
            by_test.setdefault(place.test, {})[place.target] = cost
        return sorted(by_test.items())

    def _totals(self) -> dict[str, Cost]:
        totals: dict[str, Cost] = {}
        for place, cost in self._by_place.items():
            totals.setdefault(place.target, Cost()).add(cost)
        return totals


def _figures(cost: Cost) -> str:
    figures = (
        f"{cost.read_units:.1f}",
        f"{cost.write_units:.1f}",
        str(cost.scans),
        str(cost.items_read),
        str(cost.items_returned),
    )
    return "  ".join(f"{figure:>{len(heading)}}" for figure, heading in zip(figures, _HEADINGS, strict=True))
