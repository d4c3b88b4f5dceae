"""UpdateContributorInsights, DescribeContributorInsights and ListContributorInsights. Source: control_plane.md 4.

The setting of a table or global index is a document under its ARN, once it was enabled. Nothing is measured: the
rules have names and nothing behind them.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, TypeAlias

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.arns import index_arn
from emulator.operations.context import Context
from emulator.operations.members import Member, is_being_changed
from emulator.operations.registry import Request, Response, operation
from emulator.storage.documents import CONTRIBUTOR_INSIGHTS, Document
from emulator.storage.index import SecondaryIndex
from emulator.storage.table import Table

Subject: TypeAlias = tuple[Table, SecondaryIndex | None]
"""A table, or one of its global indexes."""

_DEFAULT_MODE = "ACCESSED_AND_THROTTLED_KEYS"
_RULE_KINDS = {_DEFAULT_MODE: ("PKC", "SKC", "PKT", "SKT"), "THROTTLED_KEYS": ("PKT", "SKT")}
"""By mode: partition and sort keys, those accessed most (C) and those throttled most (T)."""
_ON = ("ENABLING", "ENABLED")


# --- Operations ---------------------------------------------------------------------------------


@operation("UpdateContributorInsights")
def update_contributor_insights(context: Context, request: Request) -> Response:
    """Enable in a mode, or disable: ENABLING or DISABLING in the answer unless it is so already."""
    subject = _subject(context, request)
    _check_active(context, subject)
    if request["ContributorInsightsAction"] == "ENABLE":
        setting: Document | None = _enable(context, subject, request.get("ContributorInsightsMode", _DEFAULT_MODE))
    else:
        setting = _disable(context, subject)
    return _summary(subject, setting)


@operation("DescribeContributorInsights")
def describe_contributor_insights(context: Context, request: Request) -> Response:
    subject = _subject(context, request)
    setting = _setting(context, subject)
    response = _summary(subject, setting)
    if setting is not None:
        response["LastUpdateDateTime"] = setting["LastUpdate"]
        if setting["Status"] == "ENABLED":
            response["ContributorInsightsRuleList"] = _rules(subject, setting)
        if setting["Status"] == "FAILED":
            response["FailureException"] = {
                "ExceptionName": "LimitExceededException",
                "ExceptionDescription": errors.INSIGHTS_RULES_LIMITED.format(limit=limits.MAX_INSIGHTS_RULES),
            }
    return response


@operation("ListContributorInsights")
def list_contributor_insights(context: Context, request: Request) -> Response:
    """What is not disabled: by table name, the table before its indexes; of one table all at once."""
    if "TableName" in request:
        tables = [context.described_table(request["TableName"])]
    else:
        tables = [table for _, table in sorted(context.database.tables.items())]
    listed = [(_arn(subject), _summary(subject, setting)) for subject, setting in _settings(context, tables)]
    if "TableName" in request:
        return {"ContributorInsightsSummaries": [summary for _, summary in listed]}
    if "NextToken" in request:
        listed = _after(listed, request["NextToken"])
    limit = max(1, request.get("MaxResults", limits.MAX_INSIGHTS_LISTED))
    response: Response = {"ContributorInsightsSummaries": [summary for _, summary in listed[:limit]]}
    if len(listed) > limit:
        response["NextToken"] = urlsafe_b64encode(listed[limit - 1][0].encode()).decode()
    return response


def _after(listed: list[tuple[str, Response]], token: str) -> list[tuple[str, Response]]:
    """What comes after the place of a token. What was there may be listed no more, so places are compared."""
    try:
        last = urlsafe_b64decode(token).decode()
    except ValueError:
        raise ServiceError(errors.NEXT_TOKEN_INVALID) from None
    if ":table/" not in last:
        raise ServiceError(errors.NEXT_TOKEN_INVALID)
    return [(arn, summary) for arn, summary in listed if _place(arn) > _place(last)]


def _place(arn: str) -> list[str]:
    """A table's name, and behind it that of the index, if it is one."""
    return arn.partition(":table/")[2].split("/index/")


# --- Tables and indexes -------------------------------------------------------------------------


def _subject(context: Context, request: Request) -> Subject:
    table = context.described_table(request["TableName"])
    if "IndexName" not in request:
        return table, None
    index = table.indexes.get(request["IndexName"])
    if index is None or not index.is_global:
        raise ServiceError(errors.INSIGHTS_INDEX_NOT_FOUND, index=request["IndexName"], table=table.name)
    return table, index


