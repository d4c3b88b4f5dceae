"""The in-process road: botocore hands its request to the emulator and gets the parsed answer back.

A client that was made for one emulator (`Emulator().client()`) has a `before-call` handler of its own; `process`
serves all clients of the process. Signing, HTTP and retries are skipped on both ways.
"""

from __future__ import annotations

from base64 import b64decode
from functools import partial
from typing import TYPE_CHECKING, Any

import botocore.session
import orjson
from botocore.awsrequest import AWSResponse
from botocore.parsers import create_parser

from emulator.gateway import Reply, request_id

if TYPE_CHECKING:
    from emulator.instance import Emulator

SERVICES = ("dynamodb", "dynamodbstreams")
CREDENTIALS = {"aws_access_key_id": "emulator", "aws_secret_access_key": "emulator"}

# Operations whose answers hold only items, strings and numbers: JSON is the parsed answer but for binaries.
_PLAIN_ANSWERS = frozenset(
    (
        *("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
        *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    )
)


# --- One request ----------------------------------------------------------------------------------


def serve(emulator: Emulator, operation_model: Any, request_dict: dict[str, Any], region: str) -> tuple[Any, Any]:
    """The pair that botocore expects from sending a request: HTTP response and parsed answer."""
    reply = emulator.gateway.call(operation_model.name, request_dict["body"], region)
    if reply.status == 200 and operation_model.name in _PLAIN_ANSWERS:
        parsed = orjson.loads(reply.body)
        if b'"B' in reply.body:  # may hold B or BS; BOOL makes this walk in vain, which is harmless
            parsed = _with_bytes(parsed)
    else:
        parsed = _parse(operation_model, reply)
    identifier = request_id()
    parsed["ResponseMetadata"] = {
        "RequestId": identifier,
        "HTTPStatusCode": reply.status,
        "HTTPHeaders": {
            "x-amzn-requestid": identifier,
            "content-type": "application/x-amz-json-1.0",
            "content-length": str(len(reply.body)),
        },
        "RetryAttempts": 0,
    }
    return AWSResponse(request_dict.get("url"), reply.status, parsed["ResponseMetadata"]["HTTPHeaders"], None), parsed


def _parse(operation_model: Any, reply: Reply) -> dict[str, Any]:
    """The answer as botocore's own parser reads it: timestamps, modelled errors."""
    response = {"status_code": reply.status, "headers": {}, "body": reply.body}
    parser = create_parser("json")
    parsed: dict[str, Any] = parser.parse(response, operation_model.output_shape)
    if reply.status >= 300:
        code = parsed.get("Error", {}).get("Code")
        shape = operation_model.service_model.shape_for_error_code(code)
        if shape is not None:
            parsed.update(parser.parse(response, shape))
    return parsed


def _with_bytes(value: Any) -> Any:
    """The answer with base64 text of B and BS as bytes."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, content),) = value.items()
            if kind == "B" and isinstance(content, str):
                return {"B": b64decode(content)}
            if kind == "BS" and isinstance(content, list) and content and isinstance(content[0], str):
                return {"BS": [b64decode(member) for member in content]}
        return {name: _with_bytes(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_bytes(element) for element in value]
    return value


# --- Clients of one emulator ----------------------------------------------------------------------


def bound_client(emulator: Emulator, region: str, **arguments: Any) -> Any:
    """A boto3 client whose requests go to `emulator`, whatever is active for the process."""
    return _bind(emulator, _new_session().client(arguments.pop("service_name", "dynamodb"), **_made(region, arguments)))


def bound_resource(emulator: Emulator, region: str, **arguments: Any) -> Any:
    """A boto3 resource whose requests go to `emulator`, whatever is active for the process."""
    resource = _new_session().resource("dynamodb", **_made(region, arguments))
    _bind(emulator, resource.meta.client)
    return resource


def _new_session() -> Any:
    import boto3  # here, because clients of aiobotocore are served without it

    global _session
    if _session is None:
        # No profile, whatever the environment names: one that is missing or broken must not matter here.
        core = botocore.session.Session({"profile": (None, None, None, None)})
        _session = boto3.session.Session(botocore_session=core)
    return _session


# One session for all: loading the service model takes 50 ms, making a client from a loaded one 3 ms.
_session: Any = None


def _made(region: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"region_name": region, **CREDENTIALS, **arguments}


def _bind(emulator: Emulator, client: Any) -> Any:
    region = client.meta.region_name

    def before_call(model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, Any]:
        return serve(emulator, model, params, region)

    client.meta.events.register("before-call", before_call)
    # botocore works out an address and a User-Agent for each request, which takes it longer than our answer.
    client._resolve_endpoint_ruleset = lambda *_, **__: no_endpoint(client)
    client._convert_to_request_dict = partial(client._convert_to_request_dict, set_user_agent_header=False)
    return client


def no_endpoint(client: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """URL, headers and properties, as botocore wants them, of a request that is not sent."""
    return client.meta.endpoint_url, {}, {}
