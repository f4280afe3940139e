import json
import multiprocessing
import os
from datetime import UTC, datetime
from itertools import count

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.audit.audit_entry import Access, digest_of, digests_of
from genesis_ray.store.audit.audit_log import AuditLog
from genesis_ray.store.keys.template_keys import KeyRing
from tests.store.some_keys import key, ring

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NO_KEYS = KeyRing("file", "default", "/keys/default")


def log(folder, *versions, seed=0) -> AuditLog:
    return AuditLog(folder, "default", ring(*versions, seed=seed))


def access(number: int = 0, people=None) -> Access:
    return Access(action="match", reason=f"names tracks of run {number}", people=people, by="eve")


def fill(folder, entries: int = 5) -> AuditLog:
    filled = log(folder)
    for number in range(entries):
        filled.append(access(number), at=NOON)
    return filled


def lines(folder) -> list[bytes]:
    return (folder / "log.jsonl").read_bytes().splitlines(keepends=True)


def rewrite(folder, kept: list[bytes]) -> None:
    (folder / "log.jsonl").write_bytes(b"".join(kept))


def test_entries_are_read_as_they_were_made_and_make_a_chain(tmp_path):
    made = [
        log(tmp_path).append(access(0), at=NOON),
        log(tmp_path).append(access(1, people=("ada",)), at=NOON),
        log(tmp_path).append(access(2, people=()), at=NOON),
    ]
    assert log(tmp_path).entries() == made
    assert [entry.seq for entry in made] == [1, 2, 3]
    assert made[1].previous == made[0].hash
    assert made[0].people is None
    checked = log(tmp_path).verify()
    assert (checked.entries, checked.problem, checked.notes) == (3, None, ())
    assert checked.end.hash == made[2].hash


def test_where_nothing_was_read_there_is_no_log_and_nothing_wrong(tmp_path):
    assert log(tmp_path).entries() == []
    assert log(tmp_path).verify().problem is None
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_named_in_clear_and_who_knows_key_and_identity_finds_the_entry(tmp_path):
    made = log(tmp_path).append(access(people=("ada-1234",)), at=NOON)
    assert b"ada-1234" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert made.people == (digest_of("ada-1234", key()),)
    assert (made.key_version, made.people[0]) in digests_of("ada-1234", ring(1, 2))
    assert digest_of("ada-1234", key(2)) not in made.people
    assert digest_of("eve-1234", key()) not in made.people


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("by", "mallory"),
        ("reason", "nothing"),
        ("at", "2026-01-05T13:00:00+00:00"),
        ("people", ["0" * 32]),
        ("hash", "0" * 64),
        ("tenant_id", "other"),
    ],
)
def test_a_changed_entry_is_named(tmp_path, number, field, value):
    fill(tmp_path)
    kept = lines(tmp_path)
    kept[number] = json.dumps({**json.loads(kept[number]), field: value}).encode() + b"\n"
    rewrite(tmp_path, kept)
    checked = log(tmp_path).verify()
    assert checked.entries == number
    assert f"entry {number + 1} was changed" in checked.problem


@pytest.mark.parametrize("number", range(4))
def test_an_entry_that_was_taken_out_is_named(tmp_path, number):
    fill(tmp_path)
    kept = lines(tmp_path)
    del kept[number]
    rewrite(tmp_path, kept)
    assert f"entry {number + 1} is missing" in log(tmp_path).verify().problem


def test_an_entry_that_cannot_be_read_is_named(tmp_path):
    fill(tmp_path)
    kept = lines(tmp_path)
    naive = kept[2].replace(b"+00:00", b"")
    for garbage in (naive, b"\n", b"{}\n", b"[]\n", b"{\n", b"\xff\n", kept[0][:-9] + b"\n"):
        rewrite(tmp_path, [*kept[:2], garbage, *kept[3:]])
        assert log(tmp_path).verify().problem == "entry 3 cannot be read"


@pytest.mark.parametrize("left", range(5))
def test_what_is_cut_off_the_end_is_noticed(tmp_path, left):
    fill(tmp_path)
    rewrite(tmp_path, lines(tmp_path)[:left])
    checked = log(tmp_path).verify()
    assert checked.entries == left
    assert checked.problem == f"5 entries were signed, and it ends with entry {left}"


def test_a_log_that_was_deleted_is_noticed(tmp_path):
    fill(tmp_path)
    (tmp_path / "log.jsonl").unlink()
    assert "5 entries were signed" in log(tmp_path).verify().problem


