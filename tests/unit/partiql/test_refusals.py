"""What is refused although no observation tells the text, and what only parameters can be at fault for.

Texts that the service was seen to give are conformance cases.
"""

from __future__ import annotations

import pytest

from emulator import errors
from emulator.errors import ServiceError
from emulator.partiql import ParameterError, prepare
from emulator.values.types import AttributeValue


def refusal(text: str, *parameters: AttributeValue) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        prepare(text, list(parameters))
    return caught.value


def where_refusal(condition: str, *parameters: AttributeValue) -> str | None:
    return refusal(f"SELECT * FROM T WHERE {condition}", *parameters).message


# --- Grammar --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "Unexpected term"),
        (" -- nothing", "Unexpected term"),
        (";", "Unexpected term"),
        ("SELECT", "Unexpected term"),
        ("SELECT DISTINCT a FROM T", "Unexpected keyword"),
        ("SELECT * FROM T LIMIT 1", "Unexpected token after expression"),
        ("SELECT * FROM T;;", "Unexpected token after expression"),
        ("SELECT * FROM T WHERE order = 1", "Unexpected keyword"),
        ("SELECT * FROM T WHERE a =", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM T WHERE (a =)", "Unexpected term"),
        ("SELECT * FROM T WHERE a '*' b", "Unexpected token after expression"),
        ('SELECT * FROM T ";"', None),
        ("INSERT INTO", "Expected identifier for simple path"),
        ("INSERT T VALUE {}", "Expected data manipulation"),
        ("UPDATE T WHERE a = 1", "Expected data manipulation"),
        ("FROM T WHERE a = 1", "Expected data manipulation"),
        ("UPDATE T SET 'a' = 1", "Expected identifier for simple path"),
        ("UPDATE T SET a 1", "Expected '='"),
        ("UPDATE T SET a = 1 RETURNING OLD *", "Expected returning clause"),
        ("EXISTS(a)", "Expected data manipulation"),
        ("SELECT * FROM T WHERE a = 'b", ""),
        ("SELECT * FROM T WHERE a = é", ""),
    ],
)
def test_a_text_outside_the_grammar_is_not_well_formed(text: str, detail: str | None) -> None:
    expected = "Aliasing is not supported"
    if detail is not None:
        expected = f"Statement wasn't well formed, can't be processed: {detail}"
    assert refusal(text).message == expected


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("1e2147483647", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        ("1e-2147483647", "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
        (
            "1.5e-2147483646",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
    ],
)
def test_an_exponent_of_32_bits_is_well_formed_and_out_of_range(number: str, fault: str) -> None:
    assert where_refusal(f"a = {number}") == f"{fault} under root"


def test_zeros_before_an_exponent_do_not_count() -> None:
    statement = prepare("SELECT * FROM T WHERE a = 1e+0000000000000000000001").statement
    assert statement == prepare("SELECT * FROM T WHERE a = 10").statement


# --- Conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("a", "Unsupported operation: Id"),
        ("TRUE", "Unsupported operation: Lit"),
        ("a + 1 > 2", "Unsupported operation: Plus"),
        ("a LIKE 'x%'", "Unsupported operation: Like"),
        ("a = (SELECT * FROM T)", "Unsupported operation: Select"),
        ("a IN b", "Unsupported operation: InCollection"),
        (
            "a IN [1" + ", 1" * 100 + "]",
            "Invalid number of operands for operator or function; operator or function: IN, number of operands: 102",
        ),
        ("a IS BAG", "Unsupported operation: IsType"),
        ("a IS DECIMAL(5)", "Unsupported operation: IsType"),
        ("1 IS NULL", "Unsupported operation: IsType"),
        ("a = MISSING", "Unsupported data type: MISSING under key root at 1:27:7"),
        ("a = {b: 1}", "Unsupported data type: b under key root at 1:28:1"),
        ("a = {'': 1}", "Empty attribute name"),
        ("a[*] = 1", "Unexpected path component at 1:25:1"),
        ("a[b] = 1", "Unexpected path component at 1:25:1"),
        ('a."" = 1', "Path component cannot be an empty string"),
        ("a[2147483648] = 1", "List index is not within the allowable range; index: [2147483648]"),
        (
            "a" + ".a" * 32 + " = 1",
            "The document path has too many nesting levels; nesting levels: 33",
        ),
        (
            "a = a",
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [a]",
        ),
        (
            "a BETWEEN 2 AND 1",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "begins_with(a, 1)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "attribute_type(a, 'X')",
            "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        ("\n\n  if_not_exists(a, 1) = 1", "Unrecognized function: if_not_exists at 3:3:13"),
    ],
)
def test_a_condition_that_the_service_has_no_use_for_is_refused(condition: str, message: str) -> None:
    assert where_refusal(condition) == message


