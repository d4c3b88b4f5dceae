"""What a user may set about an emulator; built once at the edge and passed down."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike


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

    ttl_delay: float = 0.0
    """Seconds from the time at which an item expires to its deletion; on AWS it can be days."""

    stream_shards: int = 1
    """Shards that a new stream begins with."""

    shard_rollover: float = 14_400.0
    """Seconds after which a shard of a stream is closed and followed by a child; 0 for never, else at least 60."""

    durability: str = "process"
    """What the data of a file survives: `process`, the end of this process at any moment, or `full`, the loss of power
    too, for which each commit waits for the disk."""

    max_memory: int = 0
    """Bytes that the data may take, by estimate, before requests that add to it are refused; 0 for no ceiling."""

    kinesis_dir: str | None = None
    """A directory for records that tables send to Kinesis streams, as lines of `<stream name>.jsonl`; None for none."""

    replication_lag: float = 0.0
    """Seconds that a change of a global table takes to the other regions; with 0 it is there at once."""

    request_timeout: float = 60.0
    """Seconds that a client of the HTTP server has to send a request whole, and to take an answer."""

    idle_timeout: float = 300.0
    """Seconds that the HTTP server keeps a connection open on which nothing comes."""

    max_connections: int = 1000
    """Open connections of an HTTP server; a client beyond them is answered with status 503."""

    bucket_dir: str | PathLike[str] | None = None
    """The directory that stands for Amazon S3: each directory in it is the bucket of that name, for imports, exports
    and bulk operations. Without one there is no bucket."""
