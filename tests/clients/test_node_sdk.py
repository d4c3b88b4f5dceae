"""The AWS SDK for JavaScript v3 against the HTTP server; the facts themselves are in `facts.mjs`.

They need Node.js, and `npm install` in this directory.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from emulator import Emulator

HERE = Path(__file__).parent
NODE = shutil.which("node")

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="needs Node.js"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "@aws-sdk" / "lib-dynamodb").is_dir(),
        reason="needs the AWS SDK for JavaScript: npm install --prefix tests/clients",
    ),
]


@pytest.mark.parametrize(
    "fact",
    [
        "an item of every type comes back equal",
        "a number of 38 digits comes back exact",
        "a failed condition carries the item",
        "paginators see every item",
        "waiters end",
        "a hundred requests at a time are all answered",
    ],
)
def test_through_the_sdk_for_javascript(fact: str) -> None:
    with Emulator().serve() as server:
        command = [str(NODE), "--no-warnings", str(HERE / "facts.mjs"), server.url, fact]
        seen = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    assert seen.returncode == 0, seen.stderr
