import pickle
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from genesis_ray.domain.clocks.ordering import DONE
from genesis_ray.domain.events import FaceRecognized, GateRejected, ZoneCrossed
from genesis_ray.live.journal import JournalActor
from genesis_ray.live.spec import LiveSpec, Told
from genesis_ray.pipeline.counting import Layout, ZoneNow
from genesis_ray.pipeline.producers import RESOLVER
from genesis_ray.settings import Settings
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.job_records import read_all
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import new_key
from tests.letters import NOON, frame, recording
from tests.live.specs import live_spec
from tests.live.telling import at, seen, told

CAMERAS = ("door", "till")


@pytest.fixture
def spec(tmp_path) -> LiveSpec:
    return live_spec(tmp_path, *CAMERAS, realtime=False, retry_delays_s=[0, 0, 0])


def test_what_is_set_aside_is_counted_by_unit_and_stage(spec):
    journal = JournalActor(spec)
    journal.take([], [frame("door", 7, at=NOON), recording("till")])
    journal.take([], [recording("yard")])
    assert journal.figures().set_aside == {("frame", "detect"): 1, ("recording", "watch"): 2}
    journal.finish()


def test_names_that_were_refused_are_counted_by_reason(spec):
    rejected = GateRejected(
        tenant_id="default", site_id="default", camera_id="door", occurred_at=NOON, track_id=1,
        identity_id="ada", reason="too-soon", similarity=0.8, in_view_since=NOON,
        seen_camera_id="till", seen_track_id=2, seen_until=NOON,
    )  # fmt: skip
    journal = JournalActor(spec)
    journal.take([], [rejected, replace(rejected, track_id=2)])
    journal.take([], [replace(rejected, track_id=3, reason="double")])
    assert journal.figures().rejections == {"too-soon": 2, "double": 1}
    journal.finish()


def recognised(seconds: int, track_id: int) -> Told:
    """What the resolver says of a track of the door."""
    event = FaceRecognized(
        tenant_id="default", site_id="default", camera_id="door", occurred_at=at(seconds),
        track_id=track_id, identity_id="ada", decision="named", similarity=0.8,
        runner_up_similarity=None, threshold=0.5, votes=3, quality=0.9, gate="", is_new=False,
        embedder="colour",
    )  # fmt: skip
    return Told(RESOLVER, [(at(seconds), (event,))], at(seconds))


def deaths_of(spec: LiveSpec, calls: list[list[Told]]) -> int:
    """Tell a journal what it is called with; return how many processes died of it."""
    script = Path(__file__).with_name("told_again.py")
    told = pickle.dumps((spec, calls))
    ran = subprocess.run(
        [sys.executable, script], input=told, stdout=subprocess.PIPE, timeout=60, check=True
    )
    return int(ran.stdout)


@pytest.mark.parametrize("realtime", [False, True])
def test_a_frame_that_kills_the_journal_again_and_again_is_set_aside_alone(spec, realtime):
    spec = replace(spec, realtime=realtime)
    deaths = deaths_of(
        spec,
        [
            [told("door", 1, 2), told("till", 1)],
            [told("till", 2, 3, 4, deadly=3), told("door", 3, 4)],
            [told("door", 5, 6, ends=True), told("till", 5, ends=True), Told(RESOLVER, [], DONE)],
        ],
    )
    assert deaths == 4
    journal = JournalActor(spec)
    assert journal.figures().set_aside == {("frame", "journal"): 1}
    journal.finish()
    tables = RunTables(spec.run / "events")
    observed = tables["track_observations"].to_pylist()
    assert sorted((row["camera_id"], row["frame_index"]) for row in observed) == [
        *(("door", second) for second in (1, 2, 3, 4, 5, 6)),
        *(("till", second) for second in (1, 2, 4, 5)),
    ]
    (letter,) = tables["dead_letters"].to_pylist()
    assert (letter["camera_id"], letter["frame_index"], letter["attempts"]) == ("till", 3, 4)
    assert letter["occurred_at"] == at(3)
    assert list((spec.run / "state").glob("*/*")) == []


def after_a_power_cut(spec: LiveSpec, *, back_s: int) -> list[dict[str, object]]:
    """The visits of who was seen at 1 to 3 s and, by another system on the same log, once more."""
    spec = replace(spec, realtime=True)
    deaths_of(spec, [[told("door", 1, 2, 3), recognised(2, 1), told("till", 4)]])
    another = JournalActor(replace(spec, key=new_key()))
    door = Told("door", [seen("door", back_s, 2)], at(back_s))
    another.take([door, recognised(back_s, 2), told("till", back_s + 60)])
    ends = [Told(name, [], DONE) for name in (*CAMERAS, RESOLVER)]
    another.take(ends)
    another.finish()
    visits = RunTables(spec.run / "events")["visits"].to_pylist()
    return sorted(visits, key=lambda row: (row["started_at"], row["ended_at"] is not None))


def test_a_system_that_is_started_after_a_power_cut_goes_on_with_open_visits(spec):
    started, ended = after_a_power_cut(spec, back_s=100)
    assert (started["started_at"], started["ended_at"]) == (at(1), None)
    assert (ended["started_at"], ended["ended_at"]) == (at(1), at(100))
    assert started["visit_id"] == ended["visit_id"]


