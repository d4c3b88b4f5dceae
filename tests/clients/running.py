"""How the tests of clients run them: as child processes with a time limit, skipped where they are not installed.

`./scripts/test-clients` installs them and sets REQUIRE_CLIENTS: nothing is skipped there.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SECONDS = 120
REQUIRED = bool(os.environ.get("REQUIRE_CLIENTS"))
PROGRAMS = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")
INSTALL = "install it with ./scripts/test-clients"


def needs_npm(package: str) -> pytest.MarkDecorator:
    present = shutil.which("node") is not None and (HERE / "node_modules" / package).is_dir()
    return pytest.mark.skipif(not present and not REQUIRED, reason=f"needs Node.js and {package}: {INSTALL}")


def needs_python(package: str) -> pytest.MarkDecorator:
    present = importlib.util.find_spec(package) is not None
    return pytest.mark.skipif(not present and not REQUIRED, reason=f"needs {package}: {INSTALL}")


def environment(url: str) -> dict[str, str]:
    """Variables that point the AWS SDKs, the AWS CLI and dynamodb-admin at a server, and at no file of the user's."""
    return os.environ | {
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": url,
        "DYNAMO_ENDPOINT": url,
        "NO_PROXY": "127.0.0.1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def run(command: list[str], url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment(url), capture_output=True, text=True, encoding="utf-8", timeout=SECONDS
    )


def check_fact(script: str, fact: str, url: str) -> None:
    seen = run([shutil.which("node") or "node", "--no-warnings", str(HERE / script), url, fact], url)
    assert seen.returncode == 0, seen.stdout + seen.stderr
