"""What a person at a terminal sees."""

from __future__ import annotations

import pytest

from emulator.terminal import readable_bytes


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KB"),
        (1536, "1.5 KB"),
        (1024**2, "1.0 MB"),
        (5 * 1024**3, "5.0 GB"),
        (3000 * 1024**4, "3000.0 TB"),
    ],
)
def test_bytes_are_shown_in_the_largest_unit_that_leaves_one_before_the_point(count: int, text: str) -> None:
    assert readable_bytes(count) == text
