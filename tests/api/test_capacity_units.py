"""The units that the guides calculate, as the service reports them.

Source: reference_guide.md, "Capacity Units", "Calculate Capacity Requirements" and "Manage Item Size";
complete_guide.md, "Capacity Calculation Examples"; capacity.md 2 to 6.
"""

from __future__ import annotations

import pytest

from .builders import table_of

KIB = 1024


@pytest.fixture
def documents(client):
    client.create_table(**table_of("Documents", "ID"))
    return client


def put(client, size):
    """Write an item of that many bytes; the units it took."""
    content = "x" * (size - len("ID" + "doc123" + "Content"))
    answer = client.put_item(
        TableName="Documents",
        Item={"ID": {"S": "doc123"}, "Content": {"S": content}},
        ReturnConsumedCapacity="TOTAL",
    )
    return answer["ConsumedCapacity"]["CapacityUnits"]


@pytest.mark.parametrize(
    ("size", "units"), [(KIB // 2, 1), (KIB, 1), (KIB + 1, 2), (2 * KIB, 2), (3 * KIB, 3), (400 * KIB, 400)]
)
def test_a_write_takes_a_unit_for_each_kilobyte_begun(documents, size, units):
    assert put(documents, size) == units


@pytest.mark.parametrize(
    ("size", "strong", "eventual"),
    [(3 * KIB, 1, 0.5), (4 * KIB, 1, 0.5), (4 * KIB + 1, 2, 1), (8 * KIB, 2, 1), (400 * KIB, 100, 50)],
)
@pytest.mark.parametrize("consistent", [True, False], ids=["strong", "eventual"])
def test_a_read_takes_a_unit_or_half_for_each_four_kilobytes_begun(documents, size, strong, eventual, consistent):
    put(documents, size)
    answer = documents.get_item(
        TableName="Documents",
        Key={"ID": {"S": "doc123"}},
        ConsistentRead=consistent,
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == {
        "TableName": "Documents",
        "CapacityUnits": strong if consistent else eventual,
    }


def test_25_writes_in_a_batch_take_as_many_units_as_one_by_one(documents):
    answer = documents.batch_write_item(
        RequestItems={"Documents": [{"PutRequest": {"Item": {"ID": {"S": f"doc{number}"}}}} for number in range(25)]},
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [{"TableName": "Documents", "CapacityUnits": 25.0}]


@pytest.fixture
def orders(client):
    """Ten orders of a kilobyte each in one partition."""
    client.create_table(**table_of("Orders", "UserID", "OrderDate"))
    keys = sum(map(len, ("UserID", "user123", "OrderDate", "2024-01-01", "Notes")))
    for day in range(1, 11):
        key = {"UserID": {"S": "user123"}, "OrderDate": {"S": f"2024-01-{day:02}"}}
        client.put_item(TableName="Orders", Item={**key, "Notes": {"S": "x" * (KIB - keys)}})
    return client


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"FilterExpression": "attribute_not_exists(Notes)"},
        {"ProjectionExpression": "OrderDate"},
        {"Select": "COUNT"},
    ],
    ids=["whole items", "filtered out", "projected", "counted"],
)
@pytest.mark.parametrize(("consistent", "units"), [(True, 3), (False, 1.5)], ids=["strong", "eventual"])
def test_a_query_takes_the_units_of_all_it_reads_together(orders, options, consistent, units):
    answer = orders.query(
        TableName="Orders",
        KeyConditionExpression="UserID = :user",
        ExpressionAttributeValues={":user": {"S": "user123"}},
        ConsistentRead=consistent,
        ReturnConsumedCapacity="TOTAL",
        **options,
    )
    assert answer["ConsumedCapacity"]["CapacityUnits"] == units
