"""Terms: what a statement's text says, before it is judged.

The grammar takes far more than the service does, e.g. arithmetic in a condition; so a statement is first parsed to
terms, and these are then checked and become the nodes of `tree` and of the expression language.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from emulator.expressions.tree import Step
from emulator.values.types import AttributeValue


class Place(NamedTuple):
    """Where the token that a term is known by stands in the text, in characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class PathTerm:
    """A path; `fault` is the place of a component that no document path has, e.g. `a[*]`."""

    steps: tuple[Step, ...]
    place: Place
    fault: Place | None = None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, boolean or null."""

    value: AttributeValue
    place: Place


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written, with its sign."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Parameter:
    """The `?` with this number, from 0."""

    number: int
    place: Place


@dataclass(frozen=True, slots=True)
class Elements:
    """`[a, b]`, or `(a, b)`; with `is_bag`, `<<a, b>>`."""

    elements: tuple[Term, ...]
    is_bag: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Members:
    """`{name: value, ...}`."""

    members: tuple[tuple[Term, Term], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class CallTerm:
    """A function, its name in lower case, with its arguments."""

    function: str
    arguments: tuple[Term, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator with its operands. `and` and `or` have two or more; the parser adds to them."""

    operator: str
    operands: list[Term]
    place: Place


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`operand IS type` or `operand IS NOT type`; `type_name` is in lower case."""

    operand: Term
    type_name: str
    has_arguments: bool
    negated: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Word:
    """What stands where a value may but is none: `MISSING`, `*`, a subquery."""

    text: str
    place: Place


Term: TypeAlias = PathTerm | Scalar | Number | Parameter | Elements | Members | CallTerm | Operation | TypeTest | Word


@dataclass(frozen=True, slots=True)
class Source:
    """What stands after FROM, INTO or UPDATE."""

    term: Term
    has_alias: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """The term after WHERE, and how many operators it has."""

    term: Term
    operators: int


@dataclass(frozen=True, slots=True)
class SelectText:
    """A SELECT; the projection is None for `*`. `order` holds paths and whether they are descending."""

    projection: tuple[Term, ...] | None
    has_alias: bool
    source: Source
    where: Condition | None
    order: tuple[tuple[Term, bool], ...]
    is_condition: bool = False
    """Whether it stands in EXISTS."""


@dataclass(frozen=True, slots=True)
class InsertText:
    """An INSERT; no item where several would follow."""

    source: Source
    item: Term | None


@dataclass(frozen=True, slots=True)
class SetText:
    """`SET path = value`."""

    path: PathTerm
    value: Term
    operators: int


@dataclass(frozen=True, slots=True)
class RemoveText:
    """`REMOVE path`."""

    path: PathTerm


@dataclass(frozen=True, slots=True)
class ChangeText:
    """An UPDATE, a DELETE (which has no actions), or the form that begins with FROM."""

    source: Source
    where: Condition | None
    returning: str | None
    is_delete: bool = False
    where_first: bool = False
    actions: list[SetText | RemoveText] = field(default_factory=list)


StatementText: TypeAlias = SelectText | InsertText | ChangeText
