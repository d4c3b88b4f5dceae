"""Judging: where an answer is not what a case expects."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from conformance.notation import Absent, Anything, Containing, Either, Includes, Matcher, Matching, Near, Unordered
from conformance.recordings import Answer
from conformance.targets import Reply


def broken_rules(reply: Reply) -> Iterator[str]:
    """What is wrong with any answer of the service, whatever was asked."""
    if not re.fullmatch("[0-9A-Z]{52}", reply.headers.get("x-amzn-requestid", "")):
        yield f"x-amzn-RequestId: expected 52 characters, got {reply.headers.get('x-amzn-requestid')!r}"
    checksum = reply.headers.get("x-amz-crc32")
    if reply.body and checksum != str(zlib.crc32(reply.body)):
        yield f"x-amz-crc32: expected {zlib.crc32(reply.body)}, got {checksum}"


def differences(expected: Mapping[str, Any], reply: Reply) -> Iterator[str]:
    if "reply" in expected:
        yield from _reply_differences(expected["reply"], reply)
    elif "error" in expected:
        yield from _error_differences(expected["error"], expected.get("status", 400), reply)
    elif reply.status != 200:
        yield "expected an answer, got an error"
    else:
        yield from compare(expected["answer"], _json(reply), "answer")


def _reply_differences(expected: Mapping[str, Any], reply: Reply) -> Iterator[str]:
    yield from compare(expected["status"], reply.status, "status")
    for name, value in expected.get("headers", {}).items():
        yield from compare(value, reply.headers.get(name.lower(), Absent()), name)
    if "body" in expected:
        as_text = isinstance(expected["body"], (str, Matching))
        yield from compare(expected["body"], reply.body.decode() if as_text else _json(reply), "body")


def _json(reply: Reply) -> Any:
    """The body as JSON; as text if it is none, so that it shows as a difference."""
    try:
        return json.loads(reply.body)
    except ValueError:
        return reply.body.decode(errors="replace")


def _error_differences(expected: Mapping[str, Any], status: int, reply: Reply) -> Iterator[str]:
    ((kind, wanted),) = expected.items()
    yield from compare(status, reply.status, "status")
    body = _json(reply)
    if not isinstance(body, dict):
        yield f"expected an error, got {cut(repr(body))}"
        return
    got_kind = body.pop("__type", "").rpartition("#")[2]
    yield from compare(kind, got_kind, "error")
    members = wanted if isinstance(wanted, dict) else {"message": wanted}
    if "Message" in body:
        body["message"] = body.pop("Message")
    if members.get("message") is None:
        members = {**members, "message": Absent()}
    yield from compare(members, body, "")


_UNKNOWN = re.compile("UnknownOperation|NotImplemented|InvalidAction", re.IGNORECASE)


def is_lacking(reply: Reply) -> bool:
    """Whether the answer says that the target does not know what was asked for, as emulators do in several ways."""
    if reply.status in (404, 405, 501):
        return True
    return reply.status != 200 and _UNKNOWN.search(reply.body[:2000].decode(errors="replace")) is not None


def differences_from_recorded(expected: Mapping[str, Any], recorded: Answer, got: Answer) -> Iterator[str]:
    """Where an answer is not what was recorded; what a case leaves open, such as ids and times, may differ."""
    yield from compare(recorded.status, got.status, "status")
    ((kind, wanted),) = ((kind, value) for kind, value in expected.items() if kind in ("answer", "error", "reply"))
    if kind == "reply":
        wanted = wanted.get("body")
    guide = wanted if kind != "error" else None
    yield from _from_recorded(guide, recorded.json(), got.json(), kind)


def _from_recorded(guide: Any, recorded: Any, got: Any, path: str) -> Iterator[str]:
    """Lines as of `compare`. Where the case has a matcher, it is the matcher that holds."""
    if isinstance(guide, Includes):
        guide = guide.members
    if isinstance(guide, Matcher):
        return
    if isinstance(recorded, dict) and isinstance(got, dict):
        for name in {**recorded, **got}:
            of_member = guide.get(name) if isinstance(guide, Mapping) else None
            one, other = recorded.get(name, Absent()), got.get(name, Absent())
            if isinstance(one, Absent):
                if not isinstance(of_member, Matcher):
                    yield f"{path}.{name}: not in what was recorded, got {cut(repr(other))}"
            else:
                yield from _from_recorded(of_member, one, other, f"{path}.{name}")
    elif isinstance(recorded, list) and isinstance(got, list) and len(recorded) == len(got):
        guides = guide if isinstance(guide, list) and len(guide) == len(got) else [None] * len(got)
        for at, (of_element, one, other) in enumerate(zip(guides, recorded, got, strict=True)):
            yield from _from_recorded(of_element, one, other, f"{path}[{at}]")
    else:
        yield from compare(recorded, got, path)


def compare(expected: Any, got: Any, path: str) -> Iterator[str]:
    """A line for each place where `got` is not what is expected."""
    if isinstance(expected, Matcher):
        if not _matches(expected, got):
            yield f"{path}: expected {_described(expected)}\n{' ' * len(path)}       got {cut(repr(got))}"
        elif isinstance(expected, Includes):
            for name, value in expected.members.items():
                yield from compare(value, got.get(name, Absent()), f"{path}.{name}")
    elif isinstance(expected, dict) and isinstance(got, dict):
        for name in {**expected, **got}:
            member = f"{path}.{name}" if path else str(name)
            if name in expected:
                yield from compare(expected[name], got.get(name, Absent()), member)
            else:
                yield f"{member}: not expected, got {cut(repr(got[name]))}"
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for position, (wanted, element) in enumerate(zip(expected, got, strict=True)):
            yield from compare(wanted, element, f"{path}[{position}]")
    elif isinstance(got, Absent) or expected != got or isinstance(expected, bool) is not isinstance(got, bool):
        yield f"{path}: expected {cut(repr(expected))}\n{' ' * len(path)}       got {cut(repr(got))}"


def equal(expected: Any, got: Any) -> bool:
    return next(compare(expected, got, ""), None) is None


_MATCHERS: dict[type[Matcher], Callable[[Any, Any], bool]] = {
    Anything: lambda matcher, got: not isinstance(got, Absent),
    Absent: lambda matcher, got: isinstance(got, Absent),
    Matching: lambda matcher, got: isinstance(got, str) and re.fullmatch(matcher.pattern, got) is not None,
    Containing: lambda matcher, got: isinstance(got, str) and matcher.text in got,
    Near: lambda matcher, got: type(got) in (int, float) and abs(got - float(matcher.number)) <= 1e-6,
    Either: lambda matcher, got: any(equal(option, got) for option in matcher.options),
    Unordered: lambda matcher, got: isinstance(got, list) and _same_elements(matcher.elements, got),
    Includes: lambda matcher, got: isinstance(got, dict),
}


def _matches(matcher: Matcher, got: Any) -> bool:
    return _MATCHERS[type(matcher)](matcher, got)


def _same_elements(expected: Iterable[Any], got: list[Any]) -> bool:
    left = list(got)
    for element in expected:
        position = next((at for at, other in enumerate(left) if equal(element, other)), None)
        if position is None:
            return False
        del left[position]
    return not left


def _described(matcher: Matcher) -> str:
    content = [getattr(matcher, name) for name in getattr(matcher, "__slots__", ())]
    return cut(" ".join([type(matcher).__name__.lower(), *map(repr, content)]))


def short(request: Any) -> str:
    return cut(json.dumps(request))


def cut(text: str, length: int = 1200) -> str:
    return text if len(text) <= length else f"{text[:length]}... ({len(text)} characters)"
