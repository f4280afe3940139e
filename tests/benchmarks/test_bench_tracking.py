"""The benchmark of tracking, on the crowds of MOT17 that are at hand as first frames alone."""

import importlib
from pathlib import Path

import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    return importlib.import_module("bench_tracking")


@pytest.fixture
def scored(bench, monkeypatch):
    """Return the figures of both ways on films, by the way's name."""
    told = {}
    monkeypatch.setattr(
        bench, "report_latency", lambda name, _, **figures: told.update({name: figures})
    )

    def scored(films, found, *, every):
        for way in bench.WAYS:
            bench._measure(way, films, found, "auto", every)
        return told["tracking/genesis"], told["tracking/library"]

    return scored


@pytest.mark.data
@pytest.mark.models
def test_crowds_are_tracked_no_worse_than_by_the_library_as_it_comes(bench, scored, shared_data):
    films = [bench._read(shared_data, name) for name in bench._SNIPPETS]
    found = [bench._detect(film, "auto") for film in films]
    for every in (1, 2, 3):
        ours, theirs = scored(films, found, every=every)
        for figure in ("mota", "idf1", "hota"):
            assert ours[figure] >= theirs[figure], (every, figure)
