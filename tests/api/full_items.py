"""Items that exercise every type and every limit, in the form in which the service returns them.

Numbers are in plain decimal text and members of sets in the service's order, so that what comes back is compared
with `==`. Source: values.md 2 to 8.
"""

from __future__ import annotations

import random
from typing import Any

Item = dict[str, Any]

MAX_ITEM_BYTES = 409_600
MAX_NAME_BYTES = 65_535
MAX_LEVELS = 32

# --- Numbers --------------------------------------------------------------------------------------

DIGITS = "12345678901234567890123456789012345678"
LARGEST = "9" * 38 + "0" * 88
SMALLEST = "0." + "0" * 129 + "1"
ASCENDING_NUMBERS = [
    f"-{LARGEST}",
    f"-{DIGITS}",
    "-1",
    f"-0.{DIGITS}",
    f"-{SMALLEST}",
    "0",
    SMALLEST,
    f"0.{DIGITS}",
    "1",
    f"{DIGITS[:19]}.{DIGITS[19:]}",
    DIGITS,
    "1" + "0" * 125,
    LARGEST,
]

# --- Keys -----------------------------------------------------------------------------------------

KEYS: Item = {
    "PK": {"S": "partition"},
    "SK": {"S": "m"},
    "GPK": {"S": "group"},
    "GSK": {"N": DIGITS},
    "LSK": {"B": bytes(range(16))},
}
"""The keys of the tables and of all their indexes."""

KEY = {"PK": KEYS["PK"], "SK": KEYS["SK"]}

NEIGHBOURS: list[Item] = [
    {**KEYS, "SK": {"S": "a"}, "GSK": {"N": "1"}, "LSK": {"B": b"\x00"}},
    {**KEYS, "SK": {"S": "z"}, "GSK": {"N": LARGEST}, "LSK": {"B": b"\xff"}},
]
"""What stands before and behind the item, in the table and in each index."""


# --- Attributes -----------------------------------------------------------------------------------


def nested(levels: int, kinds: str) -> Item:
    """A string on that level, counting the attribute's own as the first; lists and maps take turns."""
    value: Item = {"S": "leaf"}
    for level in range(levels - 1):
        value = {"M": {"m": value}} if kinds[level % len(kinds)] == "M" else {"L": [value]}
    return value


def _ten_types() -> Item:
    return {
        "String": {"S": "text"},
        "Number": {"N": "-15.5"},
        "Binary": {"B": b"\x00\x01\xfe\xff"},
        "StringSet": {"SS": ["a", "b"]},
        "NumberSet": {"NS": ["-1", "0", "2.5"]},
        "BinarySet": {"BS": [b"\x00", b"\xff"]},
        "List": {"L": [{"S": "text"}, {"N": "1"}, {"BOOL": False}, {"NULL": True}, {"B": b"B"}]},
        "Map": {"M": {"S": {"S": "B"}, "B": {"B": b"S"}, "BS": {"BS": [b"x"]}, "L": {"L": []}, "M": {"M": {}}}},
        "True": {"BOOL": True},
        "False": {"BOOL": False},
        "Null": {"NULL": True},
    }


def _empty_values() -> Item:
    return {
        "String": {"S": ""},
        "Binary": {"B": b""},
        "StringSet": {"SS": ["", "a"]},
        "BinarySet": {"BS": [b"", b"a"]},
        "List": {"L": []},
        "Map": {"M": {}},
        "Nested": {"M": {"String": {"S": ""}, "List": {"L": [{"B": b""}, {"L": []}, {"M": {}}]}}},
    }


def _numbers() -> Item:
    singles = {f"Number{at}": {"N": number} for at, number in enumerate(ASCENDING_NUMBERS)}
    return {**singles, "All": {"NS": ASCENDING_NUMBERS}, "List": {"L": [{"N": n} for n in ASCENDING_NUMBERS]}}


def _deep() -> Item:
    return {
        "Maps": nested(MAX_LEVELS, "M"),
        "Lists": nested(MAX_LEVELS, "L"),
        "Both": nested(MAX_LEVELS, "ML"),
    }


UNICODE = [
    "\u0000\u001f\u007f",
    '"quoted" \\ / \b\f\n\r\t',
    "<script>&amp;'",
    "e\u0301 is not \u00e9",
    "\u2028\u2029\ufeff",
    "\u05d0\u05d1\u200f \u0627\u0644",
    "\ud7ff\ue000",
    "\u65e5\u672c\u8a9e",
    "\uffff",
    "\U00010000",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0010ffff",
]


def _unicode() -> Item:
    return {
        **{text: {"S": text} for text in UNICODE},
        "Set": {"SS": sorted(UNICODE, key=str.encode)},
        "Map": {"M": {text: {"L": [{"S": text}]} for text in UNICODE}},
        "Bytes": {"B": "".join(UNICODE).encode()},
    }


def _large_sets() -> Item:
    return {
        "StringSet": {"SS": [f"{number:08}" for number in range(3_000)]},
        "NumberSet": {"NS": [str(number) for number in range(-1_500, 1_500)]},
        "BinarySet": {"BS": [number.to_bytes(4, "big") for number in range(3_000)]},
    }


def _many_attributes() -> Item:
    return {f"Attribute{number}": {"N": str(number)} for number in range(3_000)}


def _random_bytes() -> Item:
    return {"Bytes": {"B": random.Random(1).randbytes(100_000)}}


def long_name(size: int) -> str:
    """A name of that many UTF-8 bytes, with characters of two bytes."""
    return "n" * (size % 2) + "\u00e9" * (size // 2)


def of_size(size: int) -> Item:
    """Attributes that make an item of that many bytes together with the keys."""
    keys = len("PKpartition") + len("SKm") + len("GPKgroup") + len("GSK") + 20 + len("LSK") + 16
    rest = size - keys - len("Content")
    return {"Content": {"S": "x" * (rest % 4) + "\U0001f600" * (rest // 4)}}


ATTRIBUTES: dict[str, Item] = {
    "ten types": _ten_types(),
    "empty values": _empty_values(),
    "numbers at all ends": _numbers(),
    "32 levels": _deep(),
    "longest name": {long_name(MAX_NAME_BYTES): {"S": "value"}, "Other": {"S": "value"}},
    "unicode": _unicode(),
    "large sets": _large_sets(),
    "many attributes": _many_attributes(),
    "random bytes": _random_bytes(),
    "400 KB": of_size(MAX_ITEM_BYTES),
}
ITEMS: dict[str, Item] = {name: {**KEYS, **attributes} for name, attributes in ATTRIBUTES.items()}
