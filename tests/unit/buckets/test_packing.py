"""Compression of objects."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from io import BufferedReader, BytesIO
from random import Random

import pytest
import zstandard

from emulator.buckets import extras
from emulator.buckets.extras import MissingExtraError
from emulator.buckets.packing import DamagedError, Unpacked, check_compression

CONTENT = b"".join(b"%d\n" % number for number in range(100_000))
PACK: dict[str, Callable[[bytes], bytes]] = {"GZIP": gzip.compress, "ZSTD": zstandard.compress, "NONE": bytes}
PACKED = ("GZIP", "ZSTD")


def unpack(packed: bytes, compression: str) -> bytes:
    return BufferedReader(Unpacked(BytesIO(packed), compression)).read()


@pytest.mark.parametrize("compression", PACK)
@pytest.mark.parametrize(
    "content", [b"", b"a", CONTENT, Random(7).randbytes(300_000)], ids=["empty", "a", "text", "noise"]
)
def test_what_was_packed_is_unpacked(compression: str, content: bytes) -> None:
    assert unpack(PACK[compression](content), compression) == content


@pytest.mark.parametrize("compression", PACKED)
def test_several_packed_parts_are_one_object(compression: str) -> None:
    pack = PACK[compression]
    assert unpack(pack(b"a\n") + pack(CONTENT) + pack(b"") + pack(b"b"), compression) == b"a\n" + CONTENT + b"b"


@pytest.mark.parametrize("compression", PACKED)
def test_an_object_without_bytes_is_empty(compression: str) -> None:
    assert unpack(b"", compression) == b""


@pytest.mark.parametrize("compression", PACKED)
@pytest.mark.parametrize("missing", [1, 10, 5000])
def test_an_object_that_is_cut_off_is_damaged(compression: str, missing: int) -> None:
    with pytest.raises(DamagedError):
        unpack(PACK[compression](CONTENT)[:-missing], compression)


@pytest.mark.parametrize("compression", PACKED)
def test_an_object_that_is_not_packed_is_damaged(compression: str) -> None:
    with pytest.raises(DamagedError):
        unpack(CONTENT, compression)


@pytest.mark.parametrize("compression", PACKED)
def test_what_stands_before_the_damage_is_read(compression: str) -> None:
    reader = BufferedReader(Unpacked(BytesIO(PACK[compression](CONTENT)[:-5000]), compression), 1000)
    assert reader.readline() == b"0\n"


def test_bytes_are_counted_as_they_are_unpacked() -> None:
    unpacked = Unpacked(BytesIO(gzip.compress(CONTENT)), "GZIP")
    BufferedReader(unpacked).read()
    assert unpacked.bytes_read == len(CONTENT)


def test_zstandard_that_is_not_installed_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"ZSTD .* pip install 'dynamodb-emulator\[zstd\]'"):
        check_compression("ZSTD")


@pytest.mark.parametrize("compression", ["GZIP", "NONE"])
def test_the_other_compressions_need_nothing(monkeypatch: pytest.MonkeyPatch, compression: str) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    check_compression(compression)
