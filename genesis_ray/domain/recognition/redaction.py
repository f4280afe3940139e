"""Taking names out of texts, and no name of anybody else."""

import re
from collections.abc import Iterable

from genesis_ray.domain.recognition.person_names import composed

REDACTED = "(forgotten)"
"""Stands in texts where a person was named."""

_LEAST_LETTERS = 3
"""Of a part of a name that is taken for it."""


def redacted(text: str, words: Iterable[str], *, any_case: bool = False) -> str:
    """Return a text without certain words, whole ones, written as they are or in `any_case`."""
    wanted = sorted({composed(word) for word in words} - {""}, key=len, reverse=True)
    if not wanted:
        return text
    flags = re.IGNORECASE if any_case else re.NOFLAG
    any_of = "|".join(map(re.escape, wanted))
    shown, count = re.subn(rf"(?<!\w)(?:{any_of})(?!\w)", REDACTED, composed(text), flags=flags)
    return shown if count else text


def nobody_elses(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the names that are no name of others, nor words in one."""
    known = [*others]
    return [name for name in names if not any(redacted(each, [name]) != each for each in known)]


def parts(names: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the words of names, as first names, that are in no name of others."""
    words = dict.fromkeys(word for name in names for word in name.split())
    return nobody_elses([word for word in words if len(word) >= _LEAST_LETTERS], others)
