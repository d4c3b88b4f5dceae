"""Random life of tables with streams and time to live: writes of all kinds, moves of the clock, splits of shards.

Four tables, one for each view type of streams, are written to by the same requests. Source: streams_ttl.md.
"""

from __future__ import annotations

from random import Random
from typing import Any

import orjson

from emulator import Emulator

from .wire import Json

REGION = "us-east-1"
START = 1_800_000_000.0
VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
TTL_ATTRIBUTE = "until"
HOUR = 3600.0

_PARTITIONS = 8
_SORT_KEYS = 6
_MOST_OPEN_SHARDS = 16


class ServiceFaultError(Exception):
    """The service answered with an error; its short name is the argument."""


class TrimmedError(ServiceFaultError):
    """TrimmedDataAccessException."""


class Exceptions:
    """Where a client of boto3 has its exceptions."""

    TrimmedDataAccessException = TrimmedError


class Api:
    """An emulator as a client of boto3 would show it, for the operations that consumers of streams use."""

    exceptions = Exceptions

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def ask(self, operation: str, request: Json) -> Json:
        """The answer to a request. Raises `ServiceFaultError`."""
        reply = self._emulator.gateway.call(operation, orjson.dumps(request), REGION)
        answer: Json = orjson.loads(reply.body)
        if reply.status == 200:
            return answer
        name = answer["__type"].rpartition("#")[2]
        raise TrimmedError(name) if name == "TrimmedDataAccessException" else ServiceFaultError(name, answer)

    def describe_stream(self, **request: Any) -> Json:
        return self.ask("DescribeStream", request)

    def get_shard_iterator(self, **request: Any) -> Json:
        return self.ask("GetShardIterator", request)

    def get_records(self, **request: Any) -> Json:
        return self.ask("GetRecords", request)


