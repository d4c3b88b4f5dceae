"""Clients that write all that they can until their server ends, and remember what they asked for and what was answered.

Each client has things of its own, that nobody else writes; all share counters and move amounts between accounts.
Each write has an id, which stands in the items that it leaves, so that its changes can be found in the streams.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.property.wire import Json

from .server import HttpApi

THINGS = "Things"
ACCOUNTS = "Accounts"
TRANSFERS = "Transfers"
TABLES = (THINGS, ACCOUNTS, TRANSFERS)

OWN_THINGS = 12
COUNTERS = 3
ACCOUNT_COUNT = 12
BALANCE = 100
SETUP = "setup"

UNKNOWN, DONE, REFUSED = "unknown", "done", "refused"

_TTL_ATTRIBUTE = "until"


@dataclass(slots=True)
class Write:
    """A write of one item, or a transfer; `outcome` is what the client was told."""

    id: str
    kind: str
    keys: tuple[str, ...]
    """Of the item, or of the two accounts."""
    amount: int = 0
    outcome: str = UNKNOWN


class Intent(NamedTuple):
    """A request and what it writes."""

    operation: str
    request: Json
    writes: list[Write]


def set_up(api: HttpApi) -> None:
    """Make the tables, and the accounts with what is in them."""
    index = {
        "IndexName": "by-owner",
        "KeySchema": [
            {"AttributeName": "owner", "KeyType": "HASH"},
            {"AttributeName": "rank", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "ALL"},
    }
    types = [{"AttributeName": "owner", "AttributeType": "S"}, {"AttributeName": "rank", "AttributeType": "N"}]
    _create(api, THINGS, types, GlobalSecondaryIndexes=[index], BillingMode="PAY_PER_REQUEST")
    _create(api, ACCOUNTS, [], ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 2500})
    _create(api, TRANSFERS, [], BillingMode="PAY_PER_REQUEST")
    specification = {"Enabled": True, "AttributeName": _TTL_ATTRIBUTE}
    api.ask("UpdateTimeToLive", {"TableName": THINGS, "TimeToLiveSpecification": specification})
    for number in range(ACCOUNT_COUNT):
        item = {"id": {"S": _account(number)}, "balance": {"N": str(BALANCE)}, "write": {"S": SETUP}}
        api.ask("PutItem", {"TableName": ACCOUNTS, "Item": item})


def _create(api: HttpApi, name: str, types: list[Json], **more: Json) -> None:
    request = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, *types],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }
    api.ask("CreateTable", {**request, **more})


def _account(number: int) -> str:
    return f"account-{number}"


def _put(item: Json) -> Json:
    return {"PutRequest": {"Item": item}}


@dataclass
class Client:
    """One of those that write. What it asks for follows from its seed; how far it comes does not."""

    number: int
    seed: str
    writes: list[Write] = field(default_factory=list)
    refusals: tuple[str, ...] = ("TransactionCanceledException",)
    """Errors that it may be answered."""
    fault: BaseException | None = None
    """What it was answered that it should not have been, if anything."""

    def __post_init__(self) -> None:
        self._rng = Random(f"{self.seed}/{self.number}")
        self._transfers: list[Intent] = []
        self.answered = 0
        """Requests."""

    def run(self, port: int) -> None:
        """Write until the server ends."""
        try:
            with closing(HttpApi(port)) as api:
                self._repeat_last_transfer(api)
                while True:
                    self._send(api, self._draw())
        except ConnectionError:
            pass
        except BaseException as fault:
            self.fault = fault

    def _send(self, api: HttpApi, intent: Intent) -> None:
        self.writes += intent.writes
        self._ask(api, intent)

    def _ask(self, api: HttpApi, intent: Intent) -> None:
        status, answer = api.send(intent.operation, intent.request)
        if status == 200 and not answer.get("UnprocessedItems"):
            outcome = DONE
        elif answer.get("__type", "").rpartition("#")[2] in self.refusals:
            outcome = REFUSED
        else:
            raise AssertionError(f"{intent.operation} {intent.request} was answered {status} {answer}")
        for write in intent.writes:
            write.outcome = outcome
        self.answered += 1

    def _repeat_last_transfer(self, api: HttpApi) -> None:
        """Whether it was done before the server ended or not, it is now, and once."""
        if self._transfers and self._transfers[-1].writes[0].outcome == UNKNOWN:
            self._ask(api, self._transfers[-1])

    # --- what to write ----------------------------------------------------------------------------

    def _draw(self) -> Intent:
        draws: dict[Callable[[], Intent], int] = {
            self._put: 28,
            self._update: 25,
            self._delete: 10,
            self._batch: 10,
            self._count: 10,
            self._transfer: 15,
            self._repeat_transfer: 2,
        }
        draw = self._rng.choices(list(draws), list(draws.values()))[0]
        return draw()

    def _write(self, kind: str, *keys: str, amount: int = 0) -> Write:
        return Write(f"{self.number}-{len(self.writes)}-{self._rng.getrandbits(40):x}", kind, keys, amount)

    def _own(self) -> str:
        return f"thing-{self.number}-{self._rng.randrange(OWN_THINGS)}"

    def _thing(self, write: Write) -> Json:
        """An item that may expire, before the next request or in an hour: not while it is looked at."""
        item = {"id": {"S": write.keys[0]}, "write": {"S": write.id}, "owner": {"S": f"owner-{self._rng.randrange(4)}"}}
        if self._rng.randrange(3):
            item["rank"] = {"N": str(self._rng.randrange(100))}
        if not self._rng.randrange(4):
            item["text"] = {"S": "x" * self._rng.choice((10, 500, 5_000))}
        if not self._rng.randrange(6):
            item[_TTL_ATTRIBUTE] = {"N": str(int(time.time()) + self._rng.choice((-100, 0, 3_600)))}
        return item

    def _put(self) -> Intent:
        write = self._write("put", self._own())
        return Intent("PutItem", {"TableName": THINGS, "Item": self._thing(write)}, [write])

    def _update(self) -> Intent:
        write = self._write("put", self._own())
        request = {
            "TableName": THINGS,
            "Key": {"id": {"S": write.keys[0]}},
            "UpdateExpression": "SET #w = :w, #r = :r REMOVE #u",
            "ExpressionAttributeNames": {"#w": "write", "#r": "rank", "#u": _TTL_ATTRIBUTE},
            "ExpressionAttributeValues": {":w": {"S": write.id}, ":r": {"N": str(self._rng.randrange(100))}},
        }
        return Intent("UpdateItem", request, [write])

    def _delete(self) -> Intent:
        write = self._write("delete", self._own())
        return Intent("DeleteItem", {"TableName": THINGS, "Key": {"id": {"S": write.keys[0]}}}, [write])

    def _batch(self) -> Intent:
        writes, requests = [], []
        for key in {self._own(): None for _ in range(1 + self._rng.randrange(8))}:
            write = self._write(self._rng.choice(("put", "put", "delete")), key)
            delete = {"DeleteRequest": {"Key": {"id": {"S": key}}}}
            requests.append(_put(self._thing(write)) if write.kind == "put" else delete)
            writes.append(write)
        return Intent("BatchWriteItem", {"RequestItems": {THINGS: requests}}, writes)

    def _count(self) -> Intent:
        write = self._write("count", f"counter-{self._rng.randrange(COUNTERS)}")
        request = {
            "TableName": THINGS,
            "Key": {"id": {"S": write.keys[0]}},
            "UpdateExpression": "ADD #n :one SET #w = :w",
            "ExpressionAttributeNames": {"#w": "write", "#n": "count"},
            "ExpressionAttributeValues": {":w": {"S": write.id}, ":one": {"N": "1"}},
        }
        return Intent("UpdateItem", request, [write])

    def _transfer(self) -> Intent:
        payer, payee = (_account(number) for number in self._rng.sample(range(ACCOUNT_COUNT), 2))
        write = self._write("transfer", payer, payee, amount=1 + self._rng.randrange(60))
        booking = {"id": {"S": write.id}, "write": {"S": write.id}, "amount": {"N": str(write.amount)}}
        actions = [
            {"Update": {**_moved(write, payer, "-"), "ConditionExpression": "balance >= :a"}},
            {"Update": _moved(write, payee, "+")},
            {"Put": {"TableName": TRANSFERS, "Item": booking}},
        ]
        intent = Intent("TransactWriteItems", {"TransactItems": actions, "ClientRequestToken": write.id}, [write])
        self._transfers.append(intent)
        return intent

    def _repeat_transfer(self) -> Intent:
        """One that was done, under its token: it is answered so, and does nothing."""
        done = [intent for intent in self._transfers[-50:] if intent.writes[0].outcome == DONE]
        return self._rng.choice(done)._replace(writes=[]) if done else self._transfer()


def _moved(write: Write, account: str, sign: str) -> Json:
    return {
        "TableName": ACCOUNTS,
        "Key": {"id": {"S": account}},
        "UpdateExpression": f"SET balance = balance {sign} :a, #w = :w",
        "ExpressionAttributeNames": {"#w": "write"},
        "ExpressionAttributeValues": {":a": {"N": str(write.amount)}, ":w": {"S": write.id}},
    }
