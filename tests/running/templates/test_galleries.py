"""That nobody gets at templates without saying why."""

import re
from pathlib import Path

import pytest

import genesis_ray
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.templates.galleries import open_gallery
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access

PACKAGE = Path(genesis_ray.__file__).parent
OPENS = {"running/templates/galleries.py"}
TABLES = {
    "running/erasure/forgotten_before.py",  # texts of an unpacked backup, noted by who restores it
    "running/templates/key_rotation.py",  # reads templates, noted before it begins
    "running/people/people_stores.py",  # takes people out, noted by who calls it
    "running/templates/resting_galleries.py",
    "store/tenant/consent.py",
    "store/galleries/gallery.py",
    "store/tenant/ledger.py",
    "store/tenant/people.py",
    "store/galleries/stored_faces.py",
    "store/tenant/tags.py",
    "store/galleries/template_changes.py",
    "store/tenant/visitor_sights.py",
}
NAMES = {
    "migration/genesis_database.py",  # another system's column, of vectors that are not kept
    "running/templates/key_rotation.py",
    "store/galleries/gallery.py",
    "store/tenant/identity_schemas.py",
    "store/galleries/stored_faces.py",
    "store/keys/templates.py",
}
READS = {
    "running/erasure/forgetting.py",  # notes the traces of what it removes
    "running/templates/key_rotation.py",
    "store/galleries/learning_gallery.py",
    "store/galleries/searched_faces.py",
    "store/keys/templates.py",
}


def modules_with(pattern: str) -> set[str]:
    return {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(pattern, path.read_text())
    }


def test_a_gallery_is_opened_in_one_place_only():
    assert modules_with(r"(?<!class )\b(?:Face|Learning)Gallery\(") == OPENS


def test_the_column_of_templates_is_named_where_galleries_are_stored_and_nowhere_else():
    assert modules_with(r"""["']embedding["']""") == NAMES
    assert modules_with(r"\bembeddings_in\(") == READS


def test_tables_are_opened_where_it_is_known_what_is_in_them():
    assert modules_with(r"(?<!class )\bLanceTable\(") == TABLES


def test_tables_are_read_past_their_stores_by_the_search_for_what_was_forgotten_alone():
    assert modules_with(r"\blancedb\.connect\(") == {
        "running/erasure/forgotten_search.py",  # noted before it begins
        "store/lance/lance_table.py",
    }


def test_who_opens_a_gallery_has_to_say_why(tmp_path):
    settings = Settings(data_dir=tmp_path)
    own = {"embedder": "fused", "dimension": 16, "keys": tenant_keys(settings)}
    with pytest.raises(TypeError, match="access"):
        open_gallery(settings, **own)
    with pytest.raises(TypeError, match="reason"):
        Access(action="match")
    open_gallery(settings, **own, access=Access(action="match", reason="to see", by="eve"))
    (entry,) = audit_log(settings).entries()
    assert (entry.by, entry.reason, entry.people) == ("eve", "to see", None)
