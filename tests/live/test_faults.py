"""Processes and a node are killed under a live run, on a real cluster of three nodes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.erasure.forgetting import forget
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.local import run_local
from genesis_ray.running.templates.gallery_in_use import by_embedder
from genesis_ray.running.templates.key_rotation import forget as destroy_key
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.switching import is_in_force, plan_switch, switch
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RunFolder
from tests.live.watched import Watched
from tests.live.watcher import settings_for
from tests.processes import titled

pytestmark = [pytest.mark.e2e, pytest.mark.ray, pytest.mark.timeout(600)]

HERE = Path(__file__).parent

GROUP = "CameraGroupActor"
PROCESSES = (
    GROUP,
    "ResolverActor",
    "JournalActor",
    "ServeReplica:genesis-detector",
    "ServeReplica:genesis-embedder",
)
"""Whose titles have these in them."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[str, int]]:
    """The address of a head with no room for cameras and models, and of two nodes for them."""
    command = [sys.executable, str(HERE / "nodes.py"), "0", "1", "1"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nodes:
        address = ""
        while not address.startswith("address"):
            address = nodes.stdout.readline()
            assert address, "the cluster did not start"
        yield address.split()[1], nodes.pid
        nodes.stdin.close()


@pytest.fixture
def watch(cluster, tmp_path) -> Iterator[Callable[..., Watched]]:
    """Start a live run over sources."""
    address, nodes = cluster
    opened = []

    def watch(*sources: str, realtime: bool = False) -> Watched:
        command = [sys.executable, str(HERE / "watcher.py"), *(["--realtime"] if realtime else [])]
        command.append(str(tmp_path / "live"))
        process = subprocess.Popen(
            [*command, str(tmp_path / "data"), *sources],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "RAY_ADDRESS": address},
        )
        opened.append(process)
        return Watched(process, partial(titled, nodes))

    yield watch
    for process in opened:
        process.kill()
        process.communicate()


def tables(run: Path) -> dict[str, pa.Table]:
    return {name: table.read() for name, table in RunTables(run / "events").items()}


def test_what_fails_again_and_again_is_set_aside_and_hinders_nobody(watch, tmp_path):
    film = "synthetic:?people=2&seconds=10&fps=10&width=320&height=240"
    watched = watch(film, f"{film}&poison=50", f"{film}&fatal=30")
    watched.wait_until_done()
    assert watched.frames["camera-0"] == 100
    assert watched.frames["camera-1"] == 99
    assert 0 < watched.frames["camera-2"] < 30
    run = tables(tmp_path / "live")
    letters = run["dead_letters"].to_pylist()
    poisoned, deadly = sorted(letters, key=lambda letter: letter["camera_id"])
    assert (poisoned["camera_id"], poisoned["unit"], poisoned["stage"]) == (
        "camera-1", "frame", "detect"
    )  # fmt: skip
    assert (poisoned["frame_index"], poisoned["attempts"]) == (50, 4)
    assert poisoned["reason"] == "RuntimeError: cannot digest this picture"
    assert (deadly["camera_id"], deadly["unit"]) == ("camera-2", "recording")
    ends = {row["camera_id"]: row["state"] for row in run["camera_states"].to_pylist()}
    assert ends == {"camera-0": "ended", "camera-1": "ended", "camera-2": "failed"}


def test_whatever_is_killed_no_frame_is_lost_and_no_event_doubled(watch, tmp_path):
    films = [f"synthetic:?people=3&seconds=90&fps=10&width={width}" for width in (320, 400)]
    watched = watch(*films)
    for victim in PROCESSES:
        watched.wait_for_frames(100)
        watched.kill(victim)
    watched.wait_for_frames(100)
    raylet = watched.find(GROUP).parent()
    assert "raylet" in raylet.name()
    raylet.kill()  # the cameras' node, and with it all that is on it
    watched.wait_for_frames(100)
    watched.process.kill()  # the command itself, and with it all that it started
    watched = watch(*films)
    watched.wait_until_done()
    assert watched.frames == {"camera-0": 900, "camera-1": 900}
    local = RunFolder.create(tmp_path / "local")
    run_local(settings_for(tmp_path / "local-data", films), local, on_progress=lambda _: None)
    undisturbed = tables(local.path)
    assert {name for name, rows in undisturbed.items() if len(rows)} >= {
        "track_observations", "zone_crossings", "line_crossings", "face_recognitions", "visits"
    }  # fmt: skip
    disturbed = tables(tmp_path / "live")
    states = disturbed.pop("system_states").to_pylist()
    assert {(state["component"], state["state"]) for state in states} >= {
        ("cameras-0", "restarted"),
        ("resolver", "restarted"),
        ("journal", "restarted"),
    }  # of a replica only who waits for it tells, and it may die between two requests
    assert [name for name, rows in disturbed.items() if not rows.equals(undisturbed[name])] == []
    events = sum(map(len, undisturbed.values())) + len(states)
    assert watched.done == [str(events), "0"]
    assert list((tmp_path / "live" / "state").glob("*/*")) == []


