"""The operations of global tables version 2017.11.29, which the service keeps and has no tables for any more.

Source: global_tables.md 10.2.
"""

from __future__ import annotations

from emulator import errors
from emulator.errors import Fault, ServiceError
from emulator.operations.context import Context, table_name
from emulator.operations.regions import is_known
from emulator.operations.registry import Request, Response, operation


@operation("CreateGlobalTable")
def create_global_table(context: Context, request: Request) -> Response:
    raise ServiceError(errors.LEGACY_UNSUPPORTED)


@operation("UpdateGlobalTable")
def update_global_table(context: Context, request: Request) -> Response:
    """Refuse to add a replica in the first place, then to find the table."""
    updates = request["ReplicaUpdates"]
    if not updates:
        raise ServiceError(errors.LEGACY_UPDATES_EMPTY)
    if any("Create" in update for update in updates):
        raise ServiceError(errors.LEGACY_UNSUPPORTED)
    raise _not_found(errors.GLOBAL_TABLE_NOT_FOUND, request)


@operation("DescribeGlobalTable")
def describe_global_table(context: Context, request: Request) -> Response:
    raise _not_found(errors.GLOBAL_TABLE_NOT_FOUND, request)


@operation("ListGlobalTables")
def list_global_tables(context: Context, request: Request) -> Response:
    """None: global tables of today's version do not appear."""
    if "RegionName" in request and not is_known(request["RegionName"]):
        raise ServiceError(errors.INTERNAL_SERVER_ERROR)
    return {"GlobalTables": []}


@operation("DescribeGlobalTableSettings")
def describe_global_table_settings(context: Context, request: Request) -> Response:
    raise _not_found(errors.GLOBAL_TABLE_SETTINGS_NOT_FOUND, request)


@operation("UpdateGlobalTableSettings")
def update_global_table_settings(context: Context, request: Request) -> Response:
    raise _not_found(errors.GLOBAL_TABLE_SETTINGS_NOT_FOUND, request)


def _not_found(fault: Fault, request: Request) -> ServiceError:
    return ServiceError(fault, table=table_name(request["GlobalTableName"]))
