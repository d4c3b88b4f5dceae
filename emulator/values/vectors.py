"""Vectors: lists of numbers as the 32-bit floats that a vector index keeps. Source: vectors.md 5, 8 and 9."""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

from emulator.values.types import AttributeValue

Vector: TypeAlias = "array[float]"
"""Components in order, an array of type code `f`."""

_FLOAT = struct.Struct("<f")
LARGEST_FLOAT: float = _FLOAT.unpack(b"\xff\xff\x7f\x7f")[0]
_TAIL = (1 << 29) - 1  # the bits of a double's fraction that a float does not have
_HALF = 1 << 28  # the tail of a double that lies half way between two floats


def vector_of(elements: Sequence[AttributeValue]) -> Vector | None:
    """The vector of canonical values; None unless all are numbers within the range of 32-bit floats."""
    try:
        numbers = array("d", [float(element["N"]) for element in elements])
    except KeyError:
        return None
    vector = array("f", numbers)
    for place, bits in enumerate(memoryview(numbers).cast("B").cast("q")):
        if bits & _TAIL == _HALF:
            vector[place] = _beside_midpoint(elements[place]["N"], numbers[place], vector[place])
    return vector if all(map(math.isfinite, vector)) else None


def _beside_midpoint(text: str, midpoint: float, even: float) -> float:
    """The float nearest to a decimal whose double lies half way between two floats, of which one is even."""
    exact, odd = Decimal(text), midpoint + (midpoint - even)
    is_nearer_to_odd = exact > midpoint if odd > even else exact < midpoint
    return odd if is_nearer_to_odd else even


def first_unfit(elements: Sequence[AttributeValue]) -> int:
    """The place of the first element for which there is no 32-bit float."""
    return next(place for place, element in enumerate(elements) if vector_of((element,)) is None)


def as_float(number: float) -> float:
    """The 32-bit float nearest to a double, as a double; the largest one for what is beyond."""
    number = max(-LARGEST_FLOAT, min(number, LARGEST_FLOAT))
    return float(_FLOAT.unpack(_FLOAT.pack(number))[0]) + 0.0  # -0.0 becomes 0.0


def float_text(number: float) -> str:
    """The shortest decimal that names a 32-bit float, with at least one decimal place."""
    decimals = [float(f"{number + 0.0:.{digits}g}") for digits in range(1, 10)]  # nine digits tell any two floats apart
    return repr(decimals[array("f", decimals).index(number)])


def elements_of(vector: Vector) -> list[AttributeValue]:
    """A vector as a list of attribute values."""
    return [{"N": float_text(number)} for number in vector]
