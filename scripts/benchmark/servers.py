"""Servers: started by a command for as long as they are measured, and asked over one connection."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.peers import free_port
from scripts.benchmark import workload

ROOT = Path(__file__).parents[2]
OURS = "this one"
OUR_COMMAND = (sys.executable, "-m", "emulator", "serve", "--port", "{port}")
START_SECONDS = 60
ANSWER_SECONDS = 60
_NOT_MEASURED = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")


def environment() -> dict[str, str]:
    """For the processes that are measured: with compiled modules, as everywhere but on some build machines."""
    return {name: value for name, value in os.environ.items() if name not in _NOT_MEASURED}


class ServerError(Exception):
    """A server that did not start, went away or refused a request, in one line."""


class UnsupportedError(ServerError):
    """The server does not know the operation."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is measured: `{port}` in its command stands for the port it is to take."""

    name: str
    command: tuple[str, ...]


class Server:
    """A target that runs. All methods that ask it raise ServerError."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, started: float) -> None:
        self.port = port
        self.milliseconds_to_answer = 0.0
        self._process = process
        self._started = started
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self._tables: set[str] = set()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def await_answer(self) -> None:
        while True:
            if not self.is_running:
                raise ServerError(f"ended with exit code {self._process.returncode} before it answered")
            try:
                self.call("ListTables", {})
                break
            except ServerError:
                if time.perf_counter() - self._started > START_SECONDS:
                    raise ServerError(f"gave no good answer within {START_SECONDS} s") from None
                time.sleep(0.002)
        self.milliseconds_to_answer = (time.perf_counter() - self._started) * 1000

    # --- requests ---------------------------------------------------------------------------------

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        answer = json.loads(self.post(operation, workload.encoded(request)))
        assert isinstance(answer, dict)
        return answer

    def post(self, operation: str, body: bytes) -> bytes:
        """The body of a good answer."""
        try:
            self._connection.request("POST", "/", body, headers(operation))
            response = self._connection.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ServerError(f"no answer to {operation}" if self.is_running else "died") from error
        if response.status != 200:
            raise _refusal(operation, response.status, answer)
        return answer

    def make_table(self, name: str) -> bool:
        """Make a table and wait until it is active, unless that is done already."""
        if name in self._tables:
            return False
        self.call("CreateTable", workload.table(name))
        deadline = time.monotonic() + START_SECONDS
        while self.call("DescribeTable", {"TableName": name})["Table"]["TableStatus"] != "ACTIVE":
            if time.monotonic() > deadline:
                raise ServerError("a table did not become active")
            time.sleep(0.02)
        self._tables.add(name)
        return True

    def load(self, name: str, bodies: list[bytes]) -> None:
        """Send batches to a table."""
        for body in bodies:
            if json.loads(self.post("BatchWriteItem", body)).get("UnprocessedItems"):
                raise ServerError(f"left items of a batch for {name} unprocessed")

    # --- the process ------------------------------------------------------------------------------

    def resident_megabytes(self) -> float:
        """Memory of the process and its children, in MiB."""
        return resident_kib(self._process.pid) / 1024

    def stop(self) -> None:
        self._connection.close()
        _signal(self._process, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            _signal(self._process, getattr(signal, "SIGKILL", signal.SIGTERM))
            self._process.wait(10)


@contextmanager
def running(target: Target) -> Iterator[Server]:
    """A server in a directory of its own, ready to answer. Raises ServerError."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as directory:
        port = free_port()
        arguments = [part.replace("{port}", str(port)) for part in target.command]
        nowhere = subprocess.DEVNULL
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                arguments, stdout=nowhere, stderr=nowhere, cwd=directory, env=environment(), start_new_session=True
            )
        except OSError as error:
            raise ServerError(f"could not be started: {error.strerror or error}") from None
        server = Server(process, port, started)
        try:
            server.await_answer()
            yield server
        finally:
            server.stop()


def headers(operation: str) -> dict[str, str]:
    return {
        "X-Amz-Target": f"DynamoDB_20120810.{operation}",
        "Content-Type": "application/x-amz-json-1.0",
        "Accept-Encoding": "identity",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host;x-amz-date;x-amz-target, Signature=" + "0" * 64,
    }


def _refusal(operation: str, status: int, answer: bytes) -> ServerError:
    try:
        code = str(json.loads(answer)["__type"]).rpartition("#")[2]
    except (ValueError, KeyError, TypeError):
        code = f"status {status}"
    if code == "UnknownOperationException":
        return UnsupportedError(operation)
    return ServerError(f"{operation} was answered {code}")


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the process and those it started, where there are process groups."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
    else:
        process.terminate()


def resident_kib(pid: int) -> int:
    """Memory of a process and its children. Raises ServerError where there is no `ps`."""
    try:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=False)
    except OSError:
        raise ServerError("cannot be told without `ps`") from None
    processes = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
    family = {pid}
    while more := {child for child, parent, _ in processes if parent in family} - family:
        family |= more
    return sum(size for process, _, size in processes if process in family)
