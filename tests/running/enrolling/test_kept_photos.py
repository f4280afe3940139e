import json
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.backups.restoring import restore
from genesis_ray.running.enrolling.enrolment import enroll, enroll_or_hand_over, take_in_waiting
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.kept_photos import (
    kept_figures,
    kept_photos_of,
    let_go_of_expired,
    photos_to_go,
)
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments, enrolments_folder
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.erasure.tidying import live_face_jobs
from genesis_ray.running.people.consent import note_consent
from genesis_ray.running.people.identities import identity_folder, open_identities, who_is_who
from genesis_ray.running.people.intake import Intake
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.key_rotation import forget as forget_key
from genesis_ray.running.templates.key_rotation import known_keys, rotate
from genesis_ray.running.templates.re_embedding import re_embed, re_embed_kept
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.upkeep.run_jobs import run_now
from genesis_ray.sections.retention import KeptSettings, RetentionSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.stored_faces import stored_faces, stored_places
from genesis_ray.store.lock import WriteLock
from genesis_ray.store.runs.job_records import read_all
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal
from genesis_ray.store.tenant.people import PEOPLE_LOCK, People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm
from genesis_ray.vision.face_picture import read_face_picture

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
OTHER = "sface"
"""An embedder whose gallery is in use, where that of the synthetic one is to come."""


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    faces = {"embedder": "synthetic", "keep_photos": True}
    return Settings(data_dir=tmp_path / "data", faces=faces)


@pytest.fixture
def photo(tmp_path):
    """Return a photo of the figure in one of three lanes."""

    def photo(lane: int = 0) -> Path:
        image = SyntheticFilm(people=3, width=320, height=360).image_at(0)
        path = tmp_path / f"{lane}.png"
        cv2.imwrite(str(path), np.asarray(image[lane * 120 : (lane + 1) * 120]))
        return path

    return photo


def by(settings: Settings, embedder: str, **faces: object) -> Settings:
    changed = settings.faces.model_copy(update={"embedder": embedder, **faces})
    return settings.model_copy(update={"faces": changed})


def kept(settings: Settings) -> list[KeptPhoto]:
    return KeptPhotos(identity_folder(settings)).all()


def faces(settings: Settings) -> list[tuple[str, str]]:
    """Return face and identity of each face in the synthetic gallery."""
    traits = ColourEmbedder()
    rows = stored_faces(identity_folder(settings), traits.name, traits.dimension).to_pylist()
    return sorted((row["face_id"], row["identity_id"]) for row in rows)


def without_gallery(settings: Settings) -> None:
    """Take the synthetic gallery away: as if people had been enrolled by another embedder."""
    folder = identity_folder(settings)
    for path in folder.glob("faces_colour*"):
        path.rename(folder.parent / f"{path.name}.away")


def test_by_default_no_photo_is_kept(settings, photo):
    enroll(by(settings, "synthetic", keep_photos=False), "Ada", [photo()])
    assert not KeptPhotos(identity_folder(settings)).folder.exists()
    assert not Settings().faces.keep_photos


def test_a_picture_of_each_face_is_kept_that_shows_the_same_face(settings, photo):
    ada = enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    assert sorted((each.face_id, each.identity_id) for each in kept(settings)) == faces(settings)
    assert {p.identity_id for p in kept(settings)} == {ada.identity_id}
    pictures = KeptPhotos(identity_folder(settings))
    keys = tenant_keys(settings)
    found = [read_face_picture(pictures.picture(each, keys)) for each in kept(settings)]
    alike = [
        max(
            float(face.embedding @ own.embedding)
            for picture in found
            for face in ColourEmbedder().faces_in(picture)
            for own in ColourEmbedder().faces_in(cv2.imread(str(photo(lane))))
        )
        for lane in (0, 1)
    ]
    assert alike == pytest.approx([1, 1], abs=0.01)
    assert not list(enrolments_folder(settings).glob("*.json"))


