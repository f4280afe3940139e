from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from unittest.mock import patch

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genesis_ray.analytics import attendance as module
from genesis_ray.analytics.attendance import attendances
from genesis_ray.domain.events import Event, FaceRecognized, TrackObserved, ZoneCrossed
from genesis_ray.domain.places.zone_entries import MOST_IN_ORDER, ZoneEntries
from genesis_ray.errors import ConfigurationError
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
OWN = {"tenant_id": "shop", "site_id": "york"}
GAP_S = 300.0

Place = tuple[float, float]
SEAT, NEXT_SEAT, DOOR = (0.4, 0.4), (0.6, 0.4), (0.1, 0.3)


def at(seconds: float) -> datetime:
    return NINE + timedelta(seconds=seconds)


def track(
    number: int,
    since: float,
    until: float,
    place: Place = SEAT,
    *,
    camera: str = "hall",
    walk: float = 0,
) -> list[Event]:
    """Return the sights of a track, one a second, that walks right by `walk` a second."""
    seconds = [since + second for second in range(int(until - since) + 1)]
    boxes = [(s, place[0] + walk * (s - since)) for s in dict.fromkeys([*seconds, until])]
    return [
        TrackObserved(
            **OWN, camera_id=camera, occurred_at=at(s), track_id=number, frame_index=int(s * 10),
            x1=x, y1=place[1], x2=x + 0.1, y2=place[1] + 0.3, confidence=0.9,
        )
        for s, x in boxes
    ]  # fmt: skip


def name(
    number: int, second: float, who: str, *, decision="named", camera: str = "hall"
) -> list[Event]:
    return [
        FaceRecognized(
            **OWN, camera_id=camera, occurred_at=at(second), track_id=number, identity_id=who,
            decision=decision, similarity=0.8, runner_up_similarity=0.3, threshold=0.5, votes=3,
            quality=0.9, gate="", is_new=False, embedder="fused",
        )
    ]  # fmt: skip


def zone(
    number: int, entered: float, left: float | None, zone_id: str = "table", camera: str = "hall"
) -> list[Event]:
    times = {"enter": entered} if left is None else {"enter": entered, "exit": left}
    return [
        ZoneCrossed(
            **OWN, camera_id=camera, occurred_at=at(second), track_id=number, zone_id=zone_id,
            direction=direction,
        )
        for direction, second in times.items()
    ]  # fmt: skip


def tables_of(events: list[Event]) -> dict[str, pa.Table]:
    return {name: schema.empty_table() for name, schema in EVENT_SCHEMAS.items()} | to_tables(
        events
    )


def asked(*parts: list[Event], **options) -> list[dict]:
    tables = tables_of([event for part in parts for event in part])
    return attendances(tables, visit_gap_s=GAP_S, **options).to_pylist()


def spans(*parts: list[Event], **options) -> list[tuple[str | None, float, float]]:
    """Return who stayed, since when and until when, in seconds."""
    return [
        (
            row["identity_id"],
            (row["started_at"] - NINE).total_seconds(),
            (row["ended_at"] - NINE).total_seconds(),
        )
        for row in asked(*parts, **options)
    ]


def test_a_track_without_a_name_is_an_attendance_of_somebody():
    (row,) = asked(track(1, 0, 12.5))
    assert row == {
        "identity_id": None,
        "started_at": at(0),
        "ended_at": at(12.5),
        "seconds": 12.5,
        "entry_camera_id": "hall",
        "exit_camera_id": "hall",
        "tracks": [{"camera_id": "hall", "track_id": 1}],
        "zone_ids": [],
        "dwell_s": [],
    }


def test_nothing_seen_is_no_attendance():
    assert asked() == []


def test_a_flicker_is_no_attendance():
    flicker = track(2, 30, 30.9, DOOR)
    assert spans(track(1, 0, 10), flicker) == [(None, 0, 10)]
    assert spans(flicker, least_s=0) == [(None, 30, 30.9)]


