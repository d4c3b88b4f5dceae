"""Statuses of tables and indexes over time, and going back in time. Source: tables.md 5.3, 5.4, 5.7, 6, 8 and 11."""

from __future__ import annotations

import pytest

from emulator import Emulator

from .calls import (
    IN_USE,
    LIMIT,
    NOT_FOUND,
    ONE_UNIT,
    Fault,
    call,
    create,
    definitions,
    describe,
    fault_of,
    index,
    index_update,
    invalid,
    only_index,
    table,
    units,
    update,
)

NOW = 1731940604.149  # what the `clock` fixture shows
DELAY = 10  # seconds; of the `slow_emulator`
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
RESOURCE_IN_USE = "Attempt to change a resource which is still in use: "


def status(emulator):
    return describe(emulator)["TableStatus"]


def index_state(emulator):
    """Status of the table; status of its index and whether it is backfilling."""
    description = describe(emulator)
    one = only_index(description)
    return description["TableStatus"], one["IndexStatus"], one.get("Backfilling")


def add_index(emulator, kind="S", **request):
    return update(
        emulator,
        AttributeDefinitions=definitions(f"b:{kind}"),
        GlobalSecondaryIndexUpdates=index_update("Create", "new", "b"),
        **request,
    )


def delete_index(emulator):
    return update(emulator, GlobalSecondaryIndexUpdates=index_update("Delete", "new"))


def put(emulator, **item):
    return fault_of(emulator, "PutItem", TableName="table", Item=item)


@pytest.fixture
def active(slow_emulator, clock):
    """A slow emulator with an ACTIVE table."""
    create(slow_emulator)
    clock.shift(DELAY)
    return slow_emulator


@pytest.fixture
def backfilling(active, clock):
    """The same with an index that is being filled."""
    add_index(active)
    clock.shift(DELAY)
    return active


# --- Tables ---------------------------------------------------------------------------------------


def test_a_table_is_creating_until_the_delay_is_over(slow_emulator, clock):
    create(slow_emulator, "a", "b", GlobalSecondaryIndexes=[index("global", "b")])
    clock.shift(DELAY - 0.001)
    assert index_state(slow_emulator) == ("CREATING", "CREATING", None)
    clock.shift(0.001)
    assert index_state(slow_emulator) == ("ACTIVE", "ACTIVE", None)


def test_a_table_that_is_creating_takes_no_data(slow_emulator, clock):
    create(slow_emulator)
    assert put(slow_emulator, a={"S": "x"}) == Fault(NOT_FOUND, "Requested resource not found")


def test_a_table_that_is_updating_takes_data(active):
    update(active, StreamSpecification=STREAM)
    assert status(active) == "UPDATING"
    assert put(active, a={"S": "x"}) is None


def test_a_table_that_is_deleting_is_described_and_listed_but_takes_no_data(active, clock):
    call(active, "DeleteTable", TableName="table")
    assert status(active) == "DELETING"
    assert call(active, "ListTables")["TableNames"] == ["table"]
    assert put(active, a={"S": "x"}) == Fault(NOT_FOUND, "Requested resource not found")


def test_a_deleted_table_is_gone_after_the_delay(active, clock):
    call(active, "DeleteTable", TableName="table")
    clock.shift(DELAY)
    assert call(active, "ListTables")["TableNames"] == []
    missing = Fault(NOT_FOUND, "Requested resource not found: Table: table not found")
    assert fault_of(active, "DescribeTable", TableName="table") == missing


def test_the_answer_of_a_deletion_has_no_keys_and_no_date(emulator):
    made = create(emulator, "a", "b", GlobalSecondaryIndexes=[index("global", "b")])
    put(emulator, a={"S": "x"})
    summary = describe(emulator)["BillingModeSummary"]
    assert call(emulator, "DeleteTable", TableName="table")["TableDescription"] == {
        "TableName": "table",
        "TableId": made["TableId"],
        "TableArn": made["TableArn"],
        "TableStatus": "DELETING",
        "TableSizeBytes": 2,
        "ItemCount": 1,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "DeletionProtectionEnabled": False,
        "BillingModeSummary": summary,
    }


def test_a_name_is_free_at_once_when_there_is_no_delay(emulator):
    create(emulator)
    call(emulator, "DeleteTable", TableName="table")
    assert fault_of(emulator, "CreateTable", **table()) is None


