"""Tables out of and into an endpoint: their definitions, and their items page by page and batch by batch.

Works on any road to an API (`Call`). The generators report as they go, so that a caller can show progress and knows
how far it came when one of them fails.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from emulator import limits
from emulator.apiclient import ApiError, Call, delays
from emulator.jsonlines import Line, LineError
from emulator.values.types import Item

_MAX_BATCH_TEXT_BYTES = limits.MAX_REQUEST_BODY_BYTES // 2  # room for what is not items
_BAD_ITEM = ("ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException")

# --- Definitions ----------------------------------------------------------------------------------

_COPIED = ("AttributeDefinitions", "KeySchema", "StreamSpecification", "OnDemandThroughput")
_COPIED_OF_INDEX = ("IndexName", "KeySchema", "Projection", "OnDemandThroughput")
_COPIED_OF_VECTOR_INDEX = (
    *("IndexName", "VectorAttribute", "SearchSchema"),
    *("Projection", "Dimensions", "DistanceFunction"),
)
_INDEXES = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
_UNITS = ("ReadCapacityUnits", "WriteCapacityUnits")


def list_tables(call: Call) -> Iterator[dict[str, Any]]:
    """The description of every table, in the order of names."""
    request: dict[str, Any] = {}
    while True:
        page = call("ListTables", request)
        for name in page["TableNames"]:
            try:
                yield describe(call, name)
            except ApiError as error:
                if error.code != "ResourceNotFoundException":  # deleted since it was listed
                    raise
        if (last := page.get("LastEvaluatedTableName")) is None:
            return
        request = {"ExclusiveStartTableName": last}


def describe(call: Call, table: str) -> dict[str, Any]:
    description: dict[str, Any] = call("DescribeTable", {"TableName": table})["Table"]
    return description


def creation_request(document: Any, table: str) -> dict[str, Any]:
    """The CreateTable request for `table` that a document asks for.

    The document is such a request, or an answer that describes a table (of DescribeTable or CreateTable).
    Raises ValueError if it is neither.
    """
    if isinstance(document, dict):
        for envelope in ("Table", "TableDescription"):
            if isinstance(document.get(envelope), dict):
                document = document[envelope]
    if not isinstance(document, dict) or "KeySchema" not in document:
        raise ValueError("neither a CreateTable request nor the answer of DescribeTable")
    if "TableStatus" in document:
        try:
            document = request_of(document)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"not a whole description of a table: {error!r}") from error
    return {**document, "TableName": table}


def request_of(description: dict[str, Any]) -> dict[str, Any]:
    """The CreateTable request that makes a table of this description."""
    on_demand = description.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    request: dict[str, Any] = {"TableName": description["TableName"]}
    request.update({member: description[member] for member in _COPIED if member in description})
    for kind in _INDEXES:
        if indexes := description.get(kind):
            request[kind] = [_index_request(index, on_demand) for index in indexes]
    if indexes := description.get("VectorIndexes"):
        request["VectorIndexes"] = [
            {member: index[member] for member in _COPIED_OF_VECTOR_INDEX if member in index} for index in indexes
        ]
    if on_demand:
        request["BillingMode"] = "PAY_PER_REQUEST"
    else:
        request["ProvisionedThroughput"] = _units(description)
    if description.get("DeletionProtectionEnabled"):
        request["DeletionProtectionEnabled"] = True
    if table_class := description.get("TableClassSummary", {}).get("TableClass"):
        request["TableClass"] = table_class
    if "SSEDescription" in description:
        request["SSESpecification"] = _encryption_request(description["SSEDescription"])
    return request


def _index_request(index: dict[str, Any], on_demand: bool) -> dict[str, Any]:
    request = {member: index[member] for member in _COPIED_OF_INDEX if member in index}
    if "ProvisionedThroughput" in index and not on_demand:
        request["ProvisionedThroughput"] = _units(index)
    return request


def _units(described: dict[str, Any]) -> dict[str, int]:
    return {member: described["ProvisionedThroughput"][member] for member in _UNITS}


def _encryption_request(encryption: dict[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {"Enabled": True, "SSEType": encryption.get("SSEType", "KMS")}
    if "KMSMasterKeyArn" in encryption:
        request["KMSMasterKeyId"] = encryption["KMSMasterKeyArn"]
    return request


def create(call: Call, request: dict[str, Any], pause: Callable[[float], None] = time.sleep) -> None:
    """Create a table and wait until it can be written to."""
    call("CreateTable", request)
    while describe(call, request["TableName"])["TableStatus"] != "ACTIVE":
        pause(0.1)


# --- Items ----------------------------------------------------------------------------------------


def export_items(call: Call, table: str) -> Iterator[list[Item]]:
    """All items of a table, in pages."""
    request: dict[str, Any] = {"TableName": table, "ConsistentRead": True}
    while True:
        page = call("Scan", request)
        yield page["Items"]
        if (last := page.get("LastEvaluatedKey")) is None:
            return
        request["ExclusiveStartKey"] = last


def import_items(
    call: Call, table: str, lines: Iterable[Line], pause: Callable[[float], None] = time.sleep
) -> Iterator[int]:
    """Write the items of `lines` in their order; yields how many were written by each step.

    Raises LineError for the first line that is no item or that the endpoint refuses; all lines before it are written.
    """
    for batch in _batches(lines):
        try:
            _write_batch(call, table, batch, pause)
        except ApiError as error:
            if error.code not in _BAD_ITEM:
                raise
        else:
            yield len(batch)
            continue
        # A batch is refused as a whole, also for two lines with one key. Line by line the later one of two wins,
        # and a faulty one can be named.
        for line in batch:
            _put(call, table, line)
            yield 1


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """The lines in batches that one request may hold; what stands before a bad line comes before its LineError."""
    batch: list[Line] = []
    size = 0
    try:
        for line in lines:
            full = len(batch) == limits.MAX_BATCH_WRITE_REQUESTS or size + line.length > _MAX_BATCH_TEXT_BYTES
            if batch and full:
                yield batch
                batch, size = [], 0
            batch.append(line)
            size += line.length
    except LineError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _write_batch(call: Call, table: str, batch: list[Line], pause: Callable[[float], None]) -> None:
    writes = [{"PutRequest": {"Item": line.item}} for line in batch]
    waits = delays()
    while left := call("BatchWriteItem", {"RequestItems": {table: writes}}).get("UnprocessedItems", {}).get(table):
        if len(left) < len(writes):
            waits = delays()
        delay = next(waits, None)
        if delay is None:
            raise ApiError("ProvisionedThroughputExceededException", "the endpoint keeps leaving items unprocessed")
        pause(delay)
        writes = left


def _put(call: Call, table: str, line: Line) -> None:
    try:
        call("PutItem", {"TableName": table, "Item": line.item})
    except ApiError as error:
        if error.code not in _BAD_ITEM:
            raise
        raise LineError(line.number, str(error)) from error
