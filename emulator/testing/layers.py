"""What is declared for a test, by its markers and by the fixtures `dynamodb_tables` and `dynamodb_seed`, as layers."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.testing.sources import DeclarationError, Places, Source, sources_of
from emulator.testing.stage import Layer

SCOPES = ("session", "package", "module", "class", "function")
"""Widest first."""

_NODES: dict[str, type[pytest.Item | pytest.Collector]] = {
    "package": pytest.Package,
    "module": pytest.Module,
    "class": pytest.Class,
}
_MARKER = "@pytest.mark.dynamodb"
_ARGUMENTS = ("tables", "seed", "scope")


def declared_layers(request: pytest.FixtureRequest, dynamodb_tables: object, dynamodb_seed: object) -> list[Layer]:
    """The layers of the test that `request` is for, widest scope first. Raises DeclarationError.

    All that is declared adds up: a marker of a test adds to those of its class and module, and to the fixtures,
    whose values are given.
    """
    tables: dict[str, list[Source]] = {scope: [] for scope in SCOPES}
    seed: dict[str, list[Source]] = {scope: [] for scope in SCOPES}
    places = Places(request.node.path.parent, request.config.rootpath)
    tables[_scope_of(request, "dynamodb_tables")] += sources_of(dynamodb_tables, "fixture dynamodb_tables", places)
    seed[_scope_of(request, "dynamodb_seed")] += sources_of(dynamodb_seed, "fixture dynamodb_seed", places)
    for marker in reversed(list(request.node.iter_markers("dynamodb"))):  # of the module, the class, the test
        scope = _checked_scope(marker)
        tables[scope] += sources_of(marker.kwargs.get("tables"), f"{_MARKER}(tables=...)", places)
        seed[scope] += sources_of(marker.kwargs.get("seed"), f"{_MARKER}(seed=...)", places)
    return [
        Layer(_node(request.node, scope), tuple(tables[scope]), tuple(seed[scope]))
        for scope in SCOPES
        if tables[scope] or seed[scope]
    ]


def _scope_of(request: pytest.FixtureRequest, fixture: str) -> str:
    """The scope of a fixture that is in use; pytest has no public way to ask for it."""
    return request._get_active_fixturedef(fixture).scope


def _checked_scope(marker: pytest.Mark) -> str:
    """The scope of a marker whose arguments are in order."""
    known = ", ".join(f"{name}=" for name in _ARGUMENTS)
    if marker.args:
        raise DeclarationError(f"{_MARKER} takes named arguments only: {known}")
    if unknown := sorted(marker.kwargs.keys() - set(_ARGUMENTS)):
        raise DeclarationError(f"{_MARKER} has no argument {', '.join(unknown)}; it takes {known}")
    scope: str = marker.kwargs.get("scope", "function")
    if scope not in SCOPES:
        raise DeclarationError(f"{_MARKER}(scope={scope!r}): a scope is one of {', '.join(SCOPES)}")
    return scope


def _node(item: pytest.Item, scope: str) -> Any:
    """The node of a scope, as for pytest's fixtures: a test outside of a class is a class of its own."""
    if scope == "session":
        return item.session
    if scope == "function":
        return item
    node = item.getparent(_NODES[scope])
    if node is None:
        return item if scope == "class" else item.session
    return node
