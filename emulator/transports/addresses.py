"""The addresses of the HTTP servers that run in this process.

A boto3 client that is pointed at one of them really uses HTTP, even while an emulator serves all others.
"""

from __future__ import annotations

import socket

own_servers: set[tuple[str, int]] = set()
"""Host, as a client may write it, and port."""

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANY = ("", "0.0.0.0", "::")


def names_of(host: str) -> tuple[str, ...]:
    """The names under which this machine's clients reach a server that listens on `host`."""
    if host in _ANY:
        return (*_ANY, *_LOOPBACK, socket.gethostname().lower())
    if host in _LOOPBACK:
        return _LOOPBACK
    return (host.lower(),)


def enter(host: str, port: int) -> None:
    """A server listens there now."""
    own_servers.update((name, port) for name in names_of(host))


def leave(host: str, port: int) -> None:
    """That server listens no more."""
    own_servers.difference_update((name, port) for name in names_of(host))


def url(host: str, port: int) -> str:
    """The URL under which clients of this machine reach a server that listens there."""
    if host in _ANY:
        host = "::1" if host == "::" else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
