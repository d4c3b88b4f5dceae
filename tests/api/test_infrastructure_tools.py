"""What Terraform and the waiters of the SDKs do with tables, call by call, from create to destroy.

The calls are those of control_plane.md 15 and 16; CloudFormation has test_cloudformation_stacks. All are played to an
emulator whose changes are done with the next request, and to one whose changes take seven seconds of a clock that goes
on by five with each poll. Samples are cited by their titles in reference_guide.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError, WaiterError

from emulator import Emulator

from .builders import plain, refused, table_of
from .terraform import GlobalIndex, LocalIndex, Provider, TableResource, strings
from .tools import Tools

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
)


@pytest.fixture
def terraform(tools: Tools) -> Provider:
    return tools.terraform


# --- Terraform: the samples of the guide ------------------------------------------------------------

ON_DEMAND = TableResource(
    name="OnDemandTable", billing_mode="PAY_PER_REQUEST", hash_key="UserID", attributes=strings("UserID")
)
PROVISIONED = TableResource(
    name="ProvisionedTable",
    billing_mode="PROVISIONED",
    read_capacity=5,
    write_capacity=5,
    hash_key="UserID",
    attributes=strings("UserID"),
)
WITH_STREAMS = TableResource(
    name="OrdersTable",
    billing_mode="PAY_PER_REQUEST",
    hash_key="OrderID",
    attributes=strings("OrderID"),
    stream_view_type="NEW_AND_OLD_IMAGES",
)
USERS = TableResource(
    name="UsersTable", billing_mode="PAY_PER_REQUEST", hash_key="UserID", attributes=strings("UserID")
)
WITH_TTL = TableResource(
    name="SessionsTable",
    billing_mode="PAY_PER_REQUEST",
    hash_key="SessionID",
    attributes=strings("SessionID"),
    ttl="ExpirationTime",
)
COMPLETE = TableResource(
    name="CompleteExampleTable",
    billing_mode="PROVISIONED",
    read_capacity=10,
    write_capacity=10,
    hash_key="PK",
    range_key="SK",
    attributes=strings("PK", "SK", "GSI1PK", "GSI1SK", "LSI1SK"),
    global_indexes=frozenset(
        {
            GlobalIndex(
                name="GSI1",
                hash_key="GSI1PK",
                range_key="GSI1SK",
                write_capacity=5,
                read_capacity=5,
                projection_type="INCLUDE",
                non_key_attributes=frozenset({"Name", "Email"}),
            )
        }
    ),
    local_indexes=frozenset({LocalIndex(name="LSI1", range_key="LSI1SK")}),
    ttl="ExpirationTime",
    stream_view_type="NEW_AND_OLD_IMAGES",
    point_in_time_recovery=True,
    kms_key_arn=KEY,
    tags={"Environment": "production", "Application": "my-app"},
)

SAMPLES = {
    "On-Demand Mode": ON_DEMAND,
    "Provisioned Mode, Auto-Scaling": PROVISIONED,
    "DynamoDB Streams, Terraform Configuration": WITH_STREAMS,
    "Enabling PITR": USERS.but(point_in_time_recovery=True),
    "On-Demand Backups": USERS,
    "Encryption at Rest, default encryption": USERS,
    "Encryption at Rest, customer managed key": USERS.but(name="SecureTable", kms_key_arn=KEY),
    "Use TTL for Automatic Cleanup": WITH_TTL,
    "Complete Table with All Features": COMPLETE,
}
of_sample = pytest.mark.parametrize("table", SAMPLES.values(), ids=SAMPLES)


@of_sample
def test_a_sample_that_was_applied_leaves_nothing_to_plan(terraform, table):
    assert terraform.create(table) == table


@of_sample
def test_a_sample_that_was_destroyed_is_gone(terraform, table):
    terraform.create(table)
    terraform.destroy(table)
    assert terraform.read(table.name) is None


@of_sample
def test_a_sample_is_applied_again_after_it_was_destroyed(terraform, table):
    terraform.create(table)
    terraform.destroy(table)
    assert terraform.create(table) == table


def test_the_stream_of_a_sample_can_be_given_to_a_function(tools):
    """DynamoDB Streams, Terraform Configuration: `aws_lambda_event_source_mapping`, with its batches and retries."""
    tools.terraform.create(WITH_STREAMS)
    events = []
    tools.emulator.on_stream(
        "OrdersTable",
        events.append,
        starting_position="LATEST",
        batch_size=100,
        batch_window=10,
        parallelization_factor=10,
        maximum_retries=3,
        maximum_record_age=604_800,
    )
    tools.client.put_item(TableName="OrdersTable", Item={"OrderID": {"S": "a"}})
    tools.emulator.clock.advance(seconds=10)
    tools.emulator.drain()
    (event,) = events
    assert event["Records"][0]["dynamodb"]["NewImage"] == {"OrderID": {"S": "a"}}


def test_a_backup_of_a_sample_is_made_and_restored_by_the_command_line(tools):
    """On-Demand Backups, AWS CLI: `create-backup` and `restore-table-from-backup`."""
    tools.terraform.create(USERS)
    tools.client.put_item(TableName="UsersTable", Item={"UserID": {"S": "a"}})
    tools.settle()
    backup = tools.client.create_backup(TableName="UsersTable", BackupName="UsersTable-Backup-2024-01-15")
    tools.settle()
    tools.client.restore_table_from_backup(
        TargetTableName="UsersTable-Restored", BackupArn=backup["BackupDetails"]["BackupArn"]
    )
    tools.terraform.wait_active("UsersTable-Restored")
    assert tools.client.scan(TableName="UsersTable-Restored")["Items"] == [{"UserID": {"S": "a"}}]


# --- Terraform: updates -----------------------------------------------------------------------------

BY_NAME = GlobalIndex(name="ByName", hash_key="Name")
BY_MAIL = GlobalIndex(name="ByMail", hash_key="Mail", range_key="UserID", projection_type="KEYS_ONLY")
INDEXED = USERS.but(
    attributes=strings("UserID", "Name"), global_indexes=frozenset({BY_NAME}), tags={"team": "blue", "stage": "test"}
)
(GSI1,) = COMPLETE.global_indexes

EDITS = {
    "an index is added": (USERS, USERS.but(attributes=INDEXED.attributes, global_indexes=INDEXED.global_indexes)),
    "an index is removed": (INDEXED, INDEXED.but(attributes=USERS.attributes, global_indexes=frozenset())),
    "an index is replaced": (
        INDEXED,
        INDEXED.but(attributes=strings("UserID", "Mail"), global_indexes=frozenset({BY_MAIL})),
    ),
    "two indexes are added": (
        USERS,
        USERS.but(attributes=strings("UserID", "Name", "Mail"), global_indexes=frozenset({BY_NAME, BY_MAIL})),
    ),
    "capacity is raised": (PROVISIONED, PROVISIONED.but(read_capacity=10, write_capacity=7)),
    "capacity is lowered": (PROVISIONED, PROVISIONED.but(read_capacity=1, write_capacity=1)),
    "the capacity of an index is raised": (
        COMPLETE,
        COMPLETE.but(global_indexes=frozenset({GlobalIndex(**{**vars(GSI1), "read_capacity": 6})})),
    ),
    "a table becomes on-demand": (
        PROVISIONED,
        PROVISIONED.but(billing_mode="PAY_PER_REQUEST", read_capacity=0, write_capacity=0),
    ),
    "a table becomes provisioned": (
        ON_DEMAND,
        ON_DEMAND.but(billing_mode="PROVISIONED", read_capacity=3, write_capacity=2),
    ),
    "limits are set": (ON_DEMAND, ON_DEMAND.but(max_read_request_units=100, max_write_request_units=50)),
    "a limit is removed": (
        ON_DEMAND.but(max_read_request_units=100, max_write_request_units=50),
        ON_DEMAND.but(max_write_request_units=50),
    ),
    "a stream is enabled": (USERS, USERS.but(stream_view_type="KEYS_ONLY")),
    "a stream is disabled": (WITH_STREAMS, WITH_STREAMS.but(stream_view_type=None)),
    "a stream gets another view": (WITH_STREAMS, WITH_STREAMS.but(stream_view_type="KEYS_ONLY")),
    "the class is changed": (USERS, USERS.but(table_class="STANDARD_INFREQUENT_ACCESS")),
    "a key is given": (USERS, USERS.but(kms_key_arn=KEY)),
    "a key is taken away": (USERS.but(kms_key_arn=KEY), USERS),
    "time to live is enabled": (USERS, USERS.but(ttl="expires")),
    "recovery is enabled": (USERS, USERS.but(point_in_time_recovery=True)),
    "recovery is disabled": (USERS.but(point_in_time_recovery=True), USERS),
    "protection is enabled": (USERS, USERS.but(deletion_protection=True)),
    "tags are changed": (INDEXED, INDEXED.but(tags={"team": "red", "cost": "7"})),
    "all tags are removed": (INDEXED, INDEXED.but(tags={})),
    "much is changed at once": (
        COMPLETE,
        COMPLETE.but(
            read_capacity=11,
            global_indexes=frozenset(),
            attributes=strings("PK", "SK", "LSI1SK"),
            kms_key_arn=None,
            table_class="STANDARD_INFREQUENT_ACCESS",
            point_in_time_recovery=False,
            tags={},
        ),
    ),
}


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_edit_that_was_applied_leaves_nothing_to_plan(terraform, old, new):
    terraform.create(old)
    assert terraform.update(old, new) == new


@pytest.mark.parametrize(("old", "new"), EDITS.values(), ids=EDITS)
def test_an_edit_leaves_the_items_of_the_table(tools, old, new):
    tools.terraform.create(old)
    item = {name: {"S": "a"} for name, _ in old.attributes}
    tools.client.put_item(TableName=old.name, Item=item)
    tools.terraform.update(old, new)
    assert tools.client.scan(TableName=old.name)["Items"] == [item]


def test_time_to_live_is_disabled_when_its_hour_is_over(tools):
    tools.terraform.create(WITH_TTL)
    tools.emulator.clock.advance(hours=1)
    without = WITH_TTL.but(ttl=None)
    assert tools.terraform.update(WITH_TTL, without) == without


def test_a_protected_table_is_destroyed_only_after_an_apply_that_takes_the_protection_away(terraform):
    table, open_table = USERS.but(deletion_protection=True), USERS
    terraform.create(table)
    with refused(PROTECTED):
        terraform.destroy(table)
    terraform.update(table, open_table)
    terraform.destroy(open_table)
    assert terraform.read(USERS.name) is None


def test_an_existing_table_is_not_created(terraform):
    terraform.create(USERS)
    with refused("Table already exists: UsersTable", "ResourceInUseException"):
        terraform.create(USERS)


def test_a_table_that_is_gone_already_counts_as_destroyed(tools):
    tools.terraform.create(USERS)
    tools.client.delete_table(TableName="UsersTable")
    tools.settle()
    with pytest.raises(ClientError, match="Requested resource not found: Table: "):
        tools.client.delete_table(TableName="UsersTable")


# --- Terraform: other resources ---------------------------------------------------------------------


@pytest.fixture
def users(tools: Tools) -> str:
    """The ARN of the table UsersTable."""
    tools.terraform.create(USERS)
    arn: str = tools.client.describe_table(TableName="UsersTable")["Table"]["TableArn"]
    return arn


def test_an_item_resource_is_created_read_updated_and_deleted(tools, users):
    client, key = tools.client, {"UserID": {"S": "a"}}
    absent = {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": "UserID"}}
    client.put_item(TableName="UsersTable", Item={**key, "n": {"N": "1"}}, **absent)
    read = {"TableName": "UsersTable", "Key": key, "ConsistentRead": True}
    names = {
        "ProjectionExpression": "#a_UserID, #a_n",
        "ExpressionAttributeNames": {"#a_UserID": "UserID", "#a_n": "n"},
    }
    assert client.get_item(**read, **names)["Item"] == {**key, "n": {"N": "1"}}
    client.update_item(TableName="UsersTable", Key=key, AttributeUpdates={"n": {"Action": "PUT", "Value": {"N": "2"}}})
    assert plain(client.get_item(**read)["Item"])["n"] == 2
    client.delete_item(TableName="UsersTable", Key=key)
    assert "Item" not in client.get_item(**read)


def test_a_tag_resource_is_created_read_and_deleted(tools, users):
    client = tools.client
    client.tag_resource(ResourceArn=users, Tags=[{"Key": "team", "Value": "blue"}])
    assert client.list_tags_of_resource(ResourceArn=users)["Tags"] == [{"Key": "team", "Value": "blue"}]
    client.untag_resource(ResourceArn=users, TagKeys=["team"])
    assert client.list_tags_of_resource(ResourceArn=users)["Tags"] == []


def poll(tools: Tools, status: Callable[[], str], target: str, *pending: str) -> None:
    """Wait as the provider does, which fails at a status that it does not expect."""
    for _ in range(100):
        found = status()
        if found == target:
            return
        assert found in pending
        tools.tick()
    raise AssertionError(f"timeout while waiting for {target}")


def test_a_streaming_destination_resource_is_created_updated_and_deleted(tools, users):
    client, name = tools.client, {"TableName": "UsersTable"}

    def status() -> str:
        (found,) = client.describe_kinesis_streaming_destination(**name)["KinesisDataStreamDestinations"]
        text: str = found["DestinationStatus"]
        return text

    client.enable_kinesis_streaming_destination(**name, StreamArn=STREAM)
    poll(tools, status, "ACTIVE", "ENABLING")
    precision = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    client.update_kinesis_streaming_destination(**name, StreamArn=STREAM, UpdateKinesisStreamingConfiguration=precision)
    poll(tools, status, "ACTIVE", "UPDATING")
    client.disable_kinesis_streaming_destination(**name, StreamArn=STREAM)
    poll(tools, status, "DISABLED", "DISABLING")


def test_an_insights_resource_is_created_and_deleted(tools, users):
    client, name = tools.client, {"TableName": "UsersTable"}

    def status() -> str:
        text: str = client.describe_contributor_insights(**name)["ContributorInsightsStatus"]
        return text

    client.update_contributor_insights(**name, ContributorInsightsAction="ENABLE")
    poll(tools, status, "ENABLED", "ENABLING")
    client.update_contributor_insights(**name, ContributorInsightsAction="DISABLE")
    poll(tools, status, "DISABLED", "DISABLING")


def test_a_policy_resource_is_created_updated_and_deleted(tools, users):
    client = tools.client

    def put(effect: str) -> str:
        statement = {"Effect": effect, "Principal": {"AWS": "123456789012"}, "Action": "dynamodb:Scan", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        revision: str = client.put_resource_policy(ResourceArn=users, Policy=policy)["RevisionId"]
        return revision

    revision = put("Allow")
    assert client.get_resource_policy(ResourceArn=users)["RevisionId"] == revision
    tools.settle()
    revision = put("Deny")
    tools.settle()
    client.delete_resource_policy(ResourceArn=users, ExpectedRevisionId=revision)
    with pytest.raises(client.exceptions.PolicyNotFoundException):
        client.get_resource_policy(ResourceArn=users)


def test_the_data_source_of_tables_lists_all_pages(tools):
    for number in range(105):
        tools.client.create_table(**table_of(f"table-{number:03}", "id"))
    pages = tools.client.get_paginator("list_tables").paginate()
    assert len([name for page in pages for name in page["TableNames"]]) == 105


# --- Waiters of boto3 and the AWS CLI ---------------------------------------------------------------

AT_ONCE = {"Delay": 0, "MaxAttempts": 2}


def test_the_waiters_for_tables_see_one_come_and_go(client):
    client.create_table(**table_of("Orders", "id"))
    client.get_waiter("table_exists").wait(TableName="Orders", WaiterConfig=AT_ONCE)
    client.delete_table(TableName="Orders")
    client.get_waiter("table_not_exists").wait(TableName="Orders", WaiterConfig=AT_ONCE)


def test_the_waiter_for_insights_sees_them_enabled(client):
    client.create_table(**table_of("Orders", "id"))
    client.update_contributor_insights(TableName="Orders", ContributorInsightsAction="ENABLE")
    client.get_waiter("contributor_insights_enabled").wait(TableName="Orders", WaiterConfig=AT_ONCE)


def test_the_waiter_for_destinations_sees_one_active(client):
    client.create_table(**table_of("Orders", "id"))
    client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM)
    client.get_waiter("kinesis_streaming_destination_active").wait(TableName="Orders", WaiterConfig=AT_ONCE)


def test_the_waiter_for_destinations_fails_when_the_stream_cannot_be_used(client):
    client.create_table(**table_of("Orders", "id"))
    client.enable_kinesis_streaming_destination(TableName="Orders", StreamArn=STREAM.replace(":stream/", ":consumer/"))
    waiter = client.get_waiter("kinesis_streaming_destination_active")
    with pytest.raises(WaiterError, match="terminal failure state"):
        waiter.wait(TableName="Orders", WaiterConfig={"Delay": 0, "MaxAttempts": 5})


def test_the_waiter_for_destinations_goes_on_waiting_while_there_is_none(client):
    client.create_table(**table_of("Orders", "id"))
    waiter = client.get_waiter("kinesis_streaming_destination_active")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        waiter.wait(TableName="Orders", WaiterConfig=AT_ONCE)


def test_the_waiter_for_tables_goes_on_waiting_while_one_is_updated():
    client = Emulator(status_delay=3600).client()
    client.create_table(**table_of("Orders", "id"))
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        client.get_waiter("table_exists").wait(TableName="Orders", WaiterConfig=AT_ONCE)
