from dataclasses import replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.analytics import overview
from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.query import run
from genesis_ray.domain.events import FaceRecognized, TrackObserved, ZoneCrossed
from genesis_ray.domain.places.zone_entries import MOST_IN_ORDER
from genesis_ray.domain.recognition.ledger import (
    Confirm,
    Merge,
    Reject,
    Split,
    Undo,
    WhoIsWho,
    fold,
)
from genesis_ray.domain.recognition.people import visitor
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.store.events.rows import in_order
from genesis_ray.store.schemas import EVENT_SCHEMAS, to_tables

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
GAP = timedelta(seconds=10)
ANN, BEN, CAT = "ann", "ben", "cat"
PEOPLE = [visitor(each, at=NOON) for each in (ANN, BEN, CAT)]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def stay(identity_id, track_id, since, until, *, camera_id="door", zone=None, tenant_id="default"):
    """Return the events of a track that is named at its first sight and seen every second."""
    own = {
        "tenant_id": tenant_id, "site_id": "site", "camera_id": camera_id, "track_id": track_id,
    }  # fmt: skip
    seen = [
        TrackObserved(
            **own, occurred_at=at(second), frame_index=second, x1=0.1, y1=0.1, x2=0.2, y2=0.9,
            confidence=0.9,
        )
        for second in range(since, until + 1)
    ]  # fmt: skip
    named = FaceRecognized(
        **own, occurred_at=at(since), identity_id=identity_id, decision="named", similarity=0.9,
        runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="", is_new=False,
        embedder="fused",
    )  # fmt: skip
    zones = [zone] if zone else []
    entered = [
        ZoneCrossed(**own, occurred_at=at(since), zone_id=each, direction="enter") for each in zones
    ]
    return [*seen, named, *entered]


def written(*stays, is_over: bool = True) -> dict[str, pa.Table]:
    """Return what a journal makes of tracks, and all of it as tables."""
    events = sorted((event for own in stays for event in own), key=lambda each: each.occurred_at)
    tenants = {event.tenant_id for event in events}
    journals = {
        each: SiteJournal(tenant_id=each, site_id="site", visit_gap=GAP) for each in tenants
    }
    told = []
    for event in events:
        told += [event, *journals[event.tenant_id].apply(event)]
    if is_over:
        told += [event for journal in journals.values() for event in journal.finish()]
    tables = to_tables(told)
    return {name: tables.get(name, schema.empty_table()) for name, schema in EVENT_SCHEMAS.items()}


def review(identity_id, track_id, second) -> FaceRecognized:
    """Return that a track may be somebody, whom a person is to look at; "" that it is unknown."""
    return FaceRecognized(
        tenant_id="default", site_id="site", camera_id="door", track_id=track_id,
        occurred_at=at(second), identity_id=identity_id,
        decision="review" if identity_id else "unknown", similarity=0.45,
        runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="", is_new=False,
        embedder="fused",
    )  # fmt: skip


def present(tables, *entries, who: WhoIsWho | None = None) -> PresentTables:
    decided = who or fold(entries, PEOPLE)
    return PresentTables(tables, lambda: decided, tenant_id="default", visit_gap=GAP)


def own(number) -> dict[str, object]:
    return {"entry_id": str(number), "at": NOON, "by": "eve", "why": ""}


def merge(one, other, number=0) -> Merge:
    return Merge(**own(number), identity_id=one, other_id=other)


def sight(identity_id, track_id, since, until, camera_id="door") -> TrackSight:
    return TrackSight(
        identity_id=identity_id, camera_id=camera_id, track_id=track_id, since=at(since),
        until=at(until),
    )  # fmt: skip


def split(identity_id, *tracks, number=0) -> Split:
    return Split(**own(number), identity_id=identity_id, new_id="new", tracks=tracks)


def visits(tables) -> list[tuple]:
    """Return who was there from when until when, in seconds, and in which zones."""
    rows = run("FROM visits ORDER BY started_at, identity_id", tables).to_pylist()
    return [
        (
            row["identity_id"],
            (row["started_at"] - NOON).total_seconds(),
            row["ended_at"] and (row["ended_at"] - NOON).total_seconds(),
            row["zone_ids"],
        )
        for row in rows
    ]


