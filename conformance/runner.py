"""Asking a target for the cases, and saying where its answers differ."""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from textwrap import indent
from typing import Any
from uuid import uuid4

from conformance.cases import Case, Step, Suite
from conformance.notation import (
    Absent,
    Anything,
    Containing,
    Either,
    Includes,
    Matcher,
    Matching,
    Scope,
    Unordered,
    fill,
)
from conformance.targets import Message, Reply, Target

PATIENCE_SECONDS = 1800  # an index that is added to a table of the real service takes its time
_SETTLED = ("ACTIVE",)
_READS = frozenset(
    (
        *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"),
        *("DescribeTable", "ListTables", "DescribeLimits", "DescribeEndpoints"),
    )
)
_TABLE_OPERATIONS = frozenset(("CreateTable", "UpdateTable"))
_WITHOUT_TABLE = frozenset(
    (
        *("http", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        *("ListTables", "DescribeLimits", "DescribeEndpoints"),
    )
)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case: no differences, or a description of each."""

    case: Case
    differences: tuple[str, ...]
    exchange: str = ""
    """The request and the answer that differed."""

    @property
    def agrees(self) -> bool:
        return not self.differences

    def report(self) -> str:
        """The differences for a reader."""
        details = [*self.differences, self.exchange] if self.exchange else self.differences
        return "\n".join(
            [f"{self.case.title}  [{self.case.tag}, {self.case.page}]", *(indent(d, "  ") for d in details)]
        )


class PreparationError(Exception):
    """The target refused what a case only wanted to have there."""


@dataclass(slots=True)
class _Tables:
    """Names of tables as the target knows them, and which of them one case used."""

    prefix: str
    known: Mapping[str, Any]
    fresh_numbers: Iterator[int]
    used: set[str] = field(default_factory=set)
    fresh: dict[str, str] = field(default_factory=dict)

    def name(self, short: str) -> str:
        if short in self.known:
            self.used.add(short)
            return f"{self.prefix}-{short}"
        if short not in self.fresh:
            self.fresh[short] = f"{self.prefix}-{short}-{next(self.fresh_numbers)}"
        return self.fresh[short]


class Runner:
    """Runs cases of a suite on one target. Tables get names that begin with `prefix`."""

    def __init__(self, suite: Suite, target: Target, prefix: str = "conformance") -> None:
        self._suite = suite
        self._target = target
        self._prefix = prefix
        self._created: set[str] = set()
        self._fresh_numbers = count(1)
        self._account: str | None = None

    def run(self, case: Case) -> Result:
        """Ask for one case. What the target refuses to have there for the case counts as a difference."""
        try:
            return self._result(case)
        except PreparationError as error:
            return Result(case, (f"could not be prepared: {error}",))

    def _result(self, case: Case) -> Result:
        tables = _Tables(self._prefix, self._suite.tables, self._fresh_numbers)
        scope = self._scope(tables)
        filled = [_Filled.of(case, step, scope) for step in case.steps]
        given = [_Filled.of(case, step, scope) for step in case.given]
        items = fill(case.items, scope)
        if case.table is not None:
            tables.name(case.table)
        for short in sorted(tables.used - self._created):
            self._create(short)
        with self._target.isolation() as undone:
            try:
                for item in items:
                    self._prepare("PutItem", {"TableName": scope(case.table or ""), "Item": item})
                for step in given:
                    self._prepare(step.operation, step.request)
                for step in filled:
                    result = self._judge(case, step)
                    if not result.agrees:
                        return result
                return Result(case, ())
            finally:
                if not undone:
                    self._clean(case, tables, [*given, *filled])

    def close(self) -> None:
        """Delete the tables that the cases shared."""
        for short in sorted(self._created):
            self.call("DeleteTable", {"TableName": f"{self._prefix}-{short}"})
        self._created.clear()

    def call(self, operation: str, request: Any) -> Reply:
        """Ask for an operation of the API."""
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        return self._target.send(Message("POST", "/", headers, json.dumps(request).encode()))

    def _scope(self, tables: _Tables) -> Scope:
        """Names of a case: `region`, `account`, tables of the suite, `new...` and `missing...` for its own tables.

        `token` is an idempotency token that no other run of a case has used.
        """
        token = uuid4().hex

        def scope(name: str) -> str:
            if name == "token":
                return token
            if name == "region":
                return self._target.region
            if name == "account":
                return self._account_id()
            if name in tables.known or name.startswith(("new", "missing")):
                return tables.name(name)
            raise KeyError(f"no table and no column is called {name}")

        return scope

    # --- tables and items -------------------------------------------------------------------------

    def _create(self, short: str) -> None:
        self._prepare("CreateTable", {"TableName": f"{self._prefix}-{short}", **self._suite.tables[short]})
        self._created.add(short)

    def _account_id(self) -> str:
        """The account that the target's tables belong to, as their ARNs tell."""
        if self._account is None:
            short = next(iter(self._suite.tables))
            if short not in self._created:
                self._create(short)
            reply = self.call("DescribeTable", {"TableName": f"{self._prefix}-{short}"})
            self._account = json.loads(reply.body)["Table"]["TableArn"].split(":")[4]
        return self._account

    def _prepare(self, operation: str, request: Any) -> None:
        reply = self.call(operation, request)
        if reply.status != 200:
            raise PreparationError(f"{operation} {_short(request)} was refused: {reply.status} {reply.body.decode()}")
        if operation in _TABLE_OPERATIONS:
            self._settle(request["TableName"])

    def _settle(self, table_name: str) -> None:
        """Wait until a table and its indexes are as they were asked to be."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            reply = self.call("DescribeTable", {"TableName": table_name})
            if reply.status == 200:
                table = json.loads(reply.body)["Table"]
                indexes = table.get("GlobalSecondaryIndexes", [])
                states = [table["TableStatus"], *(index["IndexStatus"] for index in indexes)]
                if all(state in _SETTLED for state in states):
                    return
            time.sleep(1)
        raise PreparationError(f"{table_name} did not become ACTIVE")

    def _clean(self, case: Case, tables: _Tables, steps: list[_Filled]) -> None:
        """Leave the shared tables empty and the case's own ones deleted."""
        if case.items or any(step.operation not in _READS for step in steps):
            for short in sorted(tables.used):
                self._empty(f"{self._prefix}-{short}", self._suite.tables[short]["KeySchema"])
        for name in tables.fresh.values():
            if self.call("DescribeTable", {"TableName": name}).status == 200:
                self._drop(name)

    def _drop(self, table_name: str) -> None:
        self._settle(table_name)
        self.call("UpdateTable", {"TableName": table_name, "DeletionProtectionEnabled": False})
        self._settle(table_name)
        self.call("DeleteTable", {"TableName": table_name})

    def _empty(self, table_name: str, key_schema: list[dict[str, str]]) -> None:
        names = {f"#k{number}": element["AttributeName"] for number, element in enumerate(key_schema)}
        request = {
            "TableName": table_name,
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
        }
        while True:
            page = json.loads(self.call("Scan", request).body)
            for key in page.get("Items", []):
                self.call("DeleteItem", {"TableName": table_name, "Key": key})
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    # --- judging ----------------------------------------------------------------------------------

    def _judge(self, case: Case, step: _Filled) -> Result:
        if step.operation == "http":
            reply = self._target.send(_message(step.request))
        else:
            reply = self.call(step.operation, step.request)
        differences = (*_broken_rules(reply), *_differences(step.expected, reply))
        if not differences:
            return Result(case, ())
        exchange = f"{step.operation} {_short(step.request)}\nanswered {reply.status} {_cut(reply.body.decode())}"
        return Result(case, differences, exchange)


@dataclass(frozen=True, slots=True)
class _Filled:
    """A step with its names filled in."""

    operation: str
    request: Any
    expected: Mapping[str, Any]

    @classmethod
    def of(cls, case: Case, step: Step, scope: Scope) -> _Filled:
        request = fill(step.request, scope)
        if case.table is not None and step.operation not in _WITHOUT_TABLE and isinstance(request, dict):
            request = {"TableName": scope(case.table), **request}
        if isinstance(request, dict):
            request = {name: value for name, value in request.items() if not isinstance(value, Absent)}
        return cls(step.operation, request, fill(dict(step.expected or {}), scope))


def _message(request: Mapping[str, Any]) -> Message:
    body = request.get("body", "")
    return Message(
        request.get("method", "POST"),
        request.get("path", "/"),
        request.get("headers", {}),
        body.encode() if isinstance(body, str) else json.dumps(body).encode(),
        request.get("signed", True),
    )


def _broken_rules(reply: Reply) -> Iterator[str]:
    """What is wrong with any answer of the service, whatever was asked."""
    if not re.fullmatch("[0-9A-Z]{52}", reply.headers.get("x-amzn-requestid", "")):
        yield f"x-amzn-RequestId: expected 52 characters, got {reply.headers.get('x-amzn-requestid')!r}"
    checksum = reply.headers.get("x-amz-crc32")
    if reply.body and checksum != str(zlib.crc32(reply.body)):
        yield f"x-amz-crc32: expected {zlib.crc32(reply.body)}, got {checksum}"


def _differences(expected: Mapping[str, Any], reply: Reply) -> Iterator[str]:
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
        as_text = isinstance(expected["body"], str)
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
        yield f"expected an error, got {_cut(repr(body))}"
        return
    got_kind = body.pop("__type", "").rpartition("#")[2]
    yield from compare(kind, got_kind, "error")
    members = wanted if isinstance(wanted, dict) else {"message": wanted}
    if "Message" in body:
        body["message"] = body.pop("Message")
    if members.get("message") is None:
        members = {**members, "message": Absent()}
    yield from compare(members, body, "")


def compare(expected: Any, got: Any, path: str) -> Iterator[str]:
    """A line for each place where `got` is not what is expected."""
    if isinstance(expected, Matcher):
        if not _matches(expected, got):
            yield f"{path}: expected {_described(expected)}\n{' ' * len(path)}       got {_cut(repr(got))}"
        elif isinstance(expected, Includes):
            for name, value in expected.members.items():
                yield from compare(value, got.get(name, Absent()), f"{path}.{name}")
    elif isinstance(expected, dict) and isinstance(got, dict):
        for name in {**expected, **got}:
            member = f"{path}.{name}" if path else str(name)
            if name in expected:
                yield from compare(expected[name], got.get(name, Absent()), member)
            else:
                yield f"{member}: not expected, got {_cut(repr(got[name]))}"
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for position, (wanted, element) in enumerate(zip(expected, got, strict=True)):
            yield from compare(wanted, element, f"{path}[{position}]")
    elif isinstance(got, Absent) or expected != got or isinstance(expected, bool) is not isinstance(got, bool):
        yield f"{path}: expected {_cut(repr(expected))}\n{' ' * len(path)}       got {_cut(repr(got))}"


def equal(expected: Any, got: Any) -> bool:
    return next(compare(expected, got, ""), None) is None


_MATCHERS: dict[type[Matcher], Callable[[Any, Any], bool]] = {
    Anything: lambda matcher, got: not isinstance(got, Absent),
    Absent: lambda matcher, got: isinstance(got, Absent),
    Matching: lambda matcher, got: isinstance(got, str) and re.fullmatch(matcher.pattern, got) is not None,
    Containing: lambda matcher, got: isinstance(got, str) and matcher.text in got,
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
    return _cut(" ".join([type(matcher).__name__.lower(), *map(repr, content)]))


def _short(request: Any) -> str:
    return _cut(json.dumps(request))


def _cut(text: str, length: int = 1200) -> str:
    return text if len(text) <= length else f"{text[:length]}... ({len(text)} characters)"
