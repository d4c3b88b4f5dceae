"""Terraform's provider for tables, as far as DynamoDB sees it: its calls in its order, what it waits for, and what it
makes of the answers.

A table is declared in the words of the resource `aws_dynamodb_table`. What `read` makes of the answers is a declaration
again: if it equals the one that was applied, the next plan is empty. Source: control_plane.md 15.1 to 15.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError

from .builders import key_schema

Json = dict[str, Any]
MOST_POLLS = 200
IN_CHANGE = ("CREATING", "UPDATING")


@dataclass(frozen=True, kw_only=True)
class GlobalIndex:
    name: str
    hash_key: str
    range_key: str | None = None
    projection_type: str = "ALL"
    non_key_attributes: frozenset[str] = frozenset()
    read_capacity: int = 0
    write_capacity: int = 0


@dataclass(frozen=True, kw_only=True)
class LocalIndex:
    name: str
    range_key: str
    projection_type: str = "ALL"
    non_key_attributes: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class TableResource:
    """A resource `aws_dynamodb_table`, with the provider's defaults."""

    name: str
    hash_key: str
    range_key: str | None = None
    attributes: frozenset[tuple[str, str]]
    billing_mode: str = "PROVISIONED"
    read_capacity: int = 0
    write_capacity: int = 0
    max_read_request_units: int | None = None
    max_write_request_units: int | None = None
    global_indexes: frozenset[GlobalIndex] = frozenset()
    local_indexes: frozenset[LocalIndex] = frozenset()
    stream_view_type: str | None = None
    ttl: str | None = None
    point_in_time_recovery: bool = False
    kms_key_arn: str | None = None
    table_class: str = "STANDARD"
    deletion_protection: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    replicas: frozenset[str] = frozenset()

    def but(self, **changes: Any) -> TableResource:
        """The declaration after an edit."""
        return replace(self, **changes)


def strings(*names: str) -> frozenset[tuple[str, str]]:
    """Attributes of type S."""
    return frozenset((name, "S") for name in names)