def test_torn_files_of_before_are_left_out_and_named_and_all_else_is_taken_up(spec, caplog):
    spec = replace(spec, realtime=True)
    before = JournalActor(spec)
    before.take([told("door", 1, 2, 3), recognised(2, 1), told("till", 4)])
    before.finish()
    tables = ("visits", "alerts", "face_recognitions", "track_observations")
    folder = f"tenant_id=default/day={NOON:%Y-%m-%d}"
    torn = [spec.run / "events" / table / folder / "9999.parquet" for table in tables]
    for path in torn:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"PAR1 and no more")
    journal = JournalActor(replace(spec, key=new_key()))
    journal.take([Told("door", [seen("door", 100, 2)], at(100)), recognised(100, 2)])
    journal.take([Told(name, [], DONE) for name in (*CAMERAS, RESOLVER)])
    journal.finish()
    visits = RunTables(spec.run / "events")["visits"].to_pylist()
    assert {row["started_at"] for row in visits} == {at(1)}  # it was continued
    named = [text.split()[0] for text in caplog.messages if "is damaged" in text]
    assert {*map(str, torn)} <= {*named}


def test_a_visit_whose_gap_has_passed_during_a_power_cut_ends_when_its_visitor_was_last_seen(spec):
    started, ended, *again = after_a_power_cut(spec, back_s=2000)
    assert (ended["visit_id"], ended["ended_at"]) == (started["visit_id"], at(3))
    assert [row["started_at"] for row in again] == [at(2000)] * 2


def test_a_recording_that_is_watched_again_tells_of_its_visits_itself(spec):
    deaths_of(spec, [[told("door", 1, 2, 3), recognised(2, 1), told("till", 4)]])
    another = JournalActor(replace(spec, key=new_key()))
    another.take([told("door", 900, ends=True), told("till", 900, ends=True)])
    another.take([Told(RESOLVER, [], DONE)])
    another.finish()
    visits = RunTables(spec.run / "events")["visits"].to_pylist()
    assert [row["ended_at"] for row in visits] == [None]


def test_whoever_was_in_a_zone_at_a_power_cut_left_it_at_their_last_sight(spec):
    door = {"camera_id": "door", "source": "rtsp://camera/door"}
    till = {"camera_id": "till", "source": "till.mp4"}
    settings = Settings(cameras=[door, till], retry_delays_s=[0, 0, 0])
    spec = replace(spec, realtime=True, settings=settings)
    entered = [
        ZoneCrossed(
            tenant_id="default", site_id="default", camera_id=camera, occurred_at=at(1),
            zone_id="queue", track_id=1, direction="enter",
        )
        for camera in CAMERAS
    ]  # fmt: skip
    calls = [[told(camera, 1, 2, 3), Told(camera, [(at(4), (event,))], at(4))]
             for camera, event in zip(CAMERAS, entered, strict=True)]  # fmt: skip
    deaths_of(spec, calls)
    for _ in range(2):  # and once more, which has nothing to add
        JournalActor(replace(spec, key=new_key())).finish()
        *_, last = crossings = RunTables(spec.run / "events")["zone_crossings"].to_pylist()
        assert len(crossings) == 3  # a recording that is watched again tells it itself
        assert (last["camera_id"], last["direction"], last["occurred_at"]) == (
            "door",
            "exit",
            at(3),
        )


def test_zones_of_a_camera_that_came_are_told_of_at_once_and_by_the_next_process_too(
    spec, tmp_path
):
    bench = ("yard", "bench")
    journal = JournalActor(spec)
    journal.watch([*CAMERAS, "yard"], layout=Layout([], {bench: 3.0}))
    assert journal.figures().site.zones == {bench: ZoneNow(0, 0.0)}
    as_it_is = shutil.copytree(spec.run, tmp_path / "copy")  # if the process died now
    another = JournalActor(replace(spec, run=as_it_is))
    assert another.figures().site.zones == {bench: ZoneNow(0, 0.0)}
    journal.finish()
    another.finish()


def jobs_of(spec: LiveSpec, settings: Settings) -> list[str]:
    """The jobs that a journal has, which end with it."""
    folder = RunFolder(spec.run).jobs
    JournalActor(replace(spec, realtime=True, settings=settings)).finish()
    assert not [thread for thread in threading.enumerate() if thread.name == "jobs"]
    return [record.name for record in read_all(folder)]


def test_of_live_cameras_it_lets_go_of_what_is_too_old_and_of_recordings_it_does_not(spec):
    assert jobs_of(spec, spec.settings) == ["compaction", "rollups"]
    door = {"camera_id": "door", "source": "rtsp://camera/door"}
    live = jobs_of(spec, Settings(cameras=[door]))
    assert live == ["compaction", "purge-verification", "retention", "rollups"]


def test_as_fast_as_can_be_it_has_no_jobs(spec):
    JournalActor(spec).finish()
    assert not RunFolder(spec.run).jobs.exists()


def test_cameras_and_journals_load_no_database_before_they_need_one():
    code = (
        "import sys, genesis_ray.live.cameras, genesis_ray.live.journal\n"
        "sys.exit(' '.join({'duckdb', 'lancedb', 'torch'} & set(sys.modules)) or None)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_it_tells_how_far_cameras_are_and_were_that_came_anew_and_so_does_the_next_process(
    spec, tmp_path
):
    journal = JournalActor(spec)
    assert journal.resumption(CAMERAS).told == {}
    journal.take([told("door", 1, 2), told("till", 3, ends=True)])
    journal.watch([*CAMERAS], ["till"])
    journal.take([told("till", 5)])
    as_it_is = shutil.copytree(spec.run, tmp_path / "copy")  # if the process died now
    another = JournalActor(replace(spec, run=as_it_is))
    for each in (journal, another):
        known = each.resumption(CAMERAS)
        assert known.told == {"door": at(2), "till": at(5)}
        assert known.left == {"till": at(3)}
        assert each.resumption(["door"]).left == {}
    journal.watch(["door"])
    assert journal.resumption(CAMERAS).left == {}
    journal.finish()
    another.finish()
