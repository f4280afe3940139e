"""Whom faces that are to be added are compared with: all that there are, whoever wrote them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.errors import FaceError, StoreError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling import enrolment
from genesis_ray.running.enrolling.enrolment import Enrolled, Enroller
from genesis_ray.running.enrolling.known_faces import KnownFaces
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.people.identities import faces_of, open_identities, who_is_who
from genesis_ray.running.people.intake import Intake
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.lance import lance_table
from genesis_ray.store.lance.cleanup_schedule import CleanupSchedule
from tests.running.enrolling.test_bulk_enrolment import LANES, photo

NAMES = (ADA, BOB, CLEO) = tuple(LANES)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


@pytest.fixture
def picture(tmp_path):
    """Take a photo of somebody, in another light each time."""
    lights = iter(range(9))

    def picture(of: str) -> Path:
        light = next(lights)
        return photo(tmp_path / f"{of} {light}.png", LANES[of], tint=light)

    return picture


@contextmanager
def running(settings: Settings) -> Iterator[Intake]:
    """Be a system that names people, and takes in at the end what was handed over to it."""
    keys = tenant_keys(settings)
    with ExitStack() as opened:
        access = Access(action="match", reason="a test")
        identities = open_identities(
            settings, embedder_traits(settings.faces), keys, opened, access=access
        )
        intake = Intake(settings, keys)
        intake.stored(identities.entries)
        yield intake
        if taken := intake.take_in(identities):
            taken.flush()
            intake.stored(taken.entries)
        intake.close()


def handed_over(enroller: Enroller, name: str, photo: Path) -> Enrolled:
    return enroller.enroll(name, [photo], within_s=0)


def known(settings: Settings) -> dict[str, int]:
    who = who_is_who(settings)
    return {each.name: len(faces_of(settings, who, each.identity_id)) for each in who.people}


def test_who_was_forgotten_between_two_people_is_like_nobody_any_more(settings, picture):
    enroller = Enroller(settings)
    enroller.enroll(ADA, [picture(ADA)])
    enroller.enroll(BOB, [picture(BOB)])
    forget(settings, BOB, by="eve", why="")
    enroller.enroll(ADA, [picture(ADA)])
    enroller.enroll("Zoe", [picture(BOB)])
    assert known(settings) == {ADA: 2, "Zoe": 1}


def test_who_was_enrolled_between_two_people_is_known(settings, picture):
    enroller = Enroller(settings)
    enroller.enroll(ADA, [picture(ADA)])
    Enroller(settings).enroll(BOB, [picture(BOB)])
    with pytest.raises(FaceError, match="the face is that of Bob"):
        enroller.enroll("Zoe", [picture(BOB)])


@pytest.mark.filterwarnings("ignore:optimize:UserWarning")
def test_old_versions_of_the_gallery_may_go_with_each_person(settings, picture, monkeypatch):
    monkeypatch.setattr(lance_table, "_KEEP_VERSIONS", timedelta())
    monkeypatch.setattr(CleanupSchedule, "is_due", lambda *_: True)
    Enroller(settings).enroll(ADA, [picture(ADA)])
    enroller = Enroller(settings)
    for of in (BOB, CLEO, ADA):
        enroller.enroll(of, [picture(of)])
    assert known(settings) == {ADA: 2, BOB: 1, CLEO: 1}


def test_a_key_that_was_changed_between_two_people_is_told(settings, picture):
    enroller = Enroller(settings)
    enroller.enroll(ADA, [picture(ADA)])
    rotate(settings)
    with pytest.raises(StoreError, match=r"brought to key 2 since .* start it again"):
        enroller.enroll(BOB, [picture(BOB)])
    Enroller(settings).enroll(BOB, [picture(BOB)])
    assert known(settings) == {ADA: 1, BOB: 1}


def test_who_waits_to_be_taken_in_is_known_already(settings, picture):
    enroller, of_ada = Enroller(settings), picture(ADA)
    with running(settings):
        assert handed_over(enroller, ADA, of_ada).person is None
        with pytest.raises(FaceError, match="the face is that of Ada"):
            handed_over(enroller, "Zoe", picture(ADA))
        with pytest.raises(FaceError, match="unlike all others of Ada"):
            handed_over(enroller, ADA, picture(BOB))
        again = handed_over(Enroller(settings), ADA, of_ada)
        assert (again.person, again.process, again.known) == (None, str(os.getpid()), 1)
        assert handed_over(enroller, ADA, picture(ADA)).person is None
    assert known(settings) == {ADA: 2}


def test_what_nobody_took_in_is_taken_in_before_a_photo_is_looked_at(settings, picture):
    of_ada = picture(ADA)
    with running(settings) as intake:
        handed_over(Enroller(settings), ADA, of_ada)
        intake.take_in = lambda _: None
    assert known(settings) == {}
    again = handed_over(Enroller(settings), ADA, of_ada)
    assert (again.person.name, again.known) == (ADA, 1)
    assert known(settings) == {ADA: 1}


def test_a_face_that_was_handed_over_twice_is_taken_in_once(settings, picture, monkeypatch):
    of_ada = picture(ADA)
    with running(settings), monkeypatch.context() as patch:
        patch.setattr(KnownFaces, "own", lambda self, _: self._none)
        for _ in range(2):
            handed_over(Enroller(settings, anyway=True), ADA, of_ada)
    assert known(settings) == {ADA: 1}


def test_who_enrols_many_reads_them_again_only_where_somebody_else_wrote(
    settings, picture, monkeypatch
):
    read = []

    class Counted(KnownFaces):
        def __init__(self, *of: object, **options: object) -> None:
            read.append(1)
            super().__init__(*of, **options)

    monkeypatch.setattr(enrolment, "KnownFaces", Counted)
    many = Enroller(settings)
    for name in NAMES:
        many.enroll(name, [picture(name)])
    with pytest.raises(FaceError, match=ADA):
        many.enroll(BOB, [picture(ADA)])
    assert len(read) == 1
    Enroller(settings).enroll(ADA, [picture(ADA)])
    many.enroll(BOB, [picture(BOB)])
    assert len(read) == 3
