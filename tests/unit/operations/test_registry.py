"""The table of operations says what the modules say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from emulator.model import OPERATIONS
from emulator.operations import registry


@pytest.mark.parametrize("name", registry.MODULES)
def test_an_operation_is_found_in_the_module_that_the_table_names(name: str) -> None:
    function = registry.load(name)
    assert function is not None
    assert function.__module__ == f"emulator.operations.{registry.MODULES[name]}"


def test_the_table_names_operations_of_the_api_and_all_that_their_modules_have() -> None:
    registry.load_all()
    assert registry.LOADED.keys() == registry.MODULES.keys()
    assert registry.MODULES.keys() <= OPERATIONS.keys()


def test_an_emulator_loads_no_operation_before_it_is_asked_for_one() -> None:
    code = "import sys, emulator; emulator.Emulator(); print('emulator.partiql' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "False\n"


def test_a_server_loads_all_operations_before_it_answers() -> None:
    code = (
        "import sys, urllib.request, emulator\n"
        "with emulator.Emulator().serve() as server:\n"
        "    urllib.request.urlopen(server.url).read()\n"
        "    print('emulator.partiql' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "True\n"
