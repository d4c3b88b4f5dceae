"""Idempotency tokens: how long they count, and that they are not kept without bound."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Emulator, limits
from emulator.storage.tokens import Completed, IdempotencyTokens
from emulator.storage.undo import UndoLog

START = 1_000_000.0


@pytest.fixture
def tokens() -> IdempotencyTokens:
    return IdempotencyTokens("us-east-1", UndoLog())


@pytest.mark.parametrize(("age", "counts"), [(0, True), (599.9, True), (600, False), (10_000, False)])
def test_a_token_counts_for_ten_minutes(tokens: IdempotencyTokens, age: float, counts: bool) -> None:
    tokens.add("t", Completed(b"digest", START))
    assert (tokens.find("t", START + age) is not None) == counts


def test_a_token_that_aged_out_may_be_used_again(tokens: IdempotencyTokens) -> None:
    tokens.add("t", Completed(b"first", START))
    tokens.add("t", Completed(b"second", START + 700))
    assert tokens.find("t", START + 800) == Completed(b"second", START + 700)


def test_no_more_tokens_are_kept_than_the_limit(tokens: IdempotencyTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IDEMPOTENCY_TOKENS", 3)
    for number in range(10):
        tokens.add(str(number), Completed(b"", START + number))
    assert [number for number in range(10) if tokens.find(str(number), START + 10)] == [7, 8, 9]


def test_tokens_that_aged_out_are_forgotten(tokens: IdempotencyTokens) -> None:
    tokens.add("old", Completed(b"", START))
    tokens.add("new", Completed(b"", START + 600))
    assert tokens.find("old", START) is None


def test_restoring_a_savepoint_forgets_the_tokens_used_since() -> None:
    undo = UndoLog()
    tokens = IdempotencyTokens("us-east-1", undo)
    mark = undo.mark()
    tokens.add("t", Completed(b"", START))
    undo.restore(mark)
    assert tokens.find("t", START) is None


def test_restoring_a_savepoint_brings_back_the_tokens_forgotten_since_in_their_order() -> None:
    undo = UndoLog()
    tokens = IdempotencyTokens("us-east-1", undo)
    for number in range(3):
        tokens.add(str(number), Completed(b"", START + number))
    mark = undo.mark()
    tokens.add("late", Completed(b"", START + 601))
    undo.restore(mark)
    assert list(tokens) == ["0", "1", "2"]


def create_accounts(client: Any) -> None:
    client.create_table(
        TableName="Accounts",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "owner", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}],
    )


def add_one(client: Any, token: str) -> None:
    update = {
        "TableName": "Accounts",
        "Key": {"owner": {"S": "ann"}},
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    client.transact_write_items(TransactItems=[{"Update": update}], ClientRequestToken=token)


def test_a_transaction_is_not_carried_out_twice_when_a_savepoint_is_restored_between() -> None:
    emu = Emulator()
    emu.clock.freeze(START)
    client = emu.client()
    create_accounts(client)
    add_one(client, "first")
    savepoint = emu.savepoint()
    emu.clock.advance(hours=1)
    add_one(client, "second")  # the first one is forgotten
    savepoint.restore()
    add_one(client, "first")
    assert client.scan(TableName="Accounts")["Items"] == [{"owner": {"S": "ann"}, "n": {"N": "1"}}]


def test_a_reset_emulator_takes_a_token_anew() -> None:
    emu = Emulator()
    client = emu.client()
    for owner in ("ann", "bob"):
        emu.reset()
        create_accounts(client)
        put = {"Put": {"TableName": "Accounts", "Item": {"owner": {"S": owner}}}}
        client.transact_write_items(TransactItems=[put], ClientRequestToken="the-same")
        assert client.scan(TableName="Accounts")["Items"] == [{"owner": {"S": owner}}]
