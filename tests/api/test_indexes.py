"""Secondary indexes: global and local ones, projections, sparse indexes, adding them to a table with data.

Source: reference_guide.md, "Secondary Indexes", "Query Optimization" and "Optimize Index Usage";
complete_guide.md, "Indexes" and "Use Sparse Indexes"; design_patterns.md, "Secondary Index Patterns".
"""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ParamValidationError

from .builders import THROUGHPUT, column, create, definitions, filled, index, key_schema, refused, table_of

# --- Orders by customer ---------------------------------------------------------------------------

BY_CUSTOMER = "CustomerID-OrderDate-index"


def order(number, customer, date):
    return {
        "OrderID": f"order{number}",
        "CustomerID": customer,
        "OrderDate": date,
        "ProductDetails": {"Name": "Widget"},
        "Total": number,
    }


ORDERS = [
    order(1, "customer123", "2024-03-01"),
    order(2, "customer123", "2024-01-15"),
    order(3, "customer456", "2024-02-01"),
    order(4, "customer123", "2024-02-20"),
]


def orders_with_index(resource, projection):
    by_customer = index(BY_CUSTOMER, "CustomerID", "OrderDate", projection=projection)
    return filled(resource, table_of("Orders", "OrderID", gsis=[by_customer]), ORDERS)


def test_orders_of_a_customer_come_sorted_by_date(resource):
    table = orders_with_index(resource, "ALL")
    answer = table.query(IndexName=BY_CUSTOMER, KeyConditionExpression=Key("CustomerID").eq("customer123"))
    assert answer["Items"] == [ORDERS[1], ORDERS[3], ORDERS[0]]


@pytest.mark.parametrize(
    ("projection", "attributes"),
    [
        ("KEYS_ONLY", {"OrderID", "CustomerID", "OrderDate"}),
        (["Total"], {"OrderID", "CustomerID", "OrderDate", "Total"}),
        ("ALL", {"OrderID", "CustomerID", "OrderDate", "ProductDetails", "Total"}),
    ],
    ids=["KEYS_ONLY", "INCLUDE", "ALL"],
)
def test_a_query_of_a_global_index_returns_what_the_index_projects(resource, projection, attributes):
    table = orders_with_index(resource, projection)
    answer = table.query(IndexName=BY_CUSTOMER, KeyConditionExpression=Key("CustomerID").eq("customer456"))
    assert answer["Items"] == [{name: value for name, value in ORDERS[2].items() if name in attributes}]


def test_a_global_index_does_not_fetch_what_it_does_not_project(resource):
    table = orders_with_index(resource, "KEYS_ONLY")
    with refused(
        "One or more parameter values were invalid: "
        "Global secondary index CustomerID-OrderDate-index does not project [ProductDetails]"
    ):
        table.query(
            IndexName=BY_CUSTOMER,
            KeyConditionExpression=Key("CustomerID").eq("customer123"),
            ProjectionExpression="OrderID, CustomerID, OrderDate, ProductDetails",
        )


def test_a_consistent_read_of_a_global_index_is_refused(resource):
    table = orders_with_index(resource, "ALL")
    with refused("Consistent reads are not supported on global secondary indexes"):
        table.query(
            IndexName=BY_CUSTOMER,
            KeyConditionExpression=Key("CustomerID").eq("customer123"),
            ConsistentRead=True,
        )


def test_a_query_of_an_index_that_the_table_does_not_have_is_refused(resource):
    table = orders_with_index(resource, "ALL")
    with refused("The table does not have the specified index: CategoryIndex"):
        table.query(IndexName="CategoryIndex", KeyConditionExpression=Key("Category").eq("Electronics"))


# --- Products by category -------------------------------------------------------------------------


def product(number, category, price, rating, stock):
    return {
        "ProductID": f"PROD-00{number}",
        "Category": category,
        "Price": Decimal(price),
        "Rating": Decimal(rating),
        "Stock": stock,
    }


PRODUCTS = [
    product(1, "Electronics", "299.99", "4.5", 100),
    product(2, "Books", "19.99", "4.8", 50),
    product(3, "Electronics", "499.99", "4.2", 25),
    product(4, "Clothing", "59.99", "4.7", 200),
]
PRODUCT_TABLE = table_of("Products", "ProductID", gsis=[index("CategoryIndex", "Category", "Price:N")])


