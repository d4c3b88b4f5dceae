"""Single tables of the guides: entities, relations, adjacency lists, inverted indexes, hierarchies.

Source: reference_guide.md, "Advanced Patterns" 1 to 3 and "Use Composite Sort Keys"; complete_guide.md, "Table Design";
design_patterns.md, "Single Table Design" and "Data Modeling Patterns".
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Key

from .builders import column, create, filled, index, refused, table_of

SINGLE_TABLE = table_of("AppData", "PK", "SK")


def children(table, partition, prefix):
    """The items of a partition whose sort key begins with a prefix."""
    answer = table.query(KeyConditionExpression=Key("PK").eq(partition) & Key("SK").begins_with(prefix))
    return answer["Items"]


# --- Entities -------------------------------------------------------------------------------------

USER = {
    "PK": "USER#user123",
    "SK": "PROFILE",
    "Type": "User",
    "Name": "John Doe",
    "Email": "john@example.com",
}
ORDER = {
    "PK": "USER#user123",
    "SK": "ORDER#2024-01-15#order456",
    "Type": "Order",
    "OrderID": "order456",
    "Amount": Decimal("99.99"),
    "Status": "COMPLETED",
}
PRODUCT = {
    "PK": "PRODUCT#prod789",
    "SK": "DETAILS",
    "Type": "Product",
    "Name": "Widget",
    "Price": Decimal("29.99"),
    "Stock": 100,
}
ENTITIES = [USER, ORDER, PRODUCT]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity["Type"])
def test_an_entity_is_got_by_its_composed_key(resource, entity):
    table = filled(resource, SINGLE_TABLE, ENTITIES)
    assert table.get_item(Key={"PK": entity["PK"], "SK": entity["SK"]})["Item"] == entity


def test_orders_of_a_user_are_found_by_their_prefix(resource):
    table = filled(resource, SINGLE_TABLE, ENTITIES)
    assert children(table, "USER#user123", "ORDER#") == [ORDER]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("ORDER#2024-01-01", "ORDER#2024-12-31", [ORDER]),
        ("ORDER#2024-01-15", "ORDER#2024-01-16", [ORDER]),
        # The bound is a prefix of the key and sorts before it: the last day itself is left out.
        ("ORDER#2024-01-01", "ORDER#2024-01-15", []),
    ],
)
def test_orders_of_a_user_are_found_by_a_range_of_dates(resource, first, last, expected):
    table = filled(resource, SINGLE_TABLE, ENTITIES)
    answer = table.query(KeyConditionExpression=Key("PK").eq("USER#user123") & Key("SK").between(first, last))
    assert answer["Items"] == expected


@pytest.mark.parametrize(
    ("partition", "prefix", "expected"),
    [
        ("USER#user123", "PROFILE", ["PROFILE"]),
        ("USER#user123", "ORDER#", ["ORDER#2024-12-01"]),
        ("PRODUCT#prod456", "METADATA", ["METADATA"]),
        ("PRODUCT#prod456", "REVIEW#", ["REVIEW#user789#2024-12-01"]),
        ("PRODUCT#prod456", "REVIEW#user789#", ["REVIEW#user789#2024-12-01"]),
    ],
)
def test_users_orders_products_and_reviews_share_a_table(resource, partition, prefix, expected):
    keys = [
        ("USER#user123", "PROFILE"),
        ("USER#user123", "ORDER#2024-12-01"),
        ("PRODUCT#prod456", "METADATA"),
        ("PRODUCT#prod456", "REVIEW#user789#2024-12-01"),
    ]
    table = filled(resource, SINGLE_TABLE, ({"PK": pk, "SK": sk} for pk, sk in keys))
    assert column(children(table, partition, prefix), "SK") == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (
            {"PK": "USER#123", "SK": "PROFILE"},
            {"Name": "John Doe", "Email": "john@example.com", "CreatedAt": "2024-01-15"},
        ),
        (
            {"PK": "PRODUCT#789", "SK": "DETAILS"},
            {"ProductId": "789", "Name": "Laptop", "Price": Decimal("999.99"), "Category": "Electronics"},
        ),
        ({"PK": "PRODUCT#790", "SK": "DETAILS"}, None),
    ],
    ids=["profile", "product", "missing product"],
)
def test_details_are_got_without_a_query(resource, key, expected):
    table = create(resource, "E-commerce-Data", "PK", "SK")
    if expected is not None:
        table.put_item(Item={**key, **expected})
    item = table.get_item(Key=key).get("Item")
    assert item == (None if expected is None else {**key, **expected})


# --- One to many, many to many --------------------------------------------------------------------

PENDING = {
    "PK": "USER#123",
    "SK": "ORDER#456",
    "OrderId": "456",
    "Status": "PENDING",
    "Total": Decimal("99.99"),
    "CreatedAt": "2024-01-15",
}
COMPLETED = {
    "PK": "USER#123",
    "SK": "ORDER#789",
    "OrderId": "789",
    "Status": "COMPLETED",
    "Total": Decimal("149.99"),
    "CreatedAt": "2024-01-14",
}


def test_all_orders_of_a_user_come_in_the_order_of_their_numbers(resource):
    table = filled(resource, table_of("UserOrders", "PK", "SK"), [COMPLETED, PENDING])
    assert children(table, "USER#123", "ORDER#") == [PENDING, COMPLETED]


def test_one_order_of_a_user_is_got_by_its_number(resource):
    table = filled(resource, table_of("UserOrders", "PK", "SK"), [COMPLETED, PENDING])
    assert table.get_item(Key={"PK": "USER#123", "SK": "ORDER#456"})["Item"] == PENDING


def add_product_to_cart(table, user_id, product_id, quantity):
    """Write the relation from both sides."""
    relation = {"UserId": user_id, "ProductId": product_id, "Quantity": quantity, "AddedAt": "2024-01-15"}
    table.put_item(Item={"PK": f"USER#{user_id}", "SK": f"PRODUCT#{product_id}", **relation})
    table.put_item(Item={"PK": f"PRODUCT#{product_id}", "SK": f"USER#{user_id}", **relation})


@pytest.mark.parametrize(
    ("partition", "prefix", "attribute", "expected"),
    [
        ("USER#123", "PRODUCT#", "ProductId", ["789", "790"]),
        ("USER#124", "PRODUCT#", "ProductId", ["789"]),
        ("PRODUCT#789", "USER#", "UserId", ["123", "124"]),
        ("PRODUCT#790", "USER#", "UserId", ["123"]),
    ],
)
def test_a_cart_is_read_from_the_user_and_from_the_product(resource, partition, prefix, attribute, expected):
    table = create(resource, "UserProducts", "PK", "SK")
    for user_id, product_id in (("123", "789"), ("123", "790"), ("124", "789")):
        add_product_to_cart(table, user_id, product_id, 2)
    assert column(children(table, partition, prefix), attribute) == expected


# --- Adjacency lists and inverted indexes ---------------------------------------------------------

NETWORK = [
    {"PK": "USER#alice", "SK": "FOLLOWS#bob", "Type": "Follow"},
    {"PK": "USER#alice", "SK": "FOLLOWS#charlie", "Type": "Follow"},
    {"PK": "USER#bob", "SK": "FOLLOWER#alice", "Type": "Follower"},
    {"PK": "USER#charlie", "SK": "FOLLOWER#alice", "Type": "Follower"},
    {"PK": "USER#alice", "SK": "PROFILE", "Name": "Alice", "Email": "alice@example.com"},
]


@pytest.mark.parametrize(
    ("partition", "prefix", "expected"),
    [
        ("USER#alice", "FOLLOWS#", ["FOLLOWS#bob", "FOLLOWS#charlie"]),
        ("USER#bob", "FOLLOWER#", ["FOLLOWER#alice"]),
        ("USER#bob", "FOLLOWS#", []),
        ("USER#alice", "PROFILE", ["PROFILE"]),
    ],
)
def test_edges_of_a_network_are_read_from_either_end(resource, partition, prefix, expected):
    table = filled(resource, SINGLE_TABLE, NETWORK)
    assert column(children(table, partition, prefix), "SK") == expected


INVERTED = table_of("AppData", "PK", "SK", gsis=[index("GSI1", "GSI1PK", "GSI1SK")])
ORDERS_OF_USERS = [
    {
        "PK": f"USER#{user}",
        "SK": f"ORDER#{order}",
        "GSI1PK": f"ORDER#{order}",
        "GSI1SK": f"USER#{user}",
        "ProductID": "prod789",
    }
    for user, order in (("user123", "order456"), ("user124", "order457"))
]


def test_the_inverted_index_does_not_take_a_prefix_of_its_partition_key(resource):
    table = filled(resource, INVERTED, ORDERS_OF_USERS)
    with refused("Query key condition not supported"):
        table.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").begins_with("ORDER#"))


def test_the_inverted_index_finds_the_user_of_an_order(resource):
    table = filled(resource, INVERTED, ORDERS_OF_USERS)
    answer = table.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq("ORDER#order456"))
    assert column(answer["Items"], "GSI1SK") == ["USER#user123"]


def test_an_index_may_invert_the_keys_of_the_table_themselves(resource):
    request = table_of("AppData", "PK", "SK", gsis=[index("Inverted", "SK", "PK")])
    table = filled(resource, request, NETWORK)
    answer = table.query(IndexName="Inverted", KeyConditionExpression=Key("SK").eq("FOLLOWER#alice"))
    assert column(answer["Items"], "PK") == ["USER#bob", "USER#charlie"]


# --- Composite sort keys --------------------------------------------------------------------------

STORES = {
    "USA#CA#SanFrancisco#Store1": 10000,
    "USA#CA#LosAngeles#Store2": 15000,
    "USA#NY#NewYork#Store3": 20000,
}


@pytest.fixture
def sales(resource):
    items = (
        {"PK": "SALES", "SK": store, "Revenue": revenue, "Date": "2024-01-15"} for store, revenue in STORES.items()
    )
    return filled(resource, table_of("Sales", "PK", "SK"), items)


@pytest.mark.parametrize(
    ("prefix", "revenues"),
    [
        ("USA#", [15000, 10000, 20000]),
        ("USA#CA#", [15000, 10000]),
        ("USA#CA#SanFrancisco#", [10000]),
        ("USA#TX#", []),
    ],
    ids=["country", "state", "city", "nothing there"],
)
def test_each_level_of_a_hierarchy_is_a_prefix(sales, prefix, revenues):
    assert column(children(sales, "SALES", prefix), "Revenue") == revenues


def test_the_lowest_level_of_a_hierarchy_is_the_whole_sort_key(sales):
    answer = sales.query(KeyConditionExpression=Key("PK").eq("SALES") & Key("SK").eq("USA#CA#SanFrancisco#Store1"))
    assert column(answer["Items"], "Revenue") == [10000]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("ORDER#PENDING", ["ORDER#PENDING#order123"]),
        ("ORDER#", ["ORDER#COMPLETED#order456", "ORDER#PENDING#order123"]),
        ("MESSAGE#2024-01#", ["MESSAGE#2024-01#msg789"]),
    ],
)
def test_a_type_and_a_subtype_are_prefixes_too(resource, prefix, expected):
    sort_keys = ["ORDER#PENDING#order123", "ORDER#COMPLETED#order456", "MESSAGE#2024-01#msg789"]
    table = filled(resource, SINGLE_TABLE, ({"PK": "USER#user123", "SK": sort_key} for sort_key in sort_keys))
    assert column(children(table, "USER#user123", prefix), "SK") == expected


@pytest.mark.parametrize(
    ("prefix", "expected"), [("CA#", ["CA#LosAngeles#MainSt", "CA#SanFrancisco#MarketSt"]), ("NY#", [])]
)
def test_streets_are_found_by_their_state(resource, prefix, expected):
    table = filled(
        resource,
        table_of("Streets", "PK", "SK"),
        [{"PK": "USA", "SK": "CA#SanFrancisco#MarketSt"}, {"PK": "USA", "SK": "CA#LosAngeles#MainSt"}],
    )
    assert column(children(table, "USA", prefix), "SK") == expected
