"""Cameras go on where others were, in one process: doubles answer for Serve and other actors."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.clocks.ordering import NOT_BEGUN
from genesis_ray.domain.clocks.site_clock import SiteClock
from genesis_ray.domain.events import CameraStateChanged, TrackObserved
from genesis_ray.live.cameras import CameraGroupActor
from genesis_ray.live.spec import Resumption
from genesis_ray.settings import Settings
from genesis_ray.vision.live_decoder import LiveDecoder
from tests.live.grouped import FILM, START, Others, actor_among
from tests.vision.film_server import FilmServer, PlayingCamera, film, serving

Story = Callable[[CameraGroupActor, Others], Awaitable[None]]


@pytest.fixture
def play(monkeypatch, tmp_path):
    """Have a new group watch a door while a story is played; return what it told."""

    def play(source: str, before: Resumption, story: Story) -> Others:
        others = Others(take_s=0.002)
        others.before = before
        settings = Settings(
            data_dir=tmp_path,
            detector={"model": "synthetic", "input_size": 320},
            faces={"embedder": "synthetic", "min_person_width": 10},
            cameras=[{"camera_id": "door", "source": source, "start": START}],
            retry_delays_s=[0],
        )

        async def run() -> None:
            await story(actor_among(others, settings, monkeypatch), others)

        asyncio.run(asyncio.wait_for(run(), 30))
        return others

    return play


@pytest.fixture
def camera(tmp_path) -> Iterator[str]:
    """The address of a live stream."""
    film(tmp_path / "film.ts")
    with serving(FilmServer(tmp_path)) as server:
        yield f"{server.url}/film.ts"


def cameras_of(actor: CameraGroupActor):
    return actor._spec.settings.cameras


async def to_the_end(actor: CameraGroupActor, _: Others) -> None:
    await actor.run(cameras_of(actor))


async def for_a_while(actor: CameraGroupActor, others: Others) -> None:
    watching = asyncio.create_task(actor.run(cameras_of(actor)))
    while sum(others.stacks) < 10 and not watching.done():
        await asyncio.sleep(0.01)
    await actor.stop()
    await watching


def test_dates_ahead_of_a_clock_that_was_set_back_go_on_in_the_next_process(play, camera):
    told = datetime.now(UTC) + timedelta(hours=1)
    others = play(camera, Resumption({}, told, {"door": told}), for_a_while)
    assert others.events
    assert all(at > told for at, _ in others.events)
    (first, *_) = others.events
    assert first[0] - told < timedelta(seconds=30)
    states = [e.state for e in others.told()[0] if isinstance(e, CameraStateChanged)]
    assert "clock_skewed" in states


def test_and_so_does_what_is_tracked(play, camera, monkeypatch):
    with monkeypatch.context() as ahead:
        date = SiteClock.date
        ahead.setattr(SiteClock, "date", lambda *a: date(*a) + timedelta(hours=1))
        before = play(camera, Resumption({}, NOT_BEGUN), for_a_while)
    (*_, snapshot) = before.snapshots
    told = max(at for at, _ in before.events)
    assert told - datetime.now(UTC) > timedelta(minutes=50)
    others = play(camera, Resumption({"door": snapshot}, told, {"door": told}), for_a_while)
    assert all(at > told for at, _ in others.events)


def tracks(others: Others) -> dict[int, datetime]:
    """When each track was seen first."""
    seen: dict[int, datetime] = {}
    for event in others.told()[0]:
        if isinstance(event, TrackObserved):
            seen.setdefault(event.track_id, event.occurred_at)
    return seen


def test_who_is_in_the_picture_of_a_stream_keeps_the_track_id_in_the_next_process(play):
    with serving(PlayingCamera()) as camera:
        before = play(camera.url, Resumption({}, NOT_BEGUN), for_a_while)
        (*_, snapshot) = before.snapshots
        told = max(at for at, _ in before.events)
        after = play(camera.url, Resumption({"door": snapshot}, told, {"door": told}), for_a_while)
    assert len(tracks(before)) == 1
    assert tracks(after).keys() == tracks(before).keys()


@pytest.mark.parametrize("method", ["open", "put_on"])
def test_a_recording_that_is_put_on_in_a_new_process_has_new_ids_and_goes_on_where_it_was(
    play, method
):
    async def put_on(actor: CameraGroupActor, others: Others) -> None:
        await getattr(actor, method)(cameras_of(actor))
        await to_the_end(actor, others)

    left = START + timedelta(seconds=0.5)
    first = tracks(play(FILM, Resumption({}, NOT_BEGUN), to_the_end))
    known = Resumption({}, left, {"door": left}, {"door": left})
    second = tracks(play(FILM, known, put_on))
    assert min(first.values()) <= left < min(second.values())
    assert not first.keys() & second.keys()
    assert second == tracks(play(FILM, known, put_on))


def test_a_decoder_that_fails_of_what_nobody_thought_of_is_told_and_goes_on(
    play, monkeypatch, caplog
):
    decode, failures = LiveDecoder._decode, iter([False] * 5 + [True])

    def failing(*arguments):
        if next(failures, False):
            raise ZeroDivisionError("rtsp://ann:secret@door")
        return decode(*arguments)

    monkeypatch.setattr(LiveDecoder, "_decode", failing)
    # At its own pace: of a film that comes all at once the frames may be left out as a burst.
    with serving(PlayingCamera()) as camera:
        others = play(camera.url, Resumption({}, NOT_BEGUN), for_a_while)
    states = [(e.state, e.reason) for e in others.told()[0] if isinstance(e, CameraStateChanged)]
    assert states[:3] == [("online", ""), ("decoding_errors", "decoder_failed"), ("online", "")]
    (message,) = (text for text in caplog.messages if "decoder failed" in text)
    assert "camera door is connected to anew" in message
    assert "ZeroDivisionError" in message
    assert "secret" not in caplog.text
