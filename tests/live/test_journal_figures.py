import pickle

from genesis_ray.domain.events import FramesDropped, SystemStateChanged
from genesis_ray.live import journal_figures
from genesis_ray.live.journal_figures import Tally
from tests.letters import NOON, recording


def went_away(component: str) -> SystemStateChanged:
    return SystemStateChanged(
        tenant_id="default", site_id="default", camera_id="", occurred_at=NOON,
        component=component, state="restarted", reason="",
    )  # fmt: skip


def test_what_is_told_again_counts_once():
    dropped = FramesDropped(
        tenant_id="default", site_id="default", camera_id="door", occurred_at=NOON, since=NOON,
        looked_at=1, by_reason=(("busy", 2),),
    )  # fmt: skip
    notes = [recording("till"), went_away("detector"), dropped]
    tally = Tally()
    tally.count(notes, now_s=1.0)
    tally.count([*notes, recording("yard")], now_s=2.0)
    assert tally.set_aside == {("recording", "watch"): 2}
    assert tally.system == {("detector", "restarted"): 1}
    assert tally.by_class == {
        "DeadLetterChanged": 2, "SystemStateChanged": 1, "FramesDropped": 1,
    }  # fmt: skip


def test_a_process_that_follows_counts_what_it_goes_through_and_then_is_told_again_once():
    before = Tally()
    before.count([recording("door")], now_s=1.0)
    after = pickle.loads(pickle.dumps(before))
    for told in ([recording("till")], [recording("till"), recording("door")]):
        after.count(told, now_s=2.0)
    assert after.set_aside == {("recording", "watch"): 2}


def test_only_so_many_of_the_latest_are_remembered(monkeypatch):
    monkeypatch.setattr(journal_figures, "_NOTES", 2)
    tally = Tally()
    for component in ("a", "b", "c", "c", "b", "a"):
        tally.count([went_away(component)], now_s=1.0)
    assert tally.by_class.total() == 4
