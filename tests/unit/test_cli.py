"""The console commands: what they print, where, and with which exit code."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import emulator
from emulator import Emulator, Settings, cli
from emulator.apiclient import ApiClient

ORDERS = {
    "TableName": "Orders",
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "day", "AttributeType": "N"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "byDay",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
VARIED_ITEM = {
    "id": {"S": "größe 🎁\u2028"},
    "day": {"N": "1.5"},
    "photo": {"B": "AP8Q"},
    "tags": {"SS": ["a", "é"]},
    "sizes": {"NS": ["-1", "12345678901234567890123456789012345678"]},
    "parts": {"BS": ["AA==", "AQ=="]},
    "lines": {"L": [{"M": {"sku": {"NULL": True}}}, {"BOOL": False}]},
}

SERVER_PAGE = Path(__file__).parents[2] / "docs" / "server.md"

Run = Callable[..., "Ended"]


class Ended:
    """A command that has run: its exit code and what it wrote."""

    def __init__(self, code: Any, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("DYNAMODB_EMULATOR_", "AWS_ENDPOINT_URL")):
            monkeypatch.delenv(name)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process."""

    def run_command(*arguments: str | Path) -> Ended:
        with pytest.raises(SystemExit) as ending:
            cli.main([str(argument) for argument in arguments])
        return Ended(ending.value.code, *capfd.readouterr())

    return run_command


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiClient]:
    """A client of a running emulator, which the commands find through the environment."""
    with Emulator().serve() as server:
        monkeypatch.setenv("DYNAMODB_EMULATOR_ENDPOINT_URL", server.url)
        client = ApiClient(server.url, "us-east-1")
        yield client
        client.close()


@pytest.fixture
def orders(endpoint: ApiClient) -> ApiClient:
    """The endpoint with an empty table Orders."""
    endpoint.call("CreateTable", ORDERS)
    return endpoint


def order(number: int, **more: Any) -> dict[str, Any]:
    return {"id": {"S": f"o{number}"}, "day": {"N": str(number)}, **more}


def put(client: ApiClient, *items: dict[str, Any]) -> None:
    for item in items:
        client.call("PutItem", {"TableName": "Orders", "Item": item})


def stored(client: ApiClient, table: str = "Orders") -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.call("Scan", {"TableName": table})["Items"]
    return sorted(items, key=lambda item: float(item["day"]["N"]))


def lines_of(*items: dict[str, Any]) -> str:
    return "".join(json.dumps({"Item": item}) + "\n" for item in items)


# --- Usage ----------------------------------------------------------------------------------------


def test_help_names_every_command(run: Run) -> None:
    helped = run("--help")
    assert (helped.code, helped.err) == (0, "")
    assert all(f"\n  {command} " in helped.out for command in ("serve", "tables", "export", "import"))


@pytest.mark.parametrize("command", ["serve", "tables", "export", "import"])
def test_the_help_of_a_command_has_examples_and_names_the_variables(run: Run, command: str) -> None:
    helped = run(command, "--help")
    assert f"dynamodb-emulator {command}" in helped.out
    assert "DYNAMODB_EMULATOR_REGION" in helped.out


def test_without_a_command_the_help_is_shown(run: Run) -> None:
    assert run().out == run("--help").out


def test_version_is_the_package_s(run: Run) -> None:
    assert run("--version").out == f"dynamodb-emulator, version {emulator.__version__}\n"


def test_every_setting_is_an_option_of_serve_with_the_same_default() -> None:
    options = {parameter.name: parameter.default for parameter in cli.serve.params}
    settings = {field.name: field.default for field in fields(Settings)}
    assert options.items() >= settings.items()


