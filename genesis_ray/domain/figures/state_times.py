"""For how long things were in each of their states, bucket by bucket."""

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def times_in_states(
    things: Ints, starts: Ints, kinds: Ints, edges: Ints, *, until: int, kind_count: int
) -> Ints:
    """Return for how long each thing was in states of each kind: [thing, bucket, kind].

    A state lasts until the thing's next one, the last one until `until`. All times are whole
    numbers of one unit.

    Args:
        things: Of each state, [n]: whose it is, numbers from 0 on that never fall.
        starts: When it begins, [n], in order for each thing.
        kinds: What it counts as, [n], less than `kind_count`.
        edges: Of the buckets, [buckets + 1], in order.
        until: No state counts from then on.
        kind_count: How many kinds there are.
    """
    count = int(things[-1]) + 1 if len(things) else 0
    first, last = int(edges[0]), min(int(edges[-1]), until)
    starts = np.clip(starts, first, max(first, last))
    is_last = np.append(things[1:] != things[:-1], True)[: len(things)]
    ends = np.where(is_last, max(first, last), np.append(starts[1:], 0)[: len(things)])
    lasted = np.zeros((len(things) + 1, kind_count), np.int64)
    lasted[np.arange(1, len(things) + 1), kinds] = ends - starts
    lasted = lasted.cumsum(axis=0)  # [n + 1, kind]: of all states before the n-th
    # How long by each edge: of all states that began before it, but for what the last has left.
    key_span = int(edges[-1]) - first + 1
    keys = things * key_span + (starts - first)
    at = np.arange(count)[:, None] * key_span + (edges - first)[None, :]
    place = np.searchsorted(keys, at, side="left")  # [thing, edge]
    total = lasted[place]
    before = place > np.searchsorted(things, np.arange(count), side="left")[:, None]
    own = np.maximum(place - 1, 0)
    left: Any = np.where(before, np.maximum(ends[own] - edges[None, :], 0), 0)
    thing_at, edge_at = np.nonzero(left)
    total[thing_at, edge_at, kinds[own[thing_at, edge_at]]] -= left[thing_at, edge_at]
    return np.diff(total, axis=1)
