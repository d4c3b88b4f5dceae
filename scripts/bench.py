"""Measures the emulator, and other emulators beside it in the same run, and prints one table.

    python scripts/bench.py
    python scripts/bench.py --rounds 3 --peer "dynalite=npx dynalite --port {port}" --peer "moto=moto_server -p {port}"

Raw requests over HTTP are sent by wrk (apt-get install wrk, brew install wrk), 16 connections on one thread.
Machines are noisy: compare figures of one run, not of two.
"""

from __future__ import annotations

import argparse
import gc
import http.client
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from conformance.peers import free_port

HERE = Path(__file__).parent
OURS = "emulator"
OUR_COMMAND = f"{sys.executable} -m emulator serve --port {{port}}"
KEYS = 20_000
CALLS = 2_000
MEMORY_ITEMS = 500_000

Figures = dict[str, float]

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""For the processes that are measured: with compiled modules, as everywhere but on some build machines."""


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# --- Servers --------------------------------------------------------------------------------------


@contextmanager
def running(command: str) -> Iterator[tuple[int, float, int]]:
    """A server: its port, the milliseconds until it answered, its process id."""
    port = free_port()
    started = time.perf_counter()
    process = subprocess.Popen(
        shlex.split(command.format(port=port)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT
    )
    try:
        while True:
            if process.poll() is not None:
                sys.exit(f"{command!r} ended with exit code {process.returncode} before it answered")
            try:
                call(port, "ListTables", {})
                break
            except OSError:
                if time.perf_counter() - started > 60:
                    sys.exit(f"{command!r} did not answer on port {port} within a minute")
                time.sleep(0.002)
        yield port, (time.perf_counter() - started) * 1000, process.pid
    finally:
        process.terminate()
        process.wait(10)


def call(port: int, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Accept-Encoding": "identity",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
    }
    connection.request("POST", "/", json.dumps(request), headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"{operation} answered {response.status}: {body[:200]!r}")
    return json.loads(body)  # type: ignore[no-any-return]


# --- Measurements over HTTP -----------------------------------------------------------------------


def key(k: int) -> dict[str, Any]:
    return {"pk": {"S": f"user#{k % 500}"}, "sk": {"S": f"order#{k:06d}"}}


def item(k: int) -> dict[str, Any]:
    """An item of about 190 bytes as DynamoDB-JSON."""
    return {
        **key(k),
        "name": {"S": "Jane Doe"},
        "email": {"S": "jane@example.com"},
        "age": {"N": str(k % 90)},
        "addr": {"M": {"city": {"S": "NYC"}, "zip": {"S": "10001"}}},
    }


TABLE = {
    "TableName": "bench",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
}


def make_table(port: int) -> None:
    call(port, "CreateTable", TABLE)
    while call(port, "DescribeTable", {"TableName": "bench"})["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.02)


def over_http(command: str, seconds: int) -> Figures:
    """All figures of one server."""
    with running(command) as (port, ready, pid):
        figures: Figures = {"ready after, ms": ready}
        make_table(port)
        figures.update(boto3_figures(http_client(port), "boto3 {}/s over HTTP"))
        started = time.perf_counter()
        for start in range(0, KEYS, 25):
            writes = [{"PutRequest": {"Item": item(k)}} for k in range(start, start + 25)]
            call(port, "BatchWriteItem", {"RequestItems": {"bench": writes}})
        figures["BatchWriteItem, items/s"] = KEYS / (time.perf_counter() - started)
        if shutil.which("wrk"):
            for operation in ("PutItem", "GetItem", "UpdateItem", "Query"):
                figures[f"{operation}/s, 16 connections"] = wrk(port, operation, seconds)
        figures["memory afterwards, MB"] = resident_kib(pid) / 1024
    return figures


def wrk(port: int, operation: str, seconds: int) -> float:
    command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "-s", str(HERE / "bench.lua"), f"http://127.0.0.1:{port}/"]
    output = subprocess.run([*command, "--", operation], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        note(f"  {operation}: some requests failed:\n{output}")
    return next(float(line.split()[1]) for line in output.splitlines() if "Requests/sec" in line)


def resident_kib(pid: int) -> int:
    output = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return int(output.stdout.strip() or 0)


def http_client(port: int) -> Any:
    import boto3

    return boto3.client(
        "dynamodb",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


# --- Measurements in this process -----------------------------------------------------------------


def boto3_figures(client: Any, name: str) -> Figures:
    """Sequential puts and gets of one client."""

    def rate(calls: int, action: Callable[[int], Any]) -> float:
        for k in range(50):
            action(k)
        started = time.perf_counter()
        for k in range(calls):
            action(k)
        return calls / (time.perf_counter() - started)

    return {
        name.format("put"): rate(CALLS, lambda k: client.put_item(TableName="bench", Item=item(k))),
        name.format("get"): rate(CALLS, lambda k: client.get_item(TableName="bench", Key=key(k))),
    }


def in_process() -> Figures:
    import emulator

    client = emulator.Emulator().client()
    client.create_table(**TABLE)
    return boto3_figures(client, "boto3 {}/s in-process")


def in_process_moto() -> Figures:
    import boto3
    import moto

    with moto.mock_aws():
        client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        client.create_table(**TABLE)
        return boto3_figures(client, "boto3 {}/s in-process")


def import_milliseconds() -> float:
    """Time that importing all of the emulator adds to a bare interpreter, the best of several.

    The public names are asked for: `import emulator` alone puts the work off.
    """

    def best(code: str) -> float:
        times = []
        for _ in range(7):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, env=ENVIRONMENT)
            times.append(time.perf_counter() - started)
        return min(times) * 1000

    return best("from emulator import Emulator; Emulator()") - best("pass")


def bytes_per_item() -> float:
    """Memory that an item takes, all in: growth of a process that stores half a million of them."""
    code = "import os, sys, gc; sys.path.insert(0, sys.argv[1]); import bench; print(bench.stored_growth())"
    output = subprocess.run([sys.executable, "-c", code, str(HERE)], capture_output=True, text=True, check=True)
    return float(output.stdout) / MEMORY_ITEMS


def stored_growth() -> int:
    import orjson

    import emulator

    gateway = emulator.Emulator().gateway
    gateway.call("CreateTable", orjson.dumps(TABLE), "us-east-1")
    gateway.call("PutItem", orjson.dumps({"TableName": "bench", "Item": item(0)}), "us-east-1")
    gc.collect()
    before = resident_kib(os.getpid())
    for k in range(MEMORY_ITEMS):
        reply = gateway.call("PutItem", orjson.dumps({"TableName": "bench", "Item": item(k)}), "us-east-1")
        assert reply.status == 200, reply.body
    gc.collect()
    return (resident_kib(os.getpid()) - before) * 1024


# --- The table ------------------------------------------------------------------------------------


def print_table(results: dict[str, list[Figures]]) -> None:
    names = list(results)
    figures = list(dict.fromkeys(name for rounds in results.values() for figures in rounds for name in figures))
    print("| figure | " + " | ".join(names) + " | against the best other |")
    print("|---|" + "---:|" * (len(names) + 1))
    for figure in figures:
        medians = {
            name: statistics.median(values)
            for name, rounds in results.items()
            if (values := [figures[figure] for figures in rounds if figure in figures])
        }
        cells = [f"{medians[name]:,.0f}" if name in medians else "" for name in names]
        print(f"| {figure} | " + " | ".join(cells) + f" | {against(figure, medians)} |")


def against(figure: str, medians: dict[str, float]) -> str:
    """How many times better ours is than the best of the others, where there are others."""
    others = [value for name, value in medians.items() if name != OURS]
    if OURS not in medians or not others:
        return ""
    rate = "/s" in figure
    ratio = medians[OURS] / max(others) if rate else min(others) / medians[OURS]
    return f"{ratio:.1f} times"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--peer",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help="another emulator; {port} in its command stands for the port it is to take",
    )
    parser.add_argument("--moto", action="store_true", help="measure moto's in-process mock too (pip install moto)")
    parser.add_argument("--rounds", type=int, default=1, help="repeat everything and print medians")
    parser.add_argument("--seconds", type=int, default=4, help="length of each wrk run")
    parser.add_argument("--memory", action="store_true", help="measure memory an item, with 500,000 of them")
    options = parser.parse_args()
    targets = {OURS: OUR_COMMAND}
    for peer in options.peer:
        name, separator, command = peer.partition("=")
        if not separator or "{port}" not in command:
            parser.error(f"--peer {peer!r}: write NAME=COMMAND with {{port}} in the command")
        targets[name] = command
    if not shutil.which("wrk"):
        note("wrk is not installed, so raw requests are left out: apt-get install wrk, or brew install wrk")
    results: dict[str, list[Figures]] = {name: [] for name in targets}
    for number in range(options.rounds):
        for name, command in targets.items():
            note(f"round {number + 1} of {options.rounds}: {name}")
            results[name].append(over_http(command, options.seconds))
        note(f"round {number + 1} of {options.rounds}: in-process")
        results[OURS][-1].update(in_process())
        results[OURS][-1]["import emulator, ms"] = import_milliseconds()
        if options.moto:
            results.setdefault("moto mock", []).append(in_process_moto())
    if options.memory:
        note(f"memory of {MEMORY_ITEMS:,} items")
        results[OURS][-1]["memory an item, bytes"] = bytes_per_item()
    print_table(results)


if __name__ == "__main__":
    main()
