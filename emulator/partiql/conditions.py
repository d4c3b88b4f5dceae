"""Conditions: the term after WHERE as a tree of the expression language.

Source: partiql.md 7 and 8. Checks that the page does not speak of are those of expressions.md 6: it says that the
rules are the same.
"""

from __future__ import annotations

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions.ordering import ORDERED_TYPES, compares
from emulator.expressions.paths import path_text
from emulator.expressions.rules import Rule, run
from emulator.expressions.semantics import TYPE_NAMES_TEXT, value_text
from emulator.expressions.tree import (
    And,
    Between,
    Call,
    Compare,
    ConditionTree,
    In,
    Literal,
    Not,
    Operand,
    Or,
    Path,
    Value,
)
from emulator.partiql.literals import Values
from emulator.partiql.paths import path_of
from emulator.partiql.terms import (
    CallTerm,
    Condition,
    Elements,
    Number,
    Operation,
    Parameter,
    PathTerm,
    Scalar,
    Term,
    TypeTest,
    Word,
)
from emulator.values.types import DATA_TYPES, AttributeValue, Item

_COMPARATORS = frozenset(("=", "<>", "<", "<=", ">", ">="))
_ORDERING = _COMPARATORS - {"=", "<>"}
_PREFIX_TYPES = ("S", "B")
_OPERAND_COUNTS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
}
_TYPES = {
    "null": "NULL",
    "bool": "BOOL",
    "boolean": "BOOL",
    "string": "S",
    "decimal": "N",
    "numeric": "N",
    "blob": "B",
    "list": "L",
    "struct": "M",
    "tuple": "M",
}
_OPERATIONS = {
    "+": "Plus",
    "-": "Minus",
    "*": "Times",
    "/": "Divide",
    "%": "Modulo",
    "||": "Concat",
    "like": "Like",
    "not like": "Like",
    "not": "Not",
    "and": "And",
    "or": "Or",
    "in": "InCollection",
    "between": "Between",
    "=": "Eq",
    "<>": "Ne",
    "<": "Lt",
    "<=": "Lte",
    ">": "Gt",
    ">=": "Gte",
}


def condition_of(condition: Condition | None, values: Values) -> ConditionTree | None:
    """The tree of what stands after WHERE. Raises its first fault."""
    if condition is None:
        return None
    if condition.operators > limits.MAX_EXPRESSION_OPERATORS:
        raise errors.refused_statement(errors.TOO_MANY_OPERATORS, count=limits.MAX_EXPRESSION_OPERATORS + 1)
    tree: ConditionTree = run(_Conditions(values).condition(condition.term))
    return tree


