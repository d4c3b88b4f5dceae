"""Numbers: exact decimals of 38 digits, kept as the text that the service returns.

Canonical text is plain decimal without exponent, sign `+`, leading or trailing zeros: `-0`, `0.0` are `0`.
Source: values.md 5 and 8, query_scan.md 16.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.values.types import Wording

_CANONICAL = re.compile(r"0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]").fullmatch
_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?").fullmatch
_SURELY_IN_RANGE = limits.MAX_NUMBER_DIGITS  # canonical text of at most this length breaks no limit

_MIN_INT32, _MAX_INT32 = -(2**31), 2**31 - 1
_MIN_INT64, _MAX_INT64 = -(2**63), 2**63 - 1

# Wide enough for the exact sum of the largest and the smallest number.
_EXACT = Context(prec=300, Emax=999_999, Emin=-999_999)


def canonical_number(text: str, wording: Wording = Wording.CURRENT) -> str:
    """`text` in canonical form; raises the service's error when it is no number or out of limits."""
    if len(text) <= _SURELY_IN_RANGE:
        # The commonest numbers, told by their digits: a third of the time of the pattern.
        if text.isdecimal() and text.isascii() and text[0] != "0":
            return text
        if _CANONICAL(text):
            return text
    match = _NUMBER(text)
    if match is None or not (match[2] or match[3]):
        raise _not_a_number(text, wording)
    sign, whole, fraction = match[1], match[2], match[3] or ""
    exponent = _exponent(match[4], text, wording)
    digits = (whole + fraction).lstrip("0")
    if not digits:
        _check_magnitude(exponent - len(fraction), exponent, wording)
        return "0"
    adjusted = exponent - len(fraction) + len(digits) - 1  # power of ten of the first significant digit
    _check_magnitude(adjusted, exponent, wording)
    digits = digits.rstrip("0")
    if len(digits) > limits.MAX_NUMBER_DIGITS:
        raise ServiceError(errors.NUMBER_TOO_PRECISE)
    return ("-" if sign == "-" else "") + _plain(digits, adjusted)


def _exponent(text: str | None, number: str, wording: Wording) -> int:
    if text is None:
        return 0
    significant = text.lstrip("+-").lstrip("0")
    if len(significant) > len(str(_MAX_INT64)):
        raise _not_a_number(number, wording)
    exponent = int(significant or "0") * (-1 if text[0] == "-" else 1)
    if not _MIN_INT64 <= exponent <= _MAX_INT64 or (wording is Wording.PARTIQL and not _is_int32(exponent)):
        raise _not_a_number(number, wording)
    return exponent


def _is_int32(number: int) -> bool:
    return _MIN_INT32 <= number <= _MAX_INT32


def _check_magnitude(adjusted: int, exponent: int, wording: Wording) -> None:
    if adjusted > limits.MAX_NUMBER_EXPONENT:
        # The older layer reads the exponent like a 32-bit decimal type, which wraps.
        wrapped = wording is not Wording.CURRENT and exponent >= _MAX_INT32
        raise ServiceError(errors.NUMBER_UNDERFLOW if wrapped else errors.NUMBER_OVERFLOW)
    if adjusted < limits.MIN_NUMBER_EXPONENT:
        raise ServiceError(errors.NUMBER_UNDERFLOW)


def _plain(digits: str, adjusted: int) -> str:
    """`digits` (no zeros at either end) written out with the first digit at 10**adjusted."""
    if adjusted < 0:
        return "0." + "0" * (-adjusted - 1) + digits
    if adjusted >= len(digits) - 1:
        return digits + "0" * (adjusted - len(digits) + 1)
    return f"{digits[: adjusted + 1]}.{digits[adjusted + 1 :]}"


def _not_a_number(text: str, wording: Wording) -> ServiceError:
    if not text and wording is not Wording.CURRENT:
        return ServiceError(errors.NUMBER_EMPTY_OLDER)
    return ServiceError(errors.NUMBER_INVALID, text=text)


def number_size(text: str) -> int:
    """Bytes that canonical `text` counts for: a byte per two digits on each side of the point, and one more."""
    if text == "0":
        return 1
    digits, size = (text[1:], 2) if text[0] == "-" else (text, 1)
    if "." not in digits:
        return size + (len(digits.rstrip("0")) + 1) // 2
    whole, _, fraction = digits.partition(".")
    if whole == "0":
        return size + (len(fraction.lstrip("0")) + 1) // 2
    return size + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2


def number_bytes(text: str) -> bytes:
    """Canonical `text` as the bytes that the service hashes; their order is the order of the numbers."""
    if text == "0":
        return b"\x80"
    negative = text[0] == "-"
    whole, _, fraction = (text[1:] if negative else text).partition(".")
    if whole == "0":
        digits = fraction.lstrip("0")
        exponent = len(digits) - len(fraction)
    else:
        digits = whole + fraction
        exponent = len(whole)
    if exponent % 2:
        digits = "0" + digits
        exponent += 1
    digits = digits.rstrip("0")
    if len(digits) % 2:
        digits += "0"
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    first = (exponent // 2 - 64) % 256
    if not negative:
        return bytes([first, *[pair + 1 for pair in pairs]])
    end = [102] if len(pairs) < 20 else []
    return bytes([first ^ 0xFF, *[101 - pair for pair in pairs], *end])


def number_length(text: str) -> int:
    """How many `number_bytes` there are."""
    if text == "0":
        return 1
    if text.isdecimal():
        return 1 + (len(text.rstrip("0")) + len(text) % 2 + 1) // 2
    digits, end = (text[1:], 1) if text[0] == "-" else (text, 0)
    whole, _, fraction = digits.partition(".")
    if whole == "0":
        significant = len(fraction.lstrip("0"))
        padding = (len(fraction) - significant) % 2
    else:
        significant = len(fraction) + len(whole) if fraction else len(whole.rstrip("0"))
        padding = len(whole) % 2
    pairs = (significant + padding + 1) // 2
    return 1 + pairs + (end if pairs < 20 else 0)


def add_numbers(left: str, right: str) -> str:
    """The exact sum of two canonical numbers; raises when it needs more than 38 digits or leaves the range."""
    if len(left) < 16 and len(right) < 16 and _is_whole(left) and _is_whole(right):
        return str(int(left) + int(right))
    return _exact_result(_EXACT.add(Decimal(left), Decimal(right)))


def subtract_numbers(left: str, right: str) -> str:
    """The exact difference of two canonical numbers; raises like `add_numbers`."""
    return _exact_result(_EXACT.subtract(Decimal(left), Decimal(right)))


def _is_whole(text: str) -> bool:
    return "." not in text


def _exact_result(result: Decimal) -> str:
    try:
        return canonical_number(format(result, "f"))
    except ServiceError as error:
        if error.fault is errors.NUMBER_TOO_PRECISE:  # observed: arithmetic words this as an overflow
            raise ServiceError(errors.NUMBER_OVERFLOW) from None
        raise
