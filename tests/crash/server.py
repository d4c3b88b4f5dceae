"""A server in a process of its own that keeps a file, and how to talk to it."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson

from emulator.model import OPERATIONS
from tests.property.streamed_tables import Api, ServiceFaultError
from tests.property.wire import Json
from tests.raw_http import PATIENCE_SECONDS, RawClient, request

_PROGRAM = """
import sys
from emulator.persistence import store
store._MAX_LOG_BYTES = int(sys.argv.pop(1))
from emulator.cli import main
main()
"""


class ServerProcess:
    """`dynamodb-emulator serve --db-path FILE`, from its start to its end.

    Its log may be brought into the file more often than usual: whenever it has `max_log_bytes`.
    """

    def __init__(self, path: Path, *options: str, max_log_bytes: int | None = None) -> None:
        program = ["-m", "emulator"] if max_log_bytes is None else ["-c", _PROGRAM, str(max_log_bytes)]
        command = [sys.executable, *program, "serve", "--port", "0", "--db-path", str(path), *options]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    @cached_property
    def port(self) -> int:
        """Where it listens; asking for it waits until it does."""
        assert self._process.stdout is not None
        ready = re.search(r":(\d+)$", self._process.stdout.readline().strip())
        if ready is None:
            raise AssertionError(f"the server did not start: {self._process.communicate()[1]}")
        return int(ready[1])

    @property
    def id(self) -> int:
        return self._process.pid

    def kill(self) -> str:
        """End it at once. Returns what it has complained of before."""
        self._process.kill()
        return self._process.communicate()[1]

    def stop(self) -> str:
        """Ask it to end, and wait until it does. Returns what it has complained of."""
        self._process.terminate()
        complaints = self._process.communicate(timeout=PATIENCE_SECONDS)[1]
        assert self._process.returncode == 0
        return complaints

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()


class HttpApi(Api):
    """One connection to a server."""

    def __init__(self, port: int) -> None:
        self._client = RawClient(port)

    def send(self, operation: str, body: Json) -> tuple[int, Json]:
        """Status and answer. Raises ConnectionError if the server ends first."""
        target = f"{OPERATIONS[operation]}.{operation}"
        answer = self._client.send(request(orjson.dumps(body), x_amz_target=target)).answer()
        return answer.status, orjson.loads(answer.body)

    def ask(self, operation: str, body: Json) -> Json:
        status, answer = self.send(operation, body)
        if status != 200:
            raise ServiceFaultError(status, answer)
        return answer

    def pages(self, operation: str, body: Json) -> list[Json]:
        """The items of all pages."""
        items: list[Json] = []
        while True:
            page = self.ask(operation, body)
            items += page["Items"]
            if "LastEvaluatedKey" not in page:
                return items
            body = {**body, "ExclusiveStartKey": page["LastEvaluatedKey"]}

    def close(self) -> None:
        self._client.close()