def names(tables) -> list[str]:
    rows = run("SELECT identity_id FROM face_recognitions ORDER BY occurred_at", tables)
    return rows["identity_id"].to_pylist()


TWO = written(stay(ANN, 1, 0, 20), stay(BEN, 1, 5, 30, camera_id="till", zone="desk"))


def test_where_nothing_was_decided_tables_are_as_they_were_written():
    tables = present(TWO)
    assert all(tables[name] is TWO[name] for name in EVENT_SCHEMAS)


def test_after_a_merge_there_is_one_person_where_two_were_and_after_its_undo_two_again():
    assert visits(present(TWO)) == [(ANN, 0, 20, []), (BEN, 5, 30, ["desk"])]
    merged = present(TWO, merge(ANN, BEN))
    assert visits(merged) == [(ANN, 0, 30, ["desk"])]
    assert names(merged) == [ANN, ANN]
    (visitor,) = overview.visitors(merged).to_pylist()
    assert visitor["camera_ids"] == ["door", "till"]
    undone = present(TWO, merge(ANN, BEN), Undo(**own(1), undone_id="0"))
    assert visits(undone) == visits(present(TWO))
    assert names(undone) == [ANN, BEN]


def test_visits_further_apart_than_the_gap_stay_two_of_one_person():
    tables = written(stay(ANN, 1, 0, 20), stay(BEN, 2, 31, 40), stay(BEN, 3, 50, 60))
    rows = present(tables, merge(ANN, BEN))
    assert visits(rows) == [(ANN, 0, 20, []), (ANN, 31, 60, [])]
    assert rows["visits"].drop_columns(["identity_id"]) == tables["visits"].sort_by(
        [("occurred_at", "ascending"), ("event_id", "ascending")]
    ).drop_columns(["identity_id"])


def test_a_visit_that_goes_on_makes_the_visit_that_it_is_joined_with_go_on():
    tables = written(stay(ANN, 1, 0, 5), stay(BEN, 2, 10, 90), is_over=False)
    assert visits(present(tables, merge(ANN, BEN))) == [(ANN, 0, None, [])]


def test_a_track_that_was_split_off_takes_its_part_of_the_visit_with_it():
    tables = written(
        stay(ANN, 1, 0, 20), stay(ANN, 2, 15, 40, zone="desk"), stay(ANN, 3, 45, 60, zone="sill")
    )
    assert visits(present(tables)) == [(ANN, 0, 60, ["desk", "sill"])]
    parted = present(tables, split(ANN, sight(ANN, 2, 15, 40)))
    assert visits(parted) == [
        (ANN, 0, 20, []),
        ("new", 15, 40, ["desk"]),
        (ANN, 45, 60, ["sill"]),
    ]
    assert names(parted) == [ANN, "new", ANN]


def test_a_rejected_track_is_nobodys():
    tables = written(stay(ANN, 1, 0, 20), stay(ANN, 2, 5, 40), stay(BEN, 3, 5, 6))
    rejected = present(tables, Reject(**own(0), track=sight(ANN, 2, 5, 40)))
    assert visits(rejected) == [(ANN, 0, 20, []), (BEN, 5, 6, [])]
    assert names(rejected) == [ANN, BEN]


def test_what_was_written_is_there_under_another_name():
    tables = present(TWO, merge(ANN, BEN))
    query = "SELECT identity_id FROM face_recognitions_as_written ORDER BY 1"
    assert run(query, tables)["identity_id"].to_pylist() == [ANN, BEN]
    assert len(run("FROM visit_events_as_written", tables)) == 4
    assert len(run("FROM visit_events", tables)) == 2
    assert run("FROM identity_aliases", tables).to_pylist() == [
        {"identity_id": BEN, "present_id": ANN}
    ]
    assert len(tables) == len(list(tables)) == len(EVENT_SCHEMAS) + 8


