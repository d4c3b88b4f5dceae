"""The formats of objects."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest

from emulator import limits
from emulator.buckets.documents import Unreadable, reader_of
from emulator.buckets.packing import DamagedError

A = {"Item": {"pk": {"S": "a"}}}
B = {"Item": {"pk": {"S": "b"}, "n": {"N": "1"}}}
TYPES = {"pk": "S", "n": "N", "bin": "B"}


def read(input_format: str, content: bytes, csv: dict[str, Any] | None = None) -> list[Any]:
    reader = reader_of(input_format, {"Csv": csv} if csv is not None else {}, TYPES)
    return list(reader(BytesIO(content)))


def items(*rows: dict[str, tuple[str, str]]) -> list[Any]:
    return [{"Item": {name: {kind: text} for name, (kind, text) in row.items()}} for row in rows]


# --- Lines ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b'{"Item":{"pk":{"S":"a"}}}\n{"Item":{"pk":{"S":"b"},"n":{"N":"1"}}}\n',
        b'{"Item":{"pk":{"S":"a"}}}\n{"Item":{"pk":{"S":"b"},"n":{"N":"1"}}}',
        b'\n{"Item":{"pk":{"S":"a"}}}\r\n \r\n{"Item":{"pk":{"S":"b"},"n":{"N":"1"}}}\r\n\n',
        b'\xef\xbb\xbf{"Item":{"pk":{"S":"a"}}}\n{ "Item" : {"pk":{"S":"b"},"n":{"N":"1"}} }\n',
    ],
)
def test_dynamodb_json_has_a_document_on_each_line(content: bytes) -> None:
    assert read("DYNAMODB_JSON", content) == [A, B]


@pytest.mark.parametrize(
    "content",
    [
        b'$ion_1_0 {Item:{pk:"a"}}\n$ion_1_0 {Item:{pk:"b",n:1.}}\n',
        b'{Item:{pk:"a"}}\n\n{Item:{pk:"b",n:1}}',
        b'$ion_1_0\n{Item:{pk:"a"}} {Item:{pk:"b",n:1d0}}\n',
    ],
)
def test_ion_has_a_document_on_each_line(content: bytes) -> None:
    assert read("ION", content) == [A, B]


@pytest.mark.parametrize(
    ("input_format", "line"),
    [
        *(("DYNAMODB_JSON", line) for line in (b"x", b"{", b"[]", b"1", b"null", b'"a"', b"{} {}", b"\xff", b"\0")),
        *(("ION", line) for line in (b"{", b"[]", b"1", b"null", b"null.struct", b'"a"', b"{Item:{", b"\xff", b"a")),
    ],
)
def test_a_line_that_is_no_document_is_told_and_the_next_one_read(input_format: str, line: bytes) -> None:
    unreadable, following = read(input_format, line + b'\n{"Item":{"pk":"a"}}\n')
    assert isinstance(unreadable, Unreadable)
    assert "Item" in following


@pytest.mark.parametrize("input_format", ["DYNAMODB_JSON", "ION", "CSV"])
def test_a_line_longer_than_any_item_ends_the_object(input_format: str) -> None:
    with pytest.raises(DamagedError, match="longer than 16 MB"):
        read(input_format, b"a" * (limits.MAX_REQUEST_BODY_BYTES + 1))


@pytest.mark.parametrize("input_format", ["DYNAMODB_JSON", "ION", "CSV"])
def test_an_empty_object_has_no_documents(input_format: str) -> None:
    assert read(input_format, b"") == []


# --- CSV ------------------------------------------------------------------------------------------


def test_the_first_row_of_csv_names_the_attributes() -> None:
    assert read("CSV", b"pk,x\na,1\nb,2\n") == items(
        {"pk": ("S", "a"), "x": ("S", "1")}, {"pk": ("S", "b"), "x": ("S", "2")}
    )


def test_with_a_list_of_headers_the_first_row_is_data() -> None:
    assert read("CSV", b"a,1\n", {"HeaderList": ["pk", "x"]}) == items({"pk": ("S", "a"), "x": ("S", "1")})


def test_key_attributes_take_their_types_and_all_others_are_texts() -> None:
    row = {"pk": ("S", "1"), "n": ("N", "1"), "bin": ("B", "AQ=="), "other": ("S", "1")}
    assert read("CSV", b"pk,n,bin,other\n1,1,AQ==,1\n") == items(row)


@pytest.mark.parametrize("delimiter", [",", ";", ":", "|", "\t", " "])
def test_csv_is_split_at_its_delimiter(delimiter: str) -> None:
    content = delimiter.join(["pk", "x"]) + "\n" + delimiter.join(["a", "1"])
    assert read("CSV", content.encode(), {"Delimiter": delimiter}) == items({"pk": ("S", "a"), "x": ("S", "1")})


def test_quoted_values_may_hold_delimiters_quotes_and_line_feeds() -> None:
    assert read("CSV", b'pk,x\na,"1, ""2""\n3"\n') == items({"pk": ("S", "a"), "x": ("S", '1, "2"\n3')})


def test_a_row_with_fewer_values_has_fewer_attributes() -> None:
    assert read("CSV", b"pk,x\na\n") == items({"pk": ("S", "a")})


def test_an_empty_value_is_an_empty_text() -> None:
    assert read("CSV", b"pk,x\na,\n") == items({"pk": ("S", "a"), "x": ("S", "")})


def test_empty_rows_are_passed_over() -> None:
    assert read("CSV", b"pk\n\na\r\n\n") == items({"pk": ("S", "a")})


def test_a_row_with_more_values_than_headers_is_told_and_the_next_one_read() -> None:
    assert read("CSV", b"pk\na,b\nc\n") == [
        Unreadable("The row has 2 values, the header 1"),
        *items({"pk": ("S", "c")}),
    ]


def test_csv_may_begin_with_a_byte_order_mark() -> None:
    assert read("CSV", b"\xef\xbb\xbfpk\na\n") == items({"pk": ("S", "a")})


def test_a_value_may_be_as_long_as_an_item() -> None:
    long = "x" * 300_000
    assert read("CSV", f"pk,x\na,{long}\n".encode()) == items({"pk": ("S", "a"), "x": ("S", long)})


def test_a_value_longer_than_any_item_is_told_and_the_next_row_read() -> None:
    unreadable, following = read("CSV", b"pk,x\na," + b"x" * 500_000 + b"\nb,1\n")
    assert isinstance(unreadable, Unreadable)
    assert following == items({"pk": ("S", "b"), "x": ("S", "1")})[0]


def test_csv_that_is_not_utf_8_is_damaged() -> None:
    with pytest.raises(DamagedError, match="not UTF-8"):
        read("CSV", b"pk\n\xff\n")
