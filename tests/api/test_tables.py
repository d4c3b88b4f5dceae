"""Tables: making, describing, listing, changing and deleting them.

Source: the tables of reference_guide.md ("Capacity Modes", "Terraform Examples", "Key Limits"), complete_guide.md
("Table Design", "DynamoDB Limits") and design_patterns.md; their errors from tables.md 3 to 8.
"""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from .builders import THROUGHPUT, create, definitions, index, key_schema, refused, table_of

IPV = "One or more parameter values were invalid: "

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

SEEDS = [
    table_of("OnDemandTable", "UserID"),
    table_of("ProvisionedTable", "UserID", ProvisionedThroughput=THROUGHPUT),
    table_of("OrderHistory", "UserID", "OrderTimestamp"),
    table_of("Readings", "DeviceID:B", "Timestamp:N"),
    table_of("Products", "ProductID", gsis=[index("CategoryIndex", "Category", "Price:N")]),
    table_of("E-commerce-Data", "PK", "SK"),
    COMPLETE,
]
of_seed = pytest.mark.parametrize("request_", SEEDS, ids=lambda request: request["TableName"])


# --- Life of a table ------------------------------------------------------------------------------


@of_seed
def test_a_table_is_described_with_the_keys_it_was_made_with(client, request_):
    client.create_table(**request_)
    table = client.describe_table(TableName=request_["TableName"])["Table"]
    assert (table["TableStatus"], table["KeySchema"], table["ItemCount"]) == ("ACTIVE", request_["KeySchema"], 0)
    assert sorted(table["AttributeDefinitions"], key=str) == sorted(request_["AttributeDefinitions"], key=str)


@of_seed
def test_waiters_find_a_table_made_and_deleted(client, request_):
    name = request_["TableName"]
    client.create_table(**request_)
    client.get_waiter("table_exists").wait(TableName=name)
    client.delete_table(TableName=name)
    client.get_waiter("table_not_exists").wait(TableName=name)
    assert client.list_tables()["TableNames"] == []


@of_seed
def test_a_table_takes_an_item_with_its_keys(client, request_):
    client.create_table(**request_)
    values = {"S": {"S": "value"}, "N": {"N": "1"}, "B": {"B": b"\x00"}}
    item = {
        definition["AttributeName"]: values[definition["AttributeType"]]
        for definition in request_["AttributeDefinitions"]
    }
    client.put_item(TableName=request_["TableName"], Item=item)
    assert client.scan(TableName=request_["TableName"])["Items"] == [item]


def test_a_new_table_is_creating_in_the_answer_that_made_it(client):
    answer = client.create_table(**table_of("Users", "UserID"))
    assert answer["TableDescription"]["TableStatus"] == "CREATING"


def test_a_resource_loads_the_description_of_a_table(resource):
    create(resource, "Orders", "UserID", "OrderDate", gsis=[index("OrderIndex", "OrderID")])
    table = resource.Table("Orders")
    assert (table.key_schema, table.table_status, table.global_secondary_indexes[0]["IndexName"]) == (
        key_schema(["UserID", "OrderDate"]),
        "ACTIVE",
        "OrderIndex",
    )


def test_the_indexes_of_a_table_are_described_with_their_projections(client):
    client.create_table(**COMPLETE)
    table = client.describe_table(TableName="CompleteExampleTable")["Table"]
    (gsi,), (lsi,) = table["GlobalSecondaryIndexes"], table["LocalSecondaryIndexes"]
    assert (gsi["IndexStatus"], gsi["KeySchema"], gsi["Projection"]["ProjectionType"]) == (
        "ACTIVE",
        key_schema(["GSI1PK", "GSI1SK"]),
        "INCLUDE",
    )
    assert sorted(gsi["Projection"]["NonKeyAttributes"]) == ["Email", "Name"]
    assert (lsi["KeySchema"], lsi["Projection"]) == (key_schema(["PK", "LSI1SK"]), {"ProjectionType": "ALL"})


