"""Whether every number that a text states stands in the data that it was written from."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, time
from math import isclose

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_ISO = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_TO = r"\s*(?:-|–|to|and|until|through)\s*"
_DAY_MONTH = re.compile(
    rf"\b(?:{_DAY}{_TO})?{_DAY}(?: of)? ({_MONTH})\b\.?(?:,? (\d{{4}})\b)?", re.IGNORECASE
)
_MONTH_DAY = re.compile(
    rf"\b({_MONTH})\b\.? {_DAY}(?:{_TO}{_DAY})?\b(?:,? (\d{{4}})\b)?", re.IGNORECASE
)
_CLOCK = re.compile(
    r"\b(\d{1,2}):(\d\d)\b(?:\s*([ap])\.?m\b\.?)?|\b(\d{1,2})\s*([ap])\.?m\b\.?", re.I
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBER = re.compile(
    r"(?<![\w.,])[-−+±]?(\d{1,3}(?:[,\u00a0\u202f' ]\d{3})+(?!\d)|\d+)(\.\d+)?"
    r"(\s*(?:%|percent\b|per cent\b|percentage points?\b))?(?:(?:s|min|h)\b)?(?!\w)(?![.,]\d)",
    re.IGNORECASE,
)
_NONE = ("zero", "none", "nobody", "nought", "nil")
_COUNTED = "alert|camera|customer|guest|hour|people|person|visitor|visit"
_NO = rf"no(?:[ -]?one|\s+(?:{_COUNTED}))"
_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",
)  # fmt: skip
_TENS = ("thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_UNSURE = (
    "hundred", "thousand", "million", "billion", "dozen", "score", "half", "halved", "twice",
    "thrice", "double", "doubled", "doubling", "triple", "tripled", "quadrupled", "third",
    "quarter", "fifth", "tenth", "twofold", "threefold", "tenfold",
)  # fmt: skip
_WORD = re.compile(
    rf"\b({'|'.join((_NO, 'single', *_NONE, *_WORDS, *_TENS, *_UNSURE))})s?\b"
    rf"(?:-(\w+))?(\s+per\s?cent\b)?",
    re.IGNORECASE,
)
_LEAST_DIGITS = 2
"""Digits that a number may be rounded to: 1,234 to 1,200, and not to 1,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What stands in the data.

    Attributes:
        numbers: Counts, durations in each unit in which they may be told, and the like.
        shares: 0.12 may be told as that, as 12 % and as 12 percent.
        days: That belong to the data.
        times: Of the clock.
        words: In the data's own words, as the half of "half waited at most".
    """

    numbers: Collection[float] = ()
    shares: Collection[float] = ()
    days: Collection[date] = ()
    times: Collection[time] = ()
    words: Collection[str] = ()


def invented(text: str, known: Known) -> list[str]:
    """Return what a text states that does not stand in the data, as it is written there.

    Numbers may be rounded, to two digits at the least, and written in any usual way; so may days
    and times. Whether what is said of a number is true is not told by this.
    """
    found: list[str] = []
    rest = text
    for pattern, is_known in (
        (_ISO, _is_iso_day),
        (_DAY_MONTH, _is_day_of_month),
        (_MONTH_DAY, _is_month_and_day),
        (_CLOCK, _is_time),
        (_YEAR, _is_year),
        (_NUMBER, _is_number),
        (_WORD, _is_word),
    ):
        found += [
            match[0].strip() for match in pattern.finditer(rest) if not is_known(match, known)
        ]
        rest = pattern.sub(" ", rest)
    # A digit that no pattern took, as of another script or glued to letters, is none that is known.
    return found + re.findall(r"\S*\d\S*", rest)


def _is_iso_day(match: re.Match[str], known: Known) -> bool:
    return any(match[0] == day.isoformat() for day in known.days)


def _is_day_of_month(match: re.Match[str], known: Known) -> bool:
    first, last, month, year = match.groups()
    return _are_days([first, last], month, year, known)


def _is_month_and_day(match: re.Match[str], known: Known) -> bool:
    month, first, last, year = match.groups()
    return _are_days([first, last], month, year, known)


def _are_days(numbers: list[str | None], month: str, year: str | None, known: Known) -> bool:
    in_month = next(
        place for place, name in enumerate(_MONTHS, start=1) if name.startswith(month.lower()[:3])
    )
    days = {
        day.day
        for day in known.days
        if day.month == in_month and (year is None or day.year == int(year))
    }
    return all(int(number) in days for number in numbers if number)


def _is_time(match: re.Match[str], known: Known) -> bool:
    hour, minute, half, hour_alone, half_alone = match.groups()
    at, half = (int(hour), half) if hour else (int(hour_alone), half_alone)
    if half:
        at = at % 12 + (12 if half.lower() == "p" else 0)
    return any((at % 24, int(minute or 0)) == (each.hour, each.minute) for each in known.times)


def _is_year(match: re.Match[str], known: Known) -> bool:
    return any(int(match[0]) == day.year for day in known.days) or _is_number(
        _NUMBER.match(match[0]), known
    )


def _is_number(match: re.Match[str] | None, known: Known) -> bool:
    if match is None:
        return False
    whole, fraction, percent = match.groups()
    digits = re.sub(r"\D", "", whole)
    stated = float(digits + (fraction or ""))
    step = 10.0 ** -(len(fraction) - 1 if fraction else -_zeros(digits))
    if percent:
        return any(_is_near(100 * abs(share), stated, step) for share in known.shares)
    return any(_is_near(abs(number), stated, step) for number in known.numbers) or any(
        fraction and _is_near(abs(share), stated, step) for share in known.shares
    )


def _is_near(number: float, stated: float, step: float) -> bool:
    return abs(number - stated) <= step / 2 or isclose(number, stated)


def _zeros(digits: str) -> int:
    """Return how many digits at the end are zeros that rounding may have left."""
    zeros = len(digits) - len(digits.rstrip("0"))
    return max(0, min(zeros, len(digits) - _LEAST_DIGITS))


def _is_word(match: re.Match[str], known: Known) -> bool:
    word = match[1].lower()
    if word in known.words:
        return True
    values = [*_values(word, (match[2] or "").lower())]
    if match[3]:
        return any(isclose(100 * abs(share), value) for share in known.shares for value in values)
    return any(isclose(abs(number), value) for number in known.numbers for value in values)


def _values(word: str, behind: str) -> Iterator[int]:
    """Return what a word of a number means; nothing where that depends."""
    if word == "single":
        yield 1
    elif word in _NONE or word.startswith("no"):
        yield 0
    elif word in _WORDS and behind not in _UNSURE:
        tens = 20 if word == "twenty" else None
        yield (tens or _WORDS.index(word) + 1) + _ones(behind, tens)
    elif word in _TENS:
        tens = 30 + 10 * _TENS.index(word)
        yield tens + _ones(behind, tens)


def _ones(behind: str, tens: int | None) -> int:
    return _WORDS.index(behind) + 1 if tens and behind in _WORDS[:9] else 0
