"""Parsers of condition, update and projection expressions: text to tree.

Recursive descent over tokens; each rule is a method named after its line of the grammar in expressions.md 6, 8
and 9. Rules that can nest are generators (rules.py), so 4096 bytes of parentheses do not exhaust Python's stack.

Parsers know no attribute: placeholders, reserved words and function names are left to `semantics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from emulator import errors, limits
from emulator.expressions.rules import Rule, run
from emulator.expressions.tokens import Kind, Token, syntax_error, tokens_of
from emulator.expressions.tree import (
    Action,
    Add,
    Alias,
    And,
    Arithmetic,
    Assigned,
    Between,
    Call,
    Compare,
    ConditionTree,
    Delete,
    In,
    Not,
    Operand,
    Or,
    Path,
    Remove,
    Set,
    Step,
    Value,
)

_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_CONDITION_KEYWORDS = frozenset(("AND", "OR", "NOT", "BETWEEN", "IN"))
_UPDATE_KEYWORDS = frozenset(("SET", "REMOVE", "ADD", "DELETE"))
_WITH_MEMBERS: dict[str, type[Add] | type[Delete]] = {"ADD": Add, "DELETE": Delete}
_COUNTED_SIZE = ("ConditionExpression", "FilterExpression")

_Tree = TypeVar("_Tree")


@dataclass(frozen=True, slots=True)
class ParsedCondition:
    """A condition's tree and what its text tells beyond it."""

    tree: ConditionTree
    operators: int
    redundant_parentheses: bool


@dataclass(frozen=True, slots=True)
class ParsedUpdate:
    """An update's actions in written order and what its text tells beyond them."""

    actions: tuple[Action, ...]
    operators: int
    repeated_section: str | None


@lru_cache(maxsize=256)
def parse_condition(parameter: str, text: str) -> ParsedCondition:
    """The tree of a condition. `parameter` is the name that errors carry, e.g. `FilterExpression`.

    Raises for size, emptiness and syntax.
    """
    parser = _Parser(parameter, text, _CONDITION_KEYWORDS)
    tree: ConditionTree = parser.ended(run(parser.condition()))
    return ParsedCondition(tree, parser.operators, parser.redundant_parentheses)


@lru_cache(maxsize=256)
def parse_update(text: str) -> ParsedUpdate:
    """The actions of an update. Raises for size, emptiness and syntax."""
    parser = _Parser("UpdateExpression", text, _UPDATE_KEYWORDS)
    actions: tuple[Action, ...] = parser.ended(run(parser.update()))
    return ParsedUpdate(actions, parser.operators, parser.repeated_section)


@lru_cache(maxsize=256)
def parse_projection(text: str) -> tuple[Path, ...]:
    """The paths of a projection in written order. Raises for size, emptiness and syntax."""
    parser = _Parser("ProjectionExpression", text, frozenset())
    return parser.ended(parser.projection())


def _check_size(parameter: str, text: str) -> None:
    if not text:
        raise errors.invalid_expression(parameter, errors.EXPRESSION_EMPTY)
    size = len(text.encode(errors="surrogatepass"))
    if size > limits.MAX_EXPRESSION_BYTES:
        counted = parameter in _COUNTED_SIZE
        fault = errors.EXPRESSION_TOO_LARGE_COUNTED if counted else errors.EXPRESSION_TOO_LARGE
        raise errors.invalid_expression(parameter, fault, size=size)


