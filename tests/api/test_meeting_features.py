"""Where features meet: vectors and buckets, backups and indexes that go, replicas and all the rest, Kinesis and a file.

Each feature alone is in the file that has its name.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from emulator import Emulator
from emulator.persistence.saving import Saver
from emulator.storage.unsaved import Unsaved

from .builders import definitions, index, table_of
from .conftest import NOON, Road
from .test_kinesis import STREAM, Sink, enable

Json = dict[str, Any]

HOME, AWAY = "us-east-1", "eu-west-1"
DELAY = 10  # seconds; of an emulator in which changes take time
BY_MEANING: Json = {
    "IndexName": "by-meaning",
    "VectorAttribute": {"AttributeName": "embedding"},
    "Dimensions": 3,
    "DistanceFunction": "COSINE",
    "Projection": {"ProjectionType": "ALL"},
}
BY_TENANT: Json = {
    **BY_MEANING,
    "IndexName": "by-tenant",
    "SearchSchema": [{"AttributeName": "tenant", "SearchSchemaElementType": "HASH"}],
}
OF_KEYS: Json = {**BY_MEANING, "IndexName": "of-keys", "Projection": {"ProjectionType": "KEYS_ONLY"}}
SEARCHED = {"VectorIndexes": [BY_MEANING]}
RECOVERY_ON = {"PointInTimeRecoveryEnabled": True}


def vector(*numbers: float) -> Json:
    return {"L": [{"N": str(number)} for number in numbers]}


def document(key: str, *numbers: float, **attributes: Json) -> Json:
    return {"id": {"S": key}, "embedding": vector(*numbers), **attributes}


def put_object(bucket: Path, *items: Json) -> None:
    (bucket / "items.json").write_bytes(b"\n".join(orjson.dumps({"Item": item}) for item in items))


def described(client: Any, table: str = "docs") -> Json:
    description: Json = client.describe_table(TableName=table)["Table"]
    return description


def index_names(description: Json) -> list[str]:
    """The global and the vector indexes of a table."""
    members = ("GlobalSecondaryIndexes", "VectorIndexes")
    return [each["IndexName"] for member in members for each in description.get(member, ())]


@pytest.fixture
def slow() -> Emulator:
    """An emulator in which each change of status takes ten seconds; its clock stands still at noon."""
    emulator = Emulator(status_delay=DELAY)
    emulator.clock.freeze(NOON)
    return emulator


def settle(emulator: Emulator) -> None:
    """Let changes of tables be done."""
    emulator.clock.advance(seconds=2 * DELAY)


# --- Vectors and buckets --------------------------------------------------------------------------


def imported(client: Any, bucket: Path, **table: Any) -> Json:
    """The description of an import that has ended."""
    begun = client.import_table(
        S3BucketSource={"S3Bucket": bucket.name},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters=table_of("docs", "id", **table),
    )
    arn = begun["ImportTableDescription"]["ImportArn"]
    description: Json = client.describe_import(ImportArn=arn)["ImportTableDescription"]
    return description


@pytest.mark.parametrize(
    "embedding", [vector(1, 0), {"S": "x"}, {"L": [{"S": "1"}, {"S": "0"}, {"S": "0"}]}], ids=["short", "text", "texts"]
)
def test_an_import_counts_items_whose_vectors_fit_no_index_as_errors(client, bucket, embedding):
    put_object(bucket, document("good", 1, 0, 0), {"id": {"S": "bad"}, "embedding": embedding})
    description = imported(client, bucket, **SEARCHED)
    told = [description[name] for name in ("ImportStatus", "FailureCode", "ErrorCount", "ImportedItemCount")]
    assert told == ["FAILED", "ItemValidationError", 1, 1]
    assert client.scan(TableName="docs")["Items"] == [document("good", 1, 0, 0)]


def test_imported_vectors_can_be_searched(client, bucket):
    put_object(bucket, document("near", 1, 0, 0), document("far", 0, 1, 0), {"id": {"S": "none"}})
    assert imported(client, bucket, **SEARCHED)["ImportStatus"] == "COMPLETED"
    search = {"TableName": "docs", "IndexName": "by-meaning", "SearchVector": vector(1, 0, 0)["L"], "TopK": 5}
    assert [result["Item"]["id"]["S"] for result in client.search_vectors(**search)["SearchResults"]] == ["near", "far"]


def bulk_usage(road: Road, bucket: Path) -> Json:
    """What a bulk operation with the objects of a bucket has put; boto3 does not know them yet."""

    def call(operation: str, **request: Any) -> Json:
        reply = road.emulator.gateway.call(operation, orjson.dumps(request), HOME)
        description: Json = orjson.loads(reply.body)["BulkOperationDescription"]
        return description

    source = {"S3Bucket": bucket.name, "InputFormat": "DYNAMODB_JSON"}
    output = {"S3Bucket": bucket.name, "S3KeyPrefix": "out", "OutputType": ["ERROR"]}
    begun = call("StartBulkPutItems", TableName="docs", InputS3Configuration=source, OutputS3Configuration=output)
    (usage,) = call("DescribeBulkOperation", BulkOperationArn=begun["BulkOperationArn"])["BulkOperationUsage"]
    assert isinstance(usage, dict)
    return usage


def test_a_bulk_operation_tells_the_bytes_in_each_vector_index(road, client, bucket):
    client.create_table(**table_of("docs", "id", VectorIndexes=[BY_MEANING, OF_KEYS]))
    put_object(bucket, document("a", 1, 0, 0, n={"N": "1"}), document("b", 0, 1, 0), {"id": {"S": "none"}})
    put = {name: usage["BulkPutVectorBytes"] for name, usage in bulk_usage(road, bucket)["VectorIndexes"].items()}
    sizes = {each["IndexName"]: each["IndexSizeBytes"] for each in described(client)["VectorIndexes"]}
    assert put == sizes
    assert sizes["by-meaning"] > sizes["of-keys"] > 0


def test_bytes_of_vector_indexes_are_none_of_those_of_the_table_and_its_secondary_indexes(road, client, bucket):
    client.create_table(**table_of("docs", "id", **SEARCHED))
    put_object(bucket, document("a", 1, 0, 0))
    usage = bulk_usage(road, bucket)
    assert usage["BulkPutBytes"] == usage["Table"]["BulkPutBytes"]


# --- Backups, restores and indexes ----------------------------------------------------------------

GLOBAL = index("by-tenant", "tenant")


def delete_global(client: Any) -> None:
    client.update_table(TableName="docs", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-tenant"}}])


def delete_vectors(client: Any) -> None:
    client.update_table(TableName="docs", VectorIndexUpdates=[{"Delete": {"IndexName": "by-tenant"}}])


def restore_backup(emulator: Emulator) -> None:
    client = emulator.client()
    arn = client.create_backup(TableName="docs", BackupName="nightly")["BackupDetails"]["BackupArn"]
    settle(emulator)
    client.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)


def restore_past(emulator: Emulator) -> None:
    emulator.client().restore_table_to_point_in_time(
        SourceTableName="docs", TargetTableName="restored", UseLatestRestorableTime=True
    )


@pytest.mark.parametrize("restore", [restore_backup, restore_past])
@pytest.mark.parametrize("delete", [delete_global, delete_vectors])
def test_a_table_is_restored_from_a_time_when_one_of_its_indexes_was_being_deleted(slow, delete, restore):
    """Its attributes were defined still, which nothing used any more."""
    client = slow.client()
    indexes: Json = {"gsis": [GLOBAL]}
    if delete is delete_vectors:
        indexes = {"AttributeDefinitions": definitions("id", "tenant"), "VectorIndexes": [BY_TENANT]}
    client.create_table(**table_of("docs", "id", **indexes))
    settle(slow)
    client.update_continuous_backups(TableName="docs", PointInTimeRecoverySpecification=RECOVERY_ON)
    delete(client)
    restore(slow)
    settle(slow)
    restored = described(client, "restored")
    assert (restored["TableStatus"], index_names(restored)) == ("ACTIVE", [])
    assert restored["AttributeDefinitions"] == definitions("id")


def test_a_restore_keeps_the_definitions_of_what_an_index_that_stays_uses_too(slow):
    client = slow.client()
    client.create_table(**table_of("docs", "id", gsis=[GLOBAL, index("by-day", "tenant", "day")]))
    settle(slow)
    delete_global(client)
    restore_backup(slow)
    settle(slow)
    restored = described(client, "restored")
    names = {definition["AttributeName"] for definition in restored["AttributeDefinitions"]}
    assert (names, index_names(restored)) == ({"id", "tenant", "day"}, ["by-day"])


def test_a_backup_of_vectors_is_as_large_as_its_table(client):
    client.create_table(**table_of("docs", "id", **SEARCHED))
    client.put_item(TableName="docs", Item=document("a", 0.125, 0.25, 0.5))
    details = client.create_backup(TableName="docs", BackupName="nightly")["BackupDetails"]
    assert details["BackupSizeBytes"] == described(client)["TableSizeBytes"] > 0


def test_a_table_that_is_being_restored_hides_what_its_vector_indexes_hold(slow):
    client = slow.client()
    client.create_table(**table_of("docs", "id", **SEARCHED))
    settle(slow)
    client.put_item(TableName="docs", Item=document("a", 1, 0, 0))
    restore_backup(slow)
    seen = []
    for _ in range(2):
        (vectors,) = described(client, "restored")["VectorIndexes"]
        seen.append((vectors["ItemCount"], vectors["IndexSizeBytes"] > 0))
        slow.clock.advance(seconds=DELAY)
    assert seen == [(0, False), (1, True)]


# --- Keys of encryption and restores --------------------------------------------------------------

CUSTOMER_KEY = f"arn:aws:kms:{HOME}:123456789012:key/11111111-2222-3333-4444-555555555555"


def key_after_restore_away(road: Road, **encryption: Any) -> str:
    """The key of a table that was restored in another region, of a backup of one with this encryption."""
    specification = {"Enabled": True, "SSEType": "KMS", **encryption}
    road.client.create_table(**table_of("docs", "id", SSESpecification=specification))
    arn = road.client.create_backup(TableName="docs", BackupName="nightly")["BackupDetails"]["BackupArn"]
    away = road.emulator.client(AWAY)
    away.restore_table_from_backup(TargetTableName="restored", BackupArn=arn)
    key: str = described(away, "restored")["SSEDescription"]["KMSMasterKeyArn"]
    return key


def test_a_restore_in_another_region_is_encrypted_by_the_key_that_the_service_has_there(road):
    own = road.emulator.client(AWAY)
    specification = {"Enabled": True, "SSEType": "KMS"}
    own.create_table(**table_of("own", "id", SSESpecification=specification))
    assert key_after_restore_away(road) == described(own, "own")["SSEDescription"]["KMSMasterKeyArn"]


def test_a_restore_in_another_region_keeps_the_key_of_a_customer(road):
    assert key_after_restore_away(road, KMSMasterKeyId=CUSTOMER_KEY) == CUSTOMER_KEY


# --- Replicas and policies ------------------------------------------------------------------------


def policy(arn: str) -> str:
    account = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = {"Effect": "Allow", "Principal": account, "Action": "dynamodb:GetItem", "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def create_from_home(road: Road, resource_policy: str) -> Any:
    """Make the table at home, and its replica in another region with a policy; the client there."""
    road.client.create_table(**table_of("docs", "id"))
    away = road.emulator.client(AWAY)
    away.create_table(
        TableName="docs",
        GlobalTableSourceArn=described(road.client)["TableArn"],
        GlobalTableSettingsReplicationMode="ENABLED",
        ResourcePolicy=resource_policy,
    )
    return away


def test_a_table_that_is_made_of_a_source_has_the_policy_it_was_given(road):
    arn = f"arn:aws:dynamodb:{AWAY}:123456789012:table/docs"
    away = create_from_home(road, policy(arn))
    described(away)
    assert json.loads(away.get_resource_policy(ResourceArn=arn)["Policy"]) == json.loads(policy(arn))


def test_the_policy_of_a_replica_is_its_own(road):
    create_from_home(road, policy(f"arn:aws:dynamodb:{AWAY}:123456789012:table/docs"))
    with pytest.raises(road.client.exceptions.PolicyNotFoundException):
        road.client.get_resource_policy(ResourceArn=described(road.client)["TableArn"])


def test_no_table_is_made_of_a_source_with_a_policy_that_is_refused(road):
    away = road.emulator.client(AWAY)
    with pytest.raises(away.exceptions.ClientError, match="ValidationException"):
        create_from_home(road, "{}")
    assert (away.list_tables()["TableNames"], described(road.client).get("Replicas")) == ([], None)


# --- While a replica is being made ----------------------------------------------------------------


@pytest.fixture
def replicating(slow: Emulator) -> Emulator:
    """A table whose replica in another region is CREATING."""
    client = slow.client()
    client.create_table(**table_of("docs", "id"))
    settle(slow)
    client.update_table(TableName="docs", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    assert (described(client)["TableStatus"], described(slow.client(AWAY))["TableStatus"]) == ("UPDATING", "CREATING")
    return slow


ARN = f"arn:aws:dynamodb:{HOME}:123456789012:table/docs"
TAGS = [{"Key": "team", "Value": "blue"}]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("update_contributor_insights", {"TableName": "docs", "ContributorInsightsAction": "ENABLE"}),
        ("update_continuous_backups", {"TableName": "docs", "PointInTimeRecoverySpecification": RECOVERY_ON}),
        ("create_backup", {"TableName": "docs", "BackupName": "nightly"}),
        ("put_resource_policy", {"ResourceArn": ARN, "Policy": policy(ARN)}),
        ("tag_resource", {"ResourceArn": ARN, "Tags": TAGS}),
    ],
)
def test_a_table_whose_replica_is_being_made_takes(replicating, operation, request_):
    answer = getattr(replicating.client(), operation)(**request_)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_insights_that_were_enabled_while_a_replica_was_made_are_those_of_one_region(replicating):
    client, away = replicating.client(), replicating.client(AWAY)
    client.update_contributor_insights(TableName="docs", ContributorInsightsAction="ENABLE")
    settle(replicating)
    told = [each.describe_contributor_insights(TableName="docs") for each in (client, away)]
    assert [each["ContributorInsightsStatus"] for each in told] == ["ENABLED", "DISABLED"]


def test_insights_are_not_enabled_while_a_table_is_updated_for_itself(slow):
    client = slow.client()
    client.create_table(**table_of("docs", "id"))
    settle(slow)
    client.update_table(TableName="docs", TableClass="STANDARD_INFREQUENT_ACCESS")
    with pytest.raises(client.exceptions.ClientError):
        client.update_contributor_insights(TableName="docs", ContributorInsightsAction="ENABLE")


AWAY_ARN = ARN.replace(HOME, AWAY)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("tag_resource", {"ResourceArn": AWAY_ARN, "Tags": TAGS}),
        ("untag_resource", {"ResourceArn": AWAY_ARN, "TagKeys": ["team"]}),
        ("list_tags_of_resource", {"ResourceArn": AWAY_ARN}),
        ("describe_table_replica_auto_scaling", {"TableName": "docs"}),
    ],
)
def test_a_replica_that_is_being_made_is_not_found_by(replicating, operation, request_):
    away = replicating.client(AWAY)
    with pytest.raises(away.exceptions.ResourceNotFoundException):
        getattr(away, operation)(**request_)


# --- Indexes of one member of a global table ------------------------------------------------------


def share(client: Any, mode: str) -> None:
    client.update_table(TableName="docs", GlobalTableSettingsReplicationMode=mode)


def create_global(client: Any) -> None:
    update: Json = {"GlobalSecondaryIndexUpdates": [{"Create": GLOBAL.request()}]}
    client.update_table(TableName="docs", AttributeDefinitions=definitions("tenant"), **update)


def create_vectors(client: Any) -> None:
    update: Json = {"VectorIndexUpdates": [{"Create": BY_TENANT}]}
    client.update_table(TableName="docs", AttributeDefinitions=definitions("tenant"), **update)


KINDS = pytest.mark.parametrize(
    ("create", "delete"), [(create_global, delete_global), (create_vectors, delete_vectors)], ids=["global", "vector"]
)


@pytest.fixture
def members(road: Road) -> tuple[Any, Any]:
    """The clients of a global table's two members."""
    road.client.create_table(**table_of("docs", "id"))
    road.client.update_table(TableName="docs", ReplicaUpdates=[{"Create": {"RegionName": AWAY}}])
    described(road.client)
    return road.client, road.emulator.client(AWAY)


