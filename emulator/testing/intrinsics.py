"""The intrinsic functions of CloudFormation, as far as they can be worked out without AWS.

Values are resolved when they are asked for, so that what nobody needs may be unresolvable. Parameters have the values
that were given, or else their defaults. A `Ref` of a table is the table's name; of other resources nothing is known.
Source: CloudFormation Template Reference, "Intrinsic functions", "Condition functions", "Pseudo parameters".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from emulator.testing.sources import DeclarationError

_TABLE_TYPES = ("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable", "AWS::Serverless::SimpleTable")
_NO_VALUE = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


class Template:
    """A template with values for its parameters; `name` is what messages call it."""

    def __init__(
        self, name: str, document: Mapping[str, Any], parameters: Mapping[str, Any], region: str, account_id: str
    ) -> None:
        self.name = name
        self.region = region
        self.account_id = account_id
        self._document = document
        self._given = parameters
        unknown = sorted(parameters.keys() - self.section("Parameters").keys())
        if unknown:
            raise DeclarationError(f"{name} has no parameter {', '.join(unknown)}")

    def tables(self) -> dict[str, Mapping[str, Any]]:
        """The resources that are tables and whose condition holds, by logical id."""
        tables: dict[str, Mapping[str, Any]] = {}
        for logical_id, resource in self.section("Resources").items():
            where = f"Resources.{logical_id}"
            if not isinstance(resource, dict) or "Type" not in resource:
                raise self.error(where, "is not a resource with a Type")
            if resource["Type"] in _TABLE_TYPES and self._exists(resource, where):
                tables[logical_id] = resource
        return tables

    def _exists(self, resource: Mapping[str, Any], where: str) -> bool:
        return "Condition" not in resource or self.condition(resource["Condition"], f"{where}.Condition")

    def table_name(self, logical_id: str) -> str:
        """The name of a table: its TableName, or the logical id where the service would make one up."""
        properties = self.section("Resources")[logical_id].get("Properties") or {}
        name = self.resolve(properties.get("TableName"), f"Resources.{logical_id}.Properties.TableName")
        return logical_id if name is None else str(name)

    def error(self, where: str, text: str) -> DeclarationError:
        return DeclarationError(f"{self.name}, {where}: {text}")

    def section(self, name: str) -> Mapping[str, Any]:
        """A section of the template, e.g. `Parameters`; empty if it is not there."""
        section = self._document.get(name) or {}
        if not isinstance(section, dict):
            raise DeclarationError(f"{self.name}: {name} is not a mapping")
        return section

    # --- values -----------------------------------------------------------------------------------

    def resolve(self, value: Any, where: str) -> Any:
        """`value` with its intrinsic functions worked out; None for `AWS::NoValue`."""
        try:
            resolved = self.value(value, where)
        except RecursionError:
            raise self.error(where, "refers to itself") from None
        return None if resolved is _NO_VALUE else resolved

    def value(self, value: Any, where: str) -> Any:
        """What `resolve` gives, but for `AWS::NoValue`, which is itself."""
        if isinstance(value, list):
            elements = [self.value(element, f"{where}[{at}]") for at, element in enumerate(value)]
            return [element for element in elements if element is not _NO_VALUE]
        if isinstance(value, dict):
            return self._mapping_value(value, where)
        if isinstance(value, str) and "{{resolve:" in value:
            raise self.error(where, f"{value} can be resolved by AWS only")
        return value

    def _mapping_value(self, value: Mapping[str, Any], where: str) -> Any:
        if len(value) == 1:
            ((name, argument),) = value.items()
            if (function := _FUNCTIONS.get(name)) is not None:
                return function(self, argument, where)
            if name.startswith("Fn::"):
                raise self.error(where, f"{name} can be resolved by AWS only")
        members = {name: self.value(member, f"{where}.{name}") for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not _NO_VALUE}

    def condition(self, name: Any, where: str) -> bool:
        """Whether the condition of that name holds."""
        conditions = self.section("Conditions")
        if not isinstance(name, str) or name not in conditions:
            raise self.error(where, f"there is no condition {name}")
        return self.holds(conditions[name], f"Conditions.{name}")

    def holds(self, value: Any, where: str) -> bool:
        """The truth of a condition function, or of a string that says true or false."""
        resolved = self.resolve(value, where)
        if isinstance(resolved, bool):
            return resolved
        if resolved in ("true", "false"):
            return bool(resolved == "true")
        raise self.error(where, f"{resolved!r} is not a condition")

    def text(self, value: Any, where: str) -> str:
        """A value where CloudFormation wants a string."""
        resolved = self.value(value, where)
        if isinstance(resolved, bool):
            return "true" if resolved else "false"
        if isinstance(resolved, (dict, list)) or resolved is None or resolved is _NO_VALUE:
            raise self.error(where, "is not a string")
        return str(resolved)

    # --- references -------------------------------------------------------------------------------

    def ref(self, name: str, where: str) -> Any:
        """What `Ref` of a parameter, a pseudo parameter or a table gives."""
        if name in self.section("Parameters"):
            return self._parameter(name, where)
        if name in _PSEUDO_PARAMETERS:
            return _PSEUDO_PARAMETERS[name](self)
        resource = self.section("Resources").get(name)
        if resource is None:
            raise self.error(where, f"{name} is neither a parameter nor a resource of the template")
        if resource.get("Type") in _TABLE_TYPES:
            return self.table_name(name)
        raise self.error(where, f"{name} is a resource ({resource.get('Type')}) that exists on AWS only")

    def _parameter(self, name: str, where: str) -> Any:
        declared = self.section("Parameters")[name]
        kind = str(declared.get("Type", "String"))
        if name in self._given:
            value = self._given[name]
        elif "Default" in declared and not kind.startswith("AWS::SSM::"):
            value = declared["Default"]
        else:
            lacks = "has its value in SSM" if kind.startswith("AWS::SSM::") else "has no default"
            raise self.error(
                where,
                f'parameter {name} {lacks}; give it one: tables={{"template": ..., "parameters": {{"{name}": ...}}}}',
            )
        if isinstance(value, str) and (kind == "CommaDelimitedList" or kind.startswith("List<")):
            return [part.strip() for part in value.split(",")]
        return value

    def attribute(self, logical_id: str, attribute: str, where: str) -> str:
        """What `Fn::GetAtt` gives: of tables the Arn."""
        resource = self.section("Resources").get(logical_id)
        if resource is None:
            raise self.error(where, f"{logical_id} is not a resource of the template")
        if resource.get("Type") in _TABLE_TYPES and attribute == "Arn":
            return f"arn:aws:dynamodb:{self.region}:{self.account_id}:table/{self.table_name(logical_id)}"
        raise self.error(where, f"{logical_id}.{attribute} is known to AWS only")

    # --- functions --------------------------------------------------------------------------------

    def arguments(self, argument: Any, count: int, where: str) -> list[Any]:
        """The arguments of a function that takes so many."""
        if not isinstance(argument, list) or len(argument) != count:
            raise self.error(where, f"needs a list of {count} arguments")
        return argument


_PSEUDO_PARAMETERS: dict[str, Callable[[Template], Any]] = {
    "AWS::AccountId": lambda template: template.account_id,
    "AWS::NoValue": lambda template: _NO_VALUE,
    "AWS::Partition": lambda template: "aws",
    "AWS::Region": lambda template: template.region,
    "AWS::StackName": lambda template: "stack",
    "AWS::URLSuffix": lambda template: "amazonaws.com",
}


def _ref(template: Template, argument: Any, where: str) -> Any:
    return template.ref(str(argument), where)


def _get_att(template: Template, argument: Any, where: str) -> str:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    logical_id, attribute = template.arguments(parts, 2, where)
    return template.attribute(str(logical_id), template.text(attribute, where), where)


def _sub(template: Template, argument: Any, where: str) -> str:
    text, variables = argument, {}
    if isinstance(argument, list):
        text, variables = template.arguments(argument, 2, where)
    if not isinstance(text, str) or not isinstance(variables, dict):
        raise template.error(where, "Fn::Sub needs a string, or a list of a string and a mapping")

    def value(match: re.Match[str]) -> str:
        literal, name = match[1], match[2].strip()
        if literal:
            return f"${{{match[2]}}}"
        if name in variables:
            return template.text(variables[name], where)
        if "." in name:
            return _get_att(template, name, where)
        return template.text({"Ref": name}, where)

    return _PLACEHOLDER.sub(value, text)


def _join(template: Template, argument: Any, where: str) -> str:
    delimiter, elements = template.arguments(argument, 2, where)
    elements = template.value(elements, where)
    if not isinstance(elements, list):
        raise template.error(where, "Fn::Join needs a list to join")
    return str(delimiter).join(template.text(element, where) for element in elements)


def _split(template: Template, argument: Any, where: str) -> list[str]:
    delimiter, text = template.arguments(argument, 2, where)
    return template.text(text, where).split(str(delimiter))


def _select(template: Template, argument: Any, where: str) -> Any:
    position, elements = template.arguments(argument, 2, where)
    elements = template.value(elements, where)
    at = template.text(position, where)
    if not isinstance(elements, list) or not at.isdecimal() or int(at) >= len(elements):
        raise template.error(where, f"Fn::Select finds no element {at}")
    return elements[int(at)]


def _find_in_map(template: Template, argument: Any, where: str) -> Any:
    keys = [template.text(key, where) for key in template.arguments(argument, 3, where)]
    found: Any = template.section("Mappings")
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            raise template.error(where, f"Fn::FindInMap finds no {'.'.join(keys)}")
        found = found[key]
    return found


def _if(template: Template, argument: Any, where: str) -> Any:
    condition, then, otherwise = template.arguments(argument, 3, where)
    return template.value(then if template.condition(condition, where) else otherwise, where)


def _condition(template: Template, argument: Any, where: str) -> bool:
    return template.condition(argument, where)


def _equals(template: Template, argument: Any, where: str) -> bool:
    left, right = template.arguments(argument, 2, where)
    return template.text(left, where) == template.text(right, where)


def _and(template: Template, argument: Any, where: str) -> bool:
    return all(template.holds(condition, where) for condition in argument)


def _or(template: Template, argument: Any, where: str) -> bool:
    return any(template.holds(condition, where) for condition in argument)


def _not(template: Template, argument: Any, where: str) -> bool:
    (condition,) = template.arguments(argument, 1, where)
    return not template.holds(condition, where)


_FUNCTIONS: dict[str, Callable[[Template, Any, str], Any]] = {
    "Ref": _ref,
    "Condition": _condition,
    "Fn::And": _and,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::If": _if,
    "Fn::Join": _join,
    "Fn::Not": _not,
    "Fn::Or": _or,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
}
