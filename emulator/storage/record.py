"""A record: an item as it is stored, immutable, as encoded DynamoDB-JSON with its sizes."""

from __future__ import annotations

from typing import cast

import orjson

from emulator.values.sizes import page_size
from emulator.values.types import Item


class Record:
    """An encoded item. Never changed once made; a write stores a new record.

    `encoded` is the canonical JSON, `size` the bytes that the service bills, `measured` what `page_bytes` found, 0
    before somebody asked.
    """

    __slots__ = ("encoded", "measured", "size")

    def __init__(self, item: Item, size: int) -> None:
        # Joining copies to the exact size; what the encoder returns keeps a buffer of 1 KiB behind it.
        self.encoded = b"".join((orjson.dumps(item), b""))
        self.size = size
        self.measured = 0

    @classmethod
    def stored(cls, encoded: bytes, size: int) -> Record:
        """The record of an item that was encoded and measured before."""
        record = cls.__new__(cls)
        record.encoded = encoded
        record.size = size
        record.measured = 0
        return record

    def decode(self) -> Item:
        """A fresh copy of the item, for the caller to do with as it likes."""
        return cast(Item, orjson.loads(self.encoded))

    def page_bytes(self, sort_key: str | None) -> int:
        """What the row adds to the 1 MB of a page; computed once, since only long reads need it."""
        if not self.measured:
            self.measured = page_size(self.decode(), sort_key)
        return self.measured


def is_unchanged(old: Record | None, new: Record | None) -> bool:
    """Whether a write left the item as it was; the order of attributes and of map keys does not matter."""
    if old is None or new is None:
        return old is new
    return old.encoded == new.encoded or (old.size == new.size and old.decode() == new.decode())


def larger_size(old: Record | None, new: Record | None) -> int:
    """Bytes of the larger one of an item before and after a write, which is what the write costs by."""
    return max(old.size if old is not None else 0, new.size if new is not None else 0)
