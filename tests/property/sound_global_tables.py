"""Sound requests about global tables, and the tables that they are sound for."""

from __future__ import annotations

from typing import Any

import orjson

from emulator import Emulator

HOME, AWAY = "us-east-1", "eu-west-1"
REFUSED_TODAY = frozenset(
    (
        *("CreateGlobalTable", "UpdateGlobalTable", "DescribeGlobalTable"),
        *("DescribeGlobalTableSettings", "UpdateGlobalTableSettings"),
    )
)
"""Operations of version 2017.11.29, which the service refuses whatever is asked."""

_PLAIN = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_INDEXED = {
    **_PLAIN,
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "v")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-v",
            "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
_UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
_READS = {
    "ProvisionedThroughputOverride": {"ReadCapacityUnits": 7},
    "OnDemandThroughputOverride": {"MaxReadRequestUnits": 9},
}
_OVERRIDES = {
    **_READS,
    "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
    "GlobalSecondaryIndexes": [{"IndexName": "by-v", **_READS}],
}
_SCALED = {
    "MinimumUnits": 1,
    "MaximumUnits": 9,
    "AutoScalingDisabled": False,
    "AutoScalingRoleArn": "arn:aws:iam::123456789012:role/scaling",
    "ScalingPolicyUpdate": {
        "PolicyName": "policy",
        "TargetTrackingScalingPolicyConfiguration": {
            "DisableScaleIn": True,
            "ScaleInCooldown": 60,
            "ScaleOutCooldown": 60,
            "TargetValue": 70.0,
        },
    },
}


def prepare_global_tables(emulator: Emulator) -> None:
    """A table `shared` of two regions with provisioned capacity, one that is empty, and one in another region."""
    _ask(emulator, HOME, "CreateTable", {"TableName": "empty", **_PLAIN})
    _ask(emulator, AWAY, "CreateTable", {"TableName": "remote", **_INDEXED})
    _ask(emulator, AWAY, "PutItem", {"TableName": "remote", "Item": {"pk": {"S": "a"}, "v": {"S": "x"}}})
    _ask(emulator, HOME, "CreateTable", {"TableName": "shared", **_INDEXED})
    _ask(emulator, HOME, "UpdateTable", _change("Create", RegionName=AWAY))
    units = {
        "BillingMode": "PROVISIONED",
        "ProvisionedThroughput": _UNITS,
        "GlobalSecondaryIndexUpdates": [{"Update": {"IndexName": "by-v", "ProvisionedThroughput": _UNITS}}],
    }
    _ask(emulator, HOME, "UpdateTable", {"TableName": "shared", **units})
    _ask(emulator, HOME, "UpdateTable", {"TableName": "shared", "DisassociationProtectionEnabled": False})
    _ask(emulator, HOME, "PutItem", {"TableName": "shared", "Item": {"pk": {"S": "a"}, "v": {"S": "x"}}})


def _ask(emulator: Emulator, region: str, operation: str, request: dict[str, Any]) -> None:
    reply = emulator.gateway.call(operation, orjson.dumps(request), region)
    assert reply.status == 200, (operation, request, reply)


def _change(kind: str, table: str = "shared", **asked: Any) -> dict[str, Any]:
    return {"TableName": table, "ReplicaUpdates": [{kind: asked}]}


def sound_requests_of_global_tables() -> list[tuple[str, dict[str, Any]]]:
    """Operation and request; what is asked is asked at home."""
    strong = {"TableName": "empty", "MultiRegionConsistency": "STRONG"}
    creations = [{"Create": {"RegionName": region}} for region in ("us-east-2", "us-west-2")]
    source = "arn:aws:dynamodb:eu-west-1:123456789012:table/remote"
    of_source = {"GlobalTableSourceArn": source, "GlobalTableSettingsReplicationMode": "ENABLED"}
    time_to_live = {"Enabled": True, "AttributeName": "until"}
    return [
        ("UpdateTable", _change("Create", "plain", RegionName=AWAY, **_OVERRIDES)),
        ("UpdateTable", _change("Update", RegionName=AWAY, **_OVERRIDES)),
        ("UpdateTable", _change("Delete", RegionName=AWAY)),
        ("UpdateTable", _change("Disassociate", RegionName=HOME, DisassociationMode="WAIT_FOR_REPLICATION")),
        ("UpdateTable", {**strong, "ReplicaUpdates": creations}),
        ("UpdateTable", {**strong, "ReplicaUpdates": creations[:1], "GlobalTableWitnessUpdates": creations[1:]}),
        ("UpdateTable", {"TableName": "shared", "GlobalTableSettingsReplicationMode": "ENABLED"}),
        ("UpdateTable", {"TableName": "shared", "ProvisionedThroughput": {**_UNITS, "ReadCapacityUnits": 6}}),
        (
            "CreateTable",
            {"TableName": "remote", **of_source},
        ),
        (
            "UpdateTimeToLive",
            {"TableName": "shared", "TimeToLiveSpecification": time_to_live},
        ),
        ("PutItem", {"TableName": "shared", "Item": {"pk": {"S": "b"}, "v": {"S": "x"}}}),
        ("DeleteItem", {"TableName": "shared", "Key": {"pk": {"S": "a"}}}),
        ("DescribeTable", {"TableName": "shared"}),
        ("ListGlobalTables", {"RegionName": HOME, "Limit": 5, "ExclusiveStartGlobalTableName": "any"}),
        ("CreateGlobalTable", {"GlobalTableName": "shared", "ReplicationGroup": [{"RegionName": HOME}]}),
        ("UpdateGlobalTable", {"GlobalTableName": "shared", "ReplicaUpdates": [{"Delete": {"RegionName": HOME}}]}),
        ("DescribeGlobalTable", {"GlobalTableName": "shared"}),
        ("DescribeGlobalTableSettings", {"GlobalTableName": "shared"}),
        ("UpdateGlobalTableSettings", {"GlobalTableName": "shared", "GlobalTableProvisionedWriteCapacityUnits": 5}),
        ("DescribeTableReplicaAutoScaling", {"TableName": "shared"}),
        (
            "UpdateTableReplicaAutoScaling",
            {
                "TableName": "shared",
                "ProvisionedWriteCapacityAutoScalingUpdate": _SCALED,
                "GlobalSecondaryIndexUpdates": [
                    {"IndexName": "by-v", "ProvisionedWriteCapacityAutoScalingUpdate": _SCALED}
                ],
                "ReplicaUpdates": [
                    {
                        "RegionName": AWAY,
                        "ReplicaProvisionedReadCapacityAutoScalingUpdate": _SCALED,
                        "ReplicaGlobalSecondaryIndexUpdates": [
                            {"IndexName": "by-v", "ProvisionedReadCapacityAutoScalingUpdate": _SCALED}
                        ],
                    }
                ],
            },
        ),
    ]
