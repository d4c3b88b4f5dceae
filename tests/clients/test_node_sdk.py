"""The AWS SDK for JavaScript v3 against the HTTP server; the facts themselves are in `node_sdk.mjs`."""

from __future__ import annotations

import pytest

from tests.clients.running import check_fact, needs_npm

pytestmark = needs_npm("@aws-sdk/lib-dynamodb")


@pytest.mark.parametrize(
    "fact",
    [
        "an item of every type comes back equal",
        "a number of 38 digits comes back exact",
        "a failed condition carries the item",
        "paginators see every item",
        "waiters end",
        "a hundred requests at a time are all answered",
        "an update answers the new attributes and a delete the old item",
        "a batch gets what a batch wrote",
        "a cancelled transaction tells its reasons and writes nothing",
        "a transaction reads what a transaction wrote",
        "an item is deleted when its time to live has passed",
        "PartiQL inserts, changes and selects",
        "a batch of statements is answered one by one",
        "an unknown table is a ResourceNotFoundException",
        "tables are listed in pages",
    ],
)
def test_through_the_sdk_for_javascript(url: str, fact: str) -> None:
    check_fact("node_sdk.mjs", fact, url)
