"""Up to when a log tells where people are: until now, or until it breaks off."""

from datetime import datetime

from genesis_ray.domain.places.untold_exits import LOST_AFTER

SILENCE = LOST_AFTER
"""Of a log in which somebody is in view, who has a row a second."""


def told_at(last_word: datetime | None, now: datetime) -> datetime:
    """Return the moment that a log tells of, asked `now`.

    As long as somebody is in a zone something is told of them every second. So where nothing was
    told for two minutes nobody is in a zone any more: the system was killed or is cut off from its
    cameras, and who had not left by then is known to have been there until the last word.

    Args:
        last_word: When somebody was in view last; None: nobody ever was.
        now: The present.
    """
    return now if last_word is None or now - last_word <= SILENCE else last_word
