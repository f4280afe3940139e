import errno
import io
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genesis_ray.batch.segment_file import read_segment, write_segment
from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import (
    CameraStateChanged,
    LineCrossed,
    LoiteringFound,
    TrackObserved,
    ZoneCrossed,
)
from genesis_ray.domain.recognition.carrying import Appearance
from genesis_ray.domain.recognition.identity import Face, FaceSight
from genesis_ray.errors import StoreError
from genesis_ray.running.station_values import Report

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)

numbers = st.integers(0, 2**62)
names = st.text(max_size=6)
fractions = st.floats(0, 1)
times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
envelope = {"tenant_id": names, "site_id": names, "camera_id": names, "occurred_at": times}
events = st.one_of(
    st.builds(
        TrackObserved,
        **envelope,
        **dict.fromkeys(["track_id", "frame_index"], numbers),
        **dict.fromkeys(["x1", "y1", "x2", "y2", "confidence"], fractions),
    ),
    st.builds(ZoneCrossed, **envelope, zone_id=names, track_id=numbers),
    st.builds(LoiteringFound, **envelope, zone_id=names, track_id=numbers, since=times),
    st.builds(LineCrossed, **envelope, line_id=names, track_id=numbers),
    st.builds(CameraStateChanged, **envelope, reason=names),
)
embeddings = st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=6).map(
    lambda row: np.array(row, np.float32)
)


@st.composite
def reports(draw) -> Report:
    camera_id = draw(names)
    face = st.builds(
        Face,
        camera_id=st.just(camera_id),
        track_id=numbers,
        face_index=numbers,
        captured_at=times,
        embedding=embeddings,
        quality=fractions,
        in_view_since=st.none() | times,
        companions=st.lists(numbers, max_size=2).map(tuple),
        overlapped=st.lists(numbers, max_size=2).map(tuple),
    )
    sight = st.builds(
        FaceSight,
        camera_id=st.just(camera_id),
        track_id=numbers,
        face_index=numbers,
        captured_at=times,
        quality=fractions,
    )
    appearance = st.builds(
        Appearance,
        camera_id=st.just(camera_id),
        track_id=numbers,
        captured_at=times,
        since=times,
        looks=embeddings,
        is_clear=st.booleans(),
    )
    return Report(
        camera_id,
        draw(times | st.just(DONE)),
        draw(st.lists(st.tuples(times, st.lists(events, max_size=3).map(tuple)), max_size=3)),
        tuple(draw(st.lists(face | sight, max_size=2))),
        draw(st.integers(0, 1000)),
        draw(st.none() | names),
        appearances=tuple(draw(st.lists(appearance, max_size=2))),
    )


def said(report: Report) -> tuple:
    """Return what a report says, in values that can be compared."""
    faces = [
        (
            *(f.camera_id, f.track_id, f.face_index, f.captured_at, f.quality),
            *(f.in_view_since, f.companions, f.overlapped),
            f.embedding.tobytes() if isinstance(f, Face) else None,
        )
        for f in report.faces
    ]
    looks = [
        (a.camera_id, a.track_id, a.captured_at, a.since, a.is_clear, a.looks.tobytes())
        for a in report.appearances
    ]
    own = report.camera_id, report.progress, report.frames, report.problem, report.is_last
    return (*own, report.events, faces, looks)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "door.jsonl"


@given(st.lists(reports(), max_size=4))
@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_read_is_exactly_what_was_written(path, written):
    write_segment(path, written)
    assert [said(report) for report in read_segment(path)] == [said(each) for each in written]


def test_embeddings_are_read_as_single_precision(path):
    face = Face(
        camera_id="door",
        track_id=1,
        face_index=0,
        captured_at=NOON,
        embedding=np.float32([0.1, 0.7]),
        quality=0.1,
    )
    write_segment(path, [Report("door", DONE, [], (face,), 1)])
    (report,) = read_segment(path)
    assert report.faces[0].embedding.dtype == np.float32


def test_a_face_of_an_earlier_version_is_read_as_one_of_whose_track_nothing_is_known(path):
    face = {
        "track_id": 1,
        "face_index": 0,
        "captured_at": NOON.isoformat(),
        "embedding": [0.1],
        "quality": 0.1,
    }
    line = {"camera_id": "door", "progress": NOON.isoformat(), "frames": 1, "problem": None}
    path.write_text(json.dumps({**line, "events": [], "faces": [face]}))
    ((read,),) = (report.faces for report in read_segment(path))
    assert (read.in_view_since, read.companions) == (None, ())


def test_event_ids_survive(path):
    entered = ZoneCrossed(
        tenant_id="shop",
        site_id="york",
        camera_id="door",
        occurred_at=NOON,
        zone_id="till",
        track_id=1,
        direction="enter",
    )
    write_segment(path, [Report("door", DONE, [(NOON, (entered,))], (), 1)])
    ((_, (read,)),) = next(read_segment(path)).events
    assert read.event_id == entered.event_id


def test_a_segment_that_breaks_off_leaves_no_file(path):
    def breaking():
        yield Report("door", NOON, [], (), 1)
        raise ValueError("the camera fell down")

    with pytest.raises(ValueError, match="fell down"):
        write_segment(path, breaking())
    assert list(path.parent.iterdir()) == []


def test_a_long_segment_is_written_as_it_comes(path):
    on_disk = []

    def reports():
        for _ in range(1000):
            yield Report("door", NOON, [], (), 1)
            on_disk.append(sum(each.stat().st_size for each in path.parent.iterdir()))

    write_segment(path, reports())
    assert path.stat().st_size - 2 * io.DEFAULT_BUFFER_SIZE < on_disk[-1]
    assert len([*read_segment(path)]) == 1000


def test_what_a_source_says_is_not_taken_for_the_disks(path):
    def breaking():
        yield Report("door", NOON, [], (), 1)
        raise OSError(errno.EIO, "the camera's file cannot be read")

    with pytest.raises(OSError, match="the camera's file"):
        write_segment(path, breaking())
    assert list(path.parent.iterdir()) == []


def test_a_file_of_another_version_is_refused_with_its_line(path):
    write_segment(path, [Report("door", NOON, [], (), 1)])
    path.write_bytes(path.read_bytes() + b'{"camera_id": "door"}')
    with pytest.raises(StoreError, match=r"door\.jsonl, line 2: .* begin again with --force"):
        list(read_segment(path))


def test_a_folder_that_is_gone_is_told(path):
    with pytest.raises(StoreError, match="cannot write to"):
        write_segment(path.parent / "gone" / path.name, [])
