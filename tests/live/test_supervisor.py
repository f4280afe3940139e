"""Cameras come, change and go, in one process: see `supervised`."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.errors import FullDiskError, GenesisError
from genesis_ray.live import groups, keepers, supervisor, watched_groups
from genesis_ray.live.cameras import GroupFigures
from genesis_ray.live.journal_figures import JournalFigures
from genesis_ray.live.spec import JOURNAL_ACTOR, LiveSpec, Shown, Told
from genesis_ray.live.summing import place_of
from genesis_ray.settings import Settings
from genesis_ray.store.runs.run_folder import RunFolder
from tests.live.supervised import Actor, Stage
from tests.store.some_keys import ring


def settings_of(tmp_path, /, **sources: str) -> Settings:
    """Cameras, each in a group of its own, that are given up with the second death."""
    return Settings(
        data_dir=tmp_path / "data",
        cameras=[{"camera_id": name, "source": source} for name, source in sources.items()],
        groups={"cameras": 1},
        retry_delays_s=[0],
    )


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a supervisor of a door and a yard, and meanwhile a story about it."""

    def run(story: Callable[[Stage], Awaitable[None]], *, realtime: bool = True) -> Stage:
        spec = LiveSpec(
            settings=settings_of(tmp_path, door="rtsp://door/1", yard="rtsp://yard/1"),
            run=RunFolder.create(tmp_path / "run").path,
            realtime=realtime,
            detector_app="detector",
            embedder_app="embedder",
            template_key=ring().ref,
        )

        async def play() -> Stage:
            stage = Stage(spec, monkeypatch)
            running = stage.running = asyncio.create_task(stage.supervisor.run(time.time()))
            await stage.until(lambda: stage.watched().keys() == {"door", "yard"})
            await stage.until(lambda: len([c for c in stage.log if c[1] == "run"]) == 2)
            await story(stage)
            assert stage.is_over or not running.done()
            running.cancel()
            await asyncio.wait([running])
            return stage

        return asyncio.run(play())

    return run


async def lose(stage: Stage, camera_id: str) -> None:
    """Have the group of a camera die until it is given up."""
    group = stage.group_of(camera_id)
    while not group.is_killed:
        group.die()
        await asyncio.sleep(0.001)
    await stage.until(lambda: bool(stage.resolver.called("take")))


async def states(stage: Stage) -> dict[str, str | None]:
    return {camera.camera_id: camera.problem for camera in await stage.supervisor.cameras()}


