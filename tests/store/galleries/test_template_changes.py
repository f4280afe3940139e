from datetime import UTC, datetime, timedelta

from genesis_ray.domain.recognition.template_update import TemplateChange
from genesis_ray.store.galleries.template_changes import TemplateChanges

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def change(number: int, replaced: str = "", identity_id: str = "ada") -> TemplateChange:
    return TemplateChange(
        change_id=str(number), identity_id=identity_id, kind="average", replaced_id=replaced,
        at=NOON + timedelta(days=number), camera_id="door", track_id=number, similarity=0.75,
    )  # fmt: skip


def opened(folder, *, writer=True) -> TemplateChanges:
    return TemplateChanges(folder, embedder="fused", writer=writer)


def test_changes_are_found_again_by_whose_they_are(tmp_path):
    with opened(tmp_path) as changes:
        for each in (change(2, "1"), change(1), change(3, identity_id="bob")):
            changes.add(each)
    with opened(tmp_path, writer=False) as changes:
        assert changes.all() == [change(2, "1"), change(1), change(3, identity_id="bob")]
        assert changes.of(["ada"]) == [change(1), change(2, "1")]
        assert changes.of(["ada", "bob"])[-1].identity_id == "bob"
        assert changes.of(["nobody"]) == []


def test_each_embedder_has_its_own_and_a_data_folder_from_before_none(tmp_path):
    with opened(tmp_path) as changes:
        changes.add(change(1))
    assert TemplateChanges(tmp_path, embedder="sface").all() == []


def test_what_was_pending_in_a_killed_process_is_noted_once(tmp_path):
    killed = opened(tmp_path)
    killed.add(change(1))
    killed.flush()
    killed.add(change(2))
    pending = killed.pending()
    killed.flush()
    killed._table._release()  # as the kernel does for a process that dies
    with opened(tmp_path) as changes:
        changes.recover(pending)
        assert changes.all() == [change(1), change(2)]


def test_changes_that_say_nothing_any_more_are_removed(tmp_path):
    kept, without_new, without_old = change(1, "old"), change(2, "old"), change(3, "gone")
    with opened(tmp_path) as changes:
        for each in (kept, without_new, without_old, change(4)):
            changes.add(each)
        changes.flush()
        changes.tidy({"old", "1", "3", "4"})
        assert changes.all() == [kept, change(4)]
    assert opened(tmp_path, writer=False).all() == [kept, change(4)]


def test_who_is_forgotten_has_learned_nothing(tmp_path):
    with opened(tmp_path) as changes:
        changes.add(change(1))
        changes.add(change(2, identity_id="bob"))
        changes.forget(["ada"])
    assert [each.identity_id for each in opened(tmp_path, writer=False).all()] == ["bob"]
