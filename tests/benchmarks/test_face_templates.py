"""The templates that galleries are measured with."""

import importlib
from pathlib import Path

import numpy as np
import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    return importlib.import_module("face_templates")


def test_faces_are_as_alike_as_was_asked_for(drawn):
    who = np.arange(900) // 3
    faces = drawn.Crowd(300, dimension=640).faces(who)
    assert faces.dtype == np.float32
    assert np.linalg.norm(faces, axis=1) == pytest.approx(1, abs=1e-5)
    found = drawn.likeness(faces, who)
    assert found.genuine == pytest.approx(drawn.LFW.genuine, abs=0.02)
    assert found.impostor == pytest.approx(drawn.LFW.impostor, abs=0.02)


def test_the_same_crowd_is_drawn_again(drawn):
    one, other = (drawn.Crowd(5, dimension=64).faces(np.arange(5)) for _ in range(2))
    assert np.array_equal(one, other)
    assert not np.array_equal(one, drawn.Crowd(5, dimension=64, seed=1).faces(np.arange(5)))
