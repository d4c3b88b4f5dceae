"""TagResource, UntagResource and ListTagsOfResource. Source: tables.md 9, control_plane.md 2."""

from __future__ import annotations

import re

from emulator import errors, limits
from emulator.errors import ServiceError
from emulator.operations.arns import root_user_arn, table_arn
from emulator.operations.context import Context
from emulator.operations.registry import Request, Response, operation
from emulator.operations.table_settings import check_tag_count, tags_of
from emulator.storage.table import Table

_RESOURCE = re.compile(
    rf"table/(?P<table>[a-zA-Z0-9_.-]{{{limits.MIN_TABLE_NAME_LENGTH},{limits.MAX_TABLE_NAME_LENGTH}}})"
    r"(/(?P<kind>index|backup|stream)/[^/]+)?"
)


@operation("TagResource")
def tag_resource(context: Context, request: Request) -> Response:
    """Add tags; those of a key that is there already get the new value. The service's answer has no body."""
    arn = request["ResourceArn"]
    _check_resource(arn)
    if not request["Tags"]:
        raise ServiceError(errors.TAGS_MISSING)
    table = _table(context, arn, "TagResource")
    tags = {**table.definition.tags, **tags_of(request["Tags"])}
    check_tag_count(len(tags))
    table.redefine(tags=tags)
    return {}


@operation("UntagResource")
def untag_resource(context: Context, request: Request) -> Response:
    """Remove the tags of these keys, as far as there are any. The service's answer has no body."""
    arn = request["ResourceArn"]
    _check_resource(arn)
    if not request["TagKeys"]:
        raise ServiceError(errors.TAG_KEYS_MISSING)
    table = _table(context, arn, "UntagResource")
    unwanted = set(request["TagKeys"])
    table.redefine(tags={key: value for key, value in table.definition.tags.items() if key not in unwanted})
    return {}


@operation("ListTagsOfResource")
def list_tags_of_resource(context: Context, request: Request) -> Response:
    """All tags at once, in the order in which they were added: there are 50 at most, so NextToken is never needed."""
    arn = request["ResourceArn"]
    _check_resource(arn)
    tags = _table(context, arn, "ListTagsOfResource").definition.tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _check_resource(arn: str) -> None:
    """Raise if an ARN of this service names nothing like a table."""
    service, _, _, resource = _parts(arn)
    if service in ("dynamodb", "") and not _RESOURCE.fullmatch(resource):
        raise ServiceError(errors.ARN_NOT_OF_TABLE, arn=arn)


def _table(context: Context, arn: str, operation: str) -> Table:
    """The table that an ARN stands for, in the order of tables.md 9.2, 6 to 10."""
    service, region, account_id, resource = _parts(arn)
    own_region, own_account = context.database.region, context.settings.account_id
    user = root_user_arn(own_region, own_account)
    denied = ServiceError(errors.ACCESS_DENIED, user=user, operation=operation, arn=arn)
    if account_id != own_account:
        raise denied
    if region != own_region:
        raise ServiceError(errors.ARN_NOT_OF_TABLE, arn=arn)
    named = _RESOURCE.fullmatch(resource)
    if service != "dynamodb" or named is None:
        raise denied
    if named["kind"] == "stream":
        raise ServiceError(errors.PARAMETER_NOT_BUILT, parameter="ResourceArn of a stream")
    if named["kind"] is not None:
        raise ServiceError(errors.ARN_NOT_TAGGABLE, arn=arn)
    table = context.database.tables.get(named["table"])
    if table is None or table.is_being_copied or arn != table_arn(own_region, own_account, named["table"]):
        raise ServiceError(errors.ARN_NOT_FOUND, arn=arn)
    return table


def _parts(arn: str) -> tuple[str, str, str, str]:
    """Service, region, account and resource; empty ones for those that are missing."""
    _, _, service, region, account_id, resource = (arn.split(":", 5) + [""] * 4)[:6]
    return service, region, account_id, resource
