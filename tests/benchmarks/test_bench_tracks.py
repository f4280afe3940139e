"""What the benchmark of tracks counts as wrong, and how it chooses; pictures are drawn here."""

import importlib
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
_PEOPLE, _EACH = 24, 6


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    return importlib.import_module("bench_tracks")


@pytest.fixture
def pictures(bench):
    """People who have pictures enough for a track, and as many of whom there is one."""
    person = np.concatenate([np.repeat(np.arange(_PEOPLE), _EACH), np.arange(_PEOPLE, 2 * _PEOPLE)])
    vectors = np.random.default_rng(0).normal(size=(2 * _PEOPLE, 64))[person]
    vectors += np.random.default_rng(1).normal(size=vectors.shape) * 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return bench.Pictures(vectors.astype(np.float32), np.ones(len(person)), person)


def test_of_people_who_are_unlike_each_other_nobody_is_missed_or_named_wrongly(
    bench, pictures, monkeypatch
):
    told = {}
    monkeypatch.setattr(bench, "report_latency", lambda name, _, **more: told.update({name: more}))
    bench.report(pictures, 0.5, Namespace(means=[0.07], likeness=0.7, seeds=2))
    on = "tracks/visitors-on/mean+0.07"
    for name in ("tracks/visitors-off", on, f"{on}/several-tracks"):
        figures = told[name]
        assert (figures["strangers"]["tracks"], figures["enrolled"]["tracks"]) == (32, 16)
        for share in ("strangers_named", "missed", "named_wrongly", "made_a_visitor"):
            assert figures[share]["value"] == 0
    assert told["tracks/mean-threshold-of-halves"]["chosen"]["mean"] == 0


def track(bench, above: float):
    return bench.Track(1, False, None, above)


def test_the_least_that_suffices_is_chosen(bench):
    tracks = [track(bench, -np.inf)] * 997 + [track(bench, above) for above in (0.03, 0.045, 0.1)]
    assert bench._least(tracks) == pytest.approx(0.04)
    assert bench._least(tracks * 2 + [track(bench, 0.2)] * 4) > 0.1
