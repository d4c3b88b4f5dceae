"""Random attribute values, items and keys, as JSON the way a request may spell them.

Simple choices come first in every list: hypothesis shrinks towards them.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import TypeVar

from .wire import EXACT, Json, number_text, value_of, wire_of

_Choice = TypeVar("_Choice")

STRINGS = (
    *("a", "b", "ab", "aa", "A", "z", "1", "10", "2", "a b", "é"),
    *("\ud7ff", "\ue000", "\uffff", "\uffffa", "\U0001f600", "\U0001f600\U0001f600", "\U0010ffff"),
)
NUMBERS = (
    *("1", "0", "2", "-1", "10", "-10", "1.5", "-0.5", "100", "99", "0.001", "-0.09", "3.25", "1E20", "-1E-20"),
    *("12345678901234567890123456789012345678", "1E125", "-1E125", "1E-130", "0.1", "0.10000000000000000001"),
)
BINARIES = (b"a", b"\x00", b"\x01", b"ab", b"\x00\x00", b"\x7f", b"\x80", b"\xff", b"\xff\xff")
NAMES = ("alpha", "beta", "gamma", "delta", "Alpha", "name", "a.b", "with space", "0", "ünï", "status")
RESERVED = frozenset(("NAME", "STATUS"))
"""Those of the names that are reserved words."""
KINDS = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M")


class ValueMaker:
    """Draws values from a `random.Random`."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    # --- chance -----------------------------------------------------------------------------------

    def chance(self, percent: int) -> bool:
        """True so often; a shrinking draw ends in False."""
        return self.rng.randrange(100) >= 100 - percent

    def pick(self, options: Sequence[_Choice]) -> _Choice:
        return options[self.rng.randrange(len(options))]

    def some(self, options: Sequence[_Choice], most: int, least: int = 0) -> list[_Choice]:
        """Different ones of the options, in any order."""
        count = min(len(options), least + self.rng.randrange(most - least + 1))
        left = list(options)
        return [left.pop(self.rng.randrange(len(left))) for _ in range(count)]

    # --- scalars ----------------------------------------------------------------------------------

    def string(self) -> str:
        if self.chance(20):
            return "".join(self.pick(STRINGS) for _ in range(self.rng.randrange(4)))
        return self.pick(STRINGS)

    def number(self) -> str:
        if self.chance(25):
            digits = str(self.rng.randrange(10 ** (1 + self.rng.randrange(20))))
            number = Decimal(f"{digits}E{self.rng.randrange(-12, 13)}")
            return self.spelt(number.copy_negate() if self.chance(40) else number)
        return self.spelt(Decimal(self.pick(NUMBERS)))

    def spelt(self, number: Decimal) -> str:
        """One of the many texts of a number."""
        text = number_text(number)
        style = self.rng.randrange(12)
        if style < 6:
            return text
        if style == 6:
            return f"{number:E}"
        if style == 7:
            return f"{number:e}".replace("e+", "e")
        if style == 8:
            return text + ("0" if "." in text else ".0")
        if style == 9 and number >= 0:
            return f"+{text}"
        if style == 10 and number >= 0:
            return f"00{text}"
        return text.replace("0.", ".", 1) if text.startswith("0.") else text

    def binary(self) -> str:
        return b64encode(self.pick(BINARIES)).decode()

    def scalar(self, kind: str) -> Json:
        """A value of a type that a key may have; not empty."""
        if kind == "S":
            return {"S": self.string() or "a"}
        return {"N": self.number()} if kind == "N" else {"B": self.binary()}

    def common_scalar(self, kind: str) -> Json:
        """One of very few values of a type that a key may have."""
        at = self.rng.randrange(3)
        if kind == "N":
            return {"N": self.spelt(Decimal(NUMBERS[at]))}
        return {"S": STRINGS[at]} if kind == "S" else {"B": b64encode(BINARIES[at]).decode()}

    # --- any value --------------------------------------------------------------------------------

    def value(self, depth: int = 3, kinds: Sequence[str] = KINDS) -> Json:
        kind = self.pick(kinds[:-2] if depth == 0 and len(kinds) > 2 else kinds)
        return self.value_of_kind(kind, depth)

    def value_of_kind(self, kind: str, depth: int = 3) -> Json:
        if kind in ("S", "N", "B"):
            return {kind: ""} if kind != "N" and self.chance(5) else self.scalar(kind)
        if kind == "BOOL":
            return {"BOOL": self.chance(50)}
        if kind == "NULL":
            return {"NULL": True}
        if kind in ("SS", "NS", "BS"):
            return {kind: self._members(kind)}
        below = max(depth - 1, 0)
        if kind == "L":
            return {"L": [self.value(below) for _ in range(self.rng.randrange(4))]}
        return {"M": {name: self.value(below) for name in self.some(NAMES, 3)}}

    def _members(self, kind: str) -> list[str]:
        if kind == "SS":
            return self.some((*STRINGS, ""), 4, 1)
        if kind == "NS":
            return [self.spelt(Decimal(text)) for text in self.some(NUMBERS, 4, 1)]
        return [b64encode(member).decode() for member in self.some((*BINARIES, b""), 4, 1)]

    def respelt(self, wire: Json) -> Json:
        """The same value, maybe in another spelling."""
        ((kind, content),) = wire.items()
        if kind == "N":
            return {"N": self.spelt(Decimal(content))}
        if kind in ("SS", "BS"):
            return {kind: self.some(content, len(content), len(content))}
        if kind == "NS":
            return {kind: [self.spelt(Decimal(text)) for text in self.some(content, len(content), len(content))]}
        if kind == "L":
            return {"L": [self.respelt(element) for element in content]}
        if kind == "M":
            return {"M": {name: self.respelt(member) for name, member in content.items()}}
        return wire

    def nearby(self, wire: Json) -> Json:
        """The value itself or one that is easily taken for it."""
        if self.chance(60):
            return self.respelt(wire_of(value_of(wire)))
        ((kind, content),) = wire.items()
        if kind == "N" and self.chance(50):
            return {"N": self.spelt(self.neighbour(Decimal(content)))}
        return self.value_of_kind(kind, 1) if self.chance(70) else self.value(1)

    def neighbour(self, number: Decimal) -> Decimal:
        """A number that differs in a late digit, perhaps the last that there can be."""
        step = Decimal(1).scaleb(max(number.adjusted() - self.pick((0, 16, 20, 37)), -130))
        other = EXACT.add(number, step if self.chance(50) else step.copy_negate())
        return other if len(number_text(other.copy_abs()).replace(".", "").strip("0")) <= 38 else number
