"""Lanes: where a subscription stands in the shards of a stream, and what comes next there.

A shard has as many lanes as the mapping's parallelization factor; the hash of the partition key says in which lane a
change is. In a lane one batch follows the other, so the changes of an item keep their order; a batch that failed holds
up its lane and no other. Nothing is queued: a lane is a place in the shard, from which the next batch is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

import orjson

from emulator import limits
from emulator.clock import in_milliseconds
from emulator.streams.event_filters import compile_filters
from emulator.streams.records import event_record
from emulator.streams.shard import Change, Shard
from emulator.streams.source_mapping import FOREVER, SourceMapping
from emulator.streams.stream import StreamIdentity

_CHANGES_AT_ONCE = 512

AGE_EXCEEDED = "RecordAgeExceeded"
RETRIES_EXHAUSTED = "RetryAttemptsExhausted"


@dataclass(frozen=True, slots=True)
class Piece:
    """A batch that failed, or a part of one: what there is up to a sequence number is tried again together."""

    last: int
    failures: int
    """How often the function has failed with just this piece."""


@dataclass(frozen=True, slots=True)
class Place:
    """The sequence number that a lane wants next, and the pieces of the batch that failed there, if one did.

    Replaced whenever something happens in the lane, so two places that are one object are one moment.
    """

    wanted: int
    pieces: tuple[Piece, ...] = ()

    def after(self, sequence: int) -> Place:
        """The place once all up to that sequence number is done or given up."""
        return Place(sequence + 1, tuple(piece for piece in self.pieces if piece.last > sequence))


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that the function is to be called with, or, if there is a `condition`, that are to be given up."""

    place: Place
    """Where they were found."""
    changes: list[Change]
    records: list[dict[str, Any]]
    """The changes as the function gets them: nobody else has these dictionaries."""
    failures: int = 0
    condition: str | None = None
    """Why they are given up, as documents have it."""

    @property
    def last(self) -> int:
        return self.changes[-1].sequence


class Lane:
    """The changes of a shard whose partition keys fall into it."""

    __slots__ = ("_lanes", "_number", "place", "shard")

    def __init__(self, shard: Shard, number: int, lanes: int, wanted: int) -> None:
        self.shard = shard
        self.place = Place(wanted)
        self._number = number
        self._lanes = lanes

    def has(self, change: Change) -> bool:
        # the first eight bytes say in which shard it is
        return self._lanes == 1 or int.from_bytes(change.partition[8:], "big") % self._lanes == self._number

    def awaits(self, change: Change) -> bool:
        """Whether a change of the shard is still to come in this lane."""
        return change.sequence >= self.place.wanted and self.has(change)

    def is_done(self) -> bool:
        """Whether the shard is closed and everything in it was seen."""
        return self.shard.end is not None and not self.shard.since(self.place.wanted, 1)


@dataclass(slots=True)
class _Gathered:
    """What was found in a lane from a place on."""

    seen: int
    """The sequence number of the last change that was looked at, whoever wants it."""
    changes: list[Change] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    is_full: bool = False


class BatchReader:
    """Cuts what comes next in a lane into batches. Callers hold the emulator's lock."""

    __slots__ = ("_filters", "_identity", "_mapping", "_max_age", "_max_retries")

    def __init__(self, identity: StreamIdentity, mapping: SourceMapping) -> None:
        """Raises TypeError or ValueError if a filter pattern is wrong."""
        self._identity = identity
        self._mapping = mapping
        self._filters = compile_filters(mapping.filters)
        self._max_age = _limit(mapping.maximum_record_age)
        self._max_retries = _limit(mapping.maximum_retries)

    @property
    def has_retry_limit(self) -> bool:
        return self._max_retries != math.inf

    def wants(self, change: Change) -> bool:
        """Whether the filters let a change pass."""
        return not self._filters or self._passes(event_record(self._identity, change))

    def next(self, lane: Lane, now: float) -> tuple[Place, Batch | None]:
        """Where the lane stands once it has passed what it need not stop at, and the batch that is due there."""
        place = lane.place
        while place.pieces:
            piece = place.pieces[0]
            found = self._gather(lane, place.wanted, piece.last)
            if found.changes:
                return place, self._checked(Batch(place, found.changes, found.records, piece.failures), now)
            place = place.after(piece.last)  # what it had was trimmed
        found = self._gather(lane, place.wanted)
        if not found.changes:
            return place if found.seen < place.wanted else Place(found.seen + 1), None
        first = found.changes[0]
        if first.sequence != place.wanted:
            place = Place(first.sequence)  # so the filters need not look again at what they did not let pass
        batch = self._checked(Batch(place, found.changes, found.records), now)
        window_ends = in_milliseconds(first.at + self._mapping.batch_window)
        is_due = found.is_full or batch.condition is not None or now >= window_ends
        return place, batch if is_due else None

    def _gather(self, lane: Lane, wanted: int, last: int | None = None) -> _Gathered:
        """A new batch, as much as there is; or all up to `last`, which was a batch before."""
        found = _Gathered(seen=wanted - 1)
        size = 0
        for change in _changes_from(lane.shard, wanted):
            if last is not None and change.sequence > last:
                break
            if lane.has(change):
                record = event_record(self._identity, change)
                if self._passes(record):
                    size += len(orjson.dumps(record))
                    if found.changes and size > limits.MAX_EVENT_BYTES:
                        found.is_full = True
                        break
                    found.changes.append(change)
                    found.records.append(record)
            found.seen = change.sequence
            if len(found.changes) == self._mapping.batch_size:
                found.is_full = True
                break
        return found

    def _passes(self, record: dict[str, Any]) -> bool:
        return not self._filters or any(passes(record) for passes in self._filters)

    def _checked(self, batch: Batch, now: float) -> Batch:
        """The batch, or as much of it as is to be given up before the function is called."""
        if now - batch.changes[0].at > self._max_age:
            old = list(takewhile(lambda change: now - change.at > self._max_age, batch.changes))
            return replace(batch, changes=old, condition=AGE_EXCEEDED)
        if batch.failures > self._max_retries:
            return replace(batch, condition=RETRIES_EXHAUSTED)
        return batch

    # --- after the call ---------------------------------------------------------------------------

    def after_failure(self, batch: Batch, failed: int) -> Place:
        """The place after the function failed, at the change with that sequence number and those behind it.

        A failure is counted, and the rest tried again, unless bisecting makes a smaller piece of it: at the change
        that failed, or in the middle if that is the first one.
        """
        later = batch.place.after(batch.last).pieces
        rest = [change for change in batch.changes if change.sequence >= failed]
        if not self._mapping.bisect_on_error or (len(rest) == len(batch.changes) == 1):
            return Place(failed, (Piece(batch.last, batch.failures + 1), *later))
        if len(rest) < len(batch.changes):
            return Place(failed, (Piece(batch.last, 0), *later))
        middle = rest[len(rest) // 2 - 1].sequence
        return Place(failed, (Piece(middle, 0), Piece(batch.last, 0), *later))


def _changes_from(shard: Shard, wanted: int) -> Iterator[Change]:
    while changes := shard.since(wanted, _CHANGES_AT_ONCE):
        yield from changes
        wanted = changes[-1].sequence + 1


def _limit(option: int | None) -> float:
    return math.inf if option is None or option == FOREVER else option
