"""The e-commerce model: six kinds of things in one table, one overloaded index, seven access patterns.

Source: first_principles.md, "Real-World Example: E-commerce Application".
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from boto3.dynamodb.conditions import Key

from .builders import ENVELOPE, column, condition_failed, index, plain, refused, reserved, table_of, typed

PROFILE = {
    "PK": "USER#U1001",
    "SK": "PROFILE",
    "Name": "Alex Smith",
    "Email": "alex@example.com",
    "RegistrationDate": "2023-01-15",
    "LastLogin": "2023-05-01T10:30:00Z",
}
ADDRESS = {
    "PK": "USER#U1001",
    "SK": "ADDRESS#A001",
    "Type": "Shipping",
    "Street": "123 Main St",
    "City": "Seattle",
    "State": "WA",
    "ZipCode": "98101",
    "IsDefault": True,
}
PAYMENT = {
    "PK": "USER#U1001",
    "SK": "PAYMENT#P001",
    "Type": "Credit Card",
    "Last4": "4242",
    "ExpiryMonth": 12,
    "ExpiryYear": 2025,
    "IsDefault": True,
}
ORDER = {
    "PK": "USER#U1001",
    "SK": "ORDER#O12345",
    "OrderDate": "2023-05-01T14:25:30Z",
    "Status": "SHIPPED",
    "TotalAmount": Decimal("89.98"),
    "ShippingAddressID": "A001",
    "PaymentMethodID": "P001",
    "GSI1PK": "ORDER#O12345",
    "GSI1SK": "METADATA",
}
ORDER_DETAILS = {
    "PK": "ORDER#O12345",
    "SK": "METADATA",
    "UserID": "U1001",
    "OrderDate": "2023-05-01T14:25:30Z",
    "Status": "SHIPPED",
    "TrackingNumber": "TN123456789",
    "ShippingCarrier": "UPS",
}
HEADPHONES_LINE = {
    "PK": "ORDER#O12345",
    "SK": "ITEM#1",
    "ProductID": "P100",
    "ProductName": "Wireless Headphones",
    "ProductImage": "headphones.jpg",
    "Quantity": 1,
    "UnitPrice": Decimal("59.99"),
    "SubTotal": Decimal("59.99"),
}
CABLE_LINE = {
    "PK": "ORDER#O12345",
    "SK": "ITEM#2",
    "ProductID": "P101",
    "ProductName": "Charging Cable",
    "ProductImage": "cable.jpg",
    "Quantity": 2,
    "UnitPrice": Decimal("14.99"),
    "SubTotal": Decimal("29.98"),
}
PRODUCT = {
    "PK": "PRODUCT#P100",
    "SK": "METADATA",
    "Name": "Wireless Headphones",
    "Description": "High-quality wireless headphones with noise cancellation",
    "Category": "Electronics",
    "SubCategory": "Audio",
    "Price": Decimal("59.99"),
    "StockQuantity": 45,
    "GSI1PK": "CATEGORY#Electronics",
    "GSI1SK": "PRODUCT#P100",
}
REVIEW = {
    "PK": "PRODUCT#P100",
    "SK": "REVIEW#R001",
    "UserID": "U1002",
    "UserName": "Sam Johnson",
    "Rating": 5,
    "ReviewText": "Great headphones, very comfortable and good sound quality.",
    "ReviewDate": "2023-04-15T09:45:00Z",
}
MODEL = [PROFILE, ADDRESS, PAYMENT, ORDER, ORDER_DETAILS, HEADPHONES_LINE, CABLE_LINE, PRODUCT, REVIEW]


class Pattern(NamedTuple):
    """An access pattern: an equality on the partition key and a condition on the sort key."""

    partition: str
    operator: str
    sort: str
    expected: list[dict[str, Any]]
    index: str | None = None

    @property
    def key_names(self) -> tuple[str, str]:
        return ("PK", "SK") if self.index is None else ("GSI1PK", "GSI1SK")

    @property
    def target(self) -> dict[str, str]:
        return {"TableName": "MyTable"} if self.index is None else {"TableName": "MyTable", "IndexName": self.index}


PATTERNS = {
    "1 user profile": Pattern("USER#U1001", "=", "PROFILE", [PROFILE]),
    "2 user addresses": Pattern("USER#U1001", "begins_with", "ADDRESS#", [ADDRESS]),
    "3 user orders": Pattern("USER#U1001", "begins_with", "ORDER#", [ORDER]),
    "4 order details": Pattern("ORDER#O12345", "=", "METADATA", [ORDER_DETAILS]),
    "4 order items": Pattern("ORDER#O12345", "begins_with", "ITEM#", [HEADPHONES_LINE, CABLE_LINE]),
    "5 product details": Pattern("PRODUCT#P100", "=", "METADATA", [PRODUCT]),
    "6 product reviews": Pattern("PRODUCT#P100", "begins_with", "REVIEW#", [REVIEW]),
    "7 products by category": Pattern("CATEGORY#Electronics", "begins_with", "PRODUCT#", [PRODUCT], "GSI1"),
    "orders by number": Pattern("ORDER#O12345", "=", "METADATA", [ORDER], "GSI1"),
}
of_pattern = pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())


@pytest.fixture
def shop(client):
    """A client whose table MyTable holds the model."""
    client.create_table(**table_of("MyTable", "PK", "SK", gsis=[index("GSI1", "GSI1PK", "GSI1SK")]))
    for item in MODEL:
        client.put_item(TableName="MyTable", Item=typed(item))
    return client


@pytest.fixture
def shop_table(shop, resource):
    """The same table as boto3's Table."""
    return resource.Table("MyTable")


