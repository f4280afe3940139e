import logging
from datetime import UTC, datetime

import numpy as np
import pytest

from genesis_ray.running.erasure.forgetting_intent import INTENT_FILE
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.templates.key_rotation import forget as forget_key
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.tenant.tenants import gallery_folder
from genesis_ray.testing import ColourEmbedder
from tests.api.photos import ADA, BOB, CLEO, group_photo, photo, wall
from tests.api.system import System


@pytest.fixture(autouse=True)
def _own_keys(tmp_path, monkeypatch) -> None:
    """Keys that change here are nobody else's."""
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")


@pytest.fixture
def ada(system: System) -> str:
    """The identity of Ada, who is known by a photo."""
    return system.enroll("Ada", photo(ADA))


def faces(system: System, identity_id: str) -> list[dict]:
    return system.get(f"/v1/people/{identity_id}/faces")["faces"]


def test_somebody_is_made_known_and_listed(system: System):
    answer = system.send("/v1/people", photo(ADA), photo(ADA, tint=1), name=" Ada ")
    assert answer.status_code == 201
    told = answer.json()
    assert told == {
        "identity_id": told["identity_id"],
        "name": "Ada",
        "added": 2,
        "known": 0,
        "is_taken_in": True,
    }
    (person,) = system.get("/v1/people")["people"]
    assert (person["identity_id"], person["kind"]) == (told["identity_id"], "enrolled")


def test_same_photo_again_adds_nothing(system: System, ada):
    again = system.send("/v1/people", photo(ADA), photo(ADA, tint=1), name="Ada")
    assert (again.status_code, again.json()["added"], again.json()["known"]) == (201, 1, 1)
    third = system.send(f"/v1/people/{ada}/faces", photo(ADA))
    assert (third.status_code, third.json()["added"]) == (200, 0)
    assert len(faces(system, ada)) == 2


@pytest.fixture
def rotated(system: System, ada) -> None:
    """The gallery is under a newer key than the embedder, which was asked before."""
    assert system.send("/v1/identities/search", photo(ADA)).status_code == 200
    rotate(system.settings)


@pytest.mark.usefixtures("rotated")
def test_photos_are_taken_and_found_though_the_embedder_has_the_key_of_before(system: System, ada):
    (found,) = system.send("/v1/identities/search", photo(ADA, tint=1)).json()["faces"]
    assert (found["says"], found["people"][0]["identity_id"]) == ("match", ada)
    again = system.send("/v1/people", photo(ADA), photo(ADA, tint=1), name="Ada")
    assert (again.json()["added"], again.json()["known"]) == (1, 1)
    assert system.send("/v1/people", photo(BOB), name="Bob").status_code == 201


@pytest.mark.usefixtures("rotated")
def test_photo_whose_key_is_not_here_changes_nothing(system: System):
    forget_key(system.settings, 1)
    for answer in (
        system.send("/v1/people", photo(BOB), name="Bob"),
        system.send("/v1/identities/search", photo(ADA)),
    ):
        assert answer.status_code == 503
        assert "give all machines the same keys" in answer.json()["detail"]
    assert [person["name"] for person in system.get("/v1/people")["people"]] == ["Ada"]


def test_what_nobody_can_be_called_is_refused_with_what_is_wrong(system: System):
    for name, says in [("Ad\x1b[31ma", "U+001B"), ("\u200b", "U+200B"), ("x" * 201, "200 char")]:
        answer = system.send("/v1/people", photo(BOB), name=name)
        assert answer.status_code == 422
        assert says in answer.json()["detail"]


def test_faces_are_told_without_what_they_look_like(system: System, ada):
    system.send(f"/v1/people/{ada}/faces", photo(ADA, tint=1))
    first, second = faces(system, ada)
    assert first.keys() == {
        "face_id",
        "enrolled_at",
        "origin",
        "quality",
        "box",
        "landmarks",
        "state",
    }
    assert (first["origin"], first["state"]) == ("photo", "used")
    assert first["face_id"] != second["face_id"]


def test_it_is_told_where_a_face_is_in_its_photo_as_a_search_tells_it(system: System, ada):
    (face,) = faces(system, ada)
    (found,) = system.send("/v1/identities/search", photo(ADA)).json()["faces"]
    assert (face["box"], face["landmarks"]) == (found["box"], found["landmarks"])
    assert np.shape(face["landmarks"]) == (5, 2)


