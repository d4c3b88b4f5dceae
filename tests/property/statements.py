"""Random statements of PartiQL, each with the call that says the same in expressions.

Trees are those of `expressions`. What only one of the two languages has is not drawn: if_not_exists, ADD of a number,
the size of a literal, and paths among the options of IN. Source: partiql.md 4 and 6 to 12.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from .expressions import ORDERINGS, Path, Tree
from .rendering import Renderer
from .trees import Scope, TreeMaker
from .values import NAMES, RESERVED
from .wire import Item, Json, item_of, number_text, value_of, wire_of

TABLE = "table"
CREATE_TABLE: Json = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("g", "S"), ("h", "N"), ("l", "B"))
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "global",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}, {"AttributeName": "h", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "l", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
KEYS = ("pk", "sk")
_INDEX_KEYS = ("g", "h", "l")
_SOURCES: dict[str | None, tuple[str, str]] = {None: KEYS, "global": ("g", "h"), "local": ("pk", "l")}
_TYPES = {"pk": "S", "sk": "N", "g": "S", "h": "N", "l": "B"}
_BARE = frozenset(("alpha", "beta", "gamma", "delta", "Alpha", "pk", "sk", "g", "h", "l"))
_RETURNING = {"ALL_OLD": "ALL OLD", "ALL_NEW": "ALL NEW", "UPDATED_OLD": "MODIFIED OLD", "UPDATED_NEW": "MODIFIED NEW"}
_LONGEST_NUMBER = 40  # what is longer is a parameter: statements have 8192 characters at most


@dataclass(frozen=True)
class Twin:
    """A statement, and the operation with its request that says the same."""

    statement: Json
    operation: str
    request: Json


class StatementWriter:
    """Writes the parts of one statement from left to right, values as literals or as parameters."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.parameters: list[Json] = []

    def _chance(self, percent: int) -> bool:
        return self._rng.randrange(100) >= 100 - percent

    def request(self, text: str) -> Json:
        return {"Statement": text, "Parameters": self.parameters} if self.parameters else {"Statement": text}

    def word(self, keyword: str) -> str:
        return keyword.lower() if self._chance(10) else keyword

    def source(self, index: str | None = None) -> str:
        table = f'"{TABLE}"'  # a bare `table` is a keyword
        return table if index is None else f'{table}."{index}"'

    # --- operands ---------------------------------------------------------------------------------

    def path(self, path: Path) -> str:
        text = self._name(path[0])
        for step in path[1:]:
            text += f"[{step}]" if isinstance(step, int) else "." + self._name(step)
        return text

    def _name(self, name: str) -> str:
        return name if name in _BARE and self._chance(50) else f'"{name}"'

    def value(self, wire: Json) -> str:
        ((kind, content),) = wire.items()
        if kind in ("B", "BS") or self._chance(40):
            return self._parameter(wire)
        if kind == "S":
            return _quoted(content)
        if kind == "N":
            text = number_text(value_of(wire)[1])
            return text if len(text) <= _LONGEST_NUMBER else self._parameter(wire)
        if kind == "BOOL":
            return self.word(str(content).upper())
        if kind == "NULL":
            return self.word("NULL")
        if kind == "L":
            return f"[{', '.join([self.value(element) for element in content])}]"
        if kind == "M":
            return self.map(content)
        if kind == "SS":
            return f"<<{', '.join(map(_quoted, content))}>>"
        members = [number_text(value_of({"N": member})[1]) for member in content]
        return f"<<{', '.join(members)}>>" if max(map(len, members)) <= _LONGEST_NUMBER else self._parameter(wire)

    def map(self, members: Json) -> str:
        return "{" + ", ".join([f"{_quoted(name)}: {self.value(member)}" for name, member in members.items()]) + "}"

    def _parameter(self, wire: Json) -> str:
        self.parameters.append(wire)
        return "?"

    def operand(self, operand: Tree) -> str:
        if operand[0] == "path":
            return self.path(operand[1])
        return self.value(operand[1]) if operand[0] == "value" else f"size({self.operand(operand[1])})"

    # --- conditions -------------------------------------------------------------------------------

    def condition(self, condition: Tree) -> str:
        text = self._condition(condition)
        return f"({text})" if condition[0] in ("AND", "OR") or self._chance(10) else text

    def _condition(self, condition: Tree) -> str:
        operator, *parts = condition
        if operator == "NOT":
            return f"{self.word('NOT')} ({self.condition(parts[0])})"
        if operator in ("AND", "OR"):
            return f" {self.word(operator)} ".join([self.condition(part) for part in parts])
        operands = [self.operand(part) for part in parts]
        if operator in ("=", "<>", *ORDERINGS):
            return f"{operands[0]} {'!=' if operator == '<>' and self._chance(30) else operator} {operands[1]}"
        if operator == "BETWEEN":
            return f"{operands[0]} {self.word('BETWEEN')} {operands[1]} AND {operands[2]}"
        if operator == "IN":
            return f"{operands[0]} {self.word('IN')} [{', '.join(operands[1:])}]"
        if operator in ("attribute_exists", "attribute_not_exists") and self._chance(50):
            return f"{operands[0]} IS {'NOT ' if operator == 'attribute_exists' else ''}MISSING"
        return f"{operator}({', '.join(operands)})"

    # --- changes ----------------------------------------------------------------------------------

    def actions(self, update: Tree) -> str:
        return " ".join([self._action(action) for action in update])

    def _action(self, action: Tree) -> str:
        path = self.path(action[1])
        if action[0] == "REMOVE":
            return f"{self.word('REMOVE')} {path}"
        if action[0] == "SET":
            return f"{self.word('SET')} {path} = {self._source(action[2])}"
        function = {"ADD": "set_add", "DELETE": "set_delete"}[action[0]]
        return f"{self.word('SET')} {path} = {function}({path}, {self.value(action[2])})"

    def _source(self, source: Tree) -> str:
        if source[0] in ("+", "-"):
            return f"{self.operand(source[1])} {source[0]} {self.operand(source[2])}"
        if source[0] == "list_append":
            return f"list_append({', '.join([self.operand(part) for part in source[1:]])})"
        return self.operand(source)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _is_shared(condition: Tree) -> bool:
    """Whether both languages have the condition."""
    operator, *parts = condition
    if operator in ("AND", "OR", "NOT"):
        return all(map(_is_shared, parts))
    if operator == "IN":
        return all(option[0] == "value" for option in parts[1:])
    return not any(part[0] == "size" and part[1][0] == "value" for part in parts)


