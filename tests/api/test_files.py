"""What is beside items in a file: it all comes back after the process has ended, however it ended."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

from .consumers import names, read_table

TABLE: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": "customer", "AttributeType": "S"},
        {"AttributeName": "order", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "customer", "KeyType": "HASH"},
        {"AttributeName": "order", "KeyType": "RANGE"},
    ],
}
ON = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
START = float(int(time.time()))  # what is opened again goes by wall time at first


@pytest.fixture
def reopened(tmp_path: Path) -> Iterator[Callable[[Emulator], Emulator]]:
    """Opens what a kill at this moment would leave of an emulator's file."""
    opened: list[Emulator] = []

    def reopen(emulator: Emulator) -> Emulator:
        target = tmp_path / f"{len(opened)}.db"
        for suffix in ("", "-wal"):
            source = tmp_path / f"first.db{suffix}"
            if source.exists():
                shutil.copy(source, f"{target}{suffix}")
        again = Emulator(path=target)
        again.clock.freeze(emulator.clock.now())
        opened.append(again)
        return again

    yield reopen
    for emulator in opened:
        emulator.close()


@pytest.fixture
def emu(tmp_path: Path) -> Iterator[Emulator]:
    emulator = Emulator(path=tmp_path / "first.db")
    emulator.clock.freeze(START)
    emulator.client().create_table(**TABLE)
    yield emulator
    emulator.close()


def put(emulator: Emulator, order: int, text: str) -> None:
    item = {"customer": {"S": "c"}, "order": {"N": str(order)}, "text": {"S": text}}
    emulator.client().put_item(TableName="Orders", Item=item)


def texts(emulator: Emulator, table: str) -> list[str]:
    return [item["text"]["S"] for item in emulator.client().scan(TableName=table)["Items"]]


# --- Backups and point-in-time recovery -----------------------------------------------------------


def test_a_backup_survives_the_deletion_of_its_table_and_a_restart(emu: Emulator, reopened: Any) -> None:
    put(emu, 1, "one")
    put(emu, 2, "two")
    arn = emu.client().create_backup(TableName="Orders", BackupName="nightly")["BackupDetails"]["BackupArn"]
    emu.client().delete_table(TableName="Orders")
    again = reopened(emu)
    again.client().restore_table_from_backup(TargetTableName="Restored", BackupArn=arn)
    assert (again.client().list_tables()["TableNames"], texts(again, "Restored")) == (["Restored"], ["one", "two"])


def test_a_table_can_be_restored_to_a_second_before_the_restart(emu: Emulator, reopened: Any) -> None:
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    for second, text in enumerate(("first", "second", "third")):
        emu.clock.freeze(START + 10 * second)
        put(emu, 1, text)
    again = reopened(emu)
    again.clock.advance(minutes=10)
    again.client().restore_table_to_point_in_time(
        SourceTableName="Orders", TargetTableName="Restored", RestoreDateTime=START + 15
    )
    assert (texts(again, "Orders"), texts(again, "Restored")) == (["third"], ["second"])


def test_the_settings_of_recovery_come_back(emu: Emulator, reopened: Any) -> None:
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    before = emu.client().describe_continuous_backups(TableName="Orders")["ContinuousBackupsDescription"]
    after = reopened(emu).client().describe_continuous_backups(TableName="Orders")["ContinuousBackupsDescription"]
    assert after == before


def test_what_was_forgotten_is_forgotten_in_the_file(emu: Emulator, reopened: Any) -> None:
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    put(emu, 1, "old")
    emu.clock.advance(days=8)
    put(emu, 1, "new")
    history = reopened(emu)._context("us-east-1").database.tables["Orders"].history
    assert [change.number for change in history.changes] == [2]


def test_recovery_that_was_switched_off_leaves_no_history(emu: Emulator, reopened: Any) -> None:
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    put(emu, 1, "old")
    off = {"PointInTimeRecoveryEnabled": False}
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=off)
    assert reopened(emu)._context("us-east-1").database.tables["Orders"].history is None


