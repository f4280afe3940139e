from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.people import Person
from genesis_ray.errors import ConfigurationError, FaceError
from genesis_ray.running.enrolment import enroll
from genesis_ray.running.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.protected import ProtectedEmbedder
from genesis_ray.running.repairs import Repairs
from genesis_ray.running.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.people import People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm

EMBEDDER = ColourEmbedder()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


@pytest.fixture
def photo(tmp_path):
    """Take a photo of so many figures; of the one in the lane `only`, where that is given."""

    def photo(name: str = "ada.png", *, people: int = 1, only: int | None = None) -> Path:
        film = SyntheticFilm(people=people, width=320, height=240)
        image = film.image_at(0)
        if only is not None:
            lane = film.height // people
            image = image[only * lane : (only + 1) * lane]
        cv2.imwrite(str(tmp_path / name), image)
        return tmp_path / name

    return photo


@pytest.fixture
def nobody(settings):
    """Tell whether nothing at all has been stored."""
    return lambda: (
        not settings.data_dir.exists() or not People(identity_folder(settings)).everyone()
    )


def gallery(settings: Settings) -> FaceGallery:
    return FaceGallery(
        identity_folder(settings),
        embedder=EMBEDDER.name,
        dimension=EMBEDDER.dimension,
        keys=tenant_keys(settings),
    )


def face_in(photo: Path) -> np.ndarray:
    embedder = ProtectedEmbedder(EMBEDDER, tenant_keys(Settings()).current)
    (face,) = embedder.faces_in(cv2.imread(str(photo)))
    return face.embedding


def test_somebody_enrolled_is_found_by_their_face_and_by_their_name(settings, photo):
    ada = enroll(settings, "Ada", [photo()])
    (found,) = gallery(settings).nearest(face_in(photo()))
    assert found.identity_id == ada.identity_id
    assert found.similarity == pytest.approx(1)
    assert People(identity_folder(settings)).by_name("Ada") == [ada]
    assert (ada.name, ada.kind) == ("Ada", "enrolled")


def test_a_known_name_gets_more_faces_and_no_second_person(settings, photo):
    first = enroll(settings, "Ada", [photo("a.png")])
    again = enroll(settings, " Ada ", [photo("b.png"), photo("c.png")])
    assert again == first
    assert gallery(settings).count == 3


def test_photos_beyond_the_templates_that_the_system_keeps_are_all_kept(settings, photo):
    ada = enroll(settings, "Ada", [photo(f"{number}.png") for number in range(5)])
    faces = faces_of(settings, who_is_who(settings), ada.identity_id)
    assert [face["is_used"] for face in faces] == [True] * 5


def test_two_names_are_two_people(settings, photo):
    ada = enroll(settings, "Ada", [photo("ada.png", people=3, only=0)])
    bob = enroll(settings, "Bob", [photo("bob.png", people=3, only=1)])
    nearest = gallery(settings).nearest(face_in(photo("bob.png", people=3, only=1)))
    assert [candidate.identity_id for candidate in nearest] == [bob.identity_id, ada.identity_id]


def test_a_visitor_who_is_called_so_by_chance_is_somebody_else(settings, photo):
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    visitor = Person(identity_id="v", name="visitor 1234", kind="visitor", enrolled_at=noon)
    with People(identity_folder(settings), writer=True) as people:
        people.add(visitor)
    assert enroll(settings, "visitor 1234", [photo()]).identity_id != "v"


def test_a_name_of_several_people_is_refused_with_their_identities(settings, photo):
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    with People(identity_folder(settings), writer=True) as people:
        for identity_id in ("a1", "a2"):
            people.add(
                Person(identity_id=identity_id, name="Ada", kind="enrolled", enrolled_at=noon)
            )
    with pytest.raises(ConfigurationError, match=r"2 people are called 'Ada' \(a1, a2\)"):
        enroll(settings, "Ada", [photo()])


@pytest.mark.parametrize("name", ["", "  "])
def test_a_person_needs_a_name(settings, photo, nobody, name):
    with pytest.raises(ConfigurationError, match="needs a name"):
        enroll(settings, name, [photo()])
    assert nobody()


def test_a_photo_without_a_face_is_refused(settings, tmp_path, nobody):
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((99, 99, 3), 96, np.uint8))
    with pytest.raises(FaceError, match=r"wall\.png: no face found; use a photo"):
        enroll(settings, "Ada", [tmp_path / "wall.png"])
    assert nobody()


def test_a_photo_of_several_faces_is_refused(settings, photo, nobody):
    with pytest.raises(FaceError, match=r"group\.png: 3 faces found; cut the photo"):
        enroll(settings, "Ada", [photo("group.png", people=3)])
    assert nobody()


def test_one_bad_photo_among_good_ones_leaves_nothing_behind(settings, photo, nobody):
    with pytest.raises(FaceError):
        enroll(settings, "Ada", [photo(), photo("group.png", people=3)])
    assert nobody()


def test_who_was_split_off_and_named_gets_the_faces_and_stays_when_that_is_undone(settings, photo):
    ada = enroll(settings, "Ada", [photo("a.png"), photo("b.png")])
    with Repairs(settings, by="eve", why="") as repairs:
        (face, _) = faces_of(settings, repairs.who, ada.identity_id)
        split = repairs.split("Ada", [], [face["face_id"]], None)
        renamed = repairs.rename(split.new_id, "Carl")
    assert enroll(settings, "Carl", [photo("c.png")]).identity_id == split.new_id
    assert len(faces_of(settings, who_is_who(settings), split.new_id)) == 2
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.undo(renamed.entry_id)
        repairs.undo(split.entry_id)
    who = who_is_who(settings)
    assert who.person(split.new_id).kind == "visitor"
    assert [len(faces_of(settings, who, each)) for each in (ada.identity_id, split.new_id)] == [
        2,
        1,
    ]


def test_a_name_that_was_changed_is_the_name_to_enrol_under(settings, photo):
    ada = enroll(settings, "Ada", [photo("a.png")])
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.rename("Ada", "Augusta")
    assert enroll(settings, "Augusta", [photo("b.png")]).identity_id == ada.identity_id
    assert enroll(settings, "Ada", [photo("c.png")]).identity_id != ada.identity_id
