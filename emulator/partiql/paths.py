"""Paths of a statement: to attributes, and to tables and indexes. Source: partiql.md 3 and 5."""

from __future__ import annotations

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions.tree import Path
from emulator.partiql.literals import Values
from emulator.partiql.terms import PathTerm, Place, Source
from emulator.partiql.tree import Target

_MOST_COMPONENTS = 2


def path_of(term: PathTerm, values: Values) -> Path:
    """A document path. Raises if a component is none, too large or empty, or if there are too many of them."""
    if term.fault:
        raise unexpected_component(term.fault, values)
    if "" in term.steps:
        raise ServiceError(errors.PATH_COMPONENT_EMPTY)
    if len(term.steps) > limits.MAX_PATH_ELEMENTS:
        raise errors.refused_statement(errors.PATH_TOO_DEEP, levels=len(term.steps))
    for step in term.steps:
        if isinstance(step, int) and step > limits.MAX_LIST_INDEX:
            raise errors.refused_statement(errors.LIST_INDEX_TOO_LARGE, index=step)
    return Path(term.steps)


def unexpected_component(place: Place, values: Values) -> ServiceError:
    """The error of something in a path, or instead of one."""
    return ServiceError(errors.PATH_COMPONENT_UNEXPECTED, position=values.position(place))


def target_of(source: Source) -> Target:
    """The table, or the index, that a statement names. Raises for other paths and for aliases."""
    term = source.term
    names = [step for step in term.steps if isinstance(step, str)] if isinstance(term, PathTerm) else []
    if not isinstance(term, PathTerm) or term.fault or len(names) < len(term.steps):
        raise ServiceError(errors.INSERT_INTO_INDEX)
    if len(names) > _MOST_COMPONENTS:
        raise ServiceError(errors.FROM_PATH_TOO_LONG)
    if "" in names:
        raise ServiceError(errors.PATH_COMPONENT_EMPTY)
    if source.has_alias:
        raise ServiceError(errors.STATEMENT_ALIAS)
    return Target(names[0], names[1] if len(names) > 1 else None)
