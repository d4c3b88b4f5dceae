"""Transactions: orders, payments, stock and aggregates that are written together, and what is read at one moment."""

import uuid
from contextlib import suppress

import pytest
from botocore.exceptions import ClientError

from .builders import column, create, fill, plain, table_of, typed


@pytest.fixture
def shop(resource):
    """The client of a resource, beside tables of users, orders, stock and transfers."""
    fill(
        create(resource, "Users", "UserID"),
        [
            {"UserID": "user123", "Balance": 100, "Email": "user123@example.com"},
            {"UserID": "user456", "Balance": 20, "Email": "user456@example.com"},
        ],
    )
    fill(
        create(resource, "Inventory", "ProductID"),
        [
            {"ProductID": "prod456", "Stock": 2, "Status": "ACTIVE"},
            {"ProductID": "prod789", "Stock": 2, "Status": "RETIRED"},
        ],
    )
    create(resource, "Orders", "OrderID")
    create(resource, "Transactions", "TransactionID")
    return resource


def stored(resource, table_name):
    """All items of a table by their key."""
    table = resource.Table(table_name)
    key = table.key_schema[0]["AttributeName"]
    return {item[key]: item for item in table.scan()["Items"]}


def balances(resource):
    return {user_id: user["Balance"] for user_id, user in stored(resource, "Users").items()}


def stock(resource):
    return {product_id: product["Stock"] for product_id, product in stored(resource, "Inventory").items()}


def codes_of(error):
    """The codes of the reasons of a cancellation, in order."""
    assert error.value.response["Error"]["Code"] == "TransactionCanceledException"
    return [reason["Code"] for reason in error.value.response["CancellationReasons"]]


# --- An order, its payment and its stock ----------------------------------------------------------


def place_order(resource, order_id, user_id, product_id, amount, quantity=1):
    """Enter an order, charge the user, and take what was ordered from the stock."""
    return resource.meta.client.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": "Orders",
                    "Item": {"OrderID": order_id, "UserID": user_id, "Amount": amount, "Status": "PENDING"},
                    "ConditionExpression": "attribute_not_exists(OrderID)",
                }
            },
            {
                "Update": {
                    "TableName": "Users",
                    "Key": {"UserID": user_id},
                    "UpdateExpression": "SET Balance = Balance - :amount",
                    "ConditionExpression": "Balance >= :amount",
                    "ExpressionAttributeValues": {":amount": amount},
                }
            },
            {
                "Update": {
                    "TableName": "Inventory",
                    "Key": {"ProductID": product_id},
                    "UpdateExpression": "SET Stock = Stock - :quantity",
                    "ConditionExpression": "Stock >= :quantity",
                    "ExpressionAttributeValues": {":quantity": quantity},
                }
            },
        ]
    )


def test_an_order_charges_the_user_and_takes_from_the_stock(shop):
    place_order(shop, "order123", "user123", "prod456", amount=99)
    assert (balances(shop)["user123"], stock(shop)["prod456"], list(stored(shop, "Orders"))) == (1, 1, ["order123"])


ORDERS_THAT_FAIL = [
    pytest.param(("order0", "user123", "prod456", 1), [True, False, False], id="the order exists"),
    pytest.param(("order1", "user456", "prod456", 99), [False, True, False], id="the user cannot pay"),
    pytest.param(("order1", "user123", "prod456", 99, 3), [False, False, True], id="the stock is too small"),
    pytest.param(("order0", "user456", "nothing", 99), [True, True, True], id="everything is wrong"),
]


@pytest.mark.parametrize(("order", "failed"), ORDERS_THAT_FAIL)
def test_an_order_that_fails_says_which_conditions_failed(shop, order, failed):
    shop.Table("Orders").put_item(Item={"OrderID": "order0"})
    with pytest.raises(ClientError) as error:
        place_order(shop, *order)
    assert codes_of(error) == ["ConditionalCheckFailed" if each else "None" for each in failed]


