"""Path trees: several paths merged by their common beginnings.

A tree is what a projection keeps and what an update changes. Paths in one tree may not lead through each other
(overlap) nor need one element to be both a map and a list (conflict). Source: expressions.md 8 and 9.
"""

from __future__ import annotations

from collections.abc import Sequence

from emulator import errors
from emulator.expressions.paths import BoundStep, bound_steps, path_text
from emulator.expressions.tree import Path


class PathTree:
    """A place in a document: either the end of a path, or the way to further places.

    `position` is the number of the path that ends here, None if paths go on. Not changed once `path_tree`
    has returned it.
    """

    __slots__ = ("children", "first", "first_index", "first_name", "position")

    def __init__(self, first: Path) -> None:
        self.children: dict[BoundStep, PathTree] = {}
        self.position: int | None = None
        self.first = first
        self.first_name: Path | None = None
        self.first_index: Path | None = None

    @property
    def holds_indexes(self) -> bool:
        """Whether the way goes on through a list; a map otherwise."""
        return self.first_index is not None

    def ordered_children(self) -> list[tuple[BoundStep, PathTree]]:
        """The children as written, or by index."""
        if self.holds_indexes:
            return sorted(self.children.items(), key=lambda child: int(child[0]))
        return list(self.children.items())


def path_tree(parameter: str | None, paths: Sequence[Path]) -> PathTree:
    """The tree of bound `paths`, at least one. Raises for the first overlap, else for the first conflict.

    `parameter` is named by errors; None where the paths come from a statement.
    """
    root = PathTree(paths[0])
    conflict: tuple[Path, Path] | None = None
    for position, path in enumerate(paths):
        place = root
        for step in bound_steps(path):
            if place.position is not None:
                raise _clash(parameter, errors.PATHS_OVERLAP, place.first, path)
            conflict = conflict or _conflict(place, step, path)
            place = place.children.setdefault(step, PathTree(path))
        if place.first is not path or place.position is not None:
            raise _clash(parameter, errors.PATHS_OVERLAP, place.first, path)
        place.position = position
    if conflict:
        raise _clash(parameter, errors.PATHS_CONFLICT, *conflict)
    return root


def _conflict(place: PathTree, step: BoundStep, path: Path) -> tuple[Path, Path] | None:
    """Note that `path` goes through `place`; return the earlier path that needs the other kind of element."""
    if isinstance(step, int):
        place.first_index = place.first_index or path
        return (place.first_name, path) if place.first_name else None
    place.first_name = place.first_name or path
    return (place.first_index, path) if place.first_index else None


def _clash(parameter: str | None, fault: str, one: Path, two: Path) -> errors.ServiceError:
    if parameter is None:
        return errors.refused_statement(fault, one=path_text(one), two=path_text(two))
    return errors.invalid_expression(parameter, fault, one=path_text(one), two=path_text(two))
