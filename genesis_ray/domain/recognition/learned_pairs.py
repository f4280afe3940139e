"""What people show of two cameras of which nobody said anything: whether both see anybody at once.

Nobody is in two places, but cameras whose views overlap see one person at the same time rightly. So
two cameras are taken to be apart by experience alone: many people, each of them known beyond doubt,
went from one to the other, and not one was in view of both at once. One who is, beyond doubt, ends
that for good: the views may overlap, if only in a corner.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from genesis_ray.domain.recognition.topology import Sight

PEOPLE = 50
"""After so many, of whom both saw none at once, no more than 6 in 100 are, at 95 %: rule of three:
J. A. Hanley, A. Lippman-Hand, "If nothing goes wrong, is everything all right?", JAMA 1983."""

SOON = timedelta(minutes=5)
"""Who comes later may have been anywhere, and says nothing of the two cameras."""


@dataclass(slots=True)
class _Pair:
    """Two cameras.

    Attributes:
        people: Who went from one to the other, until they were enough.
    """

    people: set[str] = field(default_factory=set)
    is_apart: bool = False
    may_overlap: bool = False


@dataclass(slots=True)
class LearnedPairs:
    """The pairs of cameras that surely known people were seen at; picklable.

    Identities are kept until a pair has enough of them, and then their number says it all.
    """

    _pairs: dict[tuple[str, str], _Pair] = field(default_factory=dict)

    def are_apart(self, one: str, other: str) -> bool:
        """Tell whether two cameras are taken to see nobody at the same time."""
        pair = self._pairs.get(_key(one, other))
        return pair is not None and pair.is_apart

    def learn(
        self,
        identity_id: str,
        one: Sight,
        other: Sight,
        *,
        gap: timedelta,
        tolerance: timedelta,
        people: int,
    ) -> bool:
        """Take two sights of somebody surely known; tell whether the cameras are held for other.

        Args:
            identity_id: Whom both show.
            one: By one camera.
            other: By another one.
            gap: What is between the sights; below 0: they were at once for so long.
            tolerance: What the clocks may be apart: what is so near says neither.
            people: After how many the cameras are apart.
        """
        if -tolerance <= gap <= tolerance or gap > SOON:
            return False
        pair = self._pairs.setdefault(_key(one.camera_id, other.camera_id), _Pair())
        if pair.may_overlap:
            return False
        was_apart = pair.is_apart
        if gap < timedelta(0):
            pair.may_overlap, pair.is_apart = True, False
        elif not was_apart:
            pair.people.add(identity_id)
            pair.is_apart = len(pair.people) >= people
        if pair.may_overlap or pair.is_apart:
            pair.people.clear()
        return pair.is_apart != was_apart

    def reconsider(self, now: Callable[[str], str]) -> None:
        """Count people as whom they are now."""
        for pair in self._pairs.values():
            pair.people = {now(identity_id) for identity_id in pair.people}


def _key(one: str, other: str) -> tuple[str, str]:
    return min(one, other), max(one, other)
