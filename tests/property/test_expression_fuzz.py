"""No text of an expression upsets the emulator, and none costs more than in proportion to its length."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import orjson
import pytest

from emulator import Emulator

from .texts import KINDS, NAMES, VALUES, Family, Fuzz, TextMaker, family_cases, fuzz_of, setup, texts

REGION = "us-east-1"
TEXTS_PER_SEED = 500
EXPECTED_TYPES = ("ValidationException", "ConditionalCheckFailedException")
LENGTHS = (256, 1024, 4096)
MOST_LINES_PER_BYTE = 120  # the worst family needs about half of it, at any length


def ask(emulator: Emulator, fuzz: Fuzz) -> dict[str, Any]:
    reply = emulator.gateway.call(fuzz.operation, orjson.dumps(fuzz.request), REGION)
    return {"status": reply.status, **orjson.loads(reply.body)}


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    emulator = Emulator()
    setup(lambda operation, request: emulator.gateway.call(operation, orjson.dumps(request), REGION))
    return emulator


def is_expected(answer: dict[str, Any]) -> bool:
    """Whether an answer is one that the service gives to an expression."""
    return answer["status"] == 200 or answer["__type"].rpartition("#")[2] in EXPECTED_TYPES


@pytest.mark.parametrize("seed", range(12))
def test_any_text_is_answered_or_refused(emulator: Emulator, seed: int) -> None:
    maker = texts(seed)
    for _ in range(TEXTS_PER_SEED):
        fuzz = maker.fuzz()
        answer = ask(emulator, fuzz)
        assert is_expected(answer), (fuzz, answer)


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged_texts_are_accepted_so_that_damage_matters(emulator: Emulator, kind: str) -> None:
    """Were all texts refused at once, the tests above would say nothing."""
    accepted = [ask(emulator, _sound(maker, kind))["status"] == 200 for maker in map(texts, range(60))]
    assert sum(accepted) > len(accepted) // 4


def _sound(maker: TextMaker, kind: str) -> Fuzz:
    from .rendering import Renderer

    renderer = Renderer(maker.rng)
    text = maker.sound(kind, renderer)
    return fuzz_of(kind, text, {**NAMES, **renderer.names}, {**VALUES, **renderer.values})


# --- Cost -------------------------------------------------------------------------------------------


def answer_and_lines_run(emulator: Emulator, fuzz: Fuzz) -> tuple[dict[str, Any], int]:
    """The answer to a request, and how many lines of Python it took."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        answer = ask(emulator, fuzz)
    finally:
        sys.settrace(before)
    return answer, count


@pytest.mark.parametrize(("family", "kind"), family_cases(), ids=lambda case: getattr(case, "name", case))
def test_the_cost_of_an_expression_grows_with_its_length_and_no_faster(
    emulator: Emulator, family: Family, kind: str
) -> None:
    for length in LENGTHS:
        text = family.text(length)
        answer, lines = answer_and_lines_run(emulator, fuzz_of(kind, text, NAMES, VALUES))
        assert is_expected(answer), answer
        assert lines < MOST_LINES_PER_BYTE * len(text)
