"""SearchVectors: the items of a vector index whose vectors are nearest to another one. Source: vectors.md 6 to 10."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from emulator import errors, limits
from emulator.capacity import wants_capacity
from emulator.errors import ServiceError
from emulator.expressions import (
    Projection,
    SearchCondition,
    check_placeholders,
    compile_projection,
    compile_search_condition,
)
from emulator.operations.context import Context
from emulator.operations.parameters import Request, check_placeholder_maps, placeholders
from emulator.operations.registry import Response, operation
from emulator.storage.nearest import Found, load_numpy, nearest
from emulator.storage.schema import KeyAttribute
from emulator.storage.table import Table
from emulator.storage.vector_index import VectorIndex
from emulator.values.canonical import canonical_value
from emulator.values.types import AttributeValue, Item, Wording
from emulator.values.vectors import Vector, elements_of, vector_of

_EXPRESSIONS = ("ProjectionExpression", "SearchConditionExpression")
_WITH_VALUES = ("SearchConditionExpression",)

numpy_module = cache(load_numpy)
"""numpy, which takes 100 ms to load and is loaded by the first search; None where it is not installed."""


@dataclass(slots=True)
class _Plan:
    """A search that is checked as far as the request alone allows."""

    query: Vector
    count: int
    condition: SearchCondition | None
    projection: Projection | None
    values: Item


@operation("SearchVectors")
def search_vectors(context: Context, request: Request) -> Response:
    plan = _plan(request)
    table = context.table(request["TableName"])
    index = _searchable(table, request["IndexName"])
    _check_dimension(index, plan.query)
    hash_value, filters = _demanded(index, plan)
    found, passed = _found(index, plan, hash_value, filters)
    response: Response = {"SearchResults": [_result(index, plan.projection, one) for one in found]}
    if wants_capacity(request):
        response["ConsumedCapacity"] = {"VectorSearchRequestBytes": _searched_bytes(plan, found)}
    context.observe(table.name, index.name, evaluated=passed, returned=len(found))
    return response


# --- What the request alone tells -----------------------------------------------------------------


def _plan(request: Request) -> _Plan:
    count = request["TopK"]
    if count > limits.MAX_TOP_K:
        raise ServiceError(errors.TOP_K_RANGE, value=count, limit=limits.MAX_TOP_K)
    query = _query(request["SearchVector"])
    check_placeholder_maps(request, _EXPRESSIONS, _WITH_VALUES)
    names, values = placeholders(request, Wording.CURRENT)
    condition = projection = None
    names_used: frozenset[str] = frozenset()
    if (text := request.get("SearchConditionExpression")) is not None:
        condition = compile_search_condition(text, names, values)
        names_used |= condition.names
    if (text := request.get("ProjectionExpression")) is not None:
        projection = compile_projection(text, names)
        names_used |= projection.names
    values_used = condition.values if condition is not None else ()
    check_placeholders(names, values, names_used=names_used, values_used=values_used)
    return _Plan(query, count, condition, projection, values)


def _query(elements: list[AttributeValue]) -> Vector:
    for element in elements:
        canonical_value(element, Wording.CURRENT)
    query = vector_of(elements)
    if query is None:
        raise ServiceError(errors.SEARCH_VECTOR_INVALID)
    return query


# --- What the index tells -------------------------------------------------------------------------


def _searchable(table: Table, name: str) -> VectorIndex:
    """The vector index by that name, once it is filled."""
    index = table.vectors.get(name) if table.vectors is not None else None
    status = None if index is None else index.definition.status
    if index is not None and status == "CREATING" and index.definition.backfilling:
        raise ServiceError(errors.VECTOR_INDEX_BACKFILLING, index=name)
    if index is None or status != "ACTIVE":
        raise ServiceError(errors.INDEX_NOT_FOUND, index=name)
    return index


def _check_dimension(index: VectorIndex, query: Vector) -> None:
    expected = index.definition.dimensions
    if len(query) != expected:
        raise ServiceError(errors.SEARCH_VECTOR_DIMENSION, actual=len(query), expected=expected)


def _demanded(index: VectorIndex, plan: _Plan) -> tuple[str, list[str | None] | None]:
    """The HASH value to search, "" for none, and the values of the filters, None for those left open.

    The filters are None if the condition contradicts itself.
    """
    definition = index.definition
    schema = {attribute.name: attribute for attribute in definition.search_schema}
    if definition.hash is not None and plan.condition is None:
        raise ServiceError(errors.SEARCH_CONDITION_MISSING)
    operands = plan.condition.operands(plan.values) if plan.condition is not None else []
    for name, _ in operands:
        if name not in schema:
            raise ServiceError(errors.SEARCH_CONDITION_ATTRIBUTE, name=name)
    wanted: dict[str, str] = {}
    is_possible = True
    for name, value in operands:
        text = _operand(schema[name], value)
        is_possible &= wanted.setdefault(name, text) == text
    if definition.hash is None:
        hash_value = ""
    elif definition.hash.name in wanted:
        hash_value = wanted[definition.hash.name]
    else:
        raise ServiceError(errors.SEARCH_CONDITION_MISSING)
    return hash_value, [wanted.get(attribute.name) for attribute in definition.filters] if is_possible else None


def _operand(attribute: KeyAttribute, value: AttributeValue) -> str:
    """The value that an attribute must have, which is of the type it is defined with."""
    if attribute.type not in value:
        raise ServiceError(errors.KEY_CONDITION_TYPE)
    if attribute.role == "HASH":
        attribute.check_value(value)
    text: str = value[attribute.type]
    return text


# --- The search and its results -------------------------------------------------------------------


def _found(
    index: VectorIndex, plan: _Plan, hash_value: str, filters: list[str | None] | None
) -> tuple[list[Found], int]:
    group = index.groups.get(hash_value)
    if group is None or filters is None:
        return [], 0
    return nearest(group, plan.query, index.definition.distance, filters, plan.count, numpy_module())


def _result(index: VectorIndex, projection: Projection | None, found: Found) -> dict[str, Any]:
    item = found.entry.record.decode()
    attribute = index.definition.attribute
    item.pop(attribute, None)
    if projection is not None:
        if attribute in projection.attributes:
            item[attribute] = {"L": elements_of(found.entry.vector)}
        item = projection.apply(item)
    return {"Item": item, "Score": found.score}


def _searched_bytes(plan: _Plan, found: list[Found]) -> int:
    """Bytes of the vector and of the entries that are returned; ours: the service's own figure varies."""
    sizes = [one.entry.size for one in found]
    return max(limits.MIN_VECTOR_REQUEST_BYTES, limits.VECTOR_DIMENSION_BYTES * len(plan.query) + sum(sizes))
