"""What TransactWriteItems and TransactGetItems share: cancellation, distinct items, keys that are not empty.

Source: batch_transactions.md 4, 5 and 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import orjson

from emulator import errors
from emulator.errors import ServiceError
from emulator.storage.schema import KeyAttribute, key_length
from emulator.storage.table import Table
from emulator.values.keys import EMPTY_KINDS
from emulator.values.types import Item

_Member = TypeVar("_Member")
_Outcome = TypeVar("_Outcome")

_NO_REASON = {"Code": "None"}
_REASON_CODES = {errors.CONDITION_FAILED: "ConditionalCheckFailed", errors.DUPLICATE_ITEM: "DuplicateItem"}


def canceled(faults: Sequence[ServiceError | None]) -> ServiceError:
    """TransactionCanceledException with a reason for each member, None standing for a member without fault."""
    reasons = [_NO_REASON if fault is None else _reason(fault) for fault in faults]
    codes = ", ".join(reason["Code"] for reason in reasons)
    return ServiceError(errors.TRANSACTION_CANCELED, members={"CancellationReasons": reasons}, codes=codes)


def _reason(fault: ServiceError) -> dict[str, Any]:
    code = _REASON_CODES.get(fault.fault, "ValidationError")
    return {"Code": code, "Message": fault.message, **fault.members}


def each(members: Sequence[_Member], step: Callable[[_Member], _Outcome]) -> list[_Outcome]:
    """What `step` makes of each member. The first one that is faulty cancels, and no other is given a reason."""
    outcomes: list[_Outcome] = []
    for member in members:
        try:
            outcomes.append(step(member))
        except ServiceError as fault:
            after = len(members) - len(outcomes) - 1
            raise canceled([*[None] * len(outcomes), fault, *[None] * after]) from None
    return outcomes


def check_transactions_allowed(tables: Iterable[Table]) -> None:
    """Raise for a global table with strong consistency across regions (global_tables.md 8.1)."""
    if any(table.definition.is_strongly_consistent for table in tables):
        raise ServiceError(errors.STRONG_WITHOUT, feature="A transaction")


def check_distinct(targets: Iterable[tuple[Table, Item]]) -> None:
    """Raise if two members name the same item. Keys may still be of wrong types here."""
    seen: set[tuple[str, bytes]] = set()
    for table, item in targets:
        key = (table.definition.arn, orjson.dumps([item.get(name) for name in table.schema.names]))
        if key in seen:
            raise ServiceError(errors.TRANSACTION_ITEM_REPEATED)
        seen.add(key)


def check_keys_not_empty(table: Table, item: Item) -> None:
    """Raise if a key attribute of the table is an empty string or binary."""
    for attribute in table.schema.attributes:
        if is_empty(attribute, item):
            raise ServiceError(errors.EMPTY_KEY, kind=EMPTY_KINDS[attribute.type], name=attribute.name)


def is_empty(attribute: KeyAttribute, item: Item) -> bool:
    """Whether the item holds an empty value of the right type for a key attribute."""
    value = item.get(attribute.name)
    return value is not None and attribute.type in value and not key_length(value)
