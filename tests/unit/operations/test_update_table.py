"""UpdateTable: the checks, their order, and what changes. Source: tables.md 5, indexes.md 9."""

from __future__ import annotations

import pytest

from .calls import (
    LIMIT,
    NOT_FOUND,
    ONE_UNIT,
    VALIDATION,
    Fault,
    call,
    create,
    definitions,
    describe,
    fault_of,
    index,
    index_update,
    invalid,
    invalid_value,
    keys,
    only_index,
    units,
    update,
)

NOW = 1731940604.149  # what the `clock` fixture shows
HOUR = 3600
DAY = 24 * HOUR

ONE_INDEX_CHANGE = Fault(
    LIMIT, "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"
)
NOTHING_TO_DO = invalid(
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates "
    "or SSESpecification or ReplicaUpdates is required"
)
ACTION_BLOCKED = invalid(
    "This operation cannot be performed with given input values. "
    "Please contact DynamoDB service team for more info: Action Blocked: IndexUpdate"
)
NEITHER_UNIT = invalid_value(
    "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
)


@pytest.fixture
def on_demand(emulator):
    """An on-demand table with an index of each kind."""
    create(
        emulator,
        *("a", "b", "c"),
        key=keys("a", "b:RANGE"),
        LocalSecondaryIndexes=[index("local", "a", "c:RANGE")],
        GlobalSecondaryIndexes=[index("global", "c")],
    )
    return emulator


@pytest.fixture
def provisioned(emulator):
    """A provisioned table with a global index."""
    create(
        emulator,
        *("a", "c"),
        ProvisionedThroughput=units(5, 6),
        GlobalSecondaryIndexes=[index("global", "c", ProvisionedThroughput=units(7, 8))],
    )
    return emulator


def refusal(emulator, **request):
    return fault_of(emulator, "UpdateTable", TableName="table", **request)


def create_index(*arguments, attributes=("c",), **parameters):
    """The parameters of an UpdateTable that makes an index; `attributes` are defined in it."""
    return {
        "AttributeDefinitions": definitions(*attributes),
        "GlobalSecondaryIndexUpdates": index_update("Create", *arguments, **parameters),
    }


def change_index(kind, name, **parameters):
    return {"GlobalSecondaryIndexUpdates": index_update(kind, name, **parameters)}


# --- Faults of the request ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        ({}, NOTHING_TO_DO),
        ({"AttributeDefinitions": definitions("a")}, NOTHING_TO_DO),
        ({"GlobalSecondaryIndexUpdates": []}, NOTHING_TO_DO),
        (
            {"BillingMode": "PROVISIONED"},
            invalid_value("ProvisionedThroughput must be specified when BillingMode is PROVISIONED"),
        ),
        (
            {"ProvisionedThroughput": units(10**12 + 1, 10**12 + 1)},
            invalid("Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
        ),
        (
            {"ProvisionedThroughput": units(1, 10**12 + 1)},
            invalid("Given value 1000000000001 for WriteCapacityUnits is out of bounds"),
        ),
        (
            {"GlobalSecondaryIndexUpdates": [{}]},
            invalid_value(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null"
            ),
        ),
        (
            {"GlobalSecondaryIndexUpdates": index_update("Delete", "xyz") * 2},
            invalid_value("Only one global secondary index update per index is allowed simultaneously. Index: xyz"),
        ),
        (
            {"TableClass": "STANDARD", "DeletionProtectionEnabled": True},
            invalid_value("TableClass modification must be the only operation in the request"),
        ),
    ],
)
def test_a_fault_of_the_request_itself_is_answered_before_the_table_is_looked_for(emulator, request_, fault):
    assert refusal(emulator, **request_) == fault


def test_two_actions_in_one_element_are_refused(on_demand):
    element = {"Delete": {"IndexName": "one"}, "Update": {"IndexName": "two", "ProvisionedThroughput": ONE_UNIT}}
    fault = refusal(on_demand, GlobalSecondaryIndexUpdates=[element])
    assert fault.code == VALIDATION
    assert "one" in fault.message.lower()


