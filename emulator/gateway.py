"""The gateway: one request in, one reply out. Plain code without I/O; every transport ends here.

Order of judgement for HTTP: protocol.md 1.3. The in-process road enters at `call`; servers enter at `handle`,
and leave requests for paths that they do not know to `unknown`.
"""

from __future__ import annotations

import logging
import os
import zlib
from base64 import b32encode
from collections.abc import Callable, Mapping
from itertools import count
from threading import RLock, Thread, current_thread
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import orjson

from emulator import content_coding, errors
from emulator.content_coding import BodyTooLargeError, UndecodableBodyError
from emulator.errors import ServiceError
from emulator.model import OPERATIONS, check_request
from emulator.operations import registry
from emulator.operations.context import Context, Observation
from emulator.operations.registry import Operation, Request, Response
from emulator.storage.agenda import Agenda
from emulator.storage.work import Work
from emulator.streams.kinesis import KinesisSink

if TYPE_CHECKING:
    from emulator.ceiling import Ceiling
    from emulator.persistence.journal import Journal

_log = logging.getLogger("emulator")

JSON_TYPE = "application/x-amz-json-1.0"
_CONTENT_TYPES = (JSON_TYPE, "application/json")
_FRESH_STACK = "emulator-fresh-stack"
_UNKNOWN_XML = b"<UnknownOperationException/>\n"
_REQUEST_ID_TAIL = b"VV4KQNSO5AEMVJF66Q9ASUAAJG"
_request_id_head = b32encode(os.urandom(10))
_request_numbers = count()


class HttpRequest:
    """A request as any HTTP server reads it; header names are lower-case, `path` is without the query."""

    __slots__ = ("body", "headers", "method", "path", "query")

    def __init__(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"", query: str = "") -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body


class HttpResponse:
    """An answer. `head` is its header lines as they go over the wire; Content-Length, Date, Server and
    Connection are left to the transport."""

    __slots__ = ("body", "head", "status")

    def __init__(self, status: int, head: bytes, body: bytes) -> None:
        self.status = status
        self.head = head
        self.body = body

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names and values of the header lines."""
        lines = self.head.decode("latin-1").splitlines()
        return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


class Reply(NamedTuple):
    """An answer to an API call: HTTP status and JSON body."""

    status: int
    body: bytes


def request_id() -> str:
    """A new request id of the service's shape: 52 characters of 0-9 and A-Z."""
    return _new_request_id().decode()


def _new_request_id() -> bytes:
    return b"%b%010d%b" % (_request_id_head, next(_request_numbers), _REQUEST_ID_TAIL)


