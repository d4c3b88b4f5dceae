"""Tokens: the words and signs that an expression's text consists of.

Every character belongs to a token or to the whitespace between tokens, so splitting never fails: what no grammar
knows becomes a one-character symbol that the parser refuses with its place. Source: expressions.md 1.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from emulator import errors
from emulator.errors import ServiceError


class Kind(Enum):
    """What a token is."""

    NAME = auto()  # a bare attribute name, function name or keyword
    ALIAS = auto()  # #name
    VALUE = auto()  # :value
    DIGITS = auto()
    SYMBOL = auto()
    END = auto()


class Token(NamedTuple):
    """A token with its place in the text, in characters."""

    kind: Kind
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"[ \t\r\n]*(?:"
    r"(?P<NAME>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<ALIAS>#[A-Za-z0-9_]+)"
    r"|(?P<VALUE>:[A-Za-z0-9_]+)"
    r"|(?P<DIGITS>[0-9]+)"
    r"|(?P<SYMBOL><>|<=|>=|.)"
    r"|(?P<END>\Z))",
    re.DOTALL,
)


def tokens_of(text: str) -> list[Token]:
    """The tokens of `text` in order; the last one, and only that, is an END."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        name = match.lastgroup or "END"
        tokens.append(Token(Kind[name], match[name], match.start(name), match.end(name)))
        if name == "END":
            break
    return tokens


def syntax_error(parameter: str, text: str, tokens: list[Token], at: int) -> ServiceError:
    """The error for token number `at`, with the text from the token before it to the one after it."""
    token = tokens[at]
    if token.kind is Kind.END:
        near = tokens[at - 1].text if at else ""
        return errors.invalid_expression(parameter, errors.EXPRESSION_SYNTAX, token="<EOF>", near=near)
    following = tokens[at + 1]
    start = tokens[at - 1].start if at else token.start
    end = token.end if following.kind is Kind.END else following.end
    return errors.invalid_expression(parameter, errors.EXPRESSION_SYNTAX, token=token.text, near=text[start:end])
