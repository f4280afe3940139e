from datetime import UTC, datetime
from pathlib import Path

import pytest

from genesis_ray.errors import FaceError
from genesis_ray.running.auditing import audit_log
from genesis_ray.running.consent import note_consent
from genesis_ray.running.enrolment import enroll
from genesis_ray.running.photo_search import search_photos
from genesis_ray.running.repairs import Repairs
from genesis_ray.settings import IdentitySettings, Settings
from tests.running.test_bulk_enrolment import photo


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
