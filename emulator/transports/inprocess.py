"""The in-process road: botocore hands its request to the emulator and gets the parsed answer back.

There are two ways in. A client that was made for one emulator (`Emulator().client()`) has a `before-call`
handler of its own. While an emulator is active for the whole process, the method with which every botocore
client sends its requests is replaced on the class, so that clients made earlier, at import time or later are
all served, and no DynamoDB request leaves the process. Signing, HTTP and retries are skipped on both.

Only clients whose `endpoint_url` is one of our own HTTP servers keep to HTTP.
"""

from __future__ import annotations

import inspect
from base64 import b64decode
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
import botocore.client
import botocore.session
import orjson
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.parsers import create_parser

from emulator.gateway import Reply, request_id

if TYPE_CHECKING:
    from emulator.instance import Emulator

_SERVICES = ("dynamodb", "dynamodbstreams")

own_servers: set[tuple[str, int]] = set()
"""Host and port of the HTTP servers that run in this process; requests to them really go there."""

_active: list[Emulator] = []
_lock = RLock()
_originals: dict[type, Callable[..., Any]] = {}

# Operations whose answers hold only items, strings and numbers: JSON is the parsed answer but for binaries.
_PLAIN_ANSWERS = frozenset(
    ("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem")
)


# --- One request ----------------------------------------------------------------------------------


def _serve(emulator: Emulator, operation_model: Any, request_dict: dict[str, Any], region: str) -> tuple[Any, Any]:
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
    global _session  # noqa: PLW0603
    if _session is None:
        _session = boto3.session.Session()
    return _session


# One session for all: loading the service model takes 50 ms, making a client from a loaded one 3 ms.
_session: Any = None


def _made(region: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"region_name": region, **_CREDENTIALS, **arguments}


def _bind(emulator: Emulator, client: Any) -> Any:
    region = client.meta.region_name

    def serve(model: Any, params: dict[str, Any], **_: Any) -> tuple[Any, Any]:
        return _serve(emulator, model, params, region)

    client.meta.events.register("before-call", serve)
    return client


# --- All clients of the process -------------------------------------------------------------------

_CREDENTIALS = {"aws_access_key_id": "emulator", "aws_secret_access_key": "emulator"}


def activate(emulator: Emulator) -> None:
    """Serve every DynamoDB client of the process from `emulator`, on top of one that does already."""
    with _lock:
        if not _active:
            _patch(botocore.client.BaseClient)
            for kind in _subclasses(botocore.client.BaseClient):
                if "_make_request" in vars(kind):
                    _patch(kind)
            botocore.client.BaseClient.__init__ = _init  # type: ignore[method-assign]
            botocore.session.Session.create_client = _create_client  # type: ignore[method-assign]
        _active.append(emulator)


def deactivate(emulator: Emulator) -> None:
    """Undo the latest `activate` of `emulator`. Raises RuntimeError if it is not active."""
    with _lock:
        for at in reversed(range(len(_active))):
            if _active[at] is emulator:
                del _active[at]
                break
        else:
            raise RuntimeError("this emulator is not active: stop() was called more often than start()")
        if not _active:
            for kind, original in _originals.items():
                kind._make_request = original  # type: ignore[attr-defined]
            _originals.clear()
            botocore.client.BaseClient.__init__ = _botocore_init  # type: ignore[method-assign]
            botocore.session.Session.create_client = _botocore_create_client  # type: ignore[method-assign]


def _subclasses(kind: type) -> list[type]:
    found = kind.__subclasses__()
    return found + [deeper for each in found for deeper in _subclasses(each)]


def _patch(kind: type) -> None:
    """Replace the sending method of a client class; aiobotocore's is a coroutine function."""
    original = vars(kind)["_make_request"]
    _originals[kind] = original

    def serve(self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: Any) -> Any:
        if _goes_out(self):
            return original(self, operation_model, request_dict, request_context)
        return _serve(_active[-1], operation_model, request_dict, self.meta.region_name)

    async def serve_async(self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: Any) -> Any:
        if _goes_out(self):
            return await original(self, operation_model, request_dict, request_context)
        return _serve(_active[-1], operation_model, request_dict, self.meta.region_name)

    kind._make_request = serve_async if inspect.iscoroutinefunction(original) else serve  # type: ignore[attr-defined]


def _goes_out(client: Any) -> bool:
    """Whether a request is not for the emulator: another service, or one of our own HTTP servers."""
    if client.meta.service_model.service_name not in _SERVICES:
        return True
    if not own_servers or not _active:
        return not _active
    address = urlsplit(client.meta.endpoint_url)
    return (address.hostname or "", address.port or 80) in own_servers


_botocore_init = botocore.client.BaseClient.__init__
_botocore_create_client = botocore.session.Session.create_client


def _init(self: Any, *arguments: Any, **named: Any) -> None:
    """A client class that was loaded after the start (aiobotocore) is served from its first client on."""
    for kind in type(self).__mro__:
        if "_make_request" in vars(kind) and kind not in _originals:
            _patch(kind)
    _botocore_init(self, *arguments, **named)


def _create_client(self: Any, service_name: str, *arguments: Any, **named: Any) -> Any:
    """DynamoDB clients need no credentials and no region while an emulator is active."""
    if service_name in _SERVICES:
        bound = inspect.signature(_botocore_create_client).bind(self, service_name, *arguments, **named)
        given = {name: value for name, value in bound.arguments.items() if name not in ("self", "service_name")}
        if given.get("aws_access_key_id") is None and given.get("aws_secret_access_key") is None:
            given.update(_CREDENTIALS)
        if given.get("region_name") is None and not self.get_config_variable("region"):
            config: Config | None = given.get("config") or self.get_default_client_config()
            if config is None or config.region_name is None:
                given["region_name"] = _active[-1].settings.region if _active else "us-east-1"
        return _botocore_create_client(self, service_name, **given)
    return _botocore_create_client(self, service_name, *arguments, **named)
