"""The handler of CloudFormation's AWS::DynamoDB::Table, as far as DynamoDB sees it; the CDK's tables end here too.

`read` makes the properties of the template again from the answers. Source: control_plane.md 17.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .terraform import Provider

Json = dict[str, Any]

AS_IN_THE_API = (
    *("KeySchema", "AttributeDefinitions", "BillingMode", "ProvisionedThroughput", "LocalSecondaryIndexes"),
    *("DeletionProtectionEnabled", "TableClass", "OnDemandThroughput"),
)
INSIGHTS = "ContributorInsightsSpecification"


class Handler:
    """Creates, reads, updates and deletes tables."""

    def __init__(self, client: Any, tick: Callable[[], None]) -> None:
        self._client = client
        self._tick = tick
        self._waits = Provider(lambda region: client, tick)

    # --- Create -------------------------------------------------------------------------------------

    def create(self, properties: Json) -> None:
        name = properties["TableName"]
        request: Json = {key: properties[key] for key in ("TableName", *AS_IN_THE_API) if key in properties}
        if indexes := properties.get("GlobalSecondaryIndexes"):
            request["GlobalSecondaryIndexes"] = [_without(index, INSIGHTS) for index in indexes]
        if "StreamSpecification" in properties:
            request["StreamSpecification"] = {"StreamEnabled": True, **properties["StreamSpecification"]}
        if "SSESpecification" in properties:
            request["SSESpecification"] = _encryption(properties["SSESpecification"])
        arn = self._client.create_table(**request)["TableDescription"]["TableArn"]
        self._waits.wait_active(name)
        self._apply_settings(name, {}, properties)
        if "Tags" in properties:
            self._client.tag_resource(ResourceArn=arn, Tags=properties["Tags"])

    def _apply_settings(self, name: str, old: Json, new: Json) -> None:
        """What is set by operations of its own, as far as it changed."""
        client = self._client
        if "TimeToLiveSpecification" in _changed(old, new):
            wanted = new["TimeToLiveSpecification"]
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
            self._until(lambda: self._time_to_live(name) == ("ENABLED" if wanted["Enabled"] else "DISABLED"))
        if "PointInTimeRecoverySpecification" in _changed(old, new):
            wanted = new["PointInTimeRecoverySpecification"]
            self._until(lambda: self._are_backups_enabled(name))
            client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)
            client.describe_continuous_backups(TableName=name)
        for index, enabled in _insights(new).items():
            if enabled != _insights(old).get(index, False):
                self._set_insights(name, index, enabled=enabled)
        self._apply_destination(name, old.get("KinesisStreamSpecification"), new.get("KinesisStreamSpecification"))
        self._apply_policy(name, old.get("ResourcePolicy"), new.get("ResourcePolicy"))

    def _set_insights(self, name: str, index: str | None, *, enabled: bool) -> None:
        subject = {"TableName": name} if index is None else {"TableName": name, "IndexName": index}
        action = "ENABLE" if enabled else "DISABLE"
        self._client.update_contributor_insights(**subject, ContributorInsightsAction=action)
        settled = "ENABLED" if enabled else "DISABLED"
        self._until(
            lambda: self._client.describe_contributor_insights(**subject)["ContributorInsightsStatus"] == settled
        )

    def _apply_destination(self, name: str, old: Json | None, new: Json | None) -> None:
        if old == new:
            return
        if old is not None and new is not None and old["StreamArn"] == new["StreamArn"]:
            precision = new["ApproximateCreationDateTimePrecision"]
            self._client.update_kinesis_streaming_destination(
                TableName=name,
                StreamArn=new["StreamArn"],
                UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": precision},
            )
            self._until(lambda: self._destination(name, new["StreamArn"])["DestinationStatus"] == "ACTIVE")
            return
        if old is not None:
            gone = old["StreamArn"]
            self._client.disable_kinesis_streaming_destination(TableName=name, StreamArn=gone)
            self._until(lambda: self._destination(name, gone)["DestinationStatus"] == "DISABLED")
        if new is not None:
            come = new["StreamArn"]
            self._client.enable_kinesis_streaming_destination(TableName=name, StreamArn=come)
            self._until(lambda: self._destination(name, come)["DestinationStatus"] == "ACTIVE")

    def _apply_policy(self, name: str, old: Json | None, new: Json | None) -> None:
        if old == new:
            return
        arn = self._client.describe_table(TableName=name)["Table"]["TableArn"]
        if new is None:
            self._client.delete_resource_policy(ResourceArn=arn)
        else:
            self._client.put_resource_policy(ResourceArn=arn, Policy=json.dumps(new["PolicyDocument"]))

    # --- Read ---------------------------------------------------------------------------------------

    def read(self, name: str) -> Json:
        """The properties of a table, without those that have their default."""
        client = self._client
        table = client.describe_table(TableName=name)["Table"]
        properties: Json = {"TableName": name, "KeySchema": table["KeySchema"]}
        properties["AttributeDefinitions"] = table["AttributeDefinitions"]
        properties["BillingMode"] = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
        if properties["BillingMode"] == "PROVISIONED":
            properties["ProvisionedThroughput"] = _units(table)
        for key, value in self._settings(table).items():
            if value:
                properties[key] = value
        return properties

    def _settings(self, table: Json) -> Json:
        client, name = self._client, table["TableName"]
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        stream = table.get("StreamSpecification")
        if "LatestStreamArn" in table:
            assert self._policy(table["LatestStreamArn"]) is None
        policy = self._policy(table["TableArn"])
        return {
            "DeletionProtectionEnabled": table["DeletionProtectionEnabled"],
            "TableClass": table.get("TableClassSummary", {}).get("TableClass"),
            "OnDemandThroughput": table.get("OnDemandThroughput"),
            "GlobalSecondaryIndexes": [self._index(table, index) for index in table.get("GlobalSecondaryIndexes", ())],
            "LocalSecondaryIndexes": [
                {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
                for index in table.get("LocalSecondaryIndexes", ())
            ],
            "StreamSpecification": stream and {"StreamViewType": stream["StreamViewType"]},
            "SSESpecification": _encryption_property(table.get("SSEDescription")),
            "TimeToLiveSpecification": "AttributeName" in ttl
            and {"AttributeName": ttl["AttributeName"], "Enabled": ttl["TimeToLiveStatus"] == "ENABLED"},
            "PointInTimeRecoverySpecification": recovery and {"PointInTimeRecoveryEnabled": True},
            INSIGHTS: self._insights_property(name),
            "KinesisStreamSpecification": self._destination_property(name),
            "ResourcePolicy": policy and {"PolicyDocument": policy},
            "Tags": client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"],
        }

    def _index(self, table: Json, index: Json) -> Json:
        properties: Json = {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}
        if "BillingModeSummary" not in table:
            properties["ProvisionedThroughput"] = _units(index)
        if insights := self._insights_property(table["TableName"], IndexName=index["IndexName"]):
            properties[INSIGHTS] = insights
        return properties

    def _insights_property(self, name: str, **index: str) -> Json | None:
        description = self._client.describe_contributor_insights(TableName=name, **index)
        return {"Enabled": True} if description["ContributorInsightsStatus"] == "ENABLED" else None

    def _destination_property(self, name: str) -> Json | None:
        found = self._client.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"]
        live = [entry for entry in found if entry["DestinationStatus"] == "ACTIVE"]
        return _without(live[0], "DestinationStatus") if live else None

    def _policy(self, arn: str) -> Json | None:
        try:
            policy: Json = json.loads(self._client.get_resource_policy(ResourceArn=arn)["Policy"])
        except self._client.exceptions.PolicyNotFoundException:
            return None
        return policy

    # --- Update and delete --------------------------------------------------------------------------

    def update(self, old: Json, new: Json) -> None:
        """At most one index comes or goes in an update, as CloudFormation has it."""
        name, changed = old["TableName"], _changed(old, new)
        before, after = _indexes(old), _indexes(new)
        steps = [{"Delete": {"IndexName": gone}} for gone in before.keys() - after.keys()]
        steps += [{"Create": _without(after[come], INSIGHTS)} for come in after.keys() - before.keys()]
        assert len(steps) <= 1, "Cannot perform more than one GSI creation or deletion in a single update"
        together = {key: new[key] for key in ("BillingMode", "ProvisionedThroughput") if key in changed}
        together |= {key: new[key] for key in ("DeletionProtectionEnabled", "OnDemandThroughput") if key in changed}
        alone = [{"TableClass": new["TableClass"]}] if "TableClass" in changed else []
        for request in [together, *alone, *({"GlobalSecondaryIndexUpdates": [step]} for step in steps)]:
            if request:
                if "GlobalSecondaryIndexUpdates" in request:
                    request["AttributeDefinitions"] = new["AttributeDefinitions"]
                self._client.update_table(TableName=name, **request)
                self._waits.wait_active(name)
                self._until(lambda: self._are_indexes_active(name))
        self._apply_settings(name, old, new)
        self._apply_tags(name, old.get("Tags", []), new.get("Tags", []))

    def _apply_tags(self, name: str, old: list[Json], new: list[Json]) -> None:
        arn = self._client.describe_table(TableName=name)["Table"]["TableArn"]
        removed = {tag["Key"] for tag in old} - {tag["Key"] for tag in new}
        if removed:
            self._client.untag_resource(ResourceArn=arn, TagKeys=sorted(removed))
        if added := [tag for tag in new if tag not in old]:
            self._client.tag_resource(ResourceArn=arn, Tags=added)

    def delete(self, name: str) -> None:
        self._client.delete_table(TableName=name)
        self._until(lambda: not self._exists(name))

    # --- Waiting ------------------------------------------------------------------------------------

    def _until(self, done: Callable[[], bool]) -> None:
        for _ in range(100):
            if done():
                return
            self._tick()
        raise AssertionError("the resource did not stabilise")

    def _exists(self, name: str) -> bool:
        try:
            self._client.describe_table(TableName=name)
        except self._client.exceptions.ResourceNotFoundException:
            return False
        return True

    def _time_to_live(self, name: str) -> str:
        status: str = self._client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"]
        return status

    def _are_backups_enabled(self, name: str) -> bool:
        description = self._client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return bool(description["ContinuousBackupsStatus"] == "ENABLED")

    def _are_indexes_active(self, name: str) -> bool:
        indexes = self._client.describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes", ())
        return all(index["IndexStatus"] == "ACTIVE" for index in indexes)

    def _destination(self, name: str, arn: str) -> Json:
        found = self._client.describe_kinesis_streaming_destination(TableName=name)["KinesisDataStreamDestinations"]
        (entry,) = [entry for entry in found if entry["StreamArn"] == arn]
        return dict(entry)


# --- Properties -------------------------------------------------------------------------------------


def _without(properties: Json, key: str) -> Json:
    return {name: value for name, value in properties.items() if name != key}


def _changed(old: Json, new: Json) -> set[str]:
    return {key for key in new if new[key] != old.get(key)}


def _indexes(properties: Json) -> dict[str, Json]:
    return {index["IndexName"]: index for index in properties.get("GlobalSecondaryIndexes", ())}


def _insights(properties: Json) -> dict[str | None, bool]:
    """Whether insights are wanted, for the table (None) and for each global index."""
    subjects = {None: properties, **_indexes(properties)}
    return {index: subject.get(INSIGHTS, {"Enabled": False})["Enabled"] for index, subject in subjects.items()}


def _units(description: Json) -> Json:
    units = description["ProvisionedThroughput"]
    return {key: units[key] for key in ("ReadCapacityUnits", "WriteCapacityUnits")}


def _encryption(specification: Json) -> Json:
    request = {"Enabled": specification["SSEEnabled"], "SSEType": "KMS"}
    if "KMSMasterKeyId" in specification:
        request["KMSMasterKeyId"] = specification["KMSMasterKeyId"]
    return request


def _encryption_property(description: Json | None) -> Json | None:
    if description is None:
        return None
    return {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": description["KMSMasterKeyArn"]}
