import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli import people
from genesis_ray.domain.events import FaceRecognized, GateRejected
from genesis_ray.domain.recognition.identity import Candidate, Face, MatchPolicy
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import NotFoundError
from genesis_ray.pipeline.resolver import IdentityResolver
from genesis_ray.pipeline.resolver_policy import ResolverPolicy
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.people import People

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class Album:
    """Faces that are as like Ada and Bob as their numbers say."""

    def nearest(self, embedding, *, limit):  # noqa: ARG002
        both = [Candidate("ada-1", float(embedding[0])), Candidate("bob-1", float(embedding[1]))]
        return sorted(both, key=lambda each: -each.similarity)

    def enroll(self, *_, **__):
        raise AssertionError

    def is_taken(self, *_, **__):
        raise AssertionError

    def add_visitor(self, *_, **__):
        raise AssertionError


@pytest.fixture
def explain(tmp_path, monkeypatch):
    """Show faces of door:7, each quality and likeness to Ada and Bob; return what is printed."""
    monkeypatch.chdir(tmp_path)
    with People(tmp_path / "genesis-data/gallery/default", writer=True) as stored:
        for name in ("Ada", "Bob"):
            stored.add(
                Person(
                    identity_id=f"{name.lower()}-1", name=name, kind="enrolled", enrolled_at=NOON
                )
            )
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(people.app, name="people")

    def command(*faces: tuple[float, float, float], more=(), options=()) -> str:
        policy = ResolverPolicy(
            tenant_id="default",
            site_id="site",
            embedder="fused",
            match=MatchPolicy(threshold=0.48, review=0.43, origin="calibrated"),
            min_quality=0.2,
            visitor_faces=None,
        )
        resolver = IdentityResolver(policy, Album(), Album())
        told = [*more]
        for number, (quality, ada, bob) in enumerate(faces):
            face = Face(
                camera_id="door",
                track_id=7,
                face_index=number,
                captured_at=NOON + timedelta(seconds=number / 2),
                embedding=np.array([ada, bob], np.float32),
                quality=quality,
            )
            told += resolver.resolve(face)
        told += [outcome for _, outcome in resolver.lapse(NOON + timedelta(hours=1))]
        run = RunFolder.create(tmp_path / "runs/one")
        with EventLog(run.events) as log:
            log.append(told)
        result = CliRunner().invoke(app, ["people", "explain", "door:7", *options])
        if result.exception:
            raise result.exception
        return result.output

    return command


def test_a_track_of_another_tenant_than_the_configurations_is_not_there(explain, monkeypatch):
    monkeypatch.setenv("GENESIS_TENANT_ID", "acme")
    with pytest.raises(NotFoundError, match="no track door:7"):
        explain((1, 0.9, 0))


def test_a_name_is_explained_by_its_faces(explain):
    told = explain(
        (0.1, 0.9, 0), (0.5, 0.8, 0.1), (0.25, 0.7, 0.68), (1, 0.4, 0.1), *[(1, 0.9, 0)] * 3
    )
    lines = told.splitlines()
    rows = [line for line in lines if line.startswith("│")]
    for row, (vote, weight) in zip(
        rows,
        [
            ("no: quality", "0.00"),
            ("for Ada", "1.00"),
            ("no: margin", "0.50"),
            ("no: threshold", "1.00"),
            ("for Ada", "1.00"),
            ("for Ada", "1.00"),
            ("decided before", "0.00"),
        ],
        strict=True,
    ):
        assert vote in row
        assert f" {weight} " in row
    assert "Ada 0.70, Bob 0.68" in rows[2]
    assert "Track door:7 is Ada, with 0.90, named at 2026-01-05 12:00:02." in told
    assert "3 faces agree, each by itself: evidence of 3.00 good faces, 3 have to agree" in told
    assert "threshold 0.48, calibrated; margin 0.05; for review from 0.43" in told
    assert "next is Bob 0.10" in told


def test_a_name_that_later_faces_speak_against_says_so(explain):
    told = explain(*[(1, 0.9, 0)] * 3, *[(1, 0, 0.9)] * 3)
    assert "Track door:7 is Ada, with 0.90, named at 2026-01-05 12:00:01." in told
    assert (
        "after that: for review: it may be Bob, with 0.90, seen last at 2026-01-05 12:00:02; these "
        "faces are somebody else's, the tracker may have exchanged two people"
    ) in " ".join(told.split())


def test_a_track_for_review_says_who_it_may_be(explain):
    told = explain((1, 0.45, 0.1), (1, 0.46, 0.1))
    assert "Track door:7 is for review: it may be Ada, with 0.46, seen last at 2026" in told
    assert "2 faces: evidence of 2.00 good faces" in told


def test_a_stranger_is_unknown(explain):
    told = explain((1, 0.2, 0.1))
    assert "Track door:7 is unknown" in told
    assert "next is Ada 0.20" in told


def test_a_track_of_bad_faces_has_no_name(explain):
    assert "Track door:7 has no name: none of its faces was good enough" in explain((0.1, 0.9, 0))


REFUSED = GateRejected(
    tenant_id="default", site_id="site", camera_id="door", occurred_at=NOON, track_id=7,
    identity_id="bob-1", reason="too-soon", similarity=0.7, in_view_since=NOON,
    seen_camera_id="till", seen_track_id=4, seen_until=NOON - timedelta(seconds=2),
)  # fmt: skip


def test_what_the_gate_refused_is_told_with_where_they_were_seen(explain):
    told = explain((1, 0.45, 0.1), (1, 0.46, 0.1), more=[REFUSED])
    line = "refused by the gate at 12:00:00: Bob 0.70, too-soon, seen until 11:59:58 as till:4"
    assert line in told


def test_a_track_without_any_name_still_tells_what_the_gate_refused(explain):
    told = explain((0.1, 0.9, 0), more=[REFUSED])
    assert "has no name" in told
    assert "refused by the gate" in told


MADE = FaceRecognized(
    tenant_id="default", site_id="site", camera_id="door", occurred_at=NOON, track_id=7,
    identity_id="bob-1", decision="named", similarity=1.0, runner_up_similarity=None,
    threshold=0.63, votes=2, quality=0.9, gate="", is_new=True, embedder="fused",
    threshold_origin="embedder, for several tracks", basis="tracks", evidence=2.0,
    face_indices=(0, 1), qualities=(0.9, 0.9), similarities=(0.9, 0.9),
)  # fmt: skip


def test_of_a_visitor_of_several_tracks_it_says_that_others_faces_were_needed(explain):
    told = " ".join(explain((0.9, 0.2, 0.1), (0.9, 0.2, 0.1), more=[MADE]).split())
    assert "a visitor who was made of it" in told
    assert "2 faces made a visitor with faces of tracks before: evidence of 2.00 good faces" in told
    assert "threshold 0.63, embedder, for several tracks" in told


def test_programs_get_all_of_it_as_json(explain):
    told = json.loads(explain(*[(1, 0.9, 0.1)] * 3, options=["--json"]))
    assert told["decision"]["present"]["name"] == "Ada"
    assert told["decision"]["face_indices"] == [0, 1, 2]
    assert [face["verdict"] for face in told["faces"]] == ["voted"] * 3
    assert told["rules"]["votes"] == 3
    assert told["ledger"] == []
