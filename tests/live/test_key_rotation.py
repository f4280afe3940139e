"""Changing the key of faces while a resolver is at work, and when it or the command is killed."""

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import StoreError
from genesis_ray.live import resolver
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import LiveSpec, Shown
from genesis_ray.running.enrolling.enrolment import Enroller
from genesis_ray.running.people import intake
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.intake import taker
from genesis_ray.running.templates import face_keys, key_rotation
from genesis_ray.running.templates.key_rotation import forget, known_keys, rotate
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.appearance import AppearanceSettings
from genesis_ray.sections.topology import TopologySettings
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.giving_way import Way
from genesis_ray.store.keys.template_keys import KeyRing, TemplateKey
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal
from genesis_ray.vision.osnet import MODEL
from tests.live.test_forgetting import (
    FACES,
    Killed,
    System,
    photo,
    rows,
    spec,
    system,
    told,
)
from tests.running.somebody import ADA, BEN, CARL, NOON, at
from tests.store.some_keys import holders, protected

__all__ = ["photo", "spec"]

STORY = (ADA, 1), (CARL, 2)


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """A resolver looks at the key store, and takes in what there is, with each call."""
    monkeypatch.setattr(resolver, "_CHECKPOINT_EVERY_S", 0)
    monkeypatch.setattr(resolver, "_MOST_OF_THE_TIME", float("inf"))
    monkeypatch.setattr(face_keys, "LOOK_EVERY_S", 0)
    monkeypatch.setattr(intake, "LATE_S", 0)
    monkeypatch.setattr(key_rotation, "WITHIN_S", 20)


def keys(spec: LiveSpec) -> KeyRing:
    return tenant_keys(spec.settings)


class Replicas:
    """Protect with a key of their own, whichever the gallery is under."""

    def __init__(self, running: System, key: TemplateKey) -> None:
        self.running = running
        self.key = key
        self._second = 1000

    def see(self, person: Person, track_id: int, sights: int = 3) -> str:
        """Show somebody; return what the track is called then, "" for nothing."""
        name = ""
        for _ in range(sights):
            self._second += 1
            look = FACES[person.name] + np.float32(0.1) * np.eye(16, dtype=np.float32)[5]
            (template,) = protected((look / np.linalg.norm(look))[None], self.key, "colour")
            face = Face(
                camera_id="door", track_id=track_id, face_index=self._second, quality=0.9,
                captured_at=at(self._second), embedding=template, key=self.key.fingerprint,
            )  # fmt: skip
            shown = [Shown("door", (face,), at(self._second))]
            names = self.running.resolver.call("take", shown)
            name = names["door"].get(track_id, name)
        return name

    def look(self, camera_id: str, track_id: int, sights: int = 3) -> str:
        """Tell how somebody in a green coat looks; return what the track is called then."""
        name, since = "", at(self._second + 1)
        (looks,) = protected(np.eye(1, 16, dtype=np.float32), self.key, MODEL)
        for _ in range(sights):
            self._second += 1
            seen = Appearance(
                camera_id=camera_id, track_id=track_id, captured_at=at(self._second), since=since,
                looks=looks, is_clear=True, key=self.key.fingerprint,
            )  # fmt: skip
            shown = [Shown(camera_id, (seen,), at(self._second))]
            name = self.running.resolver.call("take", shown)[camera_id].get(track_id, name)
        return name


class Rotating:
    """A rotation in a thread, beside which somebody goes on."""

    def __init__(self, settings: Settings, meanwhile) -> None:
        done: list = []

        def run() -> None:
            try:
                done.append(rotate(settings))
            except BaseException as error:
                done.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive():
            meanwhile()
            thread.join(0.01)
        (self.outcome,) = done


def rotated(replicas: Replicas, spec: LiveSpec):
    """Rotate while somebody else is seen."""
    outcome = Rotating(spec.settings, lambda: replicas.see(BEN, 9, sights=1)).outcome
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def galleries(spec: LiveSpec) -> dict[int, tuple[str, ...]]:
    return {key.version: key.galleries for key in known_keys(spec.settings)[1]}


