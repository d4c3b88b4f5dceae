"""Which of several faults of a BatchWriteItem is reported. Source: batch_transactions.md 3.2."""

from __future__ import annotations

import pytest

from emulator import Emulator

from .calls import call, fault_of, invalid

TWICE = [{"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}] * 2
MISTYPED = [{"DeleteRequest": {"Key": {"pk": {"N": "1"}}}}]
MISMATCH = "The provided key element does not match the schema"
DUPLICATES = "Provided list of item keys contains duplicates"


@pytest.fixture
def emulator(emulator: Emulator) -> Emulator:
    """An emulator with the tables `one` and `two`."""
    for table in ("one", "two"):
        call(
            emulator,
            "CreateTable",
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
    return emulator


@pytest.mark.parametrize("tables", [("one", "two"), ("two", "one")])
def test_the_keys_of_all_tables_are_judged_before_repetitions_in_any(
    emulator: Emulator, tables: tuple[str, str]
) -> None:
    writes = dict(zip(tables, (TWICE, MISTYPED), strict=True))
    assert fault_of(emulator, "BatchWriteItem", RequestItems=writes) == invalid(MISMATCH)


def test_a_repeated_key_is_refused(emulator: Emulator) -> None:
    assert fault_of(emulator, "BatchWriteItem", RequestItems={"one": TWICE}) == invalid(DUPLICATES)


def test_equal_keys_in_different_tables_are_no_repetition(emulator: Emulator) -> None:
    assert fault_of(emulator, "BatchWriteItem", RequestItems={"one": TWICE[:1], "two": TWICE[:1]}) is None
