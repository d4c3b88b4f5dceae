"""The tree of an expression: immutable nodes that compare by value.

Parsers make trees with placeholders in them. Binding replaces each `Alias` by the attribute name it stands for;
a `Value` stays and is looked up when the expression is applied, so one compiled tree serves many requests.
A `Literal` carries its value in the tree: the legacy parameters have no placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, cast

from emulator.values.types import AttributeValue


@dataclass(frozen=True, slots=True)
class Alias:
    """A `#name` inside a path, sigil included."""

    name: str


Step: TypeAlias = str | int | Alias
"""One element of a path: an attribute name, a list index, or a name still to be resolved."""


@dataclass(frozen=True, slots=True)
class Path:
    """A document path, outermost element first; the first is no index."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A `:value`, sigil included."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A canonical attribute value written out."""

    value: AttributeValue


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its operands; an operand or a condition, depending on the function."""

    function: str
    arguments: tuple[Operand, ...]


Operand: TypeAlias = Path | Value | Literal | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right` with one of `=`, `<>`, `<`, `<=`, `>`, `>=`."""

    operator: str
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Between:
    """`operand BETWEEN lower AND upper`, both ends included."""

    operand: Operand
    lower: Operand
    upper: Operand


@dataclass(frozen=True, slots=True)
class In:
    """`operand IN (options)`."""

    operand: Operand
    options: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class And:
    """Two or more conditions that must all hold."""

    conditions: tuple[ConditionTree, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more conditions of which one must hold."""

    conditions: tuple[ConditionTree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    condition: ConditionTree


SimpleCondition: TypeAlias = Compare | Between | In | Call
ConditionTree: TypeAlias = SimpleCondition | And | Or | Not


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left + right` or `left - right`."""

    operator: str
    left: Operand
    right: Operand


Assigned: TypeAlias = Operand | Arithmetic


@dataclass(frozen=True, slots=True)
class Set:
    """Give `path` a value."""

    path: Path
    value: Assigned


@dataclass(frozen=True, slots=True)
class Remove:
    """Take `path` out of the item."""

    path: Path


@dataclass(frozen=True, slots=True)
class Add:
    """Add a number to a number, or members to a set."""

    path: Path
    value: Operand


@dataclass(frozen=True, slots=True)
class Delete:
    """Take members out of a set."""

    path: Path
    value: Operand


Action: TypeAlias = Set | Remove | Add | Delete
Node: TypeAlias = Operand | ConditionTree | Arithmetic | Action

_CHILDREN: dict[type[Node], tuple[str, ...]] = {
    Path: (),
    Value: (),
    Literal: (),
    Call: ("arguments",),
    Compare: ("left", "right"),
    Between: ("operand", "lower", "upper"),
    In: ("operand", "options"),
    And: ("conditions",),
    Or: ("conditions",),
    Not: ("condition",),
    Arithmetic: ("left", "right"),
    Set: ("path", "value"),
    Remove: ("path",),
    Add: ("path", "value"),
    Delete: ("path", "value"),
}


def nodes_of(*roots: Node) -> Iterator[Node]:
    """All nodes at and below `roots` in written order, a node before its children.

    A loop with its own stack: parsed text may nest deeper than Python's stack allows.
    """
    pending: list[Node] = list(reversed(roots))
    while pending:
        node = pending.pop()
        yield node
        children: list[Node] = []
        for field in _CHILDREN[type(node)]:
            child = getattr(node, field)
            children += child if isinstance(child, tuple) else (cast("Node", child),)
        pending += reversed(children)


def simple_conditions(tree: ConditionTree) -> Iterator[SimpleCondition]:
    """The comparisons and calls that AND, OR and NOT join, in written order."""
    pending: list[ConditionTree] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, Not):
            pending.append(node.condition)
        elif isinstance(node, And | Or):
            pending += reversed(node.conditions)
        else:
            yield node
