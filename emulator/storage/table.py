"""A table: its definition, its rows and its indexes, changed together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias

from emulator import limits
from emulator.storage.expiry import Expiry
from emulator.storage.history import History
from emulator.storage.index import IndexChange, IndexDefinition, IndexKind, SecondaryIndex
from emulator.storage.record import Record, larger_size
from emulator.storage.replication import Replica
from emulator.storage.rows import RowKey, Rows
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.storage.throughput import NEVER_CHANGED, Throughput, ThroughputHistory
from emulator.storage.undo import UndoLog
from emulator.storage.vector_index import VectorIndex, VectorIndexChange, VectorIndexDefinition, VectorIndexes
from emulator.streams.kinesis import KinesisFeed
from emulator.streams.stream import Stream
from emulator.values.types import Item

AnyIndex: TypeAlias = SecondaryIndex | VectorIndex
AnyIndexDefinition: TypeAlias = IndexDefinition | VectorIndexDefinition
AnyIndexChange: TypeAlias = IndexChange | VectorIndexChange


@dataclass(frozen=True, slots=True)
class TimeToLive:
    """Which attribute says when an item expires, and since when, in epoch seconds, that is so or being changed."""

    status: str = "DISABLED"
    attribute: str | None = None
    changed: float | None = None


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """What requests said of a table, and the state it is in. Replaced as a whole, never edited."""

    name: str
    arn: str
    id: str
    created: float
    schema: KeySchema
    attribute_types: dict[str, str]
    """AttributeDefinitions: name to type."""
    on_demand: bool
    throughput: Throughput
    status: str = "CREATING"
    billing_mode_summary: dict[str, Any] | None = None
    throughput_history: ThroughputHistory = NEVER_CHANGED
    on_demand_switches: tuple[float, ...] = ()
    """When the table was switched to on-demand, as far as the limit on that looks back."""
    deletion_protected: bool = False
    stream_view_type: str | None = None
    stream_label: str | None = None
    table_class: dict[str, Any] | None = None
    """TableClassSummary."""
    table_class_changes: tuple[float, ...] = ()
    encryption: dict[str, Any] | None = None
    """SSEDescription."""
    encryption_changes: tuple[float, ...] = ()
    on_demand_limits: dict[str, int] | None = None
    warm_throughput: tuple[int, int] | None = None
    """Read and write units that were asked for or grown to; None for those that the mode starts with."""
    tags: dict[str, str] = field(default_factory=dict)
    ttl: TimeToLive = TimeToLive()
    restore_summary: dict[str, Any] | None = None
    """RestoreSummary, of a table that was restored."""
    replicas: tuple[str, ...] = ()
    """The regions of the other members of the global table, in the order in which they joined as this one saw it."""
    witnesses: dict[str, str] = field(default_factory=dict)
    """The region that keeps a strongly consistent global table together and has no table, and its WitnessStatus."""
    is_strongly_consistent: bool = False
    """MultiRegionConsistency STRONG."""
    settings_replication: str | None = None
    """GlobalTableSettingsReplicationMode."""
    disassociation_protected: bool = True
    """DisassociationProtectionEnabled, of a member of a global table."""
    overrides: tuple[tuple[str, str], ...] = ()
    """Settings that this member has of its own: their names, and the index or "" for the table."""
    copied_from: tuple[str, float] | None = None
    """The region that this member was copied from when it joined, and when."""
    auto_scaling: dict[str, Any] = field(default_factory=dict)
    """Auto scaling settings that were made through UpdateTableReplicaAutoScaling."""


def partitions_needed(on_demand: bool, throughput: Throughput) -> int:
    """Hash partitions the service would give a table or index (capacity.md, 3 and 14)."""
    if on_demand:
        return limits.ON_DEMAND_PARTITIONS
    load = throughput.read / limits.PARTITION_READ_UNITS + throughput.write / limits.PARTITION_WRITE_UNITS
    return max(1, min(-int(-load // 1), 256))


class Table:
    """The items of one table and of its indexes. Callers hold the emulator's lock."""

    __slots__ = (
        *("_undo", "definition", "indexes", "rows", "vectors"),
        *("expiry", "history", "kinesis", "replica", "stream"),
    )

    def __init__(
        self,
        definition: TableDefinition,
        indexes: list[IndexDefinition],
        undo: UndoLog,
        vector_indexes: Iterable[VectorIndexDefinition] = (),
    ) -> None:
        self._undo = undo
        self.definition = definition
        self.rows = Rows(undo, self._partitions(), is_kept=True)
        self.stream: Stream | None = None
        """What notes the changes of items, while the table has a stream that is enabled."""
        self.kinesis: KinesisFeed | None = None
        """What notes the changes of items for a Kinesis stream, while one is a destination."""
        self.expiry: Expiry | None = None
        """What deletes items that expire, while time to live is enabled."""
        self.history: History | None = None
        """What remembers earlier items, while point-in-time recovery is on."""
        self.replica: Replica | None = None
        """What sends changes to the other regions and receives theirs, in a global table."""
        self.indexes: dict[str, SecondaryIndex] = {}
        for index in indexes:
            self.indexes[index.name] = self._new_index(index)
        self.vectors: VectorIndexes | None = None
        """The vector indexes, if there are any."""
        for vector_index in vector_indexes:
            self.add_index(vector_index)

    @property
    def name(self) -> str:
        return self.definition.name

    @property
    def region(self) -> str:
        return self.definition.arn.split(":")[3]

    @property
    def schema(self) -> KeySchema:
        return self.definition.schema

    @property
    def is_being_copied(self) -> bool:
        """Whether this is a replica that is being made: only few operations find it (global_tables.md 4)."""
        return self.replica is not None and self.definition.status == "CREATING"

    @property
    def is_restoring(self) -> bool:
        summary = self.definition.restore_summary
        return summary is not None and summary["RestoreInProgress"] is True

    @property
    def has_local_indexes(self) -> bool:
        return any(not index.is_global for index in self.indexes.values())

    @property
    def all_indexes(self) -> list[AnyIndex]:
        """Secondary indexes and vector indexes."""
        return [*self.indexes.values(), *(self.vectors or {}).values()]

    def index(self, name: str) -> AnyIndex | None:
        """The index of either sort that has this name."""
        found: AnyIndex | None = self.indexes.get(name)
        return self.vectors.get(name) if found is None and self.vectors is not None else found

    def indexes_of(self, kind: IndexKind) -> list[SecondaryIndex]:
        return [index for index in self.indexes.values() if index.definition.kind is kind]

    def index_keys(self) -> list[tuple[KeyAttribute, str]]:
        """The key attributes of all indexes with the index's name; indexes in the order of their names.

        Vector indexes, of which the HASH attribute is a key, stand behind the others.
        """
        keys = [
            (attribute, name) for name in sorted(self.indexes) for attribute in self.indexes[name].schema.attributes
        ]
        if self.vectors is not None:
            keys += self.vectors.keys_by_index()
        return keys

    # --- items ------------------------------------------------------------------------------------

    def check_index_keys(self, item: Item) -> None:
        """Raise if an attribute of the item cannot be the index key, or the vector, that it is.

        The first index by name is judged first, vector indexes behind the others.
        """
        for name in sorted(self.indexes):
            self.indexes[name].schema.check_index_keys(item, name)
        if self.vectors is not None:
            self.vectors.check(item)

    def replace(
        self,
        key: RowKey,
        old: Record | None,
        new: Record | None,
        new_item: Item | None,
        *,
        by_service: bool = False,
        replicated: bool = False,
    ) -> list[AnyIndexChange]:
        """Put `new` in the place of `old` under `key`; None stands for no item. Returns what indexes noticed.

        Every change of an item is made here. `by_service` is for deletions by time to live, `replicated` for changes
        that were made in another region.
        """
        changes = self._change_indexes(old, new, new_item) if self.indexes else []
        if self.vectors is not None:
            changes += self.vectors.change(key, old.decode() if old is not None else None, new_item, new)
        if new is not None:
            self.rows.put(key, new)
        elif old is not None:
            self.rows.remove(key)
        if self.stream is not None:
            self.stream.note(key, old, new, by_service=by_service)
        if self.kinesis is not None:
            self.kinesis.note(old, new, by_service=by_service)
        if self.history is not None:
            self.history.note(key, old, new)
        if self.expiry is not None:
            self.expiry.note(key, old.decode() if old is not None else None, new_item)
        if self.replica is not None and not replicated:
            self.replica.note(key, new)
        return changes

    def load(self, rows: Iterable[tuple[RowKey, Record]]) -> None:
        """Take over the first items, indexes too; nothing is noted for the undo log, since undoing drops the table."""
        self.rows.load(rows)
        for index in self.indexes.values():
            index.fill(self.rows)
        if self.vectors is not None:
            self.vectors.fill(self.rows, list(self.vectors))

    def written_size(self, old: Record | None, new: Record | None) -> int:
        """Bytes by which a write is billed: those of the larger one of the item before and after."""
        if self.vectors is None:
            return larger_size(old, new)
        return max(self.vectors.billed_size(old), self.vectors.billed_size(new))

    @property
    def billed_size(self) -> int:
        """Bytes of all items as they are billed for storage."""
        return self.rows.size - (self.vectors.spared if self.vectors is not None else 0)

    def expire(self, key: RowKey) -> None:
        """Delete the item under `key` because its time has come, unless another region will do that."""
        if self.replica is not None and not self.replica.expires_here(key):
            return
        self.replace(key, self.rows.get(key), None, None, by_service=True)

    def _change_indexes(self, old: Record | None, new: Record | None, new_item: Item | None) -> list[AnyIndexChange]:
        old_item = old.decode() if old is not None else None
        changes: list[AnyIndexChange] = []
        for index in self.indexes.values():
            change, gone, come, record = index.change(old_item, new_item, new)
            if change is None:
                continue
            if gone is not None:
                index.rows.remove(gone)
            if come is not None and record is not None:
                index.rows.put(come, record)
            changes.append(change)
        return changes

    # --- what notes changes -----------------------------------------------------------------------

    def set_stream(self, stream: Stream | None) -> None:
        """Have changes noted by `stream` from now on; None for no stream."""
        self._undo.add(partial(setattr, self, "stream", self.stream))
        self.stream = stream

    def set_kinesis(self, feed: KinesisFeed | None) -> None:
        """Have changes noted by `feed` as well from now on; None for no destination."""
        self._undo.add(partial(setattr, self, "kinesis", self.kinesis))
        self.kinesis = feed

    def set_expiry(self, expiry: Expiry | None) -> None:
        """Have items deleted by `expiry` from now on; None for never."""
        self._undo.add(partial(self._swap, "expiry", self.expiry))
        self._swap("expiry", expiry)

    def set_history(self, history: History | None) -> None:
        """Have changes remembered by `history` from now on; None for no point-in-time recovery."""
        self._undo.add(partial(self._swap, "history", self.history))
        self._swap("history", history)

    def _swap(self, name: str, keeper: Expiry | History | Replica | None) -> None:
        self.rest()
        setattr(self, name, keeper)
        self._mark()
        self.wake()

    def set_replica(self, replica: Replica | None) -> None:
        """Be a member of a global table from now on; None for a table of this region alone."""
        self._undo.add(partial(self._swap, "replica", self.replica))
        self._swap("replica", replica)

    def wake(self) -> None:
        """Delete what expires, forget what is too old and receive what arrives from now on."""
        for keeper in (self.expiry, self.history, self.replica):
            if keeper is not None:
                keeper.wake()

    def rest(self) -> None:
        """The table is gone: let nothing expire or arrive, and forget nothing."""
        for keeper in (self.expiry, self.history, self.replica):
            if keeper is not None:
                keeper.rest()

    # --- definition -------------------------------------------------------------------------------

    def redefine(self, **changes: Any) -> None:
        """Replace the fields of the definition that are named."""
        before = self.definition
        self._undo.add(lambda: self._be_defined(before))
        self._be_defined(replace(before, **changes))

    def _be_defined(self, definition: TableDefinition) -> None:
        self.definition = definition
        self._mark()

    def redefine_index(self, definition: AnyIndexDefinition) -> None:
        """Replace the definition of an index (its keys and projection never change)."""
        index: Any = self.index(definition.name)
        before = index.definition
        self._undo.add(lambda: self._define_index(index, before))
        self._define_index(index, definition)

    def _define_index(self, index: Any, definition: AnyIndexDefinition) -> None:
        index.definition = definition
        self._mark()

    def add_index(self, definition: AnyIndexDefinition) -> None:
        """Add a global index or a vector index and fill it from the table."""
        if isinstance(definition, VectorIndexDefinition):
            new = VectorIndex(definition, self.schema, self._undo)
            vectors = VectorIndexes([*(self.vectors or {}).values(), new], self._undo)
            vectors.fill(self.rows, [new.name])
            self._set_vectors(vectors)
        else:
            index = self._new_index(definition)
            index.fill(self.rows)
            self._set_indexes({**self.indexes, definition.name: index})

    def drop_index(self, name: str) -> None:
        """Forget an index, and the attribute definitions that no key uses any more."""
        if self.vectors is not None and name in self.vectors:
            self._set_vectors(self._vectors_without(name))
        else:
            self._set_indexes({other: index for other, index in self.indexes.items() if other != name})
        used = {attribute for index in self.indexes.values() for attribute in index.schema.names}
        used.update(self.schema.names)
        for vector_index in (self.vectors or {}).values():
            used.update(attribute.name for attribute in vector_index.definition.search_schema)
        kept = {name: kind for name, kind in self.definition.attribute_types.items() if name in used}
        self.redefine(attribute_types=kept)

    def _vectors_without(self, name: str) -> VectorIndexes | None:
        rest = [index for index in (self.vectors or {}).values() if index.name != name]
        if not rest:
            return None
        vectors = VectorIndexes(rest, self._undo)
        vectors.fill(self.rows, ())
        return vectors

    def _set_vectors(self, vectors: VectorIndexes | None) -> None:
        self._undo.add(partial(self._have_vectors, self.vectors))
        self._have_vectors(vectors)

    def _have_vectors(self, vectors: VectorIndexes | None) -> None:
        self.vectors = vectors
        self._mark()

    def spread(self) -> None:
        """Split partitions to what the throughput asks for now."""
        self._undo.add(self._mark)
        self._mark()
        self.rows.split_into(self._partitions())
        for index in self.indexes.values():
            index.rows.split_into(self._index_partitions(index.definition))
        if self.stream is not None and not self.definition.on_demand:
            self.stream.split_into(self._partitions())

    def _set_indexes(self, indexes: dict[str, SecondaryIndex]) -> None:
        before = self.indexes
        self._undo.add(lambda: self._have_indexes(before))
        self._have_indexes(indexes)

    def _have_indexes(self, indexes: dict[str, SecondaryIndex]) -> None:
        self.indexes = indexes
        self._mark()

    def _mark(self) -> None:
        if self._undo.unsaved is not None:
            self._undo.unsaved.tables.add(self)

    def _new_index(self, definition: IndexDefinition) -> SecondaryIndex:
        rows = Rows(self._undo, self._index_partitions(definition))
        return SecondaryIndex(definition, self.schema, rows)

    def _partitions(self) -> int:
        return partitions_needed(self.definition.on_demand, self.definition.throughput)

    def _index_partitions(self, index: IndexDefinition) -> int:
        if index.kind is IndexKind.LOCAL:
            return self._partitions()
        return partitions_needed(self.definition.on_demand, index.throughput)