def test_a_chain_that_somebody_made_anew_is_not_the_one_that_was_signed(tmp_path):
    fill(tmp_path / "mine")
    theirs = log(tmp_path / "theirs", seed=9)
    for number in range(5):
        theirs.append(access(100 + number), at=NOON)
    rewrite(tmp_path / "mine", lines(tmp_path / "theirs"))
    assert "of another chain" in log(tmp_path / "mine").verify().problem


def test_a_head_of_somebody_else_is_not_signed_by_the_tenant(tmp_path):
    fill(tmp_path)
    head = json.loads((tmp_path / "head.json").read_bytes())
    last = json.loads(lines(tmp_path)[2])
    forged = {**head, "seq": 3, "hash": last["hash"]}
    for one in (forged, {**forged, "key_version": 0, "fingerprint": "", "signature": ""}):
        (tmp_path / "head.json").write_text(json.dumps(one))
        rewrite(tmp_path, lines(tmp_path)[:3])
        assert log(tmp_path).verify().problem in (
            "the signature of its end is not the tenant's",
            "entry 3 was made with a key, and the end is not signed",
        )


@pytest.mark.parametrize("content", [None, b"", b"{}", b"nothing", b'{"seq": 5}'])
def test_a_head_that_is_gone_or_damaged_is_noticed(tmp_path, content):
    fill(tmp_path)
    (tmp_path / "head.json").unlink()
    if content is not None:
        (tmp_path / "head.json").write_bytes(content)
    assert "signed" in log(tmp_path).verify().problem


def damages(folder) -> list[str]:
    return [entry.reason for entry in log(folder).entries() if entry.action == "damage"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: rewrite(folder, lines(folder)[:3]),
        lambda folder: rewrite(folder, []),
        lambda folder: rewrite(folder, [*lines(folder)[:4], b"nothing\n"]),
        lambda folder: (folder / "head.json").unlink(),
        lambda folder: (folder / "head.json").write_bytes(b"{}"),
    ],
)
def test_damage_is_noted_by_the_next_entry_and_stays_visible_for_ever(tmp_path, damage):
    fill(tmp_path)
    damage(tmp_path)
    assert log(tmp_path).verify().problem
    fill(tmp_path, 3)
    assert len(damages(tmp_path)) == 1
    assert "entry" in log(tmp_path).verify().problem
    assert log(tmp_path).entries()[-1].reason == "names tracks of run 2"


def test_an_entry_that_was_noted_elsewhere_has_to_be_there(tmp_path):
    noted = fill(tmp_path).verify().end
    fill(tmp_path)
    assert log(tmp_path).verify(known=(noted.seq, noted.hash[:12])).problem is None
    assert "entry 5 has the hash" in log(tmp_path).verify(known=(5, "0" * 12)).problem
    assert "entry 11 is not there" in log(tmp_path).verify(known=(11, "0" * 12)).problem


@pytest.mark.parametrize("cut", [1, 10, 100])
def test_a_line_that_was_cut_short_is_dropped_and_the_chain_goes_on(tmp_path, cut):
    fill(tmp_path, 2)
    whole = (tmp_path / "log.jsonl").read_bytes()
    fill(tmp_path / "other", 3)
    third = lines(tmp_path / "other")[2]
    (tmp_path / "log.jsonl").write_bytes(whole + third[:-cut])
    checked = log(tmp_path).verify()
    assert (checked.entries, checked.problem) == (2, None)
    assert "a line was cut short" in checked.notes[0]
    assert log(tmp_path).append(access(7), at=NOON).seq == 3
    checked = log(tmp_path).verify()
    assert (checked.entries, checked.problem, checked.notes) == (3, None, ())


def test_a_signed_entry_whose_line_was_cut_short_is_not_taken_for_a_crash(tmp_path):
    fill(tmp_path, 3)
    (tmp_path / "log.jsonl").write_bytes((tmp_path / "log.jsonl").read_bytes()[:-1])
    assert "3 entries were signed" in log(tmp_path).verify().problem
    fill(tmp_path, 1)
    assert len(damages(tmp_path)) == 1


