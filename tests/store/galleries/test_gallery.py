from datetime import UTC, datetime

import lancedb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genesis_ray.errors import StoreError
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.galleries.stored_faces import stored_places
from genesis_ray.store.lance.lance_table import LanceTable, stored_schema
from genesis_ray.store.tenant.identity_schemas import gallery_schema
from tests.store.conftest import Kill
from tests.store.places import earlier_gallery, earlier_schema, places
from tests.store.some_keys import ring

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DIMENSION = 8


def unit(seed: int, n: int = 1) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def opened(folder, *, writer=True, embedder="fused", dimension=DIMENSION, moved=None, keys=None):
    return FaceGallery(
        folder,
        embedder=embedder,
        dimension=dimension,
        keys=keys or ring(),
        writer=writer,
        moved=moved,
    )


def enroll(gallery, identity_id, embeddings):
    gallery.enroll(identity_id, embeddings, qualities=[0.5] * len(embeddings), at=NOON)


def test_an_identity_is_as_similar_as_its_most_similar_face(tmp_path):
    with opened(tmp_path) as gallery:
        faces = unit(1, 4)
        enroll(gallery, "ada", faces[:3])
        enroll(gallery, "bob", faces[3:])
        found = gallery.nearest(faces[1])
    assert [candidate.identity_id for candidate in found] == ["ada", "bob"]
    assert found[0].similarity == pytest.approx(1, abs=1e-6)
    assert found[1].similarity == pytest.approx(float(faces[1] @ faces[3]), abs=1e-6)


def test_an_empty_gallery_knows_nobody(tmp_path):
    with opened(tmp_path) as gallery:
        assert gallery.nearest(unit(1)[0]) == []
        assert (gallery.count, gallery.identity_ids()) == (0, [])


def test_a_closed_gallery_opens_with_the_same_answers(tmp_path):
    probe = unit(99)[0]
    with opened(tmp_path) as gallery:
        for person in range(20):
            enroll(gallery, f"person {person}", unit(person, person % 3 + 1))
            gallery.flush()
        before = gallery.nearest(probe, limit=7)
        identity_ids = gallery.identity_ids()
    with opened(tmp_path, writer=False) as gallery:
        assert gallery.nearest(probe, limit=7) == before
        assert gallery.identity_ids() == identity_ids
        assert gallery.count == sum(person % 3 + 1 for person in range(20))


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), limit=st.integers(1, 12))
def test_the_search_is_exact(seed, limit, tmp_path_factory):
    faces, probe = unit(seed, 12), unit(seed + 1)[0]
    with opened(tmp_path_factory.mktemp("gallery"), writer=True) as gallery:
        for row, face in enumerate(faces):
            enroll(gallery, f"{row % 5}", face[None])
        found = gallery.nearest(probe, limit=limit)
    best = sorted((max(faces[row::5] @ probe) for row in range(5)), reverse=True)
    assert [candidate.similarity for candidate in found] == pytest.approx(best[:limit], abs=1e-6)


def test_a_similarity_does_not_depend_on_who_else_is_enrolled(tmp_path):
    ada, probe = unit(1), unit(2)[0]
    similarities = []
    for others in (0, 1, 6, 100):
        with opened(tmp_path / str(others)) as gallery:
            if others:
                enroll(gallery, "others", unit(3, others))
            enroll(gallery, "ada", ada)
            found = {each.identity_id: each.similarity for each in gallery.nearest(probe)}
            similarities.append(found["ada"])
    assert len(set(similarities)) == 1


def test_equally_similar_identities_come_in_the_order_of_their_ids(tmp_path):
    face = unit(1)
    with opened(tmp_path) as gallery:
        for identity_id in ("c", "a", "b"):
            enroll(gallery, identity_id, face)
        assert [each.identity_id for each in gallery.nearest(face[0], limit=2)] == ["a", "b"]


