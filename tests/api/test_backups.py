"""On-demand backups and backups by the service: what they hold, how they are listed, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator import Emulator

from .builders import column, create, fill, index, plain, refused, table_of, typed
from .conftest import NOON

ON = {"PointInTimeRecoveryEnabled": True}
OFF = {"PointInTimeRecoveryEnabled": False}


@pytest.fixture
def orders(resource):
    """Three orders of ann and bob, with an index by day."""
    table = create(resource, "Orders", "customer", "number:N", gsis=[index("by-day", "day")])
    fill(
        table,
        [
            {"customer": "ann", "number": 1, "day": "mon"},
            {"customer": "ann", "number": 2, "day": "tue"},
            {"customer": "bob", "number": 1},
        ],
    )
    return table


def back_up(client, name="nightly", table="Orders"):
    return client.create_backup(TableName=table, BackupName=name)["BackupDetails"]["BackupArn"]


def details(client, arn):
    return client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]


def names(client, **request):
    return column(client.list_backups(**request)["BackupSummaries"], "BackupName")


def restored(client, arn, target="Restored", **overrides):
    """The items of a table that was restored, in order."""
    client.restore_table_from_backup(TargetTableName=target, BackupArn=arn, **overrides)
    return items(client, target)


def items(client, table, **request):
    found = map(plain, client.scan(TableName=table, **request)["Items"])
    return sorted(found, key=lambda item: (item["customer"], item["number"]))


def in_region(arn, region):
    return arn.replace(":us-east-1:", f":{region}:")


# --- What a backup holds --------------------------------------------------------------------------


def test_a_backup_holds_the_items_of_its_moment(orders, client):
    before = items(client, "Orders")
    arn = back_up(client)
    orders.put_item(Item={"customer": "ann", "number": 1, "day": "sun"})
    orders.delete_item(Key={"customer": "ann", "number": 2})
    orders.put_item(Item={"customer": "cat", "number": 1})
    assert restored(client, arn) == before


def test_a_backup_fills_the_indexes_of_the_table_that_is_restored(orders, client):
    arn = back_up(client)
    client.restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)
    by_day = items(client, "Restored", IndexName="by-day")
    assert [(item["customer"], item["number"]) for item in by_day] == [("ann", 1), ("ann", 2)]


def test_a_backup_survives_the_deletion_of_its_table(orders, client):
    before = items(client, "Orders")
    arn = back_up(client)
    client.delete_table(TableName="Orders")
    assert restored(client, arn, "Orders") == before


def test_each_restore_of_a_backup_is_a_table_of_its_own(orders, client):
    before = items(client, "Orders")
    arn = back_up(client)
    restored(client, arn)
    client.put_item(TableName="Restored", Item=typed({"customer": "ann", "number": 1}))
    assert (items(client, "Orders"), restored(client, arn, "Again")) == (before, before)


def test_a_backup_of_an_empty_table_makes_an_empty_table(resource, client):
    create(resource, "Orders", "customer", "number:N")
    assert restored(client, back_up(client)) == []


def test_a_backup_counts_its_items(orders, client):
    description = client.describe_backup(BackupArn=back_up(client))["BackupDescription"]
    assert description["SourceTableDetails"]["ItemCount"] == 3


def test_a_backup_is_as_large_as_its_table(orders, client):
    size = client.describe_table(TableName="Orders")["Table"]["TableSizeBytes"]
    assert details(client, back_up(client))["BackupSizeBytes"] == size > 0


def test_a_restored_table_takes_writes(orders, client):
    arn = back_up(client)
    restored(client, arn)
    client.put_item(TableName="Restored", Item=typed({"customer": "cat", "number": 1, "day": "mon"}))
    found = client.query(
        TableName="Restored",
        IndexName="by-day",
        KeyConditionExpression="#d = :d",
        ExpressionAttributeNames={"#d": "day"},
        ExpressionAttributeValues={":d": {"S": "mon"}},
    )
    assert found["Count"] == 2


# --- Lists ----------------------------------------------------------------------------------------


def test_backups_made_while_the_clock_stands_still_are_listed_in_order(orders, client, clock):
    made = [f"backup-{number}" for number in range(8)]
    for name in made:
        back_up(client, name)
    assert names(client) == made


def test_backups_of_all_tables_are_listed_by_the_time_they_were_made(orders, resource, client, clock):
    create(resource, "Archive", "customer")
    for name, table in [("first", "Orders"), ("second", "Archive"), ("third", "Orders")]:
        back_up(client, name, table)
        clock.advance(seconds=1)
    assert names(client) == ["first", "second", "third"]


def test_backups_are_listed_page_by_page(orders, client, clock):
    made = [f"backup-{number}" for number in range(7)]
    for name in made:
        back_up(client, name)
        clock.advance(timedelta(milliseconds=1))
    pages = client.get_paginator("list_backups").paginate(TableName="Orders", PaginationConfig={"PageSize": 3})
    assert [column(page["BackupSummaries"], "BackupName") for page in pages] == [made[:3], made[3:6], made[6:]]


def test_a_time_range_is_from_the_lower_to_below_the_upper_bound(orders, client, clock):
    for name in ("first", "second", "third"):
        back_up(client, name)
        clock.advance(seconds=10)
    lower, upper = NOON + timedelta(seconds=10), NOON + timedelta(seconds=20)
    assert names(client, TimeRangeLowerBound=lower) == ["second", "third"]
    assert names(client, TimeRangeUpperBound=upper) == ["first", "second"]
    assert names(client, TimeRangeLowerBound=lower, TimeRangeUpperBound=upper) == ["second"]


# --- Regions and accounts -------------------------------------------------------------------------


def test_an_arn_with_another_region_finds_the_backup_of_the_region_that_is_asked(orders, client):
    elsewhere = in_region(back_up(client), "eu-west-1")
    assert details(client, elsewhere)["BackupArn"] == elsewhere


def test_a_backup_is_deleted_by_an_arn_with_another_region(orders, client):
    arn = back_up(client)
    answer = client.delete_backup(BackupArn=in_region(arn, "eu-west-1"))["BackupDescription"]["BackupDetails"]
    assert (answer["BackupArn"], answer["BackupStatus"]) == (in_region(arn, "eu-west-1"), "DELETED")
    assert names(client) == []


def test_another_region_does_not_find_a_backup(orders, client, road):
    arn = back_up(client)
    there = road.emulator.client("eu-west-1")
    with refused(f"Backup not found: {arn}", "BackupNotFoundException"):
        there.describe_backup(BackupArn=arn)


def test_a_backup_is_restored_in_another_region(orders, client, road):
    before = items(client, "Orders")
    arn = back_up(client)
    there = road.emulator.client("eu-west-1")
    assert restored(there, arn) == before
    assert there.describe_table(TableName="Restored")["Table"]["TableArn"].split(":")[3] == "eu-west-1"


# --- Backups by the service -----------------------------------------------------------------------


def enable(client, table="Orders"):
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=ON)


def system_backups(client):
    return client.list_backups(BackupType="SYSTEM")["BackupSummaries"]


def test_a_deleted_table_with_recovery_can_be_had_back_with_its_index(orders, client):
    enable(client)
    before = items(client, "Orders")
    client.delete_table(TableName="Orders")
    (backup,) = system_backups(client)
    assert restored(client, backup["BackupArn"], "Orders") == before
    assert len(items(client, "Orders", IndexName="by-day")) == 2


def test_a_backup_by_the_service_expires_after_35_days(orders, client, clock):
    enable(client)
    client.delete_table(TableName="Orders")
    (backup,) = system_backups(client)
    assert backup["BackupExpiryDateTime"] == NOON + timedelta(days=35)
    clock.advance(days=35, seconds=-1)
    assert len(system_backups(client)) == 1
    clock.advance(seconds=1)
    assert system_backups(client) == []


def test_a_backup_by_the_service_says_when_it_expires_if_somebody_deletes_it(orders, client, clock):
    enable(client)
    client.delete_table(TableName="Orders")
    arn = system_backups(client)[0]["BackupArn"]
    expected = (
        f"Invalid Request: User is not allowed to delete the system backup with arn {arn}. "
        "It will automatically expire on Thursday, February 5, 2026 12:00:00 PM UTC"
    )
    with refused(expected):
        client.delete_backup(BackupArn=arn)


def test_a_table_that_is_made_and_deleted_twice_at_one_time_leaves_two_backups(resource, client, clock):
    for _ in range(2):
        create(resource, "Orders", "customer")
        enable(client)
        client.delete_table(TableName="Orders")
    assert len({backup["BackupArn"] for backup in system_backups(client)}) == 2


# --- Statuses that take their time ----------------------------------------------------------------


@pytest.fixture
def slow():
    """An emulator in which changes of status take ten seconds, with a table that is ready to be backed up."""
    emulator = Emulator(status_delay=10)
    emulator.clock.freeze(NOON)
    client = emulator.client()
    client.create_table(**table_of("Orders", "customer", "number:N"))
    emulator.clock.advance(seconds=20)
    client.put_item(TableName="Orders", Item=typed({"customer": "ann", "number": 1}))
    return emulator


def test_a_backup_is_available_after_the_delay(slow):
    client = slow.client()
    arn = back_up(client)
    assert details(client, arn)["BackupStatus"] == "CREATING"
    assert column(client.list_backups()["BackupSummaries"], "BackupStatus") == ["CREATING"]
    slow.clock.advance(seconds=10)
    assert details(client, arn)["BackupStatus"] == "AVAILABLE"


@pytest.mark.parametrize("operation", ["delete_backup", "restore_table_from_backup"])
def test_a_backup_is_in_use_while_it_is_created(slow, operation):
    client = slow.client()
    arn = back_up(client)
    target = {"TargetTableName": "Restored"} if operation.startswith("restore") else {}
    with refused(f"Backup is being created: {arn}", "BackupInUseException"):
        getattr(client, operation)(BackupArn=arn, **target)


def test_a_table_that_is_created_cannot_be_backed_up_until_some_time_after(slow):
    client = slow.client()
    client.create_table(**table_of("Archive", "customer"))
    with refused("Table not found: Archive", "TableNotFoundException"):
        back_up(client, table="Archive")
    slow.clock.advance(seconds=10)
    with refused(
        "Backups are being enabled for the table: Archive. Please retry later",
        "ContinuousBackupsUnavailableException",
    ):
        back_up(client, table="Archive")
    slow.clock.advance(seconds=10)
    back_up(client, table="Archive")
    assert names(client) == ["nightly"]


def test_a_table_that_is_updated_can_be_backed_up(slow):
    client = slow.client()
    client.update_table(TableName="Orders", StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    back_up(client)
    assert names(client) == ["nightly"]


def test_a_table_that_is_deleted_can_be_backed_up_until_it_is_gone(slow):
    client = slow.client()
    client.delete_table(TableName="Orders")
    arn = back_up(client)
    slow.clock.advance(seconds=10)
    assert details(client, arn)["BackupStatus"] == "AVAILABLE"


def test_the_service_backs_a_table_up_when_it_is_gone(slow):
    client = slow.client()
    enable(client)
    client.delete_table(TableName="Orders")
    assert system_backups(client) == []
    slow.clock.advance(seconds=10)
    assert column(system_backups(client), "BackupCreationDateTime") == [NOON + timedelta(seconds=30)]


def test_recovery_that_is_switched_off_while_the_table_is_deleted_leaves_no_backup(slow):
    client = slow.client()
    enable(client)
    client.delete_table(TableName="Orders")
    client.update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=OFF)
    slow.clock.advance(seconds=10)
    assert system_backups(client) == []


# --- Savepoints and resets ------------------------------------------------------------------------


def test_a_savepoint_brings_a_deleted_backup_back(orders, client, road):
    arn, before = back_up(client), items(client, "Orders")
    savepoint = road.emulator.savepoint()
    client.delete_backup(BackupArn=arn)
    savepoint.restore()
    savepoint.release()
    assert restored(client, arn) == before


def test_a_savepoint_takes_a_backup_and_a_restored_table_away_again(orders, client, road):
    savepoint = road.emulator.savepoint()
    restored(client, back_up(client))
    savepoint.restore()
    savepoint.release()
    assert (names(client), client.list_tables()["TableNames"]) == ([], ["Orders"])


def test_a_savepoint_brings_a_deleted_table_back_and_takes_its_backup_away(orders, client, road):
    enable(client)
    savepoint = road.emulator.savepoint()
    client.delete_table(TableName="Orders")
    assert len(system_backups(client)) == 1
    savepoint.restore()
    savepoint.release()
    assert (system_backups(client), len(items(client, "Orders"))) == ([], 3)


def test_a_reset_forgets_backups(orders, client, road):
    arn = back_up(client)
    road.emulator.reset()
    assert names(client) == []
    with refused(f"Backup not found: {arn}", "BackupNotFoundException"):
        client.restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)
