"""A small DynamoDB client over the standard library, for the console's commands.

It signs in form only: emulators read the region from the signature and accept any key. So it cannot talk to AWS,
and says so. Requests that may be repeated are: after a throttling, a failure of the server or a dropped connection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import orjson

from emulator.gateway import JSON_TYPE

Call: TypeAlias = Callable[[str, dict[str, Any]], dict[str, Any]]
"""A road to an API: takes an operation's name and request, gives its answer. Raises `ApiError`."""

TIMEOUT_SECONDS = 60
_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "api.aws", "api.amazonwebservices.com.cn")
_UNSIGNED = (
    "AccessDeniedException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_THROTTLED = ("ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException")


class ApiError(Exception):
    """An endpoint's refusal of a request: its code, such as `ValidationException`, and its message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        self.code = code
        self.status = status
        super().__init__(message)

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.status >= 500 or self.code in _THROTTLED


class EndpointError(Exception):
    """No DynamoDB that we can talk to at an endpoint; the text says which endpoint and why."""


def check_endpoint_url(url: str) -> None:
    """Raises EndpointError unless `url` is the address of a server that may be an emulator."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:  # a port that is no number, an unbalanced bracket
        usable = False
    if not usable or " " in url:
        raise EndpointError(f"{url!r} is no endpoint URL; one looks like http://127.0.0.1:8000")
    host = parts.hostname or ""
    if host.endswith(tuple(f".{domain}" for domain in _AWS_DOMAINS)):
        raise EndpointError(f"{host} is AWS; this command talks to emulators only: it does not sign requests")


def delays() -> Iterator[float]:
    """Seconds to wait before each repetition: ten of them, 7 seconds in all."""
    return (min(0.02 * 2**attempt, 1.0) for attempt in range(10))


class ApiClient:
    """A connection to one endpoint, for one region. Not for several threads at once."""

    def __init__(self, endpoint_url: str, region: str, pause: Callable[[float], None] = time.sleep) -> None:
        check_endpoint_url(endpoint_url)
        self.endpoint_url = endpoint_url
        self.region = region
        self._pause = pause
        parts = urlsplit(endpoint_url)
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)
        self._path = parts.path or "/"

    def close(self) -> None:
        self._connection.close()

    def call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request. Raises ApiError, or EndpointError if there is no answer of a DynamoDB."""
        body = orjson.dumps(request)
        for delay in delays():
            try:
                return self._answer(operation, body)
            except ApiError as error:
                if not error.is_passing:
                    raise
            self._pause(delay)
        return self._answer(operation, body)

    def _answer(self, operation: str, body: bytes) -> dict[str, Any]:
        reused = self._connection.sock is not None
        try:
            try:
                response, content = self._exchange(operation, body)
            except (ConnectionError, HTTPException):  # RemoteDisconnected is both
                self._connection.close()
                if not reused:
                    raise
                # A server may close a connection that was idle; a new one tells whether it is still there.
                response, content = self._exchange(operation, body)
        except (OSError, HTTPException, UnicodeError) as error:  # the last for names that are none
            self._connection.close()
            raise self._unreachable(error) from error
        return self._read(response, content)

    def _exchange(self, operation: str, body: bytes) -> tuple[HTTPResponse, bytes]:
        self._connection.request("POST", self._path, body, self._headers(operation))
        response = self._connection.getresponse()
        return response, response.read()

    def _headers(self, operation: str) -> dict[str, str]:
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        scope = f"emulator/{date[:8]}/{self.region}/dynamodb/aws4_request"
        signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
        return {
            "Content-Type": JSON_TYPE,
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "X-Amz-Date": date,
            "Authorization": signature,
        }

    def _read(self, response: HTTPResponse, content: bytes) -> dict[str, Any]:
        try:
            answer = orjson.loads(content)
        except ValueError:
            answer = None
        if isinstance(answer, dict) and response.status == 200:
            return answer
        if not isinstance(answer, dict) or "__type" not in answer:
            raise EndpointError(f"{self.endpoint_url} does not answer as a DynamoDB does (HTTP {response.status})")
        code = str(answer["__type"]).rpartition("#")[2]
        if code in _UNSIGNED:
            raise EndpointError(
                f"{self.endpoint_url} wants signed requests ({code}); this command talks to emulators only"
            )
        message = answer.get("message") or answer.get("Message") or code
        raise ApiError(code, str(message), response.status)

    def _unreachable(self, error: Exception) -> EndpointError:
        if isinstance(error, ConnectionRefusedError):
            reason = "nothing listens there. Start an emulator with: dynamodb-emulator serve"
        elif isinstance(error, TimeoutError):
            reason = f"no answer within {TIMEOUT_SECONDS} seconds"
        else:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return EndpointError(f"cannot reach {self.endpoint_url}: {reason}")
