"""Time to live: which items expire, when they are deleted, and what their deletion leaves in streams and indexes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key

from emulator import Emulator

from .builders import column, create, fill, index, plain, refused, table_of, typed
from .conftest import NOON
from .consumers import keys, names, read_stream, read_table, stream_of, streamed

NOW = int(NOON.timestamp())
HOUR = 3600
DAY = 24 * HOUR
FIVE_YEARS = 5 * 365 * DAY
ON = {"Enabled": True, "AttributeName": "expires"}
OFF = {"Enabled": False, "AttributeName": "expires"}
TOO_SOON = "Time to live has been modified multiple times within a fixed interval"


@pytest.fixture
def sessions(resource, client, clock):
    """A table whose items expire at `expires`, made at noon by a clock that stands still."""
    table = resource.create_table(**streamed("Sessions"))
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    return table


def put(table, item_id, expires, **attributes):
    table.put_item(Item={"id": item_id, "expires": expires, **attributes})


def left(table):
    return sorted(column(table.scan(ProjectionExpression="id")["Items"], "id"))


def state(client, table="Sessions"):
    return client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]


# --- Which items expire ---------------------------------------------------------------------------


def test_an_item_is_deleted_once_its_time_is_past(sessions, clock):
    put(sessions, "a", NOW + 60)
    clock.advance(seconds=60)
    assert left(sessions) == ["a"]
    clock.advance(seconds=1)
    assert left(sessions) == []


@pytest.mark.parametrize(
    "expires",
    [
        pytest.param(str(NOW + 60), id="a text"),
        pytest.param({NOW + 60}, id="a set"),
        pytest.param({"expires": NOW + 60}, id="a map"),
        pytest.param([NOW + 60], id="a list"),
        pytest.param(None, id="null"),
        pytest.param(b"1", id="bytes"),
        pytest.param((NOW + 60) * 1000, id="milliseconds"),
        pytest.param(0, id="zero"),
        pytest.param(-5, id="a negative number"),
        pytest.param(Decimal("1e125"), id="the largest number"),
        pytest.param(Decimal("-1e125"), id="the least number"),
        pytest.param(Decimal("1e-130"), id="the smallest number"),
        pytest.param(NOW - FIVE_YEARS - 1, id="more than five years ago"),
    ],
)
def test_an_item_never_expires_by(sessions, clock, expires):
    put(sessions, "a", expires)
    clock.advance(days=400)
    assert left(sessions) == ["a"]


@pytest.mark.parametrize(
    "expires",
    [
        pytest.param(NOW + 60, id="a second"),
        pytest.param(Decimal(f"{NOW + 60}.5"), id="a fraction"),
        pytest.param(Decimal("1.8e9"), id="an exponent"),
        pytest.param(NOW - 1, id="a time that is past"),
        pytest.param(NOW - FIVE_YEARS + 1, id="a time just less than five years ago"),
    ],
)
def test_an_item_expires_by(sessions, clock, expires):
    put(sessions, "a", expires)
    clock.advance(days=400)
    assert left(sessions) == []


def test_an_item_without_the_attribute_never_expires(sessions, clock):
    sessions.put_item(Item={"id": "a", "nested": {"expires": NOW + 60}})
    clock.advance(days=400)
    assert left(sessions) == ["a"]


def test_items_whose_attribute_is_a_key_of_text_never_expire(resource, client, clock):
    table = create(resource, "Sessions", "id")
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "id"})
    table.put_item(Item={"id": str(NOW)})
    clock.advance(days=1)
    assert left(table) == [str(NOW)]


def test_items_may_expire_by_their_sort_key(resource, client, clock):
    table = create(resource, "Sessions", "user", "until:N")
    client.update_time_to_live(
        TableName="Sessions", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    fill(table, ({"user": "ann", "until": NOW + hours * HOUR} for hours in (1, 2, 3)))
    clock.advance(hours=2, seconds=1)
    assert column(table.scan()["Items"], "until") == [NOW + 3 * HOUR]


def test_items_that_were_there_before_expire_too(resource, client, clock):
    table = create(resource, "Sessions", "id")
    put(table, "past", NOW - DAY)
    put(table, "soon", NOW + 60)
    put(table, "later", NOW + DAY)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    assert left(table) == ["later", "soon"]
    clock.advance(hours=1)
    assert left(table) == ["later"]


@pytest.mark.parametrize(
    "update",
    [
        pytest.param(
            {"UpdateExpression": "SET expires = :v", "ExpressionAttributeValues": {":v": NOW + DAY}}, id="later"
        ),
        pytest.param(
            {"UpdateExpression": "SET expires = :v", "ExpressionAttributeValues": {":v": "never"}}, id="a text"
        ),
        pytest.param({"UpdateExpression": "REMOVE expires"}, id="removed"),
    ],
)
def test_an_item_whose_attribute_is_changed_in_time_stays(sessions, clock, update):
    put(sessions, "a", NOW + 60)
    sessions.update_item(Key={"id": "a"}, **update)
    clock.advance(hours=1)
    assert left(sessions) == ["a"]


def test_an_item_that_is_renewed_expires_at_its_new_time(sessions, clock):
    put(sessions, "a", NOW + DAY)
    put(sessions, "a", NOW + 60)
    clock.advance(minutes=2)
    assert left(sessions) == []


def test_an_item_that_was_deleted_by_hand_is_not_deleted_again(sessions, client, streams, clock):
    put(sessions, "a", NOW + 60)
    sessions.delete_item(Key={"id": "a"})
    sessions.put_item(Item={"id": "a"})
    clock.advance(hours=1)
    assert names(read_table(client, streams, "Sessions")) == ["INSERT", "REMOVE", "INSERT"]


# --- Deletion -------------------------------------------------------------------------------------


def test_items_are_deleted_in_the_order_in_which_they_expire(sessions, client, streams, clock):
    for item_id, seconds in (("c", 300), ("a", 100), ("b", 200)):
        put(sessions, item_id, NOW + seconds)
    clock.advance(hours=1)
    assert keys(read_table(client, streams, "Sessions"))[3:] == ["a", "b", "c"]


def test_a_deletion_is_dated_when_it_was_due_however_far_the_clock_moves(sessions, client, streams, clock):
    put(sessions, "a", NOW + 100)
    clock.advance(hours=1)
    *_, removal = read_table(client, streams, "Sessions")
    assert int(removal["dynamodb"]["ApproximateCreationDateTime"].timestamp()) == NOW + 100


def test_a_deletion_that_was_overdue_is_dated_now(sessions, client, streams, clock):
    put(sessions, "a", NOW - 3 * DAY)
    insertion, removal = (record["dynamodb"] for record in read_table(client, streams, "Sessions"))
    assert removal["ApproximateCreationDateTime"] == insertion["ApproximateCreationDateTime"]


def test_the_record_of_an_overdue_deletion_can_be_read_even_if_it_is_the_first(resource, client, streams, clock):
    table = create(resource, "Sessions", "id")
    put(table, "a", NOW - 3 * DAY)
    on = {"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"}
    client.update_table(TableName="Sessions", StreamSpecification=on)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    assert names(read_table(client, streams, "Sessions")) == ["REMOVE"]


def test_a_deletion_leaves_a_record_by_the_service(sessions, client, streams, clock):
    put(sessions, "a", NOW + 60, user="ann")
    clock.advance(hours=1)
    _, removal = read_table(client, streams, "Sessions")
    assert (removal["eventName"], removal["userIdentity"], plain(removal["dynamodb"]["OldImage"])) == (
        "REMOVE",
        {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"},
        {"id": "a", "expires": NOW + 60, "user": "ann"},
    )


def test_a_deletion_by_a_caller_leaves_a_record_without_identity(sessions, client, streams):
    put(sessions, "a", NOW + 60)
    sessions.delete_item(Key={"id": "a"})
    assert ["userIdentity" in record for record in read_table(client, streams, "Sessions")] == [False, False]


def test_a_deleted_item_leaves_every_index(resource, client, clock):
    table = create(
        resource,
        "Sessions",
        "user",
        "id",
        gsis=[index("by-kind", "kind"), index("keys", "kind", projection="KEYS_ONLY")],
        lsis=[index("by-start", "user", "start:N")],
    )
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    for number, hours in enumerate((1, 5)):
        put(table, str(number), NOW + hours * HOUR, user="ann", kind="web", start=number)
    clock.advance(hours=2)
    found = [column(table.scan(IndexName=name)["Items"], "id") for name in ("by-kind", "keys", "by-start")]
    assert found == [["1"]] * 3


def test_a_deletion_consumes_no_write_units(sessions, road, clock):
    seen = []
    put(sessions, "a", NOW + 60)
    road.emulator.observers.append(seen.append)
    try:
        clock.advance(hours=1)
        assert left(sessions) == []
    finally:
        road.emulator.observers.remove(seen.append)
    assert [(each.operation, sum(used.write_units for used in each.usage)) for each in seen] == [("Scan", 0)]


def test_deletions_go_to_the_item_count(sessions, road, clock):
    put(sessions, "a", NOW + 60)
    put(sessions, "b", NOW + DAY)
    clock.advance(hours=1)
    assert road.emulator.tables()["us-east-1"] == {"Sessions": 1}


def test_an_expired_item_is_gone_from_a_transaction_that_asks_for_it(sessions, client, clock):
    put(sessions, "a", NOW + 60)
    clock.advance(hours=1)
    check = {"TableName": "Sessions", "Key": typed({"id": "a"}), "ConditionExpression": "attribute_not_exists(id)"}
    client.transact_write_items(TransactItems=[{"ConditionCheck": check}])


def test_deletion_needs_no_request(sessions, client, road, clock):
    put(sessions, "a", NOW + 60)
    clock.advance(hours=1)
    assert road.emulator.tables()["us-east-1"] == {"Sessions": 0}


def test_time_that_goes_by_deletes_with_the_next_request():
    emu = Emulator()
    client = emu.client()
    client.create_table(**table_of("Sessions", "id"))
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    client.put_item(TableName="Sessions", Item=typed({"id": "a", "expires": int(emu.clock.now()) - 5}))
    assert client.scan(TableName="Sessions")["Items"] == []


# --- The delay ------------------------------------------------------------------------------------


@pytest.fixture
def delayed():
    """An emulator that deletes two days late, and its table of sessions with one that expires in a minute."""
    emu = Emulator(ttl_delay=2 * DAY)
    emu.clock.freeze(NOON)
    table = emu.resource().create_table(**streamed("Sessions"))
    emu.client().update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    put(table, "a", NOW + 60, user="ann")
    emu.clock.advance(hours=1)
    return emu, table


def test_an_expired_item_can_be_read_until_the_delay_is_over(delayed):
    emu, table = delayed
    assert table.get_item(Key={"id": "a"})["Item"]["user"] == "ann"
    assert table.query(KeyConditionExpression=Key("id").eq("a"))["Count"] == 1
    emu.clock.advance(days=2)
    assert left(table) == []


def test_callers_filter_expired_items_themselves(delayed):
    emu, table = delayed
    now = int(emu.clock.now())
    page = table.scan(FilterExpression=Attr("expires").gt(now))
    assert (page["Count"], page["ScannedCount"]) == (0, 1)


def test_an_expired_item_can_be_renewed_until_the_delay_is_over(delayed):
    emu, table = delayed
    put(table, "a", NOW + 10 * DAY)
    emu.clock.advance(days=5)
    assert left(table) == ["a"]


def test_an_expired_item_can_be_deleted_by_hand_until_the_delay_is_over(delayed):
    emu, table = delayed
    table.delete_item(Key={"id": "a"})
    emu.clock.advance(days=5)
    records = read_table(emu.client(), emu.client(service_name="dynamodbstreams"), "Sessions")
    assert [record for record in records if "userIdentity" in record] == []


# --- Settings -------------------------------------------------------------------------------------


def test_time_to_live_is_enabled_after_the_request(sessions, client):
    assert state(client) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_time_to_live_is_disabled_after_the_request(sessions, client, clock):
    clock.advance(hours=1)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
    assert state(client) == {"TimeToLiveStatus": "DISABLED"}


def test_a_change_takes_as_long_as_the_delay_of_statuses():
    emu = Emulator(status_delay=10)
    emu.clock.freeze(NOON)
    client = emu.client()
    client.create_table(**table_of("Sessions", "id"))
    emu.clock.advance(seconds=10)
    seen = []
    for specification in (ON, OFF):
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=specification)
        seen.append(state(client))
        emu.clock.advance(hours=1)
        seen.append(state(client))
    assert seen == [
        {"TimeToLiveStatus": "ENABLING", "AttributeName": "expires"},
        {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"},
        {"TimeToLiveStatus": "DISABLING", "AttributeName": "expires"},
        {"TimeToLiveStatus": "DISABLED"},
    ]


def test_nothing_expires_while_time_to_live_is_enabling():
    emu = Emulator(status_delay=10)
    emu.clock.freeze(NOON)
    table = emu.resource().create_table(**table_of("Sessions", "id"))
    emu.clock.advance(seconds=10)
    put(table, "a", NOW)
    emu.client().update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    emu.clock.advance(seconds=9)
    assert left(table) == ["a"]
    emu.clock.advance(seconds=1)
    assert left(table) == []


def test_a_table_that_is_not_active_takes_no_change():
    emu = Emulator(status_delay=10)
    emu.clock.freeze(NOON)
    client = emu.client()
    client.create_table(**table_of("Sessions", "id"))
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)


def test_disabling_stops_deletion(sessions, client, clock):
    put(sessions, "a", NOW + 2 * HOUR)
    clock.advance(hours=1)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
    clock.advance(days=5)
    assert left(sessions) == ["a"]


def test_enabling_again_deletes_what_expired_meanwhile(sessions, client, clock):
    put(sessions, "a", NOW + 2 * HOUR)
    clock.advance(hours=1)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
    clock.advance(days=5)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    assert left(sessions) == []


def test_the_attribute_is_changed_by_disabling_and_enabling(sessions, client, clock):
    sessions.put_item(Item={"id": "a", "expires": NOW + 3 * HOUR, "until": NOW + 10 * HOUR})
    sessions.put_item(Item={"id": "b", "expires": NOW + 10 * HOUR, "until": NOW + 3 * HOUR})
    for specification in (OFF, {"Enabled": True, "AttributeName": "until"}):
        clock.advance(hours=1)
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=specification)
    clock.advance(hours=2)
    assert left(sessions) == ["a"]


@pytest.mark.parametrize(("seconds", "accepted"), [(HOUR - 1, False), (HOUR, True)])
def test_time_to_live_may_be_changed_an_hour_later(sessions, client, clock, seconds, accepted):
    clock.advance(seconds=seconds)
    if accepted:
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
        return
    with refused(TOO_SOON):
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)


def test_time_to_live_may_not_be_enabled_right_after_it_was_disabled(sessions, client, clock):
    clock.advance(hours=1)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
    with refused(TOO_SOON):
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)


def test_a_change_that_was_refused_does_not_count(sessions, client, clock):
    clock.advance(minutes=50)
    with refused(TOO_SOON):
        client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
    clock.advance(minutes=10)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)


def test_a_table_that_is_made_again_has_no_time_to_live(sessions, client, resource, clock):
    put(sessions, "a", NOW + 60)
    client.delete_table(TableName="Sessions")
    again = create(resource, "Sessions", "id")
    put(again, "a", NOW + 60)
    clock.advance(days=1)
    assert (left(again), state(client)) == (["a"], {"TimeToLiveStatus": "DISABLED"})


def test_nothing_expires_in_a_deleted_table(sessions, client, streams, clock):
    arn = stream_of(client, "Sessions")
    put(sessions, "a", NOW + HOUR)
    client.delete_table(TableName="Sessions")
    clock.advance(hours=2)
    assert names(read_stream(streams, arn)) == ["INSERT"]


def test_a_reset_right_after_a_change_leaves_nothing_to_do(sessions, client, road, resource, clock):
    road.emulator.reset()
    table = resource.create_table(**streamed("Sessions"))
    put(table, "a", NOW - 60)
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    road.emulator.reset()
    assert client.list_tables()["TableNames"] == []


def test_regions_have_settings_of_their_own(road, clock):
    emu = road.emulator
    tables = {}
    for region in ("us-east-1", "eu-west-1"):
        tables[region] = emu.resource(region).create_table(**table_of("Sessions", "id"))
        put(tables[region], "a", NOW + 60)
    emu.client("eu-west-1").update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    clock.advance(hours=1)
    assert [left(tables[region]) for region in ("us-east-1", "eu-west-1")] == [["a"], []]


# --- Savepoints -----------------------------------------------------------------------------------


@pytest.mark.parametrize("clock_first", [True, False])
def test_a_savepoint_brings_back_an_item_that_expired_and_it_expires_again(sessions, road, clock, clock_first):
    put(sessions, "a", NOW + HOUR)
    savepoint = road.emulator.savepoint()
    clock.advance(days=30)
    if clock_first:
        clock.freeze(NOON)
    savepoint.restore()
    savepoint.release()
    clock.freeze(NOON)
    assert left(sessions) == ["a"]
    clock.advance(hours=2)
    assert left(sessions) == []


def test_a_savepoint_brings_back_the_settings(sessions, client, road, clock):
    put(sessions, "a", NOW + 3 * HOUR)
    clock.advance(hours=1)
    savepoint = road.emulator.savepoint()
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=OFF)
    assert state(client) == {"TimeToLiveStatus": "DISABLED"}
    savepoint.restore()
    savepoint.release()
    assert state(client) == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    clock.advance(hours=3)
    assert left(sessions) == []


def test_a_savepoint_takes_back_that_time_to_live_was_enabled(resource, client, road, clock):
    table = create(resource, "Sessions", "id")
    put(table, "a", NOW + HOUR)
    savepoint = road.emulator.savepoint()
    client.update_time_to_live(TableName="Sessions", TimeToLiveSpecification=ON)
    assert state(client)["TimeToLiveStatus"] == "ENABLED"
    savepoint.restore()
    savepoint.release()
    clock.advance(days=1)
    assert (left(table), state(client)) == (["a"], {"TimeToLiveStatus": "DISABLED"})


def test_a_savepoint_brings_back_a_deleted_table_whose_items_expire(sessions, client, road, clock):
    put(sessions, "a", NOW + HOUR)
    savepoint = road.emulator.savepoint()
    client.delete_table(TableName="Sessions")
    client.list_tables()
    savepoint.restore()
    savepoint.release()
    assert left(sessions) == ["a"]
    clock.advance(hours=2)
    assert left(sessions) == []
