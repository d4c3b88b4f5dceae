"""Conditions: trees compiled to functions of an item and the request's values.

A condition is two-valued: on an operand without value it is false, except `<>` and attribute_not_exists.
Source: expressions.md 6, "Evaluation".
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from emulator.expressions.binding import aliases_in, paths_in, values_in
from emulator.expressions.cache import Cache
from emulator.expressions.ordering import MIRRORED, TEXT_TESTS, compares
from emulator.expressions.parser import parse_condition
from emulator.expressions.paths import (
    Reader,
    names_with_paths_below,
    reader,
    top_level_name,
    top_level_names,
)
from emulator.expressions.semantics import LiteralCheck, Scope, check_condition
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
from emulator.values.canonical import binary_size
from emulator.values.types import AttributeValue, Item, data_type

Holds: TypeAlias = Callable[[Item, Item], bool]
"""`(item, values)` to whether the condition is true; the item is empty where there is none."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition.

    `names` and `values` are the placeholders it uses, with their sigil; `attributes` are the attributes it
    mentions, in written order; `nested` are those of them into which a path reaches; `literal_checks` are to be run
    on the values of each request that uses it.
    """

    holds: Holds
    names: frozenset[str]
    values: frozenset[str]
    attributes: tuple[str, ...]
    nested: frozenset[str]
    literal_checks: tuple[LiteralCheck, ...] = ()


_conditions: Cache[Condition] = Cache()


def compile_condition(kind: str, text: str, names: dict[str, str], values: Item) -> Condition:
    """The condition that `text` says, checked. `kind` is `ConditionExpression` or `FilterExpression`.

    Raises the first error of the expression. The result serves any values of the same types.
    """
    # The types of the values are part of the key: static checks and specialised functions depend on them.
    key = (kind, text, *names.items(), *[(name, *value) for name, value in values.items()])
    condition = _conditions.get(key) or _conditions.keep(key, _compiled(kind, text, names, values))
    for check in condition.literal_checks:
        check(values)
    return condition


def _compiled(kind: str, text: str, names: dict[str, str], values: Item) -> Condition:
    parsed = parse_condition(kind, text)
    tree, literal_checks = check_condition(parsed, Scope(kind, names, values))
    types = {name: data_type(value) for name, value in values.items()}
    condition = condition_of_tree(tree, types, aliases_in(paths_in(parsed.tree)))
    return replace(condition, literal_checks=literal_checks)


def condition_of_tree(
    tree: ConditionTree, types: Mapping[str, str] | None = None, names: frozenset[str] = frozenset()
) -> Condition:
    """The condition of a bound tree; `types` are the types of its values, `names` the placeholders it had."""
    paths = paths_in(tree)
    return Condition(
        _holds(tree, types or {}), names, values_in(tree), top_level_names(paths), names_with_paths_below(paths)
    )


def _holds(tree: ConditionTree, types: Mapping[str, str]) -> Holds:
    negated = False
    while isinstance(tree, Not):
        negated = not negated
        tree = tree.condition
    holds = _COMPILERS[type(tree)](tree, types)
    return _not(holds) if negated else holds


def _not(holds: Holds) -> Holds:
    return lambda item, values: not holds(item, values)


# --- Joined conditions ----------------------------------------------------------------------------


def _and(tree: And, types: Mapping[str, str]) -> Holds:
    conditions = [_holds(condition, types) for condition in tree.conditions]
    if len(conditions) == 2:
        first, second = conditions
        return lambda item, values: first(item, values) and second(item, values)

    def all_hold(item: Item, values: Item) -> bool:
        for holds in conditions:  # noqa: SIM110  # a generator costs more than the loop
            if not holds(item, values):
                return False
        return True

    return all_hold


def _or(tree: Or, types: Mapping[str, str]) -> Holds:
    conditions = [_holds(condition, types) for condition in tree.conditions]

    def one_holds(item: Item, values: Item) -> bool:
        for holds in conditions:  # noqa: SIM110  # a generator costs more than the loop
            if holds(item, values):
                return True
        return False

    return one_holds


# --- Operands -------------------------------------------------------------------------------------


def operand_reader(operand: Operand) -> Reader:
    """A function that reads an operand of a condition."""
    if isinstance(operand, Path):
        return reader(operand)
    if isinstance(operand, Value):
        name = operand.name
        return lambda item, values: values[name]
    if isinstance(operand, Literal):
        value = operand.value
        return lambda item, values: value
    return _size(operand_reader(operand.arguments[0]))


def _size(read: Reader) -> Reader:
    def size(item: Item, values: Item) -> AttributeValue | None:
        value = read(item, values)
        if value is None:
            return None
        ((kind, content),) = value.items()
        measure = _SIZES.get(kind)
        return None if measure is None else {"N": str(measure(content))}

    return size


def _utf16_units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": _utf16_units,
    "B": binary_size,
    "SS": len,
    "NS": len,
    "BS": len,
    "L": len,
    "M": len,
}


def _literal_type(operand: Operand, types: Mapping[str, str]) -> str | None:
    return types.get(operand.name) if isinstance(operand, Value) else None


# --- Comparisons ----------------------------------------------------------------------------------


def _compare(tree: Compare, types: Mapping[str, str]) -> Holds:
    if tree.operator == "=":
        return _equal(tree)
    if tree.operator == "<>":
        return _not(_equal(tree))
    if isinstance(tree.right, Path) and not isinstance(tree.left, Path):
        tree = Compare(MIRRORED[tree.operator], tree.right, tree.left)
    kind = _literal_type(tree.right, types)
    if kind and isinstance(tree.left, Path) and isinstance(tree.right, Value):
        return _ordered_against_value(tree.operator, tree.left, tree.right.name, kind)
    comparator, left, right = tree.operator, operand_reader(tree.left), operand_reader(tree.right)
    return lambda item, values: compares(comparator, left(item, values), right(item, values))


def _equal(tree: Compare) -> Holds:
    left, right = operand_reader(tree.left), operand_reader(tree.right)
    if isinstance(tree.left, Path) and len(tree.left.steps) == 1 and isinstance(tree.right, Value):
        # The commonest condition; a missing attribute is None and equals no value.
        attribute, name = top_level_name(tree.left), tree.right.name
        return lambda item, values: item.get(attribute) == values[name]

    def equal(item: Item, values: Item) -> bool:
        value = left(item, values)
        return value is not None and value == right(item, values)

    return equal


def _ordered_against_value(comparator: str, path: Path, name: str, kind: str) -> Holds:
    """A path against a `:value` whose type is known: only that type's comparison is left to run."""
    read, test = reader(path), TEXT_TESTS[comparator][kind]

    def ordered(item: Item, values: Item) -> bool:
        value = read(item, values)
        if value is None or kind not in value:
            return False
        return test(value[kind], values[name][kind])

    if len(path.steps) > 1:
        return ordered
    attribute = top_level_name(path)

    def ordered_attribute(item: Item, values: Item) -> bool:
        # The commonest filter: without a call to read the attribute, it takes three quarters of the time.
        value = item.get(attribute)
        if value is None or kind not in value:
            return False
        return test(value[kind], values[name][kind])

    return ordered_attribute


