"""A long mixed run against a server: memory has to stay flat, and every answer has to be one that was to be expected.

    python scripts/endurance.py                                   200,000 requests
    python scripts/endurance.py --requests 2000000 --markdown docs/endurance.md
    python scripts/endurance.py --requests 100000 --db-path /tmp/soak.db

Sixteen connections write, read, query, scan, batch, transact and send statements, wrong ones among them, to tables with
indexes, a stream and items that expire; the clock is moved ahead an hour now and then, so that streams are trimmed and
items go. Keys are taken from a bounded set, so the data stops growing once all keys were used: from then on the memory
of the server must not grow. The seed is printed; the same seed sends the same requests.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

CONNECTIONS = 16
KEYS = 5_000
HOURS = 400  # of the emulator's clock, in the whole run
REPORTS = 20
MOST_GROWTH = 0.05  # of the memory, from half of the run to its end

Request = tuple[str, dict[str, Any]]


def attribute(name: str) -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": "S"}


TABLE: dict[str, Any] = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [attribute("customer"), attribute("order"), attribute("status")],
    "KeySchema": [
        {"AttributeName": "customer", "KeyType": "HASH"},
        {"AttributeName": "order", "KeyType": "RANGE"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-status",
            "KeySchema": [
                {"AttributeName": "status", "KeyType": "HASH"},
                {"AttributeName": "order", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["amount"]},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}

# --- Requests -------------------------------------------------------------------------------------


class Maker:
    """Requests of a seed. `now` is the emulator's time, which items that expire are dated by."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.now = time.time()
        self._makers: list[tuple[int, Callable[[], Request]]] = [
            (20, self._put),
            (20, self._get),
            (12, self._update),
            (8, self._delete),
            (8, self._query),
            (4, self._query_index),
            (2, self._scan),
            (5, self._batch_write),
            (4, self._batch_get),
            (4, self._transact),
            (2, self._transact_get),
            (5, self._statement),
            (3, self._conditional),
            (3, self._wrong),
        ]

    def make(self) -> Request:
        weights = [weight for weight, _ in self._makers]
        return self._rng.choices(self._makers, weights)[0][1]()

    def _key(self) -> dict[str, Any]:
        number = self._rng.randrange(KEYS)
        return {"customer": {"S": f"customer#{number % 500}"}, "order": {"S": f"order#{number:05d}"}}

    def _item(self) -> dict[str, Any]:
        item = {
            **self._key(),
            "status": {"S": self._rng.choice(("NEW", "PAID", "SENT", "DONE"))},
            "amount": {"N": str(self._rng.randrange(100_000) / 100)},
            "lines": {"L": [{"M": {"sku": {"S": f"sku-{n}"}, "count": {"N": str(n)}}} for n in range(4)]},
        }
        if self._rng.random() < 0.2:
            item["expires"] = {"N": str(int(self.now + self._rng.randrange(7200)))}
        return item

    def _put(self) -> Request:
        return "PutItem", {"TableName": "Orders", "Item": self._item(), "ReturnConsumedCapacity": "TOTAL"}

    def _get(self) -> Request:
        return "GetItem", {"TableName": "Orders", "Key": self._key()}

    def _update(self) -> Request:
        return "UpdateItem", {
            "TableName": "Orders",
            "Key": self._key(),
            "UpdateExpression": "SET #s = :s, visits = if_not_exists(visits, :zero) + :one REMOVE expires",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":s": {"S": "SENT"}, ":zero": {"N": "0"}, ":one": {"N": "1"}},
            "ReturnValues": "ALL_NEW",
        }

    def _delete(self) -> Request:
        return "DeleteItem", {"TableName": "Orders", "Key": self._key(), "ReturnValues": "ALL_OLD"}

    def _query(self) -> Request:
        return "Query", {
            "TableName": "Orders",
            "KeyConditionExpression": "customer = :c AND begins_with(#o, :o)",
            "FilterExpression": "amount > :t",
            "ExpressionAttributeNames": {"#o": "order"},
            "ExpressionAttributeValues": {
                ":c": self._key()["customer"],
                ":o": {"S": "order#"},
                ":t": {"N": str(self._rng.randrange(1000))},
            },
        }

    def _query_index(self) -> Request:
        return "Query", {
            "TableName": "Orders",
            "IndexName": "by-status",
            "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": "status"},
            "ExpressionAttributeValues": {":s": {"S": "PAID"}},
            "Limit": 20,
        }

    def _scan(self) -> Request:
        return "Scan", {"TableName": "Orders", "Limit": 50, "Segment": self._rng.randrange(4), "TotalSegments": 4}

    def _batch_write(self) -> Request:
        keys = {json.dumps(self._key()): None for _ in range(10)}
        writes = [{"DeleteRequest": {"Key": json.loads(key)}} for key in list(keys)[:3]]
        writes += [{"PutRequest": {"Item": {**self._item(), **json.loads(key)}}} for key in list(keys)[3:]]
        return "BatchWriteItem", {"RequestItems": {"Orders": writes}}

    def _batch_get(self) -> Request:
        keys = {json.dumps(self._key()): None for _ in range(10)}
        return "BatchGetItem", {"RequestItems": {"Orders": {"Keys": [json.loads(key) for key in keys]}}}

    def _transact(self) -> Request:
        keys = list({json.dumps(self._key()): None for _ in range(4)})
        values = {":one": {"N": "1"}}
        updates = [
            {
                "Update": {
                    "TableName": "Orders",
                    "Key": json.loads(key),
                    "UpdateExpression": "ADD moves :one",
                    "ExpressionAttributeValues": values,
                }
            }
            for key in keys
        ]
        token = f"token-{self._rng.randrange(1 << 60)}"
        return "TransactWriteItems", {"TransactItems": updates, "ClientRequestToken": token}

    def _transact_get(self) -> Request:
        gets = [{"Get": {"TableName": "Orders", "Key": self._key()}} for _ in range(4)]
        return "TransactGetItems", {"TransactItems": gets}

    def _statement(self) -> Request:
        key = self._key()
        return "ExecuteStatement", {
            "Statement": 'SELECT * FROM Orders WHERE customer = ? AND "order" = ?',
            "Parameters": [key["customer"], key["order"]],
        }

    def _conditional(self) -> Request:
        return "PutItem", {
            "TableName": "Orders",
            "Item": self._item(),
            "ConditionExpression": "attribute_not_exists(customer)",
        }

    def _wrong(self) -> Request:
        """Texts that were never sent before, so that what is kept by text has to let go of something."""
        name = f"a{self._rng.randrange(1 << 60)}"
        return "UpdateItem", {
            "TableName": "Orders",
            "Key": self._key(),
            "UpdateExpression": f"SET {name} = :unknown",
            "ExpressionAttributeValues": {":other": {"N": "1"}},
        }


