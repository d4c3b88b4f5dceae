"""Atomicity: what many at once can see of transactions, and what a transaction that fails leaves behind."""

from __future__ import annotations

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from threading import Barrier, Event

import boto3
import orjson
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator

from .builders import index, table_of, typed

ACCOUNTS = [f"account{number:02}" for number in range(50)]
OPENING_BALANCE = 100
TOTAL = OPENING_BALANCE * len(ACCOUNTS)
READERS = 2


# --- A bank with many clerks ----------------------------------------------------------------------


@dataclass
class History:
    """What the clients of the bank have seen, and what they left."""

    acknowledged: list[dict] = field(default_factory=list)
    canceled: list[dict] = field(default_factory=list)
    totals_read: list[int] = field(default_factory=list)
    scans: list[dict[str, int]] = field(default_factory=list)
    balances: dict[str, int] = field(default_factory=dict)
    indexed_balances: dict[str, int] = field(default_factory=dict)
    entered: list[str] = field(default_factory=list)


@contextmanager
def eight_clients_in_process():
    emulator = Emulator()
    yield [emulator.client() for _ in range(8 + READERS)], 400


@contextmanager
def sixteen_clients_over_http():
    emulator = Emulator()
    with emulator.serve() as server:
        session = boto3.session.Session("access-key", "secret-key", region_name=emulator.settings.region)
        config = Config(proxies={}, retries={"total_max_attempts": 1})
        clients = [session.client("dynamodb", endpoint_url=server.url, config=config) for _ in range(16 + READERS)]
        yield clients, 100
        for client in clients:
            client.close()


