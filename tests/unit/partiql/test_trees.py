"""Statements as trees: conditions, actions and targets in the nodes that the operations carry out."""

from __future__ import annotations

import pytest

from emulator.expressions.tree import (
    Action,
    Add,
    And,
    Arithmetic,
    Between,
    Call,
    Compare,
    ConditionTree,
    In,
    Literal,
    Not,
    Or,
    Path,
    Remove,
    Set,
    Value,
)
from emulator.expressions.tree import Delete as DeleteMembers
from emulator.partiql import Delete, Exists, Insert, Order, Select, Statement, Target, Update, prepare
from emulator.values.types import AttributeValue

A, B, C = Path(("a",)), Path(("b",)), Path(("c",))
TABLE = Target("T", None)


def number(text: str) -> Literal:
    return Literal({"N": text})


def string(text: str) -> Literal:
    return Literal({"S": text})


def equal(name: str, value: str = "1") -> Compare:
    return Compare("=", Path((name,)), number(value))


def exists(path: Path) -> Call:
    return Call("attribute_exists", (path,))


def has_type(path: Path, name: str) -> Call:
    return Call("attribute_type", (path, string(name)))


def statement_of(text: str, *parameters: AttributeValue) -> Statement:
    return prepare(text, list(parameters)).statement


def where_of(condition: str, *parameters: AttributeValue) -> ConditionTree | None:
    statement = statement_of(f"SELECT * FROM T WHERE {condition}", *parameters)
    assert isinstance(statement, Select)
    return statement.where


def actions_of(clauses: str, *parameters: AttributeValue) -> tuple[Action, ...]:
    statement = statement_of(f"UPDATE T {clauses} WHERE a = 1", *parameters)
    assert isinstance(statement, Update)
    return statement.actions


# --- Conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("a = 1", equal("a")),
        ("a != 1", Compare("<>", A, number("1"))),
        ("1 <= a", Compare("<=", number("1"), A)),
        ("a > b", Compare(">", A, B)),
        ('a.b[2]."c d" = -.50', Compare("=", Path(("a", "b", 2, "c d")), number("-0.5"))),
        ("a = - 5", Compare("=", A, number("-5"))),
        ("size(a) >= 3", Compare(">=", Call("size", (A,)), number("3"))),
        ("a BETWEEN 1 AND b AND c = 1", And((Between(A, number("1"), B), equal("c")))),
        ("a NOT BETWEEN 1 AND 2", Not(Between(A, number("1"), number("2")))),
        ("a IN [1, b]", In(A, (number("1"), B))),
        ("a IN (1)", In(A, (number("1"),))),
        ("a IN <<1, 2>>", In(A, (number("1"), number("2")))),
        ("a NOT IN [1]", Not(In(A, (number("1"),)))),
        ("a IS MISSING", Call("attribute_not_exists", (A,))),
        ("a IS NOT MISSING", exists(A)),
        ("a IS NULL", has_type(A, "NULL")),
        ("a IS NOT NULL", Not(has_type(A, "NULL"))),
        ("a IS bool", has_type(A, "BOOL")),
        ("a IS STRING", has_type(A, "S")),
        ("a IS DECIMAL", has_type(A, "N")),
        ("a IS BLOB", has_type(A, "B")),
        ("a IS LIST", has_type(A, "L")),
        ("a IS STRUCT", has_type(A, "M")),
        ("attribute_exists(a)", exists(A)),
        ("attribute_exists(a) = TRUE", exists(A)),
        ("FALSE <> attribute_exists(a)", exists(A)),
        ("attribute_exists(a) = false", Not(exists(A))),
        ("attribute_exists(a) <> TRUE", Not(exists(A))),
        ("NOT attribute_exists(a)", Not(exists(A))),
        ("(a = 1) = TRUE", equal("a")),
        ("a = TRUE", Compare("=", A, Literal({"BOOL": True}))),
        ("a = NULL", Compare("=", A, Literal({"NULL": True}))),
        ("Contains(a, 'x')", Call("contains", (A, string("x")))),
        ("begins_with(a, b)", Call("begins_with", (A, B))),
    ],
)
def test_a_condition_is_a_tree_of_the_expression_language(condition: str, tree: ConditionTree) -> None:
    assert where_of(condition) == tree


@pytest.mark.parametrize(
    ("condition", "tree"),
    [
        ("a = 1 OR b = 1 AND c = 1", Or((equal("a"), And((equal("b"), equal("c")))))),
        ("(a = 1 OR b = 1) AND c = 1", And((Or((equal("a"), equal("b"))), equal("c")))),
        ("NOT a = 1 AND b = 1", And((Not(equal("a")), equal("b")))),
        ("NOT (a = 1 AND b = 1)", Not(And((equal("a"), equal("b"))))),
        ("NOT NOT a = 1", Not(Not(equal("a")))),
        ("a = 1 AND b = 1 AND c = 1", And((equal("a"), equal("b"), equal("c")))),
        ("a = 1 AND (b = 1 AND c = 1)", And((equal("a"), equal("b"), equal("c")))),
        ("(a = 1 OR (b = 1)) OR c = 1", Or((equal("a"), equal("b"), equal("c")))),
        ("((a = 1))", equal("a")),
    ],
)
def test_or_binds_looser_than_and_and_that_looser_than_not(condition: str, tree: ConditionTree) -> None:
    assert where_of(condition) == tree


