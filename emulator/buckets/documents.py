"""What objects hold, document by document: the formats of imports and bulk operations.

A document is a dict such as `{"Item": {...}}`, an item in DynamoDB-JSON. What its members are is judged by those who
ask; a part that is no document at all is given as `Unreadable`, and what follows it is read on.
Source: backups_export_import.md 6.5 and 8.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any, TypeAlias

import orjson

from emulator import limits
from emulator.buckets import ion
from emulator.buckets.packing import DamagedError


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of an object that is not what the format asks for, and why."""

    reason: str


Document: TypeAlias = dict[str, Any]
Reader: TypeAlias = Callable[[BufferedIOBase], Iterator[Document | Unreadable]]
"""Reads an object, unpacked already. Raises DamagedError where nothing can be read any more."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def reader_of(input_format: str, options: Mapping[str, Any], types: Mapping[str, str]) -> Reader:
    """The reader of an InputFormat and its InputFormatOptions; `types` are those of key attributes.

    Raises MissingExtraError.
    """
    if input_format == "CSV":
        csv_options: Mapping[str, Any] = options.get("Csv", {})
        delimiter, header = csv_options.get("Delimiter", ","), csv_options.get("HeaderList")
        return lambda file: _rows(file, delimiter, header, types)
    if input_format == "ION":
        parse = ion.Parser().documents
        return lambda file: _parsed(file, parse, ion.NotIonError)
    return lambda file: _parsed(file, _json_document, ValueError)


def _lines(file: BufferedIOBase) -> Iterator[bytes]:
    """The lines of an object. None may be longer than a request: what is has no item in it that could be stored."""
    line = file.readline(limits.MAX_REQUEST_BODY_BYTES + 1).removeprefix(_BYTE_ORDER_MARK)
    while line:
        if len(line) > limits.MAX_REQUEST_BODY_BYTES:
            raise DamagedError("a line is longer than 16 MB")
        yield line
        line = file.readline(limits.MAX_REQUEST_BODY_BYTES + 1)


def _parsed(
    file: BufferedIOBase, parse: Callable[[bytes], Sequence[Document]], fault: type[Exception]
) -> Iterator[Document | Unreadable]:
    """The documents of the lines, mostly one of each; blank lines have none."""
    for line in _lines(file):
        if line.isspace():
            continue
        try:
            documents = parse(line)
        except fault as error:
            yield Unreadable(str(error))
        else:
            yield from documents


def _json_document(line: bytes) -> Sequence[Document]:
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"The line is not JSON: {error.msg} (character {error.pos + 1})") from None
    if not isinstance(document, dict):
        raise ValueError("The line is not a JSON object")
    return (document,)


def _rows(
    file: BufferedIOBase, delimiter: str, header: Sequence[str] | None, types: Mapping[str, str]
) -> Iterator[Document | Unreadable]:
    """The rows of a CSV object; the first one names the columns, unless that is done already."""
    # The limit is one for the whole process: it is raised to what an item may hold, and never lowered.
    csv.field_size_limit(max(csv.field_size_limit(), limits.MAX_ITEM_BYTES))
    rows = csv.reader(_texts(file), delimiter=delimiter)
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield Unreadable(f"The row is not CSV: {error}")
            continue
        if not row:
            continue
        if header is None:
            header = row
        elif len(row) > len(header):
            yield Unreadable(f"The row has {len(row)} values, the header {len(header)}")
        else:
            cells = zip(header, row, strict=False)
            yield {"Item": {name: {types.get(name, "S"): text} for name, text in cells}}


def _texts(file: BufferedIOBase) -> Iterator[str]:
    for line in _lines(file):
        try:
            yield line.decode()
        except UnicodeDecodeError as error:
            raise DamagedError(f"not UTF-8: {error.reason}") from error