@pytest.mark.parametrize(("order", "failed"), ORDERS_THAT_FAIL)
def test_an_order_that_fails_changes_no_table(shop, order, failed):
    shop.Table("Orders").put_item(Item={"OrderID": "order0"})
    with pytest.raises(ClientError):
        place_order(shop, *order)
    assert (balances(shop), stock(shop), stored(shop, "Orders")) == (
        {"user123": 100, "user456": 20},
        {"prod456": 2, "prod789": 2},
        {"order0": {"OrderID": "order0"}},
    )


def test_the_error_of_an_order_is_an_exception_of_the_client(shop):
    canceled = shop.meta.client.exceptions.TransactionCanceledException
    with pytest.raises(canceled) as error:
        place_order(shop, "order1", "user456", "prod456", amount=99)
    assert error.value.response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed, None]"
    )


def test_a_client_is_told_the_item_that_failed(client):
    client.create_table(**table_of("Users", "UserID"))
    user = typed({"UserID": "user123", "Balance": 5})
    client.put_item(TableName="Users", Item=user)
    check = {
        "TableName": "Users",
        "Key": typed({"UserID": "user123"}),
        "ConditionExpression": "Balance >= :amount",
        "ExpressionAttributeValues": typed({":amount": 10}),
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as error:
        client.transact_write_items(TransactItems=[{"ConditionCheck": check}])
    assert error.value.response["CancellationReasons"] == [
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed", "Item": user}
    ]


# --- Stock of active products only ----------------------------------------------------------------


def create_order_with_inventory(resource, order_id, product_id, quantity):
    """Confirm an order if its product is active and in stock. Tells whether it was."""
    order = {"OrderID": order_id, "ProductID": product_id, "Quantity": quantity, "Status": "CONFIRMED"}
    try:
        resource.meta.client.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": "Orders", "Item": order}},
                {
                    "Update": {
                        "TableName": "Inventory",
                        "Key": {"ProductID": product_id},
                        "UpdateExpression": "SET Stock = Stock - :quantity",
                        "ConditionExpression": "Stock >= :quantity AND #status = :active",
                        "ExpressionAttributeNames": {"#status": "Status"},
                        "ExpressionAttributeValues": {":quantity": quantity, ":active": "ACTIVE"},
                    }
                },
            ]
        )
    except resource.meta.client.exceptions.TransactionCanceledException:
        return False
    return True


@pytest.mark.parametrize(
    ("product_id", "quantity", "confirmed"),
    [("prod456", 2, True), ("prod456", 3, False), ("prod789", 1, False), ("nothing", 1, False)],
)
def test_an_order_is_confirmed_only_with_its_stock(shop, product_id, quantity, confirmed):
    assert create_order_with_inventory(shop, "order1", product_id, quantity) is confirmed
    assert ("order1" in stored(shop, "Orders"), stock(shop).get(product_id, 2)) == (
        confirmed,
        2 - quantity if confirmed else 2,
    )


# --- Money transfer -------------------------------------------------------------------------------


def transfer_money(resource, from_user, to_user, amount, **parameters):
    """Move money between users and enter the transfer. Tells whether it was made."""
    transfer = {
        "TransactionID": parameters.get("ClientRequestToken") or str(uuid.uuid4()),
        "FromUser": from_user,
        "ToUser": to_user,
        "Amount": amount,
    }
    try:
        resource.meta.client.transact_write_items(
            TransactItems=[
                {
                    "Update": {
                        "TableName": "Users",
                        "Key": {"UserID": from_user},
                        "UpdateExpression": "SET Balance = Balance - :amount",
                        "ConditionExpression": "Balance >= :amount",
                        "ExpressionAttributeValues": {":amount": amount},
                    }
                },
                {
                    "Update": {
                        "TableName": "Users",
                        "Key": {"UserID": to_user},
                        "UpdateExpression": "SET Balance = Balance + :amount",
                        "ExpressionAttributeValues": {":amount": amount},
                    }
                },
                {"Put": {"TableName": "Transactions", "Item": transfer}},
            ],
            **parameters,
        )
    except resource.meta.client.exceptions.TransactionCanceledException:
        return False
    return True


def test_a_transfer_moves_money_and_is_entered(shop):
    assert transfer_money(shop, "user123", "user456", 30)
    (transfer,) = stored(shop, "Transactions").values()
    assert (balances(shop), transfer["Amount"]) == ({"user123": 70, "user456": 50}, 30)