class Provider:
    """Creates, reads, updates and destroys tables. `client_of` gives the client of a region; `tick` lets time pass."""

    def __init__(self, client_of: Callable[[str], Any], tick: Callable[[], None], region: str = "us-east-1") -> None:
        self.client_of = client_of
        self.client = client_of(region)
        self._tick = tick

    # --- Create -------------------------------------------------------------------------------------

    def create(self, table: TableResource) -> TableResource:
        """Apply a new declaration; returns the state."""
        description = self.client.create_table(**creation(table))["TableDescription"]
        self.wait_active(table.name)
        self._wait_for_indexes(table.name)
        if table.ttl is not None:
            self._set_ttl(table.name, table.ttl, enabled=True)
        if table.point_in_time_recovery:
            self._set_recovery(self.client, table.name, enabled=True)
        for region in sorted(table.replicas):
            self.add_replica(table, region)
        assert description["TableName"] == table.name
        return self.read(table.name)

    def add_replica(self, table: TableResource, region: str) -> None:
        request = {"TableName": table.name, "ReplicaUpdates": [{"Create": {"RegionName": region}}]}
        self._retried(lambda: self.client.update_table(**request), "ResourceInUseException", "LimitExceededException")
        self._wait(lambda: self._replica_status(table.name, region), "ACTIVE", IN_CHANGE)
        there = self.client_of(region)
        if table.point_in_time_recovery:
            self._set_recovery(there, table.name, enabled=True)
        if table.tags:
            arn = there.describe_table(TableName=table.name)["Table"]["TableArn"]
            there.tag_resource(ResourceArn=arn, Tags=_tags(table.tags))
        if table.deletion_protection:
            there.update_table(TableName=table.name, DeletionProtectionEnabled=True)

    # --- Read ---------------------------------------------------------------------------------------

    def read(self, name: str) -> TableResource | None:
        """The state; None if the table is gone."""
        try:
            table = self.client.describe_table(TableName=name)["Table"]
        except self.client.exceptions.ResourceNotFoundException:
            return None
        recovery = self._recovery(self.client, name)
        ttl = self.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        tags = self.client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        regions = [replica["RegionName"] for replica in table.get("Replicas", ())]
        for region in regions:
            there = self.client_of(region)
            self._recovery(there, name)
            arn = there.describe_table(TableName=name)["Table"]["TableArn"]
            there.list_tags_of_resource(ResourceArn=arn)
        state = state_of(table)
        return state.but(
            point_in_time_recovery=recovery == "ENABLED",
            ttl=ttl["AttributeName"] if ttl["TimeToLiveStatus"] == "ENABLED" else None,
            tags={tag["Key"]: tag["Value"] for tag in tags},
            replicas=frozenset(regions),
        )

    # --- Update -------------------------------------------------------------------------------------

    def update(self, old: TableResource, new: TableResource) -> TableResource:
        """Apply an edited declaration, in the provider's order; returns the state."""
        name = old.name
        before = {index.name: index for index in old.global_indexes}
        after = {index.name: index for index in new.global_indexes}
        for gone in sorted(before.keys() - after.keys()):
            self.client.update_table(TableName=name, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": gone}}])
            self._wait(lambda gone=gone: self._index_status(name, gone), None, ("DELETING", "ACTIVE"))  # type: ignore[misc]
            self.wait_active(name)
        if old.table_class != new.table_class:
            self.client.update_table(TableName=name, TableClass=new.table_class)
            self.wait_active(name)
        self._update_settings(old, new)
        for come in sorted(after.keys() - before.keys()):
            self.client.update_table(
                TableName=name,
                AttributeDefinitions=_definitions(new),
                GlobalSecondaryIndexUpdates=[{"Create": _global_index(after[come], new.billing_mode)}],
            )
            self._wait(lambda come=come: self._index_status(name, come), "ACTIVE", IN_CHANGE)  # type: ignore[misc]
            self.wait_active(name)
        if old.kms_key_arn != new.kms_key_arn:
            self.client.update_table(TableName=name, SSESpecification=_encryption(new))
            self._wait(lambda: self._encryption_status(name), "ENABLED" if new.kms_key_arn else None, ("UPDATING",))
        if old.ttl != new.ttl:
            self._set_ttl(name, new.ttl or old.ttl or "", enabled=new.ttl is not None)
        for region in sorted(old.replicas - new.replicas):
            self._remove_replica(name, region)
        for region in sorted(new.replicas - old.replicas):
            self.add_replica(new, region)
        self._update_tags(old, new)
        if old.point_in_time_recovery != new.point_in_time_recovery:
            self._set_recovery(self.client, name, enabled=new.point_in_time_recovery)
        state = self.read(name)
        assert state is not None
        return state

    def _update_settings(self, old: TableResource, new: TableResource) -> None:
        """The one UpdateTable of what may stand together; a stream of another view is switched off before."""
        request: Json = {}
        capacity = (new.billing_mode, new.read_capacity, new.write_capacity)
        if capacity != (old.billing_mode, old.read_capacity, old.write_capacity):
            request["BillingMode"] = new.billing_mode
            if new.billing_mode == "PROVISIONED":
                request["ProvisionedThroughput"] = _units(new)
        if old.deletion_protection != new.deletion_protection:
            request["DeletionProtectionEnabled"] = new.deletion_protection
        if _on_demand_limits(old) != _on_demand_limits(new):
            request["OnDemandThroughput"] = {
                "MaxReadRequestUnits": new.max_read_request_units or -1,
                "MaxWriteRequestUnits": new.max_write_request_units or -1,
            }
        if old.stream_view_type != new.stream_view_type:
            if old.stream_view_type and new.stream_view_type:
                self.client.update_table(TableName=old.name, StreamSpecification={"StreamEnabled": False})
                self.wait_active(old.name)
            request["StreamSpecification"] = _stream(new)
        updates = self._index_updates(old, new)
        if updates:
            request["GlobalSecondaryIndexUpdates"] = updates
        if request:
            self.client.update_table(TableName=old.name, **request)
            self.wait_active(old.name)
            self._wait_for_indexes(old.name)

    def _index_updates(self, old: TableResource, new: TableResource) -> list[Json]:
        before = {index.name: index for index in old.global_indexes}
        return [
            {"Update": {"IndexName": index.name, "ProvisionedThroughput": _units(index)}}
            for index in sorted(new.global_indexes, key=lambda index: index.name)
            if new.billing_mode == "PROVISIONED"
            and index.name in before
            and _units(before[index.name]) != _units(index)
        ]

    def _update_tags(self, old: TableResource, new: TableResource) -> None:
        if old.tags == new.tags:
            return
        arn = self.client.describe_table(TableName=old.name)["Table"]["TableArn"]
        removed = [key for key in old.tags if key not in new.tags]
        changed = {key: value for key, value in new.tags.items() if old.tags.get(key) != value}
        if removed:
            self.client.untag_resource(ResourceArn=arn, TagKeys=removed)
        if changed:
            self.client.tag_resource(ResourceArn=arn, Tags=_tags(changed))

    # --- Destroy ------------------------------------------------------------------------------------

    def destroy(self, table: TableResource) -> None:
        for region in sorted(table.replicas):
            self._remove_replica(table.name, region)
        self._retried(lambda: self.client.delete_table(TableName=table.name), "ResourceInUseException")
        self._wait(lambda: self._table_status(table.name), None, ("ACTIVE", "DELETING"))

    def _remove_replica(self, name: str, region: str) -> None:
        request = {"TableName": name, "ReplicaUpdates": [{"Delete": {"RegionName": region}}]}
        self._retried(lambda: self.client.update_table(**request), "ResourceInUseException", "LimitExceededException")
        self._wait(lambda: self._replica_status(name, region), None, ("ACTIVE", "UPDATING", "DELETING"))

    # --- Settings of their own ----------------------------------------------------------------------

    def _set_ttl(self, name: str, attribute: str, *, enabled: bool) -> None:
        specification = {"AttributeName": attribute, "Enabled": enabled}
        self.client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
        target, pending = ("ENABLED", "ENABLING") if enabled else ("DISABLED", "DISABLING")
        self._wait(lambda: self._ttl_status(name), target, (pending,))

    def _set_recovery(self, client: Any, name: str, *, enabled: bool) -> None:
        specification = {"PointInTimeRecoveryEnabled": enabled}
        self._retried(
            lambda: client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=specification),
            "ContinuousBackupsUnavailableException",
        )
        self._wait(lambda: self._recovery(client, name), "ENABLED" if enabled else "DISABLED", ("ENABLING",))

    # --- Waiting ------------------------------------------------------------------------------------

    def wait_active(self, name: str) -> None:
        self._wait(lambda: self._table_status(name), "ACTIVE", IN_CHANGE, times=2)

    def _wait_for_indexes(self, name: str) -> None:
        for index in self.client.describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes", ()):
            self._wait(lambda index=index: self._index_status(name, index["IndexName"]), "ACTIVE", IN_CHANGE)  # type: ignore[misc]
        self._wait(lambda: self._warm_throughput_status(name), "ACTIVE", IN_CHANGE)

    def _wait(
        self, status: Callable[[], str | None], target: str | None, pending: Iterable[str], times: int = 1
    ) -> None:
        """Poll until a status is there so often in a row. The provider fails at one that it does not know."""
        seen = 0
        for _ in range(MOST_POLLS):
            found = status()
            if found == target:
                seen += 1
                if seen == times:
                    return
            else:
                assert found in pending, f"unexpected state {found!r}, wanted {target!r}"
                seen = 0
            self._tick()
        raise AssertionError(f"timeout while waiting for state to become {target!r}")

    def _retried(self, call: Callable[[], Any], *codes: str) -> None:
        for _ in range(MOST_POLLS):
            try:
                call()
            except ClientError as error:
                if error.response["Error"]["Code"] not in codes:
                    raise
                self._tick()
            else:
                return
        raise AssertionError(f"still refused after {MOST_POLLS} attempts")

    # --- What is polled -----------------------------------------------------------------------------

    def _table_status(self, name: str) -> str | None:
        try:
            status: str = self.client.describe_table(TableName=name)["Table"]["TableStatus"]
        except self.client.exceptions.ResourceNotFoundException:
            return None
        return status

    def _index_status(self, name: str, index: str) -> str | None:
        indexes = self.client.describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes", ())
        return next((found["IndexStatus"] for found in indexes if found["IndexName"] == index), None)

    def _replica_status(self, name: str, region: str) -> str | None:
        replicas = self.client.describe_table(TableName=name)["Table"].get("Replicas", ())
        return next((found["ReplicaStatus"] for found in replicas if found["RegionName"] == region), None)

    def _warm_throughput_status(self, name: str) -> str:
        status: str = self.client.describe_table(TableName=name)["Table"]["WarmThroughput"]["Status"]
        return status

    def _encryption_status(self, name: str) -> str | None:
        status: str | None = self.client.describe_table(TableName=name)["Table"].get("SSEDescription", {}).get("Status")
        return status

    def _ttl_status(self, name: str) -> str:
        status: str = self.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
        return status

    def _recovery(self, client: Any, name: str) -> str:
        description = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        status: str = description["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        return status


# --- From declarations to requests ------------------------------------------------------------------


def creation(table: TableResource) -> Json:
    """The CreateTable request of a declaration."""
    request: Json = {
        "TableName": table.name,
        "BillingMode": table.billing_mode,
        "KeySchema": _keys(table.hash_key, table.range_key),
        "AttributeDefinitions": _definitions(table),
        "Tags": _tags(table.tags),
        "DeletionProtectionEnabled": table.deletion_protection,
    }
    if table.billing_mode == "PROVISIONED":
        request["ProvisionedThroughput"] = _units(table)
    if table.local_indexes:
        request["LocalSecondaryIndexes"] = [_local_index(table, index) for index in table.local_indexes]
    if table.global_indexes:
        indexes = [_global_index(index, table.billing_mode) for index in table.global_indexes]
        request["GlobalSecondaryIndexes"] = indexes
    if limits := _on_demand_limits(table):
        request["OnDemandThroughput"] = limits
    if table.stream_view_type:
        request["StreamSpecification"] = _stream(table)
    if table.kms_key_arn:
        request["SSESpecification"] = _encryption(table)
    if table.table_class != "STANDARD":
        request["TableClass"] = table.table_class
    return request


def _keys(hash_key: str, range_key: str | None) -> list[dict[str, str]]:
    return key_schema([hash_key, range_key] if range_key else [hash_key])


def _definitions(table: TableResource) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in table.attributes]


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _units(declared: TableResource | GlobalIndex) -> dict[str, int]:
    return {"ReadCapacityUnits": declared.read_capacity, "WriteCapacityUnits": declared.write_capacity}


