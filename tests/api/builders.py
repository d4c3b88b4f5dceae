"""Requests and data in short form, and the claim that a request is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

ENVELOPE = "1 validation error detected: "
THROUGHPUT = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


# --- Tables ---------------------------------------------------------------------------------------


class Index(NamedTuple):
    """A secondary index; keys are written as in `table_of`, a projection may be a list of attributes."""

    name: str
    keys: tuple[str, ...]
    projection: str | list[str] = "ALL"

    def request(self) -> dict[str, Any]:
        if isinstance(self.projection, str):
            projection: dict[str, Any] = {"ProjectionType": self.projection}
        else:
            projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": self.projection}
        return {"IndexName": self.name, "KeySchema": key_schema(self.keys), "Projection": projection}


def index(name: str, *keys: str, projection: str | list[str] = "ALL") -> Index:
    return Index(name, keys, projection)


def table_of(
    name: str, *keys: str, gsis: Sequence[Index] = (), lsis: Sequence[Index] = (), **parameters: Any
) -> dict[str, Any]:
    """A CreateTable request, on-demand unless it says otherwise.

    A key is written `Name`, or `Name:N` where its type is not S; the first is the partition key.
    """
    notations = [*keys, *(key for member in (*gsis, *lsis) for key in member.keys)]
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": key_schema(keys),
        "AttributeDefinitions": definitions(*notations),
    }
    if gsis:
        request["GlobalSecondaryIndexes"] = [member.request() for member in gsis]
    if lsis:
        request["LocalSecondaryIndexes"] = [member.request() for member in lsis]
    if "ProvisionedThroughput" not in parameters:
        request["BillingMode"] = "PAY_PER_REQUEST"
    return {**request, **parameters}


def definitions(*notations: str) -> list[dict[str, str]]:
    """AttributeDefinitions of keys, each once."""
    return [
        {"AttributeName": name, "AttributeType": kind or "S"}
        for name, _, kind in (notation.partition(":") for notation in dict.fromkeys(notations))
    ]


def key_schema(keys: Iterable[str]) -> list[dict[str, str]]:
    roles = ("HASH", "RANGE")
    return [{"AttributeName": key.partition(":")[0], "KeyType": role} for key, role in zip(keys, roles, strict=False)]


def create(resource: Any, *arguments: Any, **parameters: Any) -> Any:
    """A new table as boto3's Table; arguments as of `table_of`."""
    return resource.create_table(**table_of(*arguments, **parameters))


# --- Items ----------------------------------------------------------------------------------------


def fill(table: Any, items: Iterable[Mapping[str, Any]]) -> None:
    """Write items to boto3's Table."""
    with table.batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)


def filled(resource: Any, request: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> Any:
    """A new table with items, as boto3's Table."""
    table = resource.create_table(**request)
    fill(table, items)
    return table


def typed(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of Python values as a client wants it."""
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def plain(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of a client's answer as Python values."""
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}


def column(items: Iterable[Mapping[str, Any]], name: str) -> list[Any]:
    """One attribute of each item, in order."""
    return [item[name] for item in items]


# --- Refusals -------------------------------------------------------------------------------------


@contextmanager
def refused(message: str, code: str = "ValidationException") -> Iterator[None]:
    """The service answers the request inside with this error, word for word."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, message)


def condition_failed() -> Any:
    """The service answers the request inside with a failed condition."""
    return refused("The conditional request failed", "ConditionalCheckFailedException")


def reserved(kind: str, word: str) -> str:
    """The message about a reserved word used bare in an expression."""
    return f"Invalid {kind}: Attribute name is a reserved keyword; reserved keyword: {word}"
