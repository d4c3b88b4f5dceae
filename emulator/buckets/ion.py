"""Amazon Ion: items as Ion text, one document a line behind its version marker. Needs the extra `ion`.

    S string   N decimal   B blob   BOOL bool   NULL null   M struct   L list
    SS, NS and BS lists with the annotations $dynamodb_SS, $dynamodb_NS and $dynamodb_BS

Source: backups_export_import.md 6.5.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from typing import Any

from emulator import limits
from emulator.buckets import extras
from emulator.values.types import AttributeValue, Item, data_type

_ITEMS = ("Item", "Keys", "OldImage", "NewImage", "ExpressionAttributeValues")
"""Members of documents that hold attribute values by name."""

_SETS = {"$dynamodb_SS": "SS", "$dynamodb_NS": "NS", "$dynamodb_BS": "BS"}


class NotIonError(Exception):
    """A text that is no Ion, or has no documents in it, and why."""


def _load() -> Any:
    return extras.load("ion", "The format ION", "amazon.ion.simpleion")


# --- Reading --------------------------------------------------------------------------------------


class Parser:
    """From Ion text to documents. Raises MissingExtraError when it is made."""

    def __init__(self) -> None:
        self._loads: Callable[..., Any] = _load().loads
        kinds = import_module("amazon.ion.core").IonType
        self._struct = kinds.STRUCT
        self._null: type = import_module("amazon.ion.simple_types").IonPyNull
        """The class of all nulls: `null.string` is one of type STRING."""
        self._readers: dict[Any, Callable[[Any, int], AttributeValue]] = {
            kinds.STRING: lambda value, level: {"S": str(value)},
            kinds.INT: lambda value, level: {"N": _number(value)},
            kinds.DECIMAL: lambda value, level: {"N": _number(value)},
            kinds.FLOAT: lambda value, level: {"N": _number(value)},
            kinds.BLOB: lambda value, level: {"B": b64encode(value).decode()},
            kinds.BOOL: lambda value, level: {"BOOL": bool(value)},
            kinds.STRUCT: lambda value, level: {"M": self._item(value, level + 1)},
            kinds.LIST: self._list,
        }

    def documents(self, line: bytes) -> Sequence[dict[str, Any]]:
        """The documents of a line. Raises NotIonError."""
        try:
            values = self._loads(line.decode(), single_value=False)
        except Exception as error:  # the package has no one class for all that it finds wrong with a text
            raise NotIonError(f"The line is not Ion: {error}") from None
        return [self._document(value) for value in values]

    def _document(self, value: Any) -> dict[str, Any]:
        if value.ion_type is not self._struct or isinstance(value, self._null):
            raise NotIonError("The line is not an Ion struct")
        return {name: self._member(name, member) for name, member in value.items()}

    def _member(self, name: str, member: Any) -> Any:
        if member.ion_type is not self._struct or isinstance(member, self._null):
            return str(member)
        if name in _ITEMS:
            return self._item(member, 1)
        return {placeholder: str(attribute) for placeholder, attribute in member.items()}

    def _item(self, struct: Any, level: int) -> Item:
        return {name: self._value(value, level) for name, value in struct.items()}

    def _value(self, value: Any, level: int) -> AttributeValue:
        if isinstance(value, self._null):
            return {"NULL": True}
        read = self._readers.get(value.ion_type)
        if read is None:
            raise NotIonError(f"DynamoDB has no type for a value of the Ion type {value.ion_type.name.lower()}")
        # One level too many is kept, so that the item is refused as one that nests too deep.
        return read(value, level) if level <= limits.MAX_NESTING_LEVELS else {"NULL": True}

    def _list(self, elements: Any, level: int) -> AttributeValue:
        kind = _SETS.get(elements.ion_annotations[0].text) if elements.ion_annotations else None
        values = [self._value(element, level + 1) for element in elements]
        if kind is None:
            return {"L": values}
        if any(data_type(value) != kind[0] for value in values):
            raise NotIonError(f"A set of the type {kind} has a member of another type")
        return {kind: [value[kind[0]] for value in values]}


def _number(value: Any) -> str:
    return str(Decimal(value) if isinstance(value, int | Decimal) else Decimal(repr(float(value))))


# --- Writing --------------------------------------------------------------------------------------


class Writer:
    """From documents to Ion text. Raises MissingExtraError when it is made."""

    def __init__(self) -> None:
        self._dumps: Callable[..., str] = _load().dumps
        self._list_of: Callable[..., Any] = import_module("amazon.ion.simple_types").IonPyList.from_value
        self._list_type = import_module("amazon.ion.core").IonType.LIST
        self._writers: dict[str, Callable[[Any], Any]] = {
            "S": str,
            "N": Decimal,
            "B": b64decode,
            "BOOL": bool,
            "NULL": lambda content: None,
            "M": self._item,
            "L": lambda elements: [self._value(element) for element in elements],
        }

    def line(self, document: Mapping[str, Item]) -> bytes:
        """A document whose members are items."""
        struct = {member: self._item(item) for member, item in document.items()}
        return self._dumps(struct, binary=False).encode() + b"\n"

    def _item(self, item: Item) -> dict[str, Any]:
        return {name: self._value(value) for name, value in item.items()}

    def _value(self, value: AttributeValue) -> Any:
        ((kind, content),) = value.items()
        write = self._writers.get(kind)
        if write is not None:
            return write(content)
        members = [self._writers[kind[0]](member) for member in content]
        return self._list_of(self._list_type, members, (f"$dynamodb_{kind}",))
