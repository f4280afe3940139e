import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import genesis_ray
from genesis_ray.domain.recognition.ledger import Entry, Split
from genesis_ray.domain.tracking.track_sights import TrackSight
from genesis_ray.errors import StoreError
from genesis_ray.store.lance.quick_lancedb import lancedb
from genesis_ray.store.tenant.identity_schemas import LEDGER_LATER
from genesis_ray.store.tenant.ledger import Ledger, kind_of
from genesis_ray.store.tenant.tenants import has_ledger
from tests.store.tenant.killed_ledger_writer import entry

KILLS = 20


def test_entries_of_every_kind_are_there_after_opening_again_in_their_order(tmp_path):
    made = [entry(number) for number in range(6)]
    with Ledger(tmp_path, writer=True) as ledger:
        for each in made:
            ledger.append(each)
            assert Ledger(tmp_path).entries()[-1] == each
    assert has_ledger(tmp_path)
    assert Ledger(tmp_path).entries() == made
    kinds = ["merge", "split", "rename", "reject", "confirm", "undo"]
    assert [kind_of(each) for each in made] == kinds


def test_where_nobody_decided_anything_there_is_no_entry_and_none_is_made(tmp_path):
    assert Ledger(tmp_path).entries() == []
    assert not has_ledger(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_decides_nothing(tmp_path):
    with pytest.raises(StoreError, match="open for reading"):
        Ledger(tmp_path).append(entry(0))


def test_a_second_writer_is_told_of_the_first(tmp_path):
    with (
        Ledger(tmp_path, writer=True),
        pytest.raises(StoreError, match=f"being written to by process {os.getpid()}"),
    ):
        Ledger(tmp_path, writer=True)


def test_tenants_share_no_entry(tmp_path):
    with Ledger(tmp_path / "acme", writer=True) as ledger:
        ledger.append(entry(0))
    assert Ledger(tmp_path / "other").entries() == []


def test_a_ledger_of_an_earlier_version_is_read_as_before_and_added_to(tmp_path):
    made = [entry(number) for number in range(6)]
    with Ledger(tmp_path, writer=True) as ledger:
        for each in made:
            ledger.append(each)
    table = lancedb.connect(tmp_path).open_table("ledger")
    table.drop_columns([*LEDGER_LATER])
    before = [older(each) for each in made]
    assert Ledger(tmp_path).entries() == before
    with Ledger(tmp_path, writer=True) as ledger:
        assert ledger.entries() == before
        ledger.append(entry(7))
    assert Ledger(tmp_path).entries() == [*before, entry(7)]


def older(made: Entry) -> Entry:
    """An entry without what earlier versions did not note."""
    if isinstance(made, Split):
        return replace(made, tracks=tuple(map(of_any, made.tracks)), owner_ids=())
    return replace(made, track=of_any(made.track)) if hasattr(made, "track") else made


def of_any(track: TrackSight) -> TrackSight:
    return replace(track, recording="")


def test_a_writer_that_is_killed_at_any_moment_has_made_its_entry_or_has_not(tmp_path):
    chance = random.Random(7)
    script = Path(__file__).with_name("killed_ledger_writer.py")
    environment = {**os.environ, "PYTHONPATH": str(Path(genesis_ray.__file__).parent.parent)}
    with subprocess.Popen(
        [sys.executable, script, tmp_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as writers:
        assert writers.stdin
        assert writers.stdout
        in_the_middle = 0
        for _ in range(KILLS):
            print(chance.uniform(0.05, 0.4), file=writers.stdin, flush=True)
            said = list(iter(writers.stdout.readline, "killed\n"))
            stored = Ledger(tmp_path).entries()
            assert stored == [entry(number) for number in range(len(stored))]
            made = [int(line.split()[1]) for line in said if line.startswith("made")]
            making = [int(line.split()[1]) for line in said if line.startswith("making")]
            assert not making or len(stored) in (making[-1], making[-1] + 1)
            assert not made or len(stored) > made[-1]
            in_the_middle += len(making) > len(made)
        writers.stdin.close()
    assert stored
    assert in_the_middle


def test_of_entries_that_are_replaced_no_byte_is_left(tmp_path):
    with Ledger(tmp_path, writer=True) as ledger:
        for number in range(3):
            ledger.append(entry(number))
        assert len(ledger.versions()) > 1
        ledger.replace([entry(0)])
        assert ledger.entries() == [entry(0)]
    assert Ledger(tmp_path).entries() == [entry(0)]
    held = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [content for content in held if b"Ada 2" in content]
