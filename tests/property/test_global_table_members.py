"""Members of a global table come, change and go at random, in any region: they stay of one mind."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator

from .global_tables import START, TABLE
from .stream_invariants import check_streams_and_expiries
from .wire import Json

_EXAMPLES = settings(max_examples=100, deadline=None)
_GLOBAL_INDEX = {
    "IndexName": "by-v",
    "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
_V = [{"AttributeName": "v", "AttributeType": "S"}]
REGIONS = ("us-east-1", "eu-west-1", "us-west-2")
ALL_REGIONS = (*REGIONS, "eu-central-1")
_HERE = "the region of the request"


class Request(NamedTuple):
    """A request in one region, and the time that passes after it."""

    operation: str
    members: Json
    region: str
    seconds: float

    def make(self, emulator: Emulator) -> Json:
        """The answer, be it an error of the service's; never one of ours."""
        body = orjson.dumps({"TableName": TABLE, **self.members}).replace(_HERE.encode(), self.region.encode())
        reply = emulator.gateway.call(self.operation, body, self.region)
        assert reply.status in (200, 400), reply.body
        emulator.clock.advance(seconds=self.seconds)
        answer: Json = orjson.loads(reply.body)
        return answer


_CREATE = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_REGIONS = st.sampled_from(ALL_REGIONS)
_SCALED = {
    "MinimumUnits": 1,
    "MaximumUnits": 9,
    "ScalingPolicyUpdate": {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}},
}


def _update(**members: Any) -> st.SearchStrategy[tuple[str, Json]]:
    return st.just(("UpdateTable", members))


def _replicas(region: str, kind: str, override: Json) -> tuple[str, Json]:
    return "UpdateTable", {"ReplicaUpdates": [{kind: {"RegionName": region, **override}}]}


