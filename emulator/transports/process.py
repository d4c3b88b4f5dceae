"""Serving every botocore client of the process while an emulator is active.

The method with which a client sends its requests is replaced on the class, so that clients made earlier, at import
time or later are all served, and no DynamoDB request leaves the process. Sessions are made to need neither
credentials nor a region for DynamoDB. aiobotocore's classes derive from botocore's and are treated alike.

Clients of other services are left alone, and so are those whose `endpoint_url` is one of our own HTTP servers.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.client import BaseClient
from botocore.session import Session

from emulator.transports.addresses import own_servers
from emulator.transports.inprocess import CREDENTIALS, SERVICES, no_endpoint, serve

if TYPE_CHECKING:
    from emulator.instance import Emulator

_active: list[Emulator] = []
_lock = RLock()
_replaced: dict[tuple[type, str], Callable[..., Any]] = {}
"""What stood under a class and a name before we put something of ours there."""


def activate(emulator: Emulator) -> None:
    """Serve every DynamoDB client of the process from `emulator`, on top of one that does already."""
    with _lock:
        if not _active:
            _replace(BaseClient, "__init__", _patching_init)
            _replace(Session, "__init__", _patching_init)
            for kind in [BaseClient, Session, *_subclasses(BaseClient), *_subclasses(Session)]:
                _patch(kind)
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
            for (kind, name), original in _replaced.items():
                setattr(kind, name, original)
            _replaced.clear()


# --- Classes --------------------------------------------------------------------------------------


def _subclasses(kind: type[Any]) -> list[type[Any]]:
    found: list[type[Any]] = []
    for subclass in kind.__subclasses__():
        found += [subclass, *_subclasses(subclass)]
    return found


def _patch(kind: type) -> None:
    """Replace the methods of ours in a client or session class that has its own."""
    for name, replacement in _REPLACEMENTS.items():
        if name in vars(kind) and (kind, name) not in _replaced:
            _replace(kind, name, replacement)


def _replace(kind: type, name: str, replacement: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = vars(kind)[name]
    _replaced[kind, name] = original
    setattr(kind, name, replacement(original))


def _patching_init(original: Callable[..., Any]) -> Callable[..., Any]:
    """A class that was loaded after the start, such as aiobotocore's, is patched with its first instance."""

    def __init__(self: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807
        with _lock:
            if _active:
                for kind in type(self).__mro__:
                    _patch(kind)
        original(self, *arguments, **named)

    return __init__


# --- Requests -------------------------------------------------------------------------------------


def _serving(original: Callable[..., Any]) -> Callable[..., Any]:
    """`_make_request` of a client class; aiobotocore's is a coroutine function."""

    def make_request(self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: Any) -> Any:
        emulator = _emulator_for(self)
        if emulator is None:
            return original(self, operation_model, request_dict, request_context)
        return serve(emulator, operation_model, request_dict, self.meta.region_name)

    async def make_request_async(
        self: Any, operation_model: Any, request_dict: dict[str, Any], request_context: Any
    ) -> Any:
        emulator = _emulator_for(self)
        if emulator is None:
            return await original(self, operation_model, request_dict, request_context)
        return serve(emulator, operation_model, request_dict, self.meta.region_name)

    return make_request_async if inspect.iscoroutinefunction(original) else make_request


def _unresolved(original: Callable[..., Any]) -> Callable[..., Any]:
    """`_resolve_endpoint_ruleset` of a client class: what goes nowhere needs no address worked out."""

    def resolve(self: Any, *arguments: Any, **named: Any) -> Any:
        if _emulator_for(self) is None:
            return original(self, *arguments, **named)
        return no_endpoint(self)

    async def resolve_async(self: Any, *arguments: Any, **named: Any) -> Any:
        if _emulator_for(self) is None:
            return await original(self, *arguments, **named)
        return no_endpoint(self)

    return resolve_async if inspect.iscoroutinefunction(original) else resolve


def _without_user_agent(original: Callable[..., Any]) -> Callable[..., Any]:
    """`_convert_to_request_dict` of a client class: putting a User-Agent together is a quarter of a call."""

    def convert(self: Any, *arguments: Any, **named: Any) -> Any:
        if _emulator_for(self) is not None:
            named["set_user_agent_header"] = False
        return original(self, *arguments, **named)

    return convert


def _emulator_for(client: Any) -> Emulator | None:
    """The emulator that answers a client's request; None if the request is not for one."""
    emulator = _latest()
    if emulator is None or client.meta.service_model.service_name not in SERVICES:
        return None
    if own_servers:
        address = urlsplit(client.meta.endpoint_url)
        if (address.hostname or "", address.port or 80) in own_servers:
            return None
    return emulator


def _latest() -> Emulator | None:
    """The emulator that is active; looked up once for a request, since another thread may stop it meanwhile."""
    latest = _active[-1:]
    return latest[0] if latest else None


# --- Sessions -------------------------------------------------------------------------------------

_create_client_signature = inspect.signature(Session.create_client)


def _defaulting(original: Callable[..., Any]) -> Callable[..., Any]:
    """`create_client` of a session class: DynamoDB needs no credentials and no region."""

    def create_client(self: Any, *arguments: Any, **named: Any) -> Any:
        given = dict(_create_client_signature.bind(self, *arguments, **named).arguments)
        emulator = _latest()
        if emulator is None or given.get("service_name") not in SERVICES:
            return original(self, *arguments, **named)
        del given["self"]
        if given.get("aws_access_key_id") is None and given.get("aws_secret_access_key") is None:
            given.update(CREDENTIALS)
        if not _has_region(self, given):
            given["region_name"] = emulator.settings.region
        return original(self, **given)

    return create_client


def _has_region(session: Any, given: dict[str, Any]) -> bool:
    config = given.get("config") or session.get_default_client_config()
    return bool(
        given.get("region_name") or (config is not None and config.region_name) or session.get_config_variable("region")
    )


_REPLACEMENTS: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "_make_request": _serving,
    "_resolve_endpoint_ruleset": _unresolved,
    "_convert_to_request_dict": _without_user_agent,
    "create_client": _defaulting,
}
