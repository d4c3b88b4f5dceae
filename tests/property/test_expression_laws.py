"""Laws of expressions that hold for any item: what they mean, and that different ways to say it mean the same.

Source: expressions.md 6, 8 and 9.
"""

from __future__ import annotations

from decimal import Decimal
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .comparison import Pair
from .expressions import Path, Tree, attributes_of, holds
from .model import Action
from .rendering import Renderer
from .trees import Scope, TreeMaker
from .values import NAMES, RESERVED
from .wire import Item, Json, item_of, wire_item

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}
KEY: Json = {"pk": {"S": "p"}}

some_choices = st.randoms(use_true_random=False)
steady = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.data_too_large])


class World:
    """One item in a table, and random expressions about it."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.maker = TreeMaker(rng)
        self.pair = Pair()
        self.pair.perform(
            Action(
                "CreateTable",
                {
                    "TableName": "laws",
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                },
            )
        )
        self.wire = {**KEY, **{name: self.maker.value(4) for name in self.maker.some(NAMES, 6)}}
        self.item = item_of(self.wire)
        self.scope = Scope(self.item, NAMES, frozenset(("pk",)))
        self.put()

    def put(self) -> None:
        self.pair.perform(Action("PutItem", {"TableName": "laws", "Item": self.wire}))

    def condition(self, depth: int = 2) -> Tree:
        return self.maker.condition(self.scope, depth)

    def holds(self, condition: Tree) -> bool:
        """What the emulator makes of a condition on the item."""
        renderer = Renderer(self.rng, RESERVED)
        text = renderer.condition(condition)
        answer = self.pair.ask("Scan", {"TableName": "laws", "FilterExpression": text, **renderer.placeholders()})
        return bool(answer["Count"])

    def update(self, update: Tree) -> Json:
        """The emulator's answer to an update of the item, with all its attributes."""
        renderer = Renderer(self.rng, RESERVED)
        text = renderer.update(update)
        request = {"TableName": "laws", "Key": KEY, "UpdateExpression": text, "ReturnValues": "ALL_NEW"}
        return self.pair.ask("UpdateItem", {**request, **renderer.placeholders()})

    def get(self, paths: tuple[Path, ...] = ()) -> Item:
        renderer = Renderer(self.rng, RESERVED)
        request: Json = {"TableName": "laws", "Key": KEY}
        if paths:
            request["ProjectionExpression"] = renderer.projection(paths)
        return item_of(self.pair.ask("GetItem", {**request, **renderer.placeholders()})["Item"])


# --- Conditions -------------------------------------------------------------------------------------


@steady
@given(some_choices)
def test_a_condition_means_what_the_model_makes_of_it(rng: Random) -> None:
    world = World(rng)
    condition = world.condition(depth=4)
    assert world.holds(condition) == holds(condition, world.item)


@steady
@given(some_choices)
def test_a_negation_is_true_exactly_where_the_condition_is_not(rng: Random) -> None:
    world = World(rng)
    condition = world.condition()
    assert world.holds(("NOT", condition)) != world.holds(condition)


@steady
@given(some_choices)
def test_a_conjunction_is_a_negated_disjunction_of_negations(rng: Random) -> None:
    world = World(rng)
    one, other = world.condition(), world.condition()
    negated = ("NOT", ("OR", ("NOT", one), ("NOT", other)))
    assert world.holds(("AND", one, other)) == world.holds(negated) == (world.holds(one) and world.holds(other))


@steady
@given(some_choices)
def test_a_comparison_may_be_turned_round(rng: Random) -> None:
    world = World(rng)
    path = ("path", world.maker.path(world.scope))
    value = ("value", world.maker.value(1, ("S", "N", "B")))
    comparator = world.maker.pick(list(MIRRORED))
    assert world.holds((comparator, path, value)) == world.holds((MIRRORED[comparator], value, path))


@steady
@given(some_choices)
def test_between_is_two_comparisons(rng: Random) -> None:
    world = World(rng)
    path, low, high = (("path", world.maker.path(world.scope)) for _ in range(3))
    if path in (low, high):
        return
    both = ("AND", (">=", path, low), ("<=", path, high))
    assert world.holds(("BETWEEN", path, low, high)) == world.holds(both)


@steady
@given(some_choices)
def test_in_is_a_disjunction_of_equalities(rng: Random) -> None:
    world = World(rng)
    path = ("path", world.maker.path(world.scope))
    options = [("value", world.maker.value(2)) for _ in range(3)]
    equalities = ("OR", *(("=", path, option) for option in options))
    assert world.holds(("IN", path, *options)) == world.holds(equalities)


@steady
@given(some_choices)
def test_every_spelling_of_a_condition_means_the_same(rng: Random) -> None:
    world = World(rng)
    condition = world.condition(depth=3)
    assert len({world.holds(condition) for _ in range(4)}) == 1


