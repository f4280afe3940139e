import numpy as np
import pytest

from genesis_ray.store.keys.templates import Protector
from tests.store.some_keys import key, protected, unit


@pytest.mark.parametrize("dimension", [16, 128, 640])
def test_every_similarity_is_what_it_was_but_for_rounding(dimension):
    plain = unit(1, 60, dimension)
    templates = protected(plain, key())
    before, after = (np.vecdot(each[:, None], each[None]) for each in (plain, templates))
    assert np.abs(before - after).max() < 5e-7
    assert np.abs(np.linalg.norm(templates, axis=1) - 1).max() < 5e-7


def test_a_template_does_not_depend_on_the_faces_beside_it():
    plain = unit(1, 130, 128)
    together = protected(plain, key())
    for n in (0, 63, 64, 129):
        assert np.array_equal(protected(plain[n : n + 1], key())[0], together[n])


def test_no_face_at_all_is_no_template():
    assert protected(unit(1, 0, 16), key()).shape == (0, 16)


def test_a_template_says_nothing_to_who_has_the_plain_face():
    plain = unit(1, 200, 128)
    own = np.vecdot(plain, protected(plain, key()))
    strangers = np.vecdot(plain, unit(2, 200, 128))
    assert abs(own.mean()) < 0.05
    assert own.std() == pytest.approx(strangers.std(), rel=0.25)


def test_two_tenants_templates_of_one_person_do_not_match():
    plain = unit(1, 200, 128)
    one = protected(plain, key(tenant_id="one"))
    other = protected(plain, key(tenant_id="other"))
    assert abs(np.vecdot(one, other).mean()) < 0.05
    assert np.abs(np.vecdot(one, other)).max() < 0.45  # as strangers', whose deviation is 0.09


def test_a_renewed_template_is_the_one_that_the_new_key_makes_but_for_rounding():
    plain = unit(1, 30, 128)
    old = protected(plain, key(1))
    renewed = Protector(key(2), embedder="fused", dimension=128).renew(old, key(1))
    assert np.abs(renewed - protected(plain, key(2))).max() < 1e-7


def test_what_was_renewed_beforehand_is_the_same_and_the_rest_is_renewed_beside_it():
    old = protected(unit(1, 30, 128), key(1))
    prepared = Protector(key(2), embedder="fused", dimension=128)
    prepared.prepare(key(1), old[::2])
    expected = Protector(key(2), embedder="fused", dimension=128).renew(old, key(1))
    assert np.array_equal(prepared.renew(old, key(1)), expected)
    assert np.array_equal(prepared.renew(old[::2], key(1)), expected[::2])


def test_and_back_it_is_the_one_that_the_old_key_makes():
    plain = unit(1, 30, 128)
    new = protected(plain, key(2))
    back = Protector(key(1), embedder="fused", dimension=128).renew(new, key(2))
    assert np.abs(back - protected(plain, key(1))).max() < 1e-7


def test_as_many_pairs_as_dimensions_give_the_key_away():
    """The limit of the method, as docs/templates.md states it."""
    plain = unit(1, 16, 16)
    learned = np.linalg.solve(plain.astype(np.float64), protected(plain, key())).T
    stranger = unit(2, 1, 16)
    assert np.allclose(learned @ stranger[0], protected(stranger, key())[0], atol=1e-4)
