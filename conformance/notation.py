"""The notation of the case files: YAML whose plain scalars mean what they mean in JSON, and a few tags.

Only `true`, `false`, `null` and JSON numbers are not strings, so that `NULL`, `no` or `N` stay text.
`<name>` in any text stands for what the case calls so: a table, or a column of its family. A text that is
nothing but `<name>` becomes the value itself, of whatever type.

Tags that make values, for what would be too long to write down:

| tag | makes |
|---|---|
| `!repeat [text, count]` | the text that often |
| `!text [part, ...]` | the parts as one text |
| `!join [separator, list]` | the list's texts as one text |
| `!base64 text` | the text's bytes in base64 |
| `!json value` | the value as JSON text without blanks |
| `!nested [levels, leaf]` | an attribute value inside that many maps |
| `!series [count, element]` | a list; `<n>` in the element counts from 1 |
| `!entries [count, key, value]` | a map; `<n>` in key and value counts from 1 |
| `!merge [map, ...]` | one map; later ones win |
| `!absent` | in a request: no such member, whatever the defaults say |

Tags for expected answers, for what varies:

| tag | accepts |
|---|---|
| `!any` | everything |
| `!absent` | no such member |
| `!matching regex` | a text that matches as a whole |
| `!containing text` | a text that contains it |
| `!near number` | a number that is the same to six decimals |
| `!either [a, b]` | one of them |
| `!unordered [..]` | the list in any order |
| `!includes {..}` | a map with at least these members |
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import yaml

Scope: TypeAlias = Callable[[str], Any]
"""Gives what `<name>` stands for; raises KeyError for a name that nobody defined."""

_NAME = re.compile(r"<([a-z][a-z0-9-]*)>")


def fill(tree: Any, scope: Scope) -> Any:
    """`tree` with names replaced and values made; matchers stay, with their content filled."""
    if isinstance(tree, str):
        return _filled_text(tree, scope)
    if isinstance(tree, list):
        return [fill(element, scope) for element in tree]
    if isinstance(tree, dict):
        return {fill(key, scope): fill(value, scope) for key, value in tree.items()}
    if isinstance(tree, Maker):
        return tree.made(scope)
    if isinstance(tree, Matcher):
        return type(tree)(*[fill(getattr(tree, field.name), scope) for field in fields(tree)])
    return tree


def _filled_text(text: str, scope: Scope) -> Any:
    whole = _NAME.fullmatch(text)
    if whole is not None:
        return scope(whole[1])
    return _NAME.sub(lambda match: as_text(scope(match[1])), text)


def as_text(value: Any) -> str:
    """A value within a text: a text as it is, everything else as JSON."""
    if isinstance(value, Matcher):
        return type(value).__name__.lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=as_text)


def within(scope: Scope, names: Mapping[str, Any]) -> Scope:
    """`scope` with further names in front of it."""
    return lambda name: names[name] if name in names else scope(name)


# --- Values that are made ---------------------------------------------------------------------------


class Maker:
    """A value that is too long to write down."""

    def made(self, scope: Scope) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class Repeat(Maker):
    text: Any
    count: Any

    def made(self, scope: Scope) -> str:
        text: str = fill(self.text, scope)
        return text * int(fill(self.count, scope))


@dataclass(frozen=True, slots=True, eq=False)
class Text(Maker):
    parts: list[Any]

    def made(self, scope: Scope) -> str:
        return "".join(as_text(part) for part in fill(self.parts, scope))


@dataclass(frozen=True, slots=True, eq=False)
class Join(Maker):
    separator: str
    parts: Any

    def made(self, scope: Scope) -> str:
        return self.separator.join(fill(self.parts, scope))


@dataclass(frozen=True, slots=True, eq=False)
class Base64(Maker):
    text: Any

    def made(self, scope: Scope) -> str:
        return base64.b64encode(fill(self.text, scope).encode()).decode()


@dataclass(frozen=True, slots=True, eq=False)
class Json(Maker):
    value: Any

    def made(self, scope: Scope) -> str:
        return json.dumps(fill(self.value, scope), ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, eq=False)
class Nested(Maker):
    levels: Any
    leaf: Any

    def made(self, scope: Scope) -> Any:
        value = fill(self.leaf, scope)
        for _ in range(int(fill(self.levels, scope))):
            value = {"M": {"a": value}}
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Series(Maker):
    count: Any
    element: Any

    def made(self, scope: Scope) -> list[Any]:
        return [fill(self.element, inner) for inner in _counting(self.count, scope)]


@dataclass(frozen=True, slots=True, eq=False)
class Entries(Maker):
    count: Any
    key: Any
    value: Any

    def made(self, scope: Scope) -> dict[str, Any]:
        return {fill(self.key, inner): fill(self.value, inner) for inner in _counting(self.count, scope)}


@dataclass(frozen=True, slots=True, eq=False)
class Merge(Maker):
    maps: list[Any]

    def made(self, scope: Scope) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        for each in fill(self.maps, scope):
            merged |= each
        return merged


def _counting(count: Any, scope: Scope) -> Iterator[Scope]:
    for number in range(1, int(fill(count, scope)) + 1):
        yield within(scope, {"n": str(number)})


# --- What an answer may be --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Matcher:
    """What stands in an expected answer for something that varies."""


@dataclass(frozen=True, slots=True, eq=False)
class Anything(Matcher):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Absent(Matcher):
    pass


@dataclass(frozen=True, slots=True, eq=False)
class Matching(Matcher):
    pattern: str


@dataclass(frozen=True, slots=True, eq=False)
class Containing(Matcher):
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Near(Matcher):
    number: Any


@dataclass(frozen=True, slots=True, eq=False)
class Either(Matcher):
    options: list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Unordered(Matcher):
    elements: list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Includes(Matcher):
    members: dict[str, Any]


# --- Reading ----------------------------------------------------------------------------------------

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """Reads plain scalars as JSON would, knows the tags, and refuses a key that stands twice in a map."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (yaml's own shape)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        pairs = [(self.construct_object(key, deep=True), value) for key, value in node.value]
        mapping = {key: self.construct_object(value, deep=True) for key, value in pairs}
        if len(mapping) < len(pairs):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice in this map", node.start_mark)
        return mapping


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("null"), list("n"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9]\d*)$"), list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"-?\d+\.\d+$"), list("-0123456789"))
_Loader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))


