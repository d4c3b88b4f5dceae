"""The legacy parameters Expected, QueryFilter, ScanFilter and AttributeUpdates, as the trees of expressions.

Their attribute names are whole names, never paths, and their values stand in the tree as literals.
Source: items.md 10 and 11, query_scan.md 19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions.conditions import Condition, condition_of_tree
from emulator.expressions.ordering import compares
from emulator.expressions.path_tree import path_tree
from emulator.expressions.paths import value_at
from emulator.expressions.tree import (
    Action,
    Add,
    And,
    Between,
    Call,
    Compare,
    ConditionTree,
    Delete,
    In,
    Literal,
    Not,
    Operand,
    Or,
    Path,
    Remove,
    Set,
)
from emulator.expressions.update_checks import SET_TYPES
from emulator.expressions.updates import Compute, Update, added, update_of_actions, without
from emulator.values.canonical import canonical_value, check_attribute_names
from emulator.values.types import AttributeValue, Item, Wording, data_type

# --- Comparison operators -------------------------------------------------------------------------

_SCALARS = ("S", "N", "B")
_ARGUMENT_TYPES = {
    "LT": _SCALARS,
    "LE": _SCALARS,
    "GT": _SCALARS,
    "GE": _SCALARS,
    "BETWEEN": _SCALARS,
    "IN": _SCALARS,
    "BEGINS_WITH": ("S", "B"),
    "CONTAINS": (*_SCALARS, "BOOL", "NULL"),
    "NOT_CONTAINS": (*_SCALARS, "BOOL", "NULL"),
}
"""The types an operator's arguments may have; EQ and NE take any."""

_NO_ARGUMENTS = ("NULL", "NOT_NULL")


def canonical_arguments(condition: Mapping[str, Any], wording: Wording) -> list[AttributeValue]:
    """The AttributeValueList of a condition, made canonical, in place; empty if there is none."""
    arguments: list[AttributeValue] = condition.get("AttributeValueList") or []
    for argument in arguments:
        canonical_value(argument, wording)
    return arguments


def check_arguments(operator: str, arguments: Sequence[AttributeValue]) -> None:
    """Raise unless a comparison operator can take `arguments`: count, same type, type, order of BETWEEN."""
    if not _count_fits(operator, len(arguments)):
        raise ServiceError(errors.ARGUMENT_COUNT, operator=operator)
    if not arguments:
        return
    kinds = [data_type(argument) for argument in arguments]
    if len(set(kinds)) > 1:
        raise ServiceError(errors.ARGUMENT_TYPES_DIFFER)
    allowed = _ARGUMENT_TYPES.get(operator)
    if allowed is not None and kinds[0] not in allowed:
        raise ServiceError(errors.ARGUMENT_TYPE, operator=operator, type=kinds[0])
    if operator == "BETWEEN" and compares(">", arguments[0], arguments[1]):
        raise ServiceError(errors.BETWEEN_RANGE_REVERSED)


def _count_fits(operator: str, count: int) -> bool:
    if operator == "IN":
        return count > 0
    return count == (0 if operator in _NO_ARGUMENTS else 2 if operator == "BETWEEN" else 1)


def _comparison(comparator: str) -> Callable[[Path, list[Operand]], ConditionTree]:
    return lambda path, arguments: Compare(comparator, path, arguments[0])


def _function(name: str) -> Callable[[Path, list[Operand]], ConditionTree]:
    return lambda path, arguments: Call(name, (path, *arguments))


def _not_contains(path: Path, arguments: list[Operand]) -> ConditionTree:
    """The opposite of CONTAINS for an attribute that is there; a missing one makes both false."""
    return And((Call("attribute_exists", (path,)), Not(Call("contains", (path, *arguments)))))


_TREES: dict[str, Callable[[Path, list[Operand]], ConditionTree]] = {
    "EQ": _comparison("="),
    "NE": _comparison("<>"),
    "LT": _comparison("<"),
    "LE": _comparison("<="),
    "GT": _comparison(">"),
    "GE": _comparison(">="),
    "BETWEEN": lambda path, arguments: Between(path, *arguments),
    "IN": lambda path, arguments: In(path, tuple(arguments)),
    "BEGINS_WITH": _function("begins_with"),
    "CONTAINS": _function("contains"),
    "NOT_CONTAINS": _not_contains,
    "NULL": _function("attribute_not_exists"),
    "NOT_NULL": _function("attribute_exists"),
}


# --- Expected, QueryFilter and ScanFilter ---------------------------------------------------------


