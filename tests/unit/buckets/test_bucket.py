"""Buckets as directories: what is an object, and that no key leads out."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.buckets.bucket import Bucket, KeyRefusedError, find_bucket

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="making links takes a privilege")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "bucket").mkdir()
    return tmp_path / "bucket"


@pytest.fixture
def bucket(directory: Path) -> Bucket:
    return Bucket("bucket", directory)


def keys(bucket: Bucket, prefix: str = "") -> list[str]:
    return [summary.key for summary in bucket.objects(prefix)]


# --- Finding buckets ------------------------------------------------------------------------------


def test_a_directory_of_the_bucket_directory_is_a_bucket(directory: Path) -> None:
    found = find_bucket(directory.parent, "bucket")
    assert found is not None
    assert found.name == "bucket"


@pytest.mark.parametrize(
    "name", ["missing", "..", ".", "bucket/..", "../x", "", "NUL", "com1", "aux.txt", "a\0b", "a."]
)
def test_what_is_no_directory_in_it_is_no_bucket(directory: Path, name: str) -> None:
    assert find_bucket(directory.parent, name) is None


def test_a_file_is_no_bucket(directory: Path) -> None:
    (directory / "file").touch()
    assert find_bucket(directory, "file") is None


def test_without_a_bucket_directory_there_is_no_bucket() -> None:
    assert find_bucket(None, "bucket") is None


@needs_links
def test_a_link_is_no_bucket(directory: Path) -> None:
    (directory.parent / "link").symlink_to(directory)
    assert find_bucket(directory.parent, "link") is None


# --- Objects --------------------------------------------------------------------------------------


def test_objects_are_the_files_at_any_depth_by_key(bucket: Bucket, directory: Path) -> None:
    for key in ("b/c/d", "b/a", "a", "b.x"):
        bucket.put(key, [b"12"])
    (directory / "empty").mkdir()
    assert [tuple(summary) for summary in bucket.objects("")] == [("a", 2), ("b.x", 2), ("b/a", 2), ("b/c/d", 2)]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", ["data/one", "data/two", "database", "other/data/one"]),
        ("data", ["data/one", "data/two", "database"]),
        ("data/", ["data/one", "data/two"]),
        ("data/o", ["data/one"]),
        ("data/one", ["data/one"]),
        ("data/one/", []),
        ("/data", []),
        ("..", []),
        ("../bucket/", []),
        ("data/../other", []),
        ("data\\", []),
        ("DATA", []),
    ],
)
def test_a_prefix_is_a_text_that_keys_begin_with(bucket: Bucket, prefix: str, found: list[str]) -> None:
    for key in ("data/one", "data/two", "database", "other/data/one"):
        bucket.put(key, [])
    assert keys(bucket, prefix) == found


@needs_links
def test_links_are_no_objects(bucket: Bucket, directory: Path) -> None:
    outside = directory.parent / "outside"
    outside.mkdir()
    (outside / "secret").touch()
    (directory / "directory").symlink_to(outside)
    (directory / "file").symlink_to(outside / "secret")
    assert keys(bucket) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has such names")
def test_a_file_whose_name_is_no_text_is_no_object(bucket: Bucket, directory: Path) -> None:
    (directory / os.fsdecode(b"a\xff")).touch()
    assert keys(bucket) == []


# --- Writing --------------------------------------------------------------------------------------


def test_what_was_written_is_read(bucket: Bucket) -> None:
    bucket.put("a/b", [b"one", b"two"])
    with bucket.open("a/b") as file:
        assert file.read() == b"onetwo"


def test_an_object_is_written_in_the_place_of_the_one_that_is_there(bucket: Bucket) -> None:
    bucket.put("a", [b"old"])
    bucket.put("a", [b"new"])
    with bucket.open("a") as file:
        assert file.read() == b"new"


def test_what_cannot_be_finished_leaves_no_object_behind(bucket: Bucket, directory: Path) -> None:
    def content() -> Iterator[bytes]:
        yield b"half"
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        bucket.put("a", content())
    assert list(directory.iterdir()) == []


def test_a_file_that_is_not_whole_yet_is_no_object(bucket: Bucket) -> None:
    seen = []

    def content() -> Iterator[bytes]:
        yield b"half"
        seen.append(keys(bucket))

    bucket.put("a", content())
    assert seen == [[]]


@pytest.mark.parametrize(
    "key",
    [
        *("", ".", "..", "../a", "a/..", "a/../../b", "/a", "a/", "a//b", "./a", "a/./b"),
        *("C:/a", "C:a", "\\a", "a\\..\\b", "\\\\server\\share", "a:stream"),
        *("CON", "con.txt", "a/nul", "a/NUL/b", "com1", "COM¹", "lpt9.json", "aux ", "conin$", "nul .txt"),
        *("a.", "a ", "a/b./c", "a\0b", "a\nb", "a|b", "a?b", "a*b", 'a"b', "a<b", "a>b", "\x7f"),
        *("a" * 256, "é" * 128, "\ud800", ".dynamodb-emulator-x"),
    ],
)
def test_a_key_that_is_no_plain_path_everywhere_is_refused(bucket: Bucket, directory: Path, key: str) -> None:
    with pytest.raises(KeyRefusedError):
        bucket.put(key, [b""])
    assert list(directory.parent.rglob("*")) == [directory]


@pytest.mark.parametrize(
    "key", ["a", "a/b/c", "...a", ".a", "a b", "ünï", "console", "com10", "a'b", "a" * 255, "é" * 127]
)
def test_a_key_that_is_a_plain_path_is_written(bucket: Bucket, key: str) -> None:
    bucket.put(key, [b""])
    assert keys(bucket) == [key]


@needs_links
def test_nothing_is_written_through_a_link(bucket: Bucket, directory: Path) -> None:
    outside = directory.parent / "outside"
    outside.mkdir()
    (directory / "link").symlink_to(outside)
    with pytest.raises(PermissionError, match="leads out of the bucket"):
        bucket.put("link/a/b", [b""])
    assert list(outside.iterdir()) == []


@needs_links
def test_a_link_in_the_place_of_an_object_is_replaced_and_not_followed(bucket: Bucket, directory: Path) -> None:
    outside = directory.parent / "outside"
    outside.write_text("kept")
    (directory / "a").symlink_to(outside)
    bucket.put("a", [b"new"])
    assert (outside.read_text(), (directory / "a").read_text()) == ("kept", "new")
