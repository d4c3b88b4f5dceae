"""Streams: shards that split and roll over, iterators, trimming, and what happens to a stream with its table."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from emulator import Emulator, limits

from .builders import column, create, definitions, fill, index, plain, refused, typed
from .conftest import NOON
from .consumers import (
    ShardWalker,
    is_open,
    iterator,
    keys,
    names,
    numbers,
    read_stream,
    read_table,
    records_from,
    shards_of,
    stream_of,
    streamed,
)

EXPIRED = ("The provided iterator exceeds the maximum age allowed.", "ExpiredIteratorException")
TRIMMED = ("The data you are trying to access has been trimmed.", "TrimmedDataAccessException")
OFF = {"StreamEnabled": False}
ON = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.fixture
def orders(resource, clock):
    """A table with a stream, whose partition key is `id`, made at noon by a clock that stands still."""
    return resource.create_table(**streamed("Orders"))


def put(table, *ids, **attributes):
    for each in ids:
        table.put_item(Item={"id": each, **attributes})


def first_shard(streams, arn):
    return shards_of(streams, arn)[0]["ShardId"]


# --- Records --------------------------------------------------------------------------------------


def test_a_stream_holds_the_changes_of_an_item_in_order(orders, client, streams):
    put(orders, "a", v=1)
    put(orders, "a", v=2)
    orders.delete_item(Key={"id": "a"})
    assert names(read_table(client, streams, "Orders")) == ["INSERT", "MODIFY", "REMOVE"]


def test_each_old_image_is_the_new_image_before(orders, client, streams):
    for number in range(5):
        put(orders, "a", v=number)
    images = [record["dynamodb"] for record in read_table(client, streams, "Orders")]
    assert column(images[1:], "OldImage") == column(images[:-1], "NewImage")


def test_a_record_tells_the_second_of_the_change(orders, client, streams, clock):
    clock.freeze(NOON + timedelta(milliseconds=1999))
    put(orders, "a")
    (record,) = read_table(client, streams, "Orders")
    assert record["dynamodb"]["ApproximateCreationDateTime"].astimezone(UTC) == NOON + timedelta(seconds=1)


def test_an_image_holds_values_of_every_type(orders, client, streams):
    item = {
        "id": "a",
        "number": 5,
        "binary": b"\x00\xff",
        "sets": {"strings": {"x", "y"}, "numbers": {1, 2}, "binaries": {b"\x01"}},
        "list": [None, True, {"deep": ["er"]}],
    }
    orders.put_item(Item=item)
    (record,) = read_table(client, streams, "Orders")
    assert plain(record["dynamodb"]["NewImage"]) == item


def test_records_have_ids_of_their_own_that_never_change(orders, client, streams):
    put(orders, "a", "b", "c")
    ids = column(read_table(client, streams, "Orders"), "eventID")
    assert (len(set(ids)), column(read_table(client, streams, "Orders"), "eventID")) == (3, ids)


def test_a_transaction_leaves_records_in_the_order_of_its_actions(orders, client, streams):
    actions = [{"Put": {"TableName": "Orders", "Item": typed({"id": each})}} for each in ("c", "a", "b")]
    client.transact_write_items(TransactItems=actions)
    assert keys(read_table(client, streams, "Orders")) == ["c", "a", "b"]


def test_a_batch_leaves_records_in_the_order_of_its_writes(orders, client, streams):
    puts = [{"PutRequest": {"Item": typed({"id": each})}} for each in ("c", "a", "b")]
    client.batch_write_item(RequestItems={"Orders": puts})
    assert keys(read_table(client, streams, "Orders")) == ["c", "a", "b"]


def test_a_replayed_transaction_makes_no_records(orders, client, streams):
    action = {"Update": {"TableName": "Orders", "Key": typed({"id": "a"}), "UpdateExpression": "ADD v :one"}}
    action["Update"]["ExpressionAttributeValues"] = typed({":one": 1})
    for _ in range(2):
        client.transact_write_items(TransactItems=[action], ClientRequestToken="token")
    assert names(read_table(client, streams, "Orders")) == ["INSERT"]


def test_sequence_numbers_grow(orders, client, streams):
    put(orders, *map(str, range(50)))
    found = numbers(read_table(client, streams, "Orders"))
    assert found == sorted(set(found))


# --- Positions ------------------------------------------------------------------------------------


@pytest.fixture
def five(orders, client, streams, clock):
    """The ARN, the shard and the records of a stream with five changes, a second apart."""
    for number in range(5):
        put(orders, str(number))
        clock.advance(seconds=1)
    arn = stream_of(client, "Orders")
    return arn, first_shard(streams, arn), read_stream(streams, arn)


@pytest.mark.parametrize(
    ("kind", "at", "expected"),
    [
        ("AT_SEQUENCE_NUMBER", 0, "01234"),
        ("AT_SEQUENCE_NUMBER", 2, "234"),
        ("AFTER_SEQUENCE_NUMBER", 2, "34"),
        ("AFTER_SEQUENCE_NUMBER", 4, ""),
    ],
)
def test_an_iterator_begins_at_a_record_or_after_it(five, streams, kind, at, expected):
    arn, shard, records = five
    number = records[at]["dynamodb"]["SequenceNumber"]
    found = records_from(streams, iterator(streams, arn, shard, kind, SequenceNumber=number))
    assert "".join(keys(found)) == expected


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_the_starting_sequence_number_of_a_shard_reads_all_of_it(five, streams, kind):
    arn, shard, records = five
    start = shards_of(streams, arn)[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    assert records_from(streams, iterator(streams, arn, shard, kind, SequenceNumber=start)) == records


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3600 * 24 * 400, "01234"), (-1, "01234"), (0, "01234"), (1, "1234"), (4, "4"), (5, "")],
)
def test_an_iterator_begins_at_the_first_record_of_a_time(five, streams, seconds, expected):
    arn, shard, _ = five
    when = NOON + timedelta(seconds=seconds)
    found = records_from(streams, iterator(streams, arn, shard, "AT_TIMESTAMP", Timestamp=when))
    assert "".join(keys(found)) == expected


@pytest.mark.parametrize("microseconds", [0, 100, 400, 700, 999])
def test_the_present_is_not_in_the_future_whatever_its_microseconds(five, streams, clock, microseconds):
    """The emulator's own times are rounded to milliseconds."""
    arn, shard, _ = five
    now = NOON + timedelta(seconds=6, microseconds=microseconds)
    clock.freeze(now)
    assert records_from(streams, iterator(streams, arn, shard, "AT_TIMESTAMP", Timestamp=now)) == []


