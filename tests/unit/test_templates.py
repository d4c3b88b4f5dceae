"""Tables out of CloudFormation and SAM templates, and out of files of CreateTable's parameters."""

import json
import sys
from copy import deepcopy
from pathlib import Path
from textwrap import dedent

import pytest

import emulator.testing
from emulator import Emulator
from emulator.testing.documents import read_document
from emulator.testing.intrinsics import Template
from emulator.testing.sources import DeclarationError, Places, Source, sources_of
from emulator.testing.tables import create_tables
from emulator.testing.templates import template_tables

KEY = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def tables_of(document, **parameters):
    """CreateTable's parameters for the tables of a template."""
    template = Template("template.yaml", document, parameters, "eu-west-1", "123456789012")
    return [table for _, table in template_tables(template)]


def table_named(name, **sections):
    """A template with one table of that name, and other sections."""
    resource = {"Type": "AWS::DynamoDB::Table", "Properties": {**KEY, "TableName": name}}
    return {"Resources": {"Orders": resource}, **sections}


def name_of(name, given=None, **sections):
    (table,) = tables_of(table_named(name, **sections), **(given or {}))
    return table["TableName"]


@pytest.fixture
def write(tmp_path):
    """Write a file into the directory that paths are relative to."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def created(tmp_path):
    """Create the tables that are given as a marker gives them; the emulator."""

    def created(given, directory="."):
        emulator = Emulator()
        for source in sources_of(given, "tables", Places(tmp_path / directory, tmp_path)):
            create_tables(emulator, source)
        return emulator

    return created


# --- Tables ---------------------------------------------------------------------------------------


def test_the_parameters_of_a_table_are_those_of_create_table(write, created):
    write(
        "template.yaml",
        """
        AWSTemplateFormatVersion: 2010-09-09
        Resources:
          Bucket:
            Type: AWS::S3::Bucket
          Orders:
            Type: AWS::DynamoDB::Table
            DeletionPolicy: Retain
            Properties:
              TableName: orders
              AttributeDefinitions:
                - {AttributeName: pk, AttributeType: S}
                - {AttributeName: sk, AttributeType: N}
                - {AttributeName: day, AttributeType: S}
              KeySchema:
                - {AttributeName: pk, KeyType: HASH}
                - {AttributeName: sk, KeyType: RANGE}
              ProvisionedThroughput:
                ReadCapacityUnits: "5"
                WriteCapacityUnits: 6
              GlobalSecondaryIndexes:
                - IndexName: by_day
                  KeySchema: [{AttributeName: day, KeyType: HASH}]
                  Projection: {ProjectionType: INCLUDE, NonKeyAttributes: [total]}
                  ProvisionedThroughput: {ReadCapacityUnits: 7, WriteCapacityUnits: 8}
                  ContributorInsightsSpecification: {Enabled: true}
              LocalSecondaryIndexes:
                - IndexName: local
                  KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: day, KeyType: RANGE}]
                  Projection: {ProjectionType: KEYS_ONLY}
              StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}
              DeletionProtectionEnabled: "true"
              TableClass: STANDARD_INFREQUENT_ACCESS
              TimeToLiveSpecification: {AttributeName: expires, Enabled: true}
              PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
              SSESpecification: {SSEEnabled: true, KMSMasterKeyId: !GetAtt Key.Arn}
              Tags: [{Key: team, Value: sales}]
        """,
    )
    client = created("template.yaml").client()
    ttl = client.describe_time_to_live(TableName="orders")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    description = client.describe_table(TableName="orders")["Table"]
    assert [element["AttributeName"] for element in description["KeySchema"]] == ["pk", "sk"]
    assert description["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert description["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    (index,) = description["GlobalSecondaryIndexes"]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"]}
    assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
    assert [index["IndexName"] for index in description["LocalSecondaryIndexes"]] == ["local"]
    assert description["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert description["DeletionProtectionEnabled"] is True
    assert description["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"


def test_a_table_of_a_template_has_its_vector_indexes(write, created):
    write(
        "template.yaml",
        """
        Resources:
          Documents:
            Type: AWS::DynamoDB::Table
            Properties:
              TableName: documents
              AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
              KeySchema: [{AttributeName: pk, KeyType: HASH}]
              BillingMode: PAY_PER_REQUEST
              VectorIndexes:
                - IndexName: by-meaning
                  VectorAttribute: {AttributeName: embedding}
                  Dimensions: "3"
                  DistanceFunction: COSINE
                  Projection: {ProjectionType: ALL}
        """,
    )
    (index,) = created("template.yaml").client().describe_table(TableName="documents")["Table"]["VectorIndexes"]
    assert (index["IndexName"], index["Dimensions"]) == ("by-meaning", 3)


def test_a_table_without_a_name_is_named_by_its_logical_id():
    (table,) = tables_of({"Resources": {"Orders": {"Type": "AWS::DynamoDB::Table", "Properties": KEY}}})
    assert table["TableName"] == "Orders"


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({}, {"name": "id", "type": "S", "billing": "PAY_PER_REQUEST"}),
        (
            {"PrimaryKey": {"Name": "number", "Type": "Number"}},
            {"name": "number", "type": "N", "billing": "PAY_PER_REQUEST"},
        ),
        (
            {"ProvisionedThroughput": {"ReadCapacityUnits": 2, "WriteCapacityUnits": "3"}},
            {"name": "id", "type": "S", "billing": "PROVISIONED"},
        ),
    ],
)
def test_a_simple_table_of_sam_has_one_key_and_is_on_demand_by_default(created, write, properties, expected):
    document = {"Resources": {"Simple": {"Type": "AWS::Serverless::SimpleTable", "Properties": properties}}}
    write("template.json", json.dumps(document))
    description = created("template.json").client().describe_table(TableName="Simple")["Table"]
    assert description["KeySchema"] == [{"AttributeName": expected["name"], "KeyType": "HASH"}]
    assert description["AttributeDefinitions"] == [
        {"AttributeName": expected["name"], "AttributeType": expected["type"]}
    ]
    assert description.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED") == expected["billing"]


GLOBAL = {
    **KEY,
    "BillingMode": "PROVISIONED",
    "WriteProvisionedThroughputSettings": {
        "WriteCapacityAutoScalingSettings": {"MinCapacity": 10, "MaxCapacity": 20, "SeedCapacity": "12"}
    },
    "GlobalSecondaryIndexes": [
        {"IndexName": "index", "KeySchema": KEY["KeySchema"], "Projection": {"ProjectionType": "ALL"}}
    ],
    "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
    "Replicas": [
        {"Region": "us-east-1", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 1}},
        {
            "Region": {"Ref": "AWS::Region"},
            "ReadProvisionedThroughputSettings": {
                "ReadCapacityAutoScalingSettings": {"MinCapacity": 3, "MaxCapacity": 4}
            },
            "GlobalSecondaryIndexes": [
                {"IndexName": "index", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 5}}
            ],
            "TableClass": "STANDARD",
            "SSESpecification": {"KMSMasterKeyId": {"Fn::ImportValue": "key"}},
        },
    ],
}


def test_of_a_global_table_the_replica_of_the_region_is_made():
    (table,) = tables_of({"Resources": {"Orders": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": GLOBAL}}})
    assert table == {
        **KEY,
        "TableName": "Orders",
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 12},
        "GlobalSecondaryIndexes": [
            {
                **GLOBAL["GlobalSecondaryIndexes"][0],
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 12},
            }
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        "TableClass": "STANDARD",
    }


def test_a_global_table_on_demand_needs_no_throughput(created, write):
    properties = {**KEY, "Replicas": [{"Region": "eu-central-1"}]}
    write(
        "template.json",
        json.dumps({"Resources": {"Orders": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}}}),
    )
    assert created("template.json").tables() == {"us-east-1": {"Orders": 0}}


# --- Intrinsic functions --------------------------------------------------------------------------

STAGE = {"Stage": {"Type": "String", "Default": "dev"}}
LIST = {"Names": {"Type": "CommaDelimitedList", "Default": "first, second"}}


@pytest.mark.parametrize(
    ("name", "sections", "expected"),
    [
        ({"Ref": "Stage"}, {"Parameters": STAGE}, "dev"),
        ({"Fn::Sub": "orders-${Stage}"}, {"Parameters": STAGE}, "orders-dev"),
        ({"Fn::Sub": "${AWS::Region}.${AWS::AccountId}.${!Stage}"}, {}, "eu-west-1.123456789012.${Stage}"),
        ({"Fn::Sub": ["${a}-${Stage}", {"a": {"Ref": "Stage"}}]}, {"Parameters": STAGE}, "dev-dev"),
        ({"Fn::Join": ["-", ["orders", {"Ref": "Stage"}]]}, {"Parameters": STAGE}, "orders-dev"),
        ({"Fn::Join": [".", {"Ref": "Names"}]}, {"Parameters": LIST}, "first.second"),
        ({"Fn::Select": [1, {"Ref": "Names"}]}, {"Parameters": LIST}, "second"),
        ({"Fn::Select": ["0", {"Fn::Split": ["/", "orders/x"]}]}, {}, "orders"),
        (
            {"Fn::FindInMap": ["Names", {"Ref": "Stage"}, "orders"]},
            {"Parameters": STAGE, "Mappings": {"Names": {"dev": {"orders": "orders-of-dev"}}}},
            "orders-of-dev",
        ),
        (
            {"Fn::If": ["IsProduction", "orders", {"Fn::Sub": "orders-${Stage}"}]},
            {"Parameters": STAGE, "Conditions": {"IsProduction": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}},
            "orders-dev",
        ),
        ({"Fn::If": ["Never", "orders", {"Ref": "AWS::NoValue"}]}, {"Conditions": {"Never": "false"}}, "Orders"),
        ({"Fn::Sub": "${Number}"}, {"Parameters": {"Number": {"Type": "Number", "Default": 7}}}, "7"),
    ],
)
def test_names_are_worked_out(name, sections, expected):
    assert name_of(name, **sections) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": [1, "1"]}, True),
        ({"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}, True),
        ({"Fn::And": [{"Condition": "Yes"}, {"Condition": "No"}]}, False),
        ({"Fn::Or": [{"Condition": "No"}, {"Condition": "Yes"}]}, True),
    ],
)
def test_a_resource_whose_condition_does_not_hold_is_not_there(condition, holds):
    document = table_named("orders", Conditions={"Asked": condition, "Yes": "true", "No": "false"})
    document["Resources"]["Orders"]["Condition"] = "Asked"
    assert len(tables_of(document)) == holds


def test_the_reference_of_a_table_is_its_name_and_its_arn_is_known():
    other = {"Type": "AWS::DynamoDB::Table", "Properties": {**KEY, "TableName": {"Fn::Sub": "${Orders}-archive"}}}
    document = table_named("orders")
    document["Resources"]["Archive"] = other
    document["Resources"]["Orders"]["Properties"]["Tags"] = [
        {"Key": "archive", "Value": {"Fn::GetAtt": ["Archive", "Arn"]}}
    ]
    orders, archive = tables_of(document)
    assert archive["TableName"] == "orders-archive"
    assert orders["Tags"][0]["Value"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/orders-archive"


def test_parameters_that_are_given_go_before_defaults():
    assert name_of({"Ref": "Stage"}, {"Stage": "prod"}, Parameters=STAGE) == "prod"


def test_indexes_behind_conditions_are_left_out():
    document = table_named("orders", Conditions={"Indexed": "false"})
    document["Resources"]["Orders"]["Properties"]["GlobalSecondaryIndexes"] = [
        {"Fn::If": ["Indexed", {"IndexName": "index"}, {"Ref": "AWS::NoValue"}]}
    ]
    (table,) = tables_of(document)
    assert "GlobalSecondaryIndexes" not in table


@pytest.mark.parametrize("short", [True, False], ids=["short", "long"])
def test_short_and_long_forms_of_functions_mean_the_same(write, created, short):
    functions = {
        True: "!Join ['-', [!Ref Stage, !Select [0, !Split [',', 'a,b']], !If [InDev, x, y], !Sub '${Stage}']]",
        False: '{"Fn::Join": ["-", [{"Ref": Stage}, {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}, '
        '{"Fn::If": [InDev, x, y]}, {"Fn::Sub": "${Stage}"}]]}',
    }
    write(
        "template.yaml",
        f"""
        Parameters:
          Stage: {{Type: String, Default: dev}}
        Conditions:
          InDev: !Not [!Equals [!Ref Stage, prod]]
          Both: !And [!Condition InDev, !Condition InDev]
        Resources:
          Orders:
            Type: AWS::DynamoDB::Table
            Condition: Both
            Properties:
              TableName: {functions[short]}
              BillingMode: PAY_PER_REQUEST
              AttributeDefinitions: [{{AttributeName: pk, AttributeType: S}}]
              KeySchema: [{{AttributeName: pk, KeyType: HASH}}]
        """,
    )
    assert created("template.yaml").tables() == {"us-east-1": {"dev-a-x-dev": 0}}


@pytest.mark.parametrize(
    ("name", "sections", "message"),
    [
        ({"Ref": "Stage"}, {}, "Stage is neither a parameter nor a resource of the template"),
        (
            {"Fn::Sub": "orders-${Stage}"},
            {"Parameters": {"Stage": {"Type": "String"}}},
            'parameter Stage has no default; give it one: tables={"template": ..., "parameters": {"Stage": ...}}',
        ),
        (
            {"Ref": "Name"},
            {"Parameters": {"Name": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/name"}}},
            'parameter Name has its value in SSM; give it one: tables={"template": ..., "parameters": {"Name": ...}}',
        ),
        ({"Fn::ImportValue": "name"}, {}, "Fn::ImportValue can be resolved by AWS only"),
        ("{{resolve:ssm:name}}", {}, "{{resolve:ssm:name}} can be resolved by AWS only"),
        ({"Fn::GetAtt": "Bucket.Arn"}, {}, "Bucket is not a resource of the template"),
        ({"Fn::GetAtt": ["Orders", "StreamArn"]}, {}, "Orders.StreamArn is known to AWS only"),
        ({"Fn::If": ["Missing", "a", "b"]}, {}, "there is no condition Missing"),
        ({"Fn::Join": ["-"]}, {}, "needs a list of 2 arguments"),
        ({"Fn::Join": ["-", "text"]}, {}, "Fn::Join needs a list to join"),
        ({"Fn::Select": [5, ["a"]]}, {}, "Fn::Select finds no element 5"),
        ({"Fn::Sub": {"a": 1}}, {}, "Fn::Sub needs a string, or a list of a string and a mapping"),
        ({"Fn::FindInMap": ["a", "b", "c"]}, {}, "Fn::FindInMap finds no a.b.c"),
        ({"Ref": "Orders"}, {}, "refers to itself"),
    ],
)
def test_what_cannot_be_worked_out_is_one_line_with_its_place(name, sections, message):
    with pytest.raises(DeclarationError) as failure:
        name_of(name, **sections)
    assert str(failure.value) == f"template.yaml, Resources.Orders.Properties.TableName: {message}"


def test_a_number_that_is_none_is_told_with_its_place():
    document = table_named("orders")
    document["Resources"]["Orders"]["Properties"]["ProvisionedThroughput"] = {"ReadCapacityUnits": "many"}
    with pytest.raises(DeclarationError, match=r"Resources.Orders.Properties.ProvisionedThroughput: .*'many'"):
        tables_of(document)


def test_a_parameter_that_the_template_does_not_have_is_refused():
    with pytest.raises(DeclarationError, match=r"^template.yaml has no parameter Stag$"):
        name_of("orders", {"Stag": "dev"}, Parameters=STAGE)


def test_what_no_table_needs_may_be_unresolvable():
    document = table_named("orders", Outputs={"Arn": {"Value": {"Fn::ImportValue": "x"}}})
    document["Resources"]["Function"] = {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Ref": "Nothing"}}}
    document["Resources"]["Orders"]["Properties"]["KinesisStreamSpecification"] = {"StreamArn": {"Ref": "Nothing"}}
    assert [table["TableName"] for table in tables_of(document)] == ["orders"]


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.json", json.dumps({"TableName": "orders", **KEY})),
        ("t.json", json.dumps([{"TableName": "orders", **KEY}])),
        ("t.jsonl", json.dumps({"TableName": "orders", **KEY}) + "\n\n"),
        ("t.template", json.dumps(table_named("orders"))),
        ("t.yml", json.dumps(table_named("orders"))),
        (
            "t.yaml",
            "- TableName: orders\n"
            "  KeySchema: [{AttributeName: pk, KeyType: HASH}]\n"
            "  AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]\n"
            "  BillingMode: PAY_PER_REQUEST\n",
        ),
    ],
)
def test_tables_come_from_json_and_yaml(write, created, name, text):
    write(name, text)
    assert created(name).tables() == {"us-east-1": {"orders": 0}}


def test_a_template_is_given_parameters_beside_its_path(write, created):
    write("template.json", json.dumps(table_named({"Ref": "Name"}, Parameters={"Name": {"Type": "String"}})))
    emulator = created({"template": "template.json", "parameters": {"Name": "named"}})
    assert emulator.tables() == {"us-east-1": {"named": 0}}


def test_parameters_given_in_python_stay_the_users_own(created):
    given = {"TableName": "orders", **KEY}
    before = deepcopy(given)
    created(given)
    assert given == before


def test_a_file_is_looked_for_in_the_directory_first_then_above(write, created):
    write("tables.json", json.dumps({"TableName": "above", **KEY}))
    write("deep/tables.json", json.dumps({"TableName": "beside", **KEY}))
    write("deep/er/empty", "")
    assert created("tables.json", "deep").tables() == {"us-east-1": {"beside": 0}}
    assert created("tables.json", "deep/er").tables() == {"us-east-1": {"beside": 0}}
    assert created("tables.json").tables() == {"us-east-1": {"above": 0}}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.json", "{", r"t\.json is not JSON: .* line 1 column 2"),
        ("t.jsonl", "{}\n{", r"t\.jsonl, line 2, is not JSON"),
        ("t.yaml", "a: [", r"t\.yaml is not YAML: .* line 1, column 5"),
        ("t.json", "[1]", r"t\.json: neither a template nor CreateTable's parameters with a TableName"),
        ("t.json", '{"Resources": {"A": 1}}', r"t\.json, Resources\.A: is not a resource with a Type"),
        ("t.json", '{"Resources": [1]}', r"t\.json: Resources is not a mapping"),
        (
            "t.json",
            json.dumps(table_named("no spaces please")),
            r"t\.json, Resources\.Orders: ValidationException: .*'no spaces please' at 'tableName'",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_place(write, created, name, text, message):
    write(name, text)
    with pytest.raises(DeclarationError, match=message):
        created(name)


def test_without_pyyaml_the_extra_is_named(write, created, monkeypatch):
    write("template.yaml", "{}")
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.delitem(sys.modules, "emulator.testing.yaml_documents", raising=False)
    monkeypatch.delattr(emulator.testing, "yaml_documents", raising=False)
    with pytest.raises(DeclarationError, match=r"is YAML, which needs PyYAML: pip install 'dynamodb-emulator\[yaml\]'"):
        created("template.yaml")


def test_dates_in_yaml_stay_text_and_numbers_keep_their_digits(write):
    path = write("x.yaml", "date: 2010-09-09\nnumber: 1.10000000000000000000000000000000000001\nwhole: 5\n")
    document = read_document(path)
    assert document["date"] == "2010-09-09"
    assert str(document["number"]) == "1.10000000000000000000000000000000000001"
    assert document["whole"] == 5


# --- Sources --------------------------------------------------------------------------------------


def test_sources_are_the_same_for_the_same_file_or_the_same_object(tmp_path):
    places = Places(tmp_path, tmp_path)
    data = {"TableName": "orders"}

    def source(value):
        return Source(value, "tables", places)

    assert source(Path("a")).is_same(source(Path("a")))
    assert source(data).is_same(source(data))
    assert not source(data).is_same(source(dict(data)))
    assert not source(Path("a")).is_same(source(Path("b")))


# --- What a declaration may say beyond CreateTable ------------------------------------------------


def test_time_to_live_may_stand_among_the_parameters_of_create_table(created):
    specification = {"Enabled": True, "AttributeName": "expires"}
    client = created({**KEY, "TableName": "Orders", "TimeToLiveSpecification": specification}).client()
    ttl = client.describe_time_to_live(TableName="Orders")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_a_time_to_live_that_the_service_refuses_is_named(created):
    with pytest.raises(DeclarationError, match=r"table Orders: ValidationException: .*attributeName"):
        created({**KEY, "TableName": "Orders", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": ""}})


def test_declared_tables_are_ready_whatever_the_status_delay():
    emulator = Emulator(status_delay=0.05)
    (source,) = sources_of({**KEY, "TableName": "Orders"}, "tables", Places(Path(), Path()))
    create_tables(emulator, source)
    assert emulator.client().describe_table(TableName="Orders")["Table"]["TableStatus"] == "ACTIVE"
