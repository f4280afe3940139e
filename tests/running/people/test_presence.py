from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.events import FaceRecognized, TrackObserved
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, Confirm, Merge, Reject, fold
from genesis_ray.domain.recognition.people import visitor
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import StoreError
from genesis_ray.pipeline.face_events import EXCHANGED
from genesis_ray.running.people.presence import rejected_in, seen_in
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
PEOPLE = [visitor(name, at=NOON) for name in ("ann", "ben", "cat")]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def said(
    name: str, track_id: int, second: int, decision: str = "named", **others
) -> FaceRecognized:
    return FaceRecognized(
        tenant_id="shop", site_id="site", camera_id=others.pop("camera", "door"),
        track_id=track_id, occurred_at=at(second), identity_id=name, decision=decision,
        similarity=0.9, runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8,
        gate=others.pop("gate", ""), is_new=False, embedder="synthetic",
    )  # fmt: skip


def track(name: str, track_id: int, since: int, until: int, camera: str = "door") -> list:
    own = {"tenant_id": "shop", "site_id": "site", "camera_id": camera, "track_id": track_id}
    sights = [
        TrackObserved(**own, occurred_at=at(second), frame_index=second, x1=0.1, y1=0.1, x2=0.2,
                      y2=0.9, confidence=0.9)
        for second in range(since, until + 1)
    ]  # fmt: skip
    called = said(name, track_id, since, camera=camera)
    return [*sights, called]


@pytest.fixture
def run(tmp_path):
    def make(*tracks: list) -> RunFolder:
        folder = RunFolder.create(tmp_path / "run")
        with EventLog(folder.events) as log:
            log.append([event for events in tracks for event in events])
        return folder

    return make


def cannot(run: RunFolder, who=NOTHING_DECIDED) -> set[frozenset[str]]:
    return set(seen_in([run], who, "shop").cannot)


def test_who_was_in_one_picture_at_one_time_cannot_be_one(run):
    folder = run(track("ann", 1, 0, 10), track("ben", 2, 5, 20), track("cat", 3, 15, 30))
    assert cannot(folder) == {frozenset(("ann", "ben")), frozenset(("ben", "cat"))}


def test_who_was_seen_by_two_cameras_at_one_time_can(run):
    assert cannot(run(track("ann", 1, 0, 10), track("ben", 2, 0, 10, camera="till"))) == set()


def test_a_track_that_was_lost_and_found_again_parts_nobody(run):
    assert cannot(run(track("ann", 1, 0, 10), track("ben", 2, 9, 20))) == set()


def test_two_tracks_of_one_person_part_nobody(run):
    assert cannot(run(track("ann", 1, 0, 10), track("ann", 2, 0, 10))) == set()


def test_of_people_who_are_one_both_tracks_are_theirs(run):
    merge = Merge(entry_id="0", at=NOON, by="eve", why="", identity_id="ann", other_id="cat")
    folder = run(track("ann", 1, 0, 10), track("cat", 2, 0, 10), track("ben", 3, 5, 20))
    seen = seen_in([folder], fold([merge], PEOPLE), "shop")
    assert seen.cannot == {frozenset(("ann", "ben"))}
    assert seen.sights == {"ann": 2, "ben": 1}
    assert seen.last == {"ann": at(0), "ben": at(5)}


def test_a_later_face_on_a_track_that_is_for_review_parts_its_two_people_by_nothing(run):
    review = said("ben", 1, 5, "review", gate=EXCHANGED)
    seen = seen_in([run([*track("ann", 1, 0, 10), review])], NOTHING_DECIDED, "shop")
    assert seen.cannot == frozenset()
    assert (seen.sights, seen.last) == ({"ann": 1}, {"ann": at(0)})


@pytest.mark.parametrize("decision", ["review", "unknown"])
def test_a_track_without_a_name_is_nobodys_until_somebody_confirms_it(run, decision):
    name = "ben" if decision == "review" else ""
    *sights, _ = track("ben", 2, 5, 20)
    folder = run(track("ann", 1, 0, 10), [*sights, said(name, 2, 8, decision)])
    seen = seen_in([folder], NOTHING_DECIDED, "shop")
    assert (seen.sights, seen.cannot) == ({"ann": 1}, frozenset())
    sight = TrackSight(identity_id="ben", camera_id="door", track_id=2, since=at(5), until=at(20))
    confirm = Confirm(entry_id="0", at=NOON, by="eve", why="", track=sight)
    seen = seen_in([folder], fold([confirm], PEOPLE), "shop")
    assert (seen.sights, seen.last["ben"]) == ({"ann": 1, "ben": 1}, at(8))
    assert seen.cannot == {frozenset(("ann", "ben"))}


def test_one_track_with_two_names_parts_nobody(run):
    folder = run([*track("ann", 1, 0, 10), said("ben", 1, 9)], track("cat", 2, 0, 10))
    assert cannot(folder) == {frozenset(("ann", "cat")), frozenset(("ben", "cat"))}


def test_a_track_that_is_named_again_was_one_sight_and_is_who_has_its_name_by_looks(run):
    named_twice = [*track("ann", 1, 0, 10), said("ann", 1, 9)]
    carried = [*track("ben", 2, 0, 10)[:-1], said("ben", 2, 10, "carried")]
    seen = seen_in([run(named_twice, carried)], NOTHING_DECIDED, "shop")
    assert (seen.sights, seen.last) == ({"ann": 1, "ben": 1}, {"ann": at(9), "ben": at(10)})
    assert seen.cannot == {frozenset(("ann", "ben"))}


def test_who_a_rejected_track_might_be_besides_is_not_parted_from_who_it_is_not(run):
    sight = TrackSight(identity_id="ann", camera_id="door", track_id=1, since=at(0), until=at(10))
    who = fold([Reject(entry_id="0", at=NOON, by="eve", why="", track=sight)], PEOPLE)
    folder = run([*track("ann", 1, 0, 10), said("ben", 1, 5, "review", gate=EXCHANGED)])
    assert seen_in([folder], who, "shop").cannot == frozenset()
    assert rejected_in([folder], who, "shop") == frozenset()


def test_of_a_damaged_file_who_was_seen_with_whom_cannot_be_told(run):
    folder = run(track("ann", 1, 0, 10))
    (path,) = (folder.events / "track_observations").rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StoreError, match=r"\.parquet is damaged .* move it out"):
        seen_in([folder], NOTHING_DECIDED, "shop")


def test_whose_track_was_said_not_to_be_somebody_cannot_be_them(run):
    sight = TrackSight(identity_id="ann", camera_id="door", track_id=1, since=at(0), until=at(10))
    reject = Reject(entry_id="0", at=NOON, by="eve", why="", track=sight)
    folder = run(track("ben", 1, 0, 10))
    assert cannot(folder, fold([reject], PEOPLE)) == {frozenset(("ann", "ben"))}


def test_another_tenants_tracks_tell_nothing(run):
    assert seen_in([run(track("ann", 1, 0, 10))], NOTHING_DECIDED, "other").sights == {}


def test_who_was_said_not_to_be_somebody_is_found_in_any_run(run):
    sight = TrackSight(identity_id="ann", camera_id="door", track_id=1, since=at(0), until=at(10))
    who = fold([Reject(entry_id="0", at=NOON, by="eve", why="", track=sight)], PEOPLE)
    folder = run(track("ben", 1, 0, 10), track("cat", 2, 0, 10))
    assert rejected_in([folder], who, "shop") == {frozenset(("ann", "ben"))}
    assert rejected_in([folder], who, "other") == frozenset()
    assert rejected_in([folder], NOTHING_DECIDED, "shop") == frozenset()
