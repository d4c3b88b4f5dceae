"""The objects that an import or a bulk operation reads, document by document."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Any, NamedTuple

from emulator import errors
from emulator.buckets.bucket import Bucket, ObjectSummary
from emulator.buckets.documents import Document, Reader, Unreadable
from emulator.buckets.packing import DamagedError, Unpacked
from emulator.errors import ServiceError

_BUFFER_BYTES = 1 << 17


class Entry(NamedTuple):
    """A document, or what stands in the place of one: the key of its object, and where in it, from 0."""

    key: str
    place: int
    content: Document | Unreadable

    def document(self, members: Collection[str]) -> Document:
        """The document, if it has an Item and nothing that is not one of `members`. Raises ServiceError."""
        if isinstance(self.content, Unreadable):
            raise ServiceError(errors.VALIDATION, message=self.content.reason)
        if "Item" not in self.content:
            raise ServiceError(errors.VALIDATION, message="The document has no Item")
        unknown = sorted(self.content.keys() - set(members))
        if unknown:
            raise ServiceError(errors.VALIDATION, message=f"The document has members that are not known: {unknown}")
        return self.content

    def pointer(self, bucket: Bucket) -> dict[str, Any]:
        """itemS3Pointer, as the service's log of errors has it."""
        return {"bucket": bucket.name, "key": self.key, "itemIndex": self.place}


@dataclass(slots=True)
class Source:
    """All objects of a bucket whose keys begin with a prefix, in one compression and one format."""

    bucket: Bucket
    prefix: str
    compression: str
    read: Reader
    objects: list[ObjectSummary] = field(init=False)
    unpacked_bytes: int = 0
    """Bytes that were read so far."""

    def __post_init__(self) -> None:
        self.objects = self.bucket.objects(self.prefix)

    @property
    def packed_bytes(self) -> int:
        return sum(summary.size for summary in self.objects)

    def __iter__(self) -> Iterator[Entry]:
        for summary in self.objects:
            for place, content in enumerate(self._contents(summary.key)):
                yield Entry(summary.key, place, content)

    def _contents(self, key: str) -> Iterator[Document | Unreadable]:
        """What an object holds. Where it is damaged, the rest of it is skipped, as the service does."""
        try:
            with self.bucket.open(key) as file:
                content = Unpacked(file, self.compression)
                try:
                    yield from self.read(BufferedReader(content, _BUFFER_BYTES))
                finally:
                    self.unpacked_bytes += content.bytes_read
        except (DamagedError, OSError) as error:
            yield Unreadable(f"The object is damaged or cannot be read; the rest of it is skipped: {error}")
