"""The size of an update statement itself, which most regions hold against the limit of an item too.

A statement costs 3 bytes, and each clause what stands in it: names as they resolve, values at each use, and
fixed amounts per clause, path element and function. Source: values.md 8, "UpdateItem with UpdateExpression".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from emulator.expressions.paths import value_at
from emulator.expressions.tree import (
    Action,
    Add,
    Arithmetic,
    Assigned,
    Call,
    Delete,
    Path,
    Set,
    Step,
    Value,
    nodes_of,
)
from emulator.values.sizes import value_size
from emulator.values.types import AttributeValue, Item

Charge: TypeAlias = Callable[[Item, Item, int], int]
"""`(item, values, limit)` to bytes; exact only where it matters, that is above `limit`."""

_STATEMENT = 3
_WITH_OPERAND = 19  # SET and ADD
_WITHOUT_OPERAND = 1  # REMOVE and DELETE
_STEP = 4
_PATH_OPERAND = 1
_PATH_OPERAND_ELEMENT = 14
_OPERATIONS = {"+": 34, "-": 37, "list_append": 37, "if_not_exists": 39}


def statement_charge(actions: tuple[Action, ...]) -> Charge:
    """The charge of bound `actions`."""
    fixed = _STATEMENT + sum(map(_fixed_charge, actions))
    # Counted, so that each value is measured once: a hostile statement uses a large one hundreds of times.
    charged = [action for action in actions if not isinstance(action, Delete)]  # what DELETE takes away is free
    uses = Counter(node.name for node in nodes_of(*charged) if isinstance(node, Value)).items()
    adds = [action for action in actions if isinstance(action, Add)]

    def charge(item: Item, values: Item, limit: int) -> int:
        most = fixed + sum([times * value_size(values[name]) for name, times in uses])
        if most <= limit or most > 2 * limit:  # what is free is in the item, and an item is within the limit
            return most
        return most - sum(_members_there(action, item, values) for action in adds)

    return charge


def _members_there(action: Add, item: Item, values: Item) -> int:
    """Bytes of the members of an added set that are in the item already: they are free."""
    assert isinstance(action.value, Value)
    ((kind, members),) = values[action.value.name].items()
    current: AttributeValue = value_at(item, action.path) or {}
    there = current.get(kind)
    if kind == "N" or there is None:
        return 0
    shared = frozenset(there).intersection(members)
    return value_size({kind: list(shared)})


def _fixed_charge(action: Action) -> int:
    target = _target_charge(action.path)
    if isinstance(action, Set):
        return _WITH_OPERAND + target + _operand_charge(action.value)
    return (_WITH_OPERAND if isinstance(action, Add) else _WITHOUT_OPERAND) + target


def _target_charge(path: Path) -> int:
    first, *further = path.steps
    return _step_size(first) + sum(_STEP + _step_size(step) for step in further)


def _operand_charge(operand: Assigned) -> int:
    """What an operand costs beyond the values in it."""
    if isinstance(operand, Path):
        return _PATH_OPERAND + sum(_PATH_OPERAND_ELEMENT + _step_size(step) for step in operand.steps)
    if isinstance(operand, Arithmetic):
        return _OPERATIONS[operand.operator] + _operand_charge(operand.left) + _operand_charge(operand.right)
    if isinstance(operand, Call):
        return _OPERATIONS[operand.function] + sum(map(_operand_charge, operand.arguments))
    return 0


def _step_size(step: Step) -> int:
    return len(str(step).encode())