def test_no_byte_of_a_photo_is_on_the_disk_in_the_clear(settings, photo):
    enroll(settings, "Ada", [photo()])
    for path in settings.data_dir.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"JFIF" not in content
        assert b"\xff\xd8\xff" not in content


def test_a_running_system_keeps_them_when_it_takes_the_faces_in(settings, photo):
    keys = tenant_keys(settings)
    with ExitStack() as opened:
        access = Access(action="match", reason="a test")
        traits = embedder_traits(settings.faces)
        identities = open_identities(settings, traits, keys, opened, access=access)
        intake = Intake(settings, keys)
        intake.stored(identities.entries)
        assert enroll_or_hand_over(settings, "Ada", [photo()], within_s=0).person is None
        (note,) = enrolments_folder(settings).glob("*.json")
        assert b"JFIF" not in note.read_bytes()
        assert kept(settings) == []
        taken = intake.take_in(identities)
        taken.flush()
        intake.stored(taken.entries)
        intake.close()
    assert [p.face_id for p in kept(settings)] == [face_id for face_id, _ in faces(settings)]


def test_an_enrolment_of_before_there_were_photos_is_read():
    enrolment = Enrolment(
        name="Ada", identity_id="ada", face_ids=("f",),
        templates=np.eye(1, 16, dtype=np.float32), qualities=(1.0,), embedder="colour",
        key_version=1, at=NOON, by="eve", photos=(b"sealed",),
    )  # fmt: skip
    note = json.loads(json.dumps(enrolment.to_note()))
    assert Enrolment.from_note(note).photos == (b"sealed",)
    del note["photos"]
    assert Enrolment.from_note(note).photos == ()


def test_what_is_refused_leaves_no_photo(settings, photo):
    enroll(settings, "Ada", [photo()])
    other = enroll(settings, "Bob", [photo(1)])
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.rename(other.identity_id, "Ada")
    with pytest.raises(ConfigurationError, match="2 people are called 'Ada'"):
        enroll(settings, "Ada", [photo(2)], anyway=True)
    assert len(kept(settings)) == 2
    assert not WaitingEnrolments(settings)
    assert not list(enrolments_folder(settings).rglob("*.json"))


def test_where_another_process_writes_nothing_waits(settings, photo):
    enroll(settings, "Ada", [photo()])
    with ExitStack() as opened:
        access = Access(action="match", reason="a test")
        traits = embedder_traits(settings.faces)
        open_identities(settings, traits, tenant_keys(settings), opened, access=access)
        with pytest.raises(StoreError, match="only one may"):
            enroll(settings, "Bob", [photo(1)])
        assert not WaitingEnrolments(settings)


def test_killed_at_any_step_the_next_writer_has_all_of_it_or_nothing(tmp_path, settings, photo):
    tenant_keys(settings)  # made before, as it takes steps
    script = Path(__file__).with_name("killed_keeping.py")
    arguments = [sys.executable, str(script), str(photo()), str(photo(1))]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def said(data: Path, step: int) -> str:
            print(data, step, file=process.stdin, flush=True)
            return process.stdout.readline()

        steps, photo_at = map(int, said(tmp_path / "whole", 10_000).split())
        outcomes = set()
        for step in (3, photo_at, photo_at + 3, photo_at + 6, steps - 1):
            data = tmp_path / str(step)
            assert said(data, step) == "killed\n"
            left = settings.model_copy(update={"data_dir": data})
            take_in_waiting(left)
            assert len(kept(left)) == len(faces(left))
            outcomes.add(len(kept(left)))
        process.stdin.close()
    assert outcomes == {0, 2}