class StreamedTables:
    """An emulator with the four tables, and a hand that does random things to them."""

    def __init__(self, seed: int, **settings: Any) -> None:
        self.rng = Random(seed)
        self.emulator = Emulator(**settings)
        self.api = Api(self.emulator)
        self.emulator.clock.freeze(START + self.rng.random())
        for view in VIEWS:
            self._create(view)
        self.ask("ListTables", {})

    def ask(self, operation: str, request: Json) -> Json:
        return self.api.ask(operation, request)

    def _ask_perhaps_in_vain(self, operation: str, request: Json, fault: str) -> None:
        """Make a request that may be refused in that way."""
        try:
            self.ask(operation, request)
        except ServiceFaultError as refused:
            if refused.args[0] != fault:
                raise

    def _create(self, view: str) -> None:
        key = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        types = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}]
        types.append({"AttributeName": "v", "AttributeType": "N"})
        index = [{"AttributeName": "v", "KeyType": "HASH"}]
        projection = {"ProjectionType": "KEYS_ONLY"}
        self.ask(
            "CreateTable",
            {
                "TableName": view,
                "KeySchema": key,
                "AttributeDefinitions": types,
                "GlobalSecondaryIndexes": [{"IndexName": "by-v", "KeySchema": index, "Projection": projection}],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": view},
            },
        )
        self.emulator.clock.advance(seconds=self.emulator.settings.status_delay)
        self.switch_time_to_live(view, enabled=True)

    def items(self, table: str) -> dict[str, Json]:
        """All items of a table by their key."""
        found: dict[str, Json] = {}
        request: Json = {"TableName": table}
        while True:
            page = self.ask("Scan", request)
            found |= {key_text(item): item for item in page["Items"]}
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def latest_stream(self, table: str) -> str:
        arn: str = self.ask("DescribeTable", {"TableName": table})["Table"]["LatestStreamArn"]
        return arn

    # --- random things ----------------------------------------------------------------------------

    def write(self) -> None:
        """One request that writes, or fails to."""
        draw = self.rng.choices(
            (self._put, self._update, self._delete, self._batch, self._transaction, self._failing),
            (30, 30, 12, 12, 12, 4),
        )[0]
        draw()

    def let_time_pass(self) -> None:
        """Some seconds or minutes, or the hours in which shards roll over."""
        hours = self.rng.choice((0.001, 0.01, 0.1, 0.5, 4.5))
        self.emulator.clock.advance(hours=hours * self.rng.random())

    def split(self) -> None:
        table = self._table()
        stream = self.emulator._databases[REGION].tables[table].stream
        if stream is not None and len(stream._open) < _MOST_OPEN_SHARDS:
            self.emulator.split_shards(table)

    def switch_stream(self) -> None:
        """Disable the stream of a table, or enable one."""
        table = self._table()
        on = "StreamSpecification" not in self.ask("DescribeTable", {"TableName": table})["Table"]
        specification: Json = {"StreamEnabled": on, **({"StreamViewType": table} if on else {})}
        self.ask("UpdateTable", {"TableName": table, "StreamSpecification": specification})

    def switch_time_to_live(self, table: str | None = None, *, enabled: bool | None = None) -> None:
        """Disable time to live of a table, or enable it, unless that was done a short while ago."""
        table = table or self._table()
        if enabled is None:
            status = self.ask("DescribeTimeToLive", {"TableName": table})["TimeToLiveDescription"]["TimeToLiveStatus"]
            enabled = status == "DISABLED"
        specification = {"Enabled": enabled, "AttributeName": TTL_ATTRIBUTE}
        request = {"TableName": table, "TimeToLiveSpecification": specification}
        self._ask_perhaps_in_vain("UpdateTimeToLive", request, "ValidationException")

    def make_again(self) -> None:
        """Delete a table and make one of the same name."""
        table = self._table()
        self.ask("DeleteTable", {"TableName": table})
        self._create(table)

    # --- writes -----------------------------------------------------------------------------------

    def _table(self) -> str:
        return self.rng.choice(VIEWS)

    def _key(self) -> Json:
        return {"pk": {"S": str(self.rng.randrange(_PARTITIONS))}, "sk": {"N": str(self.rng.randrange(_SORT_KEYS))}}

    def _item(self) -> Json:
        item = {**self._key(), "v": {"N": str(self.rng.randrange(3))}}
        if self.rng.randrange(2):
            item[TTL_ATTRIBUTE] = self._until()
        if self.rng.randrange(4) == 0:
            item["m"] = {"M": {name: {"N": "1"} for name in self.rng.sample("abc", 2)}}
        return item

    def _until(self) -> Json:
        """A time to expire at, at times one by which nothing expires."""
        now = self.emulator.clock.now()
        at = now + self.rng.choice((-10, 5, 60, 600, 5_000, 50_000)) * self.rng.random()
        return self.rng.choice(
            (
                {"N": str(int(at))},
                {"N": str(int(at))},
                {"N": f"{at:.2f}"},
                {"N": f"{at:.4e}"},
                {"S": str(int(at))},
                {"N": "5"},
            )
        )

    def _put(self) -> None:
        self.ask("PutItem", {"TableName": self._table(), "Item": self._item()})

    def _delete(self) -> None:
        self.ask("DeleteItem", {"TableName": self._table(), "Key": self._key()})

    def _update(self) -> None:
        self.ask("UpdateItem", {"TableName": self._table(), "Key": self._key(), **self._change()})

    def _change(self) -> Json:
        return self.rng.choice(
            (
                {
                    "UpdateExpression": "ADD v :n",
                    "ExpressionAttributeValues": {":n": {"N": str(self.rng.randrange(2))}},
                },
                {"UpdateExpression": "SET v = :n", "ExpressionAttributeValues": {":n": {"N": "1.0"}}},
                {"UpdateExpression": "REMOVE v, m"},
                {
                    "UpdateExpression": "SET #u = :u",
                    "ExpressionAttributeNames": {"#u": TTL_ATTRIBUTE},
                    "ExpressionAttributeValues": {":u": self._until()},
                },
            )
        )

    def _batch(self) -> None:
        """Puts and deletions in several tables, each key once."""
        writes: dict[str, list[Json]] = {}
        seen = set()
        for _ in range(1 + self.rng.randrange(25)):
            table, item = self._table(), self._item()
            if (table, key_text(item)) in seen:
                continue
            seen.add((table, key_text(item)))
            put = self.rng.randrange(3) > 0
            write = {"PutRequest": {"Item": item}} if put else {"DeleteRequest": {"Key": key_of(item)}}
            writes.setdefault(table, []).append(write)
        self.ask("BatchWriteItem", {"RequestItems": writes})

    def _transaction(self) -> None:
        """Actions on several tables, each item once; at times a condition fails and nothing is done."""
        actions: list[Json] = []
        seen = set()
        for _ in range(1 + self.rng.randrange(6)):
            table, item = self._table(), self._item()
            if (table, key_text(item)) in seen:
                continue
            seen.add((table, key_text(item)))
            actions.append(self._action(table, item))
        self._ask_perhaps_in_vain("TransactWriteItems", {"TransactItems": actions}, "TransactionCanceledException")

    def _action(self, table: str, item: Json) -> Json:
        named: Json = {"TableName": table, "Key": key_of(item)}
        kind = self.rng.randrange(10)
        if kind < 4:
            return {"Put": {"TableName": table, "Item": item}}
        if kind < 7:
            return {"Update": {**named, **self._change()}}
        if kind < 9:
            return {"Delete": named}
        return {"ConditionCheck": {**named, "ConditionExpression": "attribute_exists(pk)"}}

    def _failing(self) -> None:
        key = self._key()
        request = {"TableName": self._table(), "Item": key, "ConditionExpression": "v = :no"}
        request["ExpressionAttributeValues"] = {":no": {"S": "no number"}}
        self._ask_perhaps_in_vain("PutItem", request, "ConditionalCheckFailedException")


def key_of(item: Json) -> Json:
    return {name: item[name] for name in ("pk", "sk")}


def key_text(item: Json) -> str:
    return f"{item['pk']['S']}/{item['sk']['N']}"