@pytest.mark.parametrize(("forward", "expected"), [(True, ["PROD-001", "PROD-003"]), (False, ["PROD-003", "PROD-001"])])
def test_products_of_a_category_come_sorted_by_price(resource, forward, expected):
    table = filled(resource, PRODUCT_TABLE, PRODUCTS)
    answer = table.query(
        IndexName="CategoryIndex",
        KeyConditionExpression="Category = :cat",
        ExpressionAttributeValues={":cat": "Electronics"},
        ScanIndexForward=forward,
    )
    assert column(answer["Items"], "ProductID") == expected


def test_a_query_of_the_index_reads_fewer_items_than_the_scan_it_replaces(resource):
    table = filled(resource, PRODUCT_TABLE, PRODUCTS)
    values = {":cat": "Electronics"}
    by_scan = table.scan(FilterExpression="Category = :cat", ExpressionAttributeValues=values)
    by_query = table.query(
        IndexName="CategoryIndex", KeyConditionExpression="Category = :cat", ExpressionAttributeValues=values
    )
    assert (by_scan["Count"], by_scan["ScannedCount"], by_query["Count"], by_query["ScannedCount"]) == (2, 4, 2, 2)


def test_a_price_range_is_a_condition_on_the_sort_key_of_the_index(resource):
    table = filled(resource, PRODUCT_TABLE, PRODUCTS)
    answer = table.query(
        IndexName="CategoryIndex",
        KeyConditionExpression=Key("Category").eq("Electronics") & Key("Price").lt(300),
    )
    assert column(answer["Items"], "ProductID") == ["PROD-001"]


def test_a_new_price_moves_a_product_in_the_index(resource):
    table = filled(resource, PRODUCT_TABLE, PRODUCTS)
    table.update_item(
        Key={"ProductID": "PROD-003"},
        UpdateExpression="SET Price = :price",
        ExpressionAttributeValues={":price": 199},
    )
    answer = table.query(IndexName="CategoryIndex", KeyConditionExpression=Key("Category").eq("Electronics"))
    assert column(answer["Items"], "ProductID") == ["PROD-003", "PROD-001"]


# --- What writes do to an index -------------------------------------------------------------------


def update_stock(table):
    table.update_item(
        Key={"ProductID": "PROD-002"},
        UpdateExpression="SET Stock = Stock - :sold",
        ExpressionAttributeValues={":sold": 50},
    )


BOOK = PRODUCTS[1]
WRITES = {
    "changed beside its keys": (update_stock, [{**BOOK, "Stock": 0}]),
    "put again with other values": (lambda table: table.put_item(Item={**BOOK, "Stock": 7}), [{**BOOK, "Stock": 7}]),
    "put again without a key": (lambda table: table.put_item(Item={"ProductID": "PROD-002", "Price": 1}), []),
    "put again unchanged": (lambda table: table.put_item(Item=BOOK), [BOOK]),
    "deleted": (lambda table: table.delete_item(Key={"ProductID": "PROD-002"}), []),
}


@pytest.mark.parametrize(("write", "expected"), WRITES.values(), ids=WRITES.keys())
def test_an_index_follows_an_item_that_was(resource, write, expected):
    table = filled(resource, PRODUCT_TABLE, PRODUCTS)
    write(table)
    answer = table.query(IndexName="CategoryIndex", KeyConditionExpression=Key("Category").eq("Books"))
    assert answer["Items"] == expected


# --- Sparse indexes -------------------------------------------------------------------------------


def test_an_index_holds_only_the_items_with_its_key(resource):
    orders = [
        {"OrderID": "order1", "Status": "COMPLETED"},
        {"OrderID": "order2", "Status": "PENDING", "StatusPending": "PENDING"},
        {"OrderID": "order3", "Status": "COMPLETED"},
    ]
    table = filled(resource, table_of("Orders", "OrderID", gsis=[index("PendingIndex", "StatusPending")]), orders)
    assert table.scan(IndexName="PendingIndex")["Items"] == [orders[1]]


def test_active_users_are_queried_in_an_index_named_after_its_attribute(resource):
    table = create(resource, "Users", "UserID", gsis=[index("ActiveUserIndex", "ActiveUserIndex")])
    for user_id, user_status in (("user1", "ACTIVE"), ("user2", "INACTIVE"), ("user3", "ACTIVE")):
        item = {"UserID": user_id, "Status": user_status}
        if user_status == "ACTIVE":
            item["ActiveUserIndex"] = "ACTIVE"
        table.put_item(Item=item)
    answer = table.query(IndexName="ActiveUserIndex", KeyConditionExpression=Key("ActiveUserIndex").eq("ACTIVE"))
    assert sorted(column(answer["Items"], "UserID")) == ["user1", "user3"]


