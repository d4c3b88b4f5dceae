"""The console commands: serve an emulator; list, export and import the tables of one that runs.

This module holds the options and help texts; `serve_command` and `table_commands` do the work, and are imported by the
command that needs them: `serve` has to be ready soon. Every option may be given by an environment variable of its
name, `--status-delay` as DYNAMODB_EMULATOR_STATUS_DELAY. Exit codes: 1 when something failed, 2 for bad usage.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click
from click.core import ParameterSource

from emulator import Settings, __version__

_PROGRAM = "dynamodb-emulator"
_DEFAULTS = Settings()
_DEFAULT_PORT = 8000
_MAX_SECONDS = 86_400

# --- Options --------------------------------------------------------------------------------------


def _option(name: str, *more_variables: str, **attributes: Any) -> Callable[[Any], Any]:
    """An option that the environment can set as well."""
    variable = "DYNAMODB_EMULATOR_" + name.removeprefix("--").replace("-", "_").upper()
    shown = attributes.get("default") is not None and not attributes.get("multiple")
    return click.option(name, envvar=[variable, *more_variables], show_envvar=True, show_default=shown, **attributes)


def _matching(pattern: str, what: str) -> Callable[[click.Context, click.Parameter, str], str]:
    def check(context: click.Context, parameter: click.Parameter, text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise click.BadParameter(f"{text!r} is not {what}.")
        return text

    return check


def _seconds(minimum: float) -> Callable[[click.Context, click.Parameter, float], float]:
    def check(context: click.Context, parameter: click.Parameter, value: float) -> float:
        if not minimum <= value <= _MAX_SECONDS:  # NaN is not, either
            raise click.BadParameter(f"{value:g} is not a number of seconds from {minimum:g} to {_MAX_SECONDS}.")
        return value

    return check


def _bytes(context: click.Context, parameter: click.Parameter, value: int | str) -> int:
    """A number of bytes, with a unit or without one."""
    match = re.fullmatch(r"([0-9]+)\s*([KMGT]?)(?:i?B)?", str(value), re.IGNORECASE)
    if match is None:
        raise click.BadParameter(f"{value!r} is not a number of bytes, such as 500000000, 500MB or 2GB.")
    return int(match[1]) << 10 * " KMGT".index(match[2].upper() or " ")


def _host(context: click.Context, parameter: click.Parameter, host: str) -> str:
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise click.BadParameter(f"{host!r} is not the name or address of a host.") from error
    return host


def _endpoint_url(context: click.Context, parameter: click.Parameter, url: str) -> str:
    from emulator.apiclient import EndpointError, check_endpoint_url

    try:
        check_endpoint_url(url)
    except EndpointError as error:
        raise click.BadParameter(f"{error}.") from error
    return url


def _region_option(meaning: str) -> Callable[[Any], Any]:
    return _option(
        "--region",
        default=_DEFAULTS.region,
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
        callback=_endpoint_url,
        help="The emulator to talk to.",
    )(command)


_INPUT = click.Path(exists=True, dir_okay=False, allow_dash=True)
_SOURCE = click.Path(exists=True, path_type=Path)
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
    context.color = _color()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@_option("--host", default="127.0.0.1", callback=_host, help="The address to listen on; 0.0.0.0 for all.")
@_option(
    "--port",
    type=click.IntRange(0, 65535),
    default=_DEFAULT_PORT,
    help="The port to listen on; 0 takes a free one and prints it.",
)
@_region_option("The region of requests that name none.")
@_option(
    "--account-id",
    default=_DEFAULTS.account_id,
    callback=_matching("[0-9]{12}", "an account id: 12 digits"),
    help="The account in ARNs.",
)
@_option(
    "--status-delay",
    type=float,
    default=_DEFAULTS.status_delay,
    callback=_seconds(0),
    help="Seconds that tables and indexes stay CREATING, UPDATING or DELETING.",
)
@_option(
    "--ttl-delay",
    type=float,
    default=_DEFAULTS.ttl_delay,
    callback=_seconds(0),
    help="Seconds from the time at which an item expires (time to live) to its deletion.",
)
@_option(
    "--stream-shards",
    type=click.IntRange(1, 256),
    default=_DEFAULTS.stream_shards,
    help="Shards that a new stream begins with.",
)
@_option(
    "--shard-rollover",
    type=float,
    default=_DEFAULTS.shard_rollover,
    callback=_seconds(0),
    help="Seconds after which a shard of a stream is followed by a child; 0 for never, else at least 60.",
)
@_option(
    "--db-path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the data in this file, and find it there again; it is made if it is not there.",
)
@_option(
    "--durability",
    type=click.Choice(("process", "full")),
    default=_DEFAULTS.durability,
    help="What data in a file survives: the end of the process, or the loss of power too, which takes longer.",
)
@_option(
    "--max-memory",
    default=_DEFAULTS.max_memory,
    callback=_bytes,
    type=click.UNPROCESSED,
    metavar="BYTES",
    help="Refuse requests that add data when it takes this much, e.g. 2GB; 0 for no limit.",
)
@_option(
    "--kinesis-dir",
    type=click.Path(file_okay=False),
    default=_DEFAULTS.kinesis_dir,
    help="A directory for records that tables send to Kinesis streams: a file of JSON lines for each stream.",
)
@_option(
    "--replication-lag",
    type=float,
    default=_DEFAULTS.replication_lag,
    callback=_seconds(0),
    help="Seconds that a change of a global table takes to the other regions.",
)
@_option(
    "--request-timeout",
    type=float,
    default=_DEFAULTS.request_timeout,
    callback=_seconds(0.1),
    help="Seconds that a client has to send a request, and to take an answer.",
)
@_option(
    "--idle-timeout",
    type=float,
    default=_DEFAULTS.idle_timeout,
    callback=_seconds(0.1),
    help="Seconds that a connection without requests is kept open.",
)
@_option(
    "--max-connections",
    type=click.IntRange(min=1),
    default=_DEFAULTS.max_connections,
    help="Connections at one time; more are answered with status 503.",
)
@_option(
    "--bucket-dir",
    default=_DEFAULTS.bucket_dir,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The directory whose directories are the S3 buckets of imports, exports and bulk operations.",
)
@_option(
    "--tables",
    type=_SOURCE,
    multiple=True,
    help="Tables to create first: a JSON or YAML file of CreateTable requests, or a CloudFormation or SAM template.",
)
@_option(
    "--seed",
    type=_SOURCE,
    multiple=True,
    help="Items to put first: a JSON, JSON lines or YAML file named after its table, or a directory of them.",
)
@_option("--verbose", is_flag=True, help="Log every API call to stderr, with its outcome.")
def serve(
    host: str,
    port: int,
    db_path: Path | None,
    tables: Sequence[Path],
    seed: Sequence[Path],
    verbose: bool,
    **settings: Any,
) -> None:
    """Serve DynamoDB over HTTP until Ctrl+C or SIGTERM.

    The first line is printed when requests are answered, so that scripts can wait for it.
    Any access key is accepted. Regions are separate databases. Data is in memory and ends with the server, unless
    --db-path names a file for it.

    \b
    Examples:
      dynamodb-emulator serve
      dynamodb-emulator serve --port 0                   a free port, printed
      dynamodb-emulator serve --db-path dev.db           data that stays
      dynamodb-emulator serve --host 0.0.0.0             reachable from containers
      dynamodb-emulator serve --tables template.yaml --seed Orders.jsonl
      dynamodb-emulator serve --status-delay 2           tables take 2 s to become ACTIVE
      DYNAMODB_EMULATOR_PORT=9000 dynamodb-emulator serve
    """
    from emulator import serve_command

    serve_command.serve(Settings(**settings), host, port, db_path, tables, seed, verbose)


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
    from emulator import table_commands

    table_commands.list_tables(endpoint_url, region)


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
    from emulator import table_commands

    table_commands.export_table(table, output, schema, endpoint_url, region)


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
    """Put the items of a file of JSON lines into TABLE.

    FILE is what `export` writes, or a data file of an AWS export to S3, packed with gzip or not; - reads
    stdin. Items that the table has already under the same keys are replaced. At a line that cannot be
    imported it stops, and names the line; the lines before it are written.

    \b
    Examples:
      dynamodb-emulator import Orders orders.jsonl
      dynamodb-emulator import Orders orders.jsonl --create-from orders.json
      gunzip -c data/*.json.gz | dynamodb-emulator import Orders -
    """
    from emulator import table_commands

    table_commands.import_table(table, file, create_from, endpoint_url, region)


# --- Entry point ----------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None, program: str = _PROGRAM) -> NoReturn:
    """Run a command and exit. Whatever the user got wrong is told in one line."""
    try:
        status = cli.main(arguments, prog_name=program, standalone_mode=False)
    except click.UsageError as error:
        see = f" See {error.ctx.command_path} --help." if error.ctx is not None else ""
        _fail(_sentence(_usage_message(error)) + see, error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except click.Abort:
        _fail("stopped.", 130)
    sys.exit(status if isinstance(status, int) else 0)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


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
    click.echo(click.style("Error: ", fg="red") + message, err=True, color=_color())
    sys.exit(status)


def _color() -> bool | None:
    """Whether to colour; None leaves it to whether there is a terminal. See https://no-color.org"""
    return False if os.environ.get("NO_COLOR") else None