def _between(tree: Between, types: Mapping[str, str]) -> Holds:
    read, lower, upper = map(operand_reader, (tree.operand, tree.lower, tree.upper))

    def between(item: Item, values: Item) -> bool:
        value = read(item, values)
        return compares(">=", value, lower(item, values)) and compares("<=", value, upper(item, values))

    return between


def _in(tree: In, types: Mapping[str, str]) -> Holds:
    read = operand_reader(tree.operand)
    options = [operand_reader(option) for option in tree.options]

    def listed(item: Item, values: Item) -> bool:
        value = read(item, values)
        return value is not None and any(value == option(item, values) for option in options)

    return listed


# --- Functions ------------------------------------------------------------------------------------


def _call(tree: Call, types: Mapping[str, str]) -> Holds:
    return _FUNCTIONS[tree.function](*map(operand_reader, tree.arguments))


def _attribute_exists(read: Reader) -> Holds:
    return lambda item, values: read(item, values) is not None


def _attribute_not_exists(read: Reader) -> Holds:
    return lambda item, values: read(item, values) is None


def _attribute_type(read: Reader, wanted: Reader) -> Holds:
    def has_type(item: Item, values: Item) -> bool:
        value, type_name = read(item, values), wanted(item, values)
        return value is not None and type_name is not None and type_name["S"] in value

    return has_type


def _begins_with(read: Reader, prefix: Reader) -> Holds:
    return lambda item, values: begins_with(read(item, values), prefix(item, values))


def begins_with(value: AttributeValue | None, prefix: AttributeValue | None) -> bool:
    """Whether both are strings or both binaries, and the one begins with the other."""
    if value is None or prefix is None:
        return False
    if "S" in value and "S" in prefix:
        start: str = prefix["S"]
        return bool(value["S"].startswith(start))
    return "B" in value and "B" in prefix and b64decode(value["B"]).startswith(b64decode(prefix["B"]))


def _contains(read: Reader, part: Reader) -> Holds:
    return lambda item, values: contains(read(item, values), part(item, values))


def contains(value: AttributeValue | None, part: AttributeValue | None) -> bool:
    """Whether `value` is a string or binary with that part, or a set or list with that member."""
    if value is None or part is None:
        return False
    ((kind, content),) = value.items()
    if kind == "L":
        return part in content
    text = part.get(_PART_TYPES.get(kind, ""))
    if text is None:
        return False
    return b64decode(text) in b64decode(content) if kind == "B" else text in content


_PART_TYPES = {"S": "S", "B": "B", "SS": "S", "NS": "N", "BS": "B"}
"""By the type of what is searched: the type of what can be found in it."""

_FUNCTIONS: dict[str, Callable[..., Holds]] = {
    "attribute_exists": _attribute_exists,
    "attribute_not_exists": _attribute_not_exists,
    "attribute_type": _attribute_type,
    "begins_with": _begins_with,
    "contains": _contains,
}

_COMPILERS: dict[type[Any], Callable[[Any, Mapping[str, str]], Holds]] = {
    And: _and,
    Or: _or,
    Compare: _compare,
    Between: _between,
    In: _in,
    Call: _call,
}
