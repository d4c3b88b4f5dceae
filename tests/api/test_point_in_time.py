"""Point-in-time recovery: to which times a table can be restored, and what it held then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator import Emulator

from .builders import create, index, plain, refused, table_of, typed
from .conftest import NOON

INVALID_TIME = (
    "An invalid restore time was specified. "
    "RestoreDateTime must be between EarliestRestorableDateTime and LatestRestorableDateTime."
)


@pytest.fixture
def carts(resource, client, clock):
    """A table with point-in-time recovery since noon, by a clock that stands still."""
    table = create(resource, "Carts", "user", gsis=[index("by-state", "state")])
    enable(client)
    return table


def enable(client, table="Carts", **specification):
    return client.update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True, **specification},
    )


def disable(client, table="Carts"):
    client.update_continuous_backups(
        TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


def window(client, table="Carts"):
    """The earliest and the latest restorable time, in seconds from noon, and the period in days."""
    description = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = description["PointInTimeRecoveryDescription"]
    earliest, latest = (recovery[f"{end}RestorableDateTime"] - NOON for end in ("Earliest", "Latest"))
    return earliest.total_seconds(), latest.total_seconds(), recovery["RecoveryPeriodInDays"]


def restore(client, seconds, target="Restored", **parameters):
    when = NOON + timedelta(seconds=seconds)
    return client.restore_table_to_point_in_time(
        SourceTableName="Carts", TargetTableName=target, RestoreDateTime=when, **parameters
    )["TableDescription"]


def held(client, seconds):
    """What the table held so many seconds after noon, as state by user."""
    restore(client, seconds)
    found = states(client, "Restored")
    client.delete_table(TableName="Restored")
    return found


def states(client, table="Carts"):
    found = map(plain, client.scan(TableName=table)["Items"])
    return {item["user"]: item.get("state") for item in found}


# --- What a table held ----------------------------------------------------------------------------


def test_a_table_is_restored_to_any_second_of_its_past(carts, client, clock):
    for state in ("new", "full", "paid"):
        clock.advance(seconds=10)
        carts.put_item(Item={"user": "ann", "state": state})
    clock.advance(seconds=10)
    carts.delete_item(Key={"user": "ann"})
    seen = [held(client, seconds).get("ann") for seconds in range(41)]
    assert seen == [None] * 10 + ["new"] * 10 + ["full"] * 10 + ["paid"] * 10 + [None]


def change_by_update(client):
    client.update_item(
        TableName="Carts",
        Key={"user": {"S": "ann"}},
        UpdateExpression="SET #s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "paid"}},
    )


def change_by_batch(client):
    client.batch_write_item(RequestItems={"Carts": [{"PutRequest": {"Item": typed({"user": "ann", "state": "paid"})}}]})


def change_by_transaction(client):
    client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "Carts", "Item": typed({"user": "ann", "state": "paid"})}}]
    )


def change_by_statement(client):
    client.execute_statement(Statement="""UPDATE "Carts" SET "state" = 'paid' WHERE "user" = 'ann'""")


def delete(client):
    client.delete_item(TableName="Carts", Key={"user": {"S": "ann"}})


@pytest.mark.parametrize(
    "change", [change_by_update, change_by_batch, change_by_transaction, change_by_statement, delete]
)
def test_every_kind_of_write_is_taken_back(carts, client, clock, change):
    carts.put_item(Item={"user": "ann", "state": "new"})
    clock.advance(seconds=10)
    change(client)
    assert (held(client, 9), states(client).get("ann")) == ({"ann": "new"}, None if change is delete else "paid")


def test_what_expired_can_be_had_back(carts, client, clock):
    client.update_time_to_live(TableName="Carts", TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    carts.put_item(Item={"user": "ann", "state": "new", "expires": int(NOON.timestamp()) + 60})
    clock.advance(hours=2)
    assert (held(client, 60), held(client, 61)) == ({"ann": "new"}, {})


def test_what_a_transaction_that_failed_wanted_was_never_there(carts, client, clock):
    carts.put_item(Item={"user": "ann", "state": "new"})
    clock.advance(seconds=10)
    failing = [
        {"Put": {"TableName": "Carts", "Item": typed({"user": "bob"})}},
        {
            "ConditionCheck": {
                "TableName": "Carts",
                "Key": {"user": {"S": "ann"}},
                "ConditionExpression": "attribute_not_exists(#u)",
                "ExpressionAttributeNames": {"#u": "user"},
            }
        },
    ]
    with pytest.raises(client.exceptions.TransactionCanceledException):
        client.transact_write_items(TransactItems=failing)
    assert held(client, 10) == {"ann": "new"}


def test_indexes_of_a_restored_table_are_as_they_were(carts, client, clock):
    carts.put_item(Item={"user": "ann", "state": "new"})
    carts.put_item(Item={"user": "bob", "state": "new"})
    clock.advance(seconds=10)
    carts.put_item(Item={"user": "bob", "state": "paid"})
    restore(client, 5)
    found = client.query(
        TableName="Restored",
        IndexName="by-state",
        KeyConditionExpression="#s = :s",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "new"}},
    )
    assert {item["user"]["S"] for item in found["Items"]} == {"ann", "bob"}


def test_an_index_that_was_added_later_is_filled_with_what_was_there_earlier(carts, client, clock):
    carts.put_item(Item={"user": "ann", "state": "new", "shop": "north"})
    clock.advance(seconds=10)
    carts.delete_item(Key={"user": "ann"})
    create_index = {
        "IndexName": "by-shop",
        "KeySchema": [{"AttributeName": "shop", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    client.update_table(
        TableName="Carts",
        AttributeDefinitions=[{"AttributeName": "shop", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[{"Create": create_index}],
    )
    restore(client, 5)
    assert client.scan(TableName="Restored", IndexName="by-shop")["Count"] == 1


def test_a_restored_table_may_be_restored_in_turn(carts, client, clock):
    carts.put_item(Item={"user": "ann", "state": "new"})
    restore(client, 0)
    enable(client, "Restored")
    clock.advance(seconds=10)
    client.delete_item(TableName="Restored", Key={"user": {"S": "ann"}})
    client.restore_table_to_point_in_time(
        SourceTableName="Restored", TargetTableName="Again", RestoreDateTime=NOON + timedelta(seconds=5)
    )
    assert (states(client, "Again"), states(client, "Restored")) == ({"ann": "new"}, {})


def test_a_table_is_restored_in_another_region(carts, client, clock, road):
    carts.put_item(Item={"user": "ann", "state": "new"})
    arn = client.describe_table(TableName="Carts")["Table"]["TableArn"]
    there = road.emulator.client("eu-west-1")
    there.restore_table_to_point_in_time(
        SourceTableArn=arn, TargetTableName="Carts", RestoreDateTime=NOON + timedelta(seconds=0)
    )
    assert states(there) == {"ann": "new"}


# --- Times ----------------------------------------------------------------------------------------


def test_the_window_begins_when_recovery_is_enabled_and_ends_five_minutes_ago(carts, client, clock):
    seen = [window(client)]
    for minutes in (4, 1, 10):
        clock.advance(minutes=minutes)
        seen.append(window(client))
    assert seen == [(0, 0, 35), (0, 0, 35), (0, 0, 35), (0, 600, 35)]


def test_the_latest_restorable_time_is_five_minutes_ago(carts, client, clock):
    clock.advance(minutes=10)
    carts.put_item(Item={"user": "ann", "state": "new"})
    clock.advance(minutes=4)
    latest = {"SourceTableName": "Carts", "UseLatestRestorableTime": True}
    client.restore_table_to_point_in_time(TargetTableName="Too-early", **latest)
    clock.advance(minutes=1)
    restored = client.restore_table_to_point_in_time(TargetTableName="In-time", **latest)["TableDescription"]
    assert (states(client, "Too-early"), states(client, "In-time")) == ({}, {"ann": "new"})
    assert restored["RestoreSummary"]["RestoreDateTime"] == NOON + timedelta(minutes=10)


def test_a_table_can_be_restored_to_just_now(carts, client, clock):
    clock.advance(seconds=10)
    carts.put_item(Item={"user": "ann", "state": "new"})
    assert held(client, 10) == {"ann": "new"}


@pytest.mark.parametrize("seconds", [-1, 11, 3600])
def test_a_table_cannot_be_restored_to_a_time_outside_the_window(carts, client, clock, seconds):
    clock.advance(seconds=10)
    with refused(INVALID_TIME, "InvalidRestoreTimeException"):
        restore(client, seconds)


def test_the_window_moves_on_after_the_recovery_period(carts, client, clock):
    enable(client, RecoveryPeriodInDays=2)
    clock.advance(seconds=10)
    carts.put_item(Item={"user": "ann", "state": "new"})
    clock.advance(days=2)
    assert window(client) == (10, 2 * 86400 + 10 - 300, 2)
    assert held(client, 10) == {"ann": "new"}
    with refused(INVALID_TIME, "InvalidRestoreTimeException"):
        restore(client, 9)


def test_a_shorter_period_moves_the_beginning_of_the_window_for_good(carts, client, clock):
    clock.advance(days=3)
    enable(client, RecoveryPeriodInDays=1)
    assert window(client)[0] == 2 * 86400
    enable(client, RecoveryPeriodInDays=35)
    assert window(client)[0] == 2 * 86400


def test_recovery_that_is_enabled_anew_knows_nothing_of_earlier_times(carts, client, clock):
    carts.put_item(Item={"user": "ann", "state": "new"})
    clock.advance(seconds=10)
    disable(client)
    carts.put_item(Item={"user": "ann", "state": "paid"})
    enable(client)
    assert window(client) == (10, 10, 35)
    assert held(client, 10) == {"ann": "paid"}
    with refused(INVALID_TIME, "InvalidRestoreTimeException"):
        restore(client, 9)


def test_enabling_again_changes_nothing(carts, client, clock):
    enable(client, RecoveryPeriodInDays=7)
    clock.advance(hours=1)
    enable(client)
    assert window(client) == (0, 3300, 7)


def test_the_earliest_time_is_good_though_clients_round_it_to_the_second(resource, client, clock):
    clock.advance(timedelta(milliseconds=700))
    table = create(resource, "Carts", "user")
    table.put_item(Item={"user": "ann", "state": "new"})
    enable(client)
    clock.advance(seconds=5)
    table.delete_item(Key={"user": "ann"})
    assert window(client)[0] == 0.7
    assert held(client, 0.7) == {"ann": "new"}


# --- Whatever else goes on ------------------------------------------------------------------------


def test_a_savepoint_brings_the_past_of_a_table_back(carts, client, clock, road):
    carts.put_item(Item={"user": "ann", "state": "new"})
    savepoint = road.emulator.savepoint()
    clock.advance(seconds=10)
    carts.put_item(Item={"user": "ann", "state": "paid"})
    disable(client)
    savepoint.restore()
    savepoint.release()
    clock.advance(seconds=10)  # the savepoint brought the clock back as well
    assert (window(client)[0], held(client, 10)) == (0, {"ann": "new"})


def test_a_deleted_table_cannot_be_restored_to_a_point_in_time(carts, client, clock):
    client.delete_table(TableName="Carts")
    with refused("Table not found: Carts", "TableNotFoundException"):
        restore(client, 0)


def test_a_table_made_anew_has_no_recovery(carts, resource, client, clock):
    client.delete_table(TableName="Carts")
    create(resource, "Carts", "user")
    with refused("Point in time recovery is not enabled for table 'Carts'", "PointInTimeRecoveryUnavailableException"):
        restore(client, 0)


def test_faults_are_told_in_the_order_source_target_recovery_time(resource, client, clock):
    create(resource, "Plain", "user")
    create(resource, "Taken", "user")
    seen = []

    def code(source, target, when):
        with pytest.raises(client.exceptions.ClientError) as caught:
            client.restore_table_to_point_in_time(SourceTableName=source, TargetTableName=target, RestoreDateTime=when)
        seen.append(caught.value.response["Error"]["Code"])

    past = NOON - timedelta(days=1)
    code("Missing", "Taken", past)
    code("Plain", "Taken", past)
    code("Plain", "Free", past)
    enable(client, "Plain")
    code("Plain", "Free", past)
    assert seen == [
        "TableNotFoundException",
        "TableAlreadyExistsException",
        "PointInTimeRecoveryUnavailableException",
        "InvalidRestoreTimeException",
    ]


# --- Restores that take their time ----------------------------------------------------------------


@pytest.fixture
def slow():
    """An emulator in which changes of status take ten seconds, with a table that has been backed up."""
    emulator = Emulator(status_delay=10)
    emulator.clock.freeze(NOON)
    client = emulator.client()
    client.create_table(**table_of("Carts", "user", gsis=[index("by-state", "state")]))
    emulator.clock.advance(seconds=20)
    client.put_item(TableName="Carts", Item=typed({"user": "ann", "state": "new"}))
    enable(client)
    return emulator


@pytest.fixture
def arn(slow):
    """The ARN of a backup that is available."""
    made = slow.client().create_backup(TableName="Carts", BackupName="nightly")["BackupDetails"]["BackupArn"]
    slow.clock.advance(seconds=10)
    return made


def test_nothing_of_a_table_is_seen_while_it_is_restored(slow):
    client = slow.client()
    description = restore(client, 20)
    for table in (description, client.describe_table(TableName="Restored")["Table"]):
        (by_state,) = table["GlobalSecondaryIndexes"]
        assert (table["TableStatus"], table["ItemCount"], table["TableSizeBytes"]) == ("CREATING", 0, 0)
        assert (by_state["IndexStatus"], by_state["ItemCount"], by_state["IndexSizeBytes"]) == ("CREATING", 0, 0)
    with refused("Requested resource not found", "ResourceNotFoundException"):
        client.scan(TableName="Restored")


def test_a_restored_table_is_active_after_the_delay(slow):
    client = slow.client()
    restore(client, 20)
    slow.clock.advance(seconds=10)
    table = client.describe_table(TableName="Restored")["Table"]
    assert (table["TableStatus"], table["ItemCount"], table["RestoreSummary"]["RestoreInProgress"]) == (
        "ACTIVE",
        1,
        False,
    )


def test_a_restore_holds_what_was_there_when_it_was_asked_for(slow):
    client = slow.client()
    restore(client, 20)
    client.delete_item(TableName="Carts", Key={"user": {"S": "ann"}})
    slow.clock.advance(seconds=10)
    assert states(client, "Restored") == {"ann": "new"}


def test_a_backup_is_in_use_while_a_table_is_restored_from_it(slow, arn):
    client = slow.client()
    client.restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)
    with refused(f"Backup is being used to restore table: {arn}", "BackupInUseException"):
        client.delete_backup(BackupArn=arn)
    for region in ("us-east-1", "eu-west-1"):
        with refused(f"Backup is being used to restore another table: {arn}", "BackupInUseException"):
            slow.client(region).restore_table_from_backup(TargetTableName="Another", BackupArn=arn)
    slow.clock.advance(seconds=10)
    assert client.delete_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"


def test_a_target_that_is_created_is_in_use(slow, arn):
    client = slow.client()
    restore(client, 20)
    with refused("Table is being created: Restored", "TableInUseException"):
        client.restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)
    with refused("Table is being created: Restored", "TableInUseException"):
        restore(client, 20)


def test_fifty_tables_are_restored_at_once(slow):
    client = slow.client()
    for number in range(50):
        restore(client, 20, target=f"Restored-{number}")
    limit = "Subscriber limit exceeded: There is a limit of 50 concurrent restores per subscriber"
    with refused(limit, "LimitExceededException"):
        restore(client, 20, target="Restored-50")
    slow.clock.advance(seconds=10)
    restore(client, 20, target="Restored-50")


def test_recovery_cannot_be_described_or_enabled_while_a_table_is_created(slow):
    client = slow.client()
    client.create_table(**table_of("Archive", "user"))
    with refused("Table not found: Archive", "TableNotFoundException"):
        client.describe_continuous_backups(TableName="Archive")
    with refused("Table not found: Archive", "TableNotFoundException"):
        enable(client, "Archive")


def test_continuous_backups_are_enabled_some_time_after_a_table_is_active(slow):
    client = slow.client()
    client.create_table(**table_of("Archive", "user"))
    slow.clock.advance(seconds=10)
    description = client.describe_continuous_backups(TableName="Archive")["ContinuousBackupsDescription"]
    assert description["ContinuousBackupsStatus"] == "DISABLED"
    with refused(
        "Backups are being enabled for the table: Archive. Please retry later",
        "ContinuousBackupsUnavailableException",
    ):
        enable(client, "Archive")
    slow.clock.advance(seconds=10)
    assert enable(client, "Archive")["ContinuousBackupsDescription"]["ContinuousBackupsStatus"] == "ENABLED"
