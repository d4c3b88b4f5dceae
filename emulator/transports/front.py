"""What the connections of one HTTP server share: the emulator behind them, the workers, the limits, the date.

Used in the server's event loop only.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any
from wsgiref.handlers import format_date_time

import orjson

from emulator import errors
from emulator.errors import ServiceError
from emulator.gateway import JSON_TYPE, HttpRequest, HttpResponse
from emulator.transports.connection import Connection
from emulator.transports.group import Group

if TYPE_CHECKING:
    from emulator.instance import Emulator

_LINGER_SECONDS = 2.0
_MAX_REFUSED_CONNECTIONS = 100  # at a time; more are closed without an answer
_MAX_TICK_SECONDS = 0.5
_MIN_TICK_SECONDS = 0.01
_MAX_HELD_ANSWERS = 64
_WORKERS = 4
_WITHOUT_LENGTH = (204, 304)
_PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}


class Front:
    """The shared part of a server's connections."""

    def __init__(self, emulator: Emulator, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        settings = emulator.settings
        self._emulator = emulator
        self._loop = loop
        self._address = (host, port)
        self._max_connections = settings.max_connections
        self._connections: set[Connection] = set()
        self._closed = asyncio.Event()
        self._workers = ThreadPoolExecutor(_WORKERS, "emulator-http-worker")
        self._application: Any = None
        self._loading = Lock()
        self._answering: list[Connection] = []
        """Connections that hold an answer back."""
        self.handle = emulator.gateway.handle
        """Answers a request for the path `/`."""
        self.deliver = emulator.deliver_to_kinesis
        """Delivers to Kinesis what was committed."""
        journal = emulator.journal
        self.group = Group(journal, self) if journal is not None and journal.claim() else None
        """What is to be committed before answers are sent; None if nothing is, or each request commits its own."""
        self.stopping = False
        """Each connection's next answer is its last."""

        waits = (settings.request_timeout, settings.idle_timeout, _LINGER_SECONDS)
        self._tick_seconds = min(_MAX_TICK_SECONDS, max(_MIN_TICK_SECONDS, min(waits) / 4))
        self._ticks = tuple(round(seconds / self._tick_seconds) for seconds in waits)
        self._tick()

    # --- Time -------------------------------------------------------------------------------------

    def _tick(self) -> None:
        """Date the answers and look after the clients that keep their connections waiting."""
        self._timer = self._loop.call_later(self._tick_seconds, self._tick)
        self._send()
        date = format_date_time(self._emulator.clock.now())
        self._common = b"Server: Server\r\nDate: %b\r\n" % date.encode()
        self._opening = _opening(200, self._common, keep_alive=True)
        for connection in list(self._connections):
            connection.tick(*self._ticks)

    # --- Connections ------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> HttpResponse | None:
        """Enter a connection; the answer to give at once if there is no room for it."""
        self._connections.add(connection)
        if len(self._connections) <= self._max_connections:
            return None
        if len(self._connections) > self._max_connections + _MAX_REFUSED_CONNECTIONS:
            connection.abort()
        error = ServiceError(errors.TOO_MANY_CONNECTIONS, limit=self._max_connections)
        return HttpResponse(
            error.fault.status, b"Content-Type: %b\r\n" % JSON_TYPE.encode(), orjson.dumps(error.body())
        )

    def closed(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._closed.set()

    async def stop(self, grace_seconds: float) -> None:
        """Let the answers in progress go out, for so long at most, and close all connections."""
        await asyncio.sleep(0)  # requests that have arrived before are read first
        self.stopping = True
        for connection in list(self._connections):
            connection.stop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                while self._connections:
                    await self._closed.wait()
                    self._closed.clear()
        for connection in list(self._connections):
            connection.abort()
        if self.group is not None:
            self.group.end()
        self._timer.cancel()
        self._workers.shutdown(wait=False, cancel_futures=True)

    # --- Answers ----------------------------------------------------------------------------------

    def serialise(self, response: HttpResponse, keep_alive: bool, with_body: bool = True) -> bytes:
        """The answer as it goes over the wire."""
        status, body = response.status, response.body
        if status == 200 and keep_alive:
            opening = self._opening
        else:
            opening = _opening(status, self._common, keep_alive)
            if status in _WITHOUT_LENGTH:
                return b"%b%b\r\n" % (opening, response.head)
        return b"%b%bContent-Length: %d\r\n\r\n%b" % (opening, response.head, len(body), body if with_body else b"")

    def send_soon(self, connection: Connection) -> None:
        """Have a connection send the answer it holds once all segments that have arrived were read.

        Answers that leave together wake the processes that wait for them once; one by one, waking them took a
        quarter of the time of a PutItem.
        """
        answering = self._answering
        if not answering:
            self._loop.call_soon(self._send)
        answering.append(connection)
        if len(answering) >= _MAX_HELD_ANSWERS:
            self._send()

    def _send(self) -> None:
        if self.group is not None:
            self.group.commit()
        answering, self._answering = self._answering, []
        for connection in answering:
            connection.send()

    def answer_later(self, request: HttpRequest, connection: Connection) -> None:
        """Have a worker answer a request for another path than `/`, and tell the connection."""

        def done(answer: asyncio.Future[HttpResponse]) -> None:
            if not answer.cancelled():
                connection.answered(request, answer.result())

        self._loop.run_in_executor(self._workers, self._run, request).add_done_callback(done)

    def _run(self, request: HttpRequest) -> HttpResponse:
        """Werkzeug is loaded for the first such request: most servers never see one, and it takes 60 ms."""
        from emulator.transports import wsgi

        with self._loading:
            if self._application is None:
                self._application = wsgi.Application(self._emulator)
        return wsgi.run(self._application, request, self._address)


def _opening(status: int, common: bytes, keep_alive: bool) -> bytes:
    """Status line and the headers that do not depend on the answer."""
    connection = b"keep-alive" if keep_alive else b"close"
    return b"HTTP/1.1 %d %b\r\n%bConnection: %b\r\n" % (status, _PHRASES.get(status, b""), common, connection)
