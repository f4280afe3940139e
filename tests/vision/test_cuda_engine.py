"""The engine on a real GPU, by the processor's as the measure."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from genesis_ray.vision import engines
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


def test_it_says_what_the_processor_says(yolo):
    images = noise(3)
    (on_gpu,) = yolo(images)
    (on_processor,) = engines.load("yolov8n", SHAPE, engine="torch", device="cpu")(images)
    np.testing.assert_allclose(on_gpu[:, :4], on_processor[:, :4], atol=0.5)  # pixels
    np.testing.assert_allclose(on_gpu[:, 4], on_processor[:, 4], atol=0.01)


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


def test_where_the_memory_is_too_small_less_is_run_at_once_and_then_the_processor():
    import torch

    torch.cuda.empty_cache()
    _, total = torch.cuda.mem_get_info()
    try:
        for wanted, left in ((False, 900 << 20), (True, 100 << 20)):
            torch.cuda.set_per_process_memory_fraction(
                (torch.cuda.memory_reserved() + left) / total
            )
            guarded = MemoryGuard(
                lambda: engines.load("yolov8n", SHAPE, engine="torch", device="cuda"),
                lambda: engines.load("yolov8n", SHAPE, engine="torch", device="cpu"),
            )
            (answer,) = guarded(noise(16))
            assert answer.shape[0] == 16
            assert guarded.state.out_of_memory
            assert guarded.state.on_processor is wanted
            torch.cuda.empty_cache()
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