@pytest.mark.parametrize(
    ("request_", "mode", "units"),
    [(SEEDS[0], "PAY_PER_REQUEST", (0, 0)), (SEEDS[1], None, (5, 5)), (COMPLETE, None, (10, 10))],
    ids=["on-demand", "provisioned", "complete"],
)
def test_a_table_is_described_with_its_capacity_mode(client, request_, mode, units):
    client.create_table(**request_)
    table = client.describe_table(TableName=request_["TableName"])["Table"]
    throughput = table["ProvisionedThroughput"]
    assert (
        table.get("BillingModeSummary", {}).get("BillingMode"),
        (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]),
    ) == (mode, units)


def test_tables_are_listed_in_the_order_of_their_names(client):
    for name in ("Users", "Orders", "Products", "orders"):
        client.create_table(**table_of(name, "PK"))
    assert client.list_tables()["TableNames"] == ["Orders", "Products", "Users", "orders"]


def test_a_list_of_tables_comes_in_pages(client):
    for number in range(5):
        client.create_table(**table_of(f"Table{number}", "PK"))
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 2})
    assert [page["TableNames"] for page in pages] == [["Table0", "Table1"], ["Table2", "Table3"], ["Table4"]]


def test_a_resource_lists_all_tables(resource):
    for name in ("Users", "Orders"):
        create(resource, name, "PK")
    assert [table.name for table in resource.tables.all()] == ["Orders", "Users"]


def test_a_table_made_again_is_empty(resource):
    table = create(resource, "Users", "UserID")
    table.put_item(Item={"UserID": "user123"})
    table.delete()
    assert create(resource, "Users", "UserID").scan()["Items"] == []


# --- Changes --------------------------------------------------------------------------------------


