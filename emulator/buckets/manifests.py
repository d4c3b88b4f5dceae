"""Manifests of what is written to a bucket: a summary, and a list of the data files, each with its checksum.

    <prefix>/AWSDynamoDB/<id>/_started
    <prefix>/AWSDynamoDB/<id>/manifest-summary.json    manifest-summary.md5
    <prefix>/AWSDynamoDB/<id>/manifest-files.json      manifest-files.md5

Everything in them follows from the id and the data, so that writing them again leaves the same files.
Source: backups_export_import.md 6.1 to 6.4.
"""

from __future__ import annotations

from base64 import b32encode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import md5, sha256
from typing import Any

import orjson

from emulator.buckets.bucket import Bucket

FOLDER = "AWSDynamoDB"
SUMMARY = "manifest-summary"
FILES = "manifest-files"


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of records: its key, how many records it has, and its MD5."""

    key: str
    item_count: int
    digest: bytes

    def entry(self) -> dict[str, Any]:
        """Its line in the list. The tag is that of an object that was uploaded in parts, of which it was one."""
        return {
            "itemCount": self.item_count,
            "md5Checksum": b64encode(self.digest).decode(),
            "etag": f"{_md5(self.digest).hex()}-1",
            "dataFileS3Key": self.key,
        }


def data_file_name(job_id: str, number: int) -> str:
    """26 characters that look random."""
    return b32encode(sha256(f"{job_id}/{number}".encode()).digest()).decode().lower()[:26]


def put_data(bucket: Bucket, key: str, item_count: int, content: bytes) -> DataFile:
    """Write a data file, packed already."""
    bucket.put(key, (content,))
    return DataFile(key, item_count, _md5(content))


def put_manifests(bucket: Bucket, folder: str, summary: Mapping[str, Any], files: Iterable[DataFile]) -> None:
    """Write the list of data files, then the summary, each with its checksum: who sees the summary finds the rest."""
    lines = b"".join(orjson.dumps(file.entry(), option=orjson.OPT_APPEND_NEWLINE) for file in files)
    for name, content in ((FILES, lines), (SUMMARY, orjson.dumps(summary))):
        bucket.put(f"{folder}/{name}.md5", (b64encode(_md5(content)),))
        bucket.put(f"{folder}/{name}.json", (content,))


def _md5(content: bytes) -> bytes:
    return md5(content, usedforsecurity=False).digest()
