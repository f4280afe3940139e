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
from genesis_ray.cli.stream_states import is_well, told_state
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
    """A bar for each camera that gives frames, on stderr; what streams suffer from is said above.

    Where stderr is no terminal, bars are shown at the end alone.
    """

    def __init__(self, starting: str) -> None:
        """Show `starting` until something is known of the first camera."""
        super().__init__(
            Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(bar_width=30),
                MofNCompleteColumn(),
                _FramesPerSecond(),
                TimeRemainingColumn(compact=True),
                console=stderr,
            )
        )
        self._starting: TaskID | None = self._progress.add_task(starting, total=None)
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, CameraProgress] = {}

    def update(self, camera: CameraProgress) -> None:
        """Show how far a camera is, and say what state its stream has come into."""
        if not (camera.frames or camera.state or camera.is_done):
            return
        if self._starting is not None:
            self._progress.remove_task(self._starting)
            self._starting = None
        self._tell(camera)
        if camera.frames:  # the bar's clock starts with the first
            self._advance(camera)

    def _tell(self, camera: CameraProgress) -> None:
        """Say in which state a stream is, where that is another than was said, or supposed."""
        before = self._said.get(camera.camera_id)
        if camera.is_done or (before is None and is_well(camera)):
            return
        if before is None or (before.state, before.reason) != (camera.state, camera.reason):
            self._said[camera.camera_id] = camera
            style = "green" if is_well(camera) else "yellow"
            told = told_state(camera)
            self._progress.console.print(told, style=style, soft_wrap=True)

    def _advance(self, camera: CameraProgress) -> None:
        if camera.camera_id not in self._tasks:
            self._tasks[camera.camera_id] = self._progress.add_task(
                camera.camera_id, total=camera.expected_frames
            )
        task = self._tasks[camera.camera_id]
        is_whole = camera.is_done and not camera.is_cut_off
        total = camera.frames if is_whole else camera.expected_frames
        self._progress.update(task, completed=camera.frames, total=total)


class RowsBar(_Bars):
    """How many rows are written, on stderr, while they are; quiet where that is no terminal."""

    def __init__(self, named: str, rows: int) -> None:
        """Show `named` and none of so many rows."""
        super().__init__(
            Progress(
                TextColumn("{task.description}", markup=False),
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
