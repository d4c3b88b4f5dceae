"""What an update statement is charged, and that hostile statements cost no more than linear time."""

from __future__ import annotations

from emulator import limits
from emulator.expressions import compile_update
from emulator.values.types import AttributeValue, Item


class Looked(dict[str, AttributeValue]):
    """Values that count how often they were looked at."""

    def __init__(self, values: Item) -> None:
        super().__init__(values)
        self.looks = 0

    def __getitem__(self, name: str) -> AttributeValue:
        self.looks += 1
        return super().__getitem__(name)


def charge_of(text: str, item: Item, values: Item) -> int:
    update = compile_update(text, {}, dict(values))
    assert update.charge is not None
    return update.charge(item, values, limits.MAX_ITEM_BYTES)


def test_a_value_is_measured_once_however_often_it_is_used() -> None:
    values = Looked({":v": {"S": "x" * 1000}})
    charge_of("SET " + ", ".join(f"a{number} = :v" for number in range(300)), {}, values)
    assert values.looks == 1


def test_a_value_is_charged_at_each_use() -> None:
    once = charge_of("SET a = :v", {}, {":v": {"S": "x" * 1000}})
    twice = charge_of("SET a = :v, b = :v", {}, {":v": {"S": "x" * 1000}})
    assert twice - once == 1000 + 19 + len("b")


def test_members_that_are_there_are_not_looked_for_when_the_statement_is_too_large_without_them() -> None:
    values = Looked({":v": {"SS": ["x" * 100_000]}})
    item: Item = {f"a{number}": {"SS": ["y"]} for number in range(300)}
    charge_of("ADD " + ", ".join(f"a{number} :v" for number in range(300)), item, values)
    assert values.looks == 1


def test_members_that_are_there_are_free() -> None:
    members = [letter * 100_000 for letter in "abcde"]
    absent = charge_of("ADD s :v", {}, {":v": {"SS": members}})
    present = charge_of("ADD s :v", {"s": {"SS": members[:2]}}, {":v": {"SS": members}})
    assert absent - present == 200_000
