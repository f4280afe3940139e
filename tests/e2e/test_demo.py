"""The first thing a newcomer sees: it must be right, and leave what it says it leaves."""

import importlib.util
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import av
import pytest

from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.tenant.people import People
from genesis_ray.vision.photo import PhotoPan

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.models, pytest.mark.timeout(400)]

FACES = {"zidane": (480, 200, 665, 455), "ancelotti": (893, 40, 1072, 295)}
"""Where the two men's faces are in the photo of 1280 x 720, xyxy in its pixels."""

ZIDANE_BEGINS = {"door": 0.0, "street": 8.0}
"""When each camera's pan over the photo of the two men begins, in seconds."""


@pytest.fixture(scope="module")
def demo(genesis, tmp_path_factory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("demo") / "run"
    done = genesis("demo", "--out", out, timeout=350)
    return out, done.stdout


def photo_of(package: str, file: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / file


def man_at(camera_id: str, row: dict[str, object]) -> str | None:
    """Tell, from the known motion of the camera, which man's head a track's box is round."""
    seconds = (row["occurred_at"] - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    since = seconds - ZIDANE_BEGINS[camera_id]
    if since < 0:
        return None
    mirrored = camera_id == "street"
    photo = photo_of("ultralytics", "assets/zidane.jpg")
    pan = PhotoPan(photo, seconds=12, fps=10, mirror=mirrored)
    left, top, right, bottom = pan.window_at(round(since * 10))
    boxes = {}
    for name, (x1, y1, x2, y2) in FACES.items():
        face_x = 1280 - (x1 + x2) / 2 if mirrored else (x1 + x2) / 2
        x = (face_x - left) / (right - left)
        y = ((y1 + y2) / 2 - top) / (bottom - top)
        if row["x1"] <= x <= row["x2"] and row["y1"] <= y <= row["y2"]:
            boxes[name] = abs(x - (row["x1"] + row["x2"]) / 2)
    return min(boxes, key=boxes.__getitem__) if boxes else None


def test_each_of_the_two_men_is_one_identity_seen_by_both_cameras(demo):
    tables = RunTables(demo[0] / "events")
    observations = tables["track_observations"].to_pylist()
    seen: dict[str, set[tuple[str, str]]] = {}
    for named in tables["face_recognitions"].to_pylist():
        camera_id = named["camera_id"]
        own = [
            row
            for row in observations
            if (row["camera_id"], row["track_id"]) == (camera_id, named["track_id"])
        ]
        nearest = min(own, key=lambda row: abs(row["occurred_at"] - named["occurred_at"]))
        if man := man_at(camera_id, nearest):
            seen.setdefault(man, set()).add((camera_id, named["identity_id"]))
    assert set(seen) == {"zidane", "ancelotti"}
    identities = {man: {identity for _, identity in pairs} for man, pairs in seen.items()}
    assert all(len(own) == 1 for own in identities.values()), identities
    assert identities["zidane"] != identities["ancelotti"]
    for man, pairs in seen.items():
        assert {camera for camera, _ in pairs} == {"door", "street"}, man


def test_everybody_named_is_a_pseudonymous_visitor(demo):
    everyone = People(demo[0] / "data" / "gallery" / "default").everyone()
    assert everyone
    assert all(person.kind == "visitor" for person in everyone)


def test_it_leaves_a_whole_video_of_each_camera_and_pictures(demo):
    media = demo[0] / "media"
    for camera_id, frames in {"door": 120, "street": 180}.items():
        with av.open(media / f"{camera_id}.mp4") as video:
            assert sum(1 for _ in video.decode(video=0)) == frames
    assert {path.name for path in media.glob("*.png")} == {
        "heat-door.png",
        "heat-street.png",
        "timeline.png",
    }


def test_its_table_counts_what_the_event_tables_hold(demo):
    out, printed = demo
    tables = RunTables(out / "events")
    entries = [row for row in tables["zone_crossings"].to_pylist() if row["direction"] == "enter"]
    assert f"{len(entries)} entries" in printed
    assert "Try next" in printed
    for name in ("door.mp4", "street.mp4", "timeline.png"):
        assert name in printed


def test_only_the_media_folder_holds_pictures(demo):
    pictures = (b"\xff\xd8\xff", b"\x89PNG", b"ftyp")
    for path in demo[0].rglob("*"):
        if path.is_file() and demo[0] / "media" not in path.parents:
            assert not any(mark in path.read_bytes()[:16] for mark in pictures), path


@pytest.mark.timeout(600)
def test_it_gives_equal_tables_in_one_process_and_as_an_archive(
    demo, genesis, tmp_path, monkeypatch
):
    monkeypatch.setenv("GENESIS_ANNOTATE", "false")  # tables are compared, not videos
    genesis("demo", "--local", "--out", tmp_path / "local")
    config = files("genesis_ray") / "demo.yaml"
    archive = ("--out", tmp_path / "archive", "--data", tmp_path / "data")
    genesis("reprocess", "--config", config, *archive)
    live = RunTables(demo[0] / "events")
    assert len(live["face_recognitions"])
    for mode in ("local", "archive"):
        tables = RunTables(tmp_path / mode / "events")
        for name in live:
            assert tables[name].read().equals(live[name].read()), f"{name}: {mode} is not like live"
