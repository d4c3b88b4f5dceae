"""An operation that the service got after this emulator was made."""

from __future__ import annotations

import orjson

from emulator import Emulator


def test_it_is_answered_as_unknown_by_name() -> None:
    reply = Emulator().gateway.call("PutEverything", b"{}", "us-east-1")
    answer = orjson.loads(reply.body)
    assert (reply.status, answer["__type"].rpartition("#")[2], answer["message"].split(" is ")[0]) == (
        400,
        "UnknownOperationException",
        "PutEverything",
    )
