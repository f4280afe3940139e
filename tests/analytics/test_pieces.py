from datetime import timedelta

import pyarrow as pa
import pytest

from genesis_ray.analytics.pieces import in_pieces
from genesis_ray.analytics.query import MemoryNeededError
from tests.hand_made import at

HOUR = timedelta(hours=1)


def asked_with_memory_for(longest: timedelta, hours: float) -> list[float]:
    """Return how long the pieces are that a range of `hours` is answered in, in hours."""

    def ask(since, until):
        if until - since > longest:
            raise MemoryNeededError("too long")
        return pa.table({"since": [since], "until": [until]})

    found = in_pieces(ask, at(0), at(3600 * hours)).to_pylist()
    assert [row["since"] for row in found[1:]] == [row["until"] for row in found[:-1]]
    assert (found[0]["since"], found[-1]["until"]) == (at(0), at(3600 * hours))
    return [(row["until"] - row["since"]) / HOUR for row in found]


def test_what_fits_is_asked_at_once():
    assert asked_with_memory_for(100 * HOUR, 100) == [100]


def test_what_does_not_fit_is_asked_in_pieces_of_whole_hours_that_do():
    assert asked_with_memory_for(10 * HOUR, 90.5) == [5] * 18 + [0.5]


def test_an_hour_that_does_not_fit_is_an_error():
    with pytest.raises(MemoryNeededError):
        asked_with_memory_for(HOUR / 2, 10)


def test_a_piece_of_which_there_is_more_is_cut_further():
    lengths = []

    def ask(since, until):
        if until - since > (2 * HOUR if since >= at(8 * 3600) else 4 * HOUR):
            raise MemoryNeededError("too long")
        lengths.append((until - since) / HOUR)
        return pa.table({"a": [1]})

    in_pieces(ask, at(0), at(16 * 3600))
    assert lengths == [4, 4, *[1] * 8]
