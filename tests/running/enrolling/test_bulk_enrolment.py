from pathlib import Path

import cv2
import pytest

from genesis_ray.errors import FaceError, SourceError, StoreError
from genesis_ray.running.enrolling import enrolment
from genesis_ray.running.enrolling.bulk_enrolment import (
    BulkEnrolment,
    enroll_all,
    photos_in,
    photos_of,
)
from genesis_ray.running.people.identities import faces_of, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.testing import SyntheticFilm

LANES = {"Ada": 0, "Bob": 1, "Cleo": 2}


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})


def photo(path: Path, lane: int, *, tint: int = 0) -> Path:
    """Take a photo of the figure in a lane; in another light, `tint`, a face is a bit different."""
    image = SyntheticFilm(people=3, width=320, height=360).image_at(0)
    hsv = cv2.cvtColor(image[lane * 120 : (lane + 1) * 120], cv2.COLOR_BGR2HSV)
    hsv[..., 0] = (hsv[..., 0] + tint) % 180
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR))
    return path


@pytest.fixture
def staff(tmp_path) -> Path:
    """A folder of three people with two photos each."""
    for name, lane in LANES.items():
        for tint in range(2):
            photo(tmp_path / "staff" / name / f"{tint}.png", lane, tint=tint)
    return tmp_path / "staff"


def done(settings: Settings, staff: Path, **options) -> BulkEnrolment:
    return enroll_all(settings, photos_in(staff), within_s=0, **options)


def known(settings: Settings) -> dict[str, int]:
    who = who_is_who(settings)
    return {each.name: len(faces_of(settings, who, each.identity_id)) for each in who.people}


def test_everybody_in_a_folder_is_known_after_and_again_adds_nothing(settings, staff):
    told = []
    first = done(settings, staff, on_progress=lambda *each: told.append(each))
    assert first == BulkEnrolment(
        added=dict.fromkeys(LANES, 2), known=0, waiting=(), refused={}, failed={}
    )
    assert told == [("Ada", 0, 3), ("Bob", 1, 3), ("Cleo", 2, 3)]
    again = done(settings, staff)
    assert (again.added, again.known) == ({}, 6)
    assert known(settings) == dict.fromkeys(LANES, 2)


def test_photos_that_cannot_be_used_are_told_and_the_others_are_added(settings, staff):
    text, strange = staff / "Ada" / "text.txt", photo(staff / "Bob" / "9.png", LANES["Cleo"])
    text.write_text("no picture")
    result = done(settings, staff)
    assert result.added == dict.fromkeys(LANES, 2)
    assert set(result.refused) == {str(text), str(strange)}
    assert "not a picture" in result.refused[str(text)]
    assert "unlike all others of Bob" in result.refused[str(strange)]


def test_somebody_in_two_folders_is_known_under_the_first_name_alone(settings, staff):
    twice = photo(staff / "Zoe" / "0.png", LANES["Ada"], tint=2)
    result = done(settings, staff)
    assert "the face is that of Ada" in result.refused[str(twice)]
    assert known(settings) == dict.fromkeys(LANES, 2)
    assert done(settings, staff, anyway=True).added == {"Zoe": 1}


def several(folder: Path, *people: tuple[str, int]) -> Path:
    """Put so many photos of each into one folder, each in its light."""
    for number, (of, tint) in enumerate(
        (of, tint) for of, count in people for tint in range(count)
    ):
        photo(folder / f"{number}.png", LANES[of], tint=2 * tint)
    return folder


def test_of_photos_that_are_two_peoples_none_makes_somebody_new_known(settings, tmp_path):
    several(tmp_path / "staff" / "Ada", ("Ada", 3), ("Bob", 2))
    several(tmp_path / "staff" / "Cleo", ("Cleo", 2))
    result = done(settings, tmp_path / "staff")
    assert known(settings) == {"Cleo": 2}
    assert result.refused == {}
    told = result.failed["Ada"]
    assert "seem to be 2 people's" in told
    assert "3 (0.png, 1.png, 2.png); 2 (3.png, 4.png)" in told
    assert done(settings, tmp_path / "staff", anyway=True).added == {"Ada": 5}


