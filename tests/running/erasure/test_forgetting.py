import itertools
import os
import random
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import numpy as np
import pyarrow.compute as pc
import pytest

from genesis_ray.analytics.stored import whole
from genesis_ray.domain.alerting.alert_events import AlertRaised
from genesis_ray.domain.events import TrackObserved
from genesis_ray.domain.recognition.ledger import Merge, Rename
from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.alerting.alert_delivery import outbox_folder
from genesis_ray.running.alerting.deliveries import deliveries_of
from genesis_ray.running.erasure import forgotten_search
from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.running.erasure.forgetting_intent import is_unfinished
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.consent import consent_of, note_consent
from genesis_ray.running.people.giving_way import SystemsAtWork
from genesis_ray.running.people.identities import faces_of, identity_folder, who_is_who
from genesis_ray.running.people.people_stores import PeopleStores
from genesis_ray.running.people.repairs import Repairs
from genesis_ray.running.questions.history import present_tables
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_log import AuditLog
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.event_rewriting import EventRewriting
from genesis_ray.store.events.reader import read_table
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.keys.receipts import Receipt
from genesis_ray.store.runs.outbox import Outbox, OutboxRow
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos
from genesis_ray.store.tenant.ledger import Ledger
from genesis_ray.store.tenant.people import People
from tests.deadly_steps import Doomed
from tests.running.somebody import ADA, BEN, CARL, NOON, OF_ADA, PLACES, SHE, track, write_run
from tests.store.some_keys import unit

GONE = [
    ADA.name.encode(), SHE.name.encode(),
    *(form for one in (ADA, SHE) for form in (
        one.identity_id.encode(), UUID(one.identity_id).hex.encode(), UUID(one.identity_id).bytes,
    )),
    *(face.tobytes() for face in OF_ADA),
    *(np.float32(place.landmarks).tobytes() for place in PLACES[ADA.identity_id]),
]  # fmt: skip


@pytest.fixture
def settings(template, tmp_path, monkeypatch) -> Settings:
    """A copy of the world, in which the run is known where it is now."""
    monkeypatch.chdir(tmp_path)
    return copied(template, tmp_path / "world")


class Forgotten(NamedTuple):
    settings: Settings
    receipt: Receipt


@pytest.fixture(scope="module")
def forgotten(template, tmp_path_factory) -> Forgotten:
    """The world that Ada is forgotten in, to be looked at and not to be changed."""
    folder = tmp_path_factory.mktemp("forgotten")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        settings = copied(template, folder / "world")
        return Forgotten(settings, done(settings))


def copied(template: Path, folder: Path) -> Settings:
    shutil.copytree(template, folder)
    (folder / "data" / "known-runs").write_text(f"{folder / 'run'}\n")
    return Settings(data_dir=folder / "data", faces={"embedder": "synthetic"})


def holders(settings: Settings) -> list[str]:
    """Return the files that hold, or say when they are read, anything that must be gone."""
    folder = settings.data_dir.parent
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(each in path.read_bytes() for each in GONE)
    }
    for events in (folder / "run" / "events", folder / "data" / "run" / "events"):
        for table in ("face_recognitions", "face_scores", "visits"):
            text = str(read_table(events, table).to_pylist())
            found |= {f"{events} {table}" for one in (ADA, SHE) if one.identity_id in text}
    return sorted(found)


def gallery(settings: Settings) -> FaceGallery:
    keys = tenant_keys(settings)
    return FaceGallery(
        identity_folder(settings), embedder="colour", dimension=16, keys=keys, writer=True
    )


def events_of(settings: Settings, run: str = "run"):
    return present_tables(settings.data_dir.parent / run / "events", settings)


def visits(settings: Settings, run: str = "run") -> list[dict]:
    rows = whole(events_of(settings, run)["visits"])
    return rows.filter(pc.is_valid(rows["ended_at"])).to_pylist()


def named(settings: Settings) -> dict[int, str]:
    rows = events_of(settings)["face_recognitions"].to_pylist()
    return {row["track_id"]: row["identity_id"] for row in rows}


def kept(settings: Settings) -> list[KeptPhoto]:
    return KeptPhotos(identity_folder(settings)).all()


def done(settings: Settings, person: str = ADA.name) -> Receipt:
    why = f"{ADA.name} asked" if person == ADA.name else "asked"
    return forget(settings, person, by="eve", why=why)[1]


