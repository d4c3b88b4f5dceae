"""The emulator as a WSGI application: API calls at `/`, and the pages beside them.

Any WSGI server can run it; `run` is how our own HTTP server does, for all paths but `/`.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import orjson
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from emulator.errors import ServiceError
from emulator.gateway import HttpRequest, HttpResponse
from emulator.limits import MAX_REQUEST_BODY_BYTES
from emulator.transports import clock_page
from emulator.transports.savepoint_pages import OpenSavepoints, SavepointError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from emulator.instance import Emulator

_log = logging.getLogger("emulator")

_SAVEPOINT = "/admin/savepoints/"
_OF_THE_CONNECTION = frozenset(("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"))


class _Request(Request):
    max_content_length = MAX_REQUEST_BODY_BYTES


class _Response(Response):
    default_mimetype = None


class Application:
    """A WSGI application in front of an emulator.

    Give it to any WSGI server, or mount it in an application of your own:

        from werkzeug.middleware.dispatcher import DispatcherMiddleware

        application = DispatcherMiddleware(my_application, {"/dynamodb": Emulator().wsgi()})

    and set the `endpoint_url` of SDKs to `http://HOST:PORT/dynamodb`.
    """

    def __init__(self, emulator: Emulator) -> None:
        self._gateway = emulator.gateway
        self._clock = emulator.clock
        self._pages: dict[str, Callable[[_Request], Response]] = {
            "": self._api,
            "/": self._api,
            "/health": _health,
            "/admin/clock": self._show_or_move_clock,
            "/admin/reset": self._reset,
            "/admin/savepoints": self._show_or_open_savepoints,
        }
        self._emulator = emulator
        self._savepoints = OpenSavepoints(emulator)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: _Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        page = self._pages.get(path, self._unknown)
        if path.startswith(_SAVEPOINT):
            page = self._change_savepoint
        try:
            return page(request)
        except SavepointError as error:
            return _json({"error": str(error)}, error.status)
        except ServiceError as error:  # from the file
            return _json({"error": error.message}, error.fault.status)
        except RequestEntityTooLarge:
            return _Response(status=413)
        except HTTPException as error:
            return _Response(error.description, error.code)

    def _api(self, request: _Request) -> Response:
        return _response(self._gateway.handle(_http_request(request)))

    def _show_or_move_clock(self, request: _Request) -> Response:
        if request.method == "POST":
            try:
                clock_page.move(self._clock, request.get_data(cache=False))
            except clock_page.MoveError as error:
                return _json({"error": str(error)}, 400)
        elif request.method not in ("GET", "HEAD"):
            return _not_allowed("the clock is shown by GET and moved by POST", request, "GET, HEAD, POST")
        return _json(clock_page.shown(self._clock))

    def _reset(self, request: _Request) -> Response:
        if request.method != "POST":
            return _not_allowed("everything is forgotten by POST", request, "POST")
        self._emulator.reset()
        return _json({})

    def _show_or_open_savepoints(self, request: _Request) -> Response:
        if request.method == "POST":
            return _json({"savepoint": self._savepoints.open()}, 201)
        if request.method not in ("GET", "HEAD"):
            return _not_allowed("savepoints are shown by GET and opened by POST", request, "GET, HEAD, POST")
        return _json({"savepoints": self._savepoints.numbers()})

    def _change_savepoint(self, request: _Request) -> Response:
        """`POST /admin/savepoints/1/restore` or `DELETE /admin/savepoints/1`."""
        number, _, action = request.environ["PATH_INFO"].removeprefix(_SAVEPOINT).partition("/")
        if not (number.isascii() and number.isdigit()) or len(number) > 10 or action not in ("", "restore"):
            return self._unknown(request)
        if action and request.method == "POST":
            self._savepoints.restore(int(number))
        elif not action and request.method == "DELETE":
            self._savepoints.release(int(number))
        else:
            allowed = "POST" if action else "DELETE"
            return _not_allowed("a savepoint is restored by POST to its /restore, released by DELETE", request, allowed)
        return _json({"savepoints": self._savepoints.numbers()})

    def _unknown(self, request: _Request) -> Response:
        return _response(self._gateway.unknown(_http_request(request)))


def _not_allowed(rule: str, request: _Request, allowed: str) -> Response:
    return _json({"error": f"{rule}, not by {request.method}"}, 405, {"Allow": allowed})


def _health(_: _Request) -> Response:
    from emulator import __version__

    return _json({"status": "ok", "version": __version__})


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, mimetype="application/json")


def _http_request(request: _Request) -> HttpRequest:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = request.get_data(cache=False)
    return HttpRequest(request.method, request.path, headers, body, request.query_string.decode("latin-1"))


def _response(response: HttpResponse) -> Response:
    return _Response(response.body, response.status, response.headers)


# --- Running an application -----------------------------------------------------------------------


def run(application: Any, request: HttpRequest, server: tuple[str, int]) -> HttpResponse:
    """Answer a request, which `server`, a host and port, has read whole, by a WSGI application."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], object]:
        started[:] = status, headers
        return written.append

    written: list[bytes] = []
    try:
        chunks = application(_environ(request, server), start_response)
        try:
            written.extend(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started
        lines = [f"{name}: {value}\r\n" for name, value in headers if name.lower() not in _OF_THE_CONNECTION]
        return HttpResponse(int(status[:3]), "".join(lines).encode("latin-1"), b"".join(written))
    except Exception:
        _log.exception("%s %s failed inside the emulator; please report this", request.method, request.path)
        return HttpResponse(500, b"", b"")


def _environ(request: HttpRequest, server: tuple[str, int]) -> WSGIEnvironment:
    environ: WSGIEnvironment = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in request.headers.items()
        if "_" not in name and name not in ("content-length", "content-type", "transfer-encoding")
    }
    environ.update(
        {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
            "QUERY_STRING": request.query,
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(request.body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
    )
    return environ