class _Conditions:
    """Turns terms into conditions and operands."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def condition(self, term: Term) -> Rule:
        match term:
            case Operation("and" | "or" as operator, operands):
                return (yield self._join(operator, operands))
            case Operation("not", [operand]):
                return Not((yield self.condition(operand)))
            case Operation("=" | "<>", [left, right]) if _is_condition(left) or _is_condition(right):
                return (yield self._truth(term, left, right))
            case Operation(operator, [left, right]) if operator in _COMPARATORS:
                return self._compare(operator, left, right)
            case Operation("between", [operand, lower, upper]):
                return self._between(operand, lower, upper)
            case Operation("in", [operand, options]):
                return self._in(operand, options)
            case CallTerm():
                return self._call(term)
            case TypeTest():
                return self._type_test(term)
        raise unsupported(term)

    def _join(self, operator: str, operands: list[Term]) -> Rule:
        joined: type[And] | type[Or] = And if operator == "and" else Or
        conditions: list[ConditionTree] = []
        for operand in operands:
            condition = yield self.condition(operand)
            conditions += condition.conditions if isinstance(condition, joined) else (condition,)
        return joined(tuple(conditions))

    def _truth(self, term: Operation, left: Term, right: Term) -> Rule:
        """A condition compared with true or false."""
        condition, truth = (left, right) if _is_condition(left) else (right, left)
        if not isinstance(truth, Scalar) or "BOOL" not in truth.value:
            raise unsupported(term)
        tree = yield self.condition(condition)
        return tree if truth.value["BOOL"] == (term.operator == "=") else Not(tree)

    # --- Operands ---------------------------------------------------------------------------------

    def _operand(self, term: Term) -> Operand:
        match term:
            case PathTerm():
                return path_of(term, self._values)
            case CallTerm("size"):
                return self._call(term, is_operand=True)
            case CallTerm():
                raise self._unrecognized(term)
            case Operation() | TypeTest() | Word("Select"):
                raise unsupported(term)
        return self._values.value(term)

    def _unrecognized(self, term: CallTerm) -> ServiceError:
        return unrecognized(term, self._values)

    def _compare(self, operator: str, left_term: Term, right_term: Term) -> Compare:
        left, right = self._operand(left_term), self._operand(right_term)
        _check_distinct(operator, left, right)
        if operator in _ORDERING:
            for operand in (left, right):
                self._check_type(operator, operand, ORDERED_TYPES)
        return Compare(operator, left, right)

    def _between(self, operand_term: Term, lower_term: Term, upper_term: Term) -> Between:
        operand, lower, upper = map(self._operand, (operand_term, lower_term, upper_term))
        for bounded in (operand, lower, upper):
            self._check_type("BETWEEN", bounded, ORDERED_TYPES)
        if isinstance(lower, Literal | Value) and isinstance(upper, Literal | Value):
            self._check_bounds(lower, upper)
        return Between(operand, lower, upper)

    def _check_bounds(self, lower: Literal | Value, upper: Literal | Value) -> None:
        def check(values: Item) -> None:
            low, high = _content(lower, values), _content(upper, values)
            fault = errors.BETWEEN_TYPES if low.keys() != high.keys() else errors.BETWEEN_REVERSED
            if low.keys() != high.keys() or compares(">", low, high):
                raise errors.refused_statement(fault, lower=value_text(low), upper=value_text(high))

        if isinstance(lower, Literal) and isinstance(upper, Literal):
            check({})
        else:
            self._values.checks.append(check)

    def _in(self, operand_term: Term, options_term: Term) -> In:
        if not isinstance(options_term, Elements) or not options_term.elements:
            raise ServiceError(errors.OPERATION_UNSUPPORTED, operation="InCollection")
        if len(options_term.elements) > limits.MAX_OPTIONS:
            raise errors.refused_statement(errors.TOO_MANY_OPERANDS, count=1 + len(options_term.elements))
        operand = self._operand(operand_term)
        return In(operand, tuple([self._operand(option) for option in options_term.elements]))

    def _check_type(self, operator: str, operand: Operand, allowed: tuple[str, ...]) -> None:
        check_operand_type(operator, operand, allowed, self._values)

    # --- Functions and types ----------------------------------------------------------------------

    def _call(self, term: CallTerm, is_operand: bool = False) -> Call:
        function = term.function
        count = _OPERAND_COUNTS.get(function)
        if count is None:
            raise self._unrecognized(term)
        if function == "size" and not is_operand:
            raise errors.refused_statement(errors.FUNCTION_MISPLACED, function=function)
        check_operand_count(term, count)
        if not isinstance(term.arguments[0], PathTerm):
            raise errors.refused_statement(errors.PATH_REQUIRED, operator=function)
        arguments = tuple(map(self._operand, term.arguments))
        if count > 1:
            _check_distinct(function, *arguments)
        if function == "begins_with":
            self._check_type(function, arguments[1], _PREFIX_TYPES)
        elif function == "attribute_type":
            self._check_type_name(arguments[1])
        return Call(function, arguments)

    def _check_type_name(self, wanted: Operand) -> None:
        if not isinstance(wanted, Literal | Value):
            kind = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}" if isinstance(wanted, Path) else "N"
            raise errors.refused_statement(errors.OPERAND_TYPE, operator="attribute_type", type=kind)
        self._check_type("attribute_type", wanted, ("S",))

        def check(values: Item) -> None:
            name = _content(wanted, values)["S"]
            if name not in DATA_TYPES:
                raise errors.refused_statement(errors.UNKNOWN_TYPE_NAME, type=name, types=TYPE_NAMES_TEXT)

        if isinstance(wanted, Literal):
            check({})
        else:
            self._values.checks.append(check)

    def _type_test(self, test: TypeTest) -> ConditionTree:
        kind = _TYPES.get(test.type_name)
        if test.has_arguments or not isinstance(test.operand, PathTerm) or (kind is None and not _is_missing(test)):
            raise unsupported(test)
        path = path_of(test.operand, self._values)
        if kind is None:
            return Call("attribute_exists" if test.negated else "attribute_not_exists", (path,))
        has_type = Call("attribute_type", (path, Literal({"S": kind})))
        return Not(has_type) if test.negated else has_type


def unsupported(term: Term) -> ServiceError:
    """The error of a term that PartiQL knows and the service has no use for where it stands."""
    match term:
        case Operation(operator):
            name = _OPERATIONS[operator]
        case TypeTest():
            name = "IsType"
        case PathTerm(steps):
            name = "Id" if len(steps) == 1 else "Path"
        case Parameter():
            name = "Parameter"
        case Scalar() | Number():
            name = "Lit"
        case Word(text):
            name = text.capitalize()
        case _:
            name = type(term).__name__
    return ServiceError(errors.OPERATION_UNSUPPORTED, operation=name)


def unrecognized(term: CallTerm, values: Values) -> ServiceError:
    """The error of a function that does not exist, or not there."""
    where = values.position(term.place)
    return ServiceError(errors.FUNCTION_UNRECOGNIZED, function=term.function, position=where)


def check_operand_count(term: CallTerm, count: int) -> None:
    """Raise unless a call has `count` arguments."""
    if len(term.arguments) != count:
        raise errors.refused_statement(errors.OPERAND_COUNT, operator=term.function, count=len(term.arguments))


def check_operand_type(operator: str, operand: Operand, allowed: tuple[str, ...], values: Values) -> None:
    """Raise, at once or at each call, if a value has another type than those allowed."""

    def fault(kind: str) -> ServiceError:
        return errors.refused_statement(errors.OPERAND_TYPE, operator=operator, type=kind)

    values.check_type(operand, allowed.__contains__, fault)


def _is_condition(term: Term) -> bool:
    """Whether a term is true or false by itself."""
    match term:
        case CallTerm(function):
            return function != "size" and function in _OPERAND_COUNTS
        case Operation(operator):
            return operator in _COMPARATORS or operator in ("and", "or", "not", "in", "between")
    return isinstance(term, TypeTest)


def _is_missing(test: TypeTest) -> bool:
    return test.type_name == "missing"


def _check_distinct(operator: str, first: Operand, second: Operand) -> None:
    if isinstance(first, Path) and first == second:
        raise errors.refused_statement(errors.OPERANDS_EQUAL, operator=operator, operand=path_text(first))


def _content(operand: Literal | Value, values: Item) -> AttributeValue:
    return operand.value if isinstance(operand, Literal) else values[operand.name]
