"""A table with indexes that changes over days, and a recorder that keeps what it held at certain seconds.

Each of these seconds is restored, and the restored table and its indexes must hold what the recorder kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, TypeAlias

import orjson

from emulator import Emulator

REGION = "us-east-1"
START = 1_800_000_000
DAY = 24 * 3600
TABLE = "orders"

Json: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[str, int]
State: TypeAlias = dict[Key, Json]
"""Items by key. Items are replaced whole, so a copy of the dict is a copy of the state."""


def call(emulator: Emulator, operation: str, **request: Any) -> Json:
    reply = emulator.gateway.call(operation, orjson.dumps(request), REGION)
    answer: Json = orjson.loads(reply.body)
    assert reply.status == 200, answer
    return answer


def item_of(key: Key, rng: Random) -> Json:
    """An item that stands in none, one or both of the indexes."""
    item: Json = {"pk": {"S": key[0]}, "sk": {"N": str(key[1])}, "n": {"N": str(rng.randrange(1000))}}
    if rng.random() < 0.7:
        item["g"] = {"S": f"g{rng.randrange(50)}"}
    if rng.random() < 0.3:
        item["l"] = {"S": f"l{rng.randrange(50)}"}
    return item


class RecordedTable:
    """A table of an emulator whose clock stands still between changes, with point-in-time recovery."""

    def __init__(self, rng: Random, items: int) -> None:
        self.rng = rng
        self.emulator = Emulator()
        self.emulator.clock.freeze(START)
        self.state: State = {}
        self.changes = 0
        self._seen: list[Key] = []
        call(
            self.emulator,
            "CreateTable",
            TableName=TABLE,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind}
                for name, kind in (("pk", "S"), ("sk", "N"), ("g", "S"), ("l", "S"))
            ],
            KeySchema=_keys("pk", "sk"),
            BillingMode="PAY_PER_REQUEST",
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-g",
                    "KeySchema": _keys("g", "sk"),
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
                }
            ],
            LocalSecondaryIndexes=[
                {"IndexName": "by-l", "KeySchema": _keys("pk", "l"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
            ],
        )
        self._spread = max(items // 20, 1)
        while len(self.state) < items:
            self._put_many(min(25, items - len(self.state)))
        specification = {"PointInTimeRecoveryEnabled": True}
        call(
            self.emulator,
            "UpdateContinuousBackups",
            TableName=TABLE,
            PointInTimeRecoverySpecification=specification,
        )

    # --- changes ----------------------------------------------------------------------------------

    def change(self) -> None:
        """Put, update or delete items in one of the ways in which requests do."""
        way = self.rng.choice((self._put, self._update, self._update, self._delete, self._transact, self._batch))
        way()
        self.changes += 1

    def _new_key(self) -> Key:
        return f"customer-{self.rng.randrange(self._spread)}", self.rng.randrange(10**9)

    def _some_key(self) -> Key:
        """The key of an item that is there, now and then of one that may not be."""
        if not self.state or self.rng.random() < 0.1:
            return self._new_key()
        if not self._seen or self.changes % 1000 == 0:
            self._seen = list(self.state)  # for a while: choosing from a dict takes a list of it
        return self.rng.choice(self._seen)

    def _put_many(self, count: int) -> None:
        keys = {self._new_key() for _ in range(count)}
        items = {key: item_of(key, self.rng) for key in sorted(keys)}
        puts = [{"PutRequest": {"Item": item}} for item in items.values()]
        call(self.emulator, "BatchWriteItem", RequestItems={TABLE: puts})
        self.state.update(items)

    def _batch(self) -> None:
        """New items and deletions in one request."""
        doomed = self._some_key()
        key = self._new_key()
        item = item_of(key, self.rng)
        requests = [{"PutRequest": {"Item": item}}, {"DeleteRequest": {"Key": _key(doomed)}}]
        call(self.emulator, "BatchWriteItem", RequestItems={TABLE: requests})
        self.state[key] = item
        self.state.pop(doomed, None)

    def _put(self) -> None:
        key = self._some_key()
        item = item_of(key, self.rng)
        call(self.emulator, "PutItem", TableName=TABLE, Item=item)
        self.state[key] = item

    def _update(self) -> None:
        key = self._some_key()
        number = {"N": str(self.rng.randrange(1000))}
        call(
            self.emulator,
            "UpdateItem",
            TableName=TABLE,
            Key=_key(key),
            UpdateExpression="SET n = :n REMOVE g",
            ExpressionAttributeValues={":n": number},
        )
        before = {name: value for name, value in self.state.get(key, _key(key)).items() if name != "g"}
        self.state[key] = {**before, "n": number}

    def _delete(self) -> None:
        key = self._some_key()
        call(self.emulator, "DeleteItem", TableName=TABLE, Key=_key(key))
        self.state.pop(key, None)

    def _transact(self) -> None:
        doomed, key = self._some_key(), self._new_key()
        item = item_of(key, self.rng)
        actions = [
            {"Put": {"TableName": TABLE, "Item": item}},
            {"Delete": {"TableName": TABLE, "Key": _key(doomed)}},
        ]
        call(self.emulator, "TransactWriteItems", TransactItems=actions)
        self.state[key] = item
        self.state.pop(doomed, None)

    # --- restoring --------------------------------------------------------------------------------

    def check_restored(self, second: int, kept: State) -> None:
        """Restore a second of the past; raise AssertionError unless all is as it was kept."""
        call(
            self.emulator,
            "RestoreTableToPointInTime",
            SourceTableName=TABLE,
            TargetTableName="restored",
            RestoreDateTime=second,
        )
        at = second - START
        assert _by_key(self._scan()) == kept, f"the table at second {at}"
        assert _by_key(self._scan("by-g")) == _projected(kept, "g", ("pk", "sk", "g", "n")), f"by-g at second {at}"
        assert _by_key(self._scan("by-l")) == _projected(kept, "l", ("pk", "sk", "l")), f"by-l at second {at}"
        call(self.emulator, "DeleteTable", TableName="restored")

    def _scan(self, index: str | None = None) -> Iterator[Json]:
        request: Json = {"TableName": "restored"} if index is None else {"TableName": "restored", "IndexName": index}
        while True:
            page = call(self.emulator, "Scan", **request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _keys(*names: str) -> list[Json]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=True)]


def _key(key: Key) -> Json:
    return {"pk": {"S": key[0]}, "sk": {"N": str(key[1])}}


def _by_key(items: Iterator[Json]) -> State:
    found = [((item["pk"]["S"], int(item["sk"]["N"])), item) for item in items]
    assert len(dict(found)) == len(found), "no item comes twice"
    return dict(found)


def _projected(kept: State, index_key: str, names: tuple[str, ...]) -> State:
    """The rows of an index."""
    return {
        key: {name: item[name] for name in names if name in item} for key, item in kept.items() if index_key in item
    }


def run_restores(rng: Random, items: int, changes: int, seconds: int, step: Callable[[], None]) -> RecordedTable:
    """Make a table, change it over three days, and restore so many random seconds of them.

    Raises AssertionError where a restored table is not what it was. `step` is called after each change and restore.
    """
    table = RecordedTable(rng, items)
    moments = sorted(rng.sample(range(START, START + 3 * DAY), seconds))
    busy = [moment + rng.choice((-0.001, 0, 0, 0.001)) for moment in moments]  # changes close to what is restored
    quiet = [START + round(rng.uniform(0, 3 * DAY), 3) for _ in range(changes - len(busy))]
    kept: dict[int, State] = {}
    for at in sorted(busy + quiet):
        while len(kept) < seconds and moments[len(kept)] < at:
            kept[moments[len(kept)]] = dict(table.state)
        table.emulator.clock.freeze(max(at, START))
        table.change()
        step()
    for moment in moments[len(kept) :]:
        kept[moment] = dict(table.state)
    table.emulator.clock.freeze(START + 3 * DAY)
    rng.shuffle(moments)
    for moment in moments:
        table.check_restored(moment, kept[moment])
        step()
    return table
