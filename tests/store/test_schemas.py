from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import get_args

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import genesis_ray.domain.events as all_events
from genesis_ray.domain.events import (
    CameraStateChanged,
    DeadLetterChanged,
    Event,
    FaceRecognized,
    FaceScored,
    FalseMergeFound,
    FramesDropped,
    GateRejected,
    IdentityNoted,
    LineCrossed,
    LoiteringFound,
    MetricsSampled,
    SystemStateChanged,
    TrackObserved,
    VisitEnded,
    VisitStarted,
    ZoneCrossed,
)
from genesis_ray.domain.recognition.identity import Verdict
from genesis_ray.store.schemas import (
    EVENT_SCHEMAS,
    in_this_version,
    of_version,
    table_of,
    to_tables,
)

ENVELOPE = ["event_id", "tenant_id", "site_id", "camera_id", "occurred_at"]
KINDS = [
    TrackObserved,
    ZoneCrossed,
    LoiteringFound,
    LineCrossed,
    FaceScored,
    FaceRecognized,
    GateRejected,
    FalseMergeFound,
    VisitStarted,
    VisitEnded,
    CameraStateChanged,
    FramesDropped,
    SystemStateChanged,
    DeadLetterChanged,
    MetricsSampled,
    IdentityNoted,
]

single = st.floats(-1, 1, width=32)
names = st.text(max_size=8)
numbers = st.integers(-(2**63), 2**63 - 1)
times = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
single_lists = st.lists(single, max_size=3).map(tuple)
name_lists = st.lists(names, max_size=3).map(tuple)
envelope = {"tenant_id": names, "site_id": names, "camera_id": names, "occurred_at": times}

events = st.one_of(
    st.builds(
        TrackObserved,
        **envelope,
        **dict.fromkeys(["track_id", "frame_index"], numbers),
        **dict.fromkeys(["x1", "y1", "x2", "y2", "confidence"], single),
    ),
    st.builds(ZoneCrossed, **envelope, zone_id=names, track_id=numbers),
    st.builds(LoiteringFound, **envelope, zone_id=names, track_id=numbers, since=times),
    st.builds(LineCrossed, **envelope, line_id=names, track_id=numbers),
    st.builds(
        FaceScored,
        **envelope,
        **dict.fromkeys(["track_id", "face_index"], numbers),
        quality=single,
        embedder=names,
        candidate_ids=name_lists,
        similarities=single_lists,
        verdict=st.none() | st.sampled_from(get_args(Verdict)),
        weight=single,
    ),
    st.builds(
        FaceRecognized,
        **envelope,
        **dict.fromkeys(["track_id", "votes"], numbers),
        **dict.fromkeys(["similarity", "threshold", "quality"], single),
        **dict.fromkeys(["identity_id", "gate", "embedder"], names),
        runner_up_similarity=st.none() | single,
        runner_up_id=st.none() | names,
        threshold_origin=names,
        evidence=single,
        face_indices=st.lists(numbers, max_size=3).map(tuple),
        **dict.fromkeys(["qualities", "similarities"], single_lists),
    ),
    st.builds(
        GateRejected,
        **envelope,
        **dict.fromkeys(["track_id", "seen_track_id"], numbers),
        **dict.fromkeys(["identity_id", "seen_camera_id"], names),
        **dict.fromkeys(["in_view_since", "seen_until"], times),
        similarity=single,
    ),
    st.builds(
        FalseMergeFound,
        **envelope,
        **dict.fromkeys(["track_id", "other_track_id"], numbers),
        **dict.fromkeys(["identity_id", "other_camera_id"], names),
    ),
    st.builds(
        VisitStarted,
        **envelope,
        visit_id=names,
        identity_id=names,
        started_at=times,
        ended_at=st.none(),
        zone_ids=st.just(()),
    ),
    st.builds(
        VisitEnded,
        **envelope,
        visit_id=names,
        identity_id=names,
        started_at=times,
        ended_at=times,
        zone_ids=name_lists,
    ),
    st.builds(
        MetricsSampled,
        **envelope,
        **dict.fromkeys(
            ["people_total", "queue_len", "new_faces", "recognized_faces"], st.none() | numbers
        ),
        avg_wait_sec=st.none() | st.floats(0, 1e6),
        people_by_zone=st.dictionaries(names, numbers).map(lambda zones: tuple(zones.items())),
    ),
    st.builds(IdentityNoted, **envelope, zone_id=st.none() | names),
    st.builds(CameraStateChanged, **envelope, reason=names),
    st.builds(
        FramesDropped,
        **envelope,
        since=times,
        looked_at=numbers,
        by_reason=st.dictionaries(names, numbers).map(lambda reasons: tuple(reasons.items())),
    ),
    st.builds(SystemStateChanged, **envelope, component=names, reason=names),
    st.builds(
        DeadLetterChanged,
        **envelope,
        **dict.fromkeys(["dead_letter_id", "stage", "reason"], names),
        frame_index=st.none() | numbers,
        attempts=numbers,
    ),
)