def test_a_deleted_backup_is_gone_after_the_restart(emu: Emulator, reopened: Any) -> None:
    put(emu, 1, "one")
    arn = emu.client().create_backup(TableName="Orders", BackupName="nightly")["BackupDetails"]["BackupArn"]
    emu.tables()
    emu.client().delete_backup(BackupArn=arn)
    again = reopened(emu)
    assert (again.client().list_backups()["BackupSummaries"], len(again._context("us-east-1").database.copies)) == (
        [],
        0,
    )


def test_the_backup_that_the_service_makes_of_a_deleted_table_goes_when_it_expires(
    emu: Emulator, reopened: Any
) -> None:
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    put(emu, 1, "one")
    emu.client().delete_table(TableName="Orders")
    again = reopened(emu)
    there = len(again.client().list_backups(BackupType="SYSTEM")["BackupSummaries"])
    again.clock.advance(days=36)
    assert (there, again.client().list_backups(BackupType="SYSTEM")["BackupSummaries"]) == (1, [])


def test_a_copy_of_the_file_has_backups_and_history(emu: Emulator, tmp_path: Path) -> None:
    emu.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    put(emu, 1, "one")
    emu.client().create_backup(TableName="Orders", BackupName="nightly")
    emu.save(tmp_path / "copy.db")
    loaded = Emulator.load(tmp_path / "copy.db")
    history = loaded._context("us-east-1").database.tables["Orders"].history
    assert (len(loaded.client().list_backups()["BackupSummaries"]), len(history or ())) == (1, 1)


# --- Global tables --------------------------------------------------------------------------------

OTHER = "eu-west-1"


def make_global(emulator: Emulator) -> None:
    emulator.client().update_table(TableName="Orders", ReplicaUpdates=[{"Create": {"RegionName": OTHER}}])
    emulator.tables()


def test_replicas_come_back_and_go_on(emu: Emulator, reopened: Any) -> None:
    make_global(emu)
    put(emu, 1, "before")
    again = reopened(emu)
    put(again, 2, "after")
    replicas = again.client().describe_table(TableName="Orders")["Table"]["Replicas"]
    found = [item["text"]["S"] for item in again.client(OTHER).scan(TableName="Orders")["Items"]]
    assert ([replica["RegionName"] for replica in replicas], found) == ([OTHER], ["before", "after"])


def test_what_is_on_its_way_arrives_after_the_restart(tmp_path: Path, reopened: Any) -> None:
    emulator = Emulator(path=tmp_path / "first.db", replication_lag=60)
    emulator.clock.freeze(START)
    emulator.client().create_table(**TABLE)
    emulator.tables()
    make_global(emulator)
    put(emulator, 1, "late")
    again = reopened(emulator)
    before = again.client(OTHER).scan(TableName="Orders")["Items"]
    again.clock.advance(seconds=60)
    after = again.client(OTHER).scan(TableName="Orders")["Items"]
    emulator.close()
    assert ([len(before), len(after)], after[0]["text"]) == ([0, 1], {"S": "late"})


def test_an_earlier_write_does_not_win_after_the_restart(tmp_path: Path, reopened: Any) -> None:
    """A deletion in one region, and a put made before it in another that arrives after it."""
    emulator = Emulator(path=tmp_path / "first.db", replication_lag=60)
    emulator.clock.freeze(START)
    emulator.client().create_table(**TABLE)
    emulator.tables()
    make_global(emulator)
    put(emulator, 1, "earlier")
    emulator.clock.advance(seconds=10)
    key = {"customer": {"S": "c"}, "order": {"N": "1"}}
    emulator.client(OTHER).put_item(TableName="Orders", Item={**key, "text": {"S": "later"}})
    emulator.client(OTHER).delete_item(TableName="Orders", Key=key)
    again = reopened(emulator)
    again.clock.advance(minutes=5)
    found = [again.client(region).scan(TableName="Orders")["Items"] for region in (None, OTHER)]
    emulator.close()
    assert found == [[], []]


# --- Vector indexes, policies and destinations ----------------------------------------------------


