"""The man of two films of one room: his face is seen in one, and in the other his back alone."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.batch.segment_file import read_segment, write_segment
from genesis_ray.domain.events import Event, FaceRecognized
from genesis_ray.pipeline.journal_stage import JournalStage
from genesis_ray.pipeline.resolver_stage import ResolverStage
from genesis_ray.running import local
from genesis_ray.running.assembly import build_journal
from genesis_ray.running.local import run_local
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.resolver_building import build_resolver
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.station_values import Report
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import passing_keys
from genesis_ray.running.watching import settle
from genesis_ray.sections.appearance import AppearanceSettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.reader import RunTables
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.vision.osnet import Osnet

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
KEYS = passing_keys("default")
FRONT, BACK = "single1", "double1"


def told(settings: Settings, reports: Mapping[str, Iterator[Report]]) -> list[Event]:
    """Return all that is logged of what cameras report."""
    with ExitStack() as opened:
        embedder = load_protected_embedder(settings.faces, KEYS.current)
        access = Access(action="match", reason="test")
        identities = open_identities(settings, embedder, KEYS, opened, access=access)
        resolving = ResolverStage(list(reports), build_resolver(settings, identities, embedder))
        journaling = JournalStage(list(reports), build_journal(settings))
        clock = StageClock()
        return [e for rows in settle(reports, resolving, journaling, clock=clock) for e in rows]


@pytest.mark.data
@pytest.mark.models
@pytest.mark.timeout(600)
def test_the_man_of_both_films_is_one_visitor_though_one_shows_no_face(
    osnet: Osnet, shared_data, tmp_path, monkeypatch
):
    assert osnet.dimension  # its file is here
    films = {FRONT: START, BACK: START + timedelta(seconds=20)}
    settings = Settings(
        data_dir=tmp_path / "carried",
        # He walks past 5 m away: his face is 20 pixels wide, and he looks to the ground.
        faces={"interval_s": 0.1, "looks": 100, "min_quality": 0.05},
        identity={"visitors": True, "visitor_faces": 3},
        appearance={"model": "osnet", "carry": True},
        topology={"passages": [{"between": (FRONT, BACK), "min_s": 5, "max_s": 60}]},
        cameras=[
            {
                "camera_id": name,
                "source": str(shared_data / "videos" / f"epfl_{name}.mp4"),
                "start": start,
            }
            for name, start in films.items()
        ],
    )
    reports: dict[str, list[Report]] = {name: [] for name in films}

    def kept(station, *watched, **how) -> Iterator[Report]:
        for report in local_watch(station, *watched, **how):
            reports[report.camera_id].append(report)
            yield report

    local_watch = local.watch
    monkeypatch.setattr(local, "watch", kept)
    run = RunFolder.create(tmp_path / "run")
    run_local(settings, run, on_progress=lambda _: None)

    tables = {name: table.to_pylist() for name, table in RunTables(run.events).items()}
    named, carried = tables["face_recognitions"]
    assert (named["camera_id"], named["decision"], named["is_new"]) == (FRONT, "named", True)
    assert (carried["camera_id"], carried["decision"]) == (BACK, "carried")
    assert not carried["is_new"]
    assert carried["identity_id"] == named["identity_id"]
    assert carried["similarity"] == pytest.approx(0.83, abs=0.03)
    assert carried["runner_up_similarity"] == pytest.approx(0.47, abs=0.1)  # the man in black
    faces = tables["face_scores"]
    assert all(face["quality"] < 0.05 for face in faces if face["camera_id"] == BACK)
    (visit,) = (row for row in tables["visits"] if row["ended_at"])
    assert {row["visit_id"] for row in tables["visits"]} == {visit["visit_id"]}
    assert (visit["identity_id"], visit["camera_id"]) == (named["identity_id"], BACK)
    assert visit["started_at"] < START + timedelta(seconds=1)
    assert visit["ended_at"] > films[BACK] + timedelta(seconds=3)

    for name, own in reports.items():
        write_segment(tmp_path / name, own)
    archived = {name: read_segment(tmp_path / name) for name in reversed(films)}
    again = told(settings.model_copy(update={"data_dir": tmp_path / "archive"}), archived)
    written = {row["event_id"] for rows in tables.values() for row in rows}
    assert {event.event_id for event in again} == written

    without = settings.model_copy(
        update={
            "data_dir": tmp_path / "without",
            "appearance": AppearanceSettings(model="osnet"),
        }
    )
    faces_alone = told(
        without,
        {
            name: iter([replace(report, appearances=()) for report in own])
            for name, own in reports.items()
        },
    )
    assert {e.camera_id for e in faces_alone if isinstance(e, FaceRecognized)} == {FRONT}
