"""Keys and indexes as CreateTable and UpdateTable define them: the checks, in the service's order, and the result.

Each function checks one part of a request that is well formed by the service model and returns what the storage
keeps of it. Source: tables.md 3.4 to 3.6 and 5.3, indexes.md 1, 2 and 8.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from emulator import errors, limits
from emulator.errors import Fault, ServiceError
from emulator.storage.index import IndexDefinition, IndexKind
from emulator.storage.schema import KeyAttribute, KeySchema
from emulator.storage.throughput import NO_UNITS, Throughput
from emulator.storage.vector_index import VectorIndexDefinition

Types: TypeAlias = dict[str, str]
"""Attribute definitions: name to type, in the order of the request."""

Elements: TypeAlias = list[dict[str, str]]
"""A KeySchema as requests have it."""


@dataclass(frozen=True, slots=True)
class IndexAction:
    """One element of the updates of indexes: what to do (Update, Create or Delete) and what is asked of the index."""

    kind: str
    asked: dict[str, Any]

    @property
    def index(self) -> str:
        name: str = self.asked["IndexName"]
        return name


def index_action(element: dict[str, Any], kinds: Iterable[str], none: Fault, several: Fault) -> IndexAction:
    """The action of an element. Raises `none` or `several` unless it is one."""
    given = [IndexAction(kind, element[kind]) for kind in kinds if kind in element]
    if not given:
        raise ServiceError(none)
    if len(given) > 1:
        raise ServiceError(several)
    return given[0]


def attribute_types(definitions: list[dict[str, str]]) -> Types:
    """AttributeDefinitions; an attribute may be defined once only."""
    types: Types = {}
    for definition in definitions:
        name = definition["AttributeName"]
        if name in types:
            raise ServiceError(errors.DEFINITION_DUPLICATED, name=name)
        types[name] = definition["AttributeType"]
    return types


# --- Key schemas --------------------------------------------------------------------------------


def table_key(elements: Elements, types: Types) -> KeySchema:
    """The key of a table: one or two elements."""
    check_enough_definitions(elements, types)
    return _pair_key(elements, types)


def check_enough_definitions(elements: Elements, types: Types) -> None:
    """Raise if there are more key elements than definitions, an element given twice included."""
    if len(elements) > len(types):
        raise ServiceError(errors.KEY_UNDEFINED)


def _pair_key(elements: Elements, types: Types) -> KeySchema:
    """A key of a HASH element, or of a HASH and a RANGE element."""
    _check_names(elements, types)
    _check_first_is_hash(elements)
    if len(elements) > 1 and elements[1]["KeyType"] != "RANGE":
        raise ServiceError(errors.SECOND_KEY_NOT_RANGE)
    return _key_schema(elements, types)


def _global_index_key(elements: Elements, types: Types) -> KeySchema:
    """A key of up to four HASH elements and up to four RANGE elements behind them."""
    _check_names(elements, types)
    _check_first_is_hash(elements)
    roles = [element["KeyType"] for element in elements]
    if roles != sorted(roles):  # HASH sorts before RANGE
        raise ServiceError(errors.HASH_AFTER_RANGE)
    for role in ("HASH", "RANGE"):
        if roles.count(role) > limits.MAX_INDEX_ATTRIBUTES_PER_ROLE:
            raise ServiceError(errors.TOO_MANY_KEYS_OF_ROLE, role=role)
    return _key_schema(elements, types)


def _check_names(elements: Elements, types: Types) -> None:
    """Raise unless all key attributes are defined and named once."""
    names = _names(elements)
    if not all(name in types for name in names):
        raise ServiceError(errors.KEYS_UNDEFINED, keys=", ".join(names), definitions=", ".join(types))
    if len(set(names)) < len(names):
        raise ServiceError(errors.KEYS_SAME_NAME)


def _check_first_is_hash(elements: Elements) -> None:
    if elements[0]["KeyType"] != "HASH":
        raise ServiceError(errors.FIRST_KEY_NOT_HASH)


def _names(elements: Elements) -> list[str]:
    return [element["AttributeName"] for element in elements]


def _key_schema(elements: Elements, types: Types) -> KeySchema:
    attributes = [
        KeyAttribute(element["AttributeName"], types[element["AttributeName"]], element["KeyType"])
        for element in elements
    ]
    return KeySchema(
        tuple(attribute for attribute in attributes if attribute.role == "HASH"),
        tuple(attribute for attribute in attributes if attribute.role == "RANGE"),
    )


# --- Indexes ------------------------------------------------------------------------------------


def indexes_of_new_table(
    request: dict[str, Any], key: KeySchema, types: Types, *, on_demand: bool
) -> list[IndexDefinition]:
    """The secondary indexes that CreateTable asks for: local ones, then global ones, then what concerns both."""
    local, global_ = request.get(IndexKind.LOCAL.value), request.get(IndexKind.GLOBAL.value)
    if local is None and global_ is None:
        if len(types) != len(key.names) and "VectorIndexes" not in request:
            raise ServiceError(errors.DEFINITION_COUNT)
        return []
    indexes: list[IndexDefinition] = []
    if local is not None:
        indexes += _local_indexes(local, key, types)
    if global_ is not None:
        indexes += _global_indexes(global_, types, _index_names(indexes), on_demand=on_demand)
    check_projected_attributes(indexes)
    return indexes


def _index_names(indexes: Iterable[IndexDefinition]) -> set[str]:
    return {index.name for index in indexes}


def _local_indexes(requested: list[dict[str, Any]], key: KeySchema, types: Types) -> list[IndexDefinition]:
    _check_not_empty(requested, IndexKind.LOCAL)
    if not key.range:
        raise ServiceError(errors.LOCAL_INDEX_NEEDS_RANGE)
    indexes: list[IndexDefinition] = []
    for request in requested:
        index = _local_index(request, key, types)
        _check_new_name(index.name, _index_names(indexes))
        indexes.append(index)
    if len(indexes) > limits.MAX_LOCAL_INDEXES:
        raise ServiceError(errors.LOCAL_INDEX_LIMIT, limit=limits.MAX_LOCAL_INDEXES)
    return indexes


def _local_index(request: dict[str, Any], table_key: KeySchema, types: Types) -> IndexDefinition:
    name = request["IndexName"]
    key = _pair_key(request["KeySchema"], types)
    if not key.range:
        raise ServiceError(errors.LOCAL_INDEX_WITHOUT_RANGE, index=name)
    index_hash, table_hash = key.hash[0].name, table_key.hash[0].name
    if index_hash != table_hash:
        raise ServiceError(errors.LOCAL_INDEX_HASH, index=name, index_hash=index_hash, table_hash=table_hash)
    check_projection(request["Projection"])
    return IndexDefinition(name, IndexKind.LOCAL, key, request["Projection"])


def _global_indexes(
    requested: list[dict[str, Any]], types: Types, taken: set[str], *, on_demand: bool
) -> list[IndexDefinition]:
    _check_not_empty(requested, IndexKind.GLOBAL)
    indexes: list[IndexDefinition] = []
    for request in requested:
        index = global_index(request, types)
        _check_new_name(index.name, taken | _index_names(indexes))
        check_index_throughput(request, on_demand=on_demand)
        indexes.append(index)
    check_global_index_count(len(indexes))
    return indexes


def global_index(request: dict[str, Any], types: Types) -> IndexDefinition:
    """A global index that is to be made, its name and throughput not checked yet."""
    key = _global_index_key(request["KeySchema"], types)
    check_projection(request["Projection"])
    return IndexDefinition(
        request["IndexName"],
        IndexKind.GLOBAL,
        key,
        request["Projection"],
        throughput_of(request.get("ProvisionedThroughput")),
        on_demand_limits=request.get("OnDemandThroughput") or None,
        status="CREATING",
    )


def _check_not_empty(requested: list[dict[str, Any]], kind: IndexKind) -> None:
    if not requested:
        raise ServiceError(errors.INDEX_LIST_EMPTY, kind=kind.value)


def _check_new_name(name: str, taken: set[str]) -> None:
    if name in taken:
        raise ServiceError(errors.INDEX_NAME_DUPLICATED, index=name)


def check_global_index_count(count: int) -> None:
    if count > limits.MAX_GLOBAL_INDEXES:
        raise ServiceError(errors.GLOBAL_INDEX_LIMIT, limit=limits.MAX_GLOBAL_INDEXES)


def check_projection(projection: dict[str, Any]) -> None:
    """Raise unless exactly the projection type INCLUDE comes with attributes, each of them once."""
    kind, listed = projection.get("ProjectionType"), projection.get("NonKeyAttributes")
    if kind is None:
        raise ServiceError(errors.PROJECTION_TYPE_MISSING)
    if kind != "INCLUDE":
        if listed is not None:
            raise ServiceError(errors.PROJECTION_ATTRIBUTES_UNWANTED, type=kind)
        return
    if listed is None:
        raise ServiceError(errors.PROJECTION_ATTRIBUTES_MISSING)
    for position, name in enumerate(listed):
        if name in listed[:position]:
            raise ServiceError(errors.PROJECTION_ATTRIBUTE_DUPLICATED, name=name)


def check_projected_attributes(indexes: Iterable[IndexDefinition]) -> None:
    """Raise if the INCLUDE projections of a table list too many attributes together, repetitions counted."""
    listed: list[Any] = [index.projection.get("NonKeyAttributes") or () for index in indexes]
    if sum(map(len, listed)) > limits.MAX_PROJECTED_ATTRIBUTES:
        raise ServiceError(errors.PROJECTED_ATTRIBUTES_EXCEEDED, limit=limits.MAX_PROJECTED_ATTRIBUTES)


def check_all_used(
    types: Types,
    key: KeySchema,
    indexes: Iterable[IndexDefinition],
    vector_indexes: Iterable[VectorIndexDefinition],
) -> None:
    """Raise if a new table defines an attribute that no key and no search schema has."""
    used = set(key.names).union(*(index.schema.names for index in indexes))
    used.update(attribute.name for index in vector_indexes for attribute in index.search_schema)
    if len(used) < len(types):
        raise ServiceError(
            errors.DEFINITIONS_UNUSED,
            definitions=", ".join(types),
            keys=", ".join(name for name in types if name in used),
        )


# --- Provisioned units --------------------------------------------------------------------------


def throughput_of(requested: dict[str, int] | None) -> Throughput:
    """ProvisionedThroughput; none is zero units."""
    if requested is None:
        return NO_UNITS
    return Throughput(requested["ReadCapacityUnits"], requested["WriteCapacityUnits"])


def check_bounds(requested: dict[str, int], index: str | None = None) -> None:
    """Raise if units are beyond what the service can count; for a table if `index` is None."""
    fault = errors.THROUGHPUT_OUT_OF_BOUNDS if index is None else errors.INDEX_THROUGHPUT_OUT_OF_BOUNDS
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if requested[name] > limits.MAX_THROUGHPUT_UNITS:
            raise ServiceError(fault, value=requested[name], name=name, index=index)


def check_index_throughput(request: dict[str, Any], *, on_demand: bool) -> None:
    """Raise unless a global index has provisioned units exactly if its table has."""
    name, requested = request["IndexName"], request.get("ProvisionedThroughput")
    if on_demand:
        if requested is not None:
            raise ServiceError(errors.INDEX_THROUGHPUT_ON_DEMAND, index=name)
    elif requested is None:
        raise ServiceError(errors.INDEX_THROUGHPUT_MISSING, index=name)
    else:
        check_bounds(requested, name)
