"""The checker of an operation: from decoded JSON to a request that is well formed, or an error.

Types come first and stop at the first fault; then constraints, which are collected (protocol.md 1.3, 7 and 8).
Both run in one pass over the request as it stands. Only when something is wrong are the constraints checked again,
in the service's order, to put the message together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.model import forms, peculiarities
from emulator.model.constraints import Check, Standing, Violation, Violations, member_check, null_violation
from emulator.model.conversion import member_converter
from emulator.model.rendering import lower_first
from emulator.model.service import Shape
from emulator.values.canonical import depth

Checker: TypeAlias = Callable[[object], dict[str, Any]]
"""From decoded JSON to the same object as a well-formed request. Raises ServiceError."""

_Part: TypeAlias = tuple[str, str, bool, Check | None]
"""A member of the request: name, path, whether it is required, and its check if it has one."""


def checker_of(operation: str, shape: Shape, shapes: Mapping[str, Shape]) -> Checker:
    """The checker of an operation whose input is `shape`."""
    parts = _parts(operation, shape, shapes, forms.FORMS, shape.members)
    checks = {member: check for member, _, _, check in parts}
    members = {member: (member_converter(name, shapes), checks.get(member)) for member, name in shape.members.items()}
    required = shape.required
    refuse = _refusal(operation, shape, shapes, parts)

    def checker(request: object) -> dict[str, Any]:
        if type(request) is not dict:
            raise ServiceError(errors.UNPARSABLE_BODY)
        faulty = False
        ignored = None
        for name, value in request.items():
            member = members.get(name)
            if member is None or value is None:
                ignored = ignored or []
                ignored.append(name)
                continue
            convert, check = member
            request[name] = value = convert(value)
            if check is not None and check(value, ""):
                faulty = True
        if ignored is not None:
            for name in ignored:
                del request[name]
        if faulty or not required <= request.keys():
            refuse(request)
        return request

    return checker


def _parts(
    operation: str,
    shape: Shape,
    shapes: Mapping[str, Shape],
    special: Mapping[tuple[str, str], forms.Form],
    order: Iterable[str],
) -> list[_Part]:
    """The members that can be faulty, in the given order."""
    parts = []
    for member in order:
        form = special.get((operation, member))
        check = form(shapes) if form is not None else member_check(shape, member, shapes)
        required = member in shape.required
        if required or check is not None:
            parts.append((member, lower_first(member), required, check))
    return parts


def _refusal(
    operation: str, shape: Shape, shapes: Mapping[str, Shape], parts: list[_Part]
) -> Callable[[dict[str, Any]], None]:
    """What raises the error of a faulty request."""
    indispensable = peculiarities.OLDER_WITHOUT.get(operation)
    older_parts = parts
    if indispensable is not None:
        order = dict.fromkeys((*peculiarities.OLDER_MEMBER_ORDERS[shape.name], *shape.members))
        older_parts = _parts(operation, shape, shapes, forms.OLDER_FORMS, order)

    def refuse(request: dict[str, Any]) -> None:
        older = indispensable is not None and (indispensable not in request or is_very_deep(request))
        found = _violations(operation, request, older_parts if older else parts)
        if found:
            raise _error(found[:1] if operation in peculiarities.REPORTS_FIRST_ONLY and not older else found)

    return refuse


def is_very_deep(request: dict[str, Any]) -> bool:
    """Whether a value in a single write is nested so deep that the older layer answers."""
    maps = [request.get(name) for name in ("Item", "Key", "ExpressionAttributeValues")]
    given = []
    for name in ("AttributeUpdates", "Expected"):
        for entry in filter(None, (request.get(name) or {}).values()):
            given += [entry.get("Value"), *(entry.get("AttributeValueList") or ())]
    return any(
        depth(values) > peculiarities.OLDER_BEYOND_LEVELS for values in (*maps, list(filter(None, given))) if values
    )


def _violations(operation: str, request: dict[str, Any], parts: list[_Part]) -> Violations:
    """What the answer lists: the findings of the first member that stops everything, or else those of all."""
    listed: list[Violation] = []
    yielding: list[Violation] = []
    alone: Violations = ()
    for member, path, required, check in parts:
        value = request.get(member)
        if value is not None:
            found = check(value, path) if check is not None else ()
        elif required and peculiarities.REQUIRED_UNLESS.get((operation, member)) not in request:
            found = [_missing(operation, member, path)]
        else:
            found = ()
        for violation in found:
            (yielding if violation.standing is Standing.YIELDING else listed).append(violation)
        if not alone and found and found[0].standing is Standing.ALONE:
            alone = found
    return alone or listed or yielding


def _missing(operation: str, member: str, path: str) -> Violation:
    if member == "TableName" and operation in peculiarities.NAME_REQUIRED_FIRST:
        text = ServiceError(errors.PARAMETER_MISSING, name=member).message
        return Violation(text or "", Standing.ALONE, is_bare=True)
    if member == "ResourceArn" and operation in peculiarities.ARN_REQUIRED_FIRST:
        return Violation(errors.ARN_MISSING.text or "", Standing.ALONE, is_bare=True)
    return null_violation(path)


def _error(found: Violations) -> ServiceError:
    found = found[: limits.MAX_REPORTED_CONSTRAINT_ERRORS]
    message = "; ".join(violation.text for violation in found)
    if len(found) > 1:
        message = errors.ENVELOPE_OF_SEVERAL.format(count=len(found)) + message
    elif not found[0].is_bare:
        message = errors.ENVELOPE + message
    return ServiceError(errors.VALIDATION, message=message)