@pytest.mark.parametrize(
    ("embedding", "message"),
    [
        (np.full(DIMENSION, np.nan, np.float32), "length 1"),
        (np.zeros(DIMENSION, np.float32), "length 1"),
        (np.full(DIMENSION, 2, np.float32), "length 1"),
        (np.ones(DIMENSION + 1, np.float32), r"\[n, 8\], got \[1, 9\]"),
    ],
    ids=["not a number", "zero", "not of unit length", "of another dimension"],
)
def test_what_is_no_embedding_is_refused(tmp_path, embedding, message):
    with opened(tmp_path) as gallery:
        with pytest.raises(StoreError, match=message):
            enroll(gallery, "ada", embedding[None])
        with pytest.raises(StoreError, match=message):
            gallery.nearest(embedding)
        assert gallery.count == 0


def test_expected_faces_get_the_same_answers_also_after_changes(tmp_path):
    probes = unit(7, 6)
    with opened(tmp_path / "a") as expecting, opened(tmp_path / "b") as plain:
        for gallery in (expecting, plain):
            enroll(gallery, "ada", unit(1, 3))
        expecting.expect(np.concatenate([probes, np.full((1, DIMENSION), np.nan)]), limit=2)
        for number, probe in enumerate(probes):
            assert expecting.nearest(probe, limit=2) == plain.nearest(probe, limit=2)
            for gallery in (expecting, plain):
                if number % 2:
                    enroll(gallery, f"{number}", probes[number + 1 :][:1])
                else:
                    gallery.remove(gallery.pending()["face_id"].to_pylist()[:1])


def test_as_many_qualities_as_faces_are_wanted(tmp_path):
    with opened(tmp_path) as gallery, pytest.raises(StoreError, match="2 faces, 1 of them"):
        gallery.enroll("ada", unit(1, 2), qualities=[0.5], at=NOON)


def test_each_embedder_has_its_own_faces(tmp_path):
    with opened(tmp_path) as fused, opened(tmp_path, embedder="sface", dimension=3) as sface:
        enroll(fused, "ada", unit(1))
        assert (fused.count, sface.count) == (1, 0)


def test_a_gallery_of_another_dimension_is_refused(tmp_path):
    opened(tmp_path).close()
    with pytest.raises(StoreError, match=r"other columns.*8.*instead of.*9"):
        opened(tmp_path, dimension=9)


def test_a_second_writer_is_refused_while_readers_are_not(tmp_path):
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", unit(1))
        gallery.flush()
        with pytest.raises(StoreError, match="being written to by process"):
            opened(tmp_path)
        with opened(tmp_path, writer=False) as reader:
            assert reader.identity_ids() == ["ada"]


def test_a_reader_enrols_nobody_and_makes_no_folder(tmp_path):
    with opened(tmp_path / "none", writer=False) as gallery:
        with pytest.raises(StoreError, match="open for reading"):
            enroll(gallery, "ada", unit(1))
        assert gallery.nearest(unit(1)[0]) == []
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("flushed_before_the_kill", [False, True])
def test_who_was_pending_in_a_killed_process_is_enrolled_once(tmp_path, flushed_before_the_kill):
    killed = opened(tmp_path)
    enroll(killed, "ada", unit(1, 2))
    killed.flush()
    enroll(killed, "bob", unit(2))
    pending = killed.pending()
    if flushed_before_the_kill:
        killed.flush()
    killed._table._release()  # as the kernel does for a process that dies
    with opened(tmp_path) as gallery:
        gallery.recover(pending)
        assert (gallery.count, gallery.identity_ids()) == (3, ["ada", "bob"])
        assert gallery.nearest(unit(2)[0])[0].identity_id == "bob"
    assert opened(tmp_path, writer=False).count == 3


def face_ids(folder) -> list[str]:
    return opened(folder, writer=False).faces()["face_id"].to_pylist()


def test_a_removed_face_is_found_no_more_and_after_a_flush_by_nobody(tmp_path):
    first, second = unit(1, 2)
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", np.stack([first, second]))
        enroll(gallery, "bob", unit(2))
        gallery.flush()
        ada, _, bob = face_ids(tmp_path)
        assert gallery.remove([ada, bob, ada]) == [ada, bob]
        (found,) = gallery.nearest(first)
        assert found.similarity == pytest.approx(float(first @ second), abs=1e-6)
        assert (gallery.identity_ids(), gallery.count) == (["ada"], 1)
        assert len(face_ids(tmp_path)) == 3
        gallery.flush()
        assert len(face_ids(tmp_path)) == 1
    with opened(tmp_path, writer=False) as gallery:
        assert gallery.nearest(first) == [found]


