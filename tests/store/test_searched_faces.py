"""Of a gallery that is large enough for an index, which is a small one here."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.store import (
    cleanup_schedule,
    indexed_faces,
    lance_table,
    searched_faces,
    vector_index,
)
from genesis_ray.store.gallery import FaceGallery
from genesis_ray.store.learning_gallery import LearningGallery
from genesis_ray.store.templates import Protector
from tests.store.keys import key, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DIMENSION = 16
PEOPLE, FACES_EACH = 100, 4
FACES = unit(1, PEOPLE, DIMENSION)[np.arange(PEOPLE * FACES_EACH) % PEOPLE] + 0.3 * unit(
    2, PEOPLE * FACES_EACH, DIMENSION
)
FACES = (FACES / np.linalg.norm(FACES, axis=1, keepdims=True)).astype(np.float32)
PROBES = FACES[::40]
ABOVE = 300


def opened(folder, *, writer=True, index_above: int | None = ABOVE, version=1, moved=None):
    return FaceGallery(
        folder,
        embedder="fused",
        dimension=DIMENSION,
        keys=ring(*range(1, version + 1)),
        writer=writer,
        index_above=index_above,
        moved=moved,
    )


def enroll(gallery, identity_id, faces):
    gallery.enroll(identity_id, faces, qualities=[0.5] * len(faces), at=NOON)


@pytest.fixture
def folder(tmp_path):
    """A gallery of FACES, without an index."""
    with opened(tmp_path, index_above=None) as gallery:
        for person in range(PEOPLE):
            enroll(gallery, f"{person}", FACES[person::PEOPLE])
    return tmp_path


@pytest.fixture
def indexed(folder):
    """The same with an index."""
    with opened(folder, index_above=None) as gallery:
        vector_index.create(gallery._table.handle())
    return folder


@pytest.fixture
def at_once(monkeypatch):
    """Build an index in this process before the call that begins it returns."""

    class Builder:
        returncode = 0

        def poll(self):
            return 0

        def communicate(self):
            return b"", b""

        def kill(self):
            pass

    def build(index):
        vector_index.create(vector_index._opened(str(index._table.path.parent), "faces_fused"))
        index._builder = Builder()

    monkeypatch.setattr(vector_index.VectorIndex, "build", build)


@pytest.fixture
def tidied(monkeypatch):
    monkeypatch.setattr(cleanup_schedule, "_COMMITS_A_CLEANUP", 2)
    monkeypatch.setattr(cleanup_schedule, "_CLEANUPS_APART_S", 0.0)
    monkeypatch.setattr(cleanup_schedule, "_PART_CHANGED", 10_000)
    monkeypatch.setattr(lance_table, "_KEEP_VERSIONS", timedelta(minutes=1))


def nearest(gallery, probes=PROBES):
    return [gallery.nearest(probe, limit=3) for probe in probes]


def exactly(folder, probes=PROBES, **more):
    with opened(folder, writer=False, index_above=None, **more) as gallery:
        return nearest(gallery, probes)


def test_whom_the_index_finds_has_the_similarity_of_an_exact_search_to_the_last_bit(indexed):
    with opened(indexed) as gallery:
        assert gallery._faces.is_indexed
        assert gallery.count == len(FACES)
        assert nearest(gallery) == exactly(indexed)
        gallery.expect(PROBES, limit=3)
        assert nearest(gallery) == exactly(indexed)


def test_few_faces_are_searched_in_memory_even_if_there_is_an_index(indexed):
    with opened(indexed, index_above=len(FACES)) as gallery:
        assert not gallery._faces.is_indexed
        assert gallery.recall is None
        assert nearest(gallery) == exactly(indexed)


def test_who_only_reads_searches_in_memory(indexed):
    with opened(indexed, writer=False) as gallery:
        assert not gallery._faces.is_indexed


def test_faces_added_and_removed_since_the_index_was_built_count_at_once(indexed):
    face, other = unit(5, 2, DIMENSION)
    with opened(indexed) as gallery:
        before = nearest(gallery)
        enroll(gallery, "eve", np.stack([face, other]))
        assert gallery.nearest(face, limit=1)[0].identity_id == "eve"
        gallery.flush()
        assert gallery.nearest(face, limit=1)[0].identity_id == "eve"
        assert gallery.count == len(FACES) + 2
        own = gallery.faces().to_pylist()
        eve = [row["face_id"] for row in own if row["identity_id"] == "eve"]
        first = [row["face_id"] for row in own if row["identity_id"] == before[0][0].identity_id]
        assert gallery.remove([*eve, *first, "nobody's"]) == [*eve, *first]
        assert gallery.remove(first) == []
        after = nearest(gallery)
        assert before[0][0].identity_id not in [each.identity_id for each in after[0]]
        gallery.flush()
        assert nearest(gallery) == after == exactly(indexed)
        assert gallery.faces_of("eve") == 0
        assert gallery.count == len(gallery.faces())


@pytest.mark.usefixtures("at_once", "tidied")
def test_a_gallery_that_grows_is_searched_through_an_index_from_then_on(tmp_path):
    with opened(tmp_path) as gallery:
        switched_at = None
        for person in range(PEOPLE):
            enroll(gallery, f"{person}", FACES[person::PEOPLE])
            if person % 5:
                continue
            gallery.flush()
            if gallery._faces.is_indexed and switched_at is None:
                switched_at = gallery.count
        assert switched_at is not None
        assert ABOVE < switched_at <= ABOVE + 15 * FACES_EACH
        found = nearest(gallery)
    assert found == exactly(tmp_path)
    with opened(tmp_path) as gallery:
        assert gallery._faces.is_indexed
        assert gallery._faces._faces.recent.count == 0
        assert nearest(gallery) == found


@pytest.mark.usefixtures("at_once", "tidied")
def test_an_index_of_many_parts_is_built_anew(indexed, monkeypatch):
    monkeypatch.setattr(searched_faces, "_MOST_PARTS", 2)
    more = unit(9, 12, DIMENSION)
    parts = []
    with opened(indexed) as gallery:
        for number, face in enumerate(more):
            enroll(gallery, f"more {number}", face[None])
            gallery.flush()
            parts.append(gallery._faces._index.state().parts)
        assert max(parts) == 3
        assert parts[-1] < 3
        probes = np.concatenate([PROBES, more])
        assert nearest(gallery, probes) == exactly(indexed, probes)


def test_a_process_of_its_own_builds_the_index_while_faces_come_and_go(folder):
    with opened(folder) as gallery:
        enroll(gallery, "eve", unit(5, 1, DIMENSION))
        gallery.flush()
        builder = gallery._faces._index._builder
        assert builder is not None
        enroll(gallery, "meanwhile", unit(6, 1, DIMENSION))
        gallery.remove(gallery.faces()["face_id"].to_pylist()[:1])
        gallery.flush()
        builder.wait(timeout=120)
        assert not gallery._faces.is_indexed
        enroll(gallery, "after", unit(7, 1, DIMENSION))
        gallery.flush()
        assert gallery._faces.is_indexed
        probes = np.concatenate([PROBES, *(unit(seed, 1, DIMENSION) for seed in (5, 6, 7))])
        assert nearest(gallery, probes) == exactly(folder, probes)


def test_a_builder_ends_with_the_writer_and_the_next_one_begins_anew(folder):
    command = [sys.executable, str(Path(__file__).with_name("indexing_writer.py")), str(folder)]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as writer:
        builder = int(writer.stdout.readline())
        time.sleep(0.5)
        writer.kill()
    wait_until(lambda: not is_alive(builder), 60)
    with opened(folder) as gallery:
        assert nearest(gallery) == exactly(folder)
        gallery.flush()
        if not gallery._faces.is_indexed:  # the first was not so quick
            gallery._faces._index._builder.wait(timeout=120)
            gallery.flush()
        assert gallery._faces.is_indexed
        assert nearest(gallery) == exactly(folder)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(is_over, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not is_over():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_an_index_that_cannot_be_built_is_told_once_and_searches_go_on(folder, monkeypatch, caplog):
    monkeypatch.setattr(vector_index, "__name__", "no_such_module")
    with opened(folder) as gallery:
        for seed in range(3):
            enroll(gallery, "eve", unit(5 + seed, 1, DIMENSION))
            gallery.flush()
            if gallery._faces._index._builder:
                gallery._faces._index._builder.wait(timeout=60)
        assert not gallery._faces.is_indexed
        assert nearest(gallery) == exactly(folder)
    assert caplog.text.count("no index could be built: ") == 1
    assert "no_such_module" in caplog.text


def test_a_new_key_leaves_no_index_of_the_old_templates(indexed):
    with opened(indexed) as gallery:
        before = [[each.identity_id for each in found] for found in nearest(gallery)]
        gallery.renew(ring(1, 2))
        assert gallery._faces._index.state() is None
        protector = Protector(key(2), embedder="fused", dimension=DIMENSION)
        turned = protector.renew(PROBES, key(1))
        after = [[each.identity_id for each in found] for found in nearest(gallery, turned)]
        assert [found[0] for found in after] == [found[0] for found in before]


def test_searches_are_sampled_against_exact_ones(indexed):
    with opened(indexed) as gallery:
        nearest(gallery)
        gallery._faces.sampler.settle()
        recall = gallery.recall
        assert (recall.samples, recall.first) == (1, 1)
        assert (recall.wanted, recall.found) == (3, 3)


def test_an_index_that_misses_people_is_found_out(indexed, monkeypatch):
    searched = vector_index.VectorIndex.nearest
    with opened(indexed) as gallery:
        monkeypatch.setattr(
            vector_index.VectorIndex,
            "nearest",
            lambda *args, **more: [found[FACES_EACH:] for found in searched(*args, **more)],
        )
        nearest(gallery)
        gallery._faces.sampler.settle()
        assert (gallery.recall.samples, gallery.recall.first) == (1, 0)


def test_an_identity_with_many_faces_does_not_hide_the_others(indexed, monkeypatch):
    monkeypatch.setattr(indexed_faces, "_FACES_AN_IDENTITY", 1)
    with opened(indexed) as gallery:
        assert nearest(gallery) == exactly(indexed)


def test_a_moved_face_is_found_as_whose_it_is_now(indexed):
    with opened(indexed, index_above=None, writer=False) as gallery:
        row = gallery.faces().to_pylist()[0]
    owned = FACES[int(row["identity_id"])]
    moved = {row["face_id"]: "eve"}
    with opened(indexed, moved=moved) as gallery:
        assert gallery.nearest(owned, limit=1)[0].identity_id == "eve"
        assert gallery.faces_of("eve") == 1
        assert nearest(gallery) == exactly(indexed, moved=moved)


@pytest.mark.parametrize("index_above", [ABOVE, None], ids=["with an index", "in memory"])
def test_a_retired_face_is_not_found_but_stays_stored(indexed, index_above):
    with LearningGallery(
        indexed, embedder="fused", dimension=DIMENSION, keys=ring(1), writer=True,
        index_above=index_above,
    ) as gallery:  # fmt: skip
        assert gallery._faces.is_indexed == (index_above is not None)
        own = {each.face_id: float(each.embedding @ FACES[0]) for each in gallery.templates("0")}
        *others, second, first = sorted(own, key=own.__getitem__)
        gallery.retire([first, "no such face"])
        (found, *_) = gallery.nearest(FACES[0], limit=3)
        assert found.similarity == pytest.approx(own[second], abs=1e-6)
        assert {each.face_id for each in gallery.templates("0")} == {*others, second}
        assert gallery.here([first, "no such face"]) == [first]
        assert gallery.remove([first]) == [first]
        gallery.rewrite()
        assert gallery.here([first]) == []
        assert gallery.nearest(FACES[0], limit=3)[0].similarity == found.similarity
