from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.calibration import Calibrated, Calibration
from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.identity import Face
from genesis_ray.domain.ledger import Entry, Merge, Reject, Rename, Split, TrackSight
from genesis_ray.domain.people import visitor
from genesis_ray.running.identities import (
    build_resolver,
    faces_of,
    identity_folder,
    open_identities,
    who_is_who,
)
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.running.thresholds import calibration_file
from genesis_ray.settings import Settings
from genesis_ray.store.ledger import Ledger
from genesis_ray.testing import ColourEmbedder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EMBEDDER = ColourEmbedder()
ANN_FACE, BEN_FACE = np.eye(EMBEDDER.dimension, dtype=np.float32)[:2]


@pytest.fixture
def settings(tmp_path) -> Settings:
    """The settings of a tenant with two visitors, one face each."""
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    with ExitStack() as opened:
        identities = open_identities(settings, EMBEDDER, tenant_keys(settings), opened)
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


def named(settings: Settings, face: np.ndarray, *, entries: int | None = None) -> list[str]:
    """Return the names that a track of so many faces is given by a system that begins now."""
    with ExitStack() as opened:
        identities = open_identities(
            settings, EMBEDDER, tenant_keys(settings), opened, entries=entries
        )
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
            identities.name_of(each.identity_id)
            for each in events
            if isinstance(each, FaceRecognized)
        ]


MERGE = Merge(**own(0), identity_id="ann", other_id="ben")
RENAME = Rename(**own(1), identity_id="ann", name="Ann")


def test_a_system_that_begins_names_by_what_was_decided(settings):
    assert named(settings, BEN_FACE) == ["visitor ben"]
    decide(settings, MERGE, RENAME)
    assert named(settings, BEN_FACE) == ["Ann"]


def test_a_system_that_goes_on_names_by_what_had_been_decided_when_it_began(settings):
    decide(settings, MERGE, RENAME)
    assert named(settings, BEN_FACE, entries=0) == ["visitor ben"]
    assert named(settings, BEN_FACE, entries=1) == ["visitor ann"]


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
        identities = open_identities(settings, EMBEDDER, tenant_keys(settings), opened)
        identities.people.add(visitor("carl", at=NOON))
        assert identities.name_of("carl") == "visitor carl"
        assert identities.name_of("nobody") == "nobody"


def test_a_system_that_begins_names_by_what_was_calibrated(settings):
    strict = Calibrated(
        value=0.999, low=0.9, high=1, made_at=NOON, method="FPIR 0.01", data="faces.csv"
    )
    alike = np.zeros_like(ANN_FACE)
    alike[:2] = np.array([0.995, np.sqrt(1 - 0.995**2)], np.float32)
    assert named(settings, alike) == ["visitor ann"]
    calibration_file(settings, EMBEDDER).change(lambda _: Calibration(threshold=strict))
    assert named(settings, alike) == []
