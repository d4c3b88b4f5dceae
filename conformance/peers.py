"""Other emulators, started by a command for as long as they are asked."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 60


class PeerError(Exception):
    """A server that did not start, in one line."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Peer:
    """A server started by `command`, in which `{port}` stands for its port; a context manager. Raises PeerError."""

    def __init__(self, command: str) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        port = free_port()
        arguments = shlex.split(self._command.replace("{port}", str(port)))
        nowhere = subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(arguments, stdout=nowhere, stderr=nowhere, cwd=_home(arguments))
        except OSError as error:
            raise PeerError(f"{self._command!r} could not be started: {error}") from None
        self._wait(port)
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()

    def _wait(self, port: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_running:
                raise PeerError(f"{self._command!r} ended before it answered")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise PeerError(f"{self._command!r} did not answer on port {port} within {START_SECONDS} s")


def _home(arguments: list[str]) -> str | None:
    """Where a peer may leave files: beside its own, not among ours."""
    directory = Path(arguments[0]).parent
    return str(directory) if directory.is_absolute() and os.access(directory, os.W_OK) else None
