"""The conformance cases through every road to an emulator, and what the cases themselves promise."""

from __future__ import annotations

import json
import re
import string
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from conformance import cases
from conformance.__main__ import main
from conformance.cases import Case
from conformance.judging import compare
from conformance.notation import Either, Includes, Unordered, fill, parse
from conformance.runner import Runner
from conformance.targets import Endpoint, InProcess, Message, Reply, Wsgi, host_of
from emulator import Emulator, errors
from emulator.errors import Fault

SUITE = cases.load()
SAMPLE = SUITE.cases[::10]


def _named(chosen: tuple[Case, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", chosen, ids=[case.title for case in chosen])


# --- The roads ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def in_process() -> Runner:
    return Runner(SUITE, InProcess(Emulator()))


@pytest.fixture(scope="module")
def through_wsgi() -> Runner:
    return Runner(SUITE, Wsgi(Emulator()))


@pytest.fixture(scope="module")
def over_http() -> Iterator[Runner]:
    with Emulator().serve() as server:
        target = Endpoint(server.url, emulator=server.emulator)
        yield Runner(SUITE, target)
        target.close()


@pytest.fixture(scope="module")
def stranger() -> Iterator[tuple[Runner, Emulator]]:
    """A runner that knows its endpoint by its URL alone, and the emulator behind it."""
    with Emulator().serve() as server:
        target = Endpoint(server.url)
        yield Runner(SUITE, target), server.emulator
        target.close()


@_named(SUITE.cases)
def test_in_process(in_process: Runner, case: Case) -> None:
    result = in_process.run(case)
    assert result.agrees, result.report()


@_named(SUITE.cases)
def test_over_http(over_http: Runner, case: Case) -> None:
    result = over_http.run(case)
    assert result.agrees, result.report()


@_named(SAMPLE)
def test_through_wsgi(through_wsgi: Runner, case: Case) -> None:
    result = through_wsgi.run(case)
    assert result.agrees, result.report()


@_named(SAMPLE)
def test_leaves_nothing_behind_on_an_endpoint_it_knows_by_url_alone(
    stranger: tuple[Runner, Emulator], case: Case
) -> None:
    runner, emulator = stranger
    result = runner.run(case)
    assert result.agrees, result.report()
    runner.call("ListTables", {})  # a deleted table is gone with the next request
    left = {name: items for tables in emulator.tables().values() for name, items in tables.items()}
    assert set(left.values()) <= {0}
    assert {name.removeprefix("conformance-") for name in left} <= SUITE.tables.keys()


# --- The suite ------------------------------------------------------------------------------------


def test_case_names_are_unique() -> None:
    repeated = [title for title, count in Counter(case.title for case in SUITE.cases).items() if count > 1]
    assert repeated == []


def test_every_case_names_its_page_and_how_certain_it_is() -> None:
    assert [case.title for case in SUITE.cases if case.tag not in cases.TAGS or not case.page.split()[1:]] == []


NOT_TO_BE_PROVOKED = {
    "NOT_BUILT": "no answer of the service",
    "PARAMETER_NOT_BUILT": "no answer of the service",
    "TOO_MANY_CONNECTIONS": "no answer of the service",
    "FILE_NOT_WRITTEN": "no answer of the service",
    "MEMORY_CEILING": "no answer of the service",
    "TABLES_LIMITED": "takes 2,500 tables",
    "INDEX_BACKFILLING": "takes an index that stays CREATING",
    "TABLE_IN_USE": "takes a table that stays CREATING",
    "INDEXES_IN_USE": "takes an index that stays CREATING",
    "INDEX_IN_USE": "takes an index that stays UPDATING",
    "INDEX_UPDATE_NOTHING": "no page speaks of it",
    "POLICY_PENDING": "takes a status delay",
    "POLICY_PENDING_DELETION": "takes a status delay",
    "KINESIS_STREAM_UNUSABLE": "no error, but the description of a destination",
    "INSIGHTS_TABLE_NOT_ACTIVE": "takes a table that stays UPDATING",
    "INSIGHTS_INDEX_NOT_ACTIVE": "takes an index that stays CREATING",
    "INSIGHTS_RULES_LIMITED": "no error, but the description of a setting",
    "VECTOR_INDEX_ALLOCATING": "takes an index that stays CREATING",
    "VECTOR_INDEX_BACKFILLING": "takes an index that stays CREATING",
    "BULK_OF_GLOBAL_TABLE": "no page has the text; see tests/unit/operations/test_bulk_operations.py",
    "BULK_GOES_ON": "no page has the text; see tests/unit/operations/test_bulk_operations.py",
    "REPLICA_BEING_ADDED": "takes a replica that stays CREATING",
    "ITERATOR_EXPIRED": "takes 15 minutes",
    "DATA_TRIMMED": "takes 24 hours",
    "IMPORTS_LIMITED": "takes 50 imports that go on",
    "KEY_NOT_KEPT": "no answer of the service",
    "ITEMS_INVALID": "stands in the description of an import, see tests/api/test_imports.py",
    "NO_SUCH_BUCKET": "stands in the description of a job, and in cases of imports",
    "BACKUPS_BEING_ENABLED": "takes a table that becomes ACTIVE later than at once",
    "BACKUP_BEING_CREATED": "takes a backup that stays CREATING",
    "BACKUP_BEING_RESTORED": "takes a table that stays CREATING",
    "BACKUP_BEING_RESTORED_ELSEWHERE": "takes a table that stays CREATING",
    "RESTORE_TARGET_IN_USE": "takes a table that stays CREATING",
    "RESTORES_LIMITED": "takes 50 tables that stay CREATING",
}


class _Recording(InProcess):
    """Keeps the messages of all errors that were answered, those of members of a batch included."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self.messages: set[str] = set()

    def send(self, message: Message) -> Reply:
        reply = super().send(message)
        if reply.status != 200 and reply.body.startswith(b"{"):
            body = json.loads(reply.body)
            self.messages.add(body.get("message") or body.get("Message") or "")
        if reply.status == 200 and b'"Error":' in reply.body:
            members = json.loads(reply.body)["Responses"]
            self.messages.update(member["Error"]["Message"] for member in members if "Error" in member)
        return reply


def test_every_error_text_is_provoked_by_a_case() -> None:
    target = _Recording(Emulator())
    runner = Runner(SUITE, target)
    for case in SUITE.cases:
        runner.run(case)
    answered = "\n".join(sorted(target.messages))
    texts = {name: fault.text if isinstance(fault, Fault) else fault for name, fault in vars(errors).items()}
    unprovoked = {
        name
        for name, text in texts.items()
        if name.isupper() and name[0] != "_" and isinstance(text, str) and not re.search(_pattern(text), answered)
    }
    assert unprovoked == NOT_TO_BE_PROVOKED.keys()


def _pattern(text: str) -> str:
    """A pattern of the messages that the template `text` makes."""
    parts = string.Formatter().parse(text)
    return "".join(re.escape(literal) + (".*" if field is not None else "") for literal, field, _, _ in parts)


# --- The notation ---------------------------------------------------------------------------------


def _filled(text: str, **names: Any) -> Any:
    return fill(parse(text), names.__getitem__)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{NULL: true, N: no, S: null, i: 5, f: 1.5}", {"NULL": True, "N": "no", "S": None, "i": 5, "f": 1.5}),
        ("[<a>, x<a>y, '<a><b>']", [[1], "x[1]y", "[1]b"]),
        ("!repeat [<b>, 3]", "bbb"),
        ("!text [x, !repeat [y, 2], <b>]", "xyyb"),
        ('!join [", ", !series [3, ":v<n>"]]', ":v1, :v2, :v3"),
        ("!entries [2, k<n>, {S: <n>}]", {"k1": {"S": "1"}, "k2": {"S": "2"}}),
        ("!nested [2, {S: x}]", {"M": {"a": {"M": {"a": {"S": "x"}}}}}),
        ("!base64 abc", "YWJj"),
        ("!json {c: [<a>, true]}", '{"c":[[1],true]}'),
        ("!merge [{a: 1, b: 2}, {b: 3}]", {"a": 1, "b": 3}),
    ],
)
def test_a_notation_makes_a_value(text: str, value: object) -> None:
    assert _filled(text, a=[1], b="b") == value


def test_a_name_that_nobody_defined_is_refused() -> None:
    with pytest.raises(KeyError):
        _filled("[<nowhere>]")


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(Exception, match="a key stands twice"):
        parse("{a: 1, a: 2}")


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": parse("!absent")}, {}),
        (parse("!any"), None),
        (parse("!matching 'a+'"), "aaa"),
        (parse("!containing b"), "abc"),
        (parse("!near 0.4"), 0.40000001),
        (Either(["x", parse("!matching y+")]), "yy"),
        (Unordered([{"S": "a"}, {"S": "b"}]), [{"S": "b"}, {"S": "a"}]),
        (Includes({"a": 1, "c": parse("!absent")}), {"a": 1, "b": 2}),
    ],
)
def test_an_answer_agrees(expected: object, got: object) -> None:
    assert list(compare(expected, got, "answer")) == []


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": parse("!any")}, {}),
        ({"a": parse("!absent")}, {"a": None}),
        ([1, 2], [1]),
        (parse("!matching 'a+'"), "aab"),
        (parse("!containing b"), "ac"),
        (parse("!near 0.4"), 0.40001),
        (parse("!near 0.4"), "0.4"),
        (Either(["x", "y"]), "z"),
        (Unordered([1, 2]), [1, 1]),
        (Includes({"a": 1}), {"a": 2}),
        (Includes({"a": 1}), {}),
    ],
)
def test_an_answer_differs(expected: object, got: object) -> None:
    assert len(list(compare(expected, got, "answer"))) == 1


# --- The runner and its command -------------------------------------------------------------------


def _case(**members: Any) -> Case:
    written = {"name": "A case", "page": "items.md 4", "tag": "observed", "table": "hash", **members}
    (case,) = cases.cases_of("trial", {"about": "Trials", "cases": [written]})
    return case


def test_a_difference_is_reported_with_its_place_and_both_values(in_process: Runner) -> None:
    case = _case(items=[{"pk": {"S": "a"}}], GetItem={"Key": {"pk": {"S": "a"}}}, answer={"Item": {"pk": {"S": "b"}}})
    report = in_process.run(case).report()
    assert report.splitlines()[:3] == [
        "trial: A case  [observed, items.md 4]",
        "  answer.Item.pk.S: expected 'b'",
        "                         got 'a'",
    ]


def test_a_case_that_cannot_be_prepared_differs(in_process: Runner) -> None:
    case = _case(items=[{"wrong": {"S": "a"}}], GetItem={"Key": {"pk": {"S": "a"}}}, answer={})
    assert "could not be prepared: PutItem" in in_process.run(case).report()


def test_a_member_that_is_absent_is_not_sent_at_any_depth(in_process: Runner) -> None:
    item = parse("{pk: {S: a}, list: {L: [{S: b, N: !absent }]}, gone: !absent }")
    result = in_process.run(_case(PutItem={"Item": item}, answer={}))
    assert result.agrees, result.report()


def test_an_error_is_no_answer(in_process: Runner) -> None:
    assert not in_process.run(_case(GetItem={}, answer={})).agrees


def test_a_case_does_not_see_what_another_one_wrote(in_process: Runner) -> None:
    in_process.run(_case(PutItem={"Item": {"pk": {"S": "a"}}}, answer={}))
    assert in_process.run(_case(GetItem={"Key": {"pk": {"S": "a"}}}, answer={})).agrees


def test_what_an_answer_held_is_kept_for_the_requests_that_follow(in_process: Runner) -> None:
    item = {"pk": {"S": "a"}, "other": {"S": "b"}}
    read = {"GetItem": {"Key": {"pk": {"S": "a"}}}, "keep": {"found": "Item.other"}}
    case = _case(
        items=[item, {"pk": {"S": "b"}}],
        given=[read],
        GetItem={"Key": {"pk": "<found>"}},
        answer={"Item": {"pk": {"S": "b"}}},
    )
    assert in_process.run(case).agrees


def test_a_part_that_an_answer_does_not_have_cannot_be_kept(in_process: Runner) -> None:
    read = {"GetItem": {"Key": {"pk": {"S": "a"}}}, "keep": {"found": "Item.other"}}
    report = in_process.run(_case(given=[read], GetItem={"Key": {"pk": "<found>"}}, answer={})).report()
    assert "could not be prepared: there is no Item.other in {}" in report


def test_the_real_service_is_asked_for_another_region_at_the_host_of_that() -> None:
    message = Message("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.ListTables"}, b"{}", region="us-west-2")
    assert host_of(message, "dynamodb.eu-west-1.amazonaws.com") == "dynamodb.us-west-2.amazonaws.com"


def test_a_step_may_be_asked_in_another_region(in_process: Runner) -> None:
    elsewhere = {"ListTables": {}, "region": "<other-region>", "answer": {"TableNames": []}}
    here = {"DescribeTable": {}, "answer": parse("{Table: !includes {TableName: <hash>}}")}
    result = in_process.run(_case(**elsewhere, afterwards=[here]))
    assert result.agrees, result.report()


@pytest.mark.parametrize(
    ("url_host", "api", "host"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", "DynamoDBStreams_20120810", "streams.dynamodb.eu-west-1.amazonaws.com"),
        ("dynamodb.eu-west-1.amazonaws.com", "DynamoDB_20120810", "dynamodb.eu-west-1.amazonaws.com"),
        ("127.0.0.1:8000", "DynamoDBStreams_20120810", "127.0.0.1:8000"),
    ],
)
def test_only_the_real_service_is_asked_for_streams_at_a_host_of_its_own(url_host: str, api: str, host: str) -> None:
    message = Message("POST", "/", {"X-Amz-Target": f"{api}.ListStreams"}, b"{}")
    assert host_of(message, url_host) == host


@pytest.mark.parametrize(
    ("url_host", "host"),
    [
        ("dynamodb.eu-west-1.amazonaws.com", "search-dynamodb.eu-west-1.amazonaws.com"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
    ],
)
def test_only_the_real_service_is_asked_for_vectors_at_a_host_of_its_own(url_host: str, host: str) -> None:
    message = Message("POST", "/", {"X-Amz-Target": "DynamoDB_20120810.SearchVectors"}, b"{}")
    assert host_of(message, url_host) == host


@pytest.mark.parametrize(
    "members",
    [
        {"GetItem": {}, "PutItem": {}, "answer": {}},
        {"answer": {}},
        {"GetItem": {}},
        {"GetItem": {}, "answer": {}, "tag": "guessed"},
        {"GetItem": {}, "answer": {}, "page": ""},
        {"GetItem": {}, "answer": {}, "given": [{"PutItem": {}, "answer": {}}]},
        {"GetItem": {}, "answer": {}, "each": [["a", "b"], [1]]},
        {"keep": {"a": "Item"}, "answer": {}},
    ],
)
def test_a_case_that_does_not_say_what_it_must_is_refused(members: dict[str, Any]) -> None:
    with pytest.raises(cases.CaseError):
        _case(**members)


def test_the_command_counts_what_agrees() -> None:
    result = CliRunner().invoke(main, ["--area", "projections", "--match", "AttributesToGet"])
    assert (result.exit_code, result.output.splitlines()[2].split()) == (0, ["projections", "7", "7", "0", "0"])


def test_the_command_fails_when_an_endpoint_answers_otherwise() -> None:
    with Emulator().serve() as server:
        options = ["--endpoint-url", f"{server.url}/nothing-here", "--area", "scan", "--match", "Limit 0"]
        result = CliRunner().invoke(main, options)
    assert (result.exit_code, "<UnknownOperationException/>" in result.output) == (1, True)


def test_the_command_lists_cases_without_asking() -> None:
    result = CliRunner().invoke(main, ["--list", "--area", "scan", "--match", "Limit 0"])
    assert result.output == "scan: Limit 0 is refused with the value  [observed, query_scan.md 2]\n"
