"""Queries: sort key operators, order, limits, filters, projections, pages.

Source: reference_guide.md, "Primary Keys", "Query", "Query Optimization", "Data Modeling" and "Troubleshooting";
complete_guide.md, "Query vs Scan"; design_patterns.md, "Access Pattern Design" and "Query Optimization".
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key

from .builders import column, create, filled, refused, reserved, table_of

ORDERS = table_of("Orders", "UserID", "OrderDate")
DATES = ["2023-12-31", "2024-01-01", "2024-01-15", "2024-02-01", "2024-12-31", "2025-01-01"]


def order(date, amount=1, user="user123"):
    return {"UserID": user, "OrderDate": date, "OrderID": f"order-{date}", "Amount": amount}


@pytest.fixture
def orders(resource):
    """Six orders of user123 and one of somebody else."""
    return filled(resource, ORDERS, [*map(order, DATES), order("2024-01-15", user="user456")])


# --- Key conditions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, DATES),
        (Key("OrderDate").eq("2024-01-15"), ["2024-01-15"]),
        (Key("OrderDate").lt("2024-01-01"), ["2023-12-31"]),
        (Key("OrderDate").lte("2024-01-01"), ["2023-12-31", "2024-01-01"]),
        (Key("OrderDate").gt("2024-01-01"), ["2024-01-15", "2024-02-01", "2024-12-31", "2025-01-01"]),
        (Key("OrderDate").gte("2024-12-31"), ["2024-12-31", "2025-01-01"]),
        (Key("OrderDate").between("2024-01-01", "2024-12-31"), DATES[1:5]),
        (Key("OrderDate").begins_with("2024-01"), ["2024-01-01", "2024-01-15"]),
        (Key("OrderDate").begins_with("2026"), []),
    ],
    ids=["all", "=", "<", "<=", ">", ">=", "BETWEEN", "begins_with", "nothing begins with it"],
)
def test_each_operator_on_the_sort_key_selects_its_range(orders, condition, expected):
    key = Key("UserID").eq("user123")
    answer = orders.query(KeyConditionExpression=key if condition is None else key & condition)
    assert column(answer["Items"], "OrderDate") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("UserID = :user", DATES),
        ("UserID = :user AND OrderDate > :from", DATES[2:]),
        ("OrderDate > :from AND UserID = :user", DATES[2:]),
        ("UserID = :user AND :from < OrderDate", DATES[2:]),
        ("(UserID = :user) AND (OrderDate BETWEEN :from AND :to)", DATES[1:5]),
        ("UserID = :user and OrderDate between :from and :to", DATES[1:5]),
        ("UserID=:user AND begins_with(OrderDate,:prefix)", DATES[1:3]),
    ],
)
def test_a_key_condition_may_be_written_in_several_ways(client, orders, text, expected):
    values = {":user": "user123", ":from": "2024-01-01", ":to": "2024-12-31", ":prefix": "2024-01"}
    answer = client.query(
        TableName="Orders",
        KeyConditionExpression=text,
        ExpressionAttributeValues={name: {"S": value} for name, value in values.items() if name in text},
    )
    assert [item["OrderDate"]["S"] for item in answer["Items"]] == expected


def test_a_query_without_the_partition_key_is_refused(orders):
    with refused("Query condition missed key schema element: UserID"):
        orders.query(KeyConditionExpression=Key("OrderDate").eq("2024-01-15"))


def test_a_query_with_a_range_of_partition_keys_is_refused(orders):
    with refused("Query key condition not supported"):
        orders.query(KeyConditionExpression=Key("UserID").begins_with("user"))


def test_a_query_by_another_attribute_is_refused(orders):
    with refused("Query condition missed key schema element: OrderDate"):
        orders.query(KeyConditionExpression=Key("UserID").eq("user123") & Key("Amount").gt(100))


def test_a_query_of_a_missing_table_is_refused(resource):
    with refused("Requested resource not found", "ResourceNotFoundException"):
        resource.Table("Orders").query(KeyConditionExpression=Key("UserID").eq("user123"))


def test_a_strongly_consistent_query_sees_what_was_just_written(orders):
    orders.put_item(Item=order("2026-01-01"))
    answer = orders.query(
        KeyConditionExpression=Key("UserID").eq("user123") & Key("OrderDate").eq("2026-01-01"), ConsistentRead=True
    )
    assert answer["Items"] == [order("2026-01-01")]


# --- Order and limit ------------------------------------------------------------------------------


def test_the_latest_orders_of_a_range_come_first_when_read_backwards(orders):
    answer = orders.query(
        KeyConditionExpression=Key("UserID").eq("user123") & Key("OrderDate").between("2024-01-01", "2024-12-31"),
        ScanIndexForward=False,
        Limit=10,
    )
    assert column(answer["Items"], "OrderDate") == DATES[4:0:-1]


@pytest.mark.parametrize(("limit", "expected"), [(1, DATES[:-2:-1]), (4, DATES[:-5:-1])])
def test_a_limit_returns_that_many_of_the_latest_orders(orders, limit, expected):
    answer = orders.query(KeyConditionExpression=Key("UserID").eq("user123"), ScanIndexForward=False, Limit=limit)
    assert column(answer["Items"], "OrderDate") == expected


def test_numeric_sort_keys_order_by_value(resource):
    levels = [Decimal(text) for text in ("-10", "-9.5", "0", "0.5", "2", "10", "99", "1E+2")]
    request = table_of("Readings", "DeviceID", "Level:N")
    table = filled(resource, request, ({"DeviceID": "device123", "Level": level} for level in reversed(levels)))
    answer = table.query(KeyConditionExpression=Key("DeviceID").eq("device123"))
    assert column(answer["Items"], "Level") == levels


# --- Filters and projections ----------------------------------------------------------------------


def test_a_filter_is_applied_after_the_items_are_read(resource):
    amounts = {"2024-01-01": 99, "2024-01-02": 100, "2024-01-03": Decimal("100.01"), "2024-01-04": 250}
    table = filled(resource, ORDERS, (order(date, amount) for date, amount in amounts.items()))
    answer = table.query(KeyConditionExpression=Key("UserID").eq("user123"), FilterExpression=Attr("Amount").gt(100))
    assert (column(answer["Items"], "Amount"), answer["Count"], answer["ScannedCount"]) == (
        [Decimal("100.01"), 250],
        2,
        4,
    )


def test_a_limit_counts_the_items_before_the_filter(resource):
    table = filled(resource, ORDERS, [order("2024-01-01", 1), order("2024-01-02", 200), order("2024-01-03", 300)])
    answer = table.query(
        KeyConditionExpression=Key("UserID").eq("user123"), FilterExpression=Attr("Amount").gt(100), Limit=2
    )
    assert (answer["Count"], answer["ScannedCount"], answer["LastEvaluatedKey"]) == (
        1,
        2,
        {"UserID": "user123", "OrderDate": "2024-01-02"},
    )


def test_a_filter_cannot_use_the_sort_key(orders):
    with refused("Filter Expression can only contain non-primary key attributes: Primary key attribute: OrderDate"):
        orders.query(KeyConditionExpression=Key("UserID").eq("user123"), FilterExpression=Attr("OrderDate").gt("2024"))


def test_a_projection_leaves_out_what_an_item_does_not_have(orders):
    answer = orders.query(
        KeyConditionExpression=Key("UserID").eq("user456"), ProjectionExpression="OrderID, Amount, Notes"
    )
    assert answer["Items"] == [{"OrderID": "order-2024-01-15", "Amount": 1}]


def test_a_projection_of_a_query_may_not_name_a_reserved_word(orders):
    with refused(reserved("ProjectionExpression", "Name")):
        orders.query(KeyConditionExpression=Key("UserID").eq("user123"), ProjectionExpression="UserID, Name, Email")


def test_counting_returns_no_items(orders):
    answer = orders.query(KeyConditionExpression=Key("UserID").eq("user123"), Select="COUNT")
    assert (answer["Count"], answer.get("Items")) == (6, None)


# --- December 2024 --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "condition",
    [
        Key("OrderTimestamp").begins_with("2024-12"),
        Key("OrderTimestamp").between("2024-12-01T00:00:00Z", "2024-12-31T23:59:59Z"),
    ],
    ids=["begins_with", "BETWEEN"],
)
def test_the_orders_of_a_month_are_read_and_no_others(resource, condition):
    timestamps = [
        "2024-11-15T10:00:00Z",
        "2024-12-01T14:30:00Z",
        "2024-12-10T09:15:00Z",
        "2024-12-20T16:45:00Z",
        "2025-01-05T11:20:00Z",
    ]
    items = ({"UserID": "user123", "OrderTimestamp": timestamp} for timestamp in timestamps)
    table = filled(resource, table_of("OrderHistory", "UserID", "OrderTimestamp"), items)
    answer = table.query(KeyConditionExpression=Key("UserID").eq("user123") & condition)
    assert (column(answer["Items"], "OrderTimestamp"), answer["ScannedCount"]) == (timestamps[1:4], 3)


def test_a_query_reads_one_partition_where_a_scan_reads_the_table(resource):
    items = [order(date, user=user) for user in ("user123", "user456") for date in DATES]
    table = filled(resource, ORDERS, items)
    by_query = table.query(KeyConditionExpression=Key("UserID").eq("user123"))
    by_scan = table.scan(FilterExpression=Attr("UserID").eq("user123"))
    assert by_query["Items"] == by_scan["Items"]
    assert (by_query["ScannedCount"], by_scan["ScannedCount"]) == (6, 12)


# --- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def large(resource):
    """2 MB of orders of one user: three pages."""
    items = ({**order(f"{number:03}"), "Notes": "x" * 50_000} for number in range(42))
    return filled(resource, ORDERS, items)


def test_a_page_of_a_query_ends_after_1_mb(large):
    answer = large.query(KeyConditionExpression=Key("UserID").eq("user123"))
    assert (answer["Count"], answer["LastEvaluatedKey"]) == (21, {"UserID": "user123", "OrderDate": "020"})


def follow(table, **parameters):
    """The dates of all orders of user123, page by page."""
    dates = []
    for _ in range(20):
        answer = table.query(KeyConditionExpression=Key("UserID").eq("user123"), **parameters)
        dates.extend(column(answer["Items"], "OrderDate"))
        if "LastEvaluatedKey" not in answer:
            return dates
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return pytest.fail("the pages of the query do not end")


def test_following_the_last_evaluated_key_returns_every_item_once(large):
    assert follow(large) == [f"{number:03}" for number in range(42)]


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("limit", [1, 2, 5, 6, 7])
def test_pages_of_any_size_hold_the_same_items(orders, limit, forward):
    assert follow(orders, Limit=limit, ScanIndexForward=forward) == (DATES if forward else DATES[::-1])


def test_a_paginator_follows_the_pages_of_a_filtered_query(client, orders):
    pages = client.get_paginator("query").paginate(
        TableName="Orders",
        KeyConditionExpression="UserID = :user",
        FilterExpression="begins_with(OrderID, :prefix)",
        ExpressionAttributeValues={":user": {"S": "user123"}, ":prefix": {"S": "order-2024"}},
        PaginationConfig={"PageSize": 2},
    )
    assert [item["OrderDate"]["S"] for page in pages for item in page["Items"]] == DATES[1:5]


def test_a_page_goes_on_after_its_last_item_was_deleted(orders):
    first = orders.query(KeyConditionExpression=Key("UserID").eq("user123"), Limit=2)
    orders.delete_item(Key=first["LastEvaluatedKey"])
    second = orders.query(
        KeyConditionExpression=Key("UserID").eq("user123"), ExclusiveStartKey=first["LastEvaluatedKey"]
    )
    assert column(second["Items"], "OrderDate") == DATES[2:]


# --- Generic helpers of the design patterns -------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "filter_expression", "expected"),
    [
        (Key("PK").eq("USER#123"), None, ["ORDER#456", "ORDER#789", "PROFILE"]),
        (Key("PK").eq("USER#123") & Key("SK").begins_with("ORDER#"), None, ["ORDER#456", "ORDER#789"]),
        (Key("PK").eq("USER#123") & Key("SK").eq("PROFILE"), None, ["PROFILE"]),
        (Key("PK").eq("USER#123"), Attr("Status").eq("PENDING"), ["ORDER#456"]),
        (Key("PK").eq("USER#999"), None, []),
    ],
)
def test_a_table_given_by_name_is_queried_by_any_condition(resource, condition, filter_expression, expected):
    create(resource, "E-commerce-Data", "PK", "SK")
    table = resource.Table("E-commerce-Data")
    for sort, attributes in {
        "PROFILE": {"Name": "John Doe"},
        "ORDER#456": {"Status": "PENDING"},
        "ORDER#789": {"Status": "COMPLETED"},
    }.items():
        table.put_item(Item={"PK": "USER#123", "SK": sort, **attributes})
    options = {} if filter_expression is None else {"FilterExpression": filter_expression}
    answer = table.query(KeyConditionExpression=condition, **options)
    assert column(answer["Items"], "SK") == expected
