"""Tables and streams as JSON texts, and back.

Fields of a definition that are plain JSON go as they are; the few others are named here.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import orjson

from emulator.storage.index import IndexDefinition, IndexKind, SecondaryIndex
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.storage.table import Table, TableDefinition, TimeToLive
from emulator.storage.throughput import Throughput, ThroughputHistory
from emulator.storage.vector_index import VectorIndexDefinition
from emulator.streams.shard import Shard
from emulator.streams.stream import Stream, StreamIdentity

_TUPLES = (
    *("on_demand_switches", "table_class_changes", "encryption_changes", "warm_throughput"),
    *("replicas", "copied_from"),
)

# --- tables ---------------------------------------------------------------------------------------


def table_text(table: Table) -> str:
    """All of a table but its items: what was said of it and of its indexes, and how its rows are spread."""
    indexes = [_index_form(index) for index in table.indexes.values()]
    form = {
        "definition": _plain(table.definition),
        "partitions": table.rows.partition_count,
        "indexes": indexes,
        "vector_indexes": [_plain(index.definition) for index in (table.vectors or {}).values()],
    }
    return orjson.dumps(form).decode()


def _index_form(index: SecondaryIndex) -> dict[str, Any]:
    return {"definition": _plain(index.definition), "partitions": index.rows.partition_count}


def _plain(definition: TableDefinition | IndexDefinition | VectorIndexDefinition) -> dict[str, Any]:
    return {field.name: _plain_value(getattr(definition, field.name)) for field in fields(definition)}


def _plain_value(value: object) -> object:
    if isinstance(value, KeySchema):
        return [list(attribute) for attribute in value.attributes]
    if isinstance(value, tuple):  # of key attributes too, which orjson does not take
        return [list(each) if isinstance(each, KeyAttribute) else each for each in value]
    return value.value if isinstance(value, IndexKind) else value  # orjson encodes dataclasses


def table_definition(form: dict[str, Any]) -> TableDefinition:
    """The definition in the form of a table."""
    read = _read(form["definition"], TableDefinition)
    read["ttl"] = TimeToLive(**read["ttl"])
    read["overrides"] = tuple((name, index) for name, index in read.get("overrides", ()))
    return TableDefinition(**read)


def index_definition(form: dict[str, Any]) -> IndexDefinition:
    """The definition in the form of an index."""
    read = _read(form["definition"], IndexDefinition)
    read["kind"] = IndexKind(read["kind"])
    return IndexDefinition(**read)


def vector_index_definition(form: dict[str, Any]) -> VectorIndexDefinition:
    """The definition in a form of a vector index."""
    schema = tuple(KeyAttribute(*attribute) for attribute in form["search_schema"])
    return VectorIndexDefinition(**{**form, "search_schema": schema})


def _read(form: dict[str, Any], kind: type[TableDefinition | IndexDefinition]) -> dict[str, Any]:
    known = {field.name for field in fields(kind)}
    read = {name: value for name, value in form.items() if name in known}
    read["schema"] = key_schema(read["schema"])
    read["throughput"] = Throughput(**read["throughput"])
    read["throughput_history"] = ThroughputHistory(**read["throughput_history"])
    for name in _TUPLES:
        if read.get(name) is not None:
            read[name] = tuple(read[name])
    return read


def key_schema(form: list[list[str]]) -> KeySchema:
    attributes = [KeyAttribute(*attribute) for attribute in form]
    return KeySchema(
        tuple(attribute for attribute in attributes if attribute.role == "HASH"),
        tuple(attribute for attribute in attributes if attribute.role == "RANGE"),
    )


# --- streams --------------------------------------------------------------------------------------


def stream_text(stream: Stream) -> str:
    """All of a stream but its changes."""
    identity = stream.identity
    form = {
        "identity": {
            "arn": identity.arn,
            "label": identity.label,
            "region": identity.region,
            "table": identity.table,
            "view_type": identity.view_type,
            "schema": [list(attribute) for attribute in identity.schema.attributes],
            "created": identity.created,
        },
        "status": stream.status,
        "shards": [_shard_form(shard) for shard in stream.shards.values()],
    }
    return orjson.dumps(form).decode()


_SHARD_TEXTS = ("id", "parent", "created", "closed_at")
_SHARD_INTEGERS = ("lower", "upper", "start", "end", "trimmed")


def _shard_form(shard: Shard) -> dict[str, Any]:
    form = {name: getattr(shard, name) for name in _SHARD_TEXTS}
    for name in _SHARD_INTEGERS:  # beyond 64 bits, which JSON does not take
        value = getattr(shard, name)
        form[name] = None if value is None else str(value)
    return form


def stream_identity(form: dict[str, Any]) -> StreamIdentity:
    """The identity in the form of a stream."""
    return StreamIdentity(**{**form["identity"], "schema": key_schema(form["identity"]["schema"])})


def shard_of(form: dict[str, Any]) -> Shard:
    numbers = {name: None if form[name] is None else int(form[name]) for name in _SHARD_INTEGERS}
    lower, upper, start, trimmed = (numbers[name] for name in ("lower", "upper", "start", "trimmed"))
    assert lower is not None
    assert upper is not None
    assert start is not None
    assert trimmed is not None
    shard = Shard(form["id"], form["parent"], lower, upper, start, form["created"])
    shard.end, shard.closed_at, shard.trimmed = numbers["end"], form["closed_at"], trimmed
    return shard
