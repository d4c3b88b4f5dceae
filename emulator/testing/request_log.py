"""The log of a test's last requests, one line each: operation, table and index, keys or conditions, outcome.

Noting a request keeps the observation as it is; text is made only when somebody wants to read it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from emulator.instance import Emulator
    from emulator.operations.context import Observation

KEPT = 20
_TARGET_WIDTH = 80
_VALUE_WIDTH = 40
_DETAIL_WIDTH = 160
_OUTCOME_WIDTH = 160
_ATTRIBUTES_SHOWN = 3

_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+")


class RequestLog:
    """The last requests of an emulator since `note` was made an observer of it."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        # One more than is shown tells whether there were more.
        self._observations: deque[Observation] = deque(maxlen=KEPT + 1)
        self.note: Callable[[Observation], None] = self._observations.append
        """The observer; a method of a C type, because it is called for every request."""

    def text(self) -> str:
        """The last requests, oldest first; empty if there were none."""
        observations = list(self._observations)
        shown = observations[-KEPT:]
        rows = [self._row(observation) for observation in shown]
        widths = [max(len(row[column]) for row in rows) for column in range(2)] if rows else []
        lines = [
            f"{operation:{widths[0]}}  {target:{widths[1]}}  {detail}{'  ' if detail else ''}-> {outcome}"
            for operation, target, detail, outcome in rows
        ]
        if len(observations) > KEPT:
            lines.insert(0, f"(the last {KEPT}; there were more before)")
        return "\n".join(lines)

    def _row(self, observation: Observation) -> tuple[str, str, str, str]:
        request = observation.request
        region = "" if observation.region == self._emulator.settings.region else f" in {observation.region}"
        detail = _detail(observation, lambda: self._key_names(request, observation.region))
        return (observation.operation, _target(request) + region, detail, _outcome(observation))

    def _key_names(self, request: Mapping[str, Any], region: str) -> list[str]:
        """The key attributes of the request's table; none if it is gone."""
        reply = self._emulator.gateway.answer("DescribeTable", {"TableName": request["TableName"]}, region)
        if reply.status != 200:
            return []
        return [element["AttributeName"] for element in orjson.loads(reply.body)["Table"]["KeySchema"]]


# --- Parts of a line ------------------------------------------------------------------------------

_KeyNames = Callable[[], list[str]]


def _target(request: Mapping[str, Any]) -> str:
    table = str(request.get("TableName", ""))
    index = request.get("IndexName")
    return _cut(table if index is None else f"{table}/{index}", _TARGET_WIDTH)


def _detail(observation: Observation, key_names: _KeyNames) -> str:
    try:
        return _cut(_DETAILS.get(observation.operation, _nothing)(observation.request, key_names), _DETAIL_WIDTH)
    except (AttributeError, KeyError, TypeError, ValueError):
        return "(malformed)"  # a request that was refused may have any shape


def _outcome(observation: Observation) -> str:
    if observation.error is not None:
        return _cut(f"{observation.error.code}: {observation.error.message}", _OUTCOME_WIDTH)
    if not _is_read(observation):
        return "done"
    returned = sum(usage.returned for usage in observation.usage)
    evaluated = sum(usage.evaluated for usage in observation.usage)
    items = "1 item" if returned == 1 else f"{returned} items"
    return items if returned == evaluated else f"{items} of {evaluated} read"


_READS = ("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan")
_STATEMENTS = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")


def _is_read(observation: Observation) -> bool:
    """Whether the request was for items. A request of statements is, if it took read units and no write units."""
    if observation.operation in _STATEMENTS:
        return bool(observation.usage) and not any(usage.write_units for usage in observation.usage)
    return observation.operation in _READS


