"""Binding: putting attribute names in the place of `#names`, and seeing that all placeholders are defined.

Source: expressions.md 2 and 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from emulator import errors, limits
from emulator.expressions.reserved import is_reserved
from emulator.expressions.tree import (
    Action,
    Alias,
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    ConditionTree,
    In,
    Node,
    Not,
    Operand,
    Or,
    Path,
    Set,
    Value,
    nodes_of,
)
from emulator.values.types import AttributeValue

_Action = TypeVar("_Action", bound=Action)


def paths_in(*roots: Node) -> list[Path]:
    """All paths of the trees, in written order."""
    return [node for node in nodes_of(*roots) if isinstance(node, Path)]


def aliases_in(paths: Iterable[Path]) -> frozenset[str]:
    """The `#names` that paths use."""
    return frozenset(step.name for path in paths for step in path.steps if isinstance(step, Alias))


def values_in(*roots: Node) -> frozenset[str]:
    """The `:values` that trees use."""
    return frozenset(node.name for node in nodes_of(*roots) if isinstance(node, Value))


def check_reserved_words(parameter: str, paths: Iterable[Path]) -> None:
    """Raise for the first bare name that is reserved."""
    for path in paths:
        for step in path.steps:
            if isinstance(step, str) and is_reserved(step):
                raise errors.invalid_expression(parameter, errors.RESERVED_WORD, word=step)


def check_path(parameter: str, path: Path, names: Mapping[str, str]) -> None:
    """Raise for a path that is too deep, an index that is too large or a name that is not defined."""
    if len(path.steps) > limits.MAX_PATH_ELEMENTS:
        raise errors.invalid_expression(parameter, errors.PATH_TOO_DEEP, levels=len(path.steps))
    for step in path.steps:
        if isinstance(step, int):
            if step > limits.MAX_LIST_INDEX:
                raise errors.invalid_expression(parameter, errors.LIST_INDEX_TOO_LARGE, index=step)
        elif isinstance(step, Alias) and step.name not in names:
            raise errors.invalid_expression(parameter, errors.UNDEFINED_NAME, name=step.name)


def check_value(parameter: str, value: Value, values: Mapping[str, AttributeValue]) -> None:
    """Raise for a value that is not defined."""
    if value.name not in values:
        raise errors.invalid_expression(parameter, errors.UNDEFINED_VALUE, name=value.name)


def bound_path(path: Path, names: Mapping[str, str]) -> Path:
    """`path` with names in the place of its placeholders, which are all defined."""
    if not any(isinstance(step, Alias) for step in path.steps):
        return path
    return Path(tuple(names[step.name] if isinstance(step, Alias) else step for step in path.steps))


def bound_operand(operand: Operand, names: Mapping[str, str]) -> Operand:
    """`operand` with all its paths bound."""
    if isinstance(operand, Path):
        return bound_path(operand, names)
    if isinstance(operand, Call):
        return Call(operand.function, _bound_operands(operand.arguments, names))
    return operand


def _bound_operands(operands: tuple[Operand, ...], names: Mapping[str, str]) -> tuple[Operand, ...]:
    return tuple([bound_operand(operand, names) for operand in operands])


def bound_condition(tree: ConditionTree, names: Mapping[str, str]) -> ConditionTree:
    """`tree` with all its paths bound."""
    negations = 0
    while isinstance(tree, Not):  # a loop: NOT may be repeated as often as operators are allowed
        negations += 1
        tree = tree.condition
    bound = _bound_unnegated(tree, names)
    for _ in range(negations):
        bound = Not(bound)
    return bound


def _bound_unnegated(tree: ConditionTree, names: Mapping[str, str]) -> ConditionTree:
    match tree:
        case And(conditions) | Or(conditions):
            return type(tree)(tuple([bound_condition(condition, names) for condition in conditions]))
        case Compare(operator, left, right):
            return Compare(operator, bound_operand(left, names), bound_operand(right, names))
        case Between(operand, lower, upper):
            return Between(*_bound_operands((operand, lower, upper), names))
        case In(operand, options):
            return In(bound_operand(operand, names), _bound_operands(options, names))
        case Call(function, arguments):
            return Call(function, _bound_operands(arguments, names))
        case _:
            return tree


def bound_action(action: _Action, names: Mapping[str, str]) -> _Action:
    """`action` with all its paths bound."""
    path = bound_path(action.path, names)
    if not isinstance(action, Set):
        return replace(action, path=path)
    value = action.value
    if isinstance(value, Arithmetic):
        left, right = bound_operand(value.left, names), bound_operand(value.right, names)
        return replace(action, path=path, value=Arithmetic(value.operator, left, right))
    return replace(action, path=path, value=bound_operand(value, names))
