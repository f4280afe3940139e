from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from genesis_ray.store.substitution import substituted


class Named(NamedTuple):
    who: str
    at: int


@dataclass
class Memory:
    of: dict[str, list[Named]] = field(default_factory=dict)
    told: set[tuple[str, int]] = field(default_factory=set)
    looks: np.ndarray = field(default_factory=lambda: np.arange(3))


def test_a_word_is_another_wherever_it_is_in_a_state():
    before = Memory(
        {"ada": [Named("ada", 1), Named("ben", 2)], "ben": []}, {("ada", 1), ("ben", 2)}
    )
    after = substituted(before, {"ada": "somebody"})
    assert after.of == {"somebody": [Named("somebody", 1), Named("ben", 2)], "ben": []}
    assert after.told == {("somebody", 1), ("ben", 2)}
    assert after.looks.tolist() == [0, 1, 2]
    assert list(before.of) == ["ada", "ben"]


def test_what_only_has_a_word_in_it_stays():
    assert substituted(["ada's", b"ada", "Ada"], {"ada": "x"}) == ["ada's", b"ada", "Ada"]


def test_what_is_one_object_stays_one():
    one = Memory()
    first, second = substituted([one, one], {})
    assert first is second
