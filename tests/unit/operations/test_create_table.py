"""CreateTable: the checks, their order, and the description. Source: tables.md 3 and 4, indexes.md 1, 2 and 8."""

from __future__ import annotations

import re

import orjson
import pytest

from emulator import limits

from .calls import (
    ALL,
    IN_USE,
    LIMIT,
    ONE_UNIT,
    Fault,
    call,
    create,
    definitions,
    describe,
    fault_of,
    index,
    invalid,
    invalid_value,
    keys,
    table,
    units,
)

NOW = 1731940604.149  # what the `clock` fixture shows
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/table"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
INCLUDE_X = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]}


# --- One fault ------------------------------------------------------------------------------------


def with_local(*indexes, attributes=("a", "b", "c"), key=("a", "b:RANGE"), **parameters):
    return table(*attributes, key=keys(*key), LocalSecondaryIndexes=list(indexes), **parameters)


def with_global(*indexes, attributes=("a", "b"), **parameters):
    return table(*attributes, GlobalSecondaryIndexes=list(indexes), **parameters)


BILLING = [
    (
        table(ProvisionedThroughput=ONE_UNIT, BillingMode="PAY_PER_REQUEST"),
        invalid_value(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
        ),
    ),
    (
        table(BillingMode="PROVISIONED"),
        invalid_value(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        ),
    ),
    (
        {name: value for name, value in table().items() if name != "BillingMode"},
        invalid_value(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
        ),
    ),
    (
        table(ProvisionedThroughput=units(10**12 + 1, 10**12 + 2)),
        invalid("Given value 1000000000001 for ReadCapacityUnits is out of bounds"),
    ),
    (
        table(ProvisionedThroughput=units(1, 10**12 + 2)),
        invalid("Given value 1000000000002 for WriteCapacityUnits is out of bounds"),
    ),
]

TABLE_KEYS = [
    (
        table("a", key=keys("a", "b:RANGE")),
        invalid("Invalid KeySchema: Some index key attribute have no definition"),
    ),
    (
        table("a", key=keys("a", "a:RANGE")),
        invalid("Invalid KeySchema: Some index key attribute have no definition"),
    ),
    (
        table("b"),
        invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], AttributeDefinitions: [b]"
        ),
    ),
    (
        table("b", "c", key=keys("a", "b:RANGE")),
        invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [a, b], AttributeDefinitions: [b, c]"
        ),
    ),
    (
        table("a", "b", key=keys("a", "a:RANGE")),
        invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    ),
    (table(key=keys("a:RANGE")), invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")),
    (
        table("a", "b", key=keys("a", "b")),
        invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    ),
    (
        table("a", "b"),
        invalid_value(
            "Number of attributes in KeySchema does not exactly match number of attributes defined "
            "in AttributeDefinitions"
        ),
    ),
    (table("a", "a"), invalid("Attribute Name is duplicated: a")),
    (table("a", "a:N"), invalid("Attribute Name is duplicated: a")),
]

LOCAL_INDEXES = [
    (with_local(), invalid_value("List of LocalSecondaryIndexes is empty")),
    (
        with_local(index("local", "a", "b:RANGE"), attributes=("a", "b"), key=("a",)),
        invalid_value(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
        ),
    ),
    (
        with_local(index("local", "a", "d:RANGE")),
        invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions. "
            "Keys: [a, d], AttributeDefinitions: [a, b, c]"
        ),
    ),
    (
        with_local(index("local", "a", "a:RANGE")),
        invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    ),
    (
        with_local(index("local", "a:RANGE", "c")),
        invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    ),
    (
        with_local(index("local", "a", "c")),
        invalid("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"),
    ),
    (
        with_local(index("local", "a")),
        invalid_value("Index KeySchema does not have a range key for index: local"),
    ),
    (
        with_local(index("local", "b", "c:RANGE")),
        invalid_value(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: local. "
            "index hash key: b, table hash key: a"
        ),
    ),
    (
        with_local(index("local", "a", "c:RANGE"), index("local", "a", "b:RANGE")),
        invalid_value("Duplicate index name: local"),
    ),
    (
        with_local(*(index(f"local-{number}", "a", "c:RANGE") for number in range(6))),
        invalid_value("Number of LocalSecondaryIndexes exceeds per-table limit of 5"),
    ),
    (
        with_local(index("local", "a", "b:RANGE")),
        invalid_value("Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]"),
    ),
]

