"""Statements as trees. Conditions, paths and actions are those of the expression language.

A literal stands in a tree as a `Literal`. A parameter, or a list or map that holds one, stands as a `Value`, whose
name finds it among the values of the `Prepared` statement; so one tree serves all parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from emulator.expressions.tree import Action, ConditionTree, Literal, Path, Value
from emulator.values.types import Item


@dataclass(frozen=True, slots=True)
class Target:
    """What a statement reads or writes: a table, or an index of one."""

    table: str
    index: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """A term of ORDER BY."""

    path: Path
    descending: bool


@dataclass(frozen=True, slots=True)
class Select:
    """`SELECT projection FROM target WHERE where ORDER BY order`."""

    target: Target
    projection: tuple[Path, ...] | None
    """None for `*`."""
    where: ConditionTree | None
    order: tuple[Order, ...]
    misplaced: str | None = None
    """The position of something in the projection that is no path, e.g. `COUNT(*)`. It is refused, but not before
    the table and the index are known (partiql.md 2)."""


@dataclass(frozen=True, slots=True)
class Insert:
    """`INSERT INTO target VALUE item`; the item is a map."""

    target: Target
    item: Literal | Value


@dataclass(frozen=True, slots=True)
class Update:
    """`UPDATE target actions WHERE where RETURNING returning`, and its form that begins with FROM.

    set_add and set_delete are the actions Add and Delete.
    """

    target: Target
    actions: tuple[Action, ...]
    where: ConditionTree | None
    returning: str | None
    """`ALL OLD`, `ALL NEW`, `MODIFIED OLD` or `MODIFIED NEW`."""


@dataclass(frozen=True, slots=True)
class Delete:
    """`DELETE FROM target WHERE where RETURNING returning`."""

    target: Target
    where: ConditionTree | None
    returning: str | None


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS(select)` as a statement of its own: a condition of a transaction."""

    select: Select


Statement: TypeAlias = Select | Insert | Update | Delete | Exists


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement with its parameters, checked as far as both alone allow.

    `values` are canonical, by the names of the `Value`s in the tree.
    """

    text: str
    statement: Statement
    values: Item

    @property
    def table(self) -> str:
        """The name or ARN of the table that the statement is about."""
        statement = self.statement
        return (statement.select if isinstance(statement, Exists) else statement).target.table
