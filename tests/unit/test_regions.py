"""Regions are separate databases; empty ones are not kept without bound."""

from __future__ import annotations

import orjson

from emulator import Emulator, limits

CREATE = orjson.dumps(
    {
        "TableName": "Orders",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
)


def test_each_region_has_tables_of_its_own() -> None:
    emu = Emulator()
    emu.gateway.call("CreateTable", CREATE, "eu-west-1")
    assert emu.gateway.call("ListTables", b"{}", "us-east-1").body == b'{"TableNames":[]}'


def test_requests_for_made_up_regions_do_not_pile_up() -> None:
    emu = Emulator()
    for number in range(3 * limits.MAX_OPEN_REGIONS):
        emu.gateway.call("ListTables", b"{}", f"nowhere-{number}")
    assert len(emu._databases) <= limits.MAX_OPEN_REGIONS


def test_a_region_with_a_table_is_kept_among_many_others() -> None:
    emu = Emulator()
    emu.gateway.call("CreateTable", CREATE, "eu-west-1")
    for number in range(3 * limits.MAX_OPEN_REGIONS):
        emu.gateway.call("ListTables", b"{}", f"nowhere-{number}")
    assert emu.gateway.call("ListTables", b"{}", "eu-west-1").body == b'{"TableNames":["Orders"]}'


def test_a_table_comes_back_to_its_region_although_the_region_was_empty_among_many_others() -> None:
    emu = Emulator()
    emu.gateway.call("CreateTable", CREATE, "eu-west-1")
    savepoint = emu.savepoint()
    emu.gateway.call("DeleteTable", b'{"TableName":"Orders"}', "eu-west-1")
    for number in range(3 * limits.MAX_OPEN_REGIONS):
        emu.gateway.call("ListTables", b"{}", f"nowhere-{number}")
    savepoint.restore()
    assert emu.gateway.call("ListTables", b"{}", "eu-west-1").body == b'{"TableNames":["Orders"]}'
