"""Vector indexes: the vectors of a table's items as 32-bit floats, each with what the index projects of the item.

An item has an entry in an index exactly if it has a vector of the right length and, where the search schema has a
HASH attribute, a value of that which can be a key. Entries of one HASH value form a group; a search reads one group.
Source: vectors.md 5 and 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.storage.record import Record
from emulator.storage.rows import RowKey, Rows
from emulator.storage.schema import KeyAttribute, KeySchema, key_length
from emulator.storage.undo import UndoLog
from emulator.values.sizes import item_size, value_size
from emulator.values.types import AttributeValue, Item, data_type
from emulator.values.vectors import Vector, first_unfit, vector_of


@dataclass(frozen=True, slots=True)
class VectorIndexDefinition:
    """What a request said of a vector index, and the state it is in."""

    name: str
    attribute: str
    """VectorAttribute."""
    dimensions: int
    distance: str
    """DistanceFunction."""
    projection: dict[str, Any]
    search_schema: tuple[KeyAttribute, ...] = ()
    """In the order of the request; roles are HASH and INLINE_FILTER."""
    status: str = "ACTIVE"
    backfilling: bool | None = None

    def becomes(self, status: str, backfilling: bool | None = None) -> VectorIndexDefinition:
        return replace(self, status=status, backfilling=backfilling)

    @property
    def hash(self) -> KeyAttribute | None:
        """The HASH attribute of the search schema."""
        return next((attribute for attribute in self.search_schema if attribute.role == "HASH"), None)

    @property
    def filters(self) -> tuple[KeyAttribute, ...]:
        """The INLINE_FILTER attributes."""
        return tuple(attribute for attribute in self.search_schema if attribute.role != "HASH")


class Entry:
    """What an index holds of an item. Never changed once made, but for what a search reckons up first."""

    __slots__ = ("filters", "record", "size", "square", "vector")

    def __init__(self, vector: Vector, record: Record, filters: tuple[str | None, ...], size: int) -> None:
        self.vector = vector
        self.record = record
        """The projected attributes; the vector among them, if it is there at all, is not the index's copy."""
        self.filters = filters
        """The values of the INLINE_FILTER attributes; None for one that is missing or of another type."""
        self.size = size
        """Bytes that the service bills for the entry."""
        self.square: float | None = None
        """The square of the vector's length, once it was needed."""


class Group:
    """The entries of one HASH value, or all of them where the search schema has no HASH attribute."""

    __slots__ = ("entries", "packed")

    def __init__(self) -> None:
        self.entries: dict[RowKey, Entry] = {}
        self.packed: Any = None
        """What a search keeps for the next one, until an entry changes."""

    def put(self, key: RowKey, entry: Entry | None) -> None:
        """Put an entry in the place of the one under `key`; None takes that one out."""
        self.packed = None
        if entry is None:
            self.entries.pop(key, None)
        else:
            self.entries[key] = entry


class _Place(NamedTuple):
    """Where an entry stands: the HASH value, "" without one, and the entry."""

    group: str
    entry: Entry


@dataclass(frozen=True, slots=True)
class VectorIndexChange:
    """What a write did to the entry of one index; sizes in bytes, None where there is no entry."""

    index: str
    old_size: int | None
    new_size: int | None
    moved: bool
    """Whether the HASH value changed."""


