"""The gateway: one request in, one reply out. Plain code without I/O; every transport ends here.

Order of judgement for HTTP: protocol.md 1.3. The in-process road enters at `call`.
"""

from __future__ import annotations

import logging
import os
import zlib
from base64 import b32encode
from collections.abc import Callable, Mapping
from itertools import count
from threading import RLock
from typing import Any, NamedTuple

import orjson

from emulator import errors
from emulator.errors import ServiceError
from emulator.model import OPERATIONS, check_request
from emulator.operations import registry
from emulator.operations.context import Context, Observation
from emulator.storage.database import Agenda

_log = logging.getLogger("emulator")

JSON_TYPE = "application/x-amz-json-1.0"
_CONTENT_TYPES = (JSON_TYPE, "application/json")
_UNKNOWN_XML = b"<UnknownOperationException/>\n"
_REQUEST_ID_TAIL = "VV4KQNSO5AEMVJF66Q9ASUAAJG"
_request_id_head = b32encode(os.urandom(10)).decode()
_request_numbers = count()


class HttpRequest:
    """A request as any HTTP server reads it; header names are lower-case, `path` is without the query."""

    __slots__ = ("body", "headers", "method", "path", "query")

    def __init__(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", query: str = ""
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body


class HttpResponse(NamedTuple):
    """An answer; the transport adds Content-Length, Date and Connection."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Reply(NamedTuple):
    """An answer to an API call: HTTP status and JSON body."""

    status: int
    body: bytes


def request_id() -> str:
    """A new request id of the service's shape: 52 characters of 0-9 and A-Z."""
    return f"{_request_id_head}{next(_request_numbers):010d}{_REQUEST_ID_TAIL}"


class Gateway:
    """Answers requests for all regions of one emulator."""

    def __init__(
        self,
        context_of: Callable[[str], Context],
        agenda: Agenda,
        lock: RLock,
        default_region: str,
        observers: list[Callable[[Observation], None]],
    ) -> None:
        self._context_of = context_of
        self._agenda = agenda
        self._lock = lock
        self._default_region = default_region
        self._observers = observers
        self._operations = registry.load()
        self._names = {f"{prefix}.{name}": name for name, prefix in OPERATIONS.items()}

    # --- API calls --------------------------------------------------------------------------------

    def call(self, operation: str, body: bytes, region: str) -> Reply:
        """Answer the call of a known operation with the JSON text of its request."""
        try:
            request = orjson.loads(body)
        except ValueError:
            return _error_reply(ServiceError(errors.UNPARSABLE_BODY))
        return self.answer(operation, request, region)

    def answer(self, operation: str, request: object, region: str) -> Reply:
        """Answer the call of a known operation with its decoded request, which becomes the emulator's own."""
        try:
            checked = check_request(operation, request)
            function = self._operations.get(operation)
            if function is None:
                raise ServiceError(errors.NOT_BUILT, operation=operation)
            with self._lock:
                if self._agenda.entries:
                    self._agenda.run_due()
                context = self._context_of(region)
                if self._observers:
                    response = self._observed(context, operation, checked)
                else:
                    response = function(context, checked)
            return Reply(200, orjson.dumps(response))
        except ServiceError as error:
            return _error_reply(error)
        except Exception:
            _log.exception("%s failed inside the emulator; please report this", operation)
            return _error_reply(ServiceError(errors.INTERNAL, message="The emulator failed; its log says where."))

    def _observed(self, context: Context, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        observation = context.observation = Observation(operation, context.database.region, request)
        try:
            return self._operations[operation](context, request)
        except ServiceError as error:
            observation.error = error
            raise
        finally:
            context.observation = None
            for observer in self._observers:
                observer(observation)

    # --- HTTP -------------------------------------------------------------------------------------

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer an HTTP request for the path `/`, whatever its method."""
        headers = request.headers
        origin = headers.get("origin")
        if request.method == "POST":
            response = self._post(headers, request.body, request.query)
        elif request.method == "OPTIONS" and origin is not None:
            return _preflight(headers)
        elif request.method == "GET":
            text = f"healthy: dynamodb.{_region(headers) or self._default_region}.amazonaws.com "
            response = _http_response(200, text.encode(), "text/plain")
        else:
            response = _http_response(404, _UNKNOWN_XML, "application/xml")
        return response if origin is None else _with_cors(response)

    def _post(self, headers: Mapping[str, str], body: bytes, query: str) -> HttpResponse:
        content_type = headers.get("content-type", "")
        if content_type != JSON_TYPE:
            content_type = content_type.partition(";")[0].strip()
            if content_type not in _CONTENT_TYPES and (body or content_type):
                return _http_response(404, _UNKNOWN_XML, "application/xml")
        try:
            request = orjson.loads(body) if body else None
        except ValueError:
            return _json_response(_error_reply(ServiceError(errors.UNPARSABLE_BODY)), content_type)
        operation = self._names.get(headers.get("x-amz-target", ""))
        if operation is None:
            return _json_response(_error_reply(ServiceError(errors.UNKNOWN_OPERATION)), content_type)
        region = _region(headers)
        if region is None and "X-Amz-Algorithm=" not in query:
            return _json_response(_error_reply(ServiceError(errors.MISSING_AUTHENTICATION)), content_type)
        reply = self.answer(operation, request, region or self._default_region)
        if operation in _WITHOUT_BODY and reply.status == 200:
            reply = Reply(200, b"")
        return _json_response(reply, content_type)


_WITHOUT_BODY = ("TagResource", "UntagResource")


def _error_reply(error: ServiceError) -> Reply:
    return Reply(error.fault.status, orjson.dumps(error.body()))


def _region(headers: Mapping[str, str]) -> str | None:
    """The region that the request was signed for; "" when signed in a way we do not know, None when not signed.

    Credentials themselves are never judged, and never choose the data.
    """
    authorization = headers.get("authorization")
    if authorization is None:
        return None
    scope = authorization.partition("Credential=")[2].split("/", 3)
    return scope[2] if len(scope) == 4 else ""


def _json_response(reply: Reply, content_type: str) -> HttpResponse:
    body = reply.body
    return HttpResponse(
        reply.status,
        (
            ("x-amzn-RequestId", request_id()),
            ("x-amz-crc32", str(zlib.crc32(body))),
            ("Content-Type", content_type or JSON_TYPE),
        ),
        body,
    )


def _http_response(status: int, body: bytes, content_type: str) -> HttpResponse:
    return _json_response(Reply(status, body), content_type)


def _with_cors(response: HttpResponse) -> HttpResponse:
    headers = (
        *response.headers,
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", "x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,Date"),
    )
    return response._replace(headers=headers)


def _preflight(headers: Mapping[str, str]) -> HttpResponse:
    answer = [
        ("x-amzn-RequestId", request_id()),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Max-Age", "172800"),
    ]
    for asked, allowed in (
        ("access-control-request-method", "Access-Control-Allow-Methods"),
        ("access-control-request-headers", "Access-Control-Allow-Headers"),
    ):
        if (value := headers.get(asked)) is not None:
            answer.append((allowed, value))
    return HttpResponse(200, tuple(answer), b"")
