"""The files of an export, read and held against their manifests. Source: backups_export_import.md 6."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from hashlib import md5
from pathlib import Path
from typing import Any

from emulator.buckets.ion import Parser
from emulator.values.canonical import canonical_item
from emulator.values.types import Wording

FULL_MEMBERS = [
    *("version", "exportArn", "startTime", "endTime", "tableArn", "tableId", "exportTime", "s3Bucket", "s3Prefix"),
    *("s3SseAlgorithm", "s3SseKmsKeyId", "manifestFilesS3Key", "billedSizeBytes", "itemCount", "outputFormat"),
]
INCREMENTAL_MEMBERS = [
    *FULL_MEMBERS[:6],
    *("exportFromTime", "exportToTime"),
    *FULL_MEMBERS[7:],
    *("outputView", "exportType"),
]


IMAGES = ("Item", "Keys", "OldImage", "NewImage")


class ExportedFiles:
    """An export as who has its description and its bucket sees it. Raises AssertionError for what does not fit."""

    def __init__(self, bucket: Path, description: dict[str, Any]) -> None:
        self.bucket = bucket
        self.manifest_key: str = description["ExportManifest"]
        self.folder = self.manifest_key.rpartition("/")[0]
        self.summary = json.loads(self._checked(self.manifest_key))
        self.files = [json.loads(line) for line in self._checked(self.summary["manifestFilesS3Key"]).splitlines()]
        self._check_summary(description)
        self.records = [record for file in self.files for record in self._records(file)]
        assert len(self.records) == self.summary["itemCount"]

    def read(self, key: str) -> bytes:
        return (self.bucket / key).read_bytes()

    def _checked(self, key: str) -> bytes:
        """A manifest whose checksum file holds its MD5."""
        content = self.read(key)
        assert self.read(key.removesuffix(".json") + ".md5") == b64encode(md5(content).digest())
        return content

    def _check_summary(self, description: dict[str, Any]) -> None:
        is_full = description.get("ExportType", "FULL_EXPORT") == "FULL_EXPORT"
        assert list(self.summary) == (FULL_MEMBERS if is_full else INCREMENTAL_MEMBERS)
        assert self.summary["version"] == ("2020-06-30" if is_full else "2023-08-01")
        told = {
            "exportArn": "ExportArn",
            "tableArn": "TableArn",
            "tableId": "TableId",
            "s3Bucket": "S3Bucket",
            "s3Prefix": "S3Prefix",
            "billedSizeBytes": "BilledSizeBytes",
            "itemCount": "ItemCount",
            "outputFormat": "ExportFormat",
        }
        assert {name: self.summary[name] for name in told} == {name: description.get(of) for name, of in told.items()}
        assert self.read(f"{self.folder}/_started") == b""
        assert self.folder.rpartition("/")[2] == description["ExportArn"].rpartition("/")[2]

    def _records(self, file: dict[str, Any]) -> list[dict[str, Any]]:
        assert list(file) == ["itemCount", "md5Checksum", "etag", "dataFileS3Key"]
        packed = self.read(file["dataFileS3Key"])
        digest = md5(packed).digest()
        assert file["md5Checksum"] == b64encode(digest).decode()
        assert file["etag"] == f"{md5(digest).hexdigest()}-1"
        lines = gzip.decompress(packed).splitlines()
        assert len(lines) == file["itemCount"]
        if self.summary["outputFormat"] == "ION":
            assert all(line.startswith(b"$ion_1_0 {") for line in lines)
            parser = Parser()
            return [_canonical(document) for line in lines for document in parser.documents(line)]
        return [json.loads(line) for line in lines]

    @property
    def data_keys(self) -> list[str]:
        return [file["dataFileS3Key"] for file in self.files]

    @property
    def items(self) -> list[dict[str, Any]]:
        """The items of a full export."""
        return [record["Item"] for record in self.records]


def _canonical(document: dict[str, Any]) -> dict[str, Any]:
    """A document of Ion with numbers as the service writes them."""
    for image in IMAGES:
        if image in document:
            canonical_item(document[image], Wording.CURRENT)
    return document
