from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from genesis_ray.domain.tracking.relinking import Relinker
from genesis_ray.errors import StoreError
from genesis_ray.running.templates import protected_looks
from genesis_ray.running.templates.protected_looks import ProtectedLooks
from genesis_ray.store.giving_way import wait_until
from genesis_ray.store.keys.template_keys import KeyRing
from tests.store.some_keys import key, protected, ring, unit

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
IMAGE = np.zeros((4, 6, 3), np.uint8)
BOX = np.array([[0.4, 0.4, 0.5, 0.8]], np.float32)
COAT, DRESS = unit(1, 2, 16)


class Network:
    """Sees one and the same coat, or dress."""

    name, dimension = "clothes", 16

    def __init__(self) -> None:
        self.sees = COAT

    def looks_of(self, image: np.ndarray, person: np.ndarray) -> np.ndarray:  # noqa: ARG002
        return self.sees


class Keys:
    """Keys on a machine, which somebody may add to or take from."""

    def __init__(self, *versions: int) -> None:
        self.there = ring(*versions)

    def __call__(self) -> KeyRing:
        if not self.there.keys:
            raise StoreError("away")
        return self.there


def under(version: int, plain: np.ndarray = COAT) -> np.ndarray:
    return protected(plain[None], key(version), "clothes")[0]


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(protected_looks, "LOOK_EVERY_S", 0)


def is_under(looks: ProtectedLooks, version: int) -> bool:
    return looks.view_of(IMAGE).key == key(version).fingerprint


def test_looks_are_under_the_newest_key_which_the_view_names():
    view = ProtectedLooks(Network(), Keys(1, 2)).view_of(IMAGE)
    assert (view.key, view.aspect) == (key(2).fingerprint, 1.5)
    assert view.looks_of(BOX[0]) == pytest.approx(under(2))


def test_a_key_that_somebody_made_is_gone_over_to_and_looks_of_before_are_brought_under_it():
    keys = Keys(1)
    looks = ProtectedLooks(Network(), keys)
    assert is_under(looks, 1)
    keys.there = ring(2)  # the first was destroyed soon after
    assert wait_until(lambda: is_under(looks, 2), within_s=20)
    view = looks.view_of(IMAGE)
    assert view.renew(under(1), key(1).fingerprint) == pytest.approx(under(2), abs=1e-6)
    assert view.renew(under(1), key(1, seed=9).fingerprint) is None


def test_a_view_of_before_stays_under_the_key_that_it_names():
    keys = Keys(1)
    looks = ProtectedLooks(Network(), keys)
    before = looks.view_of(IMAGE)
    keys.there = ring(1, 2)
    assert wait_until(lambda: is_under(looks, 2), within_s=20)
    assert before.looks_of(BOX[0]) == pytest.approx(under(1))


def test_keys_that_cannot_be_read_leave_the_one_of_before():
    keys = Keys(1)
    looks = ProtectedLooks(Network(), keys)
    keys.there = KeyRing("file", "default", "/keys/default")
    for _ in range(3):
        assert is_under(looks, 1)
    keys.there = ring(1, 2)
    assert wait_until(lambda: is_under(looks, 2), within_s=20)


@pytest.mark.parametrize(
    ("before", "worn", "expected"),
    [
        ((1,), COAT, 1),
        ((1,), DRESS, 2),
        ((9,), COAT, 2),  # a key that is nowhere now: how they looked is lost, and no more
    ],
)
def test_somebody_is_found_again_by_looks_across_a_change_of_the_key(before, worn, expected):
    network, relinker = Network(), Relinker(
        interval=timedelta(seconds=0.2), kept=timedelta(seconds=1.5)
    )  # fmt: skip

    def show(second: float, track: int, looks: ProtectedLooks) -> list[int]:
        view, at = looks.view_of(IMAGE), START + timedelta(seconds=second)
        return relinker.update(at, [track], BOX, BOX, view).tolist()

    assert show(0, 7, ProtectedLooks(network, Keys(*before))) == [1]
    assert relinker.impression(1).key == key(*before).fingerprint
    network.sees = worn
    assert show(3, 8, ProtectedLooks(network, Keys(1, 2))) == [expected]
    impression = relinker.impression(expected)
    assert impression.key == key(2).fingerprint
    assert impression.looks == pytest.approx(under(2, worn), abs=1e-6)