def alone(member: Any, change: Callable[[Any], None]) -> None:
    """Change one member of a global table and not the other."""
    share(member, "DISABLED")
    change(member)
    share(member, "ENABLED")


@KINDS
def test_an_index_that_one_member_has_is_deleted_through_it(members, create, delete):
    alone(members[0], create)
    before = [index_names(described(member)) for member in members]
    delete(members[0])
    assert (before, [index_names(described(member)) for member in members]) == ([["by-tenant"], []], [[], []])


@KINDS
def test_an_index_that_both_members_have_is_deleted_in_both(members, create, delete):
    create(members[0])
    before = [index_names(described(member)) for member in members]
    delete(members[1])
    assert (before, [index_names(described(member)) for member in members]) == ([["by-tenant"]] * 2, [[], []])


@pytest.mark.parametrize(
    ("create_home", "create_away", "delete_home"),
    [(create_global, create_vectors, delete_global), (create_vectors, create_global, delete_vectors)],
    ids=["global", "vector"],
)
def test_an_index_of_another_kind_that_has_the_name_elsewhere_stays(members, create_home, create_away, delete_home):
    home, away = members
    alone(home, create_home)
    alone(away, create_away)
    delete_home(home)
    assert [index_names(described(member)) for member in members] == [[], ["by-tenant"]]


