"""Checks that item operations share and that need nothing but the request.

They come after the service model's and before the table is looked up, in the order of items.md 2 and
query_scan.md 3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple, Unpack

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions import (
    Condition,
    Update,
    check_legacy_conditions,
    check_names_map,
    check_placeholders,
    check_values_map,
    compile_condition,
    compile_update,
    legacy_condition,
)
from emulator.expressions.cache import Cache, Key
from emulator.model.checker import is_very_deep
from emulator.values.canonical import canonical_value
from emulator.values.types import Item, Wording

_Result = TypeVar("_Result")
_More = TypeVarTuple("_More")
Request = dict[str, Any]


def enveloped(
    plan: Callable[[Request, Unpack[_More]], _Result],
) -> Callable[[Request, Unpack[_More]], _Result]:
    """Word the validation errors of `plan` as the single writes do before they look at the table."""

    @wraps(plan)
    def planned(request: Request, /, *more: *_More) -> _Result:
        try:
            return plan(request, *more)
        except ServiceError as error:
            if error.fault is errors.RETURN_VALUES_RESTRICTED and is_very_deep(request):
                raise  # bare, as observed: the older layer answers (items.md 2)
            raise error.enveloped() from None

    return planned


def check_styles(request: Request, legacy: Iterable[str], expressions: Iterable[str]) -> None:
    """Legacy and expression parameters do not mix; their presence decides, not their content."""
    if request.keys().isdisjoint(legacy) or request.keys().isdisjoint(expressions):
        return
    legacy_given = [name for name in legacy if name in request]
    expressions_given = [name for name in expressions if name in request]
    raise ServiceError(
        errors.MIXED_PARAMETERS, legacy=", ".join(legacy_given), expressions=", ".join(expressions_given)
    )


def check_placeholder_maps(
    request: Request, expressions: Iterable[str], with_values: Iterable[str] = (), values_tail: str = ""
) -> None:
    """ExpressionAttributeNames and -Values need an expression that can use them."""
    if "ExpressionAttributeNames" in request and request.keys().isdisjoint(expressions):
        raise ServiceError(errors.NAMES_WITHOUT_EXPRESSION)
    if "ExpressionAttributeValues" in request and request.keys().isdisjoint(with_values):
        raise ServiceError(errors.VALUES_WITHOUT_EXPRESSION, tail=values_tail)


def placeholders(request: Request, wording: Wording, level: int = 1) -> tuple[dict[str, str], Item]:
    """The two placeholder maps, checked, with canonical values, which count as on that level of nesting."""
    names: dict[str, str] | None = request.get("ExpressionAttributeNames")
    values: Item | None = request.get("ExpressionAttributeValues")
    if names is not None:
        check_names_map(names)
    if values is not None:
        check_values_map(values, wording, level)
    return names or {}, values or {}


def check_conditional_operator(request: Request, conditions: dict[str, Any] | None) -> None:
    """ConditionalOperator joins at least two legacy conditions."""
    if "ConditionalOperator" in request:
        if not conditions:
            raise ServiceError(errors.CONDITIONAL_OPERATOR_ALONE)
        if len(conditions) < 2:
            raise ServiceError(errors.CONDITIONAL_OPERATOR_SINGLE)


def legacy_condition_of(request: Request, parameter: str, wording: Wording) -> Condition | None:
    """The condition of Expected, QueryFilter or ScanFilter, if it imposes one."""
    conditions: dict[str, dict[str, Any]] | None = request.get(parameter)
    if conditions:
        check_legacy_conditions(parameter, conditions, wording)
    check_conditional_operator(request, conditions)
    if not conditions:
        return None
    return legacy_condition(conditions, request.get("ConditionalOperator"))


def condition_of(request: Request, kind: str, names: dict[str, str], values: Item) -> Condition | None:
    """The compiled ConditionExpression or FilterExpression, if there is one."""
    text: str | None = request.get(kind)
    return None if text is None else compile_condition(kind, text, names, values)


def check_all_used(names: dict[str, str], values: Item, *parts: Condition | Update | None) -> None:
    """Raise if a placeholder of a write stands in none of its expressions."""
    if names or values:
        given = [part for part in parts if part is not None]
        check_placeholders(
            names,
            values,
            names_used=frozenset().union(*[part.names for part in given]),
            values_used=frozenset().union(*[part.values for part in given]),
        )


# --- The expressions of a single write ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WriteExpressions:
    """UpdateExpression and ConditionExpression, compiled, of which all placeholders are known to be good."""

    update: Update | None
    condition: Condition | None


_write_expressions: Cache[WriteExpressions] = Cache()


def write_expressions(request: Request) -> tuple[WriteExpressions, Item]:
    """The compiled expressions of a single write and its canonical values, checked in the service's order.

    What was found good before, with the same names and values of the same types, needs no second look: only what the
    values hold is new.
    """
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    known = None if names == {} or values == {} else _write_expressions.get(_texts_of(request))
    if known is None:
        return _checked_expressions(request)
    if values is None:
        return known, {}
    for value in values.values():
        canonical_value(value, Wording.CURRENT)
    if known.condition is not None:
        for check in known.condition.literal_checks:
            check(values)
    return known, values


def _texts_of(request: Request) -> Key:
    """All that decides what the expressions of a write mean and whether its placeholders are good."""
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    return (
        request.get("UpdateExpression", ()),
        request.get("ConditionExpression", ()),
        *(names.items() if names is not None else ()),
        *([(name, *value) for name, value in values.items()] if values is not None else ()),
    )


def _checked_expressions(request: Request) -> tuple[WriteExpressions, Item]:
    names, values = placeholders(request, Wording.CURRENT)
    text: str | None = request.get("UpdateExpression")
    update = None if text is None else compile_update(text, names, values)
    condition = condition_of(request, "ConditionExpression", names, values)
    check_all_used(names, values, update, condition)
    return _write_expressions.keep(_texts_of(request), WriteExpressions(update, condition)), values
