"""Frames in which there is nothing to see."""

from datetime import datetime, timedelta
from typing import Literal

from genesis_ray.domain.streams.stream_health import Picture

Unseen = Literal["blank", "frozen", "still"]
"""Why a frame is not looked at: nothing but one shade, the same picture for long, no motion."""

_FROZEN_AFTER = timedelta(seconds=20)
"""A sensor's noise changes some value always; a recording may hold a picture for a while."""


class FrameGate:
    """Turns away frames that are blank, and those of a picture that is frozen.

    What it says depends on the frames alone, so a replay leaves out the same ones.
    """

    def __init__(self) -> None:
        self._digest: int | None = None
        self._same_since: datetime | None = None

    def refuses(self, at: datetime, picture: Picture) -> Unseen | None:
        """Return why the next frame is not to be looked at; None: it is."""
        if picture.is_blank:
            return "blank"
        if picture.digest != self._digest or self._same_since is None:
            self._digest, self._same_since = picture.digest, at
        return "frozen" if at - self._same_since >= _FROZEN_AFTER else None

    @property
    def state(self) -> object:
        """All that this has to remember, for the `resume` of another; it does not change."""
        return self._digest, self._same_since

    def resume(self, state: object) -> None:
        """Go on from the state of another gate."""
        self._digest, self._same_since = state  # type: ignore[misc]
