"""Constraint checks: closures that find out in what a converted value breaks the service model.

A check answers with the violations it finds, in the order in which the service lists them, or with nothing.
Texts, paths and orders: protocol.md 8. Members that the service words in a form of their own: `forms`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from math import inf
from typing import Any, NamedTuple, TypeAlias

from emulator import errors, limits
from emulator.model import peculiarities, table_names
from emulator.model.rendering import lower_first, rendered
from emulator.model.service import Shape


class Standing(Enum):
    """How a violation is reported beside others."""

    ALONE = "alone"  # only the violations of its member, and before every other
    LISTED = "listed"  # together with the others
    YIELDING = "yielding"  # only if nothing else is wrong


class Violation(NamedTuple):
    """One constraint that a request breaks."""

    text: str
    standing: Standing = Standing.LISTED
    is_bare: bool = False
    """Whether the text comes without `1 validation error detected: ` when it comes alone."""


Violations: TypeAlias = Sequence[Violation]
Check: TypeAlias = Callable[[Any, str], Violations]
"""From a value and its path to what is wrong with it; the value is not None."""

NONE: Violations = ()


def null_violation(path: str) -> Violation:
    """What is said of a required member that is absent."""
    return violation("null", path, errors.MEMBER_NULL)


def violation(value: str, path: str, constraint: str) -> Violation:
    """A violation in the common form; `value` is as it is to be printed."""
    return Violation(errors.CONSTRAINT_FAILED.format(value=value, path=path, constraint=constraint))


def check_of(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    """The check of a shape; None if nothing in it is constrained."""
    if shape.name == "AttributeValue":
        return None
    own = own_check(shape, shapes)
    inner = _inner_check(shape, shapes)
    if own is None or inner is None:
        return own or inner

    def both(value: Any, path: str) -> Violations:
        return [*own(value, path), *inner(value, path)]

    return both


def _inner_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    if shape.type == "structure":
        return _structure_check(shape, shapes)
    if shape.type == "list":
        return _list_check(shape, shapes)
    return _map_check(shape, shapes) if shape.type == "map" else None


# --- The constraints of one shape ---------------------------------------------------------------------


def own_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    """The check of what the shape itself demands, its parts left aside."""
    if not shape.is_constrained:
        return None
    breaches = breaches_of(shape)

    def own(value: Any, path: str) -> Violations:
        found = breaches(value)
        if not found:
            return NONE
        printed = _quoted(value, shape, shapes)
        return [violation(printed, path, constraint) for constraint in found]

    return own


def breaches_of(shape: Shape) -> Callable[[Any], Sequence[str]]:
    """From a value to the constraints of its shape that it breaks: enum; or pattern, then length or range."""
    if shape.name == "TableArn":
        return table_names.breaches
    if shape.enum:
        allowed = frozenset(shape.enum)
        refused = (_enum_text(shape),)
        return lambda value: () if value in allowed else refused
    matches = _matcher(shape.pattern)
    measure = _identity if shape.type in _NUMERIC else len
    least, most = _limits(shape)
    below, above = _limit_texts(shape)

    def breaches(value: Any) -> Sequence[str]:
        if least <= measure(value) <= most and (matches is None or matches(value)):
            return ()
        found = []
        if matches is not None and not matches(value):
            found.append(_pattern_text(shape))
        size = measure(value)
        if size < least:
            found.append(below)
        if size > most:
            found.append(above)
        return found

    return breaches


_NUMERIC = ("integer", "long", "double")


def _identity(value: Any) -> Any:
    return value


def _matcher(pattern: str | None) -> Callable[[str], object] | None:
    if pattern is None:
        return None
    return re.compile(peculiarities.JAVA_PATTERNS.get(pattern, pattern), re.ASCII).fullmatch


def _enum_text(shape: Shape) -> str:
    return errors.MEMBER_ENUM.format(values=", ".join(shape.enum))


def _pattern_text(shape: Shape) -> str:
    return errors.MEMBER_PATTERN.format(pattern=shape.pattern)


def _limits(shape: Shape) -> tuple[float, float]:
    return -inf if shape.min is None else shape.min, inf if shape.max is None else shape.max


def _limit_texts(shape: Shape) -> tuple[str, str]:
    if shape.type in _NUMERIC:
        return errors.MEMBER_TOO_SMALL.format(limit=shape.min), errors.MEMBER_TOO_LARGE.format(limit=shape.max)
    return errors.MEMBER_TOO_SHORT.format(limit=shape.min), errors.MEMBER_TOO_LONG.format(limit=shape.max)


def _all_constraints(shape: Shape) -> str:
    """All constraints of a shape in one text, which is how collections speak of their parts."""
    if shape.name == "TableArn":
        return table_names.CONSTRAINTS
    below, above = _limit_texts(shape)
    texts = (
        _enum_text(shape) if shape.enum else None,
        above if shape.max is not None else None,
        below if shape.min is not None else None,
        _pattern_text(shape) if shape.pattern is not None else None,
    )
    return ", ".join(filter(None, texts))


def _quoted(value: object, shape: Shape, shapes: Mapping[str, Shape]) -> str:
    return f"'{rendered(value, shape.name, shapes)}'"


# --- The parts of structures, lists and maps ------------------------------------------------------------


def _structure_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    parts = []
    for member in shape.members:
        check = member_check(shape, member, shapes)
        required = member in shape.required
        if required or check is not None:
            parts.append((member, lower_first(member), required, check))
    if not parts:
        return None

    def members(value: Any, path: str) -> Violations:
        found: list[Violation] = []
        for member, segment, required, check in parts:
            content = value.get(member)
            if content is None:
                if required:
                    found.append(null_violation(f"{path}.{segment}"))
            elif check is not None:
                found += check(content, f"{path}.{segment}")
        return found

    return members


def member_check(structure: Shape, member: str, shapes: Mapping[str, Shape]) -> Check | None:
    """The check of a structure's member where it is present."""
    place = (structure.name, member)
    shape = shapes[peculiarities.OTHER_SHAPES.get(place, structure.members[member])]
    maximum = peculiarities.MAXIMUM_LENGTHS.get(place) or peculiarities.MAXIMUM_NUMBERS.get(place)
    return check_of(shape if maximum is None else replace(shape, max=maximum), shapes)


