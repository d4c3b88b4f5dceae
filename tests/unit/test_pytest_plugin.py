"""The pytest plugin, run on small test files of its users."""

import json
from textwrap import dedent

import aiobotocore.session
import boto3
import moto
import pytest

import emulator.testing.layers
import emulator.testing.yaml_documents
import emulator.transports.http
import emulator.transports.process

# A run inside of this one forgets the modules that it loads; those that are here already it does not load.
LOADED = (aiobotocore.session, boto3, moto, emulator.testing, emulator.transports)
emulator.Emulator()

TABLE = """
TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
"""

TEMPLATE = {
    "Resources": {
        "Orders": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "orders",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        }
    }
}


@pytest.fixture(autouse=True)
def _no_region(monkeypatch, tmp_path):
    """Users' test files run as on a machine without any AWS configuration."""
    for variable in ("AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))


@pytest.fixture
def run_files(pytester):
    """Run the files that are there."""

    def run_files(*arguments):
        # Loading hypothesis, which every run would do for its summary, takes seconds.
        return pytester.runpytest("-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments)

    return run_files


@pytest.fixture
def run(pytester, run_files):
    """Run a test file; its text may use TABLE and boto3."""

    def run(text, *arguments):
        pytester.makepyfile(test_of_user="import boto3\nimport pytest\n" + TABLE + dedent(text))
        return run_files(*arguments)

    return run


# --- Fixtures -------------------------------------------------------------------------------------


def test_a_test_that_takes_the_client_needs_nothing_else(run):
    result = run("""
        def test_it(dynamodb_client):
            dynamodb_client.create_table(**TABLE)
            dynamodb_client.put_item(TableName="orders", Item={"pk": {"S": "a"}})
            assert dynamodb_client.scan(TableName="orders")["Count"] == 1
    """)
    result.assert_outcomes(passed=1)


def test_client_resource_and_endpoint_show_the_same_emulator(run):
    result = run("""
        def test_it(emulator, dynamodb_client, dynamodb_resource, dynamodb_endpoint_url):
            dynamodb_client.create_table(**TABLE)
            dynamodb_resource.Table("orders").put_item(Item={"pk": "a"})
            over_http = boto3.client("dynamodb", endpoint_url=dynamodb_endpoint_url)
            over_http.put_item(TableName="orders", Item={"pk": {"S": "b"}})
            assert emulator.tables() == {"us-east-1": {"orders": 2}}
    """)
    result.assert_outcomes(passed=1)


def test_the_endpoint_serves_what_is_declared_and_each_test_has_its_own(run):
    result = run("""
        import urllib.request

        seen = []

        @pytest.mark.dynamodb(tables=TABLE)
        @pytest.mark.parametrize("number", range(2))
        def test_it(dynamodb_endpoint_url, number):
            with urllib.request.urlopen(dynamodb_endpoint_url) as answer:
                assert answer.read().startswith(b"healthy")
            client = boto3.client("dynamodb", endpoint_url=dynamodb_endpoint_url)
            assert client.scan(TableName="orders")["Count"] == 0
            client.put_item(TableName="orders", Item={"pk": {"S": "a"}})
    """)
    result.assert_outcomes(passed=2)


def test_clients_made_at_import_time_and_in_the_test_are_served(run):
    result = run("""
        early = boto3.client("dynamodb", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

        def test_it(emulator):
            early.create_table(**TABLE)
            assert boto3.resource("dynamodb").Table("orders").item_count == 0
    """)
    result.assert_outcomes(passed=1)


def test_aiobotocore_clients_are_served(run):
    result = run("""
        import asyncio
        from aiobotocore.session import get_session

        @pytest.mark.dynamodb(tables=TABLE, seed={"orders": [{"pk": "a"}]})
        def test_it():
            async def count():
                async with get_session().create_client("dynamodb") as client:
                    return (await client.scan(TableName="orders"))["Count"]
            assert asyncio.run(count()) == 1
    """)
    result.assert_outcomes(passed=1)


def test_an_emulator_is_empty_at_the_start_of_each_test(run):
    result = run("""
        @pytest.mark.parametrize("number", range(3))
        def test_it(dynamodb_client, number):
            dynamodb_client.create_table(**TABLE)
    """)
    result.assert_outcomes(passed=3)


def test_no_client_is_served_after_the_test(run):
    result = run("""
        from botocore.exceptions import NoRegionError

        def test_first(emulator):
            boto3.client("dynamodb").list_tables()

        def test_second():
            with pytest.raises(NoRegionError):
                boto3.client("dynamodb")
    """)
    result.assert_outcomes(passed=2)


def test_unittest_classes_are_served_with_usefixtures_and_with_the_marker(run):
    result = run("""
        import unittest

        @pytest.mark.usefixtures("emulator")
        class TestWithFixture(unittest.TestCase):
            def test_it(self):
                assert boto3.client("dynamodb").list_tables()["TableNames"] == []

        @pytest.mark.dynamodb(tables=TABLE, scope="class")
        class TestWithMarker(unittest.TestCase):
            def test_first(self):
                boto3.resource("dynamodb").Table("orders").put_item(Item={"pk": "a"})

            def test_second(self):
                assert boto3.resource("dynamodb").Table("orders").scan()["Items"] == []
    """)
    result.assert_outcomes(passed=3)


def test_moto_serves_other_services_beside_it(run):
    result = run("""
        from moto import mock_aws

        @mock_aws
        def test_it(dynamodb_client):
            s3 = boto3.client("s3", region_name="us-east-1")
            s3.create_bucket(Bucket="bucket")
            boto3.client("dynamodb", region_name="us-east-1").create_table(**TABLE)
            assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["bucket"]
            assert dynamodb_client.list_tables()["TableNames"] == ["orders"]
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("imported", "frozen"),
    [
        ("from freezegun import freeze_time", 'freeze_time("2020-01-01")'),
        ("import time_machine", 'time_machine.travel("2020-01-01 00:00Z", tick=False)'),
    ],
    ids=["freezegun", "time_machine"],
)
def test_declared_tables_are_active_though_the_test_stands_in_the_past(run, imported, frozen):
    result = run(f"""
        {imported}

        @pytest.mark.dynamodb(tables=TABLE, scope="module")
        @{frozen}
        def test_shared(dynamodb_client):
            dynamodb_client.put_item(TableName="orders", Item={{"pk": {{"S": "a"}}}})

        @pytest.mark.dynamodb(tables=TABLE)
        @{frozen}
        def test_own(dynamodb_client):
            dynamodb_client.put_item(TableName="orders", Item={{"pk": {{"S": "a"}}}})
    """)
    result.assert_outcomes(passed=2)


# --- The clock ------------------------------------------------------------------------------------


def test_the_clock_of_a_test_moves_its_emulator(run):
    result = run("""
        def test_it(dynamodb_clock, dynamodb_client):
            dynamodb_clock.freeze(0)
            dynamodb_clock.advance(hours=25)
            created = dynamodb_client.create_table(**TABLE)["TableDescription"]["CreationDateTime"]
            assert created.timestamp() == 25 * 3600
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize("fixture", ["dynamodb_clock", "emulator"])
def test_the_clock_of_a_shared_emulator_is_put_back_after_each_test(run, fixture):
    result = run(f"""
        import time

        pytestmark = pytest.mark.dynamodb(tables=TABLE, scope="module")
        clocks = []

        @pytest.mark.parametrize("move", ["freeze", "advance", "fail"])
        def test_it({fixture}, move):
            clock = getattr({fixture}, "clock", {fixture})
            clocks.append(clock)
            assert (clock.frozen, clock.now() < time.time() + 1) == (False, True)
            if move == "advance":
                clock.advance(days=1)
            else:
                clock.freeze(0)
            assert move != "fail"

        def test_after(emulator):
            assert [clock is emulator.clock for clock in clocks] == [True] * 3
            assert not emulator.clock.frozen
    """)
    result.assert_outcomes(passed=3, failed=1)


# --- The region -----------------------------------------------------------------------------------

SEES_ORDERS = """
        @pytest.mark.dynamodb(tables=TABLE)
        def test_it(dynamodb_client):
            assert dynamodb_client.meta.region_name == "eu-west-1"
            assert boto3.client("dynamodb", region_name="eu-west-1").list_tables()["TableNames"] == ["orders"]
"""


def test_declared_tables_are_in_the_region_of_the_environment(run, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    run(SEES_ORDERS).assert_outcomes(passed=1)


def test_declared_tables_are_in_the_region_of_the_configuration_file(run, monkeypatch, tmp_path):
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    run(SEES_ORDERS).assert_outcomes(passed=1)


def test_declared_tables_are_in_the_region_of_the_ini_option(run):
    run(SEES_ORDERS, "-o", "dynamodb_region=eu-west-1").assert_outcomes(passed=1)


def test_a_profile_that_does_not_exist_is_no_hindrance(run, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "missing")
    result = run("""
        @pytest.mark.dynamodb(tables=TABLE)
        def test_it(dynamodb_client):
            assert dynamodb_client.list_tables()["TableNames"] == ["orders"]
    """)
    result.assert_outcomes(passed=1)


# --- Tables and seed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "tables",
    ["TABLE", "[TABLE]", "lambda client: client.create_table(**TABLE)", '"template.json"', '"tables.json"'],
    ids=["dict", "list", "function", "template", "file"],
)
def test_tables_come_from_python_files_and_functions(run, pytester, tables):
    pytester.path.joinpath("template.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    properties = TEMPLATE["Resources"]["Orders"]["Properties"]
    pytester.path.joinpath("tables.json").write_text(json.dumps([properties]), encoding="utf-8")
    result = run(f"""
        @pytest.mark.dynamodb(tables={tables})
        def test_it(dynamodb_client):
            assert dynamodb_client.list_tables()["TableNames"] == ["orders"]
    """)
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "seed",
    [
        '{"orders": [{"pk": "a", "total": 3}]}',
        '{"orders": [{"pk": {"S": "a"}, "total": {"N": "3"}}]}',
        'lambda client: client.put_item(TableName="orders", Item={"pk": {"S": "a"}, "total": {"N": "3"}})',
        '"seed.json"',
        '"orders.jsonl"',
        '{"orders": "orders.jsonl"}',
    ],
    ids=["plain", "dynamodb-json", "function", "file", "lines", "lines-by-name"],
)
def test_seed_comes_from_python_files_and_functions(run, pytester, seed):
    pytester.path.joinpath("seed.json").write_text('{"orders": [{"pk": "a", "total": 3}]}', encoding="utf-8")
    pytester.path.joinpath("orders.jsonl").write_text('{"pk": "a", "total": 3}\n', encoding="utf-8")
    result = run(f"""
        @pytest.mark.dynamodb(tables=TABLE, seed={seed})
        def test_it(dynamodb_resource):
            assert dynamodb_resource.Table("orders").scan()["Items"] == [{{"pk": "a", "total": 3}}]
    """)
    result.assert_outcomes(passed=1)


def test_markers_of_module_class_and_test_add_up(run):
    result = run("""
        pytestmark = pytest.mark.dynamodb(tables=TABLE, scope="module")

        @pytest.mark.dynamodb(seed={"orders": [{"pk": "class"}]}, scope="class")
        class TestOrders:
            @pytest.mark.dynamodb(seed={"orders": [{"pk": "test"}]})
            def test_all(self):
                assert keys() == {"class", "test"}

            def test_class(self):
                assert keys() == {"class"}

        def test_module():
            assert keys() == set()

        def keys():
            return {item["pk"] for item in boto3.resource("dynamodb").Table("orders").scan()["Items"]}
    """)
    result.assert_outcomes(passed=3)


def test_fixtures_declare_tables_and_seed_for_every_test_that_takes_an_emulator(run, pytester):
    pytester.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def dynamodb_tables():
            return "template.json"

        @pytest.fixture
        def dynamodb_seed():
            return {"orders": [{"pk": "a"}]}
    """)
    pytester.path.joinpath("template.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    result = run("""
        @pytest.mark.parametrize("number", range(2))
        def test_it(dynamodb_client, number):
            assert dynamodb_client.delete_item(
                TableName="orders", Key={"pk": {"S": "a"}}, ReturnValues="ALL_OLD"
            )["Attributes"] == {"pk": {"S": "a"}}
    """)
    result.assert_outcomes(passed=2)


def test_files_are_found_beside_the_test_or_above_it_up_to_the_root(pytester, run_files):
    pytester.makefile(".ini", pytest="[pytest]")
    pytester.path.joinpath("template.json").write_text(json.dumps(TEMPLATE), encoding="utf-8")
    deep = pytester.mkdir("deep")
    deep.joinpath("orders.json").write_text('[{"pk": "a"}]', encoding="utf-8")
    deep.joinpath("test_deep.py").write_text(
        "import pytest\n"
        '@pytest.mark.dynamodb(tables="template.json", seed="orders.json")\n'
        'def test_it(dynamodb_client):\n    assert dynamodb_client.scan(TableName="orders")["Count"] == 1\n',
        encoding="utf-8",
    )
    run_files().assert_outcomes(passed=1)


# --- Scopes ---------------------------------------------------------------------------------------

LOADS = """
        loads = []

        def load(client):
            loads.append(1)
            for number in range(3):
                client.put_item(TableName="orders", Item={"pk": {"S": str(number)}})
"""


@pytest.mark.parametrize(
    ("scope", "loads"), [("session", 1), ("package", 1), ("module", 1), ("class", 2), ("function", 4)]
)
def test_a_seed_is_loaded_once_for_its_scope(run, scope, loads):
    result = run(
        LOADS
        + f"""
        pytestmark = pytest.mark.dynamodb(tables=TABLE, seed=load, scope="{scope}")

        class TestFirst:
            def test_a(self): pass
            def test_b(self): pass

        class TestSecond:
            def test_a(self): pass
            def test_b(self): assert len(loads) == {loads}
    """
    )
    result.assert_outcomes(passed=4)


def test_a_seed_of_the_session_is_loaded_once_for_all_modules(pytester, run_files):
    pytester.makeconftest(
        "import pytest\n"
        + TABLE
        + """
loads = []

def load(client):
    loads.append(1)

@pytest.fixture(scope="session")
def dynamodb_tables():
    return TABLE

@pytest.fixture(scope="session")
def dynamodb_seed():
    return load
"""
    )
    text = """
        import conftest
        def test_a(emulator): pass
        def test_b(emulator): assert len(conftest.loads) == 1
    """
    pytester.makepyfile(test_one=text, test_two=text)
    run_files().assert_outcomes(passed=4)


def test_a_layer_of_a_module_comes_on_top_of_the_session_which_is_not_loaded_again(pytester, run_files):
    pytester.makeconftest(
        "import pytest\n"
        + TABLE
        + """
loads = []

@pytest.fixture(scope="session")
def dynamodb_tables():
    return lambda client: loads.append(client.create_table(**TABLE))
"""
    )
    text = """
        import conftest, pytest

        pytestmark = pytest.mark.dynamodb(seed={{"orders": [{{"pk": "{0}"}}]}}, scope="module")

        def test_a(dynamodb_client):
            dynamodb_client.put_item(TableName="orders", Item={{"pk": {{"S": "mine"}}}})

        def test_b(dynamodb_resource):
            assert dynamodb_resource.Table("orders").scan()["Items"] == [{{"pk": "{0}"}}]
            assert len(conftest.loads) == 1
    """
    pytester.makepyfile(test_one=text.format("one"), test_two=text.format("two"))
    run_files().assert_outcomes(passed=4)


def test_whatever_a_test_does_to_a_shared_seed_the_next_test_does_not_see(run):
    result = run("""
        pytestmark = pytest.mark.dynamodb(tables=TABLE, seed={"orders": [{"pk": "a", "n": 1}]}, scope="module")

        @pytest.fixture(autouse=True)
        def _as_seeded(emulator):
            client = emulator.client()
            assert [tables for tables in emulator.tables().values() if tables] == [{"orders": 1}]
            assert client.scan(TableName="orders")["Items"] == [{"pk": {"S": "a"}, "n": {"N": "1"}}]
            description = client.describe_table(TableName="orders")["Table"]
            assert description["TableStatus"] == "ACTIVE"
            assert "GlobalSecondaryIndexes" not in description
            assert emulator.observers != []
            yield

        def test_writes(dynamodb_resource):
            table = dynamodb_resource.Table("orders")
            table.put_item(Item={"pk": "b"})
            table.update_item(Key={"pk": "a"}, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": 1})

        def test_delete_item(dynamodb_resource):
            dynamodb_resource.Table("orders").delete_item(Key={"pk": "a"})

        def test_delete_table(dynamodb_client):
            dynamodb_client.delete_table(TableName="orders")

        def test_delete_table_and_look(dynamodb_client):
            dynamodb_client.delete_table(TableName="orders")
            assert dynamodb_client.list_tables()["TableNames"] == []

        def test_delete_and_create_again(dynamodb_client):
            dynamodb_client.delete_table(TableName="orders")
            dynamodb_client.create_table(**TABLE)

        def test_create_table(dynamodb_client):
            dynamodb_client.create_table(**{**TABLE, "TableName": "another"})

        def test_another_region():
            boto3.client("dynamodb", region_name="eu-west-1").create_table(**TABLE)

        def test_update_table(dynamodb_client):
            dynamodb_client.update_table(
                TableName="orders",
                AttributeDefinitions=[{"AttributeName": "n", "AttributeType": "N"}],
                GlobalSecondaryIndexUpdates=[{"Create": {
                    "IndexName": "by_n",
                    "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }}],
            )

        def test_reset(emulator):
            emulator.reset()

        def test_own_savepoints(emulator, dynamodb_resource):
            dynamodb_resource.Table("orders").put_item(Item={"pk": "b"})
            emulator.savepoint().release()
            dynamodb_resource.Table("orders").put_item(Item={"pk": "c"})
            emulator.savepoint()

        def test_observers(emulator):
            emulator.observers.clear()

        def test_failing(dynamodb_resource):
            dynamodb_resource.Table("orders").put_item(Item={"pk": "b"})
            raise AssertionError

        def test_last(): pass
    """)
    result.assert_outcomes(passed=12, failed=1)


def test_writes_of_worker_threads_and_over_http_are_taken_back_too(run):
    result = run("""
        from concurrent.futures import ThreadPoolExecutor

        pytestmark = pytest.mark.dynamodb(tables=TABLE, scope="module")

        @pytest.mark.parametrize("number", range(2))
        def test_it(dynamodb_client, dynamodb_endpoint_url, number):
            assert dynamodb_client.scan(TableName="orders")["Count"] == 0
            over_http = boto3.client("dynamodb", endpoint_url=dynamodb_endpoint_url)
            with ThreadPoolExecutor(4) as pool:
                for key in "abcdefgh":
                    pool.submit(over_http.put_item, TableName="orders", Item={"pk": {"S": key}})
            assert dynamodb_client.scan(TableName="orders")["Count"] == 8
    """)
    result.assert_outcomes(passed=2)


def test_scopes_are_safe_when_tests_of_modules_run_mixed(pytester, run_files):
    pytester.makeconftest("""
        def pytest_collection_modifyitems(items):
            items.sort(key=lambda item: (item.name, item.path))
    """)
    text = (
        "import pytest\n"
        + TABLE
        + """
pytestmark = pytest.mark.dynamodb(tables=TABLE, seed={"orders": [{"pk": __name__}]}, scope="module")

@pytest.mark.parametrize("number", range(3))
def test_it(number, dynamodb_resource):
    table = dynamodb_resource.Table("orders")
    assert table.scan()["Items"] == [{"pk": __name__}]
    table.put_item(Item={"pk": "mine"})
"""
    )
    pytester.makepyfile(test_one=text, test_two=text)
    run_files().assert_outcomes(passed=6)


def test_the_data_of_a_scope_is_forgotten_when_tests_have_left_it(pytester, run_files):
    pytester.makeconftest("emulators = []")
    text = (
        "import conftest, gc, pytest, weakref\n"
        + TABLE
        + """
@pytest.mark.dynamodb(tables=TABLE, scope="class")
class TestOwn:
    def test_of_class(self, emulator):
        conftest.emulators.append(weakref.ref(emulator))

def test_without(emulator):
    conftest.emulators.append(weakref.ref(emulator))

def test_last(emulator):
    gc.collect()
    assert [reference() for reference in conftest.emulators] == [None, None]
"""
    )
    pytester.makepyfile(text)
    run_files().assert_outcomes(passed=3)


def test_what_a_test_takes_back_is_counted_in_writes_not_in_items(run):
    """The undo log of a shared emulator is as long as what the last test wrote."""
    result = run("""
        pytestmark = pytest.mark.dynamodb(
            tables=TABLE, seed={"orders": [{"pk": str(number)} for number in range(500)]}, scope="module"
        )

        @pytest.mark.parametrize("number", range(2))
        def test_it(emulator, dynamodb_resource, number):
            assert len(emulator._undo._inverses) == 0
            dynamodb_resource.Table("orders").put_item(Item={"pk": "mine"})
            assert len(emulator._undo._inverses) == 1
    """)
    result.assert_outcomes(passed=2)


def test_workers_of_xdist_do_not_see_each_other(pytester, run_files):
    pytester.makepyfile(
        "import boto3, pytest\n"
        + TABLE
        + """
pytestmark = pytest.mark.dynamodb(tables=TABLE, seed={"orders": [{"pk": "seed"}]}, scope="session")

@pytest.mark.parametrize("number", range(8))
def test_it(number, dynamodb_endpoint_url):
    table = boto3.resource("dynamodb", endpoint_url=dynamodb_endpoint_url).Table("orders")
    assert table.scan()["Items"] == [{"pk": "seed"}]
    table.put_item(Item={"pk": str(number)})
"""
    )
    run_files(
        "-n",
        "2",
    ).assert_outcomes(passed=8)


# --- Mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("TABLE", "@pytest.mark.dynamodb takes named arguments only: tables=, seed=, scope="),
        ("table=TABLE", "@pytest.mark.dynamodb has no argument table; it takes tables=, seed=, scope="),
        (
            "scope='modul'",
            "@pytest.mark.dynamodb(scope='modul'): a scope is one of session, package, module, class, function",
        ),
        (
            "tables=3",
            "@pytest.mark.dynamodb(tables=...): 3 declares no tables; give CreateTable's parameters as a dict, "
            "the path of a JSON or YAML file or of a template, a function that takes a client, or a list of these",
        ),
        (
            "tables={'Name': 'orders'}",
            "@pytest.mark.dynamodb(tables=...): neither a template nor CreateTable's parameters with a TableName",
        ),
        ("tables='missing.yaml'", "@pytest.mark.dynamodb(tables=...): there is no file missing.yaml in *"),
        (
            "tables={**TABLE, 'BillingMode': 'FREE'}",
            "@pytest.mark.dynamodb(tables=...): table orders: ValidationException: *'FREE' at 'billingMode'*",
        ),
        (
            "tables=[TABLE, TABLE]",
            "@pytest.mark.dynamodb(tables=...): table orders: ResourceInUseException: *",
        ),
        (
            "tables=TABLE, seed={'orders': {'pk': 'a'}}",
            "@pytest.mark.dynamodb(seed=...): table orders: the items must be a list, not a dict",
        ),
        ("tables=TABLE, seed={'orders': 'a.json'}", "@pytest.mark.dynamodb(seed=...): there is no file a.json in *"),
        (
            "tables=TABLE, seed=3",
            "@pytest.mark.dynamodb(seed=...): 3 is no seed; give a dict of table names and lists of items, "
            "the path of a JSON or YAML file, a function that takes a client, or a list of these",
        ),
        (
            "seed={'orders': [{'pk': 'a'}]}",
            "@pytest.mark.dynamodb(seed=...): table orders, item 1: ResourceNotFoundException: "
            "Requested resource not found",
        ),
        (
            "tables=TABLE, seed={'orders': [{'pk': 'a'}, {'id': 'b'}]}",
            "@pytest.mark.dynamodb(seed=...): table orders, item 2: ValidationException: *Missing the key pk *",
        ),
    ],
)
def test_a_mistake_in_the_marker_is_one_line_that_says_what_and_where(run, arguments, message):
    result = run(f"""
        @pytest.mark.dynamodb({arguments})
        def test_it(): pass
    """)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message.replace("[", "[[]")])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_after_a_mistake_in_one_test_the_others_of_the_scope_are_well(run):
    result = run("""
        pytestmark = pytest.mark.dynamodb(tables=TABLE, seed={"orders": [{"pk": "a"}]}, scope="module")

        def test_a(dynamodb_client): assert dynamodb_client.scan(TableName="orders")["Count"] == 1

        @pytest.mark.dynamodb(seed={"orders": [{"pk": "b"}, {"wrong": "c"}]})
        def test_b(): pass

        def test_c(dynamodb_client): assert dynamodb_client.scan(TableName="orders")["Count"] == 1
    """)
    result.assert_outcomes(passed=2, errors=1)


def test_the_marker_is_known_to_strict_markers(run):
    run("@pytest.mark.dynamodb(tables=TABLE)\ndef test_it(): pass", "--strict-markers").assert_outcomes(passed=1)


# --- The requests of a failed test ----------------------------------------------------------------


def section(result):
    """The lines under the heading of the requests."""
    lines = result.outlines
    start = next(at for at, line in enumerate(lines) if "DynamoDB requests" in line)
    end = next(at for at in range(start + 1, len(lines)) if lines[at].startswith(("=", "-", "_")))
    return lines[start + 1 : end]


def test_a_failed_test_shows_its_last_requests_with_keys_and_outcomes(run):
    result = run("""
        @pytest.mark.dynamodb(tables=TABLE, seed={"orders": [{"pk": "seed"}]})
        def test_it(dynamodb_resource):
            table = dynamodb_resource.Table("orders")
            table.put_item(Item={"text": "x" * 10_000, "pk": "a", "n": 1})
            table.get_item(Key={"pk": "b"})
            table.query(KeyConditionExpression="#k = :v", ExpressionAttributeNames={"#k": "pk"},
                        ExpressionAttributeValues={":v": "a"})
            table.scan(FilterExpression="n > :n", ExpressionAttributeValues={":n": 5})
            with table.batch_writer() as batch:
                batch.put_item(Item={"pk": "c"})
                batch.put_item(Item={"pk": "d"})
            boto3.client("dynamodb", region_name="eu-west-1").list_tables()
            table.put_item(Item={"pk": "a"}, ConditionExpression="attribute_not_exists(pk)")
    """)
    assert section(result) == [
        "PutItem         orders         pk='a'  -> done",
        "GetItem         orders         pk='b'  -> 0 items",
        "Query           orders         pk = 'a'  -> 1 item",
        "Scan            orders         filter n > 5  -> 0 items of 2 read",
        "BatchWriteItem                 orders: 2 PutRequest  -> done",
        "ListTables       in eu-west-1  -> done",
        "PutItem         orders         pk='a' if attribute_not_exists(pk)  "
        "-> ConditionalCheckFailedException: The conditional request failed",
    ]


def test_only_the_last_twenty_requests_are_shown(run):
    result = run("""
        @pytest.mark.dynamodb(tables=TABLE)
        def test_it(dynamodb_client):
            for number in range(50):
                dynamodb_client.get_item(TableName="orders", Key={"pk": {"S": str(number)}})
            assert False
    """)
    lines = section(result)
    assert lines[0] == "(the last 20; there were more before)"
    assert [line.split()[2] for line in lines[1:]] == [f"pk='{number}'" for number in range(30, 50)]


def test_lines_of_requests_are_of_bounded_length(run):
    result = run("""
        @pytest.mark.dynamodb(tables=TABLE)
        def test_it(dynamodb_client):
            long = {f":value{number}": {"S": "x" * 1000} for number in range(100)}
            dynamodb_client.scan(TableName="orders", ExpressionAttributeValues=long,
                                 FilterExpression="a IN (" + ", ".join(long) + ")")
            assert False
    """)
    assert 100 < max(map(len, section(result))) < 400


def test_a_test_that_passes_or_makes_no_requests_shows_none(run):
    result = run(
        """
        def test_passes(dynamodb_client): dynamodb_client.list_tables()
        def test_fails(emulator): raise AssertionError
    """,
        "-rA",
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*DynamoDB requests*")


def test_requests_are_shown_under_xdist_too(run):
    result = run(
        """
        @pytest.mark.dynamodb(tables=TABLE)
        def test_it(dynamodb_client):
            dynamodb_client.get_item(TableName="orders", Key={"pk": {"S": "a"}})
            assert False
    """,
        "-n",
        "1",
    )
    assert section(result) == ["GetItem  orders  pk='a'  -> 0 items"]


# --- Cost -----------------------------------------------------------------------------------------

COSTLY = """
        INDEXED = {
            **TABLE,
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "date_of", "AttributeType": "S"}
            ],
            "GlobalSecondaryIndexes": [{
                "IndexName": "by_day",
                "KeySchema": [{"AttributeName": "date_of", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }],
        }

        pytestmark = pytest.mark.dynamodb(
            tables=INDEXED, scope="module",
            seed={"orders": [{"pk": str(n), "date_of": "mon", "n": n} for n in range(20)]},
        )

        def test_scan(dynamodb_resource):
            dynamodb_resource.Table("orders").scan(
                FilterExpression="n = :n", ExpressionAttributeValues={":n": 3})

        def test_write(dynamodb_resource):
            table = dynamodb_resource.Table("orders")
            table.put_item(Item={"pk": "new", "date_of": "tue"})
            table.query(IndexName="by_day", KeyConditionExpression="date_of = :d",
                        ExpressionAttributeValues={":d": "tue"})
"""

COSTS = [
    "*= DynamoDB cost =*",
    "                 read units  write units  scans  items read  items returned",
    "test_of_user.py::test_scan",
    "  orders                2.0          0.0      1          20               1",
    "test_of_user.py::test_write",
    "  orders                0.0          1.0      0           0               0",
    "  orders/by_day         0.5          1.0      0           1               1",
    "all 2 tests",
    "  orders                2.0          1.0      1          20               1",
    "  orders/by_day         0.5          1.0      0           1               1",
]


def test_cost_is_printed_by_test_table_and_index(run):
    run(COSTLY, "--dynamodb-cost").stdout.fnmatch_lines(COSTS, consecutive=True)


def test_costs_of_xdist_workers_are_put_together(run):
    run(COSTLY, "--dynamodb-cost", "-n", "2").stdout.fnmatch_lines(COSTS, consecutive=True)


def test_cost_is_not_printed_unless_asked_for(run):
    run(COSTLY).stdout.no_fnmatch_line("*DynamoDB cost*")


def test_a_run_without_requests_costs_nothing(run):
    result = run("def test_it(): pass", "--dynamodb-cost")
    result.stdout.fnmatch_lines(["no test read or wrote anything"])


# --- What a run pays that does not use it ---------------------------------------------------------


def test_a_run_that_uses_no_emulator_loads_none_of_it(pytester):
    pytester.makepyfile("""
        import sys

        def test_it():
            heavy = ("boto3", "botocore", "yaml", "orjson", "sortedcontainers", "emulator.instance", "emulator.testing")
            assert [name for name in heavy if name in sys.modules] == []
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