CHANGES = [
    (lambda emulator: None, "created"),
    (lambda emulator: update(emulator, StreamSpecification=STREAM), "updated"),
    (lambda emulator: call(emulator, "DeleteTable", TableName="table"), "deleted"),
]


@pytest.mark.parametrize(("change", "verb"), CHANGES, ids=["CREATING", "UPDATING", "DELETING"])
@pytest.mark.parametrize(
    ("operation", "request_"), [("UpdateTable", {"DeletionProtectionEnabled": True}), ("DeleteTable", {})]
)
def test_a_table_changes_one_thing_at_a_time(slow_emulator, clock, change, verb, operation, request_):
    create(slow_emulator)
    if verb != "created":
        clock.shift(DELAY)
    change(slow_emulator)
    fault = fault_of(slow_emulator, operation, TableName="table", **request_)
    assert fault == Fault(IN_USE, f"{RESOURCE_IN_USE}Table is being {verb}: table")


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (
            {"GlobalSecondaryIndexUpdates": [*index_update("Delete", "one"), *index_update("Delete", "two")]},
            Fault(
                LIMIT,
                "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
            ),
        ),
        (
            {"ProvisionedThroughput": ONE_UNIT},
            invalid(
                "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits "
                "can be specified when BillingMode is PAY_PER_REQUEST"
            ),
        ),
        (
            {"OnDemandThroughput": {"MaxReadRequestUnits": 0}},
            Fault(IN_USE, f"{RESOURCE_IN_USE}Table is being created: table"),
        ),
    ],
)
def test_some_checks_come_before_the_status_of_the_table_others_after_it(slow_emulator, clock, request_, fault):
    create(slow_emulator)
    assert fault_of(slow_emulator, "UpdateTable", TableName="table", **request_) == fault


def test_tables_are_listed_in_byte_order_page_by_page(emulator):
    for name in ("bbb", "Zzz", "aaa", "a.b"):
        call(emulator, "CreateTable", **{**table(), "TableName": name})
    first = call(emulator, "ListTables", Limit=2)
    assert first == {"TableNames": ["Zzz", "a.b"], "LastEvaluatedTableName": "a.b"}
    rest = call(emulator, "ListTables", Limit=2, ExclusiveStartTableName="a.b")
    assert rest == {"TableNames": ["aaa", "bbb"]}


def test_a_start_name_need_not_exist(emulator):
    create(emulator)
    assert call(emulator, "ListTables", ExclusiveStartTableName="sss") == {"TableNames": ["table"]}


# --- Units ----------------------------------------------------------------------------------------


def test_new_units_hold_and_are_dated_when_the_change_is_done(slow_emulator, clock):
    create(slow_emulator, ProvisionedThroughput=units(5, 5))
    clock.shift(DELAY)
    update(slow_emulator, ProvisionedThroughput=units(4, 5))
    began = describe(slow_emulator)["ProvisionedThroughput"]
    assert began == {"NumberOfDecreasesToday": 0, "LastDecreaseDateTime": NOW + DELAY, **units(5, 5)}
    clock.shift(DELAY)
    done = describe(slow_emulator)["ProvisionedThroughput"]
    assert done == {"NumberOfDecreasesToday": 1, "LastDecreaseDateTime": NOW + 2 * DELAY, **units(4, 5)}


def test_a_change_is_dated_by_when_it_was_due_however_late_it_is_looked_at(slow_emulator, clock):
    create(slow_emulator, ProvisionedThroughput=units(5, 5))
    clock.shift(DELAY)
    update(slow_emulator, ProvisionedThroughput=units(6, 5))
    clock.shift(1000)
    assert describe(slow_emulator)["ProvisionedThroughput"]["LastIncreaseDateTime"] == NOW + 2 * DELAY


# --- Added indexes --------------------------------------------------------------------------------


def test_an_added_index_is_allocated_then_filled_then_active(active, clock):
    answer = add_index(active)
    assert (answer["TableStatus"], only_index(answer)["IndexStatus"]) == ("UPDATING", "CREATING")
    assert only_index(answer)["Backfilling"] is False
    states = []
    for _ in range(3):
        states.append(index_state(active))
        clock.shift(DELAY)
    assert states == [("UPDATING", "CREATING", False), ("ACTIVE", "CREATING", True), ("ACTIVE", "ACTIVE", None)]


