"""Contributor Insights through boto3, where time or several tables matter; the rest is in conformance/cases.

Source: control_plane.md 4.2 and 4.3.
"""

from __future__ import annotations

from typing import Any

import pytest

from emulator import Emulator

from .builders import index, refused, table_of
from .conftest import NOON

NOON_MILLISECONDS = int(NOON.timestamp()) * 1000


def create(client: Any, *names: str) -> None:
    for name in names:
        client.create_table(**table_of(name, "id", gsis=[index("by-day", "day")]))


def enable(client: Any, table: str, **more: str) -> str:
    answer = client.update_contributor_insights(TableName=table, ContributorInsightsAction="ENABLE", **more)
    status: str = answer["ContributorInsightsStatus"]
    return status


def disable(client: Any, table: str) -> str:
    answer = client.update_contributor_insights(TableName=table, ContributorInsightsAction="DISABLE")
    status: str = answer["ContributorInsightsStatus"]
    return status


def status(client: Any, table: str, **more: str) -> str:
    status: str = client.describe_contributor_insights(TableName=table, **more)["ContributorInsightsStatus"]
    return status


def listed(client: Any, **more: Any) -> list[tuple[str, str | None]]:
    """Table and index of each summary, of all pages."""
    found: list[tuple[str, str | None]] = []
    while True:
        page = client.list_contributor_insights(**more)
        found += [(each["TableName"], each.get("IndexName")) for each in page["ContributorInsightsSummaries"]]
        if "NextToken" not in page:
            return found
        more["NextToken"] = page["NextToken"]


# --- Listings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_of_a_listing_have_each_summary_once_by_table_and_index(client, limit):
    create(client, "one", "two-b", "two")
    for table in ("two", "two-b"):
        enable(client, table)
        enable(client, table, IndexName="by-day")
    expected = [("two", None), ("two", "by-day"), ("two-b", None), ("two-b", "by-day")]
    assert listed(client, MaxResults=limit) == expected


def test_a_listing_goes_on_behind_a_table_that_is_gone(client):
    create(client, "one", "two", "three")
    for table in ("one", "two", "three"):
        enable(client, table)
    token = client.list_contributor_insights(MaxResults=1)["NextToken"]
    client.delete_table(TableName="one")
    assert listed(client, NextToken=token) == [("three", None), ("two", None)]


def test_regions_are_listed_apart(road):
    client = road.client
    create(client, "one")
    enable(client, "one")
    assert listed(road.emulator.client("eu-west-1")) == []


# --- The life of a setting ------------------------------------------------------------------------


def test_rules_are_named_after_the_time_of_enabling(client, clock):
    create(client, "one")
    enable(client, "one")
    clock.advance(hours=1)
    description = client.describe_contributor_insights(TableName="one")
    assert description["ContributorInsightsRuleList"] == [
        f"DynamoDBContributorInsights-PKC-one-{NOON_MILLISECONDS}",
        f"DynamoDBContributorInsights-PKT-one-{NOON_MILLISECONDS}",
    ]
    assert description["LastUpdateDateTime"] == NOON


def test_enabling_again_leaves_the_date_of_the_last_update(client, clock):
    create(client, "one")
    enable(client, "one")
    clock.advance(hours=1)
    assert enable(client, "one") == "ENABLED"
    assert client.describe_contributor_insights(TableName="one")["LastUpdateDateTime"] == NOON


@pytest.fixture
def slow() -> Emulator:
    """An emulator whose changes take ten seconds of a clock that stands still, with a table `one`."""
    emulator = Emulator(status_delay=10)
    emulator.clock.freeze(NOON)
    create(emulator.client(), "one")
    emulator.clock.advance(seconds=10)
    return emulator


def test_enabling_and_disabling_take_their_time(slow):
    client = slow.client()
    enable(client, "one")
    seen = [status(client, "one")]
    slow.clock.advance(seconds=10)
    seen.append(status(client, "one"))
    disable(client, "one")
    seen.append(status(client, "one"))
    slow.clock.advance(seconds=10)
    assert [*seen, status(client, "one")] == ["ENABLING", "ENABLED", "DISABLING", "DISABLED"]


def test_the_last_of_several_changes_holds(slow):
    client = slow.client()
    enable(client, "one")
    disable(client, "one")
    slow.clock.advance(seconds=10)
    assert status(client, "one") == "DISABLED"


def test_a_table_has_to_be_active(slow):
    client = slow.client()
    create(client, "two")
    with refused("TableStatus must be ACTIVE. Table: two"):
        enable(client, "two")


def test_an_index_has_to_be_active(slow):
    client = slow.client()
    create_index = {"Create": {**index("by-hour", "hour").request()}}
    client.update_table(
        TableName="one",
        AttributeDefinitions=[{"AttributeName": "hour", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[create_index],
    )
    slow.clock.advance(seconds=10)
    with refused("IndexStatus must be ACTIVE. Index: by-hour of table: one"):
        enable(client, "one", IndexName="by-hour")


def test_a_savepoint_brings_a_setting_back(client, road):
    create(client, "one")
    savepoint = road.emulator.savepoint()
    enable(client, "one")
    assert status(client, "one") == "ENABLED"
    savepoint.restore()
    savepoint.release()
    assert status(client, "one") == "DISABLED"


def test_what_would_have_more_rules_than_the_region_may_have_fails(client):
    tables = [f"table-{number}" for number in range(51)]
    create(client, *tables)
    for table in tables:
        enable(client, table)
    failed = client.describe_contributor_insights(TableName="table-50")
    assert status(client, "table-49") == "ENABLED"
    assert failed["ContributorInsightsStatus"] == "FAILED"
    assert failed["FailureException"]["ExceptionName"] == "LimitExceededException"


def test_what_failed_is_enabled_once_there_is_room(client):
    tables = [f"table-{number}" for number in range(51)]
    create(client, *tables)
    for table in tables:
        enable(client, table)
    client.list_tables()
    disable(client, "table-0")
    client.list_tables()
    enable(client, "table-50")
    assert status(client, "table-50") == "ENABLED"
