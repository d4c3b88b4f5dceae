"""The tables of the guides, and those that the guides' rules forbid.

Source: reference_guide.md, "Secondary Indexes", "Capacity Modes", "Terraform Examples" and "Key Limits";
complete_guide.md, "Table Design" and "DynamoDB Limits"; design_patterns.md, "Table Design Patterns";
the errors from tables.md 3 and indexes.md 2.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from .builders import THROUGHPUT, create, definitions, index, key_schema, refused, table_of

IPV = "One or more parameter values were invalid: "

ON_DEMAND = table_of("OnDemandTable", "UserID")
PROVISIONED = table_of("ProvisionedTable", "UserID", ProvisionedThroughput=THROUGHPUT)
COMPLETE = table_of(
    "CompleteExampleTable",
    "PK",
    "SK",
    gsis=[index("GSI1", "GSI1PK", "GSI1SK", projection=["Name", "Email"])],
    lsis=[index("LSI1", "PK", "LSI1SK")],
    ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
    Tags=[{"Key": "Environment", "Value": "production"}, {"Key": "Application", "Value": "my-app"}],
)
COMPLETE["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"] = THROUGHPUT

TABLES = [
    ON_DEMAND,
    PROVISIONED,
    table_of("OrderHistory", "UserID", "OrderTimestamp"),
    table_of("Readings", "DeviceID:B", "Timestamp:N"),
    table_of("Products", "ProductID", gsis=[index("CategoryIndex", "Category", "Price:N")]),
    table_of("E-commerce-Data", "PK", "SK"),
    COMPLETE,
]
of_table = pytest.mark.parametrize("table", TABLES, ids=[table["TableName"] for table in TABLES])


def described(client, name):
    return client.describe_table(TableName=name)["Table"]


# --- Tables that can be ---------------------------------------------------------------------------


@of_table
def test_a_table_is_described_with_the_keys_it_was_made_with(client, table):
    client.create_table(**table)
    description = described(client, table["TableName"])
    assert (description["TableStatus"], description["KeySchema"]) == ("ACTIVE", table["KeySchema"])
    assert sorted(description["AttributeDefinitions"], key=str) == sorted(table["AttributeDefinitions"], key=str)


@of_table
def test_a_table_takes_an_item_with_all_its_keys(client, table):
    client.create_table(**table)
    values = {"S": {"S": "value"}, "N": {"N": "1"}, "B": {"B": b"\x00"}}
    item = {
        definition["AttributeName"]: values[definition["AttributeType"]] for definition in table["AttributeDefinitions"]
    }
    client.put_item(TableName=table["TableName"], Item=item)
    assert client.scan(TableName=table["TableName"])["Items"] == [item]


@of_table
def test_a_table_made_again_under_its_name_is_empty(client, table):
    item = {"PK": "value", "SK": "value", "UserID": "value", "OrderTimestamp": "value", "ProductID": "value"}
    client.create_table(**table)
    typed = {name: {"S": value} for name, value in item.items()} | {"DeviceID": {"B": b"1"}, "Timestamp": {"N": "1"}}
    client.put_item(TableName=table["TableName"], Item=typed)
    client.delete_table(TableName=table["TableName"])
    client.create_table(**table)
    assert client.scan(TableName=table["TableName"])["Count"] == 0


def test_the_indexes_of_a_table_are_described_with_keys_and_projections(client):
    client.create_table(**COMPLETE)
    description = described(client, "CompleteExampleTable")
    (gsi,), (lsi,) = description["GlobalSecondaryIndexes"], description["LocalSecondaryIndexes"]
    assert (gsi["IndexStatus"], gsi["KeySchema"], gsi["Projection"]["ProjectionType"]) == (
        "ACTIVE",
        key_schema(["GSI1PK", "GSI1SK"]),
        "INCLUDE",
    )
    assert sorted(gsi["Projection"]["NonKeyAttributes"]) == ["Email", "Name"]
    assert (lsi["KeySchema"], lsi["Projection"]) == (key_schema(["PK", "LSI1SK"]), {"ProjectionType": "ALL"})


@pytest.mark.parametrize(
    ("table", "mode", "units"),
    [(ON_DEMAND, "PAY_PER_REQUEST", 0), (PROVISIONED, None, 5), (COMPLETE, None, 10)],
    ids=["on-demand", "provisioned", "complete"],
)
def test_a_table_is_described_with_its_capacity_mode(client, table, mode, units):
    client.create_table(**table)
    description = described(client, table["TableName"])
    throughput = description["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (units, units)
    assert description.get("BillingModeSummary", {}).get("BillingMode") == mode


def test_a_table_may_have_20_global_and_5_local_indexes(client):
    gsis = [index(f"GSI{number}", f"GSI{number}PK") for number in range(20)]
    lsis = [index(f"LSI{number}", "PK", f"LSI{number}SK") for number in range(5)]
    client.create_table(**table_of("Users", "PK", "SK", gsis=gsis, lsis=lsis))
    description = described(client, "Users")
    assert (len(description["GlobalSecondaryIndexes"]), len(description["LocalSecondaryIndexes"])) == (20, 5)


def test_names_of_tables_differ_by_case(resource):
    for name in ("Users", "Orders", "users"):
        create(resource, name, "PK")
    assert [table.name for table in resource.tables.all()] == ["Orders", "Users", "users"]


# --- Tables that cannot be ------------------------------------------------------------------------

UNDEFINED = f"{IPV}Some index key attributes are not defined in AttributeDefinitions. "

FORBIDDEN = {
    "key without definition": (
        {**table_of("Users", "UserID"), "AttributeDefinitions": definitions("Email")},
        f"{UNDEFINED}Keys: [UserID], AttributeDefinitions: [Email]",
    ),
    "fewer definitions than keys": (
        {**table_of("Orders", "UserID", "OrderDate"), "AttributeDefinitions": definitions("UserID")},
        "Invalid KeySchema: Some index key attribute have no definition",
    ),
    "definitions of attributes that are no keys": (
        {**table_of("Users", "UserID"), "AttributeDefinitions": definitions("UserID", "Email", "Name")},
        f"{IPV}Number of attributes in KeySchema does not exactly match number of attributes defined "
        "in AttributeDefinitions",
    ),
    "index key without definition": (
        {
            **table_of("Orders", "OrderID", gsis=[index("GSI1", "CustomerID")]),
            "AttributeDefinitions": definitions("OrderID"),
        },
        f"{UNDEFINED}Keys: [CustomerID], AttributeDefinitions: [OrderID]",
    ),
    "local index without a sort key of the table": (
        table_of("Users", "UserID", lsis=[index("CategoryIndex", "UserID", "Category")]),
        f"{IPV}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
    ),
    "local index with another partition key": (
        table_of("Orders", "UserID", "OrderDate", lsis=[index("StatusIndex", "Status", "OrderDate")]),
        f"{IPV}Index KeySchema does not have the same leading hash key as table KeySchema for index: StatusIndex. "
        "index hash key: Status, table hash key: UserID",
    ),
    "local index without a sort key": (
        table_of("Orders", "UserID", "OrderDate", lsis=[index("StatusIndex", "UserID")]),
        f"{IPV}Index KeySchema does not have a range key for index: StatusIndex",
    ),
    "two indexes of one name": (
        table_of("Orders", "UserID", gsis=[index("GSI1", "Email"), index("GSI1", "Phone")]),
        f"{IPV}Duplicate index name: GSI1",
    ),
    "on-demand with throughput": (
        table_of("Users", "UserID", ProvisionedThroughput=THROUGHPUT, BillingMode="PAY_PER_REQUEST"),
        f"{IPV}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    ),
    "provisioned without throughput": (
        {**table_of("Users", "UserID"), "BillingMode": "PROVISIONED"},
        f"{IPV}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
    "name of two characters": (
        table_of("us", "UserID"),
        "1 validation error detected: Value 'us' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3",
    ),
    "key of a type that sorts nothing": (
        table_of("Users", "UserID:BOOL"),
        "1 validation error detected: Value 'BOOL' at 'attributeDefinitions.1.member.attributeType' failed to "
        "satisfy constraint: Member must satisfy enum value set: [B, N, S]",
    ),
    "21 global indexes": (
        table_of("Users", "UserID", gsis=[index(f"GSI{number}", "Email") for number in range(21)]),
        f"{IPV}GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
    "6 local indexes": (
        table_of("Users", "PK", "SK", lsis=[index(f"LSI{number}", "PK", "Email") for number in range(6)]),
        f"{IPV}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    ),
}


@pytest.mark.parametrize(("table", "message"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_a_table_that_cannot_be_is_refused(client, table, message):
    with refused(message):
        client.create_table(**table)


@pytest.mark.parametrize("table", [table for table, _ in FORBIDDEN.values()], ids=FORBIDDEN.keys())
def test_a_table_that_was_refused_does_not_come_into_being(client, table):
    with pytest.raises(ClientError):
        client.create_table(**table)
    assert client.list_tables()["TableNames"] == []
