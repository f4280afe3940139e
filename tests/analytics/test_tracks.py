from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from genesis_ray.analytics import rollups
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.query import MemoryNeededError, run
from genesis_ray.analytics.rollups import RollupQueries
from genesis_ray.analytics.tracks import tracks_in_view
from genesis_ray.domain.figures.rollups import GROUPS
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.tracking.track_sights import TrackSight, by_track
from tests.hand_made import at, recognized, seen, tables

TRACKS = tables([
    *(seen(second, track_id) for track_id in (1, 2) for second in (60, 61)),
    recognized(60, 1), recognized(61, 2, decision="review"),
])  # fmt: skip


def sight(track_id: int) -> TrackSight:
    return TrackSight(
        identity_id="ada", camera_id="door", track_id=track_id, since=at(60), until=at(61)
    )


@pytest.mark.parametrize("until_s", [3600, 1000])  # the end of a quarter, and within one
def test_decisions_count_as_they_were_made_from_events_as_from_figures(until_s):
    who = WhoIsWho(rejected=by_track([sight(1)]), confirmed=by_track([sight(2)]))

    def quarters(group, figures, since, until):
        rows = RollupQueries().quarters(group, TRACKS, start=since, end=until)
        return rows.select(["bucket", *GROUPS[group].keys, *figures])

    answers = [
        tracks_in_view(
            PresentTables(
                TRACKS, lambda: who, tenant_id="shop", visit_gap=timedelta(minutes=5),
                quarters=known,
            ),
            since=at(0), until=at(until_s), time_zone="UTC", bucket=None,
        ).to_pylist()
        for known in (None, quarters)
    ]  # fmt: skip
    assert answers[0] == answers[1]
    ((row,), _) = answers
    assert (row["named"], row["review"]) == (1, 1)


class Little(dict):
    limits = Limits(memory_mb=48, threads=1)

    def between(self, since, until):
        at = pc.field("occurred_at")
        return Little(
            {
                name: rows.filter((at >= pa.scalar(since)) & (at < pa.scalar(until)))
                for name, rows in self.items()
            }
        )


def run_noting(refused, *asked, **given):
    try:
        return run(*asked, **given)
    except MemoryNeededError as error:
        refused.append(error)
        raise


def test_a_range_that_needs_more_memory_than_there_is_is_told_hour_by_hour_with_the_same_figures(
    monkeypatch,
):
    seconds = np.arange(16 * 3600).repeat(16)
    of_track = np.tile(np.arange(16), 16 * 3600) + 100 * (seconds // 200)
    rows = pa.table(
        {
            "camera_id": pa.array(["door"]).take(np.zeros(len(seconds), np.int64)),
            "track_id": of_track,
            "occurred_at": pa.array(seconds * 1_000_000).cast(pa.timestamp("us", "UTC")),
        }
    )
    own = tables([]) | {"track_observations": rows}
    start = datetime(1970, 1, 1, tzinfo=UTC)
    asked = {"since": start, "until": start + timedelta(hours=16), "time_zone": "UTC"}
    refused = []
    monkeypatch.setattr(rollups, "run", partial(run_noting, refused))
    found = tracks_in_view(Little(own), **asked)
    assert refused
    assert found.equals(tracks_in_view(own, **asked))
    assert sum(found["tracks"].to_pylist()) == 16 * 16 * 3600 // 200
