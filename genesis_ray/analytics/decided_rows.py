"""What people decided of who is who, as rows that event tables are joined with."""

from itertools import chain

import pyarrow as pa

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.tracking.track_sights import TrackSight

_TIME = pa.timestamp("us", tz="UTC")
_ALIAS_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("identity_id", pa.string()),
    ("present_id", pa.string()),
]
_OVERRIDE_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("place", pa.int64()),
    ("identity_id", pa.string()),
    ("camera_id", pa.string()),
    ("track_id", pa.int64()),
    ("since", _TIME),
    ("until", _TIME),
    ("present_id", pa.string()),
]


def alias_rows(who: WhoIsWho) -> pa.Table:
    """Return identity_id and present_id of those who are somebody else now."""
    rows = [{"identity_id": one, "present_id": now} for one, now in sorted(who.aliases.items())]
    return pa.Table.from_pylist(rows, schema=pa.schema(_ALIAS_COLUMNS))


def override_rows(who: WhoIsWho) -> pa.Table:
    """Return who tracks are that were named else; of several with one track the last counts.

    Where `present_id` is null the track is not `identity_id`, nor whoever was written so. Where
    `identity_id` is null it is `present_id`, whatever was written.
    """
    rejected = chain.from_iterable(who.rejected.values())
    confirmed = chain.from_iterable(who.confirmed.values())
    rows = [
        *(_override(sight, sight.identity_id, who.now(new_id)) for sight, new_id in who.moved),
        *(_override(sight, who.now(sight.identity_id), None) for sight in rejected),
        *(_override(sight, None, who.now(sight.identity_id)) for sight in confirmed),
    ]
    numbered = [{"place": place, **row} for place, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(numbered, schema=pa.schema(_OVERRIDE_COLUMNS))


def touched_by(who: WhoIsWho) -> list[str]:
    """Return the identities of which something is shown differently than it was written."""
    cut = cut_by(who)
    present = {who.now(each) for each in cut} | {who.now(new_id) for _, new_id in who.moved}
    confirmed = chain.from_iterable(who.confirmed.values())
    present |= {who.now(sight.identity_id) for sight in confirmed}
    return sorted({*who.aliases, *who.aliases.values(), *cut, *present})


def cut_by(who: WhoIsWho) -> list[str]:
    """Return the identities of which a track is not theirs."""
    rejected = {who.now(sight.identity_id) for own in who.rejected.values() for sight in own}
    members = {each for one in rejected for each in who.members(one)}
    return sorted(members | {sight.identity_id for sight, _ in who.moved})


def _override(
    sight: TrackSight, identity_id: str | None, present_id: str | None
) -> dict[str, object]:
    return {
        "identity_id": identity_id,
        "camera_id": sight.camera_id,
        "track_id": sight.track_id,
        "since": sight.since,
        "until": sight.until,
        "present_id": present_id,
    }
