from datetime import timedelta

import pytest

from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.rollups import RollupQueries
from genesis_ray.analytics.tracks import tracks_in_view
from genesis_ray.domain.ledger import WhoIsWho
from genesis_ray.domain.rollups import GROUPS
from genesis_ray.domain.track_sights import TrackSight, by_track
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
