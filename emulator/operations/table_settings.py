"""Settings of tables that CreateTable and UpdateTable share: capacity beyond units, streams, encryption, tags, quotas.

Source: tables.md 3.7, 5.5 and 5.6, capacity.md 15 to 17.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from emulator import errors, limits
from emulator.errors import Fault, ServiceError
from emulator.operations.arns import key_arn
from emulator.storage.throughput import Throughput, Units, initial_warm_units

TABLE = "table"
"""How texts name the table among the resources of a request."""


def index_resource(index: str) -> str:
    """How texts name an index among the resources of a request."""
    return f"index {index}"


# --- On-demand limits ---------------------------------------------------------------------------

_LIMIT_MEMBERS = ("MaxReadRequestUnits", "MaxWriteRequestUnits")

NO_LIMIT = -1
"""Removes a limit; for UpdateTable only."""


def check_limits_allowed(requested: dict[str, int], fault: Fault, *, on_demand: bool) -> None:
    """Raise if OnDemandThroughput is given with provisioned billing; the two operations word it differently."""
    if on_demand:
        return
    for name in _LIMIT_MEMBERS:
        if name in requested:
            raise ServiceError(fault, name=name)


def check_limits_range(requested: dict[str, int], resource: str, *, removable: bool) -> None:
    for name in _LIMIT_MEMBERS:
        if name in requested and requested[name] < 1 and not (removable and requested[name] == NO_LIMIT):
            raise ServiceError(errors.ON_DEMAND_LIMIT_RANGE, name=name, resource=resource)


def merged_limits(before: dict[str, int] | None, requested: dict[str, int]) -> dict[str, int] | None:
    """The limits after an update: a member that is not given stays, one of -1 goes."""
    merged = {**(before or {}), **requested}
    return {name: units for name, units in merged.items() if units != NO_LIMIT} or None


# --- Warm throughput ----------------------------------------------------------------------------

_WARM_MEMBERS = ("ReadUnitsPerSecond", "WriteUnitsPerSecond")


def new_warm_throughput(
    requested: dict[str, int] | None, resource: str, throughput: Throughput, *, on_demand: bool
) -> Units | None:
    """WarmThroughput of a new table or index: at least what its mode starts with."""
    if not requested:
        return None
    initial = initial_warm_units(throughput, on_demand=on_demand)
    mode = "OnDemand" if on_demand else "Provisioned"
    for name, least in zip(_WARM_MEMBERS, initial, strict=True):
        if requested.get(name, least) < least:
            raise ServiceError(errors.WARM_THROUGHPUT_LOW, name=name, resource=resource, mode=mode)
    return _warm_units(requested, initial)


def raised_warm_throughput(requested: dict[str, int], resource: str, current: Units) -> Units:
    """WarmThroughput after an update, which can only raise it."""
    for name, least in zip(_WARM_MEMBERS, current, strict=True):
        if requested.get(name, least) < least:
            raise ServiceError(errors.WARM_THROUGHPUT_LOWERED, name=name, resource=resource)
    return _warm_units(requested, current)


def _warm_units(requested: dict[str, int], otherwise: Units) -> Units:
    read, write = (requested.get(name, units) for name, units in zip(_WARM_MEMBERS, otherwise, strict=True))
    return read, write


# --- Streams ------------------------------------------------------------------------------------


def stream_view_type(specification: dict[str, Any] | None, unwanted: Fault) -> str | None:
    """The view type of StreamSpecification, None for no stream; raises `unwanted` for a view type without a stream."""
    if specification is None:
        return None
    view_type: str | None = specification.get("StreamViewType")
    if specification["StreamEnabled"]:
        if view_type is None:
            raise ServiceError(errors.STREAM_VIEW_MISSING)
        return view_type
    if view_type is not None:
        raise ServiceError(unwanted)
    return None


# --- Encryption ---------------------------------------------------------------------------------


def check_encryption(specification: dict[str, Any] | None) -> None:
    if specification is None:
        return
    kind = specification.get("SSEType")
    if kind is None and "KMSMasterKeyId" in specification:
        raise ServiceError(errors.SSE_TYPE_MISSING)
    if kind not in (None, "KMS"):
        raise ServiceError(errors.SSE_TYPE_INVALID)


def encryption(specification: dict[str, Any] | None, region: str, account_id: str) -> dict[str, str] | None:
    """SSEDescription; None for the key that the service owns, of which descriptions say nothing."""
    if specification is None or not specification.get("Enabled"):
        return None
    key = specification.get("KMSMasterKeyId", "alias/aws/dynamodb")
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": _key_arn(key, region, account_id)}


def is_customer_key(description: dict[str, Any] | None, table_arn: str) -> bool:
    """Whether a table is encrypted by a customer managed key, by its SSEDescription."""
    if description is None:
        return False
    region, account_id = table_arn.split(":")[3:5]
    managed = encryption({"Enabled": True}, region, account_id)
    assert managed is not None
    return bool(description["KMSMasterKeyArn"] != managed["KMSMasterKeyArn"])


def _key_arn(key: str, region: str, account_id: str) -> str:
    """The ARN of a key that a request gives by ARN, id or alias; an alias always stands for the same key."""
    if ":key/" in key:
        return key
    alias = key.rpartition(":")[2]
    if alias.startswith("alias/"):
        key = str(uuid5(NAMESPACE_URL, f"{region}/{account_id}/{alias}"))
    return key_arn(region, account_id, key)


# --- Tags ---------------------------------------------------------------------------------------

_TAG_TEXT = re.compile(r"[\w\s+\-=._:/@]*")


def tags_of(requested: list[dict[str, str]] | None) -> dict[str, str]:
    """Tags by key; of a key given twice the last value stays."""
    if requested is None:
        return {}
    check_tag_count(len(requested))
    for tag in requested:
        _check_tag(tag["Key"], tag["Value"])
    return {tag["Key"]: tag["Value"] for tag in requested}


def check_tag_count(count: int) -> None:
    if count > limits.MAX_TAGS:
        raise ServiceError(errors.TOO_MANY_TAGS, count=count, limit=limits.MAX_TAGS)


def _check_tag(key: str, value: str) -> None:
    for part, text in (("key", key), ("value", value)):
        if not _TAG_TEXT.fullmatch(text):
            raise ServiceError(errors.TAG_CHARACTERS, part=part, text=text)
    if key.lower().startswith("aws:"):
        raise ServiceError(errors.TAG_RESERVED, key=key)


# --- Quotas -------------------------------------------------------------------------------------


def check_units_quota(throughputs: Iterable[Throughput]) -> None:
    """Raise if the provisioned units of a table and its global indexes are more than the account allows a table."""
    throughputs = list(throughputs)
    for name, units in (
        ("ReadCapacityUnits", sum(throughput.read for throughput in throughputs)),
        ("WriteCapacityUnits", sum(throughput.write for throughput in throughputs)),
    ):
        if units > limits.TABLE_MAX_UNITS:
            raise ServiceError(errors.UNITS_LIMITED, name=name, units=units, limit=limits.TABLE_MAX_UNITS)