def test_rotation_seals_them_anew_and_their_old_key_is_needed_no_more(settings, photo):
    enroll(settings, "Ada", [photo()])
    before = KeptPhotos(identity_folder(settings)).picture(kept(settings)[0], tenant_keys(settings))
    done = rotate(settings)
    assert (done.faces, done.photos, done.is_new) == (1, 1, True)
    assert [(key.version, key.photos) for key in known_keys(settings)[1]] == [(1, 0), (2, 1)]
    forget_key(settings, 1)
    keys = tenant_keys(settings)
    assert KeptPhotos(identity_folder(settings)).picture(kept(settings)[0], keys) == before


def test_a_rotation_that_was_cut_off_before_the_photos_goes_on(settings, photo, monkeypatch):
    enroll(settings, "Ada", [photo()])
    with monkeypatch.context() as cut:
        cut.setattr(KeptPhotos, "put", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            rotate(settings)
    with pytest.raises(StoreError, match="key 1 protects 1 kept photos"):
        forget_key(settings, 1)
    done = rotate(settings)
    assert (done.version, done.faces, done.photos, done.is_new) == (2, 0, 1, False)


def test_a_backup_carries_them(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo()])
    back_up(settings, tmp_path / "b.sealed", b"correct horse")
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    restore(other, tmp_path / "b.sealed", b"correct horse")
    assert kept(other) == kept(settings)
    assert KeptPhotos(identity_folder(other)).picture(kept(other)[0], tenant_keys(other))


def test_people_are_known_to_another_embedder_by_them(settings, photo):
    ada = enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    bob = enroll(by(settings, "synthetic", keep_photos=False), "Bob", [photo(2)])
    before = faces(settings)
    without_gallery(settings)
    told = []
    result = re_embed_kept(
        by(settings, OTHER), "synthetic", on_progress=lambda *what: told.append(what)
    )
    assert (result.done, result.before, result.missing) == (("Ada",), (), ("Bob",))
    assert told == [("Ada", 0, 1)]
    assert faces(settings) == [each for each in before if each[1] == ada.identity_id]
    assert bob.identity_id not in {owner for _, owner in faces(settings)}


def test_where_a_face_is_in_the_kept_photo_is_stored_beside_what_was_made_of_it(settings, photo):
    enroll(settings, "Ada", [photo()])
    without_gallery(settings)
    re_embed_kept(by(settings, OTHER), "synthetic")
    ((face_id, _),) = faces(settings)
    (own,) = kept(settings)
    picture = KeptPhotos(identity_folder(settings)).picture(own, tenant_keys(settings))
    (seen, *_) = ColourEmbedder().faces_in(read_face_picture(picture))
    stored = stored_places(identity_folder(settings), "colour", 16, [face_id])
    assert stored == {face_id: seen.place}


def test_done_again_it_adds_what_came_since_and_nothing_twice(settings, photo):
    enroll(settings, "Ada", [photo()])
    without_gallery(settings)
    assert re_embed_kept(by(settings, OTHER), "synthetic").done == ("Ada",)
    again = re_embed_kept(by(settings, OTHER), "synthetic")
    assert (again.done, again.before, len(faces(settings))) == ((), ("Ada",), 1)
    (first,) = kept(settings)
    pictures = KeptPhotos(identity_folder(settings))
    keys = tenant_keys(settings)
    picture = pictures.picture(first, keys)
    pictures.put(replace(first, face_id="later"), seal(picture, "later", keys.current))
    assert re_embed_kept(by(settings, OTHER), "synthetic").done == ("Ada",)
    assert len(faces(settings)) == 2


def test_who_has_faces_of_other_photos_is_left_as_they_are(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo()])
    without_gallery(settings)
    (tmp_path / "staff" / "Ada").mkdir(parents=True)
    photo(1).rename(tmp_path / "staff" / "Ada" / "1.png")
    re_embed(by(settings, OTHER), "synthetic", tmp_path / "staff")
    result = re_embed_kept(by(settings, OTHER), "synthetic")
    assert (result.done, result.before, len(faces(settings))) == ((), ("Ada",), 1)