PROJECTIONS = [
    ({}, invalid_value("Unknown ProjectionType: null")),
    ({"NonKeyAttributes": ["x"]}, invalid_value("Unknown ProjectionType: null")),
    (
        {"ProjectionType": "ALL", "NonKeyAttributes": ["x"]},
        invalid_value("ProjectionType is ALL, but NonKeyAttributes is specified"),
    ),
    (
        {"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["x"]},
        invalid_value("ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"),
    ),
    (
        {"ProjectionType": "INCLUDE"},
        invalid_value("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"),
    ),
    (
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y", "x"]},
        invalid_value("Duplicate value in NonKeyAttributes: x"),
    ),
]

MULTI = tuple("abcdefghij")

GLOBAL_INDEXES = [
    (with_global(attributes=("a",)), invalid_value("List of GlobalSecondaryIndexes is empty")),
    (
        with_global(index("global", "c")),
        invalid_value(
            "Some index key attributes are not defined in AttributeDefinitions. Keys: [c], AttributeDefinitions: [a, b]"
        ),
    ),
    (
        with_global(index("global", "b", "b:RANGE")),
        invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    ),
    (
        with_global(index("global", "a", "b", "a:RANGE")),
        invalid("Both the Hash Key and the Range Key element in the KeySchema have the same name"),
    ),
    (
        with_global(index("global", "a:RANGE", "b")),
        invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type"),
    ),
    (
        with_global(index("global", "a", "b:RANGE", "c"), attributes=("a", "b", "c")),
        invalid("Invalid KeySchema: All HASH key attributes must precede RANGE key attributes in the KeySchema"),
    ),
    (
        with_global(index("global", *MULTI[:5]), attributes=MULTI[:5]),
        invalid("Invalid KeySchema: The KeySchema exceeds the maximum allowed number of HASH key attributes"),
    ),
    (
        with_global(index("global", "a", *(f"{name}:RANGE" for name in MULTI[1:6])), attributes=MULTI[:6]),
        invalid("Invalid KeySchema: The KeySchema exceeds the maximum allowed number of RANGE key attributes"),
    ),
    (
        with_global(index("global", "b"), index("global", "a")),
        invalid_value("Duplicate index name: global"),
    ),
    (
        with_local(index("same", "a", "c:RANGE"), GlobalSecondaryIndexes=[index("same", "b")]),
        invalid_value("Duplicate index name: same"),
    ),
    (
        with_global(index("global", "b", ProvisionedThroughput=ONE_UNIT)),
        invalid_value(
            "ProvisionedThroughput should not be specified for index: global when BillingMode is PAY_PER_REQUEST"
        ),
    ),
    (
        with_global(index("global", "b"), ProvisionedThroughput=ONE_UNIT),
        invalid_value("ProvisionedThroughput is not specified for index: global"),
    ),
    (
        with_global(index("global", "b", ProvisionedThroughput=units(10**12 + 1, 1)), ProvisionedThroughput=ONE_UNIT),
        invalid("Given value 1000000000001 for ReadCapacityUnits is out of bounds for index global"),
    ),
    (
        with_global(*(index(f"global-{number}", "b") for number in range(21))),
        invalid_value("GlobalSecondaryIndex count exceeds the per-table limit of 20"),
    ),
    (
        with_global(index("global", "b"), attributes=("a", "b", "c")),
        invalid_value("Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c], keys used: [a, b]"),
    ),
]

SETTINGS = [
    (
        table(StreamSpecification={"StreamEnabled": False, "StreamViewType": "NEW_IMAGE"}),
        invalid_value("Table is being created with a stream disabled, UpdateViewType should not be specified"),
    ),
    (
        table(ProvisionedThroughput=ONE_UNIT, OnDemandThroughput={"MaxWriteRequestUnits": 5, "MaxReadRequestUnits": 5}),
        invalid_value(
            "MaxReadRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."
        ),
    ),
    (
        table(ProvisionedThroughput=ONE_UNIT, OnDemandThroughput={"MaxWriteRequestUnits": 5}),
        invalid_value(
            "MaxWriteRequestUnits for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED."
        ),
    ),
    *(
        (
            table(OnDemandThroughput={"MaxReadRequestUnits": 1, "MaxWriteRequestUnits": limit}),
            invalid_value("Requested MaxWriteRequestUnits for OnDemandThroughput for table is outside of valid range"),
        )
        for limit in (0, -1)
    ),
    (
        table(WarmThroughput={"WriteUnitsPerSecond": 3999}),
        invalid_value(
            "Requested WriteUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand"
        ),
    ),
    (
        with_global(index("global", "b", WarmThroughput={"ReadUnitsPerSecond": 11999})),
        invalid_value(
            "Requested ReadUnitsPerSecond for WarmThroughput for index global "
            "is lower than initial throughput for OnDemand"
        ),
    ),
    (
        table(SSESpecification={"Enabled": True, "KMSMasterKeyId": "key"}),
        invalid_value("SSEType KMS is required if KMSMasterKeyId is specified"),
    ),
    (
        table(SSESpecification={"Enabled": True, "SSEType": "AES256"}),
        invalid_value("The only valid SSEType is KMS"),
    ),
]


@pytest.mark.parametrize(
    ("request_", "fault"),
    [*BILLING, *TABLE_KEYS, *LOCAL_INDEXES, *GLOBAL_INDEXES, *SETTINGS],
)
def test_a_faulty_definition_is_refused_and_no_table_made(emulator, request_, fault):
    assert fault_of(emulator, "CreateTable", **request_) == fault
    assert call(emulator, "ListTables") == {"TableNames": []}


@pytest.mark.parametrize("kind", ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"])
@pytest.mark.parametrize(("projection", "fault"), PROJECTIONS)
def test_a_projection_lists_attributes_exactly_if_it_includes_some(emulator, kind, projection, fault):
    request = table(
        "a", "b", key=keys("a", "b:RANGE"), **{kind: [index("index", "a", "b:RANGE", projection=projection)]}
    )
    assert fault_of(emulator, "CreateTable", **request) == fault


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ([{"Key": f"k{number}", "Value": ""} for number in range(51)], "Too many tags: 51."),
        ([{"Key": "a;b", "Value": ""}], "Tag key contains characters that are not allowed: a;b"),
        ([{"Key": "a", "Value": "b;"}], "Tag value contains characters that are not allowed: b;"),
        ([{"Key": "aws:a", "Value": "b"}], "Tag keys that begin with aws: are reserved: aws:a"),
    ],
)
def test_tags_that_cannot_be_prevent_the_table(emulator, tags, text):
    assert text in fault_of(emulator, "CreateTable", **table(Tags=tags)).message


