"""Converters: closures that bring a member of a request to the type that the service model gives it, in place.

They stop at the first JSON value of a wrong type with a SerializationException (protocol.md 7). Members of structures
that are null or that the model does not know are taken out. Nulls in lists and maps stay; `constraints` refuses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from emulator import errors
from emulator.model import json_types
from emulator.model.attribute_values import MAP_TYPE, attribute_list, attribute_map, attribute_value
from emulator.model.json_types import mismatch
from emulator.model.service import Shape

Converter: TypeAlias = Callable[[Any], Any]
"""From a JSON value, never null, to the converted value: the same object unless it is a scalar."""

_SCALARS: Mapping[str, tuple[Converter, str]] = {
    "string": (json_types.string, json_types.STRING),
    "integer": (json_types.integer, json_types.INTEGER),
    "long": (json_types.long, json_types.LONG),
    "double": (json_types.double, json_types.DOUBLE),
    "boolean": (json_types.boolean, json_types.BOOLEAN),
    "blob": (json_types.blob, json_types.BLOB),
    "timestamp": (json_types.timestamp, json_types.TIMESTAMP),
}


def member_converter(name: str, shapes: Mapping[str, Shape]) -> Converter:
    """The converter of a structure's member whose shape is `name`."""
    if name == "AttributeValue":
        return attribute_value
    return _converter(name, shapes, errors.FIELD_TYPE_UNEXPECTED)


def _element_converter(name: str, shapes: Mapping[str, Shape]) -> Converter:
    """The converter of an element of a list or a value of a map."""
    if shapes[name].type == "structure":
        return _converter(name, shapes, errors.ELEMENT_TYPE_UNEXPECTED)
    return _converter(name, shapes, errors.NESTED_GENERIC_UNEXPECTED)


def _converter(name: str, shapes: Mapping[str, Shape], on_scalar: str) -> Converter:
    shape = shapes[name]
    if shape.type == "structure":
        return _structure(shape, shapes, on_scalar)
    if shape.type == "list":
        return _list(shape, shapes, on_scalar)
    if shape.type == "map":
        return _map(shape, shapes, on_scalar)
    return _SCALARS[shape.type][0]


def java_type(name: str, shapes: Mapping[str, Shape]) -> str:
    """The Java type of a shape, as messages name it."""
    shape = shapes[name]
    if shape.type == "structure":
        return json_types.structure_type(name)
    if shape.type == "list":
        return json_types.list_type(java_type(shape.member, shapes))
    if shape.type == "map":
        return json_types.map_type(java_type(shape.value, shapes))
    return _SCALARS[shape.type][1]


def _structure(shape: Shape, shapes: Mapping[str, Shape], on_scalar: str) -> Converter:
    expected = java_type(shape.name, shapes)
    converters = {member: member_converter(name, shapes) for member, name in shape.members.items()}

    def structure(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise mismatch(value, expected, on_scalar)
        ignored = []
        for member, content in value.items():
            convert = converters.get(member)
            if convert is None or content is None:
                ignored.append(member)
            else:
                value[member] = convert(content)
        for member in ignored:
            del value[member]
        return value

    return structure


def _list(shape: Shape, shapes: Mapping[str, Shape], on_scalar: str) -> Converter:
    if shape.member == "AttributeValue":
        return attribute_list
    expected = java_type(shape.name, shapes)
    convert = _element_converter(shape.member, shapes)

    def elements(value: Any) -> list[Any]:
        if type(value) is not list:
            raise mismatch(value, expected, on_scalar)
        for index, element in enumerate(value):
            if element is not None:
                value[index] = convert(element)
        return value

    return elements


def _map(shape: Shape, shapes: Mapping[str, Shape], on_scalar: str) -> Converter:
    if shape.value == "AttributeValue":
        return attribute_map if on_scalar is errors.FIELD_TYPE_UNEXPECTED else _nested_attribute_map
    expected = java_type(shape.name, shapes)
    convert = _element_converter(shape.value, shapes)

    def entries(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise mismatch(value, expected, on_scalar)
        for key, content in value.items():
            if content is not None:
                value[key] = convert(content)
        return value

    return entries


def _nested_attribute_map(value: Any) -> dict[str, Any]:
    """An element of a list of keys."""
    if type(value) is not dict:
        raise mismatch(value, MAP_TYPE, errors.NESTED_GENERIC_UNEXPECTED)
    return attribute_map(value)
