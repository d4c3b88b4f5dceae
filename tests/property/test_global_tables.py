"""Three regions settle on the same table, the last writer winning, whatever the lags. Source: global_tables.md 7."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.consumers import names

from .global_tables import REGIONS, START, GlobalTable, Step, perform, schedules
from .stream_invariants import check_streams_and_expiries
from .wire import Json

_SCHEDULES = schedules(40)
_EXAMPLES = settings(max_examples=100, deadline=None)


def state_of(table: GlobalTable) -> list[Json]:
    """All that can be seen of the table in each region."""
    indexed = [table.items(region, IndexName="by-region") for region in REGIONS]
    return [*(table.items(region) for region in REGIONS), *indexed, *(table.records(region) for region in REGIONS)]


def replayed(records: list[Json]) -> dict[str, Json]:
    """The items that somebody has who follows a stream."""
    items: dict[str, Json] = {}
    for record in records:
        key, image = record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"].get("NewImage")
        assert items.get(key) == record["dynamodb"].get("OldImage")
        if image is None:
            del items[key]
        else:
            items[key] = image
    return items


@_EXAMPLES
@given(_SCHEDULES)
def test_all_regions_settle_on_the_last_version_of_each_item(schedule: list[Step]) -> None:
    table = GlobalTable()
    perform(table, schedule)
    table.settle()
    assert [table.items(region) for region in REGIONS] == [table.expected()] * 3


@_EXAMPLES
@given(_SCHEDULES)
def test_indexes_and_streams_of_each_region_agree_with_its_items(schedule: list[Step]) -> None:
    table = GlobalTable()
    perform(table, schedule)
    check_streams_and_expiries(table.emulator)
    for region in REGIONS:
        items = table.items(region)
        assert table.items(region, IndexName="by-region") == {key: each for key, each in items.items() if "by" in each}
        assert replayed(table.records(region)) == items


@_EXAMPLES
@given(_SCHEDULES)
def test_without_lag_all_regions_are_the_same_after_each_request(schedule: list[Step]) -> None:
    table = GlobalTable()
    for step in schedule:
        step._replace(lags=(0.0, 0.0, 0.0)).perform(table)
        assert [table.items(region) for region in REGIONS] == [table.expected()] * 3
    assert len({tuple(names(table.records(region))) for region in REGIONS}) == 1


@_EXAMPLES
@given(_SCHEDULES)
def test_an_item_that_expires_is_deleted_by_the_service_in_one_region(schedule: list[Step]) -> None:
    table = GlobalTable()
    for step in schedule:
        step._replace(lags=(0.0, 0.0, 0.0)).perform(table)
    by_service = [["userIdentity" in record for record in table.records(region)] for region in REGIONS]
    assert all(sum(marks) <= 1 for marks in zip(*by_service, strict=True))


@_EXAMPLES
@given(_SCHEDULES, _SCHEDULES)
def test_restoring_a_savepoint_brings_back_what_is_there_and_what_is_on_its_way(
    before: list[Step], undone: list[Step]
) -> None:
    table = GlobalTable()
    perform(table, before)
    last, expired = dict(table.last), dict(table._expired)
    state, now = state_of(table), table.emulator.clock.now()
    savepoint = table.emulator.savepoint()
    perform(table, undone)
    table.emulator.clock.freeze(now)
    savepoint.restore()
    savepoint.release()
    assert state_of(table) == state
    table.last, table._expired = last, expired
    table.settle()
    assert [table.items(region) for region in REGIONS] == [table.expected()] * 3


@_EXAMPLES
@given(_SCHEDULES, _SCHEDULES, st.booleans())
def test_what_follows_a_restore_is_as_if_nothing_had_been_undone(
    undone: list[Step], after: list[Step], restore_twice: bool
) -> None:
    table, twin = GlobalTable(), GlobalTable()
    savepoint = table.emulator.savepoint()
    for _ in range(1 + restore_twice):
        perform(table, undone)
        table.emulator.clock.freeze(START)
        savepoint.restore()
    savepoint.release()
    table.last, table._expired, table._numbers = {}, dict.fromkeys(REGIONS, 0), 0
    for each in (table, twin):
        perform(each, after)
        each.settle()
    assert [table.items(region) for region in REGIONS] == [twin.items(region) for region in REGIONS]
    assert table.items(REGIONS[0]) == table.expected()


@_EXAMPLES
@given(_SCHEDULES, st.sampled_from(REGIONS[1:]))
def test_a_region_that_leaves_leaves_behind_what_it_wrote(schedule: list[Step], leaving: str) -> None:
    table = GlobalTable()
    perform(table, schedule)
    table.remove(leaving)
    table.settle()
    assert [table.items(region) for region in table.regions] == [table.expected()] * 2


@_EXAMPLES
@given(_SCHEDULES, st.sampled_from([None, *REGIONS[1:]]))
def test_what_expires_is_gone_from_all_regions_in_the_end(schedule: list[Step], leaving: str | None) -> None:
    table = GlobalTable()
    perform(table, schedule)
    if leaving is not None:
        table.remove(leaving)
    table.pass_time(60)
    assert all("until" not in item for region in table.regions for item in table.items(region).values())
