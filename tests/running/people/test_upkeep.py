"""What is kept of people over days: expiry, what they learn, and what a crash leaves of it."""

import shutil
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.domain.events import FaceRecognized
from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.ledger import Merge, Rename
from genesis_ray.domain.recognition.people import visitor
from genesis_ray.domain.recognition.template_update import TemplateChange
from genesis_ray.errors import LedgerError, NotFoundError, StoreError
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.erasure.tidying import tidy
from genesis_ray.running.people.identities import (
    Identities,
    faces_of,
    identity_folder,
    open_identities,
    who_is_who,
)
from genesis_ray.running.people.people_stores import PeopleStores
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.templates.templates_shown import known_templates, undo_change
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.galleries.template_changes import TemplateChanges
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.store.tenant.visitor_salt import visitor_salt
from genesis_ray.testing import ColourEmbedder
from tests.store.conftest import Mortality
from tests.store.some_keys import holders

ACCESS = Access(action="match", reason="test")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EMBEDDER = ColourEmbedder()
AXES = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 16)))[0].astype(np.float32)
"""Faces of people unlike each other, none of whose bytes another has."""
ANN_FACE, BEN_FACE, STRANGER = AXES[:3]


def day(number: float) -> datetime:
    return NOON + timedelta(days=number)


def like(person: np.ndarray, similarity: float) -> np.ndarray:
    return (similarity * person + np.sqrt(1 - similarity**2) * AXES[9]).astype(np.float32)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """The settings of a tenant with two visitors, one face each, where people learn."""
    settings = Settings(
        data_dir=tmp_path / "data",
        faces={"embedder": "synthetic"},
        identity={"visitors": True, "update": "average"},
    )
    with ExitStack() as opened:
        identities = opened_for(settings, opened)
        for identity_id, face in (("ann", ANN_FACE), ("ben", BEN_FACE)):
            identities.people.add(visitor(identity_id, at=NOON))
            identities.gallery.enroll(
                identity_id, face[None], qualities=[0.9], at=NOON, camera_id="door",
                face_ids=[f"face of {identity_id}"],
            )  # fmt: skip
    return settings


def opened_for(settings: Settings, opened: ExitStack, **how) -> Identities:
    keys = tenant_keys(settings)
    return open_identities(settings, EMBEDDER, keys, opened, access=ACCESS, **how)


def show(
    settings: Settings, identities: Identities, face: np.ndarray, *, on: float, track: int = 1
) -> list[FaceRecognized]:
    """Return the names that a track of five such faces is given on a day."""
    resolver = build_resolver(settings, identities, EMBEDDER)
    events = [
        event
        for number in range(5)
        for event in resolver.resolve(
            Face(camera_id="till", track_id=track, face_index=number,
                 captured_at=day(on) + timedelta(seconds=number), embedding=face, quality=0.9)
        )
    ]  # fmt: skip
    return [event for event in events if isinstance(event, FaceRecognized)]


def named(settings: Settings, face: np.ndarray, *, on: float) -> list[str]:
    """Return whom a track is by a system that begins now."""
    with ExitStack() as opened:
        identities = opened_for(settings, opened)
        return [each.identity_id for each in show(settings, identities, face, on=on)]


def states(settings: Settings, name: str = "ann") -> dict[str, str]:
    return {each.face_id: each.state for each in known_templates(settings, name)}


def folder_of(settings: Settings) -> Path:
    return identity_folder(settings)


def decide(settings: Settings, *entries) -> None:
    with Ledger(folder_of(settings), writer=True) as ledger:
        for entry in entries:
            ledger.append(entry)


def test_a_visitor_who_comes_again_within_the_time_is_known_for_as_long_from_then_on(settings):
    for on in (20, 40, 60):
        assert named(settings, ANN_FACE, on=on) == ["ann"]
    (again,) = named(settings, ANN_FACE, on=91)
    assert again != "ann"


def test_expired_visitors_are_forgotten_with_every_byte_and_others_stay(settings):
    named(settings, ANN_FACE, on=20)
    done = tidy(settings, at=day(31))
    assert (done.visitors, done.faces) == (("ben",), 1)
    assert holders(folder_of(settings), ANN_FACE[None]) != []
    assert [person.identity_id for person in who_is_who(settings).people] == ["ann"]
    assert faces_of(settings, who_is_who(settings), "ben") == []
    assert holders(folder_of(settings), BEN_FACE[None]) == []
    assert tidy(settings, at=day(31)).visitors == ()
    assert named(settings, ANN_FACE, on=32) == ["ann"]


