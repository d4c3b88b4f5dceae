"""Other emulators: as a command says, or where npm and pip have put them."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmark.servers import Target

MOTO = "moto"


def from_command(text: str) -> Target:
    """Read NAME=COMMAND. Raises ValueError."""
    name, _, command = text.partition("=")
    if not name or "{port}" not in command:
        raise ValueError(f"{text!r}: write NAME=COMMAND, with {{port}} in the command")
    return Target(name, tuple(shlex.split(command)))


def found(directory: Path, moto_python: str | None) -> tuple[list[Target], list[str]]:
    """The peers in DIRECTORY/node_modules and moto in a Python; and what was looked for and not found."""
    targets: list[Target] = []
    missing: list[str] = []
    modules = directory / "node_modules"
    for name, search in (("dynalite", _dynalite), ("dynoxide", _dynoxide), ("DynamoDB Local", _local)):
        candidates = list(search(modules))
        targets += candidates
        if not candidates:
            missing.append(name)
    moto = moto_server(moto_python or python_in(directory))
    if moto is not None:
        targets.append(moto)
    else:
        missing.append(MOTO)
    return targets, missing


# --- npm --------------------------------------------------------------------------------------------


def _dynalite(modules: Path) -> Iterator[Target]:
    command, node = modules / "dynalite" / "cli.js", shutil.which("node")
    if command.is_file() and node is not None:
        # Tables are waited for anyway; the delay would only make the run longer.
        yield Target(
            _versioned("dynalite", modules / "dynalite"),
            (node, str(command), "--port", "{port}", "--createTableMs", "0"),
        )


def _dynoxide(modules: Path) -> Iterator[Target]:
    for package in sorted((modules / "@dynoxide").glob("*")):
        program = shutil.which("dynoxide", path=str(package))
        if program is not None:
            yield Target(_versioned("dynoxide", package), (program, "--port", "{port}"))


def _local(modules: Path) -> Iterator[Target]:
    home, java = modules / "amplify-dynamodb-simulator" / "emulator", shutil.which("java")
    jar = home / "DynamoDBLocal.jar"
    if jar.is_file() and java is not None:
        library = f"-Djava.library.path={home / 'DynamoDBLocal_lib'}"
        yield Target("DynamoDB Local", (java, library, "-jar", str(jar), "-inMemory", "-port", "{port}"))


def _versioned(name: str, package: Path) -> str:
    try:
        version = json.loads((package / "package.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError):
        return name
    return f"{name} {version}"


# --- pip --------------------------------------------------------------------------------------------


def python_in(directory: Path) -> str:
    """The Python of a virtual environment in a directory that has moto's server, or else the one that runs this."""
    for folder in ("bin", "Scripts"):
        for server in sorted(directory.glob(f"*/{folder}/moto_server*")):
            python = shutil.which("python", path=str(server.parent))
            if python is not None:
                return python
    return sys.executable


def moto_server(python: str) -> Target | None:
    """The server of moto, if it is installed there with what it needs."""
    version = moto_version(python, "moto.server")
    return None if version is None else Target(f"{MOTO} {version}", (python, "-m", "moto.server", "-p", "{port}"))


def moto_version(python: str, module: str = "moto") -> str | None:
    """The version of moto in a Python in which a module of it can be imported."""
    code = f"import {module}, importlib.metadata; print(importlib.metadata.version('moto'))"
    try:
        done = subprocess.run([python, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
