"""What people decide, agree to and enrol while a resolver names, and after it was killed."""

import base64
import itertools
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.live import calls, resolver
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import LiveSpec, Shown
from genesis_ray.running.enrolling import enrolment
from genesis_ray.running.enrolling.enrolment import enroll, enroll_or_hand_over
from genesis_ray.running.enrolling.enrolment_note import Enrolment
from genesis_ray.running.enrolling.face_removal import remove_face
from genesis_ray.running.enrolling.waiting_enrolments import WaitingEnrolments, enrolments_folder
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.consent import note_consent
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.running.people.intake import is_taken_in, taker
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm
from tests.running.enrolling.test_bulk_enrolment import photo as tinted
from tests.store.some_keys import holders, protected, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BY = {"by": "eve", "why": ""}


@pytest.fixture
def spec(tmp_path, monkeypatch) -> LiveSpec:
    """Of a resolver in this process that takes in what there is with each call."""
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    method = SimpleNamespace(remote=lambda *_: None)
    journal = SimpleNamespace(take=method, note_gallery=method)
    monkeypatch.setattr(resolver.ray, "get_actor", lambda *_: journal)
    monkeypatch.setattr(calls.ray, "get", lambda answer: answer)
    monkeypatch.setattr(resolver, "_CHECKPOINT_EVERY_S", 0)
    monkeypatch.setattr(resolver, "_MOST_OF_THE_TIME", float("inf"))
    settings = Settings(
        data_dir=tmp_path / "data",
        faces={"embedder": "synthetic", "min_quality": 0},
        identity={"votes": 2},
        cameras=[{"camera_id": "door", "source": "door.mp4"}],
    )
    return LiveSpec(
        settings=settings,
        run=RunFolder.create(tmp_path / "run").path,
        realtime=False,
        detector_app="",
        embedder_app="",
        template_key=tenant_keys(settings).ref,
    )


@pytest.fixture
def template(spec) -> np.ndarray:
    """Of Ada, who is known, as is Bob, who looks like nobody here."""
    keys, folder = tenant_keys(spec.settings), identity_folder(spec.settings)
    ada, bob = (
        *protected(unit(1, 1, 16), keys.current, "colour"),
        *protected(unit(2, 1, 16), keys.current, "colour"),
    )
    with (
        FaceGallery(folder, embedder="colour", dimension=16, keys=keys, writer=True) as gallery,
        People(folder, writer=True) as people,
    ):
        for name, own in (("Ada", ada), ("Bob", bob)):
            people.add(
                Person(identity_id=name.lower(), name=name, kind="enrolled", enrolled_at=NOON)
            )
            gallery.enroll(name.lower(), own[None], qualities=[1], at=NOON)
    return ada


@pytest.fixture
def photo(tmp_path) -> Path:
    image = SyntheticFilm(people=1, width=160, height=120).image_at(0)
    cv2.imwrite(str(tmp_path / "cleo.png"), image)
    return tmp_path / "cleo.png"


class Track:
    """A track that shows one face a second, after all that was shown before."""

    seconds = itertools.count()

    def __init__(self, actor: ResolverActor, track_id: int, template: np.ndarray) -> None:
        self._actor, self._track_id, self._template = actor, track_id, template

    def show(self, faces: int = 1) -> str | None:
        """Return what it is called now, if that is news."""
        name = None
        for _ in range(faces):
            second = next(self.seconds)
            face = Face(
                camera_id="door",
                track_id=self._track_id,
                face_index=second,
                captured_at=NOON + timedelta(seconds=second),
                embedding=self._template,
                quality=0.9,
            )
            names = self._actor.take([Shown("door", (face,), face.captured_at)])["door"]
            name = names.get(self._track_id, name)
        return name


def killed(actor: ResolverActor) -> None:
    """Let go of the tables as the kernel does of a process that is killed: nothing is stored."""
    identities = actor._people.identities
    for table in (identities.people, identities.gallery, identities.sights, identities.changes):
        table._table._release()


def test_a_name_that_is_changed_is_shown_at_the_next_sight_and_after_a_kill(spec, template):
    actor = ResolverActor(spec)
    track = Track(actor, 1, template)
    assert track.show(2) == "Ada"
    with Repairs(spec.settings, **BY) as repairs:
        repairs.rename("Ada", "Augusta")
    assert not is_taken_in(spec.settings, within_s=0)
    assert track.show() == "Augusta"
    assert is_taken_in(spec.settings, within_s=0)
    killed(actor)
    again = ResolverActor(spec)
    assert Track(again, 2, template).show(2) == "Augusta"
    again.finish()