def test_a_user_enters_and_leaves_the_premium_index_with_the_attribute(resource):
    table = create(resource, "Users", "UserID", gsis=[index("PremiumUserIndex", "PremiumSince")])
    table.put_item(Item={"UserID": "user123"})
    sizes = [table.scan(IndexName="PremiumUserIndex")["Count"]]
    for update, values in (("SET PremiumSince = :date", {":date": "2024-01-15"}), ("REMOVE PremiumSince", None)):
        options = {} if values is None else {"ExpressionAttributeValues": values}
        table.update_item(Key={"UserID": "user123"}, UpdateExpression=update, **options)
        sizes.append(table.scan(IndexName="PremiumUserIndex")["Count"])
    assert sizes == [0, 1, 0]


# --- Adding a global index ------------------------------------------------------------------------

JOHN = {"PK": "123", "SK": "profile", "Name": "John Doe", "GSI1PK": "john@example.com", "GSI1SK": "profile"}
JANE = {"PK": "124", "SK": "profile", "Name": "Jane Doe"}


def create_gsi(table, **create_parameters):
    table.update(
        AttributeDefinitions=definitions("GSI1PK", "GSI1SK"),
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "EmailIndex",
                    "KeySchema": key_schema(["GSI1PK", "GSI1SK"]),
                    "Projection": {"ProjectionType": "ALL"},
                    **create_parameters,
                }
            }
        ],
    )


PROVISIONED_USERS = table_of("Users", "PK", "SK", ProvisionedThroughput=THROUGHPUT)


@pytest.mark.parametrize(
    "condition",
    [Key("GSI1PK").eq("john@example.com"), Key("GSI1PK").eq("john@example.com") & Key("GSI1SK").eq("profile")],
    ids=["by partition key", "by both keys"],
)
def test_an_index_added_later_finds_the_items_that_were_there_before(resource, condition):
    table = filled(resource, PROVISIONED_USERS, [JOHN, JANE])
    create_gsi(table, ProvisionedThroughput=THROUGHPUT)
    assert table.query(IndexName="EmailIndex", KeyConditionExpression=condition)["Items"] == [JOHN]


def test_an_index_added_later_finds_the_items_that_come_after(resource):
    table = resource.create_table(**PROVISIONED_USERS)
    create_gsi(table, ProvisionedThroughput=THROUGHPUT)
    table.put_item(Item=JOHN)
    answer = table.query(IndexName="EmailIndex", KeyConditionExpression=Key("GSI1PK").eq("john@example.com"))
    assert answer["Items"] == [JOHN]


def test_the_name_of_a_key_is_not_its_value(resource):
    table = filled(resource, PROVISIONED_USERS, [JOHN])
    create_gsi(table, ProvisionedThroughput=THROUGHPUT)
    answer = table.query(IndexName="EmailIndex", KeyConditionExpression=Key("GSI1PK").eq("GSI1PK"))
    assert answer["Items"] == []


def test_an_index_with_throughput_cannot_be_added_to_an_on_demand_table(resource):
    table = create(resource, "Users", "PK", "SK")
    with refused(
        "One or more parameter values were invalid: "
        "ProvisionedThroughput should not be specified for index: EmailIndex when BillingMode is PAY_PER_REQUEST"
    ):
        create_gsi(table, ProvisionedThroughput=THROUGHPUT)


def test_an_index_without_throughput_is_added_to_an_on_demand_table(resource):
    table = filled(resource, table_of("Users", "PK", "SK"), [JOHN])
    create_gsi(table)
    assert table.scan(IndexName="EmailIndex")["Items"] == [JOHN]


def test_an_index_without_throughput_cannot_be_added_to_a_provisioned_table(resource):
    table = resource.create_table(**PROVISIONED_USERS)
    with refused(
        "One or more parameter values were invalid: ProvisionedThroughput is not specified for index: EmailIndex"
    ):
        create_gsi(table)


def test_an_index_whose_keys_are_not_defined_cannot_be_added(resource):
    table = create(resource, "Users", "PK", "SK")
    with refused(
        "One or more parameter values were invalid: Some index key attributes are not defined in "
        "AttributeDefinitions. Keys: [GSI1PK], AttributeDefinitions: [Email]"
    ):
        table.update(
            AttributeDefinitions=definitions("Email"),
            GlobalSecondaryIndexUpdates=[
                {
                    "Create": {
                        "IndexName": "EmailIndex",
                        "KeySchema": key_schema(["GSI1PK"]),
                        "Projection": {"ProjectionType": "ALL"},
                    }
                }
            ],
        )