def test_a_face_that_was_enrolled_and_removed_is_never_stored(tmp_path):
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", unit(1, 2))
        kept, removed = gallery.pending()["face_id"].to_pylist()
        assert gallery.remove([removed]) == [removed]
        assert len(gallery.pending()) == 1
    assert face_ids(tmp_path) == [kept]


def test_removing_who_is_not_there_changes_nothing(tmp_path):
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", unit(1))
        assert gallery.remove(["nobody's", "some \"quote'"]) == []
        assert (gallery.count, len(gallery.pending())) == (1, 1)


def test_a_reader_removes_nothing(tmp_path):
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", unit(1))
    with (
        opened(tmp_path, writer=False) as gallery,
        pytest.raises(StoreError, match="open for reading"),
    ):
        gallery.remove(face_ids(tmp_path))
    assert gallery.count == 1


@pytest.mark.parametrize("flushed_before_the_kill", [False, True])
def test_what_was_removed_in_a_killed_process_stays_removed(tmp_path, flushed_before_the_kill):
    killed = opened(tmp_path)
    enroll(killed, "ada", unit(1, 2))
    killed.flush()
    (removed, kept) = face_ids(tmp_path)
    enroll(killed, "bob", unit(2))
    killed.remove([removed])
    pending = killed.pending()
    if flushed_before_the_kill:
        killed.flush()
    killed._table._release()  # as the kernel does for a process that dies
    with opened(tmp_path) as gallery:
        gallery.recover(pending)
        assert (gallery.faces_of("ada"), gallery.faces_of("bob")) == (1, 1)
    assert set(face_ids(tmp_path)) - set(pending["face_id"].to_pylist()) == {kept}
    assert len(face_ids(tmp_path)) == 2


def test_a_face_that_was_removed_between_two_commits_of_a_flush_is_removed_later(
    tmp_path, monkeypatch
):
    def dies(*_):
        raise Kill

    killed = opened(tmp_path)
    enroll(killed, "ada", unit(1))
    killed.flush()
    (ada,) = face_ids(tmp_path)
    killed.remove([ada])
    enroll(killed, "bob", unit(2))
    pending = killed.pending()
    with monkeypatch.context() as patch:
        patch.setattr(lancedb.table.LanceTable, "delete", dies)
        with pytest.raises(Kill):
            killed.flush()
    killed._table._release()
    assert len(face_ids(tmp_path)) == 2
    with opened(tmp_path) as gallery:
        gallery.recover(pending)
    assert opened(tmp_path, writer=False).identity_ids() == ["bob"]


def test_nothing_is_pending_after_a_flush(tmp_path):
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", unit(1))
        assert len(gallery.pending()) == 1
        gallery.flush()
        assert len(gallery.pending()) == 0


def test_where_nobody_was_pending_nobody_is_enrolled(tmp_path):
    with opened(tmp_path) as gallery:
        gallery.recover(gallery.pending())
        assert gallery.count == 0


def test_a_face_that_is_somebody_elses_is_found_as_theirs(tmp_path):
    first, second = unit(1, 2)
    with opened(tmp_path) as gallery:
        enroll(gallery, "ada", np.stack([first, second]))
    with opened(tmp_path, writer=False) as gallery:
        rows = gallery.faces().to_pylist()
        assert [row["identity_id"] for row in rows] == ["ada", "ada"]
        assert "embedding" not in rows[0]
    with opened(tmp_path, writer=False, moved={rows[1]["face_id"]: "eve"}) as gallery:
        assert gallery.nearest(second)[0].identity_id == "eve"
        assert gallery.nearest(first)[0].identity_id == "ada"
        assert (gallery.faces_of("ada"), gallery.faces_of("eve")) == (1, 1)
        assert gallery.faces().to_pylist() == rows


def earlier(folder, *owners):
    """Leave a gallery that an earlier version made, which stored no places of faces."""
    earlier_gallery(folder, unit(1, len(owners)), owners, key_version=1, at_once=1)


