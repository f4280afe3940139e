import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli import people
from genesis_ray.cli.decisions import told
from genesis_ray.cli.query import query
from genesis_ray.cli.summary import print_summary
from genesis_ray.domain.events import FaceRecognized, TrackObserved
from genesis_ray.domain.recognition.ledger import NOTHING_DECIDED, Split
from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.errors import ConfigurationError, LedgerError, NotFoundError, StoreError
from genesis_ray.pipeline.journal import SiteJournal
from genesis_ray.running.result import CameraProgress, RunResult
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
GALLERY = Path("genesis-data/gallery/default")
ADA = Person(identity_id="ada-1", name="Ada", kind="enrolled", enrolled_at=NOON)
ADA_TOO = Person(identity_id="ada-2", name="Ada", kind="enrolled", enrolled_at=NOON)
ANN, BEN = visitor("3f2a-1", at=NOON), visitor("91bc-1", at=NOON + timedelta(hours=1))


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def seen(identity_id: str, track_id: int, since: int, *, is_new: bool = False) -> list:
    """Return the events of a track that is seen for ten seconds and named at once."""
    own = {
        "tenant_id": "default", "site_id": "site", "camera_id": "door", "track_id": track_id,
    }  # fmt: skip
    sights = [
        TrackObserved(**own, occurred_at=at(second), frame_index=second, x1=0.1, y1=0.1, x2=0.2,
                      y2=0.9, confidence=0.9)
        for second in range(since, since + 11)
    ]  # fmt: skip
    named = FaceRecognized(
        **own, occurred_at=at(since), identity_id=identity_id, decision="named", similarity=0.9,
        runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate="", is_new=is_new,
        embedder="synthetic",
    )  # fmt: skip
    return [*sights, named] if identity_id else sights


