"""What is measured inside a process runs in a child of its own.

`python -m scripts.benchmark.child MODULE FUNCTION ARGUMENTS` calls a function of a module of this package. It takes
the arguments, a JSON object, by name and returns values by name; they are printed as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

from scripts.benchmark.figures import Measured
from scripts.benchmark.servers import ROOT, ServerError, environment

_PATIENCE_SECONDS = 900


def measured_in_child(module: str, function: str, python: str = sys.executable, **arguments: Any) -> Measured:
    """What a function of a module of this package returns in a fresh process. Raises ServerError."""
    command = [python, "-m", __name__, module, function, json.dumps(arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=_PATIENCE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ServerError(f"took more than {_PATIENCE_SECONDS} s") from None
    if done.returncode != 0:
        message = done.stderr.strip().splitlines()
        raise ServerError(message[-1] if message else f"ended with exit code {done.returncode}")
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    return measured


if __name__ == "__main__":
    _, name, function_name, text = sys.argv
    run = getattr(import_module(f"scripts.benchmark.{name}"), function_name)
    print(json.dumps(run(**json.loads(text))))
