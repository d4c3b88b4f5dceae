"""Expressions as texts: trees of `expressions` written out, with placeholders for names and values.

The same tree has many texts: names bare or as placeholders, spare spaces, keywords in either case, parentheses
where they change nothing. Which one is written is drawn from a `random.Random`.
"""

from __future__ import annotations

import re
from random import Random

from .expressions import ORDERINGS, Path, Tree
from .wire import Json

_BARE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*").fullmatch
_COMPARATORS = ("=", "<>", *ORDERINGS)
_SECTIONS = ("SET", "REMOVE", "ADD", "DELETE")
_LOOSE = ("OR", "AND", "NOT")  # what binds less tightly than a comparison, loosest first


class Renderer:
    """Writes expressions of one request, which share their placeholders."""

    def __init__(self, rng: Random, reserved: frozenset[str] = frozenset()) -> None:
        self._rng = rng
        self._reserved = reserved
        self.names: dict[str, str] = {}
        self.values: dict[str, Json] = {}

    def placeholders(self) -> Json:
        """The two maps of the request, as far as they are not empty."""
        maps: Json = {}
        if self.names:
            maps["ExpressionAttributeNames"] = dict(self.names)
        if self.values:
            maps["ExpressionAttributeValues"] = dict(self.values)
        return maps

    # --- words ------------------------------------------------------------------------------------

    def _chance(self, percent: int) -> bool:
        return self._rng.randrange(100) >= 100 - percent

    def _space(self) -> str:
        return " " if not self._chance(10) else self._rng.choice(("  ", "\t", "\n", "\r\n"))

    def _word(self, keyword: str) -> str:
        return keyword.lower() if self._chance(10) else keyword

    def _listed(self, parts: list[str]) -> str:
        return ("," if self._chance(20) else ", ").join(parts)

    def path(self, path: Path) -> str:
        text = self._name(path[0])
        for step in path[1:]:
            text += f"[{step}]" if isinstance(step, int) else "." + self._name(step)
        return text

    def _name(self, name: str) -> str:
        if _BARE_NAME(name) and name.upper() not in self._reserved and not self._chance(30):
            return name
        for placeholder, target in self.names.items():
            if target == name:
                return placeholder
        placeholder = f"#n{len(self.names)}"
        self.names[placeholder] = name
        return placeholder

    def value(self, wire: Json) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = wire
        return placeholder

    # --- conditions -------------------------------------------------------------------------------

    def operand(self, operand: Tree) -> str:
        if operand[0] == "path":
            text = self.path(operand[1])
        elif operand[0] == "value":
            text = self.value(operand[1])
        else:
            text = f"size({self.operand(operand[1])})"
        return f"({text})" if self._chance(3) else text

    def condition(self, condition: Tree) -> str:
        """The condition with no more than one pair of parentheses around anything."""
        return self._condition(condition, within=0)

    def _condition(self, condition: Tree, within: int) -> str:
        """`within` is how tightly the context binds: an index into `_LOOSE`, or its length."""
        operator = condition[0]
        tightness = _LOOSE.index(operator) if operator in _LOOSE else len(_LOOSE)
        text = self._condition_text(condition, tightness)
        return f"({text})" if tightness < within or self._chance(10) else text

    def _condition_text(self, condition: Tree, tightness: int) -> str:
        operator, *parts = condition
        if operator == "NOT":
            return f"{self._word('NOT')}{self._space()}{self._condition(parts[0], tightness)}"
        if operator in _LOOSE:
            joint = f"{self._space()}{self._word(operator)}{self._space()}"
            return joint.join(self._condition(part, tightness + 1) for part in parts)
        operands = [self.operand(part) for part in parts]
        if operator in _COMPARATORS:
            space = "" if self._chance(20) else self._space()
            return f"{operands[0]}{space}{operator}{space}{operands[1]}"
        if operator == "BETWEEN":
            between, conjunction = self._word("BETWEEN"), self._word("AND")
            return f"{operands[0]} {between} {operands[1]}{self._space()}{conjunction} {operands[2]}"
        if operator == "IN":
            return f"{operands[0]} {self._word('IN')} ({self._listed(operands[1:])})"
        return f"{operator}({self._listed(operands)})"

    # --- projections and updates ------------------------------------------------------------------

    def projection(self, paths: tuple[Path, ...]) -> str:
        return self._listed([self.path(path) for path in paths])

    def update(self, update: Tree) -> str:
        """The update with one section for each kind of action; sections come in any order."""
        sections = []
        for section in _SECTIONS:
            actions = [self._action(action) for action in update if action[0] == section]
            if actions:
                sections.append(f"{self._word(section)} {self._listed(actions)}")
        self._rng.shuffle(sections)
        return self._space().join(sections)

    def _action(self, action: Tree) -> str:
        path = self.path(action[1])
        if action[0] == "SET":
            return f"{path}{self._space()}={self._space()}{self._source(action[2])}"
        if action[0] == "REMOVE":
            return path
        return f"{path} {self.value(action[2])}"

    def _source(self, source: Tree) -> str:
        kind = source[0]
        if kind in ("+", "-"):
            text = f"{self._source_operand(source[1])} {kind} {self._source_operand(source[2])}"
            return f"({text})" if self._chance(10) else text
        return self._source_operand(source)

    def _source_operand(self, source: Tree) -> str:
        kind = source[0]
        if kind == "if_not_exists":
            return f"if_not_exists({self._listed([self.path(source[1]), self._source_operand(source[2])])})"
        if kind == "list_append":
            return f"list_append({self._listed([self._source_operand(part) for part in source[1:]])})"
        return self.operand(source)
