"""A bucket: a sub-directory of the bucket directory, its files the objects, their paths in it the keys.

No key leads out of the directory: objects are found by walking through it, never by putting a path together, and links
are not followed; a key to write must be a plain relative path on every system. What is written stands under a
temporary name until it is whole.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple
from uuid import uuid4

_TEMPORARY = ".dynamodb-emulator-"
"""How names of files begin that are not whole yet."""

_NOT_IN_A_NAME = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\]')
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
"""What Windows takes for a device, wherever it stands and whatever comes behind the first full stop."""

_MAX_NAME_BYTES = 255


class KeyRefusedError(Exception):
    """A key that a directory cannot hold, and why."""


class ObjectSummary(NamedTuple):
    """An object: its key, and how many bytes it has."""

    key: str
    size: int


class Bucket:
    """The objects of one bucket. OSError of the file system is left to callers."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._directory = directory

    def objects(self, prefix: str) -> list[ObjectSummary]:
        """The objects whose keys begin with `prefix`, by key."""
        return sorted(self._found(self._directory, "", prefix))

    def _found(self, directory: Path, above: str, prefix: str) -> Iterator[ObjectSummary]:
        """Objects in a directory whose own key, with its slash, is `above`. Links stand for nothing."""
        with os.scandir(directory) as entries:
            for entry in entries:
                key = above + entry.name
                if not _is_text(entry.name):
                    continue  # a name of bytes that are no UTF-8, which no key is
                if entry.is_dir(follow_symlinks=False):
                    inside = f"{key}/"
                    if inside.startswith(prefix) or prefix.startswith(inside):
                        yield from self._found(Path(entry.path), inside, prefix)
                elif entry.is_file(follow_symlinks=False) and key.startswith(prefix) and not _is_temporary(entry.name):
                    yield ObjectSummary(key, entry.stat(follow_symlinks=False).st_size)

    def open(self, key: str) -> BinaryIO:
        """The content of an object that `objects` named."""
        return open(self._directory.joinpath(*key.split("/")), "rb")

    def put(self, key: str, content: Iterable[bytes]) -> None:
        """Write an object, in the place of the one with that key if there is one. Raises KeyRefusedError."""
        check_key(key)
        path = self._directory.joinpath(*key.split("/"))
        if not path.parent.resolve().is_relative_to(self._directory.resolve()):
            raise PermissionError(f"{path.parent} leads out of the bucket")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{_TEMPORARY}{uuid4().hex}")
        try:
            with open(temporary, "xb") as file:
                file.writelines(content)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise


def find_bucket(bucket_dir: str | os.PathLike[str] | None, name: str) -> Bucket | None:
    """The bucket of that name; None if there is no such directory."""
    if bucket_dir is None or not _is_name(name):
        return None
    directory = Path(bucket_dir, name)
    return Bucket(name, directory) if directory.is_dir() and not directory.is_symlink() else None


def check_key(key: str) -> None:
    """Raise KeyRefusedError unless a key is a plain relative path on every system."""
    for name in key.split("/"):
        if not _is_name(name):
            raise KeyRefusedError(f"{name!r} cannot be the name of a file or a directory")


def _is_name(name: str) -> bool:
    return (
        name not in ("", ".", "..")
        and not _NOT_IN_A_NAME.search(name)
        and name[-1] not in ". "
        and not _RESERVED.fullmatch(name)
        and not _is_temporary(name)
        and _is_text(name)
        and len(name.encode()) <= _MAX_NAME_BYTES
    )


def _is_text(name: str) -> bool:
    """Whether a name has a form in UTF-8: a lone surrogate has none."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_temporary(name: str) -> bool:
    return name.startswith(_TEMPORARY)
