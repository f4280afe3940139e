"""TensorRT's runner against a stand-in for the package that computes on the processor."""

import ctypes
import importlib
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest

from genesis_ray.errors import ModelError
from genesis_ray.vision.catalog import InputConvention

SHAPES = {"answers": (4, 3), "images": (4, 3, 2, 5)}  # a mean for each plane of four pictures


def memory(address: int, shape: tuple[int, ...]) -> np.ndarray:
    pointer = ctypes.cast(address, ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(pointer, shape)


class Engine:
    """A plan whose model tells the mean of each colour."""

    num_io_tensors = len(SHAPES)
    runs: int
    works = True

    def __init__(self) -> None:
        self.runs = 0

    def get_tensor_name(self, index: int) -> str:
        return list(SHAPES)[index]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return SHAPES[name]

    def get_tensor_mode(self, name: str) -> str:
        return "input" if name == "images" else "output"

    def create_execution_context(self) -> "Engine":
        return self

    def execute_v2(self, addresses: list[int]) -> bool:
        self.runs += 1
        answers, images = map(memory, addresses, SHAPES.values())
        answers[:] = images.mean(axis=(2, 3))
        return self.works


@pytest.fixture
def package(monkeypatch) -> Mock:
    engine = Engine()
    runtime = SimpleNamespace(deserialize_cuda_engine=lambda plan: engine if plan else None)
    package = Mock(engine=engine)
    package.Runtime.return_value = runtime
    package.TensorIOMode.INPUT = "input"
    monkeypatch.setitem(sys.modules, "tensorrt", package)
    monkeypatch.delitem(sys.modules, "genesis_ray.vision.tensorrt_engine", raising=False)
    return package


@pytest.fixture
def load(package, tmp_path):
    def load(plan: bytes = b"a plan"):
        (tmp_path / "model.engine").write_bytes(plan)
        engine = importlib.import_module("genesis_ray.vision.tensorrt_engine")
        convention = InputConvention("RGB", mean=0, scale=2)
        return engine.TensorRtRunner(tmp_path / "model.engine", convention, device="cpu")

    yield load
    sys.modules.pop("genesis_ray.vision.tensorrt_engine", None)  # it has the stand-in in it


def pictures(count: int) -> np.ndarray:
    values = np.arange(count * 3, dtype=np.uint8).reshape(count, 1, 1, 3)
    return np.broadcast_to(values, (count, 2, 5, 3)).copy()


@pytest.mark.parametrize("count", [0, 1, 4, 9])
def test_every_picture_gets_its_own_answer_in_the_models_colours_and_scale(load, count):
    (means,) = load()(pictures(count))
    expected = np.arange(count * 3, dtype=np.float32).reshape(count, 3)[:, ::-1] / 2
    np.testing.assert_array_equal(means, expected)


def test_pictures_run_in_batches_of_the_plans_size(load, package):
    run = load()
    package.engine.runs = 0
    run(pictures(9))
    assert package.engine.runs == 3


def test_threads_that_call_at_once_get_their_own_answers(load):
    run = load()
    stacks = [pictures(n) for n in (1, 5, 9, 2)] * 5
    expected = [run(stack)[0] for stack in stacks]
    with ThreadPoolExecutor(4) as pool:
        for (got,), wanted in zip(pool.map(run, stacks), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_pictures_of_another_shape_are_refused(load):
    with pytest.raises(ValueError, match=r"expected uint8 \[n, \*\(2, 5, 3\)\]"):
        load()(np.zeros((1, 4, 5, 3), np.uint8))


def test_a_plan_that_cannot_be_read_is_reported_with_the_remedy(load):
    with pytest.raises(ModelError, match="remove its folder"):
        load(b"")


def test_a_run_that_fails_is_an_error_and_no_answer(load, package):
    run = load()
    package.engine.works = False
    with pytest.raises(ModelError, match="could not run"):
        run(pictures(1))
