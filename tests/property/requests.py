"""Random requests: tables with indexes, writes and reads, as actions of the model.

Requests are well formed in themselves. What only the table or the stored items can refuse is drawn on purpose
now and then: failing conditions, index keys of a wrong type, updates that do not fit the item.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from .expressions import Tree
from .model import Action, Model, selected
from .rendering import Renderer
from .schema import GLOBAL, LOCAL, Index, Table, segment_of
from .trees import Scope, TreeMaker
from .values import NAMES, RESERVED
from .wire import SCALARS, Item, Json, item_of, order_of, value_of, wire_item, wire_of

_INDEX_KEYS = ("g1", "g2", "g3", "g4", "g5")
_RETURN_ON_FAILURE = ("ALL_OLD", "NONE")
_THROUGHPUT = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
_FEW_ITEMS = 10
_LARGEST_ITEM_BYTES = 4_000  # items do not grow beyond this, so that runs stay fast and pages below 1 MB


class RequestMaker(TreeMaker):
    """Draws requests that suit the tables of a model."""

    def __init__(self, rng: Random, model: Model) -> None:
        super().__init__(rng)
        self.model = model

    def action(self) -> Action:
        """The next request to make."""
        if not self.model.tables:
            return self.change_tables()
        table = self._table()
        if len(table.items) < _FEW_ITEMS and self.chance(15):
            return self.batch_write(table)
        weight = self.rng.randrange(200)
        for bound, draw in self._draws():
            if weight < 2 * bound:
                return draw(table)
        return self.change_tables()

    def _draws(self) -> tuple[tuple[int, Callable[[Table], Action]], ...]:
        return (
            (22, self.put_item),
            (44, self.update_item),
            (49, self.delete_item),
            (56, self.batch_write),
            (60, self.get_item),
            (63, self.batch_get),
            (76, self.query),
            (85, self.query_walk),
            (92, self.scan),
            (99, self.scan_walk),
        )

    def _table(self) -> Table:
        return self.pick(list(self.model.tables.values()))

    def _renderer(self) -> Renderer:
        return Renderer(self.rng, RESERVED)

    # --- tables -----------------------------------------------------------------------------------

    def create_table(self) -> Action:
        name = next(name for name in map("table{}".format, range(1, 99)) if name not in self.model.tables)
        keys = [("pk", "HASH"), ("sk", "RANGE")][: 1 + self.chance(70)]
        types = {key: self.pick(SCALARS) for key in ("pk", "sk", *_INDEX_KEYS)}
        request: Json = {"TableName": name, "KeySchema": _key_schema(keys)}
        globals_ = [self._global_index(f"global{at}", keys) for at in range(self.rng.randrange(4))]
        locals_ = [self._local_index(f"local{at}") for at in range(self.rng.randrange(3))] if len(keys) == 2 else []
        if locals_:
            request[LOCAL] = locals_
        if self.chance(70):
            request["BillingMode"] = "PAY_PER_REQUEST"
        else:
            request["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
            for index in globals_:
                index["ProvisionedThroughput"] = _THROUGHPUT
        if globals_:
            request[GLOBAL] = globals_
        schemas = [request["KeySchema"], *(index["KeySchema"] for index in (*globals_, *locals_))]
        used = dict.fromkeys(key["AttributeName"] for schema in schemas for key in schema)
        request["AttributeDefinitions"] = _definitions(types, used)
        return Action("CreateTable", request)

    def _global_index(self, name: str, table_keys: list[tuple[str, str]]) -> Json:
        hash_count = 1 if self.chance(75) else 2 + self.rng.randrange(3)
        range_count = self.rng.randrange(2) if self.chance(75) else 2 + self.rng.randrange(3)
        offered = (*_INDEX_KEYS, *(key for key, _ in table_keys))
        keys = self.some(offered, hash_count + range_count, hash_count + range_count)
        roles = [(key, "HASH" if at < hash_count else "RANGE") for at, key in enumerate(keys)]
        return {"IndexName": name, "KeySchema": _key_schema(roles), "Projection": self._projection_type()}

    def _local_index(self, name: str) -> Json:
        schema = _key_schema([("pk", "HASH"), (self.pick(_INDEX_KEYS), "RANGE")])
        return {"IndexName": name, "KeySchema": schema, "Projection": self._projection_type()}

    def _projection_type(self) -> Json:
        kind = self.pick(("ALL", "KEYS_ONLY", "INCLUDE"))
        if kind != "INCLUDE":
            return {"ProjectionType": kind}
        return {"ProjectionType": kind, "NonKeyAttributes": self.some((*NAMES[:6], "g1", "pk"), 3, 1)}

    def change_tables(self) -> Action:
        """A table comes or goes, or a global index does, or a table is spread over more partitions."""
        if not self.model.tables:
            return self.create_table()
        table = self._table()
        if 0 < table.read_units < 20_000 and self.chance(50):
            units = {"ReadCapacityUnits": table.read_units + 1 + self.rng.randrange(7_000), "WriteCapacityUnits": 5}
            return Action("UpdateTable", {"TableName": table.name, "ProvisionedThroughput": units})
        globals_ = [index for index in table.indexes.values() if index.kind == GLOBAL]
        if globals_ and self.chance(40):
            change = {"Delete": {"IndexName": self.pick(globals_).name}}
            return Action("UpdateTable", {"TableName": table.name, "GlobalSecondaryIndexUpdates": [change]})
        if len(globals_) < 4 and self.chance(60):
            return self._add_index(table)
        if len(self.model.tables) < 3:
            return self.create_table()
        return Action("DeleteTable", {"TableName": table.name})

    def _add_index(self, table: Table) -> Action:
        roles = [("pk", "HASH"), ("sk", "RANGE")][: len(table.keys)]
        name = next(name for name in map("added{}".format, range(9)) if name not in table.indexes)
        index = self._global_index(name, roles)
        if table.read_units:
            index["ProvisionedThroughput"] = _THROUGHPUT
        types = {key: table.types.get(key) or self.pick(SCALARS) for key in ("pk", "sk", *_INDEX_KEYS)}
        used = dict.fromkeys(key["AttributeName"] for key in index["KeySchema"])
        request = {
            "TableName": table.name,
            "AttributeDefinitions": _definitions(types, used),
            "GlobalSecondaryIndexUpdates": [{"Create": index}],
        }
        return Action("UpdateTable", request)

    # --- items and keys ---------------------------------------------------------------------------

    def _key(self, table: Table) -> Json:
        """A key of the table, often one that an item has."""
        if table.items and self.chance(70):
            return self._respelt_item(wire_item(table.key_of(self.pick(table.items))))
        return {name: self._key_value(table, name) for name in table.keys}

    def _key_value(self, table: Table, name: str) -> Json:
        """A value of a key attribute; those by which items are collected are few."""
        if name in table.hashes and self.chance(75):
            return self.common_scalar(table.types[name])
        return self.scalar(table.types[name])

    def _index_key_value(self, table: Table, name: str) -> Json:
        """The same for a key of indexes, which may also be what no index can hold."""
        if not self.chance(5):
            return self._key_value(table, name)
        kind = table.types[name]
        if kind == "N" or self.chance(50):
            return self.value(1)
        return {kind: "" if self.chance(50) else "A" * 4 * self.pick((256, 257, 512, 700))}

    def _respelt_item(self, item: dict[str, Json]) -> dict[str, Json]:
        return {name: self.respelt(value) for name, value in item.items()}

    def _item(self, table: Table) -> Json:
        item = self._key(table)
        for name in sorted(table.all_keys - set(table.keys)):
            if self.chance(75):
                item[name] = self._index_key_value(table, name)
        for name in _INDEX_KEYS:  # what an index to come will find, fit for it or not
            if name not in item and name not in table.all_keys and self.chance(40):
                item[name] = self.pick(({"S": ""}, {"B": ""}, {"S": "a" * 1025}, self.value(1), self.scalar("S")))
        for name in self.some(NAMES, 5):
            item[name] = self.value()
        return item

    def _stored(self, table: Table, key: Json) -> Item:
        """The item under a key, or what there is of it: the key."""
        return table.find(item_of(key)) or item_of(key)

    def _scope(self, table: Table, item: Item, without: frozenset[str] = frozenset()) -> Scope:
        named = [*NAMES, *sorted(table.all_keys - without)]
        return Scope(item, tuple(name for name in named if name not in without), frozenset(table.all_keys))

    # --- writes -----------------------------------------------------------------------------------

    def put_item(self, table: Table) -> Action:
        item = self._item(table)
        key = {name: item[name] for name in table.keys}
        return self._single_write("PutItem", table, {"Item": item}, key)

    def delete_item(self, table: Table) -> Action:
        key = self._key(table)
        return self._single_write("DeleteItem", table, {"Key": key}, key)

    def _single_write(self, operation: str, table: Table, subject: Json, key: Json) -> Action:
        request: Json = {"TableName": table.name, **subject}
        meant: dict[str, Tree] = {}
        renderer = self._renderer()
        self._add_condition(request, meant, renderer, table, key)
        if self.chance(40):
            request["ReturnValues"] = self.pick(("ALL_OLD", "NONE"))
        return Action(operation, {**request, **renderer.placeholders()}, meant)

    def _add_condition(
        self, request: Json, meant: dict[str, Tree], renderer: Renderer, table: Table, key: Json
    ) -> None:
        if not self.chance(35):
            return
        meant["ConditionExpression"] = self.condition(self._scope(table, self._stored(table, key)))
        request["ConditionExpression"] = renderer.condition(meant["ConditionExpression"])
        if self.chance(50):
            request["ReturnValuesOnConditionCheckFailure"] = self.pick(_RETURN_ON_FAILURE)

    def update_item(self, table: Table) -> Action:
        key = self._key(table)
        item = self._stored(table, key)
        request: Json = {"TableName": table.name, "Key": key}
        meant: dict[str, Tree] = {}
        renderer = self._renderer()
        if self.chance(97):
            without = frozenset(table.all_keys if self.chance(75) else table.keys)
            meant["UpdateExpression"] = self._modest_update(table, item, without)
            request["UpdateExpression"] = renderer.update(meant["UpdateExpression"])
        self._add_condition(request, meant, renderer, table, key)
        if self.chance(70):
            returned = ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
            request["ReturnValues"] = self.pick(returned)
        return Action("UpdateItem", {**request, **renderer.placeholders()}, meant)

    def _modest_update(self, table: Table, item: Item, without: frozenset[str]) -> Tree:
        """An update of attributes other than `without`, which are often the keys of indexes.

        An item that has become large is cut down instead.
        """
        scope = self._scope(table, item, without)
        large = [name for name in scope.attributes if name in item]
        if len(large) > 1 and len(str(wire_item(item))) > _LARGEST_ITEM_BYTES:
            return tuple(("REMOVE", (name,)) for name in large)
        return self.update(scope)

    def batch_write(self, table: Table) -> Action:
        """Writes to one or two tables, at times two for one key."""
        writes: dict[str, list[Json]] = {}
        for name in dict.fromkeys((table.name, self._table().name)):
            target = self.model.tables[name]
            drawn = [self._batched_write(target) for _ in range(1 + self.rng.randrange(8))]
            if not self.chance(5):
                drawn = self._without_repeats(target, drawn)
            writes[name] = drawn
        return Action("BatchWriteItem", {"RequestItems": writes})

    def _batched_write(self, table: Table) -> Json:
        if self.chance(20):
            return {"DeleteRequest": {"Key": self._key(table)}}
        return {"PutRequest": {"Item": self._item(table)}}

    def _without_repeats(self, table: Table, writes: list[Json]) -> list[Json]:
        kept: list[Json] = []
        seen: list[Item] = []
        for write in writes:
            subject = write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"]
            key = table.key_of(item_of(subject))
            if key not in seen:
                seen.append(key)
                kept.append(write)
        return kept

    # --- reads by key -----------------------------------------------------------------------------

    def get_item(self, table: Table) -> Action:
        key = self._key(table)
        request: Json = {"TableName": table.name, "Key": key, "ConsistentRead": self.chance(50)}
        meant: dict[str, Tree] = {}
        renderer = self._renderer()
        if self.chance(60):
            self._add_projection(request, meant, renderer, self._scope(table, self._stored(table, key)))
        return Action("GetItem", {**request, **renderer.placeholders()}, meant)

    def _add_projection(self, request: Json, meant: dict[str, Tree], renderer: Renderer, scope: Scope) -> None:
        paths = self.separate_paths(scope, 4)
        meant["ProjectionExpression"] = paths
        request["ProjectionExpression"] = renderer.projection(paths)

    def batch_get(self, table: Table) -> Action:
        blocks: dict[str, Json] = {}
        meant: dict[str, Tree] = {}
        for name in dict.fromkeys((table.name, self._table().name)):
            target = self.model.tables[name]
            keys = [self._key(target) for _ in range(1 + self.rng.randrange(6))]
            distinct = [key for at, key in enumerate(keys) if key not in keys[:at]]  # as they are spelt
            block: Json = {"Keys": distinct}
            renderer = self._renderer()
            if self.chance(40):
                paths = self.separate_paths(self._scope(target, self._stored(target, keys[0])), 3)
                meant[name] = paths
                block["ProjectionExpression"] = renderer.projection(paths)
            blocks[name] = {**block, **renderer.placeholders()}
        return Action("BatchGetItem", {"RequestItems": blocks}, meant)

    # --- Query and Scan ---------------------------------------------------------------------------

    def query(self, table: Table) -> Action:
        """One page of a Query, maybe from a start key."""
        action, index = self._query(table)
        if self.chance(50):
            action.request["Limit"] = 1 + self.rng.randrange(5)
        if self.chance(40):
            self._start_query(table, index, action)
        return action

    def query_walk(self, table: Table) -> Action:
        """All pages of a Query."""
        action, _ = self._query(table)
        return Action("Query", action.request, action.meant, self._limits())

    def _limits(self) -> tuple[int, ...]:
        return tuple(1 + self.rng.randrange(6) for _ in range(1 + self.rng.randrange(3)))

    def _query(self, table: Table) -> tuple[Action, Index | None]:
        index = self._read_source(table)
        request: Json = {"TableName": table.name}
        if index is not None:
            request["IndexName"] = index.name
        members = table.members(index)
        item = self.pick(members) if members and self.chance(85) else None
        renderer = self._renderer()
        conditions = self._key_conditions(table, index, item)
        meant: dict[str, Tree] = {"KeyConditionExpression": conditions}
        request["KeyConditionExpression"] = self._rendered_key_conditions(renderer, conditions)
        if self.chance(60):
            request["ScanIndexForward"] = self.chance(40)
        self._add_reading(request, meant, renderer, table, index, filter_keys=False)
        return Action("Query", {**request, **renderer.placeholders()}, meant), index

    def _read_source(self, table: Table) -> Index | None:
        """An index of the table, or at times the table itself."""
        return self.pick((None, *table.indexes.values()))

    def _key_conditions(self, table: Table, index: Index | None, item: Item | None) -> Tree:
        hashes = (table.hash,) if index is None else index.hash
        ranges = table.keys[1:] if index is None else index.range
        conditions = [(name, "=", self._key_operand(table, item, name)) for name in hashes]
        used = ranges[: self.rng.randrange(len(ranges) + 1)]
        conditions += [(name, "=", self._key_operand(table, item, name)) for name in used[:-1]]
        conditions += [self._range_condition(table, item, name) for name in used[-1:]]
        return tuple(conditions)

    def _key_operand(self, table: Table, item: Item | None, name: str) -> Json:
        if item is not None and self.chance(95):
            return self.respelt(wire_of(item[name]))
        return self._key_value(table, name)

    def _range_condition(self, table: Table, item: Item | None, name: str) -> Tree:
        kind = table.types[name]
        operators = ("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with", "begins_with")
        operator = self.pick(operators if kind != "N" else operators[:-2])
        operand = self._key_operand(table, item if self.chance(70) else None, name)
        if operator == "BETWEEN":
            bounds = sorted((operand, self.scalar(kind)), key=lambda wire: order_of(value_of(wire)))
            return (name, operator, *bounds)
        if operator == "begins_with":
            _, content = value_of(operand)
            operand = wire_of((kind, content[: 1 + self.rng.randrange(len(content))]))
        return name, operator, operand

    def _rendered_key_conditions(self, renderer: Renderer, conditions: Tree) -> str:
        clauses = []
        for name, operator, *operands in self.some(conditions, len(conditions), len(conditions)):
            values: list[Tree] = [("value", operand) for operand in operands]
            clause: Tree = (operator, ("path", (name,)), *values)
            mirrored = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator)
            if mirrored and self.chance(15):
                clause = (mirrored, *values, ("path", (name,)))
            clauses.append(clause)
        return renderer.condition(("AND", *clauses) if len(clauses) > 1 else clauses[0])

    def _add_reading(
        self,
        request: Json,
        meant: dict[str, Tree],
        renderer: Renderer,
        table: Table,
        index: Index | None,
        *,
        filter_keys: bool,
    ) -> None:
        """Select, projection and filter; some of them what a global index must refuse."""
        item = self.pick(table.items) if table.items else {}
        lacking = frozenset(name for name in (*NAMES, *table.all_keys) if not table.holds(index, name))
        is_global = index is not None and index.kind == GLOBAL
        if self.chance(40):
            without = lacking if is_global and not self.chance(5) else frozenset()
            self._add_projection(request, meant, renderer, self._scope(table, item, without))
        elif self.chance(30):
            choices = ["COUNT", "ALL_ATTRIBUTES"]
            if index is not None:
                choices.append("ALL_PROJECTED_ATTRIBUTES")
            request["Select"] = self.pick(choices)
        if self.chance(35):
            without = frozenset() if filter_keys or self.chance(3) else frozenset(table.source_keys(index))
            # Whether the filter of a Scan sees what a local index fetches for it is not known.
            if not self.chance(30 if filter_keys and is_global else 0 if filter_keys else 3):
                without |= lacking
            scope = self._scope(table, item, without)
            if scope.attributes:
                meant["FilterExpression"] = self.condition(scope)
                request["FilterExpression"] = renderer.condition(meant["FilterExpression"])

    def _start_query(self, table: Table, index: Index | None, action: Action) -> None:
        """Have a Query begin behind a key that lies within what it selects; the key need not exist."""
        conditions = {name: operator for name, operator, *_ in action.meant["KeyConditionExpression"]}
        if index is None and (table.range is None or conditions.get(table.range) == "="):
            return  # one row at most: such a read cannot be restarted
        rows = [item for item in table.members(index) if selected(item, action.meant["KeyConditionExpression"])]
        if not rows:
            return
        item = self.pick(rows)
        start = {name: self.respelt(wire_of(item[name])) for name in table.start_keys(index)}
        for name in start:
            if name not in conditions and self.chance(20):
                start[name] = self.scalar(table.types[name])
        action.request["ExclusiveStartKey"] = start

    def scan(self, table: Table) -> Action:
        """One page of a Scan, maybe of a segment, maybe from a start key."""
        action, index = self._scan(table)
        if index is not None and len(index.hash) > 1:
            return action  # how several HASH attributes are hashed is not known, so pages cannot be foretold
        request = action.request
        if self.chance(30):
            request["TotalSegments"] = self.pick((1, 2, 3, 4, 7, 100, 4096))
            request["Segment"] = self.rng.randrange(request["TotalSegments"])
        if self.chance(50):
            request["Limit"] = 1 + self.rng.randrange(5)
        if table.items and self.chance(40):
            self._start_scan(table, index, request)
        return action

    def _start_scan(self, table: Table, index: Index | None, request: Json) -> None:
        rows = table.members(index)
        if rows and self.chance(70):
            item = self.pick(rows)
            start = {name: wire_of(item[name]) for name in table.start_keys(index)}
        else:
            start = {name: self.scalar(table.types[name]) for name in table.start_keys(index)}
        place = table.place(index, item_of(start))
        if "Segment" not in request or segment_of(place, request["TotalSegments"]) == request["Segment"]:
            request["ExclusiveStartKey"] = start

    def scan_walk(self, table: Table) -> Action:
        """All pages of a Scan, maybe of all its segments."""
        action, _ = self._scan(table)
        if self.chance(40):
            action.request["TotalSegments"] = 1 + self.rng.randrange(8)
        return Action("Scan", action.request, action.meant, self._limits())

    def _scan(self, table: Table) -> tuple[Action, Index | None]:
        index = self._read_source(table)
        request: Json = {"TableName": table.name}
        if index is not None:
            request["IndexName"] = index.name
        meant: dict[str, Tree] = {}
        renderer = self._renderer()
        self._add_reading(request, meant, renderer, table, index, filter_keys=True)
        return Action("Scan", {**request, **renderer.placeholders()}, meant), index


def _key_schema(keys: list[tuple[str, str]]) -> list[Json]:
    return [{"AttributeName": name, "KeyType": role} for name, role in keys]


def _definitions(types: dict[str, str], names: dict[str, None]) -> list[Json]:
    return [{"AttributeName": name, "AttributeType": types[name]} for name in names]
