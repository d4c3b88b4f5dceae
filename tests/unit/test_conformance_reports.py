"""The conformance suite beside its cases: reports of several targets, recordings, other emulators."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conformance import cases
from conformance.__main__ import main
from conformance.cases import Case
from conformance.peers import Peer, PeerError
from conformance.recordings import Answer, Recordings
from conformance.reports import Run, as_html, as_json, as_markdown, provenance, summary
from conformance.runner import Result as CaseResult
from conformance.runner import Runner
from conformance.targets import InProcess, Message, Reply
from emulator import Emulator

SUITE = cases.load(("scan",))
RUN = ("--area", "scan", "--match", "Limit 0")


def case(**members: Any) -> Case:
    written = {"name": "A case", "page": "items.md 4", "tag": "observed", "table": "hash", **members}
    (made,) = cases.cases_of("trial", {"about": "Trials", "cases": [written]})
    return made


def invoke(*options: str) -> Result:
    return CliRunner().invoke(main, options)


# --- Outcomes -------------------------------------------------------------------------------------


class Stubborn(InProcess):
    """Answers a `Scan` as it is told to."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(Emulator())
        self._reply = reply

    def send(self, message: Message) -> Reply:
        if message.headers.get("X-Amz-Target", "").endswith(".Scan"):
            return self._reply
        return super().send(message)


SCAN = case(Scan={}, answer={"Items": [], "Count": 0, "ScannedCount": 0})


def outcome(status: int, body: str) -> CaseResult:
    return Runner(SUITE, Stubborn(Reply(status, {}, body.encode())), strict=False).run(SCAN)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '{"Items": [], "Count": 0, "ScannedCount": 0}', "agrees"),
        (200, '{"Items": [], "Count": 1, "ScannedCount": 0}', "differs"),
        (400, '{"__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "no"}', "differs"),
        (400, '{"__type": "com.amazon.coral.service#UnknownOperationException"}', "lacks"),
        (501, "Not Implemented", "lacks"),
        (500, "a page of HTML", "differs"),
        (200, "a page of HTML", "differs"),
    ],
)
def test_what_a_target_does_not_know_is_told_from_what_it_answers_otherwise(
    status: int, body: str, expected: str
) -> None:
    assert outcome(status, body).outcome == expected


def test_rules_of_all_answers_count_as_differences_of_strict_runs_only() -> None:
    lax = outcome(200, '{"Items": [], "Count": 0, "ScannedCount": 0}')
    strict = Runner(SUITE, Stubborn(Reply(200, {}, b'{"Items": [], "Count": 0, "ScannedCount": 0}'))).run(SCAN)
    assert (lax.outcome, strict.outcome, bool(lax.broken_rules)) == ("agrees", "differs", True)


# --- Reports --------------------------------------------------------------------------------------


@pytest.fixture
def runs() -> list[Run]:
    agreeing, differing = CaseResult(case(Scan={}, answer={}), ()), CaseResult(SCAN, ("status: no\n  <b>",), "Scan {}")
    lacking = CaseResult(SCAN, ("expected an answer, got an error",), lacking=True)
    return [Run("ours", [agreeing, agreeing], 1.0), Run("other", [differing, lacking], 2.0, is_peer=True)]


def test_the_summary_counts_by_area(runs: list[Run]) -> None:
    assert summary(runs[1]).splitlines()[1].split() == ["trial", "2", "0", "1", "1"]


def test_the_matrix_shows_targets_side_by_side(runs: list[Run]) -> None:
    lines = as_markdown(runs, "A note.").splitlines()
    assert "| trial | 2 |  |  | 1 | 1 |" in lines
    assert "A note." in lines


def test_the_page_shows_differences_as_text(runs: list[Run]) -> None:
    page = as_html(runs)
    assert "<del>status: no</del>\n<ins>&lt;b&gt;</ins>" in page


def test_the_json_has_every_case(runs: list[Run]) -> None:
    ours, other = json.loads(as_json(runs))["targets"]
    assert [found["outcome"] for found in ours["cases"]] == ["agrees", "agrees"]
    assert [found["outcome"] for found in other["cases"]] == ["differs", "lacks"]


def test_cases_are_counted_by_how_certain_they_are() -> None:
    table = provenance([case(Scan={}, answer={}), case(Scan={}, answer={}, tag="documented")])
    assert "| trial | 2 | 1 | 1 |" in table.splitlines()


