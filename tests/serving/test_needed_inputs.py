"""Which inputs are needed, as replicas tell each other by Ray's control store."""

from collections.abc import Iterator

import pytest
import ray

from genesis_ray.serving import cluster
from genesis_ray.serving.needed_inputs import NeededInputs

pytestmark = [pytest.mark.ray, pytest.mark.timeout(120)]


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        cluster.start()
    yield
    ray.shutdown()


def test_what_one_process_notes_another_knows():
    needed = NeededInputs(frozenset([(384, 640)]))
    assert needed.wanted() == {(384, 640)}
    ray.get(ray.remote(lambda own: own.note((640, 480))).remote(needed))
    assert ray.get(ray.remote(lambda own: own.wanted()).remote(needed)) == {(640, 480)}


def test_what_was_needed_in_another_life_of_a_system_is_not_known():
    NeededInputs().note((640, 480))
    assert NeededInputs().noted() == set()