# --- Statements -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("SELECT * FROM T", Select(TABLE, None, None, ())),
        ('select * from "T"."i"', Select(Target("T", "i"), None, None, ())),
        ('SELECT a, b.c[0] FROM "T.x"', Select(Target("T.x", None), (A, Path(("b", "c", 0))), None, ())),
        (
            "SELECT * FROM T WHERE a = 1 ORDER BY a DESC, b ASC, c",
            Select(TABLE, None, equal("a"), (Order(A, True), Order(B, False), Order(C, False))),
        ),
        ("INSERT INTO T VALUE {'a': 1, 'b': {}}", Insert(TABLE, Literal({"M": {"a": {"N": "1"}, "b": {"M": {}}}}))),
        ("DELETE FROM T WHERE a = 1", Delete(TABLE, equal("a"), None)),
        ("DELETE FROM T", Delete(TABLE, None, None)),
        ("DELETE FROM T WHERE a = 1 returning all old *", Delete(TABLE, equal("a"), "ALL OLD")),
        (
            "UPDATE T SET b = 1 WHERE a = 1 RETURNING MODIFIED NEW *",
            Update(TABLE, (Set(B, number("1")),), equal("a"), "MODIFIED NEW"),
        ),
        (
            "FROM T WHERE a = 1 SET b = 1 REMOVE c RETURNING ALL NEW *",
            Update(TABLE, (Set(B, number("1")), Remove(C)), equal("a"), "ALL NEW"),
        ),
        ("FROM T SET b = 1", Update(TABLE, (Set(B, number("1")),), None, None)),
        ("EXISTS(SELECT * FROM T WHERE a = 1)", Exists(Select(TABLE, None, equal("a"), ()))),
    ],
)
def test_a_statement_is_a_tree(text: str, statement: Statement) -> None:
    assert statement_of(text) == statement


def test_a_function_in_the_projection_is_left_to_be_refused_once_the_index_is_known() -> None:
    assert statement_of("SELECT a, COUNT(*) FROM T") == Select(TABLE, None, None, (), misplaced="1:11:5")


@pytest.mark.parametrize(
    ("clauses", "actions"),
    [
        ("SET a = 1 SET b = c", (Set(A, number("1")), Set(B, C))),
        ("SET a = 1, b[0].c = 'x'", (Set(A, number("1")), Set(Path(("b", 0, "c")), string("x")))),
        ("SET a = a + 1", (Set(A, Arithmetic("+", A, number("1"))),)),
        ("SET a = 5 - b", (Set(A, Arithmetic("-", number("5"), B)),)),
        ("SET a = a - -1", (Set(A, Arithmetic("-", A, number("-1"))),)),
        ("REMOVE a, b[1] REMOVE c", (Remove(A), Remove(Path(("b", 1))), Remove(C))),
        ("SET a = list_append(a, [1])", (Set(A, Call("list_append", (A, Literal({"L": [{"N": "1"}]})))),)),
        ("SET a = set_add(a, <<'x'>>)", (Add(A, Literal({"SS": ["x"]})),)),
        ("SET a = SET_DELETE(a, <<1>>)", (DeleteMembers(A, Literal({"NS": ["1"]})),)),
    ],
)
def test_a_clause_is_an_action_of_the_expression_language(clauses: str, actions: tuple[Action, ...]) -> None:
    assert actions_of(clauses) == actions


# --- Values ---------------------------------------------------------------------------------------


def test_a_parameter_stands_in_the_tree_by_name() -> None:
    prepared = prepare("SELECT * FROM T WHERE a = ? AND b = ?", [{"N": "1e1"}, {"S": "x"}])
    assert isinstance(prepared.statement, Select)
    assert prepared.statement.where == And((Compare("=", A, Value(":0")), Compare("=", B, Value(":1"))))
    assert prepared.values == {":0": {"N": "10"}, ":1": {"S": "x"}}


def test_a_list_or_map_with_parameters_is_one_value() -> None:
    prepared = prepare("SELECT * FROM T WHERE a = [1, ?, {'k': <<?, 'a'>>}]", [{"N": "01"}, {"S": "A"}])
    assert list(prepared.values.values()) == [{"L": [{"N": "1"}, {"N": "1"}, {"M": {"k": {"SS": ["A", "a"]}}}]}]


def test_an_item_with_parameters_is_one_value() -> None:
    prepared = prepare("INSERT INTO T VALUE {'a': ?, 'b': TRUE}", [{"B": "AA=="}])
    assert list(prepared.values.values()) == [{"M": {"a": {"B": "AA=="}, "b": {"BOOL": True}}}]


def test_one_text_serves_all_parameters() -> None:
    text = "SELECT * FROM T WHERE a = ?"
    first, second = prepare(text, [{"S": "x"}]), prepare(text, [{"N": "5"}])
    assert first.statement is second.statement
    assert (first.values, second.values) == ({":0": {"S": "x"}}, {":0": {"N": "5"}})


def test_parameters_are_bound_in_the_order_of_the_text_when_the_condition_comes_first() -> None:
    prepared = prepare("FROM T WHERE a = ? SET b = ?", [{"S": "x"}, {"S": "y"}])
    assert isinstance(prepared.statement, Update)
    assert prepared.statement.where == Compare("=", A, Value(":0"))
    assert prepared.statement.actions == (Set(B, Value(":1")),)
