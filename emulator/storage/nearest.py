"""Exact search: the entries of a vector index whose vectors are nearest to another one.

Scores are reckoned in doubles and rounded to 32-bit floats (vectors.md 8); entries of equal scores come in the order
of their row keys. Plain Python scores all entries. Where numpy is installed it scores them first, up to the error of
sums in doubles; those that can be among the nearest by that are scored again by the plain functions. So both ways
give the same scores in the same order.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import nsmallest
from importlib import import_module
from operator import mul, sub
from typing import Any, NamedTuple, TypeAlias

from emulator.storage.rows import RowKey
from emulator.storage.vector_index import Entry, Group
from emulator.values.vectors import LARGEST_FLOAT, Vector, as_float

Row: TypeAlias = tuple[RowKey, Entry]
_Matrix: TypeAlias = Any
"""An array of numpy; one row for each entry."""


class Found(NamedTuple):
    """An entry with its score."""

    score: float
    key: RowKey
    entry: Entry


def nearest(
    group: Group, query: Vector, distance: str, filters: Sequence[str | None], count: int, numpy: Any = None
) -> tuple[list[Found], int]:
    """The `count` entries nearest to `query` that have the values of `filters`, nearest first; how many have them.

    A filter of None lets everything pass. `numpy` is the module, None for plain Python.
    """
    wanted = [(place, text) for place, text in enumerate(filters) if text is not None]
    packed = _packed(group, numpy) if numpy is not None else None
    rows: Sequence[Row] = list(group.entries.items()) if packed is None else packed.rows
    places: Sequence[int] = range(len(rows))
    if wanted:
        places = [place for place, (_, entry) in enumerate(rows) if _passes(entry, wanted)]
    passed = len(places)
    if packed is not None and passed > count:
        places = _candidates(numpy, packed, places, query, distance, count)
    return _nearest_of([rows[place] for place in places], query, distance, count), passed


def _passes(entry: Entry, wanted: Iterable[tuple[int, str]]) -> bool:
    return all(entry.filters[place] == text for place, text in wanted)


def _nearest_of(rows: Iterable[Row], query: Vector, distance: str, count: int) -> list[Found]:
    """The nearest of all rows, scored one by one."""
    sign = _SIGNS[distance]
    score = _SCORES[distance](query)
    found = (Found(sign * as_float(score(entry)), key, entry) for key, entry in rows)
    return [one._replace(score=sign * one.score + 0.0) for one in nsmallest(count, found, key=lambda one: one[:2])]


# --- Scores of single entries -----------------------------------------------------------------------

_Score: TypeAlias = Callable[[Entry], float]


def _dot(left: Vector, right: Vector) -> float:
    """The dot product, rounded once: products of 32-bit floats are exact in doubles."""
    return math.fsum(map(mul, left, right))


def square_of(entry: Entry) -> float:
    """The square of the length of an entry's vector."""
    if entry.square is None:
        entry.square = _dot(entry.vector, entry.vector)
    return entry.square


def _cosine(query: Vector) -> _Score:
    square = _dot(query, query)

    def score(entry: Entry) -> float:
        squares = square * square_of(entry)
        if not squares:
            return 1.0  # a vector without a direction; ours: what the service says is not known
        cosine = max(-1.0, min(_dot(query, entry.vector) / math.sqrt(squares), 1.0))
        return 1 - cosine if cosine < _NEARLY_PARALLEL else _small_distance(query, entry.vector)

    return score


_NEARLY_PARALLEL = 1 - 1e-6  # beyond, 1 - cosine has too few digits left for a 32-bit float
_SCALE = 2.0**149  # the least 32-bit float is its reciprocal, so it makes all of them whole numbers


def _small_distance(left: Vector, right: Vector) -> float:
    """1 - cosine of nearly parallel vectors: with c for the cosine, (1 - c*c) / (1 + c), the difference exact."""
    lefts, rights = _whole_numbers(left), _whole_numbers(right)
    dot = sum(map(mul, lefts, rights))
    squares = sum(map(mul, lefts, lefts)) * sum(map(mul, rights, rights))
    sine_squared: float = (squares - dot * dot) / squares
    return sine_squared / (1 + math.sqrt(1 - sine_squared))


def _whole_numbers(vector: Vector) -> list[int]:
    return [int(number * _SCALE) for number in vector]


def _euclidean(query: Vector) -> _Score:
    def score(entry: Entry) -> float:
        differences = array("d", map(sub, query, entry.vector))
        return math.sqrt(math.fsum(map(mul, differences, differences)))

    return score