def test_every_kind_of_event_has_a_table():
    defined = [each for each in vars(all_events).values() if isinstance(each, type)]
    assert {each for each in defined if issubclass(each, Event)} == {Event, *KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_table_has_a_column_for_every_field_of_its_events_and_begins_with_the_envelope(kind):
    event = kind(**dict.fromkeys([field.name for field in fields(kind)]))
    columns = EVENT_SCHEMAS[table_of(event)].names
    assert columns[:5] == ENVELOPE
    assert set(columns) == {"event_id", *(field.name for field in fields(kind))}


@pytest.mark.parametrize("table", EVENT_SCHEMAS)
def test_times_are_utc_in_microseconds_in_every_table(table):
    for field in EVENT_SCHEMAS[table]:
        if pa.types.is_timestamp(field.type):
            assert field.type == pa.timestamp("us", tz="UTC")


@given(st.lists(events, max_size=20))
@settings(max_examples=50)
def test_what_is_put_into_tables_comes_out_the_same_and_in_order(some):
    tables = to_tables(some)
    for name, table in tables.items():
        assert table.schema == EVENT_SCHEMAS[name]
        own = [event for event in some if table_of(event) == name]
        for event, row in zip(own, table.to_pylist(), strict=True):
            for column, value in row.items():
                expected = getattr(event, column)
                assert value == (list(expected) if isinstance(expected, tuple) else expected)
    assert sum(map(len, tables.values())) == len(some)


def test_no_events_are_no_tables():
    assert to_tables([]) == {}


def test_start_and_end_of_a_visit_are_rows_of_one_table():
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    visit = {
        "tenant_id": "default",
        "site_id": "site",
        "camera_id": "door",
        "visit_id": "v",
        "identity_id": "ada",
        "started_at": noon,
    }
    end = noon + timedelta(minutes=5)
    tables = to_tables(
        [
            VisitStarted(occurred_at=noon, **visit),
            VisitEnded(occurred_at=end, ended_at=end, zone_ids=("till",), **visit),
        ]
    )
    assert tables["visits"]["ended_at"].to_pylist() == [None, end]


def test_the_columns_of_the_first_version_are_those_that_came_with_no_later_one():
    first = of_version(EVENT_SCHEMAS["face_scores"], 1)
    assert first.names == EVENT_SCHEMAS["face_scores"].names[: len(first.names)]
    assert first.names[-1] == "similarities"
    assert of_version(EVENT_SCHEMAS["visits"], 1) == EVENT_SCHEMAS["visits"]


def test_rows_of_an_earlier_version_have_nothing_in_the_columns_that_came_later():
    schema = EVENT_SCHEMAS["face_scores"]
    old = pa.Table.from_pylist([{"quality": 0.5}], schema=of_version(schema, 1))
    (row,) = in_this_version(old, schema).to_pylist()
    assert (row["quality"], row["verdict"], row["weight"]) == (0.5, None, None)


def test_a_column_that_was_there_from_the_start_may_not_be_missing():
    schema = EVENT_SCHEMAS["face_scores"]
    with pytest.raises(ValueError, match="'quality'"):
        in_this_version(schema.empty_table().drop_columns(["quality"]), schema)