class VectorIndex:
    """A vector index of a table: its definition and its entries."""

    __slots__ = ("_filters", "_hash", "_kept", "_key", "_undo", "definition", "groups", "size")

    def __init__(self, definition: VectorIndexDefinition, table_schema: KeySchema, undo: UndoLog) -> None:
        self.definition = definition
        self.groups: dict[str, Group] = {}
        """By HASH value; groups without entries are not kept."""
        self.size = 0
        """Bytes of all entries."""
        self._undo = undo
        self._hash = definition.hash
        self._key = None if self._hash is None else KeySchema((self._hash,), ())
        self._filters = definition.filters
        self._kept = _projected_names(definition, table_schema)

    def __len__(self) -> int:
        return sum(len(group.entries) for group in self.groups.values())

    @property
    def name(self) -> str:
        return self.definition.name

    # --- what may be written ----------------------------------------------------------------------

    def check(self, item: Item) -> None:
        """Raise if the item's vector, or its HASH value, cannot be what it is to this index."""
        definition = self.definition
        vector = item.get(definition.attribute)
        if vector is not None:
            check_vector(definition, vector)
        if self._key is not None:
            self._key.check_index_keys(item, definition.name)

    # --- entries ----------------------------------------------------------------------------------

    def change(
        self, key: RowKey, old: Item | None, new: Item | None, new_record: Record | None, vector: Vector | None
    ) -> VectorIndexChange | None:
        """Have the entry under `key` follow a write of an item, whose vector is `vector` now.

        Returns what changed; None if the index does not notice.
        """
        before = self._found(key, old)
        after = self._place(new, new_record, vector)
        if before is None and after is None:
            return None
        if before is not None and after is not None and self._is_same(before, after, old, new):
            return None
        moved = before is not None and after is not None and before.group != after.group
        if before is not None and (after is None or moved):
            self._put(before.group, key, None)
        if after is not None:
            self._put(after.group, key, after.entry)
        return VectorIndexChange(
            self.name,
            None if before is None else before.entry.size,
            None if after is None else after.entry.size,
            moved,
        )

    def entry_size(self, key: RowKey, item: Item) -> int:
        """Bytes of the entry that an item has here; 0 if it has none."""
        found = self._found(key, item)
        return 0 if found is None else found.entry.size

    def _is_same(self, before: _Place, after: _Place, old: Item | None, new: Item | None) -> bool:
        """Whether two entries, made of the items `old` and `new`, hold the same, the HASH value included."""
        if before.entry.vector != after.entry.vector:
            return False
        return self._beside_vector(old or {}) == self._beside_vector(new or {})

    def _found(self, key: RowKey, item: Item | None) -> _Place | None:
        """The entry that an item has here."""
        value = None if item is None else self._hash_value(item)
        group = None if value is None else self.groups.get(value)
        entry = None if group is None else group.entries.get(key)
        return None if value is None or entry is None else _Place(value, entry)

    def _place(self, item: Item | None, record: Record | None, vector: Vector | None) -> _Place | None:
        """The entry that an item ought to have here."""
        if item is None or record is None or vector is None or len(vector) != self.definition.dimensions:
            return None
        value = self._hash_value(item)
        if value is None:
            return None
        beside = self._beside_vector(item)
        size = item_size(beside) + vector_size(self.definition)
        filters = tuple([item.get(name, {}).get(kind) for name, kind, _ in self._filters])
        if self._kept is not None:
            record = Record(beside, size)
        return _Place(value, Entry(vector, record, filters, size))

    def _hash_value(self, item: Item) -> str | None:
        """The HASH value of an item, "" if none is asked for; None if the item lacks one that can be a key."""
        if self._hash is None:
            return ""
        value = item.get(self._hash.name, {})
        text: str | None = value.get(self._hash.type)
        return text if text and key_length(value) <= self._hash.max_bytes else None

    def _beside_vector(self, item: Item) -> Item:
        """What this index projects of an item, but for its vector."""
        kept, vector = self._kept, self.definition.attribute
        return {name: value for name, value in item.items() if name != vector and (kept is None or name in kept)}

    def _put(self, value: str, key: RowKey, entry: Entry | None) -> None:
        group = self.groups.get(value)
        if group is None:
            group = self.groups[value] = Group()
        before = group.entries.get(key)
        group.put(key, entry)
        if not group.entries:
            del self.groups[value]
        self.size += (entry.size if entry is not None else 0) - (before.size if before is not None else 0)
        if self._undo.recording:
            self._undo.add(partial(self._put, value, key, before))

    def fill(self, items: Iterable[tuple[RowKey, Record, Item, Vector]]) -> None:
        """Take over the items that a table holds already; nothing is noted for the undo log."""
        for key, record, item, vector in items:
            place = self._place(item, record, vector)
            if place is not None:
                self.groups.setdefault(place.group, Group()).put(key, place.entry)
                self.size += place.entry.size


def _projected_names(definition: VectorIndexDefinition, table_schema: KeySchema) -> frozenset[str] | None:
    """The attributes that an index holds; None for all of them."""
    if definition.projection["ProjectionType"] == "ALL":
        return None
    searched = [attribute.name for attribute in definition.search_schema]
    listed = definition.projection.get("NonKeyAttributes") or ()
    return frozenset((*table_schema.names, *searched, definition.attribute, *listed))


def vector_size(definition: VectorIndexDefinition) -> int:
    """Bytes that the service bills for the vector in an entry, whatever numbers it holds."""
    return len(definition.attribute.encode()) + limits.VECTOR_DIMENSION_BYTES * definition.dimensions


