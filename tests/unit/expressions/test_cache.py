"""The cache of compiled expressions: what it keeps, and that hostile requests cannot make it grow without bound."""

from __future__ import annotations

import pytest

from emulator.expressions.cache import Cache, Key


@pytest.fixture
def cache() -> Cache[int]:
    """Room for one thousand characters, with what an entry costs itself."""
    return Cache(1000)


def test_what_fits_is_kept(cache: Cache[int]) -> None:
    for number in range(5):
        cache.keep((f"a = :{number}",), number)
    assert [cache.get((f"a = :{number}",)) for number in range(5)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(("a" * 500,), ("b" * 500,), id="long texts"),
        pytest.param(("#a", ("#a", "a" * 500)), ("#a", ("#a", "b" * 500)), id="long names"),
    ],
)
def test_the_cache_starts_afresh_when_keys_are_longer_than_its_room(cache: Cache[int], first: Key, second: Key) -> None:
    cache.keep(first, 1)
    cache.keep(second, 2)
    assert (cache.get(first), cache.get(second)) == (None, 2)


def test_entries_of_hardly_any_text_take_room_too(cache: Cache[int]) -> None:
    for number in range(1000):
        cache.keep((str(number),), number)
    assert sum(cache.get((str(number),)) is not None for number in range(1000)) < 10


def test_what_is_larger_than_the_cache_is_not_kept(cache: Cache[int]) -> None:
    cache.keep(("a" * 2000,), 1)
    assert cache.get(("a" * 2000,)) is None
