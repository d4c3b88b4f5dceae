"""The service model: operations and the shapes that their inputs are made of.

The data is service_model.json, which scripts/generate_model.py writes from the API model that botocore ships.
Where the service is known to differ from its published model, `peculiarities` has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from emulator.model import peculiarities


@dataclass(frozen=True, slots=True)
class Shape:
    """One type of the model. What does not apply to its `type` is empty or None."""

    name: str
    type: str
    """structure, list, map, string, integer, long, double, boolean, blob or timestamp."""
    members: Mapping[str, str]
    """Member name to shape name, in the order in which the service reports their faults."""
    required: frozenset[str] = frozenset()
    member: str = ""
    """The shape of a list's elements."""
    key: str = ""
    value: str = ""
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    """In the order in which the service prints them."""

    @property
    def is_constrained(self) -> bool:
        """Whether a value has to satisfy more than having the type; its parts are not looked at."""
        return bool(self.enum) or any(limit is not None for limit in (self.min, self.max, self.pattern))


def load() -> tuple[dict[str, str], dict[str, str], dict[str, Shape]]:
    """Operation to target prefix, operation to input shape, and the shapes by name."""
    model = orjson.loads(Path(__file__).with_name("service_model.json").read_bytes())
    operations: dict[str, dict[str, str]] = model["operations"]
    targets = {name: operation["target"] for name, operation in operations.items()}
    inputs = {name: operation["input"] for name, operation in operations.items()}
    return targets, inputs, {name: _shape(name, data) for name, data in model["shapes"].items()}


def _shape(name: str, data: dict[str, Any]) -> Shape:
    if name in peculiarities.CHECKED_BY_HAND:
        return Shape(name, data["type"], {})
    members: dict[str, str] = data.get("members", {})
    order = peculiarities.MEMBER_ORDERS.get(name, ())
    return Shape(
        name,
        data["type"],
        {member: members[member] for member in (*order, *members)},
        frozenset(data.get("required", ())) | peculiarities.REQUIRED_TOO.get(name, frozenset()),
        data.get("member", ""),
        data.get("key", ""),
        data.get("value", ""),
        data.get("min"),
        data.get("max"),
        data.get("pattern"),
        peculiarities.ENUM_ORDERS.get(name) or tuple(data.get("enum", ())),
    )
