"""Tags of tables through boto3: added, replaced, removed, listed, refused, and taken back with a savepoint."""

from __future__ import annotations

from typing import Any

import pytest

from .builders import refused, table_of

IPV = "One or more parameter values were invalid: "


@pytest.fixture
def arn(client: Any) -> str:
    """The ARN of a table with the tags `team` and `stage`."""
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": ""}]
    description = client.create_table(**table_of("orders", "pk", Tags=tags))["TableDescription"]
    arn: str = description["TableArn"]
    return arn


def tags_of(client: Any, arn: str) -> dict[str, str]:
    """All tags, as a paginator of the SDK collects them."""
    pages = client.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def test_the_tags_of_a_new_table_are_listed(client, arn):
    assert tags_of(client, arn) == {"team": "blue", "stage": ""}


def test_a_table_without_tags_has_an_empty_list(client):
    arn = client.create_table(**table_of("orders", "pk"))["TableDescription"]["TableArn"]
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == []


def test_tagging_adds_keys_and_replaces_values(client, arn):
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "test"}, {"Key": "cost", "Value": "7"}])
    assert tags_of(client, arn) == {"team": "blue", "stage": "test", "cost": "7"}


def test_of_a_key_that_is_given_twice_the_last_value_stays(client, arn):
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "red"}, {"Key": "team", "Value": "green"}])
    assert tags_of(client, arn) == {"team": "green", "stage": ""}


def test_untagging_removes_what_is_there(client, arn):
    client.untag_resource(ResourceArn=arn, TagKeys=["team", "missing", "Stage"])
    assert tags_of(client, arn) == {"stage": ""}


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [("tag_resource", {"Tags": [{"Key": "a", "Value": "b"}]}), ("untag_resource", {"TagKeys": ["team"]})],
)
def test_the_answer_to_a_change_is_empty(client, arn, operation, parameters):
    answer = getattr(client, operation)(ResourceArn=arn, **parameters)
    assert (list(answer), answer["ResponseMetadata"]["HTTPStatusCode"]) == (["ResponseMetadata"], 200)


def test_tags_end_with_their_table(client, arn):
    client.delete_table(TableName="orders")
    client.create_table(**table_of("orders", "pk"))
    assert tags_of(client, arn) == {}


def test_tags_stay_when_the_table_is_changed(client, arn):
    client.update_table(TableName="orders", DeletionProtectionEnabled=True)
    assert tags_of(client, arn) == {"team": "blue", "stage": ""}


def test_a_savepoint_takes_tags_back(road, arn):
    before = tags_of(road.client, arn)
    savepoint = road.emulator.savepoint()
    road.client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    road.client.untag_resource(ResourceArn=arn, TagKeys=["team"])
    savepoint.restore()
    savepoint.release()
    assert tags_of(road.client, arn) == before


def test_the_fifty_first_tag_is_refused_and_none_of_its_request_is_kept(client, arn):
    too_many = [{"Key": f"k{number}", "Value": "v"} for number in range(49)]
    with refused(f"{IPV}Too many tags: 51. The maximum number of tags per resource is 50"):
        client.tag_resource(ResourceArn=arn, Tags=too_many)
    assert len(tags_of(client, arn)) == 2


def test_fifty_tags_may_be_replaced(client, arn):
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{number}", "Value": "v"} for number in range(48)])
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": f"k{number}", "Value": "w"} for number in range(48)])
    assert sorted(tags_of(client, arn).values()) == ["", "blue", *["w"] * 48]


def test_a_missing_table_raises_the_exception_of_the_client(client):
    arn = "arn:aws:dynamodb:us-east-1:123456789012:table/missing"
    with pytest.raises(client.exceptions.ResourceNotFoundException, match=f"ResourcArn: {arn} not found"):
        client.list_tags_of_resource(ResourceArn=arn)


@pytest.mark.parametrize(
    ("other", "code", "message"),
    [
        ("orders", "ValidationException", "ARNs must start with 'arn:'"),
        ("arn:", "ValidationException", "Invalid TableArn: Invalid ResourceArn provided as input arn:"),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/or",
            "ValidationException",
            "Invalid TableArn: Invalid ResourceArn provided as input arn:aws:dynamodb:us-east-1:123456789012:table/or",
        ),
        (
            "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
            "ValidationException",
            "Invalid TableArn: Invalid ResourceArn provided as input "
            "arn:aws:dynamodb:eu-west-1:123456789012:table/orders",
        ),
        (
            "arn:aws:dynamodb:eu-west-1:210987654321:table/orders",
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:root is not authorized to perform: dynamodb:ListTagsOfResource "
            "on resource: arn:aws:dynamodb:eu-west-1:210987654321:table/orders",
        ),
        (
            "arn:aws:s3:::orders",
            "AccessDeniedException",
            "User: arn:aws:iam::123456789012:root is not authorized to perform: dynamodb:ListTagsOfResource "
            "on resource: arn:aws:s3:::orders",
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/orders/index/any",
            "ValidationException",
            f"{IPV}Invalid resource arn provided, only table or stream is accepted. "
            "Provided resource arn: arn:aws:dynamodb:us-east-1:123456789012:table/orders/index/any",
        ),
        (
            "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2024-11-18T14:36:44.149",
            "ValidationException",
            "ResourceArn of a stream is a parameter of DynamoDB that this emulator does not have yet; "
            "docs/compatibility.md lists what it has.",
        ),
    ],
)
@pytest.mark.usefixtures("arn")
def test_what_is_no_table_of_this_account_and_region_has_no_tags(client, other, code, message):
    with refused(message, code):
        client.list_tags_of_resource(ResourceArn=other)
