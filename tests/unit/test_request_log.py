"""The log of requests on its own: what it says of each operation, and that no request can upset it."""

import pytest

from emulator import Emulator
from emulator.testing.request_log import KEPT, RequestLog


@pytest.fixture
def emulator():
    """An emulator with the table `orders`, keys `pk` and `sk`, with an index."""
    emulator = Emulator()
    emulator.client().create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "index",
                "KeySchema": [{"AttributeName": "sk", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return emulator


@pytest.fixture
def logged(emulator):
    """The line for a request."""

    def logged(operation, request):
        log = RequestLog(emulator)
        emulator.observers.append(log.note)
        emulator.gateway.answer(operation, request, "us-east-1")
        emulator.observers.clear()
        return log.text()

    return logged


KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}


@pytest.mark.parametrize(
    ("operation", "request_", "line"),
    [
        ("PutItem", {"Item": {"a": {"S": "x"}, **KEY}}, "pk='a' sk=1  -> done"),
        ("DeleteItem", {"Key": KEY}, "pk='a' sk=1  -> done"),
        (
            "UpdateItem",
            {
                "Key": KEY,
                "UpdateExpression": "SET #n = :v",
                "ExpressionAttributeNames": {"#n": "size"},
                "ExpressionAttributeValues": {":v": {"L": [{"N": "1"}]}},
            },
            "pk='a' sk=1 SET size = <L of 1>  -> done",
        ),
        ("GetItem", {"Key": KEY}, "pk='a' sk=1  -> 0 items"),
        (
            "Query",
            {
                "KeyConditionExpression": "pk = :p\n  AND sk > :s",
                "ExpressionAttributeValues": {":p": {"S": "a" * 100}, ":s": {"N": "5"}},
                "Limit": 3,
            },
            f"pk = '{'a' * 37}...' AND sk > 5, limit 3  -> 0 items",
        ),
        (
            "Query",
            {
                "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "a"}]}},
            },
            "pk  -> 0 items",
        ),
        ("Scan", {"Segment": 1, "TotalSegments": 4}, "segment 1 of 4  -> 0 items"),
        ("DescribeTable", {}, "-> done"),
    ],
)
def test_a_line_says_what_was_asked_and_what_came_of_it(logged, operation, request_, line):
    text = logged(operation, {"TableName": "orders", **request_})
    assert text == f"{operation}  orders  {line}"


def test_a_line_names_the_index(logged):
    request = {
        "TableName": "orders",
        "IndexName": "index",
        "KeyConditionExpression": "sk = :s",
        "ExpressionAttributeValues": {":s": {"N": "5"}},
    }
    assert logged("Query", request) == "Query  orders/index  sk = 5  -> 0 items"


def test_batches_are_counted_by_table(logged):
    request = {"RequestItems": {"orders": [{"PutRequest": {"Item": KEY}}]}}
    assert logged("BatchWriteItem", request) == "BatchWriteItem    orders: 1 PutRequest  -> done"
    request = {"RequestItems": {"orders": {"Keys": [KEY]}}}
    assert logged("BatchGetItem", request) == "BatchGetItem    orders: Keys of 1  -> 1 item"


def put(pk, **rest):
    return {"Put": {"TableName": "orders", "Item": {**KEY, "pk": {"S": pk}}, **rest}}


UPDATE = {"Update": {"TableName": "orders", "Key": KEY, "UpdateExpression": "REMOVE v"}}


def test_the_actions_of_a_transaction_are_counted_by_table(logged):
    assert logged("TransactWriteItems", {"TransactItems": [put("b"), UPDATE, put("c")]}) == (
        "TransactWriteItems    orders: 2 Put, 1 Update  -> done"
    )


def test_the_reads_of_a_transaction_are_counted_by_table_and_its_items_are_told(logged):
    gets = [{"Get": {"TableName": "orders", "Key": {**KEY, "pk": {"S": pk}}}} for pk in "ab"]
    assert logged("TransactGetItems", {"TransactItems": gets}) == "TransactGetItems    orders: 2 Get  -> 0 items"


def test_a_canceled_transaction_tells_the_codes_of_its_reasons(logged):
    failing = put("c", ConditionExpression="attribute_exists(pk)")
    assert logged("TransactWriteItems", {"TransactItems": [put("b"), failing]}) == (
        "TransactWriteItems    orders: 2 Put  -> TransactionCanceledException: Transaction cancelled, please refer "
        "cancellation reasons for specific reasons [None, ConditionalCheckFailed]"
    )


@pytest.mark.parametrize(
    ("operation", "request_", "line"),
    [
        ("ExecuteStatement", {"Statement": "SELECT * FROM orders"}, "SELECT * FROM orders  -> 0 items"),
        (
            "ExecuteStatement",
            {"Statement": "INSERT INTO orders VALUE {'pk': 'a', 'sk': 1}"},
            "INSERT INTO orders VALUE {'pk': 'a', 'sk': 1}  -> done",
        ),
        (
            "ExecuteStatement",
            {"Statement": "DELETE FROM nowhere"},
            "DELETE FROM nowhere  -> ResourceNotFoundException: Requested resource not found",
        ),
        (
            "BatchExecuteStatement",
            {"Statements": [{"Statement": "DELETE FROM orders WHERE pk = 'a' AND sk = 1"}, {"Statement": "nothing"}]},
            "DELETE FROM orders WHERE pk = 'a' AND sk = 1; nothing  -> done",
        ),
        (
            "ExecuteTransaction",
            {"TransactStatements": [{"Statement": "SELECT * FROM orders WHERE pk = 'a' AND sk = 1"}]},
            "SELECT * FROM orders WHERE pk = 'a' AND sk = 1  -> 0 items",
        ),
    ],
)
def test_statements_are_told_as_they_are(logged, operation, request_, line):
    assert logged(operation, request_) == f"{operation}    {line}"


def test_of_an_item_for_a_missing_table_the_first_attributes_are_shown(logged):
    item = {name: {"S": name} for name in "abcde"}
    assert logged("PutItem", {"TableName": "missing", "Item": item}) == (
        "PutItem  missing  a='a' b='b' c='c' ...  -> ResourceNotFoundException: Requested resource not found"
    )


@pytest.mark.parametrize(
    "operation",
    [
        *("PutItem", "UpdateItem", "GetItem", "Query", "Scan", "ListTables"),
        *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    ],
)
@pytest.mark.parametrize(
    "request_",
    [
        {},
        [],
        None,
        {"TableName": 5, "Item": 5, "Key": 5, "KeyConditionExpression": 5, "FilterExpression": 5, "RequestItems": 5},
        {"TableName": "x" * 9999, "Item": {"a": {}}, "Key": {"a": {}}, "RequestItems": {"a": [5]}},
        {
            "TableName": "orders",
            "Item": {"pk": {"S": 5}},
            "Key": {"pk": {"S": None}},
            "FilterExpression": "a = :a",
            "KeyConditionExpression": ":a",
            "ExpressionAttributeValues": {":a": 5},
            "RequestItems": {"orders": {"Keys": 5}},
            "TransactItems": [{"Put": {}}, {"Put": 5}, 5],
            "Statement": 5,
            "Statements": [{}, 5],
            "TransactStatements": [{"Statement": 5}, 5],
        },
    ],
)
def test_a_request_that_was_refused_for_its_shape_is_a_line_too(logged, operation, request_):
    lines = logged(operation, request_).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(operation)
    assert len(lines[0]) < 500


def test_the_log_keeps_a_bounded_number_of_requests(emulator):
    log = RequestLog(emulator)
    emulator.observers.append(log.note)
    for _ in range(10 * KEPT):
        emulator.gateway.answer("ListTables", {}, "us-east-1")
    assert len(log._observations) == KEPT + 1


def test_a_log_without_requests_is_empty(emulator):
    assert RequestLog(emulator).text() == ""
