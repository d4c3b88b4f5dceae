"""Infrastructure tools on an emulator of their own."""

from __future__ import annotations

from emulator import Emulator

from .cloudformation import Handler
from .terraform import Provider


class Tools:
    """An emulator with a clock that stands still, and the tools that work on it. A poll takes five seconds."""

    def __init__(self, status_delay: float, now: float) -> None:
        self.emulator = Emulator(status_delay=status_delay)
        self.emulator.clock.freeze(now)
        self.client = self.emulator.client()
        self.terraform = Provider(self.emulator.client, self.tick)
        self.cloudformation = Handler(self.client, self.tick)

    def tick(self) -> None:
        """Let the time between two polls pass."""
        self.emulator.clock.advance(seconds=5)

    def settle(self) -> None:
        """Let so much time pass that what was begun is done."""
        for _ in range(2):
            self.tick()
