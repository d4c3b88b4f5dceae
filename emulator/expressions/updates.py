"""Updates: actions compiled to a function of an item and the request's values.

All right-hand sides see the item as it was before. Source: expressions.md 9, items.md 6 and 11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions.binding import aliases_in, paths_in, values_in
from emulator.expressions.cache import Cache
from emulator.expressions.edits import Result, edited
from emulator.expressions.parser import parse_update
from emulator.expressions.path_tree import PathTree, path_tree
from emulator.expressions.paths import Reader, names_with_paths_below, reader, top_level_name, value_at
from emulator.expressions.projections import Fragment, fragment
from emulator.expressions.semantics import Scope
from emulator.expressions.statement_charge import Charge, statement_charge
from emulator.expressions.tree import (
    Action,
    Add,
    Arithmetic,
    Assigned,
    Call,
    Delete,
    Literal,
    Operand,
    Path,
    Remove,
    Set,
    Value,
)
from emulator.expressions.update_checks import check_update
from emulator.values.canonical import depth, set_value
from emulator.values.numbers import add_numbers, subtract_numbers
from emulator.values.types import AttributeValue, Item

Compute: TypeAlias = Callable[[Item, Item], Result]
"""`(item, values)` to what an action leaves at its target; raises what the service would."""


@dataclass(frozen=True, slots=True)
class Update:
    """A compiled update.

    `names`, `values` and `nested` are as in `Condition`; `attributes` are the attributes that it changes;
    `assigned` pairs attributes with the value they are given outright, as a placeholder or written out.
    `creates` tells whether it makes an item where there is none. `fragment` picks what it names out of the
    item before or after. `charge` sizes the statement itself, None where the service does not.
    """

    apply: Callable[[Item, Item], Item]
    fragment: Fragment
    creates: bool
    attributes: frozenset[str]
    nested: frozenset[str]
    assigned: tuple[tuple[str, str | AttributeValue], ...]
    names: frozenset[str] = frozenset()
    values: frozenset[str] = frozenset()
    charge: Charge | None = None


_updates: Cache[Update] = Cache()


def compile_update(text: str, names: dict[str, str], values: Item) -> Update:
    """The update that `text` says. Raises the first error of the expression.

    The result serves any values of the same types.
    """
    key = (text, *names.items(), *[(name, *value) for name, value in values.items()])
    return _updates.get(key) or _updates.keep(key, _compiled(text, names, values))


def _compiled(text: str, names: dict[str, str], values: Item) -> Update:
    parsed = parse_update(text)
    actions, targets = check_update(parsed, Scope("UpdateExpression", names, values))
    return update_of_actions(
        actions,
        targets,
        [_COMPUTERS[type(action)](action) for action in actions],
        names=aliases_in(paths_in(*parsed.actions)),
        values=values_in(*actions),
        charge=statement_charge(actions),
    )


def update_of_tree(actions: tuple[Action, ...]) -> Update:
    """The update of bound actions that were checked elsewhere. Raises if their paths overlap or conflict."""
    targets = path_tree(None, [action.path for action in actions])
    return update_of_actions(
        actions, targets, [_COMPUTERS[type(action)](action) for action in actions], values=values_in(*actions)
    )


def update_of_actions(
    actions: tuple[Action, ...],
    targets: PathTree,
    computes: list[Compute],
    *,
    names: frozenset[str] = frozenset(),
    values: frozenset[str] = frozenset(),
    charge: Charge | None = None,
) -> Update:
    """The update that bound `actions` make together; `computes` says what each leaves at its target."""
    paths = [action.path for action in actions]
    plain = all(len(path.steps) == 1 for path in paths)
    attributes = [top_level_name(path) for path in paths]
    return Update(
        _plain_apply(attributes, computes) if plain else _nested_apply(targets, computes),
        fragment(targets, paths),
        any(isinstance(action, Set | Add) for action in actions),
        frozenset(attributes),
        names_with_paths_below(paths_in(*actions)),
        tuple(_assigned(actions)),
        names,
        values,
        charge,
    )


def _assigned(actions: Iterable[Action]) -> Iterable[tuple[str, str | AttributeValue]]:
    for action in actions:
        if isinstance(action, Set) and len(action.path.steps) == 1:
            if isinstance(action.value, Value):
                yield top_level_name(action.path), action.value.name
            elif isinstance(action.value, Literal):
                yield top_level_name(action.path), action.value.value


def _plain_apply(attributes: list[str], computes: list[Compute]) -> Callable[[Item, Item], Item]:
    """Applying actions that all change whole attributes."""
    actions = list(zip(attributes, computes, strict=True))

    def apply(item: Item, values: Item) -> Item:
        new = dict(item)
        for name, compute in actions:
            result = compute(item, values)
            if result is not None:
                new[name] = result
            else:
                new.pop(name, None)
        return new

    return apply


def _nested_apply(targets: PathTree, computes: list[Compute]) -> Callable[[Item, Item], Item]:
    def apply(item: Item, values: Item) -> Item:
        new = edited(item, targets, [compute(item, values) for compute in computes])
        if depth(new) > limits.MAX_NESTING_LEVELS:
            raise ServiceError(errors.NESTING_TOO_DEEP)
        return new

    return apply


# --- SET ------------------------------------------------------------------------------------------


def _set(action: Set) -> Compute:
    return _assigned_value(action.value)


def _assigned_value(assigned: Assigned) -> Reader:
    if isinstance(assigned, Arithmetic):
        left, right = _required(assigned.left), _required(assigned.right)
        return _calculated(left, right, _ARITHMETIC[assigned.operator])
    return _required(assigned)


def _calculated(left: Reader, right: Reader, operation: Callable[[str, str], str]) -> Reader:
    def calculated(item: Item, values: Item) -> AttributeValue | None:
        first, second = left(item, values), right(item, values)
        assert first is not None
        assert second is not None
        if "N" not in first or "N" not in second:
            raise ServiceError(errors.UPDATE_TYPE_INCORRECT)
        return {"N": operation(first["N"], second["N"])}

    return calculated


_ARITHMETIC = {"+": add_numbers, "-": subtract_numbers}


def _required(operand: Operand) -> Reader:
    """A function that reads an operand of a SET; raises where there is no value."""
    if isinstance(operand, Value):
        name = operand.name
        return lambda item, values: values[name]
    if isinstance(operand, Literal):
        literal = operand.value
        return lambda item, values: literal
    if isinstance(operand, Call):
        return _FUNCTIONS[operand.function](operand)
    read = reader(operand)

    def required(item: Item, values: Item) -> AttributeValue | None:
        value = read(item, values)
        if value is None:
            raise ServiceError(errors.UPDATE_SOURCE_MISSING)
        return value

    return required


def _if_not_exists(call: Call) -> Reader:
    path, otherwise = call.arguments
    assert isinstance(path, Path)
    read, instead = reader(path), _required(otherwise)

    def if_not_exists(item: Item, values: Item) -> AttributeValue | None:
        value = read(item, values)
        return instead(item, values) if value is None else value

    return if_not_exists


def _list_append(call: Call) -> Reader:
    first, second = map(_required, call.arguments)

    def list_append(item: Item, values: Item) -> AttributeValue | None:
        head, tail = first(item, values), second(item, values)
        assert head is not None
        assert tail is not None
        if "L" not in head or "L" not in tail:
            raise ServiceError(errors.UPDATE_TYPE_INCORRECT)
        return {"L": head["L"] + tail["L"]}

    return list_append


_FUNCTIONS: dict[str, Callable[[Call], Reader]] = {
    "if_not_exists": _if_not_exists,
    "list_append": _list_append,
}


# --- REMOVE, ADD and DELETE -----------------------------------------------------------------------


def _remove(action: Remove) -> Compute:
    return lambda item, values: None


_Combine: TypeAlias = Callable[[Result, AttributeValue, errors.Fault], Result]


def _combining(combine: _Combine) -> Callable[[Add | Delete], Compute]:
    """ADD or DELETE: what is at the target combined with the action's value."""

    def compute_of(action: Add | Delete) -> Compute:
        path, read = action.path, _required(action.value)

        def combined(item: Item, values: Item) -> Result:
            value = read(item, values)
            assert value is not None
            return combine(value_at(item, path), value, errors.UPDATE_TYPE_INCORRECT)

        return combined

    return compute_of


def added(current: Result, value: AttributeValue, mismatch: errors.Fault) -> AttributeValue:
    """`value`, a number or a set, added to what is there; `mismatch` is raised for another type."""
    if current is None:
        return value
    ((kind, content),) = value.items()
    there = current.get(kind)
    if there is None:
        raise ServiceError(mismatch)
    if kind == "N":
        return {"N": add_numbers(there, content)}
    return set_value(kind, {*there, *content})


def without(current: Result, value: AttributeValue, mismatch: errors.Fault) -> Result:
    """What is there without the members of the set `value`; nothing if none is left."""
    if current is None:
        return None
    ((kind, members),) = value.items()
    there = current.get(kind)
    if there is None:
        raise ServiceError(mismatch)
    gone = frozenset(members)
    left = [member for member in there if member not in gone]
    return {kind: left} if left else None


_COMPUTERS: Mapping[type[Action], Callable[..., Compute]] = {
    Set: _set,
    Remove: _remove,
    Add: _combining(added),
    Delete: _combining(without),
}
