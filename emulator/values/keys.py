"""Key values: what may be a key, how keys are ordered and how they are hashed.

A partition key is placed by the MD5 of `Outliers` and its bytes; rows stand in the order of that hash and,
within one hash, of their sort key. Source: query_scan.md 15 and 16, values.md 9.
"""

from __future__ import annotations

from base64 import b64decode
from functools import lru_cache
from hashlib import md5

from emulator.values.numbers import number_bytes
from emulator.values.types import AttributeValue, SortableKey

EMPTY_KINDS = {"S": "string", "B": "binary"}


def sortable_key(value: AttributeValue) -> SortableKey:
    """A canonical S, N or B value in its ordered form."""
    text: str | None = value.get("S")
    if text is not None:
        return text
    text = value.get("N")
    if text is not None:
        return number_bytes(text)
    return b64decode(value["B"])


def key_bytes(key: SortableKey) -> bytes:
    """The bytes of an ordered key value that the service hashes."""
    return key.encode() if isinstance(key, str) else key


# The cache makes rows of one item collection share one hash object (49 bytes an item) and skips the MD5.
@lru_cache(maxsize=16_384)
def partition_hash(key: SortableKey) -> bytes:
    """The 16 bytes that place a partition key."""
    return md5(b"Outliers" + key_bytes(key), usedforsecurity=False).digest()


def tie_hash(partition_key: SortableKey, sort_key: SortableKey | None) -> bytes:
    """The 16 bytes that order index rows of equal index keys, made from the table's key."""
    joined = key_bytes(partition_key) + (b"" if sort_key is None else key_bytes(sort_key))
    return md5(b"Outliers" + joined, usedforsecurity=False).digest()


def combined_hash(keys: tuple[SortableKey, ...]) -> bytes:
    """The hash of an index with several HASH attributes; how the service joins them is not known."""
    if len(keys) == 1:
        return partition_hash(keys[0])
    joined = b"".join(len(part).to_bytes(2, "big") + part for part in map(key_bytes, keys))
    return md5(b"Outliers" + joined, usedforsecurity=False).digest()


def key_successor(key: SortableKey) -> SortableKey:
    """The least key that is greater than `key`."""
    return key + "\0" if isinstance(key, str) else key + b"\0"


def prefix_successor(prefix: SortableKey) -> SortableKey | None:
    """The least key that is greater than every key with `prefix`; None where there is none."""
    if isinstance(prefix, str):
        kept = prefix.rstrip("\U0010ffff")
        if not kept:
            return None
        following = ord(kept[-1]) + 1
        # Lone surrogates are no text, so nothing can lie between U+D7FF and U+E000.
        return kept[:-1] + chr(0xE000 if following == 0xD800 else following)
    kept_bytes = prefix.rstrip(b"\xff")
    return kept_bytes[:-1] + bytes([kept_bytes[-1] + 1]) if kept_bytes else None
