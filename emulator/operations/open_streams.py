"""Opening and closing the stream of a table; CreateTable and UpdateTable do it. Source: streams_ttl.md 2 and 3."""

from __future__ import annotations

from emulator.operations.arns import stream_arn
from emulator.operations.context import Context
from emulator.storage.table import Table, partitions_needed
from emulator.streams.stream import Stream, StreamIdentity


def open_stream(context: Context, table: Table) -> None:
    """Give the table the stream that its definition names; it notes the changes from now on."""
    definition, settings, database = table.definition, context.settings, context.database
    view_type, label = definition.stream_view_type, definition.stream_label
    assert view_type is not None
    assert label is not None
    identity = StreamIdentity(
        arn=stream_arn(definition.arn, label),
        label=label,
        region=database.region,
        table=table.name,
        view_type=view_type,
        schema=table.schema,
        created=context.agenda.now(),
    )
    partitions = 1 if definition.on_demand else partitions_needed(on_demand=False, throughput=definition.throughput)
    shards = max(settings.stream_shards, partitions)
    stream = Stream(identity, context.agenda, context.undo, shards, settings.shard_rollover, database.forget_stream)
    database.add_stream(stream)
    table.set_stream(stream)


def close_stream(table: Table) -> Stream:
    """Take the stream away from the table; it notes nothing any more, and can still be read."""
    stream = table.stream
    assert stream is not None
    stream.close()
    table.set_stream(None)
    return stream
