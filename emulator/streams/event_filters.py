"""Event filters: the patterns of an event source mapping's FilterCriteria, as functions of a record.

A pattern mirrors the record: objects name its members, and a list at the end says what a value may be. Objects must
match in all their members, of a list one entry is enough. As on AWS, numbers of items are texts in a record
(`{"N": "5"}`), so `numeric` finds nothing in them.
Source: Lambda Developer Guide, "Control which events Lambda sends to your function" and "Filtering DynamoDB records".
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from emulator import limits

Record: TypeAlias = Mapping[str, Any]
"""A record as the function gets it, or an object within it."""

RecordFilter: TypeAlias = Callable[[Record], bool]

_Test: TypeAlias = Callable[[list[Any]], bool]
"""What is asked of the values at one place: none if there is no such place, several if there is a list."""


def compile_filters(filters: Any) -> tuple[RecordFilter, ...]:
    """The filters of patterns: dictionaries or JSON texts, or FilterCriteria as templates have it.

    Raises TypeError or ValueError with a line that says what is wrong where.
    """
    if isinstance(filters, Mapping) and set(filters) == {"Filters"}:
        filters = filters["Filters"]
    if isinstance(filters, str | Mapping) or not isinstance(filters, Sequence):
        raise TypeError(f"filters takes a list of patterns, not {filters!r}")
    if len(filters) > limits.MAX_FILTER_PATTERNS:
        raise ValueError(f"filters takes at most {limits.MAX_FILTER_PATTERNS} patterns, not {len(filters)}")
    return tuple(compile_filter(pattern) for pattern in filters)


def compile_filter(pattern: Any) -> RecordFilter:
    """The filter of one pattern. Raises TypeError or ValueError."""
    if isinstance(pattern, Mapping) and set(pattern) == {"Pattern"} and isinstance(pattern["Pattern"], str):
        pattern = pattern["Pattern"]
    if isinstance(pattern, str):
        pattern = _parsed(pattern)
    if not isinstance(pattern, Mapping):
        raise TypeError(f"a filter pattern is a dictionary or its JSON text, not {pattern!r}")
    return _object(pattern, "")


def _parsed(text: str) -> Any:
    if len(text) > limits.MAX_FILTER_PATTERN_CHARACTERS:
        raise ValueError(
            f"a filter pattern has at most {limits.MAX_FILTER_PATTERN_CHARACTERS} characters, not {len(text)}"
        )
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"a filter pattern is no JSON: {error}") from None


def _fault(path: str, what: str) -> ValueError:
    return ValueError(f"filter pattern at {path or 'its top'}: {what}")


# --- Objects --------------------------------------------------------------------------------------


def _object(pattern: Mapping[str, Any], path: str) -> RecordFilter:
    """All members must match."""
    if not pattern:
        raise _fault(path, "an empty object; leave it out")
    members = [_member(name, rule, f"{path}.{name}" if path else str(name)) for name, rule in pattern.items()]
    return lambda record: all(member(record) for member in members)


def _member(name: str, rule: Any, path: str) -> RecordFilter:
    if name == "$or":
        return _any_object(rule, path)
    if isinstance(rule, Mapping):
        inner = _object(rule, path)
        return lambda record: any(map(inner, _objects(record.get(name))))
    if isinstance(rule, list | tuple):
        tests = _tests(rule, path)
        return lambda record: _holds(tests, _leaves(record[name]) if name in record else [])
    raise _fault(path, f"a value is given as a list, such as [{json.dumps(rule, default=repr)}]")


def _any_object(rules: Any, path: str) -> RecordFilter:
    if not isinstance(rules, list | tuple) or not rules or not all(isinstance(rule, Mapping) for rule in rules):
        raise _fault(path, "a list of objects is needed, of which one must match")
    choices = [_object(rule, f"{path}[{number}]") for number, rule in enumerate(rules)]
    return lambda record: any(choice(record) for choice in choices)


def _objects(value: Any) -> list[Record]:
    """The objects at a place, an empty one if there is none: what must not exist does not exist in it."""
    if isinstance(value, Mapping):
        return [value]
    elements = value if isinstance(value, list) else []
    found: list[Record] = [element for element in elements if isinstance(element, Mapping)]
    return found or [{}]


def _leaves(value: Any) -> list[Any]:
    """The plain values at a place."""
    if isinstance(value, Mapping):
        return []
    if isinstance(value, list):
        return [leaf for element in value for leaf in _leaves(element)]
    return [value]


# --- Values ---------------------------------------------------------------------------------------


def _holds(tests: list[_Test], leaves: list[Any]) -> bool:
    return any(test(leaves) for test in tests)


def _tests(rules: Sequence[Any], path: str) -> list[_Test]:
    if not rules:
        raise _fault(path, "an empty list, which nothing matches")
    return [_test(rule, path) for rule in rules]


def _test(rule: Any, path: str) -> _Test:
    if _is_plain(rule):
        return _one_of([rule])
    if not isinstance(rule, Mapping) or len(rule) != 1:
        raise _fault(path, f"{rule!r} is neither a value nor an object with one comparison")
    ((name, operand),) = rule.items()
    comparison = _COMPARISONS.get(name)
    if comparison is None:
        raise _fault(path, f"unknown comparison {name!r}; there are {', '.join(_COMPARISONS)}")
    return comparison(operand, path)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_same(left: Any, right: Any) -> bool:
    """JSON's equality, in which true is not 1."""
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def _one_of(values: list[Any]) -> _Test:
    return lambda leaves: any(_is_same(leaf, value) for leaf in leaves for value in values)


