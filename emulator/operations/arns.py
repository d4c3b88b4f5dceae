"""The ARNs of tables, encryption keys and principals. Source: tables.md 1 and 4.1."""

from __future__ import annotations

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


def partition(region: str) -> str:
    """The part of AWS that a region belongs to, as ARNs name it."""
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")


def _arn(service: str, region: str, account_id: str, resource: str) -> str:
    return f"arn:{partition(region)}:{service}:{region}:{account_id}:{resource}"


def table_arn(region: str, account_id: str, table: str) -> str:
    return _arn("dynamodb", region, account_id, f"table/{table}")


def index_arn(table_arn: str, index: str) -> str:
    return f"{table_arn}/index/{index}"


def stream_arn(table_arn: str, label: str) -> str:
    return f"{table_arn}/stream/{label}"


def root_user_arn(region: str, account_id: str) -> str:
    """The principal as which everybody calls: credentials are not looked at."""
    return f"arn:{partition(region)}:iam::{account_id}:root"


def key_arn(region: str, account_id: str, key_id: str) -> str:
    return _arn("kms", region, account_id, f"key/{key_id}")


def log_group_arn(region: str, account_id: str, group: str) -> str:
    return _arn("logs", region, account_id, f"log-group:{group}:*")


def bulk_operation_arn(region: str, account_id: str, operation_id: str) -> str:
    return _arn("dynamodb", region, account_id, f"bulk-operation/{operation_id}")


def backup_arn(table_arn: str, backup_id: str) -> str:
    return f"{table_arn}/backup/{backup_id}"


def auto_scaling_role_arn(account_id: str) -> str:
    """The role that the service scales tables by unless another one is named."""
    service, role = "dynamodb.application-autoscaling.amazonaws.com", "ApplicationAutoScaling_DynamoDBTable"
    return f"arn:aws:iam::{account_id}:role/aws-service-role/{service}/AWSServiceRoleFor{role}"
