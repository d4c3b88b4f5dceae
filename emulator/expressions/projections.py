"""Projections: the parts of an item that a read asks for, each in its place.

List elements are packed in the order of their indexes; what has no value is left out, its parents included.
Source: expressions.md 8, items.md 12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions.binding import aliases_in, bound_path, check_path, check_reserved_words
from emulator.expressions.cache import Cache
from emulator.expressions.parser import parse_projection
from emulator.expressions.path_tree import PathTree, path_tree
from emulator.expressions.paths import names_with_paths_below, top_level_name, top_level_names
from emulator.expressions.tree import Path
from emulator.values.canonical import check_attribute_names
from emulator.values.types import AttributeValue, Item

_PARAMETER = "ProjectionExpression"

Fragment: TypeAlias = Callable[[Item], Item]
"""An item to the part of it that is asked for; shares its values."""

_Pick: TypeAlias = Callable[[AttributeValue], AttributeValue | None]


@dataclass(frozen=True, slots=True)
class Projection:
    """A compiled projection; `names`, `attributes` and `nested` are as in `Condition`."""

    apply: Fragment
    names: frozenset[str]
    attributes: tuple[str, ...]
    nested: frozenset[str]


_projections: Cache[Projection] = Cache()


def compile_projection(text: str, names: dict[str, str]) -> Projection:
    """The projection that `text` says. Raises the first error of the expression."""
    key = (text, *names.items())
    return _projections.get(key) or _projections.keep(key, _compiled(text, names))


def _compiled(text: str, names: dict[str, str]) -> Projection:
    written = parse_projection(text)
    check_reserved_words(_PARAMETER, written)
    for path in written:
        check_path(_PARAMETER, path, names)
    paths = [bound_path(path, names) for path in written]
    return Projection(
        fragment(path_tree(_PARAMETER, paths), paths),
        aliases_in(written),
        top_level_names(paths),
        names_with_paths_below(paths),
    )


def attributes_to_get(names: list[str]) -> Projection:
    """The projection of a legacy AttributesToGet list, whose names are no paths. Raises for a repeated name."""
    check_attribute_names(names)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ServiceError(errors.DUPLICATE_ATTRIBUTE_TO_GET, name=name)
        seen.add(name)
    return Projection(_attributes(tuple(names)), frozenset(), tuple(names), frozenset())


def fragment(tree: PathTree, paths: Sequence[Path]) -> Fragment:
    """The function that picks bound `paths`, merged in `tree`, out of an item."""
    if all(len(path.steps) == 1 for path in paths):
        return _attributes(tuple(map(top_level_name, paths)))
    picks: dict[Any, _Pick] = {name: _pick(place) for name, place in tree.ordered_children()}
    return lambda item: _members(item, picks)


def _attributes(names: tuple[str, ...]) -> Fragment:
    return lambda item: {name: item[name] for name in names if name in item}


def _members(members: Item, picks: dict[str, _Pick]) -> Item:
    picked: Item = {}
    for name, pick in picks.items():
        member = members.get(name)
        if member is not None and (part := pick(member)) is not None:
            picked[name] = part
    return picked


def _pick(place: PathTree) -> _Pick:
    """What of a value the paths through `place` ask for."""
    if place.position is not None:
        return _whole
    picks: dict[Any, _Pick] = {step: _pick(child) for step, child in place.ordered_children()}
    return _elements_of_list(picks) if place.holds_indexes else _members_of_map(picks)


def _whole(value: AttributeValue) -> AttributeValue | None:
    return value


def _members_of_map(picks: dict[str, _Pick]) -> _Pick:
    def pick_members(value: AttributeValue) -> AttributeValue | None:
        members = value.get("M")
        picked = _members(members, picks) if members else None
        return {"M": picked} if picked else None

    return pick_members


def _elements_of_list(picks: dict[int, _Pick]) -> _Pick:
    def pick_elements(value: AttributeValue) -> AttributeValue | None:
        elements = value.get("L", ())
        parts = [pick(elements[index]) for index, pick in picks.items() if index < len(elements)]
        picked = [part for part in parts if part is not None]
        return {"L": picked} if picked else None

    return pick_elements
