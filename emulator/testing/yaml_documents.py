"""YAML as CloudFormation writes it. Needs PyYAML, the extra `yaml`; imported only when there is YAML to read.

The short forms of intrinsic functions (`!Sub x`) become their long forms (`{"Fn::Sub": "x"}`), dates stay text and
numbers with a fraction keep all their digits.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml

from emulator.testing.sources import DeclarationError

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_WITHOUT_PREFIX = ("Ref", "Condition")


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(text: str, path: Path) -> Any:
    """The document in `text`. Raises DeclarationError with the position of what is wrong."""
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path} is not YAML: {' '.join(str(error).split())}") from None


def _number(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return Decimal(node.value)
    except InvalidOperation:  # .inf, .nan and 1:30.5
        return loader.construct_yaml_float(node)


def _function(loader: _Loader, name: str, node: yaml.Node) -> Any:
    argument: Any
    if isinstance(node, yaml.MappingNode):
        argument = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.ScalarNode)
        argument = loader.construct_scalar(node)
    if name in _WITHOUT_PREFIX:
        return {name: argument}
    return {f"Fn::{name}": argument}


_Loader.add_constructor("tag:yaml.org,2002:float", _number)
_Loader.add_multi_constructor("!", _function)