def check_vector(definition: VectorIndexDefinition, value: AttributeValue) -> None:
    """Raise if a value cannot be the vector of an item in that index."""
    attribute, dimensions, index = definition.attribute, definition.dimensions, definition.name
    elements = value.get("L")
    if elements is None:
        raise ServiceError(errors.VECTOR_NOT_LIST, name=attribute, index=index)
    if vector_of(elements) is None:
        place = first_unfit(elements)
        actual = data_type(elements[place])
        raise ServiceError(errors.VECTOR_ELEMENT_TYPE, name=attribute, place=place, actual=actual, index=index)
    if len(elements) != dimensions:
        raise ServiceError(errors.VECTOR_SIZE, name=attribute, expected=dimensions, actual=len(elements), index=index)


class VectorIndexes(Mapping[str, VectorIndex]):
    """The vector indexes of a table that has some, by name. A set of indexes never changes, what they hold does."""

    __slots__ = ("_by_name", "_dimensions", "_undo", "spared")

    def __init__(self, indexes: Iterable[VectorIndex], undo: UndoLog) -> None:
        self._by_name = {index.name: index for index in indexes}
        self._dimensions = {index.definition.attribute: index.definition.dimensions for index in self.values()}
        self._undo = undo
        self.spared = 0
        """Bytes that all items are billed for less than vectors take as lists of numbers; may be negative."""

    def __getitem__(self, name: str) -> VectorIndex:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def check(self, item: Item) -> None:
        """Raise if an attribute of the item cannot be what it is to an index; first index by name first."""
        for name in sorted(self):
            self[name].check(item)

    def check_vectors(self, assigned: Item) -> None:
        """Raise if an attribute that an update assigned cannot be the vector that it is; first index by name first."""
        for name in sorted(self):
            definition = self[name].definition
            if (value := assigned.get(definition.attribute)) is not None:
                check_vector(definition, value)

    def keys_by_index(self) -> list[tuple[KeyAttribute, str]]:
        """The HASH attributes with the index's name; indexes in the order of their names."""
        keys = [(self[name].definition.hash, name) for name in sorted(self)]
        return [(attribute, name) for attribute, name in keys if attribute is not None]

    # --- items ------------------------------------------------------------------------------------

    def change(
        self, key: RowKey, old: Item | None, new: Item | None, new_record: Record | None
    ) -> list[VectorIndexChange]:
        """Have all entries under `key` follow a write. Returns what indexes noticed."""
        vectors = self._vectors(new)
        self._spare(self._spared(new, vectors) - self._spared(old, self._vectors(old)))
        changes = []
        for index in self.values():
            change = index.change(key, old, new, new_record, vectors.get(index.definition.attribute))
            if change is not None:
                changes.append(change)
        return changes

    def fill(self, rows: Rows, names: Iterable[str]) -> None:
        """Count what a table holds, and have the named indexes take it over; nothing is noted for the undo log."""
        indexes = [self[name] for name in names]
        self.spared = 0
        for key, record in rows:
            item = record.decode()
            vectors = self._vectors(item)
            self.spared += self._spared(item, vectors)
            for index in indexes:
                if (vector := vectors.get(index.definition.attribute)) is not None:
                    index.fill([(key, record, item, vector)])

    def billed_size(self, record: Record | None) -> int:
        """Bytes by which a write or the size of the table counts an item (vectors.md 10.3)."""
        if record is None:
            return 0
        item = record.decode()
        return record.size - self._spared(item, self._vectors(item))

    def _vectors(self, item: Item | None) -> dict[str, Vector]:
        """The vectors of an item that are fit for an index, by attribute."""
        found = {}
        for attribute, dimensions in self._dimensions.items():
            elements = (item or {}).get(attribute, {}).get("L", ())
            if len(elements) == dimensions and (vector := vector_of(elements)) is not None:
                found[attribute] = vector
        return found

    def _spared(self, item: Item | None, vectors: Iterable[str]) -> int:
        if item is None:
            return 0
        return sum(
            value_size(item[attribute]) - limits.VECTOR_DIMENSION_BYTES * self._dimensions[attribute]
            for attribute in vectors
        )

    def _spare(self, size: int) -> None:
        self.spared += size
        if size and self._undo.recording:
            self._undo.add(partial(self._spare, -size))
