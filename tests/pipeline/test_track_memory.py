from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from genesis_ray.domain.clocks.ordering import DONE, NOT_BEGUN
from genesis_ray.domain.recognition.evidence import Window
from genesis_ray.domain.recognition.identity import Candidate, MatchPolicy
from genesis_ray.domain.recognition.voting import Ballot, TrackVote
from genesis_ray.pipeline.track_memory import EVIDENCE_KEPT, ResolverMemory, TrackFaces

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
POLICY = MatchPolicy(threshold=0.5)


def memory_of(*last_seen_s: float, named: bool = False) -> ResolverMemory:
    """Return a memory with tracks that were seen last so many seconds after noon."""
    memory = ResolverMemory()
    for number, seconds in enumerate(last_seen_s):
        memory.tracks["door", number] = TrackFaces(
            TrackVote(3), Window(3), POLICY, NOON + timedelta(seconds=seconds), named=named
        )
    return memory


def lapsed(memory: ResolverMemory, now: datetime) -> list[timedelta]:
    return [track.last_at - NOON for track in memory.lapse(now)]


def test_evidence_lapses_once_the_track_was_out_of_sight_for_longer_than_it_is_kept():
    memory = memory_of(0)
    assert lapsed(memory, NOON + EVIDENCE_KEPT) == []
    assert lapsed(memory, NOON + EVIDENCE_KEPT + timedelta(minutes=1)) == [timedelta()]
    assert memory.tracks == {}


def test_tracks_are_gone_through_once_a_minute_and_come_by_their_last_sight():
    memory = memory_of(20, 5, 10)
    late = NOON + EVIDENCE_KEPT
    assert lapsed(memory, late) == []
    assert lapsed(memory, late + timedelta(seconds=59)) == []
    assert [each.seconds for each in lapsed(memory, late + timedelta(seconds=60))] == [5, 10, 20]


def test_that_a_track_has_its_name_is_known_for_a_day():
    memory = memory_of(0, named=True)
    assert lapsed(memory, NOON + timedelta(hours=23)) == []
    assert len(lapsed(memory, NOON + timedelta(hours=25))) == 1


def test_everything_lapses_at_the_end_also_of_what_begins_after_it():
    memory = memory_of(0)
    assert lapsed(memory, NOT_BEGUN) == []
    assert len(lapsed(memory, DONE)) == 1
    memory.tracks = memory_of(0).tracks
    assert len(lapsed(memory, NOON + timedelta(hours=1))) == 1


def shown(track: TrackFaces, *ranked: tuple[str, float]) -> None:
    candidates = [Candidate(*one) for one in ranked]
    verdict = POLICY.verdict(candidates)
    track.vote.cast(Ballot.of(POLICY, candidates, verdict, face_index=0, quality=0.9))
    track.faces.add(SimpleNamespace(quality=0.9))


def test_no_face_says_of_a_track_any_more_that_it_is_a_little_like_who_is_forgotten():
    memory = memory_of(0)
    track = memory.tracks["door", 0]
    shown(track, ("ada", 0.3), ("ben", 0.1))
    memory.forget(["ada"])
    outcome = track.vote.outcome()
    assert (outcome.decision, outcome.winner) == ("unknown", None)
    assert (outcome.rival, outcome.barred) == (Candidate("ben", 0.1), None)
    assert not track.named
    assert len(track.faces) == 1


@pytest.mark.parametrize("ranked", [[("ada", 0.9), ("ben", 0.1)], [("ben", 0.9), ("ada", 0.88)]])
def test_a_track_that_may_be_who_is_forgotten_stays_nameless_and_keeps_no_face(ranked):
    memory = memory_of(0)
    track = memory.tracks["door", 0]
    track.latest = object()
    shown(track, *ranked)
    memory.forget(["ada"])
    assert (track.named, track.identity_id, track.latest) == (True, "", None)
    assert len(track.faces) == 0
    assert track.vote.outcome() is None


def test_of_a_track_that_has_a_name_no_face_is_kept_then():
    memory = memory_of(0, named=True)
    memory.tracks["door", 0].latest = object()
    memory.forget([])
    assert memory.tracks["door", 0].latest is None
