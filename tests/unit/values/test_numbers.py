"""Numbers: what is one, its canonical form, its limits, and arithmetic. Source: values.md 5."""

from __future__ import annotations

from typing import Any

import pytest

from .service import ENVELOPE, KEY, NOT_A_NUMBER, OVERFLOW, TOO_PRECISE, UNDERFLOW, Service

NINES = "9" * 38

CANONICAL_FORMS = [
    ("+5", "5"),
    ("+1.5", "1.5"),
    ("+0", "0"),
    ("-0", "0"),
    ("-0.0", "0"),
    ("0.0", "0"),
    ("0e5", "0"),
    ("0e-5", "0"),
    ("0e125", "0"),
    ("0.0e126", "0"),
    ("+1e2", "100"),
    ("1e+2", "100"),
    ("1.5E+3", "1500"),
    (".5", "0.5"),
    ("+.5", "0.5"),
    ("-.5", "-0.5"),
    ("5.", "5"),
    ("1.e5", "100000"),
    ("00042", "42"),
    ("+1e-2", "0.01"),
    ("0042.1200", "42.12"),
    ("100.000", "100"),
    ("1.5e2", "150"),
    ("123e-2", "1.23"),
    ("-0015.789e6", "-15789000"),
    ("1e-20", "0.00000000000000000001"),
    ("1E125", "1" + "0" * 125),
    ("1E-130", "0." + "0" * 129 + "1"),
    ("0.1e126", "1" + "0" * 125),
    ("9." + "9" * 37 + "E125", NINES + "0" * 88),
    ("-9." + "9" * 37 + "E125", "-" + NINES + "0" * 88),
    ("00012345678901234567890123456789012345678000", "12345678901234567890123456789012345678000"),
]
NOT_NUMBERS = (
    *("+e2", "e2", "+1+2", "1+2", "1.2.3", "++5", "+-5", "-+5", "+", "-", "1e", "1e+", ".", "1.2e3.4", "0x5"),
    *("NaN", "-NaN", "Infinity", "-Infinity", "1_000", " 5", "5 ", "1 5", "", "1\n", "\u0663", "1e9223372036854775808"),
)
OUT_OF_LIMITS = [
    ("1e126", OVERFLOW),
    ("-1e126", OVERFLOW),
    ("11e125", OVERFLOW),
    ("0e126", OVERFLOW),
    ("1e99999999999", OVERFLOW),
    ("1e9223372036854775807", OVERFLOW),
    ("1e-131", UNDERFLOW),
    ("0.9e-130", UNDERFLOW),
    ("0e-131", UNDERFLOW),
    ("1e-99999999999", UNDERFLOW),
    ("1e-9223372036854775808", UNDERFLOW),
    ("1" * 39, TOO_PRECISE),
    ("1" * 40, TOO_PRECISE),
    ("0." + "1" * 39, TOO_PRECISE),
    ("1" + "0" * 37 + "1", TOO_PRECISE),
    ("1" * 39 + "e200", OVERFLOW),
    ("1" * 39 + "e-200", UNDERFLOW),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL_FORMS)
def test_a_number_comes_back_as_plain_decimal_text(service: Service, text: str, canonical: str) -> None:
    assert service.stored({"N": text}) == {"N": canonical}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL_FORMS)
def test_a_number_in_a_set_or_document_takes_the_same_form(service: Service, text: str, canonical: str) -> None:
    assert service.stored({"L": [{"NS": [text]}, {"M": {"x": {"N": text}}}]}) == {
        "L": [{"NS": [canonical]}, {"M": {"x": {"N": canonical}}}]
    }


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_other_text_is_no_number(service: Service, text: str) -> None:
    assert service.put({"N": text}) == ENVELOPE + NOT_A_NUMBER + text


@pytest.mark.parametrize(("text", "message"), OUT_OF_LIMITS)
def test_a_number_has_38_digits_and_a_limited_magnitude(service: Service, text: str, message: str) -> None:
    assert service.put({"N": text}) == ENVELOPE + message


@pytest.mark.parametrize(
    "wrap", [lambda n: {"NS": [n]}, lambda n: {"L": [{"N": n}]}, lambda n: {"M": {"x": {"NS": [n]}}}]
)
def test_a_bad_number_is_found_wherever_it_is(service: Service, wrap: Any) -> None:
    assert service.put(wrap("1e126")) == ENVELOPE + OVERFLOW


@pytest.mark.parametrize("text", ["1000", "1e3", "+1000", "01000", "1000.0"])
def test_a_numeric_key_is_the_same_in_every_spelling(service: Service, text: str) -> None:
    service.ask("PutItem", TableName="numbers", Item={"pk": {"N": "1000"}, "a": {"S": "found"}})
    answer = service.ask("GetItem", TableName="numbers", Key={"pk": {"N": text}})
    assert answer["Item"] == {"pk": {"N": "1000"}, "a": {"S": "found"}}


@pytest.mark.parametrize(
    ("start", "operator", "step", "result"),
    [
        ("1", "+", "2", "3"),
        ("0.1", "+", "0.2", "0.3"),
        ("5", "-", "7.5", "-2.5"),
        ("1e37", "+", "1", "1" + "0" * 36 + "1"),
        (NINES, "+", "1", "1" + "0" * 38),
        ("1e-130", "-", "1e-130", "0"),
        ("9e125", "-", "8e125", "1" + "0" * 125),
    ],
)
def test_arithmetic_is_exact(service: Service, start: str, operator: str, step: str, result: str) -> None:
    assert service.stored({"N": start})
    answer = _calculate(service, operator, step)
    assert answer["Attributes"]["a"] == {"N": result}


@pytest.mark.parametrize(
    ("start", "operator", "step"),
    [("9e125", "+", "9e125"), ("1e50", "+", "1"), ("1e50", "-", "1"), ("1e38", "+", "0.1")],
)
def test_a_result_out_of_limits_is_an_overflow(service: Service, start: str, operator: str, step: str) -> None:
    assert service.stored({"N": start})
    assert _calculate(service, operator, step)["message"].endswith(OVERFLOW)


def _calculate(service: Service, operator: str, step: str) -> dict[str, Any]:
    return service.ask(
        "UpdateItem",
        TableName="strings",
        Key=KEY,
        UpdateExpression=f"SET a = a {operator} :step",
        ExpressionAttributeValues={":step": {"N": step}},
        ReturnValues="UPDATED_NEW",
    )
