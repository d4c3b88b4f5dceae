"""ReplicaUpdates in requests: the actions, and what can be wrong with one. Source: global_tables.md 1, 3, 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.arns import root_user_arn, table_arn
from emulator.operations.members import Member
from emulator.operations.regions import regions_beside
from emulator.operations.registry import Request
from emulator.operations.table_settings import is_customer_key
from emulator.storage.documents import BULK_OPERATIONS
from emulator.storage.index import IndexKind

_PARAMETERS = frozenset(("ReplicaUpdates", "GlobalTableWitnessUpdates", "MultiRegionConsistency"))
_KINDS = ("Create", "Update", "Delete", "Disassociate")


@dataclass(frozen=True, slots=True)
class Action:
    """One element of ReplicaUpdates or GlobalTableWitnessUpdates: what to do, and what is asked of the member."""

    kind: str
    asked: dict[str, Any]

    @property
    def region(self) -> str:
        name: str = self.asked["RegionName"]
        return name


@dataclass(frozen=True, slots=True)
class Changes:
    """All that one request does to members and witnesses."""

    replicas: list[Action]
    witnesses: list[Action]
    consistency: str | None

    def of_kind(self, kind: str) -> list[Action]:
        return [action for action in self.replicas if action.kind == kind]


def create_action(region: str) -> Action:
    """The action that adds a replica and asks for nothing of its own."""
    return Action("Create", {"RegionName": region})


def changes_of(request: Request) -> Changes:
    """The changes, checked as far as the request alone allows. Of elements that are the same there is one."""
    if request.keys() - _PARAMETERS - {"TableName"}:
        raise ServiceError(errors.REPLICAS_ALONE)
    replicas = [_action(element) for element in request["ReplicaUpdates"]]
    witnesses = [_action(element) for element in request.get("GlobalTableWitnessUpdates", ())]
    distinct = [action for at, action in enumerate(replicas) if action not in replicas[:at]]
    changes = Changes(distinct, witnesses, request.get("MultiRegionConsistency"))
    if any(witness.kind == "Create" for witness in witnesses) and changes.consistency != "STRONG":
        raise ServiceError(errors.WITNESS_WITHOUT_STRONG)
    if changes.consistency is not None and any(action.kind != "Create" for action in (*distinct, *witnesses)):
        raise ServiceError(errors.CONSISTENCY_ONLY_CREATES)
    if changes.of_kind("Disassociate") and len(distinct) + len(witnesses) > 1:
        raise ServiceError(errors.DISASSOCIATION_ALONE)
    return changes


def _action(element: dict[str, Any]) -> Action:
    given = [Action(kind, element[kind]) for kind in _KINDS if kind in element]
    if not given or (given[0].kind == "Update" and len(given[0].asked) == 1):
        raise ServiceError(errors.REPLICA_ACTION_MISSING)
    if len(given) > 1:
        raise ServiceError(errors.REPLICA_ACTIONS_MIXED)
    return given[0]


# --- Checks ---------------------------------------------------------------------------------------


def check_region(member: Member, action: Action) -> None:
    """Raise unless the region is another one of the service."""
    region, own = action.region, member.region
    if not region:
        account_id = member.context.settings.account_id
        arn, user = table_arn(region, account_id, member.table.name), root_user_arn(own, account_id)
        raise ServiceError(errors.ACCESS_DENIED, user=user, operation=f"{action.kind}TableReplica", arn=arn)
    if region == own:
        raise ServiceError(errors.REPLICA_IS_LOCAL)
    supported = regions_beside(own)
    if region not in supported:
        raise ServiceError(errors.REPLICA_REGION_UNKNOWN, region=region, supported=", ".join(supported))


def check_may_create(member: Member, action: Action) -> None:
    """Raise if a table cannot have a replica as the action asks for it."""
    database = member.context.regions.get(action.region)
    if database is not None and member.table.name in database.tables:
        raise ServiceError(errors.REPLICA_EXISTS, table=member.table.name)
    _check_not_put_in_bulk(member)
    _check_capacity(member)
    definition = member.table.definition
    if is_customer_key(definition.encryption, definition.arn):
        if "KMSMasterKeyId" not in action.asked:
            raise ServiceError(errors.REPLICA_KEY_MISSING)
    elif "KMSMasterKeyId" in action.asked:
        raise ServiceError(errors.REPLICA_KEY_UNWANTED)


def _check_not_put_in_bulk(member: Member) -> None:
    """Raise while a bulk operation on the table has not ended."""
    name = member.table.name
    jobs = member.context.database.documents.of_kind(BULK_OPERATIONS).values()
    descriptions = [job["Description"] for job in jobs]
    if any("EndTime" not in each and each["TableDetails"][0]["TableName"] == name for each in descriptions):
        raise ServiceError(errors.BULK_GOES_ON, table=name)


def _check_capacity(member: Member) -> None:
    """Raise unless writes scale: by on-demand billing, or by auto scaling of the table and each global index."""
    table = member.table
    if table.definition.on_demand:
        return
    scaled = table.definition.auto_scaling
    if "write" not in scaled:
        raise ServiceError(errors.REPLICA_CAPACITY_FIXED)
    for index in table.indexes_of(IndexKind.GLOBAL):
        if "write" not in scaled.get("indexes", {}).get(index.name, {}):
            raise ServiceError(errors.REPLICA_INDEX_CAPACITY_FIXED)


def member_in(member: Member, action: Action) -> Member:
    """The member that an action changes or deletes. Raises if there is none in that region."""
    found = next((other for other in member.others() if other.region == action.region), None)
    if found is None:
        if not member.table.definition.replicas:
            raise ServiceError(errors.REPLICA_NOT_FOUND)
        raise ServiceError(errors.REPLICA_NOT_MEMBER, region=action.region)
    return found
