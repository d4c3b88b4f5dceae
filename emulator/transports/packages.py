"""The packages of the in-process road, which are an extra: the HTTP server does without them."""

from __future__ import annotations

from importlib.util import find_spec


def require(package: str) -> None:
    """Raises ModuleNotFoundError, which says how to get the package, if it is not installed."""
    if find_spec(package) is None:
        raise ModuleNotFoundError(
            f"clients in the same process need {package}, which is not installed: "
            "pip install 'dynamodb-emulator[boto3]'",
            name=package,
        )