def _some_text(texts: Any, path: str, holds: Callable[[str, str], bool]) -> Callable[[Any], bool]:
    """Whether a value is a text for which `holds` with one of `texts`, which may be a single one."""
    texts = [texts] if isinstance(texts, str) else texts
    if not isinstance(texts, list | tuple) or not texts or not all(isinstance(text, str) for text in texts):
        raise _fault(path, "a text is needed")
    return lambda leaf: isinstance(leaf, str) and any(holds(leaf, text) for text in texts)


def _text(operand: Any, path: str, holds: Callable[[str, str], bool]) -> _Test:
    if not isinstance(operand, str):
        raise _fault(path, "a text is needed")
    test = _some_text(operand, path, holds)
    return lambda leaves: any(map(test, leaves))


def _prefix(operand: Any, path: str) -> _Test:
    return _text(operand, f"{path}.prefix", str.startswith)


def _suffix(operand: Any, path: str) -> _Test:
    return _text(operand, f"{path}.suffix", str.endswith)


def _equals_ignore_case(operand: Any, path: str) -> _Test:
    return _text(operand, f"{path}.equals-ignore-case", lambda leaf, text: leaf.casefold() == text.casefold())


def _exists(operand: Any, path: str) -> _Test:
    """Only of plain values: an object that is there does not count, on AWS neither."""
    if not isinstance(operand, bool):
        raise _fault(f"{path}.exists", "true or false is needed")
    return lambda leaves: bool(leaves) is operand


def _anything_but(operand: Any, path: str) -> _Test:
    """A value that is there and is none of those, or has none of those prefixes or suffixes."""
    path = f"{path}.anything-but"
    if isinstance(operand, Mapping):
        if len(operand) != 1 or not set(operand) <= {"prefix", "suffix"}:
            raise _fault(path, "values, or an object with prefix or suffix, are needed")
        ((name, texts),) = operand.items()
        excluded = _some_text(texts, f"{path}.{name}", str.startswith if name == "prefix" else str.endswith)
        return lambda leaves: any(not excluded(leaf) for leaf in leaves)
    values = list(operand) if isinstance(operand, list | tuple) else [operand]
    if not values or not all(isinstance(value, str) or _is_number(value) for value in values):
        raise _fault(path, "texts or numbers are needed")
    return lambda leaves: any(not any(_is_same(leaf, value) for value in values) for leaf in leaves)


_LOWER = {">": operator.gt, ">=": operator.ge}
_UPPER = {"<": operator.lt, "<=": operator.le}
_ORDERS = {"=": operator.eq, **_LOWER, **_UPPER}


def _numeric(operand: Any, path: str) -> _Test:
    path = f"{path}.numeric"
    if not isinstance(operand, list | tuple) or len(operand) not in (2, 4):
        raise _fault(path, 'a comparison such as [">", 5] or a range such as [">", 5, "<=", 10] is needed')
    orders, bounds = operand[0::2], operand[1::2]
    for order in orders:
        if not isinstance(order, str) or order not in _ORDERS:
            raise _fault(path, f"unknown comparison {order!r}; there are {' '.join(_ORDERS)}")
    if not all(_is_number(bound) for bound in bounds):
        raise _fault(path, "the bounds must be numbers")
    if len(orders) == 2 and not (orders[0] in _LOWER and orders[1] in _UPPER and bounds[0] < bounds[1]):
        raise _fault(path, "a range has its lower bound first, and its upper bound above that")
    comparisons = [(_ORDERS[order], bound) for order, bound in zip(orders, bounds, strict=True)]
    return lambda leaves: any(
        _is_number(leaf) and all(compare(leaf, bound) for compare, bound in comparisons) for leaf in leaves
    )


_COMPARISONS: dict[str, Callable[[Any, str], _Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "anything-but": _anything_but,
    "equals-ignore-case": _equals_ignore_case,
    "exists": _exists,
    "numeric": _numeric,
}
