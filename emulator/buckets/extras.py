"""Modules that formats and compressions of objects need, and that come with an extra of this package."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class MissingExtraError(Exception):
    """Something that needs an extra which is not installed; the text says how to get it."""


def load(extra: str, purpose: str, *modules: str) -> Any:
    """The first one of `modules` that is installed. Raises MissingExtraError."""
    for module in modules:
        if _is_installed(module):
            return import_module(module)
    raise MissingExtraError(
        f"{purpose} needs a package that is not installed: pip install 'dynamodb-emulator[{extra}]'"
    )


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it
        return False
