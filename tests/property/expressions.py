"""What expressions mean, read off the reference line by line: no parsing, no compiling, no care for speed.

Expressions are nested tuples. A path is a tuple of names and indexes.

    operand     ("path", path) | ("value", value) | ("size", operand)
    condition   (comparator, operand, operand) | ("BETWEEN", operand, low, high) | ("IN", operand, operand, ...)
                | ("attribute_exists", operand) | ("attribute_not_exists", operand)
                | ("attribute_type", operand, operand) | ("begins_with", operand, operand)
                | ("contains", operand, operand)
                | ("AND", condition, ...) | ("OR", condition, ...) | ("NOT", condition)
    projection  (path, ...)
    update      (action, ...)
    action      ("SET", path, source) | ("REMOVE", path) | ("ADD", path, value) | ("DELETE", path, value)
    source      operand | ("+", source, source) | ("-", source, source)
                | ("if_not_exists", path, source) | ("list_append", source, source)

Values are JSON attribute values as a request spells them. ADD takes a list only in the legacy AttributeUpdates.
Source: expressions.md 2, 6, 8 and 9.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeAlias

from .wire import EXACT, Item, Value, copied, number_text, order_of, value_of

Path: TypeAlias = tuple[Any, ...]
Tree: TypeAlias = tuple[Any, ...]

ORDERINGS = ("<", "<=", ">", ">=")

PATH_INVALID = "The document path provided in the update expression is invalid for update"
SOURCE_MISSING = "The provided expression refers to an attribute that does not exist in the item"
TYPE_INCORRECT = "An operand in the update expression has an incorrect data type"
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"


class UpdateError(Exception):
    """A rule of the service that an update breaks when it is applied."""


# --- Reading --------------------------------------------------------------------------------------


def value_at(item: Item, path: Path) -> Value | None:
    """What stands at a path, if anything does."""
    value: Value | None = ("M", item)
    for step in path:
        if value is None:
            return None
        kind, content = value
        if isinstance(step, str):
            value = content.get(step) if kind == "M" else None
        else:
            value = content[step] if kind == "L" and step < len(content) else None
    return value


def read(operand: Tree, item: Item) -> Value | None:
    """The value of an operand of a condition, if it has one."""
    if operand[0] == "path":
        return value_at(item, operand[1])
    if operand[0] == "value":
        return value_of(operand[1])
    return size(read(operand[1], item))


def size(value: Value | None) -> Value | None:
    """What the function `size` makes of a value: UTF-16 units, bytes or members."""
    if value is None:
        return None
    kind, content = value
    if kind == "S":
        return "N", Decimal(len(content.encode("utf-16-le")) // 2)
    if kind in ("B", "SS", "NS", "BS", "L", "M"):
        return "N", Decimal(len(content))
    return None


# --- Conditions -----------------------------------------------------------------------------------


def holds(condition: Tree, item: Item) -> bool:
    """Whether a condition is true of an item; of no item it is judged as one without attributes."""
    operator, *operands = condition
    if operator == "AND":
        return all(holds(each, item) for each in operands)
    if operator == "OR":
        return any(holds(each, item) for each in operands)
    if operator == "NOT":
        return not holds(operands[0], item)
    values = [read(operand, item) for operand in operands]
    if operator == "attribute_exists":
        return values[0] is not None
    if operator == "attribute_not_exists":
        return values[0] is None
    if operator == "<>":
        return not equal(values[0], values[1])
    if operator == "=":
        return equal(values[0], values[1])
    if operator == "IN":
        return any(equal(values[0], option) for option in values[1:])
    if operator == "BETWEEN":
        return ordered(values[0], ">=", values[1]) and ordered(values[0], "<=", values[2])
    if operator in ORDERINGS:
        return ordered(values[0], operator, values[1])
    if values[0] is None or values[1] is None:
        return False
    return {"attribute_type": has_type, "begins_with": begins_with, "contains": contains}[operator](*values)


def equal(left: Value | None, right: Value | None) -> bool:
    return left is not None and right is not None and left == right


def ordered(left: Value | None, operator: str, right: Value | None) -> bool:
    """Whether two values of one ordered type stand as the operator says."""
    if left is None or right is None or left[0] != right[0] or left[0] not in ("S", "N", "B"):
        return False
    low, high = order_of(left), order_of(right)
    if operator == "<":
        return bool(low < high)
    if operator == "<=":
        return bool(low <= high)
    if operator == ">":
        return bool(low > high)
    return bool(low >= high)


def has_type(value: Value, name: Value) -> bool:
    return bool(value[0] == name[1])


def begins_with(value: Value, prefix: Value) -> bool:
    return value[0] == prefix[0] and value[0] in ("S", "B") and value[1].startswith(prefix[1])


def contains(value: Value, part: Value) -> bool:
    kind, content = value
    if kind in ("S", "B"):
        return part[0] == kind and part[1] in content
    if kind in ("SS", "NS", "BS"):
        return part[0] == kind[0] and part[1] in content
    return kind == "L" and any(element == part for element in content)


def attributes_of(tree: Tree) -> list[str]:
    """The top-level attributes that a condition mentions, each once, in written order."""
    return list(dict.fromkeys(path[0] for path in paths_of(tree)))


def paths_of(tree: Any) -> Iterator[Path]:
    """All paths of a condition, in written order."""
    if isinstance(tree, tuple):
        if tree[0] == "path":
            yield tree[1]
        elif tree[0] != "value":
            for branch in tree[1:]:
                yield from paths_of(branch)


# --- Projections ----------------------------------------------------------------------------------


def projected(item: Item, paths: tuple[Path, ...]) -> Item:
    """The parts of an item at the paths, each in its place; elements of lists move together."""
    picked = _picked(("M", item), paths)
    return {} if picked is None else picked[1]


def _picked(value: Value, paths: tuple[Path, ...]) -> Value | None:
    if () in paths:
        return value
    parts: dict[Any, Value] = {}
    for step in sorted({path[0] for path in paths}, key=lambda step: (isinstance(step, str), step)):
        below = value_at({"": value}, ("", step))
        if below is not None:
            part = _picked(below, tuple(path[1:] for path in paths if path[0] == step))
            if part is not None:
                parts[step] = part
    if not parts:
        return None
    return value[0], parts if value[0] == "M" else list(parts.values())


# --- Updates --------------------------------------------------------------------------------------

_GONE: Value = ("gone", None)


def updated(old: Item, update: Tree, mismatch: str = TYPE_INCORRECT) -> tuple[Item | None, set[str]]:
    """The item after an update, or else everything that is wrong with it; the service reports one of those.

    `mismatch` is what it says of a value that cannot be added to what is there.
    """
    faults: set[str] = set()
    results: list[tuple[Path, Value]] = []
    for action in update:
        try:
            results.append((action[1], _result(action, old, mismatch)))
        except UpdateError as fault:
            faults.add(str(fault))
        if not _parent_fits(old, action[1]):
            faults.add(PATH_INVALID)
    if faults:
        return None, faults
    _, new = copied(("M", old))
    appended: list[tuple[int, list[Value], Value]] = []
    for path, result in results:
        _place(new, path, copied(result), appended)
    for _, elements, result in sorted(appended, key=lambda entry: entry[0]):
        elements.append(result)
    _sweep(("M", new))
    return new, faults


def _result(action: Tree, old: Item, mismatch: str) -> Value:
    """What an action leaves at its path."""
    kind, path = action[:2]
    if kind == "SET":
        return source_value(action[2], old)
    if kind == "REMOVE":
        return _GONE
    there, operand = value_at(old, path), value_of(action[2])
    if there is None:
        return operand if kind == "ADD" else _GONE
    if there[0] != operand[0]:
        raise UpdateError(mismatch)
    if kind == "DELETE":
        left = there[1] - operand[1]
        return (there[0], left) if left else _GONE
    if there[0] == "N":
        return "N", total(there[1], operand[1])
    if there[0] == "L":
        return "L", there[1] + operand[1]
    return there[0], there[1] | operand[1]


def source_value(source: Tree, old: Item) -> Value:
    """The value of a right-hand side; everything sees the item as it was."""
    kind = source[0]
    if kind == "if_not_exists":
        there = value_at(old, source[1])
        return source_value(source[2], old) if there is None else there
    if kind in ("+", "-"):
        left, right = source_value(source[1], old), source_value(source[2], old)
        if left[0] != "N" or right[0] != "N":
            raise UpdateError(TYPE_INCORRECT)
        return "N", total(left[1], right[1] if kind == "+" else right[1].copy_negate())
    if kind == "list_append":
        left, right = source_value(source[1], old), source_value(source[2], old)
        if left[0] != "L" or right[0] != "L":
            raise UpdateError(TYPE_INCORRECT)
        return "L", left[1] + right[1]
    value = read(source, old)
    if value is None:
        raise UpdateError(SOURCE_MISSING)
    return value


def total(left: Decimal, right: Decimal) -> Decimal:
    """The exact sum, if it is a number that the service can hold. Source: values.md 5."""
    result = EXACT.add(left, right)
    digits = number_text(result.copy_abs()).replace(".", "").strip("0")
    if len(digits) > 38 or (result and result.adjusted() > 125):
        raise UpdateError(OVERFLOW)
    if result and result.adjusted() < -130:
        raise UpdateError(UNDERFLOW)
    return result


def _parent_fits(old: Item, path: Path) -> bool:
    """Whether the old item has a map for the path's last name, or a list for its last index."""
    parent = value_at(old, path[:-1])
    return parent is not None and parent[0] == ("M" if isinstance(path[-1], str) else "L")


def _place(new: Item, path: Path, result: Value, appended: list[tuple[int, list[Value], Value]]) -> None:
    """Put a result at its path; positions in lists stay the old ones until all is placed."""
    parent, last = value_at(new, path[:-1]), path[-1]
    assert parent is not None, "the parent was there in the old item"
    content = parent[1]
    if isinstance(last, str) or last < len(content):
        content[last] = result
    elif result != _GONE:
        appended.append((last, content, result))


def _sweep(value: Value) -> None:
    """Drop what is gone from maps and lists at every depth."""
    kind, content = value
    if kind == "M":
        for name in [name for name, member in content.items() if member == _GONE]:
            del content[name]
        for member in content.values():
            _sweep(member)
    elif kind == "L":
        content[:] = [element for element in content if element != _GONE]
        for element in content:
            _sweep(element)
