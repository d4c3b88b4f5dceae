"""Tokens: the words, values and signs that a statement's text consists of.

Source: partiql.md 3 and 4.1.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import NamedTuple

from emulator import errors
from emulator.errors import ServiceError
from emulator.partiql.keywords import KEYWORDS

MIN_EXPONENT, MAX_EXPONENT = -(2**31), 2**31 - 1
_EXPONENT_DIGITS = len(str(MAX_EXPONENT))

OPERATOR_WORDS = frozenset(("and", "or", "not", "is", "in", "like", "between"))

_PAIRS = {
    ("is", "not"),
    ("not", "in"),
    ("not", "between"),
    ("not", "like"),
    ("insert", "into"),
    ("order", "by"),
    ("group", "by"),
    ("double", "precision"),
    ("character", "varying"),
}


class Kind(Enum):
    """What a token is."""

    NAME = auto()  # also one in double quotes
    KEYWORD = auto()
    STRING = auto()
    NUMBER = auto()
    OPERATOR = auto()  # also a keyword that is one
    SIGN = auto()
    END = auto()  # of the statement: a semicolon, or the end of the text


_WORDS = (Kind.KEYWORD, Kind.OPERATOR)


class Token(NamedTuple):
    """A token with its place in the text, in characters.

    `text` is what it means: a name or string without its quotes, a keyword in lower case, `is not` as one token.
    """

    kind: Kind
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"(?P<SPACE>[ \t\r\n\v\f]+|--[^\r\n]*|/\*(?s:.*?)\*/)"
    r"|(?P<WORD>[A-Za-z_$][A-Za-z0-9_$]*)"
    r'|(?P<QUOTED>"(?:[^"]|"")*+")'
    r"|(?P<STRING>'(?:[^']|'')*+')"
    r"|(?P<NUMBER>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<OPERATOR><=|>=|<>(?!>)|!=|\|\||<(?!<)|>(?!>)|/(?!\*)|[-+%=@])"
    r"|(?P<SIGN><<|>>|[*()\[\]{},:;.?])"
)


def tokens_of(text: str) -> list[Token]:
    """The tokens of `text` in order; the last one is an END.

    Raises, without a word on the reason, for what is no token: `#`, quotes or comments without an end, numbers whose
    exponent the service cannot hold.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise malformed("")
        if match.lastgroup != "SPACE":
            _add(tokens, _token(match))
        at = match.end()
    tokens.append(Token(Kind.END, "", at, at))
    return tokens


def _token(match: re.Match[str]) -> Token:
    written, start, end = match[0], match.start(), match.end()
    match match.lastgroup:
        case "WORD":
            word = written.lower()
            if word in OPERATOR_WORDS:
                return Token(Kind.OPERATOR, word, start, end)
            if word in KEYWORDS:
                return Token(Kind.KEYWORD, word, start, end)
            return Token(Kind.NAME, written, start, end)
        case "QUOTED":
            return Token(Kind.NAME, written[1:-1].replace('""', '"'), start, end)
        case "STRING":
            return Token(Kind.STRING, written[1:-1].replace("''", "'"), start, end)
        case "NUMBER":
            _check_exponent(written)
            return Token(Kind.NUMBER, written, start, end)
        case "OPERATOR":
            return Token(Kind.OPERATOR, "<>" if written == "!=" else written, start, end)
        case _:
            return Token(Kind.END if written == ";" else Kind.SIGN, written, start, end)


def _add(tokens: list[Token], token: Token) -> None:
    """Add `token`; with a word before it that it belongs to, it becomes one token."""
    if token.kind in _WORDS and tokens and tokens[-1].kind in _WORDS and (tokens[-1].text, token.text) in _PAIRS:
        first = tokens.pop()
        token = Token(first.kind, f"{first.text} {token.text}", first.start, token.end)
    tokens.append(token)


def _check_exponent(number: str) -> None:
    """Raise if the exponent, or the scale that it makes with the fraction, needs more than 32 bits."""
    mantissa, _, exponent = number.lower().partition("e")
    if not exponent:
        return
    digits = exponent.lstrip("+-").lstrip("0")
    if len(digits) > _EXPONENT_DIGITS:
        raise malformed("")
    power = int(digits or "0") * (-1 if exponent[0] == "-" else 1)
    scale = len(mantissa.partition(".")[2]) - power
    if not MIN_EXPONENT <= power <= MAX_EXPONENT or scale > MAX_EXPONENT:
        raise malformed("")


def malformed(detail: str, **parameters: object) -> ServiceError:
    """The error of a statement that does not follow the grammar; `detail` is one of the texts in `errors`."""
    return ServiceError(errors.STATEMENT_MALFORMED, detail=detail.format(**parameters))


def position(text: str, start: int, end: int) -> str:
    """A piece of the text as messages give its place: `line:column:length`, from 1 and in characters."""
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return f"{line}:{column}:{end - start}"