def test_a_system_goes_on_under_the_new_key_and_nothing_of_the_old_is_left(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        old = keys(spec).current
        replicas = Replicas(running, old)
        assert [replicas.see(*each) for each in STORY] == [ADA.name, CARL.name]
        done = rotated(replicas, spec)
        assert (done.version, done.faces, done.is_new) == (2, 2, True)
        assert done.process == taker(spec.settings).process
        assert galleries(spec) == {1: (), 2: ("colour",)}
        assert replicas.see(CARL, 3) == CARL.name  # of a replica that does not know of it
        replicas.key = keys(spec).current
        assert replicas.see(ADA, 4) == ADA.name
        stored = protected(np.stack([FACES[ADA.name], FACES[CARL.name]]), old, "colour")
        assert holders(spec.settings.data_dir, stored) == []
        assert holders(spec.run / "state", stored) == []
    (changed,) = (row for row in rows(spec, "system_states") if row["state"] == "changed")
    assert changed["component"] == "resolver"
    assert changed["reason"].startswith("faces are under key 2, for which nobody was named for ")


def test_what_a_track_showed_before_counts_with_what_it_shows_after(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, keys(spec).current)
        assert replicas.see(ADA, 1, sights=1) == ""
        rotated(replicas, spec)
        assert replicas.see(ADA, 1, sights=1) == ADA.name  # by two votes


def test_what_is_said_is_what_is_said_without_it_but_for_rounding(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, keys(spec).current)
        for each in STORY:
            replicas.see(*each)
        rotated(replicas, spec)
        replicas.see(ADA, 4)
    scores: dict[str, list[float]] = {}
    for row in rows(spec, "face_recognitions"):
        if row["identity_id"]:
            scores.setdefault(row["identity_id"], []).append(row["similarity"])
    first, second = scores[ADA.identity_id]
    assert first == pytest.approx(second, abs=1e-6)


def test_a_replica_that_has_the_new_key_before_the_gallery_is_understood(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        store = key_rotation.open_key_store(spec.settings.templates.key_store)
        newer = store.add(spec.settings.tenant_id, after=1).current
        assert Replicas(running, newer).see(ADA, 1) == ADA.name
        assert galleries(spec)[1] == ("colour",)


def test_faces_under_a_key_that_is_not_here_name_nobody_and_are_counted(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, TemplateKey.new("default", 3))
        assert replicas.see(ADA, 1, sights=9) == ""
    told_of = [row["reason"] for row in rows(spec, "system_states")]
    counts = [int(reason.split()[0]) for reason in told_of]
    assert counts == [1, 2, 4, 8]
    assert "left out by now, under a key that is not in" in told_of[0]


def test_a_resolver_that_is_killed_while_it_gives_way_goes_on_under_the_new_key(spec, monkeypatch):
    wait, dead = Way.wait, threading.Event()

    def killed(way: Way) -> None:
        if way.is_given() and not dead.is_set():
            dead.set()
            raise Killed
        wait(way)

    monkeypatch.setattr(Way, "wait", killed)
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, keys(spec).current)
        assert replicas.see(ADA, 1, sights=1) == ""

        def start_again() -> None:
            dead.wait()
            running.resolver.replace(lambda: ResolverActor(spec))

        starting = threading.Thread(target=start_again)
        starting.start()
        assert rotated(replicas, spec).faces == 2
        starting.join()
        assert replicas.see(ADA, 1, sights=1) == ADA.name
        assert replicas.see(CARL, 3) == CARL.name
    states = [row["state"] for row in rows(spec, "system_states")]
    assert states == ["restarted"]


@pytest.mark.parametrize("step", ["_newest", "_renewed", "KeptPhotos"])
def test_a_command_that_is_cut_off_leaves_one_key_and_the_next_goes_on(spec, monkeypatch, step):
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, keys(spec).current)
        own = getattr(key_rotation, step)

        def cut_off(*arguments):
            own(*arguments)
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(key_rotation, step, cut_off)
            with pytest.raises(Killed):
                rotated(replicas, spec)
        assert len([used for used in galleries(spec).values() if used]) == 1
        assert replicas.see(CARL, 3) == CARL.name
        rotated(replicas, spec)
        newest = max(galleries(spec))
        assert galleries(spec)[newest] == ("colour",)
        assert replicas.see(ADA, 4) == ADA.name


