"""Statements put to the gateway: pages and tokens, what is read, what is changed, and what observers see.

Source: partiql.md 6, 7.2 and 13 to 16.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from emulator import Emulator

from .calls import VALIDATION, Fault, call, definitions, fault_of, index, invalid, invalid_value, keys


@pytest.fixture
def emulator() -> Emulator:
    """An emulator with the table `orders` and three items in each of three item collections."""
    emulator = Emulator()
    call(
        emulator,
        "CreateTable",
        TableName="orders",
        AttributeDefinitions=definitions("pk", "sk:N", "g", "l"),
        KeySchema=keys("pk", "sk:RANGE"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index("global", "g", projection={"ProjectionType": "KEYS_ONLY"})],
        LocalSecondaryIndexes=[index("local", "pk", "l:RANGE", projection={"ProjectionType": "KEYS_ONLY"})],
    )
    for partition in "abc":
        for sort in (1, 2, 10):
            item = {"pk": {"S": partition}, "sk": {"N": str(sort)}, "x": {"S": f"{partition}{sort}"}}
            call(emulator, "PutItem", TableName="orders", Item=item | {"g": {"S": "g"}, "l": {"S": f"l{sort}"}})
    return emulator


def execute(emulator: Emulator, statement: str, *parameters: dict[str, Any], **request: Any) -> dict[str, Any]:
    given = {"Parameters": list(parameters)} if parameters else {}
    return call(emulator, "ExecuteStatement", Statement=statement, **given, **request)


def refusal(emulator: Emulator, statement: str, **request: Any) -> Fault | None:
    return fault_of(emulator, "ExecuteStatement", Statement=statement, **request)


def found(emulator: Emulator, clause: str) -> list[str]:
    """The values of x in the order of the answer."""
    return texts(execute(emulator, f"SELECT x FROM orders {clause}"))


def texts(answer: dict[str, Any]) -> list[str]:
    return [item["x"]["S"] for item in answer["Items"]]


def pages(emulator: Emulator, clause: str, limit: int) -> Iterator[list[str]]:
    request: dict[str, Any] = {}
    while True:
        answer = execute(emulator, f"SELECT x FROM orders {clause}", Limit=limit, **request)
        yield texts(answer)
        if "NextToken" not in answer:
            return
        request = {"NextToken": answer["NextToken"]}


def stored(emulator: Emulator, partition: str, sort: int) -> dict[str, Any] | None:
    key = {"pk": {"S": partition}, "sk": {"N": str(sort)}}
    item: dict[str, Any] | None = call(emulator, "GetItem", TableName="orders", Key=key).get("Item")
    return item


def count(emulator: Emulator) -> int:
    number: int = call(emulator, "Scan", TableName="orders", Select="COUNT")["Count"]
    return number


# --- What is read, and in what order --------------------------------------------------------------


@pytest.mark.parametrize(
    ("clause", "rows"),
    [
        ("WHERE pk = 'a'", ["a1", "a2", "a10"]),
        ("WHERE pk = 'a' ORDER BY sk DESC", ["a10", "a2", "a1"]),
        ("WHERE pk = 'a' AND sk > 1 AND sk < 10", ["a2"]),
        ("WHERE pk = 'a' AND sk > 5 AND sk < 3", []),
        ("WHERE pk = 'a' AND sk IN [10, 1]", ["a1", "a10"]),
        ("WHERE pk = 'a' AND sk IN [10, 1] ORDER BY sk DESC", ["a10", "a1"]),
        ("WHERE pk = 'a' AND (sk <= 2 OR sk >= 2)", ["a1", "a2", "a10"]),
        ("WHERE pk IN ['c', 'a'] AND sk = 2", ["c2", "a2"]),
        ("WHERE pk IN ['c', 'a', 'c'] AND sk = 2", ["c2", "a2"]),
        ("WHERE pk IN ['c', 'a'] AND sk = 2 ORDER BY pk", ["a2", "c2"]),
        ("WHERE pk IN ['a', 'b'] AND sk < 5 ORDER BY pk DESC, sk DESC", ["b2", "b1", "a2", "a1"]),
        ("WHERE pk = 'b' AND sk = 1 OR pk = 'a' AND x = 'a2'", ["b1", "a2"]),
        ("WHERE pk = 'a' AND sk = 1 OR pk = 'a' AND sk = 2", ["a1", "a2"]),
        ("WHERE pk = 'a' AND sk = 1 OR pk = 'a' AND sk <> 2", ["a1", "a10"]),
        ("WHERE pk = 'a' AND pk = 'b'", []),
        ("WHERE pk = 'a' AND sk = 1 AND sk = 2", []),
        ("WHERE pk = 'a' AND sk = 1 AND x = 'other'", []),
    ],
)
def test_a_query_reads_partition_keys_as_written_and_each_by_its_sort_key(emulator, clause, rows):
    assert found(emulator, clause) == rows


@pytest.mark.parametrize(
    "clause",
    [
        "WHERE pk = 'a' OR pk = 'a' AND sk = 2",
        "WHERE pk = 'a' AND sk > 1 OR pk = 'a' AND sk < 5",
        "WHERE pk = 'a' AND sk = 1 OR pk IN ['b', 'a'] AND sk < 5",
    ],
)
def test_branches_that_overlap_on_the_sort_key_are_refused(emulator, clause):
    overlap = "Overlapping conditions with range keys are not supported in where clause"
    assert refusal(emulator, f"SELECT * FROM orders {clause}") == invalid(overlap)


def test_branches_without_a_condition_on_the_sort_key_are_one_read(emulator):
    assert found(emulator, "WHERE pk = 'a' AND x = 'a1' OR pk = 'a' AND x = 'a10'") == ["a1", "a10"]


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        (
            "WHERE sk = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        ("WHERE pk = 'a' ORDER BY x", "Variable reference x in ORDER BY clause must be part of the primary key"),
    ],
)
def test_order_by_needs_a_query_and_a_key(emulator, clause, message):
    assert refusal(emulator, f"SELECT * FROM orders {clause}") == invalid(message)


@pytest.mark.parametrize(
    ("clause", "error"),
    [
        ("pk = 1", invalid_value("Condition parameter type does not match schema type")),
        ("pk = 'a' AND sk = 'b'", invalid_value("Condition parameter type does not match schema type")),
        ("pk IN ['a', 1]", invalid_value("Condition parameter type does not match schema type")),
        (
            "pk = ''",
            invalid(
                "One or more parameter values are not valid. "
                "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
            ),
        ),
    ],
)
def test_a_query_needs_key_values_of_the_right_kind(emulator, clause, error):
    assert refusal(emulator, f"SELECT * FROM orders WHERE {clause}") == error


def test_a_scan_compares_keys_of_any_type(emulator):
    assert found(emulator, "WHERE pk > 1") == []


def test_a_backfilling_index_cannot_be_read(slow_emulator):
    call(
        slow_emulator,
        "CreateTable",
        TableName="table",
        AttributeDefinitions=definitions("a"),
        KeySchema=keys("a"),
        BillingMode="PAY_PER_REQUEST",
    )
    slow_emulator.clock.advance(seconds=20)
    create = {"Create": index("late", "b")}
    call(
        slow_emulator,
        "UpdateTable",
        TableName="table",
        AttributeDefinitions=definitions("a", "b"),
        GlobalSecondaryIndexUpdates=[create],
    )
    error = invalid("Cannot read from backfilling global secondary index: late")
    assert refusal(slow_emulator, 'SELECT * FROM "table"."late"') == error


# --- Pages and tokens -----------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 4, 9, 100])
@pytest.mark.parametrize(
    ("clause", "rows"),
    [
        ("WHERE pk = 'a'", ["a1", "a2", "a10"]),
        ("WHERE pk = 'a' ORDER BY sk DESC", ["a10", "a2", "a1"]),
        ("WHERE pk IN ['c', 'a']", ["c1", "c2", "c10", "a1", "a2", "a10"]),
        ("WHERE pk IN ['a', 'b'] AND sk IN [1, 10] ORDER BY pk DESC, sk DESC", ["b10", "b1", "a10", "a1"]),
        ("WHERE pk = 'b' AND sk > 1 OR pk = 'c' AND sk = 1", ["b2", "b10", "c1"]),
    ],
)
def test_pages_make_up_the_whole_answer(emulator, clause, rows, limit):
    read = list(pages(emulator, clause, limit))
    assert [row for page in read for row in page] == rows
    assert max(map(len, read)) <= limit


def test_pages_of_a_scan_hold_every_item_once(emulator):
    rows = [row for page in pages(emulator, "WHERE sk <> 2", 2) for row in page]
    assert sorted(rows) == ["a1", "a10", "b1", "b10", "c1", "c10"]


def test_a_read_of_one_item_has_no_token(emulator):
    assert list(pages(emulator, "WHERE pk IN ['a', 'b'] AND sk = 1", 1)) == [["a1"], ["b1"]]


def test_a_page_ends_at_a_megabyte_over_all_partition_keys(emulator):
    for partition in "abc":
        for sort in (20, 21):
            execute(
                emulator,
                "INSERT INTO orders VALUE {'pk': ?, 'sk': ?, 'x': ?}",
                {"S": partition},
                {"N": str(sort)},
                {"S": partition * 300_000},
            )
    first = execute(emulator, "SELECT pk, sk FROM orders WHERE pk IN ['a', 'b', 'c'] AND sk >= 20")
    assert [(item["pk"]["S"], item["sk"]["N"]) for item in first["Items"]] == [
        ("a", "20"),
        ("a", "21"),
        ("b", "20"),
        ("b", "21"),
    ]
    assert first["LastEvaluatedKey"] == {"pk": {"S": "b"}, "sk": {"N": "21"}}


def test_a_token_needs_the_same_statement_and_the_same_parameters(emulator):
    statement = "SELECT * FROM orders WHERE pk = ?"
    token = execute(emulator, statement, {"S": "a"}, Limit=1)["NextToken"]
    other = "NextToken does not match request"
    assert refusal(emulator, statement, Parameters=[{"S": "b"}], NextToken=token) == invalid(other)
    assert refusal(emulator, statement + " ", Parameters=[{"S": "a"}], NextToken=token) == invalid(other)


def test_a_token_of_one_index_is_refused_by_another(emulator):
    token = execute(emulator, 'SELECT * FROM orders."global"', Limit=1)["NextToken"]
    assert refusal(emulator, 'SELECT * FROM orders."local"', NextToken=token).code == VALIDATION


def test_a_token_outlives_its_table_only_as_an_error(emulator):
    token = execute(emulator, "SELECT * FROM orders", Limit=1)["NextToken"]
    call(emulator, "DeleteTable", TableName="orders")
    call(
        emulator,
        "CreateTable",
        TableName="orders",
        AttributeDefinitions=definitions("pk:N"),
        KeySchema=keys("pk"),
        BillingMode="PAY_PER_REQUEST",
    )
    assert refusal(emulator, "SELECT * FROM orders", NextToken=token) == invalid("NextToken does not match request")


@pytest.mark.parametrize("damage", [lambda token: token[:-4], lambda token: "A" + token, lambda token: "%"])
def test_a_damaged_token_is_refused(emulator, damage):
    token = execute(emulator, "SELECT * FROM orders", Limit=1)["NextToken"]
    assert refusal(emulator, "SELECT * FROM orders", NextToken=damage(token)) == invalid("Invalid NextToken")


# --- One plan for several tables ------------------------------------------------------------------


def test_a_statement_follows_a_table_that_is_made_anew_with_another_key(emulator):
    statement = "UPDATE orders SET x = 'new' WHERE pk = 'a' AND sk = 1"
    execute(emulator, statement)
    call(emulator, "DeleteTable", TableName="orders")
    call(
        emulator,
        "CreateTable",
        TableName="orders",
        AttributeDefinitions=definitions("sk:N"),
        KeySchema=keys("sk"),
        BillingMode="PAY_PER_REQUEST",
    )
    execute(emulator, "INSERT INTO orders VALUE {'sk': 1, 'pk': 'a'}")
    execute(emulator, statement)
    assert execute(emulator, "SELECT x FROM orders WHERE sk = 1")["Items"] == [{"x": {"S": "new"}}]


@pytest.mark.parametrize("value", [{"S": "a2"}, {"N": "7"}, {"S": "a1"}])
def test_a_statement_serves_parameters_of_any_type(emulator, value):
    answer = execute(emulator, "SELECT x FROM orders WHERE pk = 'a' AND x < ?", value)
    assert texts(answer) == [text for text in ("a1", "a10") if value == {"S": "a2"}]


# --- Writes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO orders VALUE {'pk': 'a'}", invalid_value("Missing the key sk in the item")),
        (
            "INSERT INTO orders VALUE {'pk': 'a', 'sk': 'b'}",
            invalid_value("Type mismatch for key sk expected: N actual: S"),
        ),
        (
            "INSERT INTO orders VALUE {'pk': 'new', 'sk': 1, 'g': 1}",
            invalid_value("Type mismatch for Index Key g Expected: S Actual: N IndexName: global"),
        ),
        (
            "UPDATE orders SET sk = 2 WHERE pk = 'a' AND sk = 1",
            invalid_value("Cannot update attribute sk. This attribute is part of the key"),
        ),
        (
            "UPDATE orders SET g = 2 WHERE pk = 'a' AND sk = 1",
            invalid_value("Type mismatch for Index Key g Expected: S Actual: N IndexName: global"),
        ),
        (
            "UPDATE orders SET x = 2 WHERE pk = 'a' AND sk = 'b'",
            invalid("The provided key element does not match the schema"),
        ),
        ("DELETE FROM orders WHERE pk = 1 AND sk = 1", invalid("The provided key element does not match the schema")),
        (
            "UPDATE orders SET x = 1 SET x.y = 2 WHERE pk = 'a' AND sk = 1",
            invalid(
                "Two document paths overlap with each other; "
                "must remove or rewrite one of these paths; path one: [x], path two: [x, y]"
            ),
        ),
    ],
)
def test_keys_and_paths_are_checked_as_by_the_item_operations(emulator, statement, error):
    before = call(emulator, "Scan", TableName="orders")
    assert refusal(emulator, statement) == error
    assert call(emulator, "Scan", TableName="orders") == before


def test_indexes_follow_statements(emulator):
    execute(emulator, "UPDATE orders SET g = 'moved' WHERE pk = 'a' AND sk = 1")
    execute(emulator, "DELETE FROM orders WHERE pk = 'a' AND sk = 2")
    moved = execute(emulator, "SELECT pk FROM orders.\"global\" WHERE g = 'moved'")
    kept = execute(emulator, "SELECT pk FROM orders.\"global\" WHERE g = 'g'")
    assert (len(moved["Items"]), len(kept["Items"])) == (1, 7)


def test_a_write_costs_what_its_indexes_cost_too(emulator):
    answer = execute(
        emulator, "UPDATE orders SET g = 'moved' WHERE pk = 'a' AND sk = 1", ReturnConsumedCapacity="INDEXES"
    )
    assert answer["ConsumedCapacity"] == {
        "TableName": "orders",
        "CapacityUnits": 3.0,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"global": {"CapacityUnits": 2.0}},
    }


def test_two_members_of_a_batch_for_one_item_run_in_order(emulator):
    statements = [
        {"Statement": "INSERT INTO orders VALUE {'pk': 'new', 'sk': 1, 'x': 1}"},
        {"Statement": "UPDATE orders SET x = x + 1 WHERE pk = 'new' AND sk = 1 RETURNING MODIFIED NEW *"},
    ]
    answer = call(emulator, "BatchExecuteStatement", Statements=statements)
    assert answer["Responses"] == [{"TableName": "orders"}, {"TableName": "orders", "Item": {"x": {"N": "2"}}}]


def test_an_update_that_cannot_be_applied_fails_its_member_only(emulator):
    statements = [
        {"Statement": "UPDATE orders SET x = x + 1 WHERE pk = 'a' AND sk = 1"},
        {"Statement": "UPDATE orders SET x = 'new' WHERE pk = 'a' AND sk = 2"},
    ]
    first, second = call(emulator, "BatchExecuteStatement", Statements=statements)["Responses"]
    text = "An operand in the update expression has an incorrect data type"
    assert first == {"Error": {"Code": "ValidationError", "Message": text}}
    assert second == {"TableName": "orders"}


# --- Transactions ---------------------------------------------------------------------------------


def transact(emulator: Emulator, *statements: str, **request: Any) -> dict[str, Any]:
    members = [{"Statement": statement} for statement in statements]
    return call(emulator, "ExecuteTransaction", TransactStatements=members, **request)


def transact_fault(emulator: Emulator, *statements: str, **request: Any) -> Fault | None:
    members = [{"Statement": statement} for statement in statements]
    reply = emulator.gateway.answer("ExecuteTransaction", {"TransactStatements": members, **request}, "us-east-1")
    body = orjson.loads(reply.body)
    if reply.status == 200:
        return None
    return Fault(body["__type"].rpartition("#")[2], body.get("message") or body.get("Message"))


def cancelled(*codes: str) -> Fault:
    text = "Transaction cancelled, please refer cancellation reasons for specific reasons"
    return Fault("TransactionCanceledException", f"{text} [{', '.join(codes)}]")


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("INSERT INTO orders VALUE {'pk': 'a', 'sk': 1}", cancelled("None", "DuplicateItem")),
        ("UPDATE orders SET x = 1 WHERE pk = 'nobody' AND sk = 1", cancelled("None", "ConditionalCheckFailed")),
        (
            "UPDATE orders SET x = 1 WHERE pk = 'nobody' AND sk = 1 AND attribute_not_exists(pk)",
            cancelled("None", "ConditionalCheckFailed"),
        ),
        ("DELETE FROM orders WHERE pk = 'a' AND sk = 1 AND x = 'y'", cancelled("None", "ConditionalCheckFailed")),
        (
            "EXISTS(SELECT * FROM orders WHERE pk = 'a' AND sk = 1 AND x = 'y')",
            cancelled("None", "ConditionalCheckFailed"),
        ),
        ("UPDATE orders SET x = x + 1 WHERE pk = 'a' AND sk = 1", cancelled("None", "ValidationError")),
        ("UPDATE orders SET sk = 2 WHERE pk = 'a' AND sk = 1", cancelled("None", "ValidationError")),
        (
            "UPDATE orders SET x = 1 WHERE pk = 'a'",
            invalid(
                "Validation failed in TransactStatements[1]: "
                "Where clause does not contain a mandatory equality on all key attributes"
            ),
        ),
        (
            "DELETE FROM orders WHERE pk = 'new' AND sk = 1",
            invalid("Transaction request cannot include multiple operations on one item"),
        ),
        ("DELETE FROM nowhere WHERE pk = 'a'", Fault("ResourceNotFoundException", "Requested resource not found")),
    ],
)
def test_a_transaction_that_fails_changes_nothing(emulator, statement, error):
    before = count(emulator)
    assert transact_fault(emulator, "INSERT INTO orders VALUE {'pk': 'new', 'sk': 1}", statement) == error
    assert (count(emulator), stored(emulator, "new", 1)) == (before, None)


def test_a_check_of_an_absent_item_is_judged_as_one_without_attributes(emulator):
    transact(
        emulator,
        "EXISTS(SELECT * FROM orders WHERE pk = 'nobody' AND sk = 1 AND x IS MISSING)",
        "INSERT INTO orders VALUE {'pk': 'new', 'sk': 1}",
    )
    assert stored(emulator, "new", 1) is not None


def test_a_replay_has_no_second_effect_and_another_request_under_its_token_is_refused(emulator):
    insertion = "INSERT INTO orders VALUE {'pk': 'new', 'sk': 1}"
    assert transact(emulator, insertion, ClientRequestToken="once") == {"Responses": []}
    assert transact(emulator, insertion, ClientRequestToken="once") == {"Responses": []}
    other = transact_fault(emulator, "INSERT INTO orders VALUE {'pk': 'new', 'sk': 2}", ClientRequestToken="once")
    assert other is not None
    assert other.code == "IdempotentParameterMismatchException"


def test_a_token_of_one_kind_of_transaction_is_no_replay_of_the_other(emulator):
    put = {"Put": {"TableName": "orders", "Item": {"pk": {"S": "new"}, "sk": {"N": "1"}}}}
    call(emulator, "TransactWriteItems", TransactItems=[put], ClientRequestToken="once")
    fault = transact_fault(emulator, "INSERT INTO orders VALUE {'pk': 'new', 'sk': 2}", ClientRequestToken="once")
    assert fault is not None
    assert fault.code == "IdempotentParameterMismatchException"


def test_a_transaction_costs_twice_what_its_statements_cost(emulator):
    answer = transact(
        emulator,
        "INSERT INTO orders VALUE {'pk': 'new', 'sk': 1}",
        "UPDATE orders SET x = 'new' WHERE pk = 'a' AND sk = 1",
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["ConsumedCapacity"] == [{"TableName": "orders", "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}]


def test_the_statements_of_a_transaction_are_4_mb_at_most(emulator):
    members = [
        {
            "Statement": "INSERT INTO orders VALUE {'pk': 'new', 'sk': ?, 'x': ?}",
            "Parameters": [{"N": str(sort)}, {"S": "x" * 400_000}],
        }
        for sort in range(11)
    ]
    error = invalid("Transaction payload size cannot exceed 4194304 bytes")
    assert fault_of(emulator, "ExecuteTransaction", TransactStatements=members) == error


# --- Observers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "request_", "usage"),
    [
        (
            "ExecuteStatement",
            {"Statement": "SELECT * FROM orders WHERE pk = 'a' AND x = 'a1'"},
            [("orders", None, 0.5, 0.0, 3, 1)],
        ),
        (
            "ExecuteStatement",
            {"Statement": "SELECT x FROM orders.\"local\" WHERE pk = 'a' AND l = 'l1'"},
            [("orders", None, 0.5, 0.0, 1, 0), ("orders", "local", 0.5, 0.0, 1, 1)],
        ),
        (
            "ExecuteStatement",
            {"Statement": "UPDATE orders SET x = 'y' WHERE pk = 'a' AND sk = 1"},
            [("orders", None, 0.0, 1.0, 0, 0)],
        ),
        (
            "ExecuteStatement",
            {"Statement": "DELETE FROM orders WHERE pk = 'a' AND sk = 1 AND x = 'y'"},
            [("orders", None, 0.0, 1.0, 0, 0)],
        ),
        (
            "ExecuteStatement",
            {"Statement": "INSERT INTO orders VALUE {'pk': 'a', 'sk': 1}"},
            [("orders", None, 0.0, 1.0, 0, 0)],
        ),
        (
            "BatchExecuteStatement",
            {"Statements": [{"Statement": "SELECT * FROM orders WHERE pk = 'a' AND sk = 1"}]},
            [("orders", None, 0.5, 0.0, 1, 1)],
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": "SELECT * FROM orders WHERE pk = 'a' AND sk = 1"}]},
            [("orders", None, 2.0, 0.0, 1, 1)],
        ),
    ],
)
def test_observers_see_what_statements_take(emulator, operation, request_, usage):
    observed: list[Any] = []
    emulator.observers.append(observed.append)
    emulator.gateway.answer(operation, request_, "us-east-1")
    assert [
        (use.table, use.index, use.read_units, use.write_units, use.evaluated, use.returned)
        for use in observed[0].usage
    ] == usage
