"""The life of a table through boto3: made, described, changed, listed, deleted, and waited for.

What each check and each field is worth is in tests/unit/operations; here is what an SDK makes of it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from botocore.exceptions import ClientError

from emulator import Emulator

from .builders import THROUGHPUT, create, definitions, index, key_schema, refused, table_of

NOW = datetime(2024, 11, 18, 14, 36, 44, 149000, UTC)


def added(name, *keys):
    """GlobalSecondaryIndexUpdates that make one index."""
    return [{"Create": index(name, *keys).request()}]


# --- Both roads -----------------------------------------------------------------------------------


def test_dates_arrive_as_datetimes(client):
    before = datetime.now(UTC) - timedelta(seconds=1)
    description = client.create_table(**table_of("table", "pk"))["TableDescription"]
    assert before < description["CreationDateTime"] < datetime.now(UTC) + timedelta(seconds=1)


def test_a_table_is_ready_when_its_waiter_looks(client):
    client.create_table(**table_of("table", "pk"))
    client.get_waiter("table_exists").wait(TableName="table", WaiterConfig={"MaxAttempts": 1})
    client.delete_table(TableName="table")
    client.get_waiter("table_not_exists").wait(TableName="table", WaiterConfig={"MaxAttempts": 1})
    assert client.list_tables()["TableNames"] == []


def test_a_resource_waits_and_loads_its_table(resource):
    table = create(resource, "table", "pk", "sk:N", gsis=[index("global", "sk:N")])
    table.wait_until_exists()
    table.reload()
    assert table.table_status == "ACTIVE"
    assert table.key_schema == key_schema(["pk", "sk"])
    assert [one["IndexStatus"] for one in table.global_secondary_indexes] == ["ACTIVE"]


def test_a_table_that_exists_raises_the_exception_of_the_client(client):
    client.create_table(**table_of("table", "pk"))
    with pytest.raises(client.exceptions.ResourceInUseException, match="Table already exists: table"):
        client.create_table(**table_of("table", "pk"))


def test_a_missing_table_raises_the_exception_of_the_client(client):
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName="missing")


def test_tables_are_listed_over_pages(client):
    names = [f"table-{number:03}" for number in range(7)]
    for name in names:
        client.create_table(**table_of(name, "pk"))
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 3})
    assert [page["TableNames"] for page in pages] == [names[:3], names[3:6], names[6:]]


def test_an_index_is_added_to_a_table_with_data_and_queried(resource):
    table = create(resource, "table", "pk")
    with table.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"pk": str(number), "parity": number % 2})
    table.update(
        AttributeDefinitions=definitions("parity:N"),
        GlobalSecondaryIndexUpdates=added("by-parity", "parity:N"),
    )
    table.wait_until_exists()
    answer = table.query(
        IndexName="by-parity",
        KeyConditionExpression="parity = :odd",
        ExpressionAttributeValues={":odd": 1},
    )
    assert answer["Count"] == 15


def test_throughput_and_mode_are_changed(client):
    client.create_table(**table_of("table", "pk", ProvisionedThroughput=THROUGHPUT))
    client.update_table(TableName="table", ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10})
    client.update_table(TableName="table", BillingMode="PAY_PER_REQUEST")
    description = client.describe_table(TableName="table")["Table"]
    assert description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert isinstance(description["ProvisionedThroughput"]["LastIncreaseDateTime"], datetime)
    assert isinstance(description["ProvisionedThroughput"]["LastDecreaseDateTime"], datetime)


def test_a_protected_table_survives_until_the_protection_is_lifted(client):
    client.create_table(**table_of("table", "pk", DeletionProtectionEnabled=True))
    with refused(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    ):
        client.delete_table(TableName="table")
    client.update_table(TableName="table", DeletionProtectionEnabled=False)
    client.delete_table(TableName="table")
    assert client.list_tables()["TableNames"] == []


# --- Waiting while the clock moves ----------------------------------------------------------------


@pytest.fixture
def slow_client(monkeypatch):
    """A client for which every change of status takes a minute, in a process where sleeping moves the clock."""
    with time_machine.travel(NOW, tick=False) as clock:
        monkeypatch.setattr(time, "sleep", clock.shift)
        yield Emulator(status_delay=60).client()


def test_a_waiter_sees_a_table_become_active_after_the_delay(slow_client):
    slow_client.create_table(**table_of("table", "pk"))
    slow_client.get_waiter("table_exists").wait(TableName="table")
    assert datetime.now(UTC) == NOW + timedelta(seconds=60)
    assert slow_client.describe_table(TableName="table")["Table"]["TableStatus"] == "ACTIVE"


def test_a_waiter_sees_a_table_go_after_the_delay(slow_client):
    slow_client.create_table(**table_of("table", "pk"))
    slow_client.get_waiter("table_exists").wait(TableName="table")
    slow_client.delete_table(TableName="table")
    slow_client.get_waiter("table_not_exists").wait(TableName="table")
    assert datetime.now(UTC) == NOW + timedelta(seconds=120)


def test_a_table_that_is_not_waited_for_takes_no_data(slow_client):
    slow_client.create_table(**table_of("table", "pk"))
    with pytest.raises(ClientError, match="Requested resource not found"):
        slow_client.put_item(TableName="table", Item={"pk": {"S": "x"}})
