"""What must be true of tables, indexes and streams when a server comes back, by what clients asked for and were told.

The streams are read from their beginnings: they must hold each change once and in order, and lead to the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.api.consumers import parents_first, read_stream, shards_of
from tests.property.wire import Json

from .load import ACCOUNT_COUNT, ACCOUNTS, BALANCE, DONE, REFUSED, SETUP, TABLES, THINGS, TRANSFERS, Write
from .server import HttpApi


@dataclass(frozen=True, slots=True)
class Change:
    """A record of a stream."""

    key: str
    old: Json | None
    new: Json | None
    by_service: bool
    sequence: int

    @classmethod
    def of(cls, record: Json) -> Change:
        noted = record["dynamodb"]
        old, new = noted.get("OldImage"), noted.get("NewImage")
        name = "REMOVE" if new is None else "INSERT" if old is None else "MODIFY"
        assert record["eventName"] == name, record
        by_service = record.get("userIdentity", {}).get("Type") == "Service"
        return cls(noted["Keys"]["id"]["S"], old, new, by_service, int(noted["SequenceNumber"]))

    @property
    def write(self) -> str | None:
        """The id of the write that left the item."""
        return None if self.new is None else self.new["write"]["S"]


def check(api: HttpApi, writes: Iterable[Write]) -> int:
    """Raise AssertionError where what is there is not what was written. Returns how many changes there are."""
    changes = {table: read_changes(api, table) for table in TABLES}
    for table in TABLES:
        items = {item["id"]["S"]: item for item in api.pages("Scan", {"TableName": table, "ConsistentRead": True})}
        assert replay(changes[table]) == items, f"the stream of {table} leads to the table"
    check_index(api)
    writes = list(writes)
    check_own_things(changes[THINGS], writes)
    check_counters(changes[THINGS], writes)
    check_transfers(changes[ACCOUNTS], changes[TRANSFERS], writes)
    return sum(map(len, changes.values()))


def read_changes(api: HttpApi, table: str) -> list[Change]:
    """The changes of a table, oldest first. Between all shards, there is one for each number."""
    arn = api.ask("DescribeTable", {"TableName": table})["Table"]["LatestStreamArn"]
    changes = [Change.of(record) for record in read_stream(api, arn)]
    numbers = [change.sequence for change in changes]
    for shard in parents_first(shards_of(api, arn)):
        numbers += [int(number) for number in shard["SequenceNumberRange"].values()]
    numbers.sort()
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no number is missing or there twice"
    return sorted(changes, key=lambda change: change.sequence)


def replay(changes: Iterable[Change]) -> dict[str, Json]:
    """The items that the changes lead to. Each follows on the one before it."""
    items: dict[str, Json] = {}
    for change in changes:
        assert items.get(change.key) == change.old, change
        if change.new is None:
            del items[change.key]
        else:
            items[change.key] = change.new
    return items


def check_index(api: HttpApi) -> None:
    items = api.pages("Scan", {"TableName": THINGS})
    indexed = api.pages("Scan", {"TableName": THINGS, "IndexName": "by-owner"})
    expected = [item for item in items if "owner" in item and "rank" in item]
    assert by_id(indexed) == by_id(expected), "an index holds what its table implies"


def by_id(items: list[Json]) -> list[Json]:
    return sorted(items, key=lambda item: item["id"]["S"])


# --- Things of one client -------------------------------------------------------------------------


def check_own_things(changes: list[Change], writes: list[Write]) -> None:
    """The changes of each thing are those that its client's writes make, one after the other."""
    changed: dict[str, list[Change]] = {}
    for change in changes:
        changed.setdefault(change.key, []).append(change)
    written: dict[str, list[Write]] = {}
    for write in writes:
        if write.kind in ("put", "delete"):
            written.setdefault(write.keys[0], []).append(write)
    for key, own in written.items():
        check_thing(changed.pop(key, []), own)
    assert not [key for key in changed if key.startswith("thing-")], "nothing is there that nobody wrote"


def check_thing(changes: list[Change], writes: list[Write]) -> None:
    """Each acknowledged write has its change, those in flight may have one, and there are no more."""
    waiting = iter(changes)
    change = _after_expiry(waiting)
    item: Json | None = None
    for write in writes:
        if write.outcome == REFUSED:
            continue
        if change is None or not _is_made_by(write, change):
            changes_nothing = write.kind == "delete" and item is None
            assert write.outcome != DONE or changes_nothing, (write, change)
            continue
        item = change.new
        change = next(waiting, None)
        if change is not None and change.by_service:
            assert "until" in (change.old or {}), "only what has a time expires"
            item, change = None, _after_expiry(waiting)
    assert change is None, "each change was asked for, once and in that order"


def _after_expiry(changes: Iterator[Change]) -> Change | None:
    """The next change, which a client must have made: nothing expires that is not there."""
    change = next(changes, None)
    assert change is None or not change.by_service
    return change


def _is_made_by(write: Write, change: Change) -> bool:
    return change.write == (write.id if write.kind == "put" else None)


# --- What clients share ---------------------------------------------------------------------------


def check_counters(changes: list[Change], writes: list[Write]) -> None:
    """Each acknowledged count was made once, and each that the server did not come to answer at most once."""
    counts = [change for change in changes if change.key.startswith("counter-")]
    _check_once(counts, (write for write in writes if write.kind == "count"))
    for key, changed in Counter(change.key for change in counts).items():
        last = [change for change in counts if change.key == key][-1]
        assert last.new is not None
        assert last.new["count"]["N"] == str(changed), "a counter counts its changes"


def check_transfers(accounts: list[Change], bookings: list[Change], writes: list[Write]) -> None:
    """A transfer changed both accounts and was booked, or did nothing of that; no amount was lost."""
    transfers = [write for write in writes if write.kind == "transfer"]
    booked = [change.key for change in bookings]
    _check_once(bookings, transfers)
    moved = [(change.write, change.key, _difference(change)) for change in accounts if change.write != SETUP]
    by_id = {write.id: write for write in transfers}
    expected = []
    for name in booked:
        write = by_id[name]
        expected += [(name, write.keys[0], -write.amount), (name, write.keys[1], write.amount)]
    assert sorted(moved) == sorted(expected), "a transfer is whole"
    balances = [_balance(item) for item in replay(accounts).values()]
    assert sum(balances) == ACCOUNT_COUNT * BALANCE
    assert min(balances) >= 0


def _check_once(changes: list[Change], writes: Iterable[Write]) -> None:
    made = Counter(change.write for change in changes)
    for write in writes:
        times = made.pop(write.id, 0)
        possible = {DONE: (1,), REFUSED: (0,)}.get(write.outcome, (0, 1))
        assert times in possible, (write, times)
    assert not made, "each change was asked for"


def _difference(change: Change) -> int:
    assert change.old is not None
    assert change.new is not None
    return _balance(change.new) - _balance(change.old)


def _balance(item: Json) -> int:
    return int(item["balance"]["N"])
