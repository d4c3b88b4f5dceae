"""The in-process road: every DynamoDB client of the process is served, whenever and however it was made."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import unittest
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

import emulator

TABLE = {
    "TableName": "Orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}
CREDENTIALS = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}


@pytest.fixture
def without_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """No credentials and no region anywhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_a_client_made_before_the_mock_is_served() -> None:
    client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
    with emulator.mock():
        client.create_table(**TABLE)
        assert client.list_tables()["TableNames"] == ["Orders"]


class _StopsMeanwhile:
    """The `meta` of a client whose emulator is stopped, as by another thread, while it is asked about the client."""

    def __init__(self, meta: Any, emu: emulator.Emulator) -> None:
        self._meta, self._emulator, self._sending = meta, emu, False
        meta.events.register("before-call", self._note_sending)

    def _note_sending(self, **_: Any) -> None:
        self._sending = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._meta, name)

    @property
    def service_model(self) -> Any:
        if self._sending:
            self._sending = False
            self._emulator.stop()
        return self._meta.service_model


def test_a_request_that_is_being_sent_while_the_emulator_is_stopped_is_still_answered() -> None:
    emu = emulator.Emulator().start()
    client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
    client.meta = _StopsMeanwhile(client.meta, emu)
    assert client.list_tables()["TableNames"] == []


@pytest.mark.usefixtures("without_configuration")
def test_a_client_needs_no_credentials_and_no_region() -> None:
    with emulator.mock(region="eu-west-3"):
        client = boto3.client("dynamodb")
        client.create_table(**TABLE)
        assert ":eu-west-3:" in client.describe_table(TableName="Orders")["Table"]["TableArn"]


@pytest.mark.usefixtures("without_configuration")
def test_a_resource_needs_no_credentials_and_no_region() -> None:
    with emulator.mock():
        table = boto3.resource("dynamodb").create_table(**TABLE)
        table.wait_until_exists()
        table.put_item(Item={"id": "1", "data": b"\x00\xff"})
        assert table.get_item(Key={"id": "1"})["Item"]["data"].value == b"\x00\xff"


@pytest.mark.usefixtures("without_configuration")
def test_a_bare_botocore_session_is_served() -> None:
    with emulator.mock():
        assert botocore.session.get_session().create_client("dynamodb").list_tables()["TableNames"] == []


@pytest.mark.usefixtures("without_configuration")
def test_a_region_in_the_client_configuration_counts() -> None:
    with emulator.mock() as emu:
        boto3.client("dynamodb", config=Config(region_name="eu-north-1")).create_table(**TABLE)
        assert list(emu.tables()) == ["eu-north-1"]


@pytest.mark.usefixtures("without_configuration")
def test_an_explicit_client_ignores_a_broken_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    program = "import emulator; print(emulator.Emulator().client().list_tables()['TableNames'])"
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize(
    ("package", "use"),
    [
        ("botocore", "emulator.mock().start()"),
        ("boto3", "emulator.Emulator().client()"),
        ("boto3", "emulator.Emulator().resource()"),
    ],
)
def test_without_boto3_the_error_says_how_to_get_it(package: str, use: str) -> None:
    program = (
        "import sys, emulator\n"
        f"sys.modules[{package!r}] = None  # as if it were not installed\n"
        "try:\n"
        f"    {use}\n"
        "except ModuleNotFoundError as error:\n"
        "    print(error.name, error, sep='|')\n"
    )
    name, _, text = subprocess.check_output([sys.executable, "-c", program], text=True).partition("|")
    assert name == package
    assert "pip install 'dynamodb-emulator[boto3]'" in text


def test_aiobotocore_clients_are_served_without_configuration(without_configuration: None) -> None:
    from aiobotocore.session import get_session

    async def tables() -> list[str]:
        async with get_session().create_client("dynamodb") as client:
            await client.create_table(**TABLE)
            return list((await client.list_tables())["TableNames"])

    with emulator.mock():
        assert asyncio.run(tables()) == ["Orders"]


def test_aiobotocore_loaded_after_the_start_is_served() -> None:
    program = (
        "import asyncio, emulator\n"
        "emulator.mock().start()\n"
        "from aiobotocore.session import get_session\n"
        "async def main():\n"
        "    async with get_session().create_client('dynamodb') as client:\n"
        "        print((await client.list_tables())['TableNames'])\n"
        "asyncio.run(main())\n"
    )
    assert subprocess.check_output([sys.executable, "-W", "ignore", "-c", program], text=True) == "[]\n"


def test_errors_arrive_as_the_client_s_own_exceptions() -> None:
    with emulator.mock():
        client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
        with pytest.raises(client.exceptions.ResourceNotFoundException, match="Requested resource not found"):
            client.get_item(TableName="missing", Key={"id": {"S": "1"}})


