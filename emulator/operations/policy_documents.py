"""Policy documents: whether one may be attached to a table or a stream, and the form in which it is read back.

Nothing here decides what a caller may do: policies are stored, and not enforced.
Source: control_plane.md 1.3 and 1.5. Which actions belong to which resource: iam_metrics.md 1.3 and 2.2. The service
words only the fault of actions in a way that is known; the other faults are worded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import orjson

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.policy_actions import is_action_pattern, matcher

Json: TypeAlias = Any
Policy: TypeAlias = dict[str, Any]
"""A document in normal form."""

_VERSIONS = ("2012-10-17", "2008-10-17")
_VERSION_OF_NONE = "2008-10-17"
_EFFECTS = ("Allow", "Deny")
_ELEMENTS: tuple[tuple[tuple[str, ...], bool], ...] = (
    (("Sid",), False),
    (("Effect",), True),
    (("Principal", "NotPrincipal"), True),
    (("Action", "NotAction"), True),
    (("Resource", "NotResource"), True),
    (("Condition",), False),
)
"""The elements of a statement in the order of the normal form: one of these, and whether there must be one."""

_SID = re.compile("[a-zA-Z0-9 _-]*").fullmatch
_ACCOUNT = re.compile("[0-9]{12}").fullmatch
_PRINCIPALS = {
    "AWS": re.compile(
        r"\*|[0-9]{12}|arn:aws[a-z-]*:(iam::[0-9]{12}:(root|(user|role)/[^*]+)"
        r"|sts::[0-9]{12}:(assumed-role|federated-user)/[^*]+)"
    ).fullmatch,
    "Service": re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?").fullmatch,
    "Federated": re.compile(r"[^*\s]+").fullmatch,
    "CanonicalUser": re.compile("[0-9a-f]+").fullmatch,
}
_LIMITING_KEYS = frozenset(
    (
        *("aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:userid"),
        *("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"),
        *("aws:sourcevpc", "aws:sourcevpce", "aws:sourceip", "aws:vpcsourceip"),
    )
)
"""Condition keys, in lower case, that leave a known set of callers."""


def checked_policy(text: str, actions: frozenset[str], partition: str) -> Policy:
    """The normal form of a document for a resource that knows these actions. Raises ValidationException."""
    size = len(text.encode())
    if size > limits.MAX_RESOURCE_POLICY_BYTES:
        raise _invalid(errors.POLICY_TOO_LARGE, size=size, limit=limits.MAX_RESOURCE_POLICY_BYTES)
    try:
        document = orjson.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _invalid(errors.POLICY_NOT_JSON)
    statements = _statements(document)
    normal = [_normal_statement(statement, partition) for statement in statements]
    _check_sids(normal)
    _check_actions(normal, actions)
    if any(_is_unbounded(statement) for statement in normal):
        raise _invalid(errors.POLICY_UNBOUNDED)
    head = {name: document[name] for name in ("Version", "Id") if name in document}
    return {"Version": _VERSION_OF_NONE, **head, "Statement": normal}


def policy_text(policy: Policy) -> str:
    """The text in which a policy is read back; equivalent documents have the same."""
    return orjson.dumps(policy).decode()


def denies(policy: Policy, principals: Iterable[str], action: str, arn: str) -> bool:
    """Whether a statement denies one of these principals an action on the resource, under no condition."""
    return any(
        statement["Effect"] == "Deny"
        and "Condition" not in statement
        and not set(principals).isdisjoint(_listed(_aws_principals(statement.get("Principal"))))
        and any(matcher(pattern)(action) for pattern in _listed(statement.get("Action", [])))
        and any(matcher(pattern)(arn) for pattern in _listed(statement.get("Resource", [])))
        for statement in policy["Statement"]
    )


def _invalid(fault: str, **parameters: object) -> ServiceError:
    return ServiceError(errors.POLICY_INVALID, fault=fault.format(**parameters))


def _listed(value: Json) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- The document -------------------------------------------------------------------------------


def _statements(document: dict[str, Json]) -> list[dict[str, Json]]:
    for name in document:
        if name not in ("Version", "Id", "Statement"):
            raise _invalid(errors.POLICY_ELEMENT_UNKNOWN, element=name)
    if "Statement" not in document:
        raise _invalid(errors.POLICY_ELEMENT_MISSING, element="Statement")
    if document.get("Version", _VERSION_OF_NONE) not in _VERSIONS:
        raise _invalid(errors.POLICY_ELEMENT_INVALID, element="Version")
    if not isinstance(document.get("Id", ""), str):
        raise _invalid(errors.POLICY_ELEMENT_INVALID, element="Id")
    statements = _listed(document["Statement"])
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise _invalid(errors.POLICY_ELEMENT_INVALID, element="Statement")
    return statements


def _normal_statement(statement: dict[str, Json], partition: str) -> dict[str, Json]:
    known = {name for names, _ in _ELEMENTS for name in names}
    for name in statement:
        if name not in known:
            raise _invalid(errors.POLICY_ELEMENT_UNKNOWN, element=name)
    normal = {}
    for names, is_required in _ELEMENTS:
        given = [name for name in names if name in statement]
        if len(given) > 1:
            raise _invalid(errors.POLICY_ELEMENT_UNKNOWN, element=given[1])
        if is_required and not given:
            raise _invalid(errors.POLICY_ELEMENT_MISSING, element=names[0])
        for name in given:
            normal[name] = _normal_element(name, statement[name], partition)
    return normal


def _normal_element(name: str, value: Json, partition: str) -> Json:
    if name.endswith("Principal"):
        return _normal_principal(value, partition)
    if name == "Condition":
        return _normal_condition(value)
    if name == "Sid":
        is_sound = isinstance(value, str) and _SID(value) is not None
    elif name == "Effect":
        is_sound = value in _EFFECTS
    else:
        is_sound = _are_texts(value)
        if is_sound and name.endswith("Resource"):
            is_sound = all(text == "*" or text.startswith("arn:") for text in _listed(value))
    if not is_sound:
        raise _invalid(errors.POLICY_ELEMENT_INVALID, element=name)
    return _single(value)


def _are_texts(value: Json) -> bool:
    texts = _listed(value)
    return bool(texts) and all(isinstance(text, str) for text in texts)


def _single(value: Json) -> Json:
    """A list of one element as that element."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


