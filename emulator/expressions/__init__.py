"""The expression language: text to tokens, to a tree, to compiled functions of an item.

Expressions and their legacy forerunners end in the same trees. Nothing here knows tables or requests.
"""

from emulator.expressions.conditions import Condition, compile_condition
from emulator.expressions.key_conditions import (
    KeyCondition,
    KeyConditionSet,
    compile_key_condition,
    legacy_key_conditions,
)
from emulator.expressions.legacy import check_legacy_conditions, legacy_condition, legacy_update
from emulator.expressions.placeholders import check_names_map, check_placeholders, check_values_map
from emulator.expressions.projections import Projection, attributes_to_get, compile_projection
from emulator.expressions.search_conditions import SearchCondition, compile_search_condition
from emulator.expressions.updates import Update, compile_update

__all__ = [
    "Condition",
    "KeyCondition",
    "KeyConditionSet",
    "Projection",
    "SearchCondition",
    "Update",
    "attributes_to_get",
    "check_legacy_conditions",
    "check_names_map",
    "check_placeholders",
    "check_values_map",
    "compile_condition",
    "compile_key_condition",
    "compile_projection",
    "compile_search_condition",
    "compile_update",
    "legacy_condition",
    "legacy_key_conditions",
    "legacy_update",
]