def test_a_dry_run_only_tells_whom_it_would_forget(settings):
    assert tidy(settings, at=day(31), dry_run=True).visitors == ("ann", "ben")
    assert len(who_is_who(settings).people) == 2


def test_who_has_a_name_is_not_forgotten(settings):
    own = {"at": NOON, "by": "eve", "why": ""}
    decide(
        settings,
        Rename(entry_id="0", **own, identity_id="ann", name="Ann"),
        Merge(entry_id="1", **own, identity_id="ann", other_id="ben"),
    )
    assert tidy(settings, at=day(1000)).visitors == ()
    assert named(settings, BEN_FACE, on=1001) == ["ann"]


def test_a_visitor_who_was_given_a_photo_is_not_forgotten(settings):
    with ExitStack() as opened:
        identities = opened_for(settings, opened)
        identities.gallery.enroll(
            "ann", like(ANN_FACE, 0.9)[None], qualities=[0.9], at=NOON, face_ids=["photo"]
        )
    assert tidy(settings, at=day(1000)).visitors == ("ben",)
    assert [each.identity_id for each in who_is_who(settings).people] == ["ann"]


def test_what_expired_goes_with_all_that_it_learned(settings):
    named(settings, like(ANN_FACE, 0.9), on=1)
    done = tidy(settings, at=day(40))
    assert (done.visitors, done.faces) == (("ann", "ben"), 3)


def test_what_somebody_learned_is_used_by_a_system_that_begins_later(settings):
    named(settings, like(ANN_FACE, 0.9), on=1)
    (old, new) = states(settings)
    assert states(settings) == {old: "replaced", new: "used"}
    with ExitStack() as opened:
        (found, *_) = opened_for(settings, opened).gallery.nearest(ANN_FACE, limit=1)
    assert 0.99 < found.similarity < 1


def test_an_undone_change_and_all_built_on_it_give_back_what_was(settings):
    for on in (1, 2, 3):
        named(settings, like(ANN_FACE, 0.9), on=on)
    _, first, second, third = states(settings)
    with Repairs(settings, by="eve", why="a twin") as repairs:
        undone = undo_change(settings, repairs, "ann", second[:12])
    assert set(undone.change_ids) == {second, third}
    assert states(settings) == {
        "face of ann": "replaced", first: "used", second: "undone", third: "undone"
    }  # fmt: skip
    with Repairs(settings, by="eve", why="") as repairs:
        with pytest.raises(LedgerError, match="unlearned"):
            undo_change(settings, repairs, "ann", second)
        repairs.undo(undone.entry_id)
    assert list(states(settings).values()) == ["replaced", "replaced", "replaced", "used"]


def test_nobody_unlearns_what_they_did_not_learn(settings):
    named(settings, like(ANN_FACE, 0.9), on=1)
    *_, change = states(settings)
    with Repairs(settings, by="eve", why="") as repairs:
        for name, wanted in (("ben", change), ("ann", "face"), ("ann", "")):
            with pytest.raises(NotFoundError, match="has learned no template"):
                undo_change(settings, repairs, name, wanted)


@pytest.mark.parametrize(("undoable", "kept"), [(10, 10), (None, 22)])
def test_a_person_has_as_many_faces_as_can_be_undone_however_often_they_come(
    settings, undoable, kept
):
    own = settings.identity.model_copy(update={"undoable": undoable})
    settings = settings.model_copy(update={"identity": own})
    for first in (1, 12):
        with ExitStack() as opened:
            identities = opened_for(settings, opened)
            for on in range(first, first + 11):
                show(settings, identities, like(ANN_FACE, 0.9), on=on)
    assert len(states(settings)) == 1 + kept
    assert list(states(settings).values()).count("used") == 1


