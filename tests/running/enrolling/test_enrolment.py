import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from genesis_ray.domain.recognition.face_place import FacePlace
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import ConfigurationError, FaceError
from genesis_ray.running.enrolling.enrolment import enroll, enroll_or_hand_over
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.protected import ProtectedEmbedder
from genesis_ray.running.templates.templates_shown import known_templates
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm

EMBEDDER = ColourEmbedder()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


@pytest.fixture
def photo(tmp_path):
    """Take a photo of so many figures; of the one in the lane `only`, where that is given.

    In another light, `tint`, faces are a little different.
    """

    def photo(
        name: str = "ada.png", *, people: int = 1, only: int | None = None, tint: int = 0
    ) -> Path:
        film = SyntheticFilm(people=people, width=320, height=240)
        image = film.image_at(0)
        if only is not None:
            lane = film.height // people
            image = image[only * lane : (only + 1) * lane]
        hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
        hsv[..., 0] = (hsv[..., 0] + tint) % 180
        image = cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)
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
    again = enroll(settings, " Ada ", [photo("b.png", tint=1), photo("c.png", tint=2)])
    assert again == first
    assert gallery(settings).count == 3


def test_where_a_face_is_in_its_photo_is_stored_beside_it(settings, photo):
    (seen,) = EMBEDDER.faces_in(cv2.imread(str(photo())))
    ada = enroll(settings, "Ada", [photo()])
    (face,) = faces_of(settings, who_is_who(settings), ada.identity_id)
    assert FacePlace(face["box"], face["landmarks"]) == seen.place
    (shown,) = known_templates(settings, "Ada")
    assert (shown.box, shown.landmarks) == seen.place
    assert json.loads(json.dumps(shown.as_json()))["landmarks"] == [[*p] for p in shown.landmarks]


def test_photos_beyond_the_templates_that_the_system_keeps_are_all_kept(settings, photo):
    ada = enroll(settings, "Ada", [photo(f"{number}.png", tint=number) for number in range(5)])
    faces = faces_of(settings, who_is_who(settings), ada.identity_id)
    assert [face["is_used"] for face in faces] == [True] * 5


def test_of_more_photos_than_may_be_those_that_are_least_alike_are_kept(settings, photo):
    two = settings.model_copy(
        update={"identity": settings.identity.model_copy(update={"photos": 2})}
    )
    photos = [photo(f"{tint}.png", tint=tint) for tint in (0, 1, 2, 6)]
    done = enroll_or_hand_over(two, "Ada", photos, within_s=0)
    assert (done.known, gallery(settings).count) == (2, 2)
    assert all(
        gallery(settings).nearest(face_in(path))[0].similarity > 0.9999
        for path in (photos[0], photos[3])
    )
    done = enroll_or_hand_over(two, "Ada", [photo("9.png", tint=9)], within_s=0)
    assert (done.person.name, done.known, gallery(settings).count) == ("Ada", 1, 2)


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
    ada = enroll(settings, "Ada", [photo("a.png"), photo("b.png", tint=1)])
    with Repairs(settings, by="eve", why="") as repairs:
        (face, _) = faces_of(settings, repairs.who, ada.identity_id)
        split = repairs.split("Ada", [], [face["face_id"]], None)
        renamed = repairs.rename(split.new_id, "Carl")
    carl = enroll(settings, "Carl", [photo("c.png", tint=2)], anyway=True)
    assert carl.identity_id == split.new_id
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
    assert enroll(settings, "Augusta", [photo("b.png", tint=1)]).identity_id == ada.identity_id
    again = enroll(settings, "Ada", [photo("c.png", tint=2)], anyway=True)
    assert again.identity_id != ada.identity_id


def test_a_photo_of_somebody_else_who_is_known_is_refused_unless_somebody_insists(settings, photo):
    enroll(settings, "Ada", [photo("ada.png", people=3, only=0)])
    same = photo("same.png", people=3, only=0, tint=1)
    with pytest.raises(FaceError, match=r"same\.png: the face is that of Ada .*say --anyway"):
        enroll(settings, "Bob", [same])
    assert [each.name for each in who_is_who(settings).people] == ["Ada"]
    assert enroll(settings, "Bob", [same], anyway=True).name == "Bob"


