import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.backups.backup import back_up
from genesis_ray.running.backups.restoring import restore
from genesis_ray.running.enrolling.enrolment import enroll, enroll_or_hand_over, take_in_waiting
from genesis_ray.running.enrolling.face_removal import remove_face
from genesis_ray.running.enrolling.far_photos import kept_photos_in, place_figures, sweep, try_place
from genesis_ray.running.enrolling.kept_photos import let_go_of_expired
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments, enrolments_folder
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people.identities import identity_folder, open_identities, who_is_who
from genesis_ray.running.people.intake import Intake
from genesis_ray.running.templates import key_rotation
from genesis_ray.running.templates.key_rotation import forget as forget_key
from genesis_ray.running.templates.key_rotation import known_keys, rotate
from genesis_ray.running.templates.re_embedding import re_embed_kept
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.upkeep.run_jobs import live_jobs, run_now
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant import far_pictures
from genesis_ray.store.tenant.far_pictures import Swept
from genesis_ray.testing import ColourEmbedder
from tests import faulty_files
from tests.faulty_files import FaultyFiles, objects, unreachable
from tests.running.enrolling.test_kept_photos import photo

__all__ = ["photo"]

PLACE = "faulty://bucket/faces/default"


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    faulty_files.empty()
    monkeypatch.setattr(far_pictures, "_SETTLED_AFTER_S", 0)
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    faces = {
        "embedder": "synthetic",
        "keep_photos": True,
        "photos_at": "faulty://bucket/faces/",
    }
    return Settings(data_dir=tmp_path / "data", faces=faces)


class System:
    """One that runs: it has people and gallery, and takes in what is handed over."""

    def __init__(self, settings: Settings, opened: ExitStack) -> None:
        keys = tenant_keys(settings)
        access = Access(action="match", reason="a test")
        traits = embedder_traits(settings.faces)
        self.identities = open_identities(settings, traits, keys, opened, access=access)
        self._intake = Intake(settings, keys, known=lambda: tenant_keys(settings))
        opened.callback(self._intake.close)
        self._intake.stored(self.identities.entries)

    def take_in(self) -> None:
        taken = self._intake.take_in(self.identities)
        taken.flush()
        self._intake.stored(taken.entries)


@pytest.fixture
def system(settings):
    with ExitStack() as opened:
        yield System(settings, opened)


def addresses(settings: Settings) -> set[str]:
    return {photo.address for photo in kept_photos_in(settings).all()}


def there() -> set[str]:
    return {f"faulty:/{path}" for path in objects()}


def is_whole(settings: Settings) -> bool:
    """Tell whether all kept photos have their pictures, and nothing else is there."""
    kept = kept_photos_in(settings)
    keys = tenant_keys(settings)
    return addresses(settings) == there() and all(
        kept.picture(each, keys).startswith(b"\xff\xd8\xff") for each in kept.all()
    )


def faces(settings: Settings) -> set[str]:
    traits = ColourEmbedder()
    rows = stored_faces(identity_folder(settings), traits.name, traits.dimension)
    return set(rows["face_id"].to_pylist())


def test_pictures_of_who_is_enrolled_are_in_the_tenants_folder_elsewhere(settings, photo):
    ada = enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    assert is_whole(settings)
    assert all(each.startswith(f"{PLACE}/") for each in there())
    assert {each.identity_id for each in kept_photos_in(settings).all()} == {ada.identity_id}
    assert {each.face_id for each in kept_photos_in(settings).all()} == faces(settings)
    clear = [ada.identity_id, "Ada", "JFIF", *faces(settings)]
    for path, content in objects().items():
        assert not any(each in path or each.encode() in content for each in clear)
    for path in settings.data_dir.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        assert b"JFIF" not in content
        assert not any(each in content for each in objects().values())


@pytest.mark.parametrize("operations", [(), ("store",), ("stored",)])
def test_where_the_place_is_not_reached_nobody_is_enrolled(settings, photo, operations):
    with unreachable(*operations), pytest.raises(StoreError, match="faulty://bucket/faces/default"):
        enroll(settings, "Ada", [photo()])
    assert who_is_who(settings).people == ()
    assert kept_photos_in(settings).all() == []
    assert not WaitingEnrolments(settings)
    enroll(settings, "Ada", [photo()])
    assert is_whole(settings)
    assert len(faces(settings)) == 1


