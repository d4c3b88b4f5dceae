"""Asking a target for the cases, and saying where its answers differ."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from textwrap import indent
from typing import Any
from uuid import uuid4

from conformance import streams
from conformance.cases import Case, Step, Suite
from conformance.judging import broken_rules, cut, differences, differences_from_recorded, is_lacking, short
from conformance.notation import Absent, Scope, Unordered, fill, within
from conformance.recordings import Answer, Recordings
from conformance.targets import Message, NoAnswerError, Reply, Target

PATIENCE_SECONDS = 1800  # an index that is added to a table of the real service takes its time
STREAM_PATIENCE_SECONDS = 30  # its streams are a little behind
_SETTLED = ("ACTIVE",)
_READS = frozenset(
    (
        *("GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan"),
        *("DescribeTable", "ListTables", "DescribeLimits", "DescribeEndpoints", "DescribeTimeToLive"),
        *("DescribeBackup", "ListBackups", "DescribeContinuousBackups"),
        *("GetResourcePolicy", "DescribeKinesisStreamingDestination"),
        *("DescribeContributorInsights", "ListContributorInsights"),
        *("ListGlobalTables", "DescribeGlobalTable", "DescribeGlobalTableSettings"),
        *("stream", *streams.OPERATIONS),
    )
)
_TABLE_OPERATIONS = {
    "CreateTable": "TableName",
    "UpdateTable": "TableName",
    "RestoreTableFromBackup": "TargetTableName",
    "RestoreTableToPointInTime": "TargetTableName",
}
"""The operations that take their time, and what names the table that is ready then."""
_WITHOUT_TABLE = frozenset(
    (
        *("http", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
        *("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
        *("PutResourcePolicy", "GetResourcePolicy", "DeleteResourcePolicy", "ListContributorInsights"),
        *("ListTables", "DescribeLimits", "DescribeEndpoints", *streams.OPERATIONS),
        *("DescribeBackup", "DeleteBackup", "RestoreTableFromBackup", "RestoreTableToPointInTime"),
        *("CreateGlobalTable", "UpdateGlobalTable", "UpdateGlobalTableSettings"),
        *("ListGlobalTables", "DescribeGlobalTable", "DescribeGlobalTableSettings"),
    )
)
_REGIONS = ("us-east-1", "eu-west-1", "us-west-2", "us-east-2", "ap-northeast-1")
_OTHER_REGIONS = ("other-region", "third-region", "fourth-region")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case: no differences, or a description of each."""

    case: Case
    differences: tuple[str, ...]
    exchange: str = ""
    """The request and the answer that differed."""
    lacking: bool = False
    """Whether the target does not know an operation that the case needs."""
    broken_rules: tuple[str, ...] = ()
    """What is wrong with answers whatever was asked, where that is not counted as a difference."""
    answers: tuple[Answer, ...] = ()
    """What the target answered to the steps that were judged."""

    @property
    def agrees(self) -> bool:
        return not self.differences

    @property
    def outcome(self) -> str:
        return "agrees" if self.agrees else "lacks" if self.lacking else "differs"

    def report(self) -> str:
        """The differences for a reader."""
        details = [*self.differences, self.exchange] if self.exchange else self.differences
        return "\n".join(
            [f"{self.case.title}  [{self.case.tag}, {self.case.page}]", *(indent(d, "  ") for d in details)]
        )


