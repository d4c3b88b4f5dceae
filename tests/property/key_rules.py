"""What the values of key attributes must be, in keys, in items and in updates. Source: values.md 9 and 10."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .expressions import Tree
from .refusals import INVALID, invalid
from .schema import MAX_KEY_BYTES, Table, key_length
from .wire import Item, Value, value_of

_KEY_MISMATCH = "The provided key element does not match the schema"
_EMPTY_KINDS = {"S": "string", "B": "binary"}


def check_key(table: Table, key: Item) -> None:
    """A Key holds the key attributes with the right types and nothing else, and no empty value."""
    if set(key) != set(table.keys) or any(key[name][0] != table.types[name] for name in table.keys):
        raise invalid([_KEY_MISMATCH])
    for name, role in zip(table.keys, ("HASH", "RANGE"), strict=False):
        _check_key_value(name, role, key[name])


def check_item(table: Table, item: Item) -> None:
    """An item that is put holds a good key."""
    for name, role in zip(table.keys, ("HASH", "RANGE"), strict=False):
        if name not in item:
            raise invalid([f"{INVALID}Missing the key {name} in the item"])
        kind = table.types[name]
        if item[name][0] != kind:
            text = f"Type mismatch for key {name} expected: {kind} actual: {item[name][0]}"
            raise invalid([INVALID + text])
        _check_key_value(name, role, item[name])


def _check_key_value(name: str, role: str, value: Value) -> None:
    if not key_length(value):
        raise invalid(
            [
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                f"an empty {_EMPTY_KINDS[value[0]]} value. Key: {name}"
            ]
        )
    if key_length(value) > MAX_KEY_BYTES[role]:
        raise invalid([_too_long(role)])


def _too_long(role: str) -> str:
    if role == "HASH":
        return INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
    return INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"


def _index_key_faults(table: Table, item: Item, describe: Callable[[str, str, str, Value], Iterable[str]]) -> list[str]:
    """What is wrong with attributes of an item that are keys of indexes; the first index by name is blamed."""
    faults: list[str] = []
    blamed: set[str] = set()
    for index in sorted(table.indexes.values(), key=lambda index: index.name):
        for role, names in (("HASH", index.hash), ("RANGE", index.range)):
            for name in names:
                if name in item and name not in blamed:
                    found = list(describe(index.name, role, name, item[name]))
                    if found:
                        blamed.add(name)
                        faults += found
    return faults


def check_index_keys(table: Table, item: Item) -> None:
    """An item that is put has no attribute that is unfit to be the index key that it is."""

    def describe(index: str, role: str, name: str, value: Value) -> Iterable[str]:
        if value[0] != table.types[name]:
            yield _index_type_mismatch(table, index, name, value)
        elif not key_length(value):
            yield (
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. The AttributeValue for a key attribute cannot contain an empty "
                f"{_EMPTY_KINDS[value[0]]} value. IndexName: {index}, IndexKey: {name}"
            )
        elif key_length(value) > MAX_KEY_BYTES[role]:
            yield _too_long(role)

    if faults := _index_key_faults(table, item, describe):
        raise invalid(faults)


def _index_type_mismatch(table: Table, index: str, name: str, value: Value) -> str:
    expected = f"Expected: {table.types[name]} Actual: {value[0]} IndexName: {index}"
    return f"{INVALID}Type mismatch for Index Key {name} {expected}"


def _unfit_update(table: Table, role: str, name: str, value: Value) -> Iterable[str]:
    if not key_length(value):
        yield (
            "One or more parameter values are not valid. The update expression attempted to update a secondary "
            "index key to a value that is not supported. The AttributeValue for a key attribute cannot contain "
            f"an empty {_EMPTY_KINDS[value[0]]} value."
        )
    elif key_length(value) > MAX_KEY_BYTES[role]:
        yield "The update expression attempted to update the secondary index key beyond allowed size limits"


def check_assigned_index_keys(table: Table, update: Tree) -> None:
    """An update gives no index key a literal that it cannot be."""
    assigned = {
        action[1][0]: value_of(action[2][1])
        for action in update
        if action[0] == "SET" and len(action[1]) == 1 and action[2][0] == "value"
    }

    def describe(index: str, role: str, name: str, value: Value) -> Iterable[str]:
        if value[0] != table.types[name]:
            return [_index_type_mismatch(table, index, name, value)]
        return _unfit_update(table, role, name, value)

    if faults := _index_key_faults(table, assigned, describe):
        raise invalid(faults)


def check_computed_index_keys(table: Table, old: Item, new: Item) -> None:
    """An update computes nothing for an index key that it cannot be."""

    def describe(index: str, role: str, name: str, value: Value) -> Iterable[str]:
        if value[0] != table.types[name]:
            yield "The update expression attempted to update the secondary index key to unsupported type"
            yield _index_type_mismatch(table, index, name, value)
        else:
            yield from _unfit_update(table, role, name, value)

    changed = {name: value for name, value in new.items() if old.get(name) != value}
    if faults := _index_key_faults(table, changed, describe):
        raise invalid(faults)
