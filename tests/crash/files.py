"""Files of emulators as a kill leaves them, and what is in them."""

from __future__ import annotations

import re
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import time_machine

from emulator import Emulator, FileError, Settings
from tests.property.wire import Json

TABLE: Json = {"TableName": "Orders"}
CREATE: Json = {
    **TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-kind",
            "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


def killed_copy(emulator: Emulator, path: Path, to: Path) -> Path:
    """What a process that is killed now leaves of its file: the file and its log, as they are at this moment."""
    with emulator._lock:
        copy_files(path, to)
    return to


def copy_files(path: Path, to: Path) -> None:
    """The file and its log, in the place of others."""
    shutil.copyfile(path, to)
    log = log_of(path)
    if log.exists():
        shutil.copyfile(log, log_of(to))
    else:
        log_of(to).unlink(missing_ok=True)


def refusal(path: Path, why: str = "") -> AbstractContextManager[object]:
    """The claim that a file is refused, by its name; `why` is a pattern of what follows it."""
    return pytest.raises(FileError, match=f"^{re.escape(str(path))} {why}")


def log_of(path: Path) -> Path:
    return Path(f"{path}-wal")


def content_of(path: Path) -> tuple[bytes, bytes | None]:
    """All bytes of the file and of its log."""
    log = log_of(path)
    return path.read_bytes(), log.read_bytes() if log.exists() else None


def opened_at(path: Path, now: float, settings: Settings | None = None) -> Emulator:
    """The file, opened by an emulator whose clock stands still at that time."""
    with time_machine.travel(now, tick=False):
        emulator = Emulator(settings, path=path)
        emulator.clock.freeze(now)
    return emulator
