"""The benchmark beside what it measures: what it reads, compares, prints and refuses."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator
from scripts.benchmark import bulk, growth, peers, plan, raw, report, savepoints, workload
from scripts.benchmark.__main__ import main
from scripts.benchmark.figures import NOT_SUPPORTED, Fault, Figure, Measured, Unit
from scripts.benchmark.plan import GROUPS, Step, Turn
from scripts.benchmark.progress import Progress
from scripts.benchmark.results import Results
from scripts.benchmark.servers import OUR_COMMAND, OURS, Server, ServerError, Target, UnsupportedError
from scripts.benchmark.workload import QUICK, Sizes

RATE = Figure("http", "PutItem", Unit.REQUESTS)
TIME = Figure("http", "PutItem: 99th percentile", Unit.MILLISECONDS)
TINY = replace(QUICK, calls=20, keys=80, large_keys=40, bulk_items=200)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "benchmark.md"


def results_of(values: dict[str, list[float | Fault]], figure: Figure = RATE) -> Results:
    results = Results(OURS)
    for target, rounds in values.items():
        for value in rounds:
            results.add(target, (figure,), {figure.name: value})
    return results


def quiet() -> Progress:
    return Progress(1, io.StringIO())


# --- Medians and ratios ---------------------------------------------------------------------------


def test_a_cell_is_the_median_of_its_rounds() -> None:
    assert results_of({OURS: [1.0, 100.0, 3.0]}).cell(RATE, OURS) == 3.0


def test_a_fault_in_any_round_is_what_the_cell_shows() -> None:
    assert results_of({OURS: [1.0, Fault("died"), 3.0]}).cell(RATE, OURS) == Fault("died")


def test_what_was_not_measured_has_no_cell() -> None:
    assert results_of({OURS: [1.0]}).cell(RATE, "other") is None


@pytest.mark.parametrize(
    ("figure", "others", "advantage"),
    [
        (RATE, {"slow": [100.0], "fast": [200.0]}, 2.0),
        (TIME, {"slow": [1600.0], "fast": [800.0]}, 2.0),
        (TIME, {"fast": [100.0]}, 0.25),
        (RATE, {"slow": [100.0], "broken": [Fault("died")]}, 4.0),
        (RATE, {"broken": [NOT_SUPPORTED]}, None),
        (RATE, {}, None),
    ],
)
def test_ours_is_compared_with_the_best_other_that_has_a_number(
    figure: Figure, others: dict[str, list[float | Fault]], advantage: float | None
) -> None:
    assert results_of({OURS: [400.0], **others}, figure).advantage(figure) == advantage


def test_there_is_no_ratio_where_ours_failed() -> None:
    assert results_of({OURS: [Fault("died")], "other": [1.0]}).advantage(RATE) is None


@pytest.mark.parametrize(("figure", "best"), [(RATE, "b"), (TIME, "a")])
def test_more_is_better_of_rates_and_less_of_times(figure: Figure, best: str) -> None:
    assert results_of({"a": [1.0], "b": [2.0]}, figure).best(figure) == best


# --- What wrk reports -----------------------------------------------------------------------------

OUTPUT = """Running 2s test @ http://127.0.0.1:8000/
  1 threads and 16 connections
