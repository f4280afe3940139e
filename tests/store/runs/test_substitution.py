from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from genesis_ray.store.runs.substitution import exchanged, substituted


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


def test_each_object_of_a_kind_is_another_wherever_it_is_in_a_state():
    one = Named("ada", 1)
    before = Memory({"ada": [one, one, Named("ben", 2)]})
    after = exchanged(before, {Named: lambda each: each._replace(at=each.at + 10)})
    assert after.of == {"ada": [Named("ada", 11), Named("ada", 11), Named("ben", 12)]}
    assert after.of["ada"][0] is after.of["ada"][1]
    assert before.of["ada"][0].at == 1


def test_it_may_be_of_another_kind():
    one = Named("ada", 1)
    after = exchanged(Memory({"ada": [one, one]}), {Named: lambda each: Fraction(each.at, 2)})
    assert after.of == {"ada": [Fraction(1, 2), Fraction(1, 2)]}
    assert after.of["ada"][0] is after.of["ada"][1]
