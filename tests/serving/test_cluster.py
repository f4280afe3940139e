import socket

import psutil
import pytest
import ray

from genesis_ray.errors import GenesisError
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.serving import cluster
from genesis_ray.serving.cluster import LEAST_STORE_BYTES, store_bytes
from genesis_ray.settings import Settings


def watching(cameras: int, **detector: object) -> Settings:
    return Settings(
        cameras=tuple(
            CameraSettings(camera_id=f"camera-{n}", source="film.mp4") for n in range(cameras)
        ),
        detector=detector,
    )


def test_a_few_cameras_have_the_least():
    assert store_bytes(watching(8)) == LEAST_STORE_BYTES


def test_the_stacks_of_many_cameras_fit_in_it_twice_over(monkeypatch):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("All", (), {"total": 128 << 30}))
    settings = watching(100, stack_frames=32, max_batch_frames=64, stacks_in_flight=4)
    assert store_bytes(settings) == 2 * 13 * 4 * 32 * 640 * 640 * 3


@pytest.mark.parametrize("memory", [4 << 30, 24 << 30])
def test_it_takes_no_more_of_the_memory_than_ray_would(monkeypatch, memory):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("All", (), {"total": memory}))
    settings = watching(1000, stack_frames=32, max_batch_frames=64, stacks_in_flight=16)
    assert store_bytes(settings) == int(0.3 * memory)


@pytest.fixture
def unheard():
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def tried(monkeypatch) -> list[str]:
    """What Ray was asked to do."""
    asked: list[str] = []
    monkeypatch.setattr(ray, "init", lambda **_: asked.append("init"))
    return asked


def test_a_cluster_that_does_not_answer_is_told_at_once(monkeypatch, unheard, tried):
    monkeypatch.setenv("RAY_ADDRESS", unheard)
    with pytest.raises(GenesisError, match=f"no Ray cluster answers at {unheard}; start it, or"):
        cluster.start()
    assert tried == []


def test_so_is_one_of_this_machine_that_died_and_is_still_noted(monkeypatch, unheard, tried):
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    monkeypatch.setattr(cluster, "read_ray_address", lambda: unheard)
    with pytest.raises(GenesisError, match="no Ray cluster runs on this machine; `genesis up"):
        cluster.start()
    assert tried == []


@pytest.mark.parametrize("noted", [None, "listening"])
def test_who_listens_is_left_to_ray(monkeypatch, tried, noted):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        monkeypatch.setattr(cluster, "read_ray_address", lambda: noted and f"127.0.0.1:{port}")
        monkeypatch.setenv("RAY_ADDRESS", "auto")
        cluster.start()
        monkeypatch.setenv("RAY_ADDRESS", f"ray://127.0.0.1:{port}")
        cluster.start()
    assert tried == ["init", "init"]
