"""Rows of event tables without a person: what is counted stays, and nobody is named by it.

Each visit of theirs becomes the one visit of somebody who is never seen again: so visits, their
times and zones are counted as before, and no two are known to be of one person any more.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from genesis_ray.analytics.present import NAMES, VISITS, PresentTables
from genesis_ray.analytics.stored import Tables, whole
from genesis_ray.domain.events import (
    FalseMergeFound,
    GateRejected,
    IdentityNoted,
    VisitEnded,
    VisitStarted,
)
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.stable_ids import stable_id

SCORES = "face_scores"

Said = GateRejected | FalseMergeFound | IdentityNoted

SAID: dict[str, type[Said]] = {
    "gate_rejections": GateRejected,
    "false_merges": FalseMergeFound,
    "identity_events": IdentityNoted,
}
"""The tables of what the gate, or another system, said of people, and what their rows are."""

_Track = tuple[str, int]
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnonymousRows:
    """The rows of a run with names and visits, without the person.

    Attributes:
        changed: How many rows were theirs.
        tracks: Camera and track id of what was named the person.
    """

    names: pa.Table
    visits: pa.Table
    changed: int
    tracks: frozenset[_Track]


class _Stay(NamedTuple):
    started_at: datetime
    ended_at: datetime
    identity_id: str


def without_person(
    written: Tables,
    read_by: WhoIsWho,
    identity_ids: Sequence[str],
    *,
    tenant_id: str,
    gap_s: float,
    stranger: str | None = None,
) -> AnonymousRows:
    """Return the rows of one tenant without a person.

    Args:
        written: The event tables, with rows of that tenant alone. Of those with sights of tracks
            and crossings nothing is read, unless a track was taken from somebody.
        read_by: By what the rows are to be read one last time, see `Forgetting`.
        identity_ids: All that are the person, first whom the rows of theirs name then.
        tenant_id: Whose rows they are.
        gap_s: How far apart visits of one identity are at least, seconds.
        stranger: As whom they go on in a system that runs: whose the visit is that has no end,
            and tracks after all visits.
    """
    read = PresentTables(
        written, lambda: read_by, tenant_id=tenant_id, visit_gap=timedelta(seconds=gap_s)
    )
    person = identity_ids[0]
    visits, stays, changed_visits = _visits(
        whole(read[VISITS]), whole(written[VISITS]), person, stranger
    )
    names, tracks, changed_names = _names(whole(read[NAMES]), stays, person, stranger)
    names = _without_rivals(names, identity_ids, tracks)
    return AnonymousRows(names, visits, changed_names + changed_visits, frozenset(tracks))


def without_scores(
    scores: pa.Table, identity_ids: Collection[str], tracks: Collection[_Track]
) -> tuple[pa.Table, int]:
    """Return rows of face scores without what is similar to a person, and how many had that.

    Of `tracks`, which are the person's, no similarity is kept: to whom else faces are similar,
    and how much, would tell them from others.
    """
    gone, own = set(identity_ids), set(tracks)
    theirs = pc.is_in(scores["track_id"], value_set=pa.array([each for _, each in own], pa.int64()))
    places = np.union1d(_with_any_of(scores["candidate_ids"], gone), np.flatnonzero(theirs))
    rows: list[dict[str, Any]] = scores.take(places).to_pylist()
    changed = 0
    for row in rows:
        ids, is_own = row["candidate_ids"], (row["camera_id"], row["track_id"]) in own
        kept = [
            (one, similarity)
            for one, similarity in zip(ids, row["similarities"], strict=True)
            if not is_own and one not in gone
        ]
        changed += len(kept) < len(ids)
        row["candidate_ids"] = [one for one, _ in kept]
        row["similarities"] = [similarity for _, similarity in kept]
    return _replaced(scores, places, rows), changed


def without_said(
    rows: pa.Table, kind: type[Said], identity_ids: Collection[str]
) -> tuple[pa.Table, int]:
    """Return rows of what was said, a person's as of somebody each, and how many those are."""
    theirs = pc.is_in(rows["identity_id"], value_set=pa.array([*identity_ids], pa.string()))
    places = np.flatnonzero(theirs)
    changed: list[dict[str, Any]] = rows.take(places).to_pylist()
    for row in changed:
        row["identity_id"] = str(uuid4())
        row["event_id"] = kind(**{field.name: row[field.name] for field in fields(kind)}).event_id
    return _replaced(rows, places, changed), len(changed)


def _without_rivals(
    names: pa.Table, identity_ids: Collection[str], tracks: Collection[_Track]
) -> pa.Table:
    """Return rows that name tracks without the person as the next likely, and without theirs."""
    rivals: list[Any] = names["runner_up_id"].to_pylist()
    places = zip(names["camera_id"].to_pylist(), names["track_id"].to_pylist(), strict=True)
    kept = [
        None if rival in identity_ids or track in tracks else rival
        for rival, track in zip(rivals, places, strict=True)
    ]
    return _with(names, "runner_up_id", kept)


