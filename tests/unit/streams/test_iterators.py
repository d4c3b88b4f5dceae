"""Shard iterators: what they hold comes back, and what we never made is refused. Source: streams_ttl.md 3 and 6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.streams.iterators import IteratorError, ShardIterator, parse_iterator

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/Forum/stream/2015-05-20T20:51:10.252"
SHARD = "shardId-00000001414562045508-2bac9cd2"
ITERATOR = ShardIterator(ARN, SHARD, 300000000000000499659, 1_800_000_000.123)


def test_an_iterator_reads_as_those_of_the_documentation():
    assert ITERATOR.text().startswith(f"{ARN}|1|")


def test_an_iterator_comes_back():
    assert parse_iterator(ITERATOR.text()) == ITERATOR


@given(
    name=st.text("abcXYZ019_.-", min_size=3, max_size=255),
    sequence=st.integers(0, 10**40 - 1),
    issued=st.floats(0, 4e10),
)
def test_every_iterator_comes_back_and_is_no_longer_than_the_service_allows(name, sequence, issued):
    iterator = ShardIterator(ARN.replace("Forum", name), SHARD, sequence, issued)
    assert parse_iterator(iterator.text()) == iterator
    assert len(iterator.text()) <= 2048


@given(at=st.integers(0, len(ITERATOR.text()) - 1), character=st.characters())
def test_an_iterator_with_a_slip_is_refused(at, character):
    text = ITERATOR.text()
    if text[at] == character:
        return
    with pytest.raises(IteratorError):
        parse_iterator(text[:at] + character + text[at + 1 :])


@given(at=st.integers(0, len(ITERATOR.text())), character=st.characters())
def test_an_iterator_with_a_character_too_many_is_refused(at, character):
    with pytest.raises(IteratorError):
        parse_iterator(ITERATOR.text()[:at] + character + ITERATOR.text()[at:])


@given(text=st.text())
def test_a_text_that_was_made_up_is_refused(text):
    with pytest.raises(IteratorError):
        parse_iterator(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|1|",
        f"{ARN}|1|",
        f"{ARN}|1|AAAA",
        f"{ARN}|1|AAAAAFtd",
        f"{ARN}|1|{'A' * 5000}",
        ITERATOR.text().replace("Forum", "Users"),
        ITERATOR.text()[:-1],
        ITERATOR.text() + "A",
        "\ud800|1|AAAA",
    ],
)
def test_a_text_that_looks_like_an_iterator_is_refused(text):
    with pytest.raises(IteratorError):
        parse_iterator(text)
