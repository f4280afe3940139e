from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from genesis_ray.domain.places.geometry import iou
from genesis_ray.domain.tracking.detections import Detections
from genesis_ray.errors import ConfigurationError
from genesis_ray.evaluation.mot_file import TrackedBoxes, read_ground_truth
from genesis_ray.evaluation.tracking import evaluate
from genesis_ray.vision.tracker import PersonTracker

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def boxes(*rows: tuple[int, int, float]) -> TrackedBoxes:
    """Boxes of one size at frame, id, left."""
    return TrackedBoxes(
        np.array([frame for frame, *_ in rows], np.int64),
        np.array([track_id for _, track_id, _ in rows], np.int64),
        np.array([(left, 10, 20, 40) for *_, left in rows], np.float64).reshape(-1, 4),
        np.ones(len(rows)),
    )


TWO_PEOPLE = boxes(*[(frame, person, 100 * person) for frame in (1, 2, 3, 4) for person in (1, 2)])


def test_tiny_case_as_computed_by_hand():
    """Person 1 changes id once, person 2 is missed once, and one box is nobody."""
    found = boxes(
        (1, 70, 100), (2, 70, 100), (3, 80, 100), (4, 80, 100),
        (1, 90, 200), (2, 90, 200), (3, 90, 200),
        (2, 60, 300),
    )  # fmt: skip
    score = evaluate(TWO_PEOPLE, found, frames=5)
    assert score.mota == 1 - (1 + 1 + 1) / 8
    assert score.idf1 == 2 * (2 + 3) / (8 + 8)
    assert score.id_switches == 1
    assert score.precision == score.recall == 7 / 8
    association = (4 * 2 / 4 + 3 * 3 / 4) / 7  # a matched box's share of its two tracks, averaged
    assert score.hota == pytest.approx(np.sqrt(7 / 9 * association))
    assert score.frames == 5


def test_truth_itself_is_perfect():
    score = evaluate(TWO_PEOPLE, TWO_PEOPLE, frames=4)
    assert (score.hota, score.mota, score.idf1, score.id_switches) == (1, 1, 1, 0)


def test_frames_between_do_not_count():
    found = boxes((1, 7, 100), (2, 8, 100), (3, 7, 100), (4, 9, 300))
    score = evaluate(TWO_PEOPLE, found, frames=4, every=2)
    assert (score.frames, score.recall, score.precision, score.id_switches) == (2, 0.5, 1, 0)
    assert evaluate(TWO_PEOPLE, found, frames=4, every=4).recall == 0.5


def test_every_frame_at_most_counts():
    with pytest.raises(ValueError, match="at least 1"):
        evaluate(TWO_PEOPLE, TWO_PEOPLE, frames=4, every=0)


def test_boxes_match_from_half_overlap():
    overlaps = 20 * (1 - 1 / 3)  # of two boxes a third of their width apart IoU is a half
    for shift, recall in ((20 - overlaps - 0.1, 1), (20 - overlaps + 0.1, 0)):
        score = evaluate(boxes((1, 1, 100)), boxes((1, 1, 100 + shift)), frames=1)
        assert score.recall == recall


def test_no_predictions_find_nobody():
    score = evaluate(TWO_PEOPLE, boxes(), frames=4)
    assert (score.hota, score.mota, score.idf1, score.recall, score.frames) == (0, 0, 0, 0, 4)


def test_more_false_boxes_than_people_make_mota_negative():
    found = boxes(*[(frame, n, 500 + 50 * n) for frame in (1, 2, 3, 4) for n in range(5)])
    assert evaluate(TWO_PEOPLE, found, frames=4).mota == -20 / 8


@pytest.mark.parametrize("swap", [False, True])
def test_rows_beyond_the_video_are_refused(swap):
    longer, other = (boxes((5, 1, 0)), TWO_PEOPLE)
    with pytest.raises(ConfigurationError, match="reaches frame 5, the video has 4 frames"):
        evaluate(*((other, longer) if swap else (longer, other)), frames=4)