@pytest.mark.parametrize(
    "request_",
    [
        {"BillingMode": "PAY_PER_REQUEST", "ProvisionedThroughput": ONE_UNIT},
        change_index("Update", "global", ProvisionedThroughput=units(10**12 + 1, 1)),
        {"OnDemandThroughput": {}},
        {"StreamSpecification": {"StreamEnabled": True}},
    ],
)
def test_a_missing_table_is_answered_before_what_needs_the_table(emulator, request_):
    assert refusal(emulator, **request_) == Fault(NOT_FOUND, "Requested resource not found: Table: table not found")


def test_a_table_may_be_named_by_its_arn(on_demand):
    arn = describe(on_demand)["TableArn"]
    call(on_demand, "UpdateTable", TableName=arn, DeletionProtectionEnabled=True)
    assert describe(on_demand, arn)["DeletionProtectionEnabled"] is True


# --- Provisioned units ----------------------------------------------------------------------------


def same_units(resource, kind, read, write):
    return invalid(
        f"The provisioned throughput for the {resource} will not change. "
        "The requested value equals the current value. "
        f"Current ReadCapacityUnits provisioned for the {kind}: {read}. Requested ReadCapacityUnits: {read}. "
        f"Current WriteCapacityUnits provisioned for the {kind}: {write}. Requested WriteCapacityUnits: {write}. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits."
    )


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        ({"ProvisionedThroughput": units(5, 6)}, same_units("table", "table", 5, 6)),
        ({"ProvisionedThroughput": units(5, 6), "BillingMode": "PROVISIONED"}, same_units("table", "table", 5, 6)),
        (
            change_index("Update", "global", ProvisionedThroughput=units(7, 8)),
            same_units("index global", "index", 7, 8),
        ),
        ({"ProvisionedThroughput": ONE_UNIT, "BillingMode": "PAY_PER_REQUEST"}, NEITHER_UNIT),
        (change_index("Update", "xyz", ProvisionedThroughput=ONE_UNIT), ACTION_BLOCKED),
        (change_index("Update", "xyz", ProvisionedThroughput=units(10**12 + 1, 1)), ACTION_BLOCKED),
        (
            change_index("Update", "global", ProvisionedThroughput=units(1, 10**12 + 1)),
            invalid("Given value 1000000000001 for WriteCapacityUnits is out of bounds for index global"),
        ),
    ],
)
def test_units_that_cannot_be_are_refused(provisioned, request_, fault):
    assert refusal(provisioned, **request_) == fault


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        ({"ProvisionedThroughput": ONE_UNIT}, NEITHER_UNIT),
        (
            change_index("Update", "global", ProvisionedThroughput=ONE_UNIT),
            invalid_value(
                "ProvisionedThroughput should not be specified for index: global when BillingMode is PAY_PER_REQUEST"
            ),
        ),
        (change_index("Update", "local", ProvisionedThroughput=ONE_UNIT), ACTION_BLOCKED),
    ],
)
def test_an_on_demand_table_takes_no_units(on_demand, request_, fault):
    assert refusal(on_demand, **request_) == fault


def test_an_index_update_must_ask_for_something(provisioned):
    assert refusal(provisioned, **change_index("Update", "global")).code == VALIDATION


def test_the_answer_to_a_change_of_units_shows_the_old_ones_and_the_date(provisioned, clock):
    answer = update(provisioned, ProvisionedThroughput=units(6, 6))
    assert answer["TableStatus"] == "UPDATING"
    assert answer["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "LastIncreaseDateTime": NOW,
        **units(5, 6),
    }


@pytest.mark.parametrize(
    ("new", "dates", "decreases"),
    [
        (units(6, 7), {"LastIncreaseDateTime"}, 0),
        (units(4, 6), {"LastDecreaseDateTime"}, 1),
        (units(6, 5), {"LastIncreaseDateTime", "LastDecreaseDateTime"}, 1),
    ],
)
def test_changed_units_are_dated_and_decreases_counted(provisioned, clock, new, dates, decreases):
    update(provisioned, ProvisionedThroughput=new)
    assert describe(provisioned)["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": decreases,
        **dict.fromkeys(dates, NOW),
        **new,
    }


