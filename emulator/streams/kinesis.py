"""Kinesis streaming destinations: what notes the changes of a table for one, and where the records go.

There is no Kinesis here. Records go to the functions that were registered for a stream, and to a file of the stream's
name if there is a directory for that. They are delivered once a request is done, each once and in order; what was
delivered stays delivered when a savepoint is restored. Source: control_plane.md 3.4.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from threading import RLock
from typing import Any, TypeAlias
from uuid import uuid4

import orjson

from emulator.storage.agenda import Agenda
from emulator.storage.record import Record, is_unchanged
from emulator.storage.schema import KeySchema
from emulator.storage.undo import UndoLog
from emulator.storage.work import Work
from emulator.values.sizes import item_size

_log = logging.getLogger("emulator")

KinesisRecord: TypeAlias = dict[str, Any]
"""A record as Kinesis takes it, the parameters of its PutRecord: StreamARN, PartitionKey, and Data as bytes."""

KinesisFunction: TypeAlias = Callable[[KinesisRecord], object]


@dataclass(frozen=True, slots=True)
class Destination:
    """Whose changes go to which stream, and in which precision they are dated."""

    stream_arn: str
    region: str
    table: str
    schema: KeySchema
    in_microseconds: bool


@dataclass(frozen=True, slots=True)
class _Change:
    """An item that was put, changed or deleted, on its way."""

    destination: Destination
    at: float
    old: Record | None
    new: Record | None
    by_service: bool


class KinesisFeed:
    """What notes the changes of one table for its destination. Callers hold the emulator's lock."""

    __slots__ = ("_agenda", "_sink", "destination")

    def __init__(self, destination: Destination, agenda: Agenda, sink: KinesisSink) -> None:
        self.destination = destination
        self._agenda = agenda
        self._sink = sink

    def note(self, old: Record | None, new: Record | None, *, by_service: bool = False) -> None:
        """Note that an item was put, changed or deleted, unless that changes nothing."""
        if is_unchanged(old, new):
            return
        # Microseconds can be told by the clock alone; what happens by the agenda is dated by when it was due.
        at = self._agenda.now() if by_service else self._agenda.clock.now()
        self._sink.enter(_Change(self.destination, at, old, new, by_service))


class KinesisSink:
    """Where the records of all destinations of an emulator go."""

    def __init__(self, directory: str | None, undo: UndoLog, lock: RLock, work: Work) -> None:
        self.waiting: deque[_Change] = deque()
        """What is still to be delivered, in order. Changed under the emulator's lock."""
        self._directory = None if directory is None else Path(directory)
        self._undo = undo
        self._functions: tuple[tuple[str, KinesisFunction], ...] = ()
        self._lock = lock
        self._work = work
        self._delivering = False

    def enter(self, change: _Change) -> None:
        """Have a change delivered, unless it is taken back before. Callers hold the emulator's lock."""
        self.waiting.append(change)
        if self._undo.recording:
            self._undo.add(partial(self._take_back, change))

    def _take_back(self, change: _Change) -> None:
        if self.waiting and self.waiting[-1] is change:
            self.waiting.pop()

    def add(self, stream_arn: str, function: KinesisFunction) -> None:
        """Have a function called with each record of a stream. Callers hold the emulator's lock."""
        self._set((*self._functions, (stream_arn, function)))

    def remove(self, stream_arn: str, function: KinesisFunction) -> None:
        """Call a function no more, if it is called at all. Callers hold the emulator's lock."""
        self._set(tuple(entry for entry in self._functions if entry != (stream_arn, function)))

    def clear(self) -> None:
        """Call no function any more, and deliver nothing that waits. Callers hold the emulator's lock."""
        self.waiting.clear()
        self._set(())

    def _set(self, functions: tuple[tuple[str, KinesisFunction], ...]) -> None:
        self._undo.add(partial(setattr, self, "_functions", self._functions))
        self._functions = functions

    def deliver(self) -> None:
        """Deliver what waits, unless it has to be committed first, or that is being done: by another thread, or further
        up, by a function's caller.
        """
        while (change := self._take()) is not None:
            try:
                self._deliver(change)
            finally:
                self._delivering = False

    def _take(self) -> _Change | None:
        with self._lock:
            if self._delivering or self._work.is_pending or not self.waiting:
                return None
            self._delivering = True
            return self.waiting.popleft()

    def _deliver(self, change: _Change) -> None:
        """Give a change to whoever wants it. What was written is written: a failure does not change its answer."""
        stream_arn = change.destination.stream_arn
        functions = [function for arn, function in self._functions if arn == stream_arn]
        if not functions and self._directory is None:
            return
        data = _record_data(change)
        if self._directory is not None:
            try:
                self._append(self._directory, stream_arn.rpartition("/")[2], data)
            except OSError:
                _log.exception("a record could not be written for %s", stream_arn)
        for function in functions:
            record = {"StreamARN": stream_arn, "PartitionKey": _partition_key(change), "Data": data}
            try:
                function(record)
            except Exception:
                _log.exception("a function failed with a record of %s", stream_arn)

    def _append(self, directory: Path, stream: str, data: bytes) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        with (directory / f"{stream}.jsonl").open("ab") as lines:
            lines.write(data + b"\n")


# --- The form of a record -----------------------------------------------------------------------


def _record_data(change: _Change) -> bytes:
    """The JSON text of a record."""
    destination, old, new = change.destination, change.old, change.new
    keys = _keys(change)
    images = {name: image for name, image in (("NewImage", new), ("OldImage", old)) if image is not None}
    in_microseconds = destination.in_microseconds
    dynamodb: dict[str, Any] = {"ApproximateCreationDateTime": round(change.at * (1e6 if in_microseconds else 1e3))}
    if in_microseconds:
        dynamodb["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    dynamodb["Keys"] = keys
    dynamodb |= {name: orjson.Fragment(image.encoded) for name, image in images.items()}
    dynamodb["SizeBytes"] = item_size(keys) + sum(image.size for image in images.values())
    service = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    return orjson.dumps(
        {
            "awsRegion": destination.region,
            "eventID": str(uuid4()),
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "userIdentity": service if change.by_service else None,
            "recordFormat": "application/json",
            "tableName": destination.table,
            "dynamodb": dynamodb,
            "eventSource": "aws:dynamodb",
        }
    )


def _partition_key(change: _Change) -> str:
    """The same for all changes of an item."""
    return blake2b(orjson.dumps(_keys(change)), digest_size=16).hexdigest().upper()


def _keys(change: _Change) -> dict[str, Any]:
    record = change.new or change.old
    assert record is not None
    item = record.decode()
    return {name: item[name] for name in change.destination.schema.names}