def test_a_time_in_the_future_is_refused(five, streams):
    arn, shard, _ = five
    with pytest.raises(ClientError, match="Timestamp"):
        iterator(streams, arn, shard, "AT_TIMESTAMP", Timestamp=NOON + timedelta(seconds=6))


def test_latest_begins_after_the_newest_record(five, streams, orders):
    arn, shard, _ = five
    start = iterator(streams, arn, shard, "LATEST")
    put(orders, "new")
    assert keys(records_from(streams, start)) == ["new"]


def test_an_iterator_may_be_used_again(five, streams):
    arn, shard, records = five
    start = iterator(streams, arn, shard)
    assert records_from(streams, start) == records_from(streams, start) == records


def test_limit_cuts_a_page_and_the_next_iterator_goes_on(five, streams):
    arn, shard, _ = five
    page = streams.get_records(ShardIterator=iterator(streams, arn, shard), Limit=2)
    rest = records_from(streams, page["NextShardIterator"], limit=2)
    assert (keys(page["Records"]), keys(rest)) == (["0", "1"], ["2", "3", "4"])


def test_an_iterator_lives_15_minutes(five, streams, clock):
    arn, shard, _ = five
    start = iterator(streams, arn, shard)
    clock.advance(minutes=15)
    assert len(records_from(streams, start)) == 5
    clock.advance(seconds=1)
    with refused(*EXPIRED):
        streams.get_records(ShardIterator=start)


def test_each_page_gives_an_iterator_that_lives_anew(five, streams, clock):
    arn, shard, _ = five
    start = iterator(streams, arn, shard)
    for _ in range(10):
        clock.advance(minutes=10)
        start = streams.get_records(ShardIterator=start)["NextShardIterator"]
    assert streams.get_records(ShardIterator=start)["Records"] == []


def test_a_page_has_no_more_than_1000_records(orders, client, streams):
    fill(orders, ({"id": str(number)} for number in range(1001)))
    arn = stream_of(client, "Orders")
    page = streams.get_records(ShardIterator=iterator(streams, arn, first_shard(streams, arn)))
    rest = streams.get_records(ShardIterator=page["NextShardIterator"])
    assert (len(page["Records"]), len(rest["Records"])) == (1000, 1)