def test_a_photo_that_was_split_off_somebody_forgotten_stays_and_names_them_no_more(
    settings, photo
):
    ada = enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    with Repairs(settings, by="eve", why="") as repairs:
        split = repairs.split(ada.identity_id, [], [kept(settings)[0].face_id], None)
    receipt = forget(settings, ada.identity_id, by="eve", why="")[1]
    assert [each.identity_id for each in kept(settings)] == [split.new_id]
    assert receipt.searched.residue == ()
    assert KeptPhotos(identity_folder(settings)).picture(kept(settings)[0], tenant_keys(settings))


def test_a_photo_is_whose_the_ledger_says_its_face_is(settings, photo):
    ada, bob = (
        enroll(settings, "Ada", [photo(), photo(1)], anyway=True),
        enroll(settings, "Bob", [photo(2)]),
    )
    moved = kept(settings)[0].face_id
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.split(ada.identity_id, [], [moved], None)
        assert len(kept_photos_of(settings, who_is_who(settings))) == 3
        repairs.merge(ada.identity_id, bob.identity_id)
    owned = kept_photos_of(settings, who_is_who(settings))
    assert sorted(map(len, owned.values())) == [1, 2]
    without_gallery(settings)
    result = re_embed_kept(by(settings, OTHER), "synthetic")
    assert len(result.done) == 2
    who = who_is_who(settings)
    owners = [who.now(who.moved_faces.get(face_id, owner)) for face_id, owner in faces(settings)]
    assert sorted(map(owners.count, set(owners))) == [1, 2]


def test_who_withdrew_is_not_taken_over(settings, photo):
    enroll(settings, "Ada", [photo()])
    enroll(settings, "Bob", [photo(1)])
    note_consent(settings, "Ada", "withdrawn", at=None, by="eve", why="")
    without_gallery(settings)
    result = re_embed_kept(by(settings, OTHER), "synthetic")
    assert (result.done, list(result.failed)) == (("Bob",), ["Ada"])
    assert len(kept(settings)) == 2


def test_a_damaged_photo_holds_up_its_person_alone(settings, photo):
    enroll(settings, "Ada", [photo()])
    enroll(settings, "Bob", [photo(1)])
    file = KeptPhotos(identity_folder(settings)).folder / kept(settings)[0].file
    file.write_bytes(file.read_bytes()[:-9])
    without_gallery(settings)
    result = re_embed_kept(by(settings, OTHER), "synthetic")
    assert (result.done, list(result.failed)) == (("Bob",), ["Ada"])
    assert "it was changed" in result.failed["Ada"]


def test_without_any_it_says_how_photos_come_to_be_kept(settings, photo):
    enroll(by(settings, "synthetic", keep_photos=False), "Ada", [photo()])
    with pytest.raises(ConfigurationError, match="no photo of anybody is kept: name a folder"):
        re_embed_kept(by(settings, OTHER), "synthetic")


def test_how_many_are_kept_is_told_and_how_many_are_useless(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    enroll(by(settings, "synthetic", keep_photos=False), "Bob", [photo(2)])
    figures = kept_figures(settings)
    assert (figures.photos, figures.people, figures.without, figures.useless) == (2, 1, ("Bob",), 0)
    (tmp_path / "keys" / "default").unlink()
    assert kept_figures(settings).useless == 2


def test_photos_go_after_their_days_and_people_stay_known(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo()])
    (old,) = kept(settings)
    later = old.at + timedelta(days=10, seconds=1)
    assert let_go_of_expired(settings, at=later + timedelta(days=9999)) == []
    aging = settings.model_copy(update={"retention": RetentionSettings(photo_days=10)})
    assert photos_to_go(aging, at=later - timedelta(seconds=2)) == []
    assert [(each.table, each.rows) for each in photos_to_go(aging, at=later)] == [
        ("kept_photos", 1)
    ]
    assert kept(settings) == [old]
    run = RunFolder.create(tmp_path / "run")
    assert run_now("photos", run, aging).outcome == {"photos": 0}
    assert [each.rows for each in let_go_of_expired(aging, at=later)] == [1]
    assert kept(settings) == []
    assert len(faces(settings)) == 1