def test_a_provisioned_table_becomes_on_demand(client):
    client.create_table(**SEEDS[1])
    client.update_table(TableName="ProvisionedTable", BillingMode="PAY_PER_REQUEST")
    table = client.describe_table(TableName="ProvisionedTable")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_an_on_demand_table_becomes_provisioned(client):
    client.create_table(**SEEDS[0])
    client.update_table(
        TableName="OnDemandTable", BillingMode="PROVISIONED", ProvisionedThroughput=THROUGHPUT
    )
    throughput = client.describe_table(TableName="OnDemandTable")["Table"]["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["WriteCapacityUnits"]) == (5, 5)


def test_a_protected_table_is_not_deleted(client):
    client.create_table(**table_of("Users", "UserID", DeletionProtectionEnabled=True))
    with refused(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    ):
        client.delete_table(TableName="Users")


def test_a_table_whose_protection_was_taken_off_is_deleted(client):
    client.create_table(**table_of("Users", "UserID", DeletionProtectionEnabled=True))
    client.update_table(TableName="Users", DeletionProtectionEnabled=False)
    client.delete_table(TableName="Users")
    assert client.list_tables()["TableNames"] == []


# --- Refusals -------------------------------------------------------------------------------------


def test_a_table_that_exists_cannot_be_made_again(client):
    client.create_table(**table_of("Users", "UserID"))
    with refused("Table already exists: Users", "ResourceInUseException"):
        client.create_table(**table_of("Users", "UserID"))


@pytest.mark.parametrize("operation", ["describe_table", "delete_table"])
def test_a_missing_table_is_named_by_the_control_operations(client, operation):
    with refused("Requested resource not found: Table: Users not found", "ResourceNotFoundException"):
        getattr(client, operation)(TableName="Users")


def test_a_missing_table_is_a_modelled_exception(client):
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_table(TableName="Users")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {**table_of("Users", "UserID"), "AttributeDefinitions": definitions("Email")},
            f"{IPV}Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [UserID], AttributeDefinitions: [Email]",
        ),
        (
            {**table_of("Orders", "UserID", "OrderDate"), "AttributeDefinitions": definitions("UserID")},
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            {**table_of("Users", "UserID"), "AttributeDefinitions": definitions("UserID", "Email", "Name")},
            f"{IPV}Number of attributes in KeySchema does not exactly match number of attributes defined "
            "in AttributeDefinitions",
        ),
        (
            {
                **table_of("Orders", "OrderID", gsis=[index("GSI1", "CustomerID")]),
                "AttributeDefinitions": definitions("OrderID"),
            },
            f"{IPV}Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [CustomerID], AttributeDefinitions: [OrderID]",
        ),
        (
            table_of("Users", "UserID", lsis=[index("CategoryIndex", "UserID", "Category")]),
            f"{IPV}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ),
        (
            table_of("Orders", "UserID", "OrderDate", lsis=[index("StatusIndex", "Status", "OrderDate")]),
            f"{IPV}Index KeySchema does not have the same leading hash key as table KeySchema for index: StatusIndex. "
            "index hash key: Status, table hash key: UserID",
        ),
        (
            table_of("Orders", "UserID", "OrderDate", lsis=[index("StatusIndex", "UserID")]),
            f"{IPV}Index KeySchema does not have a range key for index: StatusIndex",
        ),
        (
            table_of("Orders", "UserID", gsis=[index("GSI1", "Email"), index("GSI1", "Phone")]),
            f"{IPV}Duplicate index name: GSI1",
        ),
        (
            table_of("Users", "UserID", ProvisionedThroughput=THROUGHPUT, BillingMode="PAY_PER_REQUEST"),
            f"{IPV}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST",
        ),
        (
            {**table_of("Users", "UserID"), "BillingMode": "PROVISIONED"},
            f"{IPV}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        ),
        (
            table_of("us", "UserID"),
            "1 validation error detected: Value 'us' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3",
        ),
        (
            {**table_of("Users", "UserID"), "AttributeDefinitions": definitions("UserID:BOOL")},
            "1 validation error detected: Value 'BOOL' at 'attributeDefinitions.1.member.attributeType' failed to "
            "satisfy constraint: Member must satisfy enum value set: [B, N, S]",
        ),
        (
            table_of("Users", "UserID", gsis=[index(f"GSI{number}", "Email") for number in range(21)]),
            f"{IPV}GlobalSecondaryIndex count exceeds the per-table limit of 20",
        ),
        (
            table_of("Users", "PK", "SK", lsis=[index(f"LSI{number}", "PK", "Email") for number in range(6)]),
            f"{IPV}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
        ),
    ],
    ids=[
        "key without definition",
        "fewer definitions than keys",
        "definitions without key",
        "index key without definition",
        "local index without table sort key",
        "local index with another partition key",
        "local index without sort key",
        "two indexes of one name",
        "on-demand with throughput",
        "provisioned without throughput",
        "short name",
        "boolean key",
        "21 global indexes",
        "6 local indexes",
    ],
)
def test_a_table_that_cannot_be_is_refused(client, request_, message):
    with refused(message):
        client.create_table(**request_)


def test_a_table_has_up_to_20_global_and_5_local_indexes(client):
    gsis = [index(f"GSI{number}", f"GSI{number}PK") for number in range(20)]
    lsis = [index(f"LSI{number}", "PK", f"LSI{number}SK") for number in range(5)]
    client.create_table(**table_of("Users", "PK", "SK", gsis=gsis, lsis=lsis))
    table = client.describe_table(TableName="Users")["Table"]
    assert (len(table["GlobalSecondaryIndexes"]), len(table["LocalSecondaryIndexes"])) == (20, 5)


def test_a_refused_table_does_not_come_into_being(client):
    with pytest.raises(ClientError):
        client.create_table(**{**table_of("Users", "UserID"), "AttributeDefinitions": definitions("Email")})
    assert client.list_tables()["TableNames"] == []