class Gateway:
    """Answers requests for all regions of one emulator."""

    def __init__(
        self,
        context_of: Callable[[str], Context],
        agenda: Agenda,
        lock: RLock,
        default_region: str,
        observers: list[Callable[[Observation], None]],
        kinesis: KinesisSink,
        work: Work,
    ) -> None:
        self._context_of = context_of
        self._agenda = agenda
        self._lock = lock
        self._default_region = default_region
        self._observers = observers
        self._kinesis = kinesis
        self._work = work
        self._names = {f"{prefix}.{name}": name for name, prefix in OPERATIONS.items()}
        self.ceiling: Ceiling | None = None
        """What refuses more data, if there is a limit."""

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
            response = (self._observed if self._observers else self._response)(operation, request, region)
            return Reply(200, orjson.dumps(response))
        except ServiceError as error:
            return _error_reply(error)
        except RecursionError:
            # An expression may nest 300 operators, for which the rest of the caller's stack need not do.
            return self._answer_on_fresh_stack(operation, request, region)
        except Exception:
            _log.exception("%s failed inside the emulator; please report this", operation)
            return _error_reply(ServiceError(errors.INTERNAL, message="The emulator failed; its log says where."))
        finally:
            if self._kinesis.waiting:
                self._kinesis.deliver()

    def _answer_on_fresh_stack(self, operation: str, request: object, region: str) -> Reply:
        """Answer a request that used up the stack once more, in a thread of its own."""
        if current_thread().name == _FRESH_STACK:
            _log.error("%s nests deeper than Python's stack; please report this", operation)
            return _error_reply(ServiceError(errors.INTERNAL, message="The emulator ran out of stack."))
        replies: list[Reply] = []
        thread = Thread(
            target=lambda: replies.append(self.answer(operation, request, region)), name=_FRESH_STACK, daemon=True
        )
        thread.start()
        thread.join()
        return replies[0]

    def _response(self, operation: str, request: object, region: str) -> dict[str, Any]:
        function = registry.LOADED.get(operation) or registry.load(operation)
        if function is None:
            raise ServiceError(errors.NOT_BUILT, operation=operation)
        checked = check_request(operation, request)
        with self._lock:
            if self.ceiling is not None:
                self.ceiling.check(operation, checked)
            journal = self._work.journal
            if journal is not None:
                return self._journalled(journal, function, checked, region)
            if self._agenda.entries or self._agenda.alarms:
                self._agenda.run_due()
            return function(self._context_of(region), checked)

    def _journalled(self, journal: Journal, function: Operation, checked: Request, region: str) -> Response:
        """The response, once what the request did is in the file.

        A request that changes nothing is answered too when what was done before it could not be written. It is answered
        a second time then, since that was taken back; the second answer rests on nothing that is to be written.
        """
        context = self._context_of(region)
        for is_first in (True, False):
            response: Response | None = None
            has_changed = True
            try:
                with journal:
                    if is_first:
                        self._agenda.run_due()
                    before = journal.position
                    response = function(context, checked)
                    has_changed = journal.position != before
                break
            except ServiceError:
                if response is None or has_changed:
                    raise
        assert response is not None
        return response

    def _observed(self, operation: str, request: object, region: str) -> dict[str, Any]:
        """The response, shown with the request to all observers; errors are shown to them too."""
        observation = Observation(operation, region, request if isinstance(request, dict) else {})
        is_answered = True
        with self._lock:
            context = self._context_of(region)
            context.observation = observation
            try:
                return self._response(operation, request, region)
            except ServiceError as error:
                observation.error = error
                raise
            except RecursionError:
                is_answered = False
                raise
            finally:
                context.observation = None
                if is_answered:
                    for observer in list(self._observers):
                        _tell(observer, observation)

    # --- HTTP -------------------------------------------------------------------------------------

    def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer an HTTP request for the path `/`, whatever its method."""
        headers = request.headers
        if request.method == "POST":
            return self._post(headers, request.body, request.query)
        if request.method == "OPTIONS" and "origin" in headers:
            return _preflight(headers)
        if request.method == "GET":
            text = f"healthy: dynamodb.{_region(headers, request.query) or self._default_region}.amazonaws.com "
            return _http_response(headers, 200, text.encode(), "text/plain")
        return self.unknown(request)

    def unknown(self, request: HttpRequest) -> HttpResponse:
        """The answer to a request for a path where there is nothing (protocol.md 4.1 and 4.2)."""
        return _http_response(request.headers, 404, _UNKNOWN_XML, "application/xml")

    def _post(self, headers: Mapping[str, str], body: bytes, query: str) -> HttpResponse:
        content_type = headers.get("content-type", "")
        if content_type != JSON_TYPE:
            content_type = content_type.partition(";")[0].strip()
            if content_type not in _CONTENT_TYPES and (body or content_type):
                return _http_response(headers, 404, _UNKNOWN_XML, "application/xml")
        if "content-encoding" in headers:
            try:
                body = content_coding.decode(body, headers["content-encoding"])
            except BodyTooLargeError:
                return HttpResponse(413, b"", b"")
            except UndecodableBodyError as error:
                reply = _error_reply(ServiceError(errors.BODY_UNDECODABLE, reason=error))
                return _http_response(headers, *reply, content_type or JSON_TYPE)
        return _http_response(headers, *self._call(headers, body, query), content_type or JSON_TYPE)

    def _call(self, headers: Mapping[str, str], body: bytes, query: str) -> Reply:
        try:
            request = orjson.loads(body) if body else None
        except ValueError:
            return _error_reply(ServiceError(errors.UNPARSABLE_BODY))
        operation = self._names.get(headers.get("x-amz-target", ""))
        if operation is None:
            return _error_reply(ServiceError(errors.UNKNOWN_OPERATION))
        region = _region(headers, query)
        if region is None:
            return _error_reply(ServiceError(errors.MISSING_AUTHENTICATION))
        reply = self.answer(operation, request, region or self._default_region)
        if operation in _WITHOUT_BODY and reply.status == 200:
            return Reply(200, b"")
        return reply


_WITHOUT_BODY = ("TagResource", "UntagResource")


def _tell(observer: Callable[[Observation], None], observation: Observation) -> None:
    """Show a request to an observer. What was done is done, so the observer's failure does not change the answer."""
    try:
        observer(observation)
    except Exception:
        _log.exception("an observer of %s failed", observation.operation)


def _error_reply(error: ServiceError) -> Reply:
    return Reply(error.fault.status, orjson.dumps(error.body()))


def _region(headers: Mapping[str, str], query: str) -> str | None:
    """The region that the request was signed for; "" when signed in a way we do not know, None when not signed.

    Credentials themselves are never judged, and never choose the data.
    """
    signature = headers.get("authorization")
    if signature is None:
        if "X-Amz-Algorithm=" not in query:
            return None
        signature = unquote(query)
    elif not signature.startswith("AWS4-"):
        return None
    scope = signature.partition("Credential=")[2].split("/", 3)
    return scope[2] if len(scope) == 4 else ""


def _http_response(headers: Mapping[str, str], status: int, body: bytes, content_type: str) -> HttpResponse:
    """An answer with the headers that every answer has; `headers` are those of the request.

    The checksum is of the body as sent: the SDKs of AWS check it before they decompress.
    """
    coding = None
    if "accept-encoding" in headers:
        body, coding = content_coding.encode(body, headers["accept-encoding"])
    head = b"x-amzn-RequestId: %b\r\nx-amz-crc32: %d\r\nContent-Type: %b\r\n" % (
        _new_request_id(),
        zlib.crc32(body),
        content_type.encode(),
    )
    if coding is not None:
        head += b"Content-Encoding: %b\r\n" % coding.encode()
    if "origin" in headers:
        head += _CORS
    return HttpResponse(status, head, body)


_CORS = (
    b"Access-Control-Allow-Origin: *\r\n"
    b"Access-Control-Expose-Headers: x-amzn-RequestId,x-amzn-ErrorType,x-amz-crc32,Date\r\n"
)


def _preflight(headers: Mapping[str, str]) -> HttpResponse:
    head = (
        b"x-amzn-RequestId: %b\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Max-Age: 172800\r\n"
        % _new_request_id()
    )
    for asked, allowed in (
        ("access-control-request-method", b"Access-Control-Allow-Methods"),
        ("access-control-request-headers", b"Access-Control-Allow-Headers"),
    ):
        if asked in headers:
            head += b"%b: %b\r\n" % (allowed, headers[asked].encode("latin-1"))
    return HttpResponse(200, head, b"")
