"""The emulator and the model side by side: the same requests to both, and their answers compared.

Answers are compared whole and in order, but for what the service leaves open: the order of a BatchGetItem and of
rows whose HASH attributes are several, and the key at the very end of a Query.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import orjson

from emulator import Emulator

from .invariants import check_invariants
from .model import Action, Model
from .refusals import RefusalError, UnsettledError
from .wire import Item, Json, item_of, wire_item

REGION = "us-east-1"
_MOST_PAGES = 2_000
_DESCRIBING = ("CreateTable", "UpdateTable", "DeleteTable")  # whose answers are not the model's concern


class DifferenceError(AssertionError):
    """The emulator answered otherwise than the model."""

    def __init__(self, action: Action, expected: object, got: object) -> None:
        self.action = action
        super().__init__(
            f"\n{action.operation} {action.request}\nlimits: {action.limits}\nexpected: {expected}\n     got: {got}"
        )


class Pair:
    """One emulator and one model that have been asked the same."""

    def __init__(self) -> None:
        self.emulator = Emulator()
        self.model = Model()
        self.history: list[Action] = []

    def perform(self, action: Action) -> None:
        """Ask both. Raises `DifferenceError`; leaves out what nobody knows the answer to."""
        self.history.append(action)
        try:
            expected = self.model.answer(action)
        except UnsettledError:
            self.history.pop()
            return
        except RefusalError as refusal:
            self._compare_refusal(action, refusal)
            return
        if action.limits:
            self._compare_walk(action, expected)
        else:
            self._compare_answer(action, expected)

    def ask(self, operation: str, request: Json) -> Json:
        """The emulator's answer; an error has `__type` in it."""
        reply = self.emulator.gateway.call(operation, orjson.dumps(request), REGION)
        answer: Json = orjson.loads(reply.body)
        assert reply.status in (200, 400), (operation, request, answer)
        return answer

    def check(self) -> None:
        """Everything that is stored: the emulator's own invariants, and that both hold the same rows."""
        check_invariants(self.emulator)
        for table in self.model.tables.values():
            for index in (None, *table.indexes.values()):
                request = {"TableName": table.name} | ({} if index is None else {"IndexName": index.name})
                action = Action("Scan", request, limits=(7,))
                self._compare_walk(action, self.model.answer(replace(action, limits=())))

    def _compare_answer(self, action: Action, expected: Json) -> None:
        got = self.ask(action.operation, action.request)
        if "__type" in got:
            raise DifferenceError(action, expected, got)
        if action.operation in _DESCRIBING:
            return
        answer = _decoded(action, got)
        if not _same_answer(action, expected, answer, in_order=not self._has_unknown_order(action)):
            raise DifferenceError(action, expected, answer)

    # --- refusals ---------------------------------------------------------------------------------

    def _compare_refusal(self, action: Action, refusal: RefusalError) -> None:
        first_page = {"Segment": 0} if action.limits and "TotalSegments" in action.request else {}
        got = self.ask(action.operation, action.request | first_page)
        code = got.pop("__type", "").rpartition("#")[2]
        message = got.pop("message" if refusal.reasons is None else "Message", None)
        expected = {} if refusal.item is None else {"Item": refusal.item}
        self._compare_reasons(action, refusal, got.pop("CancellationReasons", None))
        if code != refusal.code or message not in refusal.messages or _decoded(action, got) != expected:
            raise DifferenceError(action, (refusal.code, refusal.messages, expected), (code, message, got))

    def _compare_reasons(self, action: Action, refusal: RefusalError, got: list[Json] | None) -> None:
        """The reasons of a cancellation, each for its action; no other error has any."""
        expected = refusal.reasons
        if (expected is None) is not (got is None) or len(expected or ()) != len(got or ()):
            raise DifferenceError(action, expected, got)
        for reason, one in zip(expected or (), got or (), strict=True):
            item = _decoded(action, one).get("Item")
            same = one["Code"] == reason.code and one.get("Message") in reason.messages and item == reason.item
            if not same:
                raise DifferenceError(action, expected, got)

    # --- pages ------------------------------------------------------------------------------------

    def _compare_walk(self, action: Action, expected: Json) -> None:
        """All pages together hold all rows, each once and in order, and no page more than it may."""
        total = action.request.get("TotalSegments")
        whole: list[Item] = []
        evaluated = kept = 0
        for segment in range(total or 1):
            part = action.request | ({} if total is None else {"Segment": segment})
            for page in self._pages(action, part):
                whole += page.get("Items", [])
                evaluated += page["ScannedCount"]
                kept += page["Count"]
        rows = expected.get("Items", [])
        ordered = total is None and not self._has_unknown_order(action)
        same = rows == whole if ordered else _same_rows(rows, whole)
        if not same or (evaluated, kept) != (expected["ScannedCount"], expected["Count"]):
            raise DifferenceError(action, expected, (evaluated, kept, whole))

    def _pages(self, action: Action, request: Json) -> Iterable[Json]:
        for at in range(_MOST_PAGES):
            limit = action.limits[at % len(action.limits)]
            got = self.ask(action.operation, request | {"Limit": limit})
            if "__type" in got:
                raise DifferenceError(action, "a page", got)
            page = _decoded(action, got)
            full = page["ScannedCount"] == limit
            if page["ScannedCount"] > limit or ("LastEvaluatedKey" in page and not full):
                raise DifferenceError(action, f"a page of {limit}", page)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            request = request | {"ExclusiveStartKey": got["LastEvaluatedKey"]}
        raise DifferenceError(action, "an end", f"more than {_MOST_PAGES} pages")

    def _has_unknown_order(self, action: Action) -> bool:
        if action.operation != "Scan":
            return False
        index = self.model.tables[action.request["TableName"]].indexes.get(action.request.get("IndexName", ""))
        return index is not None and len(index.hash) > 1


