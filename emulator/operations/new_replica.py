"""A new replica: the same table in another region, with a copy of the items. Source: global_tables.md 3, 4, 6, 12."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

from emulator.clock import next_stream_label
from emulator.operations.arns import table_arn
from emulator.operations.context import Context
from emulator.operations.members import WITH_OVERRIDES, Member, become_member, new_replica_of, welcome
from emulator.operations.open_streams import open_stream
from emulator.operations.overrides import TABLE_CLASS, Override, overrides_after, read_settings, with_read_settings
from emulator.operations.table_settings import encryption, is_customer_key
from emulator.operations.time_to_live import let_expire
from emulator.storage.index import IndexDefinition
from emulator.storage.table import Table, TableDefinition, TimeToLive
from emulator.storage.throughput import NEVER_CHANGED

_STREAM_OF_REPLICAS = "NEW_AND_OLD_IMAGES"


def open_stream_for_replicas(member: Member) -> None:
    """Give a table that is to have replicas a stream, unless it has one."""
    context, table = member.context, member.table
    if table.definition.stream_view_type is None:
        earlier = (table.definition.stream_label, context.database.last_stream_label(table.name))
        label = next_stream_label(context.agenda.now(), max(filter(None, earlier), default=None))
        table.redefine(stream_view_type=_STREAM_OF_REPLICAS, stream_label=label)
        open_stream(context, table)


def add_replica(
    source: Member,
    context: Context,
    asked: dict[Override, Any],
    key: str | None = None,
    mode: str = WITH_OVERRIDES,
    **own_settings: Any,
) -> Member:
    """Make the copy of a table in the region of `context`, CREATING, and have all members know of it.

    `asked` are overrides, `key` is a customer managed key, `own_settings` are further fields of its definition.
    """
    become_member(source)
    definition = replace(_definition(source, context, asked, key, mode), **own_settings)
    vector_indexes = [index.definition.becomes("CREATING") for index in (source.table.vectors or {}).values()]
    table = Table(definition, _indexes(source.table, asked), context.undo, vector_indexes)
    table.redefine(overrides=overrides_after(table, source.table, asked))
    newcomer = Member(context, table)
    _copy_items(source.table, newcomer)
    context.database.add(table)
    if definition.stream_view_type is not None:
        open_stream(context, table)
    if definition.ttl.attribute is not None:
        let_expire(context, table, definition.ttl.attribute)
    welcome(newcomer)
    return newcomer


def _definition(
    source: Member, context: Context, asked: dict[Override, Any], key: str | None, mode: str
) -> TableDefinition:
    """The definition of the copy: what is always the same, what is unless overridden, and nothing of the rest."""
    base, now = source.table.definition, context.agenda.now()
    region, account_id = context.database.region, context.settings.account_id
    view_type = None if base.is_strongly_consistent else base.stream_view_type
    earlier = context.database.last_stream_label(base.name)
    definition = TableDefinition(
        name=base.name,
        arn=table_arn(region, account_id, base.name),
        id=str(uuid4()),
        created=now,
        schema=base.schema,
        attribute_types=base.attribute_types,
        on_demand=base.on_demand,
        throughput=base.throughput,
        billing_mode_summary={"BillingMode": "PAY_PER_REQUEST"} if base.on_demand else None,
        stream_view_type=view_type,
        stream_label=None if view_type is None else next_stream_label(now, earlier),
        table_class=_table_class(base, asked),
        encryption=_encryption(base, region, account_id, key),
        on_demand_limits=base.on_demand_limits,
        warm_throughput=base.warm_throughput,
        ttl=_time_to_live(base.ttl),
        replicas=(source.region, *base.replicas),
        witnesses=base.witnesses,
        is_strongly_consistent=base.is_strongly_consistent,
        settings_replication=mode,
        copied_from=None if base.is_strongly_consistent else (source.region, now),
        auto_scaling=base.auto_scaling,
    )
    return replace(definition, **read_settings(definition, "", asked, on_demand=base.on_demand))


def _table_class(base: TableDefinition, asked: dict[Override, Any]) -> dict[str, Any] | None:
    named = asked.get((TABLE_CLASS, ""), (base.table_class or {}).get("TableClass"))
    return None if named is None else {"TableClass": named}


def _encryption(base: TableDefinition, region: str, account_id: str, key: str | None) -> dict[str, str] | None:
    """Encryption by the same kind of key, which is one of the replica's region."""
    if base.encryption is None:
        return None
    specification: dict[str, Any] = {"Enabled": True}
    if is_customer_key(base.encryption, base.arn):
        specification["KMSMasterKeyId"] = key
    return encryption(specification, region, account_id)


def _time_to_live(base: TimeToLive) -> TimeToLive:
    """What time to live will be when the change of it that goes on, if one does, is done."""
    if base.status in ("ENABLING", "ENABLED"):
        return TimeToLive("ENABLED", base.attribute, base.changed)
    return TimeToLive(changed=base.changed)


def _indexes(base: Table, asked: dict[Override, Any]) -> list[IndexDefinition]:
    """Definitions of the indexes, the global ones CREATING as those of a new table are."""
    definitions = []
    for index in base.indexes.values():
        definition = index.definition
        if index.is_global:
            definition = replace(definition, throughput_history=NEVER_CHANGED, status="CREATING", backfilling=None)
            definition = with_read_settings(definition, asked, on_demand=base.definition.on_demand)
        definitions.append(definition)
    return definitions


def _copy_items(base: Table, newcomer: Member) -> None:
    table = newcomer.table
    table.load(base.rows)
    replica = new_replica_of(newcomer)
    assert base.replica is not None
    replica.copy(base.replica)
    table.set_replica(replica)