# --- Kinesis: after the commit, once, in order ----------------------------------------------------

FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator that keeps a file, with a table whose changes go to a stream."""
    emulator = Emulator(path=tmp_path / "data.db")
    emulator.client().create_table(**table_of("Orders", "id"))
    enable(emulator.client(), "Orders")
    yield emulator
    emulator.close()


@pytest.fixture
def switching() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def together(*functions: Callable[[], object]) -> None:
    """Call functions in threads of their own, and wait for all of them."""
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write(client: Any, key: str, number: int) -> None:
    client.put_item(TableName="Orders", Item={"id": {"S": key}, "n": {"N": str(number)}})


def delivered(sink: Sink) -> dict[str, list[int]]:
    """The versions of each item, in the order in which they were delivered."""
    versions: dict[str, list[int]] = {}
    for change in sink.changes:
        image = change["dynamodb"]["NewImage"]
        versions.setdefault(image["id"]["S"], []).append(int(image["n"]["N"]))
    return versions


def write_in_threads(emulator: Emulator) -> dict[str, list[int]]:
    """Have four threads write an item each, 25 times. The versions that the emulator has taken."""
    taken: dict[str, list[int]] = {key: [] for key in "abcd"}

    def writer(key: str) -> None:
        client = emulator.client()
        for number in range(25):
            try:
                write(client, key, number)
            except client.exceptions.ClientError:
                continue
            taken[key].append(number)

    together(*(partial(writer, key) for key in taken))
    return taken


@pytest.mark.usefixtures("switching")
def test_what_threads_write_to_a_file_is_delivered_once_and_in_order(filed):
    sink = Sink()
    filed.on_kinesis(STREAM, sink)
    assert write_in_threads(filed) == delivered(sink) == {key: list(range(25)) for key in "abcd"}


@pytest.mark.usefixtures("switching")
def test_of_what_threads_write_to_a_file_that_fails_now_and_then_only_what_is_in_it_is_delivered(filed, monkeypatch):
    sink, save, calls = Sink(), Saver.save, count()

    def fail_at_times(saver: Saver, unsaved: Unsaved) -> None:
        if next(calls) % 3 == 0:
            raise FULL
        save(saver, unsaved)

    filed.on_kinesis(STREAM, sink)
    monkeypatch.setattr(Saver, "save", fail_at_times)
    taken = write_in_threads(filed)
    assert delivered(sink) == taken
    assert 0 < sum(map(len, taken.values())) < 100


def test_a_record_does_not_go_out_with_the_request_of_another_thread_before_it_was_committed(filed, monkeypatch):
    """The other request is a faulty one, which does not wait for its turn."""
    sink = Sink()
    others = threading.Thread(target=lambda: filed.gateway.call("PutItem", b"{}", HOME))

    def fail_meanwhile(saver: Saver, unsaved: Unsaved) -> None:
        others.start()
        others.join(0.2)
        raise FULL

    filed.on_kinesis(STREAM, sink)
    monkeypatch.setattr(Saver, "save", fail_meanwhile)
    with pytest.raises(filed.client().exceptions.ClientError):
        write(filed.client(), "a", 1)
    others.join()
    assert sink.records == []


def test_what_is_done_at_once_is_delivered_when_all_of_it_was_committed(filed):
    client, sink, seen = filed.client(), Sink(), []
    filed.on_kinesis(STREAM, sink)
    with filed.at_once():
        for number in range(2):
            write(client, "a", number)
            seen.append(len(sink.records))
    assert (seen, delivered(sink)) == ([0, 0], {"a": [0, 1]})


def test_what_was_to_be_done_at_once_and_was_not_is_not_delivered(filed):
    client, sink = filed.client(), Sink()
    filed.on_kinesis(STREAM, sink)

    def write_and_fail() -> None:
        with filed.at_once():
            write(client, "a", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert (client.scan(TableName="Orders")["Count"], sink.records) == (0, [])


class Waiting(deque[Any]):
    """What waits; while somebody looks for the first time whether anything does, another thread does something."""

    def __init__(self, waiting: deque[Any], meanwhile: threading.Thread) -> None:
        super().__init__(waiting)
        self._meanwhile = meanwhile

    def __len__(self) -> int:
        length = super().__len__()
        if self._meanwhile.ident is None:
            self._meanwhile.start()
            self._meanwhile.join(0.2)
        return length


def test_a_reset_while_a_delivery_begins_waits_for_it_and_stops_no_later_one(filed):
    client, sink = filed.client(), Sink()
    reset = threading.Thread(target=filed.reset)

    def write_another(record: Json) -> None:
        if reset.ident is None:
            write(client, "b", 1)
            filed._kinesis.waiting = Waiting(filed._kinesis.waiting, reset)

    filed.on_kinesis(STREAM, write_another)
    write(client, "a", 1)
    reset.join()
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders")
    filed.on_kinesis(STREAM, sink)
    write(client, "c", 1)
    assert delivered(sink) == {"c": [1]}


def test_a_reset_in_the_middle_of_deliveries_ends_them_and_not_later_ones(filed):
    client, sink = filed.client(), Sink()

    def reset(record: Json) -> None:
        filed.reset()

    filed.on_kinesis(STREAM, reset)
    client.transact_write_items(
        TransactItems=[{"Put": {"TableName": "Orders", "Item": {"id": {"S": key}}}} for key in "abc"]
    )
    client.create_table(**table_of("Orders", "id"))
    enable(client, "Orders")
    filed.on_kinesis(STREAM, sink)
    write(client, "d", 1)
    assert delivered(sink) == {"d": [1]}


@pytest.mark.usefixtures("switching")
def test_resets_while_threads_write_do_not_stop_later_deliveries(filed):
    client, sink = filed.client(), Sink()

    def begin_anew() -> None:
        filed.reset()
        client.create_table(**table_of("Orders", "id"))
        enable(client, "Orders")

    def reset_again_and_again() -> None:
        for _ in range(10):
            begin_anew()

    together(reset_again_and_again, partial(write_in_threads, filed))
    begin_anew()
    filed.on_kinesis(STREAM, sink)
    write(client, "a", 1)
    assert delivered(sink) == {"a": [1]}
