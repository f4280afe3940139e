import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli import people
from genesis_ray.domain.events import FaceRecognized, TrackObserved
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.domain.recognition.template_update import TemplateChange
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import open_identities
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.running.upkeep.run_jobs import live_jobs, run_now
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.known_runs import note_run
from genesis_ray.store.runs.run_folder import RUNS, RunFolder
from genesis_ray.testing import ColourEmbedder

ACCESS = Access(action="match", reason="test")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EMBEDDER = ColourEmbedder()
AXES = np.eye(EMBEDDER.dimension, dtype=np.float32)
ADA = Person(identity_id="ada-1", name="Ada", kind="enrolled", enrolled_at=NOON)
ANN, BEN, CAT = (visitor(f"{name}-1", at=NOON) for name in ("ann1", "ben1", "cat1"))


def like(person: np.ndarray, similarity: float, noise: int) -> np.ndarray:
    return (similarity * person + np.sqrt(1 - similarity**2) * AXES[noise]).astype(np.float32)


FACES = {
    ADA: AXES[0],
    ANN: like(AXES[0], 0.8, 5),  # risk 9e-10 for one comparison
    BEN: AXES[1],
    CAT: like(AXES[1], 0.65, 6),  # 5e-7
}


@pytest.fixture
def data(tmp_path, monkeypatch) -> Settings:
    """A data folder of Ada, who learned once, and three visitors, two of whom are like others."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    settings = Settings()
    with ExitStack() as opened:
        identities = open_identities(
            settings, EMBEDDER, tenant_keys(settings), opened, access=ACCESS
        )
        for person, face in FACES.items():
            identities.people.add(person)
            identities.gallery.enroll(
                person.identity_id, face[None], qualities=[0.9], at=NOON,
                camera_id="" if person is ADA else "door", face_ids=[f"of-{person.name}"],
            )  # fmt: skip
        identities.changes.add(
            TemplateChange(
                change_id="91bc",
                identity_id="ada-1",
                kind="average",
                replaced_id="",
                at=NOON + timedelta(days=1),
                camera_id="till",
                track_id=7,
                similarity=0.9,
            )
        )
        identities.gallery.enroll(
            "ada-1", like(AXES[0], 0.999, 7)[None], qualities=[0.8],
            at=NOON + timedelta(days=1), camera_id="till", face_ids=["91bc"],
        )  # fmt: skip
    return settings


@pytest.fixture
def genesis(data):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(people.app, name="people")

    def command(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["people", *arguments], env={"COLUMNS": "200"})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return command


def seen(*tracks: tuple[Person, int, int], name: str = "newest") -> RunFolder:
    """Make a run in which people were seen at the door for ten seconds from a second on."""
    events = []
    for person, track_id, since in tracks:
        own = {"tenant_id": "default", "site_id": "s", "camera_id": "door", "track_id": track_id}
        events += [
            TrackObserved(**own, occurred_at=NOON + timedelta(seconds=second), frame_index=second,
                          x1=0.1, y1=0.1, x2=0.2, y2=0.9, confidence=0.9)
            for second in range(since, since + 11)
        ]  # fmt: skip
        events.append(
            FaceRecognized(
                **own, occurred_at=NOON + timedelta(seconds=since),
                identity_id=person.identity_id, decision="named", similarity=0.9,
                runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="",
                is_new=False, embedder="synthetic",
            )
        )  # fmt: skip
    run = RunFolder.create(RUNS / name)
    with EventLog(run.events) as log:
        log.append(events)
    return run


def proposed(genesis, *options: str) -> list[set[str]]:
    rows = json.loads(genesis("propose", "--json", *options))["proposals"]
    return [{person["name"] for person in row["people"]} for row in rows]


def entries(genesis) -> list[dict]:
    return json.loads(genesis("log", "--json"))


def test_templates_are_listed_with_where_they_come_from(genesis):
    said = genesis("templates", "Ada")
    assert "photo" in said
    assert "learned, average, till:7" in said
    rows = json.loads(genesis("templates", "Ada", "--json"))
    assert [(row["face_id"], row["state"]) for row in rows] == [
        ("of-Ada", "used"),
        ("91bc", "used"),
    ]
    assert not any("embedding" in row for row in rows)


def test_what_was_learned_is_undone_and_the_log_says_who_did_it(genesis):
    said = genesis("templates", "Ada", "--undo", "91", "--by", "eve", "--why", "a twin")
    assert "Undone: 1 change of Ada" in said
    rows = json.loads(genesis("templates", "Ada", "--json"))
    assert [row["state"] for row in rows] == ["used", "undone"]
    (entry,) = entries(genesis)
    assert (entry["kind"], entry["by"], entry["face_ids"]) == ("unlearn", "eve", ["91bc"])
    assert "unlearn 1 template of Ada" in genesis("log")
    genesis("undo", entry["entry_id"])
    assert '"undone"' not in genesis("templates", "Ada", "--json")


def test_a_face_is_removed_for_good_and_what_was_learned_in_its_place_stays(genesis, data):
    said = genesis("templates", "Ada", "--remove", "of-A", "--by", "eve")
    assert "Removed: a face of Ada, who has 1 face left." in said
    rows = json.loads(genesis("templates", "Ada", "--json"))
    assert [(row["face_id"], row["state"]) for row in rows] == [("91bc", "used")]
    *_, last = audit_log(data).entries()
    assert (last.action, last.by) == ("remove", "eve")


def test_undoing_and_removing_are_asked_for_one_at_a_time(genesis):
    with pytest.raises(ConfigurationError, match="two things"):
        genesis("templates", "Ada", "--undo", "91", "--remove", "91")


def test_who_may_be_one_is_proposed_the_surest_first_and_nothing_is_changed(genesis):
    assert proposed(genesis) == [{"Ada", ANN.name}, {BEN.name, CAT.name}]
    assert "genesis people merge" in genesis("propose")
    assert entries(genesis) == []


def test_a_lower_risk_proposes_fewer(genesis):
    assert proposed(genesis, "--risk", "1e-7") == [{"Ada", ANN.name}]
    assert "No two people" in genesis("propose", "--risk", "1e-12")


def test_who_was_seen_together_or_was_split_is_not_proposed(genesis):
    seen((ADA, 1, 0), (ANN, 2, 5))
    assert proposed(genesis) == [{BEN.name, CAT.name}]
    genesis("merge", BEN.name, CAT.name)
    genesis("split", BEN.name, "--face", f"of-{CAT.name}")
    assert proposed(genesis) == []


def test_what_was_rejected_in_an_older_run_holds_whichever_run_is_looked_at(genesis, data):
    old = seen((ANN, 1, 0), name="old")
    note_run(data.data_dir, old.path)
    genesis("reject", "door:1", "Ada", "--run", str(old.path))
    seen((ADA, 7, 900))
    assert proposed(genesis) == [{BEN.name, CAT.name}]
    assert "Merged" not in genesis("propose", "--apply")


def test_the_nightly_job_counts_who_may_be_one_and_merges_nobody(genesis, data):
    run = seen((ADA, 1, 0), (ANN, 2, 50), (BEN, 4, 200))
    record = run_now("propose", run, data)
    assert (record.error, record.outcome) == (None, {"proposals": 2, "sure": 1})
    assert entries(genesis) == []
    (noted,) = [each for each in audit_log(data).entries() if each.action == "propose"]
    assert "propose merges" in noted.reason


def test_a_service_looks_every_day_where_visitors_are_made(data, tmp_path):
    run = RunFolder.create(tmp_path / "run")
    visitors = data.model_copy(update={"identity": IdentitySettings(visitors=True)})
    with EventLog(run.events) as log:
        names = [[job.name for job in live_jobs(run, log, each)] for each in (data, visitors)]
    assert ["propose" in each for each in names] == [False, True]


def test_only_what_is_beyond_doubt_is_merged_and_the_log_says_why(genesis):
    seen((ADA, 1, 0), (ANN, 2, 50), (ANN, 3, 100), (BEN, 4, 200))
    said = genesis("propose", "--apply")
    (entry,) = entries(genesis)
    assert (entry["kind"], entry["by"]) == ("merge", "proposal")
    assert {entry["identity_id"], entry["other_id"]} == {ADA.identity_id, ANN.identity_id}
    assert entry["why"].startswith("similarity 0.8")
    assert entry["entry_id"] in said
    genesis("undo", entry["entry_id"])
    assert proposed(genesis)[0] == {"Ada", ANN.name}


def test_two_who_have_names_are_not_merged_however_alike(genesis):
    seen((ADA, 1, 0))
    genesis("rename", ANN.name, "Anna")
    assert "Merged" not in genesis("propose", "--apply")


def test_without_a_run_nothing_is_merged(genesis):
    with pytest.raises(ConfigurationError, match="--run DIR"):
        genesis("propose", "--apply")


def test_visitors_are_forgotten_after_their_time_and_the_dry_run_says_whom(genesis):
    assert "3 visitors would be forgotten, with 3 faces" in genesis(
        "tidy", "--at", "2026-03-01", "--dry-run"
    )
    assert "No visitor was out of sight for 30 days" in genesis("tidy", "--at", "2026-01-20")
    assert "3 visitors forgotten, with 3 faces" in genesis("tidy", "--at", "2026-03-01")
    assert "visitor" not in genesis("list")
    assert "Ada" in genesis("list")


def test_while_a_system_watches_it_alone_forgets(genesis, data):
    with ExitStack() as opened:
        open_identities(data, EMBEDDER, tenant_keys(data), opened, access=ACCESS)
        with pytest.raises(StoreError, match="being written to by process"):
            genesis("tidy")
