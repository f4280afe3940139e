"""Addresses of streams: which they are, and how to name them without their passwords."""

import re

_LIVE = re.compile(r"(rtsps?|https?)://|device:", re.IGNORECASE)
_USER = re.compile(r"(?<=://)[^/\s]*@")


def is_live(url: str) -> bool:
    """Tell whether this is the address of a live stream, and not of a recording."""
    return _LIVE.match(url) is not None


def redacted(url: str) -> str:
    """Return an address without the user and the password that it may hold."""
    return _USER.sub("***@", url)
