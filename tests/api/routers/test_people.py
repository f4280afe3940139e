from genesis_ray.domain.recognition.ledger import Merge, Rename, Undo
from genesis_ray.domain.recognition.people import Person
from tests.api.system import System, at

ADA = Person(identity_id="b", name="Ada", kind="enrolled", enrolled_at=at(0))
BOB = Person(identity_id="a", name="Bob", kind="enrolled", enrolled_at=at(1))
VISITOR = Person(identity_id="c", name="visitor c", kind="visitor", enrolled_at=at(1))


def names(page: dict[str, list[dict[str, object]]]) -> list[object]:
    return [person["name"] for person in page["people"]]


def test_gallery_that_nobody_made_yet_has_no_people(system: System):
    assert system.get("/v1/people") == {"people": [], "next_cursor": None}


def test_person_is_shown_with_name_kind_and_when_they_were_enrolled(system: System):
    system.add_people(ADA)
    assert system.get("/v1/people")["people"] == [
        {
            "identity_id": "b",
            "name": "Ada",
            "kind": "enrolled",
            "enrolled_at": "2026-01-05T12:00:00Z",
            "tags": [],
        }
    ]


def test_people_of_one_kind_come_alone(system: System):
    system.add_people(ADA, VISITOR)
    assert names(system.get("/v1/people", kind="visitor")) == ["visitor c"]


def test_pages_together_are_everyone_once(system: System):
    system.add_people(VISITOR, BOB, ADA)
    first = system.get("/v1/people", limit=2)
    second = system.get("/v1/people", limit=2, cursor=first["next_cursor"])
    assert names(first) + names(second) == ["Ada", "Bob", "visitor c"]
    assert second["next_cursor"] is None


def test_people_who_were_merged_are_one_and_whoever_was_renamed_has_the_new_name(system: System):
    system.add_people(ADA, BOB, VISITOR)
    own = {"at": at(9), "by": "eve", "why": ""}
    system.decide(
        Merge(**own, entry_id="0", identity_id="b", other_id="c"),
        Rename(**own, entry_id="1", identity_id="a", name="Bobby"),
    )
    assert names(system.get("/v1/people")) == ["Ada", "Bobby"]
    system.decide(Undo(**own, entry_id="2", undone_id="0"))
    assert names(system.get("/v1/people")) == ["Ada", "Bobby", "visitor c"]