def test_a_page_has_no_more_than_1_mb(orders, client, streams):
    put(orders, "a", "b", "c", "d", "e", v="x" * 300_000)
    arn = stream_of(client, "Orders")
    page = streams.get_records(ShardIterator=iterator(streams, arn, first_shard(streams, arn)))
    assert keys(page["Records"]) == ["a", "b", "c"]


def test_reading_a_stream_consumes_nothing_and_changes_nothing(five, streams):
    arn, _, records = five
    assert read_stream(streams, arn) == read_stream(streams, arn) == records


# --- Shards ---------------------------------------------------------------------------------------


def test_a_split_closes_a_shard_and_opens_two_children(road, orders, client, streams):
    put(orders, "a")
    road.emulator.split_shards("Orders")
    parent, *children = shards_of(streams, stream_of(client, "Orders"))
    assert not is_open(parent)
    assert [(is_open(child), child["ParentShardId"]) for child in children] == [(True, parent["ShardId"])] * 2


def test_after_a_split_each_item_is_in_one_of_the_children(road, orders, client, streams):
    road.emulator.split_shards("Orders")
    ids = [str(number) for number in range(40)]
    put(orders, *ids, v=1)
    put(orders, *ids, v=2)
    arn = stream_of(client, "Orders")
    halves = [
        keys(records_from(streams, iterator(streams, arn, shard["ShardId"]))) for shard in shards_of(streams, arn)
    ]
    assert halves[0] == []
    assert not set(halves[1]) & set(halves[2])
    assert sorted(halves[1] + halves[2]) == sorted(ids * 2)


def test_a_shard_that_was_split_keeps_its_records(road, orders, client, streams):
    put(orders, "a", "b")
    arn = stream_of(client, "Orders")
    shard = first_shard(streams, arn)
    road.emulator.split_shards("Orders")
    put(orders, "a", "b", v=2)
    assert names(records_from(streams, iterator(streams, arn, shard))) == ["INSERT", "INSERT"]


def test_a_shard_that_was_open_when_the_reader_began_ends_for_the_reader_too(road, orders, client, streams):
    arn = stream_of(client, "Orders")
    start = iterator(streams, arn, first_shard(streams, arn), "LATEST")
    put(orders, "a")
    road.emulator.split_shards("Orders")
    page = streams.get_records(ShardIterator=start)
    assert (keys(page["Records"]), "NextShardIterator" in page) == (["a"], False)


def test_the_sequence_numbers_of_records_lie_within_their_shard(road, orders, client, streams):
    put(orders, "a", "b")
    road.emulator.split_shards("Orders")
    put(orders, "c", "d")
    arn = stream_of(client, "Orders")
    for shard in shards_of(streams, arn):
        found = numbers(records_from(streams, iterator(streams, arn, shard["ShardId"])))
        bounds = shard["SequenceNumberRange"]
        assert all(int(bounds["StartingSequenceNumber"]) <= number for number in found)
        assert is_open(shard) or all(number <= int(bounds["EndingSequenceNumber"]) for number in found)


def test_a_shard_rolls_over_after_four_hours(orders, client, streams, clock):
    arn = stream_of(client, "Orders")
    put(orders, "a")
    clock.advance(hours=4)
    put(orders, "b")
    parent, child = shards_of(streams, arn)
    assert (is_open(parent), is_open(child), child["ParentShardId"]) == (False, True, parent["ShardId"])
    assert [keys(records_from(streams, iterator(streams, arn, each["ShardId"]))) for each in (parent, child)] == [
        ["a"],
        ["b"],
    ]


def test_no_shard_rolls_over_when_that_is_off():
    emu = Emulator(shard_rollover=0)
    client, streams = emu.client(), emu.client(service_name="dynamodbstreams")
    emu.clock.freeze(NOON)
    client.create_table(**streamed("Orders"))
    emu.clock.advance(days=30)
    assert len(shards_of(streams, stream_of(client, "Orders"))) == 1


def test_a_stream_begins_with_as_many_shards_as_the_setting_says():
    emu = Emulator(stream_shards=5)
    client, streams = emu.client(), emu.client(service_name="dynamodbstreams")
    client.create_table(**streamed("Orders"))
    shards = shards_of(streams, stream_of(client, "Orders"))
    assert [(is_open(shard), "ParentShardId" in shard) for shard in shards] == [(True, False)] * 5


