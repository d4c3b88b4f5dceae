"""CreateTable with GlobalTableSourceArn: the table becomes a replica of one in another region.

The service has this for tables of several accounts. An emulator has one account, so the source is of the same one.
Source: global_tables.md 1 and 9.
"""

from __future__ import annotations

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.arns import table_arn
from emulator.operations.context import Context, table_name
from emulator.operations.describe import changed_description
from emulator.operations.members import Member, check_group_not_busy
from emulator.operations.new_replica import add_replica, open_stream_for_replicas
from emulator.operations.registry import Request, Response
from emulator.operations.replica_actions import check_may_create, create_action
from emulator.operations.replica_changes import finish_creation
from emulator.operations.stored_policies import policy_of_new_table, put_policy
from emulator.operations.table_settings import tags_of
from emulator.operations.tables import check_not_busy

_MODE = "ENABLED"
_OWN_SETTINGS = frozenset(
    (
        *("TableName", "GlobalTableSourceArn", "GlobalTableSettingsReplicationMode"),
        *("Tags", "DeletionProtectionEnabled", "ResourcePolicy"),
    )
)


def create_from_source(context: Context, request: Request) -> Response:
    """Make the table as a copy of its source: CREATING in the answer, ACTIVE after the delay."""
    if request.get("GlobalTableSettingsReplicationMode") != _MODE:
        raise ServiceError(errors.SOURCE_MODE_MISSING)
    for name in request:
        if name not in _OWN_SETTINGS:
            raise ServiceError(errors.SOURCE_DEFINES_SETTINGS, name=name)
    policy = policy_of_new_table(context, request)
    tags = tags_of(request.get("Tags"))
    name = table_name(request["TableName"])
    if name in context.database.tables:
        raise ServiceError(errors.TABLE_EXISTS, table=name)
    source = _source(context, request["GlobalTableSourceArn"], name)
    check_not_busy(source.table)
    check_group_not_busy(source)
    if source.table.definition.is_strongly_consistent:
        raise ServiceError(errors.STRONG_IS_FINAL)
    check_may_create(source, create_action(context.database.region))
    open_stream_for_replicas(source)
    source.table.redefine(status="UPDATING")
    protected = request.get("DeletionProtectionEnabled", False)
    newcomer = add_replica(source, context, {}, mode=_MODE, tags=tags, deletion_protected=protected)
    if policy is not None:
        put_policy(context, newcomer.table.definition.arn, policy, pending=0)
    context.agenda.after(context.settings.status_delay, lambda: finish_creation(source, [newcomer]))
    return {"TableDescription": changed_description(newcomer.table, context.agenda.now(), {}, {})}


def _source(context: Context, arn: str, name: str) -> Member:
    """The table that an ARN stands for. Raises if it is not there, or cannot be the source of that table here."""
    region = (arn.split(":") + [""] * 4)[3]
    if region == context.database.region:
        raise ServiceError(errors.SOURCE_IN_REGION)
    database = context.regions.get(region)
    if database is None or arn != table_arn(region, context.settings.account_id, table_name(arn)):
        raise ServiceError(errors.TABLE_NOT_FOUND, table=table_name(arn) or arn)
    source = Member(context.elsewhere(region), context.elsewhere(region).described_table(arn))
    if source.table.name != name:
        raise ServiceError(errors.SOURCE_OTHER_NAME)
    return source
