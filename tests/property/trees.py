"""Random expressions that are well formed: conditions, projections and updates, as the trees of `expressions`.

They are drawn with an item at hand, so that paths often lead somewhere and comparisons are often close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .expressions import ORDERINGS, Path, Tree, value_at
from .values import KINDS, NAMES, ValueMaker
from .wire import Item, Json, Value, order_of, value_of, wire_of

_SIZED = ("S", "B", "SS", "NS", "BS", "L", "M")
_SETS = ("NS", "SS", "BS")


@dataclass(frozen=True)
class Scope:
    """What an expression is drawn for: an item, and the attributes at which paths may start.

    `scalars` are attributes below which no path may lead: keys of the table and of its indexes.
    """

    item: Item
    attributes: tuple[str, ...]
    scalars: frozenset[str]


class TreeMaker(ValueMaker):
    """Draws expressions."""

    # --- paths ------------------------------------------------------------------------------------

    def path(self, scope: Scope) -> Path:
        """A path that often leads somewhere in the item."""
        there = [name for name in scope.attributes if name in scope.item]
        name = self.pick(there) if there and self.chance(80) else self.pick(scope.attributes)
        path: Path = (name,)
        while name not in scope.scalars and len(path) < 6:
            value = value_at(scope.item, path)
            if value is None or value[0] not in ("M", "L"):
                return (*path, self._stray_step()) if self.chance(6) else path
            if self.chance(35):
                return path
            path = (*path, self._step(value))
        return path

    def _step(self, value: Value) -> str | int:
        kind, content = value
        if self.chance(10):
            return self._stray_step()
        if kind == "L":
            return self.rng.randrange(len(content) + 4)
        return self.pick(sorted(content) or NAMES)

    def _sibling(self, path: Path, scope: Scope) -> Path:
        """Another member of the same map, or another element of the same list, there or not."""
        parent = value_at(scope.item, path[:-1])
        if len(path) == 1 or parent is None or parent[0] not in ("M", "L"):
            return path
        return (*path[:-1], self._step(parent))

    def _stray_step(self) -> str | int:
        return self.rng.randrange(4) if self.chance(50) else self.pick(NAMES)

    def separate_paths(self, scope: Scope, most: int) -> tuple[Path, ...]:
        """One path or more, none leading through another, and no element needed as both map and list."""
        paths: list[Path] = []
        for _ in range(1 + self.rng.randrange(most)):
            path = self.path(scope)
            if paths and self.chance(40):
                path = self._sibling(paths[-1], scope)
            if all(_separate(path, other) for other in paths):
                paths.append(path)
        return tuple(paths)

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, scope: Scope, depth: int = 2) -> Tree:
        """A condition with few operators; every literal is of a type that the service accepts there."""
        if depth and self.chance(40):
            operator = self.pick(("AND", "OR", "NOT"))
            count = 1 if operator == "NOT" else 2 + self.rng.randrange(2)
            return (operator, *(self.condition(scope, depth - 1) for _ in range(count)))
        left: Tree = ("path", self.path(scope))
        value = value_at(scope.item, left[1])
        kind = self.rng.randrange(9)
        if kind < 2:
            return (self.pick(("=", "<>")), *self._compared(left, value, scope, KINDS))
        if kind == 2:
            return (self.pick(ORDERINGS), *self._compared(left, value, scope, ("S", "N", "B")))
        if kind == 3:
            return (self.pick(("attribute_exists", "attribute_not_exists")), left)
        if kind == 4:
            return self._between(left, value, scope)
        if kind == 5:
            return self._type_test(left, value)
        if kind == 6:
            return self._search(left, value)
        if kind == 7:
            options = [self._other(left, value, scope, KINDS) for _ in range(1 + self.rng.randrange(3))]
            return ("IN", left, *options)
        return self._size_test(left, value)

    def _literal(self, value: Value | None, kinds: Sequence[str]) -> Tree:
        if value is not None and value[0] in kinds and self.chance(75):
            wire = self.nearby(wire_of(value))
            if next(iter(wire)) in kinds:
                return "value", wire
        return "value", self.value(1, kinds)

    def _other(
        self,
        left: Tree,
        value: Value | None,
        scope: Scope,
        kinds: Sequence[str],
    ) -> Tree:
        """An operand to compare `left` with: a literal, or at times another path."""
        if self.chance(20):
            path = self.path(scope)
            if path != left[1]:
                return "path", path
        return self._literal(value, kinds)

    def _compared(
        self,
        left: Tree,
        value: Value | None,
        scope: Scope,
        kinds: Sequence[str],
    ) -> tuple[Tree, Tree]:
        right = self._other(left, value, scope, kinds)
        return (right, left) if self.chance(25) else (left, right)

    def _between(self, left: Tree, value: Value | None, scope: Scope) -> Tree:
        if self.chance(15):
            bounds = [self._other(left, value, scope, ("S", "N", "B")) for _ in range(2)]
            if any(bound[0] == "path" for bound in bounds):
                return ("BETWEEN", left, *bounds)
        kind = value[0] if value is not None and value[0] in ("S", "N", "B") else self.pick(("S", "N", "B"))
        wires = [self._literal(value, (kind,))[1], self.value_of_kind(kind)]
        low, high = sorted(wires, key=lambda wire: order_of(value_of(wire)))
        return "BETWEEN", left, ("value", low), ("value", high)

    def _type_test(self, left: Tree, value: Value | None) -> Tree:
        name = value[0] if value is not None and self.chance(50) else self.pick(KINDS)
        return "attribute_type", left, ("value", {"S": name})

    def _search(self, left: Tree, value: Value | None) -> Tree:
        """begins_with or contains with something that may well be there."""
        part = self._part_of(value)
        if self.chance(50) and next(iter(part)) in ("S", "B"):
            return "begins_with", left, ("value", part)
        return "contains", left, ("value", part)

    def _part_of(self, value: Value | None) -> Json:
        if value is None or self.chance(25):
            return self.value(1)
        kind, content = value
        if kind in ("S", "B"):
            start = self.rng.randrange(len(content) + 1)
            part = content[0 if self.chance(60) else start : start + 1 + self.rng.randrange(2)]
            return wire_of((kind, part))
        if kind in ("SS", "NS", "BS"):
            return self.nearby(wire_of((kind[0], self.pick(sorted(content)))))
        if kind == "L" and content:
            return self.nearby(wire_of(self.pick(content)))
        return self.nearby(wire_of(value))

    def _size_test(self, left: Tree, value: Value | None) -> Tree:
        measured: Tree = ("size", left)
        if self.chance(10):
            measured = ("size", ("value", self.value(1, _SIZED)))
        number: Tree = ("value", {"N": str(self._length_near(value))})
        if self.chance(25):
            return "BETWEEN", measured, number, ("value", {"N": "100000"})
        operator = self.pick(("=", "<>", *ORDERINGS))
        return (operator, number, measured) if self.chance(20) else (operator, measured, number)

    def _length_near(self, value: Value | None) -> int:
        """The size of a value by the right measure or a wrong one, or off by one."""
        if value is None or value[0] not in _SIZED:
            return self.rng.randrange(4)
        lengths = [len(value[1])]
        if value[0] == "S":
            lengths += [len(value[1].encode("utf-16-le")) // 2, len(value[1].encode())]
        return self.pick(lengths) + self.pick((0, 0, 1, -1))

    # --- updates ----------------------------------------------------------------------------------

    def update(self, scope: Scope) -> Tree:
        """An update of one to four separate paths."""
        paths = self.separate_paths(scope, 4)
        return tuple(self._action(path, scope) for path in paths)

    def _action(self, path: Path, scope: Scope) -> Tree:
        value = value_at(scope.item, path)
        kind = self.rng.randrange(10)
        if kind < 5:
            return "SET", path, self._source(value, scope)
        if kind < 7:
            return "REMOVE", path
        operand_kind = value[0] if value is not None and value[0] in ("N", *_SETS) else self.pick(("N", *_SETS))
        if kind == 9 and operand_kind in _SETS:
            return "DELETE", path, self._members_near(value, operand_kind)
        if self.chance(10):
            operand_kind = self.pick(("N", *_SETS))
        return "ADD", path, self._members_near(value, operand_kind)

    def _members_near(self, value: Value | None, kind: str) -> Json:
        """A number, or a set that shares members with a value of its type."""
        if value is not None and value[0] == kind and kind in _SETS and self.chance(70):
            there = sorted(value[1])
            return self.respelt(wire_of((kind, frozenset(self.some(there, len(there), 1)))))
        return self.value_of_kind(kind)

    def _source(self, value: Value | None, scope: Scope) -> Tree:
        kind = self.rng.randrange(8)
        if kind < 3:
            return self._literal(value, KINDS)
        if kind == 3:
            return "path", self.path(scope)
        if kind == 4:
            return self._if_not_exists(scope, KINDS)
        if kind == 5:
            return "list_append", *(self._listed(scope) for _ in range(2))
        return self.pick(("+", "-")), *(self._counted(scope) for _ in range(2))

    def _if_not_exists(self, scope: Scope, kinds: Sequence[str]) -> Tree:
        otherwise: Tree = ("value", self.value(1, kinds))
        if self.chance(20):
            otherwise = "path", self.path(scope)
        elif self.chance(10):
            otherwise = "if_not_exists", self.path(scope), otherwise
        return "if_not_exists", self.path(scope), otherwise

    def _counted(self, scope: Scope) -> Tree:
        """An operand of arithmetic, which is often a number."""
        if self.chance(35):
            return "value", {"N": self.number()}
        if self.chance(40):
            return self._if_not_exists(scope, ("N",))
        return self._path_to("N", scope)

    def _listed(self, scope: Scope) -> Tree:
        """An operand of list_append, which is often a list."""
        if self.chance(40):
            return "value", self.value_of_kind("L", 1)
        if self.chance(40):
            return self._if_not_exists(scope, ("L",))
        return self._path_to("L", scope)

    def _path_to(self, kind: str, scope: Scope) -> Tree:
        fitting = [name for name in scope.attributes if name in scope.item and scope.item[name][0] == kind]
        if fitting and self.chance(80):
            return "path", (self.pick(fitting),)
        return "path", self.path(scope)


def _separate(one: Path, other: Path) -> bool:
    """Whether two paths may stand in one projection or update."""
    for left, right in zip(one, other, strict=False):
        if left != right:
            return isinstance(left, str) == isinstance(right, str)
    return False