def test_a_clock_moved_over_both_phases_finds_the_index_active(active, clock):
    add_index(active)
    clock.shift(2 * DELAY)
    assert index_state(active) == ("ACTIVE", "ACTIVE", None)


@pytest.mark.parametrize("waited", [0, DELAY])
@pytest.mark.parametrize("operation", ["Query", "Scan"])
def test_an_index_is_not_read_before_it_is_active(active, clock, waited, operation):
    add_index(active)
    clock.shift(waited)
    condition = {"KeyConditionExpression": "b = :b", "ExpressionAttributeValues": {":b": {"S": "x"}}}
    request = {"TableName": "table", "IndexName": "new", **(condition if operation == "Query" else {})}
    fault = fault_of(active, operation, **request)
    assert fault == invalid("Cannot read from backfilling global secondary index: new")


def test_writes_while_an_index_is_made_are_in_it_when_it_is_active(active, clock):
    for name in ("before", "gone"):
        put(active, a={"S": name}, b={"S": "x"})
    add_index(active)
    put(active, a={"S": "allocating"}, b={"S": "x"})
    clock.shift(DELAY)
    put(active, a={"S": "filling"}, b={"S": "x"})
    call(active, "DeleteItem", TableName="table", Key={"a": {"S": "gone"}})
    clock.shift(DELAY)
    items = call(active, "Scan", TableName="table", IndexName="new")["Items"]
    assert sorted(item["a"]["S"] for item in items) == ["allocating", "before", "filling"]


def test_a_write_of_the_wrong_type_is_refused_as_soon_as_the_index_exists(active):
    item = {"a": {"S": "x"}, "b": {"N": "1"}}
    assert put(active, **item) is None
    add_index(active)
    assert put(active, **item).message.startswith(
        "One or more parameter values were invalid: Type mismatch for Index Key b Expected: S Actual: N"
    )


def test_while_one_index_is_filled_another_cannot_be_added(backfilling):
    request = {
        "AttributeDefinitions": definitions("c"),
        "GlobalSecondaryIndexUpdates": index_update("Create", "other", "c"),
    }
    assert fault_of(backfilling, "UpdateTable", TableName="table", **request).code == LIMIT


def test_an_index_that_is_filled_can_be_deleted_and_stays_deleted(backfilling, clock):
    delete_index(backfilling)
    assert index_state(backfilling) == ("UPDATING", "DELETING", None)
    clock.shift(DELAY)
    description = describe(backfilling)
    assert description["TableStatus"] == "ACTIVE"
    assert "GlobalSecondaryIndexes" not in description


def test_an_index_made_again_is_not_finished_by_its_deleted_namesake(clock):
    emulator = Emulator(status_delay=DELAY)
    create(emulator)
    clock.shift(DELAY)
    add_index(emulator)
    clock.shift(DELAY)  # filling until 2 * DELAY
    delete_index(emulator)
    clock.shift(DELAY)
    add_index(emulator, kind="N")
    clock.shift(DELAY - 1)
    assert index_state(emulator) == ("UPDATING", "CREATING", False)
    assert describe(emulator)["AttributeDefinitions"] == definitions("a", "b:N")


def test_units_of_an_index_that_is_made_do_not_change(slow_emulator, clock):
    create(slow_emulator, ProvisionedThroughput=ONE_UNIT)
    clock.shift(DELAY)
    created = index_update("Create", "new", "b", ProvisionedThroughput=ONE_UNIT)
    update(slow_emulator, AttributeDefinitions=definitions("b"), GlobalSecondaryIndexUpdates=created)
    clock.shift(DELAY)
    updates = index_update("Update", "new", ProvisionedThroughput=units(2, 2))
    assert fault_of(slow_emulator, "UpdateTable", TableName="table", GlobalSecondaryIndexUpdates=updates) == Fault(
        IN_USE, f"{RESOURCE_IN_USE}Index is being created.  Table: table Index: new"
    )


def test_the_mode_does_not_change_while_an_index_is_filled(backfilling):
    request = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ONE_UNIT}
    fault = fault_of(backfilling, "UpdateTable", TableName="table", **request)
    assert fault == Fault(IN_USE, f"{RESOURCE_IN_USE}Index is being created.  Table: table Index: new")


