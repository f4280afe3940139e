"""What a person can be called, and in which form names are kept and compared.

One name can be written in several ways that look the same; all are kept in one, Unicode's composed
form (NFC).
"""

import unicodedata

from genesis_ray.errors import ConfigurationError

MOST_CHARACTERS = 200
MOST_OF_REMARK = 2000

_JOINERS = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Invisible, and part of how names are written in some scripts."""
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that show nothing."""
_NOT_IN_TEXT = {"Cc", "Cf", "Cs", "Zl", "Zp"}
_NO_REMARK = {"Cc", "Cs"}
_VISIBLE = frozenset("LNPS")


def composed(text: str) -> str:
    """Return a text in the form in which it is compared."""
    return unicodedata.normalize("NFC", text)


def is_same_name(one: str, other: str) -> bool:
    """Tell whether two names are one, in whatever form they are stored."""
    return one == other or composed(one).strip() == composed(other).strip()


def person_name(text: str) -> str:
    """Return a name as it is kept.

    Raises:
        ConfigurationError: Nobody can be called so.
    """
    name = composed(text).strip()
    wrong = next((each for each in name if _is_no_text(each)), None)
    if wrong:
        raise ConfigurationError(
            f"a person's name is a line of text, and {name!r:.80} has the character "
            f"U+{ord(wrong):04X}, which is none"
        )
    if not any(unicodedata.category(each)[0] in _VISIBLE for each in name if each not in _BLANKS):
        raise ConfigurationError("a person needs a name that is not empty, with something to see")
    if len(name) > MOST_CHARACTERS:
        raise ConfigurationError(
            f"a person's name has {MOST_CHARACTERS} characters or fewer, and {name[:20]!r}... has "
            f"{len(name):,}"
        )
    return name


def remark(text: str, what: str) -> str:
    """Return what somebody wrote of a decision as it is kept; `what` is "by" or "why".

    Raises:
        ConfigurationError: It is no text, or too long.
    """
    said = composed(text).strip()
    wrong = next(
        (e for e in said if e not in "\n\t" and unicodedata.category(e) in _NO_REMARK), None
    )
    if wrong:
        raise ConfigurationError(f"{what} has the character U+{ord(wrong):04X}, which is no text")
    if len(said) > MOST_OF_REMARK:
        raise ConfigurationError(
            f"{what} has {MOST_OF_REMARK:,} characters or fewer, and there are {len(said):,}"
        )
    return said


def _is_no_text(character: str) -> bool:
    """Tell whether a character steers what shows a text, or breaks its line."""
    return character not in _JOINERS and unicodedata.category(character) in _NOT_IN_TEXT
