from types import SimpleNamespace

import pytest
from ray.exceptions import RayTaskError

from genesis_ray.errors import ConfigurationError, GenesisError
from genesis_ray.live import remote
from genesis_ray.live.remote import RemoteSystem


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
