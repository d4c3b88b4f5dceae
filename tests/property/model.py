"""A naive model of DynamoDB's data operations: a list of items for each table, and loops over it.

It is handed the request and, in place of the texts of expressions, the trees they were written from; legacy
parameters are handed over as the trees of the expressions that mean the same. It answers
what the service would, or raises `RefusalError` with every message that the service may choose from. Only well-formed
requests are put to it: what a request alone shows to be wrong is not its concern.
Source: items.md, query_scan.md, indexes.md, batch_transactions.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .expressions import TYPE_INCORRECT, Tree, attributes_of, holds, ordered, projected, updated
from .key_rules import (
    check_assigned_index_keys,
    check_computed_index_keys,
    check_index_keys,
    check_item,
    check_key,
)
from .page_sizes import fills_page, rows_taken
from .refusals import INVALID, Reason, RefusalError, UnsettledError, canceled, invalid
from .schema import GLOBAL, LOCAL, Index, Table, index_of, segment_of, table_of
from .wire import Item, Json, depth_of, item_bytes, item_of, value_of

MAX_ITEM_BYTES = 409_600
MAX_LEVELS = 32
LEGACY_MISMATCH = "Type mismatch for attribute to update"


@dataclass(frozen=True)
class Action:
    """A request, and the trees of its expressions by parameter; for a transaction, these by the number of the action.

    With `limits` it stands for a walk: the same read page by page, these limits in turn, until nothing is left.
    """

    operation: str
    request: Json
    meant: dict[str, Any] = field(default_factory=dict)
    limits: tuple[int, ...] = ()


class Model:
    """The tables of one region."""

    def __init__(self) -> None:
        self.tables: dict[str, Table] = {}

    def answer(self, action: Action) -> Json:
        """What the service answers, with values in place of their JSON. Raises `RefusalError` or `UnsettledError`."""
        operation = OPERATIONS[action.operation]
        return operation(self, action.request, action.meant)

    def _table(self, name: str) -> Table:
        table = self.tables.get(name)
        if table is None:
            raise RefusalError("ResourceNotFoundException", "Requested resource not found")
        return table

    def _named_table(self, name: str) -> Table:
        """The same for operations on tables, which name the one they miss."""
        if name not in self.tables:
            raise RefusalError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
        return self.tables[name]

    # --- tables -----------------------------------------------------------------------------------

    def create_table(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = table_of(request)
        if table.name in self.tables:
            raise RefusalError("ResourceInUseException", f"Table already exists: {table.name}")
        self.tables[table.name] = table
        return {}

    def delete_table(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._named_table(request["TableName"])
        del self.tables[table.name]
        return {}

    def update_table(self, request: Json, meant: dict[str, Tree]) -> Json:
        """Of the many things UpdateTable does: adding and deleting global indexes, and another throughput."""
        table = self._named_table(request["TableName"])
        if "ProvisionedThroughput" in request:
            table.read_units = request["ProvisionedThroughput"]["ReadCapacityUnits"]
        for change in request.get("GlobalSecondaryIndexUpdates", ()):
            if "Create" in change:
                index = index_of(GLOBAL, change["Create"])
                table.indexes[index.name] = index
                for definition in request["AttributeDefinitions"]:
                    table.types.setdefault(definition["AttributeName"], definition["AttributeType"])
            else:
                del table.indexes[change["Delete"]["IndexName"]]
                table.types = {name: kind for name, kind in table.types.items() if name in table.all_keys}
        return {}

    # --- single items -----------------------------------------------------------------------------

    def get_item(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._table(request["TableName"])
        key = item_of(request["Key"])
        check_key(table, key)
        item = table.find(key)
        return {} if item is None else {"Item": _projected(item, meant)}

    def put_item(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._table(request["TableName"])
        new = item_of(request["Item"])
        check_item(table, new)
        check_index_keys(table, new)
        old = table.find(table.key_of(new))
        check_condition(request, meant, old)
        table.replace(table.key_of(new), new)
        return _with_attributes(old if request.get("ReturnValues") == "ALL_OLD" else None)

    def delete_item(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._table(request["TableName"])
        key = item_of(request["Key"])
        check_key(table, key)
        old = table.find(key)
        check_condition(request, meant, old)
        table.replace(key, None)
        return _with_attributes(old if request.get("ReturnValues") == "ALL_OLD" else None)

    def update_item(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._table(request["TableName"])
        key = item_of(request["Key"])
        check_key(table, key)
        update: Tree = meant.get("UpdateExpression", ())
        check_assigned_index_keys(table, update)
        old = table.find(key)
        check_condition(request, meant, old)
        mismatch = LEGACY_MISMATCH if "AttributeUpdates" in request else TYPE_INCORRECT
        new = _after(table, key, old, update, mismatch)
        if new is not None:
            table.replace(key, new)
        return _with_attributes(_returned(request.get("ReturnValues"), update, old, new))

    # --- batches ----------------------------------------------------------------------------------

    def batch_write_item(self, request: Json, meant: dict[str, Tree]) -> Json:
        planned = []
        for name, writes in request["RequestItems"].items():
            table = self._table(name)
            planned += [_planned_write(table, write) for write in writes]
        for table, key, _ in planned:
            same = [other for other, other_key, _ in planned if other is table and other_key == key]
            if len(same) > 1:
                raise invalid(["Provided list of item keys contains duplicates"])
        for table, key, new in planned:
            table.replace(key, new)
        return {"UnprocessedItems": {}}

    def batch_get_item(self, request: Json, meant: dict[str, Tree]) -> Json:
        """Items come in no order that means something; an item is found once however its key is spelt."""
        responses = {}
        for name, block in request["RequestItems"].items():
            table = self._table(name)
            keys = [item_of(key) for key in block["Keys"]]
            found = [item for item in table.items if table.key_of(item) in keys]
            paths = meant.get(name)
            responses[name] = [item if paths is None else projected(item, paths) for item in found]
        return {"Responses": responses, "UnprocessedKeys": {}}

    # --- transactions -----------------------------------------------------------------------------

    def transact_write_items(self, request: Json, meant: dict[str, dict[str, Tree]]) -> Json:
        """All that can be wrong is found before the first write."""
        members = [(kind, each) for member in request["TransactItems"] for kind, each in member.items()]
        actions = [
            Transacted(kind, each, meant[str(at)], self._table(each["TableName"]))
            for at, (kind, each) in enumerate(members)
        ]
        for action in actions:
            action.check_not_empty()
        _check_distinct(actions)
        _none_refused(actions, Transacted.check_schema)
        reasons = [action.condition_reason() for action in actions]
        if any(reason.code != "None" for reason in reasons):
            raise canceled(reasons)
        for action, new in zip(actions, _none_refused(actions, Transacted.outcome), strict=True):
            action.table.replace(action.key, new)
        return {}

    def transact_get_items(self, request: Json, meant: dict[str, dict[str, Tree]]) -> Json:
        gets = [
            Transacted("Get", member["Get"], meant[str(at)], self._table(member["Get"]["TableName"]))
            for at, member in enumerate(request["TransactItems"])
        ]
        _check_distinct(gets)
        found = [_projected(get.old or {}, get.meant) for get in gets]
        return {"Responses": [{"Item": item} if item else {} for item in found]}

    # --- reads of many ----------------------------------------------------------------------------

    def query(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._table(request["TableName"])
        index = _index(table, request)
        _check_filter(table, index, meant)
        _check_projected(table, index, request, meant)
        conditions = meant["KeyConditionExpression"]
        found = [item for item in table.members(index) if selected(item, conditions)]
        if request.get("ScanIndexForward") is False:
            found.reverse()
        return self._page(table, index, found, request, meant)

    def scan(self, request: Json, meant: dict[str, Tree]) -> Json:
        table = self._table(request["TableName"])
        index = _index(table, request)
        _check_projected(table, index, request, meant)
        found = table.members(index)
        if "Segment" in request:
            segment, total = request["Segment"], request["TotalSegments"]
            found = [item for item in found if segment_of(table.place(index, item), total) == segment]
        return self._page(table, index, found, request, meant)

    def _page(
        self, table: Table, index: Index | None, found: list[Item], request: Json, meant: dict[str, Tree]
    ) -> Json:
        """The page that a request asks for of all rows in order, each row given as its item."""
        if "ExclusiveStartKey" in request:
            found = _after_start(table, index, found, request)
        fetches = _fetches(table, index, request, meant)
        rows = [item if fetches else table.projection(index, item) for item in found]
        fitting = rows_taken(rows, table.range)
        taken = min(fitting, request.get("Limit", fitting))
        full = taken == request.get("Limit")
        rest, evaluated, rows = found[taken:], found[:taken], rows[:taken]
        filled = fills_page(rows, table.range)
        if "FilterExpression" in meant:
            rows = [row for row in rows if holds(meant["FilterExpression"], row)]
        answer: Json = {"Count": len(rows), "ScannedCount": len(evaluated)}
        if request.get("Select") != "COUNT":
            answer["Items"] = [_projected(row, meant) for row in rows]
        if rest or full or filled:
            last = {name: evaluated[-1][name] for name in table.start_keys(index)}
            # A Query that its Limit ends with an item collection may or may not name a key to go on from.
            certain = rest or filled or "KeyConditionExpression" not in meant
            answer["LastEvaluatedKey" if certain else "PossibleKey"] = last
        return answer


# --- Transactions ---------------------------------------------------------------------------------


@dataclass
class Transacted:
    """One action of a transaction. Its key has the right types, as the keys of all requests here."""

    kind: str
    request: Json
    meant: dict[str, Tree]
    table: Table

    @property
    def subject(self) -> Item:
        return item_of(self.request["Item" if self.kind == "Put" else "Key"])

    @property
    def key(self) -> Item:
        return self.table.key_of(self.subject)

    @property
    def old(self) -> Item | None:
        return self.table.find(self.key)

    def check_not_empty(self) -> None:
        """Empty index keys are refused outright, before anything else that is wrong with them."""
        try:
            self.check_schema()
        except RefusalError as refusal:
            if any("beyond" in message or "exceeded" in message for message in refusal.messages):
                raise UnsettledError("whether an index key that is too long cancels") from None
            if empty := [message for message in refusal.messages if "cannot contain an empty" in message]:
                raise invalid(empty) from None

    def check_schema(self) -> None:
        if self.kind == "Put":
            check_index_keys(self.table, self.subject)
        if self.kind == "Update":
            check_assigned_index_keys(self.table, self.meant["UpdateExpression"])

    def condition_reason(self) -> Reason:
        try:
            check_condition(self.request, self.meant, self.old)
        except RefusalError as refusal:
            return Reason("ConditionalCheckFailed", refusal.messages, refusal.item)
        return Reason()

    def outcome(self) -> Item | None:
        """The item that the action leaves under its key."""
        if self.kind == "Put":
            return self.subject
        if self.kind == "Delete":
            return None
        if self.kind == "ConditionCheck":
            return self.old
        return _after(self.table, self.key, self.old, self.meant["UpdateExpression"], TYPE_INCORRECT)


def _check_distinct(actions: list[Transacted]) -> None:
    for action in actions:
        same = [other for other in actions if other.table is action.table and other.key == action.key]
        if len(same) > 1:
            raise invalid(["Transaction request cannot include multiple operations on one item"])


def _none_refused(actions: list[Transacted], step: Callable[[Transacted], Item | None]) -> list[Item | None]:
    """What a step makes of each action. The first one that is refused cancels, and no other is given a reason."""
    outcomes = []
    for at, action in enumerate(actions):
        try:
            outcomes.append(step(action))
        except RefusalError as refusal:
            reasons = [Reason()] * len(actions)
            reasons[at] = Reason("ValidationError", refusal.messages)
            raise canceled(reasons) from None
    return outcomes


# --- Writes ---------------------------------------------------------------------------------------


def check_condition(request: Json, meant: dict[str, Tree], old: Item | None) -> None:
    if "ConditionExpression" in meant and not holds(meant["ConditionExpression"], old or {}):
        shown = old if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
        raise RefusalError("ConditionalCheckFailedException", "The conditional request failed", item=shown)


def _after(table: Table, key: Item, old: Item | None, update: Tree, mismatch: str) -> Item | None:
    """The item after an update; None if there is none."""
    if not update:
        return key if old is None else old
    if old is None:
        makes = [action for action in update if action[0] in ("SET", "ADD")]
        nested = [action for action in update if action not in makes and len(action[1]) > 1]
        if not makes:
            return None
        if nested:
            raise UnsettledError("a removal below nothing, beside something that creates the item")
    new, faults = updated(key if old is None else old, update, mismatch)
    if new is None:
        raise invalid(faults)
    check_computed_index_keys(table, old or {}, new)
    if max(map(depth_of, new.values())) > MAX_LEVELS:
        raise invalid(
            [
                "Nesting Levels have exceeded supported limits: "
                "Attributes in the item have nested levels beyond supported limit"
            ]
        )
    if item_bytes(new) > MAX_ITEM_BYTES:
        raise invalid(["Item size to update has exceeded the maximum allowed size"])
    return new


def _returned(kind: str | None, update: Tree, old: Item | None, new: Item | None) -> Item | None:
    """The Attributes that an UpdateItem answers with."""
    if kind in ("ALL_OLD", "ALL_NEW"):
        return old if kind == "ALL_OLD" else new
    if kind in ("UPDATED_OLD", "UPDATED_NEW"):
        named_in = old if kind == "UPDATED_OLD" else new
        return projected(named_in or {}, tuple(action[1] for action in update))
    return None


def _with_attributes(attributes: Item | None) -> Json:
    return {"Attributes": attributes} if attributes else {}


def _planned_write(table: Table, write: Json) -> tuple[Table, Item, Item | None]:
    """The table, key and new item of one write of a batch."""
    if "DeleteRequest" in write:
        key = item_of(write["DeleteRequest"]["Key"])
        check_key(table, key)
        return table, key, None
    new = item_of(write["PutRequest"]["Item"])
    key = {name: new[name] for name in table.keys if name in new}
    check_key(table, key)
    check_index_keys(table, new)
    return table, key, new


# --- Reads ----------------------------------------------------------------------------------------


def _projected(item: Item, meant: dict[str, Tree]) -> Item:
    paths = meant.get("ProjectionExpression")
    return item if paths is None else projected(item, paths)


def _index(table: Table, request: Json) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    if name not in table.indexes:
        raise invalid([f"The table does not have the specified index: {name}"])
    return table.indexes[name]


def _check_filter(table: Table, index: Index | None, meant: dict[str, Tree]) -> None:
    """A filter of a Query names no key of what is read, and nothing that the index does not hold."""
    if "FilterExpression" not in meant:
        return
    named = attributes_of(meant["FilterExpression"])
    text = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
    if keys := [name for name in named if name in table.source_keys(index)]:
        raise invalid([text + name for name in keys])
    if index and (missing := [name for name in named if not table.holds(index, name)]):
        text = f"Secondary index {index.name} does not project one or more filter attributes: "
        raise invalid([f"{INVALID}{text}[{', '.join(missing)}]"])


def _check_projected(table: Table, index: Index | None, request: Json, meant: dict[str, Tree]) -> None:
    """A global index answers only from what it holds."""
    if index is None or index.kind == LOCAL or index.projection == "ALL":
        return
    if request.get("Select") == "ALL_ATTRIBUTES":
        text = f"Select type ALL_ATTRIBUTES is not supported for global secondary index {index.name}"
        raise invalid([f"{INVALID}{text} because its projection type is not ALL"])
    paths = meant.get("ProjectionExpression", ())
    if missing := [name for name in dict.fromkeys(path[0] for path in paths) if not table.holds(index, name)]:
        text = f"Global secondary index {index.name} does not project [{', '.join(missing)}]"
        raise invalid([INVALID + text])


def _fetches(table: Table, index: Index | None, request: Json, meant: dict[str, Tree]) -> bool:
    """Whether a local index answers with the items of the table."""
    if index is None or index.kind == GLOBAL:
        return False
    paths = meant.get("ProjectionExpression")
    if paths is None:
        return request.get("Select") == "ALL_ATTRIBUTES"
    return any(not table.holds(index, path[0]) for path in paths)


def selected(item: Item, conditions: Tree) -> bool:
    """Whether an item satisfies all key conditions: (attribute, operator, values ...) each."""
    for name, operator, *wires in conditions:
        value, operands = item[name], [value_of(wire) for wire in wires]
        if operator == "=":
            fits = value == operands[0]
        elif operator == "BETWEEN":
            fits = ordered(value, ">=", operands[0]) and ordered(value, "<=", operands[1])
        elif operator == "begins_with":
            fits = value[1].startswith(operands[0][1])
        else:
            fits = ordered(value, operator, operands[0])
        if not fits:
            return False
    return True


def _after_start(table: Table, index: Index | None, found: list[Item], request: Json) -> list[Item]:
    """The rows that come after a start key in the direction of the read; the key need not exist."""
    start = table.place(index, item_of(request["ExclusiveStartKey"]))
    if request.get("ScanIndexForward") is False:
        return [item for item in found if table.place(index, item) < start]
    return [item for item in found if table.place(index, item) > start]


OPERATIONS: dict[str, Callable[[Model, Json, dict[str, Any]], Json]] = {
    "CreateTable": Model.create_table,
    "DeleteTable": Model.delete_table,
    "UpdateTable": Model.update_table,
    "GetItem": Model.get_item,
    "PutItem": Model.put_item,
    "DeleteItem": Model.delete_item,
    "UpdateItem": Model.update_item,
    "BatchWriteItem": Model.batch_write_item,
    "BatchGetItem": Model.batch_get_item,
    "TransactWriteItems": Model.transact_write_items,
    "TransactGetItems": Model.transact_get_items,
    "Query": Model.query,
    "Scan": Model.scan,
}
