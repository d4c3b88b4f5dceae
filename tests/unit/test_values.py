"""What the service accepts as an attribute value, what it makes of it, and how it words refusals.

Source: values.md; tags and examples there.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import orjson
import pytest

from emulator import Emulator
from emulator.values.numbers import canonical_number, number_size
from emulator.values.sizes import item_size, value_size

Value = dict[str, Any]

ENVELOPE = "1 validation error detected: "
INVALID = "One or more parameter values were invalid: "
NOT_A_NUMBER = "The parameter cannot be converted to a numeric value: "
OVERFLOW = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
TOO_PRECISE = "Attempting to store more than 38 significant digits in a Number"
TOO_DEEP = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)
TOO_LARGE = "Item size has exceeded the maximum allowed size"
UPDATE_TOO_LARGE = "Item size to update has exceeded the maximum allowed size"
KEY_MISMATCH = "The provided key element does not match the schema"
NINES = "9" * 38


class Service:
    """An emulator with the tables `strings`, `numbers` and `binaries`, whose only key `pk` is one, and `sorted`."""

    def __init__(self) -> None:
        self.emulator = Emulator()
        for name, kind in (("strings", "S"), ("numbers", "N"), ("binaries", "B")):
            self._create(name, [("pk", kind, "HASH")])
        self._create("sorted", [("pk", "S", "HASH"), ("sk", "S", "RANGE")])

    def _create(self, name: str, keys: list[tuple[str, str, str]]) -> None:
        self.ask(
            "CreateTable",
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind, _ in keys],
            KeySchema=[{"AttributeName": key, "KeyType": role} for key, _, role in keys],
        )

    def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        reply = self.emulator.gateway.call(operation, orjson.dumps(request), "us-east-1")
        answer: dict[str, Any] = orjson.loads(reply.body)
        return answer

    def message(self, operation: str, **request: Any) -> str | None:
        """The message of a refusal; None if the request is accepted."""
        answer = self.ask(operation, **request)
        return answer["message"] if "__type" in answer else None

    def put(self, value: Value, table: str = "strings") -> str | None:
        return self.message("PutItem", TableName=table, Item={"pk": {"S": "p"}, "a": value})

    def stored(self, value: Value) -> Value:
        """What the service returns for a value that was put."""
        assert self.put(value) is None
        item: dict[str, Value] = self.ask("GetItem", TableName="strings", Key={"pk": {"S": "p"}})["Item"]
        return item["a"]


@pytest.fixture(scope="module")
def service() -> Service:
    return Service()


# --- How a fault is worded, by operation (values.md 1) ------------------------------------------------

KEY = {"pk": {"S": "p"}}


def requests_with(value: Value) -> dict[str, dict[str, Any]]:
    """A request of each operation with a value that it judges before the table."""
    values = {":v": value}
    return {
        "PutItem": {"TableName": "strings", "Item": {**KEY, "a": value}},
        "UpdateItem": {
            "TableName": "strings",
            "Key": KEY,
            "UpdateExpression": "SET a = :v",
            "ExpressionAttributeValues": values,
        },
        "DeleteItem": {
            "TableName": "strings",
            "Key": KEY,
            "ConditionExpression": "a = :v",
            "ExpressionAttributeValues": values,
        },
        "GetItem": {"TableName": "strings", "Key": {"pk": value}},
        "BatchGetItem": {"RequestItems": {"strings": {"Keys": [{"pk": value}]}}},
        "Query": {
            "TableName": "strings",
            "KeyConditionExpression": "pk = :p",
            "FilterExpression": "a = :v",
            "ExpressionAttributeValues": {":p": {"S": "p"}, **values},
        },
        "Scan": {"TableName": "strings", "FilterExpression": "a = :v", "ExpressionAttributeValues": values},
        "BatchWriteItem": {"RequestItems": {"strings": [{"PutRequest": {"Item": {**KEY, "a": value}}}]}},
    }


ENVELOPED = ("PutItem", "UpdateItem", "DeleteItem")
BARE = ("GetItem", "BatchGetItem", "Query")
WRAPPED = "ExpressionAttributeValues contains invalid value: {} for key :v"

# Each fault with its message in the current layer and in the older one.
WORDINGS: list[tuple[str, Value, str, str]] = [
    ("text", {"N": "abc"}, NOT_A_NUMBER + "abc", NOT_A_NUMBER + "abc"),
    ("no text", {"N": ""}, NOT_A_NUMBER, "The parameter cannot be converted to a numeric value"),
    ("overflow", {"N": "1e126"}, OVERFLOW, OVERFLOW),
    ("a 32-bit exponent", {"N": "1e2147483647"}, OVERFLOW, UNDERFLOW),
    ("precision", {"N": "1" * 39}, TOO_PRECISE, TOO_PRECISE),
    (
        "repeated strings",
        {"SS": ["b", "a", "b"]},
        INVALID + 'Input collection ["a", "b", "b"] contains duplicates.',
        INVALID + "Input collection [b, a, b] contains duplicates.",
    ),
    (
        "repeated binaries",
        {"BS": ["/w==", "AA==", "AA=="]},
        INVALID + 'Input collection ["AA==","/w==","AA=="]of type BS contains duplicates.',
        INVALID + "Input collection [/w==, AA==, AA==]of type BS contains duplicates.",
    ),
    (
        "repeated numbers",
        {"NS": ["1", "1.0"]},
        INVALID + "Input collection contains duplicates.",
        "Input collection contains duplicates",
    ),
    (
        "no strings",
        {"SS": []},
        INVALID + "An string set  may not be empty",
        INVALID + "An string set  may not be empty",
    ),
    (
        "NULL false",
        {"NULL": False},
        INVALID + "Null attribute value types must have the value of true",
        INVALID + "Null attribute value types must have the value of true",
    ),
]
wordings = pytest.mark.parametrize(
    ("value", "current", "older"), [case[1:] for case in WORDINGS], ids=[case[0] for case in WORDINGS]
)


@pytest.mark.parametrize("operation", ENVELOPED)
@wordings
def test_single_writes_use_the_current_wording_in_the_envelope(
    service: Service, operation: str, value: Value, current: str, older: str
) -> None:
    assert service.message(operation, **requests_with(value)[operation]) == ENVELOPE + current


@pytest.mark.parametrize("operation", BARE)
@wordings
def test_reads_by_key_use_the_current_wording_bare(
    service: Service, operation: str, value: Value, current: str, older: str
) -> None:
    assert service.message(operation, **requests_with(value)[operation]) == current


@wordings
def test_batch_writes_use_the_older_wording_bare(service: Service, value: Value, current: str, older: str) -> None:
    assert service.message("BatchWriteItem", **requests_with(value)["BatchWriteItem"]) == older


@wordings
def test_scans_use_the_older_wording_and_name_the_placeholder(
    service: Service, value: Value, current: str, older: str
) -> None:
    assert service.message("Scan", **requests_with(value)["Scan"]) == WRAPPED.format(older)


# --- Shape (values.md 2) ------------------------------------------------------------------------------

EMPTY = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
AMBIGUOUS = (
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, EMPTY),
        ({"a": ""}, EMPTY),
        ({"S": None}, EMPTY),
        ({"L": [{}]}, EMPTY),
        ({"M": {"x": {}}}, EMPTY),
        ({"S": "a", "N": "1"}, AMBIGUOUS),
        ({"S": "a", "N": "b"}, NOT_A_NUMBER + "b"),
        ({"M": {"": {"S": "x"}}}, "Empty attribute name"),
    ],
)
def test_a_value_has_exactly_one_type_and_named_members(service: Service, value: Value, message: str) -> None:
    assert service.put(value) == ENVELOPE + message


@pytest.mark.parametrize("value", [{"S": "x", "other": 1}, {"S": "x", "N": None}])
def test_unknown_and_null_members_of_a_value_are_ignored(service: Service, value: Value) -> None:
    assert service.stored(value) == {"S": "x"}


def test_an_attribute_has_a_name(service: Service) -> None:
    message = service.message("PutItem", TableName="strings", Item={**KEY, "": {"S": "x"}})
    assert message == ENVELOPE + "Empty attribute name"


@pytest.mark.parametrize("name", ["n" * 65_535, "é" * 32_767])
def test_an_attribute_name_may_have_65535_bytes(service: Service, name: str) -> None:
    assert service.message("PutItem", TableName="strings", Item={**KEY, name: {"S": "x"}}) is None


@pytest.mark.parametrize("name", ["n" * 65_536, "é" * 32_768])
def test_an_attribute_name_may_not_have_more(service: Service, name: str) -> None:
    message = service.message("PutItem", TableName="strings", Item={**KEY, name: {"S": "x"}})
    assert message == ENVELOPE + "Attribute name is too large, must be less than 65536 bytes"


@pytest.mark.parametrize(
    "value",
    [
        {"S": ""},
        {"B": ""},
        {"L": []},
        {"M": {}},
        {"SS": [""]},
        {"BS": [""]},
        {"BOOL": True},
        {"BOOL": False},
        {"NULL": True},
        {"L": [{"S": ""}, {"N": "1"}, {"L": [{"BOOL": False}]}, {"S": ""}]},
        {"M": {"a": {"B": ""}, "b.c": {"M": {}}, "é \n": {"S": "\x00\U0001f600"}}},
    ],
)
def test_a_value_comes_back_as_it_was_put(service: Service, value: Value) -> None:
    assert service.stored(value) == value


# --- Numbers (values.md 5) ----------------------------------------------------------------------------

CANONICAL_FORMS = [
    ("+5", "5"),
    ("+1.5", "1.5"),
    ("+0", "0"),
    ("-0", "0"),
    ("-0.0", "0"),
    ("0.0", "0"),
    ("0e5", "0"),
    ("0e-5", "0"),
    ("0e125", "0"),
    ("0.0e126", "0"),
    ("+1e2", "100"),
    ("1e+2", "100"),
    ("1.5E+3", "1500"),
    (".5", "0.5"),
    ("+.5", "0.5"),
    ("-.5", "-0.5"),
    ("5.", "5"),
    ("1.e5", "100000"),
    ("00042", "42"),
    ("+1e-2", "0.01"),
    ("0042.1200", "42.12"),
    ("100.000", "100"),
    ("1.5e2", "150"),
    ("123e-2", "1.23"),
    ("-0015.789e6", "-15789000"),
    ("1e-20", "0.00000000000000000001"),
    ("1E125", "1" + "0" * 125),
    ("1E-130", "0." + "0" * 129 + "1"),
    ("0.1e126", "1" + "0" * 125),
    ("9." + "9" * 37 + "E125", NINES + "0" * 88),
    ("-9." + "9" * 37 + "E125", "-" + NINES + "0" * 88),
    ("00012345678901234567890123456789012345678000", "12345678901234567890123456789012345678000"),
]
NOT_NUMBERS = (
    *("+e2", "e2", "+1+2", "1+2", "1.2.3", "++5", "+-5", "-+5", "+", "-", "1e", "1e+", ".", "1.2e3.4", "0x5"),
    *("NaN", "-NaN", "Infinity", "-Infinity", "1_000", " 5", "5 ", "1 5", "", "1\n", "\u0663", "1e9223372036854775808"),
)
OUT_OF_LIMITS = [
    ("1e126", OVERFLOW),
    ("-1e126", OVERFLOW),
    ("11e125", OVERFLOW),
    ("0e126", OVERFLOW),
    ("1e99999999999", OVERFLOW),
    ("1e9223372036854775807", OVERFLOW),
    ("1e-131", UNDERFLOW),
    ("0.9e-130", UNDERFLOW),
    ("0e-131", UNDERFLOW),
    ("1e-99999999999", UNDERFLOW),
    ("1e-9223372036854775808", UNDERFLOW),
    ("1" * 39, TOO_PRECISE),
    ("1" * 40, TOO_PRECISE),
    ("0." + "1" * 39, TOO_PRECISE),
    ("1" + "0" * 37 + "1", TOO_PRECISE),
    ("1" * 39 + "e200", OVERFLOW),
    ("1" * 39 + "e-200", UNDERFLOW),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL_FORMS)
def test_a_number_comes_back_as_plain_decimal_text(service: Service, text: str, canonical: str) -> None:
    assert service.stored({"N": text}) == {"N": canonical}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL_FORMS)
def test_a_number_in_a_set_or_document_takes_the_same_form(service: Service, text: str, canonical: str) -> None:
    assert service.stored({"L": [{"NS": [text]}, {"M": {"x": {"N": text}}}]}) == {
        "L": [{"NS": [canonical]}, {"M": {"x": {"N": canonical}}}]
    }


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_other_text_is_no_number(service: Service, text: str) -> None:
    assert service.put({"N": text}) == ENVELOPE + NOT_A_NUMBER + text


@pytest.mark.parametrize(("text", "message"), OUT_OF_LIMITS)
def test_a_number_has_38_digits_and_a_limited_magnitude(service: Service, text: str, message: str) -> None:
    assert service.put({"N": text}) == ENVELOPE + message


@pytest.mark.parametrize(
    "wrap", [lambda n: {"NS": [n]}, lambda n: {"L": [{"N": n}]}, lambda n: {"M": {"x": {"NS": [n]}}}]
)
def test_a_bad_number_is_found_wherever_it_is(service: Service, wrap: Any) -> None:
    assert service.put(wrap("1e126")) == ENVELOPE + OVERFLOW


@pytest.mark.parametrize("text", ["1000", "1e3", "+1000", "01000", "1000.0"])
def test_a_numeric_key_is_the_same_in_every_spelling(service: Service, text: str) -> None:
    service.ask("PutItem", TableName="numbers", Item={"pk": {"N": "1000"}, "a": {"S": "found"}})
    answer = service.ask("GetItem", TableName="numbers", Key={"pk": {"N": text}})
    assert answer["Item"] == {"pk": {"N": "1000"}, "a": {"S": "found"}}


@pytest.mark.parametrize(
    ("start", "operator", "step", "result"),
    [
        ("1", "+", "2", "3"),
        ("0.1", "+", "0.2", "0.3"),
        ("5", "-", "7.5", "-2.5"),
        ("1e37", "+", "1", "1" + "0" * 36 + "1"),
        (NINES, "+", "1", "1" + "0" * 38),
        ("1e-130", "-", "1e-130", "0"),
        ("9e125", "-", "8e125", "1" + "0" * 125),
    ],
)
def test_arithmetic_is_exact(service: Service, start: str, operator: str, step: str, result: str) -> None:
    assert service.stored({"N": start})
    answer = _calculate(service, operator, step)
    assert answer["Attributes"]["a"] == {"N": result}


@pytest.mark.parametrize(
    ("start", "operator", "step"),
    [("9e125", "+", "9e125"), ("1e50", "+", "1"), ("1e50", "-", "1"), ("1e38", "+", "0.1")],
)
def test_a_result_out_of_limits_is_an_overflow(service: Service, start: str, operator: str, step: str) -> None:
    assert service.stored({"N": start})
    assert _calculate(service, operator, step)["message"].endswith(OVERFLOW)


def _calculate(service: Service, operator: str, step: str) -> dict[str, Any]:
    return service.ask(
        "UpdateItem",
        TableName="strings",
        Key=KEY,
        UpdateExpression=f"SET a = a {operator} :step",
        ExpressionAttributeValues={":step": {"N": step}},
        ReturnValues="UPDATED_NEW",
    )


# --- Sets (values.md 6) -------------------------------------------------------------------------------


def binary(content: bytes) -> str:
    return b64encode(content).decode()


@pytest.mark.parametrize(
    ("value", "returned"),
    [
        ({"SS": ["b", "a", "", "B"]}, {"SS": ["", "B", "a", "b"]}),
        ({"SS": ["\U0001f600", "\uffff", "é", "z"]}, {"SS": ["z", "é", "\uffff", "\U0001f600"]}),
        ({"NS": ["10", "9", "-1", "1e2", "0.5", "-20"]}, {"NS": ["-20", "-1", "0.5", "9", "10", "100"]}),
        (
            {"BS": [binary(b"\x80"), binary(b"\x7f"), binary(b"\x7f\x00"), ""]},
            {"BS": ["", binary(b"\x7f"), binary(b"\x7f\x00"), binary(b"\x80")]},
        ),
    ],
)
def test_a_set_comes_back_in_the_service_s_order(service: Service, value: Value, returned: Value) -> None:
    assert service.stored(value) == returned


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"SS": []}, "An string set  may not be empty"),
        ({"NS": []}, "An number set  may not be empty"),
        ({"BS": []}, "Binary sets should not be empty"),
        ({"L": [{"SS": []}]}, "An string set  may not be empty"),
        ({"M": {"x": {"NS": []}}}, "An number set  may not be empty"),
        ({"SS": ["a", None]}, "An string set may not have a null string as a member"),
    ],
)
def test_a_set_has_members(service: Service, value: Value, message: str) -> None:
    assert service.put(value) == ENVELOPE + INVALID + message


@pytest.mark.parametrize("kind", ["NS", "BS"])
def test_no_set_has_null_for_a_member(service: Service, kind: str) -> None:
    assert "may not have a null" in (service.put({kind: [None]}) or "")


@pytest.mark.parametrize("members", [["1", "1.0"], ["1e2", "100", "5"], ["0", "-0"]])
def test_equal_numbers_are_one_member_in_any_spelling(service: Service, members: list[str]) -> None:
    assert service.put({"NS": members}) == ENVELOPE + INVALID + "Input collection contains duplicates."


def test_an_empty_text_in_a_number_set_is_no_number(service: Service) -> None:
    assert service.put({"NS": [""]}) == ENVELOPE + NOT_A_NUMBER


# --- Nesting (values.md 7) ----------------------------------------------------------------------------


def nested(levels: int, kind: str) -> Value:
    """A scalar inside so many maps or lists."""
    value: Value = {"S": "leaf"}
    for _ in range(levels):
        value = {"M": {"x": value}} if kind == "M" else {"L": [value]}
    return value


@pytest.mark.parametrize("kind", ["M", "L"])
def test_a_leaf_may_be_on_level_32(service: Service, kind: str) -> None:
    assert service.stored(nested(31, kind)) == nested(31, kind)


@pytest.mark.parametrize("kind", ["M", "L"])
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_leaf_may_not_be_deeper(service: Service, operation: str, kind: str) -> None:
    request = requests_with(nested(32, kind))[operation]
    assert service.message(operation, **request) == ENVELOPE + TOO_DEEP


def test_batch_writes_word_the_depth_bare(service: Service) -> None:
    request = requests_with(nested(32, "M"))["BatchWriteItem"]
    assert service.message("BatchWriteItem", **request) == TOO_DEEP


def test_depth_is_judged_before_the_table(service: Service) -> None:
    item = {**KEY, "a": nested(32, "M")}
    assert service.message("PutItem", TableName="absent", Item=item) == ENVELOPE + TOO_DEEP


def test_depth_is_reported_before_an_empty_nested_name(service: Service) -> None:
    assert service.put({"M": {"": nested(32, "M")}}) == ENVELOPE + TOO_DEEP


# --- Sizes (values.md 8) ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("12", 2),
        ("123", 3),
        ("1234", 3),
        (NINES, 20),
        ("0042", 2),
        ("100", 2),
        ("1010", 3),
        ("0.0000001", 2),
        ("1E125", 2),
        ("1E-100", 2),
        ("1.5", 3),
        ("15", 2),
        ("1.2", 3),
        ("1.200", 3),
        ("1.234", 4),
        ("3.14159", 5),
        ("123456", 4),
        ("100.5", 4),
        ("0.15", 2),
        ("-42", 3),
        ("-0", 1),
    ],
)
def test_numbers_have_the_sizes_that_were_measured(text: str, size: int) -> None:
    assert number_size(canonical_number(text)) == size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é€\U0001f600"}, 9),
        ({"B": ""}, 0),
        ({"B": "AA=="}, 1),
        ({"B": "AAA="}, 2),
        ({"B": "AAAA"}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["", "a", "bc"]}, 3),
        ({"NS": ["0", "1", "-42"]}, 6),
        ({"BS": ["", "AA==", "AAAA"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "aa"}, {"S": "b"}]}, 8),
        ({"M": {}}, 3),
        ({"M": {"ké": {"S": "v"}}}, 8),
        ({"L": [{"M": {"a": {"S": "b"}}}]}, 10),
    ],
)
def test_a_value_has_the_size_of_its_parts(value: Value, size: int) -> None:
    assert value_size(value) == size


def test_names_count_in_utf_8() -> None:
    assert item_size({"pk": {"S": "p"}, "é": {"N": "100"}}) == 2 + 1 + 2 + 2


@pytest.mark.parametrize(
    ("value", "units"),
    [
        ({"L": [{"S": "aa"}] * 500}, 2),
        ({"L": [{"S": "aa"}] * 1_500}, 5),
        ({"L": [{"S": "aa"}] * 3_000}, 9),
        ({"M": {f"k{at}": {"S": "v"} for at in range(800)}}, 5),
        ({"L": [{"M": {"a": {"S": "b"}}}] * 500}, 4),
        ({"L": [{"S": "aa"}] * 130_000}, 381),
    ],
)
def test_documents_cost_the_units_that_were_measured(service: Service, value: Value, units: int) -> None:
    service.ask("DeleteItem", TableName="strings", Key=KEY)
    answer = service.ask("PutItem", TableName="strings", Item={**KEY, "a": value}, ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"]["CapacityUnits"] == units


def item_of_size(size: int, table: str = "strings") -> dict[str, Value]:
    """An item of the table `s` that has so many bytes."""
    return {**KEY, "a": {"S": "x" * (size - len("pk") - len("p") - len("a"))}}


def test_an_item_may_have_400_kilobytes(service: Service) -> None:
    assert service.message("PutItem", TableName="strings", Item=item_of_size(409_600)) is None


def test_an_item_may_not_have_a_byte_more(service: Service) -> None:
    assert (service.message("PutItem", TableName="strings", Item=item_of_size(409_601)) or "").endswith(TOO_LARGE)


@pytest.mark.parametrize(("size", "message"), [(409_600, None), (409_601, TOO_LARGE)])
def test_batch_writes_have_the_same_limit(service: Service, size: int, message: str | None) -> None:
    writes = [{"PutRequest": {"Item": item_of_size(size)}}]
    assert service.message("BatchWriteItem", RequestItems={"strings": writes}) == message


@pytest.mark.parametrize("size", [409_601, 500_000])
def test_the_size_of_a_put_is_judged_after_the_table(service: Service, size: int) -> None:
    message = service.message("PutItem", TableName="absent", Item=item_of_size(size))
    assert message == "Requested resource not found"


def test_the_spelling_of_numbers_does_not_count(service: Service) -> None:
    long_zero = {"N": "0." + "0" * 100}
    item = {**item_of_size(409_600 - len("n") - 1), "n": long_zero}
    assert service.message("PutItem", TableName="strings", Item=item) is None


# A one-byte key value under a two-byte name and one `SET b = :v`: the statement is charged 3 + 19 + 1 + the value.
@pytest.mark.parametrize(("finished", "message"), [(409_581, None), (409_582, UPDATE_TOO_LARGE)])
def test_an_update_is_limited_by_the_size_of_its_statement(
    service: Service, finished: int, message: str | None
) -> None:
    service.ask("DeleteItem", TableName="strings", Key=KEY)
    answer = service.message(
        "UpdateItem",
        TableName="strings",
        Key=KEY,
        UpdateExpression="SET b = :v",
        ExpressionAttributeValues={":v": {"S": "x" * (finished - len("pk") - len("p") - len("b"))}},
    )
    assert answer == message


@pytest.mark.parametrize(("finished", "message"), [(409_600, None), (409_601, UPDATE_TOO_LARGE)])
def test_with_a_longer_key_the_finished_item_is_what_counts(
    service: Service, finished: int, message: str | None
) -> None:
    key = {"pk": {"S": "k" * 20}}
    answer = service.message(
        "UpdateItem",
        TableName="strings",
        Key=key,
        UpdateExpression="SET b = :v",
        ExpressionAttributeValues={":v": {"S": "x" * (finished - len("pk") - 20 - len("b"))}},
    )
    assert answer == message


# --- Keys (values.md 9) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"pk": {"S": "p"}},
        {"sk": {"S": "s"}},
        {"pk": {"S": "p"}, "sk": {"S": "s"}, "more": {"S": "x"}},
        {"pk": {"S": "p"}, "other": {"S": "s"}},
        {"pk": {"N": "1"}, "sk": {"S": "s"}},
        {"pk": {"S": "p"}, "sk": {"B": "AA=="}},
        {"pk": {"S": "p"}, "sk": {"NULL": True}},
        {"pk": {"S": "p"}, "sk": {"L": [{"S": "s"}]}},
        {"pk": {"SS": ["p"]}, "sk": {"S": "s"}},
    ],
)
@pytest.mark.parametrize("operation", ["GetItem", "DeleteItem", "UpdateItem"])
def test_a_key_has_exactly_the_key_attributes(service: Service, operation: str, key: dict[str, Value]) -> None:
    assert service.message(operation, TableName="sorted", Key=key) == KEY_MISMATCH


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "Missing the key pk in the item"),
        ({"sk": {"S": "s"}}, "Missing the key pk in the item"),
        ({"pk": {"S": "p"}}, "Missing the key sk in the item"),
        ({"pk": {"N": "1"}}, "Type mismatch for key pk expected: S actual: N"),
        ({"pk": {"S": "p"}, "sk": {"M": {}}}, "Type mismatch for key sk expected: S actual: M"),
    ],
)
def test_an_item_that_is_put_holds_its_key(service: Service, item: dict[str, Value], message: str) -> None:
    assert service.message("PutItem", TableName="sorted", Item=item) == INVALID + message


def empty_key(kind: str, name: str = "pk") -> str:
    return (
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
        f"an empty {kind} value. Key: {name}"
    )


@pytest.mark.parametrize(
    ("table", "value", "kind"), [("strings", {"S": ""}, "string"), ("binaries", {"B": ""}, "binary")]
)
@pytest.mark.parametrize(
    ("operation", "member"), [("PutItem", "Item"), ("GetItem", "Key"), ("UpdateItem", "Key"), ("DeleteItem", "Key")]
)
def test_a_key_value_is_not_empty(
    service: Service, operation: str, member: str, table: str, value: Value, kind: str
) -> None:
    request = {"TableName": table, member: {"pk": value}}
    assert service.message(operation, **request) == empty_key(kind)


LONG_HASH = INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"
LONG_RANGE = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"


@pytest.mark.parametrize(
    ("pk", "sk", "message"),
    [
        ("x" * 2048, "x" * 1024, None),
        ("é" * 1024, "é" * 512, None),
        ("x" * 2049, "s", LONG_HASH),
        ("é" * 1024 + "x", "s", LONG_HASH),
        ("p", "x" * 1025, LONG_RANGE),
        ("p", "é" * 512 + "x", LONG_RANGE),
        ("x" * 2049, "x" * 1025, LONG_HASH),
        ("x" * 2049, "", LONG_HASH),
        ("p", "", empty_key("string", "sk")),
    ],
)
@pytest.mark.parametrize(("operation", "member"), [("PutItem", "Item"), ("GetItem", "Key"), ("DeleteItem", "Key")])
def test_a_partition_key_has_2048_bytes_at_most_and_a_sort_key_1024(
    service: Service, operation: str, member: str, pk: str, sk: str, message: str | None
) -> None:
    request = {"TableName": "sorted", member: {"pk": {"S": pk}, "sk": {"S": sk}}}
    assert service.message(operation, **request) == message


@pytest.mark.parametrize(("length", "message"), [(2048, None), (2049, LONG_HASH)])
def test_binary_keys_are_measured_in_their_own_bytes(service: Service, length: int, message: str | None) -> None:
    assert service.message("PutItem", TableName="binaries", Item={"pk": {"B": binary(bytes(length))}}) == message
