"""Sound requests with one thing wrong: every operation answers what the service could answer, and breaks nothing.

Each member of each sound request, at every depth, is left out, made null, of another type, empty, too long, out of
range, doubled, or joined by a stranger. An error must be one that the operation may give, and must change nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest
from botocore.model import ListShape, MapShape, Shape, StructureShape

from emulator import Emulator
from emulator.storage.database import Database
from emulator.storage.history import History

from .sound_global_tables import REFUSED_TODAY
from .sound_requests import MODELS, REGION, prepared, sound_requests

COMMON_ERRORS = {
    *("ValidationException", "SerializationException", "AccessDeniedException", "UnknownOperationException"),
    *("ResourceNotFoundException", "ResourceInUseException", "LimitExceededException", "TransactionCanceledException"),
}


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    return prepared()


# --- Mutations ------------------------------------------------------------------------------------

WRONG_TYPES: tuple[Any, ...] = ("text", "", 7, -1, 0, 1.5, 10**30, True, {}, [], {"S": "a"}, ["a"], None)


def mutants(request: Any) -> Iterator[Any]:
    """Requests that differ from a sound one in one place; those of another type than an object come first."""
    yield from ([], "text", None, 7)
    for path in _paths(request):
        yield from _mutants_at(request, path)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from _paths(child, (*path, name))


def _mutants_at(request: Any, path: tuple[Any, ...]) -> Iterator[Any]:
    here = _at(request, path)
    if path:
        yield _with(request, path, _Nothing)
        for other in WRONG_TYPES:
            yield _with(request, path, other)
    for changed in _changed(here):
        yield _with(request, path, changed)


def _changed(value: Any) -> Iterator[Any]:
    """Values of the same type that are too long, out of range, doubled, or hold a stranger."""
    if isinstance(value, str):
        yield from (value * 2, value + "\0", value.upper(), "é€😀", "x" * 300, "x" * 2100, "x" * 70_000)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (-value, value + 1, value * 10**9, 2**31, 2**63)
    elif isinstance(value, list):
        yield [*value, *value]
        yield value * 101
        yield [*value, None]
    elif isinstance(value, dict):
        yield {**value, "Stranger": "text"}
        yield {**value, "": {"S": "a"}}
        yield {**value, **{f"name{number}": {"S": "a"} for number in range(101)}}


class _Nothing:
    """Stands for the absence of a member."""


def _at(request: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        request = request[step]
    return request


def _with(request: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of the request with another value in one place."""
    if not path:
        return deepcopy(value)
    copy = deepcopy(request)
    parent = _at(copy, path[:-1])
    if value is _Nothing:
        del parent[path[-1]]
    else:
        parent[path[-1]] = deepcopy(value)
    return copy


# --- What may come of them ------------------------------------------------------------------------


def state(emulator: Emulator) -> list[Any]:
    """All that requests can change."""
    databases = [database for database in emulator._databases.values() if not database.is_empty]
    return [*map(_state_of_region, databases), len(emulator._agenda.entries)]


def _state_of_region(database: Database) -> list[Any]:
    return [
        database.region,
        [(table.definition, _rows(table.rows), table.expiry) for table in database.tables.values()],
        [
            (name, index.definition, _rows(index.rows))
            for table in database.tables.values()
            for name, index in table.indexes.items()
        ],
        [
            (table.replica, dict(table.replica.versions), dict(table.replica.tombstones), list(table.replica.arriving))
            for table in database.tables.values()
            if table.replica is not None
        ],
        [(arn, stream.status, stream.last_sequence, list(stream.shards)) for arn, stream in database.streams.items()],
        [database.tokens.find(token, 0) for token in ("token",)],
        sorted(database.documents),
        [table.kinesis and table.kinesis.destination for table in database.tables.values()],
        [(arn, _rows(rows)) for arn, rows in database.copies],
        [_history(table.history) for table in database.tables.values()],
    ]


def _history(history: History | None) -> list[Any] | None:
    if history is None:
        return None
    return [history.period_days, history.known_since, history.last_number, list(history.changes)]


def _rows(rows: Any) -> list[Any]:
    return [(key, record.encoded) for key, record in rows]


def check(emulator: Emulator, operation: str, request: Any) -> int:
    """Ask, see that the answer is a possible one, and undo what it did. Returns its status."""
    savepoint = emulator.savepoint()
    before = state(emulator)
    try:
        reply = emulator.gateway.call(operation, json.dumps(request).encode(), REGION)
        answer = orjson.loads(reply.body)
        if reply.status == 200:
            check_members(answer, MODELS[operation].output_shape, operation)
        else:
            check_error(operation, reply.status, answer)
            assert state(emulator) == before, "an error has changed something"
    finally:
        savepoint.restore()
        savepoint.release()
    assert state(emulator) == before, "the savepoint did not bring everything back"
    return reply.status


def check_error(operation: str, status: int, answer: dict[str, Any]) -> None:
    name = answer["__type"].rpartition("#")[2]
    if name == "InternalFailure":  # the service's own answer to on-demand limits without a limit
        assert (operation, status) == ("UpdateTable", 500)
        return
    if name == "InternalServerError":  # the service's own answer to a region that it does not know
        assert (operation, status, answer["message"]) == ("ListGlobalTables", 500, "Internal server error")
        return
    allowed = COMMON_ERRORS | {shape.name for shape in MODELS[operation].error_shapes}
    assert status == 400
    assert name in allowed, name
    message = answer.get("message", answer.get("Message"))
    assert message is None or isinstance(message, str)
    assert message or name in ("SerializationException", "UnknownOperationException")


def check_members(value: Any, shape: Shape | None, path: str) -> None:
    """Raise unless the value is what the model of the API says of the answer, and nothing beyond."""
    if shape is None:
        assert value == {}, path
    elif isinstance(shape, StructureShape):
        assert isinstance(value, dict), path
        for name, member in value.items():
            assert name in shape.members, f"{path}.{name}"
            check_members(member, shape.members[name], f"{path}.{name}")
    elif isinstance(shape, ListShape):
        assert isinstance(value, list), path
        for element in value:
            check_members(element, shape.member, path)
    elif isinstance(shape, MapShape):
        assert isinstance(value, dict), path
        for member in value.values():
            check_members(member, shape.value, path)
    else:
        assert isinstance(value, _SCALARS[shape.type_name]), (path, value)


_SCALARS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "blob": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "timestamp": (int, float),
}


# --- The properties -------------------------------------------------------------------------------

_OPERATIONS = sorted(MODELS)


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_the_sound_requests_are_answered_so_that_mutants_matter(emulator: Emulator, operation: str) -> None:
    requests = [request for name, request in sound_requests(emulator) if name == operation]
    status = 400 if operation in REFUSED_TODAY else 200
    assert [check(emulator, operation, request) for request in requests] == [status] * len(requests)


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_a_mutant_is_answered_as_the_service_could_and_breaks_nothing(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, operation: str
) -> None:
    for name, request in sound_requests(emulator):
        if name == operation:
            for mutant in mutants(request):
                check(emulator, operation, mutant)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
