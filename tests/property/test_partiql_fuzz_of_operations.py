"""No statement upsets the operations, and none that is refused changes anything. Source: partiql.md 2."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator
from emulator.values.types import AttributeValue

from .test_partiql_fuzz import PARAMETERS, damaged
from .wire import Json

REGION = "us-east-1"
CREATE_TABLE: Json = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "day")],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
ITEM: Json = {"pk": {"S": "a"}, "day": {"S": "d"}, "a": {"N": "1"}, "b": {"L": [{"S": "x"}] * 3}, "l": {"L": []}}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(text=damaged(), parameters=PARAMETERS)
def test_a_damaged_statement_is_answered_and_one_that_is_refused_changes_nothing(
    text: str, parameters: list[AttributeValue]
) -> None:
    emulator = Emulator()
    emulator.gateway.answer("CreateTable", dict(CREATE_TABLE), REGION)
    emulator.gateway.answer("PutItem", {"TableName": "Orders", "Item": ITEM}, REGION)
    member = {"Statement": text, "Parameters": parameters} if parameters else {"Statement": text}
    for operation, request in (
        ("ExecuteStatement", member),
        ("ExecuteTransaction", {"TransactStatements": [member]}),
        ("BatchExecuteStatement", {"Statements": [member]}),
    ):
        before = emulator.gateway.answer("Scan", {"TableName": "Orders"}, REGION)
        reply = emulator.gateway.call(operation, orjson.dumps(request), REGION)
        assert reply.status in (200, 400), reply.body
        if reply.status == 400:
            assert emulator.gateway.answer("Scan", {"TableName": "Orders"}, REGION) == before


@settings(max_examples=100, deadline=None, derandomize=True)
@given(token=st.text(min_size=1, max_size=60) | st.binary(min_size=1).map(lambda content: content.hex()))
def test_no_token_upsets_a_read(token: str) -> None:
    emulator = Emulator()
    emulator.gateway.answer("CreateTable", dict(CREATE_TABLE), REGION)
    request = {"Statement": "SELECT * FROM Orders", "NextToken": token}
    assert emulator.gateway.answer("ExecuteStatement", request, REGION).status == 400
