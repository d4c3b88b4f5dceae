"""Files that were cut or of which bytes were flipped, and what an emulator makes of them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from emulator import Emulator, FileError
from tests.property.invariants import check_invariants
from tests.property.observing import everything
from tests.property.stream_invariants import check_streams_and_expiries
from tests.property.streamed_tables import Api
from tests.property.wire import Json

from .files import CREATE, TABLE, content_of, killed_copy, log_of, opened_at

NOW = 1_800_000_000.0

FILE, LOG = "file", "log"

_LOG_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_MOST_FLIPS = 3
_MANY_ITEMS = 2_000
_BATCH = 25


@dataclass(frozen=True, slots=True)
class Good:
    """A good file, its log, and what is in it: the states after each commit of the log, the last one being all."""

    content: tuple[bytes, bytes | None]
    states: list[Json]

    @property
    def state(self) -> Json:
        return self.states[-1]


def grow(path: Path, commits: int) -> tuple[Emulator, list[Json]]:
    """An emulator that has made so many commits, and what was to be seen after each."""
    emulator = opened_at(path, NOW)
    api = Api(emulator)
    states = [everything(emulator)]
    ttl = {**TABLE, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "until"}}
    requests = [("CreateTable", TAGGED), ("UpdateTimeToLive", ttl)]
    requests += [("TransactWriteItems", transaction(number)) for number in range(commits)]
    for operation, request in requests:
        api.ask(operation, request)
        states.append(everything(emulator))
    return emulator, states


TAGGED: Json = {**CREATE, "Tags": [{"Key": "a", "Value": "b"}]}


def transaction(number: int) -> Json:
    """One that puts an item, changes another one, and is remembered by its token."""
    item = {"id": {"S": str(number)}, "kind": {"S": f"kind-{number % 3}"}}
    change = {
        **TABLE,
        "Key": {"id": {"S": "sum"}},
        "UpdateExpression": "ADD amount :n SET kind = :k",
        "ExpressionAttributeValues": {":n": {"N": str(number)}, ":k": {"S": "kind-0"}},
    }
    actions = [{"Put": {**TABLE, "Item": item}}, {"Update": change}]
    return {"TransactItems": actions, "ClientRequestToken": f"token-{number}"}


# --- Good files -----------------------------------------------------------------------------------


def closed(path: Path) -> Good:
    """A file whose emulator was done with it."""
    emulator, states = grow(path, 12)
    emulator.close()
    return Good(content_of(path), states[-1:])


def killed(path: Path) -> Good:
    """A file and its log, as a kill leaves them."""
    emulator, states = grow(path, 12)
    content = content_of(killed_copy(emulator, path, path.with_name("killed")))
    emulator.close()
    return Good(content, states)


def killed_anew(path: Path) -> Good:
    """A file that was killed, opened, and killed before anything was written."""
    emulator, states = grow(path, 12)
    copy = killed_copy(emulator, path, path.with_name("killed"))
    emulator.close()
    emulator = opened_at(copy, NOW)
    content = content_of(killed_copy(emulator, copy, path.with_name("killed-anew")))
    emulator.close()
    return Good(content, states)


def killed_after_long_log(path: Path) -> Good:
    """A file of which the log has just been brought into the file, since it had become long.

    Items are replaced by others of their size, so that no page but theirs tells earlier states from later ones.
    """
    emulator = opened_at(path, NOW)
    Api(emulator).ask("CreateTable", {name: value for name, value in TAGGED.items() if name != "StreamSpecification"})
    for first in range(0, _MANY_ITEMS, _BATCH):
        put_versions(emulator, range(first, first + _BATCH), 0)
    emulator.close()
    emulator = opened_at(path, NOW)
    before, rng, version = path.read_bytes(), Random(1), 0
    while path.read_bytes() == before:
        version += 1
        put_versions(emulator, rng.sample(range(_MANY_ITEMS), _BATCH), version)
    content = content_of(killed_copy(emulator, path, path.with_name("killed")))
    states = [everything(emulator)]
    emulator.close()
    return Good(content, states)


def put_versions(emulator: Emulator, numbers: Iterable[int], version: int) -> None:
    items = [
        {"id": {"S": str(number)}, "version": {"N": str(1_000_000 + version)}, "text": {"S": "x" * 400}}
        for number in numbers
    ]
    puts = [{"PutRequest": {"Item": item}} for item in items]
    Api(emulator).ask("BatchWriteItem", {"RequestItems": {"Orders": puts}})


# --- Damage ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Damage:
    """A cut at a length, or bytes that were flipped, of a file or its log."""

    target: str
    cut: int | None = None
    flips: tuple[tuple[int, int], ...] = ()
    """Places, and what is flipped there."""

    def done_to(self, content: bytes) -> bytes:
        if self.cut is not None:
            return content[: self.cut]
        damaged = bytearray(content)
        for place, bits in self.flips:
            damaged[place] ^= bits
        return bytes(damaged)

    def spares_all_but_the_last_commit(self, log: bytes) -> bool:
        """Whether it is such that what is before it in the log may be taken for all there is."""
        if self.target == FILE:
            return False
        return self.cut is not None or min(place for place, _ in self.flips) >= last_commit(log)


def random_damage(rng: Random, good: Good) -> Damage:
    file, log = good.content
    target = FILE if log is None else rng.choice((FILE, LOG))
    size = len(file if target == FILE else log or b"")
    if rng.randrange(4) == 0:
        return Damage(target, cut=rng.randrange(1, size))
    flips = [(rng.randrange(size), rng.randrange(1, 256)) for _ in range(1 + rng.randrange(_MOST_FLIPS))]
    return Damage(target, flips=tuple(flips))


def last_commit(log: bytes) -> int:
    """Where the frames of the last commit begin in a log."""
    (page_bytes,) = struct.unpack_from(">I", log, 8)
    salts = log[16:24]
    starts = [_LOG_HEADER_BYTES]
    for at in range(_LOG_HEADER_BYTES, len(log), _FRAME_HEADER_BYTES + page_bytes):
        if log[at + 8 : at + 16] != salts:
            break
        if log[at + 4 : at + 8] != bytes(4):
            starts.append(at + _FRAME_HEADER_BYTES + page_bytes)
    return starts[-2] if len(starts) > 1 else starts[-1]


def fault_of(path: Path, good: Good, damage: Damage) -> str | None:
    """What is wrong with how an emulator takes the damaged file, if something is."""
    file, log = good.content
    put(path, damage.done_to(file) if damage.target == FILE else file, log)
    if damage.target == LOG and log is not None:
        put(path, file, damage.done_to(log))
    before = content_of(path)
    try:
        emulator = opened_at(path, NOW)
    except FileError as error:
        return refusal_fault(path, before, error)
    try:
        check_invariants(emulator)
        check_streams_and_expiries(emulator)
        state = everything(emulator)
    finally:
        emulator.close()
    if state == good.state:
        return None
    if log is not None and damage.spares_all_but_the_last_commit(log) and state in good.states:
        return None
    return "it was opened, with other data"


def refusal_fault(path: Path, before: tuple[bytes, bytes | None], error: FileError) -> str | None:
    """What is wrong with a refusal, if something is."""
    if str(path) not in str(error):
        return f"the file is not named: {error}"
    if content_of(path) != before:
        return f"it was refused ({error}), but changed"
    return None


def put(path: Path, file: bytes, log: bytes | None) -> None:
    """Put a file and its log there."""
    path.write_bytes(file)
    log_of(path).unlink(missing_ok=True)
    if log is not None:
        log_of(path).write_bytes(log)
