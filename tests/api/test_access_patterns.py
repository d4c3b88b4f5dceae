"""The design patterns with their own data: relations, hierarchies, time series, sparse indexes, versions.

Source: first_principles.md, "DynamoDB's Basic Building Blocks" to "DynamoDB Best Practices".
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Key

from .builders import column, create, fill, filled, index, refused, table_of

SINGLE_TABLE = table_of("MyTable", "PK", "SK")


def ask(table, partition, sort=None, **parameters):
    """The items of a partition, all of them or those whose sort key begins with `sort`."""
    condition = Key("PK").eq(partition)
    if sort is not None:
        condition &= Key("SK").begins_with(sort)
    return table.query(KeyConditionExpression=condition, **parameters)["Items"]


# --- Building blocks ------------------------------------------------------------------------------

USERS = [
    {"UserID": "U1001", "Email": "alex@example.com", "Name": "Alex Smith", "JoinDate": "2023-01-15"},
    {
        "UserID": "U1002",
        "Email": "sam@example.com",
        "Name": "Sam Johnson",
        "JoinDate": "2023-02-20",
        "PreferredPayment": "Credit Card",
    },
]
ORDERS = [
    {"UserID": "U1001", "OrderDate": "2023-05-01", "OrderID": "O12345", "Amount": Decimal("59.99")},
    {"UserID": "U1001", "OrderDate": "2023-05-15", "OrderID": "O12346", "Amount": Decimal("29.99")},
]


@pytest.mark.parametrize("user", USERS, ids=lambda user: user["UserID"])
def test_items_of_one_table_may_have_different_attributes(resource, user):
    table = filled(resource, table_of("Users", "UserID"), USERS)
    assert table.get_item(Key={"UserID": user["UserID"]})["Item"] == user


def test_items_of_one_partition_key_are_told_apart_by_their_sort_key(resource):
    table = filled(resource, table_of("Orders", "UserID", "OrderDate"), ORDERS)
    assert table.query(KeyConditionExpression=Key("UserID").eq("U1001"))["Items"] == ORDERS


def test_a_global_index_finds_an_order_by_its_number(resource):
    request = table_of("Orders", "UserID", "OrderDate", gsis=[index("OrderIndex", "OrderID")])
    table = filled(resource, request, ORDERS)
    answer = table.query(IndexName="OrderIndex", KeyConditionExpression=Key("OrderID").eq("O12345"))
    assert answer["Items"] == [ORDERS[0]]


def test_orders_of_a_user_are_found_by_a_range_of_dates(resource):
    table = filled(resource, table_of("Orders", "UserID", "OrderDate"), ORDERS)
    in_may = Key("OrderDate").between("2023-05-10", "2023-05-31T23:59:59Z")
    assert table.query(KeyConditionExpression=Key("UserID").eq("U1001") & in_may)["Items"] == [ORDERS[1]]


# --- One table, relations -------------------------------------------------------------------------

OVERLOADED = {
    "profile": {"PK": "USER#U1001", "SK": "PROFILE", "Name": "Alex Smith", "Email": "alex@example.com"},
    "order": {"PK": "USER#U1001", "SK": "ORDER#O12345", "OrderDate": "2023-05-01", "Amount": Decimal("59.99")},
    "other order": {"PK": "USER#U1001", "SK": "ORDER#O12346", "OrderDate": "2023-05-15", "Amount": Decimal("29.99")},
    "details": {
        "PK": "ORDER#O12345",
        "SK": "DETAILS",
        "ShippingAddress": "123 Main St",
        "PaymentMethod": "Credit Card",
    },
    "line": {
        "PK": "ORDER#O12345",
        "SK": "ITEM#1",
        "ProductID": "P100",
        "ProductName": "Wireless Headphones",
        "ProductCategory": "Electronics",
        "Quantity": 2,
        "Price": Decimal("29.99"),
    },
}


@pytest.mark.parametrize(
    ("partition", "sort", "expected"),
    [
        ("USER#U1001", "PROFILE", ["profile"]),
        ("USER#U1001", "ORDER#", ["order", "other order"]),
        ("ORDER#O12345", "DETAILS", ["details"]),
        ("ORDER#O12345", "ITEM#", ["line"]),
        ("USER#U1001", None, ["order", "other order", "profile"]),
    ],
)
def test_prefixes_of_overloaded_keys_select_parents_and_children(resource, partition, sort, expected):
    table = filled(resource, SINGLE_TABLE, OVERLOADED.values())
    assert ask(table, partition, sort) == [OVERLOADED[name] for name in expected]


def test_an_exact_key_in_a_query_returns_the_one_parent(resource):
    table = filled(resource, SINGLE_TABLE, OVERLOADED.values())
    answer = table.query(KeyConditionExpression=Key("PK").eq("USER#U1001") & Key("SK").eq("PROFILE"))
    assert answer["Items"] == [OVERLOADED["profile"]]


MEMBERSHIP = [
    {"PK": "USER#U1001", "SK": "GROUP#G100", "JoinDate": "2023-01-01"},
    {"PK": "GROUP#G100", "SK": "USER#U1001", "JoinDate": "2023-01-01"},
]


@pytest.mark.parametrize(
    ("partition", "sort", "expected"),
    [("USER#U1001", "GROUP#", MEMBERSHIP[:1]), ("GROUP#G100", "USER#", MEMBERSHIP[1:])],
    ids=["groups of a user", "users of a group"],
)
def test_a_membership_written_both_ways_is_found_from_either_side(resource, partition, sort, expected):
    table = filled(resource, SINGLE_TABLE, MEMBERSHIP)
    assert ask(table, partition, sort) == expected


# --- Hierarchies ----------------------------------------------------------------------------------

ENGINEERING = {"PK": "DEPT#Engineering", "SK": "METADATA", "Manager": "U1005"}
FRONTEND = {"PK": "DEPT#Frontend", "SK": "METADATA", "ParentDept": "DEPT#Engineering", "Manager": "U1001"}
BACKEND = {"PK": "DEPT#Backend", "SK": "METADATA", "ParentDept": "DEPT#Engineering", "Manager": "U1002"}
DEPARTMENTS = table_of("MyTable", "PK", "SK", gsis=[index("ParentDeptIndex", "ParentDept", "PK")])


def test_children_of_a_department_are_found_by_their_parent(resource):
    table = filled(resource, DEPARTMENTS, [ENGINEERING, FRONTEND, BACKEND])
    answer = table.query(IndexName="ParentDeptIndex", KeyConditionExpression=Key("ParentDept").eq("DEPT#Engineering"))
    assert answer["Items"] == [BACKEND, FRONTEND]


def test_a_root_whose_parent_is_null_cannot_be_written_where_the_parent_is_an_index_key(resource):
    table = resource.create_table(**DEPARTMENTS)
    with refused(
        "One or more parameter values were invalid: "
        "Type mismatch for Index Key ParentDept Expected: S Actual: NULL IndexName: ParentDeptIndex"
    ):
        table.put_item(Item={**ENGINEERING, "ParentDept": None})


def test_a_root_whose_parent_is_null_can_be_written_where_there_is_no_index(resource):
    table = create(resource, "MyTable", "PK", "SK")
    table.put_item(Item={**ENGINEERING, "ParentDept": None})
    assert ask(table, "DEPT#Engineering") == [{**ENGINEERING, "ParentDept": None}]


# --- Time series ----------------------------------------------------------------------------------

LOGIN = {"PK": "USER#U1001", "SK": "2023-05-01T10:30:00Z", "EventType": "LOGIN", "DeviceID": "D5001"}
PURCHASE = {"PK": "USER#U1001", "SK": "2023-05-01T14:25:30Z", "EventType": "PURCHASE", "OrderID": "O12345"}


@pytest.mark.parametrize(
    ("condition", "parameters", "expected"),
    [
        (Key("PK").eq("USER#U1001"), {}, [LOGIN, PURCHASE]),
        (
            Key("PK").eq("USER#U1001") & Key("SK").between("2023-05-01T12:00:00Z", "2023-05-01T23:59:59Z"),
            {},
            [PURCHASE],
        ),
        (Key("PK").eq("USER#U1001"), {"ScanIndexForward": False}, [PURCHASE, LOGIN]),
        (Key("PK").eq("USER#U1001"), {"ScanIndexForward": False, "Limit": 1}, [PURCHASE]),
    ],
    ids=["all events", "events of a time range", "latest first", "the latest one"],
)
def test_events_come_in_the_order_of_their_time(resource, condition, parameters, expected):
    table = filled(resource, SINGLE_TABLE, [PURCHASE, LOGIN])
    assert table.query(KeyConditionExpression=condition, **parameters)["Items"] == expected


def test_a_day_of_a_sensor_is_a_partition_of_its_own(resource):
    reading = {
        "PK": "SENSOR#S001#2023-05-01",
        "SK": "10:30:00.123Z",
        "Temperature": Decimal("72.5"),
        "Humidity": Decimal("45.2"),
    }
    table = filled(resource, SINGLE_TABLE, [reading, {**reading, "PK": "SENSOR#S001#2023-05-02"}])
    assert ask(table, "SENSOR#S001#2023-05-01") == [reading]


def test_views_of_a_popular_product_are_summed_over_its_shards(resource):
    views = [{"PK": f"POPULAR_PRODUCT#{shard}", "SK": "2023-05-01:10:30:00", "Views": 1} for shard in range(1, 11)]
    table = filled(resource, SINGLE_TABLE, views)
    assert sum(item["Views"] for shard in range(1, 11) for item in ask(table, f"POPULAR_PRODUCT#{shard}")) == 10


# --- Sparse indexes -------------------------------------------------------------------------------

DELIVERED = {"PK": "USER#U1001", "SK": "ORDER#O12345", "OrderDate": "2023-05-01", "Status": "DELIVERED"}
DELAYED = {
    "PK": "USER#U1001",
    "SK": "ORDER#O12346",
    "OrderDate": "2023-05-15",
    "Status": "DELAYED",
    "ProblemType": "SHIPPING_DELAY",
    "ProblemDate": "2023-05-18",
}
PROBLEMS = table_of("MyTable", "PK", "SK", gsis=[index("ProblemIndex", "ProblemType", "ProblemDate")])


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Key("ProblemType").eq("SHIPPING_DELAY"), [DELAYED]),
        (Key("ProblemType").eq("SHIPPING_DELAY") & Key("ProblemDate").gt("2023-05-17"), [DELAYED]),
        (Key("ProblemType").eq("SHIPPING_DELAY") & Key("ProblemDate").gt("2023-05-18"), []),
    ],
    ids=["all delays", "recent delays", "delays later than any"],
)
def test_problem_orders_are_found_in_a_sparse_index(resource, condition, expected):
    table = filled(resource, PROBLEMS, [DELIVERED, DELAYED])
    assert table.query(IndexName="ProblemIndex", KeyConditionExpression=condition)["Items"] == expected


def test_an_order_without_a_problem_is_not_in_the_index_of_problems(resource):
    table = filled(resource, PROBLEMS, [DELIVERED, DELAYED])
    assert table.scan(IndexName="ProblemIndex")["Items"] == [DELAYED]


def test_an_order_leaves_the_index_of_problems_when_its_problem_is_removed(resource):
    table = filled(resource, PROBLEMS, [DELIVERED, DELAYED])
    table.update_item(
        Key={"PK": "USER#U1001", "SK": "ORDER#O12346"}, UpdateExpression="REMOVE ProblemType, ProblemDate"
    )
    assert table.scan(IndexName="ProblemIndex")["Items"] == []


# --- Composite sort keys --------------------------------------------------------------------------

HEADPHONES = {
    "PK": "PRODUCT",
    "SK": "ELECTRONICS#HEADPHONES#2023-01-15",
    "ProductID": "P100",
    "Name": "Wireless Headphones",
    "Price": Decimal("79.99"),
}
SPEAKER = {
    "PK": "PRODUCT",
    "SK": "ELECTRONICS#SPEAKERS#2023-03-20",
    "ProductID": "P101",
    "Name": "Bluetooth Speaker",
    "Price": Decimal("49.99"),
}


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [("ELECTRONICS#", [HEADPHONES, SPEAKER]), ("ELECTRONICS#HEADPHONES#", [HEADPHONES])],
)
def test_a_prefix_of_a_composite_sort_key_selects_a_level_of_the_hierarchy(resource, prefix, expected):
    table = filled(resource, SINGLE_TABLE, [HEADPHONES, SPEAKER])
    assert ask(table, "PRODUCT", prefix) == expected


def test_a_prefix_and_a_range_on_one_sort_key_cannot_be_combined(resource):
    table = filled(resource, SINGLE_TABLE, [HEADPHONES, SPEAKER])
    with refused("Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition per key"):
        table.query(
            KeyConditionExpression="PK = :pk AND begins_with(SK, :prefix) AND SK > :after",
            ExpressionAttributeValues={
                ":pk": "PRODUCT",
                ":prefix": "ELECTRONICS#",
                ":after": "ELECTRONICS#SUBCATEGORY#2023-02-01",
            },
        )


# --- Versions -------------------------------------------------------------------------------------

FIRST_VERSION = {"PK": "DOC#D1001", "SK": "V1#2023-01-15T10:30:00Z", "Content": "Initial draft", "Author": "U1001"}
SECOND_VERSION = {
    "PK": "DOC#D1001",
    "SK": "V2#2023-01-16T14:25:30Z",
    "Content": "Revised draft with edits",
    "Author": "U1002",
}
LATEST = {
    "PK": "DOC#D1001",
    "SK": "LATEST",
    "Content": "Revised draft with edits",
    "Author": "U1002",
    "Version": 2,
    "LastUpdated": "2023-01-16T14:25:30Z",
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Key("SK").eq("LATEST"), [LATEST]),
        (Key("SK").begins_with("V2#"), [SECOND_VERSION]),
        # '#' sorts before the digits: a date behind "V#" selects every version, whatever the date.
        (Key("SK").gt("V#2023-01-16"), [FIRST_VERSION, SECOND_VERSION]),
    ],
    ids=["latest", "one version", "versions after a date"],
)
def test_versions_of_a_document_are_selected_by_their_sort_key(resource, condition, expected):
    table = filled(resource, SINGLE_TABLE, [FIRST_VERSION, SECOND_VERSION, LATEST])
    assert table.query(KeyConditionExpression=Key("PK").eq("DOC#D1001") & condition)["Items"] == expected


def test_all_versions_of_a_document_come_with_one_query(resource):
    table = filled(resource, SINGLE_TABLE, [FIRST_VERSION, SECOND_VERSION, LATEST])
    assert ask(table, "DOC#D1001") == [LATEST, FIRST_VERSION, SECOND_VERSION]


def test_an_item_of_a_newer_schema_stands_beside_one_of_the_older(resource):
    older = {"PK": "USER#U1001", "SK": "PROFILE", "Name": "Alex Smith", "Email": "alex@example.com"}
    newer = {**older, "PK": "USER#U1002", "SchemaVersion": 2, "PhoneNumber": "+1234567890"}
    table = create(resource, "MyTable", "PK", "SK")
    fill(table, [older, newer])
    phones = {item["PK"]: item.get("PhoneNumber") for item in table.scan()["Items"]}
    assert phones == {"USER#U1001": None, "USER#U1002": "+1234567890"}


def test_a_document_is_stored_as_a_reference_with_its_facts(resource):
    document = {
        "PK": "DOC#D1001",
        "SK": "METADATA",
        "Title": "Annual Report 2023",
        "Author": "U1001",
        "CreatedDate": "2023-05-01",
        "S3Location": "s3://my-bucket/documents/annual-report-2023.pdf",
        "FileSize": 2500000,
        "ContentType": "application/pdf",
    }
    table = filled(resource, SINGLE_TABLE, [document])
    assert column(ask(table, "DOC#D1001", "METADATA"), "FileSize") == [2500000]
