"""When a visitor was last seen, and when nobody remembers them any more."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person

NOTED_EVERY = timedelta(days=1)
"""Seeing a visitor again is noted at most once in this time: days are what expiry is counted in."""


class LastSeen:
    """The visitors who expire, and the capture times at which they were last noted.

    A visitor expires who was not seen for `keep` since the last time that was noted: nobody is
    given that identity at a later capture time. Expiry depends on capture times alone, so
    footage that is watched again gives the same names. Whoever got a name from somebody, or was
    merged with such a person, is no visitor any more and never expires. A face that nobody has
    any more is nobody's.
    """

    def __init__(
        self,
        noted: Mapping[str, datetime],
        *,
        keep: timedelta,
        is_somebody: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Go on from what was noted, by the identity that each visitor is now.

        `is_somebody` tells of others whether there is such a person.
        """
        self._noted = dict(noted)
        self._keep = keep
        self._is_somebody = is_somebody

    def add(self, identity_id: str, at: datetime) -> None:
        """Take a new visitor, who is seen."""
        self._noted[identity_id] = at

    def saw(self, identity_id: str, at: datetime) -> bool:
        """Take the sight of somebody; tell whether it has to be noted, as the last is too old."""
        last = self._noted.get(identity_id)
        if last is None or at - last < NOTED_EVERY:
            return False
        self._noted[identity_id] = at
        return True

    def is_current(self, identity_id: str, at: datetime) -> bool:
        """Tell whether somebody may be recognised at a time: neither nobody nor who expired."""
        last = self._noted.get(identity_id)
        return self._is_somebody(identity_id) if last is None else at - last <= self._keep

    def expired(self, at: datetime) -> list[str]:
        """Return the visitors who are not recognised any more from a time on."""
        return sorted(each for each in self._noted if not self.is_current(each, at))


def last_noted(
    people: Iterable[Person], sights: Mapping[str, datetime], who: WhoIsWho
) -> dict[str, datetime]:
    """Return when visitors were last noted to be seen, by the identity that each is now.

    Args:
        people: Everyone, as stored: whoever was never seen again was seen when they were made.
        sights: The last sight noted of identities, as they were then.
        who: Who they are now.
    """
    visitors = {person.identity_id for person in who.people if person.kind == "visitor"}
    times = [(person.identity_id, person.enrolled_at) for person in [*people, *who.people]]
    noted: dict[str, datetime] = {}
    for identity_id, at in [*times, *sights.items()]:
        present = who.now(identity_id)
        if present in visitors:
            noted[present] = max(at, noted.get(present, at))
    return noted
