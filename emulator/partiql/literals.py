"""Values of a statement: what is written out becomes canonical at once, what holds a `?` once parameters are known.

Source: partiql.md 4 and 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions.tree import Literal, Operand, Value
from emulator.partiql.parameters import canonical_parameter
from emulator.partiql.terms import (
    CallTerm,
    Elements,
    Members,
    Number,
    Operation,
    Parameter,
    PathTerm,
    Place,
    Scalar,
    Term,
    TypeTest,
    Word,
)
from emulator.partiql.tokens import position
from emulator.values.canonical import set_value
from emulator.values.numbers import canonical_number
from emulator.values.types import AttributeValue, Item, data_type

Build: TypeAlias = Callable[[Sequence[AttributeValue]], AttributeValue]
"""Makes a value out of the statement's parameters, which it makes canonical."""

Check: TypeAlias = Callable[[Item], None]
"""Raises if the values of a call do not fit."""

_ROOT = "root"
_SET_TYPES = {"S": "SS", "N": "NS", "B": "BS"}


class LiteralError(Exception):
    """A value that is written out is at fault.

    The service reports the first bad value in the text, so parameters before this one come first: `after` is their
    number.
    """

    def __init__(self, error: ServiceError, after: int) -> None:
        super().__init__(error)
        self.error = error
        self.after = after


class Values:
    """The values of one statement, met in the order of its text.

    `builds` make those that need parameters, by their names in the tree. `checks` are what each call must pass.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.builds: dict[str, Build] = {}
        self.checks: list[Check] = []
        self._parameters = 0

    def position(self, place: Place) -> str:
        """A place as messages show it."""
        return position(self.text, *place)

    def value(self, term: Term) -> Literal | Value:
        """A value as it stands in the tree."""
        first = self._parameters
        made = self._made(term, 1, _ROOT)
        if isinstance(made, dict):
            return Literal(made)
        return self._named(made, first)

    def item(self, term: Members) -> Literal | Value:
        """The item of an INSERT, as a map. Each of its attributes is a value by itself."""
        first = self._parameters
        made = self._map(term, 0, None)
        return Literal(made) if isinstance(made, dict) else self._named(made, first)

    def _named(self, build: Build, first: int) -> Value:
        is_parameter = self._parameters == first + 1
        name = f":{first}" if is_parameter else f":{first}-{self._parameters - 1}"
        self.builds[name] = build
        return Value(name)

    def check_type(self, operand: Operand, fits: Callable[[str], bool], fault: Callable[[str], ServiceError]) -> None:
        """Raise `fault` of the operand's type unless it fits; for a parameter, at each call."""
        if isinstance(operand, Literal):
            kind = data_type(operand.value)
            if not fits(kind):
                raise fault(kind)
        elif isinstance(operand, Value):
            name = operand.name

            def check(values: Item) -> None:
                kind = data_type(values[name])
                if not fits(kind):
                    raise fault(kind)

            self.checks.append(check)

    # --- One value --------------------------------------------------------------------------------

    def _made(self, term: Term, level: int, path: str) -> AttributeValue | Build:
        if level > limits.MAX_NESTING_LEVELS:
            raise self._fault(ServiceError(errors.NESTING_TOO_DEEP))
        match term:
            case Scalar():
                return term.value
            case Number():
                return self._number(term, path)
            case Parameter():
                self._parameters = term.number + 1
                number = term.number
                return lambda parameters: canonical_parameter(parameters[number], level)
            case Elements(is_bag=True):
                return self._bag(term, level, path)
            case Elements():
                return self._list(term, level, path)
            case Members():
                return self._map(term, level, path)
        raise self._unsupported(term, path)

    def _fault(self, error: ServiceError) -> LiteralError:
        return LiteralError(error, self._parameters)

    def _unsupported(self, term: Term, path: str) -> LiteralError:
        where = self.position(term.place)
        error = ServiceError(errors.DATA_TYPE_UNSUPPORTED, data=_shown(term), path=path, position=where)
        return self._fault(error)

    def _number(self, term: Number, path: str) -> AttributeValue:
        try:
            return {"N": canonical_number(term.text)}
        except ServiceError as error:
            raise self._fault(error.prefixed("", errors.UNDER_PATH.format(path=path))) from None

    def _elements(self, terms: Iterable[Term], level: int, path: str) -> list[AttributeValue | Build]:
        return [self._made(term, level + 1, f"{path}[{index}]") for index, term in enumerate(terms)]

    def _list(self, term: Elements, level: int, path: str) -> AttributeValue | Build:
        elements = self._elements(term.elements, level, path)
        return _composed(elements, lambda contents: {"L": contents})

    def _map(self, term: Members, level: int, path: str | None) -> AttributeValue | Build:
        members: dict[str, AttributeValue | Build] = {}
        for name_term, member in term.members:
            if not isinstance(name_term, Scalar) or "S" not in name_term.value:
                raise self._unsupported(name_term, path or _ROOT)
            name = name_term.value["S"]
            if not name:
                raise self._fault(ServiceError(errors.EMPTY_ATTRIBUTE_NAME))
            members[name] = self._made(member, level + 1, f"{path}.{name}" if path else _ROOT)
        names = list(members)
        return _composed(list(members.values()), lambda contents: {"M": dict(zip(names, contents, strict=True))})

    def _bag(self, term: Elements, level: int, path: str) -> AttributeValue | Build:
        if not term.elements:
            raise self._fault(ServiceError(errors.EMPTY_BAG))
        members = self._elements(term.elements, level, path)

        def set_of(contents: list[AttributeValue]) -> AttributeValue:
            kinds = {data_type(content) for content in contents}
            kind = kinds.pop()
            if kinds or kind not in _SET_TYPES:
                raise self._unsupported(term, path).error
            return _set(kind, [content[kind] for content in contents])

        try:
            return _composed(members, set_of)
        except ServiceError as error:
            raise self._fault(error) from None


def _composed(
    parts: list[AttributeValue | Build], compose: Callable[[list[AttributeValue]], AttributeValue]
) -> AttributeValue | Build:
    """The value made of `parts`; what makes it, if some of them need parameters."""
    whole = [part for part in parts if isinstance(part, dict)]
    if len(whole) == len(parts):
        return compose(whole)
    return lambda parameters: compose([part if isinstance(part, dict) else part(parameters) for part in parts])


def _set(kind: str, members: list[str]) -> AttributeValue:
    if len(set(members)) < len(members):
        fault = errors.DUPLICATE_BINARIES if kind == "B" else errors.DUPLICATE_STRINGS
        raise ServiceError(fault, listed=", ".join(members))
    return set_value(_SET_TYPES[kind], members)


def _shown(term: Term) -> str:
    """What stands where a value is due, as messages call it."""
    match term:
        case CallTerm(function):
            return function
        case PathTerm(steps):
            return ".".join(map(str, steps))
        case Operation(operator):
            return operator.upper()
        case TypeTest():
            return "IS"
        case Word(text):
            return text
        case Elements():
            return "BAG" if term.is_bag else "LIST"
        case Members():
            return "STRUCT"
        case Scalar() | Number():
            return "LITERAL"
        case Parameter():
            return "PARAMETER"
