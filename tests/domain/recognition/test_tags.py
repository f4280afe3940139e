from datetime import UTC, datetime

from genesis_ray.domain.recognition.ledger import WhoIsWho
from genesis_ray.domain.recognition.tags import TagEntry, tags_now

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NOBODY_IS_ELSE = WhoIsWho(aliases={}, moved=(), rejected={})


def put(who: str, tag: str, *, is_set: bool = True) -> TagEntry:
    return TagEntry(entry_id="1", identity_id=who, tag=tag, is_set=is_set, at=NOON, by="eve")


def test_the_last_word_on_each_tag_holds():
    entries = [put("ada", "vip"), put("ada", "staff"), put("ada", "vip", is_set=False),
               put("ben", "vip"), put("ben", "vip", is_set=False)]  # fmt: skip
    assert tags_now(entries, NOBODY_IS_ELSE) == {"ada": {"staff"}}


def test_identities_that_were_merged_have_the_tags_of_both():
    who = WhoIsWho(aliases={"a2": "ada"}, moved=(), rejected={})
    entries = [put("ada", "vip"), put("a2", "banned")]
    assert tags_now(entries, who) == {"ada": {"vip", "banned"}}
    taken_off = [*entries, put("ada", "banned", is_set=False)]
    assert tags_now(taken_off, who) == {"ada": {"vip"}}