def test_people_who_are_there_together_have_an_attendance_each():
    together = [track(1, 0, 20), track(2, 5, 30, NEXT_SEAT), track(1, 2, 8, camera="yard")]
    assert spans(*together) == [(None, 0, 20), (None, 2, 8), (None, 5, 30)]


def test_who_sits_at_the_same_place_soon_after_stayed():
    (row,) = asked(track(1, 0, 20), track(2, 50, 70), track(3, 120, 140))
    assert (row["started_at"], row["ended_at"]) == (at(0), at(140))
    assert [each["track_id"] for each in row["tracks"]] == [1, 2, 3]


@pytest.mark.parametrize(
    "later",
    [
        track(2, 80.5, 100),  # more than a minute later
        track(2, 50, 70, NEXT_SEAT),
        track(2, 50, 70, walk=0.05),  # walks away
        track(2, 50, 52.5),  # not long enough to tell
        track(2, 50, 70, camera="yard"),
        track(2, 20, 40),  # at the very moment the other is still seen
    ],
)
def test_who_came_later_or_stands_elsewhere_is_somebody_else(later):
    assert len(asked(track(1, 0, 20), later)) == 2


def test_who_walked_away_is_not_who_stands_there_next():
    """As at a door: the next who comes through it is in the same place."""
    assert len(asked(track(1, 0, 20, walk=0.05), track(2, 30, 50, (1.35, 0.4)))) == 2


def test_a_place_is_taken_by_the_first_who_comes_back():
    first, second = track(2, 25, 40), track(3, 26, 45, (0.41, 0.4))
    assert spans(track(1, 0, 20), second, first) == [(None, 0, 40), (None, 26, 45)]


def test_who_comes_back_goes_on_from_the_last_who_was_lost_there():
    assert spans(track(1, 0, 20), track(2, 5, 30, (0.41, 0.4)), track(3, 40, 60)) == [
        (None, 0, 20),
        (None, 5, 60),
    ]


def test_rejoining_can_be_left_out():
    parts = track(1, 0, 20), track(2, 21, 40)
    assert len(asked(*parts)) == 1
    assert len(asked(*parts, rejoin_s=0)) == 2


def test_tracks_of_one_name_are_one_attendance_until_they_are_away_for_long():
    tracks = track(1, 0, 20), track(2, 320, 330, DOOR, camera="yard"), track(3, 630.5, 640)
    names = name(1, 5, "ada"), name(2, 321, "ada", camera="yard"), name(3, 632, "ada")
    assert spans(*tracks, *names) == [("ada", 0, 330), ("ada", 630.5, 640)]
    first, _ = asked(*tracks, *names)
    assert (first["entry_camera_id"], first["exit_camera_id"]) == ("hall", "yard")


def test_a_short_attendance_with_a_name_is_one():
    assert spans(track(1, 0, 0.5), name(1, 0.5, "ada")) == [("ada", 0, 0.5)]


def test_a_track_that_is_named_later_moves_to_the_attendance_of_that_name():
    tracks = track(1, 0, 20), track(2, 30, 50, DOOR)
    assert spans(*tracks, name(1, 5, "ada")) == [("ada", 0, 20), (None, 30, 50)]
    assert spans(*tracks, name(1, 5, "ada"), name(2, 49, "ada", decision="carried")) == [
        ("ada", 0, 50)
    ]


@pytest.mark.parametrize("decision", ["review", "unknown"])
def test_what_is_not_a_name_names_nobody(decision):
    assert spans(track(1, 0, 20), name(1, 5, "ada", decision=decision)) == [(None, 0, 20)]


def test_a_name_is_not_passed_on_to_who_has_none():
    """A wrong name is worse than none: place alone is not enough for it."""
    assert spans(track(1, 0, 20), name(1, 5, "ada"), track(2, 25, 40)) == [
        ("ada", 0, 20),
        (None, 25, 40),
    ]


