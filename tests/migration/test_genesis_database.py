import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.errors import SourceError
from genesis_ray.migration.genesis_database import GenesisDatabase
from genesis_ray.migration.genesis_rows import Unreadable
from tests.genesis_installation import FACENET512, Genesis

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def genesis(tmp_path) -> Genesis:
    return Genesis(tmp_path / "genesis")


def opened(genesis: Genesis) -> GenesisDatabase:
    return GenesisDatabase(genesis.database, BERLIN)


def test_people_have_the_name_of_their_metadata_else_their_id(genesis):
    genesis.add_person("person_001", "John Doe")
    genesis.add_person("person_002", embedding=None, first_seen=None)
    john, other = opened(genesis).identities()
    assert (john.name, other.name) == ("John Doe", "person_002")
    assert john.first_seen == datetime(2026, 2, 10, 14, 20, tzinfo=UTC)
    assert john.embedding.tolist() == FACENET512.tolist()
    assert (other.first_seen, other.embedding) == (None, None)


@pytest.mark.parametrize("zones", ['["entrance", "queue"]', "{entrance,queue}", "entrance, queue"])
def test_zones_are_read_however_they_were_written(genesis, zones):
    genesis.add_session("s1", "person_001", zones_visited=zones)
    (session,) = opened(genesis).sessions()
    assert session.zone_ids == ("entrance", "queue")


def test_a_time_without_an_offset_is_of_the_zone_that_is_said(genesis):
    genesis.add_session("s1", "p", start_time="2026-07-01 12:00:00", end_time=None)
    (session,) = opened(genesis).sessions()
    assert session.started_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert session.ended_at is None


@pytest.mark.parametrize(
    ("began", "ended", "minutes"),
    [("02:50", "02:10", 20), ("02:10", "02:50", 40), ("01:50", "03:10", 140)],
)
def test_in_the_hour_that_comes_twice_a_visit_ends_after_it_begins(genesis, began, ended, minutes):
    genesis.add_session(
        "s1", "p", start_time=f"2025-10-26 {began}:00", end_time=f"2025-10-26 {ended}:00"
    )
    (session,) = opened(genesis).sessions()
    assert session.ended_at - session.started_at == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("20260215", datetime(2026, 2, 14, 23, tzinfo=UTC)),
        ("20260215T103000", datetime(2026, 2, 15, 9, 30, tzinfo=UTC)),
        ("1771150200", datetime(2026, 2, 15, 10, 10, tzinfo=UTC)),
        ("1771150200.5", datetime(2026, 2, 15, 10, 10, 0, 500_000, tzinfo=UTC)),
    ],
)
def test_eight_digits_are_a_date_and_other_numbers_seconds(genesis, said, at):
    genesis.add_session("s1", "p", start_time=said, end_time=None)
    (session,) = opened(genesis).sessions()
    assert session.started_at == at


@pytest.mark.parametrize("said", ["20261399", "1712010812345"])
def test_a_number_that_is_neither_a_date_nor_seconds_is_told(genesis, said):
    genesis.add_session("s1", "p", start_time=said, end_time=None)
    (session,) = opened(genesis).sessions()
    assert f"expected a time, as 2026-02-15T10:30:00Z, got '{said}'" in session.reason


def test_a_row_that_is_none_is_told_and_the_others_are_read(genesis):
    genesis.add_session("s1", "p", start_time="yesterday")
    genesis.add_session("s2", "p")
    genesis.add_session("s3", "p", end_time="2026-02-15T09:00:00Z")
    genesis.add_person("person_001", embedding=b"no pickle")
    broken, fine, backwards = opened(genesis).sessions()
    (person,) = opened(genesis).identities()
    assert isinstance(broken, Unreadable)
    assert "yesterday" in broken.reason
    assert fine.session_id == "s2"
    assert isinstance(backwards, Unreadable)
    assert "before it begins" in backwards.reason
    assert person.row == "identities person_001"


def test_an_older_database_without_a_table_has_none_of_its_rows(genesis):
    genesis.insert("identity_events", {"person_id": "p", "event_type": "zone_enter"})
    database = opened(genesis)
    assert list(database.samples()) == []
    assert database.count("identity_events") == 1
    assert database.count("alerts") == 0


