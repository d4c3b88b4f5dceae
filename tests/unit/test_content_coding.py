"""Content codings of requests and answers."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest

from emulator.content_coding import BodyTooLargeError, UndecodableBodyError, decode, encode
from emulator.limits import KIB, MIB

TEXT = b'{"TableName":"Orders"}' * 500


def gzipped(body: bytes, level: int = 9) -> bytes:
    """The same bytes each time, so that they may name a test."""
    return gzip.compress(body, level, mtime=0)


def bare_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("identity", TEXT),
        ("gzip", gzipped(TEXT)),
        (" GZIP ", gzipped(TEXT)),
        ("gzip", gzipped(TEXT[:100]) + gzipped(b"") + gzipped(TEXT[100:])),
        ("gzip", gzipped(TEXT) + b"\0" * 5000),
        ("gzip", gzipped(TEXT, level=0)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", bare_deflate(TEXT)),
    ],
)
def test_a_coded_body_decodes_to_its_content(coding: str, body: bytes) -> None:
    assert decode(body, coding) == TEXT


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("br", TEXT),
        ("gzip, gzip", gzipped(gzipped(TEXT))),
        ("gzip", TEXT),
        ("gzip", b""),
        ("gzip", gzipped(TEXT)[:-1]),
        ("gzip", gzipped(TEXT)[:-5] + b"\0\0\0\0\0"),
        ("gzip", gzipped(TEXT) + b"more"),
        ("gzip", zlib.compress(TEXT)),
        ("deflate", TEXT),
        ("deflate", gzipped(TEXT)),
    ],
)
def test_a_body_that_is_not_in_its_coding_is_undecodable(coding: str, body: bytes) -> None:
    with pytest.raises(UndecodableBodyError):
        decode(body, coding)


def test_a_body_of_exactly_the_limit_decodes() -> None:
    assert len(decode(gzipped(bytes(KIB)), "gzip", limit=KIB)) == KIB


@pytest.mark.parametrize(
    "body",
    [gzipped(bytes(KIB + 1)), gzipped(bytes(KIB)) + gzipped(b"x")],
    ids=["one member", "two members"],
)
def test_a_body_of_one_byte_more_is_too_large(body: bytes) -> None:
    with pytest.raises(BodyTooLargeError):
        decode(body, "gzip", limit=KIB)


def test_a_bomb_is_not_decoded_beyond_the_limit() -> None:
    bomb = gzipped(bytes(50 * MIB), level=1)
    tracemalloc.start()
    with pytest.raises(BodyTooLargeError):
        decode(bomb, "gzip", limit=MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("deflate, gzip;q=0.5", "gzip"),
        ("gzip;q=0, deflate", "deflate"),
        ("br, GZIP ; q=1.0", "gzip"),
        ("*", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0.000", None),
        ("identity", None),
        ("", None),
    ],
)
def test_the_coding_of_an_answer_is_one_that_the_client_accepts(accepted: str, coding: str | None) -> None:
    assert encode(TEXT, accepted)[1] == coding


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_an_encoded_answer_decodes_to_itself(coding: str) -> None:
    assert decode(encode(TEXT, coding)[0], coding) == TEXT


@pytest.mark.parametrize(("size", "coding"), [(4 * KIB, None), (4 * KIB + 1, "gzip")])
def test_answers_of_more_than_4_kib_are_compressed(size: int, coding: str | None) -> None:
    assert encode(b"x" * size, "gzip")[1] == coding