measured {"requests":%d,"microseconds":2000000,"p99":1500.0,"refused":%d,"lost":%d}
"""


def test_the_counts_of_wrk_are_found_in_its_output() -> None:
    assert raw.counts_of(OUTPUT % (500, 3, 1)) == raw.Counts(500, 2_000_000, 1500.0, 3, 1)


def test_an_output_of_wrk_without_counts_is_an_error() -> None:
    with pytest.raises(ValueError, match="no counts"):
        raw.counts_of("unable to connect to 127.0.0.1:1\n")


@pytest.mark.parametrize(("items", "rate"), [(None, 250.0), (25, 6250.0)])
def test_requests_are_counted_a_second_and_batches_by_their_items(items: int | None, rate: float) -> None:
    load = replace(raw.PUT, items=items)
    assert load.read(raw.counts_of(OUTPUT % (500, 0, 0))) == {RATE.name: rate, TIME.name: 1.5}


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((500, 3, 0), "INVALID: 3 of 500 requests failed"),
        ((500, 0, 2), "INVALID: 2 of 502 requests failed"),
        ((0, 0, 0), "INVALID: no answer in time"),
    ],
)
def test_a_run_with_answers_that_failed_is_invalid(counts: tuple[int, int, int], text: str) -> None:
    assert set(raw.PUT.read(raw.counts_of(OUTPUT % counts)).values()) == {Fault(text)}


# --- What is sent ---------------------------------------------------------------------------------


@pytest.mark.parametrize("load", raw.LOADS, ids=lambda load: load.name)
def test_every_request_of_a_load_succeeds_and_its_answer_is_right(load: raw.Load) -> None:
    gateway = Emulator().gateway
    gateway.call("CreateTable", workload.encoded(workload.table(load.table)), "us-east-1")
    for body in raw.contents(load.table, TINY):
        gateway.call("BatchWriteItem", body, "us-east-1")
    replies = [gateway.call(load.operation, workload.encoded(request), "us-east-1") for request in load.requests(TINY)]
    assert all(reply.status == 200 and load.is_right(json.loads(reply.body)) for reply in replies)


def test_transactions_that_follow_each_other_share_no_item() -> None:
    keys = [
        json.dumps(workload.key(start + k, TINY.keys))
        for start in workload.shuffled(TINY.keys, workload.TRANSACTION)
        for k in range(workload.TRANSACTION)
    ]
    assert len(set(keys)) == len(keys) == TINY.keys


@pytest.mark.parametrize(
    ("make", "low", "high"), [(workload.small_item, 170, 180), (workload.large_item, 4_050, 4_120)]
)
def test_items_have_the_size_that_is_said_of_them(make: Callable[[int, int], Any], low: int, high: int) -> None:
    sizes = [len(workload.encoded(make(k, 20_000))) for k in (0, 19_999)]
    assert low <= min(sizes) <= max(sizes) <= high


# --- Many items -----------------------------------------------------------------------------------


class Stand(Server):
    """A server that is an emulator of this process. `spoil` may change a page of Scan."""

    def __init__(self, spoil: Callable[[Any], Any] = lambda page: page) -> None:
        self._gateway = Emulator().gateway
        self._spoil = spoil
        self._tables = set()

    def post(self, operation: str, body: bytes) -> bytes:
        reply = self._gateway.call(operation, body, "us-east-1")
        return json.dumps(self._spoil(json.loads(reply.body))).encode() if operation == "Scan" else reply.body


def without_an_item(page: Any) -> Any:
    return {**page, "Items": page["Items"][1:]}


def test_a_scan_that_finds_everything_has_a_speed() -> None:
    assert isinstance(bulk.measure(Stand(), TINY)[bulk.SCAN.name], float)


def test_a_scan_that_finds_too_little_is_wrong_and_says_so() -> None:
    measured = bulk.measure(Stand(without_an_item), TINY)
    assert measured[bulk.SCAN.name] == Fault("WRONG: 1 of 200, not 2 of 200")


# --- Ours alone -----------------------------------------------------------------------------------


def test_growth_gives_a_time_for_each_size_and_a_ratio_for_each_larger_one() -> None:
    assert set(growth.cost([40, 80])) == {figure.name for figure in growth.figures([40, 80])}


def test_savepoints_are_measured_and_everything_comes_back() -> None:
    (name,) = (figure.name for figure in savepoints.figures([400], 90))
    assert savepoints.cost([400], 90)[name] > 0  # type: ignore[operator]


# --- The run --------------------------------------------------------------------------------------


def run(turn: Turn) -> Results:
    results = Results(OURS)
    plan.run([turn], 1, results, quiet())
    return results


def failing(error: Exception) -> Callable[[], Measured]:
    def measure() -> Measured:
        raise error

    return measure


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (ServerError("no answer to Scan"), Fault("no answer to Scan")),
        (UnsupportedError("TransactWriteItems"), NOT_SUPPORTED),
        (KeyError("Items"), Fault("WRONG answer")),
    ],
)
def test_a_step_that_fails_leaves_a_fault_and_the_next_one_is_made(error: Exception, fault: Fault) -> None:
    steps = (Step("first", (RATE,), failing(error)), Step("second", (TIME,), lambda: {TIME.name: 1.0}))
    results = run(Turn("other", steps))
    assert (results.cell(RATE, "other"), results.cell(TIME, "other")) == (fault, 1.0)


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ((sys.executable, "-c", "raise SystemExit(3)"), "ended with exit code 3 before it answered"),
        (("/nowhere/to-be-found",), "could not be started: "),
    ],
)
def test_a_peer_that_does_not_start_has_that_in_all_its_cells(command: tuple[str, ...], fault: str) -> None:
    steps = (Step("first", (RATE,), lambda server: {RATE.name: 1.0}), Step("second", (TIME,), lambda server: {}))
    results = run(Turn("other", steps, Target("other", command)))
    cells = [results.cell(figure, "other") for figure in (RATE, TIME)]
    assert all(isinstance(cell, Fault) and cell.text.startswith(fault) for cell in cells), cells


def kill(server: Server) -> Measured:
    server.stop()
    return {RATE.name: 1.0}


def test_a_peer_that_dies_has_what_it_gave_before() -> None:
    steps = (Step("first", (RATE,), kill), Step("second", (TIME,), lambda server: {TIME.name: 1.0}))
    results = run(Turn("other", steps, Target("other", OUR_COMMAND)))
    assert [results.cell(figure, "other") for figure in (RATE, TIME)] == [1.0, Fault("died before this")]


def test_a_server_that_refuses_a_request_is_quoted() -> None:
    def measure(server: Server) -> Measured:
        return {RATE.name: len(server.call("DescribeTable", {"TableName": "missing"}))}

    results = run(Turn("other", (Step("only", (RATE,), measure),), Target("other", OUR_COMMAND)))
    assert results.cell(RATE, "other") == Fault("DescribeTable was answered ResourceNotFoundException")


@pytest.mark.parametrize("group", GROUPS)
def test_only_makes_the_steps_of_its_group(group: str) -> None:
    turns = plan.turns([Target(OURS, OUR_COMMAND)], "moto", [group], Sizes())
    assert {figure.group for turn in turns for step in turn.steps for figure in step.figures} == {group}


# --- Peers ----------------------------------------------------------------------------------------


def test_a_command_is_read_as_a_shell_reads_it() -> None:
    target = peers.from_command('a name="/with space/emulator" --port={port}')
    assert target == Target("a name", ("/with space/emulator", "--port={port}"))


def test_peers_of_npm_are_found_with_their_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "node_modules" / "dynalite"
    package.mkdir(parents=True)
    (package / "cli.js").touch()
    (package / "package.json").write_text('{"version": "9.8.7"}')
    monkeypatch.setattr(peers.shutil, "which", lambda name, path=None: f"/bin/{name}" if path is None else None)
    monkeypatch.setattr(peers, "moto_server", lambda python: None)
    targets, missing = peers.found(tmp_path, None)
    assert ([target.name for target in targets], missing) == (
        ["dynalite 9.8.7"],
        ["dynoxide", "DynamoDB Local", "moto"],
    )


# --- The report -----------------------------------------------------------------------------------

SIDE_BY_SIDE = results_of({OURS: [24_834.4], "dynalite": [9_852.0], "moto": [Fault("died")]})


def test_the_tables_for_the_terminal_are_aligned() -> None:
    assert report.as_text(SIDE_BY_SIDE, {"http": "Raw requests"}).splitlines() == [
        "Raw requests",
        "",
        "                     this one  dynalite  moto  against the best other",
        "PutItem, requests/s    24,834     9,852  died               2.5 times",
    ]


def test_markdown_has_the_best_of_a_row_in_bold() -> None:
    lines = report.as_markdown(SIDE_BY_SIDE, {"http": "Raw requests"}, "one round").splitlines()
    assert lines[-3:] == [
        "|  | this one | dynalite | moto | against the best other |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| PutItem, requests/s | **24,834** | 9,852 | died | 2.5 times |",
    ]


def test_targets_without_a_figure_in_a_table_have_no_column_in_it() -> None:
    results = results_of({OURS: [1.5], "dynalite": [1.0]})
    results.add(OURS, (Figure("growth", "GetItem", Unit.MICROSECONDS),), {"GetItem": 12.34})
    lines = report.as_text(results, {"http": "Raw requests", "growth": "Growth"}).splitlines()
    assert lines[-2:] == ["             this one", "GetItem, µs      12.3"]


@pytest.mark.parametrize(("value", "text"), [(0.0142, "0.01"), (7.064, "7.06"), (12.34, "12.3"), (24_834.4, "24,834")])
def test_numbers_are_shown_with_the_digits_that_count(value: float, text: str) -> None:
    assert report.number(value) == text


def test_markdown_goes_into_the_marked_part_of_a_page_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n{report.START}\nold\n{report.END}\nafter\n", encoding="utf-8")
    report.write_markdown(page, "new\n")
    assert page.read_text(encoding="utf-8") == f"# Before\n{report.START}\n\nnew\n\n{report.END}\nafter\n"


def test_a_file_without_a_marked_part_becomes_the_tables(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("something else", encoding="utf-8")
    report.write_markdown(page, "new\n")
    assert page.read_text(encoding="utf-8") == "new\n"


def test_json_has_every_value_and_says_what_failed() -> None:
    (figure,) = json.loads(report.as_json(SIDE_BY_SIDE, {"rounds": 1}))["figures"]
    assert figure["values"] == {OURS: [24_834.4], "dynalite": [9_852.0], "moto": [{"error": "died"}]}


def test_progress_is_one_line_a_step_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with Progress(3, stream) as progress:
        progress.step("first")
        progress.skip(1)
        progress.step("third")
    assert stream.getvalue() == "[1/3] first\n[3/3] third\n"


# --- The command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--only", "http,speed"), "'speed' is not one of start, boto3, http"),
        (("--peer", "dynalite"), "'dynalite': write NAME=COMMAND, with {port} in the command."),
        (("--peer", 'a="{port}'), "No closing quotation."),
        (("--peer", "this one=x {port}"), "Two targets are called 'this one'."),
        (("--peers-from", "/nowhere/at/all"), "'/nowhere/at/all' does not exist."),
        (("--rounds", "0"), "0 is not in the range x>=1."),
        (("--seconds", "x"), "'x' is not a valid integer range."),
        (("--markdown", "/nowhere/at/all.md"), "'/nowhere/at/all.md' cannot be written."),
        (("--speed",), "No such option '--speed'."),
        (("more",), "Got unexpected extra argument (more)"),
    ],
)
def test_a_bad_argument_is_told_in_one_line(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    line = capsys.readouterr().err
    assert (ended.value.code, line.count("\n"), message in line) == (2, 1, True), line


def test_without_wrk_it_is_said_how_to_get_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "is_installed", lambda: False)
    with pytest.raises(SystemExit) as ended:
        main(("--only", "http"))
    errors = capsys.readouterr().err
    assert (ended.value.code, "apt-get install wrk" in errors, "nothing is left to measure" in errors) == (
        1,
        True,
        True,
    )


def test_a_run_prints_its_table_and_writes_its_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, values = tmp_path / "page.md", tmp_path / "values.json"
    with pytest.raises(SystemExit) as ended:
        main(("--quick", "--only", "savepoints", "--markdown", str(page), "--json", str(values)))
    assert ended.value.code == 0
    assert "among 10,000 items, ms" in capsys.readouterr().out
    assert "| savepoint and restore after 1,000 changes among 1,000 items, ms |" in page.read_text(encoding="utf-8")
    assert json.loads(values.read_text(encoding="utf-8"))["rounds"] == 1


# --- The documentation ----------------------------------------------------------------------------


def test_every_group_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", DOCUMENTATION.read_text(encoding="utf-8"), re.MULTILINE)
    assert documented == list(GROUPS)


def test_the_page_has_a_part_for_the_figures() -> None:
    page = DOCUMENTATION.read_text(encoding="utf-8")
    assert 0 < page.find(report.START) < page.find(report.END)
