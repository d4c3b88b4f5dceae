"""A table under all kinds of writes, and replicas that are built of its stream alone, by handlers that fail.

A handler may see a record again, but never miss one: what it has not seen must follow on what its replica has.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any, TypeAlias

import orjson

from emulator import Delivery, Emulator, Savepoint

REGION = "us-east-1"
TABLE = "Table"
START = 1_767_268_800
KEYS = 12
MAX_SHARDS = 16
LONGEST_WINDOW = 5
HOUR = 3600
RETENTION_HOURS = 24

STEPS_PER_CHECK = 500

Action: TypeAlias = tuple[str, tuple[int, ...]]
"""The name of a method of `ReplicatedTable`, and small numbers for it."""

Item: TypeAlias = dict[str, Any]
Event: TypeAlias = dict[str, Any]

ACTIONS: dict[str, int] = {
    "put": 3,
    "update": 2,
    "delete": 1,
    "put_expiring": 2,
    "batch": 3,
    "transact": 3,
    "pass_seconds": 1,
    "pass_hours": 1,
    "split": 0,
    "drain": 0,
    "mark": 0,
    "restore": 0,
}
"""How many numbers each takes."""

RARE = {"split": 20, "mark": 4, "restore": 4, "pass_hours": 4}
"""Which are to be drawn once in so many times."""


def random_action(rng: Random) -> Action:
    while True:
        name = rng.choice(list(ACTIONS))
        if not rng.randrange(RARE.get(name, 1)):
            return name, tuple(rng.randrange(1000) for _ in range(ACTIONS[name]))


class Replica:
    """A handler that copies a table and fails now and then."""

    def __init__(self, rng: Random, failure_rate: float, *, reports: bool) -> None:
        self.items: dict[str, Item] = {}
        self.faults: list[str] = []
        self.failure_rate = failure_rate
        self._rng = rng
        self._reports = reports
        self._seen: dict[str, int] = {}
        """The last sequence number of each item."""

    def __call__(self, event: Event) -> dict[str, Any] | None:
        records = event["Records"]
        stop = self._rng.randrange(len(records)) if self._rng.random() < self.failure_rate else len(records)
        for record in records[:stop]:
            self._apply(record["dynamodb"])
        if stop == len(records):
            return None
        if not self._reports or self._rng.randrange(3) == 0:
            raise ConnectionError(f"at record {stop} of {len(records)}")
        failed = [records[stop], *self._rng.sample(records[stop:], k=self._rng.randrange(len(records) - stop + 1))]
        identifiers = [record["dynamodb"]["SequenceNumber"] for record in failed]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}

    def _apply(self, change: dict[str, Any]) -> None:
        key, sequence = change["Keys"]["id"]["S"], int(change["SequenceNumber"])
        if sequence <= self._seen.get(key, 0):
            return  # seen in a batch that failed later on
        self._seen[key] = sequence
        if change.get("OldImage") != self.items.get(key):
            self.faults.append(f"{change} follows on {self.items.get(key)}")
        if "NewImage" in change:
            self.items[key] = change["NewImage"]
        else:
            self.items.pop(key, None)

    def state(self) -> Any:
        return deepcopy((self.items, self._seen))

    def bring_back(self, state: Any) -> None:
        self.items, self._seen = deepcopy(state)


class ReplicatedTable:
    """An emulator with one table, its replicas, and everything that may happen to them."""

    def __init__(self, shards: int = 1) -> None:
        self.emu = Emulator(stream_shards=shards)
        self.emu.clock.freeze(START)
        self.replicas: list[Replica] = []
        self.deliveries = 0
        self.failures = 0
        self._version = 0
        self._shards = shards
        self._settled = self.emu.clock.now()
        self._mark: tuple[Savepoint, list[Any], float, float] | None = None
        self.call(
            "CreateTable",
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        specification = {"Enabled": True, "AttributeName": "gone"}
        self.call("UpdateTimeToLive", TableName=TABLE, TimeToLiveSpecification=specification)

    def replicate(self, replica: Replica, **options: Any) -> None:
        self.replicas.append(replica)
        self.emu.on_stream(TABLE, replica, **options)

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        reply = self.emu.gateway.call(operation, orjson.dumps(request), REGION)
        body: dict[str, Any] = orjson.loads(reply.body)
        assert reply.status == 200, body
        return body

    def perform(self, action: Action) -> None:
        name, numbers = action
        method: Callable[..., None] = getattr(self, name)
        method(*numbers)

    # --- writes -----------------------------------------------------------------------------------

    def _item(self, key: int, size: int) -> Item:
        self._version += 1
        version = self._version - size % 2  # now and then it says what was said before
        return {"id": {"S": f"k{key % KEYS}"}, "version": {"N": str(version)}, "text": {"S": "x" * (size % 50)}}

    def _key(self, key: int) -> Item:
        return {"id": {"S": f"k{key % KEYS}"}}

    def put(self, key: int, size: int, _: int) -> None:
        self.call("PutItem", TableName=TABLE, Item=self._item(key, size))

    def put_expiring(self, key: int, seconds: int) -> None:
        gone = {"N": str(int(self.emu.clock.now()) + seconds * 20)}
        self.call("PutItem", TableName=TABLE, Item={**self._item(key, seconds), "gone": gone})

    def update(self, key: int, amount: int) -> None:
        self.call(
            "UpdateItem",
            TableName=TABLE,
            Key=self._key(key),
            UpdateExpression="ADD amount :n",
            ExpressionAttributeValues={":n": {"N": str(amount % 3)}},
        )

    def delete(self, key: int) -> None:
        self.call("DeleteItem", TableName=TABLE, Key=self._key(key))

    def batch(self, first: int, count: int, size: int) -> None:
        requests: list[dict[str, Any]] = [
            {"DeleteRequest": {"Key": self._key(key)}}
            if (key + size) % 3 == 0
            else {"PutRequest": {"Item": self._item(key, size + key)}}
            for key in range(first, first + 1 + count % KEYS)
        ]
        self.call("BatchWriteItem", RequestItems={TABLE: requests})

    def transact(self, first: int, count: int, size: int) -> None:
        actions: list[dict[str, Any]] = [
            {"Delete": {"TableName": TABLE, "Key": self._key(key)}}
            if (key + size) % 3 == 0
            else {"Put": {"TableName": TABLE, "Item": self._item(key, size)}}
            for key in range(first, first + 1 + count % KEYS)
        ]
        self.call("TransactWriteItems", TransactItems=actions)

    # --- time and shards --------------------------------------------------------------------------

    def pass_seconds(self, seconds: int) -> None:
        self._pass(seconds)

    def pass_hours(self, hours: int) -> None:
        self._pass((1 + hours % 6) * HOUR)

    def _pass(self, seconds: int) -> None:
        """Nothing may be trimmed that was not delivered."""
        if self.emu.clock.now() + seconds - self._settled >= RETENTION_HOURS * HOUR:
            self.settle()
        self.emu.clock.advance(seconds=seconds)

    def split(self) -> None:
        if self._shards < MAX_SHARDS:
            self._shards *= 2
            self.emu.split_shards(TABLE)

    # --- delivery ---------------------------------------------------------------------------------

    def drain(self) -> None:
        self._drained()

    def _drained(self) -> list[Delivery]:
        deliveries = self.emu.drain()
        self.deliveries += len(deliveries)
        self.failures += sum(delivery.outcome in ("failed", "partly failed") for delivery in deliveries)
        lost = [delivery for delivery in deliveries if delivery.outcome in ("discarded", "trimmed")]
        assert not lost, f"nothing was to be given up: {lost}"
        return deliveries

    def settle(self) -> None:
        """Deliver everything, without further failures."""
        rates = [replica.failure_rate for replica in self.replicas]
        for replica in self.replicas:
            replica.failure_rate = 0
        self._pass_windows()
        self._drained()
        for replica, rate in zip(self.replicas, rates, strict=True):
            replica.failure_rate = rate
        self._settled = self.emu.clock.now()

    def _pass_windows(self) -> None:
        """Move the clock until nothing has changed, nor expired, for as long as a batch may wait."""
        before = None
        while before != (table := self.table()):
            before = table
            self.emu.clock.advance(seconds=LONGEST_WINDOW)

    def table(self) -> dict[str, Item]:
        items = self.call("Scan", TableName=TABLE, ConsistentRead=True)["Items"]
        return {item["id"]["S"]: item for item in items}

    def mark(self) -> None:
        """A savepoint of the table, and of the replicas, that are as outside of the emulator as can be."""
        if self._mark is not None:
            self._mark[0].release()
        states = [replica.state() for replica in self.replicas]
        self._mark = self.emu.savepoint(), states, self.emu.clock.now(), self._settled

    def restore(self) -> None:
        """Come back to the mark. The clock goes back too, so that nothing is older than it was then."""
        if self._mark is None:
            return
        savepoint, states, at, self._settled = self._mark
        savepoint.restore()
        self.emu.clock.freeze(at)
        for replica, state in zip(self.replicas, states, strict=True):
            replica.bring_back(state)

    def check(self) -> None:
        """Raise AssertionError unless all replicas are as the table is."""
        self.settle()
        table = self.table()
        for replica in self.replicas:
            assert not replica.faults
            assert replica.items == table


# --- Long runs --------------------------------------------------------------------------------------


def random_table(rng: Random) -> ReplicatedTable:
    """A table with some replicas, each with options of its own."""
    replicated = ReplicatedTable(rng.randint(1, 3))
    for failure_rate in (0, 0.1, 0.4):
        reports = rng.random() < 0.5
        replicated.replicate(
            Replica(rng, failure_rate, reports=reports),
            report_batch_item_failures=reports,
            batch_size=rng.randint(1, 30),
            batch_window=rng.choice([0, LONGEST_WINDOW]),
            bisect_on_error=rng.random() < 0.5,
            maximum_retries=rng.choice([None, 200]),
            parallelization_factor=rng.randint(1, 4),
        )
    return replicated


def run_replicas(rng: Random, steps: int, after_step: Callable[[], None] = lambda: None) -> ReplicatedTable:
    """So many random actions, checked from time to time. Raises AssertionError if a replica is not as the table is."""
    replicated = random_table(rng)
    for number in range(1, steps + 1):
        replicated.perform(random_action(rng))
        if number % STEPS_PER_CHECK == 0 or number == steps:
            replicated.check()
        after_step()
    return replicated
