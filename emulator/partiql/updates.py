"""Actions: SET and REMOVE as actions of the expression language. Source: partiql.md 10.1 and 10.4."""

from __future__ import annotations

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions.tree import Action, Add, Arithmetic, Assigned, Call, Delete, Operand, Remove, Set
from emulator.partiql.conditions import check_operand_count, check_operand_type, unrecognized, unsupported
from emulator.partiql.literals import Values
from emulator.partiql.paths import path_of
from emulator.partiql.terms import CallTerm, Operation, PathTerm, RemoveText, SetText, Term, TypeTest, Word

_WITH_MEMBERS: dict[str, type[Add] | type[Delete]] = {"set_add": Add, "set_delete": Delete}
_SET_TYPES = ("SS", "NS", "BS")
_TWO = 2


def actions_of(texts: list[SetText | RemoveText], values: Values) -> tuple[Action, ...]:
    """The actions in written order. Raises their first fault."""
    operators = sum(text.operators for text in texts if isinstance(text, SetText))
    if operators > limits.MAX_EXPRESSION_OPERATORS:
        raise errors.refused_statement(errors.TOO_MANY_OPERATORS, count=limits.MAX_EXPRESSION_OPERATORS + 1)
    return tuple(
        [_set(text, values) if isinstance(text, SetText) else Remove(path_of(text.path, values)) for text in texts]
    )


def _set(text: SetText, values: Values) -> Action:
    path, value = path_of(text.path, values), text.value
    if isinstance(value, CallTerm) and value.function in _WITH_MEMBERS:
        members = _members(text.path, value, values)
        return _WITH_MEMBERS[value.function](path, members)
    return Set(path, _assigned(value, values))


def _members(target: PathTerm, call: CallTerm, values: Values) -> Operand:
    """The set that set_add or set_delete combines with what is at the path it is assigned to."""
    function, where = call.function.upper(), values.position(call.place)
    if len(call.arguments) != _TWO:
        raise ServiceError(errors.MEMBERS_COUNT, function=function, position=where)
    first, second = call.arguments
    if not isinstance(first, PathTerm) or first.fault or first.steps != target.steps:
        raise ServiceError(errors.MEMBERS_TARGET, function=function, position=where)
    where_first = values.position(first.place)

    def fault(kind: str) -> ServiceError:
        return ServiceError(errors.MEMBERS_TYPE, function=function, position=where_first)

    if isinstance(second, PathTerm | CallTerm | Operation | TypeTest | Word):
        raise fault("")
    members = values.value(second)
    values.check_type(members, _SET_TYPES.__contains__, fault)
    return members


def _assigned(term: Term, values: Values) -> Assigned:
    if not isinstance(term, Operation) or term.operator not in ("+", "-") or len(term.operands) != _TWO:
        return _operand(term, values)
    left, right = [_operand(operand, values) for operand in term.operands]
    for operand in (left, right):
        check_operand_type(term.operator, operand, ("N",), values)
    return Arithmetic(term.operator, left, right)


def _operand(term: Term, values: Values, inside: str | None = None) -> Operand:
    match term:
        case PathTerm():
            return path_of(term, values)
        case CallTerm("list_append") if inside != "list_append":
            return _list_append(term, values)
        case CallTerm("list_append"):
            raise errors.refused_statement(errors.FUNCTION_MISPLACED, function=term.function)
        case CallTerm():
            raise unrecognized(term, values)
        case Operation() | TypeTest():
            raise unsupported(term)
    return values.value(term)


def _list_append(term: CallTerm, values: Values) -> Call:
    check_operand_count(term, _TWO)
    arguments = tuple([_operand(argument, values, inside=term.function) for argument in term.arguments])
    for argument in arguments:
        check_operand_type(term.function, argument, ("L",), values)
    return Call(term.function, arguments)
