"""What `serve` does: an emulator with its tables and items, behind an HTTP server that says when it is ready."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

import click

from emulator import Emulator, FileError, Settings
from emulator.operations.context import Observation
from emulator.transports import addresses
from emulator.transports.http import ListenError, serve_forever

_log = logging.getLogger("emulator")

_READY = """\
DynamoDB emulator ready at {url}
Point boto3 at it:
  boto3.client("dynamodb", endpoint_url="{plain_url}", region_name="{region}",
               aws_access_key_id="any", aws_secret_access_key="any")
or any AWS SDK by the environment: AWS_ENDPOINT_URL_DYNAMODB={plain_url}
Ctrl+C stops it."""


def serve(
    settings: Settings,
    host: str,
    port: int,
    db_path: Path | None,
    tables: Sequence[Path],
    seed: Sequence[Path],
    verbose: bool,
) -> None:
    """Serve until a signal comes. What keeps it from doing so is told in one line."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", datefmt="%H:%M:%S")
    try:
        emulator = Emulator(settings, path=db_path)
    except FileError as error:
        raise click.ClickException(f"{error} See --db-path.") from error
    with contextlib.closing(emulator):
        _serve(emulator, host, port, tables, seed, verbose)


def _serve(
    emulator: Emulator, host: str, port: int, tables: Sequence[Path], seed: Sequence[Path], verbose: bool
) -> None:
    if tables or seed:
        _load(emulator, tables, seed)
    if verbose:
        _log.setLevel(logging.INFO)
        emulator.observers.append(_log_request)

    def announce(bound_port: int) -> None:
        url = addresses.url(host, bound_port)
        bold_url = click.style(url, fg="green", bold=True)
        # One write: a reader that has seen the first line may close the pipe.
        click.echo(_READY.format(url=bold_url, plain_url=url, region=emulator.settings.region))

    try:
        serve_forever(emulator, host, port, announce)
    except ListenError as error:
        raise click.ClickException(f"{error} See --host and --port.") from error


def _load(emulator: Emulator, tables: Sequence[Path], seed: Sequence[Path]) -> None:
    from emulator.testing.seeding import put_seed
    from emulator.testing.sources import DeclarationError, Places, Source
    from emulator.testing.tables import create_tables

    here = Places(Path.cwd(), Path.cwd())
    present = emulator.tables().get(emulator.settings.region, {})  # in the file, from an earlier time
    try:
        for path in tables:
            create_tables(emulator, Source(path, "--tables", here), present)
        for path in seed:
            put_seed(emulator, Source(path, "--seed", here), present)
    except DeclarationError as error:
        raise click.ClickException(str(error)) from error


def _log_request(observation: Observation) -> None:
    request, error = observation.request, observation.error
    tables = [request["TableName"]] if "TableName" in request else list(request.get("RequestItems", ()))
    subject = " ".join((observation.operation, *tables))
    outcome = "done" if error is None else f"{error.code}: {error.message}"
    _log.info("%s in %s -> %s", subject, observation.region, outcome)
