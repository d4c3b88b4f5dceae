"""The parser of statements: text to terms. Source: partiql.md 3, 6.1, 7.3, 9, 10.1, 11 and 17.

Its rules are those of PartiQL's reference parser as far as the page shows or allows: what it takes and refuses, and
the words for it. Rules that nest are generators (expressions/rules.py).
"""

from __future__ import annotations

from emulator import errors
from emulator.expressions.rules import Rule, run
from emulator.partiql.terms import (
    CallTerm,
    ChangeText,
    Condition,
    Elements,
    InsertText,
    Members,
    Number,
    Operation,
    Parameter,
    PathTerm,
    Place,
    RemoveText,
    Scalar,
    SelectText,
    SetText,
    Source,
    StatementText,
    Term,
    TypeTest,
    Word,
)
from emulator.partiql.tokens import Kind, Token, malformed, tokens_of

_LEVELS = (
    ("or",),
    ("and",),
    ("not",),
    ("is", "is not"),
    ("=", "<>"),
    ("<", "<=", ">", ">=", "between", "not between", "in", "not in", "like", "not like"),
    ("+", "-"),
    ("*", "/", "%"),
    ("||",),
)
_PRECEDENCE = {operator: level for level, operators in enumerate(_LEVELS, 1) for operator in operators}
_NOT = _PRECEDENCE["not"]
_INFIX = _PRECEDENCE.keys() - {"not"}
_JOINING = ("and", "or")
_LITERAL_WORDS = {"true": {"BOOL": True}, "false": {"BOOL": False}, "null": {"NULL": True}}
_FUNCTION_KEYWORDS = "avg char_length character_length coalesce count exists lower max min nullif size sum upper"
_FUNCTION_WORDS = frozenset(_FUNCTION_KEYWORDS.split())
_PLAIN_TYPE_NAMES = """
    bag bigint blob bool boolean char character clob date decimal float int int2 int4 int8 integer integer2 integer4
    integer8 list missing null numeric real sexp smallint string struct symbol time timestamp tuple varchar
"""
_TYPE_NAMES = (*_PLAIN_TYPE_NAMES.split(), "character varying", "double precision")
_LONGEST_INDEX = 4000  # digits; a list index with more is cut: it is out of range anyway, and int() would refuse it


def parse_statement(text: str) -> tuple[StatementText, int]:
    """The statement that `text` says, and how many parameters it has. Raises the first error of its grammar."""
    parser = _Parser(text)
    statement: StatementText = run(parser.statement())
    parser.check_end()
    return statement, parser.parameters