def test_a_system_that_cannot_read_the_new_key_has_nothing_changed(spec, monkeypatch):
    monkeypatch.setattr(key_rotation, "WITHIN_S", 0.5)

    def of_before(_) -> KeyRing:
        return before

    with system(spec, monkeypatch) as running:
        before = keys(spec)
        monkeypatch.setattr(resolver, "newest_keys", of_before)
        running.resolver.actor._faces._read = lambda: before
        replicas = Replicas(running, before.current)
        with pytest.raises(StoreError, match=r"has not found key 2.*so no face is changed"):
            rotated(replicas, spec)
        assert galleries(spec)[1] == ("colour",)
        assert replicas.see(ADA, 4) == ADA.name


@pytest.mark.parametrize("version", [1, 2])
def test_faces_that_are_handed_over_under_either_key_are_taken_in(
    spec, photo, monkeypatch, version
):
    keeping = spec.settings.model_copy(
        update={"faces": spec.settings.faces.model_copy(update={"keep_photos": True})}
    )
    enrollers = [Enroller(keeping, anyway=True)]
    giving_way = key_rotation._Systems.giving_way

    def enroll_just_before(systems):
        enrollers.append(Enroller(keeping, anyway=True))
        enrollers[version - 1].enroll("Cleo", [photo], within_s=0)
        return giving_way(systems)

    monkeypatch.setattr(key_rotation._Systems, "giving_way", enroll_just_before)
    with system(spec, monkeypatch) as running:
        rotated(Replicas(running, keys(spec).current), spec)
        Replicas(running, keys(spec).current).see(CARL, 3)
        assert running.resolver.actor._people.identities.gallery.count == 3
    assert "Cleo" in {person.name for person in who_is_who(spec.settings).people}
    kept = KeptPhotos(identity_folder(spec.settings))
    (picture,) = kept.all()
    assert picture.key_version == 2
    assert kept.picture(picture, keys(spec))


def test_kept_photos_come_under_the_new_key_too(spec, monkeypatch):
    own = keys(spec).current
    picture = KeptPhoto(
        face_id="f1", identity_id=ADA.identity_id, key_version=own.version,
        fingerprint=own.fingerprint, at=NOON,
    )  # fmt: skip
    kept = KeptPhotos(identity_folder(spec.settings))
    kept.put(picture, seal(b"a picture", "f1", own))
    with system(spec, monkeypatch) as running:
        assert rotated(Replicas(running, own), spec).photos == 1
    (after,) = kept.all()
    assert after.key_version == 2
    assert kept.picture(after, keys(spec)) == b"a picture"


def test_galleries_that_rest_come_under_the_new_key_too(spec, monkeypatch):
    folder, own = identity_folder(spec.settings), keys(spec)
    with FaceGallery(folder, embedder="sface", dimension=16, keys=own, writer=True) as resting:
        face = protected(FACES[ADA.name][None], own.current, "sface")
        resting.enroll(ADA.identity_id, face, qualities=[1], at=NOON)
    with system(spec, monkeypatch) as running:
        assert rotated(Replicas(running, own.current), spec).faces == 3
    assert galleries(spec) == {1: (), 2: ("colour", "sface")}


