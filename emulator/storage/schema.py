"""Key schemas: which attributes are the key of a table or an index, and what their values must be.

The checks raise the service's errors, hash key before range key, each key through: present, type, empty, length.
Source: values.md 9 and 10, batch_transactions.md 2.3 and 3.3.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from emulator import errors, limits
from emulator.errors import Fault, ServiceError
from emulator.storage.rows import RowKey
from emulator.values.canonical import binary_size
from emulator.values.keys import EMPTY_KINDS, combined_hash, partition_hash, sortable_key, tie_hash
from emulator.values.types import AttributeValue, Item, data_type


class KeyAttribute(NamedTuple):
    """An attribute of a key: its name, its type (S, N or B) and its role (HASH or RANGE)."""

    name: str
    type: str
    role: str

    @property
    def max_bytes(self) -> int:
        return limits.MAX_PARTITION_KEY_BYTES if self.role == "HASH" else limits.MAX_SORT_KEY_BYTES

    @property
    def too_long(self) -> Fault:
        return errors.PARTITION_KEY_TOO_LONG if self.role == "HASH" else errors.SORT_KEY_TOO_LONG

    def check_value(self, value: AttributeValue) -> None:
        """Raise if a value of the right type is empty or too long for this key."""
        text = value.get("S")
        if text and len(text) <= _SURELY_SHORT_KEY:
            return
        length = key_length(value)
        if not length:
            raise ServiceError(errors.EMPTY_KEY, kind=EMPTY_KINDS[self.type], name=self.name)
        if length > self.max_bytes:
            raise ServiceError(self.too_long)


_SURELY_SHORT_KEY = limits.MAX_SORT_KEY_BYTES // 4  # a character is at most four bytes


def key_length(value: AttributeValue) -> int:
    """Bytes of a key value; numbers have no limit of their own and count as 1."""
    ((kind, text),) = value.items()
    if kind == "S":
        return len(text) if text.isascii() else len(text.encode())
    return binary_size(text) if kind == "B" else 1


@dataclass(frozen=True, slots=True)
class KeySchema:
    """The key of a table or an index, HASH attributes first, in the order of the request."""

    hash: tuple[KeyAttribute, ...]
    range: tuple[KeyAttribute, ...]
    attributes: tuple[KeyAttribute, ...] = field(init=False, repr=False, compare=False)
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Kept, not derived at each use: every request walks over them.
        object.__setattr__(self, "attributes", self.hash + self.range)
        object.__setattr__(self, "names", tuple([attribute.name for attribute in self.attributes]))

    @property
    def sort_key(self) -> str | None:
        """The name of a table's sort key."""
        return self.range[0].name if self.range else None

    def describe(self) -> list[dict[str, str]]:
        return [{"AttributeName": name, "KeyType": role} for name, _, role in self.attributes]

    # --- table keys -------------------------------------------------------------------------------

    def row_key(self, item: Item) -> RowKey:
        """The row key of an item whose key is known to be good."""
        partition_key = partition_hash(sortable_key(item[self.hash[0].name]))
        if self.range:
            return (partition_key, sortable_key(item[self.range[0].name]))
        return (partition_key,)

    def check_key(self, key: Item) -> RowKey:
        """The row key of a Key parameter: exactly the key attributes, of the right types."""
        if len(key) != len(self.attributes):
            raise ServiceError(errors.KEY_SCHEMA_MISMATCH)
        return self.check_batch_item(key)

    def check_item(self, item: Item) -> RowKey:
        """The row key of an item that PutItem is to store."""
        for attribute in self.attributes:
            name, kind, _ = attribute
            value = item.get(name)
            if value is None:
                raise ServiceError(errors.MISSING_KEY, name=name)
            if kind not in value:
                raise ServiceError(errors.KEY_TYPE_MISMATCH, name=name, expected=kind, actual=data_type(value))
            attribute.check_value(value)
        return self.row_key(item)

    def check_batch_item(self, item: Item) -> RowKey:
        """The row key of an item that BatchWriteItem is to store; it words all mismatches like a Key."""
        attributes = self.attributes
        for name, kind, _ in attributes:
            value = item.get(name)
            if value is None or kind not in value:
                raise ServiceError(errors.KEY_SCHEMA_MISMATCH)
        for attribute in attributes:
            attribute.check_value(item[attribute.name])
        return self.row_key(item)

    # --- index keys -------------------------------------------------------------------------------

    def admits(self, item: Item) -> bool:
        """Whether the item belongs into this index: every key attribute is there and fit to be a key."""
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None or attribute.type not in value:
                return False
            if not 0 < key_length(value) <= attribute.max_bytes:
                return False
        return True

    def index_row_key(self, item: Item, table_schema: KeySchema) -> RowKey:
        """The row key in this index of an item that belongs into it."""
        hashed = combined_hash(tuple(sortable_key(item[name]) for name, _, _ in self.hash))
        sorts = tuple(sortable_key(item[name]) for name, _, _ in self.range)
        partition_key = sortable_key(item[table_schema.hash[0].name])
        sort_key = sortable_key(item[table_schema.range[0].name]) if table_schema.range else None
        return (hashed, *sorts, tie_hash(partition_key, sort_key))

    def check_index_keys(self, item: Item, index: str) -> None:
        """Raise if an index key attribute that is present cannot be one (values.md, 10)."""
        for attribute in self.attributes:
            value = item.get(attribute.name)
            if value is None:
                continue
            if attribute.type not in value:
                raise ServiceError(
                    errors.INDEX_KEY_TYPE_MISMATCH,
                    name=attribute.name,
                    expected=attribute.type,
                    actual=data_type(value),
                    index=index,
                )
            length = key_length(value)
            if not length:
                kind = EMPTY_KINDS[attribute.type]
                raise ServiceError(errors.EMPTY_INDEX_KEY, kind=kind, index=index, name=attribute.name)
            if length > attribute.max_bytes:
                raise ServiceError(attribute.too_long)
