"""What a WHERE clause says of a key. Source: partiql.md 6.3, 7.2 and 10.2."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.expressions.conditions import condition_of_tree
from emulator.expressions.tree import ConditionTree
from emulator.operations.partiql_keys import attributes_beside_or, constant_value, key_ranges, single_key
from emulator.partiql import Select, prepare
from emulator.storage.schema import KeyAttribute, KeySchema

SCHEMA = KeySchema((KeyAttribute("pk", "S", "HASH"),), (KeyAttribute("sk", "N", "RANGE"),))


def where(clause: str) -> ConditionTree:
    statement = prepare(f"SELECT * FROM T WHERE {clause}").statement
    assert isinstance(statement, Select)
    assert statement.where is not None
    return statement.where


def scalar(constant: Any) -> str:
    (content,) = constant_value(constant, {}).values()
    return str(content)


@pytest.mark.parametrize(
    ("clause", "key"),
    [
        ("pk = 'a' AND sk = 1", ["a", "1"]),
        ("sk = 1 AND pk = 'a'", ["a", "1"]),
        ("1 = sk AND 'a' = pk", ["a", "1"]),
        ("x = 2 AND (pk = 'a' AND sk = 1)", ["a", "1"]),
        ("pk = 'a' AND sk = 1 AND sk = 2", ["a", "1"]),
        ("pk = 'a'", None),
        ("pk = 'a' AND sk >= 1", None),
        ("pk = 'a' AND sk IN [1]", None),
        ("pk = 'a' AND NOT sk = 1", None),
        ("pk = 'a' OR sk = 1", None),
        ("pk = sk AND sk = 1", None),
        ("pk.x = 'a' AND sk = 1", None),
    ],
)
def test_a_key_is_named_by_equalities_that_and_joins(clause, key):
    found = single_key(where(clause), SCHEMA)
    assert (found and list(map(scalar, found.operands))) == key


def ranges_of(clause):
    """The ranges as short texts, None for a scan."""
    found = key_ranges(where(clause), SCHEMA)
    if found is None:
        return None
    return [
        " ".join(
            [scalar(one.partition), *[f"{sort.operator} {'..'.join(map(scalar, sort.operands))}" for sort in one.sorts]]
        )
        for one in found.ranges
    ]


@pytest.mark.parametrize(
    ("clause", "ranges"),
    [
        ("pk = 'a'", ["a"]),
        ("'a' = pk AND x = 1", ["a"]),
        ("pk = 'a' AND sk > 1", ["a > 1"]),
        ("1 > sk AND pk = 'a'", ["a < 1"]),
        ("pk = 'a' AND sk > 1 AND sk <= 5", ["a > 1 <= 5"]),
        ("pk = 'a' AND sk BETWEEN 1 AND 2", ["a BETWEEN 1..2"]),
        ("pk = 'a' AND begins_with(sk, 'x')", ["a begins_with x"]),
        ("pk IN ['a', 'b']", ["a", "b"]),
        ("pk IN ['a', 'b'] AND sk = 1", ["a = 1", "b = 1"]),
        ("pk = 'a' AND sk IN [1, 2]", ["a = 1", "a = 2"]),
        ("pk = 'a' OR pk = 'b'", ["a", "b"]),
        ("pk = 'a' AND sk = 1 OR pk = 'b' AND x = 2", ["a = 1", "b"]),
        ("pk = 'a' AND (sk = 1 OR sk > 5)", ["a = 1", "a > 5"]),
        ("pk = 'a' AND (sk = 1 OR x = 2)", ["a"]),
        ("(pk = 'a' OR pk = 'b') AND x = 1", ["a", "b"]),
        ("pk = 'a' AND NOT sk = 1", ["a"]),
        ("pk = 'a' AND sk <> 1", ["a"]),
        ("pk = 'a' AND pk = 'b'", ["a"]),
        ("pk > 'a'", None),
        ("x = 'a'", None),
        ("sk = 1", None),
        ("pk = x", None),
        ("pk IN ['a', 'b'] OR x = 1", None),
        ("pk = 'a' OR sk = 1", None),
        ("NOT pk = 'a'", None),
        ("pk[0] = 'a'", None),
    ],
)
def test_ranges_are_known_where_each_branch_fixes_the_partition_key(clause, ranges):
    assert ranges_of(clause) == ranges


@pytest.mark.parametrize(
    ("clause", "rest"),
    [
        ("pk = 'a'", ()),
        ("pk IN ['a', 'b'] AND sk BETWEEN 1 AND 2", ()),
        ("pk = 'a' AND sk > 1 AND sk < 5", ()),
        ("pk = 'a' AND x = 1 AND y = 2", ("x", "y")),
        ("pk = 'a' AND pk = 'b'", ("pk",)),
        ("pk = 'a' AND sk <> 1", ("sk",)),
        ("pk = 'a' OR pk = 'b'", ("pk",)),
    ],
)
def test_what_the_ranges_express_is_not_judged_again(clause, rest):
    found = key_ranges(where(clause), SCHEMA)
    assert found is not None
    assert (() if found.rest is None else condition_of_tree(found.rest).attributes) == rest


def test_alternatives_beyond_a_bound_filter_and_do_not_narrow():
    options = ", ".join(map(str, range(40)))
    assert ranges_of(f"pk = 'a' AND sk IN [{options}] AND sk IN [{options}]") == [
        f"a = {number}" for number in range(40)
    ]


@pytest.mark.parametrize(
    ("clause", "attributes"),
    [
        ("x = 1 AND NOT y = 2 AND begins_with(z, 'a')", ("x", "y", "z")),
        ("x.y = 1 AND x = z", ("x", "z")),
        ("x = 1 AND (y = 2 OR z = 3)", ("x",)),
        ("x = 1 OR y = 2", ()),
    ],
)
def test_attributes_inside_or_do_not_count_as_demanded(clause, attributes):
    assert attributes_beside_or(where(clause)) == attributes
