"""Tables of CloudFormation stacks, and so of the CDK, from create to delete. Source: control_plane.md 17."""

from __future__ import annotations

from itertools import pairwise

import pytest

from .builders import definitions, index, key_schema

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/orders"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "dynamodb:GetItem",
            "Resource": "*",
        }
    ],
}
UNITS = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 1}
SMALL = {
    "TableName": "Orders",
    "KeySchema": key_schema(["id"]),
    "AttributeDefinitions": definitions("id"),
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": UNITS,
}
ENABLED = {"Enabled": True}
FULL = {
    **SMALL,
    "KeySchema": key_schema(["id", "day"]),
    "AttributeDefinitions": definitions("id", "day", "customer"),
    "GlobalSecondaryIndexes": [
        {
            **index("by-customer", "customer").request(),
            "ProvisionedThroughput": UNITS,
            "ContributorInsightsSpecification": ENABLED,
        }
    ],
    "LocalSecondaryIndexes": [index("by-day", "id", "customer", projection=["n"]).request()],
    "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
    "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY},
    "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    "ContributorInsightsSpecification": ENABLED,
    "KinesisStreamSpecification": {"StreamArn": STREAM},
    "ResourcePolicy": {"PolicyDocument": POLICY},
    "DeletionProtectionEnabled": True,
    "TableClass": "STANDARD_INFREQUENT_ACCESS",
    "Tags": [{"Key": "team", "Value": "blue"}],
}
ON_DEMAND_STACK = {
    **{key: SMALL[key] for key in SMALL if key != "ProvisionedThroughput"},
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.mark.parametrize("properties", [SMALL, FULL, ON_DEMAND_STACK], ids=["small", "full", "on-demand"])
def test_a_stack_reads_back_as_it_was_created(tools, properties):
    tools.cloudformation.create(properties)
    assert tools.cloudformation.read("Orders") == properties


STACK_UPDATES = {
    "capacity": {"ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}},
    "protection": {"DeletionProtectionEnabled": True},
    "class": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
    "an index": {
        "AttributeDefinitions": definitions("id", "customer"),
        "GlobalSecondaryIndexes": [{**index("by-customer", "customer").request(), "ProvisionedThroughput": UNITS}],
    },
    "time to live": {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}},
    "recovery": {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}},
    "insights": {"ContributorInsightsSpecification": ENABLED},
    "a destination": {"KinesisStreamSpecification": {"StreamArn": STREAM}},
    "a policy": {"ResourcePolicy": {"PolicyDocument": POLICY}},
    "tags": {"Tags": [{"Key": "team", "Value": "blue"}]},
}


@pytest.mark.parametrize("change", STACK_UPDATES.values(), ids=STACK_UPDATES)
def test_a_stack_reads_back_as_it_was_updated(tools, change):
    tools.cloudformation.create(SMALL)
    tools.cloudformation.update(SMALL, {**SMALL, **change})
    assert tools.cloudformation.read("Orders") == {**SMALL, **change}


def test_a_destination_of_a_stack_is_updated_replaced_and_removed(tools):
    one = {"StreamArn": STREAM, "ApproximateCreationDateTimePrecision": "MICROSECOND"}
    other = {"StreamArn": STREAM.replace("orders", "others")}
    steps = [{}, {"StreamArn": STREAM}, one, other]
    stacks = [SMALL, *({**SMALL, "KinesisStreamSpecification": step} for step in steps[1:]), SMALL]
    tools.cloudformation.create(SMALL)
    for old, new in pairwise(stacks):
        tools.cloudformation.update(old, new)
        assert tools.cloudformation.read("Orders") == new


def test_a_policy_of_a_stack_is_removed(tools):
    stack = {**SMALL, "ResourcePolicy": {"PolicyDocument": POLICY}}
    tools.cloudformation.create(stack)
    tools.settle()
    tools.cloudformation.update(stack, SMALL)
    assert tools.cloudformation.read("Orders") == SMALL


def test_a_stack_is_deleted_and_created_again(tools):
    stack = {key: value for key, value in FULL.items() if key != "DeletionProtectionEnabled"}
    tools.cloudformation.create(stack)
    tools.settle()
    tools.cloudformation.delete("Orders")
    tools.cloudformation.create(stack)
    assert tools.cloudformation.read("Orders") == stack
