"""Members whose violations the service words, or ranks, in a form of their own.

The current validation layer names a member as the model does, shows no value, and reports its finding alone;
the older layer speaks as `constraints` does. Which operation has which: protocol.md 8.8 and 8.9, items.md 2,
query_scan.md 2, batch_transactions.md 2.3 and 3.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from emulator import errors
from emulator.model import peculiarities, table_names
from emulator.model.constraints import (
    NONE,
    Check,
    Standing,
    Violation,
    Violations,
    breaches_of,
    map_key_check,
    map_value_check,
    own_check,
    violation,
)
from emulator.model.rendering import compact_json
from emulator.model.service import Shape

Form: TypeAlias = Callable[[Mapping[str, Shape]], Check]
"""Makes the check of one member of one operation."""


def _alone(path: str, constraint: str) -> Violation:
    """A violation in the form of the current layer; `path` is spelt as in the model."""
    text = errors.CONSTRAINT_FAILED_UNECHOED.format(path=path, constraint=constraint)
    return Violation(text, Standing.ALONE)


def _worded(shape_name: str, instead: Violation) -> Form:
    """The form of a member of which only one thing is said, whatever is wrong with it."""
    found = (instead,)

    def form(shapes: Mapping[str, Shape]) -> Check:
        breaches = breaches_of(shapes[shape_name])
        return lambda value, path: found if breaches(value) else NONE

    return form


# --- Table names of data operations ---------------------------------------------------------------------

_EMPTY_NAME = errors.MEMBER_TOO_SHORT.format(limit=1)
_EMPTY_NAME_LISTED = violation("''", "tableName", _EMPTY_NAME)


def _table_name(empty: Violation, malformed: Standing) -> Form:
    """The form of a TableName: what is said of an empty one, and whether another fault stops everything."""
    of_empty = (empty,)

    def check(name: str, path: str) -> Violations:
        if not name:
            return of_empty
        found = table_names.breaches(name)
        if not found:
            return NONE
        return [violation(f"'{name}'", path, constraint)._replace(standing=malformed) for constraint in found]

    return lambda shapes: check


# --- RequestItems of the batches ------------------------------------------------------------------------


def _batch_get_items(shapes: Mapping[str, Shape]) -> Check:
    """Lengths in the current form, a faulty table name with the request as JSON, the rest in the common form."""
    tables = shapes["BatchGetRequestMap"]
    table_breaches, key_breaches = breaches_of(tables), breaches_of(shapes["KeyList"])
    names, rest = map_key_check(tables, shapes), map_value_check(tables, shapes)
    of_names = errors.MAP_KEYS_CONSTRAINED.format(constraints=table_names.CONSTRAINTS)
    assert names is not None

    def check(value: dict[str, Any], path: str) -> Violations:
        for constraint in table_breaches(value):
            return [_alone("RequestItems", constraint)]
        for table, block in value.items():
            if block is not None and block.get("Keys") is not None:
                for constraint in key_breaches(block["Keys"]):
                    return [_alone(f"RequestItems.{table}.member.Keys", constraint)]
        found = list(rest(value, path))
        if names(value, path):
            found.insert(0, violation(f"'{compact_json(value)}'", path, of_names))
        return found

    return check


def _batch_write_items(shapes: Mapping[str, Shape]) -> Check:
    """The common form, but an empty map and a faulty table name give way to everything else."""
    tables = shapes["BatchWriteItemRequestMap"]
    length, names, rest = own_check(tables, shapes), map_key_check(tables, shapes), map_value_check(tables, shapes)
    empty = (Violation(errors.BATCH_WRITE_EMPTY.text or "", Standing.YIELDING, is_bare=True),)
    assert length is not None
    assert names is not None

    def check(value: dict[str, Any], path: str) -> Violations:
        if not value:
            return empty
        faulty_names = [found._replace(standing=Standing.YIELDING) for found in names(value, path)]
        return [*length(value, path), *rest(value, path), *faulty_names]

    return check


# --- ResourceArn of the operations on tags --------------------------------------------------------------


def _resource_arn(shapes: Mapping[str, Shape]) -> Check:
    """What is no ARN at all, be it empty, is reported alone, the rest in the common form (tables.md 9.2)."""
    length = own_check(shapes["ResourceArnString"], shapes)
    malformed = (Violation(errors.ARN_MALFORMED.text or "", Standing.ALONE, is_bare=True),)
    assert length is not None
    return lambda value, path: length(value, path) if value.startswith("arn:") else malformed


# --- The table ------------------------------------------------------------------------------------------

_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_CONDITIONAL_OPERATOR = Violation(errors.CONDITIONAL_OPERATOR_ENUM)
_OLDER_NAME = _table_name(_EMPTY_NAME_LISTED, Standing.ALONE)
_CURRENT_NAME = _table_name(_alone("TableName", _EMPTY_NAME), Standing.ALONE)

OLDER_FORMS: Mapping[tuple[str, str], Form] = {
    (operation, "TableName"): _OLDER_NAME for operation in (*_WRITES, "GetItem")
}
"""Operation and member to the form that the older validation layer has, where another may answer."""

FORMS: Mapping[tuple[str, str], Form] = {
    **{(operation, "TableName"): _CURRENT_NAME for operation in (*_WRITES, "GetItem", "Query")},
    ("Scan", "TableName"): _table_name(_EMPTY_NAME_LISTED, Standing.LISTED),
    **{(write, "ReturnValues"): _worded("ReturnValue", Violation(errors.RETURN_VALUES_ENUM)) for write in _WRITES},
    **{(write, "ConditionalOperator"): _worded("ConditionalOperator", _CONDITIONAL_OPERATOR) for write in _WRITES},
    ("Query", "ConditionalOperator"): _worded(
        "ConditionalOperator", _CONDITIONAL_OPERATOR._replace(standing=Standing.ALONE, is_bare=True)
    ),
    ("Query", "Limit"): _worded("PositiveIntegerObject", _alone("Limit", errors.MEMBER_TOO_SMALL.format(limit=1))),
    ("BatchGetItem", "RequestItems"): _batch_get_items,
    ("BatchWriteItem", "RequestItems"): _batch_write_items,
    **{(operation, "ResourceArn"): _resource_arn for operation in peculiarities.ARN_REQUIRED_FIRST},
}
"""Operation and member to the form that today's service has."""
