"""An emulator: the composition root of clock, storage, gateway and the roads in."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from emulator import limits
from emulator.clock import Clock
from emulator.gateway import Gateway
from emulator.operations.context import Context, Observation
from emulator.settings import Settings
from emulator.storage.agenda import Agenda
from emulator.storage.database import Database
from emulator.storage.undo import UndoLog
from emulator.storage.work import Work
from emulator.streams.kinesis import KinesisSink
from emulator.transports.packages import require

if TYPE_CHECKING:
    from emulator.mocking import Mock
    from emulator.persistence.journal import Journal
    from emulator.streams.functions import Handler
    from emulator.streams.handlers import Subscriptions
    from emulator.streams.kinesis import KinesisFunction
    from emulator.streams.source_mapping import SourceMappingOptions
    from emulator.streams.subscription import Delivery, Subscription
    from emulator.transports.http import Server
    from emulator.transports.wsgi import Application

_AnyHandler = TypeVar("_AnyHandler", bound="Handler")


class Emulator:
    """A DynamoDB of its own, empty at first and sharing nothing with another one.

    Settings are given as a `Settings` or as its fields: `Emulator(region="eu-west-1")`.
    Usable from several threads: each operation is atomic.

    With a `path` the data is kept in that file, which is made if it is not there, and found again by the next emulator
    that opens it. Raises FileError if the file is another program's, damaged or in use. `close` it in the end.
    """

    def __init__(
        self, settings: Settings | None = None, *, path: str | PathLike[str] | None = None, **fields: Any
    ) -> None:
        self.settings = settings if settings is not None else Settings(**fields)
        self.observers: list[Callable[[Observation], None]] = []
        """Called after every request with what it did, under the emulator's lock."""
        self._lock = RLock()
        self.clock = Clock(self._lock)
        """The time of everything: `freeze` it, `advance` it, let it `resume`."""
        self._undo = UndoLog()
        self._agenda = Agenda(self.clock, self._undo)
        self._databases: dict[str, Database] = {}
        self._contexts: dict[str, Context] = {}
        self._subscriptions: Subscriptions | None = None
        self._work = Work()
        """Around all that may change data."""
        self._kinesis = KinesisSink(self.settings.kinesis_dir, self._undo, self._lock, self._work)
        self.deliver_to_kinesis = self._kinesis.deliver
        self.gateway = Gateway(
            self._context, self._agenda, self._lock, self.settings.region, self.observers, self._kinesis, self._work
        )
        if self.settings.max_memory:
            from emulator.ceiling import Ceiling

            self.gateway.ceiling = Ceiling(self.settings.max_memory, self._databases)
        self._savepoints: list[Savepoint] = []
        self._close: Callable[[], object] = lambda: None
        if path is not None:
            self._open(Path(path))
        self.clock.when_moved.append(partial(_run_due, self._agenda, self._work))
        self.clock.when_moved.append(self._kinesis.deliver)

    def _open(self, path: Path) -> None:
        """Read the file and keep it from now on. It is closed when nobody has the emulator any more, at the latest."""
        from emulator.persistence.opening import OpenFile

        parts = (self._databases, self._agenda, self._undo, self._lock)
        file = OpenFile(path, self.settings.durability, self._context, *parts)
        self._work.journal = file.journal
        self._close = weakref.finalize(self, file.close)

    def _context(self, region: str) -> Context:
        context = self._contexts.get(region)
        return context if context is not None else self._open_region(region)

    def _open_region(self, region: str) -> Context:
        if len(self._databases) >= limits.MAX_OPEN_REGIONS:
            self._forget_empty_regions()
        database = self._databases[region] = Database(region, self._undo)
        parts = (self._agenda, self.clock, self.settings, self._undo, self._kinesis)
        # Weakly: what is to happen later holds contexts, and an emulator that nobody has any more is to be let go.
        context = Context(database, self._databases, *parts, _contexts_of(weakref.ref(self)))
        self._contexts[region] = context
        return context

    def _forget_empty_regions(self) -> None:
        """Requests may name any region: those that have nothing in them are not kept without bound.

        All are kept while a savepoint is open: coming back to it may bring tables back to them.
        """
        if self._undo.recording:
            return
        empty = [name for name, database in self._databases.items() if database.is_empty]
        for name in empty:
            del self._databases[name], self._contexts[name]

    # --- files ------------------------------------------------------------------------------------

    def close(self) -> None:
        """Be done with the file, if there is one: what happens from now on is not kept. May be called again."""
        with self._lock:
            try:
                self._work.settle()
            finally:
                self._work.journal = None
                self._close()

    @property
    def journal(self) -> Journal | None:
        """What keeps the file, if there is one."""
        return self._work.journal

    @classmethod
    def load(cls, path: str | PathLike[str], settings: Settings | None = None, **fields: Any) -> Self:
        """An emulator in memory with the data of a file, which stays as it is. Raises FileError."""
        from emulator.persistence.opening import read_copy

        loaded = cls(settings, **fields)
        read_copy(Path(path), loaded._context)
        return loaded

    def save(self, path: str | PathLike[str]) -> None:
        """Write all data to a file, for `load` or to be kept. An earlier file of an emulator there is replaced.

        Changes that are going on, such as a table being made, are written as done. Raises FileError.
        """
        from emulator.persistence.opening import write_copy

        with self._lock, self._work:
            self._agenda.run_due()
            write_copy(Path(path), self._databases, self._agenda, self._undo)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Have all that is done inside in the file together, or nothing of it. Others wait meanwhile."""
        try:
            with self._lock, self._work:
                yield
        finally:
            self._kinesis.deliver()

    # --- data -------------------------------------------------------------------------------------

    def tables(self) -> dict[str, dict[str, int]]:
        """Item counts by region and table name; regions without tables are left out."""
        with self._lock, self._work:
            self._agenda.run_due()
            return {
                region: {name: len(table.rows) for name, table in sorted(database.tables.items())}
                for region, database in sorted(self._databases.items())
                if database.tables
            }

    def reset(self) -> None:
        """Forget all that is in any region, the idempotency tokens, and who is called with changes."""
        with self._lock, self._work:
            if self._subscriptions is not None:
                self._subscriptions.clear()
            self._kinesis.clear()
            for database in self._databases.values():
                database.tokens.clear()
                database.documents.clear()
                database.copies.clear()
                for table in list(database.tables.values()):
                    database.drop(table)
                for stream in list(database.streams.values()):
                    database.forget_stream(stream)

    def split_shards(self, table: str, region: str | None = None) -> None:
        """Close each open shard of a table's stream, and open two in its place, half of the item collections each.

        The service does so when a table grows. Raises LookupError if there is no such table or its stream is disabled.
        """
        region = region or self.settings.region
        with self._lock, self._work:
            self._agenda.run_due()
            database = self._databases.get(region)
            found = database.tables.get(table) if database is not None else None
            if found is None or found.stream is None:
                raise LookupError(f"there is no table {table!r} with a stream in {region}")
            found.stream.split()

    @overload
    def on_stream(
        self, table: str, handler: None = None, region: str | None = None, **options: Unpack[SourceMappingOptions]
    ) -> Callable[[_AnyHandler], _AnyHandler]: ...

    @overload
    def on_stream(
        self, table: str, handler: Handler, region: str | None = None, **options: Unpack[SourceMappingOptions]
    ) -> Subscription: ...

    def on_stream(
        self,
        table: str,
        handler: Handler | None = None,
        region: str | None = None,
        **options: Unpack[SourceMappingOptions],
    ) -> Subscription | Callable[[_AnyHandler], _AnyHandler]:
        """Have `drain` call a handler with the changes of a table, as Lambda does. Without a handler, a decorator.

        The handler takes an event and a context, or an event alone. The options are the fields of a `SourceMapping`.
        Raises LookupError for a table that is not there or has no stream, and TypeError or ValueError for an option.
        """
        from emulator.streams.source_mapping import SourceMapping

        mapping = SourceMapping(**options)
        if handler is not None:
            return self._handlers().add(table, region, handler, mapping)

        def subscribe(function: _AnyHandler) -> _AnyHandler:
            self._handlers().add(table, region, function, mapping)
            return function

        return subscribe

    def on_kinesis(self, stream_arn: str, function: KinesisFunction) -> Callable[[], None]:
        """Have a function called with each record that a table sends to a Kinesis stream; returns what ends that.

        The function gets the parameters of Kinesis' PutRecord: StreamARN, PartitionKey, and Data as bytes. It is
        called when the request that changed an item is done, before that is answered. If it raises, that is logged.
        """
        with self._lock, self._work:
            self._kinesis.add(stream_arn, function)

        def end() -> None:
            with self._lock, self._work:
                self._kinesis.remove(stream_arn, function)

        return end

    def drain(self, max_deliveries: int = limits.MAX_DELIVERIES) -> list[Delivery]:
        """Call the handlers of streams until nothing is due by the clock; returns what was done, in that order.

        Raises RuntimeError when so many deliveries were of changes that handlers made meanwhile, and in a handler.
        """
        return self._handlers().drain(max_deliveries)

    def draining(
        self, every: float = 0.05, max_deliveries: int = limits.MAX_DELIVERIES
    ) -> AbstractContextManager[list[Delivery]]:
        """A context manager that drains meanwhile in a thread, for code that waits; gives the list of deliveries.

        Raises RuntimeError in a handler.
        """
        from emulator.streams.background import draining

        self._handlers().check_may_drain()
        return draining(lambda: self.drain(max_deliveries), every)

    def _handlers(self) -> Subscriptions:
        """Made and loaded when somebody asks for them: many an emulator has none."""
        from emulator.streams.handlers import Subscriptions

        with self._lock:
            if self._subscriptions is None:
                parts = (self._databases, self._agenda, self._undo, self._lock, self._work, self.settings)
                self._subscriptions = Subscriptions(*parts)
            return self._subscriptions

    def savepoint(self) -> Savepoint:
        """A point to come back to; coming back costs what was changed since, not what the tables hold."""
        return Savepoint(self._undo, self._lock, self._work, self.clock, self._savepoints)

    # --- roads in ---------------------------------------------------------------------------------

    def client(self, region_name: str | None = None, **arguments: Any) -> Any:
        """A boto3 client of this emulator; needs no credentials and no region."""
        require("boto3")
        from emulator.transports.inprocess import bound_client

        return bound_client(self, region_name or self.settings.region, **arguments)

    def resource(self, region_name: str | None = None, **arguments: Any) -> Any:
        """A boto3 resource of this emulator; needs no credentials and no region."""
        require("boto3")
        from emulator.transports.inprocess import bound_resource

        return bound_resource(self, region_name or self.settings.region, **arguments)

    def start(self) -> Self:
        """Serve every boto3 and aiobotocore DynamoDB client of the process, until `stop`."""
        require("botocore")
        from emulator.transports import process

        process.activate(self)
        return self

    def stop(self) -> None:
        """Stop serving the clients of the process; what served them before does again."""
        from emulator.transports import process

        process.deactivate(self)

    def mock(self) -> Mock:
        """A context manager and decorator around `start` and `stop`."""
        from emulator.mocking import Mock

        return Mock(lambda: self)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def serve(self, host: str = "127.0.0.1", port: int = 0) -> Server:
        """An HTTP server for this emulator in a thread of its own; a context manager. Port 0 takes a free one."""
        from emulator.transports.http import Server

        return Server(self, host=host, port=port)

    def wsgi(self) -> Application:
        """A WSGI application for this emulator, to be run by any WSGI server or mounted in another application."""
        from emulator.transports.wsgi import Application

        return Application(self)


def _run_due(agenda: Agenda, work: Work) -> None:
    with work:
        agenda.run_due()


def _contexts_of(emulator: weakref.ref[Emulator]) -> Callable[[str], Context]:
    def context(region: str) -> Context:
        there = emulator()
        assert there is not None
        return there._context(region)

    return context


class Savepoint:
    """A moment of an emulator's data and clock. Savepoints nest: an outer one is restored after the inner ones.

    Both methods raise RuntimeError once it was released, `restore` too once an earlier savepoint was restored.
    """

    def __init__(self, undo: UndoLog, lock: RLock, work: Work, clock: Clock, opened: list[Savepoint]) -> None:
        self._undo = undo
        self._lock = lock
        self._work = work
        self._clock = clock
        self._opened = opened  # all that are open, oldest first
        self._is_released = self._is_overtaken = False
        with lock:
            work.settle()
            self._mark = undo.mark()
            self._clock_setting = clock.setting
            opened.append(self)

    def restore(self) -> None:
        """Bring all data and the clock back to this moment. May be called again."""
        with self._lock:
            self._check_open()
            if self._is_overtaken:
                raise RuntimeError("an earlier savepoint was restored since: this one can only be released")
            self._work.settle()
            self._clock.come_back(self._clock_setting)  # first: what comes back is woken by the clock
            self._undo.restore(self._mark)
            for later in self._opened[self._opened.index(self) + 1 :]:
                later._is_overtaken = True
            self._work.settle()

    def release(self) -> None:
        """Keep what was changed since; the savepoint is of no further use."""
        with self._lock:
            self._check_open()
            self._is_released = True
            self._opened.remove(self)
            self._undo.release()

    def _check_open(self) -> None:
        if self._is_released:
            raise RuntimeError("this savepoint was released: it can neither be restored nor released again")
