"""Who and what people mean by the names they write."""

from typing import NamedTuple, Self

from genesis_ray.domain.ledger import WhoIsWho
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


def find(who: WhoIsWho, text: str) -> str:
    """Return the identity that is meant by an identity, the beginning of one, or a name.

    Raises:
        NotFoundError: There is none.
        ConfigurationError: There are several.
    """
    ids = {person.identity_id for person in who.people} | who.aliases.keys()
    if text in ids:
        return text
    found = [person.identity_id for person in who.by_name(text)]
    if not found and text:
        found = sorted(each for each in ids if each.startswith(text))
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
