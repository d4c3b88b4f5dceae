"""Handlers: functions that are called with the changes of streams, as Lambda does by event source mappings.

Nothing is delivered by itself: `drain` delivers what is due by the emulator's clock, one call after the other. It holds
the emulator's lock while it looks for a batch and while it notes what came of it, never while it calls a handler: those
use the same emulator, from other threads too.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import blake2b
from threading import Lock, RLock, get_ident
from uuid import UUID

from emulator.settings import Settings
from emulator.storage.agenda import Agenda
from emulator.storage.database import Database
from emulator.storage.undo import UndoLog
from emulator.storage.work import Work
from emulator.streams.functions import Function, Handler, LambdaContext, failure_document, first_failure
from emulator.streams.lanes import Batch, Lane
from emulator.streams.source_mapping import SourceMapping
from emulator.streams.stream import Stream
from emulator.streams.subscription import Delivery, Outcome, Subscription

_log = logging.getLogger("emulator")


class Subscriptions:
    """All handlers of an emulator, in the order in which they are called."""

    def __init__(
        self,
        databases: Mapping[str, Database],
        agenda: Agenda,
        undo: UndoLog,
        lock: RLock,
        work: Work,
        settings: Settings,
    ) -> None:
        self._databases = databases
        self._agenda = agenda
        self._undo = undo
        self._lock = lock
        self._work = work
        self._settings = settings
        self._open: tuple[Subscription, ...] = ()
        self._calls = 0
        self._draining = Lock()
        self._drainer: int | None = None

    # --- who is subscribed ------------------------------------------------------------------------

    def add(self, table: str, region: str | None, handler: Handler, mapping: SourceMapping) -> Subscription:
        """Subscribe a handler to the stream that a table has now.

        Raises LookupError if there is no such table or it has no stream, and TypeError or ValueError for a handler or
        filter that is none.
        """
        region = region or self._settings.region
        function = Function(handler, mapping.function_name, region, self._settings.account_id)
        with self._lock, self._work:
            self._agenda.run_due()
            stream = self._stream_of(table, region)
            subscription = Subscription(stream, function, mapping, self._undo, self.close)
            self._set((*self._open, subscription))
        return subscription

    def _stream_of(self, table: str, region: str) -> Stream:
        database = self._databases.get(region)
        found = database.tables.get(table) if database is not None else None
        if found is None:
            elsewhere = sorted(name for name, other in self._databases.items() if table in other.tables)
            hint = f"; it is in {', '.join(elsewhere)}: give region=" if elsewhere else ""
            raise LookupError(f"there is no table {table!r} in {region}{hint}")
        if found.stream is None:
            raise LookupError(
                f"table {table!r} in {region} has no stream: create it with StreamSpecification="
                "{'StreamEnabled': True, 'StreamViewType': 'NEW_AND_OLD_IMAGES'}, or update it so"
            )
        return found.stream

    def close(self, subscription: Subscription) -> None:
        """Take a subscription out, if it is in."""
        with self._lock, self._work:
            if subscription.is_open:
                self._set(tuple(other for other in self._open if other is not subscription))

    def clear(self) -> None:
        """Take out all. Callers hold the lock."""
        self._set(())

    def _set(self, subscriptions: tuple[Subscription, ...]) -> None:
        self._undo.add(partial(self._put, self._open))
        self._put(subscriptions)

    def _put(self, subscriptions: tuple[Subscription, ...]) -> None:
        for subscription in self._open:
            subscription.is_open = False
            subscription.stream.when_trimmed.remove(subscription.note_trimmed)
        self._open = subscriptions
        for subscription in subscriptions:
            subscription.is_open = True
            subscription.stream.when_trimmed.append(subscription.note_trimmed)

    # --- delivery ---------------------------------------------------------------------------------

    def drain(self, max_deliveries: int) -> list[Delivery]:
        """Deliver until nothing is due. Raises RuntimeError if that has no end, and in a handler."""
        with self._the_only_drain():
            return self._run(max_deliveries)

    def check_may_drain(self) -> None:
        """Raise RuntimeError in a handler."""
        if self._drainer == get_ident():
            raise RuntimeError("a handler cannot drain: what it writes is delivered by the drain that called it")

    @contextmanager
    def _the_only_drain(self) -> Iterator[None]:
        self.check_may_drain()
        with self._draining:
            self._drainer = get_ident()
            try:
                yield
            finally:
                self._drainer = None

    def _run(self, max_deliveries: int) -> list[Delivery]:
        """Give each lane its turn until none has anything due."""
        run = _Run(max_deliveries)
        busy = True
        while busy:
            busy = False
            for subscription in self._open:
                for lane in self._lanes(subscription, run):
                    busy |= self._step(subscription, lane, run)
        return run.deliveries

    def _lanes(self, subscription: Subscription, run: _Run) -> list[Lane]:
        with self._lock, self._work:
            self._agenda.run_due()
            subscription.look_at_shards()
            run.deliveries += subscription.take_losses()
            if not subscription.stream.shards:
                self.close(subscription)  # disabled, and all that was in it is too old
            return [lane for lane in subscription.lanes() if lane not in run.waiting]

    def _step(self, subscription: Subscription, lane: Lane, run: _Run) -> bool:
        """Deliver the batch that is due in a lane, or give it up. Returns whether the lane has moved."""
        with self._lock, self._work:
            if not subscription.is_open:
                return False
            before = lane.place
            batch = subscription.next_batch(lane, self._agenda.now())
            if batch is None:
                return lane.place is not before
            run.check(subscription, batch)
            self._calls += 1
            request_id = _request_id(subscription.function, self._calls)
        if batch.condition is None:
            self._call(subscription, lane, batch, request_id, run)
        else:
            self._discard(subscription, lane, batch, request_id, run)
        return True

    def _call(self, subscription: Subscription, lane: Lane, batch: Batch, request_id: str, run: _Run) -> None:
        function = subscription.function
        failed: int | None = None
        error: Exception | None = None
        try:
            context = LambdaContext(function, request_id, self._agenda.clock.now)
            response = function({"Records": batch.records}, context)
            if subscription.mapping.report_batch_item_failures:
                failed = first_failure(response, batch)
        except Exception as raised:
            failed, error = batch.changes[0].sequence, raised
        with self._lock, self._work:
            if lane.place is not batch.place:
                run.waiting.add(lane)  # a savepoint was restored meanwhile
            elif failed is None:
                subscription.pass_over(lane, batch)
            elif not subscription.fail(lane, batch, failed):
                run.waiting.add(lane)
        outcome: Outcome = "done" if failed is None else "partly failed" if error is None else "failed"
        delivery = subscription.delivery(lane, batch, outcome, error)
        run.deliveries.append(delivery)
        if error is not None:
            _log.error("%s failed at attempt %d", _described(delivery), delivery.attempt, exc_info=error)

    def _discard(self, subscription: Subscription, lane: Lane, batch: Batch, request_id: str, run: _Run) -> None:
        """Give up a batch; it is still to be given up if the destination raises."""
        destination = subscription.mapping.destination
        if destination is not None:
            identity, now = subscription.stream.identity, self._agenda.clock.now()
            destination(failure_document(subscription.function, identity, lane.shard.id, batch, request_id, now))
        with self._lock, self._work:
            if lane.place is batch.place:
                subscription.pass_over(lane, batch)
            else:
                run.waiting.add(lane)
        run.deliveries.append(subscription.delivery(lane, batch, "discarded"))


class _Run:
    """One drain: what it did, and what it leaves to the next one."""

    def __init__(self, max_deliveries: int) -> None:
        self.deliveries: list[Delivery] = []
        self.waiting: set[Lane] = set()
        """Those in which a batch failed that is tried once in each drain."""
        self._max_deliveries = max_deliveries
        self._made_before: dict[Subscription, int] = {}
        self._of_new_changes: Counter[Subscription] = Counter()

    def check(self, subscription: Subscription, batch: Batch) -> None:
        """Raise RuntimeError if too much was delivered of what was made meanwhile: a handler feeds itself."""
        if batch.last <= self._made_before.setdefault(subscription, subscription.stream.last_sequence):
            return
        self._of_new_changes[subscription] += 1
        if self._of_new_changes.total() > self._max_deliveries:
            ((most, _),) = self._of_new_changes.most_common(1)
            raise RuntimeError(
                f"after {self._max_deliveries:,} deliveries of changes that were made meanwhile there are still more: "
                f"handler {most.function.name!r} of table {most.stream.identity.table!r} seems to feed itself; "
                "drain(max_deliveries=...) allows more"
            )


def _request_id(function: Function, call: int) -> str:
    """As unlike others as the service's, and the same in each run."""
    return str(UUID(bytes=blake2b(f"{function.arn}/{call}".encode(), digest_size=16).digest(), version=4))


def _described(delivery: Delivery) -> str:
    return (
        f"handler {delivery.function_name!r} of table {delivery.table!r}, with {delivery.records} records from "
        f"{delivery.first_sequence_number} on,"
    )
