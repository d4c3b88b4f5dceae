"""dynamoose against the HTTP server; the facts themselves are in `dynamoose.mjs`."""

from __future__ import annotations

import pytest

from tests.clients.running import check_fact, needs_npm

pytestmark = needs_npm("dynamoose")


@pytest.mark.parametrize(
    "fact",
    [
        "it makes its table, and an item comes back equal",
        "an item is created once",
        "an update adds to a number",
        "an index is queried and a table scanned",
        "bytes and sets come back equal",
        "a batch gets what is there",
        "a deleted item is gone",
        "a cancelled transaction writes nothing",
        "a table whose items expire has its time to live set",
    ],
)
def test_through_dynamoose(url: str, fact: str) -> None:
    check_fact("dynamoose.mjs", fact, url)
