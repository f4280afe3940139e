"""Replicas that hang: found out, and replaced by Ray Serve itself."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import numpy as np
import pytest
import ray
from ray import serve

from genesis_ray.live.models import Model, Patience
from genesis_ray.sections.models import DetectorSettings
from genesis_ray.serving import busy, cluster
from genesis_ray.serving.busy import HungError, Work
from genesis_ray.serving.deploy import deploy
from genesis_ray.serving.detector import NAME, DetectorReplica, Found
from genesis_ray.serving.needed_inputs import NeededInputs


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def work(clock) -> Work:
    """That of a replica which has done a batch of one shape, in a second."""
    work = Work(clock)
    with work.of("known"):
        clock.at += 400
    with work.of("known"):
        clock.at += 1
    return work


def test_who_does_nothing_for_a_day_is_well(work, clock):
    clock.at += 86_400
    work.check()


def test_a_batch_that_takes_more_than_a_minute_hangs(work, clock):
    with work.of("known"):
        clock.at += 60
        work.check()
        clock.at += 1
        with pytest.raises(HungError, match=r"under way for 61 s, expected 60 s at most"):
            work.check()
    work.check()


def test_so_does_one_beside_others_that_come_and_go(work, clock):
    with work.of("known"):
        for _ in range(61):
            with work.of("known"):
                clock.at += 1
        with pytest.raises(HungError):
            work.check()


def test_a_model_that_is_slow_has_ten_times_as_long_as_it_ever_took(work, clock):
    with work.of("known"):
        clock.at += 20
    with work.of("known"):
        clock.at += 199
        work.check()
        clock.at += 2
        with pytest.raises(HungError):
            work.check()


def test_a_model_may_be_prepared_for_minutes_and_hangs_after_half_an_hour(work, clock):
    with work.of("new"):
        clock.at += 1800
        work.check()
        clock.at += 1
        with pytest.raises(HungError):
            work.check()


def test_who_waits_until_a_model_is_prepared_does_not_hang(work, clock):
    with ExitStack() as preparing, work.of("known"):
        preparing.enter_context(work.of("new"))
        clock.at += 300
        work.check()
        preparing.close()
        clock.at += 59
        work.check()
        clock.at += 2
        with pytest.raises(HungError):
            work.check()
    with work.of("known"):
        clock.at += 611  # ten times what the one above took once it did not wait
        with pytest.raises(HungError):
            work.check()


def test_what_failed_is_still_to_be_prepared(work, clock):
    with pytest.raises(ValueError, match="damaged"), work.of("new"):
        raise ValueError("damaged")
    with work.of("new"):
        clock.at += 300
        work.check()


def hanging(once: Path) -> type[DetectorReplica]:
    """Return a replica that hangs at the next batch while there is a file, which it takes away.

    It is made here as the processes of replicas cannot import a test.
    """

    class Hanging(DetectorReplica):
        def __init__(self, settings: DetectorSettings) -> None:
            busy._LEAST_S = 1.0
            super().__init__(settings, NeededInputs(frozenset([(32, 32)])))
            self._detector.detect, detect = self._hang, self._detector.detect
            self._really = detect

        def _hang(self, stack: np.ndarray) -> list:
            if once.exists():
                once.unlink()
                Event().wait()
            return self._really(stack)

    return Hanging


@pytest.fixture
def detector(tmp_path, monkeypatch) -> Iterator[Model[Found]]:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    cluster.start()
    serve.start(proxy_location="Disabled")
    replica = serve.deployment(hanging(tmp_path / "hang")).options(
        name=NAME,
        health_check_period_s=0.2,
        graceful_shutdown_timeout_s=0.5,
        ray_actor_options={"num_cpus": 0.1},
    )
    deploy({"d": replica.bind(DetectorSettings(model="synthetic"))})
    told = {"on_silence": lambda *_: None, "on_return": lambda *_: None}
    yield Model("d", NAME, "detect", patience=Patience(), **told)
    serve.shutdown()
    ray.shutdown()


@pytest.mark.ray
@pytest.mark.timeout(120)
def test_a_detector_that_hangs_is_replaced_and_another_answers(detector, tmp_path):
    image = np.zeros((1, 32, 32, 3), np.uint8)

    async def replicas() -> list[str]:
        first = await detector.ask(image).answer()
        (tmp_path / "hang").touch()
        second = await detector.ask(image).answer()
        return [first.replica, second.replica]

    before, after = asyncio.run(replicas())
    assert before != after