def test_of_a_face_that_a_camera_saw_it_is_not_told(system: System, ada):
    settings = system.settings
    traits, keys = ColourEmbedder(), tenant_keys(settings)
    template = np.eye(1, traits.dimension, dtype=np.float32)
    with FaceGallery(
        gallery_folder(settings.data_dir, settings.tenant_id), embedder=traits.name,
        dimension=traits.dimension, keys=keys, writer=True,
    ) as gallery:  # fmt: skip
        at = datetime(2026, 1, 5, tzinfo=UTC)
        gallery.enroll(ada, template, qualities=[1], at=at, camera_id="door")
    seen, _ = faces(system, ada)
    assert (seen["origin"], seen["box"], seen["landmarks"]) == ("door", None, None)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (wall(), "0.png: no face found"),
        (group_photo(), "0.png: 3 faces found; cut the photo"),
        (photo(BOB), "unlike all others of Ada"),
        (b"text", "0.png: not a picture that can be read; use JPEG or PNG"),
    ],
)
def test_photo_that_cannot_be_used_is_refused_in_the_words_of_the_command(
    system: System, ada, sent, said
):
    for answer in (
        system.send("/v1/people", sent, name="Ada"),
        system.send(f"/v1/people/{ada}/faces", sent),
    ):
        assert answer.status_code == 422
        assert said in answer.json()["detail"]
    assert len(faces(system, ada)) == 1


def test_all_photos_are_looked_at_before_anything_is_written(system: System):
    answer = system.send("/v1/people", photo(ADA), wall(), name="Ada")
    assert answer.status_code == 422
    assert system.get("/v1/people")["people"] == []


def test_face_of_somebody_else_is_taken_by_who_insists(system: System, ada):
    refused = system.send("/v1/people", photo(ADA, tint=1), name="Zoe")
    assert refused.status_code == 422
    assert "If that is right, give anyway=true" in refused.json()["detail"]
    assert system.send("/v1/people", photo(ADA, tint=1), name="Zoe", anyway=True).status_code == 201


def test_name_is_wanted(system: System):
    answer = system.send("/v1/people", photo(ADA))
    assert answer.status_code == 422
    assert "a person needs a name" in answer.json()["detail"]


def test_faces_of_nobody_are_neither_told_nor_added(system: System):
    path = "/v1/people/nobody/faces"
    assert system.client.get(path).status_code == 404
    assert system.send(path, photo(ADA)).status_code == 404
    assert system.client.delete(f"{path}/one").status_code == 404


def test_face_is_removed_for_good_and_the_person_stays(system: System, ada):
    system.send(f"/v1/people/{ada}/faces", photo(ADA, tint=1))
    first, second = faces(system, ada)
    answer = system.client.delete(f"/v1/people/{ada}/faces/{first['face_id']}")
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "identity_id": ada,
            "face_id": first["face_id"],
            "faces_left": 1,
            "is_removed": True,
        },
    )
    assert faces(system, ada) == [second]
    assert system.client.delete(f"/v1/people/{ada}/faces/{first['face_id']}").status_code == 404
    assert [each.action for each in audit_log(system.settings).entries()][-1] == "remove"


def test_who_is_half_forgotten_holds_up_changes(system: System, ada):
    (gallery_folder(system.data, "default") / INTENT_FILE).write_text("{}")
    answer = system.send("/v1/people", photo(BOB), name="Bob")
    assert answer.status_code == 503
    assert "genesis people forget" in answer.json()["detail"]


def test_nothing_of_a_photo_is_logged(system: System, ada, caplog):
    caplog.set_level(logging.DEBUG)
    files = [("photo", ("secret holiday.png", photo(CLEO)))]
    for path in ("/v1/identities/search", f"/v1/people/{ada}/faces"):
        system.client.post(path, files=files)
    assert "secret" not in caplog.text


def test_staff_are_the_people_with_that_tag(system: System, ada):
    system.enroll("Bob", photo(BOB))
    tagged = system.client.put(f"/v1/people/{ada}/tags/staff")
    assert (tagged.status_code, tagged.json()["tags"]) == (200, ["staff"])
    (staff,) = system.get("/v1/people", tag="staff")["people"]
    assert (staff["name"], staff["tags"]) == ("Ada", ["staff"])
    assert system.client.delete(f"/v1/people/{ada}/tags/staff").json()["tags"] == []
    assert system.get("/v1/people", tag="staff")["people"] == []


def test_what_is_no_tag_is_refused(system: System, ada):
    answer = system.client.put(f"/v1/people/{ada}/tags/of staff")
    assert answer.status_code == 422
    assert "expected a tag" in answer.json()["detail"]
    assert system.client.put("/v1/people/nobody/tags/staff").status_code == 404


def test_page_of_another_site_changes_nobody(system: System, ada):
    headers = {"sec-fetch-site": "cross-site"}
    face_id = faces(system, ada)[0]["face_id"]
    for method, path in (
        ("POST", "/v1/people"),
        ("POST", f"/v1/people/{ada}/faces"),
        ("DELETE", f"/v1/people/{ada}/faces/{face_id}"),
        ("PUT", f"/v1/people/{ada}/tags/staff"),
    ):
        assert system.client.request(method, path, headers=headers).status_code == 403
    assert len(faces(system, ada)) == 1