def test_a_provisioned_table_has_a_shard_for_each_partition(client, streams):
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3000}
    client.create_table(**streamed("Orders", ProvisionedThroughput=units))
    assert len(shards_of(streams, stream_of(client, "Orders"))) == 4


def test_shards_split_when_throughput_grows(client, streams):
    client.create_table(**streamed("Orders", ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}))
    more = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 2000}
    client.update_table(TableName="Orders", ProvisionedThroughput=more)
    shards = shards_of(streams, stream_of(client, "Orders"))
    assert sum(map(is_open, shards)) >= 2
    assert not is_open(shards[0])


def test_shards_are_listed_in_pages_in_the_order_of_their_ids(road, orders, client, streams):
    for _ in range(3):
        road.emulator.split_shards("Orders")
    arn = stream_of(client, "Orders")
    ids = column(shards_of(streams, arn), "ShardId")
    assert len(ids) == 15
    assert ids == sorted(ids) == column(shards_of(streams, arn, page=4), "ShardId")


def test_a_shard_that_is_gone_is_no_start_of_a_page(road, orders, client, streams, clock):
    put(orders, "a")
    arn = stream_of(client, "Orders")
    gone = first_shard(streams, arn)
    clock.advance(hours=30)
    description = streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=gone)["StreamDescription"]
    assert description["Shards"] == []


def test_the_filter_finds_the_children_of_a_shard(road, orders, client, streams):
    road.emulator.split_shards("Orders")
    road.emulator.split_shards("Orders")
    arn = stream_of(client, "Orders")
    parent, left, right, *grandchildren = column(shards_of(streams, arn), "ShardId")

    def children(shard):
        wanted = {"Type": "CHILD_SHARDS", "ShardId": shard}
        return column(
            streams.describe_stream(StreamArn=arn, ShardFilter=wanted)["StreamDescription"]["Shards"], "ShardId"
        )

    assert children(parent) == [left, right]
    assert sorted(children(left) + children(right)) == grandchildren
    assert children(grandchildren[0]) == []


def test_splitting_takes_a_table_with_a_stream(road, orders, resource):
    create(resource, "Users", "id")
    for wrong in (("Users",), ("Nothing",), ("Orders", "eu-west-1")):
        with pytest.raises(LookupError, match="stream"):
            road.emulator.split_shards(*wrong)


def test_a_walker_reads_every_change_once_and_in_order_over_splits_and_rollovers(road, orders, client, streams, clock):
    walker = ShardWalker(streams, stream_of(client, "Orders"), limit=7)
    seen = []
    for number in range(30):
        put(orders, "a", "b", "c", v=number)
        if number % 5 == 1:
            road.emulator.split_shards("Orders")
        if number % 7 == 3:
            clock.advance(hours=4)
        if number % 4 == 0:
            seen += walker.poll()
    seen += walker.poll()
    for item in "abc":
        versions = [plain(each["dynamodb"]["NewImage"])["v"] for each in seen if keys([each]) == [item]]
        assert versions == list(range(30))


def test_a_walker_beside_writers_reads_every_change_once_and_in_order(road, orders, client, streams):
    """Four writers of two items each, while shards split and the walker polls."""
    walker = ShardWalker(streams, stream_of(client, "Orders"), limit=5)

    def write(writer):
        for number in range(40):
            for item in (f"{writer}a", f"{writer}b"):
                client.put_item(TableName="Orders", Item=typed({"id": item, "v": number}))

    seen = []
    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, writer) for writer in range(4)]
        for _ in range(4):
            road.emulator.split_shards("Orders")
            seen += walker.poll()
        for each in writing:
            each.result()
    seen += walker.poll()
    versions = defaultdict(list)
    for record in seen:
        image = plain(record["dynamodb"]["NewImage"])
        versions[image["id"]].append(image["v"])
    assert versions == {f"{writer}{item}": list(range(40)) for writer in range(4) for item in "ab"}


# --- 24 hours -------------------------------------------------------------------------------------


def test_records_are_trimmed_after_24_hours(orders, client, streams, clock):
    put(orders, "a")
    clock.advance(hours=1)
    put(orders, "b")
    clock.advance(hours=23)
    assert keys(read_table(client, streams, "Orders")) == ["b"]


