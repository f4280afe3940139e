"""How far apart a camera's frames come, whatever they were asked for."""

from collections import deque
from datetime import datetime, timedelta

_GAPS = 9
"""The latest, of which the median is taken: frames that are missed now and then change nothing."""


class Cadence:
    """Knows the time from frame to frame of one camera.

    A camera, or a recording, may have fewer frames than are asked for; then every frame would
    look as if others had been missed before it. Depends on the frames' times alone.

    Attributes:
        interval: From one frame to the next: as asked for, or longer where frames are fewer.
    """

    def __init__(self, asked_for: timedelta) -> None:
        self.interval = self._least = asked_for
        self._gaps: deque[timedelta] = deque(maxlen=_GAPS)
        self._last_at: datetime | None = None

    def take(self, at: datetime) -> None:
        """Take the time of the next frame."""
        if self._last_at is not None:
            self._gaps.append(at - self._last_at)
        self._last_at = at
        if len(self._gaps) == _GAPS:
            self.interval = max(self._least, sorted(self._gaps)[_GAPS // 2])
