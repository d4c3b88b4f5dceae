"""The ARNs of backups in requests: their form, and which backup one stands for.

The region in an ARN is not looked at: operations find backups of the region that is asked, and show the ARN as it was
given. Source: backups_export_import.md 2.1 and 2.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from emulator import errors
from emulator.errors import ServiceError
from emulator.operations.arns import backup_arn, table_arn
from emulator.operations.context import Context

_ARN = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):"
    r"table/(?P<table>[a-zA-Z0-9_.-]+)/backup/(?P<id>[^:/]+)"
)
_PARTITIONS = frozenset(("aws", "aws-cn", "aws-us-gov"))
_REGION = re.compile(r"(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov)-[a-z]+-[0-9]+")


@dataclass(frozen=True, slots=True)
class BackupArn:
    """A well-formed ARN of a backup of this account, which need not exist."""

    text: str
    region: str
    table: str
    id: str

    def within(self, context: Context, region: str) -> str:
        """The ARN of the backup of that table and id in a region."""
        return backup_arn(table_arn(region, context.settings.account_id, self.table), self.id)


def parsed_backup_arn(context: Context, text: str) -> BackupArn:
    """Raise if the text is no ARN of a backup, or one that nobody here could own."""
    found = _ARN.fullmatch(text)
    if found is None:
        raise ServiceError(errors.BACKUP_ARN_MALFORMED, arn=text)
    region = found["region"]
    known = not region or region == context.database.region or _REGION.fullmatch(region)
    if found["partition"] not in _PARTITIONS or found["service"] != "dynamodb" or not known:
        raise ServiceError(errors.BACKUP_ARN_INVALID, arn=text)
    if not region or found["account"] != context.settings.account_id:
        raise ServiceError(errors.BACKUP_ACCESS_DENIED)
    return BackupArn(text, region, found["table"], found["id"])
