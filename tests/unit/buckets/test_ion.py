"""Items as Amazon Ion, and back."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from emulator import limits
from emulator.buckets import extras
from emulator.buckets.extras import MissingExtraError
from emulator.buckets.ion import NotIonError, Parser, Writer
from emulator.values.canonical import canonical_item
from emulator.values.types import Item, Wording
from tests.property.values import NAMES, ValueMaker


def parsed(line: bytes) -> list[dict[str, Any]]:
    return list(Parser().documents(line))


def value_of(text: bytes) -> Any:
    (document,) = parsed(b"$ion_1_0 {Item:{a:" + text + b"}}")
    return document["Item"]["a"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'"x"', {"S": "x"}),
        (b"'''x'''", {"S": "x"}),
        (b"103.", {"N": "103"}),
        (b"6d2", {"N": "6E+2"}),
        (b"12345678901234567890123456789012345678.", {"N": "12345678901234567890123456789012345678"}),
        (b"1d-130", {"N": "1E-130"}),
        (b"7", {"N": "7"}),
        (b"1.5e0", {"N": "1.5"}),
        (b"{{AAEC}}", {"B": "AAEC"}),
        (b"true", {"BOOL": True}),
        (b"null", {"NULL": True}),
        (b"null.string", {"NULL": True}),
        (b"null.list", {"NULL": True}),
        (b"null.struct", {"NULL": True}),
        (b'[1, "x", []]', {"L": [{"N": "1"}, {"S": "x"}, {"L": []}]}),
        (b"{b:{}}", {"M": {"b": {"M": {}}}}),
        (b'$dynamodb_SS::["a","b"]', {"SS": ["a", "b"]}),
        (b"$dynamodb_NS::[1.,2.5]", {"NS": ["1", "2.5"]}),
        (b"$dynamodb_BS::[{{AQ==}}]", {"BS": ["AQ=="]}),
        (b"$dynamodb_SS::[]", {"SS": []}),
    ],
)
def test_an_ion_value_is_an_attribute_value(text: bytes, value: Any) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    "text", [b"2026-01-01", b"symbol", b"(1 2)", b'{{"clob"}}', b'$dynamodb_NS::["a"]', b"$dynamodb_SS::[null]"]
)
def test_an_ion_value_that_dynamodb_has_no_type_for_is_refused(text: bytes) -> None:
    with pytest.raises(NotIonError):
        value_of(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"S": "x"}, b'"x"'),
        ({"B": "AAEC"}, b"{{AAEC}}"),
        ({"BOOL": False}, b"false"),
        ({"NULL": True}, b"null"),
        ({"SS": ["a", "b"]}, b'$dynamodb_SS::["a","b"]'),
        ({"BS": ["AQ=="]}, b"$dynamodb_BS::[{{AQ==}}]"),
        ({"L": [{"S": "x"}, {"M": {"b": {"S": "y"}}}]}, b'["x",{b:"y"}]'),
    ],
)
def test_an_attribute_value_is_written_as_the_service_does(value: Any, text: bytes) -> None:
    assert Writer().line({"Item": {"a": value}}) == b"$ion_1_0 {Item:{a:" + text + b"}}\n"


def test_a_line_is_one_line_whatever_it_holds() -> None:
    assert Writer().line({"Item": {"a\nb": {"S": "c\r\nd"}}}).count(b"\n") == 1


@pytest.mark.parametrize("seed", range(20))
def test_items_of_all_types_come_back_as_they_were(seed: int) -> None:
    maker = ValueMaker(Random(seed))
    writer, parser = Writer(), Parser()
    for _ in range(20):
        item: Item = {name: maker.value() for name in maker.some(NAMES, 8)}
        canonical_item(item, Wording.CURRENT)
        (document,) = parser.documents(writer.line({"Item": item}))
        canonical_item(document["Item"], Wording.CURRENT)
        assert document == {"Item": item}


def test_what_nests_too_deep_is_cut_off_one_level_below_what_is_allowed() -> None:
    levels = 0
    value = value_of(b"[" * 60 + b"]" * 60)
    while "L" in value:
        levels, value = levels + 1, value["L"][0]
    assert levels == limits.MAX_NESTING_LEVELS


def test_members_of_documents_beside_items_are_texts() -> None:
    line = b"""{Item:{a:"b"},ConditionExpression:"#a = :b",ExpressionAttributeNames:{'#a':"a"},"""
    line += b"""ExpressionAttributeValues:{':b':1}}"""
    assert parsed(line) == [
        {
            "Item": {"a": {"S": "b"}},
            "ConditionExpression": "#a = :b",
            "ExpressionAttributeNames": {"#a": "a"},
            "ExpressionAttributeValues": {":b": {"N": "1"}},
        }
    ]


@pytest.mark.parametrize("user", [Parser, Writer])
def test_ion_that_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch, user: type) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ION .* pip install 'dynamodb-emulator\[ion\]'"):
        user()