def check_legacy_conditions(parameter: str, conditions: Mapping[str, Mapping[str, Any]], wording: Wording) -> None:
    """Raise the first fault of the conditions, one by one; make their values canonical, in place."""
    check_attribute_names(conditions)
    for name, condition in conditions.items():
        if condition.get("Value") is not None:
            canonical_value(condition["Value"], wording)
        canonical_arguments(condition, wording)
        if parameter == "Expected":
            _check_expected(name, condition)
        else:
            check_arguments(condition["ComparisonOperator"], _arguments(condition))


def legacy_condition(conditions: Mapping[str, Mapping[str, Any]], joined_by: str | None) -> Condition:
    """The condition that checked legacy `conditions`, at least one, make with AND or OR between them."""
    trees = tuple([_tree(name, condition) for name, condition in conditions.items()])
    return condition_of_tree(Or(trees) if joined_by == "OR" else And(trees))


def _arguments(condition: Mapping[str, Any]) -> list[AttributeValue]:
    value = condition.get("Value")
    return [value] if value is not None else condition.get("AttributeValueList") or []


def _tree(name: str, condition: Mapping[str, Any]) -> ConditionTree:
    operator = condition.get("ComparisonOperator")
    if operator is None:  # Expected in its first form
        operator = "NULL" if condition.get("Exists") is False else "EQ"
    arguments: list[Operand] = [Literal(argument) for argument in _arguments(condition)]
    return _TREES[operator](Path((name,)), arguments)


def _check_expected(name: str, condition: Mapping[str, Any]) -> None:
    value, listed = condition.get("Value"), condition.get("AttributeValueList")
    exists, operator = condition.get("Exists"), condition.get("ComparisonOperator")
    if value is not None and listed is not None:
        raise ServiceError(errors.EXPECTED_VALUE_TWICE, name=name)
    if operator is not None:
        if exists is not None:
            raise ServiceError(errors.EXPECTED_EXISTS_WITH_OPERATOR, name=name)
        if value is None and listed is None and operator not in _NO_ARGUMENTS:
            raise ServiceError(errors.EXPECTED_ARGUMENTS_MISSING, operator=operator, name=name)
        check_arguments(operator, _arguments(condition))
        return
    if listed is not None:
        raise ServiceError(errors.EXPECTED_LIST_WITHOUT_OPERATOR, name=name)
    if exists is False:
        if value is not None:
            raise ServiceError(errors.EXPECTED_VALUE_UNWANTED, name=name)
    elif value is None:
        raise ServiceError(errors.EXPECTED_VALUE_MISSING, exists="null" if exists is None else "true", name=name)


# --- AttributeUpdates -----------------------------------------------------------------------------

_ADDABLE = ("N", *SET_TYPES, "L")


def legacy_update(updates: Mapping[str, Mapping[str, Any]]) -> Update:
    """The update that AttributeUpdates, at least one with canonical values, make. Raises for wrong actions."""
    check_attribute_names(updates)
    pairs = [
        _action(Path((name,)), update.get("Action", "PUT"), update.get("Value")) for name, update in updates.items()
    ]
    actions = tuple([action for action, _ in pairs])
    targets = path_tree("AttributeUpdates", [action.path for action in actions])
    return update_of_actions(actions, targets, [compute for _, compute in pairs])


def _action(path: Path, name: str, value: AttributeValue | None) -> tuple[Action, Compute]:
    if value is None:
        if name != "DELETE":
            raise ServiceError(errors.UPDATE_VALUE_MISSING)
        return Remove(path), _removing
    literal, kind = Literal(value), data_type(value)
    if name == "PUT":
        return Set(path, literal), lambda item, values: value
    if name == "DELETE":
        if kind not in SET_TYPES:
            raise ServiceError(errors.UPDATE_DELETE_TYPE, type=kind)
        return Delete(path, literal), lambda item, values: without(
            value_at(item, path), value, errors.UPDATE_TYPE_MISMATCH
        )
    if kind not in _ADDABLE:
        raise ServiceError(errors.UPDATE_ADD_TYPE, type=kind)
    return Add(path, literal), _adding(path, value)


def _removing(item: Item, values: Item) -> None:
    return None


def _adding(path: Path, value: AttributeValue) -> Compute:
    def add(item: Item, values: Item) -> AttributeValue:
        current = value_at(item, path)
        if "L" in value and current is not None and "L" in current:  # not documented, and only here
            return {"L": current["L"] + value["L"]}
        return added(current, value, errors.UPDATE_TYPE_MISMATCH)

    return add