class _Parser:
    """The tokens of one statement and how far they have been read."""

    __slots__ = ("_at", "_operators", "_tokens", "parameters")

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._at = 0
        self._operators = 0
        self.parameters = 0

    # --- Tokens -----------------------------------------------------------------------------------

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += token.kind is not Kind.END
        return token

    def _is(self, kind: Kind, text: str) -> bool:
        token = self._tokens[self._at]
        return token.kind is kind and token.text == text

    def _take(self, kind: Kind, text: str) -> bool:
        found = self._is(kind, text)
        self._at += found
        return found

    def _take_sign(self, sign: str) -> bool:
        return self._take(Kind.SIGN, sign)

    def _take_keyword(self, word: str) -> bool:
        return self._take(Kind.KEYWORD, word)

    def _expect_sign(self, sign: str, name: str) -> None:
        if not self._take_sign(sign):
            raise malformed(errors.STATEMENT_EXPECTED, expected=name)

    def _expect_keyword(self, word: str) -> None:
        if not self._take_keyword(word):
            raise malformed(errors.STATEMENT_EXPECTED, expected=f"{word.upper()} keyword")

    def _take_word(self, *words: str) -> str | None:
        """Read one of `words`, which may be names too, and return it."""
        token = self._token
        word = token.text.lower()
        if token.kind not in (Kind.NAME, Kind.KEYWORD) or word not in words:
            return None
        self._at += 1
        return word

    def _place(self, token: Token) -> Place:
        return Place(token.start, token.end)

    # --- Statements -------------------------------------------------------------------------------

    def statement(self) -> Rule:
        if self._token.kind is Kind.END:
            raise malformed(errors.STATEMENT_TERM)
        first = self._next()
        begin = _STATEMENTS.get(first.text) if first.kind is Kind.KEYWORD else None
        if begin is None:
            raise malformed(errors.STATEMENT_MANIPULATION)
        return (yield begin(self))

    def check_end(self) -> None:
        """Raise unless the whole text has been read."""
        # A semicolon is an END that other tokens may follow.
        last = len(self._tokens) - (2 if self._token.text == ";" else 1)
        if self._token.kind is not Kind.END or self._at < last:
            raise malformed(errors.STATEMENT_TOKEN_LEFT)

    def _exists(self) -> Rule:
        if not self._take_sign("(") or not self._take_keyword("select"):
            raise malformed(errors.STATEMENT_MANIPULATION)
        select = yield self._select(is_condition=True)
        self._expect_sign(")", "RIGHT_PAREN")
        return select

    def _select(self, is_condition: bool = False) -> Rule:
        projection: list[Term] | None = None
        has_alias = False
        if not self._take_sign("*"):
            projection = []
            while True:
                projection.append((yield self._expression()))
                has_alias |= self._take_alias()
                if not self._take_sign(","):
                    break
        self._expect_keyword("from")
        source = yield self._source()
        where = yield self._where()
        order: list[tuple[Term, bool]] = []
        if self._take_keyword("order by"):
            order.append((yield self._order()))
            while self._take_sign(","):
                order.append((yield self._order()))
        return SelectText(
            None if projection is None else tuple(projection), has_alias, source, where, tuple(order), is_condition
        )

    def _order(self) -> Rule:
        path = yield self._expression()
        return path, self._take_word("asc", "desc") == "desc"

    def _insert(self) -> Rule:
        source = Source((yield self._simple_path()), has_alias=False)
        if self._take_keyword("value"):
            return InsertText(source, (yield self._expression()))
        if self._is(Kind.KEYWORD, "values"):
            self._at = len(self._tokens) - 1  # refused whatever they are
            return InsertText(source, None)
        raise malformed(errors.STATEMENT_TOKEN_LEFT)

    def _update(self) -> Rule:
        table = yield self._simple_path()
        source = Source(table, self._take_alias())
        actions = yield self._actions()
        where = yield self._where()
        return ChangeText(source, where, self._returning(), actions=actions)

    def _delete(self) -> Rule:
        self._expect_keyword("from")
        table = yield self._simple_path()
        source = Source(table, self._take_alias())
        where = yield self._where()
        return ChangeText(source, where, self._returning(), is_delete=True)

    def _from(self) -> Rule:
        source = yield self._source()
        where = yield self._where()
        actions = yield self._actions()
        return ChangeText(source, where, self._returning(), where_first=True, actions=actions)

    def _source(self) -> Rule:
        table = yield self._path_term()
        return Source(table, self._take_alias())

    def _take_alias(self) -> bool:
        if self._take_keyword("as"):
            if self._token.kind is not Kind.NAME:
                raise malformed(errors.STATEMENT_EXPECTED, expected="identifier for alias")
            self._at += 1
            return True
        found = self._token.kind is Kind.NAME
        self._at += found
        return found

    def _where(self) -> Rule:
        if not self._take_keyword("where"):
            return None
        before = self._operators
        term = yield self._expression()
        return Condition(term, self._operators - before)

    def _actions(self) -> Rule:
        actions: list[SetText | RemoveText] = []
        while True:
            if self._take_keyword("set"):
                actions.append((yield self._set()))
                while self._take_sign(","):
                    actions.append((yield self._set()))
            elif self._take_keyword("remove"):
                actions.append(RemoveText((yield self._simple_path())))
                while self._take_sign(","):
                    actions.append(RemoveText((yield self._simple_path())))
            elif actions:
                return actions
            else:
                raise malformed(errors.STATEMENT_MANIPULATION)

    def _set(self) -> Rule:
        path = yield self._simple_path()
        if not self._take(Kind.OPERATOR, "="):
            raise malformed(errors.STATEMENT_EXPECTED, expected="'='")
        before = self._operators
        value = yield self._expression()
        return SetText(path, value, self._operators - before)

    def _returning(self) -> str | None:
        if not self._take_keyword("returning"):
            return None
        extent, image = self._take_word("all", "modified"), self._take_word("old", "new")
        if extent is None or image is None:
            raise malformed(errors.STATEMENT_EXPECTED, expected="returning clause")
        self._expect_sign("*", "STAR")
        return f"{extent} {image}".upper()

    # --- Expressions ------------------------------------------------------------------------------

    def _expression(self, precedence: int = 0) -> Rule:
        """A term and the operators after it that bind tighter than `precedence`."""
        left: Term = yield self._prefixed()
        while True:
            token = self._token
            operator = token.text
            is_infix = operator in _INFIX and token.kind in (Kind.OPERATOR, Kind.SIGN)
            if not is_infix or _PRECEDENCE[operator] <= precedence:
                return left
            self._at += 1
            self._operators += 1
            if operator in ("is", "is not"):
                left = yield self._type_test(left, token)
            elif operator.endswith("between"):
                left = yield self._between(left, token)
            elif operator in ("in", "not in"):
                left = yield self._in(left, token)
            else:
                right = yield self._right_side(operator)
                left = _joined(left, operator, right, self._place(token))

    def _right_side(self, operator: str) -> Rule:
        if self._token.kind is Kind.END:
            raise malformed(errors.STATEMENT_RIGHT_SIDE)
        return (yield self._expression(_PRECEDENCE[operator]))

    def _between(self, left: Term, token: Token) -> Rule:
        lower = yield self._right_side("between")
        if not self._take(Kind.OPERATOR, "and"):
            raise malformed(errors.STATEMENT_EXPECTED, expected="AND keyword")
        upper = yield self._right_side("between")
        return _negated(token, Operation("between", [left, lower, upper], self._place(token)))

    def _in(self, left: Term, token: Token) -> Rule:
        if self._is(Kind.SIGN, "("):
            opening = self._next()
            options: Term = Elements(tuple((yield self._list(")", "RIGHT_PAREN"))), False, self._place(opening))
        else:
            options = yield self._right_side("in")
        return _negated(token, Operation("in", [left, options], self._place(token)))

    def _type_test(self, left: Term, token: Token) -> Rule:
        name = self._take_word(*_TYPE_NAMES)
        if name is None:
            raise malformed(errors.STATEMENT_TYPE_NAME)
        has_arguments = self._take_sign("(")
        if has_arguments:
            yield self._list(")", "RIGHT_PAREN")
        return TypeTest(left, name, has_arguments, token.text == "is not", self._place(token))

    def _prefixed(self) -> Rule:
        token = self._token
        if token.kind is not Kind.OPERATOR or token.text not in ("not", "+", "-"):
            return (yield self._path_term())
        self._at += 1
        if token.text == "not":
            self._operators += 1
            return Operation("not", [(yield self._expression(_NOT))], self._place(token))
        operand = yield self._prefixed()
        if isinstance(operand, Number):
            return _signed(token.text, operand, self._place(token))
        return Operation(token.text, [operand], self._place(token))

    def _path_term(self) -> Rule:
        """A term, and the path that may begin with it."""
        return (yield self._path_from((yield self._term())))

    def _path_from(self, term: Term) -> Rule:
        if not (self._is(Kind.SIGN, ".") or self._is(Kind.SIGN, "[")):
            return term
        steps = list(term.steps) if isinstance(term, PathTerm) else []
        fault = None if isinstance(term, PathTerm) else term.place
        while True:
            component = self._token
            if self._take_sign("."):
                component = self._next()
                if component.kind is Kind.NAME:
                    steps.append(component.text)
                elif component.text == "*" and component.kind is Kind.SIGN:
                    fault = fault or self._place(component)
                else:
                    raise malformed(errors.STATEMENT_PATH_COMPONENT)
            elif self._take_sign("["):
                component = self._token
                if self._take_sign("*"):
                    fault = fault or self._place(component)
                else:
                    index = yield self._expression()
                    if isinstance(index, Number) and index.text.isdecimal():
                        steps.append(int(index.text.lstrip("0")[:_LONGEST_INDEX] or "0"))
                    else:
                        fault = fault or index.place
                self._expect_sign("]", "RIGHT_BRACKET")
            else:
                return PathTerm(tuple(steps), term.place, fault)

    def _simple_path(self) -> Rule:
        """A path of a table, or the path that an action changes."""
        if self._token.kind is not Kind.NAME:
            raise malformed(errors.STATEMENT_TARGET)
        return (yield self._path_from(self._name()))

    def _name(self) -> PathTerm:
        token = self._next()
        return PathTerm((token.text,), self._place(token))

    def _term(self) -> Rule:
        token = self._token
        place = self._place(token)
        match token.kind:
            case Kind.NAME:
                if self._tokens[self._at + 1].text == "(" and self._tokens[self._at + 1].kind is Kind.SIGN:
                    return (yield self._call())
                return self._name()
            case Kind.STRING:
                self._at += 1
                return Scalar({"S": token.text}, place)
            case Kind.NUMBER:
                self._at += 1
                return Number(token.text, place)
            case Kind.KEYWORD:
                return (yield self._keyword_term(token))
            case Kind.OPERATOR:
                raise malformed(errors.STATEMENT_OPERATOR)
            case Kind.SIGN:
                return (yield self._signed_term(token))
        raise malformed(errors.STATEMENT_TERM)

    def _keyword_term(self, token: Token) -> Rule:
        word = token.text
        if word in _LITERAL_WORDS:
            self._at += 1
            return Scalar(dict(_LITERAL_WORDS[word]), self._place(token))
        if word == "missing":
            self._at += 1
            return Word("MISSING", self._place(token))
        if word == "select":
            self._at += 1
            yield self._select()
            return Word("Select", self._place(token))
        following = self._tokens[self._at + 1]
        if word in _FUNCTION_WORDS and following.kind is Kind.SIGN and following.text == "(":
            return (yield self._call())
        raise malformed(errors.STATEMENT_KEYWORD)

    def _signed_term(self, token: Token) -> Rule:
        """A term that begins with a sign."""
        place = self._place(token)
        self._at += 1
        match token.text:
            case "?":
                self.parameters += 1
                return Parameter(self.parameters - 1, place)
            case "(":
                terms = yield self._list(")", "RIGHT_PAREN")
                if not terms:
                    raise malformed(errors.STATEMENT_EXPECTED, expected="expression")
                return terms[0] if len(terms) == 1 else Elements(tuple(terms), False, place)
            case "[":
                return Elements(tuple((yield self._list("]", "RIGHT_BRACKET"))), False, place)
            case "<<":
                return Elements(tuple((yield self._list(">>", "RIGHT_DOUBLE_ANGLE_BRACKET"))), True, place)
            case "{":
                return (yield self._members(place))
        raise malformed(errors.STATEMENT_TERM)

    def _call(self) -> Rule:
        name = self._next()
        self._at += 1
        if self._is(Kind.SIGN, "*"):
            star = self._next()
            arguments: list[Term] = [Word("*", self._place(star))]
            self._expect_sign(")", "RIGHT_PAREN")
        else:
            arguments = yield self._list(")", "RIGHT_PAREN")
        return CallTerm(name.text.lower(), tuple(arguments), self._place(name))

    def _list(self, closing: str, closing_name: str) -> Rule:
        """Expressions up to the sign that closes them."""
        terms: list[Term] = []
        if self._take_sign(closing):
            return terms
        terms.append((yield self._expression()))
        while self._take_sign(","):
            terms.append((yield self._expression()))
        self._expect_sign(closing, closing_name)
        return terms

    def _members(self, place: Place) -> Rule:
        members: list[tuple[Term, Term]] = []
        if self._take_sign("}"):
            return Members((), place)
        while True:
            name = yield self._expression()
            self._expect_sign(":", "COLON")
            members.append((name, (yield self._expression())))
            if not self._take_sign(","):
                self._expect_sign("}", "RIGHT_CURLY")
                return Members(tuple(members), place)


_STATEMENTS = {
    "select": _Parser._select,
    "insert into": _Parser._insert,
    "update": _Parser._update,
    "delete": _Parser._delete,
    "from": _Parser._from,
    "exists": _Parser._exists,
}


def _joined(left: Term, operator: str, right: Term, place: Place) -> Operation:
    """Two terms with an operator between them; AND and OR go on as long as they follow one another."""
    if operator in _JOINING and isinstance(left, Operation) and left.operator == operator:
        left.operands.append(right)
        return left
    return Operation(operator, [left, right], place)


def _negated(token: Token, operation: Operation) -> Operation:
    return Operation("not", [operation], operation.place) if token.text.startswith("not") else operation


def _signed(sign: str, number: Number, place: Place) -> Number:
    text = number.text
    if sign == "-":
        text = text[1:] if text.startswith("-") else f"-{text}"
    return Number(text, Place(place.start, number.place.end))
