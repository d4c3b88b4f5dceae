"""Document paths: how they are shown, and reading items through them.

A path that does not fit the item leads to no value, never to an error. Source: expressions.md 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from emulator.expressions.tree import Alias, Path
from emulator.values.types import AttributeValue, Item

BoundStep: TypeAlias = str | int
"""A step without placeholder: an attribute name or a list index."""

Reader: TypeAlias = Callable[[Item, Item], AttributeValue | None]
"""`(item, values)` to a value, or None where there is none."""


def bound_steps(path: Path) -> tuple[BoundStep, ...]:
    """The steps of a path that has no placeholder any more."""
    return cast("tuple[BoundStep, ...]", path.steps)


def top_level_name(path: Path) -> str:
    """The attribute that a bound path starts at."""
    return cast("str", path.steps[0])


def path_text(path: Path) -> str:
    """A bound path as messages show it: `a.b[1]` is `[a, b, [1]]`."""
    return "[" + ", ".join(f"[{step}]" if isinstance(step, int) else str(step) for step in path.steps) + "]"


def top_level_names(paths: Iterable[Path]) -> tuple[str, ...]:
    """The attributes that bound `paths` start at, each once, in order."""
    return tuple(dict.fromkeys(map(top_level_name, paths)))


def names_with_paths_below(paths: Iterable[Path]) -> frozenset[str]:
    """The attributes into which some of the bound `paths` reach."""
    return frozenset(top_level_name(path) for path in paths if len(path.steps) > 1)


def value_at(item: Item, path: Path) -> AttributeValue | None:
    """What `item` holds at a bound path."""
    value = item.get(top_level_name(path))
    for step in path.steps[1:]:
        if value is None:
            return None
        value = _child(value, step)
    return value


def reader(path: Path) -> Reader:
    """A function that reads a bound path."""
    name = top_level_name(path)
    if len(path.steps) == 1:
        return lambda item, values: item.get(name)
    if len(path.steps) == 2 and isinstance(path.steps[1], str):
        return _map_reader(name, path.steps[1])
    return lambda item, values: value_at(item, path)


def _map_reader(name: str, member: str) -> Reader:
    def read(item: Item, values: Item) -> AttributeValue | None:
        value = item.get(name)
        if value is None:
            return None
        members = value.get("M")
        return None if members is None else members.get(member)

    return read


def _child(value: AttributeValue, step: str | int | Alias) -> AttributeValue | None:
    if isinstance(step, int):
        elements = value.get("L", ())
        return elements[step] if step < len(elements) else None
    members = value.get("M")
    return None if members is None else members.get(step)
