"""What a user may set about an emulator; built once at the edge and passed down."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one `Emulator`."""

    region: str = "us-east-1"
    """The region of clients that name none."""

    account_id: str = "123456789012"
    """The account in ARNs."""

    status_delay: float = 0.0
    """Seconds that a table or an index stays CREATING, UPDATING or DELETING. With 0 the answer of the
    operation shows that status, as on AWS, and the next request finds the change done."""
