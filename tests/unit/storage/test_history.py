"""The history of a table: what it held at earlier times, and what is forgotten. Source: backups_export_import.md 3."""

from __future__ import annotations

from random import Random
from threading import RLock

import pytest

from emulator.clock import Clock
from emulator.storage.agenda import Agenda
from emulator.storage.history import SECONDS_PER_DAY, History, Row
from emulator.storage.record import Record
from emulator.storage.rows import RowKey, Rows
from emulator.storage.undo import UndoLog

START = 1_800_000_000.0


class Recorded:
    """Rows with a history, at a clock that stands still until it is moved."""

    def __init__(self, period_days: int = 35) -> None:
        self.undo = UndoLog()
        self.clock = Clock(RLock())
        self.clock.freeze(START)
        self.agenda = Agenda(self.clock, self.undo)
        self.clock.when_moved.append(self.agenda.run_due)
        self.rows = Rows(self.undo, 4)
        self.history = History(period_days, self.agenda, self.undo)

    def put(self, name: str, text: str | None) -> None:
        """Put an item, or delete it if there is no text."""
        key: RowKey = (name.encode() * 16,)
        old, new = self.rows.get(key), record(text)
        if new is not None:
            self.rows.put(key, new)
        else:
            self.rows.remove(key)
        self.history.note(key, old, new)

    def at(self, seconds: float) -> dict[str, str]:
        return texts(self.history.rows_at(START + seconds, self.rows))

    @property
    def now(self) -> float:
        return self.clock.now() - START

    @property
    def earliest(self) -> float:
        return self.history.earliest(self.clock.now()) - START


def record(text: str | None) -> Record | None:
    return Record({"text": {"S": text}}, len(text)) if text is not None else None


def texts(rows: list[Row]) -> dict[str, str]:
    """What the rows hold by the letter of their keys, which are in order."""
    keys = [key for key, _ in rows]
    assert keys == sorted(keys)
    return {key[0][:1].decode(): record.decode()["text"]["S"] for key, record in rows}  # type: ignore[union-attr, index]


@pytest.fixture
def recorded() -> Recorded:
    """a is put, changed and deleted at 10, 20 and 30 seconds, b is put at 20."""
    recorded = Recorded()
    recorded.clock.advance(seconds=10)
    recorded.put("a", "1")
    recorded.clock.advance(seconds=10)
    recorded.put("a", "2")
    recorded.put("b", "1")
    recorded.clock.advance(seconds=10)
    recorded.put("a", None)
    return recorded


@pytest.mark.parametrize(
    ("seconds", "held"),
    [
        (0, {}),
        (9.999, {}),
        (10, {"a": "1"}),
        (19.999, {"a": "1"}),
        (20, {"a": "2", "b": "1"}),
        (29, {"a": "2", "b": "1"}),
        (30, {"b": "1"}),
        (1000, {"b": "1"}),
    ],
)
def test_what_is_written_at_a_time_counts_from_that_time(
    recorded: Recorded, seconds: float, held: dict[str, str]
) -> None:
    assert recorded.at(seconds) == held


@pytest.mark.parametrize(
    ("start", "stop", "merged"),
    [
        (0, 10, {"a": (None, "1", 10)}),
        (0, 30, {"a": (None, None, 30), "b": (None, "1", 20)}),
        (10, 20, {"a": ("1", "2", 20), "b": (None, "1", 20)}),
        (10, 30, {"a": ("1", None, 30), "b": (None, "1", 20)}),
        (20, 29, {}),
        (30, 99, {}),
    ],
)
def test_changes_between_two_times_are_one_for_each_item(
    recorded: Recorded, start: float, stop: float, merged: dict[str, tuple[str | None, str | None, float]]
) -> None:
    changes = recorded.history.changes_between(START + start, START + stop)
    assert list(changes) == sorted(changes)
    found = {
        key[0][:1].decode(): (text_of(change.old), text_of(change.new), change.at - START)  # type: ignore[union-attr, index]
        for key, change in changes.items()
    }
    assert found == merged


