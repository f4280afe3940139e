"""Ids made of what they are of: the same for ever, whoever makes them again."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from uuid import UUID

_NAMESPACE = UUID("6d0a53a1-58b5-5c0b-9b67-2f2d2f6c1b7e").bytes


def stable_id(*key: object) -> UUID:
    """Return the UUIDv5 of a natural key; the same key gives the same id for ever."""
    return UUID(bytes=stable_bytes(key))


def stable_bytes(key: Iterable[object]) -> bytes:
    """Return the 16 bytes of the UUIDv5, RFC 9562, a third as dear as the library's objects.

    Every event has one, so this is what a log's speed hangs on.
    """
    parts = [part if type(part) is str else _key_part(part) for part in key]
    name = "\x1f".join(parts).encode()
    digest = bytearray(sha1(_NAMESPACE + name, usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return bytes(digest)


def _key_part(part: object) -> str:
    """Return a part of a key as text; a time is the same in every time zone."""
    return _time_part(part) if isinstance(part, datetime) else str(part)


@lru_cache(maxsize=4096)
def _time_part(at: datetime) -> str:
    """Return a time as text; all that a frame tells has the same one."""
    return at.astimezone(UTC).isoformat()
