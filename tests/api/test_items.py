"""Putting, getting, updating and deleting single items, as the guides do it.

Source: reference_guide.md, "Read and Write Operations", "Query Optimization", "Data Modeling", "Cost Optimization",
"Troubleshooting" and "Quick Reference"; complete_guide.md, "Table Design" and "Common Anti-Patterns to Avoid".
"""

from __future__ import annotations

import base64
import gzip
from decimal import Decimal

import pytest
from boto3.dynamodb.conditions import Attr, Key

from .builders import ENVELOPE, column, condition_failed, create, fill, refused, reserved

JOHN = {
    "UserID": "user123",
    "Name": "John Doe",
    "Email": "john@example.com",
    "CreatedAt": "2024-01-15T10:00:00Z",
}


@pytest.fixture
def users(resource):
    return create(resource, "Users", "UserID")


@pytest.fixture
def composite(resource):
    """The table of the quick reference, with a partition and a sort key."""
    return create(resource, "TableName", "PK", "SK")


# --- PutItem --------------------------------------------------------------------------------------


def test_an_item_is_put_when_there_is_none_with_its_key(users):
    users.put_item(Item=JOHN, ConditionExpression=Attr("UserID").not_exists())
    assert users.get_item(Key={"UserID": "user123"})["Item"] == JOHN


def test_an_item_is_not_put_over_another_when_the_condition_forbids_it(users):
    users.put_item(Item=JOHN)
    with condition_failed():
        users.put_item(Item={**JOHN, "Name": "Jane Doe"}, ConditionExpression=Attr("UserID").not_exists())


def test_a_put_replaces_the_whole_item(users):
    users.put_item(Item={**JOHN, "Nickname": "Johnny"})
    users.put_item(Item=JOHN)
    assert users.get_item(Key={"UserID": "user123"})["Item"] == JOHN


def test_a_put_returns_the_item_it_replaced(users):
    users.put_item(Item=JOHN)
    answer = users.put_item(Item={"UserID": "user123"}, ReturnValues="ALL_OLD")
    assert answer["Attributes"] == JOHN


def test_a_put_of_a_new_item_has_no_old_item_to_return(users):
    assert "Attributes" not in users.put_item(Item=JOHN, ReturnValues="ALL_OLD")


def test_a_nested_document_comes_back_as_it_was_put(resource):
    profile = {
        "UserID": "user123",
        "Name": "John Doe",
        "Email": "john@example.com",
        "CreatedAt": "2024-01-15T10:30:00Z",
        "Settings": {"Theme": "dark", "Language": "en"},
        "Address": {
            "Street": "123 Main St",
            "City": "San Francisco",
            "Coordinates": {"Latitude": Decimal("37.7749"), "Longitude": Decimal("-122.4194")},
        },
        "Tags": ["important", "urgent", "review"],
        "Mixed": ["string", 123, True, None],
        "Interests": {"hiking", "reading", "coding"},
        "Scores": {95, 87, 92, 88},
        "EmailVerified": False,
        "MiddleName": None,
    }
    table = create(resource, "UserProfiles", "UserID")
    table.put_item(Item=profile)
    assert table.get_item(Key={"UserID": "user123"})["Item"] == profile


def test_orders_embedded_in_their_user_come_with_one_read(users):
    item = {
        "UserID": "user123",
        "Name": "John Doe",
        "RecentOrders": [
            {"OrderID": "order1", "Product": "Widget", "Amount": Decimal("29.99")},
            {"OrderID": "order2", "Product": "Gadget", "Amount": Decimal("49.99")},
        ],
    }
    users.put_item(Item=item)
    assert users.get_item(Key={"UserID": "user123"})["Item"] == item


@pytest.mark.parametrize(
    "item",
    [
        {"UserID": "user123", "RecentOrders": [{"OrderID": "order1", "Product": "Widget", "Amount": 29.99}]},
        {"UserID": "user123", "Amount": 99.99, "Status": "COMPLETED"},
        {"UserID": "user123", "Temperature": 72.5, "Humidity": 45.2},
    ],
    ids=["nested", "price", "measurement"],
)
def test_a_resource_takes_no_floats(users, item):
    with pytest.raises(TypeError, match="Float types are not supported"):
        users.put_item(Item=item)


def test_a_reference_to_an_object_elsewhere_is_an_ordinary_string(users):
    item = {"UserID": "user123", "ProfileImageURL": "s3://my-bucket/user123/profile.jpg"}
    users.put_item(Item=item)
    assert users.get_item(Key={"UserID": "user123"})["Item"] == item


