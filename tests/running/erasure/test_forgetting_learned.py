"""Forgetting a person of whom others have learned templates."""

import pytest

from genesis_ray.domain.recognition.ledger import Unlearn
from genesis_ray.domain.recognition.template_update import TemplateChange
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.people.people_stores import PeopleStores
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.learning_gallery import LearningGallery
from genesis_ray.store.galleries.template_changes import TemplateChanges
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder
from tests.running.somebody import BEN, CARL, NOON, at
from tests.store.some_keys import unit

EMBEDDER = ColourEmbedder()
LEARNED = [f"{number}e41c0ffee{number}d94a5b8f00dfeedface" for number in range(1, 4)]
"""The first was learned from a photo, each of the others from the one before."""


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    """The settings of a tenant with Carl, a visitor, and templates that Carl learned."""
    monkeypatch.chdir(tmp_path)
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    folder = identity_folder(settings)
    with People(folder, writer=True) as people:
        for person in (CARL, BEN):
            people.add(person)
    faces = unit(3, 2 + len(LEARNED), EMBEDDER.dimension)
    with LearningGallery(
        folder, embedder=EMBEDDER.name, dimension=EMBEDDER.dimension, keys=tenant_keys(settings),
        writer=True,
    ) as gallery:  # fmt: skip
        own = {"qualities": [0.9], "at": NOON}
        gallery.enroll(CARL.identity_id, faces[:1], **own, face_ids=["a photo of Carl"])
        gallery.enroll(
            BEN.identity_id, faces[1:2], **own, camera_id="door", face_ids=["a face of Ben"]
        )
        for number, face_id in enumerate(LEARNED, 2):
            gallery.enroll(
                CARL.identity_id, faces[number][None], **own, camera_id="door", face_ids=[face_id]
            )
    learn(settings, CARL.identity_id, *zip(LEARNED, ["", *LEARNED], strict=False))
    return settings


def learn(settings: Settings, identity_id: str, *learned: tuple[str, str]) -> None:
    with TemplateChanges(identity_folder(settings), embedder=EMBEDDER.name, writer=True) as changes:
        for number, (change_id, replaced_id) in enumerate(learned):
            changes.add(
                TemplateChange(
                    change_id=change_id, identity_id=identity_id, kind="average",
                    replaced_id=replaced_id, at=at(number), camera_id="door", track_id=1,
                    similarity=0.9,
                )
            )  # fmt: skip


def part(settings: Settings, *, unlearned: str = "") -> str:
    """Have the first template be somebody's who is not Carl; return who that is."""
    with Repairs(settings, by="eve", why="") as repairs:
        if unlearned:
            repairs.unlearn(CARL.identity_id, [unlearned])
        return repairs.split(CARL.identity_id, [], LEARNED[:1], None).new_id


def named_in(settings: Settings, *words: str) -> list[str]:
    """Return the files that name one of these."""
    paths = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    return [
        path.name for path in paths if any(word.encode() in path.read_bytes() for word in words)
    ]


def changes_left(settings: Settings) -> list[str]:
    changes = TemplateChanges(identity_folder(settings), embedder=EMBEDDER.name).all()
    return [each.change_id for each in changes]


def faces_left(settings: Settings) -> dict[str, bool]:
    rows = faces_of(settings, who_is_who(settings), CARL.identity_id)
    return {row["face_id"]: row["is_used"] for row in rows}


def test_a_learned_template_that_was_split_off_is_named_nowhere_any_more(settings):
    part(settings)
    receipt = forget(settings, part_of(settings), by="eve", why="")[1]
    assert receipt.searched.residue == ()
    assert named_in(settings, LEARNED[0]) == []
    assert changes_left(settings) == LEARNED[2:]
    assert set(faces_left(settings)) == {"a photo of Carl", *LEARNED[1:]}


def part_of(settings: Settings) -> str:
    known = {CARL.identity_id, BEN.identity_id}
    (born,) = (p for p in who_is_who(settings).people if p.identity_id not in known)
    return born.identity_id


def test_what_was_unlearned_with_it_is_not_used_again(settings):
    part(settings, unlearned=LEARNED[0])
    assert [each for each, is_used in faces_left(settings).items() if is_used] == [
        "a photo of Carl"
    ]
    receipt = forget(settings, part_of(settings), by="eve", why="")[1]
    assert receipt.searched.residue == ()
    assert named_in(settings, *LEARNED) == []
    assert faces_left(settings) == {"a photo of Carl": True}
    ledger = Ledger(identity_folder(settings)).entries()
    assert not [each for each in ledger if isinstance(each, Unlearn)]


@pytest.mark.parametrize("cut_off", ["_purge_photos", "_purge_consent"])
def test_cut_off_after_the_galleries_it_still_knows_which_faces_they_were(
    settings, monkeypatch, cut_off
):
    with Repairs(settings, by="eve", why="") as repairs:
        merged = repairs.merge(BEN.identity_id, CARL.identity_id)
        repairs.unlearn(CARL.identity_id, ["a face of Ben", LEARNED[2]])
        repairs.undo(merged.entry_id)
    learn(settings, CARL.identity_id, ("of Ben's", "a face of Ben"))

    def die(*_: object) -> None:
        raise StoreError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(PeopleStores, cut_off, die)
        with pytest.raises(StoreError, match="killed"):
            forget(settings, BEN.identity_id, by="eve", why="")
    _, receipt = finish(settings)
    assert receipt.searched.residue == ()
    assert changes_left(settings) == LEARNED
    entries = Ledger(identity_folder(settings)).entries()
    assert [each.face_ids for each in entries if isinstance(each, Unlearn)] == [(LEARNED[2],)]
