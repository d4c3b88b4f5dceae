#!/usr/bin/env python3
"""Write emulator/model/service_model.json from the API models that botocore ships.

The file holds what requests are checked against and nothing else: every operation of the two APIs with its
target prefix and its input shape, and the shapes that inputs are made of, one to a line.

Usage: python scripts/generate_model.py [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader

SERVICES = ("dynamodb", "dynamodbstreams")
TARGET = Path(__file__).parent.parent / "emulator" / "model" / "service_model.json"
CONSTRAINTS = ("min", "max", "pattern", "enum")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is out of date")
    arguments = parser.parse_args()
    text = written(model())
    if arguments.check:
        current = TARGET.exists() and TARGET.read_text("utf-8") == text
        print(f"{TARGET} is {'up to date' if current else 'not what botocore ' + botocore.__version__ + ' ships'}")
        return 0 if current else 1
    TARGET.write_text(text, "utf-8", newline="\n")
    print(f"{TARGET}: {len(text):,} bytes from botocore {botocore.__version__}")
    return 0


def model() -> dict[str, dict[str, Any]]:
    """The operations and input shapes of both APIs. Where both have a shape of one name, it is the same."""
    operations: dict[str, Any] = {}
    shapes: dict[str, Any] = {}
    for service in SERVICES:
        source = Loader().load_service_model(service, "service-2")
        prefix = source["metadata"]["targetPrefix"]
        for name, operation in source["operations"].items():
            operations[name] = {"target": prefix, "input": operation["input"]["shape"]}
        for name, shape in input_shapes(source).items():
            if shapes.setdefault(name, shape) != shape:
                raise ValueError(f"The APIs differ in what {name} is: {shapes[name]} and {shape}")
    return {"operations": operations, "shapes": shapes}


def input_shapes(source: dict[str, Any]) -> dict[str, Any]:
    """The shapes that are reached from the inputs of `source`, by name."""
    found: dict[str, Any] = {}
    waiting = [operation["input"]["shape"] for operation in source["operations"].values()]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = compact(source["shapes"][name])
            waiting += parts(found[name])
    return found


def compact(shape: dict[str, Any]) -> dict[str, Any]:
    """What matters of a shape; documentation and the like do not."""
    kept: dict[str, Any] = {"type": shape["type"]}
    if shape["type"] == "structure":
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
        if shape.get("required"):
            kept["required"] = shape["required"]
    elif shape["type"] == "list":
        kept["member"] = shape["member"]["shape"]
    elif shape["type"] == "map":
        kept["key"] = shape["key"]["shape"]
        kept["value"] = shape["value"]["shape"]
    kept.update({name: shape[name] for name in CONSTRAINTS if name in shape})
    return kept


def parts(shape: dict[str, Any]) -> list[str]:
    """The names of the shapes that a shape is made of."""
    return [*shape.get("members", {}).values(), *(shape[part] for part in ("member", "key", "value") if part in shape)]


def written(model: dict[str, dict[str, Any]]) -> str:
    """The model as JSON with one entry to a line, so that a newer botocore shows as a readable difference."""
    sections = []
    for section, entries in model.items():
        lines = [f"{json.dumps(name)}:{json.dumps(entries[name], separators=(',', ':'))}" for name in sorted(entries)]
        sections.append(f"{json.dumps(section)}:{{\n" + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(sections) + "}\n"


if __name__ == "__main__":
    sys.exit(main())