def test_zones_are_named_in_the_order_they_were_entered_with_the_time_in_each():
    crossings = zone(1, 5, 8, "till"), zone(1, 1, 4), zone(1, 10, 12)
    (row,) = asked(track(1, 0, 20), *crossings)
    assert row["zone_ids"] == ["table", "till", "table"]
    assert dict(row["dwell_s"]) == {"table": 5, "till": 3}


def test_who_has_not_left_a_zone_was_there_until_last_seen():
    (row,) = asked(track(1, 0, 20), zone(1, 5, None))
    assert dict(row["dwell_s"]) == {"table": 15}


def test_who_was_hidden_within_a_zone_stayed_in_it():
    crossings = zone(1, 5, 20), zone(2, 50, 60)
    (row,) = asked(track(1, 0, 20), track(2, 50, 70), *crossings)
    assert row["zone_ids"] == ["table"]
    assert dict(row["dwell_s"]) == {"table": 55}


def test_a_zone_that_was_left_before_somebody_was_hidden_is_entered_anew():
    crossings = zone(1, 5, 10), zone(2, 52, 60)
    (row,) = asked(track(1, 0, 20), track(2, 50, 70), *crossings)
    assert row["zone_ids"] == ["table", "table"]
    assert dict(row["dwell_s"]) == {"table": 13}


def test_who_dithers_between_zones_has_as_long_a_list_of_them_as_a_visit_has():
    to_and_fro = [
        zone(1, second / 10, second / 10 + 0.05, "left" if second % 2 else "right")
        for second in range(MOST_IN_ORDER + 100)
    ]
    parts = [*to_and_fro, zone(1, 150, 151, "till"), zone(1, 152, 153), zone(1, 154, 155, "till")]
    (row,) = asked(track(1, 0, 160), *parts)
    entries = ZoneEntries((each[0].occurred_at, each[0].zone_id) for each in parts)
    assert row["zone_ids"] == [entry.zone_id for entry in entries]
    assert len(row["zone_ids"]) == MOST_IN_ORDER + 2
    assert dict(row["dwell_s"])["till"] == 2


def test_time_in_a_zone_that_two_cameras_see_counts_once():
    crossings = zone(1, 5, 15), zone(1, 8, 18, camera="yard")
    names = name(1, 3, "ada"), name(1, 3, "ada", camera="yard")
    (row,) = asked(track(1, 0, 20), track(1, 0, 20, camera="yard"), *names, *crossings)
    assert row["zone_ids"] == ["table"]
    assert dict(row["dwell_s"]) == {"table": 13}


def test_attendances_are_asked_for_by_when_they_began():
    parts = track(1, 0, 20), track(2, 30, 50, DOOR), track(3, 60, 70, DOOR, walk=0.05)
    assert spans(*parts, since=at(30)) == [(None, 30, 50), (None, 60, 70)]
    assert spans(*parts, since=at(30), until=at(60)) == [(None, 30, 50)]
    assert spans(*parts, until=at(30)) == [(None, 0, 20)]


class Watched(dict):
    """Tables that know of which times they were looked for, and have no others."""

    def between(self, since, until):
        self.since, self.until = since, until
        return {
            name: table.filter(
                pc.and_(
                    pc.greater_equal(table["occurred_at"], since),
                    pc.less(table["occurred_at"], until),
                )
            )
            for name, table in self.items()
        }


HOUR = 3600.0


