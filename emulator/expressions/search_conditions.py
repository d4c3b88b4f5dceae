"""Search conditions: equalities on attributes of a vector index's search schema, joined by AND.

A SearchConditionExpression is a condition expression of which only a part is allowed; what is checked here needs no
index. Source: vectors.md 6 and 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from emulator import errors
from emulator.expressions.binding import aliases_in, paths_in, values_in
from emulator.expressions.cache import Cache
from emulator.expressions.parser import parse_condition
from emulator.expressions.paths import bound_steps
from emulator.expressions.semantics import LiteralCheck, Scope, check_condition
from emulator.expressions.tree import And, Compare, ConditionTree, Path, Value
from emulator.values.types import AttributeValue, Item

_PARAMETER = "SearchConditionExpression"


@dataclass(frozen=True, slots=True)
class SearchCondition:
    """A compiled expression: attribute and `:value` of each equality, in written order, and the placeholders used.

    An attribute that a path reaches into stands here as the whole path, which no search schema has.
    """

    equalities: tuple[tuple[str, str], ...]
    literal_checks: tuple[LiteralCheck, ...]
    names: frozenset[str]
    values: frozenset[str]

    def operands(self, values: Item) -> list[tuple[str, AttributeValue]]:
        """Each attribute with the value that it must have."""
        return [(attribute, values[name]) for attribute, name in self.equalities]


_conditions: Cache[SearchCondition] = Cache()


def compile_search_condition(text: str, names: dict[str, str], values: Item) -> SearchCondition:
    """The equalities that `text` says. Raises the first error of the expression."""
    key = (text, *names.items(), *[(name, *value) for name, value in values.items()])
    condition = _conditions.get(key) or _conditions.keep(key, _compiled(text, names, values))
    for check in condition.literal_checks:
        check(values)
    return condition


def _compiled(text: str, names: dict[str, str], values: Item) -> SearchCondition:
    parsed = parse_condition(_PARAMETER, text)
    tree, literal_checks = check_condition(parsed, Scope(_PARAMETER, names, values))
    return SearchCondition(
        tuple(_equalities(tree)), literal_checks, aliases_in(paths_in(parsed.tree)), values_in(parsed.tree)
    )


def _equalities(tree: ConditionTree) -> Iterator[tuple[str, str]]:
    """The equalities that AND joins. Raises for everything else."""
    pending: list[ConditionTree] = [tree]
    while pending:
        match pending.pop():
            case And(conditions):
                pending += reversed(conditions)
            case Compare("=", Path() as path, Value(name)) | Compare("=", Value(name), Path() as path):
                yield ".".join(map(str, bound_steps(path))), name
            case _:
                raise errors.invalid_expression(_PARAMETER, errors.SEARCH_CONDITION_COMPARATOR)
