"""All that can be seen of an emulator: tables, indexes, streams, time to live, tags, tokens and documents."""

from __future__ import annotations

from collections.abc import Iterator

from emulator import Emulator
from emulator.storage.rows import Rows
from tests.api.consumers import read_stream, shards_of

from .streamed_tables import Api
from .wire import Json

REGION = "us-east-1"


def everything(emulator: Emulator) -> Json:
    """What two emulators with the same data and the same time have in common, to the last byte."""
    api = Api(emulator)
    names = api.ask("ListTables", {})["TableNames"]
    database = emulator._databases[REGION]
    return {
        "tables": {name: _table(emulator, api, name) for name in names},
        "streams": [_stream(api, stream) for stream in api.ask("ListStreams", {})["Streams"]],
        "tokens": {token: database.tokens.completed(token) for token in database.tokens},
        "documents": {(kind, document_id): document for kind, document_id, document in database.documents},
    }


def differences(one: Json, other: Json, place: str = "") -> Iterator[str]:
    """Where two emulators differ, and what they have there."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in dict.fromkeys((*one, *other)):
            yield from differences(one.get(name), other.get(name), f"{place}/{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at, pair in enumerate(zip(one, other, strict=True)):
            yield from differences(*pair, f"{place}/{at}")
    elif one != other:
        yield f"{place}: {one} and {other}"


def _table(emulator: Emulator, api: Api, name: str) -> Json:
    table = emulator._databases[REGION].tables[name]
    described = api.ask("DescribeTable", {"TableName": name})["Table"]
    sources = [{}, *({"IndexName": index} for index in table.indexes)]
    return {
        "description": described,
        "time to live": api.ask("DescribeTimeToLive", {"TableName": name}),
        "tags": api.ask("ListTagsOfResource", {"ResourceArn": described["TableArn"]}),
        "items": [_pages(api, {"TableName": name, **source}) for source in sources],
        "spread": [list(_spread(rows)) for rows in (table.rows, *(index.rows for index in table.indexes.values()))],
    }


def _pages(api: Api, request: Json) -> list[Json]:
    pages = []
    while True:
        page = api.ask("Scan", request)
        pages.append(page)
        if "LastEvaluatedKey" not in page:
            return pages
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}


def _spread(rows: Rows) -> Iterator[tuple[int, int]]:
    """How many records there are and how many bytes they have, of all and of each partition."""
    yield len(rows), rows.size
    for partition in rows._partitions:
        yield len(partition), sum(record.size for record in partition.values())


def _stream(api: Api, stream: Json) -> Json:
    arn = stream["StreamArn"]
    description = api.describe_stream(StreamArn=arn)["StreamDescription"]
    return {
        "stream": stream,
        "description": {**description, "Shards": shards_of(api, arn)},
        "records": read_stream(api, arn),
    }
