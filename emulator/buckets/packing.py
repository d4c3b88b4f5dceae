"""Compression of objects, by its name in requests: GZIP, ZSTD or NONE.

Zstandard comes with Python from 3.14 on, and before that with the extra `zstd`.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping
from io import SEEK_CUR, RawIOBase
from typing import Any, BinaryIO

from emulator.buckets import extras

_FRAME_BYTES = 1 << 11  # read at a time: a few bytes may stand for 128 KiB


class DamagedError(Exception):
    """An object that is not packed as it should be, or that is cut off."""


def check_compression(compression: str) -> None:
    """Raise MissingExtraError if nothing that is installed unpacks it."""
    if compression == "ZSTD":
        _zstandard()


class Unpacked(RawIOBase):
    """The content of an object. Reading it raises DamagedError."""

    def __init__(self, file: BinaryIO, compression: str) -> None:
        self._file = _READERS[compression](file)
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            content = self._file.read(len(buffer))
        except (OSError, EOFError, zlib.error) as error:
            raise DamagedError(str(error)) from error
        buffer[: len(content)] = content
        self.bytes_read += len(content)
        return len(content)


class _Zstandard:
    """The frames of a file, one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._fault = _zstandard().ZstdError
        self._frame: Any = None
        """What unpacks the frame that is being read; None between frames."""
        self._unpacked = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes, none at the end. Raises OSError for what is no frame, EOFError for half a frame."""
        while not self._unpacked:
            packed = self._file.read(_FRAME_BYTES)
            if not packed:
                if self._frame is not None:
                    raise EOFError("the last frame is cut off")
                return b""
            behind = self._feed(packed)
            if behind:
                self._file.seek(-len(behind), SEEK_CUR)
        content, self._unpacked = self._unpacked[:size], self._unpacked[size:]
        return content

    def _feed(self, packed: bytes) -> bytes:
        """Unpack more of a frame; returns what stands behind it."""
        if self._frame is None:
            self._frame = _frame_decompressor()
        try:
            self._unpacked += self._frame.decompress(packed)
        except self._fault as error:
            raise OSError(str(error)) from error
        if not self._frame.eof:
            return b""
        behind: bytes = self._frame.unused_data
        self._frame = None
        return behind


def _zstandard() -> Any:
    return extras.load("zstd", "InputCompressionType ZSTD", "compression.zstd", "zstandard")


def _frame_decompressor() -> Any:
    """An object with `decompress`, `eof` and `unused_data`, for one frame."""
    decompressor = _zstandard().ZstdDecompressor()
    return decompressor.decompressobj() if hasattr(decompressor, "decompressobj") else decompressor


_READERS: Mapping[str, Callable[[BinaryIO], Any]] = {
    "GZIP": lambda file: gzip.GzipFile(fileobj=file),
    "ZSTD": _Zstandard,
    "NONE": lambda file: file,
}
