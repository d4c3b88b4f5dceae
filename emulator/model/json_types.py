"""Conversion of decoded JSON to the scalar types of the service model, and what is said of JSON of another type.

Source: protocol.md 7, values.md 2.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from math import floor
from typing import Any

from emulator import errors
from emulator.errors import ServiceError

STRING = "class java.lang.String"
INTEGER = "class java.lang.Integer"
LONG = "class java.lang.Long"
DOUBLE = "class java.lang.Double"
BOOLEAN = "class java.lang.Boolean"
BLOB = "class java.nio.ByteBuffer"
TIMESTAMP = "class java.util.Date"

_PACKAGE = "com.amazonaws.dynamodb.v20120810."
_TRUE = ("true", "1", "yes")
_FALSE = ("false", "0", "no")


def structure_type(shape: str) -> str:
    """The Java type of a structure, as messages name it."""
    return f"class {_PACKAGE}{shape}"


def map_type(value_type: str) -> str:
    """The Java type of a map from strings to `value_type`."""
    return f"java.util.Map<java.lang.String, {value_type.removeprefix('class ')}>"


def list_type(member_type: str) -> str:
    """The Java type of a list of `member_type`."""
    return f"java.util.List<{member_type.removeprefix('class ')}>"


def serialization(text: str, **parameters: object) -> ServiceError:
    """A SerializationException."""
    return ServiceError(errors.SERIALIZATION, message=text.format(**parameters))


def mismatch(value: object, expected: str, on_scalar: str) -> ServiceError:
    """The error of `value` where the Java type `expected` belongs; `on_scalar` is the text if it is a scalar."""
    if isinstance(value, list):
        return serialization(errors.COLLECTION_UNEXPECTED, type=expected)
    if isinstance(value, dict):
        return serialization(errors.STRUCTURE_UNEXPECTED)
    return serialization(on_scalar)


def _not_convertible(value: object, expected: str) -> ServiceError:
    text = errors.NOT_CONVERTIBLE.format(token=_token(value), type=expected.rpartition(".")[2])
    return mismatch(value, expected, text)


def _token(value: object) -> str:
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    return "DECIMAL_VALUE" if isinstance(value, float) else "STRING_VALUE"


# --- Scalars --------------------------------------------------------------------------------------


def string(value: Any) -> str:
    if type(value) is str:
        return value
    raise _not_convertible(value, STRING)


def integer(value: Any) -> int:
    return value if type(value) is int and value <= _MOST else _whole(value, INTEGER)


def long(value: Any) -> int:
    return value if type(value) is int and value <= _MOST else _whole(value, LONG)


_LEAST, _MOST = -(2**63), 2**63 - 1


def _whole(value: Any, expected: str) -> int:
    """Numbers that do not fit into 64 bits become the nearest that does, as Java's conversions have it."""
    if type(value) is float or type(value) is int:
        return max(_LEAST, min(floor(value), _MOST))
    raise _not_convertible(value, expected)


def double(value: Any) -> float:
    return _number(value, DOUBLE)


def timestamp(value: Any) -> float:
    """Seconds since the epoch."""
    return _number(value, TIMESTAMP)


def _number(value: Any, expected: str) -> float:
    if type(value) is int or type(value) is float:
        return value
    raise _not_convertible(value, expected)


def boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    if type(value) is not str:
        raise _not_convertible(value, BOOLEAN)
    text = value.lower()
    if text not in _TRUE and text not in _FALSE:
        raise serialization(errors.TOKEN_UNEXPECTED)
    return text in _TRUE


def blob(value: Any) -> str:
    """Base64 text, which stays text: values.canonical reckons with it."""
    if type(value) is not str:
        raise mismatch(value, BLOB, errors.NOT_CONVERTIBLE_TO_BYTES)
    if len(value) % 4:
        raise serialization(errors.BASE64_LENGTH, length=len(value))
    try:
        # Writing it again finds the bits behind the last byte that are not zero.
        valid = b2a_base64(a2b_base64(value, strict_mode=True), newline=False).decode() == value
    except ValueError:
        valid = False
    if not valid:
        raise serialization(errors.BASE64_INVALID)
    return value
