"""The emulator answers every request as a naive model of the service does. Source: all pages on data operations."""

from __future__ import annotations

from random import Random

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .comparison import Pair
from .legacy import LegacyMaker
from .schema import Table

random_choices = st.randoms(use_true_random=False)


class BesideTheModel(RuleBasedStateMachine):
    """Random requests on random tables, each put to the emulator and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = Pair()
        self.steps = 0

    def _maker(self, rng: Random) -> LegacyMaker:
        self.steps += 1
        return LegacyMaker(rng, self.pair.model)

    def _table(self, maker: LegacyMaker) -> Table:
        return maker.pick(list(self.pair.model.tables.values()))

    @initialize(rng=random_choices)
    def a_table_with_some_items(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.create_table())
        for _ in range(4):
            self.pair.perform(maker.batch_write(self._table(maker)))

    @rule(rng=random_choices)
    def put_item(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.put_item(self._table(maker)))

    @rule(rng=random_choices)
    def update_item(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.update_item(self._table(maker)))

    @rule(rng=random_choices)
    def delete_item(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.delete_item(self._table(maker)))

    @rule(rng=random_choices)
    def transact_write_items(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.transact_write(self._table(maker)))

    @rule(rng=random_choices)
    def query(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.query(self._table(maker)))

    @rule(rng=random_choices)
    def query_all_pages(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.query_walk(self._table(maker)))

    @rule(rng=random_choices)
    def scan(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.scan(self._table(maker)))

    @rule(rng=random_choices)
    def scan_all_pages(self, rng: Random) -> None:
        maker = self._maker(rng)
        self.pair.perform(maker.scan_walk(self._table(maker)))

    @rule(rng=random_choices)
    def anything(self, rng: Random) -> None:
        self.pair.perform(self._maker(rng).action())

    @precondition(lambda self: self.steps % 5 == 0)
    @invariant()
    def both_hold_the_same(self) -> None:
        self.pair.check()


BesideTheModel.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
test_random_requests_are_answered_as_by_the_model = BesideTheModel.TestCase