def test_other_tenants_rows_are_as_they_were_written():
    tables = written(stay(BEN, 1, 0, 20), stay(BEN, 1, 0, 20, tenant_id="acme"))
    query = "SELECT tenant_id, identity_id FROM {} ORDER BY ALL"
    for table in ("face_recognitions", "visits"):
        rows = run(query.format(table), present(tables, merge(ANN, BEN)))
        assert rows.to_pylist() == [
            {"tenant_id": "acme", "identity_id": BEN},
            {"tenant_id": "default", "identity_id": ANN},
        ]


def test_rows_keep_their_columns_their_order_and_an_id_each():
    tables = written(*(stay(ANN, number, 3 * number, 3 * number + 20) for number in range(9)))
    shown = present(tables, split(ANN, sight(ANN, 4, 12, 32)), merge(BEN, ANN, 1))
    for name in ("face_recognitions", "visits"):
        rows = shown[name]
        assert rows.schema == EVENT_SCHEMAS[name]
        order = [(row["occurred_at"], row["event_id"]) for row in rows.to_pylist()]
        assert order == sorted(set(order))


def test_the_decisions_that_count_are_those_of_the_moment_of_asking():
    decided = []
    tables = PresentTables(TWO, lambda: fold(decided, PEOPLE), tenant_id="default", visit_gap=GAP)
    assert names(tables) == [ANN, BEN]
    decided.append(merge(ANN, BEN))
    assert names(tables) == [ANN, ANN]


def in_doubt(identity_id, track_id, since, until, **how):
    """Return the events of a track that is for review as somebody from its first sight on."""
    return [
        replace(event, decision="review") if isinstance(event, FaceRecognized) else event
        for event in stay(identity_id, track_id, since, until, **how)
    ]


def confirm(identity_id, track_id, since, until, number=0) -> Confirm:
    return Confirm(**own(number), track=sight(identity_id, track_id, since, until))


def test_a_confirmed_track_has_its_name_and_is_part_of_their_visit():
    tables = written(stay(ANN, 1, 0, 5), in_doubt(BEN, 2, 8, 20, zone="desk"), [review("", 3, 90)])
    shown = present(tables, confirm(ANN, 2, 8, 20), confirm(CAT, 3, 90, 90, 1))
    assert found(shown) == [(1, "named", ANN), (2, "named", ANN), (3, "named", CAT)]
    assert visits(shown) == [(ANN, 0, 20, ["desk"]), (CAT, 90, 90, [])]
    assert len(shown["face_recognitions_as_written"]) == 3
    undone = present(tables, confirm(ANN, 2, 8, 20), Undo(**own(1), undone_id="0"))
    assert found(undone) == found(present(tables))
    assert visits(undone) == [(ANN, 0, 5, [])]


def test_a_track_that_was_in_doubt_twice_enters_its_zones_once_when_it_is_confirmed():
    twice = [*in_doubt(BEN, 2, 8, 20, zone="desk"), review(BEN, 2, 15)]
    shown = present(written(twice), confirm(ANN, 2, 8, 20))
    assert found(shown) == [(2, "named", ANN)] * 2
    assert visits(shown) == [(ANN, 8, 20, ["desk"])]


