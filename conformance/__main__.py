"""The command: `python -m conformance`."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from conformance import cases, peers, reports, runner, targets
from conformance.cases import Case, Suite
from conformance.recordings import RECORDED, Recordings

_AWS = ".amazonaws.com"
_PEER_PATIENCE_SECONDS = 20


def _named_commands(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    commands = {}
    for text in given:
        name, _, command = text.partition("=")
        if not name or "{port}" not in command:
            raise click.BadParameter(f"{text!r}: write NAME=COMMAND, with {{port}} in the command.")
        commands[name] = command
    return commands


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--in-process", is_flag=True, help="Ask an emulator of this process; so it is if nothing else is named.")
@click.option("--wsgi", is_flag=True, help="Ask the WSGI application of an emulator of this process.")
@click.option("--endpoint-url", metavar="URL", help="Ask this endpoint.")
@click.option("--aws", is_flag=True, help="Ask DynamoDB itself, in --region, with the credentials that botocore finds.")
@click.option(
    "--peer",
    "peers",
    metavar="NAME=COMMAND",
    multiple=True,
    callback=_named_commands,
    help="Start another emulator, {port} in its command being the port, and ask it too; repeatable.",
)
@click.option("--region", default="us-east-1", show_default=True, help="The region to sign for.")
@click.option("--sign", is_flag=True, help="Sign with the credentials that botocore finds; always done for AWS itself.")
@click.option(
    "--area", "areas", multiple=True, type=click.Choice(cases.area_names()), help="Only this area; repeatable."
)
@click.option("--match", metavar="REGEX", default="", help="Only cases whose name the expression is found in.")
@click.option("--list", "only_list", is_flag=True, help="Ask nothing; list the cases.")
@click.option("--count", "only_count", is_flag=True, help="Ask nothing; count the cases by area and provenance.")
@click.option("--record", is_flag=True, help="Keep the answers beside the cases, with region and date.")
@click.option("--recorded", is_flag=True, help="Compare with recorded answers instead of what cases expect.")
@click.option(
    "--recordings",
    type=click.Path(path_type=Path),
    default=RECORDED,
    help="Where recordings are kept.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write all results to this file.")
@click.option("--markdown", "markdown_path", type=click.Path(path_type=Path), help="Write the targets side by side.")
@click.option("--html", "html_path", type=click.Path(path_type=Path), help="The same, with the differences as diffs.")
@click.option("--notes", type=click.Path(exists=True, path_type=Path), help="Markdown to go below the matrix.")
@click.option("--quiet", is_flag=True, help="Do not print each difference.")
@click.option("--yes", is_flag=True, help="Do not ask before creating tables on AWS.")
def main(**given: Any) -> None:
    """Ask an endpoint for what is known of DynamoDB, and say where it answers differently.

    \b
    python -m conformance
    python -m conformance --endpoint-url http://127.0.0.1:8000 --area query
    python -m conformance --aws --region eu-west-1 --record
    python -m conformance --in-process --peer "dynalite=npx dynalite --port {port}" --markdown matrix.md

    Ends with 1 when a target that is no --peer answers something otherwise.
    """
    options = Options(**given)
    suite = cases.load(options.areas)
    chosen = _chosen(suite, options.match)
    if options.only_list:
        for case in chosen:
            print(f"{case.title}  [{case.tag}, {case.page}]")
    elif options.only_count:
        print(reports.provenance(chosen))
    else:
        with _only_failures_logged():
            runs = list(_runs(options, suite, chosen))
        _report(options, runs)
        sys.exit(any(run.counts()["agrees"] < len(run.results) for run in runs if not run.is_peer))


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked for."""

    in_process: bool
    wsgi: bool
    endpoint_url: str | None
    aws: bool
    peers: dict[str, str]
    region: str
    sign: bool
    areas: tuple[str, ...]
    match: str
    only_list: bool
    only_count: bool
    record: bool
    recorded: bool
    recordings: Path
    json_path: Path | None
    markdown_path: Path | None
    html_path: Path | None
    notes: Path | None
    quiet: bool
    yes: bool

    @property
    def url(self) -> str | None:
        """The endpoint that is asked, if one is named."""
        return f"https://dynamodb.{self.region}{_AWS}" if self.aws else self.endpoint_url

    @property
    def names_nothing(self) -> bool:
        return not (self.wsgi or self.url or self.peers)


def _chosen(suite: Suite, match: str) -> list[Case]:
    try:
        return [case for case in suite.cases if re.search(match, case.name)]
    except re.error as error:
        raise click.BadParameter(f"{match!r} is no regular expression: {error}", param_hint="--match") from None


# --- Asking ---------------------------------------------------------------------------------------


@contextmanager
def _only_failures_logged() -> Iterator[None]:
    """What an emulator of this process warns of is what its cases ask for; where it fails is still shown."""
    log, handler = logging.getLogger("emulator"), logging.StreamHandler()
    handler.setLevel(logging.ERROR)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


