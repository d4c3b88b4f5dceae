"""What a condition's tree must satisfy beyond its grammar, in the order in which the service finds fault.

Everything here looks at the text and the literals of a request, never at an item. Checks whose outcome depends on
what a literal says, not only on its type, are returned too: they are run again for each request that uses the
compiled tree. Source: expressions.md 6, "Order of errors inside one condition".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from emulator import errors, limits
from emulator.expressions.binding import (
    bound_condition,
    bound_path,
    check_path,
    check_reserved_words,
    check_value,
    paths_in,
)
from emulator.expressions.ordering import ORDERED_TYPES, compares
from emulator.expressions.parser import ParsedCondition
from emulator.expressions.paths import path_text
from emulator.expressions.tree import (
    Between,
    Call,
    Compare,
    ConditionTree,
    In,
    Literal,
    Node,
    Operand,
    Path,
    SimpleCondition,
    Value,
    nodes_of,
    simple_conditions,
)
from emulator.values.types import DATA_TYPES, AttributeValue, Item, data_type

LiteralCheck: TypeAlias = Callable[[Item], None]
"""Raises if the values of a request do not fit."""

UPDATE_FUNCTIONS = frozenset(("if_not_exists", "list_append"))

_ALL_TYPES = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
TYPE_NAMES_TEXT = "B,NULL,SS,BOOL,L,BS,N,NS,S,M"
_PREFIX_TYPES = ("S", "B")
_UNSIZED_TYPES = ("N", "BOOL", "NULL")
_DISTINCT_OPERANDS = ("contains", "begins_with", "attribute_type")


@dataclass(frozen=True, slots=True)
class Scope:
    """What an expression may refer to, and the parameter it stands in."""

    parameter: str
    names: Mapping[str, str]
    values: Item

    def error(self, text: str, **parameters: object) -> errors.ServiceError:
        return errors.invalid_expression(self.parameter, text, **parameters)

    def literal_type(self, operand: Operand) -> str | None:
        """The type of an operand that does not come from the item."""
        if isinstance(operand, Value):
            return data_type(self.values[operand.name])
        if isinstance(operand, Literal):
            return data_type(operand.value)
        return "N" if isinstance(operand, Call) else None


def check_condition(parsed: ParsedCondition, scope: Scope) -> tuple[ConditionTree, tuple[LiteralCheck, ...]]:
    """The bound tree of a condition, and the checks to repeat with other values."""
    tree = parsed.tree
    if parsed.redundant_parentheses:
        raise scope.error(errors.REDUNDANT_PARENTHESES)
    if parsed.operators > limits.MAX_EXPRESSION_OPERATORS:
        raise scope.error(errors.TOO_MANY_OPERATORS, count=limits.MAX_EXPRESSION_OPERATORS + 1)
    _check_functions(tree, scope)
    check_reserved_words(scope.parameter, paths_in(tree))
    literal_checks: list[LiteralCheck] = []
    for condition in simple_conditions(tree):
        for node in nodes_of(condition):
            _check_defined(node, scope)
        for check in _checks_of(condition, scope):
            check(scope.values)
            literal_checks.append(check)
    return bound_condition(tree, scope.names), tuple(literal_checks)


def _check_defined(node: Node, scope: Scope) -> None:
    if isinstance(node, Path):
        check_path(scope.parameter, node, scope.names)
    elif isinstance(node, Value):
        check_value(scope.parameter, node, scope.values)


# --- Functions --------------------------------------------------------------------------------


def _check_functions(tree: ConditionTree, scope: Scope) -> None:
    """Unknown functions first, then known ones in a place that is not theirs."""
    calls = [node for node in nodes_of(tree) if isinstance(node, Call)]
    for call in calls:
        if call.function not in _FUNCTIONS and call.function not in UPDATE_FUNCTIONS:
            raise scope.error(errors.UNKNOWN_FUNCTION, function=call.function)
    conditions = {id(condition) for condition in simple_conditions(tree)}
    for call in calls:
        if call.function in UPDATE_FUNCTIONS:
            raise scope.error(errors.FUNCTION_NOT_IN_CONDITION, function=call.function)
        if (call.function == "size") == (id(call) in conditions):
            raise scope.error(errors.FUNCTION_MISPLACED, function=call.function)
    _check_sizes_of_sizes(calls, scope)


def _check_sizes_of_sizes(calls: list[Call], scope: Scope) -> None:
    """Only `size` may stand inside a function by now; what it makes has no size itself.

    Judged before the operands, unlike other types, so that no later step meets calls nested without bound.
    """
    for call in calls:
        if call.function == "size" and any(isinstance(argument, Call) for argument in call.arguments):
            raise scope.error(errors.OPERAND_TYPE, operator="size", type="N")


# --- One condition ------------------------------------------------------------------------------


def _checks_of(condition: SimpleCondition, scope: Scope) -> Iterator[LiteralCheck]:
    """Raise for the first static fault of `condition`; yield the checks that depend on literals' contents."""
    for node in nodes_of(condition):
        if isinstance(node, Call) and node is not condition:
            yield from _check_call(node, scope)
    match condition:
        case Compare():
            _check_comparison(condition, scope)
        case Between():
            yield from _check_between(condition, scope)
        case In():
            count = 1 + len(condition.options)
            if count > limits.MAX_IN_OPERANDS:
                raise scope.error(errors.TOO_MANY_OPERANDS, count=count)
        case Call():
            yield from _check_call(condition, scope)


