"""From the rows of a file to the engine's objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from emulator import limits
from emulator.operations.arns import stream_arn
from emulator.operations.backup_documents import BACKUP, look_after
from emulator.operations.context import Context, table_name
from emulator.operations.kinesis import attach_destination
from emulator.operations.members import Member, new_replica_of
from emulator.operations.time_to_live import let_expire
from emulator.persistence import forms
from emulator.persistence.numbers import Numbers
from emulator.persistence.reading import Contents, Image
from emulator.storage.documents import KINESIS_DESTINATIONS
from emulator.storage.history import History, PastChange
from emulator.storage.record import Record
from emulator.storage.replication import Replica, Version
from emulator.storage.rows import RowKey
from emulator.storage.table import Table
from emulator.storage.tokens import Completed
from emulator.streams.shard import Change, Shard
from emulator.streams.stream import Stream


def load(contents: Contents, context_of: Callable[[str], Context]) -> Numbers:
    """Fill an emulator that has nothing yet. `context_of` gives the context of a region."""
    contents.check_all_belong()
    numbers = Numbers()
    known: dict[bytes, Record] = {}
    for number, region, form in contents.streams():
        stream = _load_stream(context_of(region), form, _changes_of(contents, number, known))
        numbers.streams[stream] = number
    for number, region, form in contents.tables():
        table = _load_table(context_of(region), form, contents, number, known)
        numbers.enter_table(table, number)
        numbers.histories.set(number, table.history)
        numbers.replicas.set(number, table.replica)
    for number, region, arn, with_sort_key in contents.copies():
        rows = tuple(_shared(contents.items(number, with_sort_key=with_sort_key), known))
        context_of(region).database.copies.add(arn, rows)
        numbers.copies[region, arn] = (number, rows)
    for region, token, digest, at in contents.tokens():
        context_of(region).database.tokens.add(token, Completed(digest, at))
    for region, kind, document_id, document in contents.documents():
        _load_document(context_of(region), kind, document_id, document)
    return numbers


def _load_document(context: Context, kind: str, document_id: str, document: dict[str, Any]) -> None:
    context.database.documents.put(kind, document_id, document)
    if kind == BACKUP:
        look_after(context, document_id, document)
    elif kind == KINESIS_DESTINATIONS:
        attach_destination(context, context.database.tables[table_name(document_id)])


# --- streams --------------------------------------------------------------------------------------


def _changes_of(contents: Contents, number: int, known: dict[bytes, Record]) -> Iterator[tuple[int, Change]]:
    """Changes and the numbers of their shards."""
    for sequence, shard, at, hashed, by_service, old, new in contents.changes(number):
        numbered = sequence + limits.FIRST_SEQUENCE_NUMBER
        yield shard, Change(numbered, at, hashed, _record_of(old, known), _record_of(new, known), by_service)


def _record_of(image: Image | None, known: dict[bytes, Record]) -> Record | None:
    """The record of an image. What is an image of several changes is one record, as it was."""
    if image is None:
        return None
    size, encoded = image
    return known.setdefault(encoded, Record.stored(encoded, size))


def _load_stream(context: Context, form: dict[str, Any], changes: Iterable[tuple[int, Change]]) -> Stream:
    identity = forms.stream_identity(form)
    settings, database = context.settings, context.database
    stream = Stream(identity, context.agenda, context.undo, 0, settings.shard_rollover, database.forget_stream)
    shards = [forms.shard_of(each) for each in form["shards"]]
    by_digits: dict[int, Shard] = {shard.digits: shard for shard in shards}
    for digits, change in changes:
        by_digits[digits].append(change)
    stream.resume(form["status"], shards)
    database.add_stream(stream)
    return stream


# --- tables ---------------------------------------------------------------------------------------


def _load_table(
    context: Context, form: dict[str, Any], contents: Contents, number: int, known: dict[bytes, Record]
) -> Table:
    definition = forms.table_definition(form)
    index_forms = form["indexes"]
    vector_indexes = [forms.vector_index_definition(each) for each in form.get("vector_indexes", ())]
    table = Table(definition, [forms.index_definition(each) for each in index_forms], context.undo, vector_indexes)
    table.rows.split_into(form["partitions"])
    with_sort_key = definition.schema.sort_key is not None
    for index, index_form in zip(table.indexes.values(), index_forms, strict=True):
        index.rows.split_into(index_form["partitions"])
    table.load(_shared(contents.items(number, with_sort_key=with_sort_key), known))
    database = context.database
    database.add(table)
    if definition.stream_view_type is not None and definition.stream_label is not None:
        table.set_stream(database.streams[stream_arn(definition.arn, definition.stream_label)])
    if definition.ttl.status == "ENABLED" and definition.ttl.attribute is not None:
        let_expire(context, table, definition.ttl.attribute)
    table.set_history(_history_of(context, contents, number, known, with_sort_key=with_sort_key))
    if contents.is_replica(number):
        table.set_replica(_replica_of(Member(context, table), contents, number, with_sort_key=with_sort_key))
    return table


def _replica_of(member: Member, contents: Contents, number: int, *, with_sort_key: bool) -> Replica:
    versions: dict[RowKey, Version] = {}
    tombstones: dict[RowKey, Version] = {}
    for key, is_there, version in contents.versions(number, with_sort_key=with_sort_key):
        (versions if is_there else tombstones)[key] = version
    replica = new_replica_of(member)
    replica.resume(versions, tombstones, list(contents.arrivals(number, with_sort_key=with_sort_key)))
    return replica


def _history_of(
    context: Context, contents: Contents, number: int, known: dict[bytes, Record], *, with_sort_key: bool
) -> History | None:
    settings = contents.history(number)
    if settings is None:
        return None
    period_days, known_since, last_number = settings
    history = History(period_days, context.agenda, context.undo)
    changes = []
    for change_number, at, key, old, new in contents.past_changes(number, with_sort_key=with_sort_key):
        changes.append(PastChange(change_number, at, key, _record_of(old, known), _record_of(new, known)))
    last = changes[-1].number if changes else 0
    history.resume(known_since, changes, max(last_number, last))
    return history


def _shared(rows: Iterable[tuple[RowKey, Record]], known: dict[bytes, Record]) -> Iterable[tuple[RowKey, Record]]:
    """The rows, with the records that changes of streams have already."""
    return ((key, known.get(record.encoded, record)) for key, record in rows) if known else rows
