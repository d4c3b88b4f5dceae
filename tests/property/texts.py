"""Expression texts that nobody would write: soups of tokens, damaged expressions, and nests of any length.

A `Fuzz` is a request that carries one of them. Whatever it says, the service answers it or refuses it with a
validation error. `FAMILIES` are texts that grow to a wanted length, made to hurt a parser that looks twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from .rendering import Renderer
from .trees import Scope, TreeMaker
from .values import RESERVED
from .wire import Item, Json, item_of

TABLE = "fuzz"
MAX_BYTES = 4096
STORED: Json = {
    "pk": {"S": "p"},
    "sk": {"N": "1"},
    "alpha": {"M": {"beta": {"L": [{"N": "1"}, {"M": {"gamma": {"SS": ["a", "b"]}}}]}, "name": {"S": "x"}}},
    "beta": {"L": [{"S": "a"}, {"L": [{"N": "2"}, {"N": "3"}]}, {"NULL": True}]},
    "gamma": {"N": "7"},
    "delta": {"SS": ["a", "b"]},
    "Alpha": {"B": "YWI="},
    "status": {"BOOL": True},
}
CREATE_TABLE: Json = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
}
KEY: Json = {"pk": STORED["pk"], "sk": STORED["sk"]}

CONDITION, FILTER, KEY_CONDITION = "ConditionExpression", "FilterExpression", "KeyConditionExpression"
UPDATE, PROJECTION = "UpdateExpression", "ProjectionExpression"
KINDS = (CONDITION, FILTER, KEY_CONDITION, UPDATE, PROJECTION)
OPERATIONS = {
    CONDITION: ("PutItem", {"Item": STORED}),
    FILTER: ("Scan", {}),
    KEY_CONDITION: ("Query", {}),
    UPDATE: ("UpdateItem", {"Key": KEY}),
    PROJECTION: ("GetItem", {"Key": KEY}),
}

_EXPECTED_TYPES = ("ValidationException", "ConditionalCheckFailedException")

NAMES: dict[str, str] = {"#a": "alpha", "#b": "beta", "#g": "gamma", "#d": "delta", "#x": "x.y", "#p": "pk", "#s": "sk"}
VALUES: dict[str, Json] = {
    ":p": {"S": "p"},
    ":n": {"N": "1"},
    ":m": {"N": "-2.5"},
    ":s": {"S": "a"},
    ":t": {"S": "SS"},
    ":b": {"B": "YQ=="},
    ":l": {"L": [{"N": "1"}]},
    ":ss": {"SS": ["a", "c"]},
    ":z": {"NULL": True},
}
_WORDS = (
    *("pk", "sk", "alpha", "beta", "gamma", "delta", "Alpha", "status", "name", "x", "_x", "9x"),
    *("AND", "OR", "NOT", "BETWEEN", "IN", "and", "Or", "SET", "REMOVE", "ADD", "DELETE", "set"),
    *("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"),
    *("if_not_exists", "list_append", "unknown", "Size", "true", "null"),
    *NAMES,
    *VALUES,
    *("#missing", ":missing", "#", ":", "#1", ":1"),
    *("(", ")", "[", "]", ".", ",", "=", "<>", "<", "<=", ">", ">=", "+", "-"),
    *("!=", "*", "/", "'a'", '"', "1", "0", "10", "-1", "1.5", "99999999999999999999", "\\", "\x00", "é", "\U0001f600"),
    *(" ", "  ", "\t", "\n", "\r\n", ";", "{", "}", "$", "&&", "\u2003"),
)
_PIECES = re.compile(r"[A-Za-z0-9_#:]+|\s+|.", re.DOTALL)
_NESTS = (
    *("(", "NOT ", "NOT (", "size(", "contains(alpha, "),
    *("if_not_exists(alpha, ", "list_append(:l, ", "SET alpha = ("),
)
_CHAINS = (
    *("alpha = :n AND ", "alpha = :n OR ", "alpha.", "alpha[0].", "alpha, ", ", ", "[0]", "alpha = ", ":n, ", "<"),
    *("alpha BETWEEN :n AND ", "alpha IN (", "SET alpha = :n ", "REMOVE alpha[1], ", "ADD gamma :n, ", "gamma + "),
)


class Fuzz(NamedTuple):
    """A request with an expression of any kind of nonsense."""

    operation: str
    request: Json


def fuzz_of(kind: str, text: str, names: dict[str, str], values: dict[str, Json]) -> Fuzz:
    """A request that carries `text` and the placeholders that it seems to use."""
    operation, subject = OPERATIONS[kind]
    request: Json = {"TableName": TABLE, **subject, kind: text}
    used = set(re.findall(r"[#:][A-Za-z0-9_]+", text))
    if names := {name: target for name, target in names.items() if name in used}:
        request["ExpressionAttributeNames"] = names
    if kind != PROJECTION and (values := {name: value for name, value in values.items() if name in used}):
        request["ExpressionAttributeValues"] = values
    return Fuzz(operation, request)


class TextMaker(TreeMaker):
    """Draws texts from a `random.Random`."""

    _item: Item = item_of(STORED)
    _scope = Scope(_item, ("alpha", "beta", "gamma", "delta", "Alpha", "status", "omega"), frozenset(("pk", "sk")))

    def fuzz(self) -> Fuzz:
        """A request of any kind with a text that may be anything."""
        kind = self.pick(KINDS)
        draw = self.rng.randrange(10)
        if draw < 3:
            return fuzz_of(kind, self.soup(), NAMES, VALUES)
        if draw == 3:
            return fuzz_of(kind, self.nest(), NAMES, VALUES)
        renderer = Renderer(self.rng, RESERVED)
        text = self.sound(kind, renderer)
        for _ in range(self.rng.randrange(4)):
            text = self.damaged(text)
        return fuzz_of(kind, text, {**NAMES, **renderer.names}, {**VALUES, **renderer.values})

    def sound(self, kind: str, renderer: Renderer) -> str:
        """A well-formed expression, written with the renderer's placeholders."""
        if kind == UPDATE:
            return renderer.update(self.update(self._scope))
        if kind == PROJECTION:
            return renderer.projection(self.separate_paths(self._scope, 5))
        if kind == KEY_CONDITION:
            return self.pick(
                ("pk = :p AND sk > :n", "#p = :p", "begins_with(#p, :s)", "sk BETWEEN :m AND :n AND pk = :p")
            )
        return renderer.condition(self.condition(self._scope, 3))

    def soup(self) -> str:
        """Tokens in no order."""
        joint = self.pick((" ", ""))
        return joint.join(self.pick(_WORDS) for _ in range(1 + self.rng.randrange(self.pick((4, 12, 60)))))

    def damaged(self, text: str) -> str:
        """The text with a piece lost, doubled, moved, replaced or put in."""
        pieces = _PIECES.findall(text) or [""]
        at, other = self.rng.randrange(len(pieces)), self.rng.randrange(len(pieces))
        style = self.rng.randrange(6)
        if style == 0:
            del pieces[at]
        elif style == 1:
            pieces.insert(at, pieces[other])
        elif style == 2:
            pieces[at], pieces[other] = pieces[other], pieces[at]
        elif style == 3:
            pieces[at] = self.pick(_WORDS)
        elif style == 4:
            pieces.insert(at, self.pick(_WORDS))
        else:
            pieces = [*pieces[:at], *pieces[min(at, other) :]]
        return "".join(pieces)

    def nest(self) -> str:
        """A pattern many times over, around or before something, and maybe closed again."""
        pattern = self.pick((*_NESTS, *_CHAINS))
        count = 1 + self.rng.randrange(self.pick((4, 40, MAX_BYTES // len(pattern) + 2)))
        middle = self.pick(("alpha = :n", "alpha", ":n", "size(alpha) > :n", "", "SET alpha = :n"))
        closing = ")" * (pattern.count("(") * (count + self.rng.randrange(3) - 1)) if self.chance(70) else ""
        return pattern * count + middle + closing


# --- Texts of any length ----------------------------------------------------------------------------


class Family(NamedTuple):
    """Texts of one shape: `head`, then `part` again and again, `core`, `closing` as often as `part`, `tail`.

    A `{}` in a part is replaced by a number, so that parts differ.
    """

    name: str
    kinds: tuple[str, ...]
    part: str
    core: str = ""
    closing: str = ""
    head: str = ""
    tail: str = ""

    def text(self, length: int) -> str:
        """The longest text of this shape that has at most `length` bytes."""
        fixed = len(self.head) + len(self.core) + len(self.tail)
        parts: list[str] = []
        size = fixed
        while True:
            part = self.part.replace("{}", str(len(parts)))
            size += len(part) + len(self.closing)
            if size > length:
                break
            parts.append(part)
        return self.head + "".join(parts) + self.core + self.closing * len(parts) + self.tail


_CONDITIONS = (CONDITION, FILTER, KEY_CONDITION)
FAMILIES = (
    Family("one long name", KINDS, "a"),
    Family("one long placeholder", KINDS, "n", head="#"),
    Family("spaces", KINDS, " ", core="alpha"),
    Family("commas", KINDS, ","),
    Family("equals signs", KINDS, "="),
    Family("digits", KINDS, "9", head="alpha[", tail="]"),
    Family("opening parentheses", KINDS, "("),
    Family("a long path of names", KINDS, ".alpha", head="alpha"),
    Family("a long path of indexes", KINDS, "[0]", head="alpha"),
    Family("a path never ended", KINDS, "alpha[0]."),
    Family("parentheses around a condition", _CONDITIONS, "(", "alpha = :n", ")"),
    Family("parentheses around a path", _CONDITIONS, "(", "alpha", ")", tail=" = :n"),
    Family("negations", _CONDITIONS, "NOT ", "alpha = :n"),
    Family("negations in parentheses", _CONDITIONS, "NOT (", "alpha = :n", ")"),
    Family("a chain of AND", _CONDITIONS, "alpha = :n AND ", "alpha = :n"),
    Family("a chain of OR", _CONDITIONS, "alpha = :n OR ", "alpha = :n"),
    Family("AND and OR in turn", _CONDITIONS, "a=:n OR b=:n AND ", "alpha = :n"),
    Family("nested AND", _CONDITIONS, "(a=:n AND ", "alpha = :n", ")"),
    Family("nested OR and AND", _CONDITIONS, "(a=:n OR b=:n AND ", "alpha = :n", ")"),
    Family("a chain of BETWEEN", _CONDITIONS, "a BETWEEN :n AND :n AND ", "alpha = :n"),
    Family("a long IN", _CONDITIONS, ":n,", ":n)", head="alpha IN ("),
    Family("nested sizes", _CONDITIONS, "size(", "alpha", ")", tail=" = :n"),
    Family("nested unknown functions", (*_CONDITIONS, UPDATE), "f(", "alpha", ")", head="SET a = "),
    Family("nested functions of two", _CONDITIONS, "contains(a,", "alpha", ")"),
    Family("lone operands", _CONDITIONS, "alpha AND "),
    Family("unfinished comparisons", _CONDITIONS, "alpha = "),
    Family("unfinished functions", _CONDITIONS, "contains(alpha, "),
    Family("different attributes", _CONDITIONS, "a{}=:n OR ", "alpha = :n"),
    Family("different placeholders", _CONDITIONS, "#a{}=:v{} OR ", "alpha = :n"),
    Family("many targets", (UPDATE,), "a{}=:n,", "a=:n", head="SET "),
    Family("many removals", (UPDATE,), "a{},", "a", head="REMOVE "),
    Family("many list elements", (UPDATE,), "a[{}],", "a[9999]", head="REMOVE "),
    Family("many members of one map", (UPDATE,), "a.b.c{},", "a.b.c", head="REMOVE "),
    Family("many additions", (UPDATE,), "a{} :n,", "a :n", head="ADD "),
    Family("the same target", (UPDATE,), "a=:n,", "a=:n", head="SET "),
    Family("repeated sections", (UPDATE,), "SET a{}=:n ", "REMOVE a"),
    Family("sections without actions", (UPDATE,), "SET "),
    Family("nested if_not_exists", (UPDATE,), "if_not_exists(a,", ":n", ")", head="SET a = "),
    Family("nested list_append", (UPDATE,), "list_append(:l,", ":l", ")", head="SET a = "),
    Family("a long sum", (UPDATE,), "a+", "a", head="SET a = "),
    Family("many sums", (UPDATE,), "a{}=a+:n,", "a=a+:n", head="SET "),
    Family("parentheses in an update", (UPDATE,), "(", "a", ")", head="SET a = "),
    Family("parentheses around a sum", (UPDATE,), "(", "a + :n", ")", head="SET a = "),
    Family("many paths", (PROJECTION,), "a{},", "a"),
    Family("many elements", (PROJECTION,), "a[{}],", "a[9999]"),
    Family("many members", (PROJECTION,), "a.b.c.d{},", "a.b.c.d"),
    Family("the same path", (PROJECTION,), "a,", "a"),
    Family("map and list at once", (PROJECTION,), "a{}.b,a{}[1],", "a"),
)


def family_cases() -> list[tuple[Family, str]]:
    """Each family with each kind of expression it is for."""
    return [(family, kind) for family in FAMILIES for kind in family.kinds]


def setup(call: Callable[[str, Json], Any]) -> None:
    """Make the table that requests of `Fuzz` speak of, with an item."""
    call("CreateTable", CREATE_TABLE)
    call("PutItem", {"TableName": TABLE, "Item": STORED})


def is_expected(answer: Json) -> bool:
    """Whether an answer, with its HTTP status, is one that the service gives to an expression."""
    return answer["status"] == 200 or answer["__type"].rpartition("#")[2] in _EXPECTED_TYPES


def texts(seed: int) -> TextMaker:
    """A maker of texts that a seed repeats."""
    return TextMaker(Random(seed))