@pytest.mark.parametrize("option", cli.serve.params, ids=lambda option: option.name)
def test_the_page_of_the_server_lists_every_option_with_its_variable_and_default(option: Any) -> None:
    if isinstance(option.default, float):
        default = f"{option.default:g}"
    else:
        default = str(option.default) if option.show_default else ""
    row = " ".join(f"| `{option.opts[0]}` | `{option.envvar[0]}` | {default} |".split())
    assert row in SERVER_PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["serve", "--port", "x"], "Invalid value for --port: 'x' is not a valid integer range"),
        (["serve", "--port", "65536"], "Invalid value for --port: 65536 is not in the range 0<=x<=65535"),
        (["serve", "--host", "a..b"], "Invalid value for --host: 'a..b' is not the name or address of a host"),
        (["serve", "--region", "eu west"], "Invalid value for --region: 'eu west' is not the name of a region"),
        (["serve", "--account-id", "12"], "Invalid value for --account-id: '12' is not an account id: 12 digits"),
        (["serve", "--status-delay", "nan"], "Invalid value for --status-delay: nan is not a number of seconds"),
        (["serve", "--max-connections", "0"], "Invalid value for --max-connections: 0 is not in the range x>=1"),
        (["serve", "--seed", "missing.json"], "Invalid value for --seed: Path 'missing.json' does not exist"),
        (["serve", "--prot", "1"], "No such option"),
        (["srve"], "No such command 'srve'"),
        (["export"], "Missing argument 'TABLE'"),
        (["import", "Orders", "missing.jsonl"], "Invalid value for 'FILE': File 'missing.jsonl' does not exist"),
        (["tables", "--endpoint-url", "localhost:8000"], "'localhost:8000' is no endpoint URL"),
        (["tables", "--endpoint-url", "http://local host"], "'http://local host' is no endpoint URL"),
        (["tables", "--endpoint-url", "http://localhost:x"], "'http://localhost:x' is no endpoint URL"),
        (["tables", "--endpoint-url", "https://dynamodb.eu-west-1.amazonaws.com"], "talks to emulators only"),
    ],
)
def test_bad_usage_is_told_in_one_line_with_code_2(run: Run, arguments: list[str], complaint: str) -> None:
    refused = run(*arguments)
    assert (refused.code, refused.out, refused.err.count("\n")) == (2, "", 1)
    assert complaint in refused.err


def test_a_usage_message_that_ends_with_a_question_gets_no_full_stop(run: Run) -> None:
    assert "?." not in run("srve").err  # newer versions of click ask: Did you mean 'serve'?


@pytest.mark.parametrize(
    ("variable", "value", "command"),
    [
        ("DYNAMODB_EMULATOR_PORT", "eighty", "serve"),
        ("DYNAMODB_EMULATOR_STATUS_DELAY", "-1", "serve"),
        ("DYNAMODB_EMULATOR_REGION", "eu_west", "tables"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "nowhere", "tables"),
    ],
)
def test_a_bad_value_from_the_environment_names_its_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, command: str
) -> None:
    monkeypatch.setenv(variable, value)
    refused = run(command)
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert refused.err.startswith(f"Error: Invalid value for {variable}: ")


def test_the_command_line_wins_over_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNAMODB_EMULATOR_REGION", "eu_west")
    assert "Invalid value for --region: 'mars_1'" in run("tables", "--region", "mars_1").err


# --- serve ----------------------------------------------------------------------------------------


def command_line(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "emulator", *map(str, arguments)]