def test_zones_of_visits_that_are_one_now_are_no_longer_a_list_than_those_of_one():
    def many(who, track_id, since):
        crossings = [
            ZoneCrossed(
                tenant_id="default", site_id="site", camera_id="door", track_id=track_id,
                occurred_at=at(since + number / 100), direction="enter",
                zone_id="left" if number % 2 else "right",
            )
            for number in range(700)
        ]  # fmt: skip
        return [*stay(who, track_id, since, since + 8), *crossings]

    shown = present(written(many(ANN, 1, 0), many(BEN, 2, 9)), merge(ANN, BEN))
    ((_, _, _, zones),) = visits(shown)
    assert zones == ["right", "left"] * (MOST_IN_ORDER // 2)


def test_who_is_merged_later_is_that_one_for_a_confirmed_track_too():
    tables = written(stay(ANN, 1, 0, 5), in_doubt(BEN, 2, 50, 60))
    shown = present(tables, confirm(BEN, 2, 50, 60), merge(ANN, BEN, 1))
    assert visits(shown) == [(ANN, 0, 5, []), (ANN, 50, 60, [])]


def test_a_confirmed_track_that_is_rejected_later_is_nobodys():
    tables = written(in_doubt(ANN, 2, 0, 9))
    rejected = Reject(**own(1), track=sight(ANN, 2, 0, 9))
    shown = present(tables, confirm(ANN, 2, 0, 9), rejected)
    assert (found(shown), visits(shown)) == ([], [])


def test_a_track_whose_number_comes_again_later_is_not_confirmed():
    tables = written(in_doubt(ANN, 2, 0, 9), in_doubt(BEN, 2, 700, 709))
    assert found(present(tables, confirm(CAT, 2, 0, 9))) == [
        (2, "named", CAT),
        (2, "review", BEN),
    ]


stays = st.lists(
    st.tuples(
        st.sampled_from([ANN, BEN, CAT]), st.integers(0, 90), st.integers(0, 30), st.booleans()
    ),
    min_size=1,
    max_size=8,
)
"""Tracks: whose, from which second on, how many seconds long, and whether in doubt."""


@st.composite
def decisions(draw):
    tracks = draw(stays)
    entries = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["merge", "split", "reject", "confirm"]))
        one, other = draw(st.permutations([ANN, BEN, CAT]))[:2]
        place = draw(st.integers(0, len(tracks) - 1))
        named, since, length, is_in_doubt = tracks[place]
        spot = sight(named, place, since, since + length)
        if kind == "merge":
            entries.append(merge(one, other, number))
        elif kind == "confirm":
            if is_in_doubt:
                entries.append(confirm(other, place, since, since + length, number))
        elif kind == "split":
            entries.append(replace(split(named, spot, number=number), new_id=f"new {number}"))
        else:
            entries.append(Reject(**own(number), track=replace(spot, identity_id=one)))
    return tracks, fold(entries, PEOPLE)


@settings(max_examples=10)
@given(decisions())
def test_history_is_as_it_would_be_had_it_been_known_all_along(drawn):
    tracks, who = drawn
    known, right = [], []
    for number, (named, since, length, is_in_doubt) in enumerate(tracks):
        told = in_doubt if is_in_doubt else stay
        known.append(told(named, number, since, since + length))
        present_id = who.of_track(named, "door", number, at(since))
        told = in_doubt if is_in_doubt and ("door", number) not in who.confirmed else stay
        events = told(present_id or "", number, since, since + length)
        right.append([e for e in events if present_id or not isinstance(e, FaceRecognized)])
    shown, expected = present(written(*known), who=who), written(*right)
    assert sorted(found(shown)) == sorted(found(expected))
    assert visits(shown) == visits(expected)


def told_of(tracks) -> dict[str, pa.Table]:
    """Return what is written of drawn tracks."""
    return written(
        *(
            (in_doubt if is_in_doubt else stay)(named, number, since, since + length)
            for number, (named, since, length, is_in_doubt) in enumerate(tracks)
        )
    )


@settings(max_examples=5)
@given(decisions())
def test_visits_made_anew_and_those_of_other_people_are_all_visits(drawn):
    tracks, who = drawn
    tables = told_of(tracks)
    shown = present(tables, who=who)
    now = shown.visits_now()
    identity_ids, changed = (now.identity_ids, now.rows.to_pylist()) if now else ((), [])
    written_so = tables["visits"].to_pylist()
    rest = [row for row in written_so if row["identity_id"] not in identity_ids]
    every = in_order(shown["visits"]).to_pylist()
    assert sorted([*rest, *changed], key=itemgetter("occurred_at", "event_id")) == every


@settings(max_examples=5)
@given(decisions())
def test_some_names_are_shown_as_all_are(drawn):
    tracks, who = drawn
    tables = told_of(tracks)
    shown = present(tables, who=who)
    every = in_order(tables["face_recognitions"])
    parts = [shown.names_now(every.slice(place, 2)) for place in range(0, len(every), 2)]
    assert pa.concat_tables(parts).to_pylist() == in_order(shown["face_recognitions"]).to_pylist()


