"""The console commands: serve an emulator; list, export and import the tables of one that runs.

This module holds options, texts and exit codes: 0, 1 when something failed, 2 for bad usage. The work is elsewhere.
Every option may be given by an environment variable of its name, `--status-delay` as DYNAMODB_EMULATOR_STATUS_DELAY.
"""

from __future__ import annotations

import errno
import gzip
import logging
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedIOBase, BufferedReader
from typing import Any, NoReturn, cast

import click
import orjson
from click.core import ParameterSource

from emulator import Settings, __version__, jsonlines, terminal, transfer
from emulator.apiclient import ApiClient, ApiError, EndpointError, check_endpoint_url

_PROGRAM = "dynamodb-emulator"
_DEFAULTS = Settings()
_DEFAULT_PORT = 8000
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}

# --- Options --------------------------------------------------------------------------------------


def _option(name: str, *more_variables: str, **attributes: Any) -> Callable[[Any], Any]:
    """An option that the environment can set as well."""
    variable = "DYNAMODB_EMULATOR_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(name, envvar=[variable, *more_variables], show_envvar=True, **attributes)


def _matching(pattern: str, what: str) -> Callable[[click.Context, click.Parameter, str], str]:
    def check(context: click.Context, parameter: click.Parameter, text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise click.BadParameter(f"{text!r} is not {what}.")
        return text

    return check


def _seconds(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise click.BadParameter(f"{value} is not a number of seconds, 0 or more.")
    return value


def _endpoint_url(context: click.Context, parameter: click.Parameter, url: str) -> str:
    try:
        check_endpoint_url(url)
    except EndpointError as error:
        raise click.BadParameter(f"{error}.") from error
    return url


def _region_option(meaning: str) -> Callable[[Any], Any]:
    return _option(
        "--region",
        default=_DEFAULTS.region,
        show_default=True,
        callback=_matching("[A-Za-z0-9-]+", "the name of a region"),
        help=meaning,
    )


def _endpoint_options(command: Any) -> Any:
    """The options of commands that talk to a running emulator."""
    command = _region_option("The region whose tables are meant.")(command)
    return _option(
        "--endpoint-url",
        "AWS_ENDPOINT_URL_DYNAMODB",
        default=f"http://127.0.0.1:{_DEFAULT_PORT}",
        show_default=True,
        callback=_endpoint_url,
        help="The emulator to talk to.",
    )(command)


_INPUT = click.Path(exists=True, dir_okay=False, allow_dash=True)
_OUTPUT = click.Path(dir_okay=False, allow_dash=True)

# --- Commands -------------------------------------------------------------------------------------


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=_PROGRAM)
@click.pass_context
def cli(context: click.Context) -> None:
    """A local DynamoDB for tests and development.

    \b
    Start it, and point any AWS SDK at it:
      dynamodb-emulator serve
      export AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000

    \b
    Look at what it holds, save it, load it again:
      dynamodb-emulator tables
      dynamodb-emulator export Orders --output orders.jsonl --schema orders.json
      dynamodb-emulator import Orders orders.jsonl --create-from orders.json

    Every option can be set by an environment variable of the same name, for example
    DYNAMODB_EMULATOR_PORT=9000 for --port 9000. The command line wins.

    In Python tests no server is needed: `with emulator.mock():` serves boto3 in the same process.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@_option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@_option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_DEFAULT_PORT,
    show_default=True,
    help="The port to listen on; 0 takes a free one and prints it.",
)
@_region_option("The region of requests that name none.")
@_option(
    "--account-id",
    default=_DEFAULTS.account_id,
    show_default=True,
    callback=_matching("[0-9]{12}", "an account id: 12 digits"),
    help="The account in ARNs.",
)
@_option(
    "--status-delay",
    type=float,
    default=_DEFAULTS.status_delay,
    show_default=True,
    callback=_seconds,
    help="Seconds that tables and indexes stay CREATING, UPDATING or DELETING.",
)
@_option("--verbose", is_flag=True, help="Log every request to stderr.")
def serve(host: str, port: int, verbose: bool, **fields: Any) -> None:
    """Serve DynamoDB over HTTP until Ctrl+C or SIGTERM.

    The first line is printed when requests are answered, so that scripts can wait for it.
    Any access key is accepted. Regions are separate databases. Data is in memory and ends with the server.

    \b
    Examples:
      dynamodb-emulator serve
      dynamodb-emulator serve --port 0                 a free port, printed
      dynamodb-emulator serve --host 0.0.0.0           reachable from containers
      dynamodb-emulator serve --status-delay 2         tables take 2 s to become ACTIVE
      DYNAMODB_EMULATOR_PORT=9000 dynamodb-emulator serve
    """
    _log_to_stderr(verbose)
    raise NotImplementedError


@cli.command()
@_endpoint_options
def tables(endpoint_url: str, region: str) -> None:
    """List the tables of a running emulator.

    On a terminal a table with headings; in a pipe one line a table, tab-separated without headings:
    name, status, items, bytes, keys, indexes.

    \b
    Examples:
      dynamodb-emulator tables
      dynamodb-emulator tables --endpoint-url http://127.0.0.1:9000 --region eu-west-1
      dynamodb-emulator tables | cut -f1               the names alone
    """
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


@cli.command("export")
@click.argument("table")
@_option("--output", type=_OUTPUT, default="-", help="The file to write, gzip if its name ends in .gz; stdout if none.")
@_option("--schema", type=_OUTPUT, help="A file for the table's definition, for import --create-from.")
@_endpoint_options
def export_table(table: str, output: str, schema: str | None, endpoint_url: str, region: str) -> None:
    """Write the items of TABLE as JSON lines.

    Each line is {"Item": {...}} in DynamoDB-JSON, as the exports of AWS to S3 have it.

    \b
    Examples:
      dynamodb-emulator export Orders > orders.jsonl
      dynamodb-emulator export Orders --output orders.jsonl.gz --schema orders.json
      dynamodb-emulator export Orders | jq -r .Item.id.S
    """
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


@cli.command("import")
@click.argument("table")
@click.argument("file", type=_INPUT)
@_option(
    "--create-from",
    type=click.Path(exists=True, dir_okay=False),
    help="Create TABLE first, as this JSON file says: a CreateTable request or an answer of DescribeTable.",
)
@_endpoint_options
def import_table(table: str, file: str, create_from: str | None, endpoint_url: str, region: str) -> None:
    """Put the items of FILE, JSON lines as `export` writes them, into TABLE.

    FILE may be a data file of an AWS export to S3, packed with gzip or not; - reads stdin. Items that the
    table has already under the same keys are replaced. At a line that cannot be imported it stops, and
    names the line; the lines before it are written.

    \b
    Examples:
      dynamodb-emulator import Orders orders.jsonl
      dynamodb-emulator import Orders orders.jsonl --create-from orders.json
      gunzip -c data/*.json.gz | dynamodb-emulator import Orders -
    """
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
            yield cast(BufferedIOBase, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with gzip.open(name, "wb") if name.endswith(".gz") else open(name, "wb") as file:
                yield file
    except OSError as error:
        if error.errno == errno.EPIPE:  # whoever read our output has had enough
            raise
        raise click.ClickException(f"cannot write {name}: {error.strerror}.") from error


def _definition(name: str, table: str) -> dict[str, Any]:
    """The CreateTable request in a file."""
    with _reading(name) as file:
        text = file.read()
    try:
        return transfer.creation_request(orjson.loads(text), table)
    except ValueError as error:
        raise click.ClickException(f"{name}: {error}.") from error


def _table_row(description: dict[str, Any], size: Callable[[int], str]) -> tuple[str, ...]:
    types = {entry["AttributeName"]: entry["AttributeType"] for entry in description.get("AttributeDefinitions", ())}
    keys = [element["AttributeName"] for element in description.get("KeySchema", ())]
    indexes = [
        index["IndexName"]
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
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


def _items(count: int) -> str:
    return "1 item" if count == 1 else f"{count} items"


def _say(text: str) -> None:
    """Tell the person; stdout is for data."""
    click.echo(text, err=True)


def _log_to_stderr(verbose: bool) -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("emulator").setLevel(logging.DEBUG if verbose else logging.WARNING)


# --- Entry point ----------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None, program: str = _PROGRAM) -> NoReturn:
    """Run a command and exit. Whatever the user got wrong is told in one line."""
    try:
        status = cli.main(arguments, prog_name=program, standalone_mode=False)
    except click.UsageError as error:
        see = f" See {error.ctx.command_path} --help." if error.ctx is not None else ""
        _fail(_usage_message(error) + see, error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except click.Abort:
        _fail("stopped.", 130)
    sys.exit(status if isinstance(status, int) else 0)


def _usage_message(error: click.UsageError) -> str:
    """The error in one line; a bad value is put down to the environment variable it came from."""
    option, context = getattr(error, "param", None), error.ctx
    if not (isinstance(error, click.BadParameter) and isinstance(option, click.Option) and context and option.name):
        return error.format_message()
    place = option.opts[0]
    if context.get_parameter_source(option.name) is ParameterSource.ENVIRONMENT:
        variables = option.envvar if isinstance(option.envvar, list) else []
        place = next(name for name in variables if os.environ.get(name))
    return f"Invalid value for {place}: {error.message}"


def _fail(message: str, status: int) -> NoReturn:
    click.secho("Error: ", fg="red", err=True, nl=False)
    click.echo(message, err=True)
    sys.exit(status)
