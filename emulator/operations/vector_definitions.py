"""Vector indexes as CreateTable and UpdateTable define them: the checks, and the result.

Source: vectors.md 1, 2 and 4. Of what the page gives no text for, the text is that of secondary indexes where they
have one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.definitions import (
    IndexAction,
    Types,
    attribute_types,
    check_projection,
    index_action,
)
from emulator.operations.registry import Request
from emulator.storage.schema import KeyAttribute
from emulator.storage.table import Table
from emulator.storage.vector_index import VectorIndexDefinition

# --- CreateTable --------------------------------------------------------------------------------


def vector_indexes_of_new_table(
    request: Request, types: Types, taken: Iterable[str], *, on_demand: bool
) -> list[VectorIndexDefinition]:
    """The vector indexes that CreateTable asks for; `taken` are the names of its other indexes."""
    requested: list[dict[str, Any]] | None = request.get("VectorIndexes")
    if requested is None:
        return []
    if not requested:
        raise ServiceError(errors.INDEX_LIST_EMPTY, kind="VectorIndexes")
    check_billing_mode(on_demand=on_demand)
    if len(requested) > limits.MAX_VECTOR_INDEXES:
        raise ServiceError(errors.VECTOR_INDEX_LIMIT, limit=limits.MAX_VECTOR_INDEXES)
    names = set(taken)
    indexes: list[VectorIndexDefinition] = []
    for asked in requested:
        index = _vector_index(asked, types)
        if index.name in names:
            raise ServiceError(errors.INDEX_NAME_DUPLICATED, index=index.name)
        names.add(index.name)
        _check_same_dimensions(index, indexes)
        indexes.append(index)
    return indexes


def check_billing_mode(*, on_demand: bool) -> None:
    if not on_demand:
        raise ServiceError(errors.VECTOR_INDEX_PROVISIONED)


# --- One index ----------------------------------------------------------------------------------


def _vector_index(asked: dict[str, Any], types: Types) -> VectorIndexDefinition:
    """A vector index by the attribute definitions of the same request."""
    dimensions, attribute = asked["Dimensions"], asked["VectorAttribute"]["AttributeName"]
    if dimensions > limits.MAX_VECTOR_DIMENSIONS:
        raise ServiceError(errors.VECTOR_DIMENSIONS, limit=limits.MAX_VECTOR_DIMENSIONS)
    if attribute in types:
        raise ServiceError(errors.VECTOR_ATTRIBUTE_DEFINED, name=attribute)
    index = VectorIndexDefinition(
        name=asked["IndexName"],
        attribute=attribute,
        dimensions=dimensions,
        distance=asked["DistanceFunction"],
        projection=asked["Projection"],
        search_schema=_search_schema(asked.get("SearchSchema", ()), types),
        status="CREATING",
    )
    _check_projection(index)
    return index


def _search_schema(elements: Iterable[dict[str, str]], types: Types) -> tuple[KeyAttribute, ...]:
    schema: list[KeyAttribute] = []
    for element in elements:
        name, role = element["AttributeName"], element["SearchSchemaElementType"]
        if name not in types:
            raise ServiceError(errors.SEARCH_SCHEMA_UNDEFINED)
        if any(name == other.name for other in schema):
            raise ServiceError(errors.SEARCH_SCHEMA_REPEATED, name=name)
        schema.append(KeyAttribute(name, types[name], role))
    for role, limit in (("HASH", 1), ("INLINE_FILTER", limits.MAX_INLINE_FILTERS)):
        if sum(attribute.role == role for attribute in schema) > limit:
            raise ServiceError(errors.SEARCH_SCHEMA_LIMIT, role=role, limit=limit)
    return tuple(schema)


def _check_projection(index: VectorIndexDefinition) -> None:
    """The rules of all projections, and the budget of names that the vector and the filters share."""
    check_projection(index.projection)
    listed = index.projection.get("NonKeyAttributes") or ()
    if listed and len(listed) + 1 + len(index.filters) > limits.MAX_VECTOR_PROJECTION:
        raise ServiceError(errors.VECTOR_PROJECTION_LIMIT, index=index.name, limit=limits.MAX_VECTOR_PROJECTION)


def _check_same_dimensions(index: VectorIndexDefinition, others: Iterable[VectorIndexDefinition]) -> None:
    for other in others:
        if other.attribute == index.attribute and other.dimensions != index.dimensions:
            raise ServiceError(errors.VECTOR_DIMENSIONS_CONFLICT, name=index.attribute)


# --- UpdateTable --------------------------------------------------------------------------------


def vector_actions(request: Request) -> list[IndexAction]:
    """The elements in their order: one action each."""
    elements = request.get("VectorIndexUpdates", ())
    faults = errors.VECTOR_INDEX_UPDATE_EMPTY, errors.VECTOR_INDEX_UPDATE_AMBIGUOUS
    return [index_action(element, ("Create", "Delete"), *faults) for element in elements]


def check_vector_indexes_free(table: Table, actions: Iterable[IndexAction]) -> None:
    """Raise if an index that is being made or deleted is in the way of an action.

    This comes before it is asked whether the table is being changed: the refusals name the index (vectors.md 2 and 4).
    """
    if table.definition.status not in ("ACTIVE", "UPDATING"):
        return
    for action in actions:
        index = table.index(action.index)
        if index is not None and index.definition.status == "CREATING":
            if action.kind == "Create":
                raise ServiceError(errors.INDEX_IN_USE, change="created", table=table.name, index=action.index)
            if not index.definition.backfilling:
                raise ServiceError(errors.VECTOR_INDEX_ALLOCATING, table=table.name, index=action.index)
        if any(other.name != action.index and other.definition.status in _IN_WORK for other in table.all_indexes):
            raise ServiceError(errors.INDEX_CHANGES_LIMITED)


_IN_WORK = ("CREATING", "DELETING")


def new_vector_index(table: Table, request: Request, asked: dict[str, Any]) -> VectorIndexDefinition:
    """The index that a Create asks for, which begins to fill when the change is done."""
    if table.index(asked["IndexName"]) is not None:
        raise ServiceError(errors.INDEX_EXISTS)
    index = _vector_index(asked, attribute_types(request.get("AttributeDefinitions", [])))
    existing = [] if table.vectors is None else [other.definition for other in table.vectors.values()]
    if len(existing) >= limits.MAX_VECTOR_INDEXES:
        raise ServiceError(errors.VECTOR_INDEX_LIMIT_UPDATE, limit=limits.MAX_VECTOR_INDEXES)
    _check_same_dimensions(index, existing)
    _check_not_redefined(table, index)
    return replace(index, backfilling=False)


def _check_not_redefined(table: Table, index: VectorIndexDefinition) -> None:
    """Raise if an attribute is something else to the table or to another index of it."""
    roles = {attribute.name: attribute.role for attribute in _searched(table)}
    roles |= {attribute.name: attribute.role for attribute, _ in table.index_keys()}
    roles |= {attribute.name: attribute.role for attribute in table.schema.attributes}
    old = table.definition.attribute_types.get(index.attribute)
    if old is not None:
        raise ServiceError(
            errors.VECTOR_ATTRIBUTE_REDEFINED,
            name=index.attribute,
            old=old,
            role=roles[index.attribute],
            dimensions=index.dimensions,
        )
    for name, new, role in index.search_schema:
        check_no_vector(table, name)
        old = table.definition.attribute_types.get(name, new)
        if old != new:
            raise ServiceError(errors.ATTRIBUTE_REDEFINED, name=name, old=old, new=new, role=role)


def _searched(table: Table) -> list[KeyAttribute]:
    """The search schemas of all vector indexes."""
    return [attribute for index in (table.vectors or {}).values() for attribute in index.definition.search_schema]


def check_no_vector(table: Table, name: str) -> None:
    """Raise if an attribute that is to be defined is the vector of an index."""
    if any(name == index.definition.attribute for index in (table.vectors or {}).values()):
        raise ServiceError(errors.VECTOR_ATTRIBUTE_DEFINED, name=name)


def check_vector_deletion(table: Table, name: str) -> None:
    if table.vectors is None or name not in table.vectors:
        raise ServiceError(errors.INDEX_TO_DELETE_NOT_FOUND, index=name)
