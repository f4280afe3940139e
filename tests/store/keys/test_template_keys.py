import pickle

import numpy as np
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.template_keys import KeyRef, TemplateKey
from tests.store.some_keys import key, ring


def test_a_key_leaves_its_process_in_no_way_and_is_not_printed():
    secret = TemplateKey.new("default")
    for holder in (secret, ring()):
        with pytest.raises(TypeError, match="does not leave its process"):
            pickle.dumps(holder)
    assert secret.secret.hex() not in repr(secret)
    assert str(secret.secret) not in repr(secret)
    assert pickle.loads(pickle.dumps(ring().ref)) == ring().ref


def test_keys_are_random_and_their_fingerprints_tell_them_apart():
    prints = {TemplateKey.new("default").fingerprint for _ in range(20)}
    assert len(prints) == 20
    assert key().fingerprint == key().fingerprint
    assert len(key().fingerprint) == 16


def test_one_secret_is_another_key_for_another_tenant_embedder_or_dimension():
    secret = bytes(32)
    one, other = TemplateKey("one", 1, secret), TemplateKey("other", 1, secret)
    assert one.fingerprint != other.fingerprint
    matrices = [
        one.matrix("fused", 16),
        other.matrix("fused", 16),
        one.matrix("sface", 16),
        one.matrix("fused", 17)[:16, :16],
    ]
    for place, matrix in enumerate(matrices):
        for another in matrices[:place]:
            assert np.abs(matrix - another).max() > 0.1


@pytest.mark.parametrize(
    ("version", "secret", "message"),
    [(1, b"short", "32 random bytes, got 5"), (0, bytes(32), "begin with 1, got 0")],
)
def test_what_is_no_key_is_refused(version, secret, message):
    with pytest.raises(StoreError, match=message):
        TemplateKey("default", version, secret)


def test_the_newest_key_protects():
    assert ring(1, 2).current == key(2)
    assert ring(1, 2).ref.version == 2
    assert ring(1, 2).get(1) == key(1)


def test_a_system_stays_with_the_key_that_it_was_started_with():
    started_with = ring(1).ref
    assert ring(1, 2).up_to(started_with).current == key(1)


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        (ring(2).ref, "none of that version"),
        (ring(1, seed=9).ref, f"another one, {key(1).fingerprint},"),
    ],
)
def test_a_node_without_the_key_or_with_another_is_told_apart(ref: KeyRef, found: str):
    with pytest.raises(StoreError, match=f"there is {found} in /keys/default; give each node"):
        ring(1).up_to(ref)