def _same_answer(action: Action, expected: Json, answer: Json, *, in_order: bool) -> bool:
    expected, answer = dict(expected), dict(answer)
    possible = expected.pop("PossibleKey", None)
    if possible is not None and answer.get("LastEvaluatedKey") == possible:
        del answer["LastEvaluatedKey"]
    if not in_order:
        return expected.keys() == answer.keys() and all(
            _same_rows(rows, answer[name]) if name == "Items" else rows == answer[name]
            for name, rows in expected.items()
        )
    if action.operation != "BatchGetItem":
        return expected == answer
    blocks, found = expected.pop("Responses"), answer.pop("Responses")
    if expected != answer or blocks.keys() != found.keys():
        return False
    return all(_same_rows(block, found[name]) for name, block in blocks.items())


def _same_rows(expected: list[Item], got: list[Item]) -> bool:
    """Whether the rows are the same in some order."""
    return sorted(map(_sortable, expected)) == sorted(map(_sortable, got))


def _sortable(item: Item) -> bytes:
    return orjson.dumps(wire_item(item), option=orjson.OPT_SORT_KEYS)


def _decoded(action: Action, answer: Json) -> Json:
    """An answer with values in place of their JSON, which must be in the form that the service returns."""
    decoded: Json = dict(answer)
    for member in ("Item", "Attributes", "LastEvaluatedKey"):
        if member in decoded:
            decoded[member] = _canonical_item(action, decoded[member])
    if "Items" in decoded:
        decoded["Items"] = [_canonical_item(action, item) for item in decoded["Items"]]
    responses = decoded.get("Responses")
    if isinstance(responses, list):
        decoded["Responses"] = [_decoded(action, each) for each in responses]
    elif responses is not None:
        decoded["Responses"] = {
            name: [_canonical_item(action, item) for item in items] for name, items in responses.items()
        }
    return decoded


def _canonical_item(action: Action, wire: dict[str, Json]) -> Item:
    item = item_of(wire)
    if wire_item(item) != wire:
        raise DifferenceError(action, wire_item(item), wire)
    return item


# --- Repeating a run ------------------------------------------------------------------------------


def difference_of(actions: Sequence[Action]) -> AssertionError | None:
    """The first difference that these actions lead to, from an empty emulator and model."""
    pair = Pair()
    try:
        for action in actions:
            pair.perform(action)
        pair.check()
    except AssertionError as difference:
        return difference
    except LookupError:  # an action has lost what it builds on
        return None
    return None


def smallest(actions: Sequence[Action]) -> list[Action]:
    """Fewer actions that still lead to the same difference: pieces are left out, halves first, while any can be."""
    kept = list(actions)
    wanted = _gist(difference_of(kept))
    size = len(kept) // 2
    while wanted and size:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            if _gist(difference_of(fewer)) == wanted:
                kept = fewer
            else:
                at += size
        size //= 2
    return kept


def _gist(difference: AssertionError | None) -> tuple[object, ...]:
    """What makes two differences the same: the request that showed them, or the invariant that was broken."""
    if difference is None:
        return ()
    if isinstance(difference, DifferenceError):
        return (difference.action,)
    return (type(difference), str(difference))