def test_a_photo_that_is_unlike_a_persons_others_is_refused_unless_somebody_insists(
    settings, photo
):
    enroll(settings, "Ada", [photo("ada.png", people=3, only=0)])
    strange = photo("strange.png", people=3, only=1)
    with pytest.raises(FaceError, match=r"strange\.png: the face is unlike all others of Ada"):
        enroll(settings, "Ada", [strange])
    assert gallery(settings).count == 1
    enroll(settings, "Ada", [strange], anyway=True)
    assert gallery(settings).count == 2


def test_of_photos_of_somebody_new_one_that_is_unlike_the_others_is_refused(
    settings, photo, nobody
):
    own = [photo("0.png", people=3, only=0), photo("1.png", people=3, only=0, tint=1)]
    with pytest.raises(FaceError, match=r"strange\.png: the face is unlike"):
        enroll(settings, "Ada", [*own, photo("strange.png", people=3, only=1)])
    assert nobody()


def test_who_is_like_a_visitor_is_to_become_that_one(settings, photo):
    ada = enroll(settings, "Ada", [photo()])
    with Repairs(settings, by="eve", why="") as repairs:
        (face,) = faces_of(settings, repairs.who, ada.identity_id)
        split = repairs.split("Ada", [], [face["face_id"]], None)
    with pytest.raises(FaceError, match=f"genesis people rename {split.new_id[:8]} NAME"):
        enroll(settings, "Bob", [photo("b.png", tint=1)])
    with pytest.raises(
        ConfigurationError, match=r"is a visitor, .* who needs a name before photos"
    ):
        enroll(settings, split.new_id[:8], [photo("b.png", tint=1)])


def test_a_photo_that_is_known_already_adds_nothing(settings, photo):
    enroll(settings, "Ada", [photo(), photo()])
    assert gallery(settings).count == 1
    done = enroll_or_hand_over(settings, "Ada", [photo(), photo("b.png", tint=1)], within_s=0)
    assert (done.known, gallery(settings).count) == (1, 2)
    done = enroll_or_hand_over(settings, "Ada", [photo()], within_s=0)
    assert (done.person.name, done.known, gallery(settings).count) == ("Ada", 1, 2)


@pytest.mark.parametrize("length", [8, 36])
def test_somebody_known_is_named_by_the_identity_too(settings, photo, length):
    ada = enroll(settings, "Ada", [photo()])
    named = ada.identity_id[:length]
    assert enroll(settings, named, [photo("b.png", tint=1)]) == ada
    assert [each.name for each in who_is_who(settings).people] == ["Ada"]


def test_of_namesakes_the_one_gets_a_photo_whose_identity_is_named(settings, photo):
    enroll(settings, "Bob", [photo("0.png", people=3, only=0)])
    ada = enroll(settings, "Ada", [photo("1.png", people=3, only=1)])
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.rename("Bob", "Ada")
    more = photo("2.png", people=3, only=1, tint=1)
    with pytest.raises(ConfigurationError, match=r"2 people are called 'Ada' .*by the identity"):
        enroll(settings, "Ada", [more])
    assert enroll(settings, ada.identity_id, [more]) == ada
    assert len(faces_of(settings, who_is_who(settings), ada.identity_id)) == 2


def test_nobody_is_enrolled_beside_the_gallery_that_everybody_else_is_in(settings, photo):
    with FaceGallery(
        identity_folder(settings), embedder="fused", dimension=4, keys=tenant_keys(settings),
        writer=True,
    ) as other:  # fmt: skip
        other.enroll("x", np.eye(1, 4, dtype=np.float32), qualities=[1.0], at=datetime.now(UTC))
    with pytest.raises(ConfigurationError, match="known by fused, which has 1 faces, and colour"):
        enroll(settings, "Ada", [photo()])
    assert who_is_who(settings).people == ()
    enroll(settings, "Ada", [photo()], anyway=True)
    enroll(settings, "Ada", [photo("b.png", tint=1)])


def test_a_name_is_one_in_both_forms_of_unicode(settings, photo):
    one = enroll(settings, "Jose\u0301", [photo()])
    two = enroll(settings, " Jos\u00e9", [photo("other.png", tint=3)], anyway=True)
    assert two == one
    assert one.name == "Jos\u00e9"


def test_what_nobody_can_be_called_is_refused_before_photos_are_read(settings, tmp_path, nobody):
    with pytest.raises(ConfigurationError, match=r"U\+001B"):
        enroll(settings, "Ad\x1b[31ma", [tmp_path / "missing.png"])
    assert nobody()