def _list_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    element = shapes[shape.member]
    if element.name == "AttributeValue":
        return None
    breaches = breaches_of(element) if element.is_constrained else None
    constraint = errors.ELEMENTS_CONSTRAINED.format(constraints=_all_constraints(element))
    inner = _inner_check(element, shapes)

    def elements(value: list[Any], path: str) -> Violations:
        found: list[Violation] = []
        if breaches is not None and any(breaches(content) for content in value if content is not None):
            found.append(violation(_quoted(value, shape, shapes), path, constraint))
        if inner is not None or None in value:
            found += _in_parts(enumerate(value, 1), path, inner)
        return found

    return elements


def _map_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    if shape.value == "AttributeValue":
        return None
    of_keys = map_key_check(shape, shapes)
    of_values = map_value_check(shape, shapes)
    if of_keys is None:
        return of_values

    def entries(value: Any, path: str) -> Violations:
        return [*of_keys(value, path), *of_values(value, path)]

    return entries


def map_key_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check | None:
    """The check of a map's keys."""
    key = shapes[shape.key]
    if not key.is_constrained:
        return None
    breaches = breaches_of(key)
    has_only_maximum = key.max is not None and not key.min and key.pattern is None and not key.enum
    surely_short = key.max if has_only_maximum and key.name != "TableArn" else None
    constraint = errors.MAP_KEYS_CONSTRAINED.format(constraints=_all_constraints(key))

    def keys(value: dict[str, Any], path: str) -> Violations:
        # All keys together are shorter than one may be: the common case, judged without a loop.
        if surely_short is not None and len("".join(value)) <= surely_short:
            return NONE
        return [violation(_quoted(value, shape, shapes), path, constraint)] if any(map(breaches, value)) else NONE

    return keys


def map_value_check(shape: Shape, shapes: Mapping[str, Shape]) -> Check:
    """The check of a map's values and of what is in them."""
    element = shapes[shape.value]
    breaches = breaches_of(element) if element.is_constrained else None
    constraint = errors.MAP_VALUES_CONSTRAINED.format(constraints=_all_constraints(element))
    inner = _inner_check(element, shapes)

    def values(value: dict[str, Any], path: str) -> Violations:
        found: list[Violation] = []
        contents = value.values()
        has_null = None in contents
        if breaches is not None:
            given = [content for content in contents if content is not None] if has_null else contents
            if any(map(breaches, given)):
                found.append(violation(_quoted(value, shape, shapes), path, constraint))
        if inner is not None or has_null:
            found += _in_parts(value.items(), path, inner)
        return found

    return values


def _in_parts(parts: Iterable[tuple[object, Any]], path: str, check: Check | None) -> list[Violation]:
    """The violations in the elements of a list or the values of a map; a null in their place is one itself."""
    found: list[Violation] = []
    for name, content in parts:
        if content is None:
            found.append(null_violation(f"{path}.{name}.member"))
        elif check is not None:
            found += check(content, f"{path}.{name}.member")
        if len(found) >= limits.MAX_REPORTED_CONSTRAINT_ERRORS:
            break  # the rest would not be reported
    return found