@pytest.mark.parametrize("waited", [0, DELAY])
def test_a_table_is_not_deleted_while_an_index_is_made(active, clock, waited):
    add_index(active)
    clock.shift(waited)
    assert fault_of(active, "DeleteTable", TableName="table") == Fault(
        IN_USE, f"{RESOURCE_IN_USE}Cannot delete table while indexes are being created, updated, or deleted."
    )


def test_an_index_is_readable_while_its_units_change(slow_emulator, clock):
    indexes = [index("global", "b", ProvisionedThroughput=ONE_UNIT)]
    create(slow_emulator, "a", "b", ProvisionedThroughput=ONE_UNIT, GlobalSecondaryIndexes=indexes)
    clock.shift(DELAY)
    updates = index_update("Update", "global", ProvisionedThroughput=units(2, 2))
    update(slow_emulator, GlobalSecondaryIndexUpdates=updates)
    assert only_index(describe(slow_emulator))["IndexStatus"] == "UPDATING"
    assert call(slow_emulator, "Scan", TableName="table", IndexName="global")["Items"] == []


# --- Clocks that go back --------------------------------------------------------------------------


def test_without_a_delay_changes_are_done_wherever_the_clock_goes(emulator, clock):
    create(emulator)
    clock.move_to(0)
    assert status(emulator) == "ACTIVE"


# --- Going back to a savepoint --------------------------------------------------------------------


def test_restoring_brings_back_every_description(active, clock):
    put(active, a={"S": "1"}, b={"S": "x"})
    before = describe(active)
    savepoint = active.savepoint()
    add_index(active, StreamSpecification=STREAM)
    clock.shift(2 * DELAY)
    update(
        active,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=ONE_UNIT,
        GlobalSecondaryIndexUpdates=(index_update("Update", "new", ProvisionedThroughput=ONE_UNIT)),
    )
    clock.shift(DELAY)
    delete_index(active)
    clock.shift(DELAY)
    update(active, DeletionProtectionEnabled=True)
    update(active, SSESpecification={"Enabled": True})
    savepoint.restore()
    assert describe(active) == before


def test_restoring_takes_back_what_was_still_to_come(active, clock):
    savepoint = active.savepoint()
    call(active, "DeleteTable", TableName="table")
    savepoint.restore()
    clock.shift(DELAY)
    assert status(active) == "ACTIVE"


def test_restoring_into_a_change_that_went_on_lets_it_be_done_again(slow_emulator, clock):
    create(slow_emulator)
    savepoint = slow_emulator.savepoint()
    for _ in range(2):
        clock.shift(DELAY)
        assert status(slow_emulator) == "ACTIVE"
        savepoint.restore()
        assert status(slow_emulator) == "ACTIVE"  # it is due by the clock, which was not moved back


def test_a_change_that_went_on_at_the_savepoint_goes_on_after_restoring(slow_emulator, clock):
    create(slow_emulator)
    savepoint = slow_emulator.savepoint()
    clock.shift(DELAY)
    assert status(slow_emulator) == "ACTIVE"
    clock.shift(-DELAY)
    savepoint.restore()
    assert status(slow_emulator) == "CREATING"


def test_restoring_brings_back_a_table_that_was_replaced(emulator):
    first = create(emulator)["TableId"]
    put(emulator, a={"S": "x"})
    savepoint = emulator.savepoint()
    call(emulator, "DeleteTable", TableName="table")
    create(emulator)
    savepoint.restore()
    assert (describe(emulator)["TableId"], describe(emulator)["ItemCount"]) == (first, 1)


def test_restoring_forgets_a_table_that_was_made(emulator):
    savepoint = emulator.savepoint()
    create(emulator)
    assert status(emulator) == "ACTIVE"
    savepoint.restore()
    assert call(emulator, "ListTables")["TableNames"] == []


def test_a_reset_forgets_tables_in_the_middle_of_a_change(active, clock):
    add_index(active)
    active.reset()
    create(active, "a:N")
    clock.shift(2 * DELAY)
    description = describe(active)
    assert description["AttributeDefinitions"] == definitions("a:N")
    assert "GlobalSecondaryIndexes" not in description
