import signal
import threading
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from genesis_ray.analytics.database import database
from genesis_ray.analytics.limits import Limits, limits_of
from genesis_ray.analytics.query import run, stream
from genesis_ray.errors import GenesisError

ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"


class Small(dict):
    limits = Limits(memory_mb=64, threads=1)


def test_a_query_that_needs_more_memory_than_it_may_have_is_told_what_helps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(GenesisError, match=r"more than the 64 MB.*--since.*queries.memory_mb"):
        run("SELECT range::VARCHAR, random() AS r FROM range(10000000) ORDER BY r", Small())
    assert list(tmp_path.iterdir()) == []


def test_tables_bring_their_limits_along():
    assert limits_of(Small()).memory_mb == 64
    assert limits_of({}) == Limits()
    assert Limits(threads=3).workers == 3
    assert Limits().workers >= 1
    with database({}, limits_of(Small())) as connection:
        assert connection.sql("SELECT current_setting('threads')").fetchall() == [(1,)]


def test_ctrl_c_stops_a_query():
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        run(ENDLESS, {})


class Hasty(dict):
    limits = Limits(timeout_s=0.2)


@pytest.mark.parametrize("ask", [run, stream])
def test_a_query_that_takes_too_long_is_stopped_and_told_what_helps(ask):
    with pytest.raises(GenesisError, match=r"longer than the 0\.2 s .*--since.*queries\.timeout_s"):
        ask(ENDLESS, Hasty())


def test_a_query_on_another_thread_is_stopped_too():
    told = []

    def ask() -> None:
        try:
            run(ENDLESS, Hasty())
        except GenesisError as error:
            told.append(str(error))

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    assert "took longer" in told[0]


def test_what_is_in_time_is_answered():
    assert run("SELECT 1 AS one", Hasty())["one"].to_pylist() == [1]


def test_who_watches_is_told_how_far_it_is():
    told = []

    def watch(percent: float) -> None:
        told.append(percent)
        raise KeyboardInterrupt  # seen enough

    with pytest.raises(KeyboardInterrupt):
        run(ENDLESS, {}, watch=watch)
    assert all(percent <= 100 for percent in told)


def test_a_stream_gives_what_a_run_gives():
    at = datetime(2026, 1, 5, tzinfo=UTC)
    query = "SELECT range AS n, range AS n, INTERVAL 1 hour AS stay, $at AS at FROM range(100000)"
    answer = stream(query, {}, {"at": at})
    assert answer.schema.names == ["n", "n_1", "stay", "at"]
    assert answer.schema.field("stay").type == pa.duration("us")
    assert answer.read_all() == run(query, {}, {"at": at})


def test_a_stream_comes_in_batches_and_can_be_left():
    answer = stream("FROM range(100000000)", Small())
    assert 0 < len(answer.read_next_batch()) < 100_000
    answer.close()
