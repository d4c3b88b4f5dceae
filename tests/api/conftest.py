"""The roads in: `client`, `resource` and `streams` are boto3's; each test that takes them runs once for each road.

The emulator, its server and the boto3 objects of a road are made once; a test finds the emulator empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from emulator import Emulator
from emulator.clock import Clock

from .tools import Tools

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Road:
    """One way to talk to an emulator."""

    emulator: Emulator
    client: Any
    resource: Any
    streams: Any


@pytest.fixture(scope="session", params=["in-process", "http"])
def session_road(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    emulator = Emulator(bucket_dir=tmp_path_factory.mktemp("buckets"))
    if request.param == "in-process":
        streams = emulator.client(service_name="dynamodbstreams")
        yield Road(emulator, emulator.client(), emulator.resource(), streams)
        return
    with emulator.serve() as server:
        session = boto3.session.Session("access-key", "secret-key", region_name=emulator.settings.region)
        # No proxy of the environment, and a connection for each thread of the parallel scans.
        config = Config(proxies={}, max_pool_connections=16)
        client = session.client("dynamodb", endpoint_url=server.url, config=config)
        resource = session.resource("dynamodb", endpoint_url=server.url, config=config)
        streams = session.client("dynamodbstreams", endpoint_url=server.url, config=config)
        yield Road(emulator, client, resource, streams)
        client.close()
        streams.close()
        resource.meta.client.close()


@pytest.fixture
def road(session_road: Road) -> Road:
    session_road.emulator.reset()
    return session_road


@pytest.fixture
def client(road: Road) -> Any:
    """A boto3 client of an empty emulator."""
    return road.client


@pytest.fixture
def resource(road: Road) -> Any:
    """A boto3 resource of the same emulator."""
    return road.resource


@pytest.fixture
def streams(road: Road) -> Any:
    """A boto3 client for the streams of the same emulator."""
    return road.streams


@pytest.fixture
def bucket(road: Road) -> Path:
    """The directory of an empty bucket, whose name it has."""
    directory = Path(str(road.emulator.settings.bucket_dir)) / f"bucket-{uuid4()}"
    directory.mkdir()
    return directory


@pytest.fixture
def clock(road: Road) -> Iterator[Clock]:
    """The emulator's clock, which stands still at noon."""
    road.emulator.clock.freeze(NOON)
    yield road.emulator.clock
    road.emulator.clock.resume()


@pytest.fixture(params=[0, 7], ids=["at-once", "taking-time"])
def tools(request: pytest.FixtureRequest) -> Tools:
    """Infrastructure tools; changes are done with the next request, or take seven seconds."""
    return Tools(request.param, NOON.timestamp())