@pytest.mark.data
def test_agrees_with_an_independent_computation_on_real_tracks(shared_data):
    truth = read_ground_truth(shared_data / "mot" / "PETS09-S2L1-a" / "gt" / "gt.txt")
    found = tracked(truth, frames=400, rng=np.random.default_rng(7))
    score = evaluate(truth, found, frames=400)
    mota, switches = clear_mot(truth, found, frames=400)
    assert 5 < switches < 100
    assert score.id_switches == switches
    assert score.mota == pytest.approx(mota, abs=1e-9)
    assert score.idf1 == pytest.approx(idf1(truth, found), abs=1e-9)


def tracked(truth: TrackedBoxes, *, frames: int, rng: np.random.Generator) -> TrackedBoxes:
    """Track a bad detector's view of the truth: boxes are off, some are missing."""
    tracker = PersonTracker(process_fps=10)
    film = []
    for frame in range(1, frames + 1):
        real = truth.ltwh[(truth.frame == frame) & (rng.random(len(truth)) > 0.2)]
        real = real + rng.normal(0, 0.12, real.shape) * real[:, 2:].repeat(2, axis=1)
        xyxy = np.hstack([real[:, :2], real[:, :2] + real[:, 2:]]) / [768, 576, 768, 576]
        seen = Detections(
            xyxy.astype(np.float32), rng.uniform(0.4, 0.9, len(xyxy)).astype(np.float32)
        )
        film.append(tracker.update(EPOCH + timedelta(seconds=frame / 10), seen))
    return TrackedBoxes.of(film, width=768, height=576)


def overlaps(truth: TrackedBoxes, found: TrackedBoxes, frame: int):
    def corners(rows: TrackedBoxes, mask) -> np.ndarray:
        ltwh = rows.ltwh[mask]
        return np.hstack([ltwh[:, :2], ltwh[:, :2] + ltwh[:, 2:]]).astype(np.float32)

    true, seen = truth.frame == frame, found.frame == frame
    return (
        truth.track_id[true],
        found.track_id[seen],
        iou(corners(truth, true), corners(found, seen)),
    )


def clear_mot(truth: TrackedBoxes, found: TrackedBoxes, *, frames: int) -> tuple[float, int]:
    """MOTA and switches as Bernardin and Stiefelhagen describe: old pairs first, then the rest."""
    errors = switches = 0
    pairs: dict[int, int] = {}
    known: dict[int, int] = {}
    for frame in range(1, frames + 1):
        people, ids, overlap = overlaps(truth, found, frame)
        cost = np.where(overlap >= 0.5, -overlap, 1.0)
        for row, person in enumerate(people):
            cost[row, (ids == pairs.get(person)) & (overlap[row] >= 0.5)] = -1000
        now = {
            people[row]: ids[column]
            for row, column in zip(*linear_sum_assignment(cost), strict=True)
            if cost[row, column] < 0
        }
        switches += sum(known.get(person, track) != track for person, track in now.items())
        errors += len(people) + len(ids) - 2 * len(now)
        pairs, known = now, known | now
    return 1 - (errors + switches) / len(truth), switches


def idf1(truth: TrackedBoxes, found: TrackedBoxes) -> float:
    """IDF1 as Ristani et al. define it: the pairing of ids that agrees in most boxes."""
    together: Counter[tuple[int, int]] = Counter()
    for frame in np.unique(truth.frame):
        people, ids, overlap = overlaps(truth, found, frame)
        together.update((people[i], ids[j]) for i, j in np.argwhere(overlap >= 0.5))
    people, ids = np.unique(truth.track_id), np.unique(found.track_id)
    agreeing = np.array([[together[person, track] for track in ids] for person in people])
    best = agreeing[linear_sum_assignment(agreeing, maximize=True)].sum()
    return 2 * best / (len(truth) + len(found))
