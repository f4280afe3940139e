"""The parts of the planner's benchmark that decide; the runs themselves are not made here."""

import importlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(_BENCHMARKS))
    return importlib.import_module("bench_plan")


@pytest.fixture
def row(bench):
    """A run of a hundred seconds."""

    def row(cameras: int, *, dropped: int = 0, watching_s: float = 100.5):
        return bench.Row(
            cameras=cameras,
            frames=1000 - dropped,
            dropped=dropped,
            length_s=100.0,
            watching_s=watching_s,
            cores=1.5,
            planned_cores=1.4,
        )

    return row


def summary(*, dropped: list[dict[str, int]]) -> dict:
    cameras = [
        {"camera_id": f"camera-{number}", "frames": 500, "dropped": drops}
        for number, drops in enumerate(dropped)
    ]
    result = {"cameras": cameras, "startup_s": 10.0, "watching_s": 101.0}
    return {"started_at": STARTED.isoformat(), "result": result}


def test_a_runs_own_account_is_read(bench):
    told = summary(dropped=[{}, {"busy": 20}, {"busy": 4, "skipped": 6}])
    begin = STARTED.timestamp() + 10
    samples = [(begin + second, 5 + 1.5 * second) for second in range(101)]
    row = bench.row_of(told, samples, length_s=100.0, planned_cores=1.4)
    assert (row.cameras, row.frames, row.dropped) == (3, 1500, 30)
    assert row.dropped_share == pytest.approx(30 / 1530)
    assert row.late_s == pytest.approx(1)
    assert row.cores == pytest.approx(1.5)


def test_start_and_end_of_a_run_do_not_count_for_the_cores_in_use(bench):
    busy_at_both_ends = [(t, 100.0 * (t >= 10) + t * 0.5 + 100 * (t >= 95)) for t in range(101)]
    assert bench.cores_used(busy_at_both_ends, 0, 100) == pytest.approx(0.5)


@pytest.mark.parametrize("samples", [[], [(50.0, 1.0)], [(0.0, 1.0), (100.0, 2.0)]])
def test_too_few_looks_tell_nothing_of_the_cores_in_use(bench, samples):
    assert bench.cores_used(samples, 0, 100) is None


@pytest.mark.parametrize(
    ("dropped", "watching_s", "keeps_up"),
    [(0, 100.5, True), (9, 100.5, True), (10, 100.5, False), (0, 103.0, False)],
)
def test_a_run_keeps_up_that_drops_little_and_is_not_late(row, dropped, watching_s, keeps_up):
    assert row(3, dropped=dropped, watching_s=watching_s).keeps_up == keeps_up


def test_numbers_round_the_planned_one_are_run_each_once(bench):
    assert bench.counts(8, [0.75, 1.0, 1.25, 1.5]) == [6, 8, 9, 10, 12]
    assert bench.counts(3, [0.75, 1.0, 1.25, 1.5]) == [2, 3, 4]
    assert bench.counts(1, [0.75, 1.0]) == [1, 2]


def test_where_none_fits_one_camera_is_run(bench):
    assert bench.counts(0, [0.75, 1.0]) == [1]


@pytest.mark.parametrize(
    ("fits", "kept", "failed", "verdict"),
    [
        (4, [3, 4], [5, 6], "right"),
        (4, [3, 4, 5, 6], [8], "right"),
        (4, [3], [4, 5], "too bold"),
        (4, [3, 4, 5, 6, 7], [], "too careful"),
        (4, [3, 4], [], "not known"),
        (4, [3], [6], "not known"),
        (0, [], [1], "right"),
        (1, [1, 2], [3], "right"),
        (1, [1, 2, 3], [4], "too careful"),
    ],
)
def test_a_plan_is_right_where_drops_begin_not_far_above_it(
    bench, row, fits, kept, failed, verdict
):
    rows = [row(n) for n in kept] + [row(n, dropped=100) for n in failed]
    assert bench.verdict(fits, rows).partition(":")[0] == verdict


def test_what_was_planned_for_a_number_is_computed_from_the_planners_answer(bench):
    live = {"idle_cores": 0.1, "frame_s": 0.0, "request_s": 0.0}
    memory = {"system": 1.0, "group": 1.0, "camera": 1.0}
    costs = {
        "decode_s": 0.0, "prepare_s": 0.0, "detect_s": 0.02, "device_s": 0.0, "track_s": 0.0,
        "person_s": 0.0, "face_s": 0.0, "write_s": 0.0, "together": 1.0,
        "live": live, "memory": memory,
    }  # fmt: skip
    load = {
        "cameras": 1, "fps": 5.0, "source_fps": 25.0, "people": 0.0, "looks_a_s": 0.0,
        "with_faces": 1.0, "stack_frames": 16,
    }  # fmt: skip
    answer = {"measured": {"costs": costs}, "plan": {"load": load}}
    assert bench.planned_cores(answer, 4) == pytest.approx(0.1 + 4 * 5 * 0.02)
