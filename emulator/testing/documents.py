"""Reading files of JSON, JSON lines and YAML. Numbers keep all their digits: those with a fraction are Decimals."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from emulator.testing.sources import DeclarationError

LINES = (".jsonl", ".ndjson")
YAML = (".yaml", ".yml")
SUFFIXES = (".json", *LINES, *YAML)


def read_document(path: Path) -> Any:
    """What the file holds; JSON lines are a list. Raises DeclarationError if it is not what its name says."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"{path} cannot be read: {error}") from None
    if path.suffix in LINES:
        return [_json(line, path, number) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    # Templates come under any name; those in JSON begin with a brace.
    if path.suffix == ".json" or (path.suffix not in YAML and text.lstrip()[:1] in ("{", "[")):
        return _json(text, path)
    return _yaml(text, path)


def _json(text: str, path: Path, line: int | None = None) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError as error:
        where = path if line is None else f"{path}, line {line},"
        raise DeclarationError(f"{where} is not JSON: {error}") from None


def _yaml(text: str, path: Path) -> Any:
    try:
        from emulator.testing import yaml_documents
    except ModuleNotFoundError:
        raise DeclarationError(f"{path} is YAML, which needs PyYAML: pip install 'dynamodb-emulator[yaml]'") from None
    return yaml_documents.load(text, path)