class PreparationError(Exception):
    """The target refused what a case only wanted to have there."""

    def __init__(self, message: str, lacking: bool = False) -> None:
        super().__init__(message)
        self.lacking = lacking


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
    """Runs cases of a suite on one target. Tables get names that begin with `prefix`.

    With `strict`, an answer that breaks a rule of all answers differs. With `recordings`, a case of which there is
    one is held against what was recorded instead of what it expects.
    """

    def __init__(
        self,
        suite: Suite,
        target: Target,
        prefix: str = "conformance",
        *,
        strict: bool = True,
        recordings: Recordings | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._suite = suite
        self._target = target
        self._prefix = prefix
        self._strict = strict
        self._recordings = recordings
        self._patience_seconds = patience_seconds
        self._created: set[str] = set()
        self._fresh_numbers = count(1)
        self._account: str | None = None

    def run(self, case: Case) -> Result:
        """Ask for one case. What the target refuses to have there for the case counts as a difference."""
        try:
            return self._result(case)
        except PreparationError as error:
            return Result(case, (f"could not be prepared: {error}",), lacking=error.lacking)
        except NoAnswerError as error:
            return Result(case, (str(error),))
        except (LookupError, TypeError, ValueError) as error:
            if self._strict:
                raise
            return Result(case, (f"an answer lacks what the next step needs: {error!r}",))

    def _result(self, case: Case) -> Result:
        tables = _Tables(self._prefix, self._suite.tables, self._fresh_numbers)
        kept = {name: f"<{name}>" for step in (*case.given, *case.steps) for name in step.keep}
        scope = within(self._scope(tables), dict(kept))
        filled = [_Filled.of(case, step, scope) for step in case.steps]
        given = [_Filled.of(case, step, scope) for step in case.given]
        items = fill(case.items, scope)
        if case.table is not None:
            tables.name(case.table)
        for name in sorted(tables.used - self._created):
            self._create(name)
        with self._target.isolation() as undone:
            try:
                for item in items:
                    self._prepare("PutItem", {"TableName": scope(case.table or ""), "Item": item})
                for step in given:
                    step = step.completed(kept)
                    kept |= step.kept_of(self._prepare(step.operation, step.request, step.region))
                answers: list[Answer] = []
                broken: list[str] = []
                recorded = self._recordings.of(case) if self._recordings is not None else ()
                for at, step in enumerate(filled):
                    step = step.completed(kept)
                    reply = self._ask(step, patience=0 if undone else STREAM_PATIENCE_SECONDS)
                    answers.append(Answer(reply.status, self._masked(reply, tables)))
                    if step.operation != "stream":
                        broken += broken_rules(reply)
                    result = self._judged(case, step, reply, answers[-1], recorded[at] if at < len(recorded) else None)
                    if not result.agrees:
                        return replace(result, broken_rules=tuple(broken), answers=tuple(answers))
                    kept |= step.kept_of(reply)
                return Result(case, (), broken_rules=tuple(broken), answers=tuple(answers))
            finally:
                if not undone:
                    self._clean(case, tables, [*given, *filled])

    def close(self) -> None:
        """Delete the tables that the cases shared."""
        for name in sorted(self._created):
            with suppress(NoAnswerError):
                self.call("DeleteTable", {"TableName": f"{self._prefix}-{name}"})
        self._created.clear()

    def call(self, operation: str, request: Any, region: str | None = None) -> Reply:
        """Ask for an operation of the API, or of that of streams; in the target's region if no other one is given."""
        api = "DynamoDBStreams_20120810" if operation in streams.OPERATIONS else "DynamoDB_20120810"
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"{api}.{operation}"}
        return self._target.send(Message("POST", "/", headers, json.dumps(request).encode(), region=region))

    def _other_regions(self) -> dict[str, str]:
        """The regions beside the target's own that cases name."""
        regions = [region for region in _REGIONS if region != self._target.region]
        return dict(zip(_OTHER_REGIONS, regions, strict=False))

    def _scope(self, tables: _Tables) -> Scope:
        """Names of a case: `region`, `account`, tables of the suite, `new...` and `missing...` for its own tables.

        `token` is an idempotency token that no other run of a case has used; `other-region`, `third-region` and
        `fourth-region` are regions beside that of the target.
        """
        token = uuid4().hex
        regions = {"region": self._target.region, **self._other_regions()}

        def scope(name: str) -> str:
            if name == "token":
                return token
            if name in regions:
                return regions[name]
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

    def _prepare(self, operation: str, request: Any, region: str | None = None) -> Reply:
        reply = self.call(operation, request, region)
        if reply.status != 200:
            text = f"{operation} {short(request)} was refused: {reply.status} {reply.body.decode(errors='replace')}"
            raise PreparationError(text, is_lacking(reply))
        if operation in _TABLE_OPERATIONS:
            self._settle(request[_TABLE_OPERATIONS[operation]], region)
        return reply

    def _settle(self, table_name: str, region: str | None = None) -> None:
        """Wait until a table, its indexes and its replicas are as they were asked to be."""
        deadline = time.monotonic() + self._patience_seconds
        while time.monotonic() < deadline:
            reply = self.call("DescribeTable", {"TableName": table_name}, region)
            if reply.status == 200:
                table = json.loads(reply.body)["Table"]
                indexes, replicas = table.get("GlobalSecondaryIndexes", []), table.get("Replicas", [])
                states = [table["TableStatus"], *(index["IndexStatus"] for index in indexes)]
                states += [replica["ReplicaStatus"] for replica in replicas]
                if all(state in _SETTLED for state in states):
                    return
            time.sleep(1)
        raise PreparationError(f"{table_name} did not become ACTIVE")

    def _clean(self, case: Case, tables: _Tables, steps: list[_Filled]) -> None:
        """Leave the shared tables empty and the case's own ones deleted."""
        if case.items or any(step.operation not in _READS for step in steps):
            for short in sorted(tables.used):
                self._empty(f"{self._prefix}-{short}", self._suite.tables[short]["KeySchema"])
        regions = (None, *self._other_regions().values())
        for name in tables.fresh.values():
            for region in regions:
                if self.call("DescribeTable", {"TableName": name}, region).status == 200:
                    self._drop(name, region)
        if any(step.operation == "CreateBackup" for step in steps):
            for name in (*tables.fresh.values(), *(tables.name(short) for short in sorted(tables.used))):
                self._delete_backups(name)

    def _delete_backups(self, table_name: str) -> None:
        reply = self.call("ListBackups", {"TableName": table_name})
        for backup in json.loads(reply.body).get("BackupSummaries", ()):
            self.call("DeleteBackup", {"BackupArn": backup["BackupArn"]})

    def _drop(self, table_name: str, region: str | None) -> None:
        """Delete a table, after its replicas in other regions."""
        self._settle(table_name, region)
        reply = self.call("DescribeTable", {"TableName": table_name}, region)
        table = json.loads(reply.body)["Table"] if reply.status == 200 else {}
        replicas = [replica["RegionName"] for replica in table.get("Replicas", [])]
        for each in (region, *replicas):
            self.call("UpdateTable", {"TableName": table_name, "DeletionProtectionEnabled": False}, each)
            self._settle(table_name, each)
        witnesses = [witness["RegionName"] for witness in table.get("GlobalTableWitnesses", [])]
        together = [replicas] if table.get("MultiRegionConsistency") == "STRONG" else [[each] for each in replicas]
        for leaving in together:
            request = {
                "TableName": table_name,
                "ReplicaUpdates": [{"Delete": {"RegionName": each}} for each in leaving],
            }
            if witnesses:
                request["GlobalTableWitnessUpdates"] = [{"Delete": {"RegionName": each}} for each in witnesses]
            self.call("UpdateTable", request, region)
            self._settle(table_name, region)
        self.call("DeleteTable", {"TableName": table_name}, region)

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

    # --- asking -----------------------------------------------------------------------------------

    def _ask(self, step: _Filled, patience: float) -> Reply:
        if step.operation == "http":
            return self._target.send(_message(step.request))
        if step.operation == "stream":
            return self._records(step, patience)
        return self.call(step.operation, step.request, step.region)

    def _judged(self, case: Case, step: _Filled, reply: Reply, answer: Answer, recorded: Answer | None) -> Result:
        rules = broken_rules(reply) if self._strict and step.operation != "stream" else ()
        if recorded is None:
            found = differences(step.expected, reply)
        else:
            found = differences_from_recorded(step.expected, recorded, answer)
        all_found = (*rules, *found)
        if not all_found:
            return Result(case, ())
        text = reply.body.decode(errors="replace")
        exchange = f"{step.operation} {short(step.request)}\nanswered {reply.status} {cut(text)}"
        return Result(case, all_found, exchange, lacking=is_lacking(reply))

    def _masked(self, reply: Reply, tables: _Tables) -> str:
        """The body without what differs from run to run by name: tables, account and region."""
        text = reply.body.decode(errors="replace")
        names = {tables.name(short_name): short_name for short_name in (*tables.used, *tables.fresh)}
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, f"<{names[name]}>")
        if self._account is not None:
            text = text.replace(self._account, "<account>")
        for name, region in {"region": self._target.region, **self._other_regions()}.items():
            text = text.replace(region, f"<{name}>")
        return text

    def _records(self, step: _Filled, patience: float) -> Reply:
        """The records of a table's stream, as if one request had been answered with them."""
        wanted = step.expected["answer"]["Records"]
        wanted = wanted.elements if isinstance(wanted, Unordered) else wanted
        try:
            call = partial(self.call, region=step.region)
            records = streams.records_of(call, step.request["TableName"], len(wanted), patience)
        except streams.StreamError as error:
            raise PreparationError(str(error)) from error
        return Reply(200, {}, json.dumps({"Records": records}).encode())


