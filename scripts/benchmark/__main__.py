"""The command: `./scripts/bench`, or `python -m scripts.benchmark`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

import click

from scripts.benchmark import peers, plan, raw, report
from scripts.benchmark.plan import GROUPS
from scripts.benchmark.progress import Progress
from scripts.benchmark.results import Results
from scripts.benchmark.servers import OUR_COMMAND, OURS, Target
from scripts.benchmark.workload import QUICK, Sizes

_PROGRAM = "scripts/bench"
_ROUNDS = 3


def _commands(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> list[Target]:
    try:
        return [peers.from_command(text) for text in given]
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None


def _groups(context: click.Context, parameter: click.Parameter, given: str | None) -> list[str]:
    if given is None:
        return list(GROUPS)
    chosen = [name.strip() for name in given.split(",")]
    for name in chosen:
        if name not in GROUPS:
            raise click.BadParameter(f"{name!r} is not one of {', '.join(GROUPS)}.")
    return chosen


def _new_file(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """A file that can be written: found out now, not at the end of a long run."""
    if path is not None and not os.access(path if path.exists() else path.absolute().parent, os.W_OK):
        raise click.BadParameter(f"{str(path)!r} cannot be written.")
    return path


_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--peer",
    "commands",
    metavar="NAME=COMMAND",
    multiple=True,
    callback=_commands,
    help="Another emulator, {port} in its command being the port it is to take; repeatable.",
)
@click.option(
    "--peers-from",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Find peers: those of npm in DIR/node_modules, moto in a virtual environment in DIR.",
)
@click.option(
    "--moto-python",
    metavar="PYTHON",
    type=click.Path(exists=True, dir_okay=False),
    help="The Python that has moto[server], instead of one in DIR.",
)
@click.option(
    "--only", "groups", metavar="GROUP[,GROUP]", callback=_groups, help=f"Measure only these: {', '.join(GROUPS)}."
)
@click.option("--quick", is_flag=True, help="Small sizes and one round: to see that it runs, not for figures.")
@click.option(
    "--rounds", type=click.IntRange(min=1), help=f"Measure all so often, and print medians.  [default: {_ROUNDS}]"
)
@click.option("--seconds", type=click.IntRange(1, 600), help=f"Length of a run of wrk.  [default: {Sizes().seconds}]")
@click.option(
    "--markdown", type=_FILE, callback=_new_file, help="Write the tables to this file, or into its marked part."
)
@click.option("--json", "json_path", type=_FILE, callback=_new_file, help="Write every value of every round.")
def cli(**given: Any) -> None:
    """Measure this emulator, and others beside it, in one run: all in the first round, then all in the next.

    \b
    ./scripts/bench
    ./scripts/bench --peers-from ~/peers --rounds 5 --markdown docs/benchmark.md
    ./scripts/bench --only http,bulk --peer "dynalite=npx dynalite --port {port}"

    docs/benchmark.md says what each figure means and how to install the others. Machines are noisy: compare figures
    of one run, not of two.
    """
    options = Options(**given)
    targets, notes = _targets(options)
    groups = options.groups
    if "http" in groups and not raw.is_installed():
        notes.append(raw.MISSING_WRK)
        groups = [name for name in groups if name != "http"]
    for note in notes:
        click.echo(note, err=True)
    if not groups:
        raise click.ClickException("nothing is left to measure.")
    _measure(options, targets, groups)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was asked for."""

    commands: list[Target]
    peers_from: Path | None
    moto_python: str | None
    groups: list[str]
    quick: bool
    rounds: int | None
    seconds: int | None
    markdown: Path | None
    json_path: Path | None

    @property
    def sizes(self) -> Sizes:
        sizes = QUICK if self.quick else Sizes()
        return sizes if self.seconds is None else replace(sizes, seconds=self.seconds)

    @property
    def number_of_rounds(self) -> int:
        return self.rounds or (1 if self.quick else _ROUNDS)

    @property
    def summary(self) -> str:
        rounds = self.number_of_rounds
        medians = f"medians of {rounds} rounds" if rounds > 1 else "one round"
        return f"{medians}, wrk for {self.sizes.seconds} s{', small sizes (--quick)' * self.quick}"


def _targets(options: Options) -> tuple[list[Target], list[str]]:
    """This emulator and its peers; and what there is to say about those that were not found."""
    targets = [Target(OURS, OUR_COMMAND), *options.commands]
    notes = []
    if options.peers_from is not None:
        found, missing = peers.found(options.peers_from, options.moto_python)
        targets += found
        notes = [
            f"{name} is left out: not found from {options.peers_from}, or what runs it is missing." for name in missing
        ]
    elif options.moto_python is not None:
        moto = peers.moto_server(options.moto_python)
        if moto is None:
            raise click.UsageError(f"moto[server] is not installed for {options.moto_python!r}.")
        targets.append(moto)
    names = [target.name for target in targets]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"Two targets are called {name!r}.")
    return targets, notes


def _measure(options: Options, targets: list[Target], groups: list[str]) -> None:
    version = peers.moto_version(sys.executable)
    turns = plan.turns(targets, None if version is None else f"{peers.MOTO} {version}", groups, options.sizes)
    rounds = options.number_of_rounds
    results = Results(OURS)
    try:
        with Progress(rounds * sum(len(turn.steps) for turn in turns)) as progress:
            plan.run(turns, rounds, results, progress)
    finally:  # what is there when somebody has seen enough is shown
        if results.values:
            print(report.as_text(results, GROUPS))
    if options.markdown is not None:
        report.write_markdown(options.markdown, report.as_markdown(results, GROUPS, options.summary))
    if options.json_path is not None:
        options.json_path.write_text(
            report.as_json(results, {"rounds": rounds, "quick": options.quick}), encoding="utf-8"
        )


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit. Whatever the user got wrong is told in one line."""
    try:
        cli.main(arguments, prog_name=_PROGRAM, standalone_mode=False)
    except click.UsageError as error:
        _fail(f"{error.format_message()} See {_PROGRAM} --help.", 2)
    except click.ClickException as error:
        _fail(error.format_message(), 1)
    except click.Abort:
        _fail("stopped.", 130)
    sys.exit(0)


def _fail(message: str, status: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(status)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are stopped on the way out
    main()
