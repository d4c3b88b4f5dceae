"""Scans: filters, projections, pages, parallel segments.

Source: reference_guide.md, "Scan", "Parallel Scans" and "Troubleshooting"; complete_guide.md, "Query vs Scan" and
"Common Anti-Patterns to Avoid"; design_patterns.md, "Multi-Table Design" and "Scan Patterns".
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key

from .builders import column, create, filled, refused, reserved, table_of


def user(number):
    status = "ACTIVE" if number % 3 == 0 else "INACTIVE"
    return {"UserID": f"user{number}", "Name": f"User {number}", "Status": status, "Count": number}


ALL_IDS = sorted(f"user{number}" for number in range(100))
ACTIVE_IDS = sorted(f"user{number}" for number in range(0, 100, 3))


@pytest.fixture
def users(resource):
    """A hundred users, of whom 34 are active."""
    return filled(resource, table_of("Users", "UserID"), map(user, range(100)))


# --- Filters and projections ----------------------------------------------------------------------


def test_a_filter_selects_from_all_items_of_the_table(users):
    answer = users.scan(FilterExpression=Attr("Status").eq("ACTIVE"))
    assert sorted(column(answer["Items"], "UserID")) == ACTIVE_IDS
    assert (answer["Count"], answer["ScannedCount"]) == (34, 100)


def test_a_filter_built_of_attributes_may_use_reserved_words(users):
    answer = users.scan(FilterExpression=Attr("Status").eq("ACTIVE") & Attr("Count").gt(90))
    assert sorted(column(answer["Items"], "Count")) == [93, 96, 99]


def test_a_filter_of_a_scan_may_use_the_key(users):
    answer = users.scan(FilterExpression=Attr("UserID").eq("user7"))
    assert answer["Items"] == [user(7)]


def test_a_projection_of_a_scan_may_not_name_a_reserved_word(users):
    with refused(reserved("ProjectionExpression", "Name")):
        users.scan(FilterExpression=Attr("Status").eq("ACTIVE"), ProjectionExpression="UserID, Name, Email")


def test_a_scan_projects_the_items_that_pass_the_filter(users):
    answer = users.scan(
        FilterExpression=Attr("Status").eq("ACTIVE") & Attr("Count").lt(6),
        ProjectionExpression="UserID, #name, Email",
        ExpressionAttributeNames={"#name": "Name"},
    )
    assert sorted(answer["Items"], key=lambda item: item["UserID"]) == [
        {"UserID": "user0", "Name": "User 0"},
        {"UserID": "user3", "Name": "User 3"},
    ]


def test_a_filter_written_as_text_takes_its_values_from_placeholders(resource):
    products = [
        {"ProductID": "PROD-001", "Category": "Electronics"},
        {"ProductID": "PROD-002", "Category": "Books"},
        {"ProductID": "PROD-003", "Category": "Electronics"},
    ]
    table = filled(resource, table_of("Products", "ProductID"), products)
    answer = table.scan(FilterExpression="Category = :cat", ExpressionAttributeValues={":cat": "Electronics"})
    assert sorted(column(answer["Items"], "ProductID")) == ["PROD-001", "PROD-003"]


def test_a_scan_reads_every_item_for_the_few_that_it_returns(resource):
    products = ({"ProductID": f"PROD-{number}", "Price": number} for number in range(1000))
    table = filled(resource, table_of("Products", "ProductID"), products)
    answer = table.scan(FilterExpression=Attr("Price").lt(35))
    assert (answer["Count"], answer["ScannedCount"]) == (35, 1000)


def test_orders_of_a_user_are_found_in_another_table_by_a_scan(resource):
    users = create(resource, "Users", "PK", "SK")
    orders = create(resource, "Orders", "PK", "SK")
    create(resource, "Products", "PK", "SK")
    users.put_item(Item={"PK": "123", "SK": "profile", "Name": "John Doe", "Email": "john@example.com"})
    pending = {"PK": "456", "SK": "details", "UserId": "123", "Status": "PENDING", "Total": Decimal("99.99")}
    orders.put_item(Item=pending)
    orders.put_item(Item={**pending, "PK": "457", "UserId": "124"})
    user = users.get_item(Key={"PK": "123", "SK": "profile"})["Item"]
    answer = orders.scan(FilterExpression=Key("UserId").eq("123"))
    assert (user["Name"], answer["Items"]) == ("John Doe", [pending])


def test_a_scan_of_an_empty_table_is_empty(resource):
    answer = create(resource, "Users", "UserID").scan()
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([], 0, 0)
    assert "LastEvaluatedKey" not in answer


def test_a_second_scan_returns_the_items_in_the_same_order(users):
    assert users.scan()["Items"] == users.scan()["Items"]


# --- Pages ----------------------------------------------------------------------------------------


def paginated_scan(table, **parameters):
    """All items, page by page, and the number of pages."""
    items = []
    for pages in range(1, 200):
        answer = table.scan(**parameters)
        items.extend(answer["Items"])
        if "LastEvaluatedKey" not in answer:
            return items, pages
        parameters["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return pytest.fail("the pages of the scan do not end")


@pytest.mark.parametrize("page_size", [1, 7, 50, 99, 100, 101])
def test_pages_of_any_size_hold_each_item_once(users, page_size):
    items, _ = paginated_scan(users, Limit=page_size)
    assert sorted(column(items, "UserID")) == ALL_IDS


@pytest.mark.parametrize("page_size", [1, 7, 100])
def test_pages_of_a_filtered_scan_hold_each_item_that_passes_once(users, page_size):
    items, _ = paginated_scan(users, Limit=page_size, FilterExpression=Attr("Status").eq("ACTIVE"))
    assert sorted(column(items, "UserID")) == ACTIVE_IDS


def test_the_order_of_a_scan_does_not_depend_on_its_pages(users):
    items, _ = paginated_scan(users, Limit=13)
    assert items == users.scan()["Items"]


def test_a_page_may_be_empty_and_not_the_last(users):
    answer = users.scan(Limit=5, FilterExpression=Attr("Status").eq("DELETED"))
    assert (answer["Count"], answer["ScannedCount"], "LastEvaluatedKey" in answer) == (0, 5, True)


def test_a_page_of_a_scan_ends_after_1_mb(resource):
    documents = ({"ID": f"doc{number}", "Content": "x" * 100_000} for number in range(20))
    table = filled(resource, table_of("Documents", "ID"), documents)
    items, pages = paginated_scan(table)
    assert (len({item["ID"] for item in items}), len(items), pages) == (20, 20, 2)


# --- Parallel scans -------------------------------------------------------------------------------


def test_four_segments_scanned_by_threads_hold_the_active_users_once(users):
    def scan_segment(segment, total_segments):
        answer = users.scan(FilterExpression=Attr("Status").eq("ACTIVE"), Segment=segment, TotalSegments=total_segments)
        return answer["Items"]

    with ThreadPoolExecutor(max_workers=4) as executor:
        futures = [executor.submit(scan_segment, segment, 4) for segment in range(4)]
        items = [item for future in futures for item in future.result()]
    assert sorted(column(items, "UserID")) == ACTIVE_IDS


def test_ten_segments_followed_by_paginators_hold_the_table_once(resource, users):
    def scan_segment(segment, total_segments):
        paginator = resource.meta.client.get_paginator("scan")
        pages = paginator.paginate(
            TableName="Users",
            Segment=segment,
            TotalSegments=total_segments,
            PaginationConfig={"PageSize": 3},
        )
        return [item for page in pages for item in page["Items"]]

    with ThreadPoolExecutor(max_workers=10) as executor:
        futures = [executor.submit(scan_segment, segment, 10) for segment in range(10)]
        items = [item for future in futures for item in future.result()]
    assert sorted(column(items, "UserID")) == ALL_IDS


@pytest.mark.parametrize("total", [1, 2, 3, 4, 10, 64])
def test_segments_in_turn_are_the_whole_scan_in_its_order(users, total):
    items = [item for segment in range(total) for item in users.scan(Segment=segment, TotalSegments=total)["Items"]]
    assert items == users.scan()["Items"]


def test_a_segment_beyond_the_last_is_refused(users):
    with refused(
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        "Segment: 4 is not less than TotalSegments: 4"
    ):
        users.scan(Segment=4, TotalSegments=4)


def test_a_segment_without_a_total_is_refused(users):
    with refused(
        "The TotalSegments parameter is required but was not present in the request when Segment parameter is present"
    ):
        users.scan(Segment=0)


def test_a_start_key_of_another_segment_is_refused(users):
    page = users.scan(Segment=0, TotalSegments=2, Limit=1)
    with refused(
        "The provided starting key is invalid: Invalid ExclusiveStartKey. "
        "Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: 1"
    ):
        users.scan(Segment=1, TotalSegments=2, ExclusiveStartKey=page["LastEvaluatedKey"])