@pytest.mark.models
@pytest.mark.data
def test_who_is_forgotten_meanwhile_is_gone_and_all_else_is_as_if_not(watch, shared_data, tmp_path):
    """Of two who are enrolled the one is forgotten while he is seen, before the other is."""
    clip = str(shared_data / "videos" / "hamilton_short.mp4")
    settings, live = settings_for(tmp_path / "data", [clip]), tmp_path / "live"
    stills = shared_data / "faces" / "face_recognition"
    gone = enroll(settings, "Lin", [stills / "lin-manuel-miranda.png"]).identity_id
    photos = [stills / "obama.jpg", stills / "obama2.jpg"]
    other = enroll(settings, "Barack", photos).identity_id
    shutil.copytree(settings.data_dir, tmp_path / "local-data")
    watched = watch(clip)
    watched.wait_for_frames(130)  # he is named, and is seen for eighty more
    with watched.held(GROUP):  # else that may be over before
        _, receipt = forget(settings, "Lin", by="eve", why="", runs=[live])
    assert watched.process.poll() is None
    assert watched.frames["camera-0"] < OTHER_IS_SEEN
    assert receipt.searched.residue == verify(settings, receipt, [live]).residue == ()
    assert receipt.faces == 1
    assert "states" not in {each.store for each in receipt.purged}  # it goes on from them
    watched.wait_until_done()
    assert watched.frames == {"camera-0": 275}
    assert watched.done[1] == "0"
    assert verify(settings, receipt, [live]).residue == ()
    local = RunFolder.create(tmp_path / "local")
    run_local(settings_for(tmp_path / "local-data", [clip]), local, on_progress=lambda _: None)
    undisturbed, disturbed = tables(local.path), tables(live)
    assert [
        name
        for name in ("track_observations", "zone_crossings", "line_crossings", "camera_states")
        if not disturbed[name].equals(undisturbed[name])
    ] == []
    assert len(disturbed["system_states"]) == 0
    tracks = {
        (row["camera_id"], row["track_id"])
        for row in undisturbed["face_recognitions"].to_pylist()
        if row["identity_id"] == gone
    }
    assert gone not in str([rows.to_pylist() for rows in disturbed.values()])
    others = of_others(disturbed, tracks, gone)
    assert others == of_others(undisturbed, tracks, gone)
    assert other in {row["identity_id"] for row in others["face_recognitions"]}
    was_named = named(undisturbed["face_recognitions"].to_pylist())[gone]
    (stranger,) = (
        who for who, own in named(disturbed["face_recognitions"].to_pylist()).items()
        if own == was_named
    )  # fmt: skip
    assert stays(disturbed, stranger) == stays(undisturbed, gone)


@pytest.mark.models
@pytest.mark.data
def test_a_key_that_is_changed_meanwhile_changes_nothing_that_is_said(watch, shared_data, tmp_path):
    """Of two who are enrolled one is seen before, and the other after it, by other processes."""
    once = str(shared_data / "videos" / "hamilton_short.mp4")
    clip = "|".join([once] * 3)  # the key is changed before that is over
    settings, live = settings_for(tmp_path / "data", [clip]), tmp_path / "live"
    stills = shared_data / "faces" / "face_recognition"
    lin = enroll(settings, "Lin", [stills / "lin-manuel-miranda.png"]).identity_id
    photos = [stills / "obama.jpg", stills / "obama2.jpg"]
    barack = enroll(settings, "Barack", photos).identity_id
    shutil.copytree(settings.data_dir, tmp_path / "local-data")
    local = RunFolder.create(tmp_path / "local")
    run_local(settings_for(tmp_path / "local-data", [clip]), local, on_progress=lambda _: None)
    watched = watch(clip)
    watched.wait_for_frames(130)
    note_run(settings.data_dir, live)  # as the command does that begins one
    done = rotate(settings)
    assert (done.version, done.is_new) == (2, True)
    assert done.process
    with watched.held(GROUP):  # else the film may be over before
        destroy_key(settings, 1)
        for victim in ("ResolverActor", "ServeReplica:genesis-embedder"):
            watched.kill(victim)  # each was started with that key
    watched.wait_until_done()
    assert watched.frames == {"camera-0": 3 * 275}
    undisturbed, disturbed = tables(local.path), tables(live)
    states = {(row["component"], row["state"]) for row in disturbed["system_states"].to_pylist()}
    assert ("resolver", "restarted") in states
    assert ("resolver", "degraded") not in states  # no face was left out
    del disturbed["system_states"]
    differ = [
        name
        for name, rows in disturbed.items()
        if not are_alike(rows.to_pylist(), undisturbed[name].to_pylist())
    ]
    assert differ == []
    told_of = {row["identity_id"] for row in disturbed["face_recognitions"].to_pylist()[-9:]}
    assert {lin, barack} <= told_of  # at the end of the film, too


