"""Splits of which a part goes with somebody who is forgotten, and what of them stays for others."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from genesis_ray.domain.recognition.ledger import Entry, Split, holding_of, parted_from
from genesis_ray.domain.tracking.track_sights import TrackSight


def faces_of(split: Split) -> Iterator[tuple[str, str]]:
    """Yield the faces of a split, each with as whom it was enrolled; "": that is not known."""
    owners = split.owner_ids[: len(split.face_ids)]
    return zip_longest(split.face_ids, owners, fillvalue="")


def still_parting(
    entries: Sequence[Entry], parted: Mapping[str, frozenset[str]], leaving: Collection[str]
) -> list[Entry]:
    """Return entries that part as many as before, also by splits of which nothing else stays.

    Args:
        entries: Those that stay, without what they said of somebody.
        parted: From whom a split parted the new identity, by its entry.
        leaving: The splits of which nothing else stays are among these.
    """
    bare = [
        replace(each, identity_id=min(parted[each.entry_id]), tracks=(), face_ids=(), owner_ids=())
        if isinstance(each, Split) and each.entry_id in leaving
        else each
        for each in entries
    ]
    told = {
        split.entry_id: owners
        for split, owners in parted_from(e for e in holding_of(bare) if isinstance(e, Split))
    }
    return [
        replace(each, owner_ids=(*(o for _, o in faces_of(each)), *sorted(untold)))
        if isinstance(each, Split)
        and (untold := parted.get(each.entry_id, frozenset()) - told.get(each.entry_id, set()))
        else each
        for each in bare
    ]


def settled_tracks(
    entries: Sequence[Entry], gone: frozenset[str], leaving: Collection[str]
) -> dict[TrackSight, str]:
    """Return as whom tracks that were written as somebody are written, for others to move them on.

    So it is where splits that go gave them to another, and all later ones stay: each of those can
    still be undone then.
    """
    moving: defaultdict[TrackSight, list[Split]] = defaultdict(list)
    for entry in holding_of(entries):
        if isinstance(entry, Split):
            for sight in entry.tracks:
                if sight.identity_id in gone:
                    moving[sight].append(entry)
    settled: dict[TrackSight, str] = {}
    for sight, splits in moving.items():
        going = [each for each in splits if each.entry_id in leaving]
        is_gone = not gone.isdisjoint((splits[-1].new_id, *(each.new_id for each in going[-1:])))
        if going and splits[: len(going)] == going and len(going) < len(splits) and not is_gone:
            settled[sight] = going[-1].new_id
    return settled
