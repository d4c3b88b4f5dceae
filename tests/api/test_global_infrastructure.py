"""Terraform's global tables, from create to destroy.

Source: control_plane.md 15; the samples by their titles in reference_guide.md.
"""

from __future__ import annotations

import pytest

from .terraform import TableResource, strings

GLOBAL_USERS = TableResource(
    name="GlobalUsers",
    billing_mode="PAY_PER_REQUEST",
    hash_key="UserID",
    attributes=strings("UserID"),
    stream_view_type="NEW_AND_OLD_IMAGES",
    replicas=frozenset({"eu-west-1", "ap-southeast-1"}),
)
SAMPLES = {
    "Global Tables, Terraform Example": GLOBAL_USERS,
    "Multi-Region Global Table": GLOBAL_USERS.but(
        name="GlobalUsersTable", tags={"Environment": "production", "GlobalTable": "true"}
    ),
}
of_sample = pytest.mark.parametrize("table", SAMPLES.values(), ids=SAMPLES)


@of_sample
def test_a_sample_that_was_applied_leaves_nothing_to_plan(tools, table):
    assert tools.terraform.create(table) == table


@of_sample
def test_a_sample_that_was_destroyed_is_gone_in_all_regions(tools, table):
    tools.terraform.create(table)
    tools.terraform.destroy(table)
    tools.settle()
    assert tools.emulator.tables() == {}


@of_sample
def test_an_item_of_a_sample_is_read_in_another_region(tools, table):
    tools.terraform.create(table)
    tools.client.put_item(TableName=table.name, Item={"UserID": {"S": "a"}})
    tools.settle()
    there = tools.emulator.client("eu-west-1")
    assert there.get_item(TableName=table.name, Key={"UserID": {"S": "a"}})["Item"]["UserID"] == {"S": "a"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (frozenset(), frozenset({"eu-west-1"})),
        (frozenset({"eu-west-1"}), frozenset()),
        (frozenset({"eu-west-1"}), frozenset({"ap-southeast-1"})),
    ],
    ids=["a replica is added", "a replica is removed", "a replica is replaced"],
)
def test_an_edit_of_replicas_leaves_nothing_to_plan(tools, before, after):
    old, new = GLOBAL_USERS.but(replicas=before), GLOBAL_USERS.but(replicas=after)
    tools.terraform.create(old)
    assert tools.terraform.update(old, new) == new


def test_recovery_is_enabled_in_the_region_of_a_replica_too(tools):
    table = GLOBAL_USERS.but(point_in_time_recovery=True, replicas=frozenset({"eu-west-1"}))
    tools.terraform.create(table)
    there = tools.emulator.client("eu-west-1")
    backups = there.describe_continuous_backups(TableName="GlobalUsers")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_replica_has_the_tags_that_it_was_given(tools):
    table = GLOBAL_USERS.but(tags={"team": "blue"}, replicas=frozenset({"eu-west-1"}))
    tools.terraform.create(table)
    there = tools.emulator.client("eu-west-1")
    arn = there.describe_table(TableName="GlobalUsers")["Table"]["TableArn"]
    assert there.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