def _check_active(context: Context, subject: Subject) -> None:
    """Raise unless the table is ACTIVE, or a replica of it is being made or deleted, and the index is ACTIVE."""
    table, index = subject
    if table.definition.status != "ACTIVE" and not is_being_changed(Member(context, table)):
        raise ServiceError(errors.INSIGHTS_TABLE_NOT_ACTIVE, table=table.name)
    if index is not None and index.definition.status != "ACTIVE":
        raise ServiceError(errors.INSIGHTS_INDEX_NOT_ACTIVE, index=index.name, table=table.name)


def _arn(subject: Subject) -> str:
    table, index = subject
    return table.definition.arn if index is None else index_arn(table.definition.arn, index.name)


def _summary(subject: Subject, setting: Document | None) -> dict[str, Any]:
    """Names and status, and the mode while it is in force."""
    table, index = subject
    summary = {"TableName": table.name, "ContributorInsightsStatus": setting["Status"] if setting else "DISABLED"}
    if index is not None:
        summary["IndexName"] = index.name
    if setting is not None and setting["Status"] in _ON:
        summary["ContributorInsightsMode"] = setting["Mode"]
    return summary


# --- Settings -----------------------------------------------------------------------------------


def _setting(context: Context, subject: Subject) -> Document | None:
    return context.database.documents.get(CONTRIBUTOR_INSIGHTS, _arn(subject))


def _settings(context: Context, tables: list[Table]) -> list[tuple[Subject, Document]]:
    """The settings of tables and of their global indexes that are not disabled."""
    subjects: list[Subject] = []
    for table in tables:
        subjects.append((table, None))
        subjects += [(table, index) for _, index in sorted(table.indexes.items()) if index.is_global]
    found = [(subject, _setting(context, subject)) for subject in subjects]
    return [(subject, setting) for subject, setting in found if setting and setting["Status"] != "DISABLED"]


def _enable(context: Context, subject: Subject, mode: str) -> Document:
    before = _setting(context, subject)
    if before is not None and before["Status"] in _ON and before["Mode"] == mode:
        return before
    setting = _put(context, subject, {"Status": "ENABLING", "Mode": mode, "LastUpdate": context.agenda.now()})
    _later(context, subject, setting, "ENABLED" if _has_room(context, subject, setting) else "FAILED")
    return setting


def _disable(context: Context, subject: Subject) -> Document | None:
    before = _setting(context, subject)
    if before is None or before["Status"] in ("DISABLING", "DISABLED"):
        return before
    setting = _put(context, subject, {**before, "Status": "DISABLING", "LastUpdate": context.agenda.now()})
    _later(context, subject, setting, "DISABLED")
    return setting


def _put(context: Context, subject: Subject, setting: Document) -> Document:
    context.database.documents.put(CONTRIBUTOR_INSIGHTS, _arn(subject), setting)
    return setting


def _later(context: Context, subject: Subject, setting: Document, status: str) -> None:
    """Have a status followed by another one after the delay, unless it was changed meanwhile or the table is gone."""

    def finish() -> None:
        if _setting(context, subject) == setting:
            _put(context, subject, {**setting, "Status": status})

    context.agenda.after(context.settings.status_delay, finish)


# --- Rules --------------------------------------------------------------------------------------


def _rules(subject: Subject, setting: Document) -> list[str]:
    """The names of the rules: those of sort keys only where there is one."""
    table, index = subject
    schema = table.schema if index is None else index.schema
    kinds = _RULE_KINDS[setting["Mode"]]
    if not schema.range:
        kinds = tuple(kind for kind in kinds if kind.startswith("P"))
    name = table.name if index is None else f"{table.name}-{index.name}"
    return [f"DynamoDBContributorInsights-{kind}-{name}-{round(setting['LastUpdate'] * 1000)}" for kind in kinds]


def _has_room(context: Context, subject: Subject, setting: Document) -> bool:
    """Whether the rules of the region, with those of this setting, are not too many."""
    tables = list(context.database.tables.values())
    others = [(other, found) for other, found in _settings(context, tables) if _arn(other) != _arn(subject)]
    rules = [rule for other, found in others if found["Status"] in _ON for rule in _rules(other, found)]
    return len(rules) + len(_rules(subject, setting)) <= limits.MAX_INSIGHTS_RULES
