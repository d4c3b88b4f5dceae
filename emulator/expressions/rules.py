"""Rules of a grammar that may nest without bound.

A rule is a generator: it yields the rules it needs and is sent their results, and `run` keeps the rules in progress
on a list. So a text of parentheses does not exhaust Python's stack.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

Rule: TypeAlias = Generator[Any, Any, Any]
"""A rule in progress: yields rules, is sent their results, returns its own."""


def run(rule: Rule) -> Any:
    """The result of `rule` and of all rules it yields."""
    running, result = [rule], None
    while running:
        try:
            running.append(running[-1].send(result))
            result = None
        except StopIteration as done:
            running.pop()
            result = done.value
    return result
