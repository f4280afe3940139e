"""Numbers for tracks that never repeat in a camera."""

from datetime import UTC, datetime

_IDS_A_SECOND = 1_000_000
"""Tracks of recordings that begin at different seconds cannot meet."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_track_id(started_at: datetime) -> int:
    """Return the id of the first track of a recording, so that ids never repeat in a camera.

    Recordings of unknown date count from 1970, and their tracks so from 1.
    """
    seconds = int((started_at - _EPOCH).total_seconds())
    return seconds * _IDS_A_SECOND + 1
