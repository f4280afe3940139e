import io

import pytest

from genesis_ray.cli import summary
from genesis_ray.cli.console import PlainConsole
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder

FILM = CameraProgress(camera_id="film", frames=30, is_done=True)


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """What is printed of a run with nothing in its log."""

    def show(*cameras: CameraProgress) -> list[str]:
        printed = io.StringIO()
        monkeypatch.setattr(summary, "stdout", PlainConsole(file=printed, width=100))
        run = RunFolder.create(tmp_path / "run")
        EventLog(run.events).close()
        result = RunResult(
            mode="live", cameras=cameras, events=0, late=0, startup_s=1, first_event_s=None,
            watching_s=3, stage_s={},
        )  # fmt: skip
        summary.print_summary(Settings(data_dir=tmp_path / "data"), run, result)
        return printed.getvalue().splitlines()

    return show


def test_why_a_camera_never_gave_a_frame_is_in_its_row(shown):
    hall = CameraProgress(camera_id="hall", is_done=True, state="connecting", reason="unauthorised")
    lines = shown(FILM, hall)
    assert any("state" in line for line in lines)
    (row,) = [line for line in lines if "hall" in line]
    assert "connecting: unauthorised" in row


def test_where_all_is_well_no_states_are_shown(shown):
    online = CameraProgress(camera_id="hall", frames=9, is_done=True, state="online")
    assert not any("state" in line or "online" in line for line in shown(FILM, online))
