"""Random life of tables whose deletion takes much along: streams, replicas, recovery, policies, destinations, backups.

Two names in three regions. What is done is drawn without regard to whether it is possible: what is refused is refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from emulator import Emulator, Settings
from emulator.storage.database import Database
from emulator.storage.history import History
from emulator.storage.record import Record
from emulator.storage.replication import Replica
from emulator.storage.table import Table
from tests.api.consumers import read_stream
from tests.crash.files import opened_at

from .global_tables import REGIONS, START, RegionApi
from .streamed_tables import ServiceFaultError
from .wire import Json

NAMES = ("Orders", "Users")
KINESIS = "arn:aws:kinesis:us-east-1:123456789012:stream/changes"
ACCOUNT = "123456789012"

_KEY: Json = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_STREAM: Json = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
_KEYS = 4


class ChangingTables:
    """An emulator with a file, and a hand that does random things to its tables."""

    def __init__(self, seed: int, path: Path, settings: Settings) -> None:
        self.rng = Random(seed)
        self.emulator = opened_at(path, START, settings)
        for name in NAMES:
            self._try("CreateTable", {"TableName": name, **_KEY, "StreamSpecification": _STREAM}, REGIONS[0])
        self.emulator.clock.advance(days=2)

    def do_things(self, count: int) -> None:
        draws = (
            *[self._write] * 8,
            *[self._delete_table] * 3,
            *[self._create_table, self._change_replicas] * 2,
            *[self._let_time_pass, self._switch_stream, self._switch_recovery, self._switch_insights],
            *[self._switch_destination, self._change_policy, self._back_up],
        )
        for _ in range(count):
            self.rng.choice(draws)()

    def begin_deletion(self) -> None:
        """Delete a table, of those that are there; it is not done yet when this returns."""
        there = [(region, name) for region, names in self.emulator.tables().items() for name in names]
        if there:
            region, name = self.rng.choice(sorted(there))
            self._try("DeleteTable", {"TableName": name}, region)

    def _try(self, operation: str, request: Json, region: str | None = None) -> None:
        """Make a request that may be refused."""
        try:
            RegionApi(self.emulator, region or self.rng.choice(REGIONS)).ask(operation, request)
        except ServiceFaultError as refused:
            if refused.args[0] == "InternalServerError":
                raise

    def _of_table(self, operation: str, **request: Json) -> None:
        self._try(operation, {"TableName": self.rng.choice(NAMES), **request})

    def _write(self) -> None:
        key = {"pk": {"S": str(self.rng.randrange(_KEYS))}}
        if self.rng.randrange(4):
            self._of_table("PutItem", Item={**key, "v": {"N": str(self.rng.randrange(100))}})
        else:
            self._of_table("DeleteItem", Key=key)

    def _let_time_pass(self) -> None:
        self.emulator.clock.advance(seconds=self.rng.choice((1, 20, 100_000, 200_000)))

    def _create_table(self) -> None:
        self._of_table("CreateTable", **_KEY, StreamSpecification=_STREAM)

    def _delete_table(self) -> None:
        self._of_table("DeleteTable")

    def _change_replicas(self) -> None:
        kind = self.rng.choice(("Create", "Delete"))
        self._of_table("UpdateTable", ReplicaUpdates=[{kind: {"RegionName": self.rng.choice(REGIONS)}}])

    def _switch_stream(self) -> None:
        self._of_table("UpdateTable", StreamSpecification=self.rng.choice((_STREAM, {"StreamEnabled": False})))

    def _switch_recovery(self) -> None:
        recovery = {"PointInTimeRecoveryEnabled": self.rng.randrange(3) > 0}
        self._of_table("UpdateContinuousBackups", PointInTimeRecoverySpecification=recovery)

    def _switch_insights(self) -> None:
        action = self.rng.choice(("ENABLE", "ENABLE", "DISABLE"))
        self._of_table("UpdateContributorInsights", ContributorInsightsAction=action)

    def _switch_destination(self) -> None:
        kind = self.rng.choice(("Enable", "Enable", "Disable"))
        self._of_table(f"{kind}KinesisStreamingDestination", StreamArn=KINESIS)

    def _change_policy(self) -> None:
        region, name = self.rng.choice(REGIONS), self.rng.choice(NAMES)
        arn = f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"
        if self.rng.randrange(3) == 0:
            self._try("DeleteResourcePolicy", {"ResourceArn": arn}, region)
            return
        who = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
        statement = {**who, "Action": self.rng.choice(("dynamodb:GetItem", "dynamodb:Query")), "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._try("PutResourcePolicy", {"ResourceArn": arn, "Policy": policy}, region)

    def _back_up(self) -> None:
        self._of_table("CreateBackup", BackupName=self.rng.choice(("first", "second")))


def all_regions(emulator: Emulator) -> Json:
    """What two emulators with the same data and the same time have in common, in each region."""
    emulator.tables()  # what is due happens in all of them
    return {region: _region(emulator, region, emulator._context(region).database) for region in REGIONS}


def _region(emulator: Emulator, region: str, database: Database) -> Json:
    api = RegionApi(emulator, region)
    streams = api.ask("ListStreams", {})["Streams"]
    return {
        "tables": {name: _table(api, name, table) for name, table in sorted(database.tables.items())},
        "streams": {stream["StreamArn"]: read_stream(api, stream["StreamArn"]) for stream in streams},
        "documents": {(kind, each): document for kind, each, document in database.documents},
        "copies": {arn: [(key, _image(record)) for key, record in rows] for arn, rows in database.copies},
    }


def _table(api: RegionApi, name: str, table: Table) -> Json:
    request = {"TableName": name}
    return {
        "description": api.ask("DescribeTable", request)["Table"],
        "items": api.ask("Scan", request)["Items"] if table.definition.status == "ACTIVE" else None,
        "backups": api.ask("DescribeContinuousBackups", request),
        "destinations": api.ask("DescribeKinesisStreamingDestination", request),
        "replica": None if table.replica is None else _replica(table.replica),
        "history": None if table.history is None else _history(table.history),
        "sends": table.kinesis is not None,
    }


def _replica(replica: Replica) -> Json:
    arriving = [each._replace(record=None) for each in replica.arriving]
    return {
        "versions": dict(replica.versions),
        "tombstones": dict(replica.tombstones),
        "arriving": [(each, _image(arrival.record)) for each, arrival in zip(arriving, replica.arriving, strict=True)],
    }


def _history(history: History) -> Json:
    changes = [(each.number, each.at, each.key, _image(each.old), _image(each.new)) for each in history.changes]
    return {"known since": history.known_since, "last number": history.last_number, "changes": changes}


def _image(record: Record | None) -> bytes | None:
    return None if record is None else record.encoded
