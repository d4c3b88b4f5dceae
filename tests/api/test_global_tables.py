"""Global tables through boto3: the life of replicas, lags by the clock, what is shared. Source: global_tables.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator import Emulator

from .builders import index, refused, table_of
from .conftest import NOON
from .consumers import names, read_table

HOME, AWAY, THIRD = "us-east-1", "eu-west-1", "us-west-2"
Json = dict[str, Any]


class Regions:
    """An emulator, and its clients by region. The clock stands still at noon."""

    def __init__(self, **settings: Any) -> None:
        self.emulator = Emulator(**settings)
        self.emulator.clock.freeze(NOON)
        self._clients: dict[str, Any] = {}

    def __getitem__(self, region: str) -> Any:
        if region not in self._clients:
            self._clients[region] = self.emulator.client(region)
        return self._clients[region]

    def create(self, *regions: str, **parameters: Any) -> None:
        """A table `orders` at home, with replicas in other regions."""
        self[HOME].create_table(**table_of("orders", "id", **parameters))
        self.settle()
        for region in regions:
            self.replicate({"Create": {"RegionName": region}})
            self.settle()

    def replicate(self, *updates: Json, region: str = HOME, **parameters: Any) -> Json:
        answer = self[region].update_table(TableName="orders", ReplicaUpdates=list(updates), **parameters)
        description: Json = answer["TableDescription"]
        return description

    def settle(self) -> None:
        """Let changes of tables be done."""
        self.emulator.clock.advance(seconds=2 * self.emulator.settings.status_delay)

    def advance(self, seconds: float) -> None:
        self.emulator.clock.advance(seconds=seconds)

    def describe(self, region: str = HOME) -> Json:
        description: Json = self[region].describe_table(TableName="orders")["Table"]
        return description

    def put(self, region: str, key: str = "a", **attributes: Json) -> None:
        self[region].put_item(TableName="orders", Item={"id": {"S": key}, **attributes})

    def delete(self, region: str, key: str = "a") -> None:
        self[region].delete_item(TableName="orders", Key={"id": {"S": key}})

    def get(self, region: str, key: str = "a", *, consistent: bool = False) -> Json | None:
        answer = self[region].get_item(TableName="orders", Key={"id": {"S": key}}, ConsistentRead=consistent)
        item: Json | None = answer.get("Item")
        return item

    def items(self, region: str) -> list[Json]:
        items: list[Json] = self[region].scan(TableName="orders")["Items"]
        return sorted(items, key=lambda item: item["id"]["S"])

    def records(self, region: str) -> list[Json]:
        streams = self.emulator.client(region, service_name="dynamodbstreams")
        return read_table(self[region], streams, "orders")

    def statuses(self, region: str = HOME) -> dict[str, str]:
        """ReplicaStatus by region."""
        return {entry["RegionName"]: entry["ReplicaStatus"] for entry in self.describe(region).get("Replicas", [])}


@pytest.fixture
def regions() -> Regions:
    """A table with replicas in two other regions."""
    regions = Regions()
    regions.create(AWAY, THIRD)
    return regions


@pytest.fixture
def lagging() -> Regions:
    """The same, in which a change takes five seconds to the other regions."""
    regions = Regions(replication_lag=5)
    regions.create(AWAY, THIRD)
    return regions


@pytest.fixture
def slow() -> Regions:
    """A table of one region, in an emulator in which each change of status takes ten seconds."""
    regions = Regions(status_delay=10)
    regions.create()
    return regions


def n(number: float) -> Json:
    return {"N": str(number)}


# --- The life of a replica ------------------------------------------------------------------------


def test_a_replica_is_creating_until_it_is_active(slow):
    assert slow.replicate({"Create": {"RegionName": AWAY}})["TableStatus"] == "UPDATING"
    before = (slow.describe()["TableStatus"], slow.statuses(), slow.describe(AWAY)["TableStatus"])
    slow.advance(10)
    after = (slow.describe()["TableStatus"], slow.statuses(), slow.describe(AWAY)["TableStatus"])
    assert before == ("UPDATING", {AWAY: "CREATING"}, "CREATING")
    assert after == ("ACTIVE", {AWAY: "ACTIVE"}, "ACTIVE")


@pytest.mark.parametrize(
    "request_",
    [
        lambda client: client.put_item(TableName="orders", Item={"id": {"S": "a"}}),
        lambda client: client.describe_time_to_live(TableName="orders"),
        lambda client: client.update_table(TableName="orders", DeletionProtectionEnabled=True),
    ],
    ids=["PutItem", "DescribeTimeToLive", "UpdateTable"],
)
def test_a_replica_that_is_creating_is_found_by_no_other_operation_than_describe_table(slow, request_):
    slow.replicate({"Create": {"RegionName": AWAY}})
    with pytest.raises(slow[AWAY].exceptions.ResourceNotFoundException):
        request_(slow[AWAY])


def test_a_replica_that_is_creating_is_not_deleted(slow):
    slow.replicate({"Create": {"RegionName": AWAY}})
    with pytest.raises(slow[AWAY].exceptions.ResourceInUseException):
        slow[AWAY].delete_table(TableName="orders")


@pytest.mark.parametrize("kind", ["Create", "Delete"])
@pytest.mark.parametrize("region", [HOME, THIRD])
def test_one_replica_at_a_time_comes_or_goes(kind, region):
    slow = Regions(status_delay=10)
    slow.create(*([AWAY, THIRD] if kind == "Delete" else [THIRD]))
    slow.replicate({kind: {"RegionName": AWAY}})
    message = "Attempt to change a resource which is still in use: Table is being updated: orders"
    with refused(message, "ResourceInUseException"):
        slow.replicate({"Create": {"RegionName": "ap-south-1"}}, region=region)


def test_what_is_written_while_a_replica_is_made_is_in_it_too(slow):
    slow.put(HOME, "before")
    slow.replicate({"Create": {"RegionName": AWAY}})
    slow.put(HOME, "meanwhile")
    slow.delete(HOME, "before")
    slow.advance(10)
    assert slow.items(AWAY) == [{"id": {"S": "meanwhile"}}]


def test_time_to_live_may_be_set_while_a_replica_is_added_to_an_empty_table(slow):
    slow.replicate({"Create": {"RegionName": AWAY}})
    specification = {"Enabled": True, "AttributeName": "until"}
    slow[HOME].update_time_to_live(TableName="orders", TimeToLiveSpecification=specification)
    slow.advance(10)
    described = slow[AWAY].describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}


def test_time_to_live_is_not_set_while_a_replica_is_added_to_a_table_with_items(slow):
    slow.put(HOME)
    slow.replicate({"Create": {"RegionName": AWAY}})
    with refused("Updating TimeToLive is not allowed while the replica is being added"):
        specification = {"Enabled": True, "AttributeName": "until"}
        slow[HOME].update_time_to_live(TableName="orders", TimeToLiveSpecification=specification)


def test_a_replica_that_is_deleted_is_listed_longer_than_the_calling_table_is_updating():
    slow = Regions(status_delay=10)
    slow.create(AWAY)
    slow.replicate({"Delete": {"RegionName": AWAY}})
    seen = []
    for _ in range(3):
        seen.append((slow.describe()["TableStatus"], slow.statuses()))
        slow.advance(10)
    assert seen == [("UPDATING", {AWAY: "DELETING"}), ("ACTIVE", {AWAY: "DELETING"}), ("ACTIVE", {})]
    with pytest.raises(slow[AWAY].exceptions.ResourceNotFoundException):
        slow.describe(AWAY)


def test_a_region_may_leave_a_day_after_another_one_was_copied_from_it(regions):
    message = (
        "Replica cannot be deleted because it has acted as a source region for new replica(s) "
        "being added to the table in the last 24 hours."
    )
    with refused(message):
        regions[HOME].delete_table(TableName="orders")
    regions.advance(24 * 3600)
    regions[HOME].delete_table(TableName="orders")
    assert (regions.statuses(AWAY), regions.statuses(THIRD)) == ({THIRD: "ACTIVE"}, {AWAY: "ACTIVE"})


def test_the_calls_of_terraform_make_and_destroy_a_replica():
    """control_plane.md 15.1 and 15.4: `already exist` makes it update, `request was not found` counts as deleted."""
    regions = Regions()
    regions.create(AWAY)
    for updates, text in (
        ({"Create": {"RegionName": AWAY}}, "already exist"),
        ({"Update": {"RegionName": AWAY}}, "no actions specified"),
    ):
        with pytest.raises(regions[HOME].exceptions.ClientError, match=text):
            regions.replicate(updates)
    assert regions.statuses() == {AWAY: "ACTIVE"}
    regions.replicate({"Delete": {"RegionName": AWAY}})
    assert regions.statuses() == {}
    with pytest.raises(regions[HOME].exceptions.ClientError, match="request was not found"):
        regions.replicate({"Delete": {"RegionName": AWAY}})
    regions[HOME].delete_table(TableName="orders")
    regions[HOME].get_waiter("table_not_exists").wait(TableName="orders")


def test_replicas_are_there_over_http_as_well(road):
    road.client.create_table(**table_of("orders", "id"))
    road.client.update_table(TableName="orders", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    road.client.get_waiter("table_exists").wait(TableName="orders")
    road.client.put_item(TableName="orders", Item={"id": {"S": "a"}})
    away = road.emulator.client(AWAY)
    assert away.get_item(TableName="orders", Key={"id": {"S": "a"}})["Item"] == {"id": {"S": "a"}}


# --- Lag ------------------------------------------------------------------------------------------


def test_a_change_arrives_when_the_lag_is_over(lagging):
    lagging.put(HOME)
    lagging.advance(4.999)
    early = [lagging.get(region, consistent=True) for region in (HOME, AWAY, THIRD)]
    lagging.advance(0.001)
    late = [lagging.get(region) for region in (HOME, AWAY, THIRD)]
    assert (early, late) == ([{"id": {"S": "a"}}, None, None], [{"id": {"S": "a"}}] * 3)


def test_the_last_writer_wins_in_all_regions(lagging):
    lagging.put(AWAY, by={"S": AWAY})
    lagging.advance(1)
    lagging.put(HOME, by={"S": HOME})
    lagging.advance(60)
    assert [lagging.get(region)["by"]["S"] for region in (HOME, AWAY, THIRD)] == [HOME] * 3


def test_of_writes_at_the_same_time_the_later_request_wins(lagging):
    for region in (THIRD, HOME, AWAY):
        lagging.put(region, by={"S": region})
    lagging.advance(60)
    assert [lagging.get(region)["by"]["S"] for region in (HOME, AWAY, THIRD)] == [AWAY] * 3


def test_updates_of_two_regions_at_once_do_not_add_up(lagging):
    for region in (HOME, AWAY):
        update = {"UpdateExpression": "ADD visits :one", "ExpressionAttributeValues": {":one": n(1)}}
        lagging[region].update_item(TableName="orders", Key={"id": {"S": "a"}}, **update)
    lagging.advance(60)
    assert lagging.get(HOME)["visits"] == n(1)


def test_a_condition_does_not_know_what_is_on_its_way(lagging):
    lagging.put(HOME)
    lagging[AWAY].put_item(TableName="orders", Item={"id": {"S": "a"}}, ConditionExpression="attribute_not_exists(id)")


def test_a_write_to_an_item_of_before_the_clock_was_set_back_is_the_later_one(lagging):
    lagging.put(HOME, by={"S": "first"})
    lagging.emulator.clock.freeze(NOON.timestamp() - 100)
    lagging.put(HOME, by={"S": "second"})
    lagging.advance(200)
    assert [lagging.get(region)["by"]["S"] for region in (HOME, AWAY, THIRD)] == ["second"] * 3


def test_the_stream_of_each_region_has_the_changes_in_the_order_in_which_they_came_there(lagging):
    lagging.put(HOME)
    lagging.put(AWAY, v=n(1))
    lagging.advance(60)
    assert [names(lagging.records(region)) for region in (HOME, AWAY)] == [["INSERT", "MODIFY"], ["INSERT"]]


def test_what_a_region_wrote_arrives_although_it_has_left(lagging):
    lagging.put(THIRD)
    lagging.replicate({"Delete": {"RegionName": THIRD}})
    lagging.advance(60)
    assert (lagging.items(HOME), lagging.items(AWAY)) == ([{"id": {"S": "a"}}], [{"id": {"S": "a"}}])


def test_a_new_replica_gets_what_is_on_its_way_to_the_table_it_is_copied_from():
    lagging = Regions(replication_lag=5)
    lagging.create(AWAY)
    lagging.put(AWAY)
    lagging.replicate({"Create": {"RegionName": THIRD}})
    lagging.advance(5)
    assert lagging.items(THIRD) == [{"id": {"S": "a"}}]


def test_disassociation_waits_for_what_is_on_its_way(lagging):
    lagging[AWAY].update_table(TableName="orders", DisassociationProtectionEnabled=False)
    lagging.put(HOME)
    action = {"RegionName": AWAY, "DisassociationMode": "WAIT_FOR_REPLICATION"}
    lagging.replicate({"Disassociate": action}, region=AWAY)
    assert (lagging.statuses(AWAY), lagging.items(AWAY)) == ({}, [{"id": {"S": "a"}}])


def test_strong_consistency_does_without_lag():
    regions = Regions(replication_lag=5)
    regions.create()
    creations = [{"Create": {"RegionName": region}} for region in ("us-east-2", THIRD)]
    regions.replicate(*creations, MultiRegionConsistency="STRONG")
    regions.settle()
    regions.put("us-east-2")
    assert regions.get(THIRD, consistent=True) == {"id": {"S": "a"}}


# --- Time to live ---------------------------------------------------------------------------------


def let_expire(regions: Regions) -> None:
    specification = {"Enabled": True, "AttributeName": "until"}
    regions[HOME].update_time_to_live(TableName="orders", TimeToLiveSpecification=specification)
    regions.settle()


@pytest.mark.parametrize("lag", [0, 5])
def test_only_the_region_where_an_item_expired_shows_the_service_in_its_stream(lag):
    regions = Regions(replication_lag=lag)
    regions.create(AWAY, THIRD)
    let_expire(regions)
    regions.put(AWAY, until=n(int(NOON.timestamp()) + 60))
    regions.advance(120)
    last = {region: regions.records(region)[-1] for region in (HOME, AWAY, THIRD)}
    assert {record["eventName"] for record in last.values()} == {"REMOVE"}
    assert [region for region, record in last.items() if "userIdentity" in record] == [AWAY]


def test_an_item_that_expired_elsewhere_is_there_until_the_deletion_arrives(lagging):
    let_expire(lagging)
    lagging.put(AWAY, until=n(int(NOON.timestamp()) + 60))
    lagging.advance(63)
    early = [region for region in (HOME, AWAY, THIRD) if lagging.get(region)]
    lagging.advance(5)
    assert (early, lagging.get(HOME)) == ([HOME, THIRD], None)


def test_an_item_that_is_written_after_it_expired_elsewhere_is_deleted_where_it_was_written(lagging):
    let_expire(lagging)
    lagging.put(HOME, until=n(int(NOON.timestamp()) + 60))
    lagging.advance(61)
    change = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": n(1)}}
    lagging[AWAY].update_item(TableName="orders", Key={"id": {"S": "a"}}, **change)
    lagging.advance(60)
    assert [lagging.items(region) for region in (HOME, AWAY, THIRD)] == [[], [], []]


def test_items_of_a_region_that_has_left_expire_in_another_one(regions):
    let_expire(regions)
    regions.put(THIRD, until=n(int(NOON.timestamp()) + 60))
    regions.replicate({"Delete": {"RegionName": THIRD}})
    regions.advance(120)
    assert [regions.items(region) for region in (HOME, AWAY)] == [[], []]


# --- Settings -------------------------------------------------------------------------------------


def test_each_region_has_an_index_status_of_its_own():
    slow = Regions(status_delay=10)
    slow.create(AWAY, AttributeDefinitions=table_of("orders", "id")["AttributeDefinitions"])
    request = table_of("orders", "id", gsis=[index("by-v", "v")])
    update = [{"Create": request["GlobalSecondaryIndexes"][0]}]
    definitions = request["AttributeDefinitions"]
    slow[AWAY].update_table(TableName="orders", AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=update)
    seen = []
    for _ in range(3):
        seen.append([slow.describe(region)["GlobalSecondaryIndexes"][0]["IndexStatus"] for region in (HOME, AWAY)])
        slow.advance(10)
    assert seen == [["CREATING", "CREATING"], ["CREATING", "CREATING"], ["ACTIVE", "ACTIVE"]]


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_a_region_whose_mode_is_disabled_shares_no_settings(region):
    regions = Regions()
    regions.create(AWAY)
    regions[region].update_table(TableName="orders", GlobalTableSettingsReplicationMode="DISABLED")
    regions[HOME].update_table(TableName="orders", OnDemandThroughput={"MaxReadRequestUnits": 5})
    assert "OnDemandThroughput" not in regions.describe(AWAY)


def test_nothing_changes_anywhere_if_one_region_refuses_a_change():
    regions = Regions()
    regions.create(AWAY)
    for table_class in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        regions[HOME].update_table(TableName="orders", TableClass=table_class)
    regions.replicate({"Create": {"RegionName": THIRD}})
    with pytest.raises(regions[HOME].exceptions.LimitExceededException):  # two changes in 30 days there, none in THIRD
        regions[THIRD].update_table(TableName="orders", TableClass="STANDARD_INFREQUENT_ACCESS")
    assert [regions.describe(region)["TableStatus"] for region in (HOME, AWAY, THIRD)] == ["ACTIVE"] * 3


def test_a_table_is_made_as_a_replica_of_one_in_another_region():
    regions = Regions()
    regions.create(gsis=[index("by-v", "v")])
    regions.put(HOME, v={"S": "x"})
    answer = regions[AWAY].create_table(
        TableName="orders",
        GlobalTableSourceArn=regions.describe()["TableArn"],
        GlobalTableSettingsReplicationMode="ENABLED",
        Tags=[{"Key": "team", "Value": "blue"}],
    )["TableDescription"]
    arn = answer["TableArn"]
    assert (answer["TableStatus"], regions.statuses()) == ("CREATING", {AWAY: "ACTIVE"})
    assert regions[AWAY].query(
        TableName="orders",
        IndexName="by-v",
        KeyConditionExpression="v = :x",
        ExpressionAttributeValues={":x": {"S": "x"}},
    )["Items"] == [{"id": {"S": "a"}, "v": {"S": "x"}}]
    assert regions[AWAY].list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]


# --- Savepoints and resets ------------------------------------------------------------------------


def add_region(regions: Regions) -> None:
    regions.replicate({"Create": {"RegionName": THIRD}})


def remove_region(regions: Regions) -> None:
    regions.replicate({"Delete": {"RegionName": AWAY}})


def delete_in_region(regions: Regions) -> None:
    regions[AWAY].delete_table(TableName="orders")


def disassociate(regions: Regions) -> None:
    regions[AWAY].update_table(TableName="orders", DisassociationProtectionEnabled=False)
    regions[AWAY].describe_table(TableName="orders")
    action = {"RegionName": AWAY, "DisassociationMode": "WAIT_FOR_REPLICATION"}
    regions.replicate({"Disassociate": action}, region=AWAY)


def reset(regions: Regions) -> None:
    regions.emulator.reset()


@pytest.mark.parametrize("change", [add_region, remove_region, delete_in_region, disassociate, reset])
def test_a_savepoint_takes_back_who_the_members_are(change: Callable[[Regions], None]):
    regions = Regions(replication_lag=5)
    regions.create(AWAY)
    regions.put(HOME)
    before = [regions.describe(region) for region in (HOME, AWAY)]
    savepoint = regions.emulator.savepoint()
    change(regions)
    regions[HOME].list_tables()
    savepoint.restore()
    savepoint.release()
    assert [regions.describe(region) for region in (HOME, AWAY)] == before
    regions.advance(5)
    assert regions.items(AWAY) == [{"id": {"S": "a"}}]
    with pytest.raises(regions[THIRD].exceptions.ResourceNotFoundException):
        regions.describe(THIRD)


def test_after_a_reset_a_table_of_that_name_is_one_of_its_region(regions):
    regions.emulator.reset()
    regions.create()
    regions.put(HOME)
    assert regions.statuses() == {}
    with pytest.raises(regions[AWAY].exceptions.ResourceNotFoundException):
        regions.describe(AWAY)
