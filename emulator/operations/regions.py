"""The regions that the service has, where a request names one. Source: global_tables.md 3 and 8.1.

Requests may be made in any region, made-up ones too; a replica can only be added in one of these.
"""

from __future__ import annotations

from emulator.operations.arns import partition

_REGIONS = {
    "aws": (
        *("af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1"),
        *("ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5"),
        *("ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2"),
        *("eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1"),
        *("me-central-1", "me-south-1", "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1"),
        "us-west-2",
    ),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
}

STRONG_REGIONS = frozenset(
    (
        *("us-east-1", "us-east-2", "us-west-2"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    )
)
"""Where members and witnesses of strongly consistent global tables may be."""


def regions_beside(region: str) -> tuple[str, ...]:
    """The regions of the partition that a region is in."""
    return _REGIONS[partition(region)]


def is_known(region: str) -> bool:
    return region in regions_beside(region)