@pytest.mark.parametrize("fraction", [0.0004, 0.0006, 0.12345])
def test_records_are_trimmed_whatever_fraction_of_a_second_the_clock_shows(fraction):
    emu = Emulator()
    client, streams = emu.client(), emu.client(service_name="dynamodbstreams")
    emu.clock.freeze(1_800_000_000 + fraction)
    client.create_table(**streamed("Orders"))
    client.put_item(TableName="Orders", Item=typed({"id": "a"}))
    emu.clock.advance(hours=24)
    emu.clock.advance(seconds=0.001)
    assert read_table(client, streams, "Orders") == []


@pytest.fixture
def half_trimmed():
    """A stream whose first record was trimmed: client, ARN, shard, numbers of both records, an iterator made before."""
    emu = Emulator(shard_rollover=0)
    client, streams = emu.client(), emu.client(service_name="dynamodbstreams")
    emu.clock.freeze(NOON)
    client.create_table(**streamed("Orders"))
    client.put_item(TableName="Orders", Item=typed({"id": "a"}))
    emu.clock.advance(hours=23, minutes=50)
    client.put_item(TableName="Orders", Item=typed({"id": "b"}))
    arn = stream_of(client, "Orders")
    records = read_stream(streams, arn)
    shard = first_shard(streams, arn)
    start = iterator(streams, arn, shard)
    emu.clock.advance(minutes=10)
    return streams, arn, shard, column(column(records, "dynamodb"), "SequenceNumber"), start


def test_what_is_left_of_a_shard_can_be_read(half_trimmed):
    streams, arn, shard, _, _ = half_trimmed
    assert keys(records_from(streams, iterator(streams, arn, shard))) == ["b"]


def test_a_time_before_the_horizon_acts_as_trim_horizon(half_trimmed):
    streams, arn, shard, _, _ = half_trimmed
    assert keys(records_from(streams, iterator(streams, arn, shard, "AT_TIMESTAMP", Timestamp=NOON))) == ["b"]


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_the_number_of_a_trimmed_record_is_refused(half_trimmed, kind):
    streams, arn, shard, (trimmed, kept), _ = half_trimmed
    with refused(*TRIMMED):
        iterator(streams, arn, shard, kind, SequenceNumber=trimmed)
    assert iterator(streams, arn, shard, kind, SequenceNumber=kept)


def test_an_iterator_whose_place_was_trimmed_meanwhile_is_refused(half_trimmed):
    streams, *_, start = half_trimmed
    with refused(*TRIMMED):
        streams.get_records(ShardIterator=start)


def test_a_closed_shard_goes_with_its_last_record_and_its_children_stay(orders, client, streams, clock):
    arn = stream_of(client, "Orders")
    put(orders, "a")
    parent = first_shard(streams, arn)
    clock.advance(hours=28)
    left = shards_of(streams, arn)
    assert parent not in column(left, "ShardId")
    assert left[0]["ParentShardId"] == parent
    with refused("Requested resource not found: Shard does not exist", "ResourceNotFoundException"):
        iterator(streams, arn, parent)


def test_years_of_rollovers_leave_a_day_of_shards(orders, client, streams, clock):
    put(orders, "a")
    clock.advance(days=365 * 10)
    shards = shards_of(streams, stream_of(client, "Orders"))
    assert (len(shards) <= 8, sum(map(is_open, shards))) == (True, 1)


def test_the_oldest_records_go_when_a_stream_holds_too_many(orders, client, streams, monkeypatch):
    monkeypatch.setattr(limits, "MAX_STREAM_RECORDS", 3)
    put(orders, *"abcde")
    assert keys(read_table(client, streams, "Orders")) == ["c", "d", "e"]


# --- Off and on again -----------------------------------------------------------------------------


def test_a_disabled_stream_notes_nothing_more_and_stays_readable(orders, client, streams):
    arn = stream_of(client, "Orders")
    put(orders, "a")
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    put(orders, "b")
    assert keys(read_stream(streams, arn)) == ["a"]
    assert streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"


def test_a_disabled_stream_is_gone_after_24_hours(orders, client, streams, clock):
    arn = stream_of(client, "Orders")
    put(orders, "a")
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    clock.advance(hours=23, minutes=59)
    assert keys(read_stream(streams, arn)) == ["a"]
    clock.advance(minutes=1)
    assert streams.list_streams()["Streams"] == []
    with refused(f"Requested resource not found: Stream: {arn} not found", "ResourceNotFoundException"):
        streams.describe_stream(StreamArn=arn)