@pytest.mark.parametrize("stored", ["nothing", "people and changes", "all"])
def test_what_was_pending_in_a_killed_process_is_learned_once(settings, stored):
    killed = opened_for(settings, ExitStack())
    show(settings, killed, like(ANN_FACE, 0.9), on=1)
    (made,) = show(settings, killed, STRANGER, on=1, track=2)
    pending = killed.pending()
    if stored != "nothing":
        killed.people.flush()
        killed.sights.flush()
        killed.changes.flush()
    if stored == "all":
        killed.gallery.flush()
    die(killed)
    with ExitStack() as opened:
        again = opened_for(settings, opened, pending=pending)
        assert again.people.get(made.identity_id)
        assert again.gallery.faces_of(made.identity_id) == 3
        assert again.gallery.faces_of("ann") == 1
    assert sorted(states(settings).values()) == ["replaced", "used"]
    assert named(settings, ANN_FACE, on=31) == ["ann"]  # by the sight that was pending


def test_a_change_whose_face_was_never_stored_replaces_nothing(settings):
    killed = opened_for(settings, ExitStack())
    show(settings, killed, like(ANN_FACE, 0.9), on=1)
    killed.changes.flush()
    die(killed)
    assert states(settings) == {"face of ann": "used"}
    assert named(settings, ANN_FACE, on=2) == ["ann"]


def test_who_was_noted_and_has_no_face_yet_as_that_was_cut_off_is_the_same_visitor_again(settings):
    uninterrupted = settings.model_copy(update={"data_dir": settings.data_dir.with_name("other")})
    shutil.copytree(settings.data_dir, uninterrupted.data_dir)
    names = named(uninterrupted, STRANGER, on=1)

    killed = opened_for(settings, ExitStack())
    show(settings, killed, STRANGER, on=1)
    killed.people.flush()
    die(killed)
    assert named(settings, STRANGER, on=1) == names
    assert [each.identity_id for each in who_is_who(settings).people] == ["ann", "ben", *names]
    assert named(settings, STRANGER, on=2) == names


def test_whoever_has_faces_or_was_noted_at_another_time_keeps_the_identity(settings):
    with ExitStack() as opened:
        identities = opened_for(settings, opened)
        (made,) = show(settings, identities, STRANGER, on=1)
        identities.people.remove([made.identity_id])
        identities.people.add(visitor(made.identity_id, at=day(2)))  # at another time
        identities.gallery.remove(faces_in(identities, made.identity_id))
        (other,) = show(settings, identities, STRANGER, on=1)
        assert other.identity_id != made.identity_id
        (third,) = show(settings, identities, -STRANGER, on=1)  # of the same qualities
        assert third.identity_id not in {made.identity_id, other.identity_id}


def faces_in(identities: Identities, identity_id: str) -> list[str]:
    rows = identities.gallery.faces().to_pylist()
    rows += identities.gallery.pending().to_pylist()
    return [row["face_id"] for row in rows if row["identity_id"] == identity_id]


def test_who_was_forgotten_is_somebody_new_when_the_same_film_is_watched_again(
    settings, monkeypatch
):
    monkeypatch.chdir(settings.data_dir)
    (before,) = named(settings, STRANGER, on=1)
    _, receipt = forget(settings, before, by="eve", why="")
    (again,) = named(settings, STRANGER, on=1)
    assert again != before
    assert named(settings, STRANGER, on=2) == [again]
    assert named(settings, ANN_FACE, on=2) == ["ann"]
    left = {each.rpartition(": ")[2] for each in verify(settings, receipt).residue}
    assert left == {"a template"}  # the same film has the same faces


def test_ids_are_others_before_anything_of_somebody_is_gone(settings, monkeypatch):
    def die(*_: object) -> None:
        raise StoreError("killed")

    monkeypatch.chdir(settings.data_dir)
    monkeypatch.setattr(PeopleStores, "purge", die)
    with pytest.raises(StoreError, match="killed"):
        forget(settings, "ann", by="eve", why="")
    assert len(who_is_who(settings).people) == 2
    assert visitor_salt(folder_of(settings)) != ""


def die(killed: Identities) -> None:
    """Let others write, as the kernel does for a process that dies."""
    for each in (killed.people, killed.sights, killed.changes, killed.gallery):
        each._table._release()