def test_the_item_of_a_failed_condition_arrives_in_the_exception() -> None:
    with emulator.mock():
        client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
        client.create_table(**TABLE)
        client.put_item(TableName="Orders", Item={"id": {"S": "1"}, "b": {"B": b"\x01"}})
        with pytest.raises(ClientError) as caught:
            client.put_item(
                TableName="Orders",
                Item={"id": {"S": "1"}},
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        assert caught.value.response["Item"] == {"id": {"S": "1"}, "b": {"B": b"\x01"}}


def test_mocks_do_not_share_data() -> None:
    client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
    with emulator.mock():
        client.create_table(**TABLE)
    with emulator.mock():
        assert client.list_tables()["TableNames"] == []


def test_an_inner_mock_covers_the_outer_one() -> None:
    client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
    with emulator.mock():
        client.create_table(**TABLE)
        with emulator.mock():
            assert client.list_tables()["TableNames"] == []
        assert client.list_tables()["TableNames"] == ["Orders"]


def test_an_explicit_client_keeps_to_its_emulator_while_another_is_active() -> None:
    mine = emulator.Emulator()
    mine.client().create_table(**TABLE)
    with emulator.mock():
        assert mine.client().list_tables()["TableNames"] == ["Orders"]


def test_clients_of_one_emulator_share_its_data() -> None:
    emu = emulator.Emulator()
    emu.client().create_table(**TABLE)
    assert emu.resource().Table("Orders").table_status == "ACTIVE"


def test_other_services_are_left_to_moto() -> None:
    moto = pytest.importorskip("moto")
    with moto.mock_aws(), emulator.mock() as emu:
        boto3.client("s3", "us-east-1", **CREDENTIALS).create_bucket(Bucket="files")
        boto3.client("dynamodb", "us-east-1", **CREDENTIALS).create_table(**TABLE)
        assert emu.tables() == {"us-east-1": {"Orders": 0}}
        assert [each["Name"] for each in boto3.client("s3", "us-east-1").list_buckets()["Buckets"]] == ["files"]


def test_everything_is_put_back_after_the_last_stop() -> None:
    before = (vars(botocore.client.BaseClient)["_make_request"], botocore.session.Session.create_client)
    with emulator.mock(), emulator.mock():
        assert vars(botocore.client.BaseClient)["_make_request"] is not before[0]
    assert (vars(botocore.client.BaseClient)["_make_request"], botocore.session.Session.create_client) == before


def test_stopping_once_too_often_is_refused() -> None:
    mock = emulator.mock()
    with mock:
        pass
    with pytest.raises(RuntimeError, match="stop"):
        mock.stop()


def test_the_log_names_the_region_that_has_a_table(caplog: pytest.LogCaptureFixture) -> None:
    emu = emulator.Emulator()
    emu.client("eu-west-1").create_table(**TABLE)
    with pytest.raises(ClientError):
        emu.client("us-west-2").describe_table(TableName="Orders")
    assert "us-west-2" in caplog.text
    assert "eu-west-1" in caplog.text


@emulator.mock
def test_the_bare_decorator_starts_a_mock() -> None:
    assert boto3.client("dynamodb", "us-east-1", **CREDENTIALS).list_tables()["TableNames"] == []


@emulator.mock(region="eu-west-1")
def test_the_decorator_takes_settings() -> None:
    client = boto3.client("dynamodb", "eu-west-1", **CREDENTIALS)
    client.create_table(**TABLE)
    assert client.list_tables()["TableNames"] == ["Orders"]


def test_a_decorated_function_gets_a_new_emulator_at_each_call() -> None:
    @emulator.mock()
    def create() -> Any:
        return boto3.client("dynamodb", "us-east-1", **CREDENTIALS).create_table(**TABLE)

    create()
    assert create()["TableDescription"]["TableStatus"] == "CREATING"


def test_a_decorated_coroutine_is_served_until_it_is_done() -> None:
    client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)

    @emulator.mock()
    async def tables() -> Any:
        await asyncio.sleep(0)
        return client.list_tables()["TableNames"]

    assert asyncio.run(tables()) == []


@emulator.mock
class TestDecoratedClass:
    def setup_method(self) -> None:
        self.client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
        self.client.create_table(**TABLE)

    def test_its_set_up_is_served(self) -> None:
        assert self.client.list_tables()["TableNames"] == ["Orders"]

    def test_each_test_has_an_emulator_of_its_own(self) -> None:
        assert self.client.list_tables()["TableNames"] == ["Orders"]


@emulator.mock()
class DecoratedTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.client = boto3.client("dynamodb", "us-east-1", **CREDENTIALS)
        self.client.create_table(**TABLE)

    def test_its_set_up_is_served(self) -> None:
        assert self.client.list_tables()["TableNames"] == ["Orders"]

    def test_each_test_has_an_emulator_of_its_own(self) -> None:
        assert self.client.list_tables()["TableNames"] == ["Orders"]