class _Parser:
    """The tokens of one text and how far they have been read."""

    __slots__ = (
        "_at",
        "_keywords",
        "_last_group",
        "_parameter",
        "_text",
        "_tokens",
        "operators",
        "redundant_parentheses",
        "repeated_section",
    )

    def __init__(self, parameter: str, text: str, keywords: frozenset[str]) -> None:
        _check_size(parameter, text)
        self._parameter = parameter
        self._text = text
        self._keywords = keywords
        self._tokens = tokens_of(text)
        self._at = 0
        self._last_group = (-1, -1)
        self.operators = 0
        self.redundant_parentheses = False
        self.repeated_section: str | None = None

    def ended(self, tree: _Tree) -> _Tree:
        """`tree`, which must have used up all tokens."""
        if self._token.kind is not Kind.END:
            raise self._unexpected()
        return tree

    # --- Tokens -----------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _unexpected(self) -> errors.ServiceError:
        return syntax_error(self._parameter, self._text, self._tokens, self._at)

    def _take(self, symbol: str) -> bool:
        """Read `symbol` if it is next."""
        found = self._token.text == symbol
        self._at += found
        return found

    def _expect(self, symbol: str) -> None:
        if not self._take(symbol):
            raise self._unexpected()

    def _keyword(self) -> str | None:
        """The keyword that is next, in upper case."""
        token = self._token
        if token.kind is not Kind.NAME:
            return None
        word = token.text.upper()
        return word if word in self._keywords else None

    def _take_keyword(self, word: str) -> bool:
        found = self._keyword() == word
        self._at += found
        return found

    # --- Paths and operands -----------------------------------------------------------------------

    def projection(self) -> tuple[Path, ...]:
        paths = [self._path()]
        while self._take(","):
            paths.append(self._path())
        return tuple(paths)

    def _path(self) -> Path:
        steps: list[Step] = [self._name()]
        while True:
            if self._take("."):
                steps.append(self._name())
            elif self._take("["):
                if self._token.kind is not Kind.DIGITS:
                    raise self._unexpected()
                steps.append(int(self._token.text))
                self._at += 1
                self._expect("]")
            else:
                return Path(tuple(steps))

    def _name(self) -> str | Alias:
        token = self._token
        if token.kind is Kind.ALIAS:
            self._at += 1
            return Alias(token.text)
        if token.kind is not Kind.NAME or self._keyword():
            raise self._unexpected()
        self._at += 1
        return token.text

    def _value(self) -> Value:
        token = self._token
        if token.kind is not Kind.VALUE:
            raise self._unexpected()
        self._at += 1
        return Value(token.text)

    def _operand(self) -> Rule:
        opening = self._at
        if self._take("("):
            operand: Operand = yield self._operand()
            self._close_group(opening)
            return operand
        return (yield self._plain_operand())

    def _plain_operand(self) -> Rule:
        token = self._token
        if token.kind is Kind.VALUE:
            return self._value()
        is_call = token.kind is Kind.NAME and not self._keyword() and self._tokens[self._at + 1].text == "("
        if not is_call:
            return self._path()
        self._at += 2
        arguments: list[Operand] = yield self._operands()
        self._expect(")")
        return Call(token.text, tuple(arguments))

    def _operands(self) -> Rule:
        operands = [(yield self._operand())]
        while self._take(","):
            operands.append((yield self._operand()))
        return operands

    def _close_group(self, opening: int) -> None:
        """Read the parenthesis that ends the group begun at token `opening`."""
        closing = self._at
        self._expect(")")
        if self._last_group == (opening + 1, closing - 1):
            self.redundant_parentheses = True
        self._last_group = (opening, closing)

    # --- Conditions -------------------------------------------------------------------------------

    def condition(self) -> Rule:
        return self._as_condition((yield self._or()))

    def _as_condition(self, tree: ConditionTree | Operand) -> ConditionTree:
        """`tree`, unless it is a lone path or value: those need a comparator next."""
        if isinstance(tree, Path | Value):
            raise self._unexpected()
        return tree  # type: ignore[return-value]  # parsers make no Literal

    def _or(self) -> Rule:
        """A condition, or a lone operand that the caller may be able to use."""
        first = yield self._and()
        if self._keyword() != "OR":
            return first
        conditions = [self._as_condition(first)]
        while self._take_keyword("OR"):
            self.operators += 1
            conditions.append(self._as_condition((yield self._and())))
        return Or(tuple(conditions))

    def _and(self) -> Rule:
        first = yield self._not()
        if self._keyword() != "AND":
            return first
        conditions = [self._as_condition(first)]
        while self._take_keyword("AND"):
            self.operators += 1
            conditions.append(self._as_condition((yield self._not())))
        return And(tuple(conditions))

    def _not(self) -> Rule:
        negations = 0
        while self._take_keyword("NOT"):
            negations += 1
        tree = yield self._primary()
        if negations:
            self.operators += negations
            tree = self._as_condition(tree)
        for _ in range(negations):
            tree = Not(tree)
        return tree

    def _primary(self) -> Rule:
        left = yield self._group()
        if not isinstance(left, Path | Value | Call):
            return left
        token = self._token
        if token.kind is Kind.SYMBOL and token.text in _COMPARATORS:
            self._at += 1
            self.operators += 1
            return Compare(token.text, left, (yield self._operand()))
        if self._take_keyword("BETWEEN"):
            self.operators += 1
            lower = yield self._operand()
            if not self._take_keyword("AND"):
                raise self._unexpected()
            return Between(left, lower, (yield self._operand()))
        if self._take_keyword("IN"):
            self.operators += 1
            self._expect("(")
            options = yield self._operands()
            self._expect(")")
            return In(left, tuple(options))
        return left

    def _group(self) -> Rule:
        opening = self._at
        if not self._take("("):
            return (yield self._plain_operand())
        tree = yield self._or()
        self._close_group(opening)
        return tree

    # --- Updates ----------------------------------------------------------------------------------

    def update(self) -> Rule:
        actions: list[Action] = []
        sections: set[str] = set()
        while True:
            section = self._keyword()
            if section is None:
                raise self._unexpected()
            self._at += 1
            if section in sections and self.repeated_section is None:
                self.repeated_section = section
            sections.add(section)
            actions.append((yield self._action(section)))
            while self._take(","):
                actions.append((yield self._action(section)))
            if self._token.kind is Kind.END:
                return tuple(actions)

    def _action(self, section: str) -> Rule:
        path = self._path()
        if section == "SET":
            self._expect("=")
            return Set(path, (yield self._assigned()))
        if section == "REMOVE":
            return Remove(path)
        return _WITH_MEMBERS[section](path, self._value())

    def _assigned(self) -> Rule:
        opening = self._at
        if self._take("("):
            grouped: Assigned = yield self._assigned()
            self._close_group(opening)
            if isinstance(grouped, Arithmetic):
                return grouped
            left: Operand = grouped
        else:
            left = yield self._plain_operand()
        for operator in ("+", "-"):
            if self._take(operator):
                self.operators += 1
                return Arithmetic(operator, left, (yield self._operand()))
        return left
