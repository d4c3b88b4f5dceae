"""The samples of the README do what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from emulator import Emulator

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
_SAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
OVER_HTTP, IN_PROCESS, IN_PYTEST, WITH_TIME, WITH_A_FILE = _SAMPLES


def test_the_sample_for_the_server_prints_the_item(capsys: pytest.CaptureFixture[str]) -> None:
    with Emulator().serve() as server:
        exec(OVER_HTTP.replace("http://127.0.0.1:8000", server.url), {})
    assert capsys.readouterr().out == "{'Artist': 'Nina Simone', 'Song': 'Feeling Good', 'Year': Decimal('1965')}\n"


def test_the_sample_without_a_server_is_answered() -> None:
    names: dict[str, Any] = {}
    exec(IN_PROCESS.replace("boto3.client(", "answer = boto3.client("), names)
    assert names["answer"]["TableNames"] == []


def test_the_sample_for_pytest_passes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(IN_PYTEST)
    pytester.runpytest("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_sample_of_streams_and_time_to_live_holds() -> None:
    exec(WITH_TIME, {})


def test_the_sample_with_a_file_keeps_data_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"Emulator": Emulator}
    exec(WITH_A_FILE, names)
    names["emu"].close()
    assert Emulator.load("dev.db").tables() == {}
