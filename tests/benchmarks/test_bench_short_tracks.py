"""What the benchmark of short tracks counts; faces are drawn here."""

import importlib
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    return importlib.import_module("bench_short_tracks")


def faces(bench, spread: float):
    """Return eight pictures of each of ten people in three views, and one of each of ten others."""
    person = np.concatenate([np.repeat(np.arange(10), 8), np.arange(10, 20)])
    vectors = np.random.default_rng(0).normal(size=(20, 128))[person][:, None]
    noise = np.random.default_rng(1).normal(size=(len(person), 3, 128))
    vectors = vectors + noise * spread
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return bench.Faces(vectors.astype(np.float32), np.full((len(person), 3), 0.9), person)


def told_of(bench, monkeypatch, passes: str) -> dict:
    told = {}
    monkeypatch.setattr(bench, "report_latency", lambda name, _, **more: told.update({name: more}))
    options = Namespace(passes=passes, likeness=[0, 0.6], seeds=2)
    bench.report(faces(bench, 0.4), 0.5, options)
    return {name.rpartition("/")[2]: more for name, more in told.items()}


@pytest.mark.parametrize("passes", ["moments", "days"])
def test_of_people_who_are_alike_themselves_alone_all_are_found_and_none_are_mixed(
    bench, monkeypatch, passes
):
    told = told_of(bench, monkeypatch, passes)
    assert (told["likeness-0"]["visitors"], told["likeness-0"]["found"]["value"]) == (0, 0)
    several = told["likeness-0.6"]
    assert several["found"]["value"] == 1
    assert (several["visitors"], several["mixed"], several["split"]) == (several["could"], 0, 0)
    assert several["right"]["value"] > 0
    assert {each["wrong"]["value"] for each in told.values()} == {0}


def test_a_visitor_of_two_people_is_counted_as_mixed(bench, monkeypatch):
    one = faces(bench, 0.1)
    alike = bench.Faces(one.vectors, one.qualities, np.arange(len(one.person)) % 7)
    told = {}
    monkeypatch.setattr(bench, "report_latency", lambda name, _, **more: told.update({name: more}))
    bench.report(alike, 0.5, Namespace(passes="moments", likeness=[0.6], seeds=1))
    several = next(more for name, more in told.items() if name.endswith("0.6"))
    assert several["mixed"] > 0
    assert several["wrong"]["value"] > 0