@of_pattern
def test_a_client_query_answers_each_access_pattern(shop, pattern):
    partition, sort = pattern.key_names
    condition = f"{sort} = :sort" if pattern.operator == "=" else f"begins_with({sort}, :sort)"
    answer = shop.query(
        **pattern.target,
        KeyConditionExpression=f"{partition} = :partition AND {condition}",
        ExpressionAttributeValues={":partition": {"S": pattern.partition}, ":sort": {"S": pattern.sort}},
    )
    assert [plain(item) for item in answer["Items"]] == pattern.expected


@of_pattern
def test_a_resource_query_answers_each_access_pattern(shop_table, pattern):
    partition, sort = map(Key, pattern.key_names)
    condition = sort.eq(pattern.sort) if pattern.operator == "=" else sort.begins_with(pattern.sort)
    answer = shop_table.query(
        **{name: value for name, value in pattern.target.items() if name == "IndexName"},
        KeyConditionExpression=partition.eq(pattern.partition) & condition,
    )
    assert answer["Items"] == pattern.expected


@of_pattern
def test_a_pattern_reads_no_more_items_than_it_returns(shop_table, pattern):
    partition, sort = map(Key, pattern.key_names)
    condition = sort.eq(pattern.sort) if pattern.operator == "=" else sort.begins_with(pattern.sort)
    answer = shop_table.query(
        **{name: value for name, value in pattern.target.items() if name == "IndexName"},
        KeyConditionExpression=partition.eq(pattern.partition) & condition,
    )
    assert answer["ScannedCount"] == answer["Count"] == len(pattern.expected)


@pytest.mark.parametrize("item", MODEL, ids=lambda item: f"{item['PK']} {item['SK']}")
def test_each_thing_is_found_by_its_key(shop_table, item):
    assert shop_table.get_item(Key={"PK": item["PK"], "SK": item["SK"]})["Item"] == item


def test_one_query_returns_all_that_belongs_to_a_user_in_the_order_of_the_sort_key(shop_table):
    answer = shop_table.query(KeyConditionExpression=Key("PK").eq("USER#U1001"))
    assert answer["Items"] == [ADDRESS, ORDER, PAYMENT, PROFILE]


