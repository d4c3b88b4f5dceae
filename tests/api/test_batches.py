"""Batches of gets and of puts and deletes.

Source: reference_guide.md, "Batch Operations" and "Quick Reference"; complete_guide.md, "Use Batch Operations";
design_patterns.md, "Batch Operations".
"""

from __future__ import annotations

import pytest
from boto3.dynamodb.conditions import Key

from .builders import column, create, fill, filled, refused, reserved, table_of, typed


def user(number):
    return {"UserID": f"user{number}", "Name": f"User {number}", "Email": f"user{number}@example.com"}


# --- BatchGetItem ---------------------------------------------------------------------------------


@pytest.fixture
def users_and_orders(resource):
    """Users 1 and 2 and orders 1 and 2; the samples ask for a third user too."""
    filled(resource, table_of("Users", "UserID"), [user(1), user(2)])
    filled(resource, table_of("Orders", "OrderID"), [{"OrderID": "order1"}, {"OrderID": "order2"}])
    return resource


USER_KEYS = [{"UserID": "user1"}, {"UserID": "user2"}, {"UserID": "user3"}]
ORDER_KEYS = [{"OrderID": "order1"}, {"OrderID": "order2"}]


def test_one_bad_projection_refuses_the_batch_for_all_tables(users_and_orders):
    with refused(reserved("ProjectionExpression", "Name")):
        users_and_orders.batch_get_item(
            RequestItems={
                "Users": {"Keys": USER_KEYS, "ProjectionExpression": "UserID, Name, Email"},
                "Orders": {"Keys": ORDER_KEYS},
            }
        )


def test_one_batch_gets_items_of_several_tables(users_and_orders):
    answer = users_and_orders.batch_get_item(
        RequestItems={
            "Users": {
                "Keys": USER_KEYS,
                "ProjectionExpression": "UserID, #name",
                "ExpressionAttributeNames": {"#name": "Name"},
            },
            "Orders": {"Keys": ORDER_KEYS},
        }
    )
    found = {name: sorted(items, key=str) for name, items in answer["Responses"].items()}
    assert found == {
        "Users": [{"UserID": "user1", "Name": "User 1"}, {"UserID": "user2", "Name": "User 2"}],
        "Orders": [{"OrderID": "order1"}, {"OrderID": "order2"}],
    }


def test_a_batch_that_was_done_leaves_no_keys_over(users_and_orders):
    answer = users_and_orders.batch_get_item(RequestItems={"Users": {"Keys": USER_KEYS}})
    assert answer["UnprocessedKeys"] == {}


def test_a_table_without_any_of_the_items_answers_an_empty_list(users_and_orders):
    answer = users_and_orders.batch_get_item(RequestItems={"Users": {"Keys": USER_KEYS[2:]}})
    assert answer["Responses"] == {"Users": []}


def test_a_table_gets_a_batch_through_its_client(resource):
    items = [{"PK": "USER#123", "SK": f"ORDER#{number}", "OrderId": str(number)} for number in range(3)]
    table = filled(resource, table_of("UserOrders", "PK", "SK"), items)
    keys = [{"PK": item["PK"], "SK": item["SK"]} for item in items]
    answer = table.meta.client.batch_get_item(RequestItems={"UserOrders": {"Keys": keys}})
    assert sorted(answer["Responses"]["UserOrders"], key=lambda item: item["SK"]) == items


def test_more_than_16_mb_take_several_batches(client):
    client.create_table(**table_of("Documents", "ID"))
    keys = [{"ID": {"S": f"doc{number}"}} for number in range(45)]
    for key in keys:
        client.put_item(TableName="Documents", Item={**key, "Content": {"S": "x" * 400_000}})
    wanted, found, batches = {"Documents": {"Keys": keys}}, [], 0
    while wanted:
        answer = client.batch_get_item(RequestItems=wanted)
        found.extend(item["ID"]["S"] for item in answer["Responses"]["Documents"])
        wanted = answer["UnprocessedKeys"]
        batches += 1
    assert (sorted(found), batches > 1) == (sorted(key["ID"]["S"] for key in keys), True)


