"""What keys do for a gallery on the disk."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.galleries.gallery import FaceGallery, galleries_in
from genesis_ray.store.lance.lance_table import LanceTable
from genesis_ray.store.tenant.identity_schemas import gallery_schema
from tests.store.places import earlier_gallery
from tests.store.some_keys import holders, key, protected, ring, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DIMENSION = 16
PEOPLE = 40
PLAIN = unit(1, PEOPLE, DIMENSION)
PROBES = unit(2, 5, DIMENSION)
KILL_POINTS = 20


def opened(folder, *versions, writer=False, **keys):
    return FaceGallery(
        folder,
        embedder="fused",
        dimension=DIMENSION,
        keys=ring(*versions, **keys),
        writer=writer,
    )


def enroll_all(folder, version=1):
    with opened(folder, version, writer=True) as gallery:
        for number, face in enumerate(protected(PLAIN, key(version))):
            gallery.enroll(f"person {number}", face[None], qualities=[0.5], at=NOON)


def matches(gallery, version):
    """Return who each probe is likest to, and how much."""
    return [gallery.nearest(probe, limit=3) for probe in protected(PROBES, key(version))]


def plain_gallery(folder):
    """Leave what versions before this one did: plain rows, in several commits."""
    owners = [f"person {number}" for number in range(PEOPLE)]
    earlier_gallery(folder, PLAIN, owners, key_version=0, at_once=10)


def same(one, other):
    assert [[who.identity_id for who in found] for found in one] == [
        [who.identity_id for who in found] for found in other
    ]
    for before, after in zip(one, other, strict=True):
        assert [who.similarity for who in before] == pytest.approx(
            [who.similarity for who in after], abs=1e-6
        )


def test_a_protected_gallery_answers_as_plain_faces_would(tmp_path):
    enroll_all(tmp_path)
    for probe, found in zip(PROBES, matches(opened(tmp_path), 1), strict=True):
        similarities = PLAIN @ probe
        best = np.argsort(-similarities)[:3]
        assert [who.identity_id for who in found] == [f"person {place}" for place in best]
        assert [who.similarity for who in found] == pytest.approx(similarities[best], abs=1e-6)


def test_a_stolen_gallery_neither_holds_nor_matches_the_faces_of_its_people(tmp_path):
    enroll_all(tmp_path)
    assert holders(tmp_path, PLAIN) == []
    stolen = LanceTable(tmp_path, "faces_fused", gallery_schema(DIMENSION), writer=False).rows()
    templates = np.stack(stolen["embedding"].to_numpy())
    assert set(stolen["key_version"].to_pylist()) == {1}
    nearest = (PLAIN @ templates.T).argmax(axis=1)
    assert np.count_nonzero(nearest == np.arange(PEOPLE)) <= 4  # by chance one
    assert abs(np.vecdot(PLAIN, templates).mean()) < 0.15


def test_a_plain_gallery_is_protected_by_its_first_writer_and_no_plain_byte_is_left(tmp_path):
    plain_gallery(tmp_path)
    assert holders(tmp_path, PLAIN) != []
    opened(tmp_path, 1, writer=True).close()
    assert holders(tmp_path, PLAIN) == []
    protected_once = tmp_path.parent / "once"
    enroll_all(protected_once)
    assert matches(opened(tmp_path), 1) == matches(opened(protected_once), 1)


def test_a_reader_of_a_plain_gallery_gets_the_same_answers_and_changes_nothing(tmp_path):
    plain_gallery(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    enroll_all(tmp_path.parent / "once")
    assert matches(opened(tmp_path), 1) == matches(opened(tmp_path.parent / "once"), 1)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_killed_writer_left_of_plain_faces_goes_with_the_next(tmp_path, monkeypatch):
    plain_gallery(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(LanceTable, "_purge", lambda _: None)
        opened(tmp_path, 1, writer=True).close()
    assert holders(tmp_path, PLAIN) != []
    opened(tmp_path, 1, writer=True).close()
    assert holders(tmp_path, PLAIN) == []


def test_a_lost_key_makes_a_gallery_useless_and_the_error_says_so(tmp_path):
    enroll_all(tmp_path)
    for writer in (False, True):
        with pytest.raises(StoreError) as raised:
            opened(tmp_path, 2, writer=writer)
        said = str(raised.value)
        assert f"key 1 of tenant 'default', fingerprint {key(1).fingerprint}" in said
        assert "there is no such key in /keys/default" in said
        assert "Put that key back" in said
        assert "can never be compared again" in said


def test_another_key_of_the_same_version_is_told_apart(tmp_path):
    enroll_all(tmp_path)
    with pytest.raises(StoreError, match=f"another key, {key(1, seed=9).fingerprint} in /keys"):
        opened(tmp_path, 1, seed=9)
    with pytest.raises(StoreError, match="another key"):
        opened(tmp_path, 1, 2, seed=9, writer=True)
    assert len(matches(opened(tmp_path, 1), 1)) == len(PROBES)


def test_a_gallery_without_what_says_its_keys_is_refused(tmp_path):
    enroll_all(tmp_path)
    (tmp_path / "faces_fused.keys.json").unlink()
    with pytest.raises(StoreError, match=r"faces_fused\.keys\.json, which says with which key"):
        opened(tmp_path)


def test_an_empty_gallery_is_bound_to_no_key(tmp_path):
    opened(tmp_path, 1, writer=True).close()
    opened(tmp_path, 1, seed=9, writer=True).close()


def test_a_system_that_was_started_before_a_rotation_is_told_to_start_again(tmp_path):
    enroll_all(tmp_path, version=2)
    with pytest.raises(StoreError, match="brought to key 2 since what runs here was started"):
        opened(tmp_path, 1, writer=True)


def test_a_new_key_renews_all_without_photos_and_leaves_no_old_template(tmp_path):
    enroll_all(tmp_path)
    before = matches(opened(tmp_path), 1)
    with opened(tmp_path, 1, 2, writer=True) as gallery:
        same(matches(gallery, 2), before)
    assert holders(tmp_path, protected(PLAIN, key(1))) == []
    same(matches(opened(tmp_path, 2), 2), before)


def test_who_is_enrolled_after_a_rotation_is_found_among_the_others(tmp_path):
    enroll_all(tmp_path)
    (ada,) = protected(unit(3, 1, DIMENSION), key(2))
    with opened(tmp_path, 1, 2, writer=True) as gallery:
        gallery.enroll("ada", ada[None], qualities=[0.5], at=NOON)
    reader = opened(tmp_path, 2)
    assert reader.nearest(ada)[0].identity_id == "ada"
    assert reader.count == PEOPLE + 1


def test_what_a_killed_process_had_not_stored_comes_under_the_new_key_too(tmp_path):
    with opened(tmp_path / "other", 1, writer=True) as gallery:
        gallery.enroll("ada", protected(PLAIN[:1], key(1)), qualities=[0.5], at=NOON)
        pending = gallery.pending()
    with opened(tmp_path, 1, 2, writer=True) as gallery:
        gallery.recover(pending)
    found = opened(tmp_path, 2).nearest(protected(PLAIN[:1], key(2))[0])
    assert found[0].similarity == pytest.approx(1)


def test_a_gallery_that_lags_several_keys_behind_is_brought_to_the_last(tmp_path):
    enroll_all(tmp_path)
    before = matches(opened(tmp_path), 1)
    same(matches(opened(tmp_path, 1, 2, 3), 3), before)
    opened(tmp_path, 1, 2, 3, writer=True).close()
    same(matches(opened(tmp_path, 3), 3), before)


def test_no_full_disk_loses_a_face(small_disk):
    folder = small_disk.path / "gallery"
    enroll_all(folder)
    before = matches(opened(folder), 1)
    small_disk.fill(leaving=4096)
    with pytest.raises(StoreError, match="is full"):
        opened(folder, 1, 2, writer=True)
    same(matches(opened(folder, 1), 1), before)
    small_disk.grow()
    opened(folder, 1, 2, writer=True).close()
    same(matches(opened(folder, 2), 2), before)
    assert holders(folder, protected(PLAIN, key(1))) == []


def test_every_gallery_of_a_tenant_is_found(tmp_path):
    assert list(galleries_in(tmp_path)) == []
    enroll_all(tmp_path)
    FaceGallery(tmp_path, embedder="x", dimension=3, keys=ring(), writer=True).close()
    assert list(galleries_in(tmp_path)) == [("fused", DIMENSION), ("x", 3)]


def test_a_rotation_killed_at_any_point_leaves_the_old_templates_or_the_new(tmp_path):
    """What is on the disk while it is stopped is what would be there were it killed."""
    folder, newest = tmp_path / "gallery", tmp_path / "newest"
    enroll_all(folder)
    before = matches(opened(folder), 1)
    chance = random.Random(1)
    command = [sys.executable, Path(__file__).with_name("rotating_writer.py"), folder, newest]
    root = str(Path(__file__).parents[3])
    halfway = 0
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": root}) as writer:
        while not newest.exists():
            time.sleep(0.01)
        for number in range(KILL_POINTS):
            time.sleep(chance.uniform(0, 0.06))
            writer.send_signal(signal.SIGSTOP)
            os.waitpid(writer.pid, os.WUNTRACED)
            left = Path(shutil.copytree(folder, tmp_path / f"left {number}"))
            version = int(newest.read_text())
            writer.send_signal(signal.SIGCONT)
            rows = LanceTable(left, "faces_fused", gallery_schema(DIMENSION), writer=False).rows()
            (found,) = set(rows["key_version"].to_pylist())
            assert found in (version - 1, version)
            halfway += found == version - 1
            same(matches(opened(left, found, version), version), before)
            opened(left, found, version, writer=True).close()
            same(matches(opened(left, version), version), before)
            assert holders(left, protected(PLAIN, key(version - 1))) == []
        writer.kill()
    assert 0 < halfway < KILL_POINTS


def test_readers_open_and_search_on_while_keys_rotate(tmp_path):
    enroll_all(tmp_path)
    everybody = ring(*range(1, 40))
    before = matches(opened(tmp_path), 1)
    long_open = opened(tmp_path)
    over = threading.Event()
    opened_anew = []

    def read():
        while not over.is_set():
            reader = FaceGallery(tmp_path, embedder="fused", dimension=DIMENSION, keys=everybody)
            same(matches(reader, 39), before)
            opened_anew.append(reader)

    reading = threading.Thread(target=read)
    reading.start()
    for newest in range(2, 40):
        opened(tmp_path, *range(1, newest + 1), writer=True).close()
        assert matches(long_open, 1) == before
    over.set()
    reading.join()
    assert len(opened_anew) > 3