def test_one_query_returns_an_order_with_its_lines(shop_table):
    answer = shop_table.query(KeyConditionExpression=Key("PK").eq("ORDER#O12345"))
    assert answer["Items"] == [HEADPHONES_LINE, CABLE_LINE, ORDER_DETAILS]


def test_the_overloaded_index_holds_only_the_things_that_carry_its_keys(shop_table):
    rows = shop_table.scan(IndexName="GSI1")["Items"]
    assert sorted(column(rows, "GSI1PK")) == ["CATEGORY#Electronics", "ORDER#O12345"]


def test_a_scan_returns_the_whole_model(shop_table):
    items = shop_table.scan()["Items"]
    assert sorted(items, key=lambda item: (item["PK"], item["SK"])) == sorted(
        MODEL, key=lambda item: (item["PK"], item["SK"])
    )


def test_a_query_for_a_user_without_orders_is_empty(shop_table):
    answer = shop_table.query(KeyConditionExpression=Key("PK").eq("USER#U1002") & Key("SK").begins_with("ORDER#"))
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([], 0, 0)


def test_a_projection_returns_only_the_attributes_asked_for(shop):
    answer = shop.query(
        TableName="MyTable",
        KeyConditionExpression="PK = :pk AND begins_with(SK, :skPrefix)",
        ProjectionExpression="OrderID, OrderDate, TotalAmount",
        ExpressionAttributeValues={":pk": {"S": "USER#U1001"}, ":skPrefix": {"S": "ORDER#"}},
    )
    assert answer["Items"] == [{"OrderDate": {"S": "2023-05-01T14:25:30Z"}, "TotalAmount": {"N": "89.98"}}]


def test_a_product_moved_to_another_category_is_found_there_and_no_longer_here(shop_table):
    shop_table.update_item(
        Key={"PK": "PRODUCT#P100", "SK": "METADATA"},
        UpdateExpression="SET Category = :name, GSI1PK = :category",
        ExpressionAttributeValues={":name": "Audio", ":category": "CATEGORY#Audio"},
    )
    found = {
        category: shop_table.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq(category))["Count"]
        for category in ("CATEGORY#Electronics", "CATEGORY#Audio")
    }
    assert found == {"CATEGORY#Electronics": 0, "CATEGORY#Audio": 1}


def test_stock_is_taken_while_there_is_enough(shop_table):
    answer = shop_table.update_item(
        Key={"PK": "PRODUCT#P100", "SK": "METADATA"},
        UpdateExpression="SET StockQuantity = StockQuantity - :quantity",
        ConditionExpression="StockQuantity >= :quantity",
        ExpressionAttributeValues={":quantity": 45},
        ReturnValues="UPDATED_NEW",
    )
    assert answer["Attributes"] == {"StockQuantity": 0}


def test_stock_is_not_taken_when_there_is_too_little(shop_table):
    with condition_failed():
        shop_table.update_item(
            Key={"PK": "PRODUCT#P100", "SK": "METADATA"},
            UpdateExpression="SET StockQuantity = StockQuantity - :quantity",
            ConditionExpression="StockQuantity >= :quantity",
            ExpressionAttributeValues={":quantity": 46},
        )


def test_the_status_of_an_order_cannot_be_set_by_its_bare_name(shop_table):
    with refused(ENVELOPE + reserved("UpdateExpression", "Status")):
        shop_table.update_item(
            Key={"PK": "ORDER#O12345", "SK": "METADATA"},
            UpdateExpression="SET Status = :newStatus",
            ExpressionAttributeValues={":newStatus": "SHIPPED"},
        )


def test_the_status_of_an_order_is_set_through_a_placeholder(shop_table):
    answer = shop_table.update_item(
        Key={"PK": "ORDER#O12345", "SK": "METADATA"},
        UpdateExpression="SET #status = :newStatus",
        ExpressionAttributeNames={"#status": "Status"},
        ExpressionAttributeValues={":newStatus": "DELIVERED"},
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == {**ORDER_DETAILS, "Status": "DELIVERED"}
