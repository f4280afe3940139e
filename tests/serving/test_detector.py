from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.errors import ModelError
from genesis_ray.sections.models import DetectorSettings
from genesis_ray.serving import detector
from genesis_ray.serving.detector import DetectorReplica
from genesis_ray.serving.needed_inputs import NeededInputs
from genesis_ray.testing import ColourDetector
from genesis_ray.vision.memory_guard import MemoryState


@pytest.fixture
def start(monkeypatch) -> Callable[..., DetectorReplica]:
    """Start a replica outside of Serve, which Ray gave a quarter of a GPU."""
    context = SimpleNamespace(replica_id=SimpleNamespace(unique_id="abc"))
    monkeypatch.setattr(detector.serve, "get_replica_context", lambda: context)
    monkeypatch.setattr(detector, "own_gpu_share", lambda: 0.25)
    monkeypatch.setattr(detector, "claim_share", claimed.append)
    claimed.clear()

    def start(needed: NeededInputs, model: str = "synthetic") -> DetectorReplica:
        return DetectorReplica(DetectorSettings(model=model), needed)

    return start


@pytest.fixture
def replica(start) -> DetectorReplica:
    return start(NeededInputs())


@pytest.fixture
def looked_at(monkeypatch) -> list[tuple[int, ...]]:
    """The shapes of what detectors are given."""
    shapes: list[tuple[int, ...]] = []
    monkeypatch.setattr(ColourDetector, "detect", lambda _, stack: shapes.append(stack.shape) or [])
    return shapes


claimed: list[float] = []


def test_a_replica_keeps_to_the_share_of_the_gpu_that_ray_gave_it(replica):
    assert claimed == [0.25]


def test_stacks_of_several_callers_and_shapes_get_their_own_answers(replica):
    stacks = [np.zeros((n, side, side, 3), np.uint8) for n, side in ((2, 32), (1, 64), (3, 32))]
    stacks[2][1, 8:24, 8:24] = (0, 0, 255)
    found = replica._detect(stacks)
    assert [len(one.people) for one in found] == [2, 1, 3]
    assert [len(people) for people in found[2].people] == [0, 1, 0]


def test_every_answer_tells_who_gave_it_and_how_its_memory_is(replica, monkeypatch):
    full = MemoryState(1, 4, False, "CUDA out of memory")
    monkeypatch.setattr(ColourDetector, "memory", full)
    (found,) = replica._detect([np.zeros((1, 32, 32, 3), np.uint8)])
    assert (found.replica, found.memory) == ("abc", full)


def test_before_anything_is_asked_for_what_is_expected_is_prepared(start, looked_at):
    start(NeededInputs(frozenset([(384, 640), (480, 640)])))
    assert looked_at == [(1, 384, 640, 3), (1, 480, 640, 3)]


def test_after_that_what_cameras_have_and_nothing_else(start, looked_at, monkeypatch):
    monkeypatch.setattr(NeededInputs, "noted", lambda _: {(640, 384)})
    start(NeededInputs(frozenset([(384, 640), (480, 640)])))
    assert looked_at == [(1, 640, 384, 3)]


def test_each_input_that_is_asked_for_is_noted_once_and_what_was_only_prepared_is_not(
    start, monkeypatch
):
    noted: list[tuple[int, int]] = []
    monkeypatch.setattr(NeededInputs, "note", lambda _, shape: noted.append(shape))
    replica = start(NeededInputs(frozenset([(64, 64)])))
    for side in (32, 96, 32):
        replica._detect([np.zeros((2, side, 32, 3), np.uint8)])
    assert noted == [(32, 32), (96, 32)]


@pytest.mark.parametrize("expected", [frozenset(), frozenset([(384, 640)])])
def test_without_weights_that_can_be_had_no_replica_comes_up(
    start, tmp_path, monkeypatch, expected
):
    def unreachable(path: Path, **_: object) -> None:
        raise ModelError(f"no source has {path.name}")

    monkeypatch.setenv("GENESIS_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr("genesis_ray.vision.models.fetch", unreachable)
    with pytest.raises(ModelError, match="no source has yolov8n"):
        start(NeededInputs(expected), model="yolov8n")
