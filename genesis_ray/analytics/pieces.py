"""Long ranges, asked piece by piece where a query may not have the memory for the whole."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pyarrow as pa

from genesis_ray.analytics.query import MemoryNeededError

_LEAST = timedelta(hours=1)
_PARTS = 4
"""That a piece is cut into where it needs too much: what was done of it until then is lost."""


def in_pieces(
    ask: Callable[[datetime, datetime], pa.Table], since: datetime, until: datetime
) -> pa.Table:
    """Return the rows of [since, until), in order of the pieces that they are asked of.

    All but the last are of whole hours.

    Args:
        ask: Returns the rows of a part of the range, which no other part changes.
        since: Start of the range.
        until: Its end, not within.

    Raises:
        MemoryNeededError: An hour is still too much.
    """
    answers = []
    length, start = until - since, since
    while start < until:
        end = min(start + length, until)
        try:
            answers.append(ask(start, end))
        except MemoryNeededError:
            if end - start <= _LEAST:
                raise
            length = max((end - start) // _PARTS // _LEAST, 1) * _LEAST
        else:
            start = end
    return pa.concat_tables(answers)
