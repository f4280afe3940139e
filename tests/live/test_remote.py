from types import SimpleNamespace

import pytest
from ray.exceptions import RayTaskError

from genesis_ray.errors import ConfigurationError, GenesisError
from genesis_ray.figures import Figures
from genesis_ray.live import remote
from genesis_ray.live.remote import RemoteSystem
from genesis_ray.running.result import CameraProgress


class Answer:
    """What a system answers, or what becomes of that."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def result(self, *, timeout_s: float) -> None:
        assert timeout_s == 120
        raise self._error


@pytest.fixture
def system(monkeypatch) -> RemoteSystem:
    """One that runs; its answer is the test's."""
    found = SimpleNamespace(applications={"default": SimpleNamespace(deployments=["live"])})
    live = SimpleNamespace()
    monkeypatch.setattr(remote, "connect", lambda _: None)
    monkeypatch.setattr(remote.serve, "status", lambda: found)
    monkeypatch.setattr(remote.serve, "get_deployment_handle", lambda *_: live)
    return RemoteSystem()


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (TimeoutError(), GenesisError, "not answered for 120 s.*goes on with what it was asked"),
        (
            RayTaskError("state", "", ConfigurationError("no camera would be left")),
            ConfigurationError,
            "^no camera would be left$",
        ),
    ],
)
def test_what_becomes_of_a_question_is_told_without_rays_words(system, error, kind, said):
    system._live.state = SimpleNamespace(remote=lambda: Answer(error))
    with pytest.raises(kind, match=said):
        system.state()


def test_what_happened_between_two_looks_is_told_by_what_was_counted():
    before = Figures(
        cameras=(
            CameraProgress(camera_id="door", dropped={"busy": 3, "still": 7}),
            CameraProgress(camera_id="yard", dropped={"busy": 90}),
        ),
        stage_s={"detect": 10.0},
    )
    after = Figures(
        cameras=(
            CameraProgress(camera_id="door", dropped={"busy": 5, "still": 9, "sampled": 4}),
            CameraProgress(camera_id="yard", dropped={"busy": 1}),  # watched anew
            CameraProgress(camera_id="hall", dropped={"skipped": 2}),
        ),
        stage_s={"detect": 11.0},
    )
    assert remote.dropped(before, after) == {"busy": 3, "still": 2, "sampled": 4, "skipped": 2}
    assert remote.busy_share(before, after, 2.0, 2) == 0.25
    assert remote.busy_share(Figures(), Figures(), 2.0, 0) == 0.0