@pytest.mark.models
@pytest.mark.data
def test_a_system_goes_over_to_another_embedder_and_whoever_is_killed_then_goes_by_it(
    watch, shared_data, tmp_path
):
    clip = "|".join([str(shared_data / "videos" / "hamilton_short.mp4")] * 4)
    settings, live = settings_for(tmp_path / "data", [clip]), tmp_path / "live"
    stills = shared_data / "faces" / "face_recognition"
    photos = {"Lin": "lin-manuel-miranda.png", "Barack": "obama.jpg"}
    people = {
        enroll(by, name, [stills / photo], anyway=by is not settings).identity_id: name
        for by in (settings, by_embedder(settings, "sface"))
        for name, photo in photos.items()
    }
    assert len(people) == 2
    watched = watch(clip, realtime=True)
    watched.wait_for_frames(30)
    planned = plan_switch(settings, "sface")
    assert planned.process_follows
    switch(settings, planned)
    while not is_in_force(settings, planned):
        watched.wait_for_frames(1)  # the cameras go on meanwhile
    for victim in (GROUP, "ResolverActor", "ServeReplica:genesis-embedder"):
        watched.kill(victim)  # each was started with the other
    watched.wait_until_done()
    told = tables(live)
    by = [row["embedder"] for row in told["face_scores"].to_pylist()]
    assert set(by) == {"fused", "sface"}
    assert by == sorted(by)  # none of the one before comes after one of the other
    named = [row for row in told["face_recognitions"].to_pylist() if row["decision"] == "named"]
    assert {people.get(row["identity_id"], "Lin") for row in named} <= {*photos}
    (changed,) = (row for row in told["system_states"].to_pylist() if row["state"] == "changed")
    assert changed["reason"].startswith("people are named by sface, and were by fused")


OTHER_IS_SEEN = 220
"""The first frame of that shot."""


def named(rows: list[dict]) -> dict[str, set[int]]:
    """Return the tracks that were named somebody, by who that is."""
    found: dict[str, set[int]] = {}
    for row in rows:
        if row["decision"] == "named":
            found.setdefault(row["identity_id"], set()).add(row["track_id"])
    return found


def are_alike(one: object, other: object) -> bool:
    """Tell whether rows are the same but for how similarities are rounded."""
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, abs=1e-5)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_alike(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_alike, one, other))
    return one == other


def of_others(
    run: dict[str, pa.Table], tracks: set[tuple[str, int]], gone: str
) -> dict[str, list[dict]]:
    """Return what is said of tracks that are not somebody's, with nothing of that person in it."""
    rows = {
        name: [
            row
            for row in run[name].to_pylist()
            if (row["camera_id"], row["track_id"]) not in tracks
        ]
        for name in ("face_recognitions", "face_scores")
    }
    for row in rows["face_recognitions"]:
        for name in ("similarity", "similarities", "runner_up_similarity", "runner_up_id", "votes"):
            del row[name]  # may be about the person, or whoever is most alike without them
    for row in rows["face_scores"]:
        del row["similarities"]
        row["candidate_ids"] = [each for each in row["candidate_ids"] if each != gone]
    others = {row["identity_id"] for row in rows["face_recognitions"]}
    return rows | {
        "visits": [row for row in run["visits"].to_pylist() if row["identity_id"] in others]
    }


def stays(run: dict[str, pa.Table], identity_id: str) -> list[tuple]:
    """Return when somebody came and left, where, with whether an end is of a visit that began."""
    rows = [row for row in run["visits"].to_pylist() if row["identity_id"] == identity_id]
    begun = {row["visit_id"] for row in rows if row["ended_at"] is None}
    told = ("occurred_at", "camera_id", "started_at", "ended_at", "zone_ids")
    return [(*(row[name] for name in told), row["visit_id"] in begun) for row in rows]