def test_whoever_is_merged_is_named_as_who_they_are_now_and_no_more_when_that_is_undone(
    spec, template
):
    actor = ResolverActor(spec)
    Track(actor, 1, template).show()
    with Repairs(spec.settings, **BY) as repairs:
        merged = repairs.merge("Ada", "Bob")
        survivor = repairs.who.now("ada")
        repairs.rename(survivor, "Bea")
    Track(actor, 1, template).show()
    assert Track(actor, 2, template).show(2) == "Bea"
    decided = actor._people.identities.decided
    assert decided.now("bob") == decided.now("ada")
    with Repairs(spec.settings, **BY) as repairs:
        repairs.undo(merged.entry_id)
    Track(actor, 1, template).show()
    assert actor._people.identities.decided.now("bob") == "bob"
    actor.finish()


def test_votes_for_who_was_merged_count_for_who_they_are_now(spec, template):
    actor = ResolverActor(spec)
    (bob,) = protected(unit(2, 1, 16), tenant_keys(spec.settings).current, "colour")
    track = Track(actor, 1, bob)
    track.show()
    with Repairs(spec.settings, **BY) as repairs:
        repairs.merge("Ada", "Bob")
    Track(actor, 2, template).show()
    assert track.show() == "Ada"
    actor.finish()


def test_a_face_that_is_split_off_is_somebody_elses_at_once_and_again_when_undone(spec, template):
    actor = ResolverActor(spec)
    assert Track(actor, 1, template).show(2) == "Ada"
    (face_id,) = [
        row["face_id"]
        for row in stored_faces(identity_folder(spec.settings), "colour", 16).to_pylist()
        if row["identity_id"] == "ada"
    ]
    with Repairs(spec.settings, **BY) as repairs:
        split = repairs.split("Ada", [], [face_id], None)
        renamed = repairs.rename(split.new_id, "Dan")
    Track(actor, 2, template).show()
    assert Track(actor, 3, template).show(2) == "Dan"
    with Repairs(spec.settings, **BY) as repairs:
        repairs.undo(renamed.entry_id)
        repairs.undo(split.entry_id)
    Track(actor, 4, template).show()
    assert Track(actor, 5, template).show(2) == "Ada"
    actor.finish()


def test_consent_that_is_withdrawn_counts_also_for_who_is_about_to_be_named(spec, template):
    settings = spec.settings.model_copy(
        update={"identity": IdentitySettings(consent="required", votes=2)}
    )
    note_consent(settings, "Ada", "given", at=NOON, by="eve", why="")
    actor = ResolverActor(replace(spec, settings=settings))
    assert Track(actor, 1, template).show(2) == "Ada"
    about_to_be = Track(actor, 2, template)
    about_to_be.show()
    note_consent(settings, "Ada", "withdrawn", at=None, by="eve", why="")
    Track(actor, 3, template).show()
    assert about_to_be.show(5) is None
    assert Track(actor, 4, template).show(5) is None
    actor.finish()


def test_what_was_taken_before_a_decision_is_gone_through_again_without_it(
    spec, template, monkeypatch
):
    monkeypatch.setattr(resolver, "_CHECKPOINT_EVERY_S", 1000)
    told = []
    method = SimpleNamespace(remote=lambda told_now, *_: told.extend(told_now))
    journal = SimpleNamespace(take=method, note_gallery=SimpleNamespace(remote=lambda *_: None))
    monkeypatch.setattr(resolver.ray, "get_actor", lambda *_: journal)
    actor = ResolverActor(spec)
    Track(actor, 1, template).show(2)
    first, told[:] = [*told], []
    with Repairs(spec.settings, **BY) as repairs:
        repairs.merge("Ada", "Bob")
    killed(actor)
    again = ResolverActor(spec)
    assert [each.events for each in told if each.events] == [each.events for each in first]
    assert again._people.identities.entries.ledger == 1
    again.finish()


