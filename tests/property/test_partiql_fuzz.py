"""No text of a statement upsets its preparation, and none costs more than in proportion to its length."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines_run import lines_run

from emulator.errors import ServiceError
from emulator.partiql import prepare
from emulator.values.types import AttributeValue

LONGEST = 8192
LENGTHS = (2048, 4096, LONGEST)
MOST_GROWTH = 1.25  # for twice the length, per character; what is quadratic would grow by two

STATEMENTS = (
    "SELECT * FROM \"Orders\".\"by-day\" WHERE pk = ? AND (sk BETWEEN 1 AND 2.5e3 OR NOT begins_with(a.b[0], 'it''s'))",
    "SELECT a, b.c[1] FROM Orders WHERE pk IN ['a', ?] AND x IS NOT MISSING ORDER BY sk DESC;",
    "INSERT INTO Orders VALUE {'pk': 'a', 'l': [1, ?, {'m': <<'x', 'y'>>}], 'n': -.5, 't': TRUE, 'z': NULL}",
    "UPDATE Orders SET a = a + 1, l = list_append(l, [?]) SET s = set_add(s, <<1, 2>>) REMOVE b[2] "
    "WHERE pk = 'a' RETURNING ALL NEW *",
    "FROM Orders WHERE pk = 'a' AND size(x) >= 3 SET x = ? REMOVE y RETURNING MODIFIED OLD *",
    "DELETE FROM Orders WHERE pk = 'a' AND contains(tags, ?) = true -- a comment\n RETURNING ALL OLD *",
    "EXISTS(SELECT * FROM Orders WHERE pk = 'a' /* why */ AND attribute_type(x, 'S') <> false)",
)
WORDS = """
    SELECT FROM WHERE INSERT INTO VALUE VALUES UPDATE SET REMOVE DELETE RETURNING EXISTS ORDER BY AND OR NOT IS IN LIKE
    BETWEEN MISSING NULL TRUE ALL OLD set_add size list_append attribute_exists AS COUNT 1 1e5 1e999 .5 'a' "b" a.b [0]
    ( ) [ ] { } << >> < > <> != = , : ; . ? * + - / || @ # ' " -- /* */
"""
PIECES = (*WORDS.split(), "\n")
PARAMETERS = st.lists(
    st.sampled_from(
        [{"S": "a"}, {"N": "1"}, {"N": "1e99999999999"}, {"L": [{"N": ""}]}, {"SS": ["a", "a"]}, {"B": "AA=="}, {}]
    ),
    max_size=4,
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A statement of which some pieces are left out, repeated or replaced."""
    text = draw(st.sampled_from(STATEMENTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 12)))
        piece = draw(st.sampled_from(PIECES) | st.text(max_size=3) | st.just(text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    return text


def answer(text: str, parameters: list[AttributeValue]) -> str:
    """`prepared`, or the code of the error."""
    try:
        prepare(text, parameters)
    except ServiceError as error:
        return error.code
    return "prepared"


@settings(max_examples=400, deadline=None)
@given(
    damaged() | st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    PARAMETERS,
)
def test_any_text_is_prepared_or_refused(text: str, parameters: list[AttributeValue]) -> None:
    assert answer(text, parameters) in ("prepared", "ValidationException")


@pytest.mark.parametrize("text", STATEMENTS)
def test_undamaged_statements_are_prepared_so_that_damage_matters(text: str) -> None:
    assert answer(text, [{"S": "a"}] * text.count("?")) == "prepared"


# --- Texts that nest or repeat ----------------------------------------------------------------------

FAMILIES = {
    "parentheses": ("SELECT * FROM T WHERE ", "(", "a = 1", ")"),
    "negations": ("SELECT * FROM T WHERE ", "NOT ", "a = 1", ""),
    "conditions": ("SELECT * FROM T WHERE a = 1", " AND b = 2", "", ""),
    "groups": ("SELECT * FROM T WHERE ", "a = 1 AND (b = 2 OR ", "c = 3", ")"),
    "lists": ("SELECT * FROM T WHERE a = ", "[", "1", "]"),
    "maps": ("INSERT INTO T VALUE {'a': ", "{'a': ", "1", "}"),
    "elements": ("INSERT INTO T VALUE {'a': [1", ",1", "]}", ""),
    "bags": ("SELECT * FROM T WHERE a = ", "<<", "1", ">>"),
    "calls": ("SELECT * FROM T WHERE ", "size(", "a", ")"),
    "appended lists": ("UPDATE T SET a = ", "list_append(a, ", "a", ")"),
    "paths": ("SELECT a", ".b[0]", " FROM T", ""),
    "indexes": ("SELECT a", "[a", " FROM T", "]"),
    "subqueries": ("SELECT * FROM ", "(SELECT * FROM ", "T", ")"),
    "signs": ("UPDATE T SET a = ", "- ", "1", ""),
    "sums": ("UPDATE T SET a = a", " + 1", "", ""),
    "comparisons": ("SELECT * FROM T WHERE a", " = b", "", ""),
    "digits": ("SELECT * FROM T WHERE a = ", "9", "", ""),
    "digits of an exponent": ("SELECT * FROM T WHERE a = 1e", "0", "1", ""),
    "digits of an index": ("SELECT a[", "9", "] FROM T", ""),
    "quotes": ("SELECT * FROM T WHERE a = '", "''", "", ""),
    "stars": ("SELECT * /*", "*", "", ""),
    "actions": ("UPDATE T ", "SET a=1 ", "", ""),
    "removals": ("UPDATE T REMOVE a", ",a", "", ""),
    "comments": ("SELECT * FROM T ", "/**/", "", ""),
    "lines": ("SELECT ", "f(),\n", "f() FROM T", ""),
}


def family_text(name: str, length: int) -> str:
    begin, opening, middle, closing = FAMILIES[name]
    times = (length - len(begin) - len(middle)) // (len(opening) + len(closing))
    return begin + opening * times + middle + closing * times


@pytest.mark.parametrize("name", FAMILIES)
def test_a_text_that_nests_or_repeats_is_prepared_or_refused(name: str) -> None:
    assert answer(family_text(name, LONGEST), []) in ("prepared", "ValidationException")


@pytest.mark.parametrize("name", FAMILIES)
def test_the_cost_of_a_statement_grows_with_its_length_and_no_faster(name: str) -> None:
    texts = [family_text(name, length) for length in LENGTHS]
    costs = [lines_run(partial(answer, text, [])) / length for text, length in zip(texts, LENGTHS, strict=True)]
    assert costs[2] < max(MOST_GROWTH * costs[1], 1)
