"""Write sharding and time series.

Source: reference_guide.md, "Key Design Patterns", "Partition Key Distribution" and "Advanced Patterns" 4 and 5.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Key

from .builders import column, create, filled, table_of

SHARDS = 10


# --- Write sharding -------------------------------------------------------------------------------


def shard_of(item_id):
    """The shard of an item, the same each time."""
    return int(hashlib.md5(item_id.encode()).hexdigest(), 16) % SHARDS


@pytest.fixture
def sharded(resource):
    """A hundred items spread over ten partition keys."""
    ids = [f"item{number}" for number in range(100)]
    items = ({"PK": f"ITEM#{shard_of(i)}", "SK": f"ITEM#{i}", "Data": f"data of {i}"} for i in ids)
    return filled(resource, table_of("Items", "PK", "SK"), items)


def query_all_shards(table, item_id):
    items = []
    for shard in range(SHARDS):
        condition = Key("PK").eq(f"ITEM#{shard}") & Key("SK").eq(f"ITEM#{item_id}")
        items.extend(table.query(KeyConditionExpression=condition)["Items"])
    return items


@pytest.mark.parametrize("item_id", ["item0", "item42", "item99"])
def test_an_item_is_found_once_over_all_shards(sharded, item_id):
    assert query_all_shards(sharded, item_id) == [
        {"PK": f"ITEM#{shard_of(item_id)}", "SK": f"ITEM#{item_id}", "Data": f"data of {item_id}"}
    ]


def test_an_item_is_got_from_the_shard_that_its_id_gives(sharded):
    key = {"PK": f"ITEM#{shard_of('item42')}", "SK": "ITEM#item42"}
    assert sharded.get_item(Key=key)["Item"]["Data"] == "data of item42"


def test_all_shards_together_hold_all_items(sharded):
    counts = [
        sharded.query(KeyConditionExpression=Key("PK").eq(f"ITEM#{shard}"), Select="COUNT")["Count"]
        for shard in range(SHARDS)
    ]
    assert (sum(counts), all(counts)) == (100, True)


def test_a_day_spread_over_shards_is_read_shard_by_shard(resource):
    # The partition key is a reserved word; boto3's conditions put a placeholder in its place.
    events = [{"Date": f"2024-01-15#{number % SHARDS}", "ID": f"event{number:02}"} for number in range(30)]
    table = filled(resource, table_of("Events", "Date", "ID"), events)
    items = []
    for shard in range(SHARDS):
        items.extend(table.query(KeyConditionExpression=Key("Date").eq(f"2024-01-15#{shard}"))["Items"])
    assert sorted(column(items, "ID")) == column(events, "ID")


# --- Time series ----------------------------------------------------------------------------------


def reading(timestamp, temperature="72.5"):
    """A reading in the bucket of its month."""
    bucket = datetime.fromisoformat(timestamp).replace(day=1).strftime("%Y-%m")
    return {
        "PK": "SENSOR#sensor123",
        "SK": f"{bucket}#{timestamp}",
        "Temperature": Decimal(temperature),
        "Humidity": Decimal("45.2"),
    }


READINGS = [
    reading("2023-12-31T23:59:59Z"),
    reading("2024-01-14T23:59:59Z"),
    reading("2024-01-15T00:00:00Z"),
    reading("2024-01-15T10:30:00Z"),
    reading("2024-01-15T23:59:59Z"),
    reading("2024-01-16T00:00:00Z"),
    reading("2024-02-01T00:00:00Z"),
]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Key("SK").begins_with("2024-01#"), READINGS[1:6]),
        (Key("SK").between("2024-01#2024-01-15T00:00:00Z", "2024-01#2024-01-15T23:59:59Z"), READINGS[2:5]),
        (Key("SK").gte("2024-02"), READINGS[6:]),
        (Key("SK").lt("2024"), READINGS[:1]),
    ],
    ids=["a month", "a day", "from a month on", "before a year"],
)
def test_readings_are_selected_by_bucket_and_time(resource, condition, expected):
    table = filled(resource, table_of("Sensors", "PK", "SK"), reversed(READINGS))
    answer = table.query(KeyConditionExpression=Key("PK").eq("SENSOR#sensor123") & condition)
    assert answer["Items"] == expected


@pytest.mark.parametrize("count", [1, 3])
def test_the_latest_readings_are_the_first_of_the_reverse_order(resource, count):
    table = filled(resource, table_of("Sensors", "PK", "SK"), READINGS)
    answer = table.query(KeyConditionExpression=Key("PK").eq("SENSOR#sensor123"), ScanIndexForward=False, Limit=count)
    assert answer["Items"] == READINGS[: -count - 1 : -1]


def test_readings_of_a_device_are_ordered_by_their_timestamps(resource):
    timestamps = ["2024-01-15T10:31:00Z", "2024-01-15T10:30:00Z", "2024-01-15T09:59:59Z"]
    table = create(resource, "Readings", "DeviceID", "Timestamp")
    for timestamp in timestamps:
        table.put_item(Item={"DeviceID": "device123", "Timestamp": timestamp})
    answer = table.query(KeyConditionExpression=Key("DeviceID").eq("device123"))
    assert column(answer["Items"], "Timestamp") == sorted(timestamps)


def test_readings_with_epoch_seconds_as_sort_key_are_selected_by_number(resource):
    times = [999_999_999, 1_000_000_000, 1_705_314_600, Decimal("1705314600.5")]
    table = filled(resource, table_of("Readings", "DeviceID", "Time:N"), ({"DeviceID": "d1", "Time": t} for t in times))
    answer = table.query(
        KeyConditionExpression=Key("DeviceID").eq("d1") & Key("Time").between(1_000_000_000, 1_705_314_600)
    )
    assert column(answer["Items"], "Time") == times[1:3]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("v2#", ["v2#2024-01-15T11:00:00Z"]), ("v", ["v1#2024-01-15T10:00:00Z", "v2#2024-01-15T11:00:00Z"])],
)
def test_versions_with_their_times_are_selected_by_version(resource, prefix, expected):
    versions = [{"PK": "doc123", "SK": f"v{number}#2024-01-15T1{number - 1}:00:00Z"} for number in (1, 2)]
    table = filled(resource, table_of("Documents", "PK", "SK"), versions)
    answer = table.query(KeyConditionExpression=Key("PK").eq("doc123") & Key("SK").begins_with(prefix))
    assert column(answer["Items"], "SK") == expected
