"""Event source mappings: how the changes of a stream are cut into batches, and what happens when a batch fails.

The fields are those of Lambda's CreateEventSourceMapping, with its ranges.
Source: Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB"; API reference, CreateEventSourceMapping.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict

from emulator import limits

StartingPosition: TypeAlias = Literal["LATEST", "TRIM_HORIZON"]

Destination: TypeAlias = Callable[[dict[str, Any]], object]
"""Gets the documents about what was given up."""

Filters: TypeAlias = Sequence[Mapping[str, Any] | str] | Mapping[str, Any]
"""Patterns as dictionaries or JSON texts, or FilterCriteria as templates have it; see `event_filters`."""

FOREVER = -1
"""How AWS writes that there is no limit; here None says so as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceMapping:
    """The options of `Emulator.on_stream`. Raises TypeError or ValueError for what an option cannot be."""

    starting_position: StartingPosition = "LATEST"
    """LATEST for the changes that follow, TRIM_HORIZON for those that the stream still has as well."""
    batch_size: int = 100
    batch_window: float = 0
    """Seconds that a batch which is not full waits for more, from its first change on."""
    filters: Filters = ()
    """A record must match one of them, if there are any."""
    report_batch_item_failures: bool = False
    """Whether the function answers with the records that failed; all after the first of them are tried again."""
    bisect_on_error: bool = False
    """Whether a batch that failed is tried again in two halves. That is no retry."""
    maximum_retries: int | None = None
    """How often a batch is tried again before it is given up; None for as often as it takes."""
    maximum_record_age: int | None = None
    """Seconds after which a change is given up; None for as long as the stream has it."""
    on_failure: Destination | list[dict[str, Any]] | None = None
    """A function that gets the document about each batch that was given up, or a list that they are appended to."""
    parallelization_factor: int = 1
    """Lanes of a shard: each has other partition keys and batches of its own."""
    function_name: str | None = None
    """What the function is called in its context, in deliveries and in documents; by default its own name."""

    def __post_init__(self) -> None:
        if self.starting_position not in ("LATEST", "TRIM_HORIZON"):
            raise ValueError(f"starting_position is 'LATEST' or 'TRIM_HORIZON', not {self.starting_position!r}")
        _check_number("batch_size", self.batch_size, int, 1, limits.MAX_BATCH_RECORDS)
        _check_number("batch_window", self.batch_window, (int, float), 0, limits.MAX_BATCH_WINDOW_SECONDS)
        _check_number("parallelization_factor", self.parallelization_factor, int, 1, limits.MAX_PARALLELIZATION)
        if self.maximum_retries not in (None, FOREVER):
            _check_number("maximum_retries", self.maximum_retries, int, 0, limits.MAX_HANDLER_RETRIES, or_forever=True)
        if self.maximum_record_age not in (None, FOREVER):
            least, most = limits.MIN_RECORD_AGE_SECONDS, limits.MAX_RECORD_AGE_SECONDS
            _check_number("maximum_record_age", self.maximum_record_age, int, least, most, or_forever=True)
        if self.on_failure is not None and not callable(self.on_failure) and not isinstance(self.on_failure, list):
            raise TypeError(f"on_failure takes a function or a list, not {self.on_failure!r}")

    @property
    def destination(self) -> Destination | None:
        """What gets the documents about batches that were given up."""
        return self.on_failure.append if isinstance(self.on_failure, list) else self.on_failure


class SourceMappingOptions(TypedDict, total=False):
    """The fields of a `SourceMapping` as keyword arguments."""

    starting_position: StartingPosition
    batch_size: int
    batch_window: float
    filters: Filters
    report_batch_item_failures: bool
    bisect_on_error: bool
    maximum_retries: int | None
    maximum_record_age: int | None
    on_failure: Destination | list[dict[str, Any]] | None
    parallelization_factor: int
    function_name: str | None


def _check_number(
    option: str,
    value: object,
    kind: type | tuple[type, ...],
    least: int,
    most: int,
    *,
    or_forever: bool = False,
) -> None:
    allowed = f"{least} to {most:,}" + (", or None for no limit" if or_forever else "")
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{option} is a number from {allowed}, not {value!r}")
    if not least <= value <= most:  # type: ignore[operator]
        raise ValueError(f"{option} is {allowed}, not {value!r}")
