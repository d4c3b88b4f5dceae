"""Sources: what a test says about its tables or seed items, before anything is read or run.

A source is one of: data (a dict), the path of a file, a function. Lists of these are taken apart.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class DeclarationError(Exception):
    """Tables or seed items are declared in a way that cannot be used; the text says what and where."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the files of relative paths are looked for: a directory and those above it, up to the root."""

    directory: Path
    root: Path

    def find(self, path: str | os.PathLike[str]) -> Path:
        """The existing file or directory that is meant. Raises DeclarationError if there is none."""
        for directory in self._searched():
            candidate = directory / path  # an absolute path stays itself
            if candidate.exists():
                return candidate.resolve()
        if Path(path).is_absolute():
            raise DeclarationError(f"there is no file {path}")
        raise DeclarationError(f"there is no file {path!s} in {self.directory} or above it, up to {self.root}")

    def _searched(self) -> list[Path]:
        above = [self.directory, *self.directory.parents]
        if self.root in above:
            return above[: above.index(self.root) + 1]
        return [self.directory, self.root]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One source of tables or of seed items."""

    value: object
    """A Path that exists, or what was given."""

    origin: str
    """Who gave it, for messages."""

    places: Places

    def is_same(self, other: Source) -> bool:
        """Whether both are sure to mean the same: the same file, or the same object."""
        if isinstance(self.value, Path):
            return self.value == other.value
        return self.value is other.value


def sources_of(given: object, origin: str, places: Places) -> Iterator[Source]:
    """The sources in what a marker or a fixture gave: one, or a list of them, or None."""
    if given is None:
        return
    if isinstance(given, (list, tuple)):
        for element in given:
            yield from sources_of(element, origin, places)
        return
    if isinstance(given, (str, os.PathLike)):
        try:
            given = places.find(given)
        except DeclarationError as error:
            raise DeclarationError(f"{origin}: {error}") from None
    yield Source(given, origin, places)
