from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.domain.carrying import Way
from genesis_ray.running.tenant_keys import passing_keys
from genesis_ray.running.viewing import COLOURS, carry_policy, load_viewing
from genesis_ray.settings_appearance import AppearanceSettings
from genesis_ray.store.template_keys import TemplateKey

WHOLE = np.array([0, 0, 1, 1], np.float32)
OSNET = AppearanceSettings(model="osnet")


def crop(path: Path) -> np.ndarray:
    import cv2

    return np.asarray(cv2.imread(str(path)), np.uint8)


def no_key() -> TemplateKey:
    raise AssertionError("colours are no template")


def test_colours_are_told_without_a_key():
    assert load_viewing(AppearanceSettings(), no_key) is COLOURS


def test_names_are_carried_in_both_directions_of_a_pair_and_only_there():
    settings = AppearanceSettings(
        model="osnet", neighbours=[{"cameras": ("door", "till"), "least_s": 3}], unlike=0.15
    )
    policy = carry_policy(settings)
    assert policy is not None
    way = Way(timedelta(seconds=3), timedelta(seconds=60))
    assert policy.ways == {("door", "till"): way, ("till", "door"): way}
    assert (policy.unlike, policy.margin) == (0.15, 0.1)
    assert carry_policy(OSNET) is None


@pytest.mark.data
def test_looks_leave_the_network_under_the_tenants_key_only(osnet, shared_data):
    crops = [crop(path) for path in sorted((shared_data / "reid").glob("*.jpg"))]
    keys = [passing_keys("shop").current for _ in range(2)]
    seen = []
    for key in keys:
        view_of = load_viewing(OSNET, lambda key=key: key).view_of
        seen.append(np.stack([view_of(image).looks_of(WHOLE) for image in crops]))
    plain = np.stack([osnet.looks_of(image, WHOLE) for image in crops])
    for protected in seen:
        assert np.linalg.norm(protected, axis=1) == pytest.approx(1, abs=1e-5)
        assert np.abs(np.vecdot(protected, plain)).max() < 0.3
        assert protected @ protected.T == pytest.approx(plain @ plain.T, abs=1e-4)
    assert np.abs(np.vecdot(*seen)).max() < 0.3
