"""What the strict deserialiser of SearchVectors says of members that are absent, null or of a wrong type.

Source: vectors.md 7. Of other types than null the words are those of serde_json, by which the observed ones are made.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.errors import ServiceError
from emulator.model import check_request

SEARCH = {"TableName": "docs", "IndexName": "plain", "SearchVector": [{"N": "1"}], "TopK": 1}


def refusal(request: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(ServiceError) as caught:
        check_request("SearchVectors", request)
    return caught.value.code, caught.value.message


def test_a_sound_request_passes() -> None:
    assert check_request("SearchVectors", dict(SEARCH)) == SEARCH


@pytest.mark.parametrize("member", SEARCH)
def test_a_member_that_is_missing_is_named_at_the_end_of_the_request(member: str) -> None:
    request = {name: value for name, value in SEARCH.items() if name != member}
    message = f"missing field `{member}` at line 1 column {len(json.dumps(request, separators=(',', ':')))}"
    assert refusal(request) == ("ValidationException", message)


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("TableName", None, "invalid type: null, expected a string at line 1 column 17"),
        ("TableName", 5, "invalid type: integer `5`, expected a string at line 1 column 14"),
        ("IndexName", {}, "invalid type: map, expected a string at line 1 column 34"),
        ("SearchVector", None, "invalid type: null, expected a sequence at line 1 column 59"),
        ("SearchVector", "1,0", 'invalid type: string "1,0", expected a sequence at line 1 column 60'),
        ("TopK", None, "invalid type: null, expected i32 at line 1 column 78"),
        ("TopK", 1.5, "invalid type: floating point `1.5`, expected i32 at line 1 column 77"),
        ("TopK", True, "invalid type: boolean `true`, expected i32 at line 1 column 78"),
        ("TopK", [1], "invalid type: sequence, expected i32 at line 1 column 77"),
    ],
)
def test_a_member_of_a_wrong_type_is_named_by_what_it_is(member: str, value: object, message: str) -> None:
    assert refusal({**SEARCH, member: value}) == ("SerializationException", message)


def test_a_null_comes_before_a_missing_member_and_that_before_constraints() -> None:
    missing = {"IndexName": "ab", "SearchVector": [], "TopK": 0}
    assert (refusal(missing)[0], (refusal(missing)[1] or "")[:13]) == ("ValidationException", "missing field")
    assert refusal({**missing, "TopK": None})[0] == "SerializationException"
