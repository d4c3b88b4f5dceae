"""A client of the HTTP server that sends bytes as they are, also those that no well-behaved client would."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass
from types import TracebackType
from typing import Self

# Only so that a server that hangs fails the test instead of the whole run.
PATIENCE_SECONDS = 30

AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as read from the wire; header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes


def request(
    body: bytes = b"{}", operation: str = "ListTables", line: str = "POST / HTTP/1.1", **headers: str | None
) -> bytes:
    """A request for an API operation. Headers are given with `_` for `-`; None leaves one out."""
    names: dict[str, str | None] = {
        "host": "localhost",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
        "content-type": "application/x-amz-json-1.0",
        "authorization": AUTHORIZATION,
        "content-length": str(len(body)),
    }
    names |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [line, *(f"{name}: {value}" for name, value in names.items() if value is not None), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, the last and empty one included."""
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))


class RawClient:
    """One connection."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), PATIENCE_SECONDS)
        self._received = b""

    def send(self, data: bytes) -> Self:
        """Send all of it; that the server has closed meanwhile is not an error here."""
        with contextlib.suppress(ConnectionError):
            self.socket.sendall(data)
        return self

    def answer(self, to: str = "POST") -> Answer:
        """The next answer. Raises ConnectionError if the connection is closed instead."""
        while b"\r\n\r\n" not in self._received:
            self._receive()
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = 0 if to == "HEAD" else int(headers.get("content-length", 0))
        while len(self._received) < length:
            self._receive()
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(status_line.split()[1]), headers, body)

    def is_closed(self) -> bool:
        """Wait for the next bytes or the end of the connection, and say whether it is the end."""
        try:
            self._receive()
        except ConnectionError:
            return True
        return False

    def _receive(self) -> None:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError(f"closed by the server after {self._received!r}")
        self._received += data

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