def test_a_camera_that_was_given_up_and_is_set_anew_is_watched_and_has_not_failed(run, tmp_path):
    mended = settings_of(tmp_path, door="rtsp://door/1", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        await lose(stage, "yard")
        assert (await states(stage))["yard"] == "its process dies again and again"
        await stage.supervisor.apply(mended)
        assert stage.watched()["yard"] == "rtsp://yard/2"
        assert await states(stage) == {"door": None, "yard": None}

    run(story)


def noted(stage: Stage, state: str) -> list[tuple[str, str]]:
    """Who came into a state, and why, as the journal was told."""
    told = (note for _, *more in stage.journal.called("take") for notes in more for note in notes)
    return [(note.component, note.reason) for note in told if note.state == state]


def test_a_camera_on_which_its_group_fails_again_and_again_is_given_up_and_the_others_go_on(run):
    full = RayTaskError("run", "", ExceptionGroup("all", [OSError(28, "No space left")]))

    async def story(stage: Stage) -> None:
        yard = stage.group_of("yard")
        for _ in range(3):
            await stage.until(lambda: yard.is_watching)
            yard.is_watching = False
            yard.fail(full)
        await stage.until(lambda: bool(stage.resolver.called("take")))
        reason = "OSError: [Errno 28] No space left"
        assert await states(stage) == {"door": None, "yard": reason}
        ((state, _),) = stage.journal.called("give_up")
        assert (state.camera_id, state.state, state.reason) == ("yard", "failed", reason)
        assert noted(stage, "restarted") == [(yard.name, reason)] * 2
        assert noted(stage, "failed") == [(yard.name, reason)]
        assert yard.is_killed
        door = stage.group_of("door")
        door.die()
        await stage.until(lambda: (door.name, "its process died") in noted(stage, "restarted"))

    run(story)


def test_a_camera_that_was_given_up_is_watched_again_where_the_same_is_applied(run):
    async def story(stage: Stage) -> None:
        await lose(stage, "yard")
        settings = stage.supervisor.settings
        assert str(stage.supervisor.changes_to(settings)) == "yard: watched again"
        assert await stage.supervisor.apply(settings)
        assert stage.watched().keys() == {"door", "yard"}
        assert await states(stage) == {"door": None, "yard": None}
        assert not await stage.supervisor.apply(settings)

    run(story)


def test_a_camera_whose_source_is_gone_when_its_group_is_started_again_is_given_up(run):
    async def story(stage: Stage) -> None:
        yard = stage.group_of("yard")
        yard.gone["yard"] = "yard.mp4: no such file"
        yard.die()
        await stage.until(lambda: bool(stage.resolver.called("take")))
        assert await states(stage) == {"door": None, "yard": "yard.mp4: no such file"}
        ((state, _),) = stage.journal.called("give_up")
        assert (state.camera_id, state.reason) == ("yard", "yard.mp4: no such file")

    run(story)


def test_a_group_that_is_gone_for_good_is_told_and_the_others_go_on(run):
    async def story(stage: Stage) -> None:
        yard = stage.group_of("yard")
        yard.is_killed = True  # by somebody else
        yard.fail(ActorDiedError())
        await stage.until(lambda: bool(stage.resolver.called("take")))
        assert (await states(stage))["yard"] == ActorDiedError.BASE_ERROR_MSG
        assert stage.watched().keys() == {"door"}

    run(story)


def test_what_fails_where_nobody_waits_for_it_ends_all_and_leaves_no_camera_to_itself(run):
    async def story(stage: Stage) -> None:
        said = "genesis_ray.errors.GenesisError: to detect fails on every frame"
        stage.group_of("yard").fail(RayTaskError("run", said, GenesisError()))
        with pytest.raises(GenesisError, match="every frame"):
            await stage.running
        assert stage.groups == []
        assert stage.journal.called("finish") == [()]
        assert not stage.supervisor.is_cut_off
        stage.is_over = True

    run(story, realtime=False)


def test_a_journal_that_cannot_go_on_ends_all_and_leaves_no_camera_to_itself(run, monkeypatch):
    async def take(*_: object) -> None:
        raise RayTaskError("take", "OSError: No space left", OSError(28))

    async def story(stage: Stage) -> None:
        monkeypatch.setattr(type(stage.journal), "do_take", take, raising=False)
        yard = stage.group_of("yard")
        yard.die()
        with pytest.raises(RayTaskError, match="No space left"):
            await stage.running
        assert stage.groups == []
        stage.is_over = True

    run(story)


def test_who_leaves_has_left_and_who_comes_has_not_come_when_it_is_told_who_is_expected(
    run, tmp_path
):
    changed = settings_of(tmp_path, door="rtsp://door/2", hall="rtsp://hall/1")

    async def story(stage: Stage) -> None:
        stage.log.clear()
        await stage.supervisor.apply(changed)
        order = [method for _, method in stage.log if method in ("take_off", "watch", "put_on")]
        first, last = order.index("watch"), len(order) - order[::-1].index("watch")
        assert (set(order[:first]), set(order[last:])) == ({"take_off"}, {"put_on"})
        ids, anew, _ = stage.journal.called("watch")[-1]
        assert (ids, anew) == (["door", "hall"], ["door"])
        assert stage.resolver.called("watch")[-1] == (ids, anew)
        assert stage.watched() == {"door": "rtsp://door/2", "hall": "rtsp://hall/1"}

    run(story)


def test_a_camera_whose_group_has_ended_is_told_of_by_the_group_that_has_it_now(run, tmp_path):
    changed = settings_of(tmp_path, door="rtsp://door/1", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        (ended,) = (group for group in stage.supervisor._groups if "yard" in group.cameras)
        await stage.group_of("yard").do_stop()
        await stage.until(lambda: ended.has_ended)
        await stage.supervisor.apply(changed)
        (yard,) = (c for c in await stage.supervisor.cameras() if c.camera_id == "yard")
        assert not yard.is_done
        assert "yard" not in ended.cameras

    run(story)


GONE = GenesisError("hall: no such file")


def raised(error: GenesisError) -> RayTaskError:
    """What comes from an actor whose method raises this."""
    return RayTaskError("put_on", "", error)


def test_where_a_source_can_be_opened_no_more_all_is_as_it_was_and_the_change_can_be_made_again(
    run, tmp_path
):
    changed = settings_of(tmp_path, door="rtsp://door/2", hall="rtsp://hall/1")

    async def story(stage: Stage) -> None:
        before, living = stage.watched(), len(stage.groups)
        stage.fails_once("put_on", "hall", raised(GONE))
        with pytest.raises(GenesisError, match="no such file"):
            await stage.supervisor.apply(changed)
        assert stage.watched() == before
        assert len(stage.groups) == living
        assert stage.journal.called("watch")[-1][0] == ["door", "yard"]
        assert (await states(stage)).keys() == {"door", "yard"}
        assert await stage.supervisor.apply(changed)
        assert stage.watched() == {"door": "rtsp://door/2", "hall": "rtsp://hall/1"}

    run(story)


def test_a_camera_that_can_be_brought_back_no_more_has_failed_and_says_why(run, tmp_path):
    changed = settings_of(tmp_path, door="rtsp://door/2", hall="rtsp://hall/1")

    async def story(stage: Stage) -> None:
        stage.fails_once("put_on", "hall", raised(GONE))
        stage.fails_once("put_on", "yard", raised(GenesisError("yard: gone too")))
        with pytest.raises(GenesisError, match="hall: no such file"):
            await stage.supervisor.apply(changed)
        assert stage.watched() == {"door": "rtsp://door/1"}
        assert await states(stage) == {"door": None, "yard": "yard: gone too"}
        assert [state.camera_id for state, _ in stage.journal.called("give_up")] == ["yard"]

    run(story)


def test_a_group_that_is_gone_keeps_no_other_from_closing_what_it_opened_for_a_change_that_fails(
    run, tmp_path
):
    changed = settings_of(tmp_path, door="rtsp://door/2", yard="rtsp://yard/2", hall="no.mp4")

    async def story(stage: Stage) -> None:
        door, yard = stage.group_of("door"), stage.group_of("yard")
        door.closing = ActorDiedError()
        yard.waits["prepare"] = asyncio.Event()
        stage.fails_once("prepare", "hall", raised(GONE))
        changing = asyncio.create_task(stage.supervisor.apply(changed))
        await stage.until(lambda: len(door.called("prepare")) == 2)
        assert not changing.done()
        yard.waits["prepare"].set()
        with pytest.raises(GenesisError, match="no such file"):
            await changing
        assert yard.called("prepare")[-1] == ([],)
        assert stage.watched() == {"door": "rtsp://door/1", "yard": "rtsp://yard/1"}

    run(story)


def test_a_group_that_dies_while_a_change_is_undone_keeps_no_other_from_being_as_it_was(
    run, tmp_path
):
    changed = settings_of(tmp_path, door="rtsp://door/2", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        door = stage.group_of("door")
        stage.fails_once("put_on", "yard", raised(GONE))
        stage.fails_once("take_off", "door", None)  # the first time it works
        stage.fails_once("take_off", "door", ActorDiedError())
        stage.fails_once("put_on", "door", None)
        stage.fails_once("put_on", "door", ActorDiedError())
        with pytest.raises(GenesisError) as failed:
            await stage.supervisor.apply(changed)
        assert str(failed.value).startswith("hall: no such file; all is as it was, but door is not")
        assert stage.group_of("yard").watched == {"yard": "rtsp://yard/1"}
        assert stage.journal.called("watch")[-1][0] == ["door", "yard"]
        assert (await states(stage)).keys() == {"door", "yard"}
        assert [state.camera_id for state, _ in stage.journal.called("give_up")] == ["door"]
        noted = [notes for _, *more in stage.journal.called("take") for notes in more]
        (note,) = (note for each in noted for note in each if note.component == "configuration")
        assert (note.state, "door is not watched any more" in note.reason) == ("failed", True)
        assert door.called("put_on")[-1] == ([],)

    run(story)


def test_what_a_group_cannot_take_off_again_is_said(run, tmp_path):
    changed = settings_of(tmp_path, door="rtsp://door/2", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        stage.fails_once("put_on", "yard", raised(GONE))
        stage.fails_once("take_off", "door", None)
        stage.fails_once("take_off", "door", RayTaskError("take_off", "", ValueError("stuck")))
        with pytest.raises(GenesisError, match=r"door may still be watched \(ValueError: stuck\)"):
            await stage.supervisor.apply(changed)
        assert stage.group_of("yard").watched == {"yard": "rtsp://yard/1"}

    run(story)


def test_a_camera_whose_node_is_away_is_taken_off_later_and_all_is_as_it_was_meanwhile(
    run, monkeypatch, tmp_path
):
    monkeypatch.setattr(groups, "_AWAY_FOR_S", 0.3)
    without = settings_of(tmp_path, door="rtsp://door/1")

    async def story(stage: Stage) -> None:
        yard = stage.group_of("yard")
        yard.is_away = True
        yard.die()
        (group,) = (group for group in stage.supervisor._groups if "yard" in group.cameras)
        await stage.until(lambda: not group.is_placed)
        async with asyncio.timeout(5):
            with pytest.raises(GenesisError, match=r"watches yard has been away .*bring its node"):
                await stage.supervisor.apply(without)
        assert [camera.camera_id for camera in stage.supervisor.settings.cameras] == [
            "door",
            "yard",
        ]
        yard.watched.clear()  # with its process
        yard.is_away = False
        await stage.until(lambda: yard.is_watching)
        assert stage.watched() == {"door": "rtsp://door/1", "yard": "rtsp://yard/1"}
        await stage.supervisor.apply(without)
        assert stage.watched() == {"door": "rtsp://door/1"}

    run(story)


@pytest.mark.parametrize("keeper", ["journal", "resolver"])
def test_while_a_disk_is_full_or_a_keeper_away_no_camera_is_changed(
    run, monkeypatch, tmp_path, keeper
):
    monkeypatch.setattr(keepers, "_ANSWER_WITHIN_S", 0.05)
    changed = settings_of(tmp_path, door="rtsp://door/2", hall="rtsp://hall/1")
    errors = [
        (RayTaskError("take", "", FullDiskError("/data")), "/data is full; free some space"),
        (ActorUnavailableError("it is being started again", None), "have not answered for"),
    ]

    async def take(actor: Actor, *_: object) -> None:
        if errors and actor.name == keeper:
            raise errors[0][0]

    async def story(stage: Stage) -> None:
        monkeypatch.setattr(Actor, "do_take", take, raising=False)
        before = stage.watched()
        while errors:
            with pytest.raises(GenesisError, match=f"{errors[0][1]}.* try again"):
                await stage.supervisor.apply(changed)
            assert stage.watched() == before
            assert not [call for call in stage.log if call[1] in ("prepare", "take_off")]
            del errors[0]
        await stage.supervisor.apply(changed)
        assert stage.watched() == {"door": "rtsp://door/2", "hall": "rtsp://hall/1"}

    run(story)


def test_a_camera_that_was_done_is_done_again_where_its_change_fails(run, tmp_path):
    changed = settings_of(tmp_path, door="rtsp://door/1", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        await lose(stage, "yard")
        stage.fails_once("put_on", "yard", raised(GONE))
        with pytest.raises(GenesisError, match="no such file"):
            await stage.supervisor.apply(changed)
        told = [each for (told, *_) in stage.journal.called("take") for each in told]
        assert told[-1] == Told("yard", [], DONE)
        assert stage.resolver.called("take")[-1] == ([Shown("yard", (), DONE)],)
        assert (await states(stage))["yard"] == "its process dies again and again"

    run(story)


def test_a_camera_that_is_lost_while_a_change_is_made_is_given_up_after_it(run, tmp_path):
    changed = settings_of(tmp_path, door="rtsp://door/1", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        yard, opening = stage.group_of("yard"), asyncio.Event()
        yard.waits["prepare"] = opening
        changing = asyncio.create_task(stage.supervisor.apply(changed))
        await stage.until(lambda: bool(yard.called("prepare")))
        for _ in range(3):
            await stage.until(lambda: yard.is_watching)
            yard.die()
            await asyncio.sleep(0.01)
        is_given_up = yard.is_killed
        opening.set()
        assert not is_given_up
        assert await changing
        await stage.until(lambda: bool(stage.journal.called("give_up")))
        assert yard.is_killed
        assert stage.supervisor.settings == changed

    run(story)


def test_a_camera_comes_to_another_group_where_its_own_ends_at_that_moment(run, tmp_path):
    changed = settings_of(tmp_path, door="rtsp://door/1", yard="rtsp://yard/2")

    async def story(stage: Stage) -> None:
        yard = stage.group_of("yard")
        yard.has_ended = True  # which the supervisor does not know yet
        changing = asyncio.create_task(stage.supervisor.apply(changed))
        await stage.until(lambda: bool(yard.called("prepare")))
        await yard.do_stop()
        assert await changing
        assert not yard.called("put_on")
        assert yard.watched["yard"] == "rtsp://yard/1"
        (other,) = (group for group in stage.groups if group.watched.get("yard") == "rtsp://yard/2")
        await stage.until(lambda: other.is_watching)

    run(story)


def test_while_journal_or_resolver_are_away_it_says_so_and_tells_what_it_knows(run, monkeypatch):
    monkeypatch.setattr(supervisor, "_ANSWERS_WITHIN_S", 0.05)
    away: list[ActorUnavailableError] = []

    async def figures(_: object) -> JournalFigures:
        for error in away:
            raise error
        return JournalFigures(7, 0, None, None, 0.0, {"TrackEnded": 7})

    async def story(stage: Stage) -> None:
        monkeypatch.setattr(type(stage.journal), "do_figures", figures, raising=False)
        assert (await stage.supervisor.figures()).events == {"TrackEnded": 7}
        assert stage.supervisor.waits_for() == []
        away.append(ActorUnavailableError("it is being started again", None))
        stage.group_of("door").without = frozenset({"resolver"})
        told = await stage.supervisor.figures()
        assert told.events == {"TrackEnded": 7}
        assert [camera.camera_id for camera in told.cameras] == ["door", "yard"]
        assert stage.supervisor.waits_for() == [
            f"the {name} is being started again, or its node is away"
            for name in ("journal", "resolver")
        ]
        away.clear()
        stage.group_of("door").without = frozenset()
        await stage.supervisor.figures()
        assert stage.supervisor.waits_for() == []

    run(story)


WHY = FullDiskError("/data/run").while_waiting


@pytest.mark.parametrize("realtime", [True, False])
def test_whose_disk_is_full_is_told_by_status_figures_and_once_by_the_log(
    run, caplog, monkeypatch, realtime
):
    async def figures(_: object) -> JournalFigures:
        return JournalFigures(7, 0, None, None, 0.0)

    async def story(stage: Stage) -> None:
        monkeypatch.setattr(Actor, "do_figures", figures, raising=False)
        stage.group_of("door").full = {"journal": WHY}
        for _ in range(2):
            await stage.supervisor.cameras()
        assert stage.supervisor.waits_for() == [f"the journal waits for room: {WHY}"]
        assert (await stage.supervisor.figures()).full_disks == {"journal": WHY}
        ends = ["" if realtime else ". Else the run ends, with an error, after 10 min"]
        assert caplog.messages == [f"the journal waits for room: {WHY}{end}" for end in ends]
        stage.group_of("door").full = {}
        await stage.supervisor.cameras()
        assert stage.supervisor.waits_for() == []
        assert caplog.messages[1:] == ["the journal goes on: there is room again"]

    run(story, realtime=realtime)


@pytest.mark.parametrize("is_to_end", [True, False])
def test_who_has_no_room_finishes_later_unless_all_is_to_end(run, monkeypatch, is_to_end):
    monkeypatch.setattr(supervisor, "_LOOK_AGAIN_S", 0.01)
    tries: list[None] = []

    async def finish(keeper: Actor) -> JournalFigures | int:
        if keeper.name != JOURNAL_ACTOR:
            return 0
        tries.append(None)
        if len(tries) < 5:
            error = FullDiskError("/data/run")
            raise RayTaskError("finish", f"genesis_ray.errors.FullDiskError: {error}", error)
        return JournalFigures(7, 0, None, None, 0.0)

    async def story(stage: Stage) -> None:
        monkeypatch.setattr(type(stage.journal), "do_finish", finish, raising=False)
        stage.is_over = True
        if is_to_end:
            await stage.supervisor.shut_down(within_s=5)
        else:
            for group in stage.groups:
                group._stops.set()
        await asyncio.wait([stage.running])
        if is_to_end:
            with pytest.raises(GenesisError, match="/data/run is full; free some space"):
                raise stage.running.exception()
        else:
            assert stage.running.result().events == 7

    run(story)


def test_at_its_start_it_tells_who_is_expected(run):
    async def story(stage: Stage) -> None:
        ids, anew, layout = stage.journal.called("watch")[0]
        assert (ids, anew) == (["door", "yard"], ())
        assert layout is not None
        assert stage.log.index(("journal", "watch")) < stage.log.index(("cameras-0", "run"))
        assert stage.resolver.called("watch")[0] == (ids, ())

    run(story)


def test_a_group_for_which_there_is_no_node_any_more_is_missing_and_told_until_there_is_one(
    run, monkeypatch
):
    monkeypatch.setattr(watched_groups, "_PLACED_WITHIN_S", 0.01)

    async def story(stage: Stage) -> None:
        def told() -> list[str]:
            notes = (note for _, notes in stage.journal.called("take") for note in notes)
            return [note.state for note in notes if note.component == yard.name]

        yard = stage.group_of("yard")
        (group,) = (group for group in stage.supervisor._groups if "yard" in group.cameras)
        before = GroupFigures([], {}, None, node="n1")
        assert place_of(group, before).node == "n1"
        assert stage.supervisor.waits_for() == []
        yard.is_away = True
        yard.die()
        await stage.until(lambda: told() == ["waiting"])
        (missing,) = stage.supervisor.waits_for()
        assert missing == f"{yard.name} is being started, or no node has room for it"
        assert stage.supervisor.is_open
        assert place_of(group, before).node is None
        yard.is_away = False
        await stage.until(lambda: told()[-1] == "restarted")
        assert sorted(told()) == ["placed", "restarted", "waiting"]
        assert stage.supervisor.waits_for() == []

    run(story)


def test_what_does_not_end_in_time_is_cut_off_and_who_keeps_something_finishes(run, monkeypatch):
    monkeypatch.setattr(supervisor, "_FINISHED_WITHIN_S", 0.05)

    async def story(stage: Stage) -> None:
        for group in stage.groups:
            monkeypatch.setattr(group, "_stops", asyncio.Event())  # which it does not hear of
        stage.resolver.waits["finish"] = asyncio.Event()
        groups = stage.groups
        async with asyncio.timeout(5):
            await stage.supervisor.shut_down(within_s=0.05)
        assert stage.supervisor.is_cut_off
        assert [group.called("stop") for group in groups] == [[()], [()]]
        assert all(group.is_killed for group in groups)
        assert stage.journal.called("finish") == [()]
        stage.is_over = True

    run(story)


def test_who_only_has_to_finish_what_it_keeps_is_not_cut_off(run):
    async def story(stage: Stage) -> None:
        may_finish = stage.resolver.waits["finish"] = asyncio.Event()
        await stage.supervisor.shut_down(within_s=0.05)
        assert not stage.supervisor.is_cut_off
        assert len(stage.resolver.called("finish")) == 1
        may_finish.set()
        await stage.until(lambda: stage.journal.called("finish") == [()])
        stage.is_over = True

    run(story)


def test_a_group_that_is_made_while_all_ends_ends(run):
    async def story(stage: Stage) -> None:
        yard = stage.group_of("yard")
        yard.waits["stop"] = asyncio.Event()
        ending = asyncio.create_task(stage.supervisor.end())
        await stage.until(lambda: bool(yard.called("stop")))
        watched = stage.supervisor._groups
        made = watched.make(watched.spec, [], node=None)
        watched.join(made)
        await stage.until(lambda: made.has_ended)
        ending.cancel()

    run(story)
