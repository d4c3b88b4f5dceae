"""What the model knows of tables: keys, indexes and projections, taken from CreateTable requests.

Source: indexes.md 3, 4 and 8, query_scan.md 15 and 16.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import md5
from typing import Any

from .wire import Item, Json, Value, number_text, order_of

GLOBAL, LOCAL = "GlobalSecondaryIndexes", "LocalSecondaryIndexes"
MAX_KEY_BYTES = {"HASH": 2048, "RANGE": 1024}


@dataclass(frozen=True)
class Index:
    """A secondary index: its keys and what it holds of an item."""

    name: str
    kind: str
    hash: tuple[str, ...]
    range: tuple[str, ...]
    projection: str
    included: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        return self.hash + self.range


@dataclass
class Table:
    """A table as a list of items.

    `types` are the types of all key attributes; `read_units` are 0 where capacity is on demand.
    """

    name: str
    hash: str
    range: str | None
    types: dict[str, str]
    indexes: dict[str, Index]
    read_units: int = 0
    items: list[Item] = field(default_factory=list)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.hash,) if self.range is None else (self.hash, self.range)

    @property
    def all_keys(self) -> set[str]:
        """The key attributes of the table and of all its indexes."""
        return {*self.keys, *(name for index in self.indexes.values() for name in index.keys)}

    @property
    def hashes(self) -> set[str]:
        """The attributes by which the table or one of its indexes collects items; alone they are no table key."""
        return {*self.keys[:-1], *(name for index in self.indexes.values() for name in index.hash)}

    def key_of(self, item: Item) -> Item:
        return {name: item[name] for name in self.keys}

    def find(self, key: Item) -> Item | None:
        for item in self.items:
            if self.key_of(item) == key:
                return item
        return None

    def replace(self, key: Item, new: Item | None) -> None:
        self.items = [item for item in self.items if self.key_of(item) != key]
        if new is not None:
            self.items.append(new)

    # --- indexes ----------------------------------------------------------------------------------

    def source_keys(self, index: Index | None) -> tuple[str, ...]:
        """The key attributes by which a table or index is read."""
        return self.keys if index is None else index.keys

    def start_keys(self, index: Index | None) -> tuple[str, ...]:
        """The attributes of a LastEvaluatedKey."""
        return tuple(dict.fromkeys((*self.source_keys(index), *self.keys)))

    def holds(self, index: Index | None, name: str) -> bool:
        """Whether an index holds an attribute of the items in it."""
        if index is None or index.projection == "ALL":
            return True
        return name in self.start_keys(index) or name in index.included

    def projection(self, index: Index | None, item: Item) -> Item:
        """What an index holds of an item."""
        return {name: value for name, value in item.items() if self.holds(index, name)}

    def members(self, index: Index | None) -> list[Item]:
        """The items, in full, that have a row in a table or index, in the order of its rows."""
        found = [item for item in self.items if index is None or self._belongs(index, item)]
        return sorted(found, key=lambda item: self.place(index, item))

    def _belongs(self, index: Index, item: Item) -> bool:
        for role, names in (("HASH", index.hash), ("RANGE", index.range)):
            for name in names:
                if name not in item or item[name][0] != self.types[name]:
                    return False
                if not 0 < key_length(item[name]) <= MAX_KEY_BYTES[role]:
                    return False
        return True

    # --- order ------------------------------------------------------------------------------------

    def place(self, index: Index | None, item: Item) -> tuple[Any, ...]:
        """Where a row stands; `item` may be a LastEvaluatedKey. Rows are in the order of their places.

        The service joins several HASH attributes in a way that is not known: only rows of one combination have
        places that mean something to each other.
        """
        if index is None:
            sorts = () if self.range is None else (order_of(item[self.range]),)
            return (digest([item[self.hash]]), *sorts)
        sorts = tuple(order_of(item[name]) for name in index.range)
        tie = digest([item[name] for name in self.keys])
        return (digest([item[name] for name in index.hash]), *sorts, tie)


def segment_of(place: tuple[Any, ...], total: int) -> int:
    """The segment of a parallel scan that a row belongs to."""
    return int(int.from_bytes(place[0][:2], "big") // 16) * total // 4096


def key_length(value: Value) -> int:
    """Bytes of a key value; a number has no limit of its own."""
    kind, content = value
    return len(content.encode()) if kind == "S" else len(content) if kind == "B" else 1


def digest(keys: Iterable[Value]) -> bytes:
    """The hash of key values."""
    return md5(b"Outliers" + b"".join(map(key_bytes, keys)), usedforsecurity=False).digest()


def key_bytes(value: Value) -> bytes:
    """The bytes of a key value that are hashed."""
    kind, content = value
    if kind == "N":
        return number_key_bytes(content)
    return content.encode() if kind == "S" else bytes(content)


def number_key_bytes(number: Decimal) -> bytes:
    """A number as the service hashes it, by the recipe of query_scan.md 16."""
    if not number:
        return b"\x80"
    digits = number_text(number.copy_abs()).replace(".", "").strip("0")
    exponent = number.adjusted() + 1
    if exponent % 2:
        digits, exponent = "0" + digits, exponent + 1
    if len(digits) % 2:
        digits += "0"
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    first = (exponent // 2 - 64) % 256
    if number > 0:
        return bytes([first, *(pair + 1 for pair in pairs)])
    negative = [101 - pair for pair in pairs]
    if len(pairs) < 20:
        negative.append(102)
    return bytes([first ^ 0xFF, *negative])


# --- Requests -------------------------------------------------------------------------------------


def table_of(request: Json) -> Table:
    """The table that a CreateTable request asks for."""
    hashes, ranges = _names(request["KeySchema"])
    types = {each["AttributeName"]: each["AttributeType"] for each in request["AttributeDefinitions"]}
    indexes = {index.name: index for index in _indexes(request)}
    units = request.get("ProvisionedThroughput", {}).get("ReadCapacityUnits", 0)
    return Table(request["TableName"], hashes[0], ranges[0] if ranges else None, types, indexes, units)


def _indexes(request: Json) -> Iterator[Index]:
    for kind in (GLOBAL, LOCAL):
        for definition in request.get(kind, ()):
            yield index_of(kind, definition)


def index_of(kind: str, definition: Json) -> Index:
    """The index that its part of a CreateTable or UpdateTable request asks for."""
    projection = definition["Projection"]
    hashes, ranges = _names(definition["KeySchema"])
    included = tuple(projection.get("NonKeyAttributes", ()))
    return Index(definition["IndexName"], kind, hashes, ranges, projection["ProjectionType"], included)


def _names(key_schema: list[Json]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The HASH and the RANGE attributes of a key schema."""
    hashes = tuple(each["AttributeName"] for each in key_schema if each["KeyType"] == "HASH")
    ranges = tuple(each["AttributeName"] for each in key_schema if each["KeyType"] == "RANGE")
    return hashes, ranges
