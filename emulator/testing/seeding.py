"""Seed items: what a test finds in its tables. Given as data, files or functions, with plain values or DynamoDB-JSON.

Files are JSON, YAML or JSON lines: a mapping of table names to lists of items, or a list (or lines) of the items of
the table that the file is named after. Lines may be those of an export, `{"Item": {...}}`. A directory stands for its
files.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.testing.documents import SUFFIXES, read_document
from emulator.testing.plain_values import is_dynamodb_json, item_of
from emulator.testing.sources import DeclarationError, Source
from emulator.testing.tables import refusal

if TYPE_CHECKING:
    from emulator.instance import Emulator


def put_seed(emulator: Emulator, source: Source, present: Collection[str] = ()) -> None:
    """Put the items of a source into tables of the emulator's own region, but those of tables that are `present`.

    Raises DeclarationError.
    """
    value = source.value
    if callable(value):
        value(emulator.client())
        return
    try:
        for table, items in _declared(value, source):
            if table not in present:
                _put_items(emulator, table, items)
    except DeclarationError as error:
        raise DeclarationError(f"{source.origin}: {error}") from None


def _declared(value: object, source: Source) -> Iterator[tuple[str, Iterable[Any]]]:
    """Table names, each with some of its items."""
    if isinstance(value, Path):
        yield from _in_directory(value) if value.is_dir() else _in_file(value)
    elif isinstance(value, Mapping):
        for table, items in value.items():
            if isinstance(items, (str, os.PathLike)):
                items = _items_of_file(source.places.find(items), table)
            yield table, _checked(items, f"table {table}")
    else:
        raise DeclarationError(
            f"{value!r} is no seed; give a dict of table names and lists of items, the path of a JSON or YAML file, "
            "a function that takes a client, or a list of these"
        )


def _in_directory(directory: Path) -> Iterator[tuple[str, Iterable[Any]]]:
    files = sorted(path for path in directory.iterdir() if path.suffix in SUFFIXES)
    if not files:
        raise DeclarationError(f"{directory} holds no files of items ({', '.join(SUFFIXES)})")
    for path in files:
        yield from _in_file(path)


def _in_file(path: Path) -> Iterator[tuple[str, Iterable[Any]]]:
    document = read_document(path)
    if isinstance(document, Mapping):
        for table, items in document.items():
            yield table, _checked(items, f"{path}, table {table}")
    else:
        yield path.stem, _checked(document, str(path))


def _items_of_file(path: Path, table: str) -> Any:
    """The items of one table: the whole of a list, a table's part of a mapping."""
    document = read_document(path)
    if isinstance(document, Mapping):
        if table not in document:
            raise DeclarationError(f"{path} has no items of table {table}")
        return document[table]
    return document


def _checked(items: Any, where: str) -> Iterable[Any]:
    if isinstance(items, (list, tuple)):
        return items
    raise DeclarationError(f"{where}: the items must be a list, not a {type(items).__name__}")


def _put_items(emulator: Emulator, table: str, items: Iterable[Any]) -> None:
    """One by one, so that a bad item can be told."""
    answer, region = emulator.gateway.answer, emulator.settings.region
    for number, written in enumerate(items, 1):
        try:
            item = item_of(_exported(written))
        except ValueError as error:
            raise DeclarationError(f"table {table}, item {number}: {error}") from None
        reply = answer("PutItem", {"TableName": table, "Item": item}, region)
        if reply.status != 200:
            raise DeclarationError(f"table {table}, item {number}: {refusal(reply.body)}")


def _exported(written: Any) -> Mapping[str, Any]:
    """The item itself out of a line of an export."""
    if not isinstance(written, Mapping):
        raise ValueError(f"an item must be a dict, not a {type(written).__name__}")
    item = written.get("Item")
    if len(written) == 1 and isinstance(item, Mapping) and is_dynamodb_json(item):
        return item
    return written
