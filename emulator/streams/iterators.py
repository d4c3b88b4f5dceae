"""Shard iterators: opaque texts that say where a reader stands in a shard, and since when.

Nothing is kept of them. Source: streams_ttl.md 3, 6 and 7.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from zlib import crc32

import orjson

_SEPARATOR = "|1|"


class IteratorError(Exception):
    """A text that is no iterator of ours."""


@dataclass(frozen=True, slots=True)
class ShardIterator:
    """The next sequence number that a reader of a shard wants, and when it was told so, in epoch seconds."""

    stream: str
    """Its ARN."""
    shard: str
    sequence: int
    issued: float

    def text(self) -> str:
        place = orjson.dumps([self.shard, str(self.sequence), self.issued])
        return f"{self.stream}{_SEPARATOR}{urlsafe_b64encode(_checksum(self.stream, place) + place).decode()}"


def parse_iterator(text: str) -> ShardIterator:
    """The iterator of a text. Raises IteratorError if we never made it."""
    stream, _, encoded = text.rpartition(_SEPARATOR)
    try:
        content = b64decode(encoded, altchars=b"-_", validate=True)
        checksum, place = content[:4], content[4:]
        if checksum != _checksum(stream, place):
            raise IteratorError
        shard, sequence, issued = orjson.loads(place)
        return ShardIterator(stream, shard, int(sequence), issued)
    except (ValueError, TypeError) as error:
        raise IteratorError from error


def _checksum(stream: str, place: bytes) -> bytes:
    """Guards against slips, not against forgers, who would win nothing."""
    return crc32(place, crc32(stream.encode(errors="surrogatepass"))).to_bytes(4, "big")
