"""The ARNs of tables and of encryption keys. Source: tables.md 1 and 4.1."""

from __future__ import annotations

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def _arn(service: str, region: str, account_id: str, resource: str) -> str:
    partition = next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")
    return f"arn:{partition}:{service}:{region}:{account_id}:{resource}"


def table_arn(region: str, account_id: str, table: str) -> str:
    return _arn("dynamodb", region, account_id, f"table/{table}")


def key_arn(region: str, account_id: str, key_id: str) -> str:
    return _arn("kms", region, account_id, f"key/{key_id}")
