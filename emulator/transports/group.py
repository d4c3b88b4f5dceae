"""A group commit: the requests that came to the server together are in the file before any of them is answered.

If the commit fails all of them are taken back, and are answered anew one by one: those that only read succeed, those
that write have done so or tell why they could not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from emulator.gateway import HttpRequest

if TYPE_CHECKING:
    from emulator.persistence.journal import Journal
    from emulator.transports.connection import Connection
    from emulator.transports.front import Front


class _Answer(NamedTuple):
    """An answer that was not sent yet: where it stands, and what it is to."""

    connection: Connection
    number: int
    request: HttpRequest
    keep_alive: bool
    generation: int
    """Which commit it waits for."""


class Group:
    """Answers that wait for a commit. Used in the server's event loop only."""

    def __init__(self, journal: Journal, front: Front) -> None:
        self._journal = journal
        self._front = front
        self._answers: list[_Answer] = []

    def note(self, connection: Connection, number: int, request: HttpRequest, keep_alive: bool) -> None:
        """Note an answer of a connection, if it may rest on what is not committed."""
        awaited = self._journal.awaited
        if awaited is not None and request.path == "/":
            self._answers.append(_Answer(connection, number, request, keep_alive, awaited))

    def commit(self) -> None:
        """Commit, so that the answers may be sent; those that cannot stand are replaced."""
        while self._answers or self._journal.is_pending:
            answers, self._answers = self._answers, []
            lost = self._journal.commit_group()
            self._answer_those_anew([answer for answer in answers if answer.generation in lost])
            self._front.deliver()  # to functions that may write

    def _answer_those_anew(self, answers: list[_Answer]) -> None:
        if not answers:
            return
        self._journal.unclaim()
        try:
            for answer in answers:
                self._answer_anew(answer)
        finally:
            self._journal.claim()

    def _answer_anew(self, answer: _Answer) -> None:
        response = self._front.handle(answer.request)
        with_body = answer.request.method != "HEAD"
        answer.connection.correct(answer.number, self._front.serialise(response, answer.keep_alive, with_body))

    def end(self) -> None:
        """Commit what is left, and let each request commit its own again."""
        self.commit()
        self._journal.unclaim()
