"""A stream: the changes of a table for 24 hours, in shards. Source: streams_ttl.md 2, 5, 10, 11 and 12.

The shards that are open share the hashes of partition keys among them, so all changes of an item are in one line of
shards. A shard is closed and followed by a child when it has been open for some hours, and by two children when it is
split.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from operator import attrgetter
from typing import TypeAlias
from zlib import crc32

from emulator import limits
from emulator.storage.agenda import Agenda
from emulator.storage.record import Record, is_unchanged
from emulator.storage.rows import RowKey
from emulator.storage.schema import KeySchema
from emulator.storage.undo import UndoLog
from emulator.streams.shard import HASHES, Change, Shard, is_too_old


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """What a stream is called and whose changes it has. Never changes."""

    arn: str
    label: str
    region: str
    table: str
    view_type: str
    schema: KeySchema
    created: float


_Opening: TypeAlias = tuple[Shard | None, int, int]
"""A shard to open: its parent, and the hashes from and up to which it goes."""


class Stream:
    """The stream of one table. Callers hold the emulator's lock.

    `status` is that of DescribeStream. `forget` is called when the stream is disabled and its last shard is too old.
    """

    def __init__(
        self,
        identity: StreamIdentity,
        agenda: Agenda,
        undo: UndoLog,
        shards: int,
        rollover: float,
        forget: Callable[[Stream], None],
    ) -> None:
        self.identity = identity
        self.status = "ENABLING"
        self.shards: dict[str, Shard] = {}
        """All that there are, in the order of their ids."""
        self.last_sequence = limits.FIRST_SEQUENCE_NUMBER
        self.when_trimmed: list[Callable[[Shard, list[Change]], None]] = []
        """Called with what was trimmed of a shard."""
        self._agenda = agenda
        self._undo = undo
        self._rollover = max(rollover, limits.MIN_SHARD_SECONDS) if rollover else 0.0
        self._forget = forget
        self._open: list[Shard] = []  # in the order of their hashes
        self._lowers: list[int] = []
        self._last_shard_digits = 0
        self._changes = 0
        self.size = 0
        """Bytes of the items before the changes, which nobody else may keep."""
        self._alarm = agenda.alarm(self._look_after)
        bounds = [HASHES * number // shards for number in range(shards + 1)] if shards else []
        self._open_shards([(None, *hashes) for hashes in pairwise(bounds)], identity.created)
        self.wake()

    def resume(self, status: str, shards: list[Shard]) -> None:
        """Go on from the shards, with their changes, of a stream that was made without any."""
        self.status = status
        self.shards = {shard.id: shard for shard in shards}
        self._open = sorted((shard for shard in shards if shard.end is None), key=attrgetter("lower"))
        self._lowers = [shard.lower for shard in self._open]
        self._last_shard_digits = max((shard.digits for shard in shards), default=0)
        self._changes = sum(map(len, shards))
        self.size = sum(change.old_size for shard in shards for change in shard)
        self.last_sequence = max((shard.last_sequence for shard in shards), default=limits.FIRST_SEQUENCE_NUMBER)
        self.wake()

    def __len__(self) -> int:
        """How many changes are kept."""
        return self._changes

    def __bool__(self) -> bool:
        return True

    @property
    def is_open(self) -> bool:
        """Whether changes are still noted."""
        return bool(self._open)

    # --- changes ----------------------------------------------------------------------------------

    def note(self, key: RowKey, old: Record | None, new: Record | None, *, by_service: bool = False) -> None:
        """Note that an item was put, changed or deleted, unless that changes nothing."""
        if is_unchanged(old, new):
            return
        now = self._agenda.now()
        partition: bytes = key[0]  # type: ignore[assignment]
        shard = self._shard_of(partition)
        if self._undo.recording:
            self._undo.add(partial(self._take_back, shard, self.last_sequence))
        self.last_sequence += 1
        change = Change(self.last_sequence, now, partition, old, new, by_service)
        shard.append(change)
        self.size += change.old_size
        if self._undo.unsaved is not None:
            self._undo.unsaved.changes[self, change.sequence] = (shard, change)
        self._changes += 1
        if self._changes > limits.MAX_STREAM_RECORDS:
            self._trim_one()
        alarm = self._alarm.at
        if alarm is None or alarm > now + limits.STREAM_RETENTION_SECONDS:
            self.wake()

    def _take_back(self, shard: Shard, last_sequence: int) -> None:
        change = shard.pop()
        self._mark_gone([change])
        self.size -= change.old_size
        self._changes -= 1
        self.last_sequence = last_sequence

    def _shard_of(self, partition: bytes) -> Shard:
        if len(self._open) == 1:
            return self._open[0]
        return self._open[bisect_right(self._lowers, int.from_bytes(partition[:8], "big")) - 1]

    def _trim_one(self) -> None:
        """Make room: the oldest shard with changes loses its oldest."""
        shard = next(shard for shard in self.shards.values() if len(shard))
        self._note_trimmed(shard, shard.trimmed, shard.trim_oldest())

    # --- shards -----------------------------------------------------------------------------------

    def split(self) -> None:
        """Close each open shard and open two in its place, half of the hashes each."""
        halves: list[_Opening] = []
        for shard in self._open:
            middle = (shard.lower + shard.upper) // 2
            if shard.lower < middle:
                halves += [(shard, shard.lower, middle), (shard, middle, shard.upper)]
            else:
                halves.append((shard, shard.lower, shard.upper))
        self._replace_shards(halves, self._agenda.now())

    def split_into(self, count: int) -> None:
        """Split until there are at least `count` open shards."""
        while self.is_open and len(self._open) < count:
            self.split()

    def close(self) -> None:
        """Close all shards; nothing is noted any more."""
        self._replace_shards([], self._agenda.now())
        self.become("DISABLING")
        self.wake()

    def become(self, status: str) -> None:
        """Change the status."""
        self._undo.add(partial(self._set_status, self.status))
        self._set_status(status)

    def _set_status(self, status: str) -> None:
        self.status = status
        self.mark()

    def mark(self) -> None:
        """What the file knows of the stream, its shards or status, is no longer so."""
        if self._undo.unsaved is not None:
            self._undo.unsaved.streams.add(self)

    def _mark_gone(self, changes: list[Change]) -> None:
        if self._undo.unsaved is not None:
            for change in changes:
                self._undo.unsaved.changes[self, change.sequence] = None

    def _replace_shards(self, children: list[_Opening], at: float) -> None:
        """Close the shards that are open, and open `children`, dated `at`."""
        before = (dict(self.shards), list(self._open), self.last_sequence, self._last_shard_digits)
        self._undo.add(partial(self._reopen, *before))
        self.mark()
        for shard in self._open:
            self.last_sequence += 1
            shard.end, shard.closed_at = self.last_sequence, self._agenda.now()
        self._open = []
        self._lowers = []
        self._open_shards(children, at)

    def _open_shards(self, children: list[_Opening], at: float) -> None:
        for parent, lower, upper in children:
            self.last_sequence += 1
            shard_id = self._next_shard_id(at)
            shard = Shard(shard_id, None if parent is None else parent.id, lower, upper, self.last_sequence, at)
            self.shards[shard_id] = shard
            self._open.append(shard)
            self._lowers.append(lower)

    def _next_shard_id(self, at: float) -> str:
        """An id that stands behind all ids so far, even if the clock stands still or went back."""
        digits = max(int(at * 1000), self._last_shard_digits + 1)
        self._last_shard_digits = digits
        return f"shardId-{digits:020}-{crc32(f'{self.identity.arn}/{digits}'.encode()):08x}"

    def _reopen(self, shards: dict[str, Shard], opened: list[Shard], last_sequence: int, digits: int) -> None:
        self.shards, self._open, self.last_sequence, self._last_shard_digits = shards, opened, last_sequence, digits
        self._lowers = [shard.lower for shard in opened]
        for shard in opened:
            shard.end = shard.closed_at = None
        self.mark()
        self.wake()

    # --- time -------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Look after the stream when the next of its shards or changes is due."""
        due = self._next_due()
        if due is not None:
            self._alarm.no_later_than(due)

    def rest(self) -> None:
        """Look after the stream no more."""
        self._alarm.set(None)

    def _next_due(self) -> float | None:
        dues = [shard.created + self._rollover for shard in self._open] if self._rollover else []
        for shard in self.shards.values():
            oldest = shard.oldest
            if oldest is not None:
                dues.append(oldest.at + limits.STREAM_RETENTION_SECONDS)
            elif shard.closed_at is not None:
                dues.append(shard.closed_at + limits.STREAM_RETENTION_SECONDS)
        return min(dues, default=None)

    def _look_after(self) -> None:
        """Trim what is too old and replace shards that were open for long."""
        now = self._agenda.now()
        present = max(now, self._agenda.present())
        for shard in self.shards.values():
            trimmed = shard.trimmed
            gone = shard.trim(present)
            if gone:
                self._note_trimmed(shard, trimmed, gone)
        self._drop_shards(present)
        if self._rollover and self._open and self._open[0].created + self._rollover <= now:
            self._roll_over(now, present)
        if not self.shards:
            self._forget(self)
        self.wake()

    def _note_trimmed(self, shard: Shard, trimmed: int, gone: list[Change]) -> None:
        self._changes -= len(gone)
        self.size -= sum(change.old_size for change in gone)
        self._mark_gone(gone)
        self.mark()
        if self._undo.recording:
            self._undo.add(partial(self._untrim, shard, trimmed, gone))
        for listener in self.when_trimmed:
            listener(shard, gone)

    def _untrim(self, shard: Shard, trimmed: int, gone: list[Change]) -> None:
        shard.untrim(gone, trimmed)
        self._changes += len(gone)
        self.size += sum(change.old_size for change in gone)
        self.mark()
        if self._undo.unsaved is not None:
            self._undo.unsaved.changes.update({(self, change.sequence): (shard, change) for change in gone})
        self.wake()

    def _drop_shards(self, present: float) -> None:
        """Forget the shards that were closed long ago; what was in them is trimmed."""
        closed = [(shard, shard.closed_at) for shard in self.shards.values() if shard.closed_at is not None]
        old = [shard for shard, closed_at in closed if is_too_old(closed_at, present)]
        gone = [shard.id for shard in old if not len(shard)]
        if gone:
            self._undo.add(partial(self._put_back_shards, self.shards))
            self.shards = {shard_id: shard for shard_id, shard in self.shards.items() if shard_id not in gone}
            self.mark()

    def _put_back_shards(self, shards: dict[str, Shard]) -> None:
        self.shards = shards
        self.mark()
        self.wake()

    def _roll_over(self, now: float, present: float) -> None:
        """Put a child in the place of each open shard.

        A clock that is moved years ahead need not make the shards of which nothing would be left.
        """
        horizon = present - limits.STREAM_RETENTION_SECONDS
        skipped = max(0, int((horizon - now) // self._rollover)) * self._rollover
        self._replace_shards([(shard, shard.lower, shard.upper) for shard in self._open], now + skipped)
