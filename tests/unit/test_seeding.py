"""Seed items: plain values, DynamoDB-JSON, files."""

import json
from decimal import Decimal
from fnmatch import fnmatch

import pytest
from boto3.dynamodb.types import Binary

from emulator import Emulator
from emulator.testing.plain_values import attribute_value, item_of
from emulator.testing.seeding import put_seed
from emulator.testing.sources import DeclarationError, Places, sources_of


@pytest.fixture
def seeded(tmp_path):
    """Put a seed, given as a marker gives it, into the table `orders`; its items by key."""

    def seeded(given):
        emulator = Emulator()
        client = emulator.client()
        client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for source in sources_of(given, "seed", Places(tmp_path, tmp_path)):
            put_seed(emulator, source)
        return {item["pk"]["S"]: item for item in client.scan(TableName="orders")["Items"]}

    return seeded


# --- Values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", {"S": "text"}),
        ("", {"S": ""}),
        (5, {"N": "5"}),
        (0.1, {"N": "0.1"}),
        (1e300 / 1e200, {"N": "1E+100"}),
        (Decimal("1.50"), {"N": "1.50"}),
        (True, {"BOOL": True}),
        (None, {"NULL": True}),
        (b"abc", {"B": "YWJj"}),
        (bytearray(b"abc"), {"B": "YWJj"}),
        (Binary(b"abc"), {"B": "YWJj"}),
        ({"a"}, {"SS": ["a"]}),
        (frozenset({1}), {"NS": ["1"]}),
        ({b"abc"}, {"BS": ["YWJj"]}),
        ([1, "a"], {"L": [{"N": "1"}, {"S": "a"}]}),
        ((1,), {"L": [{"N": "1"}]}),
        ({"a": {"b": 1}}, {"M": {"a": {"M": {"b": {"N": "1"}}}}}),
        ({}, {"M": {}}),
    ],
)
def test_plain_values_have_the_types_that_one_expects(value, expected):
    assert attribute_value(value) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), "nan is not a number that DynamoDB keeps"),
        (set(), "DynamoDB keeps no empty sets"),
        ({"a", 1}, "the members of a set must be all strings, all numbers or all binary"),
        ({True}, "the members of a set must be all strings, all numbers or all binary"),
        (
            1j,
            "1j is a complex; DynamoDB keeps str, int, Decimal, float, bytes, bool, None, "
            "and dicts, lists and sets of them",
        ),
    ],
)
def test_a_value_that_cannot_be_kept_is_told(value, message):
    with pytest.raises(ValueError) as failure:  # noqa: PT011
        attribute_value(value)
    assert str(failure.value) == message


def test_an_item_in_dynamodb_json_is_taken_as_it_is():
    written = {"pk": {"S": "a"}, "n": {"N": "1"}, "b": {"B": b"abc"}, "bs": {"BS": [b"abc"]}, "m": {"M": {}}}
    assert item_of(written) == {
        "pk": {"S": "a"},
        "n": {"N": "1"},
        "b": {"B": "YWJj"},
        "bs": {"BS": ["YWJj"]},
        "m": {"M": {}},
    }


def test_a_map_that_looks_like_a_value_is_a_map_in_a_plain_item():
    assert item_of({"pk": "a", "size": {"S": "small"}})["size"] == {"M": {"S": {"S": "small"}}}


def test_an_item_shares_nothing_with_what_was_written():
    written = {"pk": {"S": "a"}, "list": {"L": [{"N": "01"}]}}
    item_of(written)["list"]["L"][0]["N"] = "1"
    assert written == {"pk": {"S": "a"}, "list": {"L": [{"N": "01"}]}}


# --- Sources --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "given"),
    [
        ("seed.json", '{"orders": [{"pk": "a", "n": 1.5}]}', "seed.json"),
        ("orders.json", '[{"pk": "a", "n": 1.5}]', "orders.json"),
        ("orders.jsonl", '{"pk": "a", "n": 1.5}\n', "orders.jsonl"),
        ("orders.ndjson", '\n{"pk": {"S": "a"}, "n": {"N": "1.5"}}', "orders.ndjson"),
        ("orders.jsonl", '{"Item": {"pk": {"S": "a"}, "n": {"N": "1.5"}}}', "orders.jsonl"),
        ("other.json", '[{"pk": "a", "n": 1.5}]', {"orders": "other.json"}),
        ("seed.json", '{"orders": [{"pk": "a", "n": 1.5}], "more": []}', {"orders": "seed.json"}),
        ("seed.yaml", "orders:\n- pk: a\n  n: 1.5\n", "seed.yaml"),
        ("directory/orders.json", '[{"pk": "a", "n": 1.5}]', "directory"),
        ("unused.json", "", [{"orders": [{"pk": "a", "n": 1}]}, {"orders": ({"pk": "a", "n": 1.5},)}]),
    ],
)
def test_items_come_from_files_of_several_shapes(seeded, tmp_path, name, text, given):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert seeded(given) == {"a": {"pk": {"S": "a"}, "n": {"N": "1.5"}}}


def test_numbers_in_files_keep_all_their_digits(seeded, tmp_path):
    digits = "12345678901234567890.123456789012345678"
    (tmp_path / "orders.jsonl").write_text(f'{{"pk": "a", "n": {digits}}}', encoding="utf-8")
    assert seeded("orders.jsonl")["a"]["n"] == {"N": digits}


def test_lines_end_at_line_feeds_only(seeded, tmp_path):
    (tmp_path / "orders.jsonl").write_text('{"pk": "a\u2028b"}\n{"pk": "c"}\n', encoding="utf-8")
    assert set(seeded("orders.jsonl")) == {"a\u2028b", "c"}


def test_a_function_gets_a_client(seeded):
    assert set(seeded(lambda client: client.put_item(TableName="orders", Item={"pk": {"S": "a"}}))) == {"a"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"orders": [{"pk": "a"}, "b"]}, "seed: table orders, item 2: an item must be a dict, not a str"),
        ({"orders": [{"pk": "a", "x": 1j}]}, "seed: table orders, item 1: attribute 'x': 1j is a complex; DynamoDB *"),
        ({"orders": [{"pk": "a", 5: 1}]}, "seed: table orders, item 1: the attribute name 5 is not a string"),
        (
            {"orders": [{"pk": {"S": "a"}, "n": {"N": "one"}}]},
            "seed: table orders, item 1: ValidationException: *cannot be converted to a numeric value: one",
        ),
        ({"orders": "bad.json"}, "seed: *bad.json has no items of table orders"),
        ("empty", "seed: *empty holds no files of items *"),
        ("bad.json", "seed: *bad.json, table rows: the items must be a list, not a int"),
    ],
)
def test_a_seed_that_cannot_be_used_is_told_with_its_place(seeded, tmp_path, given, message):
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.json").write_text(json.dumps({"rows": 1}), encoding="utf-8")
    with pytest.raises(DeclarationError) as failure:
        seeded(given)
    assert fnmatch(str(failure.value), message), str(failure.value)