def test_nor_where_they_are_given_one_by_one(settings, tmp_path):
    photos = sorted(several(tmp_path / "Ada", ("Ada", 2), ("Bob", 2)).iterdir())
    with pytest.raises(FaceError, match="seem to be 2 people's"):
        enrolment.enroll(settings, "Ada", photos)
    assert known(settings) == {}


def test_photos_that_are_like_each_other_and_unlike_who_is_known_are_refused(settings, tmp_path):
    enrolment.enroll(settings, "Ada", [photo(tmp_path / "first.png", LANES["Ada"])])
    folder = several(tmp_path / "staff" / "Ada", ("Ada", 2), ("Bob", 2))
    result = done(settings, tmp_path / "staff")
    assert set(result.refused) == {str(folder / "2.png"), str(folder / "3.png")}
    assert (
        "the face and 1 more of these are like each other, and unlike"
        in result.refused[str(folder / "2.png")]
    )
    assert known(settings) == {"Ada": 2}


def test_what_else_is_wrong_with_photos_of_two_people_is_told_too(settings, tmp_path):
    folder = several(tmp_path / "staff" / "Ada", ("Ada", 2), ("Bob", 2))
    (folder / "text.png").write_text("no picture")
    result = done(settings, tmp_path / "staff")
    assert set(result.refused) == {str(folder / "text.png")}
    assert set(result.failed) == {"Ada"}


@pytest.mark.parametrize("stranger", ["0.png", "2.png"])
def test_of_two_faces_that_are_unlike_neither_makes_somebody_new_known(
    settings, tmp_path, stranger
):
    folder = tmp_path / "new" / "Ada"
    both = {photo(folder / "1.png", LANES["Ada"]), photo(folder / stranger, LANES["Bob"])}
    result = done(settings, folder.parent)
    assert result.added == {}
    assert set(result.refused) == set(map(str, both))
    assert all("unlike each other" in reason for reason in result.refused.values())
    assert known(settings) == {}


def test_cut_off_the_next_call_goes_on(settings, staff, monkeypatch):
    real, calls = enrolment.take, []

    def cut_off(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(enrolment, "take", cut_off)
        with pytest.raises(KeyboardInterrupt):
            done(settings, staff)
    assert known(settings) == {"Ada": 2}
    assert done(settings, staff).added == {"Bob": 2, "Cleo": 2}
    assert known(settings) == dict.fromkeys(LANES, 2)


def test_the_embedder_is_loaded_once(settings, staff, monkeypatch):
    real, loaded = enrolment.load_protected_embedder, []
    monkeypatch.setattr(
        enrolment, "load_protected_embedder", lambda *each: loaded.append(1) or real(*each)
    )
    done(settings, staff)
    assert loaded == [1]


def test_an_empty_folder_is_told(settings, staff):
    (staff / "Dan").mkdir()
    assert done(settings, staff).failed == {"Dan": "no photo in the folder"}


def test_a_table_names_photos_from_where_it_lies(tmp_path, staff):
    table = tmp_path / "staff.csv"
    lines = [
        "file,name,note",
        "staff/Ada/0.png, Ada ,x",
        "staff/Bob/0.png,Bob,",
        "staff/Ada/0.png,Ada,",
    ]
    table.write_text("\n".join(lines))
    assert photos_of(table) == {
        "Ada": [staff / "Ada" / "0.png"],
        "Bob": [staff / "Bob" / "0.png"],
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("photo,name\na.png,Ada\n", "there is no file; name them so"),
        ("file,name\na.png,\n", "line 2: expected a file and a name"),
        ("file,name\n", "has no photos; each is a line file,name"),
        (b"\xff\xfe\xfa", "no CSV file in UTF-8"),
    ],
)
def test_a_table_that_says_nothing_of_use_is_refused(tmp_path, content, said):
    table = tmp_path / "staff.csv"
    table.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StoreError, match=said):
        photos_of(table)


def test_a_folder_without_folders_is_refused(tmp_path):
    with pytest.raises(SourceError, match="no folder in it"):
        photos_in(tmp_path)
    with pytest.raises(SourceError, match="no such folder"):
        photos_in(tmp_path / "nowhere")