def test_the_units_of_an_index_change_in_the_same_way(provisioned, clock):
    answer = update(provisioned, **change_index("Update", "global", ProvisionedThroughput=units(1, 8)))
    assert only_index(answer)["IndexStatus"] == "UPDATING"
    assert only_index(answer)["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "LastDecreaseDateTime": NOW,
        **units(7, 8),
    }
    described = only_index(describe(provisioned))
    assert described["IndexStatus"] == "ACTIVE"
    assert described["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 1,
        "LastDecreaseDateTime": NOW,
        **units(1, 8),
    }


def test_units_of_the_table_and_of_its_index_may_change_together(provisioned):
    request = change_index("Update", "global", ProvisionedThroughput=units(70, 80))
    update(provisioned, ProvisionedThroughput=units(50, 60), **request)
    description = describe(provisioned)
    assert description["ProvisionedThroughput"].items() >= units(50, 60).items()
    assert only_index(description)["ProvisionedThroughput"].items() >= units(70, 80).items()


def lower(emulator, read):
    return refusal(emulator, ProvisionedThroughput=units(read, 1))


def lowered_four_times(emulator):
    create(emulator, ProvisionedThroughput=units(100, 1))
    for read in (90, 80, 70, 60):
        assert lower(emulator, read) is None


def test_the_fifth_decrease_of_a_day_waits_for_an_hour(emulator, clock):
    lowered_four_times(emulator)
    clock.shift(HOUR - 1)
    assert lower(emulator, 50) == Fault(
        LIMIT,
        "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
        "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once "
        "every 3600 seconds. Number of decreases today: 4. "
        "Last decrease at Monday, November 18, 2024 2:36:44 PM UTC. "
        "Next decrease can be made at Monday, November 18, 2024 3:36:44 PM UTC",
    )


def test_after_an_hour_one_more_decrease_is_allowed(emulator, clock):
    lowered_four_times(emulator)
    clock.shift(HOUR)
    assert (lower(emulator, 50) is None, lower(emulator, 40) is None) == (True, False)


def test_increases_are_not_limited(emulator, clock):
    lowered_four_times(emulator)
    assert refusal(emulator, ProvisionedThroughput=units(61, 1)) is None


def test_decreases_are_counted_anew_on_the_next_utc_day(emulator, clock):
    lowered_four_times(emulator)
    clock.shift(10 * HOUR)
    assert describe(emulator)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0
    assert lower(emulator, 50) is None
    assert describe(emulator)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1


def test_the_quota_of_units_holds_for_updates_too(provisioned):
    fault = refusal(provisioned, ProvisionedThroughput=units(39_994, 1))
    assert fault.code == LIMIT
    assert refusal(provisioned, ProvisionedThroughput=units(39_993, 6)) is None


def test_warm_throughput_grows_with_the_units_and_is_never_lowered(provisioned):
    for read in (500, 2):
        update(provisioned, ProvisionedThroughput=units(read, 6))
        assert describe(provisioned)["WarmThroughput"]["ReadUnitsPerSecond"] == 500


# --- Billing mode ---------------------------------------------------------------------------------

NO_UNITS = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}


def test_switching_to_on_demand_takes_the_units_away_at_once(provisioned, clock):
    answer = update(provisioned, BillingMode="PAY_PER_REQUEST")
    assert answer["TableStatus"] == "UPDATING"
    assert answer["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert answer["ProvisionedThroughput"] == {
        "NumberOfDecreasesToday": 0,
        "LastDecreaseDateTime": NOW,
        **NO_UNITS,
    }
    assert only_index(answer)["IndexStatus"] == "UPDATING"
    assert only_index(answer)["ProvisionedThroughput"].items() >= NO_UNITS.items()


def test_a_table_switched_to_on_demand_is_dated_and_warm(provisioned, clock):
    update(provisioned, BillingMode="PAY_PER_REQUEST")
    description = describe(provisioned)
    assert description["TableStatus"] == "ACTIVE"
    assert description["BillingModeSummary"] == {
        "BillingMode": "PAY_PER_REQUEST",
        "LastUpdateToPayPerRequestDateTime": NOW,
    }
    for resource in (description, only_index(description)):
        assert resource["WarmThroughput"] == {
            "ReadUnitsPerSecond": 12000,
            "WriteUnitsPerSecond": 4000,
            "Status": "ACTIVE",
        }