def test_rows_that_a_killed_writer_left_beside_the_database_are_not_passed_over(genesis, tmp_path):
    killed = tmp_path / "killed"
    with closing(sqlite3.connect(genesis.database)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO identities (person_id) VALUES ('person_001')")
        connection.commit()
        shutil.copytree(genesis.database.parent, killed)
    with pytest.raises(SourceError, match=r"identities\.db-wal has changes that are not in"):
        GenesisDatabase(killed / "identities.db", BERLIN)
    with closing(sqlite3.connect(killed / "identities.db")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")  # the remedy that is told
    assert len([*GenesisDatabase(killed / "identities.db", BERLIN).identities()]) == 1


def test_reading_leaves_nothing_beside_the_database(genesis):
    genesis.add_session("s1", "p")
    before = genesis.database.read_bytes()
    list(opened(genesis).sessions())
    assert [path.name for path in genesis.outputs.iterdir()] == ["identities.db"]
    assert genesis.database.read_bytes() == before


def test_a_database_of_something_else_is_named_with_its_tables(tmp_path):
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(SourceError, match=r"expected tables identities, .* found recipes"):
        GenesisDatabase(other, BERLIN)
    other.write_bytes(b"")
    with pytest.raises(SourceError, match=r"found none"):
        GenesisDatabase(other, BERLIN)


def test_a_table_of_another_schema_is_told_with_what_it_lacks(tmp_path):
    later = tmp_path / "later.db"
    with closing(sqlite3.connect(later)) as connection, connection:
        connection.execute("CREATE TABLE sessions (session_key TEXT, person_id TEXT, began TEXT)")
        assert list(GenesisDatabase(later, BERLIN).sessions()) == []  # nothing is lost by that
        connection.execute("INSERT INTO sessions VALUES ('s1', 'p', 'noon')")
    with pytest.raises(SourceError, match="table sessions has another schema") as refused:
        GenesisDatabase(later, BERLIN)
    told = "a column session_id or id, and start_time or started_at, found began, person_id"
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("truncated", "is damaged .*recover"),
        ("overwritten", "is damaged .*recover"),
        ("no header", "is no SQLite database"),
    ],
)
def test_a_damaged_database_is_refused_before_a_row_is_read(genesis, harm, told):
    genesis.insert(
        "sessions",
        *({"session_id": f"s{number}", "zones_visited": "z" * 90} for number in range(400)),
    )
    content = genesis.database.read_bytes()
    middle = len(content) // 2
    genesis.database.write_bytes(
        {
            "truncated": content[:middle],
            "overwritten": content[:middle] + b"\xff" * 4096 + content[middle + 4096 :],
            "no header": b"\xff" * 100 + content[100:],
        }[harm]
    )
    with pytest.raises(SourceError, match=rf"identities\.db {told}"):
        opened(genesis)


def test_a_database_that_is_locked_is_read_and_one_with_open_changes_is_not(genesis):
    genesis.add_session("s1", "p")
    before = genesis.database.read_bytes()
    with closing(sqlite3.connect(genesis.database, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert len([*opened(genesis).sessions()]) == 1
        connection.execute("PRAGMA cache_spill = 1")
        connection.execute("PRAGMA cache_size = 1")
        for number in range(200):
            connection.execute("INSERT INTO sessions VALUES (?, 'p', 'c', '', '', 0, '', '')", [
                f"session {number} {'of a long name' * 20}"
            ])  # fmt: skip
        with pytest.raises(SourceError, match=r"identities\.db-journal has changes that are not"):
            opened(genesis)
        connection.execute("ROLLBACK")
    assert genesis.database.read_bytes() == before


def test_a_journal_that_is_done_with_is_no_hindrance(genesis):
    with closing(sqlite3.connect(genesis.database)) as connection, connection:
        connection.execute("PRAGMA journal_mode = PERSIST")
        connection.execute("INSERT INTO identities (person_id) VALUES ('person_001')")
    assert (genesis.outputs / "identities.db-journal").stat().st_size
    assert len([*opened(genesis).identities()]) == 1


def test_bytes_that_are_no_text_are_told_of_their_row_alone(genesis):
    genesis.add_session("s1", "p")
    genesis.add_session("s2", "p")
    genesis.add_session("s3", "p", zones_visited='["\\ud800"]')
    with closing(sqlite3.connect(genesis.database)) as connection, connection:
        connection.execute("UPDATE sessions SET camera_id = CAST(X'ff41' AS TEXT) WHERE rowid = 1")
    broken, fine, half = opened(genesis).sessions()
    assert isinstance(broken, Unreadable)
    assert (broken.row, broken.reason[:32]) == ("sessions s1", "camera_id: expected text in UTF-")
    assert fine.session_id == "s2"
    assert isinstance(half, Unreadable)
    assert "zones_visited" in half.reason


def test_what_is_no_database_is_named(tmp_path):
    (tmp_path / "identities.db").write_text("these are words, and there are enough of them here")
    with pytest.raises(SourceError, match=r"identities\.db is no SQLite database"):
        GenesisDatabase(tmp_path / "identities.db", BERLIN)
    with pytest.raises(SourceError, match="there is no database"):
        GenesisDatabase(tmp_path / "other.db", BERLIN)