def _dot_product(query: Vector) -> _Score:
    return lambda entry: _dot(query, entry.vector)


_SCORES: Mapping[str, Callable[[Vector], _Score]] = {
    "COSINE": _cosine,
    "EUCLIDEAN": _euclidean,
    "DOT_PRODUCT": _dot_product,
}
_SIGNS = {"COSINE": 1, "EUCLIDEAN": 1, "DOT_PRODUCT": -1}
"""What makes the nearest the least."""

# --- Candidates by numpy ------------------------------------------------------------------------------


class _Packed(NamedTuple):
    """The entries of a group with their vectors as one matrix of 32-bit floats."""

    rows: list[Row]
    matrix: _Matrix
    lengths: _Matrix
    """Of the vectors, in doubles."""


def load_numpy() -> Any:
    """The module numpy; None if it is not installed."""
    try:
        return import_module("numpy")
    except ImportError:
        return None


def _packed(group: Group, numpy: Any) -> _Packed:
    if group.packed is None:
        rows = list(group.entries.items())
        joined = b"".join([entry.vector.tobytes() for _, entry in rows])
        matrix = numpy.frombuffer(joined, dtype=numpy.float32).reshape(len(rows), -1)
        lengths = numpy.concatenate([_lengths(numpy, part) for part in _parts(matrix)])
        group.packed = _Packed(rows, matrix, lengths)
    packed: _Packed = group.packed
    return packed


_PART_NUMBERS = 1 << 20  # eight megabytes of doubles at a time


def _parts(matrix: _Matrix) -> Iterable[_Matrix]:
    """The matrix in pieces of whole rows, which are made doubles one after the other."""
    height = max(1, _PART_NUMBERS // matrix.shape[1])
    return [matrix[start : start + height] for start in range(0, len(matrix), height)]


def _lengths(numpy: Any, matrix: _Matrix) -> _Matrix:
    doubles = matrix.astype(numpy.float64)
    return numpy.sqrt(numpy.einsum("ij,ij->i", doubles, doubles))


def _candidates(
    numpy: Any, packed: _Packed, places: Sequence[int], query: Vector, distance: str, count: int
) -> Sequence[int]:
    """Those of the places, more than `count`, whose entries may be among the nearest."""
    chosen = numpy.asarray(places)
    everything = len(places) == len(packed.rows)
    matrix = packed.matrix if everything else packed.matrix[chosen]
    lengths = packed.lengths if everything else packed.lengths[chosen]
    doubles = numpy.asarray(query, dtype=numpy.float64)
    rough = numpy.concatenate([_ROUGH[distance](numpy, part, doubles) for part in _parts(matrix)])
    query_length = math.sqrt(_dot(query, query))
    scale = 1.0
    if distance == "COSINE":
        products = lengths * query_length
        rough = 1 - numpy.divide(rough, products, out=numpy.zeros_like(rough), where=products > 0)
    elif distance == "DOT_PRODUCT":
        rough, scale = -rough, query_length * float(lengths.max())
    rough = numpy.clip(rough, -LARGEST_FLOAT, LARGEST_FLOAT)
    last = float(numpy.partition(rough, count - 1)[count - 1])
    if distance == "EUCLIDEAN":
        scale = last
    result: list[int] = chosen[rough <= last + _slack(last, scale, len(query))].tolist()
    return result


def _slack(last: float, scale: float, dimensions: int) -> float:
    """How much worse than the last of the nearest an entry may seem and yet be one of them.

    A sum of n products in doubles errs by n * 2**-53 of their lengths at most; two scores that are one 32-bit float
    differ by 2**-23 of it, or by the least such float.
    """
    return abs(last) * 2.0**-22 + scale * dimensions * 2.0**-50 + 2.0**-148


def _rough_dot(numpy: Any, matrix: _Matrix, query: _Matrix) -> _Matrix:
    return numpy.einsum("ij,j->i", matrix.astype(numpy.float64), query)


def _rough_euclidean(numpy: Any, matrix: _Matrix, query: _Matrix) -> _Matrix:
    differences = matrix.astype(numpy.float64) - query
    return numpy.sqrt(numpy.einsum("ij,ij->i", differences, differences))


_ROUGH: Mapping[str, Callable[[Any, _Matrix, _Matrix], _Matrix]] = {
    "COSINE": _rough_dot,
    "EUCLIDEAN": _rough_euclidean,
    "DOT_PRODUCT": _rough_dot,
}