def test_switching_to_on_demand_again_is_no_error_and_no_change(on_demand):
    before = describe(on_demand)
    answer = update(on_demand, BillingMode="PAY_PER_REQUEST")
    assert answer["TableStatus"] == "ACTIVE"
    assert describe(on_demand) == before


def test_switching_to_provisioned_keeps_the_date_of_on_demand(on_demand):
    summary = describe(on_demand)["BillingModeSummary"]
    update(
        on_demand,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(3, 4),
        **change_index("Update", "global", ProvisionedThroughput=units(5, 6)),
    )
    description = describe(on_demand)
    assert description["BillingModeSummary"] == {**summary, "BillingMode": "PROVISIONED"}
    assert description["ProvisionedThroughput"].items() >= units(3, 4).items()
    assert only_index(description)["ProvisionedThroughput"].items() >= units(5, 6).items()


def test_switching_to_provisioned_needs_units_for_every_global_index(emulator):
    indexes = [index(name, "b") for name in ("index1", "index2", "index3")]
    create(emulator, "a", "b", GlobalSecondaryIndexes=indexes)
    request = change_index("Update", "index2", ProvisionedThroughput=ONE_UNIT)
    fault = refusal(emulator, BillingMode="PROVISIONED", ProvisionedThroughput=ONE_UNIT, **request)
    assert fault == invalid_value("ProvisionedThroughput must be specified for index: index1,index3")