@pytest.mark.parametrize(
    ("from_user", "to_user", "amount"),
    [("user456", "user123", 21), ("nobody", "user123", 1), ("user123", "nobody", 1)],
)
def test_a_transfer_that_cannot_be_made_leaves_no_trace(shop, from_user, to_user, amount):
    assert not transfer_money(shop, from_user, to_user, amount)
    assert (balances(shop), stored(shop, "Transactions")) == ({"user123": 100, "user456": 20}, {})


def test_a_transfer_within_one_table_of_prefixed_keys(resource):
    table = create(resource, "MyTable", "PK", "SK")
    fill(table, [{"PK": f"USER#U100{number}", "SK": "PROFILE", "Balance": 150} for number in (1, 2)])
    updates = [
        {
            "Update": {
                "TableName": "MyTable",
                "Key": {"PK": user, "SK": "PROFILE"},
                "UpdateExpression": f"SET Balance = Balance {sign} :amount",
                "ConditionExpression": "Balance >= :amount",
                "ExpressionAttributeValues": {":amount": 100},
            }
        }
        for user, sign in (("USER#U1001", "-"), ("USER#U1002", "+"))
    ]
    resource.meta.client.transact_write_items(TransactItems=updates)
    items = sorted(table.scan()["Items"], key=lambda item: item["PK"])
    assert column(items, "Balance") == [50, 250]


@pytest.mark.parametrize(("in_stock", "status"), [(1, "SHIPPED"), (0, "PACKED")])
def test_an_order_is_shipped_only_if_its_product_is_in_stock(resource, in_stock, status):
    table = create(resource, "MyTable", "PK", "SK")
    order, product = {"PK": "ORDER#O12345", "SK": "METADATA"}, {"PK": "PRODUCT#P100", "SK": "METADATA"}
    fill(table, [{**order, "Status": "PACKED"}, {**product, "StockQuantity": in_stock}])
    ship = {
        "TableName": "MyTable",
        "Key": order,
        "UpdateExpression": "SET #status = :new",
        "ExpressionAttributeNames": {"#status": "Status"},
        "ExpressionAttributeValues": {":new": "SHIPPED"},
    }
    take = {
        "TableName": "MyTable",
        "Key": product,
        "UpdateExpression": "SET StockQuantity = StockQuantity - :quantity",
        "ConditionExpression": "StockQuantity >= :quantity",
        "ExpressionAttributeValues": {":quantity": 1},
    }
    with suppress(ClientError):
        resource.meta.client.transact_write_items(TransactItems=[{"Update": ship}, {"Update": take}])
    found = [table.get_item(Key=key)["Item"] for key in (order, product)]
    assert (found[0]["Status"], found[1]["StockQuantity"]) == (status, 0)


# --- Aggregates -----------------------------------------------------------------------------------


def record_sale(resource, product_id, amount, date, sale_id):
    """Enter a sale and add it to the aggregate of its day."""
    resource.meta.client.transact_write_items(
        TransactItems=[
            {
                "Put": {
                    "TableName": "Sales",
                    "Item": {"PK": f"PRODUCT#{product_id}", "SK": f"SALE#{date}#{sale_id}", "Amount": amount},
                    "ConditionExpression": "attribute_not_exists(PK)",
                }
            },
            {
                "Update": {
                    "TableName": "Sales",
                    "Key": {"PK": f"PRODUCT#{product_id}", "SK": f"AGGREGATE#{date}"},
                    "UpdateExpression": "ADD TotalSales :amount, SaleCount :one",
                    "ExpressionAttributeValues": {":amount": amount, ":one": 1},
                }
            },
        ]
    )


def test_an_aggregate_is_the_sum_of_the_sales_that_were_entered(resource):
    table = create(resource, "Sales", "PK", "SK")
    for sale_id, amount in (("s1", 10), ("s2", 5), ("s1", 99), ("s3", 7)):
        try:
            record_sale(resource, "prod123", amount, "2024-01-15", sale_id)
        except ClientError:
            assert sale_id == "s1"  # the second one of that id
    aggregate = table.get_item(Key={"PK": "PRODUCT#prod123", "SK": "AGGREGATE#2024-01-15"})["Item"]
    assert (aggregate["TotalSales"], aggregate["SaleCount"]) == (22, 3)


