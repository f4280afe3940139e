import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision import memory_guard
from genesis_ray.vision.memory_guard import (
    MemoryGuard,
    MemoryState,
    claim_share,
    is_out_of_memory,
)

STACK = np.arange(10, dtype=np.uint8).reshape(10, 1, 1, 1)


class OutOfMemoryError(RuntimeError):
    """Named and derived as torch's, which takes seconds to import."""


class Gpu:
    """A model of which so many pictures fit into the memory at once; it adds one to each."""

    def __init__(self, fits: int, batch: int = 8) -> None:
        self.fits = fits
        self.batch = batch
        self.tried: list[int] = []

    def __call__(self, images: np.ndarray) -> tuple[np.ndarray]:
        self.tried.append(self.batch)
        if self.batch > self.fits:
            raise OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return (images + np.float32(1),)


def processor(images: np.ndarray) -> tuple[np.ndarray]:
    return (images + np.float32(2),)


def guard(gpu: Gpu) -> MemoryGuard:
    return MemoryGuard(lambda: gpu, lambda: processor)


def test_what_fits_is_left_alone():
    gpu = Gpu(fits=8)
    guarded = guard(gpu)
    np.testing.assert_array_equal(guarded(STACK)[0], STACK + 1)
    assert gpu.tried == [8]
    assert guarded.state == MemoryState()


def test_a_batch_that_does_not_fit_is_halved_until_it_does():
    gpu = Gpu(fits=3)
    guarded = guard(gpu)
    np.testing.assert_array_equal(guarded(STACK)[0], STACK + 1)
    assert gpu.tried == [8, 4, 2]
    state = guarded.state
    assert (state.out_of_memory, state.batch, state.on_processor) == (2, 2, False)
    assert "Tried to allocate" in state.reason


def test_what_was_learned_is_kept():
    gpu = Gpu(fits=3)
    guarded = guard(gpu)
    guarded(STACK)
    gpu.fits = 8
    guarded(STACK)
    assert gpu.tried == [8, 4, 2, 2]
    assert guarded.state.out_of_memory == 2


def test_where_not_even_one_picture_fits_the_processor_takes_over_for_good():
    gpu = Gpu(fits=0)
    guarded = guard(gpu)
    np.testing.assert_array_equal(guarded(STACK)[0], STACK + 2)
    assert gpu.tried == [8, 4, 2, 1]
    gpu.fits = 8
    np.testing.assert_array_equal(guarded(STACK)[0], STACK + 2)
    assert len(gpu.tried) == 4
    assert guarded.state.on_processor
    assert guarded.state.out_of_memory == 4


def test_who_asks_while_the_processors_is_loaded_waits_for_it():
    is_loading, may_load = threading.Event(), threading.Event()

    def load_slowly():
        is_loading.set()
        assert may_load.wait(10)
        return processor

    guarded = MemoryGuard(lambda: Gpu(fits=0, batch=1), load_slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(guarded, STACK)
        assert is_loading.wait(10)
        second = pool.submit(guarded, STACK)
        threading.Timer(0.05, may_load.set).start()
        for asked in (first, second):
            np.testing.assert_array_equal(asked.result(10)[0], STACK + 2)
    assert guarded.state.out_of_memory == 1


def test_a_model_that_does_not_fit_itself_is_run_by_the_processor():
    def load() -> Gpu:
        raise OutOfMemoryError("CUDA out of memory")

    guarded = MemoryGuard(load, lambda: processor)
    np.testing.assert_array_equal(guarded(STACK)[0], STACK + 2)
    assert guarded.state == MemoryState(1, None, True, "CUDA out of memory")


def test_a_model_whose_batch_cannot_be_changed_goes_to_the_processor_at_once():
    def fixed(images: np.ndarray) -> tuple[np.ndarray]:
        raise OutOfMemoryError

    guarded = MemoryGuard(lambda: fixed, lambda: processor)
    np.testing.assert_array_equal(guarded(STACK)[0], STACK + 2)
    assert guarded.state == MemoryState(1, None, True, "OutOfMemoryError")


def test_threads_that_meet_the_same_limit_halve_the_batch_once():
    together = threading.Barrier(4)

    class Slow(Gpu):
        def __call__(self, images: np.ndarray) -> tuple[np.ndarray]:
            if self.batch == 8:
                together.wait(5)
            return super().__call__(images)

    guarded = guard(Slow(fits=4))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(guarded, [STACK] * 4))
    for (answer,) in answers:
        np.testing.assert_array_equal(answer, STACK + 1)
    assert guarded.state.batch == 4
    assert guarded.state.out_of_memory == 1


def test_other_errors_are_none_of_its_business():
    def broken(images: np.ndarray) -> tuple[np.ndarray]:
        raise ValueError("expected uint8")

    guarded = MemoryGuard(lambda: broken, lambda: processor)
    with pytest.raises(ValueError, match="expected uint8"):
        guarded(STACK)
    with pytest.raises(ModelError):
        MemoryGuard(lambda: (_ for _ in ()).throw(ModelError("no weights")), lambda: processor)
    assert guarded.state == MemoryState()


def test_a_processor_whose_memory_is_full_is_an_error_and_not_tried_for_ever():
    def full(images: np.ndarray) -> tuple[np.ndarray]:
        raise OutOfMemoryError("no memory at all")

    guarded = MemoryGuard(lambda: full, lambda: full)
    with pytest.raises(OutOfMemoryError):
        guarded(STACK)


@pytest.mark.parametrize(
    ("error", "is_it"),
    [
        (OutOfMemoryError(), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (
            RuntimeError("[ONNXRuntimeError] : 1 : FAIL : Failed to allocate memory for buffer"),
            True,
        ),
        (ModelError("TensorRT has too little free GPU memory for yolov8n"), True),
        (RuntimeError("device-side assert triggered"), False),
        (ValueError("memory"), False),
    ],
)
def test_a_full_memory_is_known_from_what_engines_say(error, is_it):
    assert is_out_of_memory(error) == is_it


def test_torchs_own_error_is_known():
    import torch

    assert is_out_of_memory(torch.cuda.OutOfMemoryError("CUDA out of memory"))


def test_states_of_several_models_are_told_as_one():
    halved, fell = MemoryState(2, 2, False, "full"), MemoryState(4, 1, True, "fuller")
    assert MemoryState() + halved == halved + MemoryState() == halved
    assert halved + fell == MemoryState(6, 1, True, "fuller")


@pytest.mark.parametrize(("share", "set_to"), [(0, []), (0.25, [0.25]), (1, []), (2, [])])
def test_only_a_part_of_a_gpu_is_claimed_as_a_part(share, set_to, monkeypatch):
    import torch

    shares: list[float] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    claim_share(share)
    assert shares == set_to


def test_operators_are_told_in_the_log(caplog):
    with caplog.at_level("WARNING", logger=memory_guard.__name__):
        guard(Gpu(fits=0))(STACK)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING"] * 3 + ["ERROR"]
    assert "processor runs the model" in caplog.text
