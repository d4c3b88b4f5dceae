"""Telling files of ours from those of others, and whole ones from damaged ones, before SQLite touches them.

A log (`FILE-wal`) of which the end is missing is what a loss of power leaves, and SQLite goes on with what is before.
It would do the same where the damage is at the head or in the middle of the log, and so lose what was acknowledged:
so the log is looked through here. Format: sqlite.org/fileformat2.html, sections 1.3 and 4.
"""

from __future__ import annotations

import struct
from pathlib import Path

from emulator.persistence.failures import FileError
from emulator.persistence.layout import APPLICATION_ID, VERSION

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100
_WAL = b"\x02\x02"  # the versions for reading and writing that stand for a file with a log

_LOG_MAGICS = {0x377F0682: "<", 0x377F0683: ">"}
_LOG_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_MIN_PAGE_BYTES = 512


def refused(path: Path, why: str) -> FileError:
    return FileError(f"{path} {why}")


def damaged(path: Path, what: str) -> FileError:
    """The refusal of a file that was ours."""
    return refused(path, f"is damaged: {what}. It was left as it is; put back a copy of it, or choose another file.")


def check_header(path: Path) -> None:
    """Raise FileError unless this is a file of ours by its first bytes."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as error:
        raise refused(path, f"cannot be read: {error.strerror}.") from error
    if not header.startswith(_MAGIC) or len(header) < _HEADER_BYTES:
        raise refused(path, "is no file of this emulator (nor any SQLite database). Choose another file.")
    version, application_id = struct.unpack(">I4xI", header[60:72])
    if application_id != APPLICATION_ID:
        raise refused(path, "is a SQLite database, but none of this emulator. Choose another file.")
    if version > VERSION:
        text = f"was written by a newer version of the emulator (format {version}; this one knows {VERSION}). Upgrade."
        raise refused(path, text)
    if header[18:20] != _WAL:
        raise damaged(path, "its header says that it has no log")


def check_no_log(path: Path) -> None:
    """Raise FileError if a log is there whose file is not: SQLite would take it for the log of a new one."""
    log = Path(f"{path}-wal")
    if log.exists() and log.stat().st_size:
        raise refused(path, f"is missing or empty, but its log {log} is there. Put it back, or remove the log.")


def check_log(path: Path) -> None:
    """Raise FileError if a log has damage that a loss of power does not do."""
    log = Path(f"{path}-wal")
    try:
        content = log.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise refused(path, f"cannot be opened: {log}: {error.strerror}.") from error
    if len(content) < _LOG_HEADER_BYTES:
        return
    if not _has_sound_header(content):
        raise damaged(path, f"the header of {log} is wrong")
    if _has_hole(content):
        raise damaged(path, f"{log} is wrong in the middle")


def _has_sound_header(log: bytes) -> bool:
    magic, version, page_bytes = struct.unpack_from(">III", log)
    order = _LOG_MAGICS.get(magic)
    if order is None or version != 3_007_000 or page_bytes < _MIN_PAGE_BYTES:
        return False
    return _log_checksum((0, 0), log[:24], order) == struct.unpack_from(">II", log, 24)


def _has_hole(log: bytes) -> bool:
    """Whether a commit of this log stands behind a frame that is wrong."""
    magic, _, page_bytes = struct.unpack_from(">III", log)
    order = _LOG_MAGICS[magic]
    salts = log[16:24]
    frame_bytes = _FRAME_HEADER_BYTES + page_bytes
    frames = range(_LOG_HEADER_BYTES, len(log) - frame_bytes + 1, frame_bytes)
    total: tuple[int, int] = struct.unpack_from(">II", log, 24)
    for number, at in enumerate(frames):
        page = log[at + _FRAME_HEADER_BYTES : at + frame_bytes]
        total = _log_checksum(_log_checksum(total, log[at : at + 8], order), page, order)
        if log[at + 8 : at + 16] != salts or total != struct.unpack_from(">II", log, at + 16):
            return any(_is_commit(log, later, salts) for later in frames[number + 1 :])
    return False


def _is_commit(log: bytes, at: int, salts: bytes) -> bool:
    """Whether the frame is the last one of a transaction; frames with other salts are left over from earlier logs."""
    return log[at + 4 : at + 8] != b"\0\0\0\0" and log[at + 8 : at + 16] == salts


def _log_checksum(start: tuple[int, int], content: bytes, order: str) -> tuple[int, int]:
    """The log's own sum over pairs of words (section 4.2)."""
    first, second = start
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second
