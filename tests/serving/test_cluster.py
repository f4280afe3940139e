import psutil
import pytest

from genesis_ray.serving.cluster import LEAST_STORE_BYTES, store_bytes
from genesis_ray.settings import Settings
from genesis_ray.settings_cameras import CameraSettings


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
