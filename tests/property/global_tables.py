"""A global table of three regions, schedules of what is done to it, and what must be in it in the end.

Each change takes a time of its own to each region: the lag of a region is set anew before each write, so that changes
overtake each other. What the table must hold is known from the requests and their answers alone: of each item the
last version that any region wrote, by the time of the write and then by the order of the requests. Deletions by time
to live are writes too; they are known by the streams, which show them in the region that made them.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from hypothesis import strategies as st

from emulator import Emulator
from emulator.storage.replication import Replica
from tests.api.consumers import read_stream

from .streamed_tables import ServiceFaultError, TrimmedError
from .wire import Json

REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
TABLE = "Orders"
TTL_ATTRIBUTE = "until"
START = 1_800_000_000.0
KEYS = ("a", "b", "c")


class RegionApi:
    """One region as a client of boto3 would show it, for those who read streams."""

    class exceptions:  # noqa: N801 (boto3's own name)
        TrimmedDataAccessException = TrimmedError

    def __init__(self, emulator: Emulator, region: str) -> None:
        self._emulator = emulator
        self._region = region

    def ask(self, operation: str, request: Json) -> Json:
        """The answer to a request. Raises `ServiceFaultError`."""
        reply = self._emulator.gateway.call(operation, orjson.dumps(request), self._region)
        answer: Json = orjson.loads(reply.body)
        if reply.status == 200:
            return answer
        raise ServiceFaultError(answer["__type"].rpartition("#")[2], answer)

    def describe_stream(self, **request: Any) -> Json:
        return self.ask("DescribeStream", request)

    def get_shard_iterator(self, **request: Any) -> Json:
        return self.ask("GetShardIterator", request)

    def get_records(self, **request: Any) -> Json:
        return self.ask("GetRecords", request)


class GlobalTable:
    """The table, and a record of the last version of each item."""

    def __init__(self, **settings: Any) -> None:
        self.emulator = Emulator(**settings)
        self.emulator.clock.freeze(START)
        self.apis = {region: RegionApi(self.emulator, region) for region in REGIONS}
        self.last: dict[str, Json | None] = {}
        """Of each key the last item that was written, or None for a deletion."""
        self.regions = list(REGIONS)
        self._expired: dict[str, int] = dict.fromkeys(REGIONS, 0)
        self._numbers = 0
        first = self.apis[REGIONS[0]]
        first.ask(
            "CreateTable",
            {
                "TableName": TABLE,
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [
                    {"AttributeName": "pk", "AttributeType": "S"},
                    {"AttributeName": "by", "AttributeType": "S"},
                ],
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-region",
                        "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        for region in REGIONS[1:]:
            first.ask("UpdateTable", {"TableName": TABLE, "ReplicaUpdates": [{"Create": {"RegionName": region}}]})
        specification = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        first.ask("UpdateTimeToLive", {"TableName": TABLE, "TimeToLiveSpecification": specification})
        first.ask("ListTables", {})

    def replica(self, region: str) -> Replica:
        replica = self.emulator._databases[region].tables[TABLE].replica
        assert replica is not None
        return replica

    def set_lags(self, lags: dict[str, float]) -> None:
        """How long the changes that are made next take to each region."""
        for region, lag in lags.items():
            self.replica(region).lag = lag

    # --- writes -----------------------------------------------------------------------------------

    def put(self, region: str, key: str, expires_in: float | None = None) -> None:
        item = self._item(region, key, expires_in)
        self.apis[region].ask("PutItem", {"TableName": TABLE, "Item": item})
        self._note({key: item})

    def update(self, region: str, key: str) -> None:
        """Change an attribute of the item as it is in that region: what is written is the item as a whole."""
        answer = self.apis[region].ask(
            "UpdateItem",
            {
                "TableName": TABLE,
                "Key": {"pk": {"S": key}},
                "UpdateExpression": "ADD visits :one SET #by = :by",
                "ExpressionAttributeNames": {"#by": "by"},
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":by": {"S": region}},
                "ReturnValues": "ALL_NEW",
            },
        )
        self._note({key: answer["Attributes"]})

    def delete(self, region: str, key: str) -> None:
        """Delete the item. Where there is none, nothing is written."""
        request = {"TableName": TABLE, "Key": {"pk": {"S": key}}, "ReturnValues": "ALL_OLD"}
        if "Attributes" in self.apis[region].ask("DeleteItem", request):
            self._note({key: None})

    def transact(self, region: str, put: str, delete: str) -> None:
        """Put an item if another one is there, which is deleted."""
        item = self._item(region, put, None)
        deletion = {
            "TableName": TABLE,
            "Key": {"pk": {"S": delete}},
            "ConditionExpression": "attribute_exists(pk)",
        }
        actions = [{"Put": {"TableName": TABLE, "Item": item}}, {"Delete": deletion}]
        try:
            self.apis[region].ask("TransactWriteItems", {"TransactItems": actions})
        except ServiceFaultError as refused:
            if refused.args[0] not in ("TransactionCanceledException", "ValidationException"):
                raise
        else:
            self._note({put: item, delete: None})

    def batch(self, region: str, keys: tuple[str, ...]) -> None:
        items = {key: self._item(region, key, None) for key in keys}
        requests = [{"PutRequest": {"Item": item}} for item in items.values()]
        self.apis[region].ask("BatchWriteItem", {"RequestItems": {TABLE: requests}})
        self._note(items)

    def pass_time(self, seconds: float) -> None:
        self.emulator.clock.advance(seconds=seconds)
        self._note({})

    def _item(self, region: str, key: str, expires_in: float | None) -> Json:
        self._numbers += 1
        item: Json = {"pk": {"S": key}, "by": {"S": region}, "number": {"N": str(self._numbers)}}
        if expires_in is not None:
            item[TTL_ATTRIBUTE] = {"N": str(int(self.emulator.clock.now() + expires_in))}
        return item

    def _note(self, written: dict[str, Json | None]) -> None:
        """Note what a request wrote, then what expired before the next one."""
        self.last |= written
        for region in self.regions:
            for record in self._newly_expired(region):
                self.last[record["dynamodb"]["Keys"]["pk"]["S"]] = None

    def _newly_expired(self, region: str) -> list[Json]:
        records = [record for record in self.records(region) if "userIdentity" in record]
        new = records[self._expired[region] :]
        self._expired[region] = len(records)
        return new

    def remove(self, region: str) -> None:
        """Delete the replica in a region."""
        self.regions.remove(region)
        deletion = {"TableName": TABLE, "ReplicaUpdates": [{"Delete": {"RegionName": region}}]}
        self.apis[self.regions[0]].ask("UpdateTable", deletion)

    # --- what is there ----------------------------------------------------------------------------

    def records(self, region: str) -> list[Json]:
        api = self.apis[region]
        table: Json = api.ask("DescribeTable", {"TableName": TABLE})["Table"]
        records: list[Json] = read_stream(api, table["LatestStreamArn"])
        return records

    def items(self, region: str, **source: str) -> dict[str, Json]:
        scanned = self.apis[region].ask("Scan", {"TableName": TABLE, **source})["Items"]
        return {item["pk"]["S"]: item for item in scanned}

    def expected(self) -> dict[str, Json]:
        return {key: item for key, item in self.last.items() if item is not None}

    def settle(self) -> None:
        """Let everything arrive, and note what expires meanwhile."""
        while any(self.replica(region).arriving for region in self.regions):
            self.pass_time(60)


# --- Schedules ------------------------------------------------------------------------------------

_LAGS = st.sampled_from((0.0, 0.5, 2.0, 10.0))
_SECONDS = st.sampled_from((0.001, 0.7, 3.0, 12.0))


class Step(NamedTuple):
    """Something that is done in one region, and how long it takes to each region."""

    kind: str
    region: str
    key: str
    other_key: str
    lags: tuple[float, float, float]
    seconds: float

    def perform(self, table: GlobalTable) -> None:
        table.set_lags(dict(zip(REGIONS, self.lags, strict=True)))
        if self.kind == "put":
            table.put(self.region, self.key)
        elif self.kind == "put that expires":
            table.put(self.region, self.key, expires_in=2 + self.seconds)
        elif self.kind == "update":
            table.update(self.region, self.key)
        elif self.kind == "delete":
            table.delete(self.region, self.key)
        elif self.kind == "transaction":
            table.transact(self.region, self.key, self.other_key)
        elif self.kind == "batch":
            table.batch(self.region, tuple({self.key, self.other_key}))
        else:
            table.pass_time(self.seconds)


_KINDS = ("put", "put that expires", "update", "delete", "transaction", "batch", "time", "time")
STEPS = st.builds(
    Step,
    kind=st.sampled_from(_KINDS),
    region=st.sampled_from(REGIONS),
    key=st.sampled_from(KEYS),
    other_key=st.sampled_from(KEYS),
    lags=st.tuples(_LAGS, _LAGS, _LAGS),
    seconds=_SECONDS,
)


def schedules(most: int) -> st.SearchStrategy[list[Step]]:
    return st.lists(STEPS, max_size=most)


def perform(table: GlobalTable, schedule: list[Step]) -> None:
    for step in schedule:
        step.perform(table)