def _nothing(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    return ""


def _item(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    """The key out of the item that is put, or its first attributes where the table does not tell the key."""
    item = request["Item"]
    key = {name: item[name] for name in key_names() if name in item}
    return _attributes(key or item) + _condition(request)


def _key(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    return _attributes(request["Key"]) + _condition(request)


def _update(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    update = _expression(request, "UpdateExpression")
    return _attributes(request["Key"]) + (f" {update}" if update else "") + _condition(request)


def _search(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    parts = [_expression(request, "KeyConditionExpression") or ", ".join(request.get("KeyConditions", ()))]
    if condition := _expression(request, "FilterExpression"):
        parts.append(f"filter {condition}")
    if "Limit" in request:
        parts.append(f"limit {request['Limit']}")
    if "Segment" in request:
        parts.append(f"segment {request['Segment']} of {request.get('TotalSegments')}")
    if "ExclusiveStartKey" in request:
        parts.append(f"after {_attributes(request['ExclusiveStartKey'])}")
    return ", ".join(part for part in parts if part)


def _batch_get(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    return ", ".join(f"{table}: Keys of {len(block['Keys'])}" for table, block in request["RequestItems"].items())


def _batch_write(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    return ", ".join(f"{table}: {_kinds(writes)}" for table, writes in request["RequestItems"].items())


def _transaction(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    by_table: dict[str, list[Mapping[str, Any]]] = {}
    for member in request["TransactItems"]:
        for action in member.values():
            by_table.setdefault(action["TableName"], []).append(member)
    return ", ".join(f"{table}: {_kinds(members)}" for table, members in by_table.items())


def _statement(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    return str(request["Statement"])


def _statements(request: Mapping[str, Any], key_names: _KeyNames) -> str:
    members = request["Statements"] if "Statements" in request else request["TransactStatements"]
    return "; ".join(str(member["Statement"]) for member in members)


def _kinds(members: Iterable[Mapping[str, Any]]) -> str:
    """How many of each kind, e.g. `2 PutRequest, 1 DeleteRequest`."""
    counts: dict[str, int] = {}
    for member in members:
        for kind in member:
            counts[kind] = counts.get(kind, 0) + 1
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


_DETAILS: dict[str, Callable[[Mapping[str, Any], _KeyNames], str]] = {
    "BatchExecuteStatement": _statements,
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "DeleteItem": _key,
    "ExecuteStatement": _statement,
    "ExecuteTransaction": _statements,
    "GetItem": _key,
    "PutItem": _item,
    "Query": _search,
    "Scan": _search,
    "TransactGetItems": _transaction,
    "TransactWriteItems": _transaction,
    "UpdateItem": _update,
}


# --- Values ---------------------------------------------------------------------------------------


def _condition(request: Mapping[str, Any]) -> str:
    condition = _expression(request, "ConditionExpression")
    return f" if {condition}" if condition else ""


def _expression(request: Mapping[str, Any], parameter: str) -> str:
    """An expression with names and values in the place of its placeholders."""
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}

    def meaning(match: re.Match[str]) -> str:
        placeholder = match[0]
        if placeholder in values:
            return _value(values[placeholder])
        return str(names.get(placeholder, placeholder))

    text = " ".join((request.get(parameter) or "").split())
    return _PLACEHOLDER.sub(meaning, _cut(text, 4 * _DETAIL_WIDTH))


def _attributes(attributes: Mapping[str, Any]) -> str:
    shown = [f"{name}={_value(attributes[name])}" for name in list(attributes)[:_ATTRIBUTES_SHOWN]]
    if len(attributes) > _ATTRIBUTES_SHOWN:
        shown.append("...")
    return " ".join(shown)


def _value(value: Mapping[str, Any]) -> str:
    """A short text for an attribute value."""
    ((kind, content),) = value.items()
    if kind == "S":
        return repr(_cut(content, _VALUE_WIDTH))
    if kind == "N":
        return str(content)
    if kind == "BOOL":
        return str(content).lower()
    if kind == "NULL":
        return "null"
    if kind == "B":
        return f"<{len(content)} characters of base64>"
    return f"<{kind} of {len(content)}>"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