# --- Idempotency ----------------------------------------------------------------------------------


def test_a_transfer_with_a_token_is_made_once_however_often_it_is_sent(shop):
    made = [transfer_money(shop, "user123", "user456", 30, ClientRequestToken="transfer-1") for _ in range(3)]
    assert (made, balances(shop)) == ([True, True, True], {"user123": 70, "user456": 50})


def test_a_token_that_is_sent_with_another_transfer_is_refused(shop):
    transfer_money(shop, "user123", "user456", 30, ClientRequestToken="transfer-1")
    with pytest.raises(shop.meta.client.exceptions.IdempotentParameterMismatchException):
        transfer_money(shop, "user123", "user456", 31, ClientRequestToken="transfer-1")
    assert balances(shop) == {"user123": 70, "user456": 50}


def test_boto3_gives_each_call_a_token_of_its_own(shop):
    deposit = {
        "TableName": "Users",
        "Key": {"UserID": "user123"},
        "UpdateExpression": "ADD Balance :amount",
        "ExpressionAttributeValues": {":amount": 1},
    }
    for _ in range(3):
        shop.meta.client.transact_write_items(TransactItems=[{"Update": deposit}])
    assert balances(shop)["user123"] == 103


@pytest.fixture
def clock(road):
    """The emulator's clock, standing still."""
    clock = road.emulator.clock
    clock.freeze(1_700_000_000)
    yield clock
    clock.resume()


@pytest.mark.parametrize(("seconds", "balance"), [(0, 70), (599, 70), (601, 40), (86_400, 40)])
def test_a_token_counts_as_new_after_ten_minutes(clock, shop, seconds, balance):
    transfer_money(shop, "user123", "user456", 30, ClientRequestToken="transfer-1")
    clock.advance(seconds=seconds)
    transfer_money(shop, "user123", "user456", 30, ClientRequestToken="transfer-1")
    assert balances(shop)["user123"] == balance


# --- Reads ----------------------------------------------------------------------------------------


def test_items_of_several_tables_are_read_at_one_moment(shop):
    place_order(shop, "order123", "user123", "prod456", amount=99)
    response = shop.meta.client.transact_get_items(
        TransactItems=[
            {
                "Get": {
                    "TableName": "Users",
                    "Key": {"UserID": "user123"},
                    "ProjectionExpression": "UserID, Balance, Email",
                }
            },
            {"Get": {"TableName": "Orders", "Key": {"OrderID": "order123"}}},
            {"Get": {"TableName": "Orders", "Key": {"OrderID": "order999"}}},
        ]
    )
    assert [member.get("Item") for member in response["Responses"]] == [
        {"UserID": "user123", "Balance": 1, "Email": "user123@example.com"},
        {"OrderID": "order123", "UserID": "user123", "Amount": 99, "Status": "PENDING"},
        None,
    ]


def test_a_client_reads_items_in_the_order_it_asks_for_them(client):
    client.create_table(**table_of("Users", "UserID"))
    for number in range(100):
        client.put_item(TableName="Users", Item=typed({"UserID": f"user{number}", "Number": number}))
    wanted = [(number * 37) % 100 for number in range(100)]
    gets = [{"Get": {"TableName": "Users", "Key": typed({"UserID": f"user{number}"})}} for number in wanted]
    responses = client.transact_get_items(TransactItems=gets)["Responses"]
    assert [plain(member["Item"])["Number"] for member in responses] == wanted


@pytest.mark.parametrize(
    ("operation", "members", "member"),
    [
        ("transact_write_items", {"Put": {"TableName": "Users", "Item": {"UserID": "a"}}}, "WriteCapacityUnits"),
        ("transact_get_items", {"Get": {"TableName": "Users", "Key": {"UserID": "a"}}}, "ReadCapacityUnits"),
    ],
)
def test_a_transaction_costs_twice_as_much(resource, operation, members, member):
    create(resource, "Users", "UserID")
    call = getattr(resource.meta.client, operation)
    (capacity,) = call(TransactItems=[members], ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert capacity == {"TableName": "Users", "CapacityUnits": 2, member: 2}