def test_a_process_that_dies_at_any_step_leaves_a_whole_chain_with_its_entry_or_without(
    tmp_path, mortality
):
    for step in count():
        folder = tmp_path / str(step)
        fill(folder, 2)
        died = mortality.dies_at(step, lambda folder=folder: log(folder).append(access(), at=NOON))
        checked = log(folder).verify()
        assert checked.problem is None
        assert checked.entries in (2, 3)
        log(folder).append(access(), at=NOON)
        after = log(folder).verify()
        assert (after.problem, after.notes) == (None, ())
        assert damages(folder) == []
        if not died:
            assert checked.entries == 3
            assert step > 3
            break


def test_the_first_entry_of_a_process_that_dies_leaves_a_log_too(tmp_path, mortality):
    for step in range(8):
        folder = tmp_path / str(step)
        mortality.dies_at(step, lambda folder=folder: log(folder).append(access(), at=NOON))
        assert log(folder).verify().problem is None
        fill(folder, 1)
        assert log(folder).verify().problem is None


def test_a_full_disk_refuses_an_entry_and_keeps_the_chain(small_disk):
    folder = small_disk.path / "audit"
    fill(folder, 2)
    small_disk.fill()
    with pytest.raises(StoreError, match="is full"):
        fill(folder, 50)
    assert log(folder).verify().problem is None
    before = log(folder).verify().entries
    small_disk.grow()
    fill(folder, 1)
    assert log(folder).verify().entries == before + 1


def _write(folder, number: int) -> None:
    for _ in range(6):
        log(folder).append(access(number), at=NOON)


def test_several_processes_that_write_at_once_make_one_chain(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    checked = log(tmp_path).verify()
    assert (checked.entries, checked.problem) == (24, None)
    made = [entry.reason for entry in log(tmp_path).entries()]
    assert {made.count(reason) for reason in made} == {6}


def test_an_entry_of_any_length_is_found_as_the_last_one(tmp_path):
    many = tuple(f"person {number}" for number in range(1000))
    log(tmp_path).append(access(people=many), at=NOON)
    assert log(tmp_path).append(access(), at=NOON).seq == 2
    assert log(tmp_path).verify().problem is None


def test_a_rotation_is_signed_with_the_new_key_and_the_old_one_may_go(tmp_path):
    fill(tmp_path, 2)
    log(tmp_path, 1, 2).append(access(), at=NOON)
    assert log(tmp_path, 2).verify().problem is None


def test_without_the_key_that_signed_it_nothing_can_be_noted_nor_verified(tmp_path):
    fill(tmp_path, 2)
    for other in (
        log(tmp_path, 1, seed=9),
        log(tmp_path, 2),
        AuditLog(tmp_path, "default", NO_KEYS),
    ):
        with pytest.raises(StoreError, match="Put that key back"):
            other.append(access(), at=NOON)
        assert f"fingerprint {key().fingerprint}" in other.verify().problem
    assert log(tmp_path).verify().problem is None


def test_a_log_may_begin_before_there_is_a_key_and_go_on_with_one(tmp_path):
    AuditLog(tmp_path, "default", NO_KEYS).append(access(), at=NOON)
    AuditLog(tmp_path, "default", NO_KEYS).append(access(), at=NOON)
    assert log(tmp_path).verify().problem is None
    fill(tmp_path, 1)
    checked = log(tmp_path).verify()
    assert (checked.entries, checked.problem) == (3, None)


def test_an_entry_without_a_key_behind_one_with_a_key_is_noticed(tmp_path):
    fill(tmp_path, 2)
    forging = AuditLog(tmp_path, "default", NO_KEYS)
    (tmp_path / "head.json").unlink()
    forging.append(access(), at=NOON)
    assert "entry 3 was made without the key" in log(tmp_path).verify().problem


def test_another_tenants_log_is_not_taken_for_this_ones(tmp_path):
    AuditLog(tmp_path, "other", ring(tenant_id="other")).append(access(), at=NOON)
    assert "entry 1" in log(tmp_path).verify().problem


def test_nobody_else_may_read_the_log(tmp_path):
    fill(tmp_path, 1)
    assert os.stat(tmp_path / "log.jsonl").st_mode & 0o077 == 0


def test_what_was_started_before_a_rotation_is_told_to_start_again(tmp_path):
    log(tmp_path, 1, 2).append(access(), at=NOON)
    with pytest.raises(StoreError, match="brought to key 2 since what runs here was started with"):
        log(tmp_path).append(access(), at=NOON)
    assert log(tmp_path, 1, 2).verify().entries == 1
