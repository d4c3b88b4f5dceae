"""What the WHERE clause of a statement says of a key: one key, or ranges of keys.

A clause names one item when equalities on all key attributes are joined by AND. It allows a query when each of its
OR branches fixes the partition key by `=` or IN; conditions on the sort key then narrow what is read.
Nothing here knows values: operands stay as they stand in the statement. Source: partiql.md 6.3, 7.2 and 10.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.expressions.ordering import MIRRORED
from emulator.expressions.tree import (
    And,
    Between,
    Call,
    Compare,
    ConditionTree,
    In,
    Literal,
    Node,
    Not,
    Or,
    Path,
    SimpleCondition,
    Value,
    nodes_of,
)
from emulator.storage.schema import KeySchema
from emulator.values.types import AttributeValue, Item

Constant: TypeAlias = Literal | Value
"""An operand that needs no item."""


def constant_value(constant: Constant, values: Item) -> AttributeValue:
    """The value of a constant, given the values of the statement."""
    return constant.value if isinstance(constant, Literal) else values[constant.name]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """`attribute operator operands`, with one of the operators that a key condition knows."""

    attribute: str
    operator: str
    operands: tuple[Constant, ...]


# --- One item -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SingleKey:
    """A clause that names one item: the key's values in the order of the schema, and what else it demands."""

    operands: tuple[Constant, ...]
    rest: ConditionTree | None


def single_key(where: ConditionTree | None, schema: KeySchema) -> SingleKey | None:
    """The key that a clause names; None if it lacks an equality on some key attribute."""
    equal: dict[str, Constant] = {}
    rest: list[ConditionTree] = []
    for condition in conjuncts(where):
        key = _key_condition(condition)
        if key is None or key.operator != "=" or key.attribute not in schema.names or key.attribute in equal:
            rest.append(condition)
        else:
            equal[key.attribute] = key.operands[0]
    if len(equal) < len(schema.names):
        return None
    return SingleKey(tuple([equal[name] for name in schema.names]), joined(rest))


def conjuncts(where: ConditionTree | None) -> Iterator[ConditionTree]:
    """The conditions that a clause joins by AND, in written order."""
    pending = [] if where is None else [where]
    while pending:
        condition = pending.pop()
        if isinstance(condition, And):
            pending += reversed(condition.conditions)
        else:
            yield condition


def joined(conditions: list[ConditionTree]) -> ConditionTree | None:
    """Conditions joined by AND; None for none."""
    return And(tuple(conditions)) if len(conditions) > 1 else next(iter(conditions), None)


def _key_condition(condition: ConditionTree) -> KeyCondition | None:
    """A condition as one that a key could have: a whole attribute against constants."""
    match condition:
        case Compare("<>"):
            return None
        case Compare(operator, Path((str(name),)), Literal() | Value() as operand):
            return KeyCondition(name, operator, (operand,))
        case Compare(operator, Literal() | Value() as operand, Path((str(name),))):
            return KeyCondition(name, MIRRORED[operator], (operand,))
        case Between(Path((str(name),)), Literal() | Value() as lower, Literal() | Value() as upper):
            return KeyCondition(name, "BETWEEN", (lower, upper))
        case Call("begins_with", (Path((str(name),)), Literal() | Value() as prefix)):
            return KeyCondition(name, "begins_with", (prefix,))
    return None


# --- Ranges of keys -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KeyRange:
    """One partition key, and the conditions on its sort keys.

    `branch` numbers the OR branches that fix the partition key themselves; `is_spared` tells of a branch whose
    range may overlap those of others, because it holds a negated condition on the sort key.
    """

    partition: Constant
    sorts: tuple[KeyCondition, ...]
    branch: int = 0
    is_spared: bool = False


@dataclass(frozen=True, slots=True)
class KeyRanges:
    """The ranges that a clause confines a read to, and the conditions that are left to judge."""

    ranges: tuple[KeyRange, ...]
    rest: ConditionTree | None


def key_ranges(where: ConditionTree | None, schema: KeySchema) -> KeyRanges | None:
    """The ranges of keys of one hash and at most one range attribute; None if the partition key is not fixed."""
    if isinstance(where, Or):
        return _ranges_of_branches(where, schema)
    rest: list[ConditionTree] = []
    alternatives = [_FREE]
    for condition in conjuncts(where):
        allowed = _alternatives(condition, schema)
        narrowed = None if allowed == [_FREE] else _product(alternatives, allowed)
        if narrowed is None or not _is_expressed(condition, allowed, alternatives):
            rest.append(condition)
        alternatives = narrowed or alternatives
    ranges = [
        KeyRange(alternative.partition, alternative.sorts)
        for alternative in alternatives
        if alternative.partition is not None
    ]
    return KeyRanges(tuple(ranges), joined(rest)) if len(ranges) == len(alternatives) else None


