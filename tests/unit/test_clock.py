"""The emulator's clock: wall time until it is frozen or moved, and what is due happens when it is moved."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import freezegun
import orjson
import pytest
import time_machine

from emulator import Emulator
from emulator.clock import Clock

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = 3600


@pytest.fixture
def emu() -> Emulator:
    return Emulator()


@pytest.fixture
def clock(emu: Emulator) -> Clock:
    return emu.clock


# --- Wall time ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "travel",
    [lambda: time_machine.travel(NOON, tick=False), lambda: freezegun.freeze_time(NOON)],
    ids=["time_machine", "freezegun"],
)
def test_a_clock_that_nobody_moved_shows_wall_time(clock: Clock, travel: Callable[[], Any]) -> None:
    with travel():
        assert clock.now() == NOON.timestamp()


def test_a_clock_that_was_advanced_goes_on_with_wall_time(clock: Clock) -> None:
    with time_machine.travel(NOON, tick=False) as wall:
        clock.advance(hours=25)
        wall.shift(10)
        assert clock.now() == NOON.timestamp() + 25 * HOUR + 10


# --- Freezing -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        NOON,
        NOON.timestamp(),
        int(NOON.timestamp()),
        datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    ],
    ids=["datetime", "float", "int", "other zone"],
)
def test_a_frozen_clock_stands_at_its_time_whatever_wall_time_does(clock: Clock, when: datetime | float) -> None:
    clock.freeze(when)
    with time_machine.travel(0, tick=False):
        assert (clock.now(), clock.frozen) == (NOON.timestamp(), True)


def test_a_frozen_clock_may_be_frozen_at_an_earlier_time(clock: Clock) -> None:
    clock.freeze(NOON)
    clock.freeze(0)
    assert clock.now() == 0


@pytest.mark.parametrize(
    ("when", "error", "text"),
    [
        (datetime(2026, 1, 1), ValueError, "has no time zone"),
        ("2026-01-01T00:00:00Z", TypeError, "not '2026-01-01T00:00:00Z'"),
        (date(2026, 1, 1), TypeError, "not datetime.date"),
        (None, TypeError, "not None"),
        (True, TypeError, "not True"),
        (-1, ValueError, "not the epoch second -1"),
        (datetime(1969, 12, 31, tzinfo=UTC), ValueError, "from 1970 to 3000"),
        (datetime.max.replace(tzinfo=UTC), ValueError, "from 1970 to 3000"),
        (math.nan, ValueError, "not the epoch second nan"),
        (math.inf, ValueError, "not the epoch second inf"),
        (10**400, ValueError, "from 1970 to 3000"),
    ],
)
def test_what_is_no_time_is_refused_in_a_line_and_the_clock_stays(
    clock: Clock, when: Any, error: type[Exception], text: str
) -> None:
    clock.freeze(NOON)
    with pytest.raises(error, match=text) as raised:
        clock.freeze(when)
    assert ("\n" in str(raised.value), clock.now()) == (False, NOON.timestamp())


# --- Advancing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "parts", "seconds"),
    [
        ((timedelta(minutes=1),), {}, 60),
        ((), {"hours": 25}, 25 * HOUR),
        ((), {"days": 1, "hours": 2, "minutes": 3, "seconds": 4.5}, 93_784.5),
        ((timedelta(hours=1),), {"seconds": -1}, 3599),
        ((), {"seconds": 0}, 0),
    ],
)
def test_a_frozen_clock_advances_by_what_it_is_told(
    clock: Clock, arguments: tuple[timedelta, ...], parts: dict[str, float], seconds: float
) -> None:
    clock.freeze(NOON)
    clock.advance(*arguments, **parts)
    assert (clock.now(), clock.frozen) == (NOON.timestamp() + seconds, True)


def test_advances_add_up(clock: Clock) -> None:
    with time_machine.travel(NOON, tick=False):
        clock.advance(hours=1)
        clock.advance(timedelta(minutes=30))
        assert (clock.now(), clock.frozen) == (NOON.timestamp() + 5400, False)


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize(
    ("arguments", "parts", "error", "text"),
    [
        ((timedelta(seconds=-1),), {}, ValueError, "not by -1.0 seconds"),
        ((), {"hours": -1}, ValueError, "only be advanced forwards"),
        ((), {"days": 10_000_000}, ValueError, "from 1970 to 3000|so far"),
        ((), {"days": 1e300}, ValueError, "so far"),
        ((), {"seconds": math.nan}, ValueError, "NaN"),
        ((60,), {}, TypeError, "not 60"),
        ((), {"hours": "1"}, TypeError, "hours"),
    ],
)
def test_what_is_no_advance_is_refused_in_a_line_and_the_clock_stays(
    clock: Clock, frozen: bool, arguments: tuple[Any, ...], parts: dict[str, Any], error: type[Exception], text: str
) -> None:
    with time_machine.travel(NOON, tick=False):
        if frozen:
            clock.freeze(NOON)
        with pytest.raises(error, match=text) as raised:
            clock.advance(*arguments, **parts)
        assert ("\n" in str(raised.value), clock.now()) == (False, NOON.timestamp())


# --- Resuming -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "move",
    [
        lambda clock: clock.freeze(0),
        lambda clock: clock.advance(days=1),
        lambda clock: (clock.advance(days=1), clock.freeze(0)),
        lambda clock: (clock.freeze(0), clock.advance(days=1)),
        lambda clock: None,
    ],
    ids=["frozen", "advanced", "advanced and frozen", "frozen and advanced", "never moved"],
)
def test_a_resumed_clock_shows_wall_time(clock: Clock, move: Callable[[Clock], object]) -> None:
    with time_machine.travel(NOON, tick=False):
        move(clock)
        clock.resume()
        assert (clock.now(), clock.frozen) == (NOON.timestamp(), False)


# --- What is due ----------------------------------------------------------------------------------


TABLE = orjson.dumps(
    {
        "TableName": "orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }
)


def _call(emu: Emulator, operation: str, body: bytes = b'{"TableName":"orders"}') -> Any:
    return orjson.loads(emu.gateway.call(operation, body, "us-east-1").body)


@pytest.fixture
def deleting() -> Emulator:
    """An emulator at ten seconds past noon with a table that will be gone ten seconds later."""
    emu = Emulator(status_delay=10)
    emu.clock.freeze(NOON)
    _call(emu, "CreateTable", TABLE)
    emu.clock.advance(seconds=10)
    _call(emu, "DeleteTable")
    return emu


def test_what_is_not_due_yet_does_not_happen(deleting: Emulator) -> None:
    deleting.clock.advance(seconds=9.999)
    assert deleting.tables() == {"us-east-1": {"orders": 0}}


@pytest.mark.parametrize(
    "move",
    [
        lambda clock: clock.advance(seconds=10),
        lambda clock: clock.freeze(NOON + timedelta(seconds=20)),
        lambda clock: clock.resume(),  # wall time is later than noon
    ],
    ids=["advance", "freeze", "resume"],
)
def test_moving_the_clock_does_what_is_due_without_a_request(deleting: Emulator, move: Callable[[Clock], None]) -> None:
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        move(deleting.clock)
    assert deleting.tables() == {}


def test_tables_are_counted_after_what_is_due(emu: Emulator) -> None:
    """A table without a delay is gone once the answer to DeleteTable is there."""
    _call(emu, "CreateTable", TABLE)
    _call(emu, "DeleteTable")
    assert emu.tables() == {}


def test_dates_of_tables_are_those_of_the_clock(emu: Emulator) -> None:
    emu.clock.freeze(NOON.timestamp() + 0.1234)
    created = _call(emu, "CreateTable", TABLE)["TableDescription"]["CreationDateTime"]
    assert created == NOON.timestamp() + 0.123


def test_a_reset_leaves_the_clock_alone(emu: Emulator) -> None:
    emu.clock.freeze(NOON)
    emu.reset()
    assert emu.clock.now() == NOON.timestamp()


def test_a_savepoint_brings_a_frozen_clock_back(emu: Emulator) -> None:
    emu.clock.freeze(NOON)
    savepoint = emu.savepoint()
    emu.clock.advance(hours=1)
    savepoint.restore()
    assert emu.clock.now() == NOON.timestamp()


def test_a_savepoint_lets_a_clock_go_again_that_was_frozen_since(emu: Emulator) -> None:
    savepoint = emu.savepoint()
    emu.clock.freeze(NOON)
    savepoint.restore()
    assert not emu.clock.frozen


def test_emulators_have_clocks_of_their_own(emu: Emulator) -> None:
    emu.clock.freeze(0)
    assert Emulator().clock.now() > 0


def test_what_a_move_has_changed_can_be_taken_back(deleting: Emulator) -> None:
    savepoint = deleting.savepoint()
    deleting.clock.advance(hours=1)
    savepoint.restore()
    deleting.clock.freeze(NOON + timedelta(seconds=10))
    assert deleting.tables() == {"us-east-1": {"orders": 0}}


@pytest.fixture
def expiring() -> Emulator:
    """An emulator at noon with a table with a stream and time to live."""
    emu = Emulator()
    emu.clock.freeze(NOON)
    stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    _call(emu, "CreateTable", orjson.dumps({**orjson.loads(TABLE), "StreamSpecification": stream}))
    ttl = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    _call(emu, "UpdateTimeToLive", orjson.dumps({"TableName": "orders", **ttl}))
    return emu


def _put_expiring(emu: Emulator, after: float) -> None:
    until = {"N": str(int(NOON.timestamp() + after))}
    _call(emu, "PutItem", orjson.dumps({"TableName": "orders", "Item": {"pk": {"S": "a"}, "until": until}}))


def test_what_a_savepoint_brought_back_expires_at_its_time_by_the_clock_that_came_back(expiring: Emulator) -> None:
    """It was dated by the clock that had been moved: by when the savepoint was restored."""
    _put_expiring(expiring, 10)
    savepoint = expiring.savepoint()
    expiring.clock.advance(hours=1)
    savepoint.restore()
    expiring.clock.advance(minutes=30)
    (stream,) = expiring._databases["us-east-1"].streams.values()
    deleted = [change.at for shard in stream.shards.values() for change in shard if change.new is None]
    assert deleted == [NOON.timestamp() + 10.001]


def test_what_was_expired_for_too_long_by_the_clock_that_was_moved_expires_again(expiring: Emulator) -> None:
    """It was taken for an item that time to live leaves alone, since it had expired more than five years ago."""
    _put_expiring(expiring, 30)
    savepoint = expiring.savepoint()
    expiring.clock.advance(days=6 * 366)
    savepoint.restore()
    expiring.clock.advance(seconds=60)
    assert expiring.tables() == {"us-east-1": {"orders": 0}}


# --- Threads --------------------------------------------------------------------------------------


def test_no_advance_of_several_threads_is_lost(clock: Clock) -> None:
    def advance() -> None:
        for _ in range(500):
            clock.advance(seconds=1)

    clock.freeze(0)
    threads = [threading.Thread(target=advance) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == 2000


def test_the_clock_is_not_moved_while_a_request_is_answered(emu: Emulator) -> None:
    moved = threading.Event()
    seen = []

    def advance() -> None:
        emu.clock.advance(seconds=1)
        moved.set()

    mover = threading.Thread(target=advance)

    def start_moving(_: object) -> None:
        mover.start()
        moved.wait(0.05)  # until a move that does not wait for the end of the request
        seen.append(emu.clock.now())

    emu.clock.freeze(0)
    emu.observers.append(start_moving)
    _call(emu, "ListTables", b"{}")
    mover.join()
    assert (seen, emu.clock.now()) == ([0], 1)
