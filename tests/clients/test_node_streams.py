"""Streams through the AWS SDK for JavaScript v3 against the HTTP server; the facts themselves are in `streams.mjs`."""

from __future__ import annotations

import pytest

from tests.clients.running import check_fact, needs_npm

pytestmark = needs_npm("@aws-sdk/client-dynamodb-streams")


@pytest.mark.parametrize(
    "fact",
    [
        "a stream is listed and described",
        "each change is a record with its images",
        "the time of a record is a date",
    ],
)
def test_through_streams_of_the_sdk(url: str, fact: str) -> None:
    check_fact("streams.mjs", fact, url)
