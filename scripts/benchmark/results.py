"""What a run has found: values by target and figure, one a round."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from scripts.benchmark.figures import Fault, Figure, Measured, Value


@dataclass(slots=True)
class Results:
    """`ours` is the target that the others are compared with."""

    ours: str
    values: dict[tuple[Figure, str], list[Value]] = field(default_factory=dict)

    def add(self, target: str, figures: tuple[Figure, ...], measured: Measured) -> None:
        """Keep the values of a step. Raises KeyError if it left a figure out."""
        for figure in figures:
            self.values.setdefault((figure, target), []).append(measured[figure.name])

    def figures(self) -> list[Figure]:
        return list(dict.fromkeys(figure for figure, _ in self.values))

    def targets(self, figures: list[Figure]) -> list[str]:
        """Those that have a value for one of the figures."""
        return list(dict.fromkeys(target for figure, target in self.values if figure in figures))

    def cell(self, figure: Figure, target: str) -> Value | None:
        """The median of all rounds, or the last fault if there was one; None if nothing was measured."""
        values = self.values.get((figure, target))
        if values is None:
            return None
        numbers = [value for value in values if not isinstance(value, Fault)]
        if len(numbers) < len(values):
            return next(value for value in reversed(values) if isinstance(value, Fault))
        return statistics.median(numbers)

    def numbers(self, figure: Figure) -> dict[str, float]:
        """The medians of the targets that have one."""
        cells = {target: self.cell(figure, target) for target in self.targets([figure])}
        return {target: cell for target, cell in cells.items() if isinstance(cell, int | float)}

    def best(self, figure: Figure) -> str | None:
        """The best of several targets."""
        numbers = self.numbers(figure)
        if len(numbers) < 2:
            return None
        return (max if figure.unit.more_is_better else min)(numbers, key=lambda target: numbers[target])

    def advantage(self, figure: Figure) -> float | None:
        """How many times better ours is than the best other: more than 1 where it is better at all."""
        numbers = self.numbers(figure)
        ours = numbers.pop(self.ours, None)
        if ours is None or not numbers:
            return None
        if figure.unit.more_is_better:
            return ours / max(numbers.values()) if max(numbers.values()) else None
        return min(numbers.values()) / ours if ours else None
