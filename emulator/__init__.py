"""A DynamoDB that lives in your process.

    import boto3, emulator

    with emulator.mock():
        boto3.client("dynamodb").list_tables()
"""

from emulator.instance import Emulator, Savepoint
from emulator.mocking import Mock, mock
from emulator.settings import Settings

__all__ = ["Emulator", "Mock", "Savepoint", "Settings", "mock"]
__version__ = "0.1.0"
