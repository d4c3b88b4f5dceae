"""A random run can be repeated from its seed, and a difference is told in few requests."""

from __future__ import annotations

from random import Random

import pytest

from .comparison import DifferenceError, Pair, difference_of, smallest
from .legacy import LegacyMaker
from .model import OPERATIONS, Action, Model
from .texts import texts
from .wire import Json


def requests_of(seed: int, count: int) -> list[Action]:
    pair = Pair()
    maker = LegacyMaker(Random(seed), pair.model)
    for _ in range(count):
        pair.perform(maker.action())
    return pair.history


def test_a_seed_makes_the_same_requests_every_time() -> None:
    assert requests_of(7, 300) == requests_of(7, 300)


def test_a_seed_makes_the_same_texts_every_time() -> None:
    one, other = texts(7), texts(7)
    assert [one.fuzz() for _ in range(300)] == [other.fuzz() for _ in range(300)]


def test_a_difference_is_led_back_to_the_requests_that_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is made to forget an attribute that is put, so that it and the emulator differ."""
    actions = requests_of(7, 150)
    put_item = Model.put_item

    def forgetful(model: Model, request: Json, meant: Json) -> Json:
        item = {name: value for name, value in request["Item"].items() if name != "gamma"}
        return put_item(model, {**request, "Item": item}, meant)

    monkeypatch.setitem(OPERATIONS, "PutItem", forgetful)
    fewer = smallest(actions)
    assert isinstance(difference_of(fewer), DifferenceError)
    assert len(fewer) <= 4
