"""Reserved words: names that a path may use only through a placeholder. Source: expressions.md 3."""

from __future__ import annotations

from pathlib import Path

RESERVED_WORDS = frozenset(Path(__file__).with_name("reserved_words.txt").read_text("ascii").upper().split())


def is_reserved(word: str) -> bool:
    """Whether `word` is reserved, in whatever case it is written."""
    return word.upper() in RESERVED_WORDS
