import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.analytics.stored import whole
from genesis_ray.domain.events import NAMES, FaceRecognized, TrackObserved
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.errors import ConfigurationError, LedgerError, NotFoundError, StoreError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.people import turns
from genesis_ray.running.people.consent import note_consent
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.people.naming import TrackName
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.questions.history import present_tables
from genesis_ray.running.recordings import told_apart
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from tests.deadly_steps import Doomed

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
KILLS = 50
ANN, BEN = visitor("3f2a-1", at=NOON), visitor("91bc-1", at=NOON + timedelta(hours=1))


@pytest.fixture
def settings(tmp_path) -> Settings:
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    with People(identity_folder(settings), writer=True) as people:
        people.add(ANN)
        people.add(BEN)
    return settings


@pytest.fixture
def run(tmp_path) -> RunFolder:
    """A run with a track of each, seen for two seconds; the second one's name was carried."""
    run = RunFolder.create(Path(tmp_path / "run"))
    with EventLog(run.events) as log:
        for track_id, person in enumerate((ANN, BEN), start=1):
            own = {
                "tenant_id": "default", "site_id": "site", "camera_id": "door",
                "track_id": track_id,
            }  # fmt: skip
            log.append(
                [
                    TrackObserved(
                        **own, occurred_at=NOON + timedelta(seconds=second), frame_index=second,
                        x1=0.1, y1=0.1, x2=0.2, y2=0.9, confidence=0.9,
                    )
                    for second in range(3)
                ]
            )  # fmt: skip
            log.append(
                [
                    FaceRecognized(
                        **own, occurred_at=NOON + timedelta(seconds=1),
                        identity_id=person.identity_id, decision=NAMES[track_id - 1],
                        similarity=0.9, runner_up_similarity=None, threshold=0.5, votes=3,
                        quality=0.8, gate="", is_new=False, embedder="synthetic",
                    )
                ]
            )  # fmt: skip
    return run


def for_review(run: RunFolder, track_id: int, person: Person) -> None:
    with EventLog(run.events) as log:
        log.append(
            [
                FaceRecognized(
                    tenant_id="default", site_id="site", camera_id="door", track_id=track_id,
                    occurred_at=NOON, identity_id=person.identity_id, decision="review",
                    similarity=0.45, runner_up_similarity=None, threshold=0.5, votes=3,
                    quality=0.8, gate="", is_new=False, embedder="synthetic",
                )
            ]
        )  # fmt: skip


def nobody(run: RunFolder, track_id: int) -> None:
    with EventLog(run.events) as log:
        log.append(
            [
                FaceRecognized(
                    tenant_id="default", site_id="site", camera_id="door", track_id=track_id,
                    occurred_at=NOON, identity_id="", decision="unknown", similarity=0.0,
                    runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="",
                    is_new=False, embedder="synthetic",
                )
            ]
        )  # fmt: skip


def decided(settings: Settings) -> Repairs:
    return Repairs(settings, by="eve", why="seen by hand")


def test_an_entry_says_who_made_it_when_and_why(settings):
    before = datetime.now(UTC)
    with decided(settings) as repairs:
        entry = repairs.merge(ANN.name, BEN.name)
    assert (entry.by, entry.why) == ("eve", "seen by hand")
    assert before <= entry.at <= datetime.now(UTC)
    assert who_is_who(settings).people == (ANN,)


def test_a_track_is_meant_from_its_first_to_its_last_sight(settings, run):
    with decided(settings) as repairs:
        sight = repairs.reject(TrackName("door", 2), "91bc-1", run).track
    assert (sight.since, sight.until) == (NOON, NOON + timedelta(seconds=2))


def test_tracks_of_either_of_two_who_were_merged_can_be_split_off(settings, run):
    with decided(settings) as repairs:
        repairs.merge(ANN.identity_id, BEN.identity_id)
        tracks = [TrackName("door", 1), TrackName("door", 2)]
        split = repairs.split(BEN.identity_id, tracks, [], run)
    assert split.identity_id == ANN.identity_id
    assert [sight.identity_id for sight in split.tracks] == [ANN.identity_id, BEN.identity_id]


def test_what_is_refused_leaves_no_entry(settings, run):
    with decided(settings) as repairs:
        with pytest.raises(LedgerError, match="it is 'visitor 91bc'"):
            repairs.split(ANN.name, [TrackName("door", 2)], [], run)
        with pytest.raises(ConfigurationError, match="--run DIR"):
            repairs.split(ANN.name, [TrackName("door", 1)], [], None)
        assert repairs.entries() == []