# --- Principals and conditions ------------------------------------------------------------------


def _normal_principal(value: Json, partition: str) -> Json:
    """An account is written as the ARN of its root."""
    if value == "*":
        return value
    if not isinstance(value, dict) or not value:
        raise _invalid(errors.POLICY_PRINCIPAL_INVALID, principal=_short(value))
    normal = {}
    for kind, principals in value.items():
        is_sound = _PRINCIPALS.get(kind)
        if is_sound is None or not _are_texts(principals):
            raise _invalid(errors.POLICY_PRINCIPAL_INVALID, principal=_short(value))
        for principal in _listed(principals):
            if not is_sound(principal):
                raise _invalid(errors.POLICY_PRINCIPAL_INVALID, principal=principal)
        normal[kind] = _single([_root_of(principal, partition) for principal in _listed(principals)])
    return normal


def _root_of(principal: str, partition: str) -> str:
    return f"arn:{partition}:iam::{principal}:root" if _ACCOUNT(principal) else principal


def _short(value: Json) -> str:
    return orjson.dumps(value).decode()


def _normal_condition(value: Json) -> Json:
    """Operators, each with keys, each with a value or a list of them."""
    if not isinstance(value, dict) or not all(isinstance(keys, dict) and keys for keys in value.values()):
        raise _invalid(errors.POLICY_ELEMENT_INVALID, element="Condition")
    normal = {operator: {key: _single(wanted) for key, wanted in keys.items()} for operator, keys in value.items()}
    for keys in normal.values():
        for wanted in keys.values():
            if wanted == [] or not all(isinstance(text, str | bool | int | float) for text in _listed(wanted)):
                raise _invalid(errors.POLICY_ELEMENT_INVALID, element="Condition")
    return normal


def _aws_principals(principal: Json) -> Json:
    return principal.get("AWS", []) if isinstance(principal, dict) else principal


def _is_unbounded(statement: dict[str, Json]) -> bool:
    """Whether a statement allows something to everybody, under no condition that leaves only some."""
    if statement["Effect"] != "Allow":
        return False
    if "Principal" in statement and "*" not in _listed(_aws_principals(statement["Principal"])):
        return False
    return not any(
        key.lower() in _LIMITING_KEYS and "*" not in _listed(wanted)
        for operator, keys in statement.get("Condition", {}).items()
        if not operator.endswith("IfExists") and "Not" not in operator and operator != "Null"
        for key, wanted in keys.items()
    )


# --- Across statements --------------------------------------------------------------------------


def _check_sids(statements: list[dict[str, Json]]) -> None:
    seen = set()
    for statement in statements:
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise _invalid(errors.POLICY_SID_REPEATED, sid=sid)
        seen.add(sid)


def _check_actions(statements: list[dict[str, Json]], actions: frozenset[str]) -> None:
    wrong = [name for name in _named_actions(statements) if not is_action_pattern(name, actions)]
    if wrong:
        names = ", ".join(f'"{name}"' for name in dict.fromkeys(wrong))
        raise _invalid(errors.POLICY_ACTIONS_INVALID, names=names)


def _named_actions(statements: list[dict[str, Json]]) -> Iterator[str]:
    for statement in statements:
        yield from _listed(statement.get("Action", statement.get("NotAction")))
