"""What an update's actions must satisfy beyond their grammar, in the order in which the service finds fault.

Nothing here looks at an item or at what a literal contains beyond its type.
Source: expressions.md 9, "Functions" and "Order of errors".
"""

from __future__ import annotations

from collections.abc import Iterator

from emulator import errors, limits
from emulator.expressions.binding import bound_action, check_path, check_reserved_words, check_value, paths_in
from emulator.expressions.parser import ParsedUpdate
from emulator.expressions.path_tree import PathTree, path_tree
from emulator.expressions.semantics import (
    CONDITION_FUNCTIONS,
    UPDATE_FUNCTIONS,
    Scope,
    check_first_is_path,
    check_operand_count,
)
from emulator.expressions.tree import (
    Action,
    Add,
    Arithmetic,
    Call,
    Delete,
    Node,
    Operand,
    Path,
    Set,
    Value,
    nodes_of,
)

SET_TYPES = ("SS", "NS", "BS")

_PARAMETER = "UpdateExpression"
_MEMBER_TYPES: dict[type[Action], tuple[str, ...]] = {Add: ("N", *SET_TYPES), Delete: SET_TYPES}
_MEMBER_OPERATORS: dict[type[Action], str] = {Add: "ADD", Delete: "DELETE"}
_LONG_TYPE_NAMES = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "NULL": "NULL",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
}
_FUNCTION_OPERANDS = 2
_RESULT_TYPES = {"list_append": "L"}


def check_update(parsed: ParsedUpdate, scope: Scope) -> tuple[tuple[Action, ...], PathTree]:
    """The bound actions of an update and the tree of their targets. Raises the first fault."""
    if parsed.operators > limits.MAX_EXPRESSION_OPERATORS:
        raise scope.error(errors.TOO_MANY_OPERATORS, count=limits.MAX_EXPRESSION_OPERATORS + 1)
    nodes = list(nodes_of(*parsed.actions))
    paths = paths_in(*parsed.actions)
    check_reserved_words(_PARAMETER, paths)
    _check_function_names(nodes, scope)
    if parsed.repeated_section is not None:
        raise scope.error(errors.SECTION_REPEATED, section=parsed.repeated_section)
    for path in paths:
        check_path(_PARAMETER, path, scope.names)
    for node in nodes:
        if isinstance(node, Value):
            check_value(_PARAMETER, node, scope.values)
    actions = tuple([bound_action(action, scope.names) for action in parsed.actions])
    targets = path_tree(_PARAMETER, [action.path for action in actions])
    for action in actions:
        if isinstance(action, Add | Delete):
            _check_member_type(action, scope)
    for action in actions:
        if isinstance(action, Set):
            _check_assigned(action, scope)
    return actions, targets


def _check_function_names(nodes: list[Node], scope: Scope) -> None:
    functions = [node.function for node in nodes if isinstance(node, Call)]
    for function in functions:
        if function not in UPDATE_FUNCTIONS and function not in CONDITION_FUNCTIONS:
            raise scope.error(errors.UNKNOWN_FUNCTION, function=function)
    for function in functions:
        if function in CONDITION_FUNCTIONS:
            raise scope.error(errors.FUNCTION_NOT_IN_UPDATE, function=function)


def _check_member_type(action: Add | Delete, scope: Scope) -> None:
    kind = scope.literal_type(action.value)
    if kind not in _MEMBER_TYPES[type(action)]:
        name = _LONG_TYPE_NAMES.get(kind or "", kind)
        operator = _MEMBER_OPERATORS[type(action)]
        raise scope.error(errors.UPDATE_OPERAND_TYPE, operator=operator, type=name)


def _check_assigned(action: Set, scope: Scope) -> None:
    calls = [node for node in nodes_of(action.value) if isinstance(node, Call)]
    for call in calls:
        _check_call(call, scope)
    if isinstance(action.value, Arithmetic):
        for operand in (action.value.left, action.value.right):
            _check_type(action.value.operator, operand, "N", scope)


def _check_call(call: Call, scope: Scope) -> None:
    check_operand_count(call, _FUNCTION_OPERANDS, scope)
    if call.function == "if_not_exists":
        check_first_is_path(call, scope)
        return
    for nested in _calls_below(call):
        if nested.function == "list_append":
            raise scope.error(errors.FUNCTION_MISPLACED, function=nested.function)
    for operand in call.arguments:
        _check_type(call.function, operand, "L", scope)


def _calls_below(call: Call) -> Iterator[Call]:
    return (node for node in nodes_of(*call.arguments) if isinstance(node, Call))


def _check_type(operator: str, operand: Operand, wanted: str, scope: Scope) -> None:
    """Raise if an operand is of another type than `wanted` whatever the item says."""
    if isinstance(operand, Path):
        return
    kind = _RESULT_TYPES.get(operand.function) if isinstance(operand, Call) else scope.literal_type(operand)
    if kind is not None and kind != wanted:
        raise scope.error(errors.OPERAND_TYPE, operator=operator, type=kind)
