import shutil
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.calibration import Calibrated, Calibration
from genesis_ray.domain.recognition.consent import ConsentEntry
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.ledger import Entry, Merge, Reject, Rename, Split
from genesis_ray.domain.recognition.people import visitor
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import StoreError
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import (
    Entries,
    faces_of,
    identity_folder,
    open_identities,
    who_is_who,
)
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.thresholds import calibration_file
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.tenant.consent import ConsentRegister
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.tenants import audit_folder
from genesis_ray.testing import ColourEmbedder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EMBEDDER = ColourEmbedder()
ANN_FACE, BEN_FACE = np.eye(EMBEDDER.dimension, dtype=np.float32)[:2]


def opened_identities(settings: Settings, opened: ExitStack, *, entries: Entries | None = None):
    access = Access(action="match", reason="test")
    return open_identities(
        settings, EMBEDDER, tenant_keys(settings), opened, access=access, entries=entries
    )


@pytest.fixture
def settings(tmp_path) -> Settings:
    """The settings of a tenant with two visitors, one face each."""
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    with ExitStack() as opened:
        identities = opened_identities(settings, opened)
        for number, (identity_id, face) in enumerate((("ann", ANN_FACE), ("ben", BEN_FACE))):
            at = NOON + timedelta(minutes=number)
            identities.people.add(visitor(identity_id, at=at))
            identities.gallery.enroll(identity_id, face[None], qualities=[0.9], at=at)
    return settings


def decide(settings: Settings, *entries: Entry) -> None:
    with Ledger(identity_folder(settings), writer=True) as ledger:
        for entry in entries:
            ledger.append(entry)


def own(number: int) -> dict[str, object]:
    return {"entry_id": str(number), "at": NOON, "by": "eve", "why": ""}


def named(settings: Settings, face: np.ndarray, *, entries: Entries | None = None) -> list[str]:
    """Return the names that a track of so many faces is given by a system that begins now."""
    return [name for name, _ in resolved(settings, face, entries=entries) if name]


def resolved(settings: Settings, face: np.ndarray, *, entries: Entries | None = None) -> list:
    """Return what is told of such a track: names, and whom its faces were compared with."""
    with ExitStack() as opened:
        identities = opened_identities(settings, opened, entries=entries)
        resolver = build_resolver(settings, identities, EMBEDDER)
        events = [
            event
            for second in range(5)
            for event in resolver.resolve(
                Face(
                    camera_id="door",
                    track_id=7,
                    face_index=second,
                    captured_at=NOON + timedelta(seconds=second),
                    embedding=face,
                    quality=0.9,
                )
            )
        ]
        return [
            (identities.name_of(each.identity_id), ())
            if isinstance(each, FaceRecognized)
            else (None, each.candidate_ids)
            for each in events
        ]


MERGE = Merge(**own(0), identity_id="ann", other_id="ben")
RENAME = Rename(**own(1), identity_id="ann", name="Ann")


def test_a_system_that_begins_names_by_what_was_decided(settings):
    assert named(settings, BEN_FACE) == ["visitor ben"]
    decide(settings, MERGE, RENAME)
    assert named(settings, BEN_FACE) == ["Ann"]


def test_a_system_that_goes_on_names_by_what_had_been_decided_when_it_began(settings):
    decide(settings, MERGE, RENAME)
    assert named(settings, BEN_FACE, entries=Entries(0, 0)) == ["visitor ben"]
    assert named(settings, BEN_FACE, entries=Entries(1, 0)) == ["visitor ann"]


def test_a_face_that_was_split_off_names_the_new_identity(settings):
    (face,) = faces_of(settings, who_is_who(settings), "ann")
    split = Split(**own(0), identity_id="ann", new_id="new", face_ids=(face["face_id"],))
    decide(settings, split)
    assert named(settings, ANN_FACE) == ["visitor new"]
    assert faces_of(settings, who_is_who(settings), "ann") == []
    assert faces_of(settings, who_is_who(settings), "new") == [face]


def test_a_rejected_track_is_not_named_so(settings):
    sight = TrackSight(
        identity_id="ann",
        camera_id="door",
        track_id=7,
        since=NOON,
        until=NOON + timedelta(minutes=1),
    )
    decide(settings, Reject(**own(0), track=sight))
    assert named(settings, ANN_FACE) == []
    assert named(settings, BEN_FACE) == ["visitor ben"]


def test_somebody_new_is_called_what_people_have_them_as(settings):
    with ExitStack() as opened:
        identities = opened_identities(settings, opened)
        identities.people.add(visitor("carl", at=NOON))
        assert identities.name_of("carl") == "visitor carl"
        assert identities.name_of("nobody") == "nobody"


def say(settings: Settings, what: str, *members: str, at: datetime = NOON) -> None:
    with ConsentRegister(identity_folder(settings), writer=True) as register:
        register.append(
            ConsentEntry(
                entry_id=f"{what} {members}", identity_id=members[0], member_ids=members,
                said=what, at=at, noted_at=at, by="eve", why="",
            )
        )  # fmt: skip


def strictly(settings: Settings) -> Settings:
    """Return the settings of a tenant that recognises nobody without consent."""
    identity = settings.identity.model_copy(update={"consent": "required"})
    return settings.model_copy(update={"identity": identity})


