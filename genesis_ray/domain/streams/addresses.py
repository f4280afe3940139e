"""Addresses of streams: which they are, and how to name them without their passwords."""

import re

_LIVE = re.compile(r"(rtsps?|https?)://|device:", re.IGNORECASE)

_USER = re.compile(
    r"""
    ( :// | ^(?:rtsps?|https?):/?(?!/) )  # also where slashes were forgotten
    (?: [^/:@]*:.* | [^/]* )@  # a password may have any character, also / and spaces
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_SECRET = re.compile(
    r"""
    ( (?: [\w.-]*(?:pas|pwd|psw|token|secret|auth|cred|user|usr|login)[\w.-]*
        | (?<![^\W_])(?:(?:api)?[_-]?key|pw|sig(?:nature)?)
      )= )
    [^&;?]*? (?= _[a-z]+= | [&;?] | $ )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
"""In the query or the path, as many cameras want it: ?user=ann&pwd=..., /user=ann_password=..."""

_USER_ALONE = re.compile(r"^[^/]*:.*@", re.DOTALL)


def is_live(url: str) -> bool:
    """Tell whether this is the address of a live stream, and not of a recording."""
    return _LIVE.match(url) is not None


def is_device(url: str) -> bool:
    """Tell whether this is the address of a camera of the machine that watches it."""
    return url.lower().startswith("device:")


def redacted(url: str) -> str:
    """Return an address without the user and the password that it may hold, wherever it does.

    Rather too much is left out than too little; what is no address stays as it is.
    """
    hidden = _USER.sub(r"\1***@", url)
    return _SECRET.sub(r"\1***", hidden) if "://" in url else hidden


def without_user(path: str) -> str:
    """Return what is no address without the user and the password that it may begin with.

    So it does where somebody forgot what an address begins with: ann:secret@10.0.0.7/live.
    """
    return _USER_ALONE.sub("", path)
