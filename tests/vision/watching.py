"""Live streams that are watched as a camera group does."""

import threading
import time
from collections.abc import Iterator
from datetime import datetime

from genesis_ray.domain.streams.frames import Frame
from genesis_ray.vision.stream import LiveStream


class Watching:
    """A stream played by a thread of its own, as a camera group does."""

    def __init__(self, stream: LiveStream) -> None:
        self.stream = stream
        self.frames: list[Frame] = []
        self.states: list[tuple[str, str]] = []
        self.told_at: list[datetime] = []
        self._thread = threading.Thread(target=lambda: self.frames.extend(self._play()))
        self._thread.start()

    def _play(self) -> Iterator[Frame]:
        for frame in self.stream:
            self.frames.append(frame)
        return iter(())

    def until(self, is_so, *, within_s: float = 20) -> None:
        deadline = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < deadline, (len(self.frames), self.states)
            self._take_news()
            time.sleep(0.02)
        self._take_news()

    def _take_news(self) -> None:
        for news in self.stream.take_news():
            self.states.append(tuple(news.diagnosis))
            self.told_at.append(news.at)

    def close(self) -> None:
        self.stream.close()
        self._thread.join(30)
        assert not self._thread.is_alive()
