"""Content codings of HTTP bodies: gzip and deflate, in both directions.

Source: protocol.md 1.2 (requests) and 2 (responses).
"""

from __future__ import annotations

import zlib

from emulator.limits import MAX_REQUEST_BODY_BYTES, MAX_UNCOMPRESSED_BODY_BYTES

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_BARE = -zlib.MAX_WBITS

# Level 1 takes half the time of the usual level 6 for a page of items, and its result is a tenth longer.
_LEVEL = 1
_WINDOWS = {"gzip": _GZIP, "deflate": _ZLIB}

# A stream of very many empty members costs a copy of the rest of the piece for each of them, so pieces are small.
# 16 MiB of such members take 0.5 s; with gzip.GzipFile they take 3 s.
_PIECE_BYTES = 2048


class UndecodableBodyError(Exception):
    """The body is not what its Content-Encoding says, or that coding is not known."""


class BodyTooLargeError(Exception):
    """The decoded body would be longer than a request may be."""


def decode(body: bytes, coding: str, limit: int = MAX_REQUEST_BODY_BYTES) -> bytes:
    """The body without its content coding; `coding` is the value of Content-Encoding.

    Holds little more than `limit` decoded bytes, whatever the body would grow to.
    Raises `UndecodableBodyError`, or `BodyTooLargeError` if it is more than `limit`.
    """
    coding = coding.strip().lower()
    if coding == "identity":
        return body
    window = _WINDOWS.get(coding)
    if window is None:
        raise UndecodableBodyError(f"unknown coding {coding!r}")
    if window == _ZLIB and not _has_zlib_header(body):
        window = _BARE
    try:
        return _decompress(body, window, limit)
    except zlib.error as error:
        raise UndecodableBodyError(str(error)) from error


def _has_zlib_header(body: bytes) -> bool:
    """Deflate stands in a zlib wrapper by its standard; some senders leave that out."""
    return len(body) > 1 and body[0] & 0x0F == zlib.DEFLATED and int.from_bytes(body[:2], "big") % 31 == 0


def _decompress(body: bytes, window: int, limit: int) -> bytes:
    """The contents of all members of a stream one after the other; zeros may pad its end."""
    contents = []
    left = limit
    decompressor = zlib.decompressobj(window)
    for start in range(0, len(body), _PIECE_BYTES):
        piece = body[start : start + _PIECE_BYTES]
        while piece:
            if decompressor.eof:
                piece = piece.lstrip(b"\0")
                if not piece:
                    break
                decompressor = zlib.decompressobj(window)
            content = decompressor.decompress(piece, left + 1)
            left -= len(content)
            if left < 0:
                raise BodyTooLargeError
            contents.append(content)
            piece = decompressor.unused_data or decompressor.unconsumed_tail
    if not decompressor.eof:
        raise UndecodableBodyError("the stream ends early")
    return b"".join(contents)


def encode(body: bytes, accepted: str) -> tuple[bytes, str | None]:
    """The body as a client with this Accept-Encoding gets it, and its coding if it has one."""
    coding = _chosen(accepted) if len(body) > MAX_UNCOMPRESSED_BODY_BYTES else None
    if coding is None:
        return body, None
    compressor = zlib.compressobj(_LEVEL, zlib.DEFLATED, _WINDOWS[coding])
    return compressor.compress(body) + compressor.flush(), coding


def _chosen(accepted: str) -> str | None:
    """The coding that an Accept-Encoding allows, gzip rather than deflate; a weight of 0 forbids one."""
    weights = {}
    for element in accepted.lower().split(","):
        name, _, weight = element.partition(";")
        weights[name.strip()] = weight.strip().removeprefix("q=")
    for coding in _WINDOWS:
        weight = weights.get(coding, weights.get("*", "0"))
        if weight.strip("0.") or not weight:
            return coding
    return None
