"""ElectroDB against the HTTP server; the facts themselves are in `electrodb.mjs`."""

from __future__ import annotations

import pytest

from tests.clients.running import check_fact, needs_npm

pytestmark = needs_npm("electrodb")


@pytest.mark.parametrize(
    "fact",
    [
        "an entity comes back equal",
        "an entity is created once",
        "an update adds to a number",
        "an index is read page by page",
        "an update whose condition fails changes nothing",
        "a filter leaves out what does not match",
        "a range of the sort key is read backwards",
        "a batch gets what is there",
        "a cancelled transaction tells which entity was refused",
        "a deleted entity is gone",
    ],
)
def test_through_electrodb(url: str, fact: str) -> None:
    check_fact("electrodb.mjs", fact, url)