class StatementMaker(TreeMaker):
    """Draws statements for a table of which `items` are known to be there."""

    def __init__(self, rng: Random, items: Sequence[Json]) -> None:
        super().__init__(rng)
        self.items = items

    def twin(self) -> Twin:
        draw = self.pick((self.select, self.insert, self.update_item, self.delete, self.select, self.update_item))
        return draw()

    # --- parts ------------------------------------------------------------------------------------

    def key(self) -> Json:
        if self.items and self.chance(75):
            item = self.pick(self.items)
            return {name: item[name] for name in KEYS}
        return {name: self.common_scalar(_TYPES[name]) for name in KEYS}

    def item(self) -> Json:
        item = {name: self.common_scalar(_TYPES[name]) for name in KEYS}
        for name in _INDEX_KEYS:
            if self.chance(60):
                item[name] = self.common_scalar(_TYPES[name]) if self.chance(95) else self.value(1)
        return item | {name: self.value(2) for name in self.some(NAMES, 5)}

    def _stored(self, key: Json) -> Item:
        for item in self.items:
            if item_of(item).items() >= item_of(key).items():
                return item_of(item)
        return item_of(key)

    def _scope(self, item: Item, without: Sequence[str] = ()) -> Scope:
        named = (*NAMES, *KEYS, *_INDEX_KEYS)
        return Scope(item, tuple(name for name in named if name not in without), frozenset((*KEYS, *_INDEX_KEYS)))

    def _shared_condition(self, scope: Scope) -> Tree:
        while not _is_shared(condition := self.condition(scope)):
            pass
        return condition

    def _if_not_exists(self, scope: Scope, kinds: Sequence[str]) -> Tree:
        return "value", self.value(1, kinds)

    def _key_condition(self, key: Json) -> list[Tree]:
        return [("=", ("path", (name,)), ("value", value)) for name, value in key.items()]

    def _where(self, writer: StatementWriter, conditions: list[Tree]) -> str:
        """The clause. Keys come first: of two equalities on one attribute the first one names the key."""
        keys, further = self.some(conditions[: len(KEYS)], len(KEYS), len(KEYS)), conditions[len(KEYS) :]
        return f"WHERE {' AND '.join([writer.condition(one) for one in (*keys, *further)])}"

    # --- writes -----------------------------------------------------------------------------------

    def insert(self) -> Twin:
        item = self.item()
        writer = StatementWriter(self.rng)
        statement = writer.request(f"INSERT INTO {writer.source()} VALUE {writer.map(item)}")
        request = {"TableName": TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return Twin(statement, "PutItem", request)

    def update_item(self) -> Twin:
        key = self.key()
        scope = self._scope(self._stored(key), KEYS)
        update = self._without_added_numbers(self.update(scope))
        conditions, joined = self._condition_beside(key, "attribute_exists(pk)", "AND")
        writer, renderer = StatementWriter(self.rng), Renderer(self.rng, RESERVED)
        text = f"{writer.source()} {writer.actions(update)} {self._where(writer, conditions)}"
        request: Json = {
            "TableName": TABLE,
            "Key": key,
            "UpdateExpression": renderer.update(update),
            "ConditionExpression": joined(renderer),
        }
        if self.chance(70):
            request["ReturnValues"] = self.pick(tuple(_RETURNING))
            text += f" RETURNING {_RETURNING[request['ReturnValues']]} *"
        return Twin(writer.request(f"UPDATE {text}"), "UpdateItem", {**request, **renderer.placeholders()})

    def _without_added_numbers(self, update: Tree) -> Tree:
        return tuple(
            ("SET", path, ("value", value[0])) if kind == "ADD" and "N" in value[0] else (kind, path, *value)
            for kind, path, *value in update
        )

    def _condition_beside(self, key: Json, text: str, operator: str) -> tuple[list[Tree], Callable[[Renderer], str]]:
        """The conditions of a clause that names `key`, and what makes them the ConditionExpression beside `text`."""
        conditions = self._key_condition(key)
        if self.chance(50):
            return conditions, lambda renderer: text
        further = self._shared_condition(self._scope(self._stored(key)))
        twice: Tree = ("NOT", ("NOT", further))  # whatever it is, no parentheses are needed around it
        return [*conditions, further], lambda renderer: f"{text} {operator} {renderer.condition(twice)}"

    def delete(self) -> Twin:
        key = self.key()
        conditions, joined = self._condition_beside(key, "attribute_not_exists(pk)", "OR")
        writer, renderer = StatementWriter(self.rng), Renderer(self.rng, RESERVED)
        text = f"DELETE FROM {writer.source()} {self._where(writer, conditions)}"
        request: Json = {"TableName": TABLE, "Key": key}
        if len(conditions) > len(KEYS):
            request["ConditionExpression"] = joined(renderer)
        if self.chance(50):
            request["ReturnValues"] = "ALL_OLD"
            text += " RETURNING ALL OLD *"
        return Twin(writer.request(text), "DeleteItem", {**request, **renderer.placeholders()})

    # --- reads ------------------------------------------------------------------------------------

    def select(self) -> Twin:
        kind = self.rng.randrange(6)
        if kind == 0:
            return self._get()
        return self._scan() if kind < 3 else self._query()

    def _projected(self, writer: StatementWriter, renderer: Renderer, request: Json) -> str:
        """The projection, whole attributes only: of a path the two languages make different rows."""
        if self.chance(60):
            return "*"
        paths = [(name,) for name in self.some((*NAMES, *KEYS, *_INDEX_KEYS), 4, 1)]
        request["ProjectionExpression"] = renderer.projection(tuple(paths))
        return ", ".join([writer.path(path) for path in paths])

    def _get(self) -> Twin:
        key = self.key()
        request: Json = {"TableName": TABLE, "Key": key, "ConsistentRead": self.chance(30)}
        writer, renderer = StatementWriter(self.rng), Renderer(self.rng, RESERVED)
        projection = self._projected(writer, renderer, request)
        text = f"SELECT {projection} FROM {writer.source()} {self._where(writer, self._key_condition(key))}"
        statement = {**writer.request(text), "ConsistentRead": request["ConsistentRead"]}
        return Twin(statement, "GetItem", {**request, **renderer.placeholders()})

    def _scan(self) -> Twin:
        index = self.pick(tuple(_SOURCES))
        request: Json = {"TableName": TABLE} | ({} if index is None else {"IndexName": index})
        writer, renderer = StatementWriter(self.rng), Renderer(self.rng, RESERVED)
        text = f"SELECT {self._projected(writer, renderer, request)} FROM {writer.source(index)}"
        if self.chance(70):
            scope = self._scope(item_of(self.pick(self.items)) if self.items else {}, [_SOURCES[index][0]])
            condition = self._shared_condition(scope)
            text += f" WHERE {writer.condition(condition)}"
            request["FilterExpression"] = renderer.condition(condition)
        return self._paged(writer.request(text), "Scan", {**request, **renderer.placeholders()})

    def _query(self) -> Twin:
        index = self.pick(tuple(_SOURCES))
        partition, sort = _SOURCES[index]
        request: Json = {"TableName": TABLE} | ({} if index is None else {"IndexName": index})
        writer, renderer = StatementWriter(self.rng), Renderer(self.rng, RESERVED)
        keys: list[Tree] = [("=", ("path", (partition,)), ("value", self.common_scalar(_TYPES[partition])))]
        if self.chance(60):
            keys.append(self._sort_condition(sort))
        conditions = list(keys)
        text = f"SELECT {self._projected(writer, renderer, request)} FROM {writer.source(index)}"
        if self.chance(60):
            scope = self._scope(item_of(self.pick(self.items)) if self.items else {}, (partition, sort))
            condition = self._shared_condition(scope)
            conditions.append(condition)
            request["FilterExpression"] = renderer.condition(condition)
        request["KeyConditionExpression"] = " AND ".join([renderer.condition(key) for key in keys])
        text += f" WHERE {' AND '.join([writer.condition(one) for one in self.some(conditions, 3, len(conditions))])}"
        if self.chance(40):
            request["ScanIndexForward"] = self.chance(50)
            text += f" ORDER BY {writer.path((sort,))} {'ASC' if request['ScanIndexForward'] else 'DESC'}"
        return self._paged(writer.request(text), "Query", {**request, **renderer.placeholders()})

    def _sort_condition(self, sort: str) -> Tree:
        kind = _TYPES[sort]
        path: Tree = ("path", (sort,))
        values = [self.common_scalar(kind) for _ in range(2)]
        operator = self.pick(("=", *ORDERINGS, "BETWEEN", "begins_with"))
        if operator == "BETWEEN":
            low, high = sorted(values, key=lambda wire: value_of(wire)[1])
            return "BETWEEN", path, ("value", low), ("value", high)
        if operator == "begins_with" and kind == "N":
            operator = "="
        return operator, path, ("value", wire_of(value_of(values[0])))

    def _paged(self, statement: Json, operation: str, request: Json) -> Twin:
        limit = {"Limit": 1 + self.rng.randrange(4)} if self.chance(50) else {}
        return Twin({**statement, **limit}, operation, {**request, **limit})
