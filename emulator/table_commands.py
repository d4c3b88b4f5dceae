"""What `tables`, `export` and `import` do: they talk to an endpoint, and tell in one line what goes wrong."""

from __future__ import annotations

import errno
import gzip
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from typing import Any, cast

import click
import orjson

from emulator import jsonlines, terminal, transfer
from emulator.apiclient import ApiClient, ApiError, EndpointError

# --- tables ---------------------------------------------------------------------------------------


def list_tables(endpoint_url: str, region: str) -> None:
    with _connected(endpoint_url, region) as client:
        descriptions = list(transfer.list_tables(client.call))
    if not descriptions:
        _say(f"No tables in region {region} of {endpoint_url}; --region looks in another one.")
    elif sys.stdout.isatty():
        rows = [_table_row(description, terminal.readable_bytes) for description in descriptions]
        terminal.print_table(("Table", "Status", "Items", "Size", "Keys", "Indexes"), rows, ("Items", "Size"))
    else:
        for description in descriptions:
            click.echo("\t".join(_table_row(description, str)))


def _table_row(description: dict[str, Any], size: Callable[[int], str]) -> tuple[str, ...]:
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in description.get("AttributeDefinitions", ())}
    keys = [element["AttributeName"] for element in description.get("KeySchema", ())]
    indexes = [
        index["IndexName"]
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes", "VectorIndexes")
        for index in description.get(kind) or ()
    ]
    return (
        description["TableName"],
        description["TableStatus"],
        str(description["ItemCount"]),
        size(description["TableSizeBytes"]),
        ",".join(f"{name}:{types[name]}" for name in keys),
        ",".join(indexes),
    )


# --- export ---------------------------------------------------------------------------------------


def export_table(table: str, output: str, schema: str | None, endpoint_url: str, region: str) -> None:
    count = 0
    with _connected(endpoint_url, region) as client:
        description = transfer.describe(client.call, table)
        if schema is not None:
            with _writing(schema) as file:
                request = transfer.request_of(description)
                file.write(orjson.dumps(request, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        shown = output != "-" or not sys.stdout.isatty()
        bar = terminal.progress(f"Exporting {table}", description["ItemCount"], in_bytes=False, shown=shown)
        with _writing(output) as file, bar as advance_to:
            for items in transfer.export_items(client.call, table):
                file.write(jsonlines.written(items))
                count += len(items)
                advance_to(count)
    _say(f"{_items(count)} exported from {table}.")


# --- import ---------------------------------------------------------------------------------------


def import_table(table: str, file: str, create_from: str | None, endpoint_url: str, region: str) -> None:
    with _connected(endpoint_url, region) as client, _reading(file) as stream:
        if create_from is None:
            transfer.describe(client.call, table)
        else:
            transfer.create(client.call, _definition(create_from, table))
        count = _import(client, table, file, stream)
    _say(f"{_items(count)} imported into {table}.")


def _import(client: ApiClient, table: str, name: str, stream: BufferedReader) -> int:
    """Import the lines of a stream; the number of items."""
    count = 0
    size = os.fstat(stream.fileno()).st_size if name != "-" else None
    try:
        with terminal.progress(f"Importing {table}", size, in_bytes=True, shown=True) as advance_to:
            for step in transfer.import_items(client.call, table, jsonlines.read(jsonlines.decompressed(stream))):
                count += step
                advance_to(stream.tell() if size is not None else 0)
    except jsonlines.LineError as bad:
        place = "stdin" if name == "-" else name
        raise click.ClickException(f"{place}:{bad.number}: {bad}; {_items(count)} written before it.") from bad
    except (ApiError, EndpointError) as error:
        raise click.ClickException(f"{_explained(error, client)}; {_items(count)} written before.") from error
    return count


# --- Endpoints, files and messages ----------------------------------------------------------------


@contextmanager
def _connected(endpoint_url: str, region: str) -> Iterator[ApiClient]:
    """A client; what goes wrong with it ends the command in one clear line."""
    client = ApiClient(endpoint_url, region)
    try:
        yield client
    except (ApiError, EndpointError) as error:
        raise click.ClickException(f"{_explained(error, client)}.") from error
    except KeyError as error:
        raise click.ClickException(f"{endpoint_url} does not answer as a DynamoDB does: no {error}.") from error
    finally:
        client.close()


def _explained(error: ApiError | EndpointError, client: ApiClient) -> str:
    if isinstance(error, EndpointError):
        return str(error)
    if error.code == "ResourceNotFoundException":
        return f"{error} in region {client.region} of {client.endpoint_url}; --region looks in another one"
    return f"{error.code}: {error}"


@contextmanager
def _reading(name: str) -> Iterator[BufferedReader]:
    if name == "-":
        yield cast(BufferedReader, sys.stdin.buffer)
        return
    try:
        file = open(name, "rb")  # noqa: SIM115
    except OSError as error:
        raise click.ClickException(f"cannot read {name}: {error.strerror}.") from error
    with file:
        yield file


@contextmanager
def _writing(name: str) -> Iterator[BufferedIOBase]:
    try:
        if name == "-":
            # Not sys.stdout.buffer: under PYTHONUNBUFFERED that writes a part of what it is given, and does not say so.
            with open(sys.stdout.fileno(), "wb", closefd=False) as file:
                yield file
        else:
            with gzip.open(name, "wb") if name.endswith(".gz") else open(name, "wb") as file:
                yield file
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever read our output has had enough
            raise
        place = "stdout" if name == "-" else name
        raise click.ClickException(f"cannot write {place}: {error.strerror}.") from error


def _definition(name: str, table: str) -> dict[str, Any]:
    """The CreateTable request in a file."""
    with _reading(name) as file:
        text = file.read()
    try:
        return transfer.creation_request(orjson.loads(text), table)
    except ValueError as error:
        raise click.ClickException(f"{name}: {error}.") from error


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _say(text: str) -> None:
    """Tell the person; stdout is for data."""
    click.echo(text, err=True)