def test_killed_at_any_step_nothing_is_left_that_nobody_knows_of(settings, photo, tmp_path):
    tenant_keys(settings)  # made before, as it takes steps
    script = Path(__file__).with_name("killed_keeping.py")
    nas = tmp_path / "nas" / "default"
    environment = os.environ | {"GENESIS_FACES__PHOTOS_AT": f"file://{nas.parent}"}
    arguments = [sys.executable, str(script), str(photo()), str(photo(1))]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:

        def said(data: Path, step: int) -> str:
            print(data, step, file=process.stdin, flush=True)
            return process.stdout.readline()

        _, photo_at = map(int, said(tmp_path / "whole", 10_000).split())
        outcomes = []
        for step in [*range(2, photo_at, 4), photo_at + 2, photo_at + 4, photo_at + 12]:
            shutil.rmtree(nas, ignore_errors=True)
            data = tmp_path / str(step)
            assert said(data, step) == "killed\n"
            left = settings.model_copy(update={"data_dir": data})
            take_in_waiting(left)
            assert sweep(left).left == {}
            pictures = {f"file://{path}" for path in nas.glob("*.sealed")}
            assert pictures == addresses(left)
            assert len(pictures) == len(faces(left))
            outcomes.append(len(pictures))
        process.stdin.close()
    assert set(outcomes) == {0, 2}


def test_a_running_system_takes_them_in_and_reaches_for_nothing(settings, photo, system):
    assert enroll_or_hand_over(settings, "Ada", [photo()], within_s=0).person is None
    (note,) = enrolments_folder(settings).glob("*.json")
    assert not any(content in note.read_bytes() for content in objects().values())
    with unreachable():
        system.take_in()
    assert is_whole(settings)
    assert sweep(settings) == Swept(0, {})
    assert is_whole(settings)


def test_where_the_place_is_not_reached_a_running_system_is_handed_nothing(settings, photo, system):
    with unreachable(), pytest.raises(StoreError, match="connection refused"):
        enroll_or_hand_over(settings, "Ada", [photo()], within_s=0)
    assert not WaitingEnrolments(settings)
    assert sweep(settings).left == {}
    assert there() == set()


def test_what_waits_for_a_system_is_not_swept_away(settings, photo, system):
    enroll_or_hand_over(settings, "Ada", [photo()], within_s=0)
    assert sweep(settings) == Swept(0, {})
    system.take_in()
    assert is_whole(settings)


def test_what_a_system_refuses_is_swept_away(settings, photo, system):
    enroll_or_hand_over(settings, "Ada", [photo()], within_s=0)
    waiting = WaitingEnrolments(settings)
    (handed,) = waiting.readable()
    waiting.withdraw(handed)
    waiting.hand_over(replace(handed, key_version=7))
    system._intake.take_in(system.identities)
    system._intake.stored(system.identities.entries)
    assert not waiting
    assert sweep(settings) == Swept(1, {})
    assert there() == set()


def test_one_that_was_sealed_just_before_a_rotation_is_sealed_anew_by_the_next(
    settings, photo, monkeypatch
):
    with ExitStack() as opened:
        System(settings, opened)
        enroll_or_hand_over(settings, "Ada", [photo()], within_s=0)
    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, "take_in_waiting", lambda _: None)  # as where a system runs
        rotate(settings)
    with ExitStack() as opened:
        System(settings, opened)  # which takes it in
    (stored,) = kept_photos_in(settings).all()
    assert stored.key_version == 1
    assert is_whole(settings)
    with pytest.raises(StoreError, match="key 1 protects 1 kept photos"):
        forget_key(settings, 1)
    assert (rotate(settings).photos, rotate(settings).photos) == (1, 1)
    assert is_whole(settings)
    forget_key(settings, 1)