def text_of(record: Record | None) -> str | None:
    return record.decode()["text"]["S"] if record is not None else None


def test_the_deletion_of_what_is_not_there_is_no_change(recorded: Recorded) -> None:
    recorded.put("z", None)
    assert len(recorded.history) == 4


# --- What is forgotten ----------------------------------------------------------------------------


def test_changes_are_forgotten_once_no_time_of_the_period_needs_them(recorded: Recorded) -> None:
    recorded.clock.freeze(START + 35 * SECONDS_PER_DAY + 19.999)
    assert len(recorded.history) == 3
    recorded.clock.freeze(START + 35 * SECONDS_PER_DAY + 20)
    assert len(recorded.history) == 1
    assert (recorded.earliest, recorded.at(20)) == (20, {"a": "2", "b": "1"})


def test_a_shorter_period_forgets_at_once_and_a_longer_one_brings_nothing_back(recorded: Recorded) -> None:
    recorded.clock.freeze(START + 2 * SECONDS_PER_DAY)
    recorded.history.keep_for(1)
    assert (len(recorded.history), recorded.earliest) == (0, SECONDS_PER_DAY)
    recorded.history.keep_for(35)
    assert recorded.earliest == SECONDS_PER_DAY


def test_what_was_forgotten_stays_so_when_the_clock_goes_back(recorded: Recorded) -> None:
    recorded.clock.freeze(START + 35 * SECONDS_PER_DAY + 20)
    recorded.clock.freeze(START + 40)
    assert recorded.earliest == 20


def test_changes_stay_in_order_when_the_clock_goes_back(recorded: Recorded) -> None:
    recorded.clock.freeze(START + 15)
    recorded.put("c", "1")
    assert (recorded.at(29), recorded.at(30)) == ({"a": "2", "b": "1"}, {"b": "1", "c": "1"})


@pytest.mark.parametrize(
    ("seconds", "can"), [(-1, False), (-0.001, False), (0, True), (0.5, True), (1000, True), (1000.001, False)]
)
def test_a_table_can_be_brought_back_to_any_time_from_the_second_of_the_earliest_to_now(
    seconds: float, *, can: bool
) -> None:
    recorded = Recorded()
    recorded.history.known_since += 0.5
    recorded.clock.advance(seconds=1000)
    assert recorded.history.can_bring_back(START + seconds, recorded.clock.now()) is can


@pytest.mark.parametrize(("seconds", "latest"), [(0, 0), (299, 0), (300, 0), (301, 1)])
def test_the_latest_restorable_time_is_five_minutes_ago_or_the_beginning(seconds: int, latest: int) -> None:
    recorded = Recorded()
    recorded.clock.advance(seconds=seconds)
    assert recorded.history.latest(recorded.clock.now()) == START + latest


# --- Any course of events -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_every_second_of_the_period_can_be_had_and_savepoints_bring_the_history_back(seed: int) -> None:
    rng = Random(seed)
    recorded = Recorded(period_days=1)
    kept = {0: dict[str, str]()}

    def live(steps: int) -> None:
        for _ in range(steps):
            choice = rng.randrange(8)
            if choice < 6:
                recorded.put(rng.choice("abcdef"), rng.choice([None, "1", "2", "3"]))
            elif choice == 6:
                recorded.clock.advance(seconds=rng.choice([1, 7, 3600, 20_000]))
            else:
                recorded.history.keep_for(rng.choice([1, 1, 2]))
            kept[int(recorded.now)] = texts(list(recorded.rows))

    def check() -> None:
        for second, held in kept.items():
            if second >= recorded.earliest:
                assert recorded.at(second) == held, second

    live(150)
    check()
    mark = recorded.undo.mark()
    history, before = recorded.history, dict(kept)
    state = list(history.changes), history.last_number, history.known_since, history.period_days
    live(150)
    check()
    recorded.undo.restore(mark)
    assert (list(history.changes), history.last_number, history.known_since, history.period_days) == state
    kept.clear()
    kept.update(before)
    recorded.clock.advance(hours=1)
    live(100)
    check()
