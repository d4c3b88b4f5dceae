"""Random transactions, put together from single writes."""

from __future__ import annotations

from .model import Action
from .requests import RequestMaker
from .schema import Table
from .wire import Item, Json, item_of


class TransactionMaker(RequestMaker):
    """Draws transactions beside what a `RequestMaker` draws."""

    def action(self) -> Action:
        if not self.model.tables or not self.chance(8):
            return super().action()
        draw = self.transact_write if self.chance(75) else self.transact_get
        return draw(self._table())

    def transact_write(self, table: Table) -> Action:
        """Actions on one or two tables, at times two on one item."""
        members: list[Json] = []
        meant: dict[str, Json] = {}
        seen: list[tuple[str, Item]] = []
        for _ in range(1 + self.rng.randrange(6)):
            target = table if self.chance(60) else self._table()
            kind, action = self._transacted(target)
            subject = action.request["Item"] if kind == "Put" else action.request["Key"]
            item = (target.name, target.key_of(item_of(subject)))
            if item not in seen or self.chance(2):
                seen.append(item)
                meant[str(len(members))] = action.meant
                members.append({kind: action.request})
        return Action("TransactWriteItems", {"TransactItems": members}, meant)

    def transact_get(self, table: Table) -> Action:
        """Reads of one or two tables, at times two of one item."""
        members: list[Json] = []
        meant: dict[str, Json] = {}
        seen: list[tuple[str, Item]] = []
        for _ in range(1 + self.rng.randrange(6)):
            action = self.get_item(table if self.chance(60) else self._table())
            request = {name: value for name, value in action.request.items() if name != "ConsistentRead"}
            item = (request["TableName"], item_of(request["Key"]))
            if item not in seen or self.chance(2):
                seen.append(item)
                meant[str(len(members))] = action.meant
                members.append({"Get": request})
        return Action("TransactGetItems", {"TransactItems": members}, meant)

    def _transacted(self, table: Table) -> tuple[str, Action]:
        """A single write in the form of an action."""
        kind = self.pick(("Put", "Update", "Update", "Delete", "ConditionCheck"))
        action = {"Put": self.put_item, "Update": self.update_item}.get(kind, self.delete_item)(table)
        action.request.pop("ReturnValues", None)
        if kind == "ConditionCheck" and "ConditionExpression" not in action.request:
            kind = "Delete"
        if kind == "Update" and "UpdateExpression" not in action.request:
            kind = "Delete"
        return kind, action
