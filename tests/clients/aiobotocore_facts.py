"""Facts about the emulator, seen through aiobotocore: python aiobotocore_facts.py FACT

The server is told by the environment. Each fact is a function that raises if it does not hold.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import ClientError

ITEM = {"customer": {"S": "größe 🎁"}, "number": {"N": "1" * 38}, "photo": {"B": b"\0\1\xff"}, "tags": {"NS": ["-1.5"]}}


async def create_orders(client: Any, **more: Any) -> Any:
    created = await client.create_table(
        TableName="Orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "customer", "AttributeType": "S"},
            {"AttributeName": "number", "AttributeType": "N"},
        ],
        KeySchema=[
            {"AttributeName": "customer", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        **more,
    )
    await client.get_waiter("table_exists").wait(TableName="Orders")
    return created["TableDescription"]


async def an_item_comes_back_equal(client: Any) -> None:
    await create_orders(client)
    await client.put_item(TableName="Orders", Item=ITEM)
    key = {name: ITEM[name] for name in ("customer", "number")}
    assert (await client.get_item(TableName="Orders", Key=key))["Item"] == ITEM


async def error_of(request: Awaitable[Any]) -> ClientError:
    try:
        await request
    except ClientError as error:
        return error
    raise AssertionError("it was not refused")


async def a_failed_condition_is_an_exception_of_the_client(client: Any) -> None:
    await create_orders(client)
    put = client.put_item(TableName="Orders", Item=ITEM, ConditionExpression="attribute_exists(customer)")
    error = await error_of(put)
    assert isinstance(error, client.exceptions.ConditionalCheckFailedException)
    assert error.response["Error"]["Message"] == "The conditional request failed"


async def two_hundred_requests_at_a_time_are_all_answered(client: Any) -> None:
    await create_orders(client)
    items = [{"customer": {"S": "ann"}, "number": {"N": str(number)}} for number in range(200)]
    await asyncio.gather(*(client.put_item(TableName="Orders", Item=item) for item in items))
    pages = client.get_paginator("query").paginate(
        TableName="Orders",
        KeyConditionExpression="customer = :c",
        ExpressionAttributeValues={":c": {"S": "ann"}},
        PaginationConfig={"PageSize": 30},
    )
    assert [item async for page in pages for item in page["Items"]] == items


async def updates_of_a_counter_at_a_time_are_all_counted(client: Any) -> None:
    await create_orders(client)
    update = {
        "Key": {"customer": {"S": "ann"}, "number": {"N": "1"}},
        "UpdateExpression": "ADD seen :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "UPDATED_NEW",
    }
    answers = await asyncio.gather(*(client.update_item(TableName="Orders", **update) for _ in range(50)))
    assert sorted(int(answer["Attributes"]["seen"]["N"]) for answer in answers) == list(range(1, 51))


async def a_cancelled_transaction_tells_its_reasons(client: Any) -> None:
    await create_orders(client)
    failing = {"TableName": "Orders", "Item": ITEM, "ConditionExpression": "attribute_exists(customer)"}
    error = await error_of(client.transact_write_items(TransactItems=[{"Put": failing}]))
    assert isinstance(error, client.exceptions.TransactionCanceledException)
    assert [reason["Code"] for reason in error.response["CancellationReasons"]] == ["ConditionalCheckFailed"]


async def a_statement_selects_what_a_statement_inserted(client: Any) -> None:
    await create_orders(client)
    insert = "INSERT INTO Orders VALUE {'customer': ?, 'number': 1}"
    await client.execute_statement(Statement=insert, Parameters=[{"S": "ann"}])
    seen = await client.execute_statement(Statement="SELECT * FROM Orders WHERE customer = 'ann'")
    assert seen["Items"] == [{"customer": {"S": "ann"}, "number": {"N": "1"}}]


async def a_stream_is_read_from_its_beginning(client: Any) -> None:
    view = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    table = await create_orders(client, StreamSpecification=view)
    await client.put_item(TableName="Orders", Item=ITEM)
    async with get_session().create_client("dynamodbstreams") as streams:
        stream = {"StreamArn": table["LatestStreamArn"]}
        shards = (await streams.describe_stream(**stream))["StreamDescription"]["Shards"]
        start = {"ShardId": shards[0]["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await streams.get_shard_iterator(**stream, **start))["ShardIterator"]
        records = (await streams.get_records(ShardIterator=iterator))["Records"]
    assert [record["dynamodb"]["NewImage"] for record in records] == [ITEM]


async def check(fact: Callable[[Any], Awaitable[None]]) -> None:
    config = AioConfig(max_pool_connections=50)
    async with get_session().create_client("dynamodb", config=config) as client:
        await fact(client)


if __name__ == "__main__":
    asyncio.run(check(globals()[sys.argv[1]]))