def test_forgetting_that_is_cut_off_anywhere_is_finished_by_the_next(settings, tmp_path):
    rest(settings, ("ann", ANN_FACE, "door"), ("ben", BEN_FACE, "door"))
    named(settings, ANN_FACE, on=20)
    mortality, steps = Mortality(), 0
    whole = settings.data_dir
    while True:
        again = settings.model_copy(update={"data_dir": tmp_path / f"copy {steps}"})
        shutil.copytree(whole, again.data_dir)
        died = mortality.dies_at(steps, lambda again=again: tidy(again, at=day(31)))
        tidy(again, at=day(31))
        assert [person.identity_id for person in who_is_who(again).people] == ["ann"]
        assert holders(folder_of(again), BEN_FACE[None]) == []
        assert len(faces_of(again, who_is_who(again), "ann")) == 2  # learned on day 20
        if not died:
            return
        steps += 9  # of some fifty


OTHER = "another"
"""The embedder of a second gallery in the same folder."""


@pytest.fixture
def rested(settings) -> Settings:
    """The same, where people were named by another embedder once, who have the same faces there."""
    rest(settings, ("ann", ANN_FACE, "door"), ("ben", BEN_FACE, "door"))
    return settings


def rest(settings: Settings, *faces: tuple[str, np.ndarray, str], learned: str = "") -> None:
    """Store faces, each of an identity by a camera, in the other embedder's gallery."""
    folder = folder_of(settings)
    with LearningGallery(
        folder, embedder=OTHER, dimension=16, keys=tenant_keys(settings), writer=True
    ) as gallery:
        for identity_id, face, camera_id in faces:
            gallery.enroll(
                identity_id, face[None], qualities=[0.9], at=NOON, camera_id=camera_id,
                face_ids=[f"{OTHER} {identity_id} {camera_id}"],
            )  # fmt: skip
    if learned:
        with TemplateChanges(folder, embedder=OTHER, writer=True) as changes:
            changes.add(
                TemplateChange(
                    change_id=f"{OTHER} {learned} till", identity_id=learned, kind="average",
                    replaced_id="", at=NOON, camera_id="till", track_id=1, similarity=0.9,
                )
            )  # fmt: skip


def resting_owners(settings: Settings) -> list[str]:
    faces = stored_faces(folder_of(settings), OTHER, 16)
    return faces["identity_id"].to_pylist()


def test_an_expired_visitor_leaves_no_byte_in_the_gallery_of_another_embedder(rested):
    rest(rested, ("ben", like(BEN_FACE, 0.9), "till"), learned="ben")
    named(rested, ANN_FACE, on=20)
    done = tidy(rested, at=day(31))
    assert (done.visitors, done.faces) == (("ben",), 3)
    assert resting_owners(rested) == ["ann"]
    assert holders(folder_of(rested), np.stack([BEN_FACE, like(BEN_FACE, 0.9)])) == []
    assert TemplateChanges(folder_of(rested), embedder=OTHER).all() == []


def test_a_photo_in_the_gallery_of_another_embedder_keeps_a_visitor_too(rested):
    rest(rested, ("ann", like(ANN_FACE, 0.9), ""))
    assert tidy(rested, at=day(1000)).visitors == ("ben",)
    assert resting_owners(rested) == ["ann", "ann"]


def test_a_visitor_who_has_faces_with_another_embedder_alone_is_forgotten(settings):
    rest(settings, ("carl", STRANGER, "door"))
    with People(folder_of(settings), writer=True) as people:
        people.add(visitor("carl", at=NOON))
    assert tidy(settings, at=day(31)).visitors == ("ann", "ben", "carl")
    assert resting_owners(settings) == []


def test_nothing_is_forgotten_while_somebody_fills_a_gallery(rested):
    with (
        LearningGallery(
            folder_of(rested), embedder=OTHER, dimension=16, keys=tenant_keys(rested), writer=True
        ),
        pytest.raises(StoreError, match="being written to by process"),
    ):
        tidy(rested, at=day(31))
    assert len(who_is_who(rested).people) == 2
    assert tidy(rested, at=day(31), dry_run=True).faces == 4


def test_a_face_that_is_nobodys_names_nobody(settings):
    with ExitStack() as opened:
        opened_for(settings, opened).gallery.enroll(
            "nobody", STRANGER[None], qualities=[0.9], at=NOON, camera_id="door"
        )
    (name,) = named(settings, STRANGER, on=1)
    assert name != "nobody"
    assert named(settings, STRANGER, on=2) == [name]