@pytest.mark.parametrize("fits", [True, False])
def test_a_condition_has_at_most_300_operators(fits: bool) -> None:
    condition = "a = 1" + " OR a = 1" * 149 + " AND NOT b = 1" * (0 if fits else 1)
    if fits:
        assert prepare(f"SELECT * FROM T WHERE {condition}")
    else:
        assert where_refusal(condition) == "The expression contains too many operators; operator count: 301"


@pytest.mark.parametrize(
    ("condition", "parameters", "message"),
    [
        (
            "a BETWEEN ? AND ?",
            [{"N": "1"}, {"S": "a"}],
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}",
        ),
        (
            "begins_with(a, ?)",
            [{"L": []}],
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: L",
        ),
        (
            "attribute_type(a, ?)",
            [{"S": "X"}],
            "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "a = <<?, ?>>",
            [{"S": "x"}, {"S": "x"}],
            "One or more parameter values were invalid: Input collection [x, x] contains duplicates.",
        ),
        ("a = <<?, 1>>", [{"S": "x"}], "Unsupported data type: BAG under key root at 1:27:2"),
        ("a = <<?>>", [{"L": []}], "Unsupported data type: BAG under key root at 1:27:2"),
    ],
)
def test_what_a_parameter_is_not_fit_for_is_refused_each_time(
    condition: str, parameters: list[AttributeValue], message: str
) -> None:
    assert {where_refusal(condition, *parameters) for _ in range(2)} == {message}


def test_a_parameter_that_fits_is_taken_after_one_that_did_not() -> None:
    refusal("SELECT * FROM T WHERE a > ?", {"L": []})
    assert prepare("SELECT * FROM T WHERE a > ?", [{"N": "1"}]).values == {":0": {"N": "1"}}


# --- Values ---------------------------------------------------------------------------------------


def test_a_faulty_parameter_is_told_from_a_faulty_literal() -> None:
    by_parameter = refusal("SELECT * FROM T WHERE a = ?", {"N": "x"})
    by_literal = refusal("SELECT * FROM T WHERE a = 1e126")
    assert (isinstance(by_parameter, ParameterError), isinstance(by_literal, ParameterError)) == (True, False)


@pytest.mark.parametrize("levels", [31, 32])
def test_a_literal_nests_as_deep_as_an_item(levels: int) -> None:
    text = "SELECT * FROM T WHERE a = " + "[" * levels + "1" + "]" * levels
    if levels < 32:
        assert prepare(text)
    else:
        assert refusal(text).fault is errors.NESTING_TOO_DEEP


@pytest.mark.parametrize("levels", [30, 31])
def test_a_parameter_counts_from_the_level_it_stands_on(levels: int) -> None:
    text = "SELECT * FROM T WHERE a = " + "[" * levels + "?" + "]" * levels
    if levels < 31:
        assert prepare(text, [{"L": [{"S": "x"}]}])
    else:
        assert refusal(text, {"L": [{"S": "x"}]}).message == errors.NESTING_TOO_DEEP.text


@pytest.mark.parametrize(
    ("text", "parameters", "message"),
    [
        ("INSERT INTO T VALUE 5", [], "Unsupported data type: N under key root at 1:21:1"),
        ("INSERT INTO T VALUE ?", [{"S": "x"}], "Unsupported data type: S under key root at 1:21:1"),
        (
            "INSERT INTO T VALUE {'a': [1, {'b': 1e126}]}",
            [],
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root[1].b",
        ),
        (
            "UPDATE T SET a = a + ? WHERE b = 1",
            [{"S": "x"}],
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        (
            "UPDATE T SET a = list_append(a, ?) WHERE b = 1",
            [{"S": "x"}],
            "Incorrect operand type for operator or function; operator or function: list_append, operand type: S",
        ),
        ("UPDATE T SET a = if_not_exists(a, 1)", [], "Unrecognized function: if_not_exists at 1:18:13"),
        ("UPDATE T SET a = a + 1 + 1", [], "Unsupported operation: Plus"),
        ("SELECT * FROM T WHERE a = 1", [{"S": "x"}], "Number of parameters in request and statement don't match."),
    ],
)
def test_a_value_that_does_not_fit_its_place_is_refused(
    text: str, parameters: list[AttributeValue], message: str
) -> None:
    assert refusal(text, *parameters).message == message