@contextmanager
def serving(*arguments: str | Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process that has said that it is ready, and its URL."""
    process = subprocess.Popen(
        command_line("serve", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    )
    with process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            match = re.search(r"http://\S+", ready)
            if match is None:
                process.kill()
                pytest.fail(f"no ready line: {ready!r}, {process.communicate()[1]!r}")
            yield process, match[0]
        finally:
            process.terminate()


def ask(url: str, operation: str, region: str = "us-east-1", **request: Any) -> dict[str, Any]:
    client = ApiClient(url, region)
    try:
        return client.call(operation, request)
    finally:
        client.close()


def test_serve_answers_requests_as_soon_as_its_first_line_is_printed() -> None:
    with serving("--port", "0") as (_, url):
        assert ask(url, "ListTables") == {"TableNames": []}


def test_serve_prints_how_to_point_boto3_at_it() -> None:
    with serving("--port", "0", "--region", "eu-west-1") as (process, url):
        process.terminate()
        assert process.stdout is not None
        rest = process.stdout.read()
    assert f'boto3.client("dynamodb", endpoint_url="{url}", region_name="eu-west-1"' in rest
    assert f"AWS_ENDPOINT_URL_DYNAMODB={url}" in rest


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_ends_with_code_0_and_without_a_word_on_a_signal(number: signal.Signals) -> None:
    with serving("--port", "0") as (process, _):
        process.send_signal(number)
        err = process.communicate()[1]
    assert (process.returncode, err) == (0, "")


def test_serve_takes_its_options_from_the_environment() -> None:
    with serving(DYNAMODB_EMULATOR_PORT="0", DYNAMODB_EMULATOR_ACCOUNT_ID="000000000042") as (_, url):
        arn = ask(url, "CreateTable", **ORDERS)["TableDescription"]["TableArn"]
    assert arn == "arn:aws:dynamodb:us-east-1:000000000042:table/Orders"


def test_a_taken_port_is_told_in_one_line_with_code_1() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = subprocess.run(command_line("serve", "--port", port), capture_output=True, text=True, timeout=60)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert f"Port {port} of 127.0.0.1 is taken" in refused.stderr
    assert "--port" in refused.stderr


def test_serve_creates_tables_and_puts_items_before_it_is_ready(tmp_path: Path) -> None:
    (tmp_path / "tables.json").write_text(json.dumps(ORDERS))
    (tmp_path / "Orders.jsonl").write_text(lines_of(order(1)))
    with serving("--port", "0", "--tables", tmp_path / "tables.json", "--seed", tmp_path / "Orders.jsonl") as (_, url):
        assert ask(url, "Scan", TableName="Orders")["Items"] == [order(1)]


def test_seed_items_that_cannot_be_put_are_told_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Orders.jsonl").write_text(lines_of(order(1)))
    refused = run("serve", "--seed", tmp_path / "Orders.jsonl")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "--seed: table Orders, item 1: ResourceNotFoundException: " in refused.err


def test_verbose_logs_every_request_with_its_outcome() -> None:
    with serving("--port", "0", "--verbose") as (process, url):
        ask(url, "ListTables", region="eu-west-1")
        process.terminate()
        err = process.communicate()[1]
    assert re.search(r"INFO ListTables in eu-west-1 -> done$", err, re.MULTILINE)


# --- tables ---------------------------------------------------------------------------------------


def test_tables_in_a_pipe_are_tab_separated(run: Run, orders: ApiClient) -> None:
    put(orders, order(1))
    assert run("tables").out == "Orders\tACTIVE\t1\t9\tid:S,day:N\tbyDay\n"


def test_tables_on_a_terminal_have_headings(run: Run, orders: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")  # no bold
    headings, *rows = [line.split() for line in run("tables").out.splitlines() if line.strip(" ─")]
    assert headings == ["Table", "Status", "Items", "Size", "Keys", "Indexes"]
    assert rows == [["Orders", "ACTIVE", "0", "0", "B", "id:S,day:N", "byDay"]]


def test_tables_says_when_there_are_none_in_the_region(run: Run, orders: ApiClient) -> None:
    listed = run("tables", "--region", "eu-west-1")
    assert (listed.code, listed.out) == (0, "")
    assert listed.err.startswith("No tables in region eu-west-1 of http://127.0.0.1:")


def test_an_endpoint_that_answers_something_else_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ApiClient, "call", lambda client, operation, request: {"status": "ok"})
    refused = run("tables")
    assert (refused.code, refused.err) == (
        1,
        "Error: http://127.0.0.1:8000 does not answer as a DynamoDB does: no 'TableNames'.\n",
    )


def test_an_endpoint_that_nobody_listens_on_is_told_in_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    refused = run("tables", "--endpoint-url", url)
    assert (refused.code, refused.err) == (
        1,
        f"Error: cannot reach {url}: nothing listens there. Start an emulator with: dynamodb-emulator serve.\n",
    )


# --- export and import ----------------------------------------------------------------------------


def test_export_writes_an_item_a_line(run: Run, orders: ApiClient) -> None:
    put(orders, VARIED_ITEM)
    exported = run("export", "Orders")
    assert (exported.code, json.loads(exported.out)) == (0, {"Item": VARIED_ITEM})


@pytest.mark.parametrize("name", ["items.jsonl", "items.jsonl.gz"])
def test_what_export_writes_import_brings_back(run: Run, orders: ApiClient, tmp_path: Path, name: str) -> None:
    put(orders, VARIED_ITEM, *map(order, range(2, 60)))
    run("export", "Orders", "--output", tmp_path / name, "--schema", tmp_path / "schema.json")
    imported = run("import", "Copy", tmp_path / name, "--create-from", tmp_path / "schema.json")
    assert imported.err == "59 items imported into Copy.\n"
    assert stored(orders, "Copy") == stored(orders)


def test_a_bar_on_a_terminal_shows_how_far_a_transfer_is(
    run: Run, orders: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(orders, order(1), order(2))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    exported = run("export", "Orders", "--output", tmp_path / "items.jsonl")
    assert re.search("Exporting Orders .*2/2", exported.err)


def test_a_schema_makes_the_same_table_again(run: Run, orders: ApiClient, tmp_path: Path) -> None:
    run("export", "Orders", "--output", tmp_path / "items.jsonl", "--schema", tmp_path / "schema.json")
    assert json.loads((tmp_path / "schema.json").read_text()) == ORDERS


def test_import_creates_a_table_from_an_answer_of_describe_table(run: Run, orders: ApiClient, tmp_path: Path) -> None:
    (tmp_path / "described.json").write_text(json.dumps(orders.call("DescribeTable", {"TableName": "Orders"})))
    (tmp_path / "items.jsonl").write_text(lines_of(order(1)))
    run("import", "Copy", tmp_path / "items.jsonl", "--create-from", tmp_path / "described.json")
    assert stored(orders, "Copy") == [order(1)]


def test_import_reads_stdin(run: Run, orders: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "items.gz").write_bytes(gzip.compress(lines_of(order(1)).encode()))
    with (tmp_path / "items.gz").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        run("import", "Orders", "-")
    assert stored(orders) == [order(1)]


def test_of_two_lines_with_one_key_the_later_one_wins(run: Run, orders: ApiClient, tmp_path: Path) -> None:
    lines = [order(1, state={"S": "new"}), order(2), order(1, state={"S": "paid"})]
    (tmp_path / "items.jsonl").write_text(lines_of(*lines))
    assert run("import", "Orders", tmp_path / "items.jsonl").err == "3 items imported into Orders.\n"
    assert stored(orders) == [order(1, state={"S": "paid"}), order(2)]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('{"Item": {"id": {"S": "x"}', "not JSON: "),
        ('{"Item": {"id": {"S": "x"}, "day": {"N": "many"}}}', "1 validation error detected: The parameter cannot"),
        ('{"Item": {"id": {"S": "x"}}}', "One or more parameter values were invalid: Missing"),
        ('{"Item": {"id": {"S": 7}, "day": {"N": "1"}}}', "NUMBER_VALUE cannot be converted to String"),
    ],
)
def test_a_bad_line_is_named_and_the_lines_before_it_are_written(
    run: Run, orders: ApiClient, tmp_path: Path, line: str, complaint: str
) -> None:
    good = list(map(order, range(1, 31)))
    path = tmp_path / "items.jsonl"
    path.write_text(lines_of(*good) + line + "\n" + lines_of(order(40)))
    refused = run("import", "Orders", path)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert refused.err.startswith(f"Error: {path}:31: {complaint}")
    assert refused.err.endswith("; 30 items written before it.\n")
    assert stored(orders) == good


@pytest.mark.parametrize(
    "arguments", [("export", "Orders"), ("import", "Orders", os.devnull)], ids=["export", "import"]
)
def test_a_table_that_is_not_there_is_told_with_its_region(
    run: Run, endpoint: ApiClient, arguments: tuple[str, ...]
) -> None:
    refused = run(*arguments)
    assert (refused.code, refused.err) == (
        1,
        "Error: Requested resource not found: Table: Orders not found in region us-east-1 "
        f"of {endpoint.endpoint_url}; --region looks in another one.\n",
    )


@pytest.mark.parametrize(
    ("definition", "complaint"),
    [
        ("[", "unexpected end of data"),
        ("[]", "neither a CreateTable request nor the answer of DescribeTable"),
        ('{"KeySchema": [], "TableStatus": "ACTIVE"}', "not a whole description of a table: KeyError('TableName')"),
        ('{"KeySchema": []}', "ValidationException: "),
    ],
)
def test_a_definition_that_makes_no_table_is_told_in_one_line(
    run: Run, endpoint: ApiClient, tmp_path: Path, definition: str, complaint: str
) -> None:
    (tmp_path / "table.json").write_text(definition)
    refused = run("import", "Orders", os.devnull, "--create-from", tmp_path / "table.json")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert complaint in refused.err


def test_an_output_that_cannot_be_written_is_told_in_one_line(run: Run, orders: ApiClient, tmp_path: Path) -> None:
    refused = run("export", "Orders", "--output", tmp_path / "missing" / "items.jsonl")
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "cannot write" in refused.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_stdout_is_called_stdout(orders: ApiClient) -> None:
    put(orders, order(1))
    with open("/dev/full", "wb") as full:
        refused = subprocess.run(command_line("export", "Orders"), stdout=full, stderr=subprocess.PIPE, text=True)
    assert (refused.returncode, refused.stderr) == (1, "Error: cannot write stdout: No space left on device.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other pipes")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_export_ends_quietly_when_its_reader_has_had_enough(orders: ApiClient, unbuffered: str) -> None:
    text = "x" * 300_000  # far more than a pipe holds
    put(orders, order(1, text={"S": text}), order(2, text={"S": text}))
    with subprocess.Popen(
        command_line("export", "Orders"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(8) == b'{"Item":'
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