_OVERRIDES = st.sampled_from(
    [
        {"TableClassOverride": "STANDARD_INFREQUENT_ACCESS"},
        {"TableClassOverride": "STANDARD"},
        {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 9}},
        {"OnDemandThroughputOverride": {"MaxReadRequestUnits": 9}},
        {"GlobalSecondaryIndexes": [{"IndexName": "by-v", "ProvisionedThroughputOverride": {"ReadCapacityUnits": 8}}]},
    ]
)
_UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
_CHANGES = st.one_of(
    st.builds(_replicas, _REGIONS, st.just("Create"), st.just({})),
    st.builds(_replicas, _REGIONS, st.sampled_from(["Create", "Update"]), _OVERRIDES),
    st.builds(_replicas, _REGIONS, st.just("Delete"), st.just({})),
    st.just(_replicas(_HERE, "Disassociate", {"DisassociationMode": "WAIT_FOR_REPLICATION"})),
    _update(DisassociationProtectionEnabled=False),
    _update(DeletionProtectionEnabled=True),
    _update(ReplicaUpdates=[{"Delete": {"RegionName": region}} for region in REGIONS[1:]]),
    _update(AttributeDefinitions=_V, GlobalSecondaryIndexUpdates=[{"Create": _GLOBAL_INDEX}]),
    _update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-v"}}]),
    _update(BillingMode="PROVISIONED", ProvisionedThroughput=_UNITS),
    _update(BillingMode="PAY_PER_REQUEST"),
    _update(TableClass="STANDARD_INFREQUENT_ACCESS"),
    _update(SSESpecification={"Enabled": True}),
    _update(OnDemandThroughput={"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 7}),
    _update(GlobalTableSettingsReplicationMode="DISABLED"),
    _update(StreamSpecification={"StreamEnabled": False}),
    st.just(("UpdateTableReplicaAutoScaling", {"ProvisionedWriteCapacityAutoScalingUpdate": _SCALED})),
    st.just(("UpdateTimeToLive", {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}})),
    st.just(("CreateTable", _CREATE)),
    st.just(("DeleteTable", {})),
    st.just(("PutItem", {"Item": {"pk": {"S": "a"}, "v": {"S": "x"}, "until": {"N": str(int(START) + 40)}}})),
    st.just(("DeleteItem", {"Key": {"pk": {"S": "a"}}})),
)


_REQUESTS = st.lists(
    st.builds(
        lambda change, region, seconds: Request(*change, region, seconds),
        _CHANGES,
        st.sampled_from(REGIONS),
        st.sampled_from((0.0, 3.0, 10.0, 100.0, 90_000.0)),
    ),
    max_size=25,
)


def _adding(*regions: str) -> Json:
    return {"ReplicaUpdates": [{"Create": {"RegionName": region}} for region in regions]}


_STARTS: dict[str, list[Request]] = {
    "one region": [],
    "two regions": [
        Request("UpdateTable", _adding(REGIONS[1]), REGIONS[0], 10),
        *[Request("UpdateTable", {"DisassociationProtectionEnabled": False}, region, 10) for region in REGIONS[:2]],
    ],
    "provisioned": [
        Request("UpdateTable", _adding(REGIONS[1]), REGIONS[0], 10),
        Request("UpdateTable", {"BillingMode": "PROVISIONED", "ProvisionedThroughput": _UNITS}, REGIONS[0], 10),
    ],
    "strong": [
        Request("UpdateTable", {"MultiRegionConsistency": "STRONG", **_adding(*REGIONS[1:])}, REGIONS[0], 10),
    ],
}
STARTS = st.sampled_from(list(_STARTS))


def started(start: str) -> Emulator:
    """An emulator with a table, in which changes take time."""
    emulator = Emulator(status_delay=10, replication_lag=4)
    emulator.clock.freeze(START)
    for request in (Request("CreateTable", _CREATE, REGIONS[0], 10), *_STARTS[start]):
        assert "TableDescription" in request.make(emulator)
    return emulator


def check_members(emulator: Emulator) -> None:
    """Raise AssertionError where members contradict each other."""
    for region, database in emulator._databases.items():
        for table in database.tables.values():
            members = table.definition.replicas
            assert (table.replica is not None) == bool(members), "members, and they alone, replicate"
            assert region not in members, "no region lists itself"
            assert len(set(members)) == len(members), "each other one is listed once"
            if table.replica is None:
                continue
            assert [other.replica.region for other in table.replica.others() if other.replica] == list(members)
            for other in table.replica.others():
                assert {region, *members} == {other.replica.region, *other.definition.replicas}  # type: ignore[union-attr]
                assert other.schema == table.schema
                assert other.definition.is_strongly_consistent == table.definition.is_strongly_consistent
            keys = {key for key, _ in table.rows}
            assert table.replica.versions.keys() <= keys, "what is not there has no version but a tombstone"
            assert not table.replica.tombstones.keys() & keys, "what is there has no tombstone"
    check_streams_and_expiries(emulator)


def state_of(emulator: Emulator) -> list[Json]:
    return [
        Request(operation, {}, region, 0).make(emulator)
        for region in ALL_REGIONS
        for operation in ("DescribeTable", "Scan", "DescribeTimeToLive", "DescribeTableReplicaAutoScaling")
    ]


@_EXAMPLES
@given(STARTS, _REQUESTS)
def test_members_know_of_each_other_after_each_request(start: str, requests: list[Request]) -> None:
    emulator = started(start)
    for request in requests:
        request.make(emulator)
        check_members(emulator)


@_EXAMPLES
@given(STARTS, _REQUESTS)
def test_every_change_of_members_comes_to_an_end(start: str, requests: list[Request]) -> None:
    emulator = started(start)
    for request in requests:
        request.make(emulator)
    for _ in range(4):
        emulator.clock.advance(seconds=10)
    tables = [table for database in emulator._databases.values() for table in database.tables.values()]
    assert {table.definition.status for table in tables} <= {"ACTIVE"}
    assert not any(table.replica.arriving for table in tables if table.replica is not None)
    items = {tuple(record.encoded for _, record in table.rows) for table in tables if table.definition.replicas}
    assert len(items) <= 1


@_EXAMPLES
@given(STARTS, _REQUESTS, _REQUESTS)
def test_a_savepoint_takes_back_all_changes_of_members(
    start: str, before: list[Request], undone: list[Request]
) -> None:
    emulator = started(start)
    for request in before:
        request.make(emulator)
    state, now = state_of(emulator), emulator.clock.now()
    savepoint = emulator.savepoint()
    for request in undone:
        request.make(emulator)
    emulator.clock.freeze(now)
    savepoint.restore()
    savepoint.release()
    check_members(emulator)
    assert state_of(emulator) == state
