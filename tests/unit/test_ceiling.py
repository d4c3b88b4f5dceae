"""The memory ceiling: what is refused at it, what goes on, and that it is found in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from emulator import Emulator

TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
CEILING = 1_000_000
PUT = {"TableName": "Orders", "Item": {"pk": {"S": "new"}}}


def call(emulator: Emulator, operation: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    reply = emulator.gateway.call(operation, orjson.dumps(request), "us-east-1")
    return reply.status, orjson.loads(reply.body)


def put_until_refused(emulator: Emulator, most: int = 10_000) -> int:
    """Puts items of about 1 KB; returns how many were taken."""
    for number in range(most):
        item = {"pk": {"S": str(number)}, "text": {"S": "x" * 1000}}
        status, _ = call(emulator, "PutItem", {"TableName": "Orders", "Item": item})
        if status != 200:
            return number
    return most


@pytest.fixture
def full() -> Emulator:
    emulator = Emulator(max_memory=CEILING)
    call(emulator, "CreateTable", TABLE)
    put_until_refused(emulator)
    return emulator


def test_a_put_beyond_the_ceiling_is_refused_with_both_figures(full: Emulator) -> None:
    used = full.gateway.ceiling.used() if full.gateway.ceiling else 0
    status, body = call(full, "PutItem", PUT)
    assert (status, body["__type"].rpartition("#")[2], body["message"]) == (
        400,
        "LimitExceededException",
        f"The emulator's data takes about {used} bytes, and its memory ceiling is 1000000. "
        "Delete items or tables, or raise max_memory.",
    )


def test_the_ceiling_is_not_crossed_by_more_than_a_request(full: Emulator) -> None:
    assert full.gateway.ceiling is not None
    assert CEILING <= full.gateway.ceiling.used() < CEILING + 3000


def test_nothing_is_refused_below_the_ceiling() -> None:
    emulator = Emulator(max_memory=100 * CEILING)
    call(emulator, "CreateTable", TABLE)
    assert put_until_refused(emulator, 2000) == 2000


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutItem", PUT),
        ("UpdateItem", {"TableName": "Orders", "Key": {"pk": {"S": "0"}}}),
        ("BatchWriteItem", {"RequestItems": {"Orders": [{"PutRequest": {"Item": {"pk": {"S": "new"}}}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": PUT}]}),
        ("ExecuteStatement", {"Statement": " insert into Orders value {'pk': 'new'}"}),
        ("BatchExecuteStatement", {"Statements": [{"Statement": "INSERT INTO Orders VALUE {'pk': 'new'}"}]}),
        ("ExecuteTransaction", {"TransactStatements": [{"Statement": "INSERT INTO Orders VALUE {'pk': 'new'}"}]}),
    ],
)
def test_what_adds_data_is_refused(full: Emulator, operation: str, request_: dict[str, Any]) -> None:
    assert call(full, operation, request_)[0] == 400


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetItem", {"TableName": "Orders", "Key": {"pk": {"S": "0"}}}),
        ("Scan", {"TableName": "Orders"}),
        ("DeleteItem", {"TableName": "Orders", "Key": {"pk": {"S": "0"}}}),
        ("BatchWriteItem", {"RequestItems": {"Orders": [{"DeleteRequest": {"Key": {"pk": {"S": "0"}}}}]}}),
        ("TransactWriteItems", {"TransactItems": [{"Delete": {"TableName": "Orders", "Key": {"pk": {"S": "0"}}}}]}),
        ("ExecuteStatement", {"Statement": "SELECT * FROM Orders"}),
        ("ExecuteStatement", {"Statement": "DELETE FROM Orders WHERE pk = '0'"}),
        ("DeleteTable", {"TableName": "Orders"}),
    ],
)
def test_what_reads_or_deletes_goes_on(full: Emulator, operation: str, request_: dict[str, Any]) -> None:
    assert call(full, operation, request_)[0] == 200


def test_deleting_makes_room(full: Emulator) -> None:
    for number in range(20):
        call(full, "DeleteItem", {"TableName": "Orders", "Key": {"pk": {"S": str(number)}}})
    assert call(full, "PutItem", PUT)[0] == 200


def test_rows_of_indexes_and_records_of_streams_count() -> None:
    emulator = Emulator(max_memory=CEILING)
    index = {
        "IndexName": "by-text",
        "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    attributes = [*TABLE["AttributeDefinitions"], {"AttributeName": "text", "AttributeType": "S"}]
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    call(
        emulator,
        "CreateTable",
        {**TABLE, "AttributeDefinitions": attributes, "GlobalSecondaryIndexes": [index], "StreamSpecification": stream},
    )
    with_both = put_until_refused(emulator)
    plain = Emulator(max_memory=CEILING)
    call(plain, "CreateTable", TABLE)
    assert with_both < put_until_refused(plain)


def used(emulator: Emulator) -> int:
    assert emulator.gateway.ceiling is not None
    return emulator.gateway.ceiling.used()


def put_text(emulator: Emulator, text: str) -> None:
    item = {"pk": {"S": "a"}, "text": {"S": text}}
    assert call(emulator, "PutItem", {"TableName": "Orders", "Item": item})[0] == 200


def stream(emulator: Emulator) -> None:
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    call(emulator, "UpdateTable", {"TableName": "Orders", "StreamSpecification": specification})


def recovery(emulator: Emulator) -> None:
    specification = {"PointInTimeRecoveryEnabled": True}
    request = {"TableName": "Orders", "PointInTimeRecoverySpecification": specification}
    call(emulator, "UpdateContinuousBackups", request)


@pytest.mark.parametrize("remember", [stream, recovery])
def test_what_items_were_before_counts_as_long_as_it_is_remembered(remember: Callable[[Emulator], None]) -> None:
    emulator = Emulator(max_memory=100 * CEILING)
    call(emulator, "CreateTable", TABLE)
    emulator.tables()
    remember(emulator)
    put_text(emulator, "")
    before = used(emulator)
    for _ in range(10):
        put_text(emulator, "x" * 10_000)
        put_text(emulator, "")
    remembered = used(emulator) - before
    emulator.clock.advance(days=40)
    assert (remembered > 10 * 10_000, used(emulator) <= before) == (True, True)


def test_what_a_savepoint_took_back_counts_no_more() -> None:
    emulator = Emulator(max_memory=100 * CEILING)
    call(emulator, "CreateTable", TABLE)
    emulator.tables()
    for remember in (stream, recovery):
        remember(emulator)
    put_text(emulator, "x" * 10_000)
    before, savepoint = used(emulator), emulator.savepoint()
    put_text(emulator, "y" * 10_000)
    savepoint.restore()
    assert used(emulator) == before


def test_versions_of_the_items_of_replicas_count() -> None:
    emulator = Emulator(max_memory=100 * CEILING)
    call(emulator, "CreateTable", TABLE)
    emulator.tables()
    updates = [{"Create": {"RegionName": "eu-west-1"}}]
    call(emulator, "UpdateTable", {"TableName": "Orders", "ReplicaUpdates": updates})
    emulator.tables()
    before = used(emulator)
    put_text(emulator, "")
    call(emulator, "DeleteItem", {"TableName": "Orders", "Key": {"pk": {"S": "a"}}})
    assert used(emulator) > before


def test_a_backup_counts_when_its_table_is_gone() -> None:
    emulator = Emulator(max_memory=100 * CEILING)
    call(emulator, "CreateTable", TABLE)
    put_text(emulator, "x" * 100_000)
    with_table = used(emulator)
    call(emulator, "CreateBackup", {"TableName": "Orders", "BackupName": "nightly"})
    shared = used(emulator) - with_table
    call(emulator, "DeleteTable", {"TableName": "Orders"})
    emulator.tables()
    assert (shared < 1000, used(emulator) > 100_000) == (True, True)


@pytest.mark.parametrize("operation", ["RestoreTableFromBackup", "RestoreTableToPointInTime"])
def test_what_adds_much_data_is_measured_at_once(operation: str) -> None:
    """After a measurement so many of the smaller requests pass that could not cross the ceiling."""
    emulator = Emulator(max_memory=100 * CEILING)
    call(emulator, "CreateTable", TABLE)
    put_text(emulator, "x" * 100_000)
    recovery(emulator)
    _, made = call(emulator, "CreateBackup", {"TableName": "Orders", "BackupName": "nightly"})
    assert emulator.gateway.ceiling is not None
    emulator.gateway.ceiling._ceiling = used(emulator)
    requests = {
        "RestoreTableFromBackup": {"TargetTableName": "New", "BackupArn": made["BackupDetails"]["BackupArn"]},
        "RestoreTableToPointInTime": {
            "SourceTableName": "Orders",
            "TargetTableName": "New",
            "UseLatestRestorableTime": True,
        },
    }
    status, body = call(emulator, operation, requests[operation])
    assert (status, body["__type"].rpartition("#")[2]) == (400, "LimitExceededException")
