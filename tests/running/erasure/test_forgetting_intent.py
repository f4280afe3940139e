from dataclasses import replace

import pytest

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.errors import StoreError
from genesis_ray.running.erasure.forgetting_intent import INTENT_FILE, Intent, is_unfinished
from genesis_ray.store.keys.receipts import Purged
from genesis_ray.store.keys.traces import Tracer

INTENT = Intent(
    receipt_id="5d0c71aa", receipt="/ada.json", begun_at="2026-01-05T12:00:00+00:00", by="eve",
    why="asked", identity_ids=["ada", "she"], names=["Ada"], runs=["/march"], salt="00ff",
    key_version=1, faces=2, traces=Tracer(b"k").of_id("identity", "ada"),
    purged=[Purged(store="people", place="/data", removed=1, versions=(1,), files=("a",))],
)  # fmt: skip


def test_what_was_noted_is_read_by_who_goes_on(tmp_path):
    assert Intent.load(tmp_path) is None
    INTENT.save(tmp_path)
    assert is_unfinished(tmp_path)
    assert Intent.load(tmp_path) == INTENT
    Intent.remove(tmp_path)
    assert not is_unfinished(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_purged_in_two_goes_is_told_once():
    intent = replace(INTENT, purged=[])
    for versions in ((1, 2), (3,)):
        intent.note(Purged(store="people", place="/data", versions=versions))
    intent.note(Purged(store="people", place="/other"))
    assert [(each.place, each.versions) for each in intent.purged] == [
        ("/data", (1, 2, 3)),
        ("/other", ()),
    ]


def test_traces_that_were_noted_stay_when_nothing_leaves_them_any_more():
    intent = replace(INTENT)
    (more,) = Tracer(b"k").of_name("Ada")
    intent.expect([more, *INTENT.traces])
    assert intent.traces == [*INTENT.traces, more]


def test_an_exact_one_is_about_nobody_else_whom_the_ledger_takes_for_the_person():
    who = WhoIsWho(aliases={"bob": "ada"})
    assert INTENT.members(who) == ["ada", "bob", "she"]
    assert replace(INTENT, is_exact=True).members(who) == ["ada", "she"]


def test_a_damaged_note_is_told(tmp_path):
    (tmp_path / INTENT_FILE).write_text("{")
    with pytest.raises(StoreError, match="which says who is being forgotten, cannot be read"):
        Intent.load(tmp_path)
