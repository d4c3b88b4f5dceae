"""The pytest plugin: fixtures, the marker `dynamodb`, the requests of a failed test, and `--dynamodb-cost`.

pytest loads this module in every run, also where no test uses DynamoDB, so it imports the emulator only when a
fixture asks for it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.clock import Clock
    from emulator.instance import Emulator
    from emulator.testing.cost import Costs
    from emulator.testing.request_log import RequestLog
    from emulator.testing.stage import Stages

_MARKER = (
    "dynamodb(tables=None, seed=None, scope='function'): serve DynamoDB to this test, with these tables and items. "
    "tables: CreateTable's parameters, a path of JSON, YAML or a CloudFormation/SAM template, or a function that "
    "takes a client. seed: {table: [items]}, a path, or a function. Both may be lists. scope: 'class', 'module' or "
    "'session' loads them once and takes back what each test did."
)

_stages: pytest.StashKey[Stages] = pytest.StashKey()
_costs: pytest.StashKey[Costs] = pytest.StashKey()
_log: pytest.StashKey[RequestLog] = pytest.StashKey()


# --- Configuration --------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dynamodb", "DynamoDB emulator")
    group.addoption(
        "--dynamodb-cost",
        action="store_true",
        help="print read and write units, scans, and items read against items returned, by test, table and index",
    )
    parser.addini(
        "dynamodb_region",
        "region of declared tables and of the clients of fixtures; by default the one that boto3 finds, or us-east-1",
        default="",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    if config.getoption("dynamodb_cost"):
        from emulator.testing.cost import Costs

        config.stash[_costs] = Costs()


# --- Fixtures -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def dynamodb_tables() -> Any:
    """Tables that tests find. Override it, in any scope, with what the marker's `tables` takes."""
    return None


@pytest.fixture(scope="session")
def dynamodb_seed() -> Any:
    """Items that tests find. Override it, in any scope, with what the marker's `seed` takes."""
    return None


@pytest.fixture(autouse=True)
def _dynamodb_marker(request: pytest.FixtureRequest) -> None:
    """A test with the marker needs no fixture."""
    if request.node.get_closest_marker("dynamodb") is not None:
        request.getfixturevalue("emulator")


@pytest.fixture
def emulator(request: pytest.FixtureRequest, dynamodb_tables: Any, dynamodb_seed: Any) -> Iterator[Emulator]:
    """A DynamoDB of the test's own, with the declared tables and items. It serves all boto3 clients meanwhile."""
    from emulator.testing.layers import declared_layers
    from emulator.testing.sources import DeclarationError

    item: pytest.Item = request.node
    stages = _stages_of(item.config)
    try:
        layers = declared_layers(request, dynamodb_tables, dynamodb_seed)
        instance = stages.prepare(layers, item.listchain(), lambda: _new_emulator(item.config))
    except DeclarationError as error:
        pytest.fail(str(error), pytrace=False)
    with _observed(item, instance), _serving(instance):
        yield instance
        instance.clock.resume()  # the next test may get the same emulator


@pytest.fixture
def dynamodb_client(emulator: Emulator) -> Any:
    """A boto3 client of the test's emulator."""
    _need_boto3("dynamodb_client")
    return emulator.client()


@pytest.fixture
def dynamodb_resource(emulator: Emulator) -> Any:
    """A boto3 resource of the test's emulator."""
    _need_boto3("dynamodb_resource")
    return emulator.resource()


@pytest.fixture
def dynamodb_clock(emulator: Emulator) -> Clock:
    """The clock of the test's emulator, to `freeze`, `advance` and `resume`; it runs again after the test."""
    return emulator.clock


@pytest.fixture
def dynamodb_endpoint_url(emulator: Emulator) -> Iterator[str]:
    """The URL of an HTTP server of the test's emulator, for SDKs of any language."""
    with emulator.serve() as server:
        yield server.url


def _need_boto3(fixture: str) -> None:
    if find_spec("boto3") is None:
        pytest.fail(f"fixture {fixture} needs boto3: pip install 'dynamodb-emulator[boto3]'", pytrace=False)


# --- The emulator of a test -----------------------------------------------------------------------


def _stages_of(config: pytest.Config) -> Stages:
    from emulator.testing.stage import Stages

    return config.stash.setdefault(_stages, Stages())


def _new_emulator(config: pytest.Config) -> Emulator:
    from emulator.instance import Emulator

    return Emulator(region=config.getini("dynamodb_region") or _region_of_boto3())


def _region_of_boto3() -> str:
    """The region of clients that name none, so that the tables are where the code under test looks for them."""
    variables = ("AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CONFIG_FILE", "HOME", "USERPROFILE")
    return _region_found(*map(os.environ.get, variables))


@lru_cache
def _region_found(*variables: str | None) -> str:
    """Asking botocore takes 5 ms, so its answer is kept as long as the variables are the same."""
    from emulator.settings import Settings

    if find_spec("botocore") is None:
        return Settings().region
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    try:
        found = Session().get_config_variable("region")
    except BotoCoreError:  # such as a profile that does not exist
        found = None
    return found or Settings().region


@contextmanager
def _observed(item: pytest.Item, emulator: Emulator) -> Iterator[None]:
    """Meanwhile keep the last requests and, if asked for, count what requests cost."""
    from emulator.testing.request_log import RequestLog

    log = item.stash[_log] = RequestLog(emulator)
    before = list(emulator.observers)
    emulator.observers.append(log.note)
    costs = item.config.stash.get(_costs, None)
    if costs is not None:
        emulator.observers.append(costs.observer(item.nodeid))
    try:
        yield
    finally:
        emulator.observers[:] = before


@contextmanager
def _serving(emulator: Emulator) -> Iterator[None]:
    """Meanwhile serve the boto3 and aiobotocore clients of the process, where they are installed."""
    if find_spec("botocore") is None:
        yield
    else:
        with emulator:
            yield


# --- Reports --------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    log = item.stash.get(_log, None)
    if log is not None and (report.failed or report.when == "teardown"):
        del item.stash[_log]  # it holds the emulator and its data
        if report.failed and (text := log.text()):
            report.sections.append(("DynamoDB requests", text))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has finished."""
    costs = node.config.stash.get(_costs, None)
    if costs is not None:
        costs.merge(getattr(node, "workeroutput", {}).get("dynamodb_cost", ()))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker of pytest-xdist hands its costs to the controller."""
    costs = session.config.stash.get(_costs, None)
    if costs is not None and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["dynamodb_cost"] = costs.dump()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    costs = config.stash.get(_costs, None)
    if costs is None:
        return
    terminalreporter.section("DynamoDB cost")
    if not costs:
        terminalreporter.line("no test read or wrote anything")
        return
    for line, deserves_attention in costs.report():
        terminalreporter.line(line, yellow=deserves_attention)
