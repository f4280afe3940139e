"""Going over to another embedder's gallery while a resolver is at work, and when it is killed."""

from dataclasses import replace

import numpy as np
import pytest

from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.people import Person
from genesis_ray.live import succession
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.safekeeping import Safekeeping
from genesis_ray.live.spec import Embedders, LiveSpec, Shown
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.people.intake import taker
from genesis_ray.running.templates.gallery_in_use import with_gallery_in_use
from genesis_ray.running.templates.switching import plan_switch, switch
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.store.galleries.gallery import FaceGallery
from tests.live.test_forgetting import FACES, System, rows, spec, system
from tests.running.somebody import ADA, BEN, CARL, NOON, at
from tests.store.some_keys import holders, protected

__all__ = ["spec"]

WIDE = dict(zip((ADA.name, CARL.name, BEN.name), np.eye(3, 128, dtype=np.float32), strict=True))
"""Faces as the other embedder has them."""


@pytest.fixture
def running(spec, monkeypatch):
    """A system in real time, whose groups have all asked, and whose people both galleries know."""
    monkeypatch.setattr(succession, "_ALL_HAVE_ASKED_S", 0)
    monkeypatch.setattr(succession, "_LOOK_EVERY_S", 0)
    live = replace(spec, realtime=True)
    enrol_by_sface(live, ADA, CARL)
    with system(live, monkeypatch) as made:
        yield Switching(live, made)


def enrol_by_sface(spec: LiveSpec, *people: Person) -> None:
    folder, keys = identity_folder(spec.settings), tenant_keys(spec.settings)
    with FaceGallery(folder, embedder="sface", dimension=128, keys=keys, writer=True) as gallery:
        for person in people:
            face = protected(WIDE[person.name][None], keys.current, "sface")
            gallery.enroll(person.identity_id, face, qualities=[1], at=NOON)


class Switching:
    """A system of one camera whose group has the embedder prepared that is to come."""

    def __init__(self, spec: LiveSpec, made: System) -> None:
        self.spec = spec
        self.system = made
        self._second = 0

    def to(self, embedder: str) -> None:
        settings = with_gallery_in_use(self.spec.settings)
        switch(settings, plan_switch(settings, embedder))

    def ask(self, ready: str = "") -> Embedders:
        return self.system.resolver.call("embedders", "cameras-0", ready)

    def see(self, person: Person, track_id: int, *, embedder: str, sights: int = 3) -> str:
        """Show somebody as an embedder has them; return what the track is called then."""
        name, faces = "", WIDE if embedder == "sface" else FACES
        key = tenant_keys(self.spec.settings).current
        for _ in range(sights):
            self._second += 1
            (template,) = protected(faces[person.name][None], key, embedder)
            face = Face(
                camera_id="door", track_id=track_id, face_index=self._second, quality=0.9,
                captured_at=at(self._second), embedding=template, key=key.fingerprint,
                embedder=embedder,
            )  # fmt: skip
            shown = [Shown("door", (face,), at(self._second))]
            names = self.system.resolver.call("take", shown)
            name = names["door"].get(track_id, name)
        return name

    def states(self) -> list[tuple[str, str]]:
        return [(row["state"], row["reason"]) for row in rows(self.spec, "system_states")]


def test_people_are_named_by_the_new_gallery_once_the_groups_have_its_embedder(running):
    assert running.see(ADA, 1, embedder="colour") == ADA.name
    running.to("sface")
    assert running.ask() == Embedders("synthetic", "sface")
    assert running.see(CARL, 2, embedder="colour") == CARL.name  # as long as none is ready
    assert running.ask("sface") == Embedders("sface", None)
    assert taker(running.spec.settings).embedder == "sface"
    assert running.see(CARL, 3, embedder="sface") == CARL.name
    assert running.see(BEN, 4, embedder="sface") == ""
    ((state, told),) = running.states()
    assert state == "changed"
    assert told.startswith("people are named by sface, and were by synthetic; nobody was for ")


def test_the_way_back_is_open(running):
    running.to("sface")
    running.ask("sface")
    running.to("synthetic")
    assert running.ask("sface") == Embedders("sface", "synthetic")
    assert running.ask("synthetic") == Embedders("synthetic", None)
    assert running.see(ADA, 1, embedder="colour") == ADA.name


