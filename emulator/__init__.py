"""A DynamoDB that lives in your process.

import boto3, emulator

with emulator.mock():
    boto3.client("dynamodb").list_tables()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.instance import Emulator, Savepoint
    from emulator.mocking import Mock, mock
    from emulator.persistence.failures import FileError
    from emulator.settings import Settings
    from emulator.streams.functions import LambdaContext
    from emulator.streams.subscription import Delivery, Subscription

__all__ = [
    "Delivery",
    "Emulator",
    "FileError",
    "LambdaContext",
    "Mock",
    "Savepoint",
    "Settings",
    "Subscription",
    "mock",
]
__version__ = "0.1.0"

_HOMES = {
    "Delivery": "emulator.streams.subscription",
    "Emulator": "emulator.instance",
    "FileError": "emulator.persistence.failures",
    "LambdaContext": "emulator.streams.functions",
    "Mock": "emulator.mocking",
    "Savepoint": "emulator.instance",
    "Settings": "emulator.settings",
    "Subscription": "emulator.streams.subscription",
    "mock": "emulator.mocking",
}


def __getattr__(name: str) -> Any:
    """The public names are loaded when somebody asks for them: pytest loads this package in every run."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
