"""NextToken of ExecuteStatement: where a read stopped, bound to its statement and parameters.

A token is the base64 text of a checksum, a digest of the statement, and the key of the row that was read last.
Source: partiql.md 13; the service's own form is not known.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256
from typing import cast

import orjson

from emulator import errors
from emulator.errors import ServiceError
from emulator.partiql.tree import Prepared
from emulator.values.types import Item

_DIGEST_BYTES = 16


def next_token(prepared: Prepared, position: Item) -> str:
    """The token to go on after the row whose key is `position`."""
    content = _statement_digest(prepared) + orjson.dumps(position)
    return b64encode(_digest(content) + content).decode()


def position_of(token: str, prepared: Prepared) -> Item:
    """The key of the row to go on after. Raises for a damaged token, and for one of another statement."""
    try:
        decoded = b64decode(token, validate=True)
    except ValueError:
        raise ServiceError(errors.NEXT_TOKEN_INVALID) from None
    content = decoded[_DIGEST_BYTES:]
    if decoded[:_DIGEST_BYTES] != _digest(content):
        raise ServiceError(errors.NEXT_TOKEN_INVALID)
    if content[:_DIGEST_BYTES] != _statement_digest(prepared):
        raise ServiceError(errors.NEXT_TOKEN_OF_OTHER_STATEMENT)
    return cast(Item, orjson.loads(content[_DIGEST_BYTES:]))


def _statement_digest(prepared: Prepared) -> bytes:
    return _digest(orjson.dumps([prepared.text, prepared.values], option=orjson.OPT_SORT_KEYS))


def _digest(content: bytes) -> bytes:
    return sha256(content).digest()[:_DIGEST_BYTES]
