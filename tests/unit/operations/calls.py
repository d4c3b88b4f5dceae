"""Requests straight to the gateway of an emulator, and tables in short form."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from emulator import Emulator

REGION = "us-east-1"
IPV = "One or more parameter values were invalid: "
VALIDATION = "ValidationException"
NOT_FOUND = "ResourceNotFoundException"
IN_USE = "ResourceInUseException"
LIMIT = "LimitExceededException"

ONE_UNIT = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
ALL = {"ProjectionType": "ALL"}


class Fault(NamedTuple):
    """An error of the service as SDKs show it."""

    code: str
    message: str | None


def invalid(message: str) -> Fault:
    return Fault(VALIDATION, message)


def invalid_value(message: str) -> Fault:
    return Fault(VALIDATION, IPV + message)


class RefusedError(Exception):
    """The service answered with an error."""


def call(emulator: Emulator, operation: str, region: str = REGION, **request: Any) -> dict[str, Any]:
    """The answer to a request; raises `RefusedError` for an error."""
    reply = emulator.gateway.call(operation, orjson.dumps(request), region)
    body: dict[str, Any] = orjson.loads(reply.body)
    if reply.status != 200:
        raise RefusedError(Fault(body["__type"].rpartition("#")[2], body.get("message")))
    return body


def fault_of(emulator: Emulator, operation: str, **request: Any) -> Fault | None:
    """The error that a request is answered with; None if it succeeds."""
    try:
        call(emulator, operation, **request)
    except RefusedError as refused:
        fault: Fault = refused.args[0]
        return fault
    return None


def describe(emulator: Emulator, table: str = "table") -> dict[str, Any]:
    description: dict[str, Any] = call(emulator, "DescribeTable", TableName=table)["Table"]
    return description


def only_index(description: dict[str, Any]) -> dict[str, Any]:
    """The global index of a table that has one."""
    (index,) = description["GlobalSecondaryIndexes"]
    return index


# --- Short forms --------------------------------------------------------------------------------


def definitions(*attributes: str) -> list[dict[str, str]]:
    """AttributeDefinitions; written `name`, or `name:N` where the type is not S."""
    return [
        {"AttributeName": name, "AttributeType": kind or "S"}
        for name, _, kind in (attribute.partition(":") for attribute in attributes)
    ]


def keys(*elements: str) -> list[dict[str, str]]:
    """A KeySchema; written `name` for HASH, `name:RANGE` for RANGE."""
    return [
        {"AttributeName": name, "KeyType": role or "HASH"}
        for name, _, role in (element.partition(":") for element in elements)
    ]


def index(name: str, *elements: str, projection: dict[str, Any] = ALL, **parameters: Any) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": keys(*elements), "Projection": projection, **parameters}


def table(*attributes: str, key: list[dict[str, str]] | None = None, **parameters: Any) -> dict[str, Any]:
    """A CreateTable request with hash key `a`, on-demand unless it has units."""
    billing = {} if "ProvisionedThroughput" in parameters else {"BillingMode": "PAY_PER_REQUEST"}
    return {
        "TableName": "table",
        "AttributeDefinitions": definitions(*(attributes or ("a",))),
        "KeySchema": key or keys("a"),
        **billing,
        **parameters,
    }


def create(emulator: Emulator, *attributes: str, **parameters: Any) -> dict[str, Any]:
    """Make a table; the arguments are those of `table`."""
    description: dict[str, Any] = call(emulator, "CreateTable", **table(*attributes, **parameters))["TableDescription"]
    return description


def update(emulator: Emulator, **request: Any) -> dict[str, Any]:
    answer = call(emulator, "UpdateTable", TableName="table", **request)
    description: dict[str, Any] = answer["TableDescription"]
    return description


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def index_update(kind: str, *arguments: Any, **parameters: Any) -> list[dict[str, Any]]:
    """GlobalSecondaryIndexUpdates of one element; arguments as of `index`, a name alone for Update and Delete."""
    asked = index(*arguments, **parameters) if kind == "Create" else {"IndexName": arguments[0], **parameters}
    return [{kind: asked}]
