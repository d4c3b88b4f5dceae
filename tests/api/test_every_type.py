"""An item of every type, and at every limit, comes back equal: by each way to write it and each way to read it.

Source: values.md 2 to 9, indexes.md 3.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

import pytest
from boto3.dynamodb.conditions import Key
from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError

from .builders import ENVELOPE, index, refused, table_of
from .full_items import (
    ASCENDING_NUMBERS,
    DIGITS,
    ITEMS,
    KEY,
    KEYS,
    LARGEST,
    MAX_ITEM_BYTES,
    MAX_LEVELS,
    MAX_NAME_BYTES,
    NEIGHBOURS,
    long_name,
    nested,
    of_size,
)

TABLE = {"TableName": "Everything"}


def of_item(*, without=()):
    """A test for each item, but for those named."""
    names = [name for name in ITEMS if name not in without]
    return pytest.mark.parametrize("item", [ITEMS[name] for name in names], ids=names)


def found(items):
    """The one item with the key of the item in question."""
    (item,) = [item for item in items if item["PK"] == KEY["PK"] and item["SK"] == KEY["SK"]]
    return item


def differing(item, expected):
    """The names, shortened, of attributes in which two items differ: a diff of large values takes minutes."""
    return [name[:40] for name in sorted({*item, *expected}) if item.get(name) != expected.get(name)]


def set_apart(item):
    """The attributes of an item that are no keys."""
    return [name for name in item if name not in KEYS]


def pages(client, operation, **parameters):
    """All items, read with a page for each; a reading that does not end is cut off."""
    paginator = client.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": 1})
    return [item for page in islice(paginator, 100) for item in page["Items"]]


def failed_write(client):
    """The item as a failed condition shows it."""
    with pytest.raises(ClientError) as caught:
        client.delete_item(
            **TABLE,
            Key=KEY,
            ConditionExpression="attribute_not_exists(PK)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    return caught.value.response["Item"]


PARTITION = {"KeyConditionExpression": "PK = :pk", "ExpressionAttributeValues": {":pk": KEYS["PK"]}}

READS = {
    "GetItem": lambda client: client.get_item(**TABLE, Key=KEY, ConsistentRead=True)["Item"],
    "BatchGetItem": lambda client: found(
        client.batch_get_item(RequestItems={"Everything": {"Keys": [KEY]}})["Responses"]["Everything"]
    ),
    "Query": lambda client: found(client.query(**TABLE, **PARTITION)["Items"]),
    "Query backwards": lambda client: found(client.query(**TABLE, **PARTITION, ScanIndexForward=False)["Items"]),
    "pages of a Query": lambda client: found(pages(client, "query", **TABLE, **PARTITION)),
    "Scan": lambda client: found(client.scan(**TABLE)["Items"]),
    "pages of a Scan": lambda client: found(pages(client, "scan", **TABLE)),
    "filtered Scan": lambda client: found(
        client.scan(**TABLE, FilterExpression="SK = :sk", ExpressionAttributeValues={":sk": KEYS["SK"]})["Items"]
    ),
    "replaced by PutItem": lambda client: client.put_item(**TABLE, Item=KEY, ReturnValues="ALL_OLD")["Attributes"],
    "before UpdateItem": lambda client: client.update_item(
        **TABLE, Key=KEY, UpdateExpression="REMOVE LSK", ReturnValues="ALL_OLD"
    )["Attributes"],
    "after UpdateItem": lambda client: client.update_item(
        **TABLE, Key=KEY, UpdateExpression="REMOVE Nothing", ReturnValues="ALL_NEW"
    )["Attributes"],
    "removed by DeleteItem": lambda client: client.delete_item(**TABLE, Key=KEY, ReturnValues="ALL_OLD")["Attributes"],
    "failed condition": failed_write,
}
of_read = pytest.mark.parametrize("read", READS.values(), ids=READS.keys())


@of_read
@of_item()
def test_an_item_comes_back_equal_by_each_way_to_read_it(client, item, read):
    client.create_table(**table_of("Everything", "PK", "SK"))
    for stored in (NEIGHBOURS[0], item, NEIGHBOURS[1]):
        client.put_item(**TABLE, Item=stored)
    assert differing(read(client), item) == []


@of_item()
def test_an_item_written_in_a_batch_comes_back_equal(client, item):
    client.create_table(**table_of("Everything", "PK", "SK"))
    client.batch_write_item(RequestItems={"Everything": [{"PutRequest": {"Item": item}}]})
    assert differing(client.get_item(**TABLE, Key=KEY)["Item"], item) == []


@of_item(without=["many attributes"])  # an update expression has no room for them
def test_attributes_set_by_an_update_come_back_equal(client, item):
    client.create_table(**table_of("Everything", "PK", "SK"))
    client.put_item(**TABLE, Item=KEYS)
    attributes = set_apart(item)
    client.update_item(
        **TABLE,
        Key=KEY,
        UpdateExpression="SET " + ", ".join(f"#{at} = :{at}" for at in range(len(attributes))),
        ExpressionAttributeNames={f"#{at}": name for at, name in enumerate(attributes)},
        ExpressionAttributeValues={f":{at}": item[name] for at, name in enumerate(attributes)},
    )
    assert differing(client.get_item(**TABLE, Key=KEY)["Item"], item) == []


# --- Indexes --------------------------------------------------------------------------------------


def included(attributes):
    """Names that an index may include: the first three of at most 255 characters."""
    return [name for name in attributes if len(name) <= 255][:3]


def projected(item, projection, keys):
    """What an index holds of an item."""
    if projection == "ALL":
        return item
    names = keys if projection == "KEYS_ONLY" else [*keys, *included(set_apart(item))]
    return {name: value for name, value in item.items() if name in names}


BY_GROUP = ("GPK", "GSK:N")
BY_LOCAL_KEY = ("PK", "LSK:B")
# The rows of local indexes count to the size of their item, which has less room of its own then.
NOT_LOCAL = ["400 KB"]


def with_indexes(client, item, parameter, keys):
    """Make a table with an index of each projection; it holds the item and its neighbours."""
    projections = {"ALL": "ALL", "KEYS_ONLY": "KEYS_ONLY", "INCLUDE": included(set_apart(item))}
    indexes = [index(name, *keys, projection=projection) for name, projection in projections.items()]
    client.create_table(**table_of("Everything", "PK", "SK", **{parameter: indexes}))
    for stored in (NEIGHBOURS[0], item, NEIGHBOURS[1]):
        client.put_item(**TABLE, Item=stored)


def equal_to(name):
    """The partition of the index in which the item is."""
    return {"KeyConditionExpression": f"{name} = :value", "ExpressionAttributeValues": {":value": KEYS[name]}}


INDEX_READS = {
    "Query": lambda client, source, partition: client.query(**source, **partition)["Items"],
    "pages of a Query": lambda client, source, partition: pages(client, "query", **source, **partition),
    "Scan": lambda client, source, _: client.scan(**source)["Items"],
    "pages of a Scan": lambda client, source, _: pages(client, "scan", **source),
}
of_index_read = pytest.mark.parametrize("read", INDEX_READS.values(), ids=INDEX_READS.keys())
of_projection = pytest.mark.parametrize("projection", ["ALL", "INCLUDE", "KEYS_ONLY"])


@of_index_read
@of_projection
@of_item()
def test_a_global_index_returns_of_an_item_exactly_what_it_projects(client, item, projection, read):
    with_indexes(client, item, "gsis", BY_GROUP)
    items = read(client, {**TABLE, "IndexName": projection}, equal_to("GPK"))
    assert differing(found(items), projected(item, projection, ["PK", "SK", "GPK", "GSK"])) == []


@of_index_read
@of_projection
@of_item(without=NOT_LOCAL)
def test_a_local_index_returns_of_an_item_exactly_what_it_projects(client, item, projection, read):
    with_indexes(client, item, "lsis", BY_LOCAL_KEY)
    items = read(client, {**TABLE, "IndexName": projection}, equal_to("PK"))
    assert differing(found(items), projected(item, projection, ["PK", "SK", "LSK"])) == []


@of_projection
@of_item(without=NOT_LOCAL)
def test_a_local_index_fetches_the_whole_item(client, item, projection):
    with_indexes(client, item, "lsis", BY_LOCAL_KEY)
    answer = client.query(**TABLE, **equal_to("PK"), IndexName=projection, Select="ALL_ATTRIBUTES")
    assert differing(found(answer["Items"]), item) == []


# --- Keys -----------------------------------------------------------------------------------------

BINARY_KEYS = [b"\x00", b"\x00\x00", b"\x00\xff", b"\x7f", b"\x80", b"\xfe\xff", b"\xff", b"\xff" * 1024]
STRING_KEYS = ["\u0000", " ", "A", "a", "aa", "\u00e9" * 512, "\uffff", "\U00010000", "\U0010ffff"]
KEYS_OF_TYPE = {"N": ASCENDING_NUMBERS, "B": BINARY_KEYS, "S": STRING_KEYS}
of_key_type = pytest.mark.parametrize("kind", KEYS_OF_TYPE)


def with_keys(client, kind):
    client.create_table(**table_of("Everything", "PK", f"SK:{kind}", gsis=[index("ByKey", f"SK:{kind}")]))
    keys = [{"PK": {"S": "partition"}, "SK": {kind: value}} for value in KEYS_OF_TYPE[kind]]
    for key in reversed(keys):
        client.put_item(**TABLE, Item=key)
    return keys


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@of_key_type
def test_pages_go_on_in_order_from_sort_keys_at_every_limit(client, kind, forward):
    keys = with_keys(client, kind)
    items = pages(client, "query", **TABLE, **PARTITION, ScanIndexForward=forward)
    assert items == (keys if forward else keys[::-1])


@of_key_type
def test_pages_of_an_index_scan_go_on_from_partition_keys_at_every_limit(client, kind):
    keys = with_keys(client, kind)
    items = pages(client, "scan", **TABLE, IndexName="ByKey")
    assert sorted(items, key=keys.index) == keys


@of_key_type
def test_items_are_got_by_keys_at_every_limit(client, kind):
    keys = with_keys(client, kind)
    items = [client.get_item(**TABLE, Key=key).get("Item") for key in keys]
    assert items == keys


# --- Just outside ---------------------------------------------------------------------------------

DEPTH = (
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"A": nested(MAX_LEVELS + 1, "M")}, ENVELOPE + DEPTH),
        ({"A": nested(MAX_LEVELS + 1, "L")}, ENVELOPE + DEPTH),
        (
            {long_name(MAX_NAME_BYTES + 1): {"S": "value"}},
            f"{ENVELOPE}Attribute name is too large, must be less than 65536 bytes",
        ),
        ({"A": {"N": DIGITS + "9"}}, f"{ENVELOPE}Attempting to store more than 38 significant digits in a Number"),
        (
            {"A": {"N": LARGEST + "0"}},
            f"{ENVELOPE}Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        (
            {"A": {"N": "1E-131"}},
            f"{ENVELOPE}Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
        (of_size(MAX_ITEM_BYTES + 1), "Item size has exceeded the maximum allowed size"),
    ],
    ids=["33 maps", "33 lists", "name of 65,536 bytes", "39 digits", "1E+126", "1E-131", "409,601 bytes"],
)
def test_an_item_just_outside_a_limit_is_refused(client, attributes, message):
    client.create_table(**table_of("Everything", "PK", "SK"))
    with refused(message):
        client.put_item(**TABLE, Item={**KEYS, **attributes})


# --- Python values --------------------------------------------------------------------------------

PYTHON_VALUES = {
    "String": "text \U0001f600",
    "Empty": "",
    "Integer": 12345678901234567890123456789012345678,
    "Fraction": Decimal("-0.00000000000000000001"),
    "Binary": Binary(b"\x00\xff"),
    "StringSet": {"a", "", "\U0010ffff"},
    "NumberSet": {Decimal("1.5"), Decimal(-2), Decimal(0)},
    "BinarySet": {Binary(b"\x00"), Binary(b"\xff")},
    "List": ["text", 1, True, None, Binary(b"B"), {"nested": [{"deeper": set("xy")}]}],
    "Map": {"text": "text", "list": [], "map": {}},
    "True": True,
    "False": False,
    "Null": None,
}

PYTHON_READS = {
    "get_item": lambda table: table.get_item(Key={"PK": "partition"})["Item"],
    "query": lambda table: table.query(KeyConditionExpression=Key("PK").eq("partition"))["Items"][0],
    "scan": lambda table: table.scan()["Items"][0],
    "batch_get_item": lambda table: table.meta.client.batch_get_item(
        RequestItems={"Everything": {"Keys": [{"PK": "partition"}]}}
    )["Responses"]["Everything"][0],
    "delete_item": lambda table: table.delete_item(Key={"PK": "partition"}, ReturnValues="ALL_OLD")["Attributes"],
}


@pytest.mark.parametrize("read", PYTHON_READS.values(), ids=PYTHON_READS.keys())
@pytest.mark.parametrize("name", PYTHON_VALUES)
def test_a_python_value_comes_back_equal_and_of_its_kind(resource, name, read):
    table = resource.create_table(**table_of("Everything", "PK"))
    table.put_item(Item={"PK": "partition", "Value": PYTHON_VALUES[name]})
    value = read(table)["Value"]
    expected = PYTHON_VALUES[name]
    kind = Decimal if isinstance(expected, int) and not isinstance(expected, bool) else type(expected)
    assert (value, type(value)) == (expected, kind)
