"""What `serve` does: an emulator with its tables and items, behind an HTTP server that says when it is ready."""

from __future__ import annotations

import contextlib
import gc
import logging
from collections.abc import Iterator, Sequence
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
        with emulator.at_once():  # or the next start would take what a kill has left for the whole of it
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
        with _collecting_seldom():
            serve_forever(emulator, host, port, announce)
    except ListenError as error:
        raise click.ClickException(f"{error} See --host and --port.") from error


# Net new objects before the young are looked at, young collections before the middle-aged are, and so on.
_GC_THRESHOLDS = (50_000, 20, 20)


@contextlib.contextmanager
def _collecting_seldom() -> Iterator[None]:
    """Have the garbage collector look seldom at what a server holds: records are many and never part of cycles.

    As Python has it, a tenth of the time of a load goes into collections, and a full one halts the server for 0.1 s
    at 300,000 items. So it is a hundredth, and cycles are found after 50,000 objects at the latest.
    """
    before = gc.get_threshold()
    gc.freeze()  # what is there now stays: the modules, and the items of a file
    gc.set_threshold(*_GC_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


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