@pytest.mark.parametrize("table", ["nothing", "people"])
def test_a_table_that_is_not_there_is_not_there(table):
    with pytest.raises(KeyError):
        present(TWO)[table]


def found(tables) -> list[tuple[int, str, str]]:
    rows = tables["face_recognitions"].to_pylist()
    return [(row["track_id"], row["decision"], row["identity_id"]) for row in rows]


def test_what_is_for_review_and_who_is_unknown_stay_in_the_table_and_visit_nobody():
    tables = written(
        stay(ANN, 1, 0, 5), [review(BEN, 2, 3)], [review("", 3, 4)], stay(BEN, 4, 50, 55)
    )
    shown = present(tables, merge(ANN, BEN))
    assert found(shown) == [
        (1, "named", ANN), (2, "review", ANN), (3, "unknown", ""), (4, "named", ANN),
    ]  # fmt: skip
    assert len(run("FROM visits", shown)) == 2


def test_a_review_is_done_once_its_track_is_rejected():
    tables = written([review(ANN, 2, 3)])
    rejected = Reject(**own(1), track=sight(ANN, 2, 0, 9))
    assert found(present(tables, rejected)) == []


def test_the_overview_names_nobody_who_is_only_for_review():
    tables = written(stay(ANN, 1, 0, 5), stay("", 2, 0, 5)[:-1], [review(BEN, 2, 3)])
    (camera,) = overview.cameras(tables).to_pylist()
    assert (camera["people"], camera["identity_ids"]) == (2, [ANN])
    tables = written(stay(ANN, 1, 0, 5), [*stay(ANN, 2, 0, 5, camera_id="till")[:-1]],
                     [replace(review(ANN, 2, 3), camera_id="till")])  # fmt: skip
    (visitor_,) = overview.visitors(tables).to_pylist()
    assert visitor_["camera_ids"] == ["door"]


def test_a_visit_that_a_carried_name_made_longer_is_cut_where_the_track_is_rejected():
    carried = [
        replace(event, decision="carried", gate="appearance")
        if isinstance(event, FaceRecognized)
        else event
        for event in stay(ANN, 2, 8, 12, camera_id="till")
    ]
    tables = written(stay(ANN, 1, 0, 5), carried)
    whole = PresentTables(tables, lambda: fold([], PEOPLE), tenant_id="default", visit_gap=GAP)
    assert whole["visits"]["ended_at"].to_pylist() == [None, at(12)]
    sight = TrackSight(identity_id=ANN, camera_id="till", track_id=2, since=at(8), until=at(12))
    rejected = Reject(entry_id="1", at=NOON, by="eve", why="", track=sight)
    who = fold([rejected], PEOPLE)
    cut = PresentTables(tables, lambda: who, tenant_id="default", visit_gap=GAP)
    assert cut["visits"]["ended_at"].to_pylist() == [None, at(5)]


class Unread:
    """A stored table that nobody may read."""

    def __getattr__(self, name):
        raise AssertionError(f"{name} was asked for")


def test_what_nobody_decided_about_is_handed_on_unread():
    stored = {name: Unread() for name in EVENT_SCHEMAS}
    tables = PresentTables(stored, lambda: fold([], PEOPLE), tenant_id="default", visit_gap=GAP)
    for name in EVENT_SCHEMAS:
        assert tables[name] is stored[name]
    assert tables["visit_events_as_written"] is stored["visits"]


def test_tracks_are_not_read_where_identities_were_only_merged():
    merged = fold([Merge(entry_id="1", at=NOON, by="eve", why="", identity_id=ANN, other_id=BEN)],
                  PEOPLE)  # fmt: skip
    tables = {**written(stay(ANN, 1, 0, 5)), "face_scores": Unread()}
    shown = PresentTables(tables, lambda: merged, tenant_id="default", visit_gap=GAP)
    assert len(shown["visits"]) == 2
