"""Preparing a statement: from text and parameters to a tree and its values, checked as far as both alone allow.

What follows from the text is done once per text. Source: partiql.md 2, steps 2 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emulator import errors
from emulator.errors import ServiceError
from emulator.expressions.cache import Cache
from emulator.expressions.tree import ConditionTree, Path
from emulator.partiql.conditions import condition_of
from emulator.partiql.literals import Build, Check, LiteralError, Values
from emulator.partiql.parameters import canonical_parameter
from emulator.partiql.parser import parse_statement
from emulator.partiql.paths import path_of, target_of, unexpected_component
from emulator.partiql.terms import ChangeText, InsertText, Members, PathTerm, SelectText, StatementText, Term
from emulator.partiql.tree import Delete, Exists, Insert, Order, Prepared, Select, Statement, Update
from emulator.partiql.updates import actions_of
from emulator.values.types import AttributeValue


@dataclass(frozen=True, slots=True)
class _Plan:
    """A statement without its parameters: how many it needs, what is made of them, and what they must satisfy."""

    statement: Statement
    parameters: int
    builds: tuple[tuple[str, Build], ...]
    checks: tuple[Check, ...]


_plans: Cache[_Plan] = Cache()


def prepare(text: str, parameters: Sequence[AttributeValue] | None = None) -> Prepared:
    """The statement that `text` says, with `parameters`, which become canonical in place.

    Raises the first error that the service finds before it looks for the table; a `ParameterError` if it is a
    parameter's.
    """
    given = parameters or ()
    plan = _plans.get((text,)) or _plans.keep((text,), _plan(text, given))
    if len(given) != plan.parameters:
        raise ServiceError(errors.PARAMETER_COUNT_MISMATCH)
    values = {name: build(given) for name, build in plan.builds}
    for check in plan.checks:
        check(values)
    return Prepared(text, plan.statement, values)


def _plan(text: str, parameters: Sequence[AttributeValue]) -> _Plan:
    parsed, count = parse_statement(text)
    values = Values(text)
    try:
        statement = _statement(parsed, values)
    except LiteralError as fault:
        for parameter in parameters[: fault.after]:
            canonical_parameter(parameter, 1)
        raise fault.error from None
    return _Plan(statement, count, tuple(values.builds.items()), tuple(values.checks))


def _statement(text: StatementText, values: Values) -> Statement:
    match text:
        case SelectText(is_condition=True):
            return Exists(_select(text, values))
        case SelectText():
            return _select(text, values)
        case InsertText():
            return _insert(text, values)
        case ChangeText():
            return _change(text, values)


def _select(text: SelectText, values: Values) -> Select:
    target = target_of(text.source)
    if text.has_alias:
        raise ServiceError(errors.STATEMENT_ALIAS)
    projection, misplaced = _projection(text.projection, values)
    where = condition_of(text.where, values)
    order = tuple([Order(_order_path(term, values), descending) for term, descending in text.order])
    return Select(target, projection, where, order, misplaced)


def _projection(terms: tuple[Term, ...] | None, values: Values) -> tuple[tuple[Path, ...] | None, str | None]:
    """The paths of a projection, or the position of the first term in it that is none."""
    paths: list[Path] = []
    for term in terms or ():
        if not isinstance(term, PathTerm):
            return None, values.position(term.place)
        paths.append(path_of(term, values))
    return tuple(paths) or None, None


def _order_path(term: Term, values: Values) -> Path:
    if not isinstance(term, PathTerm):
        raise unexpected_component(term.place, values)
    return path_of(term, values)


def _insert(text: InsertText, values: Values) -> Insert:
    target = target_of(text.source)
    if text.item is None:
        raise ServiceError(errors.INSERT_OF_SEVERAL)
    item = values.item(text.item) if isinstance(text.item, Members) else values.value(text.item)
    where = values.position(text.item.place)

    def fault(kind: str) -> ServiceError:
        return ServiceError(errors.DATA_TYPE_UNSUPPORTED, data=kind, path="root", position=where)

    values.check_type(item, lambda kind: kind == "M", fault)
    return Insert(target, item)


def _change(text: ChangeText, values: Values) -> Update | Delete:
    target = target_of(text.source)
    where: ConditionTree | None
    if text.is_delete:
        where = condition_of(text.where, values)
        if text.returning not in (None, "ALL OLD"):
            raise ServiceError(errors.DELETE_RETURNING, form=text.returning)
        return Delete(target, where, text.returning)
    # In the order of the text: the first bad value is the one reported.
    if text.where_first:
        where = condition_of(text.where, values)
        actions = actions_of(text.actions, values)
    else:
        actions = actions_of(text.actions, values)
        where = condition_of(text.where, values)
    return Update(target, actions, where, text.returning)
