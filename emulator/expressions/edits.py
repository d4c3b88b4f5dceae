"""Edits: putting new values at several places of an item at once.

The item is not touched: what lies on the way to a change is copied, the rest is shared with the new item.
List indexes mean positions in the old list, whatever else the same update removes or appends.
Source: expressions.md 9, "Evaluation order", "SET" and "REMOVE".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions.path_tree import PathTree
from emulator.values.types import AttributeValue, Item

Result = AttributeValue | None
"""What is to stand at a place; None for nothing."""


def edited(item: Item, places: PathTree, results: Sequence[Result]) -> Item:
    """`item` with `results[position]` at each place where `places` ends.

    Raises if the way to a place does not exist or is of the wrong kind.
    """
    return _members(item, places, results)


def _members(members: Item, places: PathTree, results: Sequence[Result]) -> Item:
    new = dict(members)
    for name, place in places.children.items():
        assert isinstance(name, str)
        result = _result(members.get(name), place, results)
        if result is None:
            new.pop(name, None)
        else:
            new[name] = result
    return new


def _elements(elements: list[AttributeValue], places: PathTree, results: Sequence[Result]) -> list[AttributeValue]:
    new: list[Result] = list(elements)
    for index, place in places.ordered_children():
        assert isinstance(index, int)
        present = index < len(elements)
        result = _result(elements[index] if present else None, place, results)
        if present:
            new[index] = result
        elif result is not None:
            new.append(result)
    return [element for element in new if element is not None]


def _result(value: Result, place: PathTree, results: Sequence[Result]) -> Result:
    if place.position is not None:
        return results[place.position]
    kind = "L" if place.holds_indexes else "M"
    content: Any = None if value is None else value.get(kind)
    if content is None:
        raise ServiceError(errors.UPDATE_PATH_INVALID)
    return {kind: (_elements if place.holds_indexes else _members)(content, place, results)}
