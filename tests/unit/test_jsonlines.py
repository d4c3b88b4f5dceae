"""Reading and writing items as JSON lines."""

from __future__ import annotations

import gzip
from io import BufferedReader, BytesIO

import pytest

from emulator import jsonlines, limits
from emulator.jsonlines import Line, LineError

ITEM = b'{"Item":{"id":{"S":"a"}}}'


def read(content: bytes) -> list[Line]:
    return list(jsonlines.read(jsonlines.decompressed(BufferedReader(BytesIO(content)))))


def test_items_are_written_one_a_line() -> None:
    assert jsonlines.written([{"id": {"S": "a"}}, {"id": {"S": "b"}}]) == ITEM + b'\n{"Item":{"id":{"S":"b"}}}\n'


@pytest.mark.parametrize(
    "content",
    [
        ITEM,
        ITEM + b"\n",
        ITEM + b"\r\n",
        b"\xef\xbb\xbf" + ITEM,
        b' { "Item" : { "id" : { "S" : "\\u0061" } } } ',
        gzip.compress(ITEM),
        gzip.compress(b"") + gzip.compress(ITEM),
    ],
    ids=["bare", "line feed", "CR LF", "byte order mark", "spaces and escapes", "gzip", "gzip of two members"],
)
def test_an_item_is_read_however_its_line_is_written(content: bytes) -> None:
    assert [line.item for line in read(content)] == [{"id": {"S": "a"}}]


def test_blank_lines_are_passed_over_and_counted() -> None:
    assert [line.number for line in read(b"\n" + ITEM + b"\n \n" + ITEM)] == [2, 4]


@pytest.mark.parametrize("content", [b"", b"\n\n", gzip.compress(b"")], ids=["nothing", "blank lines", "empty gzip"])
def test_a_file_may_hold_no_items(content: bytes) -> None:
    assert read(content) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"id,name", "not JSON: "),
        (b'{"Item":{"id":{"S":"\xff"}}}', "not JSON: "),
        (b'{"Item":{"id":{"N":NaN}}}', "not JSON: "),
        (b"[" * 10_000, "not JSON: "),
        (b"[]", "not an item; one looks like"),
        (b'{"id":{"S":"a"}}', "not an item; one looks like"),
        (b'{"Item":[]}', "not an item; one looks like"),
        (b'{"Item":{},"Keys":{}}', "not an item; one looks like"),
        (b'{"Metadata":{},"Keys":{},"NewImage":{}}', "a change of an incremental export; "),
        (b'{"Item":{"id":"a"}}', "attribute 'id' is not typed"),
        (b'{"Item":{"id":{"s":"a"}}}', "attribute 'id' is not typed"),
        (b'{"Item":{"id":{"S":"a","N":"1"}}}', "attribute 'id' is not typed"),
        (b'{"Item":{"id":{}}}', "attribute 'id' is not typed"),
        (b" " * limits.MAX_REQUEST_BODY_BYTES + b"{}", "longer than 16 MB"),
        (b'{"Item":' + b" " * limits.MAX_REQUEST_BODY_BYTES, "longer than 16 MB"),
    ],
    ids=lambda value: value[:40].decode(errors="replace") if isinstance(value, bytes) else None,
)
def test_a_line_that_is_no_item_is_refused_with_its_number_and_the_reason(text: bytes, reason: str) -> None:
    with pytest.raises(LineError, match="^" + reason) as refusal:
        read(ITEM + b"\n" + text)
    assert refusal.value.number == 2


@pytest.mark.parametrize(
    "damaged",
    [gzip.compress(ITEM)[:-9], gzip.compress(ITEM)[:12] + b"\xff" * 20],
    ids=["cut short", "overwritten"],  # the bytes hold the time, and workers must find the same tests
)
def test_a_damaged_gzip_file_is_refused(damaged: bytes) -> None:
    with pytest.raises(LineError, match=r"^cannot be read: "):
        read(damaged)
