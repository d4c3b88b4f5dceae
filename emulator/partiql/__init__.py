"""PartiQL statements: from text and parameters to a checked statement. Carrying one out is left to the operations."""

from emulator.partiql.parameters import ParameterError
from emulator.partiql.prepare import prepare
from emulator.partiql.tree import Delete, Exists, Insert, Order, Prepared, Select, Statement, Target, Update

__all__ = [
    "Delete",
    "Exists",
    "Insert",
    "Order",
    "ParameterError",
    "Prepared",
    "Select",
    "Statement",
    "Target",
    "Update",
    "prepare",
]
