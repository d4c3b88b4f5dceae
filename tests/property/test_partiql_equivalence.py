"""A statement does what the call in expressions does that says the same. Source: partiql.md 6 to 13 and 16."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator

from .statements import CREATE_TABLE, TABLE, StatementMaker, Twin
from .wire import Json

REGION = "us-east-1"
ENVELOPE = "1 validation error detected: "
STEPS = 12
MOST_PAGES = 40


class Sides:
    """Two emulators with the same table: one is given statements, the other one the calls they stand for."""

    def __init__(self) -> None:
        self.statements, self.calls = Emulator(), Emulator()
        for side in (self.statements, self.calls):
            answer(side, "CreateTable", CREATE_TABLE)

    def load(self, items: list[Json]) -> None:
        for item in items:
            for side in (self.statements, self.calls):
                answer(side, "PutItem", {"TableName": TABLE, "Item": item})

    def content(self) -> list[Json]:
        """The items, which are the same on both sides in the table and in its indexes."""
        for index in (None, "global", "local"):
            request = {"TableName": TABLE} if index is None else {"TableName": TABLE, "IndexName": index}
            of_statements = answer(self.statements, "Scan", request)
            assert of_statements == answer(self.calls, "Scan", request)
        items: list[Json] = answer(self.calls, "Scan", {"TableName": TABLE})["Items"]
        return items

    def check(self, twin: Twin) -> None:
        """Both sides give the same answer, page by page."""
        statement = {**twin.statement, "ReturnConsumedCapacity": "INDEXES"}
        request = {**twin.request, "ReturnConsumedCapacity": "INDEXES"}
        for _ in range(MOST_PAGES):
            done = answer(self.statements, "ExecuteStatement", statement)
            meant = answer(self.calls, twin.operation, request)
            assert as_call(done, twin) == plain(meant, twin), (twin, done, meant)
            if "NextToken" not in done:
                return
            statement["NextToken"] = done["NextToken"]
            request["ExclusiveStartKey"] = meant["LastEvaluatedKey"]
        raise AssertionError(f"{twin} has more than {MOST_PAGES} pages")


def answer(side: Emulator, operation: str, request: Json) -> Json:
    """The answer, or the code and the message of the error."""
    reply = side.gateway.call(operation, orjson.dumps(request), REGION)
    body: Json = orjson.loads(reply.body)
    if reply.status == 200:
        return body
    message = (body.get("message") or "").removeprefix(ENVELOPE)
    return {"code": body["__type"].rpartition("#")[2], "message": message}


def as_call(done: Json, twin: Twin) -> Any:
    """The answer to a statement in the terms of `plain`."""
    if "code" in done:
        if twin.operation == "PutItem" and done["code"] == "DuplicateItemException":
            return "ConditionalCheckFailedException", "The conditional request failed"
        return fault(done, twin)
    return done["Items"], done.get("LastEvaluatedKey"), done["ConsumedCapacity"]


def plain(meant: Json, twin: Twin) -> Any:
    """The code and the message of an error, or items, the key to go on from and capacity."""
    if "code" in meant:
        return fault(meant, twin)
    if twin.operation in ("Query", "Scan"):
        items = meant["Items"]
    else:
        found = meant.get("Item") if twin.operation == "GetItem" else meant.get("Attributes")
        items = [] if found is None else [found]
    return items, meant.get("LastEvaluatedKey"), meant["ConsumedCapacity"]


def fault(error: Json, twin: Twin) -> tuple[str, str]:
    """The code and the message; which of an update's actions is refused first depends on their order, which differs."""
    is_open = twin.operation == "UpdateItem" and error["code"] == "ValidationException"
    return error["code"], "" if is_open else error["message"]


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_a_statement_does_what_the_call_does_that_says_the_same(rng: Random) -> None:
    sides = Sides()
    maker = StatementMaker(rng, [])
    sides.load([maker.item() for _ in range(8)])
    for _ in range(STEPS):
        maker.items = sides.content()
        sides.check(maker.twin())
    sides.content()


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rng=st.randoms(use_true_random=False))
def test_in_reads_what_a_query_of_each_partition_key_reads(rng: Random) -> None:
    sides = Sides()
    maker = StatementMaker(rng, [])
    sides.load([maker.item() for _ in range(8)])
    keys = [maker.common_scalar("S") for _ in range(1 + rng.randrange(4))]
    marks = ", ".join("?" for _ in keys)
    read = answer(
        sides.statements,
        "ExecuteStatement",
        {
            "Statement": f'SELECT * FROM "{TABLE}" WHERE pk IN [{marks}]',
            "Parameters": keys,
            "ReturnConsumedCapacity": "TOTAL",
        },
    )
    items, units = [], 0.0
    for key in [key for at, key in enumerate(keys) if key not in keys[:at]]:
        query = {
            "TableName": TABLE,
            "KeyConditionExpression": "pk = :k",
            "ExpressionAttributeValues": {":k": key},
            "ReturnConsumedCapacity": "TOTAL",
        }
        page = answer(sides.calls, "Query", query)
        items += page["Items"]
        units += page["ConsumedCapacity"]["CapacityUnits"]
    assert (read["Items"], read["ConsumedCapacity"]["CapacityUnits"]) == (items, units)