def _tag(name: str, make: Callable[..., Any], construct: Callable[[Any, Any], list[Any]]) -> None:
    _Loader.add_constructor(name, lambda loader, node: make(*construct(loader, node)))


def _listed(loader: Any, node: Any) -> list[Any]:
    parts: list[Any] = loader.construct_sequence(node, deep=True)
    return parts


def _single(loader: Any, node: Any) -> list[Any]:
    if isinstance(node, yaml.ScalarNode):
        return [loader.construct_scalar(node)]
    if isinstance(node, yaml.MappingNode):
        return [loader.construct_mapping(node, deep=True)]
    return [loader.construct_sequence(node, deep=True)]


def _one_element(loader: Any, node: Any) -> list[Any]:
    """A tag of one value: a text, or a list of one when the value is made by another tag."""
    (value,) = _single(loader, node)
    return value if isinstance(value, list) else [value]


def _nothing(loader: Any, node: Any) -> list[Any]:
    return []


for _name, _make, _construct in (
    ("!repeat", Repeat, _listed),
    ("!text", Text, _single),
    ("!join", Join, _listed),
    ("!base64", Base64, _one_element),
    ("!json", Json, _single),
    ("!nested", Nested, _listed),
    ("!series", Series, _listed),
    ("!entries", Entries, _listed),
    ("!merge", Merge, _single),
    ("!absent", Absent, _nothing),
    ("!any", Anything, _nothing),
    ("!matching", Matching, _single),
    ("!containing", Containing, _one_element),
    ("!near", Near, _single),
    ("!either", Either, _single),
    ("!unordered", Unordered, _single),
    ("!includes", Includes, _single),
):
    _tag(_name, _make, _construct)


def parse(text: str) -> Any:
    """The tree that a case file stands for, with makers, matchers and names still in it."""
    return yaml.load(text, _Loader)