def _check_comparison(condition: Compare, scope: Scope) -> None:
    _check_distinct(condition.operator, condition.left, condition.right, scope)
    if condition.operator not in ("=", "<>"):
        for operand in (condition.left, condition.right):
            _check_type(condition.operator, operand, ORDERED_TYPES, scope)


def _check_distinct(operator: str, first: Operand, second: Operand, scope: Scope) -> None:
    if not isinstance(first, Path) or not isinstance(second, Path):
        return
    bound = bound_path(first, scope.names)
    if bound == bound_path(second, scope.names):
        raise scope.error(errors.OPERANDS_EQUAL, operator=operator, operand=path_text(bound))


def _check_type(operator: str, operand: Operand, allowed: tuple[str, ...], scope: Scope) -> None:
    kind = scope.literal_type(operand)
    if kind is not None and kind not in allowed:
        raise scope.error(errors.OPERAND_TYPE, operator=operator, type=kind)


def _check_between(condition: Between, scope: Scope) -> Iterator[LiteralCheck]:
    lower, upper = condition.lower, condition.upper
    for operand in (condition.operand, lower, upper):
        _check_type("BETWEEN", operand, ORDERED_TYPES, scope)
    if not isinstance(lower, Value) or not isinstance(upper, Value):
        return
    if scope.literal_type(lower) != scope.literal_type(upper):
        raise _bounds_error(errors.BETWEEN_TYPES, lower, upper, scope.values, scope.parameter)
    parameter, low, high = scope.parameter, lower, upper

    def check_bounds(values: Item) -> None:
        if compares(">", values[low.name], values[high.name]):
            raise _bounds_error(errors.BETWEEN_REVERSED, low, high, values, parameter)

    yield check_bounds


def _bounds_error(fault: str, lower: Value, upper: Value, values: Item, parameter: str) -> errors.ServiceError:
    low, high = value_text(values[lower.name]), value_text(values[upper.name])
    return errors.invalid_expression(parameter, fault, lower=low, upper=high)


def value_text(value: AttributeValue) -> str:
    """A scalar value as messages show it, e.g. `{N:1}`."""
    ((kind, content),) = value.items()
    return f"{{{kind}:{content}}}"


# --- One call -------------------------------------------------------------------------------------


def _check_call(call: Call, scope: Scope) -> Iterator[LiteralCheck]:
    count, check = _FUNCTIONS[call.function]
    check_operand_count(call, count, scope)
    if call.function in _DISTINCT_OPERANDS:
        _check_distinct(call.function, call.arguments[0], call.arguments[1], scope)
    yield from check(call, scope)


def check_operand_count(call: Call, count: int, scope: Scope) -> None:
    """Raise unless `call` has `count` operands."""
    if len(call.arguments) != count:
        raise scope.error(errors.OPERAND_COUNT, operator=call.function, count=len(call.arguments))


def check_first_is_path(call: Call, scope: Scope) -> None:
    """Raise unless the first operand of `call` is a path."""
    if not isinstance(call.arguments[0], Path):
        raise scope.error(errors.PATH_REQUIRED, operator=call.function)


def _check_exists(call: Call, scope: Scope) -> Iterator[LiteralCheck]:
    check_first_is_path(call, scope)
    yield from ()


def _check_attribute_type(call: Call, scope: Scope) -> Iterator[LiteralCheck]:
    wanted = call.arguments[1]
    if not isinstance(wanted, Value) or scope.literal_type(wanted) != "S":
        kind = scope.literal_type(wanted) or _ALL_TYPES
        raise scope.error(errors.OPERAND_TYPE, operator=call.function, type=kind)
    parameter, name = scope.parameter, wanted.name

    def check_type_name(values: Item) -> None:
        type_name = values[name]["S"]
        if type_name not in DATA_TYPES:
            raise errors.invalid_expression(parameter, errors.UNKNOWN_TYPE_NAME, type=type_name, types=TYPE_NAMES_TEXT)

    yield check_type_name


def _check_begins_with(call: Call, scope: Scope) -> Iterator[LiteralCheck]:
    for operand in call.arguments:
        _check_type(call.function, operand, _PREFIX_TYPES, scope)
    yield from ()


def _check_size(call: Call, scope: Scope) -> Iterator[LiteralCheck]:
    sized = tuple(kind for kind in DATA_TYPES if kind not in _UNSIZED_TYPES)
    _check_type(call.function, call.arguments[0], sized, scope)
    yield from ()


def _check_contains(call: Call, scope: Scope) -> Iterator[LiteralCheck]:
    yield from ()


_FUNCTIONS: dict[str, tuple[int, Callable[[Call, Scope], Iterator[LiteralCheck]]]] = {
    "attribute_exists": (1, _check_exists),
    "attribute_not_exists": (1, _check_exists),
    "attribute_type": (2, _check_attribute_type),
    "begins_with": (2, _check_begins_with),
    "contains": (2, _check_contains),
    "size": (1, _check_size),
}
CONDITION_FUNCTIONS = frozenset(_FUNCTIONS)