def test_faces_of_the_one_before_that_are_on_their_way_name_nobody(running):
    running.to("sface")
    running.ask("sface")
    assert running.see(ADA, 1, embedder="colour") == ""
    assert running.see(ADA, 1, embedder="sface", sights=2) == ADA.name
    assert [state for state, _ in running.states()] == ["changed"]  # and is nothing to tell of


def test_faces_of_an_embedder_that_never_was_name_nobody_and_are_told_of(running):
    assert running.see(ADA, 1, embedder="sface") == ""
    assert running.states()[0] == (
        "degraded",
        "1 face is left out by now, of sface, and those here are colour's",
    )


def test_what_a_nameless_track_showed_before_does_not_count_with_what_it_shows_after(running):
    assert running.see(ADA, 1, embedder="colour", sights=1) == ""
    running.to("sface")
    running.ask("sface")
    assert running.see(ADA, 1, embedder="sface", sights=1) == ""  # one vote, where it takes two
    assert running.see(ADA, 1, embedder="sface", sights=1) == ADA.name
    told = [
        (row["decision"], row["embedder"])
        for row in rows(running.spec, "face_recognitions")
        if row["track_id"] == 1
    ]
    assert told == [("review", "colour"), ("named", "sface")]


def test_a_track_keeps_the_name_that_it_has(running):
    assert running.see(ADA, 1, embedder="colour") == ADA.name
    running.to("sface")
    running.ask("sface")
    running.see(ADA, 1, embedder="sface", sights=6)
    named = [row["identity_id"] for row in rows(running.spec, "face_recognitions")]
    assert named == [ADA.identity_id]


def test_nothing_that_the_resolver_stores_holds_a_face_of_the_one_before(running):
    running.see(BEN, 1, embedder="colour")
    running.to("sface")
    running.ask("sface")
    stored = protected(FACES[BEN.name][None], tenant_keys(running.spec.settings).current, "colour")
    assert holders(running.spec.run / "state", stored) == []


def test_a_resolver_that_is_killed_goes_on_by_the_embedder_that_it_had(running):
    running.to("sface")
    running.ask("sface")
    running.system.resolver.actor._people._opened.close()  # as the system does for the dead
    running.system.resolver.replace(lambda: ResolverActor(running.spec))
    assert running.ask("sface") == Embedders("sface", None)
    assert running.see(CARL, 3, embedder="sface") == CARL.name


def test_a_resolver_that_is_killed_while_it_goes_over_says_nothing_twice(running, monkeypatch):
    assert running.see(ADA, 1, embedder="colour", sights=1) == ""
    running.to("sface")
    with monkeypatch.context() as patch:
        patch.setattr(Safekeeping, "note_state", killed)
        with pytest.raises(KeyboardInterrupt):
            running.ask("sface")
    running.system.resolver.actor._people._opened.close()
    running.system.resolver.replace(lambda: ResolverActor(running.spec))
    running.ask("sface")
    assert running.see(ADA, 1, embedder="sface", sights=2) == ADA.name
    told = [row["decision"] for row in rows(running.spec, "face_recognitions")]
    assert told == ["review", "named"]


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_gallery_that_cannot_be_opened_leaves_all_as_it_was(running):
    folder, keys = identity_folder(running.spec.settings), tenant_keys(running.spec.settings)
    running.to("sface")
    with FaceGallery(folder, embedder="sface", dimension=128, keys=keys, writer=True):
        assert running.ask("sface") == Embedders("synthetic", None)
    assert running.see(ADA, 1, embedder="colour") == ADA.name
    ((state, told),) = running.states()
    assert state == "degraded"
    assert told.startswith("people are named by synthetic still, until somebody switches again: ")
    assert "written to by" in told


def test_a_recording_at_full_speed_is_looked_at_by_one_to_its_end(spec, monkeypatch):
    with system(spec, monkeypatch) as made:
        switching = Switching(spec, made)
        switching.to("sface")
        assert not taker(spec.settings).follows
        assert switching.see(ADA, 1, embedder="colour") == ADA.name