def test_no_byte_is_left_of_somebody(settings, forgotten):
    assert len(holders(settings)) > 10
    receipt = forgotten.receipt
    assert holders(forgotten.settings) == []
    assert receipt.searched.residue == ()
    assert receipt.searched.files > 30
    assert (receipt.identities, receipt.faces) == (2, 4)


def test_others_are_who_they_were(settings, forgotten):
    dora = next(each for each in who_is_who(settings).people if each.name == "Dora")
    before = {each: named(settings)[each] for each in (3, 4, 6)}
    assert before == {3: BEN.identity_id, 4: dora.identity_id, 6: CARL.identity_id}
    settings = forgotten.settings
    assert {person.name for person in who_is_who(settings).people} == {"Dora", BEN.name, "Carl"}
    assert {each: named(settings).get(each) for each in (3, 4, 6)} == before
    assert 5 not in named(settings)
    who = who_is_who(settings)
    assert [len(faces_of(settings, who, each.identity_id)) for each in (BEN, CARL)] == [2, 2]


def test_kept_photos_go_with_the_person_and_others_keep_theirs(settings, forgotten):
    (before,) = (p for p in kept(settings) if p.identity_id == ADA.identity_id)
    assert [photo.identity_id for photo in kept(forgotten.settings)] == [CARL.identity_id]
    (purged,) = (each for each in forgotten.receipt.purged if each.store == "photos")
    assert (purged.removed, purged.files) == (1, (before.file,))