def test_a_gallery_of_an_earlier_version_is_read_as_it_is(tmp_path):
    earlier(tmp_path, "ada", "bob")
    before = stored_schema(tmp_path, "faces_fused")
    with opened(tmp_path, writer=False) as gallery:
        assert [each.identity_id for each in gallery.nearest(unit(1, 2)[0])] == ["ada", "bob"]
        assert gallery.faces()["face_id"].to_pylist() == ["face 0", "face 1"]
    assert stored_schema(tmp_path, "faces_fused") == before == earlier_schema(DIMENSION)


def test_its_next_writer_adds_the_columns_and_who_has_it_open_goes_on_reading(tmp_path):
    earlier(tmp_path, "ada", "bob")
    (place,) = places(1, 1)
    reading = opened(tmp_path, writer=False)
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", unit(9), qualities=[1], at=NOON, face_ids=["new"], places=[place])
        assert gallery.count == 3
    assert stored_schema(tmp_path, "faces_fused") == gallery_schema(DIMENSION)
    found = stored_places(tmp_path, "fused", DIMENSION, ["face 0", "face 1", "new"])
    assert found == {"new": place}
    assert [each.identity_id for each in reading.nearest(unit(1, 2)[0])] == ["ada", "bob"]
    assert len(reading.faces()) == 2


def test_a_writer_that_only_looks_leaves_the_faces_of_an_earlier_version(tmp_path):
    earlier(tmp_path, "ada", "bob")
    opened(tmp_path).close()
    opened(tmp_path).close()
    assert opened(tmp_path, writer=False).identity_ids() == ["ada", "bob"]


def test_what_waited_in_an_earlier_versions_process_is_taken_in(tmp_path):
    earlier(tmp_path, "ada")
    with opened(tmp_path) as gallery:
        enroll(gallery, "bob", unit(5))
        waiting = gallery.pending().drop_columns(["box", "landmarks"])
    with opened(tmp_path / "another") as gallery:
        gallery.recover(waiting)
        assert gallery.identity_ids() == ["bob"]


def test_a_place_stays_a_faces_through_all_that_is_written_anew(tmp_path):
    first, second = places(2, 2)
    with opened(tmp_path) as gallery:
        enroll(gallery, "seen by a camera", unit(3))
        gallery.enroll("ada", unit(4), qualities=[1], at=NOON, face_ids=["a"], places=[first])
        gallery.enroll("bob", unit(5), qualities=[1], at=NOON, face_ids=["b"], places=[second])
        waiting = gallery.pending()
        gallery.flush()
        gallery.remove(["b"])
    assert stored_places(tmp_path, "fused", DIMENSION, ["a", "b"]) == {"a": first}
    with opened(tmp_path) as gallery:
        gallery.recover(waiting)
    assert stored_places(tmp_path, "fused", DIMENSION, ["a", "b"]) == {"a": first, "b": second}
    with opened(tmp_path, keys=ring(1, 2)) as gallery:  # all rows are written anew
        assert gallery.renewed == 3
    assert stored_places(tmp_path, "fused", DIMENSION, ["a", "b"]) == {"a": first, "b": second}


def test_places_are_one_a_face_or_none(tmp_path):
    with opened(tmp_path) as gallery, pytest.raises(StoreError, match="2 faces, 1 of them"):
        gallery.enroll("ada", unit(1, 2), qualities=[1, 1], at=NOON, places=places(1, 1))


def test_a_search_reads_no_places(tmp_path, monkeypatch):
    with opened(tmp_path) as gallery:
        gallery.enroll("ada", unit(4), qualities=[1], at=NOON, places=places(1, 1))
    read, real = [], LanceTable.in_batches

    def in_batches(table, *columns):
        for rows in real(table, *columns):
            read.extend(rows.column_names)
            yield rows

    monkeypatch.setattr(LanceTable, "in_batches", in_batches)
    monkeypatch.delattr(LanceTable, "rows_of")
    with opened(tmp_path) as gallery:
        assert gallery.nearest(unit(4)[0])[0].identity_id == "ada"
        assert not {"box", "landmarks"} & set(gallery.faces().column_names)
    assert read == ["face_id", "identity_id", "embedding"]
