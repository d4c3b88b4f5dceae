"""32-bit floats from decimals and back. Source: vectors.md 5 and 9."""

from __future__ import annotations

import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.values.vectors import as_float, elements_of, first_unfit, float_text, vector_of


def vector(*texts: str) -> list[float] | None:
    found = vector_of([{"N": text} for text in texts])
    return None if found is None else found.tolist()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        ("0.1", 0.10000000149011612),
        ("16777217", 16777216.0),  # half way, to the even one
        ("16777219", 16777220.0),
        ("1.000000059604644775390625", 1.0),
        ("1.00000005960464477539062500001", 1.0000001192092896),  # its double lies half way, itself it does not
        ("-1.00000005960464477539062500001", -1.0000001192092896),
        ("1.00000017881393432617187499999", 1.0000001192092896),
        ("1E-60", 0.0),
        ("3.4028234663852886E38", 3.4028234663852886e38),
    ],
)
def test_a_decimal_becomes_the_nearest_float(text, number):
    assert vector(text) == [number]


@pytest.mark.parametrize("text", ["1E39", "-3.5E38", "9.9E125"])
def test_a_decimal_beyond_all_floats_is_none(text):
    assert vector("1", text) is None


@pytest.mark.parametrize("value", [{"S": "1"}, {"L": []}, {"NULL": True}])
def test_a_list_of_other_values_is_no_vector(value):
    assert vector_of([{"N": "1"}, value]) is None


def test_the_first_value_that_is_unfit_is_found():
    assert first_unfit([{"N": "1"}, {"N": "1E39"}, {"S": "a"}]) == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1.0"),
        (0.10000000149011612, "0.1"),
        (16777216.0, "16777216.0"),
        (-0.0, "0.0"),
        (3.4028234663852886e38, "3.4028235e+38"),
        (1e-45, "1e-45"),
    ],
)
def test_a_float_is_printed_as_the_shortest_decimal_with_a_decimal_place(number, text):
    assert float_text(array("f", [number])[0]) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float_survives_being_printed_and_read(number):
    (element,) = elements_of(array("f", [number]))
    assert vector(element["N"]) == [number]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_rounded_as_ieee_has_it_or_to_the_largest_float(number):
    try:
        expected = struct.unpack("<f", struct.pack("<f", number))[0]
    except OverflowError:
        expected = 3.4028234663852886e38 if number > 0 else -3.4028234663852886e38
    assert as_float(number) == expected
