"""Resource policies through boto3, where time or a savepoint matters; the rest is in conformance/cases.

Source: control_plane.md 1.2 and 1.4; the policy that enforces TLS: reference_guide.md, "Encryption in Transit".
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator import Emulator

from .builders import refused, table_of
from .conftest import NOON

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Orders"
IN_USE = "Attempt to change a resource which is still in use: "
NONE = f"Resource-based policy not found for the provided ResourceArn: {ARN}"


def policy(*actions: str) -> str:
    principal = {"AWS": "arn:aws:iam::123456789012:root"}
    statement = {"Effect": "Allow", "Principal": principal, "Action": list(actions), "Resource": ARN}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


READ, WRITE = policy("dynamodb:GetItem"), policy("dynamodb:PutItem")


def put(client: Any, text: str = READ) -> int:
    return int(client.put_resource_policy(ResourceArn=ARN, Policy=text)["RevisionId"])


@pytest.fixture
def orders(client: Any) -> str:
    arn: str = client.create_table(**table_of("Orders", "id"))["TableDescription"]["TableArn"]
    return arn


# --- Revision ids ---------------------------------------------------------------------------------


def test_the_revision_id_is_the_time_of_the_change(client, clock, orders):
    assert put(client) == int(NOON.timestamp()) * 1000


def test_revision_ids_rise_although_the_clock_stands_still(client, clock, orders):
    first = put(client)
    second = put(client, WRITE)
    deletion = int(client.delete_resource_policy(ResourceArn=ARN)["RevisionId"])
    assert first < second < deletion < put(client)


def test_a_change_that_expects_an_earlier_revision_changes_nothing(client, clock, orders):
    first, second = put(client), put(client, WRITE)
    text = (
        "Resource-based policy not found for the provided ResourceArn: "
        f"Requested update for policy with revision id {first}, "
        f"but the policy associated to target table Orders has revision id {second}."
    )
    with refused(text, "PolicyNotFoundException"):
        client.put_resource_policy(ResourceArn=ARN, Policy=READ, ExpectedRevisionId=str(first))
    assert json.loads(client.get_resource_policy(ResourceArn=ARN)["Policy"])["Statement"][0]["Action"] == (
        "dynamodb:PutItem"
    )


# --- Policies of programs -------------------------------------------------------------------------


def test_the_policy_that_enforces_tls_is_taken_as_it_stands(client, orders):
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "dynamodb:*",
                "Resource": "arn:aws:dynamodb:us-east-1:123456789012:table/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
    put(client, json.dumps(document))
    assert json.loads(client.get_resource_policy(ResourceArn=ARN)["Policy"]) == document


def test_a_policy_is_not_enforced(client, orders):
    denial = policy("dynamodb:PutItem").replace("Allow", "Deny")
    put(client, denial)
    client.put_item(TableName="Orders", Item={"id": {"S": "a"}})
    assert client.scan(TableName="Orders")["Count"] == 1


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_an_account_is_written_in_the_partition_of_the_table(region):
    client = Emulator(region=region).client()
    arn = client.create_table(**table_of("Orders", "id"))["TableDescription"]["TableArn"]
    partition = arn.split(":")[1]
    client.put_resource_policy(ResourceArn=arn, Policy=READ.replace("arn:aws:iam::123456789012:root", "1" * 12))
    stored = json.loads(client.get_resource_policy(ResourceArn=arn)["Policy"])
    assert stored["Statement"][0]["Principal"] == {"AWS": f"arn:{partition}:iam::{'1' * 12}:root"}


# --- Tables that come and go ----------------------------------------------------------------------


def test_a_new_table_of_the_same_name_has_no_policy(client, orders):
    put(client)
    client.delete_table(TableName="Orders")
    client.create_table(**table_of("Orders", "id"))
    with refused(NONE, "PolicyNotFoundException"):
        client.get_resource_policy(ResourceArn=ARN)


def test_the_policy_of_a_stream_goes_when_the_stream_does(client, clock):
    specification = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    table = client.create_table(**table_of("Orders", "id", StreamSpecification=specification))["TableDescription"]
    stream = table["LatestStreamArn"]
    read = policy("dynamodb:GetRecords").replace(ARN, stream)
    client.put_resource_policy(ResourceArn=stream, Policy=read)
    client.delete_table(TableName="Orders")
    assert "dynamodb:GetRecords" in client.get_resource_policy(ResourceArn=stream)["Policy"]
    clock.advance(days=2)
    with refused(f"Requested resource not found: Stream: {stream} not found", "ResourceNotFoundException"):
        client.get_resource_policy(ResourceArn=stream)


def test_a_savepoint_brings_a_policy_back(client, orders, road):
    revision = put(client)
    savepoint = road.emulator.savepoint()
    put(client, WRITE)
    client.delete_table(TableName="Orders")
    client.list_tables()
    savepoint.restore()
    savepoint.release()
    assert int(client.get_resource_policy(ResourceArn=ARN)["RevisionId"]) == revision


# --- While a change goes on -----------------------------------------------------------------------


@pytest.fixture
def slow() -> Emulator:
    """An emulator whose changes take ten seconds of a clock that stands still, with a table `Orders`."""
    emulator = Emulator(status_delay=10)
    emulator.clock.freeze(NOON)
    emulator.client().create_table(**table_of("Orders", "id"))
    emulator.clock.advance(seconds=10)
    return emulator


def test_another_change_waits_for_the_one_before(slow):
    client = slow.client()
    put(client)
    pending = f"{IN_USE}{ARN} has a pending previous resource-based policy update"
    with refused(pending, "ResourceInUseException"):
        put(client, WRITE)
    with refused(pending, "ResourceInUseException"):
        client.delete_resource_policy(ResourceArn=ARN)
    slow.clock.advance(seconds=10)
    assert put(client, WRITE) > int(NOON.timestamp()) * 1000


def test_the_same_policy_is_put_again_at_any_time(slow):
    client = slow.client()
    assert put(client) == put(client)


def test_a_table_is_not_deleted_while_its_policy_changes(slow):
    client = slow.client()
    put(client)
    with refused(f"{IN_USE}Table Orders has a pending resource-based policy update", "ResourceInUseException"):
        client.delete_table(TableName="Orders")
    slow.clock.advance(seconds=10)
    assert client.delete_table(TableName="Orders")["TableDescription"]["TableStatus"] == "DELETING"


def test_a_table_that_is_being_deleted_takes_its_policy_again_but_no_other(slow):
    client = slow.client()
    first = put(client)
    slow.clock.advance(seconds=10)
    client.delete_table(TableName="Orders")
    assert put(client) == first
    with refused(f"{IN_USE}Table is being deleted: Orders", "ResourceInUseException"):
        put(client, WRITE)


def test_the_policy_of_a_new_table_is_there_at_once(slow):
    client = slow.client()
    client.create_table(**table_of("Customers", "id", ResourcePolicy=READ))
    slow.clock.advance(seconds=10)
    assert client.delete_table(TableName="Customers")["TableDescription"]["TableStatus"] == "DELETING"