def test_an_iterator_of_a_stream_that_is_gone_is_refused(orders, client, streams, clock):
    arn = stream_of(client, "Orders")
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    clock.advance(hours=23, minutes=55)
    start = iterator(streams, arn, first_shard(streams, arn))
    clock.advance(minutes=10)
    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        streams.get_records(ShardIterator=start)


def test_a_stream_that_is_enabled_again_is_another_one_even_while_the_clock_stands(orders, client, streams, clock):
    put(orders, "a")
    first = stream_of(client, "Orders")
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    client.update_table(TableName="Orders", StreamSpecification=ON)
    put(orders, "b")
    second = stream_of(client, "Orders")
    assert [keys(read_stream(streams, arn)) for arn in (first, second)] == [["a"], ["b"]]


def test_the_stream_of_a_deleted_table_stays_readable(orders, client, streams):
    put(orders, "a")
    arn = stream_of(client, "Orders")
    client.delete_table(TableName="Orders")
    assert keys(read_stream(streams, arn)) == ["a"]
    assert streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == "DISABLED"


@pytest.mark.parametrize("later", [False, True], ids=["created with it", "enabled later"])
def test_a_table_that_is_made_again_has_another_stream_even_while_the_clock_stands(
    orders, client, streams, resource, clock, later
):
    put(orders, "a")
    first = stream_of(client, "Orders")
    client.delete_table(TableName="Orders")
    if later:
        again = create(resource, "Orders", "id")
        client.update_table(TableName="Orders", StreamSpecification=ON)
    else:
        again = resource.create_table(**streamed("Orders"))
    put(again, "b")
    second = stream_of(client, "Orders")
    assert [keys(read_stream(streams, arn)) for arn in (first, second)] == [["a"], ["b"]]


def test_no_more_disabled_streams_are_kept_than_the_limit(orders, client, streams, clock, monkeypatch):
    monkeypatch.setattr(limits, "MAX_DISABLED_STREAMS", 2)
    for _ in range(5):
        client.update_table(TableName="Orders", StreamSpecification=OFF)
        client.update_table(TableName="Orders", StreamSpecification=ON)
    found = column(streams.list_streams()["Streams"], "StreamArn")
    assert (len(found), found[-1]) == (3, stream_of(client, "Orders"))


def test_a_reset_forgets_streams(road, orders, client, streams, clock):
    put(orders, "a")
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    client.update_table(TableName="Orders", StreamSpecification=ON)
    road.emulator.reset()
    clock.advance(days=2)
    assert streams.list_streams()["Streams"] == []


def test_regions_have_streams_of_their_own(road):
    emu = road.emulator
    for region in ("us-east-1", "eu-west-1"):
        emu.client(region).create_table(**streamed("Orders"))
        emu.client(region).put_item(TableName="Orders", Item=typed({"id": region}))
    for region in ("us-east-1", "eu-west-1"):
        streams = emu.client(region, service_name="dynamodbstreams")
        (found,) = streams.list_streams()["Streams"]
        (record,) = read_stream(streams, found["StreamArn"])
        assert (record["awsRegion"], keys([record]), found["StreamArn"].split(":")[3]) == (region, [region], region)


def test_a_region_with_nothing_but_a_disabled_stream_is_not_forgotten(monkeypatch):
    monkeypatch.setattr(limits, "MAX_OPEN_REGIONS", 2)
    emu = Emulator()
    client = emu.client("eu-west-1")
    client.create_table(**streamed("Orders"))
    client.delete_table(TableName="Orders")
    for region in ("us-east-1", "us-east-2", "us-west-1", "us-west-2"):
        emu.client(region).list_tables()
    assert len(emu.client("eu-west-1", service_name="dynamodbstreams").list_streams()["Streams"]) == 1


def test_a_new_index_leaves_the_stream_as_it_is(orders, client, streams):
    put(orders, "a", v="x")
    arn = stream_of(client, "Orders")
    new = {"Create": index("by-v", "v").request()}
    client.update_table(
        TableName="Orders", AttributeDefinitions=definitions("id", "v"), GlobalSecondaryIndexUpdates=[new]
    )
    assert (stream_of(client, "Orders"), keys(read_stream(streams, arn))) == (arn, ["a"])


# --- Changes that take time -----------------------------------------------------------------------


@pytest.fixture
def slow():
    """An emulator in which changes of status take ten seconds, and its clients."""
    emu = Emulator(status_delay=10)
    emu.clock.freeze(NOON)
    return emu, emu.client(), emu.client(service_name="dynamodbstreams")


