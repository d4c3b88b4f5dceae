"""What is compiled once and used by many requests."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

_Compiled = TypeVar("_Compiled")


class Cache(Generic[_Compiled]):
    """A map that starts afresh when it is full; programs use few expressions, so that is rare.

    `get` is the dict's own method: it is the warm path of every request with an expression.
    """

    __slots__ = ("_capacity", "_entries", "get")

    def __init__(self, capacity: int = 4096) -> None:
        self._capacity = capacity
        self._entries: dict[Hashable, _Compiled] = {}
        self.get = self._entries.get

    def keep(self, key: Hashable, compiled: _Compiled) -> _Compiled:
        """Remember `compiled` and return it."""
        if len(self._entries) >= self._capacity:
            self._entries.clear()
        self._entries[key] = compiled
        return compiled