@dataclass(frozen=True, slots=True)
class _Filled:
    """A step with its names filled in, but for those of what earlier steps keep."""

    operation: str
    request: Any
    expected: Mapping[str, Any]
    keep: Mapping[str, str]
    region: str | None

    @classmethod
    def of(cls, case: Case, step: Step, scope: Scope) -> _Filled:
        request = fill(step.request, scope)
        if case.table is not None and step.operation not in _WITHOUT_TABLE and isinstance(request, dict):
            request = {"TableName": scope(case.table), **request}
        request = _without_absent(request)
        expected, region = fill(dict(step.expected or {}), scope), fill(step.region, scope)
        return cls(step.operation, request, expected, step.keep, region)

    def completed(self, kept: Mapping[str, Any]) -> _Filled:
        """The step with what earlier ones kept."""
        if not kept:
            return self
        scope = within(lambda name: f"<{name}>", kept)
        return replace(self, request=fill(self.request, scope), expected=fill(dict(self.expected), scope))

    def kept_of(self, reply: Reply) -> dict[str, Any]:
        """What of the answer the following steps want."""
        return {name: _part(json.loads(reply.body), path) for name, path in self.keep.items()}


def _deletions(regions: list[str]) -> list[dict[str, Any]]:
    """ReplicaUpdates or GlobalTableWitnessUpdates that delete the members in these regions."""
    return [{"Delete": {"RegionName": region}} for region in regions]


def _without_absent(value: Any) -> Any:
    """A request without the members that are to be absent."""
    if isinstance(value, dict):
        return {name: _without_absent(member) for name, member in value.items() if not isinstance(member, Absent)}
    return list(map(_without_absent, value)) if isinstance(value, list) else value


def _part(answer: Any, path: str) -> Any:
    """What stands at a path such as `StreamDescription.Shards.0.ShardId`. Raises PreparationError."""
    part = answer
    for step in path.split("."):
        try:
            part = part[int(step) if isinstance(part, list) else step]
        except (KeyError, IndexError) as error:
            raise PreparationError(f"there is no {path} in {short(answer)}") from error
    return part


def _message(request: Mapping[str, Any]) -> Message:
    body = request.get("body", "")
    return Message(
        request.get("method", "POST"),
        request.get("path", "/"),
        request.get("headers", {}),
        body.encode() if isinstance(body, str) else json.dumps(body).encode(),
        request.get("signed", True),
    )
