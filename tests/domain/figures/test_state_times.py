import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genesis_ray.domain.figures.state_times import times_in_states

KINDS = 3


def second_by_second(states, edges, until):
    """Count what each thing is in at each second, one by one."""
    things = max((thing for thing, _, _ in states), default=-1) + 1
    counted = np.zeros((things, len(edges) - 1, KINDS), np.int64)
    for thing in range(things):
        for bucket in range(len(edges) - 1):
            for second in range(edges[bucket], min(edges[bucket + 1], until)):
                known = [kind for own, at, kind in states if own == thing and at <= second]
                if known:
                    counted[thing, bucket, known[-1]] += 1
    return counted


@given(
    states=st.lists(
        st.tuples(st.integers(0, 2), st.integers(-5, 30), st.integers(0, KINDS - 1)), max_size=12
    ),
    edges=st.sets(st.integers(0, 25), min_size=2, max_size=6).map(sorted),
    until=st.integers(-2, 30),
)
def test_times_add_up_what_each_second_is(states, edges, until):
    present = sorted({thing for thing, _, _ in states})
    numbered = [(present.index(thing), at, kind) for thing, at, kind in states]
    numbered.sort(key=lambda state: state[:2])
    columns = np.array(numbered, np.int64).reshape(-1, 3).T
    found = times_in_states(*columns, np.array(edges), until=until, kind_count=KINDS)
    assert found.tolist() == second_by_second(numbered, edges, until).tolist()
