"""One connection of the HTTP server: bytes to requests, answers to bytes, in order.

Requests for `/` are answered at once, in the event loop. A lone answer leaves once the other connections' segments
that are there were read too (see `Front.send_soon`); all that one segment holds are answered with one write.
Requests for other paths are answered by a worker thread, and what follows on the connection waits for that.
Reading stops while an answer is awaited and while the client does not take its answers, so a client holds at
most the requests of one segment, one body and one buffer of answers.

Whatever a client sends ends in an answer or a closed connection. Where a request was refused before it was read
to its end, the connection stays open a little while and what comes is thrown away: closing at once would reset
the connection, and the client would lose the answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

from emulator.gateway import HttpRequest, HttpResponse
from emulator.limits import MAX_HEADER_BYTES, MAX_REQUEST_BODY_BYTES, MAX_REQUEST_LINE_BYTES, MIB

if TYPE_CHECKING:
    from emulator.transports.front import Front

_log = logging.getLogger("emulator")

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_MAX_HELD_BYTES = MAX_REQUEST_LINE_BYTES + MAX_HEADER_BYTES
# Of what comes after a refusal.
_MAX_DISCARDED_BYTES = 64 * MIB
# Answers in one write; a longer one is also the last of its write.
_MAX_ANSWERS = 256
_LONG_ANSWER_BYTES = 64 * 1024

# Header names as clients write them. A look-up takes a third of the time of decoding the name.
_NAMES = {
    spelling.encode(): name
    for name in (
        "accept", "accept-encoding", "amz-sdk-invocation-id", "amz-sdk-request", "authorization", "connection",
        "content-encoding", "content-length", "content-type", "expect", "host", "origin", "user-agent",
        "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amz-target", "x-amz-user-agent",
    )
    for spelling in (name, name.title())
}  # fmt: skip


class _Refusal(Exception):  # noqa: N818
    """Raised in a callback of the parser to stop it: no further byte of this client is a request."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


