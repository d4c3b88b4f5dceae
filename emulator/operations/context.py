"""What an operation may touch: the database of the request's region, the clock, and the observation if any."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator import errors
from emulator.clock import Clock
from emulator.errors import Fault, ServiceError
from emulator.settings import Settings
from emulator.storage.agenda import Agenda
from emulator.storage.database import Database
from emulator.storage.table import Table
from emulator.storage.undo import UndoLog
from emulator.streams.kinesis import KinesisSink

_log = logging.getLogger("emulator")

_READABLE = ("ACTIVE", "UPDATING")


@dataclass(slots=True)
class Usage:
    """Units and items that a request took from a table (`index` is None) or from an index."""

    table: str
    index: str | None
    read_units: float = 0.0
    write_units: float = 0.0
    evaluated: int = 0
    returned: int = 0
    scanned: bool = False
    """Whether the rows were read without a key."""


@dataclass(slots=True)
class Observation:
    """One request as observers see it, after it was answered."""

    operation: str
    region: str
    request: Mapping[str, Any]
    error: ServiceError | None = None
    usage: list[Usage] = field(default_factory=list)


class Context:
    """The surroundings of one region's operations."""

    __slots__ = ("agenda", "clock", "database", "elsewhere", "kinesis", "observation", "regions", "settings", "undo")

    def __init__(
        self,
        database: Database,
        regions: Mapping[str, Database],
        agenda: Agenda,
        clock: Clock,
        settings: Settings,
        undo: UndoLog,
        kinesis: KinesisSink,
        elsewhere: Callable[[str], Context],
    ) -> None:
        self.database = database
        self.kinesis = kinesis
        self.regions = regions
        self.agenda = agenda
        self.clock = clock
        self.settings = settings
        self.undo = undo
        self.elsewhere = elsewhere
        """The surroundings of another region's operations."""
        self.observation: Observation | None = None

    def table(self, name_or_arn: str) -> Table:
        """The table that a data operation may use. Raises ResourceNotFoundException."""
        table = self.database.tables.get(name_or_arn)
        if table is None and name_or_arn.startswith("arn:"):
            table = self.database.tables.get(table_name(name_or_arn))
        if table is None or table.definition.status not in _READABLE:
            raise self._not_found(table_name(name_or_arn), errors.RESOURCE_NOT_FOUND)
        return table

    def described_table(self, name_or_arn: str, *, being_copied: bool = False) -> Table:
        """The table that a control operation names, in whatever status. Raises ResourceNotFoundException.

        A replica that is being made is found by those operations only that say so (global_tables.md 4).
        """
        name = table_name(name_or_arn)
        table = self.database.tables.get(name)
        if table is None or (table.is_being_copied and not being_copied):
            raise self._not_found(name, errors.TABLE_NOT_FOUND)
        return table

    def _not_found(self, name: str, fault: Fault) -> ServiceError:
        elsewhere = sorted(region for region, database in self.regions.items() if name in database.tables)
        if elsewhere and name not in self.database.tables:
            _log.warning(
                "table %r was asked for in region %s, where it does not exist; it exists in %s",
                name,
                self.database.region,
                ", ".join(elsewhere),
            )
        return ServiceError(fault, table=name)

    def observe(
        self,
        table: str,
        index: str | None = None,
        *,
        read_units: float = 0.0,
        write_units: float = 0.0,
        evaluated: int = 0,
        returned: int = 0,
        scanned: bool = False,
    ) -> None:
        """Tell observers, if there are any, what a table or index was used for."""
        if self.observation is not None:
            usage = Usage(table, index, read_units, write_units, evaluated, returned, scanned)
            self.observation.usage.append(usage)


def table_name(name_or_arn: str) -> str:
    """The name of a table that a request gives by name or by ARN."""
    if name_or_arn.startswith("arn:"):
        return name_or_arn.partition(":table/")[2].partition("/")[0]
    return name_or_arn
