import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from genesis_ray.analytics import query
from genesis_ray.analytics.catalogue import QUESTIONS
from genesis_ray.analytics.database import database
from genesis_ray.analytics.exports import events, metric_series, visits
from genesis_ray.analytics.limits import Limits
from genesis_ray.analytics.metrics import metrics
from genesis_ray.analytics.present import PresentTables
from genesis_ray.analytics.visits import visits_page
from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.errors import ConfigurationError, NotFoundError
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.events.reader import RunTables
from tests.hand_made import at, line, recognized, seen, stay, tables, visit

MANY = [seen(second, track_id=second % 7) for second in range(600)]
RANGE = {"since": at(0), "until": at(3600)}


class Bounded(dict):
    limits = Limits(memory_mb=99, threads=1)


class Asked(NamedTuple):
    """What a query was put to, and what it may have taken."""

    files: Mapping[str, Sequence[Path]]
    limits: Limits


@pytest.fixture
def asked(monkeypatch) -> list[Asked]:
    """Every query since."""
    queries: list[Asked] = []

    def watched(taken, limits):
        stored = {name: getattr(table, "written", table) for name, table in taken.items()}
        files = {name: getattr(table, "files", ()) for name, table in stored.items()}
        queries.append(Asked(files, limits))
        return database(taken, limits)

    monkeypatch.setattr(query, "database", watched)
    return queries


def all_of(export) -> pa.Table:
    return pa.concat_tables(export.pieces)


def shuffled(rows):
    return random.Random(7).sample(rows, len(rows))


def test_the_pieces_are_the_table_sorted_and_each_is_small():
    export = events(tables(shuffled(MANY)), "track_observations", **RANGE, piece_rows=120)
    pieces = list(export.pieces)
    assert [len(piece) for piece in pieces] == [120] * 5
    assert all(piece.schema == export.schema for piece in pieces)
    assert pa.concat_tables(pieces)["occurred_at"].to_pylist() == [one.occurred_at for one in MANY]
    assert export.rows == 600


def test_a_minute_is_in_one_piece_however_many_rows_it_has():
    export = events(tables(MANY), "track_observations", **RANGE, piece_rows=10)
    assert [len(piece) for piece in export.pieces] == [60] * 10


def test_a_row_that_was_written_twice_is_exported_once():
    answer = all_of(events(tables([*MANY, *MANY[:50]]), "track_observations", **RANGE))
    assert len(answer) == 600


def test_the_range_has_its_start_and_not_its_end():
    answer = all_of(events(tables(MANY), "track_observations", since=at(10), until=at(13)))
    assert answer["occurred_at"].to_pylist() == [at(10), at(11), at(12)]


def test_ids_of_events_are_text():
    answer = all_of(events(tables([line(1)]), "line_crossings", **RANGE))
    assert answer["event_id"].type == pa.string()


def test_rows_of_visits_are_those_at_their_start_and_end():
    answer = all_of(events(tables(visit(0, 60)), "visits", **RANGE))
    assert answer["ended_at"].to_pylist() == [None, at(60)]


def test_a_table_without_rows_has_its_columns():
    answer = all_of(events(tables([]), "line_crossings", **RANGE))
    assert "line_id" in answer.column_names
    assert len(answer) == 0


def test_a_table_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(NotFoundError, match=r"no table 'walks'; there are alerts, .*visits"):
        events(tables([]), "walks", **RANGE)


def test_a_range_that_ends_before_it_begins_is_refused():
    for asked in (visits, metric_series):
        with pytest.raises(ConfigurationError, match="not after its start"):
            asked(tables(MANY), since=at(5), until=at(1))


def test_visits_are_what_the_question_says_in_pieces():
    comings = [
        row for number in range(40) for row in visit(number * 30, number * 30 + 45, f"v{number}")
    ]
    known = tables(shuffled([*comings, *visit(7, None, "still here")]))
    export = visits(known, **RANGE, piece_rows=10)
    pieces = list(export.pieces)
    assert len(pieces) > 3
    assert pa.concat_tables(pieces) == visits_page(known, **RANGE)
    assert export.rows == 41


def test_a_visit_that_ends_after_the_range_is_whole():
    answer = all_of(visits(tables(visit(5, 500)), since=at(0), until=at(60)))
    assert answer["ended_at"].to_pylist() == [at(500)]


def test_visits_are_of_who_people_are_now():
    known = PresentTables(
        tables([seen(0), recognized(1, who="bob"), *visit(0, 60, "bob"), *visit(90, 99, "ada")]),
        lambda: WhoIsWho(aliases={"bob": "ada"}),
        tenant_id="shop",
        visit_gap=timedelta(seconds=10),
    )
    assert all_of(visits(known, **RANGE))["identity_id"].to_pylist() == ["ada", "ada"]


@pytest.mark.parametrize("bucket_s", [7, 60])
def test_metrics_in_pieces_are_the_metrics_of_the_whole(monkeypatch, bucket_s):
    monkeypatch.setattr("genesis_ray.analytics.exports._PIECE_BUCKETS", 3)
    known = tables([*MANY, *stay(50, 400), *stay(300, 420, track_id=2)])
    asked = {"since": at(13), "until": at(601), "bucket_s": bucket_s, "queue_zone_ids": ["till"]}
    export = metric_series(known, **asked)
    pieces = list(export.pieces)
    assert len(pieces) > 3
    assert pa.concat_tables(pieces) == metrics(known, **asked)
    assert export.rows == sum(map(len, pieces))


def test_columns_are_those_that_are_documented():
    assert visits(tables([]), **RANGE).schema.names == list(QUESTIONS["visits"].columns)
    assert metric_series(tables([]), **RANGE).schema.names == list(QUESTIONS["metrics"].columns)


EXPORTS = {
    "visits": visits,
    "events": partial(events, table="track_observations"),
    "metrics": metric_series,
}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_every_query_keeps_to_the_limits_of_the_tables(asked, export):
    all_of(export(Bounded(tables([*MANY, *visit(0, 60)])), **RANGE))
    assert {each.limits for each in asked} == {Bounded.limits}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
@pytest.mark.parametrize("who", [WhoIsWho(), WhoIsWho(aliases={"bob": "ada"})])
def test_a_piece_looks_at_files_of_its_own_days(tmp_path, asked, export, who):
    day_s = 86_400
    with EventLog(tmp_path) as log:
        for day in range(6):
            second = day * day_s
            log.append([seen(second), *stay(second, second + 9), *visit(second, second + 9)])
    known = PresentTables(
        RunTables(tmp_path), lambda: who, tenant_id="shop", visit_gap=timedelta(seconds=10)
    )
    small = {"bucket_s": 60} if export is metric_series else {"piece_rows": 1}
    export = export(known, since=at(0), until=at(6 * day_s), **small)
    first, asked[:] = len(asked), []
    rows = all_of(export)
    assert first
    assert len(rows) >= 6
    assert max(len(files) for each in asked for files in each.files.values()) <= 3


def test_a_file_that_was_merged_while_it_is_exported_is_found_again(tmp_path):
    with EventLog(tmp_path) as log:
        log.append([seen(second) for second in range(0, 600, 60)])
    export = events(RunTables(tmp_path), "track_observations", **RANGE, piece_rows=1)
    for path in tmp_path.rglob("*.parquet"):
        path.rename(path.with_stem("00000001-00000002"))
    assert len(all_of(export)) == 10