def compared_with(settings: Settings, face: np.ndarray) -> set[str]:
    return {each for _, candidates in resolved(settings, face) for each in candidates}


def test_who_gave_no_consent_is_no_candidate_and_no_score_of_theirs_is_told(settings):
    say(settings, "given", "ben")
    strict = strictly(settings)
    assert named(strict, ANN_FACE) == []
    assert compared_with(strict, ANN_FACE) == {"ben"}
    assert named(strict, BEN_FACE) == ["visitor ben"]


def test_who_withdraws_consent_is_not_recognised_by_what_begins_then(settings):
    strict = strictly(settings)
    say(settings, "given", "ann")
    assert named(strict, ANN_FACE) == ["visitor ann"]
    say(settings, "withdrawn", "ann", at=NOON + timedelta(hours=1))
    assert named(strict, ANN_FACE) == []
    assert compared_with(strict, ANN_FACE) == set()


def test_where_consent_is_not_needed_everybody_is_recognised(settings):
    say(settings, "withdrawn", "ann")
    assert named(settings, ANN_FACE) == ["visitor ann"]


def test_what_goes_on_knows_the_consent_that_there_was_when_it_began(settings):
    strict = strictly(settings)
    say(settings, "given", "ann")
    say(settings, "withdrawn", "ann", at=NOON + timedelta(hours=1))
    assert named(strict, ANN_FACE, entries=Entries(0, 1)) == ["visitor ann"]
    assert named(strict, ANN_FACE, entries=Entries(0, 0)) == []
    assert named(strict, ANN_FACE, entries=Entries(0, 2)) == []


def test_consent_of_merged_people_is_the_strictest(settings):
    strict = strictly(settings)
    decide(settings, MERGE)
    say(settings, "given", "ann")
    assert named(strict, BEN_FACE) == ["visitor ann"]
    say(settings, "withdrawn", "ben")
    assert named(strict, ANN_FACE) == []


def test_each_opening_is_in_the_audit_log_with_its_reason(settings):
    named(settings, ANN_FACE)
    log = audit_log(settings)
    assert [(entry.action, entry.reason) for entry in log.entries()] == [("match", "test")] * 2
    assert log.verify().problem is None


def test_what_is_stored_of_faces_is_told_without_reading_a_template(settings):
    before = len(audit_log(settings).entries())
    (face,) = faces_of(settings, who_is_who(settings), "ann")
    assert face.keys() == {
        "face_id",
        "enrolled_as",
        "camera_id",
        "enrolled_at",
        "quality",
        "is_used",
        "box",
        "landmarks",
    }
    assert len(audit_log(settings).entries()) == before


def test_where_nothing_can_be_noted_nothing_is_opened(settings):
    folder = audit_folder(settings.data_dir, settings.tenant_id)
    shutil.rmtree(folder)
    folder.write_text("in the way")
    with pytest.raises(StoreError, match="audit"):
        named(settings, ANN_FACE)


def outcome_of(settings: Settings, similarity: float) -> FaceRecognized:
    """Return what becomes of a track with one face, so similar to Ann and to nobody else."""
    other = np.eye(EMBEDDER.dimension, dtype=np.float32)[5]
    face = Face(
        camera_id="door",
        track_id=1,
        face_index=0,
        captured_at=NOON,
        embedding=(similarity * ANN_FACE + np.sqrt(1 - similarity**2) * other).astype(np.float32),
        quality=1.0,
    )
    with ExitStack() as opened:
        keys = tenant_keys(settings)
        access = Access(action="match", reason="test")
        identities = open_identities(settings, EMBEDDER, keys, opened, access=access)
        resolver = build_resolver(settings, identities, EMBEDDER)
        resolver.resolve(face)
        ((_, outcome),) = resolver.lapse(NOON + timedelta(hours=1))
        return outcome


def with_identity(settings: Settings, **changes) -> Settings:
    return settings.model_copy(update={"identity": settings.identity.model_copy(update=changes)})


def test_a_decision_says_whether_its_threshold_was_set_or_came_with_the_embedder(settings):
    own = outcome_of(settings, 0)
    assert (own.threshold, own.threshold_origin) == (EMBEDDER.threshold, "embedder")
    chosen = outcome_of(with_identity(settings, threshold=0.6), 0)
    assert (chosen.threshold, chosen.threshold_origin) == (0.6, "settings")


def test_a_review_begins_as_far_below_the_threshold_as_the_settings_say(settings):
    similarities = [EMBEDDER.threshold - below for below in (0.04, 0.06)]
    assert [outcome_of(settings, each).decision for each in similarities] == ["review", "unknown"]
    wide = with_identity(settings, review=0.1)
    assert [outcome_of(wide, each).decision for each in similarities] == ["review"] * 2


def test_a_system_that_begins_names_by_what_was_calibrated(settings):
    strict = Calibrated(
        value=0.999, low=0.9, high=1, made_at=NOON, method="FPIR 0.01", data="faces.csv"
    )
    alike = np.zeros_like(ANN_FACE)
    alike[:2] = np.array([0.995, np.sqrt(1 - 0.995**2)], np.float32)
    assert named(settings, alike) == ["visitor ann"]
    calibration_file(settings, EMBEDDER).change(lambda _: Calibration(threshold=strict))
    assert named(settings, alike) == []
