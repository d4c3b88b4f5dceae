"""What values and items count for, and the limit of 400 KB. Source: values.md 8."""

from __future__ import annotations

import pytest

from emulator.values.numbers import canonical_number, number_size
from emulator.values.sizes import item_size, value_size

from .service import KEY, TOO_LARGE, UPDATE_TOO_LARGE, Service, Value

NINES = "9" * 38


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


def item_of_size(size: int) -> dict[str, Value]:
    """An item of the table `strings` that has so many bytes."""
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
