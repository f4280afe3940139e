from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.events import Event, FaceRecognized, FaceScored
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.domain.recognition.thresholds import Threshold, ThresholdBook
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.running.people.what_if import Hypothesis, book_of_run, names_by_scores, what_if
from genesis_ray.store.schemas import to_tables

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
DIMENSION = 16
CAMERAS = ("door", "till")
POLICY = ResolverPolicy(
    tenant_id="shop",
    site_id="york",
    embedder="fused",
    match=MatchPolicy(threshold=0.48, margin=0.05, votes=3),
    min_quality=0.2,
    visitor_faces=None,
)
BOOK = ThresholdBook(
    usual=Threshold(0.48, "embedder"), cameras={"till": Threshold(0.53, "settings")}
)


class Album:
    """A gallery in memory of seven people, to which visitors are added."""

    def __init__(self) -> None:
        self.faces = [(f"p{n}", each) for n, each in enumerate(np.eye(DIMENSION)[:7])]

    def nearest(self, embedding, *, limit):
        found = [Candidate(who, float(np.float32(face @ embedding))) for who, face in self.faces]
        best = {}
        for each in sorted(found, key=lambda c: -c.similarity):
            best.setdefault(each.identity_id, each)
        return list(best.values())[:limit]

    def enroll(self, identity_id, embeddings, *, qualities, at, camera_id):  # noqa: ARG002
        self.faces += [(identity_id, each) for each in embeddings]

    def is_taken(self, identity_id, *, at):  # noqa: ARG002
        return identity_id in dict(self.faces)

    def add_visitor(self, identity_id, *, at):
        """Say nothing of it."""


def faces_shown(*, tracks: int = 60, faces: int = 9) -> list[Face]:
    """Return the faces of people enrolled and of strangers, seen more or less well."""
    rng = np.random.default_rng(11)
    shown = []
    for track in range(tracks):
        whom, blur = rng.integers(DIMENSION), rng.uniform(0.1, 0.5)
        for number in range(faces):
            face = np.eye(DIMENSION)[whom] + rng.normal(0, blur, DIMENSION)
            shown.append(
                Face(
                    camera_id=CAMERAS[track % 2],
                    track_id=track,
                    face_index=number,
                    captured_at=START + timedelta(seconds=3 * track + number / 2),
                    embedding=(face / np.linalg.norm(face)).astype(np.float32),
                    quality=float(rng.uniform(0, 1)),
                )
            )
    return sorted(shown, key=lambda each: (each.captured_at, each.camera_id))


def run_of(policy: ResolverPolicy) -> list[Event]:
    """Return the events of a run."""
    album = Album()
    resolver = IdentityResolver(replace(policy, thresholds=BOOK), album, album)
    return [event for face in faces_shown() for event in resolver.resolve(face)]


def rows_of(events: list[Event]) -> tuple[list[dict], list[dict]]:
    """Return the rows of scores and names as a log has them."""
    tables = to_tables(events)
    return tuple(tables[name].to_pylist() for name in ("face_scores", "face_recognitions"))


@pytest.fixture(scope="module")
def events():
    return run_of(POLICY)


def test_by_the_thresholds_of_the_run_the_same_is_named_to_the_last_column(events):
    scores, names = rows_of(events)
    again = names_by_scores(scores, replace(POLICY, thresholds=BOOK))
    assert len(names) > 15
    rows = to_tables(again)["face_recognitions"].to_pylist()
    # Scores are stored in single precision, so the sum of their weights differs in its last digits.
    evidence = [[row.pop("evidence") for row in each] for each in (rows, names)]
    assert evidence[0] == pytest.approx(evidence[1])
    assert rows == names


def test_thresholds_of_companions_and_means_are_not_taken_for_those_of_their_cameras(events):
    _, names = rows_of(events)
    stricter = [
        {**row, "threshold": 0.9, "threshold_origin": f"embedder, for {whom}"}
        for row in names
        for whom in ("companions", "means", "companions, for means")
    ]
    assert book_of_run([*names, *stricter], BOOK) == book_of_run(names, BOOK)


def test_what_changes_nothing_changes_nothing(events):
    scores, names = rows_of(events)
    for camera_id, threshold in (("door", 0.48), ("till", 0.53)):
        tried = Hypothesis(threshold=threshold, camera_id=camera_id)
        answer = what_if(scores, names, POLICY, BOOK, tried)
        assert (list(answer.changed), answer.left_out) == ([], 0)


@pytest.mark.parametrize("threshold", [0.4, 0.6, 0.8])
def test_it_tells_what_a_run_with_the_other_threshold_says(events, threshold):
    scores, names = rows_of(events)
    policy = replace(POLICY, match=replace(POLICY.match, threshold=threshold))
    album = Album()
    resolver = IdentityResolver(policy, album, album)
    then = {
        (each.camera_id, each.track_id): each.identity_id
        for face in faces_shown()
        for each in resolver.resolve(face)
        if isinstance(each, FaceRecognized)
    }
    answer = what_if(scores, names, POLICY, BOOK, Hypothesis(threshold=threshold))
    now = {(row["camera_id"], row["track_id"]): row["identity_id"] for row in names}
    assert {(c.camera_id, c.track_id): (c.now, c.then) for c in answer.changed} == {
        track: (now.get(track), then.get(track))
        for track in now | then
        if now.get(track) != then.get(track)
    }
    assert sum(each.then for each in answer.cameras.values()) == len(then)
    assert sum(each.now for each in answer.cameras.values()) == len(now)


def test_a_higher_threshold_loses_names_and_a_lower_one_gives_some(events):
    scores, names = rows_of(events)
    strict = what_if(scores, names, POLICY, BOOK, Hypothesis(threshold=0.7))
    mild = what_if(scores, names, POLICY, BOOK, Hypothesis(threshold=0.3))
    assert {each.change for each in strict.changed} == {"lost"}
    assert "newly named" in {each.change for each in mild.changed}


def test_tried_at_one_camera_the_others_stay_as_they_are(events):
    scores, names = rows_of(events)
    tried = Hypothesis(threshold=0.75, camera_id="door")
    answer = what_if(scores, names, POLICY, BOOK, tried)
    assert {each.camera_id for each in answer.changed} == {"door"}


def test_more_votes_lose_names_too(events):
    scores, names = rows_of(events)
    tried = Hypothesis(threshold=0.48, camera_id="door", votes=7)
    answer = what_if(scores, names, POLICY, BOOK, tried)
    assert {each.change for each in answer.changed} == {"lost"}


def test_the_thresholds_are_those_that_the_run_logged_whatever_holds_now(events):
    scores, names = rows_of(events)
    since = ThresholdBook(usual=Threshold(0.9, "calibrated 2026-11-28"))
    tried = Hypothesis(threshold=0.53, camera_id="till")
    answer = what_if(scores, names, POLICY, since, tried)
    assert (list(answer.changed), answer.left_out) == ([], 0)


def test_visitors_made_of_a_track_are_left_out_and_counted():
    events = run_of(replace(POLICY, visitor_faces=4))
    scores, names = rows_of(events)
    whole = {each.track_id for each in events if isinstance(each, FaceRecognized) and each.is_new}
    answer = what_if(scores, names, POLICY, BOOK, Hypothesis(threshold=0.6))
    assert whole
    assert answer.left_out >= len(whole)
    assert not whole & {each.track_id for each in answer.changed}
    tracks = {each.track_id for each in events if isinstance(each, FaceScored)}
    assert sum(c.with_faces for c in answer.cameras.values()) + answer.left_out == len(tracks)
