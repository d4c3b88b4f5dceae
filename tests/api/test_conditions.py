"""Conditional writes: conditions, optimistic locking, duplicates, counters.

Source: reference_guide.md, "Conditional Operations", "Error Handling", "Troubleshooting" and "Quick Reference";
complete_guide.md, "Implement Optimistic Locking".
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr

from .builders import ENVELOPE, condition_failed, create, refused, reserved, table_of


@pytest.fixture
def users(resource):
    return create(resource, "Users", "UserID")


def stored(table, **key):
    return table.get_item(Key=key).get("Item")


# --- Conditions -----------------------------------------------------------------------------------


def test_an_item_is_created_once(users):
    request = {"Item": {"UserID": "user123", "Name": "John"}, "ConditionExpression": "attribute_not_exists(UserID)"}
    users.put_item(**request)
    with condition_failed():
        users.put_item(**request)


DELETE_LONG_INACTIVE = {
    "Key": {"UserID": "user123"},
    "ConditionExpression": "#status = :status AND LastLogin < :cutoff_date",
    "ExpressionAttributeNames": {"#status": "Status"},
    "ExpressionAttributeValues": {":status": "INACTIVE", ":cutoff_date": "2023-01-01"},
}


def test_an_item_is_deleted_when_both_conditions_hold(users):
    users.put_item(Item={"UserID": "user123", "Status": "INACTIVE", "LastLogin": "2022-12-31"})
    users.delete_item(**DELETE_LONG_INACTIVE)
    assert stored(users, UserID="user123") is None


@pytest.mark.parametrize(
    "attributes",
    [
        {"Status": "ACTIVE", "LastLogin": "2022-12-31"},
        {"Status": "INACTIVE", "LastLogin": "2023-01-01"},
        {"Status": "INACTIVE"},
        {"LastLogin": "2022-12-31"},
    ],
)
def test_an_item_is_kept_when_one_of_two_conditions_fails(users, attributes):
    users.put_item(Item={"UserID": "user123", **attributes})
    with condition_failed():
        users.delete_item(**DELETE_LONG_INACTIVE)


SET_PRICE = {
    "Key": {"ProductID": "prod123"},
    "UpdateExpression": "SET Price = :price",
    "ConditionExpression": "attribute_not_exists(Email) OR (Price BETWEEN :min AND :max)",
    "ExpressionAttributeValues": {":price": Decimal("99.99"), ":min": 50, ":max": 150},
}


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"Price": 10},
        {"Email": "a@example.com", "Price": 50},
        {"Email": "a@example.com", "Price": 150},
    ],
    ids=["nothing", "no e-mail", "lower end", "upper end"],
)
def test_a_price_is_set_when_either_condition_holds(resource, attributes):
    products = create(resource, "Products", "ProductID")
    products.put_item(Item={"ProductID": "prod123", **attributes})
    products.update_item(**SET_PRICE)
    assert stored(products, ProductID="prod123") == {
        "ProductID": "prod123",
        **attributes,
        "Price": Decimal("99.99"),
    }


@pytest.mark.parametrize("price", [Decimal("49.99"), 151, "100", None])
def test_a_price_is_not_set_when_no_condition_holds(resource, price):
    products = create(resource, "Products", "ProductID")
    products.put_item(Item={"ProductID": "prod123", "Email": "a@example.com", "Price": price})
    with condition_failed():
        products.update_item(**SET_PRICE)


def test_a_price_given_as_a_float_does_not_leave_boto3(resource):
    products = create(resource, "Products", "ProductID")
    values = {**SET_PRICE["ExpressionAttributeValues"], ":price": 99.99}
    with pytest.raises(TypeError, match="Float types are not supported"):
        products.update_item(**{**SET_PRICE, "ExpressionAttributeValues": values})


def test_a_condition_with_the_bare_name_count_is_refused(users):
    with refused(ENVELOPE + reserved("ConditionExpression", "Count")):
        users.delete_item(
            Key={"UserID": "user123"},
            ConditionExpression="#name = :val AND Count > :min",
            ExpressionAttributeNames={"#name": "Name"},
            ExpressionAttributeValues={":val": "value", ":min": 1},
        )


DECISIONS = {
    "=": (Attr("Amount").eq(5), True),
    "<>": (Attr("Amount").ne(5), False),
    "<": (Attr("Amount").lt(5), False),
    "<=": (Attr("Amount").lte(5), True),
    ">": (Attr("Amount").gt(4), True),
    ">=": (Attr("Amount").gte(6), False),
    "BETWEEN": (Attr("Amount").between(5, 6), True),
    "IN": (Attr("Amount").is_in([4, 6]), False),
    "attribute_exists": (Attr("Email").exists(), True),
    "attribute_not_exists": (Attr("Phone").not_exists(), True),
    "attribute_type": (Attr("Email").attribute_type("S"), True),
    "another attribute_type": (Attr("Email").attribute_type("N"), False),
    "begins_with": (Attr("Email").begins_with("john"), True),
    "contains of a string": (Attr("Email").contains("@"), True),
    "contains of a set": (Attr("Interests").contains("hiking"), True),
    "contains of a set without it": (Attr("Interests").contains("cooking"), False),
    "size of a set": (Attr("Interests").size().eq(2), True),
    "size of a string": (Attr("Email").size().gt(16), False),
    "AND": (Attr("Amount").eq(5) & Attr("Phone").exists(), False),
    "OR": (Attr("Amount").eq(5) | Attr("Phone").exists(), True),
    "NOT": (~Attr("Phone").exists(), True),
}


@pytest.mark.parametrize(("condition", "holds"), DECISIONS.values(), ids=DECISIONS.keys())
def test_each_operator_and_function_decides_whether_a_write_happens(users, condition, holds):
    item = {"UserID": "user123", "Amount": 5, "Email": "john@example.com", "Interests": {"hiking", "coding"}}
    users.put_item(Item=item)
    try:
        users.delete_item(Key={"UserID": "user123"}, ConditionExpression=condition)
    except users.meta.client.exceptions.ConditionalCheckFailedException:
        deleted = False
    else:
        deleted = True
    assert (deleted, stored(users, UserID="user123")) == (holds, None if holds else item)


# --- Optimistic locking ---------------------------------------------------------------------------


def save(table, data, expected_version, **key):
    """Write data if nobody has since the version was read."""
    table.update_item(
        Key=key,
        UpdateExpression="SET #data = :data, Version = :new_version",
        ConditionExpression="Version = :current_version",
        ExpressionAttributeNames={"#data": "Data"},
        ExpressionAttributeValues={
            ":data": data,
            ":current_version": expected_version,
            ":new_version": expected_version + 1,
        },
    )


def test_a_write_with_the_version_it_read_succeeds(users):
    users.put_item(Item={"UserID": "user123", "Data": "data", "Version": 5})
    current = stored(users, UserID="user123")["Version"]
    save(users, "updated data", current, UserID="user123")
    assert stored(users, UserID="user123") == {"UserID": "user123", "Data": "updated data", "Version": 6}


def test_a_write_with_a_stale_version_fails_and_changes_nothing(users):
    users.put_item(Item={"UserID": "user123", "Data": "data", "Version": 6})
    with condition_failed():
        save(users, "updated data", 5, UserID="user123")
    assert stored(users, UserID="user123") == {"UserID": "user123", "Data": "data", "Version": 6}


def test_a_stale_writer_succeeds_after_reading_again(resource):
    table = create(resource, "Items", "ID")
    table.put_item(Item={"ID": "item123", "Data": "data", "Version": 2})
    with condition_failed():
        save(table, "new data", 1, ID="item123")
    save(table, "new data", stored(table, ID="item123")["Version"], ID="item123")
    assert stored(table, ID="item123") == {"ID": "item123", "Data": "new data", "Version": 3}


@pytest.mark.parametrize(("version", "expected"), [(5, {"Balance": 150, "Version": 6}), (4, None)])
def test_a_balance_grows_only_from_the_version_that_was_read(users, version, expected):
    users.put_item(Item={"UserID": "user123", "Balance": 100, "Version": version})
    request = {
        "Key": {"UserID": "user123"},
        "UpdateExpression": "SET Balance = Balance + :val, Version = Version + :inc",
        "ConditionExpression": "Version = :expected_version",
        "ExpressionAttributeValues": {":val": 50, ":inc": 1, ":expected_version": 5},
    }
    if expected is None:
        with condition_failed():
            users.update_item(**request)
    else:
        answer = users.update_item(**request, ReturnValues="UPDATED_NEW")
        assert answer["Attributes"] == expected


def test_a_failed_condition_can_show_the_item_that_failed_it(client, users):
    users.put_item(Item={"UserID": "user123", "Version": 2})
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as caught:
        client.update_item(
            TableName="Users",
            Key={"UserID": {"S": "user123"}},
            UpdateExpression="SET Version = :new_version",
            ConditionExpression="Version = :expected_version",
            ExpressionAttributeValues={":new_version": {"N": "2"}, ":expected_version": {"N": "1"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Item"] == {"UserID": {"S": "user123"}, "Version": {"N": "2"}}


# --- Duplicates and counters ----------------------------------------------------------------------


def test_a_request_is_recorded_once(resource):
    requests = create(resource, "Requests", "RequestID")
    request = {
        "Item": {"RequestID": "req123", "Data": "Important data", "CreatedAt": "2024-01-15T10:00:00"},
        "ConditionExpression": "attribute_not_exists(RequestID)",
    }
    requests.put_item(**request)
    with condition_failed():
        requests.put_item(**request)


COUNT_VISITOR = {
    "Key": {"CounterID": "visitor_count"},
    "UpdateExpression": "ADD #count :inc",
    "ConditionExpression": "#count < :limit",
    "ExpressionAttributeNames": {"#count": "Count"},
    "ExpressionAttributeValues": {":inc": 1, ":limit": 1000},
}


def test_a_counter_below_its_limit_counts(resource):
    counters = create(resource, "Counters", "CounterID")
    counters.put_item(Item={"CounterID": "visitor_count", "Count": 999})
    counters.update_item(**COUNT_VISITOR)
    assert stored(counters, CounterID="visitor_count")["Count"] == 1000


@pytest.mark.parametrize("count", [{"Count": 1000}, {}], ids=["at its limit", "that does not exist yet"])
def test_a_limited_counter_does_not_count(resource, count):
    counters = create(resource, "Counters", "CounterID")
    if count:
        counters.put_item(Item={"CounterID": "visitor_count", **count})
    with condition_failed():
        counters.update_item(**COUNT_VISITOR)


def test_an_aggregate_adds_up_sales_and_their_number(resource):
    sales = create(resource, "Sales", "PK", "SK")
    key = {"PK": "PRODUCT#prod123", "SK": "AGGREGATE#2024-01-15"}
    for amount in (Decimal("19.99"), Decimal("5.01"), 75):
        sales.update_item(
            Key=key,
            UpdateExpression="ADD TotalSales :amount, SaleCount :one",
            ExpressionAttributeValues={":amount": amount, ":one": 1},
        )
    assert stored(sales, **key) == {**key, "TotalSales": 100, "SaleCount": 3}


def test_counts_of_several_threads_are_all_counted(client):
    client.create_table(**table_of("Counters", "CounterID"))

    def count(_):
        client.update_item(
            TableName="Counters",
            Key={"CounterID": {"S": "visitor_count"}},
            UpdateExpression="ADD #count :inc",
            ExpressionAttributeNames={"#count": "Count"},
            ExpressionAttributeValues={":inc": {"N": "1"}},
        )

    with ThreadPoolExecutor(max_workers=8) as executor:
        list(executor.map(count, range(200)))
    item = client.get_item(TableName="Counters", Key={"CounterID": {"S": "visitor_count"}})["Item"]
    assert item["Count"] == {"N": "200"}