def test_more_than_a_hundred_keys_are_refused(client):
    client.create_table(**table_of("Users", "UserID"))
    keys = [{"UserID": {"S": f"user{number}"}} for number in range(101)]
    with refused(
        "1 validation error detected: Value at 'RequestItems.Users.member.Keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    ):
        client.batch_get_item(RequestItems={"Users": {"Keys": keys}})


def test_the_same_key_twice_is_refused(users_and_orders):
    with refused("Provided list of item keys contains duplicates"):
        users_and_orders.batch_get_item(RequestItems={"Users": {"Keys": [USER_KEYS[0], USER_KEYS[0]]}})


# --- BatchWriteItem -------------------------------------------------------------------------------


@pytest.fixture
def users(resource):
    return create(resource, "Users", "UserID")


def stored_ids(table):
    return sorted(column(table.scan()["Items"], "UserID"))


def test_a_batch_writer_writes_more_items_than_one_batch_holds(users):
    with users.batch_writer() as batch:
        for number in range(100):
            batch.put_item(Item=user(number))
    assert stored_ids(users) == sorted(f"user{number}" for number in range(100))


@pytest.mark.parametrize("number", [0, 24, 25, 99])
def test_a_batch_writer_writes_whole_items(users, number):
    fill(users, map(user, range(100)))
    assert users.get_item(Key={"UserID": f"user{number}"})["Item"] == user(number)


def test_a_batch_writer_deletes_as_well_as_puts(users):
    fill(users, map(user, range(10)))
    with users.batch_writer() as batch:
        for number in range(5):
            batch.delete_item(Key={"UserID": f"user{number}"})
        batch.put_item(Item=user(10))
    assert stored_ids(users) == sorted(f"user{number}" for number in range(5, 11))


def test_a_batch_writer_that_overwrites_by_key_sends_the_last_of_equal_keys(users):
    with users.batch_writer(overwrite_by_pkeys=["UserID"]) as batch:
        batch.put_item(Item={"UserID": "user1", "Name": "first"})
        batch.put_item(Item={"UserID": "user1", "Name": "last"})
    assert users.scan()["Items"] == [{"UserID": "user1", "Name": "last"}]


def batch_write_with_retry(resource, items, table_name):
    """Write until nothing is left unprocessed."""
    requests = {table_name: [{"PutRequest": {"Item": item}} for item in items]}
    while requests:
        requests = resource.batch_write_item(RequestItems=requests).get("UnprocessedItems", {})


def test_a_batch_of_25_puts_is_written(resource, users):
    batch_write_with_retry(resource, list(map(user, range(25))), "Users")
    assert stored_ids(users) == sorted(f"user{number}" for number in range(25))


def printed(user_id):
    """A put of an item with one attribute, as the service prints it (batch_transactions.md 3.3)."""
    value = (
        f"AttributeValue(s={user_id}, n=null, b=null, iNT=null, dECIMAL=null, dOUBLE=null, sS=null, nS=null, bS=null, "
        "iNTSET=null, dECIMALSET=null, dOUBLESET=null, m=null, l=null, nULL=null, bOOL=null)"
    )
    put = f"PutRequest(item={{UserID={value}}}, workloadProfileName=null)"
    return f"WriteRequest(putRequest={put}, deleteRequest=null)"


def test_a_batch_of_26_puts_is_refused(resource, users):
    ids = [f"user{number}" for number in range(26)]
    with refused(
        f"1 validation error detected: Value '{{Users=[{', '.join(map(printed, ids))}]}}' at 'requestItems' failed to "
        "satisfy constraint: Map value must satisfy constraint: [Member must have length less than or equal to 25, "
        "Member must have length greater than or equal to 1]"
    ):
        batch_write_with_retry(resource, [{"UserID": user_id} for user_id in ids], "Users")


def test_items_written_in_batches_equal_items_written_one_by_one(resource):
    items = [{"PK": "USER#123", "SK": f"ORDER#{number:03}", "Total": number} for number in range(60)]
    one_by_one = create(resource, "OneByOne", "PK", "SK")
    for item in items:
        one_by_one.put_item(Item=item)
    in_batches = filled(resource, table_of("InBatches", "PK", "SK"), items)
    stored = [
        table.query(KeyConditionExpression=Key("PK").eq("USER#123"))["Items"] for table in (one_by_one, in_batches)
    ]
    assert stored == [items, items]


def test_a_batch_writes_to_several_tables(client):
    client.create_table(**table_of("Users", "UserID"))
    client.create_table(**table_of("Orders", "OrderID"))
    client.batch_write_item(
        RequestItems={
            "Users": [{"PutRequest": {"Item": typed(user(1))}}],
            "Orders": [{"PutRequest": {"Item": {"OrderID": {"S": "order1"}}}}],
        }
    )
    counts = {name: client.scan(TableName=name, Select="COUNT")["Count"] for name in ("Users", "Orders")}
    assert counts == {"Users": 1, "Orders": 1}


def test_items_without_the_sort_key_are_refused_in_a_batch(resource):
    table = create(resource, "TableName", "PK", "SK")
    with refused("The provided key element does not match the schema"):
        fill(table, [{"PK": "value1"}, {"PK": "value2"}])


def test_one_bad_item_keeps_the_whole_batch_from_being_written(resource):
    table = create(resource, "TableName", "PK", "SK")
    with refused("The provided key element does not match the schema"):
        fill(table, [{"PK": "value1", "SK": "value"}, {"PK": "value2"}])
    assert table.scan()["Count"] == 0


def test_a_put_and_a_delete_of_one_key_in_a_batch_are_refused(resource, users):
    with refused("Provided list of item keys contains duplicates"):
        resource.batch_write_item(
            RequestItems={"Users": [{"PutRequest": {"Item": user(1)}}, {"DeleteRequest": {"Key": {"UserID": "user1"}}}]}
        )


def test_a_batch_to_a_missing_table_is_refused(resource):
    with refused("Requested resource not found", "ResourceNotFoundException"):
        batch_write_with_retry(resource, [user(1)], "Users")