def test_an_entry_is_undone_by_the_beginning_of_its_id(settings):
    with decided(settings) as repairs:
        first = repairs.rename(ANN.name, "Ann")
        assert repairs.undo(first.entry_id[:6]).undone_id == first.entry_id
        with pytest.raises(NotFoundError):
            repairs.undo("")
        with pytest.raises(LedgerError, match="undone already"):
            repairs.undo(first.entry_id)


def test_one_decides_at_a_time(settings, monkeypatch):
    monkeypatch.setattr(turns, "WITHIN_S", 0.05)
    with decided(settings), pytest.raises(StoreError, match="only one may at a time"):
        decided(settings)


def test_who_was_only_for_review_cannot_be_split_from_a_track_and_can_be_rejected(settings, run):
    for_review(run, 9, ANN)
    with decided(settings) as repairs:
        with pytest.raises(LedgerError, match="it has no name"):
            repairs.split(ANN.name, [TrackName("door", 9)], (), run)
        assert repairs.reject(TrackName("door", 9), ANN.name, run).track.since == NOON


def test_a_review_is_confirmed_as_whom_it_proposes_or_as_somebody_else(settings, run):
    for_review(run, 8, BEN)
    for_review(run, 9, BEN)
    with decided(settings) as repairs:
        proposed = repairs.confirm(TrackName("door", 8), None, run).track
        other = repairs.confirm(TrackName("door", 9), ANN.name, run).track
    assert (proposed.identity_id, proposed.since) == (BEN.identity_id, NOON)
    assert other.identity_id == ANN.identity_id
    who = who_is_who(settings)
    assert who.of_track(BEN.identity_id, "door", 9, NOON) == ANN.identity_id


def test_what_cannot_be_confirmed_is_refused_and_leaves_no_entry(settings, run):
    for_review(run, 8, BEN)
    nobody(run, 9)
    track = TrackName("door", 8)
    with decided(settings) as repairs:
        with pytest.raises(LedgerError, match=r"has a name; it is 'visitor 3f2a'; .* split PERSON"):
            repairs.confirm(TrackName("door", 1), BEN.name, run)
        with pytest.raises(ConfigurationError, match="people confirm door:9 PERSON"):
            repairs.confirm(TrackName("door", 9), None, run)
        with pytest.raises(NotFoundError, match="no track door:7"):
            repairs.confirm(TrackName("door", 7), None, run)
        assert repairs.entries() == []
        rejected = repairs.reject(track, BEN.name, run)
        with pytest.raises(LedgerError, match="somebody said that track 8"):
            repairs.confirm(track, None, run)
        repairs.undo(rejected.entry_id)
        repairs.confirm(track, None, run)
        with pytest.raises(LedgerError, match="confirmed to be 'visitor 91bc' already"):
            repairs.confirm(track, ANN.name, run)
        assert len(repairs.entries()) == 3


def test_who_gave_no_consent_is_not_named_by_hand_either_where_it_is_required(settings, run):
    for_review(run, 8, BEN)
    identity = settings.identity.model_copy(update={"consent": "required"})
    settings = settings.model_copy(update={"identity": identity})
    with decided(settings) as repairs, pytest.raises(LedgerError, match="gave no consent"):
        repairs.confirm(TrackName("door", 8), None, run)
    note_consent(settings, BEN.name, "given", at=None, by="eve", why="")
    with decided(settings) as repairs:
        repairs.confirm(TrackName("door", 8), None, run)


def test_a_track_that_somebody_split_off_by_name_can_be_given_to_who_it_is(settings, run):
    with decided(settings) as repairs:
        repairs.reject(TrackName("door", 1), ANN.name, run)
        with pytest.raises(LedgerError, match="showed no face that counts"):
            repairs.confirm(TrackName("door", 1), BEN.name, run)


def test_a_track_that_somebody_confirmed_is_not_split_off_and_says_what_to_undo(settings, run):
    for_review(run, 8, BEN)
    track = TrackName("door", 8)
    with decided(settings) as repairs:
        confirmed = repairs.confirm(track, ANN.name, run)
        with pytest.raises(LedgerError, match=f"is 'visitor 3f2a' .* undo {confirmed.entry_id}"):
            repairs.split(ANN.name, [track], (), run)
        repairs.undo(confirmed.entry_id)
        with pytest.raises(LedgerError, match="it has no name"):
            repairs.split(ANN.name, [track], (), run)


def test_a_track_that_was_confirmed_and_then_rejected_can_be_confirmed_as_somebody_else(
    settings, run
):
    for_review(run, 8, BEN)
    track = TrackName("door", 8)
    with decided(settings) as repairs:
        repairs.confirm(track, ANN.name, run)
        repairs.reject(track, ANN.name, run)
        repairs.confirm(track, BEN.name, run)
        assert repairs.who.of_track(BEN.identity_id, "door", 8, NOON) == BEN.identity_id
        with pytest.raises(LedgerError, match="confirmed to be 'visitor 91bc' already"):
            repairs.confirm(track, BEN.name, run)


LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def undated(path: Path, film: str) -> RunFolder:
    """A run of a film without a date, in which track 1 of the door is Ann."""
    run = RunFolder.create(path)
    camera = CameraSettings(camera_id="door", source=film)
    run.write_summary(told_apart([camera]))
    with EventLog(run.events) as log:
        log.append(
            [
                FaceRecognized(
                    tenant_id="default", site_id="site", camera_id="door", track_id=1,
                    occurred_at=LONG_AGO, identity_id=ANN.identity_id, decision="named",
                    similarity=0.9, runner_up_similarity=None, threshold=0.5, votes=3,
                    quality=0.8, gate="", is_new=False, embedder="synthetic",
                )
            ]
        )  # fmt: skip
    return run


def test_a_track_of_a_film_without_a_date_is_that_films_alone(settings, tmp_path):
    films = [str(tmp_path / day / "door.mp4") for day in ("monday", "tuesday")]
    monday, tuesday = (undated(tmp_path / f"{n}", film) for n, film in enumerate(films))
    again = undated(tmp_path / "again", films[0])
    with decided(settings) as repairs:
        repairs.reject(TrackName("door", 1), ANN.name, monday)
    named = {
        run.path.name: len(whole(present_tables(run.events, settings)["face_recognitions"]))
        for run in (monday, tuesday, again)
    }
    assert named == {"0": 0, "1": 1, "again": 0}
    with decided(settings) as repairs:
        repairs.reject(TrackName("door", 1), ANN.name, tuesday)
        with pytest.raises(LedgerError, match="is not 'visitor 3f2a' already"):
            repairs.reject(TrackName("door", 1), ANN.name, again)


def test_a_dated_track_is_meant_wherever_its_recording_lies(settings, run):
    run.write_summary(told_apart([CameraSettings(camera_id="door", source="door.mp4")]))
    with decided(settings) as repairs:
        assert repairs.reject(TrackName("door", 2), "91bc-1", run).track.recording == ""


def test_a_split_notes_as_whom_its_faces_were_enrolled(settings):
    traits = embedder_traits(settings.faces)
    with FaceGallery(
        identity_folder(settings), embedder=traits.name, dimension=traits.dimension, writer=True,
        keys=tenant_keys(settings),
    ) as gallery:  # fmt: skip
        template = np.eye(1, traits.dimension, dtype=np.float32)
        gallery.enroll(BEN.identity_id, template, qualities=[0.9], at=NOON)
    with decided(settings) as repairs:
        repairs.merge(ANN.name, BEN.name)
        (face,) = faces_of(settings, repairs.who, ANN.identity_id)
        entry = repairs.split(ANN.name, [], [face["face_id"]], None)
    assert entry.owner_ids == (BEN.identity_id,)


@pytest.mark.timeout(240)  # fifty processes
def test_killed_at_any_moment_a_merge_is_made_or_is_not(settings):
    script = Path(__file__).with_name("killed_merging.py")
    folder = identity_folder(settings)
    later = NOON + timedelta(hours=2)
    others = [visitor(f"{number:04x}-1", at=later) for number in range(KILLS)]
    with People(folder, writer=True) as people:
        for other in others:
            people.add(other)
    chance = random.Random(5)
    made = []
    with Doomed(script) as merging:
        steps, seconds = merging.whole(settings.data_dir, ANN.identity_id, BEN.identity_id)
        entries = Ledger(folder).entries()
        for number, other in enumerate(others):
            when = chance.randrange(steps) if number % 5 else f"{chance.uniform(0, seconds):.3f}s"
            of_it = settings.data_dir, ANN.identity_id, other.identity_id
            was_killed = merging.is_killed(*of_it, when=when)
            stored = Ledger(folder).entries()
            assert stored[: len(entries)] == entries
            new = [(each.identity_id, each.other_id) for each in stored[len(entries) :]]
            assert new in ([], [of_it[1:]])
            is_one = who_is_who(settings).now(other.identity_id) == ANN.identity_id
            assert is_one == bool(new)
            assert new or was_killed
            made.append(is_one)
            entries = stored
    assert KILLS > sum(made) > 0
    with decided(settings) as repairs:  # no lock is left, nor a half of an entry
        for other, is_one in zip(others, made, strict=True):
            if not is_one:
                repairs.merge(ANN.identity_id, other.identity_id)
    assert who_is_who(settings).people == (ANN,)
