"""Filter patterns: which records an event source mapping lets pass."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from emulator.streams.event_filters import compile_filter, compile_filters

RECORD = {
    "eventID": "c4ca4238a0b923820dcc509a6f75849b",
    "eventName": "MODIFY",
    "eventSource": "aws:dynamodb",
    "dynamodb": {
        "ApproximateCreationDateTime": 1_767_268_800,
        "Keys": {"id": {"S": "order#17"}},
        "NewImage": {
            "id": {"S": "order#17"},
            "status": {"S": "Shipped"},
            "note": {"S": ""},
            "total": {"N": "42"},
            "paid": {"BOOL": True},
            "coupon": {"NULL": True},
            "tags": {"SS": ["fragile", "gift"]},
            "lines": {"L": [{"M": {"sku": {"S": "A"}, "n": {"N": "1"}}}, {"M": {"sku": {"S": "B"}, "n": {"N": "2"}}}]},
            "address": {"M": {"city": {"S": "Bern"}}},
            "labels": {"L": []},
        },
        "SequenceNumber": "100000000000000000002",
        "SizeBytes": 120,
        "StreamViewType": "NEW_IMAGE",
    },
}


def new_image(**attributes: Any) -> dict[str, Any]:
    return {"dynamodb": {"NewImage": attributes}}


def matches(pattern: Any) -> bool:
    return compile_filter(pattern)(RECORD)


MATCHING = {
    "a value": {"eventName": ["MODIFY"]},
    "one of several values": {"eventName": ["INSERT", "MODIFY"]},
    "a nested value": new_image(status={"S": ["Shipped"]}),
    "the empty text": new_image(note={"S": [""]}),
    "a truth value": new_image(paid={"BOOL": [True]}),
    "a number of an item is a text": new_image(total={"N": ["42"]}),
    "a number of the record is a number": {"dynamodb": {"SizeBytes": [120]}},
    "a number, written otherwise": {"dynamodb": {"SizeBytes": [1.2e2]}},
    "several members": {"eventName": ["MODIFY"], **new_image(status={"S": ["Shipped"]}, total={"N": ["42"]})},
    "an element of a set": new_image(tags={"SS": ["gift"]}),
    "an object of a list": new_image(lines={"L": {"M": {"sku": {"S": ["B"]}}}}),
    "an object of a list, in all its members": new_image(lines={"L": {"M": {"sku": {"S": ["B"]}, "n": {"N": ["2"]}}}}),
    "prefix": new_image(id={"S": [{"prefix": "order#"}]}),
    "suffix": new_image(id={"S": [{"suffix": "17"}]}),
    "equals-ignore-case": new_image(status={"S": [{"equals-ignore-case": "sHIPPED"}]}),
    "anything-but another value": new_image(status={"S": [{"anything-but": "new"}]}),
    "anything-but other values": new_image(status={"S": [{"anything-but": ["new", "paid"]}]}),
    "anything-but a number": {"dynamodb": {"SizeBytes": [{"anything-but": [119, 121]}]}},
    "anything-but another prefix": new_image(status={"S": [{"anything-but": {"prefix": "x"}}]}),
    "anything-but another suffix": new_image(status={"S": [{"anything-but": {"suffix": ["x", "y"]}}]}),
    "exists": new_image(status={"S": [{"exists": True}]}),
    "does not exist": new_image(missing={"S": [{"exists": False}]}),
    "does not exist, nor what it would be in": {"dynamodb": {"OldImage": {"status": {"S": [{"exists": False}]}}}},
    "does not exist as a plain value": new_image(address=[{"exists": False}]),
    "numeric equality": {"dynamodb": {"SizeBytes": [{"numeric": ["=", 120]}]}},
    "a numeric bound": {"dynamodb": {"SizeBytes": [{"numeric": [">", 119.5]}]}},
    "a numeric range with its ends": {"dynamodb": {"SizeBytes": [{"numeric": [">=", 120, "<=", 120.5]}]}},
    "a value or a comparison": new_image(status={"S": ["new", {"prefix": "Ship"}]}),
    "one of several objects": {"$or": [{"eventName": ["INSERT"]}, new_image(total={"N": ["42"]})]},
    "one of several objects and more": {"$or": [{"eventName": ["MODIFY"]}], "eventSource": ["aws:dynamodb"]},
    "one of several objects further down": new_image(**{"$or": [{"x": {"S": ["y"]}}, {"paid": {"BOOL": [True]}}]}),
}

OTHER = {
    "another value": {"eventName": ["INSERT"]},
    "a value in another case": {"eventName": ["modify"]},
    "a part of a value": new_image(status={"S": ["Ship"]}),
    "a value of another type": new_image(status={"N": ["Shipped"]}),
    "a number for a text": new_image(total={"N": [42]}),
    "a text for a number": {"dynamodb": {"SizeBytes": ["120"]}},
    "a number for a truth value": new_image(paid={"BOOL": [1]}),
    "null for a text": new_image(note={"S": [None]}),
    "null for what is missing": new_image(missing={"S": [None]}),
    "one member of two": {"eventName": ["MODIFY"], "eventSource": ["aws:kinesis"]},
    "an object of a list that has each member elsewhere": new_image(
        lines={"L": {"M": {"sku": {"S": ["B"]}, "n": {"N": ["1"]}}}}
    ),
    "a value where there is an object": {"dynamodb": ["NEW_IMAGE"]},
    "an object where there is a value": {"eventName": {"x": ["MODIFY"]}},
    "another prefix": new_image(id={"S": [{"prefix": "invoice#"}]}),
    "another suffix": new_image(id={"S": [{"suffix": "18"}]}),
    "the prefix of a number": {"dynamodb": {"SizeBytes": [{"prefix": "1"}]}},
    "equals-ignore-case of a part": new_image(status={"S": [{"equals-ignore-case": "ship"}]}),
    "anything-but the value": new_image(status={"S": [{"anything-but": ["new", "Shipped"]}]}),
    "anything-but the prefix": new_image(status={"S": [{"anything-but": {"prefix": "Ship"}}]}),
    "anything-but of what is missing": new_image(missing={"S": [{"anything-but": ["new"]}]}),
    "exists, of what is missing": new_image(missing={"S": [{"exists": True}]}),
    "exists, of an object": new_image(address=[{"exists": True}]),
    "exists, of an empty list": new_image(labels={"L": [{"exists": True}]}),
    "does not exist, of what is there": new_image(status={"S": [{"exists": False}]}),
    "numeric, of a number of an item": new_image(total={"N": [{"numeric": ["=", 42]}]}),
    "numeric, beside the bound": {"dynamodb": {"SizeBytes": [{"numeric": [">", 120]}]}},
    "numeric, beyond the range": {"dynamodb": {"SizeBytes": [{"numeric": [">", 0, "<", 120]}]}},
    "none of several objects": {"$or": [{"eventName": ["INSERT"]}, {"eventName": ["REMOVE"]}]},
    "one of several objects, but not the rest": {"$or": [{"eventName": ["MODIFY"]}], "eventSource": ["aws:kinesis"]},
}


@pytest.mark.parametrize("pattern", MATCHING.values(), ids=MATCHING)
def test_a_record_passes(pattern: Any) -> None:
    assert matches(pattern)


@pytest.mark.parametrize("pattern", OTHER.values(), ids=OTHER)
def test_a_record_does_not_pass(pattern: Any) -> None:
    assert not matches(pattern)


@pytest.mark.parametrize("pattern", [*MATCHING.values(), *OTHER.values()])
def test_a_pattern_may_be_given_as_json(pattern: Any) -> None:
    assert matches(json.dumps(pattern)) == matches(pattern)


def test_null_matches_null() -> None:
    assert compile_filter({"x": [None]})({"x": None})


FILTERS = [{"eventName": ["INSERT"]}, {"eventName": ["MODIFY"]}]
AS_TEMPLATES = [{"Pattern": json.dumps(pattern)} for pattern in FILTERS]


@pytest.mark.parametrize("filters", [FILTERS, tuple(FILTERS), AS_TEMPLATES, {"Filters": AS_TEMPLATES}])
def test_filters_are_a_list_of_patterns_also_as_templates_have_them(filters: Any) -> None:
    assert [passes(RECORD) for passes in compile_filters(filters)] == [False, True]


INVALID = [
    ("{", "no JSON"),
    (json.dumps({"eventName": ["x" * 5000]}), "at most 4096 characters, not 5019"),
    ({}, "at its top: an empty object"),
    ({"dynamodb": {}}, "at dynamodb: an empty object"),
    ({"eventName": []}, "at eventName: an empty list"),
    ({"eventName": "INSERT"}, 'at eventName: a value is given as a list, such as ["INSERT"]'),
    (new_image(total={"N": 5}), "at dynamodb.NewImage.total.N: a value is given as a list"),
    ({"eventName": [["INSERT"]]}, "neither a value nor"),
    ({"eventName": [{"prefix": "a", "suffix": "b"}]}, "neither a value nor an object with one comparison"),
    ({"eventName": [{"wildcard": "a*"}]}, "unknown comparison 'wildcard'; there are prefix, suffix,"),
    ({"eventName": [{"prefix": 5}]}, "at eventName.prefix: a text is needed"),
    ({"eventName": [{"suffix": None}]}, "at eventName.suffix: a text is needed"),
    ({"eventName": [{"equals-ignore-case": ["a"]}]}, "at eventName.equals-ignore-case: a text is needed"),
    ({"eventName": [{"exists": "true"}]}, "at eventName.exists: true or false is needed"),
    ({"eventName": [{"anything-but": []}]}, "at eventName.anything-but: texts or numbers are needed"),
    ({"eventName": [{"anything-but": None}]}, "at eventName.anything-but: texts or numbers are needed"),
    ({"eventName": [{"anything-but": {"exists": True}}]}, "an object with prefix or suffix"),
    ({"eventName": [{"anything-but": {"prefix": 5}}]}, "at eventName.anything-but.prefix: a text is needed"),
    ({"x": [{"numeric": 5}]}, "at x.numeric: a comparison such as"),
    ({"x": [{"numeric": [">"]}]}, "at x.numeric: a comparison such as"),
    ({"x": [{"numeric": ["!=", 5]}]}, "unknown comparison '!='"),
    ({"x": [{"numeric": [">", "5"]}]}, "the bounds must be numbers"),
    ({"x": [{"numeric": [">", True]}]}, "the bounds must be numbers"),
    ({"x": [{"numeric": ["<", 9, ">", 5]}]}, "lower bound first"),
    ({"x": [{"numeric": [">", 9, "<", 5]}]}, "its upper bound above that"),
    ({"x": [{"numeric": ["=", 5, "<", 9]}]}, "lower bound first"),
    ({"$or": {"x": ["y"]}}, "at $or: a list of objects is needed"),
    ({"$or": []}, "at $or: a list of objects is needed"),
    ({"$or": [{"x": "y"}]}, "at $or[0].x: a value is given as a list"),
]


@pytest.mark.parametrize(("pattern", "message"), INVALID)
def test_a_pattern_that_is_none_is_refused_with_the_place_and_the_reason(pattern: Any, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)) as refused:
        compile_filter(pattern)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("pattern", [5, None, "5", ["eventName"]])
def test_a_pattern_is_an_object(pattern: Any) -> None:
    with pytest.raises(TypeError, match="a filter pattern is a dictionary or its JSON text"):
        compile_filter(pattern)


@pytest.mark.parametrize("filters", [{"eventName": ["INSERT"]}, '{"eventName": ["INSERT"]}', 5, None])
def test_filters_that_are_no_list_are_refused(filters: Any) -> None:
    with pytest.raises(TypeError, match="filters takes a list of patterns"):
        compile_filters(filters)


def test_there_are_at_most_ten_patterns() -> None:
    compile_filters([{"eventName": ["INSERT"]}] * 10)
    with pytest.raises(ValueError, match="at most 10 patterns, not 11"):
        compile_filters([{"eventName": ["INSERT"]}] * 11)
