"""Parameters: attribute values from beside the statement, in the order of its `?`. Source: partiql.md 4.2."""

from __future__ import annotations

from emulator import errors
from emulator.errors import ServiceError
from emulator.values.canonical import canonical_value
from emulator.values.types import AttributeValue, Wording


class ParameterError(ServiceError):
    """A parameter that is no value. A transaction does not say which statement it belongs to."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(errors.VALIDATION, message=error.message)


def canonical_parameter(value: AttributeValue, level: int) -> AttributeValue:
    """`value`, made canonical in place; `level` is the level of nesting it stands on, 1 by itself."""
    if len(value) == 1 and "S" in value and value["S"] is not None:  # the commonest, which nothing can be wrong with
        return value
    try:
        canonical_value(value, Wording.PARTIQL, level)
    except ServiceError as error:
        raise ParameterError(error) from None
    return value
