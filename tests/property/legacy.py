"""Random requests with the legacy parameters, each with the trees of the expressions that mean the same.

Source: items.md 10 to 12, query_scan.md 19.
"""

from __future__ import annotations

from collections.abc import Callable

from .expressions import Tree
from .model import Action
from .schema import GLOBAL, Index, Table
from .transactions import TransactionMaker
from .trees import Scope
from .values import KINDS
from .wire import SCALARS, Item, Json, Value, order_of, value_of

_COMPARISONS = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_FUNCTIONS = {"BEGINS_WITH": "begins_with", "CONTAINS": "contains"}
_OPERATORS = (*_COMPARISONS, *_FUNCTIONS, "NOT_CONTAINS", "IN", "BETWEEN", "NULL", "NOT_NULL")
_KEY_OPERATORS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE", "BETWEEN": "BETWEEN"} | {
    "begins_with": "BEGINS_WITH"
}
_ARGUMENT_KINDS = {"EQ": KINDS, "NE": KINDS, "BEGINS_WITH": ("S", "B")}


class LegacyMaker(TransactionMaker):
    """Draws requests of both styles; a request is of one style throughout."""

    def action(self) -> Action:
        if not self.model.tables or not self.chance(20):
            return super().action()
        return self.pick(self._legacy_draws())(self._table())

    def _legacy_draws(self) -> tuple[Callable[[Table], Action], ...]:
        return (
            self.legacy_put,
            self.legacy_update,
            self.legacy_update,
            self.legacy_delete,
            self.legacy_get,
            self.legacy_query,
            self.legacy_query,
            self.legacy_scan,
        )

    # --- conditions -------------------------------------------------------------------------------

    def _conditions(self, scope: Scope, *, expected: bool) -> tuple[Json, str, Tree]:
        """Conditions by attribute, how they are joined, and what they mean together."""
        names = self.some(scope.attributes, 3, 1)
        pairs = [self._legacy_condition(name, scope.item, expected=expected) for name in names]
        joined = self.pick(("AND", "OR"))
        trees = [tree for _, tree in pairs]
        wires = {name: wire for name, (wire, _) in zip(names, pairs, strict=True)}
        return wires, joined, trees[0] if len(trees) == 1 else (joined, *trees)

    def _legacy_condition(self, name: str, item: Item, *, expected: bool) -> tuple[Json, Tree]:
        path: Tree = ("path", (name,))
        if expected and self.chance(30):
            return self._first_form(path, item.get(name))
        operator = self.pick(_OPERATORS)
        arguments = self._arguments(operator, item.get(name))
        wire: Json = {"ComparisonOperator": operator}
        if arguments:
            wire["AttributeValueList"] = arguments
        if expected and len(arguments) == 1 and self.chance(30):
            wire["Value"] = wire.pop("AttributeValueList")[0]
        return wire, self._meaning(operator, path, [("value", argument) for argument in arguments])

    def _first_form(self, path: Tree, value: Value | None) -> tuple[Json, Tree]:
        """Expected before there were operators: equal to a value, or absent."""
        if self.chance(40):
            return {"Exists": False}, ("attribute_not_exists", path)
        wire = self._legacy_literal(value, KINDS)
        return {"Value": wire, **({"Exists": True} if self.chance(50) else {})}, ("=", path, ("value", wire))

    def _meaning(self, operator: str, path: Tree, arguments: list[Tree]) -> Tree:
        if operator == "NULL":
            return "attribute_not_exists", path
        if operator == "NOT_NULL":
            return "attribute_exists", path
        if operator == "NOT_CONTAINS":
            return "AND", ("attribute_exists", path), ("NOT", ("contains", path, *arguments))
        return ({**_COMPARISONS, **_FUNCTIONS}.get(operator, operator), path, *arguments)

    def _arguments(self, operator: str, value: Value | None) -> list[Json]:
        if operator in ("NULL", "NOT_NULL"):
            return []
        kinds = _ARGUMENT_KINDS.get(operator, SCALARS)
        first = self._legacy_literal(value, kinds)
        (kind,) = first
        if operator == "IN":
            return [first, *(self.value_of_kind(kind) for _ in range(self.rng.randrange(3)))]
        if operator == "BETWEEN":
            return sorted((first, self.value_of_kind(kind)), key=lambda wire: order_of(value_of(wire)))
        return [first]

    def _legacy_literal(self, value: Value | None, kinds: tuple[str, ...]) -> Json:
        _, wire = self._literal(value, kinds)
        return dict(wire)

    def _add_conditions(self, action: Action, parameter: str, kind: str, scope: Scope) -> None:
        if scope.attributes and self.chance(50):
            wires, joined, tree = self._conditions(scope, expected=parameter == "Expected")
            action.request[parameter] = wires
            action.meant[kind] = tree
            if len(wires) > 1 and (joined == "OR" or self.chance(30)):
                action.request["ConditionalOperator"] = joined
            elif len(wires) > 1:
                action.meant[kind] = ("AND", *tree[1:])

    # --- writes -----------------------------------------------------------------------------------

    def legacy_put(self, table: Table) -> Action:
        item = self._item(table)
        return self._legacy_write("PutItem", table, {"Item": item}, {name: item[name] for name in table.keys})

    def legacy_delete(self, table: Table) -> Action:
        key = self._key(table)
        return self._legacy_write("DeleteItem", table, {"Key": key}, key)

    def _legacy_write(self, operation: str, table: Table, subject: Json, key: Json) -> Action:
        action = Action(operation, {"TableName": table.name, **subject})
        self._add_conditions(action, "Expected", "ConditionExpression", self._scope(table, self._stored(table, key)))
        if self.chance(40):
            action.request["ReturnValues"] = self.pick(("ALL_OLD", "NONE"))
        return action

    def legacy_update(self, table: Table) -> Action:
        action = self._legacy_write("UpdateItem", table, {"Key": self._key(table)}, {})
        key = action.request["Key"]
        scope = self._scope(table, self._stored(table, key), frozenset(table.all_keys))
        updates = {}
        update = []
        for name in self.some(scope.attributes, 4, 1):
            updates[name], meaning = self._legacy_action(name, scope.item)
            update.append(meaning)
        action.request["AttributeUpdates"] = updates
        action.meant["UpdateExpression"] = tuple(update)
        action.request["ReturnValues"] = self.pick(("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"))
        return action

    def _legacy_action(self, name: str, item: Item) -> tuple[Json, Tree]:
        path = (name,)
        there = item.get(name)
        kind = self.rng.randrange(8)
        if kind < 2:
            value = self._legacy_literal(there, KINDS)
            return {"Value": value, **({"Action": "PUT"} if kind else {})}, ("SET", path, ("value", value))
        if kind == 2:
            return {"Action": "DELETE"}, ("REMOVE", path)
        addable = ("N", "SS", "NS", "BS", "L") if kind < 6 else ("SS", "NS", "BS")
        action = "ADD" if kind < 6 else "DELETE"
        fitting = there is not None and there[0] in addable and self.chance(80)
        chosen = there[0] if there is not None and fitting else self.pick(addable)
        value = self._members_near(there, chosen)
        return {"Action": action, "Value": value}, (action, path, value)

    # --- reads ------------------------------------------------------------------------------------

    def legacy_get(self, table: Table) -> Action:
        key = self._key(table)
        action = Action("GetItem", {"TableName": table.name, "Key": key})
        self._add_attributes(action, self._scope(table, self._stored(table, key)))
        return action

    def _add_attributes(self, action: Action, scope: Scope) -> None:
        names = self.some(scope.attributes, 4, 1)
        action.request["AttributesToGet"] = names
        action.meant["ProjectionExpression"] = tuple((name,) for name in names)

    def legacy_query(self, table: Table) -> Action:
        """All pages of a Query on the table or on an index with one HASH attribute and one RANGE at most."""
        index = self._simple_source(table)
        members = table.members(index)
        item = self.pick(members) if members else None
        conditions = self._key_conditions(table, index, item)
        keys = {
            name: {"ComparisonOperator": _KEY_OPERATORS[operator], "AttributeValueList": operands}
            for name, operator, *operands in conditions
        }
        action = self._legacy_read("Query", table, index)
        action.request["KeyConditions"] = keys
        action.meant["KeyConditionExpression"] = conditions
        action.request["ScanIndexForward"] = self.chance(50)
        keys_and_lacking = frozenset(table.source_keys(index)) | self._lacking(table, index)
        scope = self._scope(table, item or {}, keys_and_lacking)
        self._add_conditions(action, "QueryFilter", "FilterExpression", scope)
        return action

    def legacy_scan(self, table: Table) -> Action:
        """All pages of a Scan."""
        index = self._read_source(table)
        action = self._legacy_read("Scan", table, index)
        item = self.pick(table.items) if table.items else {}
        scope = self._scope(table, item, self._lacking(table, index))
        self._add_conditions(action, "ScanFilter", "FilterExpression", scope)
        return action

    def _simple_source(self, table: Table) -> Index | None:
        indexes = [index for index in table.indexes.values() if len(index.hash) == 1 and len(index.range) < 2]
        return self.pick((None, *indexes))

    def _lacking(self, table: Table, index: Index | None) -> frozenset[str]:
        """The attributes that an index does not hold."""
        named = self._scope(table, {}).attributes
        return frozenset(name for name in named if not table.holds(index, name))

    def _legacy_read(self, operation: str, table: Table, index: Index | None) -> Action:
        request: Json = {"TableName": table.name}
        if index is not None:
            request["IndexName"] = index.name
        action = Action(operation, request, limits=self._limits())
        if self.chance(40):
            item = self.pick(table.items) if table.items else {}
            is_global = index is not None and index.kind == GLOBAL
            without = self._lacking(table, index) if is_global else frozenset()
            self._add_attributes(action, self._scope(table, item, without))
        return action