def test_a_constraint_of_the_model_is_answered_before_every_other_check(emulator):
    request = table("x", key=[{"AttributeName": "a", "KeyType": "INVALID"}], BillingMode="PROVISIONED")
    assert fault_of(emulator, "CreateTable", **request) == invalid(
        "1 validation error detected: Value 'INVALID' at 'keySchema.1.member.keyType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [HASH, RANGE]"
    )


def test_an_enabled_stream_needs_a_view_type(emulator):
    request = table(StreamSpecification={"StreamEnabled": True})
    assert "StreamViewType" in fault_of(emulator, "CreateTable", **request).message


# --- The order of the checks ----------------------------------------------------------------------

SOUND = table(
    "a",
    "b",
    "c",
    key=keys("a", "b:RANGE"),
    ProvisionedThroughput=ONE_UNIT,
    LocalSecondaryIndexes=[index("local", "a", "c:RANGE")],
    GlobalSecondaryIndexes=[index("global", "c", ProvisionedThroughput=ONE_UNIT)],
)


def set_in(*path):
    """A fault that sets the last element of a path to the value that follows it."""
    *place, name, value = path

    def apply(request):
        for step in place:
            request = request[step]
        request[name] = value

    return apply


def add_definition(name):
    return lambda request: request["AttributeDefinitions"].extend(definitions(name))


LOCAL = ("LocalSecondaryIndexes", 0)
GLOBAL = ("GlobalSecondaryIndexes", 0)

