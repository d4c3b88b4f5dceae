"""No text of an expression upsets the emulator, and none costs more than in proportion to its length."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from lines_run import lines_run

from emulator import Emulator

from .rendering import Renderer
from .texts import KINDS, NAMES, VALUES, Family, Fuzz, TextMaker, family_cases, fuzz_of, is_expected, setup, texts
from .values import RESERVED

REGION = "us-east-1"
TEXTS_PER_SEED = 500
LENGTHS = (256, 1024, 4096)
MOST_LINES_PER_BYTE = 300  # the worst family needs about half of it, whatever the length
MOST_GROWTH = 1.25  # from 1024 to 4096 bytes; what is quadratic would grow by four


def ask(emulator: Emulator, fuzz: Fuzz) -> dict[str, Any]:
    reply = emulator.gateway.call(fuzz.operation, orjson.dumps(fuzz.request), REGION)
    return {"status": reply.status, **orjson.loads(reply.body)}


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    emulator = Emulator()
    setup(lambda operation, request: emulator.gateway.call(operation, orjson.dumps(request), REGION))
    return emulator


@pytest.mark.parametrize("seed", range(12))
def test_any_text_is_answered_or_refused(emulator: Emulator, seed: int) -> None:
    maker = texts(seed)
    for _ in range(TEXTS_PER_SEED):
        fuzz = maker.fuzz()
        answer = ask(emulator, fuzz)
        assert is_expected(answer), (fuzz, answer)


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged_texts_are_understood_so_that_damage_matters(emulator: Emulator, kind: str) -> None:
    """Were all texts refused at once, the test above would say nothing."""
    for maker in map(texts, range(100)):
        answer = ask(emulator, _sound(maker, kind))
        assert "Invalid" not in answer.get("message", ""), answer


def _sound(maker: TextMaker, kind: str) -> Fuzz:
    renderer = Renderer(maker.rng, RESERVED)
    text = maker.sound(kind, renderer)
    return fuzz_of(kind, text, {**NAMES, **renderer.names}, {**VALUES, **renderer.values})


# --- Cost -------------------------------------------------------------------------------------------


def answer_and_lines_run(emulator: Emulator, fuzz: Fuzz) -> tuple[dict[str, Any], int]:
    """The answer to a request, and how many lines of Python it took."""
    answers: list[dict[str, Any]] = []
    count = lines_run(lambda: answers.append(ask(emulator, fuzz)))
    return answers[0], count


@pytest.mark.parametrize(("family", "kind"), family_cases(), ids=lambda case: getattr(case, "name", case))
def test_the_cost_of_an_expression_grows_with_its_length_and_no_faster(
    emulator: Emulator, family: Family, kind: str
) -> None:
    lines_per_byte = []
    for length in LENGTHS:
        text = family.text(length)
        answer, lines = answer_and_lines_run(emulator, fuzz_of(kind, text, NAMES, VALUES))
        assert is_expected(answer), answer
        lines_per_byte.append(lines / len(text))
    assert max(lines_per_byte) < MOST_LINES_PER_BYTE
    assert lines_per_byte[-1] < MOST_GROWTH * lines_per_byte[-2]