def _ranges_of_branches(where: Or, schema: KeySchema) -> KeyRanges | None:
    ranges: list[KeyRange] = []
    for number, branch in enumerate(_branches(where)):
        within = key_ranges(branch, schema)
        if within is None:
            return None
        is_spared = _negates(branch, schema.sort_key)
        ranges += [KeyRange(one.partition, one.sorts, number, is_spared or one.is_spared) for one in within.ranges]
    return KeyRanges(tuple(ranges), where) if len(ranges) <= limits.MAX_KEY_RANGES else None


def _branches(where: Or) -> Iterator[ConditionTree]:
    pending: list[ConditionTree] = [where]
    while pending:
        condition = pending.pop()
        if isinstance(condition, Or):
            pending += reversed(condition.conditions)
        else:
            yield condition


def _negates(tree: ConditionTree, sort_key: str | None) -> bool:
    """Whether a `<>` or a NOT in the tree is about the sort key."""
    if sort_key is None:
        return False
    path = Path((sort_key,))
    return any(
        path in nodes_of(node)
        for node in nodes_of(tree)
        if isinstance(node, Not) or (isinstance(node, Compare) and node.operator == "<>")
    )


@dataclass(frozen=True, slots=True)
class _Alternative:
    """A set of keys: a partition key if it is fixed, and conditions on the sort key."""

    partition: Constant | None
    sorts: tuple[KeyCondition, ...] = ()


_FREE = _Alternative(None)


def _alternatives(tree: ConditionTree, schema: KeySchema) -> list[_Alternative]:
    """Sets of keys outside of which the condition is false."""
    if isinstance(tree, Or):
        several = [alternative for branch in tree.conditions for alternative in _alternatives(branch, schema)]
        return [_FREE] if _FREE in several or len(several) > limits.MAX_KEY_RANGES else several
    if isinstance(tree, And):
        alternatives = [_FREE]
        for condition in tree.conditions:
            alternatives = _product(alternatives, _alternatives(condition, schema)) or alternatives
        return alternatives
    if isinstance(tree, In):
        return _listed(tree, schema)
    key = _key_condition(tree)
    if key is None:
        return [_FREE]
    if key.attribute == schema.hash[0].name and key.operator == "=":
        return [_Alternative(key.operands[0])]
    return [_Alternative(None, (key,))] if key.attribute == schema.sort_key else [_FREE]


def _listed(tree: In, schema: KeySchema) -> list[_Alternative]:
    options = [option for option in tree.options if isinstance(option, Literal | Value)]
    if len(options) < len(tree.options) or not isinstance(tree.operand, Path):
        return [_FREE]
    if tree.operand.steps == (schema.hash[0].name,):
        if len(options) > limits.MAX_KEY_OPTIONS:
            raise ServiceError(errors.KEY_OPTIONS_LIMITED, count=1 + len(options))
        return [_Alternative(option) for option in options]
    if schema.sort_key is not None and tree.operand.steps == (schema.sort_key,):
        return [_Alternative(None, (KeyCondition(schema.sort_key, "=", (option,)),)) for option in options]
    return [_FREE]


def _product(some: list[_Alternative], others: list[_Alternative]) -> list[_Alternative] | None:
    """The sets of keys that are in one of `some` and in one of `others`; None if they are too many."""
    if len(some) * len(others) > limits.MAX_KEY_RANGES:
        return None
    return [
        _Alternative(one.partition if one.partition is not None else other.partition, one.sorts + other.sorts)
        for one in some
        for other in others
    ]


def _is_expressed(condition: ConditionTree, allowed: list[_Alternative], before: list[_Alternative]) -> bool:
    """Whether the keys in both sets are just those that satisfy the condition, so that it need not be judged.

    A set has one partition key: a second condition on that does not show in it.
    """
    if not isinstance(condition, SimpleCondition):
        return False
    return allowed[0].partition is None or all(alternative.partition is None for alternative in before)


# --- What filters mention -------------------------------------------------------------------------


def attributes_beside_or(where: ConditionTree | None) -> tuple[str, ...]:
    """The attributes that a clause mentions outside OR, each once, in written order."""
    found: dict[str, None] = {}
    for condition in conjuncts(where):
        nodes: list[Node] = list(nodes_of(condition))
        if not any(isinstance(node, Or) for node in nodes):
            found.update((str(node.steps[0]), None) for node in nodes if isinstance(node, Path))
    return tuple(found)