def test_the_command_writes_the_reports(tmp_path: Path) -> None:
    paths = {kind: tmp_path / f"report.{kind}" for kind in ("json", "markdown", "html")}
    options = [text for kind, path in paths.items() for text in (f"--{kind}", str(path))]
    assert invoke(*RUN, "--in-process", "--wsgi", *options).exit_code == 0
    assert all(path.stat().st_size > 200 for path in paths.values())


def test_a_report_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    result = invoke(*RUN, "--json", str(tmp_path / "nowhere" / "report.json"))
    assert (result.exit_code, result.output.splitlines()[-1].startswith("Error: ")) == (1, True)


@pytest.mark.parametrize("options", [("--match", "("), ("--peer", "name"), ("--peer", "name=command")])
def test_bad_options_are_told_in_a_line(options: tuple[str, ...]) -> None:
    result = invoke(*options)
    assert (result.exit_code, "Error: Invalid value" in result.output) == (2, True)


# --- Recordings -----------------------------------------------------------------------------------


def test_what_was_recorded_is_what_the_target_answers_again(tmp_path: Path) -> None:
    recorded = invoke(*RUN, "--record", "--recordings", str(tmp_path))
    again = invoke(*RUN, "--recorded", "--recordings", str(tmp_path))
    assert (recorded.exit_code, again.exit_code) == (0, 0)
    assert list(json.loads((tmp_path / "scan.json").read_text()))


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[..., CaseResult]:
    """Record an answer to a case, run the case, and see what differs from the recording."""

    def recorded(of: Case, status: int, body: str) -> CaseResult:
        recordings = Recordings(tmp_path)
        recordings.record("eu-west-1", [(of, (Answer(status, body),))])
        return Runner(SUITE, InProcess(Emulator()), recordings=Recordings(tmp_path)).run(of)

    return recorded


def test_a_recording_counts_instead_of_what_the_case_expects(recorded: Callable[..., CaseResult]) -> None:
    result = recorded(SCAN, 200, '{"Items": [], "Count": 7, "ScannedCount": 0}')
    assert result.differences == ("answer.Count: expected 7\n                   got 0",)


def test_what_a_case_leaves_open_may_differ_from_the_recording(recorded: Callable[..., CaseResult]) -> None:
    table = case(DescribeTable={}, answer=cases.parse("{Table: !any }"))
    assert recorded(table, 200, '{"Table": {"TableId": "another"}}').agrees


def test_a_member_that_was_not_recorded_differs(recorded: Callable[..., CaseResult]) -> None:
    (difference,) = recorded(SCAN, 200, '{"Items": [], "Count": 0}').differences
    assert difference.startswith("answer.ScannedCount: not in what was recorded")


def test_names_of_tables_stand_in_recordings_as_in_cases(tmp_path: Path) -> None:
    missing = case(Scan={"TableName": "<missing>"}, error={"ResourceNotFoundException": "Requested resource not found"})
    described = case(DescribeTable={}, answer=cases.parse("{Table: !any }"))
    run = Runner(SUITE, InProcess(Emulator()), prefix="conformance-f00")
    bodies = [run.run(each).answers[-1].body for each in (missing, described)]
    assert "conformance-f00" not in bodies[1]
    assert '"TableName":"<hash>"' in bodies[1]


# --- Other emulators ------------------------------------------------------------------------------

SERVER = """
import sys
from emulator import Emulator
from emulator.transports.http import serve_forever
serve_forever(Emulator(), "127.0.0.1", int(sys.argv[1]), lambda port: None)
"""


@pytest.fixture
def server(tmp_path: Path) -> str:
    """A command that starts an emulator."""
    script = tmp_path / "server.py"
    script.write_text(dedent(SERVER))
    return f"{sys.executable} {script} {{port}}"


def test_the_command_starts_peers_and_asks_them(server: str) -> None:
    result = invoke(*RUN, "--peer", f"another one={server}")
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "another one")


def test_a_peer_that_ended_is_started_again(server: str) -> None:
    with Peer(server) as peer:
        peer.stop()
        assert not peer.is_running
        peer.start()
        assert peer.is_running


@pytest.mark.parametrize("command", ["/no/such/program {port}", f"{sys.executable} -c pass {{port}}"])
def test_a_peer_that_does_not_start_is_told_in_a_line(command: str) -> None:
    with pytest.raises(PeerError, match=r"could not be started|ended before it answered"), Peer(command):
        pass
