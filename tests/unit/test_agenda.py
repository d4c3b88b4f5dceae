"""The agenda: changes that were begun and alarms, done in the order of their times however far the clock is moved."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from threading import RLock

import pytest

from emulator.clock import Clock
from emulator.storage.agenda import Agenda, Alarm
from emulator.storage.undo import UndoLog

START = 1_800_000_000.0


@pytest.fixture
def undo() -> UndoLog:
    return UndoLog()


@pytest.fixture
def clock() -> Clock:
    clock = Clock(RLock())
    clock.freeze(START)
    return clock


@pytest.fixture
def agenda(clock: Clock, undo: UndoLog) -> Agenda:
    agenda = Agenda(clock, undo)
    clock.when_moved.append(agenda.run_due)
    return agenda


@pytest.fixture
def done() -> list[tuple[str, float]]:
    """What was done, and the time at which the agenda had it done, from the start."""
    return []


@pytest.fixture
def noting(agenda: Agenda, done: list[tuple[str, float]]) -> Callable[[str], Callable[[], None]]:
    return lambda name: lambda: done.append((name, round(agenda.now() - START, 3)))


@pytest.fixture
def alarm(agenda: Agenda, noting: Callable[[str], Callable[[], None]]) -> Alarm:
    return agenda.alarm(noting("alarm"))


# --- Alarms ---------------------------------------------------------------------------------------


def test_an_alarm_rings_once_when_its_time_has_come(clock, alarm, done):
    alarm.set(START + 10)
    clock.advance(seconds=9)
    before = list(done)
    clock.advance(seconds=1)
    clock.advance(seconds=100)
    assert (before, done) == ([], [("alarm", 10)])


def test_an_alarm_that_rang_is_not_set(clock, alarm):
    alarm.set(START + 10)
    clock.advance(seconds=10)
    assert alarm.at is None


def test_an_alarm_is_dated_by_its_time_however_far_the_clock_moves(clock, alarm, done):
    alarm.set(START + 10)
    clock.advance(days=10)
    assert done == [("alarm", 10)]


def test_an_alarm_that_is_set_again_rings_at_the_later_time_only(clock, alarm, done):
    alarm.set(START + 10)
    alarm.set(START + 20)
    clock.advance(seconds=15)
    before = list(done)
    clock.advance(seconds=15)
    assert (before, done) == ([], [("alarm", 20)])


def test_an_alarm_that_is_put_off_does_not_ring(clock, alarm, done):
    alarm.set(START + 10)
    alarm.set(None)
    clock.advance(days=1)
    assert done == []


@pytest.mark.parametrize(("at", "expected"), [(5, 5), (20, 10)])
def test_an_alarm_rings_no_later_than_asked_for_last(clock, alarm, done, at, expected):
    alarm.set(START + 10)
    alarm.no_later_than(START + at)
    clock.advance(days=1)
    assert done == [("alarm", expected)]


def test_an_alarm_that_is_not_set_rings_when_asked_for(clock, alarm, done):
    alarm.no_later_than(START + 10)
    clock.advance(days=1)
    assert done == [("alarm", 10)]


def test_an_overdue_alarm_rings_at_the_next_request_dated_by_when_it_was_set(clock, agenda, alarm, done):
    alarm.set(START - 1000)
    agenda.run_due()
    assert done == [("alarm", 0)]


def test_an_alarm_that_was_overdue_is_due_in_time_when_the_clock_goes_back(clock, agenda, alarm, done):
    """A savepoint may be restored before the clock is."""
    alarm.set(START - 1000)
    clock.freeze(START - 2000)
    before = list(done)
    clock.freeze(START - 1000)
    assert (before, done) == ([], [("alarm", -1000)])


def test_alarms_ring_in_the_order_of_their_times(clock, agenda, noting, done):
    for name, seconds in (("c", 30), ("a", 10), ("b", 20)):
        agenda.alarm(noting(name)).set(START + seconds)
    clock.advance(minutes=1)
    assert done == [("a", 10), ("b", 20), ("c", 30)]


def test_alarms_and_changes_are_done_in_the_order_of_their_times(clock, agenda, noting, done):
    agenda.after(20, noting("change"))
    agenda.alarm(noting("early")).set(START + 10)
    agenda.alarm(noting("late")).set(START + 30)
    clock.advance(minutes=1)
    assert done == [("early", 10), ("change", 20), ("late", 30)]


def test_an_alarm_that_sets_itself_again_rings_at_each_of_its_times(clock, agenda, done):
    def ring() -> None:
        done.append(("ring", agenda.now() - START))
        if agenda.now() < START + 50:
            alarm.set(agenda.now() + 10)

    alarm = agenda.alarm(ring)
    alarm.set(START + 10)
    clock.advance(hours=1)
    assert done == [("ring", 10), ("ring", 20), ("ring", 30), ("ring", 40), ("ring", 50)]


def test_an_alarm_that_fails_leaves_the_others_in_place(clock, agenda, alarm, done):
    def fail() -> None:
        raise ZeroDivisionError

    agenda.alarm(fail).set(START + 10)
    alarm.set(START + 20)
    with pytest.raises(ZeroDivisionError):
        clock.advance(minutes=1)
    assert agenda.now() == START + 60
    agenda.run_due()
    assert done == [("alarm", 20)]


def test_alarms_that_were_set_again_are_not_kept_without_bound(clock, agenda, noting, done):
    alarms = [agenda.alarm(noting(str(number))) for number in range(3)]
    for seconds in range(10_000, 0, -1):
        for alarm in alarms:
            alarm.no_later_than(START + seconds)
    assert len(agenda.alarms) < 200
    clock.advance(days=1)
    assert done == [("0", 1), ("1", 1), ("2", 1)]


def test_what_an_alarm_that_was_put_off_would_do_is_not_kept(agenda):
    """It belongs to a table or a stream, all of whose items were kept with it."""

    def action() -> None: ...

    alarm = agenda.alarm(action)
    alarm.set(START + 10)
    alarm.set(None)
    kept = weakref.ref(action)
    del alarm, action
    gc.collect()
    assert kept() is None


# --- Changes and savepoints -----------------------------------------------------------------------


def test_a_change_that_was_done_is_to_be_done_again_after_a_restore(clock, agenda, undo, noting, done):
    agenda.after(10, noting("change"))
    mark = undo.mark()
    clock.advance(minutes=1)
    undo.restore(mark)
    agenda.run_due()
    assert done == [("change", 10), ("change", 10)]


def test_a_change_that_was_begun_after_a_savepoint_is_not_done_after_a_restore(clock, agenda, undo, noting, done):
    mark = undo.mark()
    agenda.after(10, noting("change"))
    undo.restore(mark)
    clock.advance(minutes=1)
    assert done == []