def _visits(
    rows: pa.Table, written: pa.Table, person: str, stranger: str | None
) -> tuple[pa.Table, dict[str, _Stay], int]:
    """Return rows of visits with those of a person made somebody's, and these stays.

    Their ids are those that a journal gives, which goes on with visits that are open.
    """
    known = pc.is_in(rows["visit_id"], value_set=written["visit_id"])
    differ = pc.or_(pc.equal(rows["identity_id"], pa.scalar(person)), pc.invert(known))
    # With both rows of each of these visits.
    of_these = pc.is_in(rows["visit_id"], value_set=rows.filter(differ)["visit_id"])
    places = np.flatnonzero(of_these)
    made: list[dict[str, Any]] = rows.take(places).to_pylist()
    is_known: list[Any] = known.take(places).to_pylist()
    opened_at = {row["visit_id"]: row["started_at"] for row in made}
    opened_at |= {row["visit_id"]: row["started_at"] for row in made if not row["ended_at"]}
    stays: dict[str, _Stay] = {}
    if stranger and (going_on := _left_open(made, person)):
        stays[going_on["visit_id"]] = _Stay(going_on["started_at"], _NEVER, stranger)
    changed = 0
    for row, stays_as_it_is in zip(made, is_known, strict=True):
        visit_id = row["visit_id"]
        if row["identity_id"] == person:
            stay = stays.get(visit_id) or _Stay(row["started_at"], _NEVER, str(uuid4()))
            stays[visit_id] = stay = stay._replace(
                started_at=min(stay.started_at, row["started_at"]),
                ended_at=row["ended_at"] or stay.ended_at,
            )
            row["identity_id"] = stay.identity_id
            changed += 1
        elif stays_as_it_is:
            continue
        key = (row["tenant_id"], "visit", row["identity_id"], opened_at[visit_id])
        row["visit_id"] = str(stable_id(*key))
        row["event_id"] = _event_id(row)
    return _replaced(rows, places, made), stays, changed


def _left_open(rows: Sequence[Mapping[str, Any]], person: str) -> Mapping[str, Any] | None:
    """Return the row of the visit of a person that goes on; None where there is none."""
    own = [row for row in rows if row["identity_id"] == person]
    ended = {row["visit_id"] for row in own if row["ended_at"]}
    is_open = (row for row in own if row["visit_id"] not in ended)
    return max(is_open, key=lambda row: row["started_at"], default=None)


def _event_id(row: Mapping[str, Any]) -> bytes:
    kind = VisitEnded if row["ended_at"] else VisitStarted
    return kind(**{field.name: row[field.name] for field in fields(kind)}).event_id


def _names(
    rows: pa.Table, stays: Mapping[str, _Stay], person: str, stranger: str | None
) -> tuple[pa.Table, set[_Track], int]:
    """Return rows that name tracks, those of a person as who made the visit of that time."""
    in_order = sorted(stays.values())
    starts = [stay.started_at for stay in in_order]
    identity_ids: list[Any] = rows["identity_id"].to_pylist()
    changed = [place for place, one in enumerate(identity_ids) if one == person]
    tracks: set[_Track] = set()
    for place in changed:
        at, camera_id, track_id = (
            rows[name][place].as_py() for name in ("occurred_at", "camera_id", "track_id")
        )
        identity_ids[place] = _visitor_at(at, in_order, starts, stranger)
        tracks.add((camera_id, track_id))
    return _with(rows, "identity_id", identity_ids), tracks, len(changed)


def _visitor_at(
    at: datetime, stays: Sequence[_Stay], starts: Sequence[datetime], stranger: str | None
) -> str:
    """Return who was there at a time; somebody else where no visit was then.

    After the last visit that is who goes on: theirs may be told of next.
    """
    place = bisect_right(starts, at) - 1
    if place >= 0 and at <= stays[place].ended_at:
        return stays[place].identity_id
    if stranger and place == len(stays) - 1:
        return stranger
    return str(uuid4())


def _with(rows: pa.Table, name: str, values: list[Any]) -> pa.Table:
    place = rows.schema.get_field_index(name)
    field = rows.schema.field(place)
    return rows.set_column(place, field, pa.array(values, field.type))


def _with_any_of(lists: "pa.ChunkedArray[Any]", values: Collection[str]) -> npt.NDArray[np.int64]:
    """Return the places of the lists that have one of the values."""
    together: Any = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    hits = pc.is_in(pc.list_flatten(together), value_set=pa.array([*values], pa.string()))
    return np.unique(np.asarray(pc.list_parent_indices(together).filter(hits)))


def _replaced(
    rows: pa.Table, places: npt.NDArray[np.int64], others: Sequence[Mapping[str, Any]]
) -> pa.Table:
    """Return rows with others in their places, which are in order."""
    if not len(places):
        return rows
    kept = np.delete(np.arange(len(rows)), places)
    made = pa.Table.from_pylist([*others], schema=rows.schema)
    together = pa.concat_tables([rows.take(kept), made])
    return together.take(np.argsort(np.concatenate([kept, places]), kind="stable"))


def differs(one: pa.Table, other: pa.Table) -> bool:
    """Tell whether two tables of events have other rows, in whatever order."""
    return not one.sort_by("event_id").equals(other.sort_by("event_id"))
