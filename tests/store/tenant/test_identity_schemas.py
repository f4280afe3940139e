import lancedb
import pyarrow as pa

from genesis_ray.store.tenant.identity_schemas import PEOPLE_SCHEMA, gallery_schema


def test_a_gallery_keeps_vectors_of_its_embedders_dimension():
    assert gallery_schema(640).field("embedding").type == pa.list_(pa.float32(), 640)


def test_lancedb_takes_nothing_but_the_template_for_an_embedding():
    """Which cannot be null, as the places of faces can; to it ten numbers in a row are one."""
    found = lancedb.table._find_vector_columns(gallery_schema(640), None, None)
    assert [each["name"] for each in found] == ["embedding"]


def test_people_and_faces_are_joined_by_their_identity():
    assert PEOPLE_SCHEMA.field("identity_id").equals(gallery_schema(2).field("identity_id"))
