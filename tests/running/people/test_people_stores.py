from contextlib import ExitStack

import pyarrow as pa
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.running.people.people_stores import PeopleStores, without_identities, without_words
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.people import People
from tests.running.somebody import ADA, BEN, SHE

SCHEMA = pa.schema(
    [
        ("entry_id", pa.string()),
        ("identity_id", pa.string()),
        ("member_ids", pa.list_(pa.string())),
        ("said", pa.string()),
    ]
)


def rows(*values) -> pa.Table:
    names = SCHEMA.names
    return pa.Table.from_pylist([dict(zip(names, value, strict=True)) for value in values], SCHEMA)


def left(*values) -> list[tuple]:
    kept = without_identities(rows(*values), ("ada", "she"))
    return [tuple(row.values()) for row in kept.to_pylist()]


def test_what_is_about_somebody_goes_and_what_is_about_others_stays():
    assert left(("1", "ada", ["ada", "she"], "yes"), ("2", "ben", ["ben"], "no")) == [
        ("2", "ben", ["ben"], "no")
    ]


def test_what_is_about_others_too_is_about_them_alone_afterwards():
    assert left(("1", "ben", ["ben", "she"], "no"), ("2", "ada", ["ada", "ben"], "no")) == [
        ("1", "ben", ["ben"], "no"),
        ("2", "ben", ["ben"], "no"),
    ]
    assert left(("1", None, None, "no")) == [("1", None, None, "no")]


def test_who_made_entries_about_others_is_named_no_more():
    tags = pa.table({"identity_id": ["ben", "ben"], "tag": ["vip", "vip"], "by": ["Ada", "Eve"]})
    assert without_words(tags, ["Ada"])["by"].to_pylist() == ["(forgotten)", "Eve"]
    assert without_words(rows(("1", "ben", [], "Ada")), ["Ada"])["said"].to_pylist() == ["Ada"]


def test_tables_of_any_kind_are_purged(tmp_path):
    with People(tmp_path, writer=True) as people:
        for person in (ADA, BEN):
            people.add(person)
    table = LanceTable(tmp_path, "letters", SCHEMA, writer=True)
    table.add(rows(("1", ADA.identity_id, [], "yes"), ("2", BEN.identity_id, [], "no")))
    table.close()
    noted = []
    with ExitStack() as opened:
        stores = PeopleStores(tmp_path, opened)
        stores.purge(stores.forgetting([ADA.identity_id, SHE.identity_id]), noted.append)
    assert [(each.store, each.removed) for each in noted] == [
        ("letters", 1),
        ("consent", 0),
        ("ledger", 0),
        ("people", 1),
    ]
    held = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in held if ADA.identity_id.encode() in path.read_bytes()]
    assert People(tmp_path).everyone() == [BEN]
    assert len(LanceTable(tmp_path, "letters", SCHEMA, writer=False).rows()) == 1


def test_all_of_them_are_free_again_where_one_is_not(tmp_path):
    People(tmp_path, writer=True).close()
    busy = LanceTable(tmp_path, "letters", SCHEMA, writer=True)
    with pytest.raises(StoreError, match="being written to by process"), ExitStack() as opened:
        PeopleStores(tmp_path, opened)
    busy.close()
    People(tmp_path, writer=True).close()