def status(streams, arn):
    return streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"]


def test_a_stream_is_enabling_until_its_table_is_active(slow):
    emu, client, streams = slow
    client.create_table(**streamed("Orders"))
    arn = stream_of(client, "Orders")
    before = status(streams, arn)
    emu.clock.advance(seconds=10)
    assert (before, status(streams, arn)) == ("ENABLING", "ENABLED")


def test_a_stream_that_is_switched_is_enabling_or_disabling_while_its_table_is_updating(slow):
    emu, client, streams = slow
    client.create_table(**streamed("Orders"))
    emu.clock.advance(seconds=10)
    first = stream_of(client, "Orders")
    seen = []
    for specification in (OFF, ON):
        client.update_table(TableName="Orders", StreamSpecification=specification)
        arn = stream_of(client, "Orders")
        seen.append((client.describe_table(TableName="Orders")["Table"]["TableStatus"], status(streams, arn)))
        emu.clock.advance(seconds=10)
        seen.append((client.describe_table(TableName="Orders")["Table"]["TableStatus"], status(streams, arn)))
    assert stream_of(client, "Orders") != first
    assert seen == [
        ("UPDATING", "DISABLING"),
        ("ACTIVE", "DISABLED"),
        ("UPDATING", "ENABLING"),
        ("ACTIVE", "ENABLED"),
    ]


@pytest.mark.parametrize("specification", [OFF, ON], ids=["off", "on"])
def test_a_table_whose_stream_is_being_switched_takes_no_second_update(slow, specification):
    emu, client, _ = slow
    request = streamed("Orders")
    if specification is ON:
        del request["StreamSpecification"]
    client.create_table(**request)
    emu.clock.advance(seconds=10)
    client.update_table(TableName="Orders", StreamSpecification=specification)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.update_table(TableName="Orders", StreamSpecification=ON if specification is OFF else OFF)
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.delete_table(TableName="Orders")


def test_writes_are_noted_while_the_stream_is_enabling(slow):
    emu, client, streams = slow
    request = streamed("Orders")
    del request["StreamSpecification"]
    client.create_table(**request)
    emu.clock.advance(seconds=10)
    client.update_table(TableName="Orders", StreamSpecification=ON)
    client.put_item(TableName="Orders", Item=typed({"id": "a"}))
    assert keys(read_table(client, streams, "Orders")) == ["a"]


# --- Savepoints -----------------------------------------------------------------------------------


def test_a_savepoint_brings_back_a_stream_as_it_was(road, orders, client, streams, clock):
    put(orders, "a", "b")
    arn = stream_of(client, "Orders")
    before = shards_of(streams, arn), read_stream(streams, arn)
    savepoint = road.emulator.savepoint()
    put(orders, "c", "a")
    road.emulator.split_shards("Orders")
    put(orders, "d")
    clock.advance(hours=30)
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    client.delete_table(TableName="Orders")
    clock.advance(hours=30)
    clock.freeze(NOON)
    savepoint.restore()
    savepoint.release()
    assert (shards_of(streams, arn), read_stream(streams, arn)) == before


def test_a_restored_stream_goes_on(road, orders, client, streams, clock):
    savepoint = road.emulator.savepoint()
    client.update_table(TableName="Orders", StreamSpecification=OFF)
    savepoint.restore()
    put(orders, "a")
    clock.advance(hours=4)
    put(orders, "b")
    savepoint.release()
    assert [keys(read_table(client, streams, "Orders")), len(shards_of(streams, stream_of(client, "Orders")))] == [
        ["a", "b"],
        2,
    ]


def test_a_trimmed_record_comes_back_and_is_trimmed_when_its_time_comes(road, orders, client, streams, clock):
    put(orders, "a")
    savepoint = road.emulator.savepoint()
    clock.advance(hours=25)
    savepoint.restore()
    savepoint.release()
    assert keys(read_table(client, streams, "Orders")) == ["a"]
    clock.advance(hours=25)
    put(orders, "b")
    assert keys(read_table(client, streams, "Orders")) == ["b"]


def test_a_label_is_the_time_at_which_the_stream_was_made(orders, client, clock):
    clock.freeze(datetime(2015, 5, 20, 20, 51, 10, 252000, UTC))
    client.create_table(**streamed("Forum"))
    assert client.describe_table(TableName="Forum")["Table"]["LatestStreamLabel"] == "2015-05-20T20:51:10.252"