# Each fault is tried together with all that follow it; where two touch the same member the earlier one wins.
FAULTS_IN_ORDER = [
    (set_in("ResourcePolicy", "{}"), "Invalid policy document"),
    (set_in("BillingMode", "PAY_PER_REQUEST"), "Neither ReadCapacityUnits nor"),
    (set_in("ProvisionedThroughput", "ReadCapacityUnits", 10**12 + 1), "Given value 1000000000001 for Read"),
    (set_in("ProvisionedThroughput", "WriteCapacityUnits", 10**12 + 1), "Given value 1000000000001 for Write"),
    (add_definition("a"), "Attribute Name is duplicated: a"),
    (set_in("KeySchema", 1, "AttributeName", "x"), "Keys: [a, x]"),
    (set_in("KeySchema", 1, "AttributeName", "a"), "Both the Hash Key and the Range Key element"),
    (set_in("KeySchema", 0, "KeyType", "RANGE"), "The first KeySchemaElement"),
    (set_in("KeySchema", 1, "KeyType", "HASH"), "The second KeySchemaElement"),
    (set_in(*LOCAL, "KeySchema", 1, "AttributeName", "y"), "Keys: [b, y]"),
    (set_in(*LOCAL, "KeySchema", 1, "AttributeName", "b"), "Both the Hash Key and the Range Key element"),
    (set_in(*LOCAL, "KeySchema", 1, "KeyType", "HASH"), "The second KeySchemaElement"),
    (set_in(*LOCAL, "KeySchema", 0, "AttributeName", "b"), "the same leading hash key"),
    (set_in(*LOCAL, "Projection", {}), "Unknown ProjectionType: null"),
    (set_in(*GLOBAL, "KeySchema", 0, "AttributeName", "z"), "Keys: [z]"),
    (set_in(*GLOBAL, "KeySchema", 0, "KeyType", "RANGE"), "The first KeySchemaElement"),
    (set_in(*GLOBAL, "Projection", {"ProjectionType": "INCLUDE"}), "ProjectionType is INCLUDE"),
    (set_in(*GLOBAL, "IndexName", "local"), "Duplicate index name: local"),
    (set_in(*GLOBAL, "ProvisionedThroughput", "ReadCapacityUnits", 10**12 + 1), "out of bounds for index"),
    (add_definition("unused"), "Some AttributeDefinitions are not used."),
    (set_in("StreamSpecification", {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}), "a stream disabled"),
    (set_in("OnDemandThroughput", {"MaxReadRequestUnits": 0}), "for OnDemandThroughput cannot be specified"),
    (set_in("WarmThroughput", {"ReadUnitsPerSecond": 0}), "for WarmThroughput for table is lower"),
    (set_in("SSESpecification", {"SSEType": "AES256"}), "The only valid SSEType is KMS"),
    (set_in("Tags", [{"Key": ";", "Value": ""}]), "Tag key contains characters"),
    (lambda request: None, "Table already exists: table"),
]


@pytest.mark.parametrize("position", range(len(FAULTS_IN_ORDER)), ids=[text for _, text in FAULTS_IN_ORDER])
def test_of_several_faults_the_earliest_check_is_answered(emulator, position):
    create(emulator)
    request = orjson.loads(orjson.dumps(SOUND))  # unlike a deep copy, this shares no part twice
    for fault, _ in reversed(FAULTS_IN_ORDER[position:]):
        fault(request)
    assert FAULTS_IN_ORDER[position][1] in fault_of(emulator, "CreateTable", **request).message


def test_indexes_are_checked_one_after_the_other(emulator):
    request = with_global(index("one", "b", projection={}), index("two", "x"))
    assert fault_of(emulator, "CreateTable", **request) == invalid_value("Unknown ProjectionType: null")


