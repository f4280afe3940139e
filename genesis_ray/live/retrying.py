"""Work that fails again and again: tried some times more, then set aside."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from ray.exceptions import RayActorError, RayTaskError

from genesis_ray.domain.events import DeadLetterChanged
from genesis_ray.domain.load.retry import Attempts
from genesis_ray.domain.streams.frames import FrameStamp
from genesis_ray.errors import GenesisError
from genesis_ray.live.models import AbandonedError, Note, Patience
from genesis_ray.running.set_aside import dead_letter, in_a_line
from genesis_ray.serving.reasons import reason_in
from genesis_ray.settings import Settings

_MOST_IN_A_ROW = 5
"""Without a success between them: what fails on all frames is no frame's fault."""

_LOOK_AGAIN_S = 1.0
"""Before a camera's next frame is tried, where none works: it costs little, and is soon enough."""

T = TypeVar("T")
"""What an attempt brings."""


class DeadLetters:
    """Tries again what failed, and sets aside what goes on failing.

    Where a model fails on all that is tried, no frame is to blame. Who has all the time in the
    world, as live cameras do, goes on without it then until it works again: what it fails on is
    given up at once, and not set aside. Who looks at recordings is told instead.
    """

    def __init__(
        self,
        settings: Settings,
        post: Callable[[DeadLetterChanged], None],
        patience: Patience,
        note: Note,
    ) -> None:
        """Tell of what is set aside to `post`, of models that fail on everything to `note`."""
        self._settings = settings
        self._post = post
        self._patience = patience
        self._note = note
        self._in_a_row: Counter[str] = Counter()
        self._hopeless_since: dict[str, float] = {}

    def succeeded(self, model: str) -> None:
        """Note that a model worked."""
        self._in_a_row[model] = 0
        if began := self._hopeless_since.pop(model, None):
            self._note(model, "recovered", f"works again after {time.monotonic() - began:.1f} s")

    def is_hopeless(self, model: str) -> bool:
        """Tell whether a model fails on everything, and is waited for."""
        return model in self._hopeless_since

    async def pause(self) -> None:
        """Wait before more is asked of a model that fails on everything; no longer than is left."""
        with suppress(AbandonedError):
            async with self._patience.limit():
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def try_again(
        self,
        attempt: Callable[[], Coroutine[Any, Any, T]],
        *,
        model: str,
        stage: str,
        stamp: FrameStamp,
    ) -> T | None:
        """Return what a further attempt brings, after one that failed; None if it was given up.

        It is set aside, unless all is to end.

        Raises:
            GenesisError: All that was tried lately was set aside, and patience has an end.
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
                self.succeeded(model)
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
        self._in_a_row[model] += 1
        if self._in_a_row[model] >= _MOST_IN_A_ROW:
            self._lose_hope(model, f"to {stage} fails on every frame ({reason}); see Ray's logs")
        return None

    def _lose_hope(self, model: str, why: str) -> None:
        if not self._patience.is_endless:
            raise GenesisError(why)
        if model not in self._hopeless_since:
            self._hopeless_since[model] = time.monotonic()
            self._note(model, "degraded", why)


def reason_of(error: BaseException) -> str:
    """Return what an error says in a line, without the traceback that Ray adds; of several one."""
    if isinstance(error, RayActorError):  # perhaps of one that its making raised
        return reason_in(str(error))
    if isinstance(error, RayTaskError):
        return reason_of(error.cause)
    if isinstance(error, BaseExceptionGroup):
        return reason_of(error.exceptions[0])
    return str(error) if isinstance(error, GenesisError) else in_a_line(error)