EXPECTED_ERRORS = {
    ("PutItem", "ConditionalCheckFailedException"),
    ("UpdateItem", "ValidationException"),
    ("BatchWriteItem", "ValidationException"),  # the same key twice
    ("TransactGetItems", "ValidationException"),
}

# --- Connections ----------------------------------------------------------------------------------


def encoded(operation: str, request: dict[str, Any], port: int) -> bytes:
    body = json.dumps(request).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Amz-Target: DynamoDB_20120810.{operation}\r\n"
        "Content-Type: application/x-amz-json-1.0\r\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, Signature=0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Run:
    """What the connections share: the requests still to be sent, and what came of those that were."""

    def __init__(self, port: int, pid: int, requests: int, seed: int) -> None:
        self.port = port
        self.pid = pid
        self.requests = requests
        self.maker = Maker(Random(seed))
        self.sent = 0
        self.counts: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.unexpected: list[str] = []
        self.memory: list[tuple[int, float]] = []
        self.started = time.monotonic()

    async def go(self) -> None:
        await asyncio.gather(*(self._connection() for _ in range(CONNECTIONS)))
        self._report()

    async def _connection(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.sent < self.requests and not self.unexpected:
            self.sent += 1
            if self.sent % (self.requests // HOURS) == 0:
                self._advance()
            if self.sent % max(self.requests // REPORTS, 1) == 0:
                self._report()
            operation, request = self.maker.make()
            writer.write(encoded(operation, request, self.port))
            self._judge(operation, *await self._answer(reader))
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> tuple[int, bytes]:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        return int(head[9:12]), await reader.readexactly(length)

    def _judge(self, operation: str, status: int, body: bytes) -> None:
        self.counts[operation] += 1
        if status == 200:
            return
        code = json.loads(body)["__type"].rpartition("#")[2]
        self.refusals[f"{operation}: {code}"] += 1
        if (operation, code) not in EXPECTED_ERRORS:
            self.unexpected.append(f"{operation} answered {status}: {body[:500].decode()}")

    def _advance(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/admin/clock", b'{"advance": 3600}')
        self.maker.now = json.loads(connection.getresponse().read())["now"]
        connection.close()

    def _report(self) -> None:
        megabytes = resident_kib(self.pid) / 1024
        self.memory.append((self.sent, megabytes))
        rate = self.sent / (time.monotonic() - self.started)
        text = f"{self.sent:,} of {self.requests:,} requests, {rate:,.0f} a second, {megabytes:.1f} MB"
        end = "" if sys.stderr.isatty() else "\n"
        print(f"\r{text}   " if sys.stderr.isatty() else text, end=end, file=sys.stderr, flush=True)


def resident_kib(pid: int) -> int:
    output = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(output.stdout.strip() or 0)


def call(port: int, operation: str, request: dict[str, Any]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    raw = encoded(operation, request, port)
    connection.connect()
    assert connection.sock is not None
    connection.sock.sendall(raw)
    answer = connection.sock.recv(65536)
    connection.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise SystemExit(f"{operation} was refused: {answer.decode()}")


# --- The result -----------------------------------------------------------------------------------


def growth(memory: list[tuple[int, float]]) -> float:
    """By how much of itself the memory grew from half of the run to its end, at the most."""
    half = memory[-1][0] / 2
    late = [megabytes for sent, megabytes in memory if sent >= half]
    return max(late) / late[0] - 1


def page(run: Run, seconds: float, seed: int, options: argparse.Namespace) -> str:
    """The result as a page of the documentation."""
    where = "in a file (`--db-path`)" if options.db_path else "in memory"
    rows = "\n".join(f"| {sent:,} | {megabytes:.1f} |" for sent, megabytes in run.memory)
    kinds = ", ".join(f"{operation} {count:,}" for operation, count in run.counts.most_common())
    refusals = ", ".join(f"{name} {count:,}" for name, count in run.refusals.most_common())
    command = f"python scripts/endurance.py --requests {run.requests} --markdown docs/endurance.md"
    grown = 100 * growth(run.memory)
    return f"""# A long run

Written by `{command}`, seed {seed}, data {where}.

{run.sent:,} requests over {CONNECTIONS} connections in {seconds:,.0f} s; the emulator's clock went {HOURS} hours ahead.
Unexpected answers: {len(run.unexpected)}. From half of the run on, the memory of the server grew by {grown:.1f} %.

{kinds}.

Refused, as was meant: {refusals}.

| requests | resident memory of the server, MB |
|---:|---:|
{rows}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200_000, help="how many (200,000)")
    parser.add_argument("--seed", type=int, help="what to draw everything from; a random one by default")
    parser.add_argument("--db-path", type=Path, help="have the server keep its data in this new file")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the result as a page")
    options = parser.parse_args()
    if options.requests < 1000:
        parser.error("--requests: fewer than 1,000 say nothing")
    if options.db_path is not None and options.db_path.exists():
        parser.error(f"--db-path: {options.db_path} exists already; name a new file")
    seed = options.seed if options.seed is not None else SystemRandom().randrange(1_000_000)
    print(f"seed {seed}", flush=True)
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0"]
    if options.db_path is not None:
        command += ["--db-path", str(options.db_path)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ, NO_COLOR="1"))
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(":")[2])
        call(port, "CreateTable", TABLE)
        specification = {"Enabled": True, "AttributeName": "expires"}
        call(port, "UpdateTimeToLive", {"TableName": "Orders", "TimeToLiveSpecification": specification})
        run = Run(port, server.pid, options.requests, seed)
        asyncio.run(run.go())
    finally:
        server.terminate()
        server.wait(30)
    seconds = time.monotonic() - run.started
    print(file=sys.stderr)
    for text in run.unexpected:
        print(f"unexpected: {text}")
    grown = growth(run.memory)
    print(f"{run.sent:,} requests in {seconds:,.0f} s; memory grew by {100 * grown:.1f} % in the second half")
    if options.markdown is not None:
        options.markdown.write_text(page(run, seconds, seed, options), encoding="utf-8")
    return 1 if run.unexpected or grown > MOST_GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