def test_somebody_enrolled_is_handed_over_known_at_once_and_once_after_a_kill(
    spec, template, photo, monkeypatch
):
    settings = spec.settings
    actor = ResolverActor(spec)
    face = given(settings, photo, monkeypatch)
    cleo = Track(actor, 1, face)
    assert cleo.show(3) is None
    handed = enroll_or_hand_over(settings, "Cleo", [photo], within_s=0)
    assert (handed.person, handed.process) == (None, taker(settings).process)
    with suppress(KeyboardInterrupt), monkeypatch.context() as patch:
        patch.setattr(actor._people.intake, "stored", interrupted)
        cleo.show()  # killed when it has stored them, and before the note is gone
    killed(actor)
    assert len([*enrolments_folder(settings).glob("*.json")]) == 1
    again = ResolverActor(spec)
    assert [*enrolments_folder(settings).glob("*.json")] == []
    assert Track(again, 2, face).show(2) == "Cleo"
    again.finish()
    (person,) = who_is_who(settings).by_name("Cleo")
    owners = stored_faces(identity_folder(settings), "colour", 16)["identity_id"].to_pylist()
    assert owners.count(person.identity_id) == 1
    reasons = [entry.reason for entry in audit_log(settings).entries()]
    assert reasons.count("adds the faces of 1 photo") == 1


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def given(settings: Settings, photo: Path, monkeypatch) -> np.ndarray:
    """Return the template of a photo's face."""
    _, enrolled = enrolment.Enroller(settings)._enrolment("Cleo", [photo], None)
    return enrolled.templates[0]


def test_what_is_handed_over_has_no_plain_embedding(spec, template, photo, monkeypatch):
    actor = ResolverActor(spec)
    enroll_or_hand_over(spec.settings, "Cleo", [photo], within_s=0)
    (note,) = enrolments_folder(spec.settings).glob("*.json")
    held = np.frombuffer(base64.b64decode(json.loads(note.read_bytes())["templates"]), np.float32)
    (face,) = ColourEmbedder().faces_in(cv2.imread(str(photo)))
    assert abs(float(held @ face.embedding)) < 0.99
    assert holders(identity_folder(spec.settings), face.embedding[None]) == []
    actor.finish()
    assert [*enrolments_folder(spec.settings).glob("*.json")] == []  # taken in at the end


def test_an_enrolment_that_cannot_be_taken_in_is_refused_with_the_reason(
    spec, template, photo, monkeypatch
):
    folder = identity_folder(spec.settings)
    with People(folder, writer=True) as people:
        people.add(Person(identity_id="ada-2", name="Ada", kind="enrolled", enrolled_at=NOON))
    actor = ResolverActor(spec)
    monkeypatch.setattr(enrolment.WaitingEnrolments, "hand_over", handing_to(actor, template))
    with pytest.raises(ConfigurationError, match="2 people are called 'Ada'"):
        enroll_or_hand_over(spec.settings, "Ada", [photo], within_s=1)
    bob = enroll_or_hand_over(spec.settings, "Bob", [photo], within_s=1, anyway=True)
    assert bob.person is not None
    assert bob.person.identity_id == "bob"
    assert [path for path in enrolments_folder(spec.settings).rglob("*") if path.is_file()] == []
    actor.finish()


def handing_to(actor: ResolverActor, template: np.ndarray):
    """Return a way to hand over after which the resolver takes faces, and with them the note."""
    original = enrolment.WaitingEnrolments.hand_over
    tracks = iter(range(100, 200))

    def hand_over(waiting, enrolled) -> None:
        original(waiting, enrolled)
        Track(actor, next(tracks), template).show()

    return hand_over


def test_what_nobody_took_in_is_taken_in_by_who_writes_next(spec, template, photo):
    settings = spec.settings
    actor = ResolverActor(spec)
    enroll_or_hand_over(settings, "Cleo", [photo], within_s=0)
    killed(actor)
    assert taker(settings) is None
    enroll(settings, "Dora", [photo], anyway=True)
    assert {"Cleo", "Dora"} <= {person.name for person in who_is_who(settings).people}


def test_a_ledger_that_cannot_be_read_stops_nobody_and_is_read_later(spec, template, monkeypatch):
    actor = ResolverActor(spec)
    with Repairs(spec.settings, **BY) as repairs:
        repairs.rename("Ada", "Augusta")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "entries", refusing)
        assert Track(actor, 1, template).show(2) == "Ada"
    Track(actor, 2, template).show()
    assert Track(actor, 3, template).show(2) == "Augusta"
    actor.finish()


def refusing(*_: object) -> None:
    raise StoreError("cannot be read")


