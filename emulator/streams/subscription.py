"""A subscription: a handler, and where it stands in the shards of a stream. Source: streams_ttl.md 11 and 12.

A shard is taken up from its beginning once its parent is read to the end. Whatever moves a subscription is undone by
savepoints, as the stream is, so it always stands right in the stream that was brought back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, TypeAlias

from emulator.storage.undo import UndoLog
from emulator.streams.functions import Function
from emulator.streams.lanes import Batch, BatchReader, Lane, Place
from emulator.streams.shard import Change, Shard
from emulator.streams.source_mapping import SourceMapping
from emulator.streams.stream import Stream

Outcome: TypeAlias = Literal["done", "failed", "partly failed", "discarded", "trimmed"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that `Emulator.drain` did: a call of a handler, or giving up what could not be delivered.

    A call is done, failed or partly failed. Discarded is what had failed too often or was too old for the handler's
    options, trimmed is what was too old for the stream or more than it keeps.
    """

    table: str
    function_name: str
    shard: str
    records: int
    first_sequence_number: str
    last_sequence_number: str
    outcome: Outcome
    attempt: int = 0
    """1 for the first call with just these records. Of discarded ones: how many calls there had been."""
    error: Exception | None = None
    """What the handler raised, or what is wrong with its answer."""
    condition: str | None = None
    """Why records were discarded: RetryAttemptsExhausted or RecordAgeExceeded."""


@dataclass(frozen=True, slots=True)
class _Loss:
    """Changes of one shard that were trimmed before they were delivered."""

    records: int
    first: int
    last: int


class Subscription:
    """A handler of the changes in one stream: the one that the table had when `Emulator.on_stream` was called."""

    def __init__(
        self,
        stream: Stream,
        function: Function,
        mapping: SourceMapping,
        undo: UndoLog,
        close: Callable[[Subscription], None],
    ) -> None:
        """Raises TypeError or ValueError if a filter pattern is wrong."""
        self.stream = stream
        self.function = function
        self.mapping = mapping
        self.is_open = False
        """Whether changes are delivered."""
        self._reader = BatchReader(stream.identity, mapping)
        self._undo = undo
        self._close = close
        self._lanes: dict[str, list[Lane]] = {}
        """By shard, in the order of their ids: those that are not read to the end."""
        self._read: set[str] = set()
        """The other shards of the stream."""
        self._losses: dict[str, _Loss] = {}
        is_latest = mapping.starting_position == "LATEST"
        for shard in stream.shards.values():
            self._lanes[shard.id] = self._new_lanes(shard, (stream.last_sequence if is_latest else shard.trimmed) + 1)

    def __repr__(self) -> str:
        state = "" if self.is_open else ", closed"
        return f"<Subscription of {self.function.name} to {self.stream.identity.arn}{state}>"

    def close(self) -> None:
        """Deliver nothing any more. May be called again, and by the handler."""
        self._close(self)

    # --- where it stands; callers of the rest hold the emulator's lock --------------------------------

    def look_at_shards(self) -> None:
        """Take up the shards that are new, and let go of those that are read to the end, as their parents are."""
        shards = self.stream.shards
        lanes = dict(self._lanes)
        for shard in shards.values():
            if shard.id not in lanes and shard.id not in self._read:
                lanes[shard.id] = self._new_lanes(shard, shard.start + 1)
        read = {name for name in self._read if name in shards}
        for name, of_shard in list(lanes.items()):
            if of_shard[0].shard.parent not in lanes and all(map(Lane.is_done, of_shard)):
                del lanes[name]
                read.add(name)
        if lanes.keys() != self._lanes.keys() or read != self._read:
            self._undo.add(partial(self._look_again, self._lanes, self._read))
            self._look_again(lanes, read)

    def _look_again(self, lanes: dict[str, list[Lane]], read: set[str]) -> None:
        self._lanes, self._read = lanes, read

    def _new_lanes(self, shard: Shard, wanted: int) -> list[Lane]:
        count = self.mapping.parallelization_factor
        return [Lane(shard, number, count, wanted) for number in range(count)]

    def lanes(self) -> list[Lane]:
        """Those of the shards whose parents are read to the end."""
        return [lane for of_shard in self._lanes.values() for lane in of_shard if self._is_next(lane)]

    def _is_next(self, lane: Lane) -> bool:
        return lane.shard.parent not in self._lanes and lane in self._lanes.get(lane.shard.id, ())

    def next_batch(self, lane: Lane, now: float) -> Batch | None:
        """The batch that is due in a lane. The lane passes what nobody wants."""
        if not self._is_next(lane):
            return None  # a savepoint was restored since it was found
        place, batch = self._reader.next(lane, now)
        if batch is None:
            if place is not lane.place:
                self._move(lane, place)
            return None
        # A place of its own, even where it is the same: if a savepoint is restored during the call, it is gone.
        place = replace(place)
        self._move(lane, place)
        return replace(batch, place=place)

    def _move(self, lane: Lane, place: Place) -> None:
        self._undo.add(partial(setattr, lane, "place", lane.place))
        lane.place = place

    # --- what became of a batch; to be called while the lane's place is the batch's -------------------

    def pass_over(self, lane: Lane, batch: Batch) -> None:
        """Go on behind a batch that is done or was given up."""
        self._move(lane, batch.place.after(batch.last))

    def fail(self, lane: Lane, batch: Batch, failed: int) -> bool:
        """Note that a batch failed from the sequence number `failed` on. Returns whether it is tried again at once.

        That is so if the mapping says how often, or if what is left of the batch became smaller.
        """
        place = self._reader.after_failure(batch, failed)
        self._move(lane, place)
        return self._reader.has_retry_limit or not place.pieces[0].failures

    def delivery(self, lane: Lane, batch: Batch, outcome: Outcome, error: Exception | None = None) -> Delivery:
        """What `drain` tells about a batch."""
        is_call = batch.condition is None
        return Delivery(
            table=self.stream.identity.table,
            function_name=self.function.name,
            shard=lane.shard.id,
            records=len(batch.changes),
            first_sequence_number=str(batch.changes[0].sequence),
            last_sequence_number=str(batch.last),
            outcome=outcome,
            attempt=batch.failures + is_call,
            error=error,
            condition=batch.condition,
        )

    # --- what came too late ---------------------------------------------------------------------------

    def note_trimmed(self, shard: Shard, gone: list[Change]) -> None:
        """Note what was trimmed without having been delivered."""
        if shard.id in self._read:
            return
        lanes = self._lanes.get(shard.id)
        if lanes is not None:
            gone = [change for change in gone if any(lane.awaits(change) for lane in lanes)]
        lost = [change for change in gone if self._reader.wants(change)]
        if lost:
            before = self._losses.get(shard.id, _Loss(0, lost[0].sequence, 0))
            self._set_losses(
                {**self._losses, shard.id: _Loss(before.records + len(lost), before.first, lost[-1].sequence)}
            )

    def take_losses(self) -> list[Delivery]:
        """What was trimmed since this was last asked."""
        losses = self._losses
        if losses:
            self._set_losses({})
        table, name = self.stream.identity.table, self.function.name
        return [
            Delivery(table, name, shard, loss.records, str(loss.first), str(loss.last), "trimmed")
            for shard, loss in losses.items()
        ]

    def _set_losses(self, losses: dict[str, _Loss]) -> None:
        self._undo.add(partial(setattr, self, "_losses", self._losses))
        self._losses = losses