def _runs(options: Options, suite: Suite, chosen: Sequence[Case]) -> Iterator[reports.Run]:
    """The results of each target, one target after the other."""
    url, region = options.url, options.region
    if url is not None and _is_aws(url) and not options.yes:
        _confirm(chosen, region)
    if options.in_process or options.names_nothing:
        from emulator import Emulator

        yield _run(options, suite, chosen, "this emulator", targets.InProcess(Emulator(), region))
    if options.wsgi:
        from emulator import Emulator

        yield _run(options, suite, chosen, "this emulator by WSGI", targets.Wsgi(Emulator(), region))
    if url is not None:
        signer = targets.Signer(region) if options.sign or _is_aws(url) else None
        yield _run(options, suite, chosen, urlsplit(url).netloc, targets.Endpoint(url, region, signer))
    for name, command in options.peers.items():
        try:
            with peers.Peer(command) as peer:
                yield _run_peer(options, suite, chosen, name, peer)
        except peers.PeerError as error:
            raise click.ClickException(str(error)) from None


def _run_peer(options: Options, suite: Suite, chosen: Sequence[Case], name: str, peer: peers.Peer) -> reports.Run:
    """Ask another emulator, which is started again if it does not survive a case."""
    results: list[runner.Result] = []
    started = time.monotonic()
    while len(results) < len(chosen):
        if not peer.is_running:
            peer.start()
        target = targets.Endpoint(peer.url, options.region, timeout_seconds=_PEER_PATIENCE_SECONDS)
        asking = runner.Runner(suite, target, strict=False, patience_seconds=_PEER_PATIENCE_SECONDS)
        with progress(chosen[len(results) :], name) as cases_in_turn:
            for case in cases_in_turn:
                results.append(asking.run(case))
                if not peer.is_running:
                    break
        target.close()
    return _finished(reports.Run(name, results, time.monotonic() - started, is_peer=True))


def _finished(run: reports.Run) -> reports.Run:
    print(f"{run.target}\n{reports.summary(run)}", flush=True)
    return run


def _run(options: Options, suite: Suite, chosen: Sequence[Case], name: str, target: targets.Target) -> reports.Run:
    """Ask one target for all chosen cases. No table stays behind, also after Ctrl-C."""
    asking = runner.Runner(
        suite,
        target,
        prefix=f"conformance-{secrets.token_hex(3)}",
        recordings=Recordings(options.recordings) if options.recorded else None,
    )
    started = time.monotonic()
    results: list[runner.Result] = []
    try:
        with progress(chosen, name) as cases_in_turn:
            for case in cases_in_turn:
                results.append(asking.run(case))
                if not (results[-1].agrees or options.quiet):
                    print(results[-1].report(), end="\n\n", flush=True)
    finally:
        asking.close()
        target.close()
        run = _finished(reports.Run(name, results, time.monotonic() - started))
    if options.record:
        answered = [(result.case, result.answers) for result in results if result.answers]
        count = Recordings(options.recordings).record(options.region, answered)
        print(f"recorded the answers to {count} cases in {options.recordings}")
    return run


@contextmanager
def progress(chosen: Sequence[Case], name: str) -> Iterator[Iterable[Case]]:
    """The cases, with a bar on a terminal."""
    if not sys.stderr.isatty():
        yield chosen
        return
    with click.progressbar(chosen, label=name, file=sys.stderr) as bar:
        yield bar


def _is_aws(endpoint_url: str) -> bool:
    host = urlsplit(endpoint_url).hostname or ""
    return host.endswith((_AWS, _AWS + ".cn", ".api.aws"))


def _confirm(chosen: Sequence[Case], region: str) -> None:
    """Say what will be created in the account, and ask."""
    shared = {case.table for case in chosen if case.table is not None}
    own = sum("<new" in str((case.given, case.steps)) for case in chosen)
    print(
        f"{len(chosen)} cases will be asked of DynamoDB in {region}, with {len(shared)} shared tables, and {own} cases "
        "with tables of their own.\nAll names begin with conformance-; tables are on-demand but where a case is about "
        "provisioned units. They are deleted at the end."
    )
    click.confirm("This costs some money. Go on?", abort=True)


# --- Reporting ------------------------------------------------------------------------------------


def _report(options: Options, runs: Sequence[reports.Run]) -> None:
    notes = options.notes.read_text(encoding="utf-8") if options.notes is not None else ""
    for path, write in (
        (options.json_path, reports.as_json),
        (options.markdown_path, partial(reports.as_markdown, notes=notes)),
        (options.html_path, reports.as_html),
    ):
        if path is not None:
            try:
                path.write_text(write(runs), encoding="utf-8")
            except OSError as error:
                raise click.ClickException(f"{path} could not be written: {error.strerror}") from None


if __name__ == "__main__":
    main()
