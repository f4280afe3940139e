"""Work that fails again and again: tried some times more, then set aside."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ray.exceptions import RayTaskError

from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.domain.frames import FrameStamp
from genesis_ray.domain.retry import Attempts
from genesis_ray.errors import GenesisError
from genesis_ray.live.models import AbandonedError, Patience
from genesis_ray.running.set_aside import dead_letter, in_a_line
from genesis_ray.settings import Settings

_MOST_IN_A_ROW = 5
"""Without a success between them: what fails on all frames is no frame's fault."""

T = TypeVar("T")
"""What an attempt brings."""


class DeadLetters:
    """Tries again what failed, and sets aside what goes on failing.

    `post` takes the events that tell of it.
    """

    def __init__(
        self, settings: Settings, post: Callable[[DeadLetterChanged], None], patience: Patience
    ) -> None:
        self._settings = settings
        self._post = post
        self._patience = patience
        self._in_a_row = 0

    def succeeded(self) -> None:
        """Note that something worked."""
        self._in_a_row = 0

    async def try_again(
        self,
        attempt: Callable[[], Coroutine[Any, Any, T]],
        *,
        stage: str,
        stamp: FrameStamp,
    ) -> T | None:
        """Return what a further attempt brings, after one that failed; None if it was given up.

        It is set aside, unless all is to end.

        Raises:
            GenesisError: All that was tried lately was set aside.
        """
        attempts = Attempts(self._settings.retry_delays_s)
        reason = ""
        while (delay_s := attempts.failed()) is not None:
            try:
                async with self._patience.limit():
                    await asyncio.sleep(delay_s)
                result = await attempt()
            except AbandonedError:
                return None
            except RayTaskError as error:
                reason = reason_of(error)
            else:
                self.succeeded()
                return result
        letter = dead_letter(
            self._settings,
            unit="frame",
            stage=stage,
            camera_id=stamp.camera_id,
            at=stamp.captured_at,
            frame_index=stamp.frame_index,
            attempts=attempts.failures,
            reason=reason,
        )
        self._post(letter)
        self._in_a_row += 1
        if self._in_a_row >= _MOST_IN_A_ROW:
            raise GenesisError(f"to {stage} fails on every frame ({reason}); see Ray's logs")
        return None


def reason_of(error: BaseException) -> str:
    """Return what an error says in a line, without the traceback that Ray adds."""
    return in_a_line(error.cause if isinstance(error, RayTaskError) else error)
