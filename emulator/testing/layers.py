"""What is declared for a test, by its markers and by the fixtures `dynamodb_tables` and `dynamodb_seed`, as layers."""

from __future__ import annotations

from collections.abc import Iterator
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
_ARGUMENTS = ("tables", "seed", "scope")


def declared_layers(request: pytest.FixtureRequest) -> list[Layer]:
    """The layers of the test that `request` is for, widest scope first. Raises DeclarationError.

    All that is declared adds up: a marker of a test adds to those of its class and module, and to the fixtures.
    """
    tables: dict[str, list[Source]] = {scope: [] for scope in SCOPES}
    seed: dict[str, list[Source]] = {scope: [] for scope in SCOPES}
    for scope, declared_tables, declared_seed in (*_of_fixtures(request), *_of_markers(request.node)):
        tables[scope] += declared_tables
        seed[scope] += declared_seed
    return [
        Layer(_node(request.node, scope), tuple(tables[scope]), tuple(seed[scope]))
        for scope in SCOPES
        if tables[scope] or seed[scope]
    ]


_Declared = tuple[str, list[Source], list[Source]]


def _of_fixtures(request: pytest.FixtureRequest) -> Iterator[_Declared]:
    places = _places(request.node)
    for name in ("dynamodb_tables", "dynamodb_seed"):
        sources = list(sources_of(request.getfixturevalue(name), f"fixture {name}", places))
        # pytest has no public way to ask for the scope of a fixture that is in use.
        scope = request._get_active_fixturedef(name).scope
        yield (scope, sources, []) if name == "dynamodb_tables" else (scope, [], sources)


def _of_markers(item: pytest.Item) -> Iterator[_Declared]:
    places = _places(item)
    for marker in reversed(list(item.iter_markers("dynamodb"))):  # module, class, function
        _check(marker)
        tables, seed = (
            list(sources_of(marker.kwargs.get(name), f"@pytest.mark.dynamodb({name}=...)", places))
            for name in ("tables", "seed")
        )
        yield marker.kwargs.get("scope", "function"), tables, seed


def _check(marker: pytest.Mark) -> None:
    known = ", ".join(f"{name}=" for name in _ARGUMENTS)
    if marker.args:
        raise DeclarationError(f"@pytest.mark.dynamodb takes named arguments only: {known}")
    if unknown := sorted(marker.kwargs.keys() - set(_ARGUMENTS)):
        raise DeclarationError(f"@pytest.mark.dynamodb has no argument {', '.join(unknown)}; it takes {known}")
    scope = marker.kwargs.get("scope", "function")
    if scope not in SCOPES:
        raise DeclarationError(f"@pytest.mark.dynamodb(scope={scope!r}): a scope is one of {', '.join(SCOPES)}")


def _places(item: pytest.Item) -> Places:
    return Places(item.path.parent, item.config.rootpath)


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
