"""Progress bars: of a run one a camera, and of rows that are written."""

from types import TracebackType
from typing import Self

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from genesis_ray.cli.console import stderr
from genesis_ray.running.result import CameraProgress


class _Bars:
    """Bars that are shown in a `with` statement."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


class CameraBars(_Bars):
    """A bar for each camera, on stderr; quiet where that is no terminal."""

    def __init__(self, starting: str) -> None:
        """Show `starting` until the first camera reports."""
        super().__init__(
            Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                _FramesPerSecond(),
                TimeRemainingColumn(compact=True),
                console=stderr,
            )
        )
        self._starting: TaskID | None = self._progress.add_task(starting, total=None)
        self._tasks: dict[str, TaskID] = {}

    def update(self, camera: CameraProgress) -> None:
        """Show how far a camera is."""
        if camera.camera_id not in self._tasks:
            if camera.frames == 0 and not camera.is_done:
                return  # nothing to show yet: the bar's clock starts with the first frame
            if self._starting is not None:
                self._progress.remove_task(self._starting)
                self._starting = None
            self._tasks[camera.camera_id] = self._progress.add_task(
                camera.camera_id, total=camera.expected_frames
            )
        task = self._tasks[camera.camera_id]
        total = camera.frames if camera.is_done else camera.expected_frames
        self._progress.update(task, completed=camera.frames, total=total)


class RowsBar(_Bars):
    """How many rows are written, on stderr, while they are; quiet where that is no terminal."""

    def __init__(self, named: str, rows: int) -> None:
        """Show `named` and none of so many rows."""
        super().__init__(
            Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True),
                console=stderr,
                transient=True,
                disable=not stderr.is_terminal,
            )
        )
        self._task = self._progress.add_task(named, total=rows)

    def update(self, rows: int) -> None:
        """Show that so many are written."""
        self._progress.update(self._task, completed=rows)


class _FramesPerSecond(ProgressColumn):
    """The rate of the last seconds."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:5.1f} frames/s" if speed else "", style="progress.data.speed")