def test_a_copy_of_a_kept_photo_that_is_left_is_found(template, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = copied(template, tmp_path / "world")
    (ada,) = (p for p in kept(settings) if p.identity_id == ADA.identity_id)
    sealed = KeptPhotos(identity_folder(settings)).sealed(ada)
    receipt = done(settings)
    copy = settings.data_dir / "copy"
    copy.write_bytes(b"of old: " + sealed)
    assert verify(settings, receipt).residue == (f"{copy}: a photo",)


def test_landmarks_go_with_the_face_and_a_copy_that_is_left_is_found(settings, forgotten):
    place, _ = PLACES[ADA.identity_id]
    left = settings.data_dir / "old"
    content = b"of old: " + np.float32(place.landmarks).tobytes()
    left.write_bytes(content)
    receipt = done(settings)
    assert verify(settings, receipt).residue == (f"{left}: a set of landmarks",)
    assert verify(forgotten.settings, forgotten.receipt).residue == ()
    who = who_is_who(settings)
    shown = [face["landmarks"] for face in faces_of(settings, who, CARL.identity_id)]
    assert shown == [each.landmarks for each in PLACES[CARL.identity_id]]


def test_landmarks_that_anothers_face_has_too_are_no_residue(settings):
    shared, _ = PLACES[ADA.identity_id]
    with gallery(settings) as faces:
        faces.enroll(CARL.identity_id, unit(99, 1, 16), qualities=[1], at=NOON, places=[shared])
    assert done(settings).searched.residue == ()


def test_visits_are_counted_as_before_and_no_two_of_the_person_are_alike(settings, forgotten):
    before = visits(settings)
    settings = forgotten.settings
    after = visits(settings)
    stays = [
        sorted((each["started_at"], each["ended_at"], each["camera_id"]) for each in rows)
        for rows in (before, after)
    ]
    assert stays[0] == stays[1]
    known = {each.identity_id for each in who_is_who(settings).people}
    strangers = [each["identity_id"] for each in after if each["identity_id"] not in known]
    assert len(strangers) == len(set(strangers)) == 2  # tracks 1 and 2 together, and track 7
    names = named(settings)
    assert names[1] == names[2] != names[7]
    assert {names[1], names[7]} == set(strangers)
    written = {each["visit_id"] for each in before}
    kept = {
        each["visit_id"]
        for each in after
        if each["identity_id"] in (BEN.identity_id, CARL.identity_id)
    }
    assert kept <= written
    assert written.isdisjoint(e["visit_id"] for e in after if e["identity_id"] in strangers)


def test_scores_of_the_person_are_gone_and_those_of_others_stay(forgotten):
    rows = events_of(forgotten.settings)["face_scores"].to_pylist()
    scores = {row["track_id"]: row["candidate_ids"] for row in rows}
    assert [scores[each] for each in (1, 2, 7)] == [[], [], []]
    assert scores[3] == [BEN.identity_id, CARL.identity_id]
    assert scores[6] == [CARL.identity_id, BEN.identity_id]
    assert all(len(row["candidate_ids"]) == len(row["similarities"]) for row in rows)


def test_of_the_ledger_the_rest_holds(forgotten):
    entries = Ledger(identity_folder(forgotten.settings)).entries()
    assert [type(each).__name__ for each in entries] == ["Rename", "Reject", "Merge", "Undo"]
    assert all(each.why == "the coat of (forgotten)" for each in entries)
    assert isinstance(entries[0], Rename)
    assert entries[0].name == "Dora"
    assert isinstance(entries[2], Merge)


def test_the_receipt_lists_every_store_and_what_was_not_reached(forgotten):
    settings, receipt = forgotten
    folder = settings.data_dir.parent
    places = {
        (each.store, Path(each.place).relative_to(folder).as_posix()) for each in receipt.purged
    }
    gallery = "data/gallery/default"
    assert places == {
        ("events", "run/events"), ("events", "data/run/events"), ("states", "run"),
        ("archive work", "run"), ("pictures", "run"), ("people", f"{gallery}/people.lance"),
        ("ledger", f"{gallery}/ledger.lance"), ("faces_colour", f"{gallery}/faces_colour.lance"),
            ("consent", f"{gallery}/consent.lance"), ("photos", f"{gallery}/photos"),
    }  # fmt: skip
    by_store = {each.store: each for each in receipt.purged}
    assert by_store["people"].removed == 2
    assert by_store["faces_colour"].removed == 4
    assert len(by_store["faces_colour"].versions) > 1
    assert by_store["ledger"].removed == 2
    assert any("door.mp4" in each for each in receipt.not_reached)
    assert any("backups" in each for each in receipt.not_reached)
    assert receipt.why == "(forgotten) asked"


def test_what_an_import_said_of_rows_goes_as_it_may_name_anybody(settings):
    report = settings.data_dir.parent / "run" / "import.json"
    report.write_text('{"examples": ["identities lovelace_a: ..."]}')
    receipt = done(settings)
    assert not report.exists()
    assert [each.files for each in receipt.purged if each.store == "import report"] == [
        ("import.json",)
    ]


def test_the_receipt_itself_names_nobody(forgotten):
    (path,) = (forgotten.settings.data_dir / "receipts" / "default").iterdir()
    assert not any(each in path.read_bytes() for each in GONE)


def test_the_receipt_has_no_part_of_the_name_either(settings):
    with Repairs(settings, by="eve", why="") as repairs:
        repairs.rename(ADA.identity_id, "Zebulon Pike")
    _, receipt = forget(settings, ADA.identity_id, by="eve", why="zebulon asked")
    assert receipt.why == "(forgotten) asked"


@pytest.mark.parametrize("person", [SHE.identity_id, ADA.identity_id[:8]])
def test_the_person_is_meant_by_any_of_their_identities(settings, person):
    done(settings, person)
    assert holders(settings) == []


def test_who_was_split_from_somebody_can_be_forgotten_too(settings):
    done(settings, "Dora")
    assert {each.name for each in who_is_who(settings).people} == {ADA.name, BEN.name, "Carl"}
    assert named(settings)[1] == ADA.identity_id
    stranger = named(settings)[4]
    assert stranger not in {each.identity_id for each in who_is_who(settings).people}
    assert ADA.identity_id in {row["identity_id"] for row in visits(settings)}


def test_two_can_be_forgotten_one_after_the_other(settings):
    first, second = done(settings), done(settings, "Carl")
    assert verify(settings, first).residue == verify(settings, second).residue == ()
    assert {each.name for each in who_is_who(settings).people} == {"Dora", BEN.name}


def test_nobody_is_told_again_of_alerts_that_were_delivered(settings):
    run = RunFolder(settings.data_dir.parent / "run")
    raised = AlertRaised(
        tenant_id="default", site_id="site", camera_id="door", occurred_at=NOON, alert_id="a",
        rule_id="vip", severity="info", track_id=1, identity_id=ADA.identity_id, message="vip",
    )  # fmt: skip
    with EventLog(run.events) as log:
        log.append([raised])
    with Outbox(outbox_folder(run, "default")) as outbox:
        row = OutboxRow(channel="office", event_id=raised.event_id, state="delivered")
        outbox.put([row])
    done(settings)
    (alert,) = read_table(run.events, "alerts").to_pylist()
    assert alert["event_id"] != raised.event_id
    (delivery,) = [each for each in deliveries_of(run, "default") if each.notice]
    assert (delivery.row.event_id, delivery.row.state) == (alert["event_id"], "delivered")


def test_who_is_not_there_cannot_be_forgotten(settings):
    with pytest.raises(NotFoundError, match="nobody is called 'Zoe'"):
        done(settings, "Zoe")
    assert finish(settings) is None


def before_all_give_way(monkeypatch, decide: Callable[[], object]) -> None:
    """Have somebody decide something after who is to go was looked up, and before it is begun."""
    give_people = SystemsAtWork.give_people

    def decide_first(at_work: SystemsAtWork) -> None:
        decide()
        give_people(at_work)

    monkeypatch.setattr(SystemsAtWork, "give_people", decide_first)


def test_who_is_merged_into_the_person_until_all_give_way_goes_with_them(settings, monkeypatch):
    def merge() -> None:
        with Repairs(settings, by="eve", why="") as repairs:
            repairs.merge(CARL.identity_id, ADA.identity_id)

    before_all_give_way(monkeypatch, merge)
    receipt = done(settings)
    assert receipt.identities == 3
    assert receipt.searched.residue == ()
    assert receipt.why == "(forgotten) asked"
    assert holders(settings) == []
    assert {person.name for person in who_is_who(settings).people} == {"Dora", BEN.name}
    written = [path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file()]
    assert not any(CARL.identity_id.encode() in each for each in written)
    (noted,) = [each for each in audit_log(settings).entries() if each.action == "forget"]
    assert len(noted.people) == 3


def test_runs_are_written_anew_before_anybody_gives_way_and_once(settings, monkeypatch):
    staged: list[str] = []
    stage = EventRewriting.stage

    def count(events: EventRewriting, *of: object) -> list[str]:
        staged.append(str(of[0]))
        return stage(events, *of)

    monkeypatch.setattr(EventRewriting, "stage", count)
    before_all_give_way(monkeypatch, lambda: staged.append("all give way"))
    done(settings)
    assert "visits" in staged
    assert staged.index("all give way") == len(staged) - 1


def test_who_is_parted_from_the_person_until_all_give_way_stays(settings, monkeypatch):
    def undo() -> None:
        with Repairs(settings, by="eve", why="") as repairs:
            merges = [entry for entry in repairs.entries() if isinstance(entry, Merge)]
            repairs.undo(next(e.entry_id for e in merges if SHE.identity_id == e.identity_id))

    before_all_give_way(monkeypatch, undo)
    receipt = done(settings)
    assert receipt.identities == 1
    people = who_is_who(settings)
    assert SHE.name in {person.name for person in people.people}
    assert ADA.name not in {person.name for person in people.people}
    assert len(faces_of(settings, people, SHE.identity_id)) == 2
    assert named(settings)[2] == SHE.identity_id


def test_who_decides_while_somebody_is_forgotten_goes_by_what_is_left(settings, monkeypatch):
    purge, deciding = PeopleStores.purge, []
    outcome: list[object] = []

    def decide() -> None:
        with Repairs(settings, by="eve", why="") as repairs:
            outcome.append(repairs.rename(CARL.identity_id, "Charles"))
            try:
                repairs.merge(BEN.identity_id, ADA.identity_id)
            except NotFoundError as error:
                outcome.append(error)

    def purge_meanwhile(*arguments) -> None:
        deciding.append(threading.Thread(target=decide))
        deciding[0].start()
        deciding[0].join(0.1)
        assert deciding[0].is_alive()
        purge(*arguments)

    monkeypatch.setattr(PeopleStores, "purge", purge_meanwhile)
    receipt = done(settings)
    deciding[0].join(10)
    assert len(outcome) == 2
    assert {person.name for person in who_is_who(settings).people} == {"Dora", BEN.name, "Charles"}
    assert verify(settings, receipt).residue == ()


def test_two_cannot_be_forgotten_at_once(settings, monkeypatch):
    refused: list[str] = []

    def forget_another() -> None:
        with pytest.raises(StoreError) as raised:
            forget(settings, CARL.name, by="eve", why="")
        refused.append(str(raised.value))

    before_all_give_way(monkeypatch, forget_another)
    done(settings)
    assert refused == [
        f"process {os.getpid()} is forgetting somebody, changing the key of faces, or copying "
        f"them for a backup; wait until it is done"
    ]
    assert CARL.name in {person.name for person in who_is_who(settings).people}


@pytest.mark.parametrize("writes_to", ["people", "run", "work"])
def test_while_a_system_runs_nothing_is_changed(settings, writes_to):
    folder = settings.data_dir.parent
    before = holders(settings)
    if writes_to == "people":
        busy = People(identity_folder(settings), writer=True)
    elif writes_to == "run":
        busy = EventLog(folder / "data" / "run" / "events")
    else:
        from genesis_ray.store.lock import WriteLock

        busy = WriteLock(folder / "run" / "work" / "key-1" / "writer.lock")
        busy.close = busy.release
    try:
        with pytest.raises(StoreError, match=f"being written to by process {os.getpid()}"):
            done(settings)
    finally:
        busy.close()
    assert holders(settings) == before
    assert not is_unfinished(identity_folder(settings))


def test_a_run_that_is_not_where_it_was_is_told_and_can_be_named(settings, tmp_path):
    folder = settings.data_dir.parent
    elsewhere = tmp_path / "archive" / "march"
    elsewhere.parent.mkdir()
    (folder / "run").rename(elsewhere)
    receipt = done(settings)
    assert any(f"was in {folder / 'run'}" in each for each in receipt.not_reached)
    assert verify(settings, receipt).residue == ()
    assert any("an identity" in each for each in verify(settings, receipt, [elsewhere]).residue)


def test_a_search_is_in_the_audit_log_before_anything_is_read(settings, monkeypatch):
    receipt = done(settings)
    before = len(list(audit_log(settings).entries()))
    verify(settings, receipt)
    (entry,) = list(audit_log(settings).entries())[before:]
    assert (entry.action, entry.people) == ("verify-forgotten", None)
    assert receipt.receipt_id in entry.reason

    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(AuditLog, "append", full)
    monkeypatch.setattr(forgotten_search, "search", lambda *_: pytest.fail("it was read"))
    with pytest.raises(StoreError, match="is full"):
        verify(settings, receipt)


def test_a_run_in_which_nobody_was_recognised_is_no_hindrance(settings, tmp_path):
    nameless = [event for event in track(CARL, 1, 0) if isinstance(event, TrackObserved)]
    quiet = write_run(settings, tmp_path / "quiet", nameless)
    _, receipt = forget(settings, ADA.name, by="eve", why="", runs=[quiet.path])
    assert receipt.searched.residue == ()
    assert len(read_table(quiet.events, "track_observations")) == len(nameless)


def test_a_run_that_is_named_is_reached(settings, tmp_path):
    folder = settings.data_dir.parent
    elsewhere = tmp_path / "archive" / "march"
    elsewhere.parent.mkdir()
    (folder / "run").rename(elsewhere)
    _, receipt = forget(settings, ADA.name, by="eve", why="", runs=[elsewhere])
    assert verify(settings, receipt, [elsewhere]).residue == ()


def test_a_name_that_others_have_too_is_no_trace_and_is_left_to_them(settings):
    with People(identity_folder(settings), writer=True) as people:
        people.add(
            CARL.__class__(
                identity_id="other", name=f"{ADA.name} Byron", kind="enrolled",
                enrolled_at=NOON + timedelta(days=1),
            )
        )  # fmt: skip
    said = f"form of {ADA.name} Byron"
    note_consent(settings, "other", "given", at=None, by=f"{ADA.name} Byron", why=said)
    receipt = done(settings, ADA.identity_id)
    assert receipt.searched.residue == ()
    (kept,) = consent_of(settings, "other").history
    assert (kept.by, kept.why) == (f"{ADA.name} Byron", said)
    assert ADA.name.encode() in b"".join(
        path.read_bytes() for path in settings.data_dir.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize("where", ["file", "parquet", "version", "wal"])
def test_what_comes_back_is_found(settings, where, template):
    receipt = done(settings)
    folder = settings.data_dir.parent
    if where == "file":
        (folder / "run" / "notes.txt").write_text(f"that was {ADA.name}")
    elif where == "parquet":
        kept = next((template / "run" / "events" / "visits").rglob("*.parquet"))
        shutil.copy(
            kept, folder / "run" / "events" / "visits" / "tenant_id=default" / "old.parquet"
        )
    elif where == "version":
        shutil.rmtree(identity_folder(settings) / "people.lance")
        shutil.copytree(
            template / "data" / "gallery" / "default" / "people.lance",
            identity_folder(settings) / "people.lance",
        )
    else:
        from tests.running.somebody import track

        log = EventLog(folder / "run" / "events")
        log.append(track(ADA, 99, 5))
        log.flush()
        residue = verify(settings, receipt).residue
        log.close()
        assert any(".wal" in each and "an identity" in each for each in residue)
        return
    assert verify(settings, receipt).residue != ()


@pytest.mark.parametrize("moved", ["data/gallery/default", "run/events", "run/events/visits"])
def test_what_comes_back_behind_a_link_is_found(settings, moved):
    folder = settings.data_dir.parent
    (folder / moved).rename(folder / "other-disk")
    (folder / moved).symlink_to(folder / "other-disk")
    receipt = done(settings)
    assert receipt.searched.residue == ()
    (folder / "other-disk" / "notes.txt").write_text(f"that was {ADA.name}")
    found = [f"{folder / moved}/notes.txt: a name"]
    assert [*verify(settings, receipt).residue] == found


@pytest.mark.parametrize("moved", ["state", "work", "acknowledgements"])
def test_what_a_system_left_on_another_disk_goes(settings, moved):
    folder = settings.data_dir.parent
    there = folder / "other-disk" / "resolver"
    there.mkdir(parents=True)
    (there / "1.state").write_text(ADA.name)
    shutil.rmtree(folder / "run" / moved, ignore_errors=True)
    (folder / "run" / moved).symlink_to(there.parent)
    receipt = done(settings)
    assert [*there.parent.iterdir()] == []
    assert any(f"{moved}/resolver/1.state" in each.files for each in receipt.purged)


def test_what_is_behind_a_link_in_what_a_system_left_is_told_as_not_reached(settings):
    folder = settings.data_dir.parent
    (folder / "other-disk").mkdir()
    (folder / "other-disk" / "1.state").write_text(ADA.name)
    link = folder / "run" / "state" / "resolver"
    shutil.rmtree(link.parent)
    link.parent.mkdir()
    (link.parent / "2.state").write_text(ADA.name)
    link.symlink_to(folder / "other-disk")
    receipt = done(settings)
    assert f"what is behind the link {link}" in receipt.not_reached
    assert [*receipt.searched.residue] == [f"{link / '1.state'}: a name"]


def test_another_tenants_namesake_is_nobodys_residue(settings):
    other = settings.model_copy(update={"tenant_id": "other"})
    with People(identity_folder(other), writer=True) as people:
        people.add(ADA)
    receipt = done(settings)
    assert receipt.searched.residue == ()
    assert People(identity_folder(other)).get(ADA.identity_id) == ADA
    with pytest.raises(StoreError, match="is of tenant 'default', and this is 'other'"):
        verify(other, receipt)


@pytest.mark.timeout(400)  # some sixty processes
@pytest.mark.parametrize(
    ("has_runs", "kills"),
    [pytest.param(True, 6, id="with runs"), pytest.param(False, 50, id="of stores")],
)
def test_killed_at_any_point_and_again_it_is_finished_by_the_next_command(
    template, tmp_path, monkeypatch, has_runs, kills
):
    def world(number: int) -> Settings:
        settings = copied(template, tmp_path / f"world-{number}")
        if not has_runs:  # which take most of the time
            shutil.rmtree(settings.data_dir.parent / "run")
            shutil.rmtree(settings.data_dir / "run")
            (settings.data_dir / "known-runs").unlink()
        return settings

    monkeypatch.chdir(tmp_path)
    chance = random.Random(11)
    left: list[int] = []
    with Doomed(Path(__file__).with_name("killed_forgetting.py")) as forgetting:
        steps, seconds = forgetting.whole(world(0).data_dir)
        worlds = itertools.count(1)
        while len(left) < kills:
            settings = world(next(worlds))
            when = f"{chance.uniform(0, seconds):.3f}s"
            while forgetting.is_killed(settings.data_dir, when=when):
                left.append(len(holders(settings)))
                assert {p.name for p in who_is_who(settings).people} >= {"Dora", BEN.name, "Carl"}
                when = str(chance.randrange(steps))
            (path,) = (settings.data_dir / "receipts" / "default").iterdir()
            receipt = Receipt.read(path)
            assert holders(settings) == []
            assert receipt.searched.residue == ()
            stores = {each.store for each in receipt.purged}
            assert stores >= {"people", "ledger", "faces_colour", "photos"}
            assert {p.name for p in who_is_who(settings).people} == {"Dora", BEN.name, "Carl"}
            if has_runs:
                assert "events" in stores
                assert len(visits(settings)) == 5
                assert named(settings)[3] == BEN.identity_id
            shutil.rmtree(settings.data_dir.parent)
    assert len(set(left)) > 2  # it was killed in the middle, and elsewhere each time
