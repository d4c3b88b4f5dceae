"""Vector indexes through boto3: searching as users do, life cycle, and what goes with tables. Source: vectors.md."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emulator import Emulator
from emulator.operations import search_vectors

from .builders import refused
from .conftest import NOON

DELAY = 10  # seconds; of an emulator in which changes take time
ALL = {"ProjectionType": "ALL"}
IN_USE = "Attempt to change a resource which is still in use: "
ONLINE = "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table"


def vector(*numbers):
    return [{"N": str(number)} for number in numbers]


def item(key, *numbers, **attributes):
    texts = {name: {"S": text} for name, text in attributes.items()}
    return {"pk": {"S": key}, "embedding": {"L": vector(*numbers)}, **texts}


def index(name="by-meaning", attribute="embedding", *, schema=(), dimensions=3, distance="COSINE", projection=ALL):
    """A vector index; the search schema is written `name` for HASH, `name:filter` for INLINE_FILTER."""
    elements = [element.partition(":") for element in schema]
    asked = {
        "IndexName": name,
        "VectorAttribute": {"AttributeName": attribute},
        "Dimensions": dimensions,
        "DistanceFunction": distance,
        "Projection": projection,
    }
    if elements:
        asked["SearchSchema"] = [
            {"AttributeName": element, "SearchSchemaElementType": "INLINE_FILTER" if role else "HASH"}
            for element, _, role in elements
        ]
    return asked


def definitions(*names):
    return [
        {"AttributeName": name, "AttributeType": kind or "S"}
        for name, _, kind in (attribute.partition(":") for attribute in names)
    ]


def create(client, *indexes, attributes=(), **parameters):
    answer = client.create_table(
        TableName="docs",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=definitions("pk", *attributes),
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        **({"VectorIndexes": list(indexes)} if indexes else {}),
        **parameters,
    )
    return answer["TableDescription"]


def put(client, *items):
    for one in items:
        client.put_item(TableName="docs", Item=one)


def search(client, *numbers, count=10, name="by-meaning", **parameters):
    answer = client.search_vectors(
        TableName="docs", IndexName=name, SearchVector=vector(*numbers), TopK=count, **parameters
    )
    return answer["SearchResults"]


def keys(results):
    return [result["Item"]["pk"]["S"] for result in results]


def change(client, **action):
    """UpdateTable with one action on vector indexes."""
    defined = action.pop("attributes", ())
    more = {"AttributeDefinitions": definitions(*defined)} if defined else {}
    return client.update_table(TableName="docs", VectorIndexUpdates=[action], **more)["TableDescription"]


def describe(client):
    return client.describe_table(TableName="docs")["Table"]


def state(client, name="later"):
    """Status of the table; status of an index and whether it is backfilling. No index is None."""
    table = describe(client)
    for one in table.get("VectorIndexes", ()):
        if one["IndexName"] == name:
            return table["TableStatus"], one["IndexStatus"], one.get("Backfilling")
    return table["TableStatus"], None, None


# --- Searching ------------------------------------------------------------------------------------


@pytest.fixture
def documents(client):
    """Documents of two tenants with vectors of three dimensions."""
    create(client, index(schema=("tenant", "lang:filter")), attributes=("tenant", "lang"))
    put(
        client,
        item("cat", 0.9, 0.1, 0, tenant="zoo", lang="en"),
        item("Katze", 0.88, 0.12, 0, tenant="zoo", lang="de"),
        item("car", 0, 0.2, 0.9, tenant="zoo", lang="en"),
        item("lion", 0.7, 0.3, 0.1, tenant="safari", lang="en"),
    )
    return client


def of_tenant(tenant, lang=None):
    parameters = {"SearchConditionExpression": "tenant = :t", "ExpressionAttributeValues": {":t": {"S": tenant}}}
    if lang is not None:
        parameters["SearchConditionExpression"] += " AND lang = :l"
        parameters["ExpressionAttributeValues"][":l"] = {"S": lang}
    return parameters


def test_a_search_answers_with_the_nearest_items_of_a_tenant_first(documents):
    assert keys(search(documents, 1, 0, 0, **of_tenant("zoo"))) == ["cat", "Katze", "car"]


def test_a_filter_leaves_out_items_before_they_are_counted(documents):
    assert keys(search(documents, 1, 0, 0, count=2, **of_tenant("zoo", "en"))) == ["cat", "car"]


def test_a_result_holds_the_item_without_its_vector_and_the_score(documents):
    (result,) = search(documents, 0.7, 0.3, 0.1, **of_tenant("safari"))
    assert result == {"Item": {"pk": {"S": "lion"}, "tenant": {"S": "safari"}, "lang": {"S": "en"}}, "Score": 0.0}


def test_a_condition_that_contradicts_itself_finds_nothing(documents):
    parameters = of_tenant("zoo", "en")
    parameters["SearchConditionExpression"] += " AND lang = :d"
    parameters["ExpressionAttributeValues"][":d"] = {"S": "de"}
    assert search(documents, 1, 0, 0, **parameters) == []


def test_the_operands_of_a_condition_may_change_places(documents):
    parameters = {**of_tenant("safari"), "SearchConditionExpression": ":t = tenant"}
    assert keys(search(documents, 1, 0, 0, **parameters)) == ["lion"]


def test_the_resource_interface_searches_with_its_own_values(resource):
    client = resource.meta.client
    create(client, index())
    resource.Table("docs").put_item(Item={"pk": "a", "embedding": [Decimal(1), Decimal(0), Decimal(0)], "n": 5})
    answer = client.search_vectors(
        TableName="docs", IndexName="by-meaning", SearchVector=[Decimal(0), Decimal(1), Decimal(0)], TopK=1
    )
    assert answer["SearchResults"] == [{"Item": {"pk": "a", "n": Decimal(5)}, "Score": 1.0}]


def test_a_table_may_be_named_by_its_arn(client):
    arn = create(client, index())["TableArn"]
    put(client, item("a", 1, 0, 0))
    answer = client.search_vectors(TableName=arn, IndexName="by-meaning", SearchVector=vector(1, 0, 0), TopK=1)
    assert keys(answer["SearchResults"]) == ["a"]


def test_equal_scores_come_in_an_order_that_stays(client):
    create(client, index())
    put(client, *(item(str(number), 1, 0, 0) for number in range(20)))
    assert keys(search(client, 1, 0, 0)) == keys(search(client, 1, 0, 0))


@pytest.mark.parametrize("installed", [True, False])
def test_a_search_works_with_numpy_and_without(monkeypatch, client, installed):
    if not installed:
        monkeypatch.setattr(search_vectors, "numpy_module", lambda: None)
    create(client, index())
    put(client, *(item(str(number), 1, number, 0) for number in range(20)))
    assert keys(search(client, 1, 0, 0, count=3)) == ["0", "1", "2"]


def test_the_numbers_of_a_vector_that_is_asked_for_are_the_32_bit_floats_of_the_index(client):
    create(client, index())
    put(client, item("a", 1, "0.1", 16777217))
    (result,) = search(client, 1, 0, 0, ProjectionExpression="embedding")
    assert result["Item"] == {"embedding": {"L": [{"N": "1.0"}, {"N": "0.1"}, {"N": "16777216.0"}]}}


@pytest.mark.parametrize(
    ("numbers", "other"), [((0.1, 0.2, 0.3), (0.1, 0.2, 0.3)), ((1, 2, 3), (7, 14, 21)), ((3, 1, 2), (0.75, 0.25, 0.5))]
)
def test_vectors_of_one_direction_are_at_distance_zero_exactly(client, numbers, other):
    create(client, index())
    put(client, item("a", *numbers))
    assert search(client, *other)[0]["Score"] == 0


def test_a_vector_without_direction_is_found_like_one_at_a_right_angle(client):
    create(client, index())
    put(client, item("zero", 0, 0, 0))
    assert search(client, 1, 0, 0)[0]["Score"] == 1


# --- Refusals of which the page has no text -------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "b"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ProjectionExpression": "pk", "ExpressionAttributeNames": {"#a": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
        ),
        (
            {"SearchConditionExpression": "tenant = :t"},
            "Invalid SearchConditionExpression: An expression attribute value used in expression is not defined; "
            "attribute value: :t",
        ),
        (
            {"SearchConditionExpression": "tenant ="},
            'Invalid SearchConditionExpression: Syntax error; token: "<EOF>", near: "="',
        ),
    ],
)
def test_expressions_of_a_search_are_judged_as_those_of_a_query(documents, parameters, message):
    with refused(message):
        search(documents, 1, 0, 0, **parameters)


def test_a_value_of_another_type_than_defined_is_refused(documents):
    parameters = {**of_tenant("zoo"), "ExpressionAttributeValues": {":t": {"N": "1"}}}
    message = "One or more parameter values were invalid: Condition parameter type does not match schema type"
    with refused(message):
        search(documents, 1, 0, 0, **parameters)


def test_a_search_of_a_secondary_index_does_not_find_it(client):
    by_kind = {
        "IndexName": "by-kind",
        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
        "Projection": ALL,
    }
    create(client, index(), attributes=("kind",), GlobalSecondaryIndexes=[by_kind])
    with refused("The table does not have the specified index: by-kind"):
        search(client, 1, 0, 0, name="by-kind")


# --- Writing --------------------------------------------------------------------------------------


def test_an_update_of_another_attribute_passes_over_a_vector_from_before_the_index(client):
    create(client)
    put(client, item("a", 1, 0))
    change(client, Create=index("later"))
    client.update_item(
        TableName="docs",
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET label = :l",
        ExpressionAttributeValues={":l": {"S": "b"}},
    )
    assert search(client, 1, 0, 0, name="later") == []


def test_the_first_index_by_name_is_named_in_a_refusal(client):
    create(client, index("zebra"), index("aardvark"))
    message = (
        "One or more parameter values were invalid. "
        "Invalid size for parameter embedding, Expected: 3, Actual: 1 IndexName: aardvark"
    )
    with refused(message):
        put(client, item("a", 1))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"S": ""},
            "One or more parameter values are not valid. The update expression attempted to update a secondary index "
            "key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "string value.",
        ),
        (
            {"N": "1"},
            "One or more parameter values were invalid: "
            "Type mismatch for Index Key tenant Expected: S Actual: N IndexName: by-meaning",
        ),
    ],
)
def test_an_update_of_the_hash_attribute_is_judged_like_one_of_an_index_key(documents, value, message):
    with refused(message):
        documents.update_item(
            TableName="docs",
            Key={"pk": {"S": "cat"}},
            UpdateExpression="SET tenant = :t",
            ExpressionAttributeValues={":t": value},
        )


def test_a_filter_of_another_type_than_defined_is_written_and_matches_nothing(documents):
    put(documents, {**item("dog", 1, 0, 0, tenant="zoo"), "lang": {"N": "1"}})
    found = (
        keys(search(documents, 1, 0, 0, **of_tenant("zoo"))),
        keys(search(documents, 1, 0, 0, **of_tenant("zoo", "en"))),
    )
    assert found == (["dog", "cat", "Katze", "car"], ["cat", "car"])


def test_an_item_that_expires_leaves_the_index(road, clock):
    client = road.client
    create(client, index())
    client.update_time_to_live(TableName="docs", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    clock.advance(seconds=3601)
    put(client, {**item("a", 1, 0, 0), "until": {"N": str(int(clock.now()) + 60)}})
    clock.advance(days=3)
    assert search(client, 1, 0, 0) == []


def test_a_failed_condition_counts_the_vector_by_its_dimensions(client):
    create(client, index(dimensions=200))
    numbers = ["1.2345678901234567890123456789"] * 200
    put(client, item("a", *numbers))
    written = client.put_item(TableName="docs", Item=item("a", *numbers), ReturnConsumedCapacity="TOTAL")
    assert written["ConsumedCapacity"]["CapacityUnits"] == 1


def test_the_size_of_a_table_counts_a_vector_by_its_dimensions(client):
    create(client, index())
    put(client, item("a", "0.123456789", "0.123456789", "0.123456789"))
    assert describe(client)["TableSizeBytes"] == len("pk") + len("a") + len("embedding") + 3 * 4


def test_the_index_counts_its_items_and_their_bytes(documents):
    put(documents, item("nobody's", 1, 0, 0))
    (described,) = describe(documents)["VectorIndexes"]
    items = (("cat", "zoo"), ("Katze", "zoo"), ("car", "zoo"), ("lion", "safari"))
    fixed = len("pk") + len("embedding") + 3 * 4 + len("tenant") + len("lang") + 2
    size = sum(fixed + len(key) + len(tenant) for key, tenant in items)
    assert (described["ItemCount"], described["IndexSizeBytes"]) == (4, size)


def test_an_entry_that_moves_to_another_hash_value_is_taken_out_and_put(documents):
    answer = documents.update_item(
        TableName="docs",
        Key={"pk": {"S": "cat"}},
        UpdateExpression="SET tenant = :t",
        ExpressionAttributeValues={":t": {"S": "safari"}},
        ReturnConsumedCapacity="INDEXES",
    )
    assert answer["ConsumedCapacity"]["VectorIndexes"] == {"by-meaning": {"VectorWriteRequestBytes": 2048}}


# --- Life cycle -----------------------------------------------------------------------------------


@pytest.fixture
def slow():
    """An emulator in which each change of status takes ten seconds, with its clock standing still."""
    emulator = Emulator(status_delay=DELAY)
    emulator.clock.freeze(NOON)
    return emulator


@pytest.fixture
def table(slow):
    """A client of the slow emulator, with a table that is active and has an item."""
    client = slow.client()
    create(client, attributes=("tenant",), GlobalSecondaryIndexes=[GLOBAL])
    slow.clock.advance(seconds=DELAY)
    put(client, item("a", 1, 0, 0, tenant="t"))
    return client


GLOBAL = {
    "IndexName": "by-tenant",
    "KeySchema": [{"AttributeName": "tenant", "KeyType": "HASH"}],
    "Projection": ALL,
}


def test_an_index_made_with_the_table_becomes_active_with_it_and_never_backfills(slow):
    client = slow.client()
    create(client, index("later"))
    before = state(client)
    slow.clock.advance(seconds=DELAY)
    assert (before, state(client)) == (("CREATING", "CREATING", None), ("ACTIVE", "ACTIVE", None))


def test_a_table_that_is_being_made_with_its_index_is_refused_deletion_in_the_words_of_the_table(slow):
    client = slow.client()
    create(client, index("later"))
    with refused(IN_USE + "Table is being created: docs", "ResourceInUseException"):
        client.delete_table(TableName="docs")


def test_an_index_added_later_is_allocated_then_backfilled_then_active(slow, table):
    change(table, Create=index("later"))
    states = [state(table)]
    for _ in range(2):
        slow.clock.advance(seconds=DELAY)
        states.append(state(table))
    assert states == [
        ("UPDATING", "CREATING", False),
        ("ACTIVE", "CREATING", True),
        ("ACTIVE", "ACTIVE", None),
    ]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (0, "The table does not have the specified index: later"),
        (1, "Cannot search backfilling vector index: later"),
    ],
)
def test_an_index_that_is_not_ready_cannot_be_searched(slow, table, steps, message):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=steps * DELAY)
    with refused(message):
        search(table, 1, 0, 0, name="later")


def test_writes_of_the_time_of_backfilling_are_found_and_checked(slow, table):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=DELAY)
    put(table, item("b", 0, 1, 0))
    with pytest.raises(table.exceptions.ClientError, match="Invalid size for parameter embedding"):
        put(table, item("c", 0, 1))
    slow.clock.advance(seconds=DELAY)
    assert keys(search(table, 1, 0, 0, name="later")) == ["a", "b"]


@pytest.mark.parametrize("steps", [0, 1])
def test_a_table_is_not_deleted_while_an_index_is_being_made(slow, table, steps):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=steps * DELAY)
    message = IN_USE + "Cannot delete table while indexes are being created, updated, or deleted."
    with refused(message, "ResourceInUseException"):
        table.delete_table(TableName="docs")


@pytest.mark.parametrize("steps", [0, 1])
def test_an_index_that_is_being_made_is_not_made_again(slow, table, steps):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=steps * DELAY)
    with refused(IN_USE + "Index is being created.  Table: docs Index: later", "ResourceInUseException"):
        change(table, Create=index("later"))


@pytest.mark.parametrize("steps", [0, 1])
def test_only_one_index_is_made_at_a_time(slow, table, steps):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=steps * DELAY)
    with refused(ONLINE, "LimitExceededException"):
        change(table, Create=index("other"))


def test_no_secondary_index_is_made_while_a_vector_index_is(slow, table):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=DELAY)
    create_ = {"Create": {**GLOBAL, "IndexName": "other"}}
    with refused(ONLINE, "LimitExceededException"):
        table.update_table(
            TableName="docs", AttributeDefinitions=definitions("tenant"), GlobalSecondaryIndexUpdates=[create_]
        )


def test_no_vector_index_is_made_while_a_secondary_index_is_deleted(table):
    table.update_table(TableName="docs", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-tenant"}}])
    with refused(ONLINE, "LimitExceededException"):
        change(table, Create=index("later"))


def test_changes_of_both_kinds_of_indexes_in_one_request_are_refused(table):
    with refused(ONLINE, "LimitExceededException"):
        table.update_table(
            TableName="docs",
            GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-tenant"}}],
            VectorIndexUpdates=[{"Create": index("later")}],
        )


def test_an_index_is_not_deleted_while_it_is_allocated(table):
    change(table, Create=index("later"))
    message = (
        IN_USE + "Index creation is in resource allocation phase. Retry deletion during backfilling phase or when the "
        "index is active. Table: docs Index: later"
    )
    with refused(message, "ResourceInUseException"):
        change(table, Delete={"IndexName": "later"})


def test_an_index_may_be_deleted_while_it_backfills(slow, table):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=DELAY)
    change(table, Delete={"IndexName": "later"})
    states = [state(table)]
    slow.clock.advance(seconds=DELAY)
    states.append(state(table))
    table.delete_table(TableName="docs")
    assert states == [("UPDATING", "DELETING", None), ("ACTIVE", None, None)]


def test_an_index_that_was_deleted_while_it_backfilled_does_not_come_back(slow, table):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=DELAY)
    change(table, Delete={"IndexName": "later"})
    slow.clock.advance(seconds=10 * DELAY)
    assert state(table) == ("ACTIVE", None, None)


def test_an_active_index_is_deleting_for_a_while_and_its_search_schema_is_forgotten(slow):
    client = slow.client()
    create(client, index("later", schema=("tenant",)), attributes=("tenant",))
    slow.clock.advance(seconds=DELAY)
    change(client, Delete={"IndexName": "later"})
    before = state(client)
    slow.clock.advance(seconds=DELAY)
    after = describe(client)
    assert (before, after["AttributeDefinitions"]) == (("UPDATING", "DELETING", None), definitions("pk"))


def test_an_index_name_is_unique_among_indexes_of_all_kinds(table):
    with refused("Attempting to create an index which already exists"):
        change(table, Create=index("by-tenant"))


def test_a_vector_index_is_not_deleted_as_a_secondary_index(client):
    create(client, index())
    with refused("Requested resource not found: Index: by-meaning not found", "ResourceNotFoundException"):
        client.update_table(TableName="docs", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-meaning"}}])


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_savepoint_brings_back_an_index_that_was_being_made(slow, table, steps):
    change(table, Create=index("later"))
    slow.clock.advance(seconds=steps * DELAY)
    before, before_at = describe(table), slow.clock.now()
    savepoint = slow.savepoint()
    slow.clock.advance(seconds=3 * DELAY)
    describe(table)
    change(table, Delete={"IndexName": "later"})
    slow.clock.advance(seconds=DELAY)
    describe(table)
    savepoint.restore()
    slow.clock.freeze(before_at)
    assert describe(table) == before


# --- Definitions ----------------------------------------------------------------------------------


def test_an_attribute_keeps_the_type_that_another_index_gave_it(client):
    create(client, index("first", schema=("tenant",)), attributes=("tenant",))
    message = (
        "One or more parameter values were invalid: Attributes cannot be redefined. "
        "Please check that your attribute has the same type as previously defined. "
        "Existing schema: Schema:[SchemaElement: key{tenant:S:HASH}] "
        "New schema: Schema:[SchemaElement: key{tenant:N:HASH}]"
    )
    with refused(message):
        change(client, Create=index("later", schema=("tenant",)), attributes=("tenant:N",))


def test_a_vector_attribute_cannot_become_a_key(client):
    create(client, index())
    message = (
        "One or more parameter values were invalid: Conflicting attribute definition for 'embedding'. "
        "An attribute cannot be defined in AttributeDefinitions when used as a VectorAttribute."
    )
    key = [{"AttributeName": "embedding", "KeyType": "HASH"}]
    with refused(message):
        client.update_table(
            TableName="docs",
            AttributeDefinitions=definitions("embedding"),
            GlobalSecondaryIndexUpdates=[{"Create": {**GLOBAL, "KeySchema": key}}],
        )


def test_a_definition_that_neither_a_key_nor_a_search_schema_uses_is_refused(client):
    message = (
        "One or more parameter values were invalid: Some AttributeDefinitions are not used. "
        "AttributeDefinitions: [pk, tenant, other], keys used: [pk, tenant]"
    )
    with refused(message):
        create(client, index(schema=("tenant",)), attributes=("tenant", "other"))


def test_a_table_may_become_on_demand_and_get_a_vector_index_at_once(client):
    client.create_table(
        TableName="docs",
        AttributeDefinitions=definitions("pk"),
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )
    client.update_table(
        TableName="docs", BillingMode="PAY_PER_REQUEST", VectorIndexUpdates=[{"Create": index("later")}]
    )
    assert state(client) == ("ACTIVE", "ACTIVE", None)