def test_who_writes_to_another_gallery_meanwhile_has_nothing_changed(spec, monkeypatch):
    folder, own = identity_folder(spec.settings), keys(spec)
    with (
        system(spec, monkeypatch) as running,
        FaceGallery(folder, embedder="sface", dimension=16, keys=own, writer=True),
    ):
        replicas = Replicas(running, own.current)
        with pytest.raises(StoreError, match="written to by"):
            rotated(replicas, spec)
        assert galleries(spec)[1] == ("colour",)
        assert replicas.see(ADA, 4) == ADA.name


def test_an_old_key_can_be_destroyed_once_the_system_goes_by_the_new_one(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, keys(spec).current)
        with pytest.raises(StoreError, match=r"the system that runs, process .*, needs key 1"):
            forget(spec.settings, 1)
        rotated(replicas, spec)
        forget(spec.settings, 1)
        assert replicas.see(CARL, 3) == CARL.name  # it has the old one in memory
        # As the system does for a process that is dead.
        running.resolver.actor._people._opened.close()
        running.resolver.replace(lambda: ResolverActor(spec))
        replicas.key = keys(spec).current
        assert replicas.see(ADA, 4) == ADA.name


def test_a_system_goes_by_the_new_key_only_when_nothing_that_it_stored_is_under_the_old(
    spec, monkeypatch
):
    """Else the old one may be destroyed, and what a process that dies then remembered is lost."""
    save, told_of = ResolverActor._save, []

    def saved(self) -> None:
        if self._keys.current.version == 2 and not told_of:
            told_of.append(taker(spec.settings))
        save(self)

    monkeypatch.setattr(ResolverActor, "_save", saved)
    with system(spec, monkeypatch) as running:
        rotated(Replicas(running, keys(spec).current), spec)
        (at_that_time,) = told_of
        assert (at_that_time.key, at_that_time.is_done_with_old_keys) == ("", False)
        after = taker(spec.settings)
        assert after.key == keys(spec).current.fingerprint


def test_faces_under_an_old_key_are_waited_for_before_it_is_destroyed(spec, monkeypatch):
    monkeypatch.setattr(intake, "LATE_S", 0.5)
    with system(spec, monkeypatch) as running:
        replicas = Replicas(running, keys(spec).current)
        rotated(replicas, spec)
        assert not taker(spec.settings).is_done_with_old_keys
        monkeypatch.setattr(key_rotation, "WITHIN_S", 0.01)
        with pytest.raises(StoreError, match="may still need key 1"):
            forget(spec.settings, 1)
        monkeypatch.setattr(key_rotation, "WITHIN_S", 20)
        forget(spec.settings, 1)
        assert taker(spec.settings).is_done_with_old_keys
        assert [key.version for key in keys(spec).keys] == [2]


@pytest.mark.parametrize("camera_follows", [False, True])
def test_looks_carry_a_name_on_across_a_change_of_the_key_and_the_old_one_can_go(
    spec, monkeypatch, camera_follows
):
    carrying = spec.settings.model_copy(
        update={
            "appearance": AppearanceSettings(model="osnet", carry=True),
            "topology": TopologySettings(
                passages=[{"between": ("door", "till"), "min_s": 0, "max_s": 9e4}]
            ),
        }
    )
    with system(replace(spec, settings=carrying), monkeypatch) as running:
        before = keys(spec).current
        replicas = Replicas(running, before)
        assert replicas.see(ADA, 1) == ADA.name
        assert replicas.look("door", 1) == ""
        rotated(replicas, spec)
        forget(spec.settings, 1)
        if camera_follows:
            replicas.key = keys(spec).current
        running.resolver.call("watch", ["till"])
        assert replicas.look("till", 7) == ADA.name


def test_no_key_is_destroyed_while_a_system_is_being_started_again(spec, monkeypatch):
    with system(spec, monkeypatch) as running:
        rotated(Replicas(running, keys(spec).current), spec)
        told_file: Path = identity_folder(spec.settings) / "taken-in.json"
        content = told_file.read_bytes()
        told_file.unlink()
        with pytest.raises(StoreError, match="is being started again"):
            forget(spec.settings, 1)
        told_file.write_bytes(content)
        told(running, (BEN, 5))
