"""Draining in the background: a thread that delivers what is due, for code that waits until its handlers have run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from emulator.streams.subscription import Delivery


@contextmanager
def draining(drain: Callable[[], list[Delivery]], every: float) -> Iterator[list[Delivery]]:
    """Meanwhile drain every so many seconds of wall time, and once more at the end.

    Yields the list of deliveries, which grows. What a drain raises ends the thread and is raised at the end, unless the
    block raises something itself: then it is added to that as a note.
    """
    deliveries: list[Delivery] = []
    errors: list[BaseException] = []
    over = Event()

    def run() -> None:
        try:
            while not over.wait(every):
                deliveries.extend(drain())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run, name="emulator-drain", daemon=True)
    thread.start()
    try:
        yield deliveries
    except BaseException as error:
        _end(thread, over)
        for other in errors:
            error.add_note(f"meanwhile draining in the background had failed: {other!r}")
        raise
    _end(thread, over)
    if errors:
        raise errors[0]
    deliveries.extend(drain())


def _end(thread: Thread, over: Event) -> None:
    over.set()
    thread.join()