def test_an_index_that_is_deleted_needs_no_units_for_the_switch(on_demand):
    request = change_index("Delete", "global")
    update(on_demand, BillingMode="PROVISIONED", ProvisionedThroughput=ONE_UNIT, **request)
    description = describe(on_demand)
    assert description["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert "GlobalSecondaryIndexes" not in description


def switched_to_on_demand(emulator, times):
    create(emulator, ProvisionedThroughput=ONE_UNIT)
    for _ in range(times - 1):
        update(emulator, BillingMode="PAY_PER_REQUEST")
        update(emulator, BillingMode="PROVISIONED", ProvisionedThroughput=ONE_UNIT)
    return refusal(emulator, BillingMode="PAY_PER_REQUEST")


def test_a_table_goes_to_on_demand_four_times_in_a_day(emulator, clock):
    assert switched_to_on_demand(emulator, 4) is None


def test_the_fifth_switch_to_on_demand_waits_until_the_first_is_a_day_old(emulator, clock):
    fault = switched_to_on_demand(emulator, 5)
    assert fault.code == LIMIT
    assert fault.message.startswith("Subscriber limit exceeded: Update to PayPerRequest mode are limited to ")
    clock.shift(DAY)
    assert refusal(emulator, BillingMode="PAY_PER_REQUEST") is None


# --- On-demand limits and warm throughput ---------------------------------------------------------


def test_an_on_demand_limit_may_be_set_alone_changed_and_removed(on_demand):
    update(on_demand, OnDemandThroughput={"MaxReadRequestUnits": 5})
    answer = update(on_demand, OnDemandThroughput={"MaxWriteRequestUnits": 6})
    assert answer["OnDemandThroughput"] == {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}
    answer = update(on_demand, OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert answer["OnDemandThroughput"] == {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 6}
    assert describe(on_demand)["OnDemandThroughput"] == {"MaxWriteRequestUnits": 6}
    update(on_demand, OnDemandThroughput={"MaxWriteRequestUnits": -1})
    assert "OnDemandThroughput" not in describe(on_demand)


def test_an_index_has_on_demand_limits_of_its_own(on_demand):
    request = change_index("Update", "global", OnDemandThroughput={"MaxReadRequestUnits": 5})
    update(on_demand, **request)
    description = describe(on_demand)
    assert only_index(description)["OnDemandThroughput"] == {"MaxReadRequestUnits": 5}
    assert "OnDemandThroughput" not in description


def test_switching_to_provisioned_drops_on_demand_limits(on_demand):
    limit = {"OnDemandThroughput": {"MaxReadRequestUnits": 5}}
    update(on_demand, **limit, **change_index("Update", "global", **limit))
    units_of_index = change_index("Update", "global", ProvisionedThroughput=ONE_UNIT)
    update(on_demand, BillingMode="PROVISIONED", ProvisionedThroughput=ONE_UNIT, **units_of_index)
    description = describe(on_demand)
    assert "OnDemandThroughput" not in description
    assert "OnDemandThroughput" not in only_index(description)


@pytest.mark.parametrize("limit", [0, -2])
def test_an_on_demand_limit_is_at_least_one_or_removed(on_demand, limit):
    assert refusal(on_demand, OnDemandThroughput={"MaxReadRequestUnits": limit}) == invalid_value(
        "Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range"
    )


def test_on_demand_limits_are_refused_for_a_provisioned_table_before_their_range_is_checked(provisioned):
    assert refusal(provisioned, OnDemandThroughput={"MaxReadRequestUnits": 0}) == invalid_value(
        "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED"
    )


def test_an_empty_object_of_on_demand_limits_is_an_internal_failure(on_demand):
    assert refusal(on_demand, OnDemandThroughput={}) == Fault("InternalFailure", None)


def test_raised_warm_throughput_is_updating_in_the_answer(on_demand):
    answer = update(on_demand, WarmThroughput={"ReadUnitsPerSecond": 20000})
    warm = {"ReadUnitsPerSecond": 20000, "WriteUnitsPerSecond": 4000}
    assert answer["TableStatus"] == "UPDATING"
    assert answer["WarmThroughput"] == {**warm, "Status": "UPDATING"}
    assert describe(on_demand)["WarmThroughput"] == {**warm, "Status": "ACTIVE"}


def test_warm_throughput_of_an_index_is_raised_by_itself(on_demand):
    request = change_index("Update", "global", WarmThroughput={"WriteUnitsPerSecond": 5000})
    assert only_index(update(on_demand, **request))["WarmThroughput"]["Status"] == "UPDATING"
    description = describe(on_demand)
    assert only_index(description)["WarmThroughput"]["WriteUnitsPerSecond"] == 5000
    assert description["WarmThroughput"]["WriteUnitsPerSecond"] == 4000


def test_warm_throughput_is_not_lowered(on_demand):
    update(on_demand, WarmThroughput={"ReadUnitsPerSecond": 20000})
    fault = refusal(on_demand, WarmThroughput={"ReadUnitsPerSecond": 19999})
    assert "decreasing WarmThroughput is not supported" in fault.message


# --- Making and deleting indexes ------------------------------------------------------------------

REDEFINED = invalid_value(
    "Attributes cannot be redefined. Please check that your attribute has the same type as previously defined. "
    "Existing schema: Schema:[SchemaElement: key{c:S:HASH}] New schema: Schema:[SchemaElement: key{c:N:HASH}]"
)


@pytest.mark.parametrize(
    ("request_", "fault"),
    [
        (create_index("global", "c"), invalid("Attempting to create an index which already exists")),
        (create_index("local", "c"), invalid("Attempting to create an index which already exists")),
        (
            create_index("new", "c", attributes=()),
            invalid("Invalid KeySchema: Some index key attribute have no definition"),
        ),
        (
            {"GlobalSecondaryIndexUpdates": index_update("Create", "new", "c")},
            invalid("Invalid KeySchema: Some index key attribute have no definition"),
        ),
        (
            create_index("new", "x", "c:RANGE", attributes=("x",)),
            invalid("Invalid KeySchema: Some index key attribute have no definition"),
        ),
        (
            create_index("new", "c", "x:RANGE", attributes=("x", "y")),
            invalid_value(
                "Some index key attributes are not defined in AttributeDefinitions. "
                "Keys: [c, x], AttributeDefinitions: [x, y]"
            ),
        ),
        (create_index("new", "c", attributes=("c", "c")), invalid("Attribute Name is duplicated: c")),
        (
            create_index("new", "x", "x:RANGE", attributes=("x", "y")),
            invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"),
        ),
        (
            create_index("new", "x:RANGE", attributes=("x",)),
            invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
        ),
        (create_index("new", "c", projection={}), invalid_value("Unknown ProjectionType: null")),
        (create_index("new", "c", attributes=("c:N",)), REDEFINED),
        (
            create_index("new", "c", ProvisionedThroughput=ONE_UNIT),
            invalid_value(
                "ProvisionedThroughput should not be specified for index: new when BillingMode is PAY_PER_REQUEST"
            ),
        ),
        (
            create_index("new", "c", OnDemandThroughput={"MaxReadRequestUnits": 0}),
            invalid_value(
                "Requested MaxReadRequestUnits for OnDemandThroughput for index new is outside of valid range"
            ),
        ),
        (
            create_index("new", "c", WarmThroughput={"ReadUnitsPerSecond": 1}),
            invalid_value(
                "Requested ReadUnitsPerSecond for WarmThroughput for index new "
                "is lower than initial throughput for OnDemand"
            ),
        ),
        (change_index("Delete", "local"), invalid_value("Index: local is not a global secondary index")),
        (change_index("Delete", "xyz"), Fault(NOT_FOUND, "Requested resource not found: Index: xyz not found")),
        (
            {"GlobalSecondaryIndexUpdates": [*index_update("Delete", "xyz"), *index_update("Delete", "global")]},
            ONE_INDEX_CHANGE,
        ),
        (
            {
                "AttributeDefinitions": definitions("c"),
                "GlobalSecondaryIndexUpdates": [*index_update("Create", "new", "c"), *index_update("Delete", "xyz")],
            },
            ONE_INDEX_CHANGE,
        ),
    ],
)
def test_a_faulty_change_of_indexes_is_refused_and_leaves_the_table_alone(on_demand, request_, fault):
    before = describe(on_demand)
    assert refusal(on_demand, **request_) == fault
    assert describe(on_demand) == before


def test_a_new_index_of_a_provisioned_table_needs_units(provisioned):
    fault = refusal(provisioned, **create_index("new", "c"))
    assert fault == invalid_value("ProvisionedThroughput is not specified for index: new")


def test_a_table_has_twenty_global_indexes_at_most(emulator):
    create(emulator, "a", "c", GlobalSecondaryIndexes=[index(f"index-{number}", "c") for number in range(20)])
    fault = refusal(emulator, **create_index("new", "c"))
    assert fault == invalid_value("GlobalSecondaryIndex count exceeds the per-table limit of 20")


def test_only_definitions_that_the_new_index_uses_are_merged(on_demand):
    answer = update(on_demand, **create_index("new", "d", attributes=("d:N", "c:B", "unused")))
    assert answer["AttributeDefinitions"] == definitions("a", "b", "c", "d:N")


def test_deleting_an_index_prunes_definitions_that_no_key_uses(emulator):
    indexes = [index("one", "b", "c:RANGE"), index("two", "c")]
    create(emulator, "a", "b", "c", GlobalSecondaryIndexes=indexes)
    update(emulator, **change_index("Delete", "one"))
    assert describe(emulator)["AttributeDefinitions"] == definitions("a", "c")


def test_the_type_of_an_attribute_is_free_again_once_no_index_uses_it(emulator):
    create(emulator, "a", "c", GlobalSecondaryIndexes=[index("old", "c")])
    update(emulator, **change_index("Delete", "old"))
    assert "GlobalSecondaryIndexes" not in describe(emulator)
    update(emulator, **create_index("new", "c", attributes=("c:N",)))
    assert describe(emulator)["AttributeDefinitions"] == definitions("a", "c:N")


def put(emulator, **item):
    return fault_of(emulator, "PutItem", TableName="table", Item=item)


def index_items(emulator, name):
    return call(emulator, "Scan", TableName="table", IndexName=name)["Items"]


def test_a_new_index_takes_over_the_items_that_are_fit_for_it(emulator):
    create(emulator)
    fit = {"a": {"S": "fit"}, "b": {"S": "x"}, "c": {"N": "1"}}
    unfit = {
        "no hash key": {"c": {"N": "1"}},
        "no range key": {"b": {"S": "x"}},
        "wrong type": {"b": {"N": "1"}, "c": {"N": "1"}},
        "wrong range type": {"b": {"S": "x"}, "c": {"S": "1"}},
        "empty": {"b": {"S": ""}, "c": {"N": "1"}},
        "too long": {"b": {"S": "x" * 2049}, "c": {"N": "1"}},
    }
    for name, attributes in unfit.items():
        put(emulator, a={"S": name}, **attributes)
    put(emulator, **fit)
    update(emulator, **create_index("new", "b", "c:RANGE", attributes=("b", "c:N")))
    assert index_items(emulator, "new") == [fit]
    assert only_index(describe(emulator))["ItemCount"] == 1
    assert describe(emulator)["ItemCount"] == len(unfit) + 1


def test_a_new_index_holds_what_it_projects(emulator):
    create(emulator)
    put(emulator, a={"S": "1"}, b={"S": "x"}, c={"S": "kept"}, d={"S": "left"})
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["c"]}
    update(emulator, **create_index("new", "b", attributes=("b",), projection=projection))
    assert index_items(emulator, "new") == [{"a": {"S": "1"}, "b": {"S": "x"}, "c": {"S": "kept"}}]


def test_a_new_index_may_have_several_attributes_in_each_role(emulator):
    create(emulator)
    put(emulator, a={"S": "1"}, b={"S": "x"}, c={"N": "2"}, d={"B": "AA=="})
    update(emulator, **create_index("new", "b", "c", "d:RANGE", attributes=("b", "c:N", "d:B")))
    assert [item["a"] for item in index_items(emulator, "new")] == [{"S": "1"}]


def test_an_index_update_and_the_making_of_another_index_go_in_one_request(provisioned):
    updates = [
        *index_update("Update", "global", ProvisionedThroughput=units(70, 80)),
        *index_update("Create", "new", "c", ProvisionedThroughput=ONE_UNIT),
    ]
    update(provisioned, AttributeDefinitions=definitions("c"), GlobalSecondaryIndexUpdates=updates)
    described = describe(provisioned)["GlobalSecondaryIndexes"]
    assert [(one["IndexName"], one["IndexStatus"]) for one in described] == [("global", "ACTIVE"), ("new", "ACTIVE")]


# --- Streams --------------------------------------------------------------------------------------

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
NO_STREAM = {"StreamEnabled": False}


def test_enabling_a_stream_shows_its_label_and_arn_in_the_answer(on_demand, clock):
    answer = update(on_demand, StreamSpecification=STREAM)
    assert answer["TableStatus"] == "UPDATING"
    assert answer["StreamSpecification"] == STREAM
    assert answer["LatestStreamLabel"] == "2024-11-18T14:36:44.149"
    assert answer["LatestStreamArn"] == f"{answer['TableArn']}/stream/2024-11-18T14:36:44.149"


def test_disabling_a_stream_leaves_its_label(on_demand):
    label = update(on_demand, StreamSpecification=STREAM)["LatestStreamLabel"]
    answer = update(on_demand, StreamSpecification=NO_STREAM)
    assert "StreamSpecification" not in answer
    assert answer["LatestStreamLabel"] == label


def test_a_stream_enabled_again_has_another_label_even_if_the_clock_stands_still(on_demand, clock):
    labels = []
    for _ in range(3):
        labels.append(update(on_demand, StreamSpecification=STREAM)["LatestStreamLabel"])
        update(on_demand, StreamSpecification=NO_STREAM)
    assert labels == [f"2024-11-18T14:36:44.{milliseconds}" for milliseconds in (149, 150, 151)]


@pytest.mark.parametrize(
    ("specification", "fault"),
    [
        (STREAM, invalid("Table already has an enabled stream: TableName: table")),
        (
            {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
            invalid("Table already has an enabled stream: TableName: table"),
        ),
        (
            {"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"},
            invalid_value("StreamViewType should not be specified when StreamEnabled is false"),
        ),
        (
            {"StreamEnabled": True},
            invalid_value("StreamViewType must be specified when StreamEnabled is true"),
        ),
    ],
)
def test_an_enabled_stream_can_only_be_disabled(on_demand, specification, fault):
    update(on_demand, StreamSpecification=STREAM)
    assert refusal(on_demand, StreamSpecification=specification) == fault


def test_a_stream_that_is_not_there_cannot_be_disabled(on_demand):
    fault = refusal(on_demand, StreamSpecification=NO_STREAM)
    assert fault == invalid("Table has no stream to disable: TableName: table")


def test_a_stream_does_not_change_together_with_units(provisioned):
    fault = refusal(provisioned, StreamSpecification=STREAM, ProvisionedThroughput=ONE_UNIT)
    assert fault == invalid_value("You cannot modify stream status while updating table IOPS")


def test_a_new_index_does_not_change_the_stream(on_demand):
    label = update(on_demand, StreamSpecification=STREAM)["LatestStreamLabel"]
    assert update(on_demand, **create_index("new", "c"))["LatestStreamLabel"] == label


# --- Protection, encryption, class ----------------------------------------------------------------


def test_deletion_protection_changes_at_once_and_alone_needs_no_time(slow_emulator, clock):
    create(slow_emulator)
    clock.shift(10)
    answer = update(slow_emulator, DeletionProtectionEnabled=True)
    assert (answer["DeletionProtectionEnabled"], answer["TableStatus"]) == (True, "ACTIVE")


def test_a_protected_table_is_not_deleted(on_demand):
    update(on_demand, DeletionProtectionEnabled=True)
    assert fault_of(on_demand, "DeleteTable", TableName="table") == invalid(
        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    )
    update(on_demand, DeletionProtectionEnabled=False)
    assert fault_of(on_demand, "DeleteTable", TableName="table") is None


def test_encryption_with_a_key_of_ones_own_goes_on_and_off(on_demand):
    answer = update(on_demand, SSESpecification={"Enabled": True})
    enabled = answer["SSEDescription"]
    assert enabled["Status"] == "UPDATING"
    assert describe(on_demand)["SSEDescription"] == {**enabled, "Status": "ENABLED"}
    assert update(on_demand, SSESpecification={"Enabled": False})["SSEDescription"] == enabled
    assert "SSEDescription" not in describe(on_demand)


def test_other_updates_leave_encryption_enabled(on_demand):
    update(on_demand, SSESpecification={"Enabled": True})
    answer = update(on_demand, StreamSpecification=STREAM)
    assert answer["SSEDescription"]["Status"] == "ENABLED"


@pytest.mark.parametrize(
    ("specification", "fault"),
    [
        (
            {"Enabled": True, "KMSMasterKeyId": "key"},
            invalid_value("SSEType KMS is required if KMSMasterKeyId is specified"),
        ),
        ({"Enabled": True, "SSEType": "AES256"}, invalid_value("The only valid SSEType is KMS")),
    ],
)
def test_a_faulty_encryption_is_refused(on_demand, specification, fault):
    assert refusal(on_demand, SSESpecification=specification) == fault


def test_after_four_changes_of_encryption_the_next_waits_for_six_hours(on_demand, clock):
    for enabled in (True, False, True, False):
        update(on_demand, SSESpecification={"Enabled": enabled})
    assert refusal(on_demand, SSESpecification={"Enabled": True}) == Fault(
        LIMIT,
        "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at "
        "2024-11-18T14:36:44Z. After the first 4 change, each subsequent change in the same window can be "
        "performed at most once every 21600 seconds. Number of updates today: 4",
    )
    clock.shift(6 * HOUR)
    assert refusal(on_demand, SSESpecification={"Enabled": True}) is None


def test_a_changed_table_class_is_dated(on_demand, clock):
    answer = update(on_demand, TableClass="STANDARD_INFREQUENT_ACCESS")
    assert answer["TableStatus"] == "UPDATING"
    assert describe(on_demand)["TableClassSummary"] == {
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "LastUpdateDateTime": NOW,
    }


def test_the_table_class_changes_twice_in_thirty_days(on_demand, clock):
    for table_class in ("STANDARD_INFREQUENT_ACCESS", "STANDARD"):
        update(on_demand, TableClass=table_class)
    assert refusal(on_demand, TableClass="STANDARD_INFREQUENT_ACCESS").code == LIMIT
    clock.shift(30 * DAY)
    assert refusal(on_demand, TableClass="STANDARD_INFREQUENT_ACCESS") is None
