"""What is compiled once and used by many requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeAlias, TypeVar

_Compiled = TypeVar("_Compiled")
Key: TypeAlias = tuple[Sequence[str], ...]
"""The text of an expression, and whatever else of the request its compiled form depends on."""

_ENTRY = 128  # what an entry costs beside its text, as characters


class Cache(Generic[_Compiled]):
    """A map that starts afresh when it is full; programs use few expressions, so that is rare.

    Room is counted in characters of the keys: a compiled expression takes some 50 bytes for each, and names may be
    longer than the expression. `get` is the dict's own method: it is the warm path of every request with an expression.
    """

    __slots__ = ("_capacity", "_entries", "_taken", "get")

    def __init__(self, capacity: int = 512 * 1024) -> None:
        self._capacity = capacity
        self._taken = 0
        self._entries: dict[Key, _Compiled] = {}
        self.get = self._entries.get

    def keep(self, key: Key, compiled: _Compiled) -> _Compiled:
        """Remember `compiled`, unless it is larger than the whole cache, and return it."""
        room = _room(key)
        if self._taken + room > self._capacity:
            self._entries.clear()
            self._taken = 0
        if room <= self._capacity:
            self._entries[key] = compiled
            self._taken += room
        return compiled


def _room(key: Key) -> int:
    return _ENTRY + sum(len(part) if isinstance(part, str) else sum(map(len, part)) for part in key)
