"""PynamoDB against the HTTP server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clients.running import needs_python

pytestmark = needs_python("pynamodb")


@pytest.fixture
def Order(url: str) -> Iterator[Any]:
    from pynamodb import attributes, indexes, models

    class ByStatus(indexes.GlobalSecondaryIndex):  # type: ignore[type-arg]
        class Meta:
            projection = indexes.AllProjection()

        status = attributes.UnicodeAttribute(hash_key=True)

    class Model(models.Model):
        class Meta:
            table_name = "Orders"
            host = url
            region = "eu-west-1"
            billing_mode = "PAY_PER_REQUEST"
            aws_access_key_id = "any"
            aws_secret_access_key = "any"

        customer = attributes.UnicodeAttribute(hash_key=True)
        number = attributes.NumberAttribute(range_key=True)
        status = attributes.UnicodeAttribute(default="open")
        placed = attributes.UTCDateTimeAttribute(null=True)
        photo = attributes.BinaryAttribute(null=True, legacy_encoding=False)
        tags = attributes.UnicodeSetAttribute(null=True)
        expires = attributes.TTLAttribute(null=True)
        by_status = ByStatus()

    Model.create_table(wait=True)
    return Model


def test_an_item_comes_back_equal(Order: Any) -> None:
    order = Order("größe 🎁", 2**100, placed=datetime(2026, 1, 2, 3, 4, 5, 678, UTC), photo=b"\0\1\xff")
    order.save()
    assert Order.get("größe 🎁", 2**100).attribute_values == order.attribute_values


def test_a_failed_condition_is_an_error_of_its_own(Order: Any) -> None:
    from pynamodb.exceptions import PutError

    Order("ann", 1).save()
    with pytest.raises(PutError) as refused:
        Order("ann", 1).save(condition=Order.customer.does_not_exist())
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"


def test_queries_of_table_and_index_go_through_all_pages(Order: Any) -> None:
    with Order.batch_write() as batch:
        for number in range(40):
            batch.save(Order("ann", number, status="open" if number % 2 else "sent"))
    assert [order.number for order in Order.query("ann", page_size=7)] == list(range(40))
    assert len(list(Order.by_status.query("open", page_size=3))) == 20


def test_a_cancelled_transaction_writes_nothing(Order: Any) -> None:
    from pynamodb.connection import Connection
    from pynamodb.exceptions import TransactWriteError
    from pynamodb.transactions import TransactWrite

    Order("ann", 1).save()
    connection = Connection(host=Order.Meta.host, region="eu-west-1")
    connection.session.set_credentials("any", "any")
    transaction = TransactWrite(connection=connection)
    transaction.save(Order("bob", 2))
    transaction.save(Order("ann", 1), condition=Order.customer.does_not_exist())
    with pytest.raises(TransactWriteError) as refused:
        transaction._commit()
    codes = [reason and reason.code for reason in refused.value.cancellation_reasons]
    assert (codes, Order.count()) == ([None, "ConditionalCheckFailed"], 1)


def test_an_update_changes_the_object_too(Order: Any) -> None:
    order = Order("ann", 1, status="open", tags={"a", "b"})
    order.save()
    order.update([Order.status.set("sent"), Order.tags.delete({"a"})], condition=Order.status == "open")
    assert (order.status, order.tags) == ("sent", {"b"})


def test_a_refresh_of_a_deleted_item_is_an_error_of_its_own(Order: Any) -> None:
    order = Order("ann", 1)
    order.save()
    Order.get("ann", 1).delete()
    with pytest.raises(Order.DoesNotExist):
        order.refresh()


def test_a_batch_gets_what_is_there(Order: Any) -> None:
    Order("ann", 1).save()
    Order("ann", 2).save()
    found = Order.batch_get([("ann", 1), ("ann", 2), ("ann", 3)])
    assert sorted(order.number for order in found) == [1, 2]


def test_a_scan_is_filtered_and_continued(Order: Any) -> None:
    for number in range(10):
        Order("ann", number, status="open" if number < 7 else "sent").save()
    first = Order.scan(Order.status == "open", limit=4)
    begun = [order.number for order in first]
    rest = Order.scan(Order.status == "open", last_evaluated_key=first.last_evaluated_key)
    assert begun + [order.number for order in rest] == list(range(7))


def test_an_item_is_deleted_by_the_time_to_live_that_its_model_sets(Order: Any) -> None:
    Order("ann", 1, expires=timedelta(days=-1)).save()
    Order("ann", 2, expires=timedelta(days=1)).save()
    assert [order.number for order in Order.query("ann")] == [2]
