from datetime import UTC, datetime, timedelta

import pytest

from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.store.tenant.people import People

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ODD_NAME = "Ann O'Neill \" OR 1=1; -- Ørsted 😀\n"


def person(number: int, name: str = "Ada", kind: str = "enrolled") -> Person:
    at = NOON - timedelta(hours=number)
    return Person(identity_id=f"id-{number}", name=name, kind=kind, enrolled_at=at)


def test_people_are_there_after_opening_again(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        people.add(person(2, ODD_NAME, "visitor"))
    people = People(tmp_path)
    assert people.everyone() == [person(2, ODD_NAME, "visitor"), person(1)]
    assert people.get("id-2").enrolled_at.tzinfo is UTC


def test_a_name_is_data_whatever_is_in_it(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        people.add(person(2, ODD_NAME))
        assert people.by_name(ODD_NAME) == [person(2, ODD_NAME)]
        assert people.by_name("' OR name != '") == []


def test_two_people_may_have_one_name(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        people.add(person(2))
        assert people.by_name("Ada") == [person(2), person(1)]


def test_the_same_person_again_is_no_second_one(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        people.add(person(1))
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
    assert People(tmp_path).everyone() == [person(1)]


def test_an_identity_cannot_become_somebody_else(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        with pytest.raises(StoreError, match="'Ada' already, got 'Bob'"):
            people.add(person(1, "Bob"))


def test_an_unknown_identity_is_an_error(tmp_path):
    with pytest.raises(NotFoundError, match=r"'nobody'.*people list"):
        People(tmp_path).get("nobody")


def test_it_is_told_whether_an_identity_is_somebodys(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        assert people.has(person(1).identity_id)
        assert not people.has(person(2).identity_id)


def test_a_reader_adds_nobody(tmp_path):
    people = People(tmp_path)
    with pytest.raises(StoreError, match="open for reading"):
        people.add(person(1))
    assert people.everyone() == []


def test_tenants_share_nobody(tmp_path):
    with People(tmp_path / "acme", writer=True) as people:
        people.add(person(1))
    with People(tmp_path / "other", writer=True) as people:
        assert people.everyone() == []


def test_who_was_pending_in_a_killed_process_is_added_once(tmp_path):
    with People(tmp_path, writer=True) as people:
        people.add(person(1))
        people.flush()
        people.add(person(2))
        pending = people.pending()
    for _ in range(2):
        with People(tmp_path, writer=True) as people:
            people.recover(pending)
    assert People(tmp_path).table().num_rows == 2


def test_of_people_who_are_removed_no_byte_is_left(tmp_path):
    gone, stays = person(1, "Ada Lovelace"), person(2, "Ben")
    with People(tmp_path, writer=True) as people:
        people.add(gone)
        people.flush()
        people.add(stays)
        people.flush()
        assert len(people.versions()) > 1
        people.remove([gone.identity_id])
        assert people.everyone() == [stays]
    assert People(tmp_path).everyone() == [stays]
    held = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not [content for content in held if b"Ada Lovelace" in content]