def _on_demand_limits(table: TableResource) -> dict[str, int]:
    limits = {
        "MaxReadRequestUnits": table.max_read_request_units,
        "MaxWriteRequestUnits": table.max_write_request_units,
    }
    return {name: units for name, units in limits.items() if units is not None}


def _stream(table: TableResource) -> Json:
    if table.stream_view_type is None:
        return {"StreamEnabled": False}
    return {"StreamEnabled": True, "StreamViewType": table.stream_view_type}


def _encryption(table: TableResource) -> Json:
    if table.kms_key_arn is None:
        return {"Enabled": False}
    return {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": table.kms_key_arn}


def _projection(index: GlobalIndex | LocalIndex) -> Json:
    projection: Json = {"ProjectionType": index.projection_type}
    if index.non_key_attributes:
        projection["NonKeyAttributes"] = sorted(index.non_key_attributes)
    return projection


def _global_index(index: GlobalIndex, billing_mode: str) -> Json:
    request: Json = {
        "IndexName": index.name,
        "KeySchema": _keys(index.hash_key, index.range_key),
        "Projection": _projection(index),
    }
    if billing_mode == "PROVISIONED":
        request["ProvisionedThroughput"] = _units(index)
    return request


def _local_index(table: TableResource, index: LocalIndex) -> Json:
    keys = _keys(table.hash_key, index.range_key)
    return {"IndexName": index.name, "KeySchema": keys, "Projection": _projection(index)}


# --- From answers to declarations -------------------------------------------------------------------


def state_of(table: Json) -> TableResource:
    """The state by DescribeTable, with the provider's defaults for what is absent (control_plane.md 15.2)."""
    limits = table.get("OnDemandThroughput", {})
    keys = _key_names(table["KeySchema"])
    units = table["ProvisionedThroughput"]
    return TableResource(
        name=table["TableName"],
        hash_key=keys[0],
        range_key=keys[1],
        attributes=frozenset((each["AttributeName"], each["AttributeType"]) for each in table["AttributeDefinitions"]),
        billing_mode=table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        read_capacity=units["ReadCapacityUnits"],
        write_capacity=units["WriteCapacityUnits"],
        max_read_request_units=limits.get("MaxReadRequestUnits"),
        max_write_request_units=limits.get("MaxWriteRequestUnits"),
        global_indexes=frozenset(map(_global_state, table.get("GlobalSecondaryIndexes", ()))),
        local_indexes=frozenset(map(_local_state, table.get("LocalSecondaryIndexes", ()))),
        stream_view_type=table.get("StreamSpecification", {}).get("StreamViewType"),
        kms_key_arn=table.get("SSEDescription", {}).get("KMSMasterKeyArn"),
        table_class=table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        deletion_protection=table["DeletionProtectionEnabled"],
    )


def _key_names(schema: list[dict[str, str]]) -> tuple[str, str | None]:
    names = [element["AttributeName"] for element in schema]
    return names[0], names[1] if len(names) > 1 else None


def _global_state(index: Json) -> GlobalIndex:
    hash_key, range_key = _key_names(index["KeySchema"])
    return GlobalIndex(
        name=index["IndexName"],
        hash_key=hash_key,
        range_key=range_key,
        projection_type=index["Projection"]["ProjectionType"],
        non_key_attributes=frozenset(index["Projection"].get("NonKeyAttributes", ())),
        read_capacity=index["ProvisionedThroughput"]["ReadCapacityUnits"],
        write_capacity=index["ProvisionedThroughput"]["WriteCapacityUnits"],
    )


def _local_state(index: Json) -> LocalIndex:
    _, range_key = _key_names(index["KeySchema"])
    assert range_key is not None
    return LocalIndex(
        name=index["IndexName"],
        range_key=range_key,
        projection_type=index["Projection"]["ProjectionType"],
        non_key_attributes=frozenset(index["Projection"].get("NonKeyAttributes", ())),
    )
