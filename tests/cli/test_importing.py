import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from genesis_ray.cli.importing import import_
from genesis_ray.errors import SourceError
from tests.genesis_installation import Genesis, metrics_at


@pytest.fixture
def installation(tmp_path) -> Genesis:
    genesis = Genesis(tmp_path / "genesis")
    genesis.add_person("person_001", "John Doe")
    genesis.add_session("s1", "person_001")
    genesis.add_identity_event("person_001", "entered")
    genesis.write_metrics([metrics_at("2026-02-15T10:30:00Z"), "cut off"])
    return genesis


@pytest.fixture
def command(tmp_path, monkeypatch) -> Callable[..., str]:
    """Runs `genesis import` in a folder of its own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(import_)

    def run(*arguments: object) -> str:
        result = CliRunner().invoke(app, list(map(str, arguments)))
        if result.exception:
            raise result.exception
        return result.stdout

    return run


def test_what_was_brought_in_is_told_by_kind(installation, command):
    told = command(installation.root)
    kinds = ("people", "embeddings", "visits", "identity events", "alerts", "metrics")
    lines = {line.split("│")[1].strip(): line for line in told.splitlines() if "│" in line}
    assert set(lines) >= {*kinds}
    assert [cell.strip() for cell in lines["metrics"].split("│")[2:-1]] == ["2", "1", "0", "1", "1"]
    assert "Left out of metrics, unreadable: 1" in told
    assert "face_embeddings_archive" not in told  # it has no rows


def harmed(installation: Genesis, how: str) -> Path:
    """Do something to an installation that makes it useless, and return what to import."""
    match how:
        case "damaged":
            content = installation.database.read_bytes()
            installation.database.write_bytes(content[: len(content) // 2])
        case "another schema":
            with closing(sqlite3.connect(installation.database)) as connection:
                connection.execute("ALTER TABLE sessions RENAME COLUMN start_time TO began")
        case "no text":
            (installation.outputs / "metrics.jsonl").write_bytes(b"{}\n\xff\xff\n")
        case "not there":
            return installation.root / "elsewhere"
    return installation.root


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("damaged", r"identities\.db is damaged"),
        ("another schema", "expected a column start_time or started_at, found began"),
        ("no text", r"metrics\.jsonl is no text in UTF-8"),
        ("not there", "elsewhere has nothing of Genesis"),
    ],
)
def test_a_source_that_cannot_be_read_leaves_nothing_behind(installation, command, how, told):
    source = harmed(installation, how)
    before = {path: path.read_bytes() for path in installation.root.rglob("*") if path.is_file()}
    with pytest.raises(SourceError, match=told):
        command(source)
    assert list(Path().iterdir()) == []
    after = {path: path.read_bytes() for path in installation.root.rglob("*") if path.is_file()}
    assert after == before