# --- What is legal --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        with_local(index("local", "a", "b:RANGE"), attributes=("a", "b")),
        with_global(index("global", "a"), attributes=("a",)),
        with_global(index("one", "b"), index("two", "b")),
        with_global(index("global", *MULTI[:4], *(f"{name}:RANGE" for name in MULTI[4:8])), attributes=MULTI[:8]),
        with_global(index("global", "b", "a"), attributes=("a", "b")),
        with_global(*(index(f"global-{number}", "b") for number in range(20))),
        with_local(*(index(f"local-{number}", "a", "c:RANGE") for number in range(5))),
        with_global(index("global", "b", projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]})),
        table(StreamSpecification={"StreamEnabled": False}),
        table(SSESpecification={"Enabled": False}),
        table(Tags=[{"Key": "k" * 128, "Value": "Wert 1 +-=._:/@"}]),
        table(WarmThroughput={"ReadUnitsPerSecond": 12000}),
        table(ProvisionedThroughput=units(40_000, 40_000)),
    ],
)
def test_a_sound_definition_makes_a_table(emulator, request_):
    assert fault_of(emulator, "CreateTable", **request_) is None


def including(number):
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": [f"x{position}" for position in range(number)]}


@pytest.mark.parametrize(("last", "is_refused"), [(20, False), (21, True)])
def test_all_indexes_together_include_a_hundred_attributes_repetitions_counted(emulator, last, is_refused):
    full = [index(f"full-{number}", "b", projection=including(20)) for number in range(4)]
    rest = [index("most", "b", projection=including(19)), index("last", "b", projection=including(last - 19))]
    fault = fault_of(emulator, "CreateTable", **with_global(*full, *rest))
    assert (fault is not None) == is_refused


def test_the_table_and_its_global_indexes_share_the_quota_of_units(emulator):
    indexes = [index("global", "b", ProvisionedThroughput=units(2, 1))]
    request = with_global(*indexes, ProvisionedThroughput=units(limits.TABLE_MAX_UNITS - 1, 1))
    fault = fault_of(emulator, "CreateTable", **request)
    assert fault.code == LIMIT
    assert fault.message.startswith("Subscriber limit exceeded: ReadCapacityUnits")


def test_a_name_is_taken_until_its_table_is_gone(slow_emulator):
    create(slow_emulator)
    assert fault_of(slow_emulator, "CreateTable", **table()) == Fault(IN_USE, "Table already exists: table")


# --- The description ------------------------------------------------------------------------------


def test_an_on_demand_table_is_described_field_by_field(emulator, clock):
    answer = create(emulator)
    assert re.fullmatch(UUID, answer.pop("TableId"))
    assert answer == {
        "AttributeDefinitions": definitions("a"),
        "TableName": "table",
        "KeySchema": keys("a"),
        "TableStatus": "CREATING",
        "CreationDateTime": NOW,
        "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0},
        "TableSizeBytes": 0,
        "ItemCount": 0,
        "TableArn": ARN,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
        "DeletionProtectionEnabled": False,
    }


def test_describe_table_adds_the_date_of_the_mode_and_warm_throughput(emulator, clock):
    answer = create(emulator)
    assert describe(emulator) == {
        **answer,
        "TableStatus": "ACTIVE",
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": NOW},
        "WarmThroughput": {"ReadUnitsPerSecond": 12000, "WriteUnitsPerSecond": 4000, "Status": "ACTIVE"},
    }


def test_a_provisioned_table_has_no_billing_mode_summary(emulator):
    create(emulator, ProvisionedThroughput=units(3, 4))
    description = describe(emulator)
    assert "BillingModeSummary" not in description
    assert description["ProvisionedThroughput"] == {"NumberOfDecreasesToday": 0, **units(3, 4)}
    assert description["WarmThroughput"] == {
        "ReadUnitsPerSecond": 3,
        "WriteUnitsPerSecond": 4,
        "Status": "ACTIVE",
    }


def indexed(emulator):
    return create(
        emulator,
        *("a", "b", "c"),
        key=keys("a", "b:RANGE"),
        ProvisionedThroughput=ONE_UNIT,
        LocalSecondaryIndexes=[index("local", "a", "c:RANGE", projection=INCLUDE_X)],
        GlobalSecondaryIndexes=[index("global", "c", "b:RANGE", ProvisionedThroughput=units(2, 3))],
    )


