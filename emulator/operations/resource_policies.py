"""PutResourcePolicy, GetResourcePolicy and DeleteResourcePolicy.

Policies are kept and read back; they are not enforced. Source: control_plane.md 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.arns import partition, root_user_arn, table_arn
from emulator.operations.context import Context
from emulator.operations.policy_actions import STREAM_ACTIONS, TABLE_ACTIONS
from emulator.operations.policy_documents import Policy, checked_policy, denies, policy_text
from emulator.operations.registry import Request, Response, operation
from emulator.operations.stored_policies import current_policy, is_policy_pending, put_policy
from emulator.operations.tables import CHANGES
from emulator.storage.documents import Document

NO_POLICY = "NO_POLICY"
"""The ExpectedRevisionId of a change that is meant for a resource without a policy."""

_RESOURCE = re.compile(
    rf"table/(?P<table>[a-zA-Z0-9_.-]{{{limits.MIN_TABLE_NAME_LENGTH},{limits.MAX_TABLE_NAME_LENGTH}}})"
    r"(/(?P<kind>[a-z]+)/(?P<name>[^/]+))?"
)


@dataclass(frozen=True, slots=True)
class Resource:
    """The table or stream whose policy is meant."""

    arn: str
    table: str
    is_stream: bool

    @property
    def actions(self) -> frozenset[str]:
        return STREAM_ACTIONS if self.is_stream else TABLE_ACTIONS


# --- Operations ---------------------------------------------------------------------------------


@operation("PutResourcePolicy")
def put_resource_policy(context: Context, request: Request) -> Response:
    """Attach a policy, in the place of another one if there is one; an equivalent one changes nothing."""
    resource = _resource(context, request["ResourceArn"])
    policy = checked_policy(request["Policy"], resource.actions, partition(context.database.region))
    if not request.get("ConfirmRemoveSelfResourceAccess"):
        _check_caller_can_put(context, policy, resource.arn)
    _check_exists(context, resource)
    current = current_policy(context, resource.arn)
    _check_expected(request, resource, current)
    text = policy_text(policy)
    if current is None or current["Policy"] != text:
        _check_changeable(context, resource)
        current = put_policy(context, resource.arn, text, pending=context.settings.status_delay)
    return {"RevisionId": current["RevisionId"]}


@operation("GetResourcePolicy")
def get_resource_policy(context: Context, request: Request) -> Response:
    """The policy in its normal form, at once as it was put last."""
    resource = _resource(context, request["ResourceArn"])
    _check_exists(context, resource)
    current = current_policy(context, resource.arn)
    if current is None:
        raise ServiceError(errors.POLICY_NOT_FOUND, arn=resource.arn)
    return {"Policy": current["Policy"], "RevisionId": current["RevisionId"]}


@operation("DeleteResourcePolicy")
def delete_resource_policy(context: Context, request: Request) -> Response:
    """Take the policy away; that there is none is no fault."""
    resource = _resource(context, request["ResourceArn"])
    _check_exists(context, resource)
    current = current_policy(context, resource.arn)
    _check_expected(request, resource, current)
    if current is None:
        return {}
    _check_changeable(context, resource)
    gone = put_policy(context, resource.arn, None, pending=context.settings.status_delay)
    return {"RevisionId": gone["RevisionId"]}


# --- The resource -------------------------------------------------------------------------------


def _resource(context: Context, arn: str) -> Resource:
    """The resource of this account and region that an ARN names, whether it exists or not."""
    if not arn.startswith("arn:"):
        raise ServiceError(errors.ARN_MALFORMED)
    head, _, resource = arn.partition(":table/")
    named = _RESOURCE.fullmatch(f"table/{resource}")
    region, account_id = context.database.region, context.settings.account_id
    if named is None or table_arn(region, account_id, named["table"]) != f"{head}:table/{named['table']}":
        raise ServiceError(errors.ARN_NOT_OF_TABLE, arn=arn)
    if named["kind"] not in (None, "stream"):
        raise ServiceError(errors.ARN_NOT_TAGGABLE, arn=arn)
    return Resource(arn, named["table"], is_stream=named["kind"] is not None)


def _check_exists(context: Context, resource: Resource) -> None:
    if not resource.is_stream:
        context.described_table(resource.arn)
    elif resource.arn not in context.database.streams:
        raise ServiceError(errors.STREAM_NOT_FOUND, arn=resource.arn)


def _check_caller_can_put(context: Context, policy: Policy, arn: str) -> None:
    """Raise if the caller, who is always the root of the account, could put no further policy."""
    root = root_user_arn(context.database.region, context.settings.account_id)
    if denies(policy, (root, "*"), "dynamodb:PutResourcePolicy", arn):
        raise ServiceError(errors.POLICY_LOCKS_OUT)


# --- The policy ---------------------------------------------------------------------------------


def _check_expected(request: Request, resource: Resource, current: Document | None) -> None:
    """Raise if the resource has another policy than the one that is to be changed."""
    expected = request.get("ExpectedRevisionId")
    if expected is None or expected == (NO_POLICY if current is None else current["RevisionId"]):
        return
    if current is None:
        raise ServiceError(errors.POLICY_NOT_FOUND, arn=resource.arn)
    fault = errors.POLICY_EXISTS if expected == NO_POLICY else errors.POLICY_REVISION_DIFFERS
    raise ServiceError(fault, table=resource.table, expected=expected, revision=current["RevisionId"])


def _check_changeable(context: Context, resource: Resource) -> None:
    """Raise ResourceInUseException while the table is being made or deleted, or an earlier change goes on."""
    table = context.database.tables.get(resource.table)
    if table is not None and table.definition.status in ("CREATING", "DELETING") and not resource.is_stream:
        raise ServiceError(errors.TABLE_IN_USE, change=CHANGES[table.definition.status], table=table.name)
    if is_policy_pending(context, resource.arn):
        raise ServiceError(errors.POLICY_PENDING, arn=resource.arn)
