"""A server under load that is killed again and again, and what it finds in its file each time it comes back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from random import Random
from threading import Thread

from .ledger import check
from .load import DONE, UNKNOWN, Client, set_up
from .server import HttpApi, ServerProcess

CLIENTS = 8
LONGEST_LOAD_SECONDS = 0.15
LONGEST_OPENING_SECONDS = 0.4


@dataclass(slots=True)
class Summary:
    """What a run was like."""

    kills: int = 0
    answered: int = 0
    """Requests of clients."""
    acknowledged: int = 0
    """Writes."""
    unknown: int = 0
    """Writes that the server did not come to answer."""
    changes: int = 0
    """In all streams, at the end."""

    def __add__(self, other: Summary) -> Summary:
        pairs = zip(astuple(self), astuple(other), strict=True)
        return Summary(*(one + another for one, another in pairs))

    def __str__(self) -> str:
        return (
            f"{self.kills:,} kills; {self.answered:,} requests were answered and {self.acknowledged:,} writes "
            f"acknowledged, {self.unknown:,} were in flight; {self.changes:,} changes were in the streams"
        )


def run_kills(
    path: Path, seed: str, kills: int, *options: str, after_kill: Callable[[], None] = lambda: None
) -> Summary:
    """Kill a server so many times while clients write, and go on with its file. Raises AssertionError.

    Most kills come under load; some while the server still opens its file, and in between it ends in peace. At times
    the log is brought into the file all the while.
    """
    rng = Random(seed)
    clients = [Client(number, seed) for number in range(CLIENTS)]
    summary = Summary()
    with ServerProcess(path, *options) as server:
        _with_api(server, set_up)
        assert server.kill() == ""
    while summary.kills < kills:
        with ServerProcess(path, *options, max_log_bytes=rng.choice((None, 0, 100_000))) as server:
            if rng.randrange(8):
                ends_in_peace = not rng.randrange(10) and os.name == "posix"  # Windows knows no such end
                summary.changes = _check(server, clients)
                _load(server, clients, rng, server.stop if ends_in_peace else server.kill)
            else:
                ends_in_peace = False
                time.sleep(rng.random() * LONGEST_OPENING_SECONDS)
                assert server.kill() == ""
        if not ends_in_peace:
            summary.kills += 1
            after_kill()
    with ServerProcess(path, *options) as server:
        summary.changes = _check(server, clients)
    writes = [write for client in clients for write in client.writes]
    summary.answered = sum(client.answered for client in clients)
    summary.acknowledged = sum(write.outcome == DONE for write in writes)
    summary.unknown = sum(write.outcome == UNKNOWN for write in writes)
    return summary


def _with_api(server: ServerProcess, action: Callable[[HttpApi], int | None]) -> int:
    with closing(HttpApi(server.port)) as api:
        return action(api) or 0


def _check(server: ServerProcess, clients: list[Client]) -> int:
    return _with_api(server, lambda api: check(api, (write for client in clients for write in client.writes)))


def _load(server: ServerProcess, clients: list[Client], rng: Random, end: Callable[[], str]) -> None:
    """Have all clients write until the server is ended."""
    threads = [Thread(target=client.run, args=(server.port,)) for client in clients]
    for thread in threads:
        thread.start()
    time.sleep(rng.random() * LONGEST_LOAD_SECONDS)
    complaints = end()
    for thread in threads:
        thread.join()
    for client in clients:
        if client.fault is not None:
            raise client.fault
    assert complaints == ""
