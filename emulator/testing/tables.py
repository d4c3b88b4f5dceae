"""Creating the tables that a test declares: CreateTable's parameters, files of them, templates, functions."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from emulator.testing.documents import read_document
from emulator.testing.intrinsics import Template
from emulator.testing.sources import DeclarationError, Source
from emulator.testing.templates import is_template, template_tables

if TYPE_CHECKING:
    from emulator.instance import Emulator


def create_tables(emulator: Emulator, source: Source, present: Collection[str] = ()) -> None:
    """Create the tables of a source in the emulator's own region, but those that are `present`.

    Raises DeclarationError.
    """
    value = source.value
    if callable(value):
        value(emulator.client())
        return
    try:
        for where, parameters in _declared(value, source, emulator):
            if parameters["TableName"] not in present:
                _create(emulator, where, parameters)
    except DeclarationError as error:
        raise DeclarationError(f"{source.origin}: {error}") from None


def _declared(value: object, source: Source, emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    """CreateTable's parameters for each table, with the place that they come from."""
    if isinstance(value, Path):
        return _in_file(value, {}, emulator)
    if isinstance(value, Mapping):
        if "template" in value:
            if unknown := sorted(value.keys() - {"template", "parameters"}):
                raise DeclarationError(f"a template is given with 'parameters' only, not with {', '.join(unknown)}")
            path = source.places.find(value["template"])
            return _in_file(path, value.get("parameters") or {}, emulator)
        return _of_document(value, "")
    raise DeclarationError(
        f"{value!r} declares no tables; give CreateTable's parameters as a dict, the path of a JSON or YAML file "
        "or of a template, a function that takes a client, or a list of these"
    )


def _in_file(path: Path, parameters: Mapping[str, Any], emulator: Emulator) -> list[tuple[str, dict[str, Any]]]:
    document = read_document(path)
    if is_template(document):
        settings = emulator.settings
        template = Template(str(path), document, parameters, settings.region, settings.account_id)
        tables = template_tables(template)
        return [(f"{path}, {where}", table) for where, table in tables]
    if parameters:
        raise DeclarationError(f"{path} takes no parameters: it is not a template, as it has no Resources")
    return _of_document(document, f"{path}: ")


def _of_document(document: object, prefix: str) -> list[tuple[str, dict[str, Any]]]:
    tables = []
    for parameters in document if isinstance(document, list) else [document]:
        if not isinstance(parameters, Mapping) or "TableName" not in parameters:
            raise DeclarationError(f"{prefix}neither a template nor CreateTable's parameters with a TableName")
        tables.append((f"{prefix}table {parameters['TableName']}", dict(parameters)))
    return tables


def _create(emulator: Emulator, where: str, declared: dict[str, Any]) -> None:
    """Create a table and wait until it is ready. `TimeToLiveSpecification` may stand among CreateTable's parameters."""
    parameters = deepcopy(declared)
    time_to_live = parameters.pop("TimeToLiveSpecification", None)
    _answer(emulator, where, "CreateTable", parameters)
    name = {"TableName": parameters["TableName"]}
    while _answer(emulator, where, "DescribeTable", dict(name))["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(_POLL_SECONDS)
    if time_to_live is not None:
        _answer(emulator, where, "UpdateTimeToLive", {**name, "TimeToLiveSpecification": time_to_live})


_POLL_SECONDS = 0.02


def _answer(emulator: Emulator, where: str, operation: str, request: dict[str, Any]) -> Any:
    reply = emulator.gateway.answer(operation, request, emulator.settings.region)
    if reply.status != 200:
        raise DeclarationError(f"{where}: {refusal(reply.body)}")
    return orjson.loads(reply.body)


def refusal(body: bytes) -> str:
    """What the body of an error says, in one line."""
    error = orjson.loads(body)
    code = error["__type"].rpartition("#")[2]
    return f"{code}: {error.get('message') or error.get('Message')}"