def test_rotation_seals_them_anew_and_leaves_nothing_under_the_old_key(settings, photo):
    enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    before = there()
    assert rotate(settings).photos == 2
    assert [(key.version, key.photos) for key in known_keys(settings)[1]] == [(1, 0), (2, 2)]
    assert not before & there()
    assert is_whole(settings)
    forget_key(settings, 1)
    assert is_whole(settings)


def test_a_rotation_that_the_place_cuts_off_goes_on(settings, photo):
    enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    stored = []

    def refuse(what: str, path: str) -> None:
        stored.append(path)
        if what == "stored" and len([each for each in stored if "sealed" in each]) > 3:
            raise ConnectionError("connection reset")

    with faulty_files.failing(refuse), pytest.raises(StoreError, match="connection reset"):
        rotate(settings)
    assert sorted(each.key_version for each in kept_photos_in(settings).all()) == [1, 2]
    done = rotate(settings)
    assert (done.version, done.photos, done.is_new) == (2, 1, False)
    assert is_whole(settings)


def test_who_is_forgotten_is_so_elsewhere_too_and_that_is_looked_after(settings, photo):
    enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    theirs = addresses(settings)
    enroll(settings, "Bob", [photo(2)])
    receipt = forget(settings, "Ada", by="eve", why="")[1]
    assert receipt.searched.residue == ()
    assert is_whole(settings)
    assert len(there()) == 1
    (purged,) = (each for each in receipt.purged if each.place == PLACE)
    assert (purged.store, purged.removed) == ("photos", 2)
    assert {f"{PLACE}/{name}" for name in purged.files} == theirs
    assert any(f"earlier versions, replicas and backups that {PLACE}" in each
               for each in receipt.not_reached)  # fmt: skip
    assert verify(settings, receipt).residue == ()
    back = sorted(theirs)[0]
    FaultyFiles().pipe_file(back, b"as it was")
    assert verify(settings, receipt).residue == (f"{back}: a photo",)
    with unreachable():
        (residue,) = verify(settings, receipt).residue
    assert residue.startswith(f"{PLACE}: cannot be searched (no picture can be read in {PLACE}")
    faulty_files.empty()
    (residue,) = verify(settings, receipt).residue
    assert "is not where photos were kept" in residue


def test_who_is_forgotten_while_the_place_is_not_reached_is_so_and_the_receipt_tells(
    settings, photo, tmp_path
):
    ada = enroll(settings, "Ada", [photo()])
    with unreachable():
        receipt = forget(settings, ada.identity_id, by="eve", why="")[1]
    assert who_is_who(settings).people == ()
    assert len(there()) == 1
    assert "1 sealed picture in faulty://bucket/faces/default could not be" in str(
        receipt.not_reached
    )
    assert receipt.searched.residue
    strays = identity_folder(settings) / "photos" / "strays"
    assert not any(b"Ada" in path.read_bytes() for path in strays.iterdir())
    run = RunFolder.create(tmp_path / "run")
    with unreachable():
        assert "connection refused" in run_now("stray-photos", run, settings).error
    assert run_now("stray-photos", run, settings).outcome == {"pictures": 1}
    assert there() == set()
    assert verify(settings, receipt).residue == ()


def test_a_face_that_is_removed_goes_with_its_picture_elsewhere(settings, photo, system):
    enroll_or_hand_over(settings, "Ada", [photo(), photo(1)], within_s=0, anyway=True)
    system.take_in()
    first, second = faces(settings)
    done = remove_face(settings, "Ada", first, by="eve", within_s=0)
    assert done.process
    with unreachable():
        system.take_in()
    assert {each.face_id for each in kept_photos_in(settings).all()} == {second}
    assert len(there()) == 2
    assert sweep(settings) == Swept(1, {})
    assert is_whole(settings)


def test_where_no_system_runs_it_is_told_what_waits_to_be_removed(settings, photo):
    enroll(settings, "Ada", [photo(), photo(1)], anyway=True)
    first, second = faces(settings)
    with unreachable():
        assert (
            "could not be removed yet"
            in remove_face(settings, "Ada", first, by="eve", within_s=0).waits
        )
    assert remove_face(settings, "Ada", second, by="eve", within_s=0).waits == ""
    assert there() == set()