def test_a_command_for_another_embedder_is_refused_while_a_system_runs(spec, template, photo):
    actor = ResolverActor(spec)
    told = identity_folder(spec.settings) / "taken-in.json"
    told.write_text(told.read_text().replace("colour", "sface"))
    with pytest.raises(ConfigurationError, match=r"knows people by sface.*people switch"):
        enroll_or_hand_over(spec.settings, "Cleo", [photo], within_s=0)
    actor.finish()


def test_who_is_forgotten_leaves_nothing_of_what_was_handed_over(spec, template, photo):
    actor = ResolverActor(spec)
    enroll_or_hand_over(spec.settings, "Cleo", [photo], within_s=0)
    killed(actor)
    _, receipt = forget(spec.settings, "Cleo", by="eve", why="")
    assert receipt.searched.residue == ()
    assert receipt.faces == 1
    assert not any(person.name == "Cleo" for person in who_is_who(spec.settings).people)


def test_who_was_forgotten_before_the_faces_were_taken_in_is_not_said_to_be_enrolled(
    spec, template, photo, monkeypatch
):
    actor = ResolverActor(spec)

    def forgotten(waiting: WaitingEnrolments, enrolment: Enrolment, **_: object) -> bool:
        waiting.withdraw(enrolment)
        return True

    monkeypatch.setattr(WaitingEnrolments, "is_taken_in", forgotten)
    with pytest.raises(ConfigurationError, match="'Cleo' was forgotten meanwhile"):
        enroll_or_hand_over(spec.settings, "Cleo", [photo], within_s=0)
    actor.finish()


def test_two_who_are_handed_over_under_one_name_are_one_person(spec, template, photo, tmp_path):
    actor = ResolverActor(spec)
    other = tinted(tmp_path / "other.png", 0, tint=1)
    for each in (photo, other, other):
        enroll_or_hand_over(spec.settings, "Cleo", [each], within_s=0, anyway=True)
    actor.finish()
    (cleo,) = who_is_who(spec.settings).by_name("Cleo")
    owners = stored_faces(identity_folder(spec.settings), "colour", 16)["identity_id"].to_pylist()
    assert owners.count(cleo.identity_id) == 2


def test_a_face_that_is_removed_names_nobody_from_then_on_and_after_a_kill(spec, template):
    settings = spec.settings
    actor = ResolverActor(spec)
    assert Track(actor, 1, template).show(2) == "Ada"
    (face_id,) = [
        row["face_id"]
        for row in stored_faces(identity_folder(settings), "colour", 16).to_pylist()
        if row["identity_id"] == "ada"
    ]
    waits = remove_face(settings, "Ada", face_id, by="eve", within_s=0)
    assert waits.process == taker(settings).process
    Track(actor, 2, template).show()
    assert [*enrolments_folder(settings).glob("*.json")] == []
    assert Track(actor, 3, template).show(3) != "Ada"
    owners = stored_faces(identity_folder(settings), "colour", 16)["identity_id"].to_pylist()
    assert owners == ["bob"]
    killed(actor)
    again = ResolverActor(spec)
    assert Track(again, 4, template).show(3) != "Ada"
    again.finish()
    reasons = [entry.reason for entry in audit_log(settings).entries()]
    assert reasons.count("removes 1 face") == 1


def test_a_removal_that_another_process_keeps_from_holds_up_nothing_else(spec, template):
    settings = spec.settings
    actor = ResolverActor(spec)
    (face_id,) = [
        row["face_id"]
        for row in stored_faces(identity_folder(settings), "colour", 16).to_pylist()
        if row["identity_id"] == "ada"
    ]
    keys, folder = tenant_keys(settings), identity_folder(settings)
    with FaceGallery(folder, embedder="other", dimension=16, keys=keys, writer=True) as filled:
        own = unit(1, 1, 16)
        filled.enroll("ada", own, qualities=[1], at=NOON, face_ids=[face_id])
        filled.flush()
        remove_face(settings, "Ada", face_id, by="eve", within_s=0)
        with Repairs(settings, **BY) as repairs:
            repairs.rename("Ada", "Augusta")
        Track(actor, 1, template).show()
        assert Track(actor, 2, template).show(2) == "Augusta"
        assert len([*enrolments_folder(settings).glob("*.json")]) == 1
    Track(actor, 3, template).show()
    assert [*enrolments_folder(settings).glob("*.json")] == []
    assert Track(actor, 4, template).show(3) != "Augusta"
    actor.finish()