@pytest.fixture(scope="module", params=[eight_clients_in_process, sixteen_clients_over_http])
def history(request):
    """Clerks move money between accounts, each through a client of its own, while others read."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)  # threads take turns often, within operations too
    try:
        with request.param() as (clients, steps):
            open_bank(clients[0])
            return run(clients[READERS:], clients[:READERS], steps)
    finally:
        sys.setswitchinterval(interval)


def open_bank(client):
    by_branch = index("ByBranch", "Branch", projection=["Balance"])
    client.create_table(**table_of("Accounts", "AccountID", gsis=[by_branch]))
    client.create_table(**table_of("Transfers", "TransferID"))
    for number, account in enumerate(ACCOUNTS):
        item = {"AccountID": account, "Branch": f"branch{number % 5}", "Balance": OPENING_BALANCE}
        client.put_item(TableName="Accounts", Item=typed(item))


def run(clerks, readers, steps):
    history = History()
    start = Barrier(len(clerks) + len(readers))
    closed = Event()
    with ThreadPoolExecutor(len(clerks) + len(readers)) as pool:
        reading = [pool.submit(read, client, start, closed, history) for client in readers]
        working = [
            pool.submit(work, client, start, Random(number), f"clerk{number}", steps, history)
            for number, client in enumerate(clerks)
        ]
        try:
            for work_done in working:
                work_done.result()
        finally:
            closed.set()
        for read_done in reading:
            read_done.result()
    history.balances = scanned_balances(readers[0])
    history.indexed_balances = scanned_balances(readers[0], IndexName="ByBranch")
    history.entered = [item["TransferID"]["S"] for item in scanned(readers[0], TableName="Transfers")]
    return history


def work(client, start, rng, name, steps, history):
    start.wait()
    for step in range(steps):
        source, target = rng.sample(ACCOUNTS, 2)
        transfer = {"id": f"{name}-{step}", "source": source, "target": target, "amount": rng.randint(1, 90)}
        try:
            client.transact_write_items(TransactItems=actions_of(transfer))
        except client.exceptions.TransactionCanceledException:
            history.canceled.append(transfer)
        else:
            history.acknowledged.append(transfer)


def actions_of(transfer):
    """The receiver first, so that there would be something to take back."""
    amount = {":amount": {"N": str(transfer["amount"])}}
    return [
        {"Put": {"TableName": "Transfers", "Item": {"TransferID": {"S": transfer["id"]}}}},
        {
            "Update": {
                "TableName": "Accounts",
                "Key": {"AccountID": {"S": transfer["target"]}},
                "UpdateExpression": "SET Balance = Balance + :amount",
                "ExpressionAttributeValues": amount,
            }
        },
        {
            "Update": {
                "TableName": "Accounts",
                "Key": {"AccountID": {"S": transfer["source"]}},
                "UpdateExpression": "SET Balance = Balance - :amount",
                "ConditionExpression": "Balance >= :amount",
                "ExpressionAttributeValues": amount,
            }
        },
    ]


def read(client, start, closed, history):
    start.wait()
    gets = [{"Get": {"TableName": "Accounts", "Key": {"AccountID": {"S": account}}}} for account in ACCOUNTS]
    while True:
        is_last = closed.is_set()
        responses = client.transact_get_items(TransactItems=gets)["Responses"]
        history.totals_read.append(sum(int(member["Item"]["Balance"]["N"]) for member in responses))
        history.scans.append(scanned_balances(client))
        if is_last:
            return


def scanned_balances(client, **parameters):
    items = scanned(client, TableName="Accounts", **parameters)
    return {item["AccountID"]["S"]: int(item["Balance"]["N"]) for item in items}


def scanned(client, **parameters):
    return client.scan(**parameters)["Items"]


def test_transfers_were_made_and_refused_and_seen_on_the_way(history):
    assert len(history.acknowledged) > 100
    assert len(history.canceled) > 50
    assert len(history.totals_read) > 2 * READERS


def test_the_total_is_the_same_in_every_transactional_read(history):
    assert set(history.totals_read) == {TOTAL}


def test_no_scan_misses_an_account_or_shows_one_overdrawn(history):
    assert [scan for scan in history.scans if len(scan) != len(ACCOUNTS) or min(scan.values()) < 0] == []


def test_the_balances_are_what_the_acknowledged_transfers_make(history):
    expected = Counter(dict.fromkeys(ACCOUNTS, OPENING_BALANCE))
    for transfer in history.acknowledged:
        expected[transfer["source"]] -= transfer["amount"]
        expected[transfer["target"]] += transfer["amount"]
    assert history.balances == expected


def test_an_index_holds_the_same_balances(history):
    assert history.indexed_balances == history.balances


def test_the_acknowledged_transfers_are_entered_and_no_others(history):
    assert sorted(history.entered) == sorted(transfer["id"] for transfer in history.acknowledged)


# --- What a transaction that fails leaves ---------------------------------------------------------

REGION = "us-east-1"
KEYS = [f"k{number}" for number in range(8)]
TABLE = table_of(
    "Items",
    "pk",
    "sk",
    gsis=[index("global", "g"), index("global-range", "g", "l", projection="KEYS_ONLY")],
    lsis=[index("local", "pk", "l", projection=["v"])],
)


class Items:
    """A table with indexes, and everything that can be seen of it."""

    def __init__(self):
        self.emulator = Emulator()
        self.ask("CreateTable", TABLE)

    def ask(self, operation, request):
        reply = self.emulator.gateway.call(operation, orjson.dumps(request), REGION)
        return reply.status, orjson.loads(reply.body)

    def state(self):
        sources = [{}, *({"IndexName": name} for name in ("global", "global-range", "local"))]
        scans = [
            self.ask("Scan", {"TableName": "Items", "ReturnConsumedCapacity": "INDEXES", **each}) for each in sources
        ]
        return [*scans, self.ask("DescribeTable", {"TableName": "Items"})]


def key_of(name):
    return {"pk": {"S": name[0]}, "sk": {"S": name}}


words = st.sampled_from(["a", "b", "c"]).map(lambda text: {"S": text})
attributes = st.fixed_dictionaries({}, optional={"g": words, "l": words, "v": words, "n": st.just({"N": "1"})})


def put(name, content):
    return {"Put": {"TableName": "Items", "Item": key_of(name) | content}}


def sound_action(name):
    """An action on an item that nothing can be wrong with."""
    delete = {"Delete": {"TableName": "Items", "Key": key_of(name)}}
    check = {
        "ConditionCheck": {
            "TableName": "Items",
            "Key": key_of(name),
            "ConditionExpression": "attribute_exists(v) OR attribute_not_exists(v)",
        }
    }
    updates = st.sampled_from(["SET g = :s, l = :s", "REMOVE g, v", "ADD n :n SET v = :s", "REMOVE l SET g = :s"])
    update = st.builds(updating, st.just(name), updates, words)
    return st.one_of(st.builds(put, st.just(name), attributes), st.just(delete), update, st.just(check))


def updating(name, text, word):
    values = {":s": word, ":n": {"N": "1"}}
    used = {placeholder: value for placeholder, value in values.items() if placeholder in text}
    update = {"TableName": "Items", "Key": key_of(name), "UpdateExpression": text}
    return {"Update": update | ({"ExpressionAttributeValues": used} if used else {})}


FAULTY = {
    "a condition that does not hold": ("Put", {"Item": key_of("kx"), "ConditionExpression": "attribute_exists(pk)"}),
    "a check that does not hold": (
        "ConditionCheck",
        {"Key": key_of("kx"), "ConditionExpression": "attribute_exists(v)"},
    ),
    "a key of a wrong type": ("Delete", {"Key": {"pk": {"S": "k"}, "sk": {"N": "1"}}}),
    "an index key of a wrong type": ("Put", {"Item": key_of("kx") | {"g": {"N": "1"}}}),
    "a path that is not there": (
        "Update",
        {
            "Key": key_of("kx"),
            "UpdateExpression": "SET m.a = :v",
            "ExpressionAttributeValues": {":v": {"S": "x"}},
        },
    ),
    "an item that grows too large": (
        "Update",
        {
            "Key": key_of("kx"),
            "UpdateExpression": "SET v = :v",
            "ExpressionAttributeValues": {":v": {"S": "x" * 409_600}},
        },
    ),
}


@pytest.mark.parametrize("fault", FAULTY)
@settings(max_examples=25, deadline=None, derandomize=True)
@given(data=st.data())
def test_a_canceled_transaction_leaves_everything_as_it_was(fault, data):
    items = Items()
    for name in data.draw(st.lists(st.sampled_from(KEYS), unique=True)):
        items.ask("PutItem", {"TableName": "Items", "Item": key_of(name) | data.draw(attributes)})
    names = data.draw(st.lists(st.sampled_from(KEYS), unique=True, min_size=1))
    actions = [data.draw(sound_action(name)) for name in names]
    kind, members = FAULTY[fault]
    actions.insert(data.draw(st.integers(0, len(actions))), {kind: {"TableName": "Items", **members}})
    before = items.state()
    seen = []
    items.emulator.observers.append(seen.append)
    status, answer = items.ask("TransactWriteItems", {"TransactItems": actions, "ReturnConsumedCapacity": "INDEXES"})
    items.emulator.observers.clear()
    assert (status, answer["__type"]) == (400, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException")
    assert (items.state(), "ConsumedCapacity" in answer, [each.usage for each in seen]) == (before, False, [[]])
