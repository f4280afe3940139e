"""Numbers for tracks that never repeat in a camera."""

from datetime import UTC, datetime, timedelta

_IDS_A_SECOND = 1_000_000
"""Tracks of recordings that begin at different seconds cannot meet."""

_AT_ONCE = 1_000
"""Tracks that may begin with a single frame, after which no time has passed yet."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_track_id(started_at: datetime) -> int:
    """Return the id of the first track of a recording, so that ids never repeat in a camera.

    Recordings of unknown date count from 1970, and their tracks so from 1.
    """
    seconds = int((started_at - _EPOCH).total_seconds())
    return seconds * _IDS_A_SECOND + 1


def next_track_id(told_until: datetime) -> int:
    """Return the id of the first track that somebody gives who comes after somebody else.

    What the other one gave in the same camera, and told of until then, is below it, and so is what
    was lost with it: ids grow by a million in a second of capture time, and tracks hardly by ten.
    """
    return (told_until - _EPOCH) // timedelta.resolution + _AT_ONCE + 1


def is_dated(at: datetime) -> bool:
    """Tell whether a track that was seen then is of a recording whose date is known.

    Others begin in 1970, so two of one camera have tracks of the same numbers and times.
    """
    return at.year > _EPOCH.year