@pytest.fixture
def aging(settings, photo) -> Settings:
    """The settings where a photo of Ada is kept that is too old by now."""
    enroll(settings, "Ada", [photo()])
    pictures = KeptPhotos(identity_folder(settings))
    (new,) = kept(settings)
    pictures.put(replace(new, at=NOON - timedelta(days=365)), pictures.sealed(new))
    return settings.model_copy(update={"retention": RetentionSettings(photo_days=10)})


def test_a_job_removes_them_and_keeps_the_record_of_the_other(aging, tmp_path):
    run = RunFolder.create(tmp_path / "run")
    assert run_now("visitors", run, aging).outcome == {"visitors": 0, "faces": 0}
    assert run_now("photos", run, aging).outcome == {"photos": 1}
    cleaned_up = run_now("clean-up", run, aging).outcome
    assert cleaned_up["tables"] > 0
    assert kept(aging) == []
    records = {each.name: each.outcome for each in read_all(run.jobs)}
    assert records == {
        "photos": {"photos": 1},
        "visitors": {"visitors": 0, "faces": 0},
        "clean-up": cleaned_up,
    }


def test_a_system_that_is_watching_removes_them_where_a_time_is_set(aging, settings):
    with ExitStack() as opened:
        traits, keys = embedder_traits(aging.faces), tenant_keys(aging)
        access = Access(action="match", reason="test")
        identities = open_identities(aging, traits, keys, opened, access=access)
        names = [[each.name for each in live_face_jobs(s, identities)] for s in (settings, aging)]
        assert names == [["visitors", "clean-up"], ["visitors", "photos", "clean-up"]]
        assert live_face_jobs(aging, identities)[1].task() == {"photos": 1}
    assert kept(aging) == []


def test_nobody_else_removes_any_while_one_is(aging, tmp_path):
    with (
        People(identity_folder(aging), writer=True),
        pytest.raises(StoreError, match="being written to by process"),
    ):
        let_go_of_expired(aging, at=NOON)
    assert len(kept(aging)) == 1
    assert not WriteLock.holder(identity_folder(aging) / PEOPLE_LOCK)
    assert let_go_of_expired(aging, at=NOON)


def test_none_is_removed_while_it_is_sealed_anew_to_come_back_then(aging, monkeypatch):
    put, removing = KeptPhotos.put, []

    def put_meanwhile(self: KeptPhotos, photo: KeptPhoto, sealed: bytes, **said: bool) -> None:
        removing.append(
            threading.Thread(target=let_go_of_expired, args=[aging], kwargs={"at": NOON})
        )
        removing[0].start()
        removing[0].join(0.1)
        put(self, photo, sealed, **said)

    monkeypatch.setattr(KeptPhotos, "put", put_meanwhile)
    assert rotate(aging).photos == 1
    removing[0].join(10)
    assert kept(aging) == []


def test_one_that_is_removed_while_they_are_listed_is_not_there(aging, monkeypatch):
    pictures = KeptPhotos(identity_folder(aging))
    read = KeptPhotos._read

    def read_late(self: KeptPhotos, path: Path) -> object:
        path.unlink()
        return read(self, path)

    monkeypatch.setattr(KeptPhotos, "_read", read_late)
    assert pictures.all() == []


def test_another_tenants_photos_may_stay_for_longer(settings, photo):
    enroll(settings, "Ada", [photo()])
    (old,) = kept(settings)
    ours = RetentionSettings(photo_days=10, tenants={"default": KeptSettings(photo_days=20)})
    aging = settings.model_copy(update={"retention": ours})
    assert photos_to_go(aging, at=old.at + timedelta(days=15)) == []
    assert len(photos_to_go(aging, at=old.at + timedelta(days=21))) == 1
