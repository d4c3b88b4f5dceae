"""Key conditions: which rows of an item collection a Query reads.

A KeyConditionExpression is a condition expression of which only a part is allowed; what is checked here needs no
schema. Source: expressions.md 7, query_scan.md 6 and 19.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions.binding import aliases_in, paths_in, values_in
from emulator.expressions.cache import Cache
from emulator.expressions.legacy import canonical_arguments, check_arguments
from emulator.expressions.ordering import MIRRORED
from emulator.expressions.parser import parse_condition
from emulator.expressions.paths import top_level_name
from emulator.expressions.semantics import LiteralCheck, Scope, check_condition
from emulator.expressions.tree import (
    And,
    Between,
    Call,
    Compare,
    ConditionTree,
    In,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from emulator.values.types import AttributeValue, Item, Wording

_PARAMETER = "KeyConditionExpression"


class KeyCondition(NamedTuple):
    """A test of one key attribute; `operator` is a comparator, `BETWEEN` or `begins_with`.

    From legacy conditions it may also be a name that no key supports.
    """

    attribute: str
    operator: str
    operands: tuple[AttributeValue, ...]


class KeyConditionSet(NamedTuple):
    """The conditions of a Query in written order, and the placeholders that they use.

    `fault` says why a well-formed expression is no key condition; the service tells it only after it has read the
    other expressions and found every placeholder used. Source: query_scan.md 3.
    """

    conditions: tuple[KeyCondition, ...]
    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    fault: ServiceError | None = None


@dataclass(frozen=True, slots=True)
class _Template:
    """A compiled expression: for each condition its attribute, operator and the names of its values."""

    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    literal_checks: tuple[LiteralCheck, ...]
    names: frozenset[str]
    values: frozenset[str]
    fault: ServiceError | None


_templates: Cache[_Template] = Cache()


def compile_key_condition(text: str, names: dict[str, str], values: Item) -> KeyConditionSet:
    """The key conditions that `text` says for these values. Raises the first error of the expression as such."""
    key = (text, *names.items(), *[(name, *value) for name, value in values.items()])
    template = _templates.get(key)
    if template is None:
        template = _compiled(text, names, values)
        if template.fault is None:
            _templates.keep(key, template)
    for check in template.literal_checks:
        check(values)
    conditions = [
        KeyCondition(attribute, operator, tuple([values[name] for name in operands]))
        for attribute, operator, operands in template.conditions
    ]
    return KeyConditionSet(tuple(conditions), template.names, template.values, template.fault)


def _compiled(text: str, names: dict[str, str], values: Item) -> _Template:
    parsed = parse_condition(_PARAMETER, text)
    tree, literal_checks = check_condition(parsed, Scope(_PARAMETER, names, values))
    fault: ServiceError | None = None
    try:
        conditions = _key_conditions(tree)
    except ServiceError as error:
        conditions, fault = (), error
    return _Template(conditions, literal_checks, aliases_in(paths_in(parsed.tree)), values_in(tree), fault)


def _key_conditions(tree: ConditionTree) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    conditions: dict[str, tuple[str, str, tuple[str, ...]]] = {}
    for clause in _clauses(tree):
        condition = _key_condition(clause)
        if condition[0] in conditions:
            raise ServiceError(errors.KEY_CONDITION_REPEATED)
        conditions[condition[0]] = condition
    return tuple(conditions.values())


# --- One clause -------------------------------------------------------------------------------------

_Clause: TypeAlias = Compare | Between | Call


def _clauses(tree: ConditionTree) -> Iterator[_Clause]:
    """The conditions that AND joins, in written order. Raises at the first operator that no key condition has."""
    pending: list[ConditionTree] = [tree]
    while pending:
        node = pending.pop()
        match node:
            case And(conditions):
                pending += reversed(conditions)
            case Or() | Not() | In():
                raise ServiceError(errors.KEY_CONDITION_OPERATOR, operator=type(node).__name__.upper())
            case Compare(operator="<>"):
                raise ServiceError(errors.KEY_CONDITION_OPERATOR, operator="<>")
            case Call(function) if function != "begins_with":
                raise ServiceError(errors.KEY_CONDITION_OPERATOR, operator=function)
            case _:
                yield node


def _key_condition(clause: _Clause) -> tuple[str, str, tuple[str, ...]]:
    match clause:
        case Compare(operator, left, right):
            operands: tuple[Operand, ...] = (left, right)
            _check_not_nested(operands)
            if not isinstance(left, Path):
                operator = MIRRORED[operator]
        case Between(operand, lower, upper):
            operator, operands = "BETWEEN", (operand, lower, upper)
            _check_key_first(operator, operands)
        case Call(function, arguments):
            operator, operands = function, arguments
            _check_key_first(operator, operands)
    path = _only_path(operands)
    return top_level_name(path), operator, tuple([value.name for value in operands if isinstance(value, Value)])


def _check_not_nested(operands: tuple[Operand, ...]) -> None:
    if any(isinstance(operand, Call) for operand in operands):
        raise ServiceError(errors.KEY_CONDITION_NESTED_FUNCTION)


def _check_key_first(operator: str, operands: tuple[Operand, ...]) -> None:
    _check_not_nested(operands)
    if not isinstance(operands[0], Path):
        raise ServiceError(errors.KEY_CONDITION_FIRST_OPERAND, operator=operator)


def _only_path(operands: tuple[Operand, ...]) -> Path:
    found: Path | None = None
    for operand in operands:
        if isinstance(operand, Path):
            if found is not None:
                raise ServiceError(errors.KEY_CONDITION_TWO_PATHS)
            if len(operand.steps) > 1:
                raise ServiceError(errors.KEY_CONDITION_NESTED_PATH)
            found = operand
    if found is None:
        raise ServiceError(errors.KEY_CONDITION_NO_PATH)
    return found


# --- KeyConditions ----------------------------------------------------------------------------------

_OPERATORS = {
    "EQ": "=",
    "LT": "<",
    "LE": "<=",
    "GT": ">",
    "GE": ">=",
    "BETWEEN": "BETWEEN",
    "BEGINS_WITH": "begins_with",
}


def legacy_key_conditions(conditions: Mapping[str, Mapping[str, Any]]) -> KeyConditionSet:
    """The legacy KeyConditions. Raises for values, counts and types of arguments; makes the values canonical."""
    keys = []
    for attribute, condition in conditions.items():
        operator = condition["ComparisonOperator"]
        arguments = canonical_arguments(condition, Wording.CURRENT)
        check_arguments(operator, arguments)
        keys.append(KeyCondition(attribute, _OPERATORS.get(operator, operator), tuple(arguments)))
    return KeyConditionSet(tuple(keys))