def in_doubt(
    identity_id: str, track_id: int, second: int, *, gate: str = "", **how
) -> FaceRecognized:
    """Return that a track may be somebody, or is nobody known."""
    return FaceRecognized(
        tenant_id="default", site_id="site", camera_id="door", track_id=track_id,
        occurred_at=at(second), identity_id=identity_id,
        decision="review" if identity_id else "unknown", similarity=0.46,
        runner_up_similarity=None, threshold=0.5, votes=3, quality=0.8, gate=gate, is_new=False,
        embedder="synthetic", **how,
    )  # fmt: skip


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunFolder:
    """The newest run: two visitors, one of whom was seen twice, and a track without a name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GENESIS_FACES__EMBEDDER", "synthetic")
    with People(GALLERY, writer=True) as stored:
        for each in (ADA, ANN, BEN):
            stored.add(each)
    embedder = ColourEmbedder()
    faces = np.eye(embedder.dimension, dtype=np.float32)
    with FaceGallery(
        GALLERY,
        embedder=embedder.name,
        dimension=embedder.dimension,
        keys=tenant_keys(Settings()),
        writer=True,
    ) as gallery:
        for person, since, face in ((ANN, 0, faces[:1]), (BEN, 5, faces[1:3])):
            gallery.enroll(
                person.identity_id, face, qualities=[0.9] * len(face), at=at(since),
                camera_id="door",
            )  # fmt: skip
    events = [
        *seen(ANN.identity_id, 1, 0, is_new=True),
        *seen(BEN.identity_id, 2, 5, is_new=True),
        *seen(ANN.identity_id, 3, 600),
        *seen("", 4, 700),
        *seen("", 5, 610),
        in_doubt(ANN.identity_id, 5, 615, evidence=2.5),
        *seen("", 6, 800),
        in_doubt("", 6, 805),
    ]
    journal = SiteJournal(tenant_id="default", site_id="site", visit_gap=timedelta(seconds=300))
    told = []
    for event in sorted(events, key=lambda each: each.occurred_at):
        told += [event, *journal.apply(event)]
    folder = RunFolder.create()
    with EventLog(folder.events) as log:
        log.append([*told, *journal.finish()])
    return folder


@pytest.fixture
def genesis(run):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.add_typer(people.app, name="people")
    app.command()(query)

    def command(*arguments: str) -> str:
        result = CliRunner().invoke(app, arguments)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    return command


def answer(genesis, sql: str) -> list[dict]:
    return json.loads(genesis("query", sql, "--format", "json"))


def visitors(genesis) -> list[str]:
    rows = answer(genesis, "SELECT identity_id FROM visits ORDER BY started_at, identity_id")
    return [row["identity_id"] for row in rows]


def entries(genesis) -> list[dict]:
    return json.loads(genesis("people", "log", "--json"))


def test_after_a_merge_history_shows_one_person_and_after_its_undo_two_again(genesis):
    before = visitors(genesis)
    assert before == [ANN.identity_id, BEN.identity_id, ANN.identity_id]
    said = genesis("people", "merge", "visitor 91bc", "3f2a-1", "--why", "same coat", "--by", "eve")
    assert "visitor 91bc and visitor 3f2a are one person now: visitor 3f2a" in said
    assert visitors(genesis) == [ANN.identity_id] * 2
    assert BEN.name not in genesis("people", "list")
    names = "SELECT DISTINCT identity_id FROM face_recognitions WHERE decision = 'named'"
    assert "1 row" in genesis("query", names)
    (entry,) = entries(genesis)
    assert (entry["kind"], entry["by"], entry["why"]) == ("merge", "eve", "same coat")
    assert f"genesis people undo {entry['entry_id']}" in said
    assert "Undone: entry" in genesis("people", "undo", entry["entry_id"][:4])
    assert visitors(genesis) == before
    assert [each["undone_by"] for each in entries(genesis)] == [
        entries(genesis)[1]["entry_id"],
        None,
    ]


def test_what_was_written_is_there_under_another_name(genesis):
    genesis("people", "merge", ANN.identity_id, BEN.identity_id)
    (row,) = answer(
        genesis,
        "SELECT count(DISTINCT identity_id) AS n FROM face_recognitions_as_written "
        "WHERE decision = 'named'",
    )
    assert row["n"] == 2


def test_a_track_that_is_split_off_becomes_a_person_who_can_be_named(genesis):
    said = genesis("people", "split", ANN.name, "--track", "door:3")
    assert "1 track of visitor 3f2a is somebody else now" in said
    new_id = entries(genesis)[0]["new_id"]
    assert visitors(genesis) == [ANN.identity_id, BEN.identity_id, new_id]
    assert f"rename {new_id[:8]} NAME" in said
    assert "is called Carl now" in genesis("people", "rename", new_id[:8], "Carl")
    assert json.loads(genesis("people", "show", "Carl", "--json"))[0]["identity_id"] == new_id


def test_the_faces_a_visitor_was_made_of_go_with_their_track(genesis):
    assert "1 track and 2 faces" in genesis("people", "split", BEN.name, "--track", "door:2")
    new_id = entries(genesis)[0]["new_id"]
    assert "2 faces" in genesis("people", "show", new_id)
    assert "0 faces" in genesis("people", "show", BEN.name)


def test_a_single_face_can_be_split_off(genesis):
    (shown,) = json.loads(genesis("people", "show", BEN.name, "--json"))
    face_id = shown["face_list"][0]["face_id"]
    assert "1 face of visitor 91bc" in genesis("people", "split", "91bc-1", "--face", face_id)
    assert json.loads(genesis("people", "show", BEN.name, "--json"))[0]["faces"] == 1
    with pytest.raises(NotFoundError, match="no face"):
        genesis("people", "split", "91bc-1", "--face", face_id)


def test_a_rejected_track_loses_its_name(genesis):
    assert "Track door:3 is not visitor 3f2a" in genesis("people", "reject", "door:3", "3f2a-1")
    assert visitors(genesis) == [ANN.identity_id, BEN.identity_id]


def test_a_track_without_a_name_can_be_kept_from_getting_one(genesis):
    genesis("people", "reject", "door:4", "Ada")
    assert entries(genesis)[0]["track"]["identity_id"] == ADA.identity_id


def stays(genesis) -> list[tuple[str, str]]:
    rows = answer(genesis, "SELECT identity_id, started_at, ended_at FROM visits ORDER BY 2, 1")
    return [(row["identity_id"], row["ended_at"][11:19]) for row in rows]


def test_what_waits_for_an_answer_is_listed_until_it_has_one(genesis):
    (waiting,) = json.loads(genesis("people", "review", "--json"))
    assert (waiting["track"], waiting["name"], waiting["evidence"]) == ("door:5", ANN.name, 2.5)
    shown = genesis("people", "review")
    for part in ("door:5", "visitor 3f2a", "0.46", "2.5", "in doubt"):
        assert part in shown
    assert "genesis people confirm door:5" in shown
    assert "Track door:5 is visitor 3f2a" in genesis("people", "confirm", "door:5", "--why", "hat")
    assert "waits for an answer" in genesis("people", "review")
    genesis("people", "undo", entries(genesis)[0]["entry_id"])
    genesis("people", "reject", "door:5", "3f2a-1")
    assert "waits for an answer" in genesis("people", "review")


def test_whose_later_faces_a_track_shows_is_asked_once_its_name_was_taken_back(genesis, run):
    with EventLog(run.events) as log:
        log.append([in_doubt(BEN.identity_id, 1, 5, evidence=3.0, gate="exchanged")])
    assert "door:1" not in genesis("people", "review")
    genesis("people", "reject", "door:1", "3f2a-1")
    (row,) = (line for line in genesis("people", "review").splitlines() if "later faces" in line)
    assert "door:1 " in row
    assert f"Track door:1 is {BEN.name}" in genesis("people", "confirm", "door:1")


def test_a_confirmed_track_makes_a_visit_and_the_log_says_who_said_so(genesis):
    before = stays(genesis)
    genesis("people", "confirm", "door:5", "--by", "eve")
    genesis("people", "confirm", "door:6", "Ada")
    (longer,) = [(one, end) for one, end in stays(genesis) if (one, end) not in before][:1]
    assert longer == (ANN.identity_id, "12:10:20")
    assert stays(genesis)[-1] == (ADA.identity_id, "12:13:30")
    assert "confirm visitor 3f2a (3f2a-1) for door:5" in genesis("people", "log")
    assert entries(genesis)[0]["by"] == "eve"
    for each in entries(genesis):
        genesis("people", "undo", each["entry_id"])
    assert stays(genesis) == before


def test_the_log_is_a_table_with_names_and_what_was_undone(genesis):
    assert "Nothing was decided yet" in genesis("people", "log")
    genesis("people", "rename", "Ada", "Augusta [Lovelace]", "--why", "[sic]")
    genesis("people", "split", "3f2a-1", "--track", "door:3")
    genesis("people", "undo", entries(genesis)[0]["entry_id"])
    shown = genesis("people", "log")
    for part in ("rename ada-1 to Augusta [Lovelace]", "[sic]", "undone by", "split door:3"):
        assert part in shown


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        (["merge", "Nobody", "Ada"], NotFoundError, "nobody is called 'Nobody'"),
        (["merge", "Ada", "Ada"], LedgerError, "merged with itself"),
        (["split", "Ada", "--track", "door:3"], LedgerError, "it is 'visitor 3f2a'"),
        (["split", "Ada", "--track", "door:4"], LedgerError, "it has no name"),
        (["split", "Ada", "--track", "door:9"], NotFoundError, "no track door:9 in runs/"),
        (["split", "Ada", "--track", "door"], ConfigurationError, "CAMERA:NUMBER"),
        (["split", "Ada"], LedgerError, "a track or a face"),
        (["reject", "door:9", "Ada"], NotFoundError, "no track door:9"),
        (["confirm", "door:1", "Ada"], LedgerError, "has a name; it is 'visitor 3f2a'"),
        (["confirm", "door:4", "Ada"], LedgerError, "showed no face"),
        (["confirm", "door:6"], ConfigurationError, "people confirm door:6 PERSON"),
        (["confirm", "door:9"], NotFoundError, "no track door:9"),
        (["rename", "Ada", " "], ConfigurationError, "not empty"),
        (["undo", "abc"], NotFoundError, "no entry 'abc'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_noted(genesis, arguments, error, told):
    with pytest.raises(error, match=told):
        genesis("people", *arguments)
    assert entries(genesis) == []


def test_what_is_left_of_a_split_once_somebody_is_forgotten_says_who_is_kept_apart():
    entry = Split(
        entry_id="1", at=NOON, by="eve", why="", identity_id="ben", new_id="new",
        owner_ids=("ann",),
    )  # fmt: skip
    assert told(entry, NOTHING_DECIDED) == "keep new apart from ben and ann"


def test_who_is_not_clear_is_asked_for(genesis):
    with People(GALLERY, writer=True) as stored:
        stored.add(ADA_TOO)
    with pytest.raises(ConfigurationError, match="several: ada-1, ada-2"):
        genesis("people", "rename", "Ada", "Augusta")
    genesis("people", "rename", "ada-2", "Augusta")
    genesis("people", "rename", "Ada", "Lovelace")


def test_who_writes_and_takes_nothing_in_is_named(genesis):
    with People(GALLERY, writer=True):
        said = genesis("people", "merge", "3f2a-1", "91bc-1")
        assert "names people by what was decided when it began, until it ends" in said
    assert "when it began" not in genesis("people", "undo", entries(genesis)[0]["entry_id"])


def test_somebody_else_who_decides_at_the_moment_is_named(genesis):
    with (
        Ledger(GALLERY, writer=True),
        pytest.raises(StoreError, match="being written to by process"),
    ):
        genesis("people", "merge", "3f2a-1", "91bc-1")


@pytest.mark.parametrize(
    "command", ["merge", "split", "rename", "reject", "confirm", "review", "undo", "log"]
)
def test_help_has_examples(genesis, command):
    assert f"genesis people {command}" in genesis("people", command, "--help")


def test_a_query_says_where_the_people_of_its_run_are_not_there(genesis, run):
    run.write_summary({"settings": {"data_dir": "/nowhere"}})
    said = genesis("query", "FROM visits")
    assert "/nowhere" in said
    assert "--data DIR" in said
    assert "/nowhere" not in genesis("query", "FROM visits", "--data", "genesis-data")


ODD = "Ada [/x] [bold] :key:"
REMARK = "form [/y] [dim]"


@pytest.mark.parametrize(
    ("asked", "shows"),
    [
        (["list"], ODD),
        (["show", ODD], ODD),
        (["consent", ODD], REMARK),
        (["log"], REMARK),
        (["review"], ODD),
        (["explain", "door:1"], ODD),
        (["templates", ODD], ""),
        (["galleries"], ""),
    ],
)
def test_names_and_reasons_with_brackets_are_listed_as_they_are(genesis, monkeypatch, asked, shows):
    monkeypatch.setenv("COLUMNS", "300")
    genesis("people", "rename", ANN.identity_id, ODD, "--why", REMARK, "--by", REMARK)
    genesis("people", "consent", ODD, "given", "--why", REMARK, "--by", REMARK)
    assert shows in genesis("people", *asked)


def test_a_run_with_somebody_whose_name_has_brackets_is_summed_up(genesis, run, capsys):
    genesis("people", "rename", ANN.identity_id, ODD)
    door = CameraProgress(camera_id="door", frames=9, is_done=True)
    result = RunResult(
        mode="live", cameras=(door,), events=0, late=0, startup_s=1, first_event_s=None,
        watching_s=3, stage_s={},
    )  # fmt: skip
    print_summary(Settings(), run, result)
    assert ODD in capsys.readouterr().out
