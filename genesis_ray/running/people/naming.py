"""Who and what people mean by the names they write."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, NotFoundError


class TrackName(NamedTuple):
    """A track as people write it: `door:1700000000000001`."""

    camera_id: str
    track_id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the track that is meant.

        Raises:
            ConfigurationError: It is not written so.
        """
        camera_id, _, number = text.rpartition(":")
        if not camera_id or not number.isdecimal():
            raise ConfigurationError(
                f"expected a track as CAMERA:NUMBER, like door:7, got {text!r}"
            )
        return cls(camera_id, int(number))

    def __str__(self) -> str:
        return f"{self.camera_id}:{self.track_id}"


_SHORT = 8
"""Characters of an identity as it is shown; a name is rarely the beginning of one by so many."""


def find(who: WhoIsWho, text: str) -> str:
    """Return the identity that is meant by a name, an identity or its first 8 characters or more.

    Raises:
        NotFoundError: There is none.
        ConfigurationError: There are several.
    """
    ids = {person.identity_id for person in who.people} | who.aliases.keys()
    if text in ids:
        return text
    found = [person.identity_id for person in who.by_name(text)]
    if not found and len(text) >= _SHORT:
        found = sorted(each for each in ids if each.startswith(text))
    if not found and len(text) < _SHORT:
        raise NotFoundError(
            f"nobody is called {text!r}, and an identity is named by its first {_SHORT} characters "
            f"or more; `genesis people list` shows who there is"
        )
    if not found:
        raise NotFoundError(
            f"nobody is called {text!r}, and no identity begins so; `genesis people list` shows "
            f"who there is"
        )
    if len(found) > 1:
        raise ConfigurationError(
            f"{text!r} can be several: {', '.join(found)}; name one by the identity"
        )
    return found[0]


def find_enrolled(who: WhoIsWho, text: str) -> Person | None:
    """Return whom photos are for: by name, an identity or its first 8 characters or more.

    None: nobody who is known, so `text` is somebody new's name.

    Raises:
        ConfigurationError: There are several, or it is a visitor.
    """
    known = [person for person in who.by_name(text) if person.kind == "enrolled"]
    if not known:
        ids = {person.identity_id for person in who.people} | who.aliases.keys()
        begin = [each for each in ids if len(text) >= _SHORT and each.startswith(text)]
        meant = {who.now(each) for each in ([text] if text in ids else begin)}
        known = [person for person in who.people if person.identity_id in meant]
    if len(known) > 1:
        raise ConfigurationError(namesakes(text, known))
    if known and known[0].kind == "visitor":
        short = known[0].identity_id[:_SHORT]
        raise ConfigurationError(
            f"{text!r} is a visitor, {known[0].name!r}, who needs a name before photos: genesis "
            f"people rename {short} NAME"
        )
    return known[0] if known else None


def namesakes(text: str, people: Sequence[Person]) -> str:
    """Say that a name means several people, and how one of them is named."""
    ids = ", ".join(person.identity_id for person in people)
    return f"{len(people)} people are called {text!r} ({ids}); name one by the identity"
