"""Shards: the changes of one hash range of a table, in order. Source: streams_ttl.md 3, 5, 11 and 12."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from emulator import limits
from emulator.storage.record import Record

HASHES = 1 << 64
"""How many hashes there are, as shards see them: by their first eight bytes."""


@dataclass(frozen=True, slots=True)
class Change:
    """An item that was put, changed or deleted: its records before and after, None where there was no item."""

    sequence: int
    at: float
    """When, in epoch seconds."""
    partition: bytes
    """The hash of the partition key."""
    old: Record | None
    new: Record | None
    by_service: bool
    """Whether time to live deleted the item."""

    @property
    def old_size(self) -> int:
        return self.old.size if self.old is not None else 0


def is_too_old(when: float, now: float) -> bool:
    """Whether what happened then is kept no more."""
    return when + limits.STREAM_RETENTION_SECONDS <= now


_sequence = attrgetter("sequence")
_at = attrgetter("at")


class Shard:
    """The changes of the items with hashes in [lower, upper).

    A shard is open until it is closed for good; its children go on from there. Changes that are too old are
    trimmed at the front.
    """

    __slots__ = (
        "_changes",
        "_first",
        "closed_at",
        "created",
        "end",
        "id",
        "lower",
        "parent",
        "start",
        "trimmed",
        "upper",
    )

    def __init__(self, shard_id: str, parent: str | None, lower: int, upper: int, start: int, created: float) -> None:
        self.id = shard_id
        self.parent = parent
        self.lower = lower
        self.upper = upper
        self.start = start
        """StartingSequenceNumber, below those of all its changes."""
        self.end: int | None = None
        """EndingSequenceNumber, above those of all its changes; None while the shard is open."""
        self.created = created
        self.closed_at: float | None = None
        self.trimmed = start
        """Up to which sequence number changes were trimmed."""
        self._changes: list[Change] = []
        self._first = 0  # those before were trimmed; they are dropped once they are more than half

    def __iter__(self) -> Iterator[Change]:
        """The changes that are kept, oldest first."""
        return islice(self._changes, self._first, None)

    def __len__(self) -> int:
        return len(self._changes) - self._first

    @property
    def digits(self) -> int:
        """The number in the id, which is the shard's own within its stream."""
        return int(self.id.split("-")[1])

    @property
    def last_sequence(self) -> int:
        """The last sequence number that was given to the shard or to a change in it."""
        latest = self._changes[-1].sequence if self._changes else self.trimmed
        return latest if self.end is None else self.end

    @property
    def oldest(self) -> Change | None:
        return self._changes[self._first] if len(self) else None

    def after_latest(self, last_sequence: int) -> int:
        """The sequence number to read from for what comes next; `last_sequence` is the last of the stream."""
        return (last_sequence if self.end is None else self.end) + 1

    def append(self, change: Change) -> None:
        self._changes.append(change)

    def pop(self) -> Change:
        """Take back the latest change."""
        return self._changes.pop()

    def since(self, sequence: int, limit: int) -> list[Change]:
        """At most `limit` changes, beginning with that sequence number or the next one there is."""
        at = bisect_left(self._changes, sequence, self._first, key=_sequence)
        return self._changes[at : at + limit]

    def first_at(self, when: float) -> int:
        """The sequence number to read from for the changes made at `when` or later."""
        at = bisect_left(self._changes, when, self._first, key=_at)
        if at < len(self._changes):
            return self._changes[at].sequence
        return self._changes[-1].sequence + 1 if len(self) else self.trimmed + 1

    def trim(self, now: float) -> list[Change]:
        """Forget the changes that are too old; returns them."""
        at = self._first
        while at < len(self._changes) and is_too_old(self._changes[at].at, now):
            at += 1
        return self._trim_to(at)

    def trim_oldest(self) -> list[Change]:
        """Forget the oldest change; returns it."""
        return self._trim_to(self._first + 1)

    def _trim_to(self, at: int) -> list[Change]:
        gone = self._changes[self._first : at]
        if gone:
            self._first = at
            self.trimmed = gone[-1].sequence
            if at > len(self._changes) // 2:
                del self._changes[:at]
                self._first = 0
        return gone

    def untrim(self, gone: list[Change], trimmed: int) -> None:
        """Take back what `trim` forgot; `trimmed` is what it was before."""
        self._changes[: self._first] = gone
        self._first = 0
        self.trimmed = trimmed
