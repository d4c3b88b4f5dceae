"""DescribeLimits and DescribeEndpoints."""

from __future__ import annotations

from emulator import limits
from emulator.operations.context import Context
from emulator.operations.registry import Request, Response, operation


@operation("DescribeLimits")
def describe_limits(context: Context, request: Request) -> Response:
    """The account's default quotas."""
    return {
        "AccountMaxReadCapacityUnits": limits.ACCOUNT_MAX_UNITS,
        "AccountMaxWriteCapacityUnits": limits.ACCOUNT_MAX_UNITS,
        "TableMaxReadCapacityUnits": limits.TABLE_MAX_UNITS,
        "TableMaxWriteCapacityUnits": limits.TABLE_MAX_UNITS,
    }


@operation("DescribeEndpoints")
def describe_endpoints(context: Context, request: Request) -> Response:
    """The service's regional endpoint, without a scheme."""
    address = f"dynamodb.{context.database.region}.amazonaws.com"
    return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": limits.ENDPOINT_CACHE_MINUTES}]}
