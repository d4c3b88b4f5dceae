"""What was exported is imported as it was, and what changed is told by incremental exports.

Source: backups_export_import.md 5 to 8.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator
from tests.api.exported_files import ExportedFiles

from .values import NAMES, ValueMaker
from .wire import Json

START = 1_800_000_000.0
BUCKET = "bucket"
KEYS = ("S", "N", "B", "SS", "SN", "SB", "NS", "NN", "NB", "BS", "BN", "BB")
"""The types of partition key and sort key."""
PACK: dict[str, Callable[[bytes], bytes]] = {"GZIP": gzip.compress, "ZSTD": zstandard.compress, "NONE": bytes}
FORMATS = ("DYNAMODB_JSON", "ION")


class Tables:
    """An emulator with a bucket, and a table `source` whose changes are remembered, under a clock that stands still."""

    def __init__(self, directory: str, rng: Random) -> None:
        self.bucket = Path(directory, BUCKET)
        self.bucket.mkdir()
        self.emulator = Emulator(bucket_dir=directory)
        self.emulator.clock.freeze(START)
        self._rng = rng
        self._maker = ValueMaker(rng)
        self._kinds = self._maker.pick(KEYS)
        names = ("pk", "sk")[: len(self._kinds)]
        self.parameters: Json = {
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in zip(names, self._kinds, strict=True)
            ],
            "KeySchema": [
                {"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)
            ],
            "BillingMode": "PAY_PER_REQUEST",
        }
        self.ask("CreateTable", TableName="source", **self.parameters)
        recovery = {"PointInTimeRecoveryEnabled": True}
        self.ask("UpdateContinuousBackups", TableName="source", PointInTimeRecoverySpecification=recovery)

    def ask(self, operation: str, **request: Any) -> Json:
        reply = self.emulator.gateway.call(operation, orjson.dumps(request), "us-east-1")
        assert reply.status == 200, (operation, request, reply.body)
        return orjson.loads(reply.body)

    def write(self) -> None:
        """A few random writes."""
        for _ in range(self._rng.randrange(12)):
            names = ("pk", "sk")[: len(self._kinds)]
            key = {name: self._maker.common_scalar(kind) for name, kind in zip(names, self._kinds, strict=True)}
            if self._maker.chance(30):
                self.ask("DeleteItem", TableName="source", Key=key)
            else:
                attributes = {name: self._maker.value() for name in self._maker.some(NAMES, 5)}
                self.ask("PutItem", TableName="source", Item={**attributes, **key})

    def items(self, table: str = "source") -> list[Json]:
        """All items, in the order of a scan."""
        items: list[Json] = self.ask("Scan", TableName=table)["Items"]
        return items

    def export(self, **parameters: Any) -> ExportedFiles:
        arn = self.ask("DescribeTable", TableName="source")["Table"]["TableArn"]
        begun = self.ask("ExportTableToPointInTime", TableArn=arn, S3Bucket=BUCKET, **parameters)["ExportDescription"]
        ended = self.ask("DescribeExport", ExportArn=begun["ExportArn"])["ExportDescription"]
        assert ended["ExportStatus"] == "COMPLETED", ended
        return ExportedFiles(self.bucket, ended)

    def import_items(self, prefix: str, input_format: str, compression: str) -> list[Json]:
        """The items of a table that is imported from the objects below a prefix."""
        begun = self.ask(
            "ImportTable",
            S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": prefix},
            InputFormat=input_format,
            InputCompressionType=compression,
            TableCreationParameters={"TableName": "target", **self.parameters},
        )["ImportTableDescription"]
        ended = self.ask("DescribeImport", ImportArn=begun["ImportArn"])["ImportTableDescription"]
        assert (ended["ImportStatus"], ended["ErrorCount"]) == ("COMPLETED", 0), ended
        return self.items("target")

    def key_of(self, item: Json) -> bytes:
        return orjson.dumps([item[element["AttributeName"]] for element in self.parameters["KeySchema"]])


@pytest.mark.parametrize("compression", PACK)
@pytest.mark.parametrize("export_format", FORMATS)
@settings(max_examples=40, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_an_export_imported_elsewhere_is_the_table(export_format: str, compression: str, rng: Random) -> None:
    with TemporaryDirectory() as directory:
        tables = Tables(directory, rng)
        tables.write()
        found = tables.export(ExportFormat=export_format)
        prefix = f"{found.folder}/data/"
        if compression != "GZIP":
            prefix = "packed/"
            (tables.bucket / "packed").mkdir()
            for number, key in enumerate(found.data_keys):
                packed = PACK[compression](gzip.decompress(found.read(key)))
                (tables.bucket / "packed" / str(number)).write_bytes(packed)
        assert tables.import_items(prefix, export_format, compression) == tables.items()


@pytest.mark.parametrize("view", ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"])
@pytest.mark.parametrize("export_format", FORMATS)
@settings(max_examples=40, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_an_incremental_export_applied_to_an_earlier_full_one_is_the_later_table(
    export_format: str, view: str, rng: Random
) -> None:
    with TemporaryDirectory() as directory:
        tables = Tables(directory, rng)
        tables.write()
        tables.emulator.clock.advance(seconds=1 + rng.randrange(5))
        start = tables.emulator.clock.now()
        full = tables.export(ExportFormat=export_format)
        replica = {tables.key_of(item): item for item in full.items}
        before = dict(replica)
        for _ in range(3):
            tables.write()
            tables.emulator.clock.advance(minutes=rng.randrange(60), seconds=1)
        tables.emulator.clock.freeze(max(tables.emulator.clock.now(), start + 900))
        stop, later = tables.emulator.clock.now(), tables.items()
        tables.write()
        window = {"ExportFromTime": start, "ExportToTime": stop, "ExportViewType": view}
        changes = tables.export(
            ExportFormat=export_format, ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window
        )
        for record in changes.records:
            key = tables.key_of(record["Keys"])
            if "NewImage" in record:
                replica[key] = record["NewImage"]
            else:
                replica.pop(key, None)
            if view == "NEW_AND_OLD_IMAGES":
                assert record.get("OldImage") == before.get(key)
        assert replica == {tables.key_of(item): item for item in later}


@settings(max_examples=30, deadline=None)
@given(rng=st.randoms(use_true_random=False))
def test_an_export_of_an_earlier_time_is_the_table_as_it_was(rng: Random) -> None:
    with TemporaryDirectory() as directory:
        tables = Tables(directory, rng)
        known = []
        for _ in range(5):
            tables.write()
            known.append((tables.emulator.clock.now(), tables.items()))
            tables.emulator.clock.advance(seconds=1 + rng.randrange(1000))
        for when, items in known:
            exported = tables.export(ExportTime=when).items
            assert sorted(exported, key=tables.key_of) == sorted(items, key=tables.key_of)