def test_vector_indexes_are_built_anew(emu: Emulator, reopened: Any) -> None:
    index = {
        "IndexName": "by-meaning",
        "VectorAttribute": {"AttributeName": "embedding"},
        "Dimensions": 2,
        "DistanceFunction": "COSINE",
        "Projection": {"ProjectionType": "ALL"},
    }
    table = {**TABLE, "TableName": "Docs", "VectorIndexes": [index]}
    emu.client().create_table(**table)
    for order, vector in ((1, ("1", "0")), (2, ("0", "1"))):
        numbers = {"L": [{"N": number} for number in vector]}
        emu.client().put_item(
            TableName="Docs", Item={"customer": {"S": "c"}, "order": {"N": str(order)}, "embedding": numbers}
        )
    again = reopened(emu)
    found = again.client().search_vectors(
        TableName="Docs", IndexName="by-meaning", SearchVector=[{"N": "0"}, {"N": "1"}], TopK=1
    )
    described = again.client().describe_table(TableName="Docs")["Table"]["VectorIndexes"]
    assert (len(found["SearchResults"]), described[0]["IndexStatus"]) == (1, "ACTIVE")


def test_resource_policies_come_back(emu: Emulator, reopened: Any) -> None:
    arn = emu.client().describe_table(TableName="Orders")["Table"]["TableArn"]
    statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Resource": arn}
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Action": "dynamodb:GetItem"}]}
    emu.client().put_resource_policy(ResourceArn=arn, Policy=json.dumps(policy))
    emu.tables()
    before = emu.client().get_resource_policy(ResourceArn=arn)
    after = reopened(emu).client().get_resource_policy(ResourceArn=arn)
    assert (after["Policy"], after["RevisionId"]) == (before["Policy"], before["RevisionId"])


def test_a_kinesis_destination_goes_on(emu: Emulator, reopened: Any) -> None:
    stream = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
    emu.client().enable_kinesis_streaming_destination(TableName="Orders", StreamArn=stream)
    emu.tables()
    again = reopened(emu)
    records: list[dict[str, Any]] = []
    again.on_kinesis(stream, records.append)
    put(again, 1, "one")
    assert [json.loads(record["Data"])["eventName"] for record in records] == ["INSERT"]


# --- What was begun and did not come to pass ------------------------------------------------------

KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
THIRD = "us-west-2"
ACCOUNT = "arn:aws:iam::123456789012:root"
Look = Callable[[Any], Any]


def enable_stream(client: Any) -> None:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    client.update_table(TableName="Orders", StreamSpecification=stream)


def put_policy(client: Any) -> None:
    arn = client.describe_table(TableName="Orders")["Table"]["TableArn"]
    statement = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "dynamodb:GetItem", "Resource": arn}
    client.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def policy(client: Any) -> Any:
    arn = client.describe_table(TableName="Orders")["Table"]["TableArn"]
    answer = client.get_resource_policy(ResourceArn=arn)
    return answer["Policy"], answer["RevisionId"]


BESIDE: dict[str, tuple[Callable[[Any], object], Look]] = {
    "a stream": (
        enable_stream,
        lambda client: client.describe_table(TableName="Orders")["Table"].get("StreamSpecification"),
    ),
    "Contributor Insights": (
        lambda client: client.update_contributor_insights(TableName="Orders", ContributorInsightsAction="ENABLE"),
        lambda client: client.describe_contributor_insights(TableName="Orders")["ContributorInsightsStatus"],
    ),
    "a policy": (put_policy, policy),
    "a Kinesis destination": (
        lambda client: client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=KINESIS),
        lambda client: client.describe_kinesis_streaming_destination(TableName="Orders")[
            "KinesisDataStreamDestinations"
        ],
    ),
    "recovery": (
        lambda client: client.update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON),
        lambda client: client.describe_continuous_backups(TableName="Orders")["ContinuousBackupsDescription"],
    ),
    "items": (
        lambda client: client.put_item(TableName="Orders", Item={"customer": {"S": "c"}, "order": {"N": "1"}}),
        lambda client: client.scan(TableName="Orders")["Items"],
    ),
}