def test_of_a_range_only_what_can_tell_of_it_is_looked_at():
    """Somebody is seen for a minute every hour, from three hours before the range for two days."""
    parts = [
        event
        for number in range(-3, 45)
        for event in (
            *track(number, number * HOUR, number * HOUR + 60),
            *name(number, number * HOUR + 1, "ada"),
        )
    ]
    known = Watched(tables_of(parts))
    of_a_day = {"until": at(12 * HOUR), "visit_gap_s": HOUR}
    assert not len(attendances(known, since=at(0), **of_a_day))  # began before
    for tables in (known, {**known}):
        (row,) = attendances(tables, since=at(-3 * HOUR), **of_a_day).to_pylist()
        assert (row["started_at"], row["ended_at"]) == (at(-3 * HOUR), at(35 * HOUR + 60))
    assert (known.since, known.until) == (at(-8 * HOUR), at(36 * HOUR))


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigurationError, match="is not before"):
        asked(since=at(1), until=at(1))
    with pytest.raises(ConfigurationError, match="least_s must be 0 or more"):
        asked(least_s=-1)


MINUTE = 60.0
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True)
class Sat:
    """Somebody on a seat, or who walks past it."""

    since_s: float
    minutes: float
    place: Place
    who: str | None
    walks: bool

    def events(self, number: int) -> list[Event]:
        until_s = self.since_s + self.minutes * MINUTE
        ends = {self.since_s + s for s in range(4)} | {until_s - s for s in range(4)}
        seconds = ends | {self.since_s + 1800 * n for n in range(int(self.minutes // 30))}
        boxes = [(s, self.place[0] + self.walks * (s - self.since_s) / 20) for s in seconds]
        sights = [
            TrackObserved(
                **OWN, camera_id="hall", occurred_at=at(s), track_id=number, frame_index=0,
                x1=x, y1=self.place[1], x2=x + 0.1, y2=self.place[1] + 0.3, confidence=0.9,
            )
            for s, x in boxes
        ]  # fmt: skip
        named = name(number, self.since_s + 2, self.who) if self.who else []
        return [*sights, *named, *zone(number, self.since_s + 1, until_s)]


SATS = st.builds(
    Sat,
    since_s=st.integers(0, int(3 * DAY) // 30).map(lambda half_minutes: 30.0 * half_minutes),
    minutes=st.sampled_from([0.1, 0.5, 5, 60, 230]),
    place=st.sampled_from([SEAT, NEXT_SEAT]),
    who=st.sampled_from([None, None, "ada", "bob"]),
    walks=st.booleans(),
)


def one_after_the_other(sats: list[Sat]) -> list[Sat]:
    """Let each sit down where the one before did, half a minute after that one rose."""
    seated = sats[:1]
    for sat in sats[1:]:
        rose_s = seated[-1].since_s + seated[-1].minutes * MINUTE
        seated.append(replace(sat, since_s=rose_s + 30, place=sats[0].place))
    return seated


@settings(max_examples=15, deadline=None)
@given(
    apart=st.lists(SATS, max_size=6),
    together=st.lists(SATS, max_size=8).map(one_after_the_other),
    cuts=st.lists(st.integers(1, 3 * 24 - 1), max_size=4),
)
@example(
    apart=[],
    together=one_after_the_other([Sat(0, 230, SEAT, None, walks=False)] * 7),
    cuts=[1],
)
def test_a_range_has_the_attendances_of_all_time_that_began_in_it_whatever_its_pieces(
    apart, together, cuts
):
    sats = [*apart, *together]
    own = tables_of([event for number, sat in enumerate(sats) for event in sat.events(number)])
    edges = [at(3600.0 * hours) for hours in sorted({0, *cuts, 3 * 24})]

    def cut(ask, _since, _until):
        return pa.concat_tables([ask(*ends) for ends in pairwise(edges)])

    with patch.object(module, "in_pieces", cut):
        found = attendances(own, since=edges[0], until=edges[-1]).to_pylist()
    everything = attendances(own).to_pylist()
    assert found == [row for row in everything if row["started_at"] < edges[-1]]


def test_gaps_beyond_all_reason_are_as_good_as_endless():
    events = [*track(1, 0, 9), *name(1, 2, "ada"), *track(2, 600, 609), *name(2, 602, "ada")]
    (row,) = attendances(tables_of(events), visit_gap_s=1e300).to_pylist()
    assert len(row["tracks"]) == 2
