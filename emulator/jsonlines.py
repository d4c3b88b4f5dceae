"""Items as JSON lines in DynamoDB-JSON: one `{"Item": {...}}` a line, as the service's own full exports write them.

A reader judges what a line must be whatever the table (JSON, an item, attribute values of known types);
what the table asks of an item is left to the endpoint. Source: backups_export_import.md 6.5
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedIOBase, BufferedReader
from typing import Any, NamedTuple

import orjson

from emulator import limits
from emulator.values.types import DATA_TYPES, Item

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_EXAMPLE = '{"Item": {"id": {"S": "a"}}}'


class Line(NamedTuple):
    """An item of a file: where it stands (from 1), and how many bytes it takes there."""

    number: int
    item: Item
    length: int


class LineError(Exception):
    """A line that cannot be imported, and why."""

    def __init__(self, number: int, reason: str) -> None:
        self.number = number
        super().__init__(reason)


def written(items: Iterable[Item]) -> bytes:
    """The lines of `items`, each with its line feed."""
    return b"".join(orjson.dumps({"Item": item}, option=orjson.OPT_APPEND_NEWLINE) for item in items)


def read(file: BufferedIOBase) -> Iterator[Line]:
    """The items of a file, one at a time; blank lines are passed over. Raises LineError."""
    for number, text in _lines(file):
        if number == 1:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        if text.strip():
            yield Line(number, _item(number, text), len(text))


def decompressed(file: BufferedReader) -> BufferedIOBase:
    """The file's content: unpacked if it starts as gzip does, as the service's export files do."""
    return gzip.GzipFile(fileobj=file) if file.peek(2).startswith(_GZIP_MAGIC) else file


def _lines(file: BufferedIOBase) -> Iterator[tuple[int, bytes]]:
    number = 1
    while True:
        try:
            text = file.readline(limits.MAX_REQUEST_BODY_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise LineError(number, f"cannot be read: {error}") from error
        if not text:
            return
        if len(text) > limits.MAX_REQUEST_BODY_BYTES:
            raise LineError(number, "longer than 16 MB; no item is")
        yield number, text
        number += 1


def _item(number: int, text: bytes) -> Item:
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise LineError(number, f"not JSON: {error.msg} (character {error.pos + 1} of the line)") from error
    item = document.get("Item") if isinstance(document, dict) else None
    if not isinstance(item, dict) or len(document) != 1:
        raise LineError(number, _not_an_item(document))
    for name, value in item.items():
        if not (isinstance(value, dict) and len(value) == 1 and next(iter(value)) in DATA_TYPES):
            raise LineError(number, f'attribute {name!r} is not typed as DynamoDB-JSON is, e.g. {{"S": "text"}}')
    return item


def _not_an_item(document: Any) -> str:
    if isinstance(document, dict) and "Metadata" in document and "Keys" in document:
        return f"a change of an incremental export; a line of a full export is expected, e.g. {_EXAMPLE}"
    return f"not an item; one looks like {_EXAMPLE}"
