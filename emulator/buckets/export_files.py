"""The files of an export: records in data files, and the manifests.

    <prefix>/AWSDynamoDB/<id>/data/<name>.json.gz    of a full export
    <prefix>/AWSDynamoDB/data/<name>.json.gz         of an incremental one, beside those of others

Source: backups_export_import.md 6.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import orjson

from emulator.buckets import ion
from emulator.buckets.bucket import Bucket
from emulator.buckets.manifests import FILES, SUMMARY, DataFile, data_file_name, put_data, put_manifests
from emulator.storage.record import Record
from emulator.values.types import Item

Image: TypeAlias = Item | Record
"""An item, or the record of one."""

ExportRecord: TypeAlias = Mapping[str, Image]
"""`{"Item": {...}}` of a full export, Metadata, Keys and images of an incremental one."""

_SUFFIXES = {"DYNAMODB_JSON": ".json.gz", "ION": ".ion.gz"}


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """Where an export puts its files: the folder, with the prefix of the request, above that of the export's id."""

    above: str
    export_id: str
    incremental: bool

    @property
    def own(self) -> str:
        return f"{self.above}/{self.export_id}"

    @property
    def data(self) -> str:
        return f"{self.above if self.incremental else self.own}/data"

    @property
    def manifest(self) -> str:
        """ExportManifest."""
        return f"{self.own}/{SUMMARY}.json"

    @property
    def manifest_of_files(self) -> str:
        return f"{self.own}/{FILES}.json"


def _line_writer(export_format: str) -> Callable[[ExportRecord], bytes]:
    """From records to lines of an ExportFormat. Raises MissingExtraError."""
    if export_format == "ION":
        line = ion.Writer().line
        return lambda record: line({member: _decoded(image) for member, image in record.items()})
    return lambda record: orjson.dumps(record, _encoded, orjson.OPT_APPEND_NEWLINE)


def _decoded(image: Image) -> Item:
    return image.decode() if isinstance(image, Record) else image


def _encoded(record: Record) -> orjson.Fragment:
    """The stored bytes of a record, which orjson asks for."""
    return orjson.Fragment(record.encoded)


def put_export(
    bucket: Bucket,
    folder: ExportFolder,
    export_format: str,
    partitions: Iterable[Sequence[ExportRecord]],
    summary: Mapping[str, Any],
) -> None:
    """Write all files of an export, a data file for each partition. Raises MissingExtraError."""
    line = _line_writer(export_format)
    bucket.put(f"{folder.own}/_started", ())
    files: list[DataFile] = []
    for number, partition in enumerate(partitions):
        key = f"{folder.data}/{data_file_name(folder.export_id, number)}{_SUFFIXES[export_format]}"
        content = gzip.compress(b"".join(map(line, partition)), mtime=0)
        files.append(put_data(bucket, key, len(partition), content))
    put_manifests(bucket, folder.own, summary, files)


def iso_time(epoch_seconds: float) -> str:
    """A time as manifests have it, e.g. `2020-11-04T07:28:34.028Z`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
