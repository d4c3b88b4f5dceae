"""Resource policies as they are stored, and what tables that are made or deleted have to do with them.

A policy is a document under the ARN of its table or stream; it stays, without a text, when the policy is deleted, so
that revision ids rise. It goes with its table or stream. Source: control_plane.md 1.1, 1.2 and 1.4.
"""

from __future__ import annotations

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.arns import partition
from emulator.operations.context import Context
from emulator.operations.policy_actions import TABLE_ACTIONS
from emulator.operations.policy_documents import checked_policy, policy_text
from emulator.operations.registry import Request
from emulator.storage.documents import RESOURCE_POLICY, Document
from emulator.storage.table import Table


def current_policy(context: Context, arn: str) -> Document | None:
    """Policy and RevisionId; None if there is no policy."""
    document = context.database.documents.get(RESOURCE_POLICY, arn)
    return None if document is None or document["Policy"] is None else document


def put_policy(context: Context, arn: str, text: str | None, *, pending: float) -> Document:
    """Store a policy, or that there is none any more; no other change is made for `pending` seconds."""
    documents, now = context.database.documents, context.agenda.now()
    before = documents.get(RESOURCE_POLICY, arn)
    revision = max(round(now * 1000), int(before["RevisionId"]) + 1 if before is not None else 0)
    document = {"Policy": text, "RevisionId": str(revision), "PendingUntil": now + pending}
    documents.put(RESOURCE_POLICY, arn, document)
    return document


def is_policy_pending(context: Context, arn: str) -> bool:
    """Whether a change of the policy still goes on."""
    document = context.database.documents.get(RESOURCE_POLICY, arn)
    return document is not None and bool(context.agenda.now() < document["PendingUntil"])


# --- Tables that are made or deleted ------------------------------------------------------------


def policy_of_new_table(context: Context, request: Request) -> str | None:
    """The policy of CreateTable in the form in which it is stored, if there is one. Raises ValidationException."""
    if "ResourcePolicy" not in request:
        return None
    return policy_text(checked_policy(request["ResourcePolicy"], TABLE_ACTIONS, partition(context.database.region)))


def check_policy_settled(context: Context, table: Table) -> None:
    """Raise ResourceInUseException while a change of the table's policy goes on: the table cannot be deleted then."""
    if is_policy_pending(context, table.definition.arn):
        raise ServiceError(errors.POLICY_PENDING_DELETION, table=table.name)