def test_an_item_without_its_sort_key_is_refused(composite):
    with refused("One or more parameter values were invalid: Missing the key SK in the item"):
        composite.put_item(Item={"PK": "value1"})


# --- GetItem --------------------------------------------------------------------------------------


def test_a_projection_with_the_bare_name_name_is_refused(users):
    with refused(reserved("ProjectionExpression", "Name")):
        users.get_item(Key={"UserID": "user123"}, ConsistentRead=True, ProjectionExpression="UserID, Name, Email")


def test_a_projection_returns_the_named_attributes_only(users):
    users.put_item(Item=JOHN)
    answer = users.get_item(
        Key={"UserID": "user123"},
        ConsistentRead=True,
        ProjectionExpression="UserID, #name, Email",
        ExpressionAttributeNames={"#name": "Name"},
    )
    assert answer["Item"] == {"UserID": "user123", "Name": "John Doe", "Email": "john@example.com"}


def test_an_answer_for_a_missing_item_has_no_item(users):
    assert users.get_item(Key={"UserID": "nobody"}).get("Item") is None


def test_an_item_put_under_two_keys_is_got_by_both(composite):
    composite.put_item(Item={"PK": "value", "SK": "value", "Data": "data"})
    answer = composite.get_item(Key={"PK": "value", "SK": "value"})
    assert answer["Item"] == {"PK": "value", "SK": "value", "Data": "data"}


# --- UpdateItem -----------------------------------------------------------------------------------


def update_contact(users):
    return users.update_item(
        Key={"UserID": "user123"},
        UpdateExpression="SET Email = :email, UpdatedAt = :timestamp ADD LoginCount :inc",
        ExpressionAttributeValues={
            ":email": "newemail@example.com",
            ":timestamp": "2024-01-15T11:00:00Z",
            ":inc": 1,
        },
        ReturnValues="ALL_NEW",
    )


def test_an_update_sets_and_adds_and_returns_the_whole_new_item(users):
    users.put_item(Item=JOHN)
    assert update_contact(users)["Attributes"] == {
        **JOHN,
        "Email": "newemail@example.com",
        "UpdatedAt": "2024-01-15T11:00:00Z",
        "LoginCount": 1,
    }


def test_an_update_of_a_missing_item_creates_it(users):
    update_contact(users)
    assert users.get_item(Key={"UserID": "user123"})["Item"] == {
        "UserID": "user123",
        "Email": "newemail@example.com",
        "UpdatedAt": "2024-01-15T11:00:00Z",
        "LoginCount": 1,
    }


COMPLEX_UPDATE = {
    "Key": {"UserID": "user123"},
    "UpdateExpression": """
        SET #name = :name,
            Address.City = :city,
            Tags = list_append(if_not_exists(Tags, :empty_list), :new_tags)
        REMOVE TempField
        ADD LoginCount :inc
        DELETE Interests :old_interest
    """,
    "ExpressionAttributeNames": {"#name": "Name"},
    "ExpressionAttributeValues": {
        ":name": "Jane Doe",
        ":city": "New York",
        ":new_tags": ["premium"],
        ":empty_list": [],
        ":inc": 1,
        ":old_interest": {"reading"},
    },
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {
                "Address": {"City": "San Francisco", "State": "CA"},
                "Tags": ["new"],
                "TempField": "x",
                "LoginCount": 5,
                "Interests": {"reading", "coding"},
            },
            {
                "Address": {"City": "New York", "State": "CA"},
                "Tags": ["new", "premium"],
                "LoginCount": 6,
                "Interests": {"coding"},
            },
        ),
        (
            {"Address": {}, "Interests": {"reading"}},
            {"Address": {"City": "New York"}, "Tags": ["premium"], "LoginCount": 1},
        ),
    ],
    ids=["all attributes present", "most attributes missing"],
)
def test_all_four_clauses_work_in_one_update(users, before, after):
    users.put_item(Item={**JOHN, **before})
    users.update_item(**COMPLEX_UPDATE)
    assert users.get_item(Key={"UserID": "user123"})["Item"] == {**JOHN, "Name": "Jane Doe", **after}


def test_a_nested_attribute_cannot_be_set_where_its_parent_is_missing(users):
    users.put_item(Item=JOHN)
    with refused("The document path provided in the update expression is invalid for update"):
        users.update_item(**COMPLEX_UPDATE)


