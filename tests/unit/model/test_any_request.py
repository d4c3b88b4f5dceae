"""Whatever is sent, the answer is a well-formed request or an error of the service."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import botocore.session
from botocore.validate import ParamValidator
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emulator import errors
from emulator.errors import ServiceError
from emulator.model import OPERATIONS, check_request, service


def test_requests_are_checked_without_botocore() -> None:
    program = "import sys, emulator.model; sys.exit('botocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


_TARGETS, _INPUTS, _SHAPES = service.load()
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "orders", "AAAA", "true", "NONE", "TOTAL", "arn:aws:x", "__type"])
    | st.text(max_size=5)
)
_json = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["S", "N", "B", "M", "L", "SS", "BS", "a", "__type"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def _shaped(name: str, levels: int, noise: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a shape of the model, now and then in breach of its constraints, with `noise` in their leaves."""
    shape = _SHAPES[name]
    inner = levels - 1
    match shape.type:
        case "structure":
            members = {
                member: _shaped(part, inner, noise)
                for member, part in shape.members.items()
                if levels > 0 or member in shape.required
            }
            required = {member: members.pop(member) for member in shape.required}
            return st.fixed_dictionaries(required, optional=members)
        case "list":
            fewest = shape.min or 0
            return st.lists(_shaped(shape.member, inner, noise), min_size=fewest, max_size=fewest + 2)
        case "map":
            return st.dictionaries(st.sampled_from(["orders", "", "a"]), _shaped(shape.value, inner, noise), max_size=2)
        case "boolean":
            return st.booleans() | noise
        case "integer" | "long":
            least = shape.min or 0
            return st.integers(least, shape.max or least + 100) | st.just((shape.min or 1) - 1) | noise
        case "double" | "timestamp":
            return st.integers(0, 10) | noise
        case "blob":
            return st.sampled_from(["", "AAAA", "AA=="]) | noise
    if shape.enum:
        return st.sampled_from([*shape.enum, "BOGUS"]) | noise
    return st.sampled_from(["orders", "a" * max(shape.min or 1, 1), ""]) | noise


def _requests(noise: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, Any]]:
    """An operation with a request of its shape."""
    names = st.sampled_from(sorted(_INPUTS))
    return names.flatmap(lambda name: st.tuples(st.just(name), _shaped(_INPUTS[name], 5, noise)))


def _rough_requests() -> st.SearchStrategy[tuple[str, Any]]:
    """An operation with JSON of any shape, under the names of its members for the most part."""
    names = st.sampled_from(sorted(_INPUTS))
    return names.flatmap(
        lambda name: st.tuples(
            st.just(name),
            st.dictionaries(st.sampled_from([*_SHAPES[_INPUTS[name]].members, "Unknown"]), _json, max_size=4) | _json,
        )
    )


@given(_rough_requests() | _requests(_json))
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_is_answered_by_a_request_or_an_error_of_the_service(sent: tuple[str, Any]) -> None:
    operation, request = sent
    try:
        answer: object = check_request(operation, request)
    except ServiceError as error:
        answer = error.fault
    assert answer is request or answer in (errors.SERIALIZATION, errors.UNPARSABLE_BODY, errors.VALIDATION)


_VALIDATORS = {name: botocore.session.get_session().get_service_model(name) for name in ("dynamodb", "dynamodbstreams")}


@given(_requests(st.nothing()))
@settings(max_examples=150, deadline=None)
def test_what_is_accepted_is_valid_for_botocore(sent: tuple[str, Any]) -> None:
    operation, request = sent
    try:
        checked = check_request(operation, request)
    except ServiceError:
        return
    streams = OPERATIONS[operation].startswith("DynamoDBStreams")
    validator = _VALIDATORS["dynamodbstreams" if streams else "dynamodb"]
    assume(operation in validator.operation_names)  # the botocore that is installed may be older than our model
    model = validator.operation_model(operation)
    report = ParamValidator().validate(checked, model.input_shape)
    assert not report.has_errors(), report.generate_report()