@pytest.mark.parametrize("beside", BESIDE)
def test_a_deletion_that_a_savepoint_took_back_takes_nothing_from_the_file(
    emu: Emulator, reopened: Any, beside: str
) -> None:
    """The file had the table as deleted already: that is how a kill would have left it."""
    make, look = BESIDE[beside]
    make(emu.client())
    emu.tables()
    before = look(emu.client())
    savepoint = emu.savepoint()
    emu.client().delete_table(TableName="Orders")
    savepoint.restore()
    assert look(reopened(emu).client()) == before


def test_a_stream_goes_on_when_the_deletion_of_its_table_was_taken_back(emu: Emulator, reopened: Any) -> None:
    enable_stream(emu.client())
    emu.tables()
    savepoint = emu.savepoint()
    emu.client().delete_table(TableName="Orders")
    savepoint.restore()
    again = reopened(emu)
    put(again, 1, "one")
    streams = again.client(service_name="dynamodbstreams")
    assert names(read_table(again.client(), streams, "Orders")) == ["INSERT"]


def test_replicas_stay_members_when_the_deletion_of_one_was_taken_back(emu: Emulator, reopened: Any) -> None:
    for region in (OTHER, THIRD):
        emu.client().update_table(TableName="Orders", ReplicaUpdates=[{"Create": {"RegionName": region}}])
        emu.tables()
    emu.clock.advance(days=2)  # a region that was copied from may leave
    savepoint = emu.savepoint()
    emu.client(THIRD).delete_table(TableName="Orders")
    savepoint.restore()
    again = reopened(emu)
    replicas = {
        region: sorted(
            replica["RegionName"]
            for replica in again.client(region).describe_table(TableName="Orders")["Table"]["Replicas"]
        )
        for region in ("us-east-1", OTHER, THIRD)
    }
    assert replicas == {
        "us-east-1": [OTHER, THIRD],
        OTHER: ["us-east-1", THIRD],
        THIRD: [OTHER, "us-east-1"],
    }


def switch_recovery_off(emulator: Emulator) -> None:
    off = {"PointInTimeRecoveryEnabled": False}
    emulator.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=off)
    emulator.clock.advance(minutes=5)


@pytest.mark.parametrize("withdraw", [Emulator.reset, switch_recovery_off], ids=["reset", "recovery is switched off"])
def test_a_backup_that_the_service_did_not_make_after_all_is_not_in_the_file(
    tmp_path: Path, reopened: Any, withdraw: Callable[[Emulator], None]
) -> None:
    emulator = Emulator(path=tmp_path / "first.db", status_delay=60)
    emulator.clock.freeze(START)
    emulator.client().create_table(**TABLE)
    emulator.clock.advance(minutes=5)
    emulator.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    put(emulator, 1, "one")
    emulator.client().delete_table(TableName="Orders")
    withdraw(emulator)
    again = reopened(emulator)
    emulator.close()
    found = again.client().list_backups(BackupType="ALL")["BackupSummaries"]
    assert (found, len(again._context("us-east-1").database.copies)) == ([], 0)


def test_a_copy_that_is_saved_while_a_table_is_deleted_has_the_backup_of_the_service(tmp_path: Path) -> None:
    emulator = Emulator(status_delay=60)
    emulator.client().create_table(**TABLE)
    emulator.clock.advance(minutes=5)
    emulator.client().update_continuous_backups(TableName="Orders", PointInTimeRecoverySpecification=ON)
    put(emulator, 1, "one")
    emulator.client().delete_table(TableName="Orders")
    emulator.save(tmp_path / "copy.db")
    loaded = Emulator.load(tmp_path / "copy.db", status_delay=0)
    (backup,) = loaded.client().list_backups(BackupType="SYSTEM")["BackupSummaries"]
    loaded.client().restore_table_from_backup(TargetTableName="Restored", BackupArn=backup["BackupArn"])
    loaded.tables()
    assert texts(loaded, "Restored") == ["one"]