def test_a_placeholder_stands_for_an_attribute_name_in_an_update(composite):
    composite.put_item(Item={"PK": "value", "SK": "value"})
    composite.update_item(
        Key={"PK": "value", "SK": "value"},
        UpdateExpression="SET #attr = :val",
        ExpressionAttributeNames={"#attr": "AttributeName"},
        ExpressionAttributeValues={":val": "new value"},
    )
    answer = composite.get_item(Key={"PK": "value", "SK": "value"})
    assert answer["Item"]["AttributeName"] == "new value"


def test_an_update_with_half_of_the_key_is_refused(composite):
    with refused("The provided key element does not match the schema"):
        composite.update_item(
            Key={"PK": "value"},
            UpdateExpression="SET #attr = :val",
            ExpressionAttributeNames={"#attr": "AttributeName"},
            ExpressionAttributeValues={":val": "new value"},
        )


def test_an_update_with_the_bare_name_count_is_refused(users):
    with refused(ENVELOPE + reserved("UpdateExpression", "Count")):
        users.update_item(
            Key={"UserID": "user123"},
            UpdateExpression="SET #name = :val, Count = Count + :inc REMOVE OldAttr",
            ExpressionAttributeNames={"#name": "Name"},
            ExpressionAttributeValues={":val": "value", ":inc": 1},
        )


def test_an_update_counts_and_removes_through_placeholders(users):
    users.put_item(Item={"UserID": "user123", "Count": 1, "OldAttr": "old"})
    users.update_item(
        Key={"UserID": "user123"},
        UpdateExpression="SET #name = :val, #count = #count + :inc REMOVE OldAttr",
        ExpressionAttributeNames={"#name": "Name", "#count": "Count"},
        ExpressionAttributeValues={":val": "value", ":inc": 1},
    )
    answer = users.get_item(Key={"UserID": "user123"})
    assert answer["Item"] == {"UserID": "user123", "Name": "value", "Count": 2}


# --- DeleteItem -----------------------------------------------------------------------------------


def delete_if_inactive(users):
    return users.delete_item(
        Key={"UserID": "user123"},
        ConditionExpression=Attr("Status").eq("INACTIVE"),
        ReturnValues="ALL_OLD",
    )


def test_a_delete_returns_the_item_it_removed(users):
    users.put_item(Item={**JOHN, "Status": "INACTIVE"})
    assert delete_if_inactive(users)["Attributes"] == {**JOHN, "Status": "INACTIVE"}


def test_a_deleted_item_is_gone(users):
    users.put_item(Item={**JOHN, "Status": "INACTIVE"})
    delete_if_inactive(users)
    assert "Item" not in users.get_item(Key={"UserID": "user123"})


@pytest.mark.parametrize("status", [{"Status": "ACTIVE"}, {}], ids=["active", "without status"])
def test_an_item_that_is_not_inactive_is_not_deleted(users, status):
    users.put_item(Item={**JOHN, **status})
    with condition_failed():
        delete_if_inactive(users)


def test_a_delete_with_half_of_the_key_is_refused(composite):
    with refused("The provided key element does not match the schema"):
        composite.delete_item(Key={"PK": "value"})


# --- Large values ---------------------------------------------------------------------------------

TEXT = "All work and no play makes Jack a dull boy. " * 20_000


def test_text_above_the_item_limit_is_refused(composite):
    with refused("Item size has exceeded the maximum allowed size"):
        composite.put_item(Item={"PK": "doc123", "SK": "DETAILS", "Data": TEXT})


def test_compressed_text_comes_back_whole(resource):
    table = create(resource, "Documents", "ID")
    content = base64.b64encode(gzip.compress(TEXT.encode())).decode()
    table.put_item(Item={"ID": "doc123", "Content": content})
    stored = table.get_item(Key={"ID": "doc123"})["Item"]["Content"]
    assert gzip.decompress(base64.b64decode(stored)).decode() == TEXT


def test_text_split_over_several_items_comes_back_whole(composite):
    chunks = [TEXT[start : start + 100_000] for start in range(0, len(TEXT), 100_000)]
    fill(composite, ({"PK": "doc123", "SK": f"CHUNK#{i}", "Data": chunk} for i, chunk in enumerate(chunks)))
    answer = composite.query(KeyConditionExpression=Key("PK").eq("doc123") & Key("SK").begins_with("CHUNK#"))
    assert "".join(column(answer["Items"], "Data")) == TEXT
