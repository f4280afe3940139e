"""The engine on a real GPU, by the processor's as the measure."""

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from genesis_ray.vision import engines
from genesis_ray.vision.calibration import pictures
from genesis_ray.vision.memory_guard import MemoryGuard

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.models,
    pytest.mark.skipif(engines.best_device() != "cuda", reason="no NVIDIA GPU for this process"),
]

SHAPE = (480, 640)


@pytest.fixture(scope="module")
def yolo() -> engines.Runner:
    return engines.load("yolov8n", SHAPE, engine="torch", device="cuda")


def noise(count: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, *shape, 3), np.uint8)


def test_it_finds_what_the_processor_finds(yolo):
    images = pictures()
    (on_gpu,) = yolo(images)
    (on_processor,) = engines.load("yolov8n", SHAPE, engine="torch", device="cpu")(images)
    found = on_processor[:, 4] >= 0.25
    assert found.sum() >= len(images)
    away = np.abs(on_gpu - on_processor)
    assert away[:, :4].max(axis=1)[found].max() < 1  # pixels
    assert away[:, 4][found].max() < 0.02


def test_a_face_is_embedded_as_on_the_processor():
    images = noise(5, (160, 160))
    (on_gpu,) = engines.load("facenet-vggface2", (160, 160), engine="torch", device="cuda")(images)
    (on_processor,) = engines.load("facenet-vggface2", (160, 160), engine="torch", device="cpu")(
        images
    )
    similarity = np.sum(on_gpu * on_processor, axis=1) / (
        np.linalg.norm(on_gpu, axis=1) * np.linalg.norm(on_processor, axis=1)
    )
    assert similarity.min() > 0.9999


def test_a_pictures_result_is_the_same_whatever_else_is_in_the_stack(yolo):
    images = noise(37)
    (together,) = yolo(images)
    for part in (slice(0, 1), slice(5, 20), slice(36, 37)):
        np.testing.assert_array_equal(yolo(images[part])[0], together[part])


def test_no_pictures_have_no_results(yolo):
    assert yolo(noise(0))[0].shape == (0, *yolo(noise(1))[0].shape[1:])


def test_threads_get_their_own_answers(yolo):
    stacks = [noise(count) for count in range(20, 28)]
    expected = [yolo(stack)[0] for stack in stacks]
    with ThreadPoolExecutor(4) as threads:
        for one, answer in zip(expected, threads.map(yolo, stacks), strict=True):
            np.testing.assert_array_equal(answer[0], one)


@pytest.mark.parametrize(("left", "gives_up"), [(0.6, False), (0.02, True)])
def test_where_the_memory_is_too_small_less_is_run_at_once_and_then_the_processor(left, gives_up):
    import torch

    def load() -> engines.Runner:
        return engines.load("yolov8n", SHAPE, engine="torch", device="cuda")

    before = _reserved()
    runner = load()
    needed = torch.cuda.memory_reserved() - before
    del runner
    _, total = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction((_reserved() + left * needed) / total)
    try:
        guarded = MemoryGuard(
            load, lambda: engines.load("yolov8n", SHAPE, engine="torch", device="cpu")
        )
        assert len(guarded(noise(16))[0]) == 16
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert guarded.state.out_of_memory
    assert guarded.state.on_processor is gives_up


def _reserved() -> int:
    """Return the bytes that torch holds, without what it only keeps for later."""
    import torch

    gc.collect()
    torch.cuda.empty_cache()
    return torch.cuda.memory_reserved()