def test_an_index_that_was_deleted_can_no_longer_be_queried(resource):
    table = filled(resource, table_of("Users", "PK", "SK", gsis=[index("EmailIndex", "GSI1PK")]), [JOHN])
    table.update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "EmailIndex"}}])
    with refused("The table does not have the specified index: EmailIndex"):
        table.query(IndexName="EmailIndex", KeyConditionExpression=Key("GSI1PK").eq("john@example.com"))


# --- Local indexes --------------------------------------------------------------------------------

STATUS_INDEX = {
    "AttributeDefinitions": definitions("LSI1SK"),
    "LocalSecondaryIndexUpdates": [
        {
            "Create": {
                "IndexName": "StatusIndex",
                "KeySchema": key_schema(["PK", "LSI1SK"]),
                "Projection": {"ProjectionType": "ALL"},
            }
        }
    ],
}


def test_boto3_has_no_parameter_for_adding_a_local_index(resource):
    table = create(resource, "Orders", "PK", "SK")
    with pytest.raises(ParamValidationError, match='Unknown parameter in input: "LocalSecondaryIndexUpdates"'):
        table.update(**STATUS_INDEX)


def test_a_local_index_cannot_be_added_later(client):
    client.create_table(**table_of("Orders", "PK", "SK"))

    def send_all(params, **_):
        params["body"] = orjson.dumps({"TableName": "Orders", **STATUS_INDEX})

    client.meta.events.register("before-call.dynamodb.UpdateTable", send_all, "send-all")
    try:
        with refused(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
            "or SSESpecification or ReplicaUpdates is required"
        ):
            client.update_table(TableName="Orders")
    finally:
        client.meta.events.unregister("before-call.dynamodb.UpdateTable", unique_id="send-all")


def user_order(number, status):
    return {
        "PK": "123",
        "SK": str(number),
        "OrderId": str(number),
        "LSI1SK": status,
        "Total": Decimal("99.99"),
        "CreatedAt": "2024-01-15",
    }


USER_ORDERS = [user_order(456, "PENDING"), user_order(789, "COMPLETED"), user_order(790, "PENDING")]


def orders_by_status(resource, projection="ALL"):
    by_status = index("StatusIndex", "PK", "LSI1SK", projection=projection)
    return filled(resource, table_of("Orders", "PK", "SK", lsis=[by_status]), USER_ORDERS)


def test_a_local_index_made_with_the_table_sorts_a_partition_by_another_attribute(resource):
    table = orders_by_status(resource)
    answer = table.query(
        IndexName="StatusIndex", KeyConditionExpression=Key("PK").eq("123") & Key("LSI1SK").eq("PENDING")
    )
    assert sorted(column(answer["Items"], "OrderId")) == ["456", "790"]


def test_a_local_index_can_be_read_consistently(resource):
    table = orders_by_status(resource)
    answer = table.query(IndexName="StatusIndex", KeyConditionExpression=Key("PK").eq("123"), ConsistentRead=True)
    assert column(answer["Items"], "LSI1SK") == ["COMPLETED", "PENDING", "PENDING"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"PK": "123", "SK": "789", "LSI1SK": "COMPLETED"}),
        ({"ProjectionExpression": "SK, CreatedAt"}, {"SK": "789", "CreatedAt": "2024-01-15"}),
        ({"Select": "ALL_ATTRIBUTES"}, USER_ORDERS[1]),
    ],
    ids=["projected", "fetched by name", "fetched whole"],
)
def test_a_local_index_fetches_what_it_does_not_project(resource, options, expected):
    table = orders_by_status(resource, "KEYS_ONLY")
    key = Key("PK").eq("123") & Key("LSI1SK").eq("COMPLETED")
    assert table.query(IndexName="StatusIndex", KeyConditionExpression=key, **options)["Items"] == [expected]


def test_items_by_category_instead_of_by_time(resource):
    items = [
        {"UserID": "user123", "Timestamp": "2024-01-15T10:30:00Z", "Category": "sports"},
        {"UserID": "user123", "Timestamp": "2024-01-15T10:31:00Z", "Category": "music"},
    ]
    request = table_of("Items", "UserID", "Timestamp", lsis=[index("CategoryIndex", "UserID", "Category")])
    table = filled(resource, request, items)
    answer = table.query(IndexName="CategoryIndex", KeyConditionExpression=Key("UserID").eq("user123"))
    assert answer["Items"] == items[::-1]


def test_a_filter_on_an_index_may_use_the_keys_of_the_table(resource):
    table = orders_by_status(resource)
    answer = table.query(
        IndexName="StatusIndex", KeyConditionExpression=Key("PK").eq("123"), FilterExpression=Attr("SK").eq("790")
    )
    assert column(answer["Items"], "OrderId") == ["790"]
