"""aiobotocore against the HTTP server; the facts themselves are in `aiobotocore_facts.py`.

It admits only some versions of botocore, seldom the last one that boto3 needs, so that `./scripts/test-clients` gives
it an environment of its own, whose Python it names in AIOBOTOCORE_PYTHON.
"""

from __future__ import annotations

import os
import sys

import pytest

from tests.clients.running import HERE, needs_python, run

PYTHON = os.environ.get("AIOBOTOCORE_PYTHON", sys.executable)

pytestmark = [needs_python("aiobotocore")] if sys.executable == PYTHON else []


@pytest.mark.parametrize(
    "fact",
    [
        "an_item_comes_back_equal",
        "a_failed_condition_is_an_exception_of_the_client",
        "two_hundred_requests_at_a_time_are_all_answered",
        "updates_of_a_counter_at_a_time_are_all_counted",
        "a_cancelled_transaction_tells_its_reasons",
        "a_statement_selects_what_a_statement_inserted",
        "a_stream_is_read_from_its_beginning",
    ],
)
def test_through_aiobotocore(url: str, fact: str) -> None:
    seen = run([PYTHON, str(HERE / "aiobotocore_facts.py"), fact], url)
    assert seen.returncode == 0, seen.stdout + seen.stderr
