"""Columns made to fit a terminal: names folded, ids cut short, and the last ones left out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LONG_ID = 20
"""Characters of what is cut to its beginning, by which commands take it too."""
_ID_SHOWN = 8
_TEXT_SHOWN = 24
_TIME = re.compile(
    r"(?P<whole>(?P<minute>\d{4}-\d\d-\d\d \d\d:\d\d)(?P<second>:\d\d(?:\.\d+)?))"
    r"(?P<offset>[+-]\d\d:\d\d)?"
)
_LEAST_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What of a table is shown.

    Attributes:
        columns: The text of each cell, by column, in order.
        notes: What is not shown, in words.
    """

    columns: dict[str, list[str]]
    notes: tuple[str, ...]


def folded(name: str) -> str:
    """Return a column's name in lines of a word each."""
    return name.replace("_", "_\n")


def narrowed(columns: Mapping[str, Sequence[str]], width: int) -> Narrowed:
    """Return as much of a table as a line of so many characters has room for."""
    times = {name: found for name, texts in columns.items() if (found := _times(texts))}
    short = {
        name: [_shortened(text, is_id=name.endswith(("_id", "_ids"))) for text in texts]
        for name, texts in columns.items()
        if name not in times
    }
    notes = [
        f"times are {offset}" for offset in sorted({each[0] for each in times.values()} - {""})
    ]
    if any(texts != [*columns[name]] for name, texts in short.items()):
        notes.append("long values are cut short (…)")
    short = {name: times[name][1] if name in times else short[name] for name in columns}
    kept = list(short)
    while len(kept) > _LEAST_COLUMNS and _line(short, kept) > width:
        kept.pop()
    if left_out := [name for name in short if name not in kept]:
        notes.append(f"left out: {', '.join(left_out)}")
    return Narrowed({name: short[name] for name in kept}, tuple(notes))


def _line(columns: Mapping[str, Sequence[str]], kept: Sequence[str]) -> int:
    """Return how many characters a line takes."""
    widths = [
        max(len(text) for text in (*folded(name).split("\n"), *columns[name])) for name in kept
    ]
    return sum(widths) + 3 * len(widths) + 1


def _times(texts: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the offset of times and the times without it, nor seconds where none has any.

    None: it is no column of times, or summer time begins in it.
    """
    found = [_TIME.fullmatch(text) for text in texts if text]
    offsets = {each["offset"] or "" for each in found if each}
    if None in found or len(offsets) != 1:
        return None
    kept = "minute" if all(each["second"] == ":00" for each in found if each) else "whole"
    made = [_TIME.fullmatch(text) for text in texts]
    return offsets.pop(), [each[kept] if each else "" for each in made]


def _shortened(text: str, *, is_id: bool) -> str:
    if is_id and len(text) >= _LONG_ID and " " not in text:
        return f"{text[:_ID_SHOWN]}…"
    return text if len(text) <= _TEXT_SHOWN + 1 else f"{text[:_TEXT_SHOWN]}…"