def test_they_go_after_their_days(settings, photo):
    enroll(settings, "Ada", [photo()])
    later = kept_photos_in(settings).all()[0].at + timedelta(days=30, seconds=1)
    aging = settings.model_copy(update={"retention": RetentionSettings(photo_days=30)})
    assert let_go_of_expired(aging, at=later - timedelta(seconds=2)) == []
    with unreachable():
        assert [each.rows for each in let_go_of_expired(aging, at=later)] == [1]
    assert sweep(settings) == Swept(1, {})
    assert (there(), len(faces(settings))) == (set(), 1)


def test_a_system_sweeps_where_it_has_a_place_and_not_in_who_names_people(settings, tmp_path):
    run = RunFolder.create(tmp_path / "run")
    near = settings.model_copy(
        update={"faces": settings.faces.model_copy(update={"photos_at": None})}
    )
    with EventLog(run.events) as log:
        names = [{job.name for job in live_jobs(run, log, each)} for each in (settings, near)]
    assert names[0] - names[1] == {"stray-photos"}


def test_a_system_sweeps_where_pictures_were_put_before(settings, photo, tmp_path):
    enroll(settings, "Ada", [photo()])
    near = settings.model_copy(
        update={"faces": settings.faces.model_copy(update={"photos_at": None})}
    )
    run = RunFolder.create(tmp_path / "run")
    with EventLog(run.events) as log:
        assert "stray-photos" in {job.name for job in live_jobs(run, log, near)}


def test_people_are_known_to_another_embedder_by_them(settings, photo):
    enroll(settings, "Ada", [photo()])
    folder = identity_folder(settings)
    for path in folder.glob("faces_colour*"):
        path.rename(folder.parent / f"{path.name}.away")
    coming = settings.model_copy(
        update={"faces": settings.faces.model_copy(update={"embedder": "sface"})}
    )
    with unreachable():
        assert "connection refused" in str(re_embed_kept(coming, "synthetic").failed["Ada"])
    assert re_embed_kept(coming, "synthetic").done == ("Ada",)


def test_a_backup_has_the_notes_and_the_pictures_are_found_where_they_were(
    settings, photo, tmp_path
):
    enroll(settings, "Ada", [photo()])
    with unreachable():
        back_up(settings, tmp_path / "b.sealed", b"correct horse")
        other = settings.model_copy(update={"data_dir": tmp_path / "other"})
        restore(other, tmp_path / "b.sealed", b"correct horse")
    assert is_whole(other)
    rotate(other)  # which takes the pictures of the first with it
    assert is_whole(other)
    (figures,) = place_figures(settings)
    assert (figures.pictures, figures.missing, figures.unknown) == (1, 1, 1)


def test_who_was_forgotten_since_is_forgotten_again_though_their_pictures_are_gone(
    settings, photo, tmp_path
):
    enroll(settings, "Ada", [photo()])
    back_up(settings, tmp_path / "b.sealed", b"correct horse")
    path, _ = forget(settings, "Ada", by="eve", why="")
    assert there() == set()
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    done = restore(other, tmp_path / "b.sealed", b"correct horse", receipts=[path]).forgotten
    assert done
    assert done[1].searched.residue == ()
    assert who_is_who(other).people == ()


def test_a_place_is_tried_and_nothing_of_that_is_left(settings, photo):
    try_place(settings)
    assert there() == set()
    enroll(settings, "Ada", [photo()])
    (figures,) = place_figures(settings)
    assert (figures.place, figures.pictures, figures.missing, figures.unknown) == (PLACE, 1, 0, 0)
    for operation in ("store", "read", "remove"):
        with unreachable(operation), pytest.raises(StoreError, match="connection refused"):
            try_place(settings)
    faulty_files.empty()
    with pytest.raises(StoreError, match="is not where photos were kept"):
        try_place(settings)


def test_nobody_loads_what_reaches_elsewhere_before_a_picture_goes_there():
    code = (
        "import sys, genesis_ray.settings_file, genesis_ray.running.enrolling.enrolment, "
        "genesis_ray.running.upkeep.run_jobs, genesis_ray.running.erasure.tidying, "
        "genesis_ray.running.erasure.forgetting;"
        "print({'fsspec', 's3fs', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
