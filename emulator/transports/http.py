"""The HTTP server: listening, its thread, stopping.

Its loop is uvloop's where that is installed. `Server` runs it in a thread of its own, `serve_forever` in the
calling one until a signal comes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import signal
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeAlias

from emulator.operations import registry
from emulator.transports import addresses
from emulator.transports.connection import Connection
from emulator.transports.front import Front

if TYPE_CHECKING:
    from emulator.instance import Emulator

_BACKLOG = 1024
_GRACE_SECONDS = 1.0
_NO_SUCH_FAMILY = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

OnReady: TypeAlias = Callable[[int, Callable[[], None]], None]
"""Gets the port, and a function that stops the server from any thread."""


class ListenError(OSError):
    """The server cannot listen on the address it was given; its text says what to do."""


# --- A server in a thread -------------------------------------------------------------------------


class Server:
    """An HTTP server for an emulator, in a daemon thread of its own.

        with Emulator().serve() as server:
            boto3.client("dynamodb", endpoint_url=server.url, ...)

    Port 0 takes a free port. While it runs, clients of this process whose endpoint is this server use HTTP even
    when an emulator serves all others.
    """

    def __init__(self, emulator: Emulator, host: str = "127.0.0.1", port: int = 0) -> None:
        self.emulator = emulator
        self.host = host
        self.port = port
        """The port it listens on; until it is started, the one asked for."""
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], None] = lambda: None

    @property
    def url(self) -> str:
        """The endpoint to give to SDKs on this machine."""
        return addresses.url(self.host, self.port)

    def start(self) -> Self:
        """Listen. Returns when requests are answered; raises `ListenError` if the port is taken."""
        if self._thread is not None:
            raise RuntimeError("this server is started already")
        started: Future[int] = Future()
        thread = threading.Thread(target=self._run, args=(started,), name="emulator-http", daemon=True)
        thread.start()
        self.port = started.result()
        self._thread = thread
        return self

    def stop(self) -> None:
        """Let the answers in progress go out and close all connections. Does nothing if it is not running."""
        if self._thread is not None:
            self._stop()
            self._thread.join()
            self._thread = None

    def _run(self, started: Future[int]) -> None:
        def on_ready(port: int, stop: Callable[[], None]) -> None:
            self._stop = stop
            started.set_result(port)

        try:
            _run(self.emulator, self.host, self.port, on_ready)
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve_forever(
    emulator: Emulator, host: str = "127.0.0.1", port: int = 0, on_ready: Callable[[int], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT, then let the answers in progress go out and return.

    `on_ready` is called with the port once requests are answered. Raises `ListenError` if the port is taken.
    """

    def ready(bound_port: int, stop: Callable[[], None]) -> None:
        restored.callback(_on_signals(stop))
        if on_ready is not None:
            on_ready(bound_port)

    with contextlib.ExitStack() as restored:
        _run(emulator, host, port, ready)


def _on_signals(stop: Callable[[], None]) -> Callable[[], None]:
    """Have `stop` called by the signals that end a process; gives a function that undoes it."""
    if threading.current_thread() is not threading.main_thread():
        return lambda: None
    names = ("SIGTERM", "SIGINT", "SIGBREAK")  # the last one is Windows'
    signals = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda *_: stop()) for number in signals}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    return restore


# --- The loop -------------------------------------------------------------------------------------


def _run(emulator: Emulator, host: str, port: int, on_ready: OnReady) -> None:
    """Serve in this thread until it is stopped."""
    sockets = _listen(host, port)
    with contextlib.ExitStack() as opened:
        for each in sockets:
            opened.enter_context(each)
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(emulator, host, sockets, on_ready))


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def _serve(emulator: Emulator, host: str, sockets: list[socket.socket], on_ready: OnReady) -> None:
    loop = asyncio.get_running_loop()
    port = sockets[0].getsockname()[1]
    front = Front(emulator, loop, host, port)
    servers = [await loop.create_server(lambda: Connection(front), sock=each, backlog=_BACKLOG) for each in sockets]
    stopped = asyncio.Event()
    addresses.enter(host, port)
    try:
        on_ready(port, lambda: _call(loop, stopped.set))
        loop.call_soon(registry.load_all)  # not later: then there may be no file descriptor left to read them with
        await stopped.wait()
    finally:
        addresses.leave(host, port)
        for server in servers:
            server.close()
        await front.stop(_GRACE_SECONDS)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], None]) -> None:
    """Call a function in the loop's thread; a loop that has ended meanwhile needs no call."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(function)


def _listen(host: str, port: int) -> list[socket.socket]:
    """Listening sockets, all on one port, for each address that the host name has."""
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ListenError(f"Cannot listen on {host!r}: {error.strerror}. Give an address of this machine.") from error
    sockets: list[socket.socket] = []
    unavailable: OSError | None = None
    for family, kind, protocol, _, address in dict.fromkeys(found):
        try:
            sockets.append(_bound(family, kind, protocol, (address[0], port, *address[2:])))
        except OSError as error:
            if error.errno in _NO_SUCH_FAMILY:  # a machine without IPv6 may know names in it
                unavailable = error
                continue
            for each in sockets:
                each.close()
            raise _explained(error, host, port) from error
        port = sockets[0].getsockname()[1]
    if unavailable is not None and not sockets:
        raise _explained(unavailable, host, port) from unavailable
    return sockets


def _bound(family: int, kind: int, protocol: int, address: tuple[str | int, ...]) -> socket.socket:
    bound = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":  # where another program could take the port over otherwise
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except BaseException:
        bound.close()
        raise
    return bound


def _explained(error: OSError, host: str, port: int) -> ListenError:
    if error.errno == errno.EADDRINUSE or (error.errno == errno.EACCES and port > 1023):  # the latter on Windows
        text = (
            f"Port {port} of {host} is taken by another program. "
            "Stop that program or choose another port; port 0 takes a free one."
        )
    elif error.errno == errno.EACCES:
        text = f"This user may not listen on port {port} of {host}. Choose a port above 1023; port 0 takes a free one."
    else:
        text = f"Cannot listen on port {port} of {host}: {error.strerror}."
    return ListenError(text)
