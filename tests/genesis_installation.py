"""A Genesis installation as its documentation describes it."""

import json
import pickle
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from genesis_ray.migration.genesis_files import find_layout
from genesis_ray.migration.genesis_source import GenesisSource

_TABLES = """
CREATE TABLE identities (
    person_id TEXT PRIMARY KEY, embedding BLOB, first_seen TEXT, last_seen TEXT,
    total_appearances INTEGER, metadata TEXT, created_at TEXT
);
CREATE TABLE sessions (
    session_id TEXT PRIMARY KEY, person_id TEXT, camera_id TEXT, start_time TEXT, end_time TEXT,
    duration_seconds INTEGER, zones_visited TEXT, metadata TEXT
);
CREATE TABLE identity_events (
    event_id INTEGER PRIMARY KEY, person_id TEXT, event_type TEXT, zone_name TEXT, timestamp TEXT,
    metadata TEXT
);
CREATE TABLE face_embeddings_archive (
    embedding_id INTEGER PRIMARY KEY AUTOINCREMENT, person_id TEXT, embedding BLOB,
    captured_at TEXT, source_frame_id TEXT, metadata TEXT
);
CREATE TABLE alerts (
    alert_id INTEGER PRIMARY KEY, alert_type TEXT, severity TEXT, message TEXT, timestamp TEXT,
    camera_id TEXT, person_id TEXT, acknowledged BOOLEAN DEFAULT FALSE, acknowledged_at TEXT,
    acknowledged_by TEXT
);
CREATE TABLE metrics (
    time TEXT NOT NULL, camera_id TEXT, people_total INTEGER, queue_len INTEGER,
    avg_wait_sec REAL, people_by_zone TEXT, new_faces INTEGER, recognized_faces INTEGER
);
"""

FACENET512 = np.arange(512, dtype=np.float32) / 512


class Genesis:
    """A folder with the database, photos and metrics of an installation."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.outputs = root / "data" / "outputs"
        self.faces = root / "data" / "faces"
        self.database = self.outputs / "identities.db"
        self.outputs.mkdir(parents=True)
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript(_TABLES)

    def insert(self, table: str, *rows: dict[str, object]) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            for row in rows:
                names, marks = ", ".join(row), ", ".join("?" for _ in row)
                statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
                connection.execute(statement, list(row.values()))

    def add_person(self, person_id: str, name: str = "", **columns: object) -> None:
        row: dict[str, object] = {
            "person_id": person_id,
            "embedding": pickle.dumps(FACENET512),
            "first_seen": "2026-02-10T14:20:00Z",
            "metadata": json.dumps({"name": name}) if name else None,
        }
        self.insert("identities", {**row, **columns})

    def add_session(self, session_id: str, person_id: str, **columns: object) -> None:
        row: dict[str, object] = {
            "session_id": session_id,
            "person_id": person_id,
            "camera_id": "cam_0",
            "start_time": "2026-02-15T10:25:00Z",
            "end_time": "2026-02-15T10:31:30Z",
            "zones_visited": json.dumps(["entrance_area", "queue_area"]),
        }
        self.insert("sessions", {**row, **columns})

    def add_identity_event(self, person_id: str, event_type: str, **columns: object) -> None:
        row: dict[str, object] = {
            "person_id": person_id,
            "event_type": event_type,
            "zone_name": "queue_area",
            "timestamp": "2026-02-15T10:26:00Z",
        }
        self.insert("identity_events", {**row, **columns})

    def write_metrics(self, rows: Iterable[dict[str, object] | str]) -> Path:
        path = self.outputs / "metrics.jsonl"
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("".join(f"{line}\n" for line in lines))
        return path


def source_of(genesis: Genesis) -> GenesisSource:
    return GenesisSource.open(find_layout(genesis.root), ZoneInfo("UTC"))


def metrics_at(timestamp: str, **figures: object) -> dict[str, object]:
    row: dict[str, object] = {
        "timestamp": timestamp,
        "camera_id": "cam_0",
        "people_total": 12,
        "queue_len": 4,
        "avg_wait_sec": 125.5,
        "people_by_zone": {"queue_area": 4, "cashier_area": 2},
        "new_faces": 2,
        "recognized_faces": 10,
    }
    return {**row, **figures}
