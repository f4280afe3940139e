from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.domain.recognition.carrying import Way
from genesis_ray.running.templates.tenant_keys import passing_keys
from genesis_ray.running.viewing import COLOURS, carry_policy, load_viewing
from genesis_ray.sections.appearance import AppearanceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.keys.template_keys import KeyRing

WHOLE = np.array([0, 0, 1, 1], np.float32)
OSNET = AppearanceSettings(model="osnet")


def crop(path: Path) -> np.ndarray:
    import cv2

    return np.asarray(cv2.imread(str(path)), np.uint8)


def no_keys() -> KeyRing:
    raise AssertionError("colours are no template")


def test_colours_are_told_without_a_key():
    assert load_viewing(AppearanceSettings(), no_keys) is COLOURS


def test_names_are_carried_over_the_ways_whose_longest_time_is_known():
    settings = Settings(
        appearance={"model": "osnet", "carry": True, "unlike": 0.15},
        topology={
            "passages": [
                {"between": ("door", "till"), "min_s": 3, "max_s": 60},
                {"between": ("till", "lift"), "min_s": 2, "max_s": 9, "one_way": True},
                {"between": ("door", "yard"), "min_s": 3},
            ],
            "clock_tolerance_s": 0.2,
        },
    )
    policy = carry_policy(settings)
    assert policy is not None
    way = Way(timedelta(seconds=3), timedelta(seconds=60))
    assert policy.ways == {
        ("door", "till"): way,
        ("till", "door"): way,
        ("till", "lift"): Way(timedelta(seconds=2), timedelta(seconds=9)),
    }
    assert (policy.unlike, policy.margin) == (0.15, 0.1)
    assert policy.tolerance == timedelta(seconds=0.2)
    assert carry_policy(Settings(appearance={"model": "osnet"})) is None


def test_ways_between_clocks_that_are_apart_take_what_they_seem_to():
    settings = Settings(
        appearance={"model": "osnet", "carry": True},
        topology={
            "passages": [{"between": ("door", "till"), "min_s": 3, "max_s": 60}],
            "clock_offsets_s": {"till": 5, "door": 1},
        },
    )
    policy = carry_policy(settings)
    assert policy is not None
    assert policy.ways == {
        ("door", "till"): Way(timedelta(seconds=7), timedelta(seconds=64)),
        ("till", "door"): Way(timedelta(seconds=-1), timedelta(seconds=56)),
    }


@pytest.mark.data
def test_looks_leave_the_network_under_the_tenants_key_only(osnet, shared_data):
    crops = [crop(path) for path in sorted((shared_data / "reid").glob("*.jpg"))]
    rings = [passing_keys("shop") for _ in range(2)]
    seen = []
    for ring in rings:
        view_of = load_viewing(OSNET, lambda ring=ring: ring).view_of
        seen.append(np.stack([view_of(image).looks_of(WHOLE) for image in crops]))
    plain = np.stack([osnet.looks_of(image, WHOLE) for image in crops])
    for protected in seen:
        assert np.linalg.norm(protected, axis=1) == pytest.approx(1, abs=1e-5)
        assert np.abs(np.vecdot(protected, plain)).max() < 0.3
        assert protected @ protected.T == pytest.approx(plain @ plain.T, abs=1e-4)
    assert np.abs(np.vecdot(*seen)).max() < 0.3