class Connection(asyncio.Protocol):
    """A client's connection. The methods `on_...` are called by the parser, in the order of the bytes."""

    __slots__ = (
        "_age", "_answers", "_body", "_collected", "_discarded", "_ending", "_finished", "_front", "_headers", "_held",
        "_in_headers", "_parser", "_paused", "_queue", "_refused", "_segment", "_target", "_transport", "_waiting",
    )  # fmt: skip

    def __init__(self, front: Front) -> None:
        self._front = front
        self._parser: Any = HttpRequestParser(self)
        self._transport: Any = None
        # The request that is being read. `_target` is not empty from its first byte on.
        self._target = b""
        self._headers: dict[str, str] = {}
        self._body: bytes | bytearray = b""
        self._collected: dict[str, str] = {}
        """Header lines: those of the head become `_headers`, those behind a chunked body are dropped."""
        self._in_headers = False
        """The next bytes may be header lines, of which the parser holds what is not complete yet."""
        self._held = 0
        """Bytes of the head that came in later segments than its first; negative before there is one."""
        self._segment = 0
        """Bytes of the segment that is being parsed."""
        # Answers
        self._answers: list[bytes] = []
        self._queue: deque[HttpRequest | bytes] = deque()
        """Requests whose turn has not come, and at last, it may be, a refusal."""
        self._waiting = False
        """An answer is being made by a worker."""
        self._paused = False
        """The client does not take its answers."""
        # The end
        self._ending = False
        """No further request is read."""
        self._refused = False
        """The client may be sending still."""
        self._finished = False
        """All is answered and nothing more will be."""
        self._discarded = 0
        self._age = 0

    # --- Called by the event loop -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        refusal = self._front.opened(self)
        if refusal is not None:
            self._refuse(refusal)
            self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        self._front.closed(self)
        self._finished = True
        self._queue.clear()
        self._answers.clear()
        self._parser = None

    def data_received(self, data: bytes) -> None:
        if self._ending:
            self._discard(data)
            return
        self._segment = len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._ignore_upgrades(data, upgrade)
        except HttpParserError as error:
            self._fail(error)
        if self._in_headers and not self._ending:
            self._held += len(data)
            if self._held > _MAX_HELD_BYTES:
                self._refuse(HttpResponse(400, b"", b""))
        if len(self._answers) == 1:
            self._front.send_soon(self)
        elif self._answers:
            self._flush()

    def eof_received(self) -> bool:
        """Says whether the connection stays open for answers that are owed."""
        self._ending = True
        answers_owed = self._waiting or bool(self._queue or self._answers)
        self._finished = not answers_owed
        return answers_owed

    def pause_writing(self) -> None:
        self._paused = True
        self._age = 0
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._paused = False
        self._age = 0
        self._proceed()

    # --- Called by the parser ---------------------------------------------------------------------

    def on_url(self, target: bytes) -> None:
        if not self._target:
            self._in_headers = True
            self._held = -self._segment
            self._age = 0
        self._target += target

    def on_header(self, name: bytes, value: bytes) -> None:
        key = _NAMES.get(name) or name.decode("latin-1").lower()
        headers = self._collected
        if key not in headers:
            headers[key] = value.decode("latin-1")
        elif key != "accept-encoding":  # only its first line counts (protocol.md 2)
            headers[key] += (";" if key == "cookie" else ", ") + value.decode("latin-1")
            if len(headers[key]) > MAX_HEADER_BYTES:
                raise _Refusal(400)

    def on_headers_complete(self) -> None:
        headers = self._headers = self._collected
        self._collected = {}
        self._in_headers = False
        if self._held >= 0 or self._segment > MAX_HEADER_BYTES:
            self._judge_head()
        length = headers.get("content-length", "")
        if len(length) > 7 and int(length) > MAX_REQUEST_BODY_BYTES:
            raise _Refusal(413)
        if "expect" in headers:
            self._agree_to_body(headers["expect"])

    def on_chunk_header(self) -> None:
        self._in_headers = True
        self._held = -self._segment

    def on_body(self, data: bytes) -> None:
        self._in_headers = False
        body = self._body
        if not body:
            self._body = data
            return
        if isinstance(body, bytes):
            body = self._body = bytearray(body)
        body += data
        if len(body) > MAX_REQUEST_BODY_BYTES:
            raise _Refusal(413)

    def on_message_complete(self) -> None:
        headers = self._headers
        parser = self._parser
        if self._ending or ("upgrade" in headers and parser.should_upgrade()):
            return
        path, query = ("/", "") if self._target == b"/" else _split(self._target)
        request = HttpRequest(parser.get_method().decode(), path, headers, bytes(self._body), query)
        self._ending = not parser.should_keep_alive()
        self._forget_request()
        if self._waiting or self._paused:
            self._queue.append(request)
        else:
            self._answer(request)

    # --- Requests ---------------------------------------------------------------------------------

    def _forget_request(self) -> None:
        self._target = self._body = b""
        self._in_headers = False
        if self._collected:
            self._collected = {}

    def _judge_head(self) -> None:
        """Refuse a head beyond the limits. Only one that came in as many bytes needs to be looked at."""
        header_bytes = sum(len(name) + len(value) + 4 for name, value in self._headers.items())
        if header_bytes > MAX_HEADER_BYTES or len(self._target) > MAX_REQUEST_LINE_BYTES:
            raise _Refusal(400)

    def _agree_to_body(self, expectation: str) -> None:
        """Tell a client that asks first to send its body; not while it has answers to come, which go before."""
        in_turn = not (self._waiting or self._paused or self._queue)
        if expectation.lower() == "100-continue" and in_turn and self._parser.get_http_version() == "1.1":
            self._answers.append(_CONTINUE)

    def _ignore_upgrades(self, data: bytes, upgrade: HttpParserUpgrade) -> None:
        """Go on with HTTP/1.1 for a client that offers to speak another protocol (HTTP/2, TLS).

        The parser stops behind the head of such a request, whose body it did not take; it gets it once more
        without the offer.
        """
        while True:
            if self._ending:
                return
            data = self._head_without_upgrade() + data[upgrade.args[0] :]
            self._forget_request()
            try:
                self._parser.feed_data(data)
            except HttpParserUpgrade as another:
                upgrade = another
            except HttpParserError as error:
                self._fail(error)
                return
            else:
                return

    def _head_without_upgrade(self) -> bytes:
        lines = [b"%b %b HTTP/1.1\r\n" % (self._parser.get_method(), self._target)]
        for name, value in self._headers.items():
            if name != "upgrade":
                lines.append(f"{name}: {value}\r\n".encode("latin-1"))
        return b"".join((*lines, b"\r\n"))

    def _fail(self, error: HttpParserError) -> None:
        """End the connection of a client that does not keep to the protocol or to the limits."""
        if self._ending:  # what follows the last request is of no interest
            return
        status = 400
        if isinstance(error, HttpParserCallbackError):
            cause = error.__context__
            if isinstance(cause, _Refusal):
                status = cause.status
            else:
                status = 500
                _log.error("the HTTP server failed on a request; please report this", exc_info=cause)
        self._refuse(HttpResponse(status, b"", b""))

    def _refuse(self, response: HttpResponse) -> None:
        """Make `response` the last answer, whatever else the client sends."""
        self._ending = self._refused = True
        self._in_headers = False
        answer = self._front.serialise(response, keep_alive=False)
        if self._waiting or self._paused:
            self._queue.append(answer)
        else:
            self._answers.append(answer)

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > _MAX_DISCARDED_BYTES:
            self._transport.abort()

    # --- Answers ----------------------------------------------------------------------------------

    def _answer(self, request: HttpRequest) -> None:
        if request.path == "/":
            self._append(request, self._front.handle(request))
        else:
            self._waiting = True
            self._transport.pause_reading()
            self._front.answer_later(request, self)

    def answered(self, request: HttpRequest, response: HttpResponse) -> None:
        """The answer that was waited for."""
        self._waiting = False
        self._age = 0
        if not self._finished:
            self._append(request, response)
            self._proceed()

    def _append(self, request: HttpRequest, response: HttpResponse) -> None:
        if self._front.stopping:
            self._ending = True
        keep_alive = not self._ending or bool(self._queue)
        answer = self._front.serialise(response, keep_alive, request.method != "HEAD")
        self._answers.append(answer)
        if self._front.group is not None:
            self._front.group.note(self, len(self._answers) - 1, request, keep_alive)
        if len(answer) > _LONG_ANSWER_BYTES or len(self._answers) == _MAX_ANSWERS:
            self._flush()

    def _proceed(self) -> None:
        """Answer what has queued up, and read on."""
        while self._queue and not (self._waiting or self._paused):
            entry = self._queue.popleft()
            if isinstance(entry, bytes):
                self._answers.append(entry)
            else:
                self._answer(entry)
        if self._answers:
            self._flush()
        if not (self._waiting or self._paused or self._finished):
            self._transport.resume_reading()

    def _flush(self) -> None:
        if self._front.group is not None:
            self._front.group.commit()
        answers = self._answers
        self._transport.write(answers[0] if len(answers) == 1 else b"".join(answers))
        answers.clear()
        if self._ending and not (self._queue or self._waiting):
            self._finish()

    def _finish(self) -> None:
        self._ending = self._finished = True
        self._age = 0
        if self._refused and self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
        else:
            self._transport.close()

    # --- Called by the server ---------------------------------------------------------------------

    def send(self) -> None:
        """Send the answers that are held back, if there are any still."""
        if self._answers:
            self._flush()

    def correct(self, number: int, answer: bytes) -> None:
        """Put another answer in the place of one that was not sent yet."""
        if number < len(self._answers):  # they are gone with the connection
            self._answers[number] = answer

    def stop(self) -> None:
        """Close now if no answer is owed; otherwise the last answer that is owed ends the connection."""
        self.send()
        if not (self._waiting or self._queue or self._target or self._finished):
            self._finish()

    def abort(self) -> None:
        """Close now, whatever is owed."""
        self._transport.abort()

    def tick(self, request_ticks: int, idle_ticks: int, linger_ticks: int) -> None:
        """Part from a client that has kept its connection waiting for more ticks than it may."""
        self._age += 1
        if self._waiting:
            return
        if self._finished or self._paused:
            if self._age > (linger_ticks if self._finished and self._refused else request_ticks):
                self._transport.abort()
        elif self._transport.is_closing():
            return
        elif self._target:
            if self._age > request_ticks:
                self._refuse(HttpResponse(408, b"", b""))
                self._flush()
        elif self._age > idle_ticks:
            self._finish()


def _split(target: bytes) -> tuple[str, str]:
    """Path and query of a request target, which may be a whole URL."""
    try:
        if not target.startswith(b"/"):
            url = parse_url(target)
            target = (url.path or b"/") + (b"?" + url.query if url.query else b"")
    except HttpParserError:
        raise _Refusal(400) from None
    path, _, query = target.decode("latin-1").partition("?")
    return path, query
