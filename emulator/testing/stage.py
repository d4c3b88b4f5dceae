"""Stages: emulators that keep what a scope of tests declared and take back what each test did.

What is declared for a test comes in layers, the widest scope first: tables and seed items of the session, then of the
module, and so on. A stage holds the layers that tests have asked for, each with a savepoint at its end. The next test
finds the layers that it shares with the one before still in place: to give them back costs what was changed
since, not what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulator.instance import Emulator, Savepoint
from emulator.testing.seeding import put_seed
from emulator.testing.sources import Source
from emulator.testing.tables import create_tables


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """The tables and seed items that are declared for one scope: a session, a module, a class, a test."""

    scope: object
    tables: tuple[Source, ...]
    seed: tuple[Source, ...]

    def is_same(self, other: Layer) -> bool:
        return self.scope is other.scope and _are_same(self.tables, other.tables) and _are_same(self.seed, other.seed)

    def load(self, emulator: Emulator) -> None:
        """Create the tables and put the items. Raises DeclarationError, and what functions raise."""
        for source in self.tables:
            create_tables(emulator, source)
        for source in self.seed:
            put_seed(emulator, source)


def _are_same(some: tuple[Source, ...], others: tuple[Source, ...]) -> bool:
    return len(some) == len(others) and all(map(Source.is_same, some, others))


class Stage:
    """An emulator with layers on it; the first one stays as long as the stage does."""

    def __init__(self, emulator: Emulator, first: Layer) -> None:
        first.load(emulator)
        self.emulator = emulator
        self._levels: list[tuple[Layer, Savepoint]] = [(first, emulator.savepoint())]

    @property
    def scope(self) -> object:
        """The widest scope, with which the stage ends."""
        return self._levels[0][0].scope

    def begins_with(self, layer: Layer) -> bool:
        return self._levels[0][0].is_same(layer)

    def show(self, layers: Sequence[Layer]) -> None:
        """Have exactly these layers in the emulator, whatever was done to it; the first one is the stage's own."""
        kept = 0
        for (layer, _), wanted in zip(self._levels, layers, strict=False):
            if not layer.is_same(wanted):
                break
            kept += 1
        self._cut(kept)
        for layer in layers[kept:]:
            layer.load(self.emulator)
            self._levels.append((layer, self.emulator.savepoint()))

    def _cut(self, kept: int) -> None:
        """Take back all that came after the first `kept` layers."""
        self._levels[kept - 1][1].restore()
        while len(self._levels) > kept:
            self._levels.pop()[1].release()


class Stages:
    """The stages of a process, of which one test at a time uses one."""

    def __init__(self) -> None:
        self._stages: list[Stage] = []

    def prepare(
        self, layers: Sequence[Layer], scopes: Sequence[object], new_emulator: Callable[[], Emulator]
    ) -> Emulator:
        """An emulator with these layers, the widest first, for a test that `scopes` lead to, itself the last.

        A test that shares no layers gets a new emulator.
        """
        self._stages = [stage for stage in self._stages if any(stage.scope is scope for scope in scopes)]
        if not layers or layers[0].scope is scopes[-1]:
            return _loaded(new_emulator(), layers)
        stage = self._stage(layers[0], new_emulator)
        stage.show(layers)
        return stage.emulator

    def _stage(self, first: Layer, new_emulator: Callable[[], Emulator]) -> Stage:
        for stage in self._stages:
            if stage.begins_with(first):
                return stage
        stage = Stage(new_emulator(), first)
        self._stages.append(stage)
        return stage


def _loaded(emulator: Emulator, layers: Sequence[Layer]) -> Emulator:
    for layer in layers:
        layer.load(emulator)
    return emulator
