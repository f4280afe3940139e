from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.sections.models import DetectorSettings
from genesis_ray.serving import detector
from genesis_ray.serving.detector import DetectorReplica
from genesis_ray.testing import ColourDetector
from genesis_ray.vision.memory_guard import MemoryState


@pytest.fixture
def replica(monkeypatch) -> DetectorReplica:
    """A replica outside of Serve, which Ray gave a quarter of a GPU."""
    context = SimpleNamespace(replica_id=SimpleNamespace(unique_id="abc"))
    monkeypatch.setattr(detector.serve, "get_replica_context", lambda: context)
    monkeypatch.setattr(detector, "own_gpu_share", lambda: 0.25)
    monkeypatch.setattr(detector, "claim_share", claimed.append)
    claimed.clear()
    return DetectorReplica(DetectorSettings(model="synthetic"))


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