def test_indexes_are_described_field_by_field(emulator):
    answer = indexed(emulator)
    assert answer["LocalSecondaryIndexes"] == [
        {
            "IndexName": "local",
            "KeySchema": keys("a", "c:RANGE"),
            "Projection": INCLUDE_X,
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{ARN}/index/local",
        }
    ]
    assert answer["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "global",
            "KeySchema": keys("c", "b:RANGE"),
            "Projection": ALL,
            "IndexStatus": "CREATING",
            "ProvisionedThroughput": {"NumberOfDecreasesToday": 0, **units(2, 3)},
            "IndexSizeBytes": 0,
            "ItemCount": 0,
            "IndexArn": f"{ARN}/index/global",
        }
    ]


def test_global_indexes_made_with_a_table_are_active_with_it_and_never_backfill(emulator):
    answer = indexed(emulator)
    description = describe(emulator)
    assert description["TableStatus"] == "ACTIVE"
    assert description["LocalSecondaryIndexes"] == answer["LocalSecondaryIndexes"]
    assert description["GlobalSecondaryIndexes"] == [
        {
            **answer["GlobalSecondaryIndexes"][0],
            "IndexStatus": "ACTIVE",
            "WarmThroughput": {"ReadUnitsPerSecond": 2, "WriteUnitsPerSecond": 3, "Status": "ACTIVE"},
        }
    ]


def test_a_stream_has_its_label_and_arn_at_once(emulator, clock):
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    answer = create(emulator, StreamSpecification=specification)
    assert answer["StreamSpecification"] == specification
    assert answer["LatestStreamLabel"] == "2024-11-18T14:36:44.149"
    assert answer["LatestStreamArn"] == f"{ARN}/stream/2024-11-18T14:36:44.149"


def test_warm_throughput_stands_in_the_answer_only_if_asked_for(emulator):
    answer = create(emulator, WarmThroughput={"ReadUnitsPerSecond": 13000})
    warm = {"ReadUnitsPerSecond": 13000, "WriteUnitsPerSecond": 4000}
    assert answer["WarmThroughput"] == {**warm, "Status": "UPDATING"}
    assert describe(emulator)["WarmThroughput"] == {**warm, "Status": "ACTIVE"}


@pytest.mark.parametrize(
    ("parameters", "member", "value"),
    [
        ({"OnDemandThroughput": {"MaxReadRequestUnits": 7}}, "OnDemandThroughput", {"MaxReadRequestUnits": 7}),
        ({"TableClass": "STANDARD"}, "TableClassSummary", {"TableClass": "STANDARD"}),
        ({"DeletionProtectionEnabled": True}, "DeletionProtectionEnabled", True),
        (
            {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "1234-abcd"}},
            "SSEDescription",
            {
                "Status": "ENABLED",
                "SSEType": "KMS",
                "KMSMasterKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1234-abcd",
            },
        ),
    ],
)
def test_a_setting_is_described_as_it_was_asked_for(emulator, parameters, member, value):
    assert create(emulator, **parameters)[member] == value
    assert describe(emulator)[member] == value


def test_encryption_without_a_key_uses_the_accounts_own_key_of_the_region(emulator):
    description = create(emulator, SSESpecification={"Enabled": True})["SSEDescription"]
    assert re.fullmatch(f"arn:aws:kms:us-east-1:123456789012:key/{UUID}", description["KMSMasterKeyArn"])


@pytest.mark.parametrize(
    "parameters",
    [
        {"OnDemandThroughput": {}},
        {"SSESpecification": {"Enabled": False}},
        {"StreamSpecification": {"StreamEnabled": False}},
        {"Tags": [{"Key": "k", "Value": "v"}]},
    ],
)
def test_a_setting_that_says_nothing_leaves_nothing_in_the_description(emulator, parameters):
    plain = call(emulator, "CreateTable", **{**table(), "TableName": "plain"})["TableDescription"]
    assert create(emulator, **parameters).keys() == plain.keys()


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_the_arn_names_partition_region_and_account(emulator, region, partition):
    answer = call(emulator, "CreateTable", region, **table())["TableDescription"]
    assert answer["TableArn"] == f"arn:{partition}:dynamodb:{region}:123456789012:table/table"


def test_a_table_made_again_has_another_id(emulator):
    first = create(emulator)["TableId"]
    assert describe(emulator)["TableId"] == first
    call(emulator, "DeleteTable", TableName="table")
    assert create(emulator)["TableId"] != first
