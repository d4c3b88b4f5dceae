"""What can be asked: the gateway or the WSGI application of an emulator of this process, or any endpoint over HTTP.

A target carries a request as bytes and brings back what came over the line. It knows how to leave no trace of a
case: an emulator goes back to a savepoint, an endpoint has the items of the case's tables deleted by the runner.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from emulator import Emulator

DATE = "20260101T000000Z"
_AWS_HOST = r"dynamodb\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"
_REGION_OF_HOST = r"(?<=^dynamodb\.)[a-z0-9-]+"


@dataclass(frozen=True, slots=True)
class Message:
    """An HTTP request. `signed` ones get an Authorization header, real or for show, from the target.

    `region` is where it goes if not to the target's own.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    signed: bool = True
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes


class Target(Protocol):
    """An endpoint under test."""

    region: str

    def send(self, message: Message) -> Reply: ...

    def isolation(self) -> AbstractContextManager[bool]:
        """Around a case; gives whether the target itself undoes what the case wrote."""
        ...

    def close(self) -> None:
        """Let go of connections, if there are any."""
        ...


class NoAnswerError(Exception):
    """What the target did instead of answering."""


class InProcess:
    """The gateway of an emulator, without sockets."""

    def __init__(self, emulator: Emulator, region: str = "us-east-1") -> None:
        self.region = region
        self._emulator = emulator

    def send(self, message: Message) -> Reply:
        from emulator.gateway import HttpRequest

        headers = {name.lower(): value for name, value in _for_show(message, self.region).items()}
        path, _, query = message.path.partition("?")
        response = self._emulator.gateway.handle(HttpRequest(message.method, path, headers, message.body, query))
        return Reply(response.status, {name.lower(): value for name, value in response.headers}, response.body)

    def isolation(self) -> AbstractContextManager[bool]:
        return rolled_back(self._emulator)

    def close(self) -> None:
        """Nothing is held open."""


class Wsgi:
    """The WSGI application of an emulator, without a server."""

    def __init__(self, emulator: Emulator, region: str = "us-east-1") -> None:
        from werkzeug.test import Client

        self.region = region
        self._emulator = emulator
        self._client = Client(emulator.wsgi())

    def send(self, message: Message) -> Reply:
        response = self._client.open(
            message.path, method=message.method, headers=_for_show(message, self.region), data=message.body
        )
        return Reply(response.status_code, {name.lower(): value for name, value in response.headers}, response.data)

    def isolation(self) -> AbstractContextManager[bool]:
        return rolled_back(self._emulator)

    def close(self) -> None:
        """Nothing is held open."""


class Endpoint:
    """Any endpoint over HTTP or HTTPS.

    `signer` signs for real; without one the signature is for show, which emulators accept. `emulator` is given
    when the endpoint serves an emulator of this process, whose data can then be rolled back.
    """

    def __init__(
        self,
        url: str,
        region: str = "us-east-1",
        signer: Signer | None = None,
        emulator: Emulator | None = None,
        timeout_seconds: float = 60,
    ) -> None:
        self.region = region
        self._timeout = timeout_seconds
        self._parts = urlsplit(url)
        self._signer = signer
        self._emulator = emulator
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def send(self, message: Message) -> Reply:
        host = host_of(message, self._parts.netloc)
        if self._signer is not None and message.signed:
            headers = self._signer.signed(f"{self._parts.scheme}://{host}{self._path(message)}", message)
        else:
            headers = _for_show(message, self.region)
        reused = host in self._connections
        try:
            return self._exchange(host, message, headers)
        except ConnectionError as error:
            if not reused:
                raise NoAnswerError(f"no answer: {error!r}") from error
        try:
            return self._exchange(host, message, headers)  # the server had closed an idle connection
        except ConnectionError as error:
            raise NoAnswerError(f"no answer: {error!r}") from error

    def _exchange(self, host: str, message: Message, headers: Mapping[str, str]) -> Reply:
        connection = self._connections.get(host)
        if connection is None:
            secure = self._parts.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            connection = self._connections[host] = kind(host or "localhost", timeout=self._timeout)
        try:
            connection.request(message.method, self._path(message), message.body, dict(headers))
            response = connection.getresponse()
            body = response.read()
        except BaseException as error:
            self.close()
            if isinstance(error, ConnectionError) or not isinstance(error, OSError | http.client.HTTPException):
                raise
            raise NoAnswerError(f"no answer: {error!r}") from error
        return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, body)

    def _path(self, message: Message) -> str:
        """The message's path below that of the endpoint."""
        return self._parts.path.rstrip("/") + message.path

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def isolation(self) -> AbstractContextManager[bool]:
        return nullcontext(False) if self._emulator is None else rolled_back(self._emulator)


def host_of(message: Message, host: str) -> str:
    """Where a message goes: the real service answers for streams, and searches vectors, at hosts of their own.

    It has hosts for each region too. Source: streams_ttl.md 1, vectors.md 13.
    """
    target = message.headers.get("X-Amz-Target", "")
    if not re.fullmatch(_AWS_HOST, host):
        return host
    if message.region is not None:
        host = re.sub(_REGION_OF_HOST, message.region, host)
    if target.startswith("DynamoDBStreams"):
        return f"streams.{host}"
    return f"search-{host}" if target.endswith(".SearchVectors") else host


@contextmanager
def rolled_back(emulator: Emulator) -> Iterator[bool]:
    """Undo, at the end, what was written inside."""
    savepoint = emulator.savepoint()
    try:
        yield True
    finally:
        savepoint.restore()
        savepoint.release()


class Signer:
    """Signature Version 4 with the credentials that botocore finds."""

    def __init__(self, region: str) -> None:
        import botocore.session
        from botocore.auth import SigV4Auth

        credentials = botocore.session.get_session().get_credentials()
        if credentials is None:
            raise RuntimeError("no AWS credentials were found")
        self._region = region
        self._auth_for: Callable[[str], Any] = lambda region: SigV4Auth(credentials, "dynamodb", region)

    def signed(self, url: str, message: Message) -> dict[str, str]:
        """The headers of `message`, which goes to `url`, with those of the signature."""
        from botocore.awsrequest import AWSRequest

        request = AWSRequest(message.method, url, headers=dict(message.headers), data=message.body)
        self._auth_for(message.region or self._region).add_auth(request)
        return dict(request.headers.items())


def _for_show(message: Message, region: str) -> dict[str, str]:
    """The headers of `message`, with a signature of the right form and no meaning if it wants one."""
    headers = dict(message.headers)
    if message.signed:
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential=conformance/{DATE[:8]}/{message.region or region}/dynamodb/aws4_request, "
            f"SignedHeaders=host;x-amz-date;x-amz-target, Signature={'0' * 64}"
        )
        headers["X-Amz-Date"] = DATE
    return headers