@steady
@given(some_choices)
def test_attributes_that_a_condition_does_not_name_do_not_matter_to_it(rng: Random) -> None:
    world = World(rng)
    condition = world.condition()
    before = world.holds(condition)
    named = attributes_of(condition)
    world.wire = {name: value for name, value in world.wire.items() if name in named or name == "pk"}
    world.put()
    assert world.holds(condition) == before


# --- Projections ------------------------------------------------------------------------------------


@steady
@given(some_choices)
def test_naming_every_attribute_gives_the_whole_item(rng: Random) -> None:
    world = World(rng)
    assert world.get(tuple((name,) for name in world.item)) == world.item


@steady
@given(some_choices)
def test_a_projection_of_a_projection_of_maps_changes_nothing(rng: Random) -> None:
    """Only through maps: elements of lists move together, so an index means another element the second time."""
    world = World(rng)
    paths = tuple(
        path for path in world.maker.separate_paths(world.scope, 4) if all(isinstance(step, str) for step in path)
    )
    if not paths:
        return
    once = world.get(paths)
    world.wire = {**KEY, **wire_item(once)}
    world.put()
    assert world.get(paths) == once


@steady
@given(some_choices)
def test_elements_are_returned_by_index_however_they_are_asked_for(rng: Random) -> None:
    world = World(rng)
    elements = [world.maker.value(1) for _ in range(5)]
    world.update((("SET", ("alpha",), ("value", {"L": elements})),))
    asked = world.maker.some(range(8), 8, 1)
    picked = world.get(tuple(("alpha", index) for index in asked))
    expected = [item_of({"": elements[index]})[""] for index in sorted(asked) if index < 5]
    assert picked == ({"alpha": ("L", expected)} if expected else {})


# --- Updates ----------------------------------------------------------------------------------------


@steady
@given(some_choices)
def test_setting_an_attribute_to_itself_changes_nothing(rng: Random) -> None:
    world = World(rng)
    names = [name for name in world.item if name != "pk"]
    if names:
        name = world.maker.pick(names)
        assert item_of(world.update((("SET", (name,), ("path", (name,))),))["Attributes"]) == world.item


@steady
@given(some_choices)
def test_what_is_set_is_what_is_read(rng: Random) -> None:
    world = World(rng)
    value = world.maker.value(4)
    world.update((("SET", ("alpha",), ("value", value)),))
    assert world.holds(("=", ("path", ("alpha",)), ("value", world.maker.respelt(value))))


@steady
@given(some_choices)
def test_elements_set_past_the_end_are_appended_by_index(rng: Random) -> None:
    world = World(rng)
    world.update((("SET", ("alpha",), ("value", {"L": [{"S": "first"}]})),))
    indexes = world.maker.some(range(1, 30), 6, 1)
    world.update(tuple(("SET", ("alpha", index), ("value", {"N": str(index)})) for index in indexes))
    appended = [("N", Decimal(index)) for index in sorted(indexes)]
    assert world.get()["alpha"] == ("L", [("S", "first"), *appended])


@steady
@given(some_choices)
def test_removing_every_attribute_leaves_the_key(rng: Random) -> None:
    world = World(rng)
    removals = tuple(("REMOVE", (name,)) for name in NAMES)
    assert world.update(removals)["Attributes"] == KEY


@steady
@given(some_choices)
def test_a_refused_update_changes_nothing(rng: Random) -> None:
    world = World(rng)
    answer = world.update(world.maker.update(world.scope))
    if "Attributes" not in answer:
        assert world.get() == world.item


@steady
@given(some_choices)
def test_members_added_to_a_set_can_be_taken_out_again(rng: Random) -> None:
    world = World(rng)
    kind = world.maker.pick(("SS", "NS", "BS"))
    there, new = world.maker.value_of_kind(kind), world.maker.value_of_kind(kind)
    world.update((("SET", ("alpha",), ("value", there)),))
    world.update((("ADD", ("alpha",), new),))
    ((_, before),), ((_, added),) = item_of({"": there}).values(), item_of({"": new}).values()
    assert world.get()["alpha"] == (kind, before | added)
    world.update((("DELETE", ("alpha",), world.maker.respelt(new)),))
    left = before - added
    assert world.get().get("alpha") == ((kind, left) if left else None)


@steady
@given(some_choices)
def test_adding_and_subtracting_a_number_comes_back_to_the_start(rng: Random) -> None:
    world = World(rng)
    start, step = world.maker.number(), world.maker.number()
    world.update((("SET", ("alpha",), ("value", {"N": start})),))
    for operator in ("+", "-"):
        source = (operator, ("path", ("alpha",)), ("value", {"N": step}))
        if "Attributes" not in world.update((("SET", ("alpha",), source),)):
            return  # the sum is too long or too large to be held
    assert world.holds(("=", ("path", ("alpha",)), ("value", {"N": start})))
