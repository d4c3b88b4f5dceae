"""Savepoints over HTTP: opening, going back, releasing, and what is no such request."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client

from emulator import Emulator, limits

TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}


@pytest.fixture
def emu() -> Emulator:
    emulator = Emulator()
    emulator.client().create_table(**TABLE)
    return emulator


@pytest.fixture
def admin(emu: Emulator) -> Client:
    return Client(emu.wsgi())


def put(emu: Emulator, key: str) -> None:
    emu.client().put_item(TableName="Orders", Item={"pk": {"S": key}})


def count(emu: Emulator) -> int:
    return emu.tables()["us-east-1"]["Orders"]


def test_going_back_takes_away_what_was_put_since(emu: Emulator, admin: Client) -> None:
    put(emu, "before")
    assert admin.post("/admin/savepoints").json == {"savepoint": 1}
    put(emu, "since")
    admin.post("/admin/savepoints/1/restore")
    assert count(emu) == 1


def test_one_may_go_back_again_and_again(emu: Emulator, admin: Client) -> None:
    admin.post("/admin/savepoints")
    for _ in range(3):
        put(emu, "since")
        admin.post("/admin/savepoints/1/restore")
    assert count(emu) == 0


def test_going_back_to_an_outer_savepoint_releases_the_inner_ones(emu: Emulator, admin: Client) -> None:
    for key in ("a", "b", "c"):
        admin.post("/admin/savepoints")
        put(emu, key)
    answer = admin.post("/admin/savepoints/2/restore").json
    assert (answer, count(emu)) == ({"savepoints": [1, 2]}, 1)


def test_a_released_savepoint_keeps_what_happened(emu: Emulator, admin: Client) -> None:
    admin.post("/admin/savepoints")
    put(emu, "kept")
    admin.delete("/admin/savepoints/1")
    assert (admin.get("/admin/savepoints").json, count(emu)) == ({"savepoints": []}, 1)


def test_numbers_are_not_used_twice(admin: Client) -> None:
    admin.post("/admin/savepoints")
    admin.delete("/admin/savepoints/1")
    assert admin.post("/admin/savepoints").json == {"savepoint": 2}


def test_the_clock_goes_back_too(emu: Emulator, admin: Client) -> None:
    emu.clock.freeze(1000)
    admin.post("/admin/savepoints")
    emu.clock.advance(hours=1)
    admin.post("/admin/savepoints/1/restore")
    assert emu.clock.now() == 1000


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("POST", "/admin/savepoints/7/restore", 404, {"error": "no savepoint 7 is open"}),
        ("DELETE", "/admin/savepoints/7", 404, {"error": "no savepoint 7 is open"}),
        (
            "PUT",
            "/admin/savepoints",
            405,
            {"error": "savepoints are shown by GET and opened by POST, not by PUT"},
        ),
        (
            "POST",
            "/admin/savepoints/1",
            405,
            {"error": "a savepoint is restored by POST to its /restore, released by DELETE, not by POST"},
        ),
        ("GET", "/admin/reset", 405, {"error": "everything is forgotten by POST, not by GET"}),
    ],
)
def test_what_is_no_such_request_is_refused_in_a_line(
    admin: Client, method: str, path: str, status: int, body: dict[str, Any]
) -> None:
    answer = admin.open(path, method=method)
    assert (answer.status_code, answer.json) == (status, body)


@pytest.mark.parametrize("path", ["x", "1/go", "-1", "1/restore/2", "", "9" * 5000])
def test_other_paths_are_as_unknown_as_any(admin: Client, path: str) -> None:
    assert admin.post(f"/admin/savepoints/{path}").status_code == 404


def test_no_more_are_open_than_the_bound(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_OPEN_SAVEPOINTS", 2)
    statuses = [admin.post("/admin/savepoints").status_code for _ in range(3)]
    assert statuses == [201, 201, 409]


def test_a_reset_forgets_all(emu: Emulator, admin: Client) -> None:
    admin.post("/admin/reset")
    assert emu.tables() == {}
