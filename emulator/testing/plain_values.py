"""Items as people write them, with plain Python values, as DynamoDB-JSON."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Any

from emulator.values.types import DATA_TYPES, AttributeValue, Item


def item_of(written: Mapping[str, Any]) -> Item:
    """An item of one's own for one with plain values or in DynamoDB-JSON. Raises ValueError if it cannot be one."""
    converted = _copied if is_dynamodb_json(written) else attribute_value
    item = {}
    for name, value in written.items():
        if not isinstance(name, str):
            raise ValueError(f"the attribute name {name!r} is not a string")
        try:
            item[name] = converted(value)
        except ValueError as error:
            raise ValueError(f"attribute {name!r}: {error}") from None
    return item


def is_dynamodb_json(written: Mapping[str, Any]) -> bool:
    """Whether an item is in DynamoDB-JSON.

    There is no doubt: an item has a key, and a key with a plain value is no mapping.
    """
    return bool(written) and all(
        isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in DATA_TYPES for value in written.values()
    )


def attribute_value(value: object) -> AttributeValue:
    """The attribute value for a plain Python value. Raises ValueError if there is none."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, (int, float, Decimal)):
        return {"N": _number(value)}
    if isinstance(value, Mapping):
        return {"M": {str(name): attribute_value(member) for name, member in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [attribute_value(element) for element in value]}
    if isinstance(value, AbstractSet):
        return _set(value)
    if _is_binary(value):
        return {"B": _base64(value)}
    raise ValueError(
        f"{value!r} is a {type(value).__name__}; DynamoDB keeps str, int, Decimal, float, bytes, bool, None, "
        "and dicts, lists and sets of them"
    )


def _number(value: float | Decimal) -> str:
    # str of a float is the shortest text that means it: 0.1 becomes 0.1 and not the fraction it is stored as.
    number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{value} is not a number that DynamoDB keeps")
    return str(number)


def _set(members: AbstractSet[Any]) -> AttributeValue:
    if not members:
        raise ValueError("DynamoDB keeps no empty sets")
    if all(isinstance(member, str) for member in members):
        return {"SS": list(members)}
    if all(isinstance(member, (int, float, Decimal)) and not isinstance(member, bool) for member in members):
        return {"NS": [_number(member) for member in members]}
    if all(_is_binary(member) for member in members):
        return {"BS": [_base64(member) for member in members]}
    raise ValueError("the members of a set must be all strings, all numbers or all binary")


def _is_binary(value: object) -> bool:
    """Also for the Binary of boto3, which is no bytes but becomes them."""
    return isinstance(value, (bytes, bytearray, memoryview)) or hasattr(value, "__bytes__")


def _base64(value: Any) -> str:
    return b64encode(bytes(value)).decode()


def _copied(value: Any) -> Any:
    """DynamoDB-JSON of one's own, with base64 where boto3's form has bytes."""
    if isinstance(value, Mapping):
        return {name: _copied(member) for name, member in value.items()}
    if isinstance(value, (list, tuple, AbstractSet)):
        return [_copied(element) for element in value]
    return _base64(value) if _is_binary(value) else value
