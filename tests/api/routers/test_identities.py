from datetime import UTC, datetime

import pytest

from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.consent import note_consent
from tests.api.photos import ADA, BOB, CLEO, group_photo, photo, wall
from tests.api.system import System

SEARCH = "/v1/identities/search"


@pytest.fixture
def known(system: System) -> dict[str, str]:
    """The identities of Ada and Bob, who are known by a photo each."""
    return {
        name: system.enroll(name, photo(figure)) for name, figure in (("Ada", ADA), ("Bob", BOB))
    }


def found(system: System, *photos: bytes, **query: object) -> dict:
    answer = system.send(SEARCH, *photos, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_whom_a_face_is_like_is_told_the_most_like_first(system: System, known):
    answer = found(system, photo(ADA, tint=1))
    (face,) = answer["faces"]
    assert (face["photo"], face["says"]) == ("0.png", "match")
    assert [each["name"] for each in face["people"]] == ["Ada", "Bob"]
    assert [each["is_above_threshold"] for each in face["people"]] == [True, False]
    assert face["people"][0]["similarity"] >= answer["threshold"] > face["people"][1]["similarity"]
    assert face["people"][0]["identity_id"] == known["Ada"]
    assert answer["recognised"] is None


def test_each_face_of_a_photo_is_told_with_where_it_is(system: System, known):
    faces = found(system, group_photo(), k=1)["faces"]
    assert len(faces) == 3
    assert sorted(each["says"] for each in faces) == ["below the threshold", "match", "match"]
    for face in faces:
        left, top, right, bottom = face["box"]
        assert 0 <= left < right <= 1
        assert len(face["landmarks"]) == 5
        assert all(left < x < right and top < y < bottom for x, y in face["landmarks"])
        assert 0 < face["quality"] <= 1
        assert len(face["people"]) == 1


def test_another_threshold_can_be_tried(system: System, known):
    (face,) = found(system, photo(ADA, tint=2), threshold=1)["faces"]
    assert face["says"] == "below the threshold"
    assert not face["people"][0]["is_above_threshold"]
    assert found(system, photo(ADA, tint=2), threshold=0.5)["threshold"] == 0.5


@pytest.mark.parametrize(
    ("figure", "who", "recognised"), [(ADA, "Ada", True), (ADA, "Bob", False), (CLEO, "Ada", False)]
)
def test_whether_somebody_is_recognised_can_be_tested(
    system: System, known, figure, who, recognised
):
    answer = found(system, photo(figure, tint=1), identity_id=known[who])
    assert answer["recognised"] is recognised


def test_recognition_of_nobody_who_is_known_is_not_tested(system: System, known):
    answer = system.send(SEARCH, photo(ADA), identity_id="nobody")
    assert answer.status_code == 404


def test_who_gave_no_consent_is_not_told_of_where_it_is_required(system: System, known):
    identity = system.settings.identity.model_copy(update={"consent": "required"})
    required = system.settings.model_copy(update={"identity": identity})
    client = system.under(required)
    (face,) = found(client, photo(ADA))["faces"]
    assert (face["says"], face["people"]) == ("nobody", [])
    note_consent(required, known["Ada"], "given", at=datetime.now(UTC), by="eve", why="")
    (face,) = found(client, photo(ADA))["faces"]
    assert [each["name"] for each in face["people"]] == ["Ada"]


def test_each_search_is_in_the_audit_log_though_the_gallery_is_read_once(
    system: System, known, monkeypatch
):
    from genesis_ray.running.enrolling import photo_search

    real, read = photo_search.searched_gallery, []
    monkeypatch.setattr(
        photo_search,
        "searched_gallery",
        lambda *given, **options: read.append(1) or real(*given, **options),
    )
    for _ in range(3):
        found(system, photo(ADA))
    entries = [each for each in audit_log(system.settings).entries() if each.action == "search"]
    assert (len(entries), len(read)) == (3, 1)
    assert {each.people for each in entries} == {None}


def test_who_is_enrolled_meanwhile_is_found_at_once(system: System, known):
    assert found(system, photo(CLEO), k=1)["faces"][0]["says"] == "below the threshold"
    system.enroll("Cleo", photo(CLEO))
    (face,) = found(system, photo(CLEO), k=1)["faces"]
    assert (face["says"], face["people"][0]["name"]) == ("match", "Cleo")


def test_photo_without_a_face_is_refused(system: System, known):
    answer = system.send(SEARCH, wall())
    assert answer.status_code == 422
    assert "0.png: no face found" in answer.json()["detail"]


def test_page_of_another_site_cannot_search(system: System):
    files = [("photo", ("a.png", photo(ADA)))]
    headers = {"origin": "https://shop.example"}
    assert system.client.post(SEARCH, files=files, headers=headers).status_code == 403


@pytest.mark.parametrize("wrong", [{"k": 0}, {"k": 101}, {"threshold": 2}, {"limit": 3}])
def test_what_cannot_be_searched_with_is_refused(system: System, wrong):
    assert system.send(SEARCH, photo(ADA), **wrong).status_code == 422
