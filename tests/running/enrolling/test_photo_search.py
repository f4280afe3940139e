import weakref
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genesis_ray.errors import FaceError
from genesis_ray.running.enrolling import photo_search
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.enrolling.photo_faces import LoadedPhotoFaces
from genesis_ray.running.enrolling.photo_search import PhotoSearch, SearchInUse, search_photos
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.consent import note_consent
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.switching import plan_switch, switch
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.sections.models import FaceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.giving_way import wait_until
from genesis_ray.vision.faces import EmbeddedFace
from tests.running.enrolling.test_bulk_enrolment import photo


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Ada and Bob are known, each by a photo."""
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    for lane, name in enumerate(("Ada", "Bob")):
        enroll(settings, name, [photo(tmp_path / f"{name}.png", lane)])
    return settings


def said(settings: Settings, path: Path, *, limit: int = 3) -> list[tuple[str, list[str]]]:
    found = search_photos(settings, [path], limit=limit)
    return [(each.says, [person.name for person, _ in each.people]) for each in found]


def test_whom_a_face_is_like_is_told_the_most_like_first(settings, tmp_path):
    other = photo(tmp_path / "x.png", 0, tint=1)
    assert said(settings, other) == [("match", ["Ada", "Bob"])]
    assert said(settings, other, limit=1) == [("match", ["Ada"])]
    (face,) = search_photos(settings, [other], limit=1)
    assert face.people[0][1] > face.threshold


def test_what_is_removed_is_let_go_of_though_nobody_searches_again(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(photo_search, "_LOOK_EVERY_S", 0.01)
    searched = search_of(settings)
    searched.search([photo(tmp_path / "x.png", 0)], limit=1)
    gallery = weakref.ref(searched._known.gallery)
    forget(settings, "Ada", by="eve", why="asked for it")
    assert wait_until(lambda: gallery() is None, within_s=5)


def test_what_is_not_asked_for_is_let_go_of(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(photo_search, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(photo_search, "_KEPT_S", 0.05)
    searched = search_of(settings)
    for _ in range(2):
        (found,) = searched.search([photo(tmp_path / "x.png", 0)], limit=1)
        assert found.says == "match"
        assert wait_until(lambda: searched._known is None, within_s=5)


def test_a_search_goes_by_the_embedder_that_was_switched_to(settings, tmp_path):
    by: list[str] = []

    class Looks:
        def __init__(self, faces: FaceSettings) -> None:
            by.append(faces.embedder)

        def of(self, _: Path) -> list[EmbeddedFace]:
            return []

    searched = SearchInUse(settings, Looks)
    for _ in range(2):
        with pytest.raises(FaceError, match="no face found"):
            searched.search([tmp_path / "x.png"], limit=1)
    switch(settings, plan_switch(settings, "sface"))
    with pytest.raises(FaceError, match="no face found"):
        searched.search([tmp_path / "x.png"], limit=1)
    assert by == ["synthetic", "sface"]


def search_of(settings: Settings) -> PhotoSearch:
    embedder = load_protected_embedder(settings.faces, tenant_keys(settings).current)
    return PhotoSearch(settings, LoadedPhotoFaces(embedder))


def test_a_stranger_is_below_the_threshold(settings, tmp_path):
    ((says, people),) = said(settings, photo(tmp_path / "x.png", 2))
    assert (says, len(people)) == ("below the threshold", 2)


def test_who_is_known_under_two_names_is_matched_by_neither(settings, tmp_path):
    again = photo(tmp_path / "x.png", 0, tint=1)
    enroll(settings, "Zoe", [again], anyway=True)
    assert said(settings, again)[0][0] == "too close to the next"
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.merge("Ada", "Zoe")
    assert said(settings, again) == [("match", ["Ada", "Bob"])]


def test_who_gave_no_consent_is_not_looked_for_where_it_is_required(settings, tmp_path):
    required = settings.model_copy(update={"identity": IdentitySettings(consent="required")})
    path = photo(tmp_path / "x.png", 0)
    assert said(required, path) == [("nobody", [])]
    note_consent(settings, "Ada", "given", at=datetime.now(UTC), by="eve", why="")
    assert said(required, path) == [("match", ["Ada"])]


def test_who_gave_no_consent_is_a_rival_all_the_same(settings, tmp_path):
    required = settings.model_copy(update={"identity": IdentitySettings(consent="required")})
    path = photo(tmp_path / "x.png", 0, tint=1)
    enroll(settings, "Zoe", [path], anyway=True)
    note_consent(settings, "Zoe", "given", at=datetime.now(UTC), by="eve", why="")
    assert said(required, path) == [("too close to the next", ["Zoe"])]


def test_where_nobody_is_known_a_face_is_nobodys_and_the_search_is_noted(tmp_path):
    settings = Settings(data_dir=tmp_path / "new", faces={"embedder": "synthetic"})
    assert said(settings, photo(tmp_path / "x.png", 0)) == [("nobody", [])]
    assert [each.action for each in audit_log(settings).entries()] == ["search"]


def test_as_many_are_told_as_are_asked_for(settings, tmp_path):
    path = photo(tmp_path / "x.png", 0)
    for number in range(7):
        enroll(settings, f"Zoe {number}", [path], anyway=True)
    ((_, people),) = said(settings, path, limit=8)
    assert len(people) == 8


def test_a_search_is_in_the_audit_log(settings, tmp_path):
    search_photos(settings, [photo(tmp_path / "x.png", 0)], limit=1)
    *_, last = audit_log(settings).entries()
    assert (last.action, last.people) == ("search", None)


def test_a_photo_without_a_face_is_refused(settings, tmp_path):
    import cv2
    import numpy as np

    cv2.imwrite(str(tmp_path / "wall.png"), np.full((99, 99, 3), 96, np.uint8))
    with pytest.raises(FaceError, match="no face found"):
        search_photos(settings, [tmp_path / "wall.png"], limit=1)
