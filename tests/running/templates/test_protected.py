"""What leaves an embedder is protected, wherever embedders run."""

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

import genesis_ray
from genesis_ray.batch import worker
from genesis_ray.batch.archive import Segment
from genesis_ray.batch.worker import _SegmentWatcher
from genesis_ray.errors import StoreError
from genesis_ray.running.enrolling.enrolment import enroll
from genesis_ray.running.local import run_local
from genesis_ray.running.looking import embed_heads
from genesis_ray.running.templates.protected import ProtectedEmbedder, load_protected_embedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.cameras import CameraSettings
from genesis_ray.serving import embedder as serving
from genesis_ray.serving import embedder_models
from genesis_ray.serving.embedder import EmbedderReplica, Wanted
from genesis_ray.serving.embedder_models import Models
from genesis_ray.settings import Settings
from genesis_ray.store.keys.key_stores import open_key_store
from genesis_ray.store.keys.template_keys import TemplateKey
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.testing import ColourEmbedder, SyntheticFilm
from genesis_ray.vision.crops import HeadCrop, cut_heads
from genesis_ray.vision.faces import FaceCrop, GradedFace
from genesis_ray.vision.found_face import FoundFace
from genesis_ray.vision.memory_guard import MemoryState
from tests.store.some_keys import holders

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
FILM = "synthetic:?people=3&seconds=3&fps=10&width=320&height=240"
PLAIN_ONLY = {
    "running/assembly.py",
    "running/planning/measuring.py",
    "running/templates/protected.py",
}


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        detector={"model": "synthetic"},
        faces={"embedder": "synthetic", "min_person_width": 10, "min_quality": 0},
        identity={"visitors": True},
        cameras=[CameraSettings(camera_id="door", source=FILM, start=NINE)],
    )


@pytest.fixture
def plain(monkeypatch):
    """The plain embeddings that there ever were."""
    seen: list[np.ndarray] = []
    face_of = ColourEmbedder._face

    def remember(self, figure):
        face = face_of(self, figure)
        seen.append(face.embedding)
        return face

    monkeypatch.setattr(ColourEmbedder, "_face", remember)
    return seen


def heads(film: SyntheticFilm):
    image = film.image_at(0)
    boxes = [np.array([0.0, lane / 3, 1.0, (lane + 1) / 3], np.float32) for lane in range(3)]
    return cut_heads(image, np.stack(boxes), boxes)


def test_all_faces_of_photos_and_crops_leave_as_templates():
    film = SyntheticFilm(people=3, width=320, height=240)
    bare = ColourEmbedder()
    embedder = ProtectedEmbedder(bare, TemplateKey.new("default"))
    assert (embedder.name, embedder.dimension, embedder.threshold) == ("colour", 16, 0.5)
    for before, after in (
        (bare.faces_in(film.image_at(0)), embedder.faces_in(film.image_at(0))),
        (
            [f for f in embed_heads(bare, heads(film)) if f],
            [f for f in embed_heads(embedder, heads(film)) if f],
        ),
    ):
        assert len(before) == len(after) > 1
        old, new = (np.stack([face.embedding for face in faces]) for faces in (before, after))
        assert np.abs(old - new).max() > 0.1
        assert np.abs(old @ old.T - new @ new.T).max() < 1e-6
        assert [face.quality for face in before] == [face.quality for face in after]


def test_a_crop_without_a_face_gives_none():
    crops = heads(SyntheticFilm(people=3, width=320, height=240))
    for crop in crops:
        crop.image[:] = 0
    assert ProtectedEmbedder(ColourEmbedder(), TemplateKey.new("a")).find(crops) == [None] * 3


def test_a_replica_reads_the_key_that_it_is_told_the_name_of(settings, monkeypatch):
    monkeypatch.setattr(serving, "own_gpu_share", lambda: 0.0)
    context = SimpleNamespace(replica_id=SimpleNamespace(unique_id="abc"))
    monkeypatch.setattr(serving.serve, "get_replica_context", lambda: context)
    keys = tenant_keys(settings)
    crops = heads(SyntheticFilm(people=3, width=320, height=240))
    replica = EmbedderReplica(settings.faces, keys.ref)
    (found,) = replica._find([crops])
    faces = [FaceCrop(crop, face) for crop, face in zip(crops, found.faces, strict=True) if face]
    assert faces
    (answer,) = replica._embed([Wanted(faces, "synthetic")])
    expected = ProtectedEmbedder(ColourEmbedder(), keys.current).embed(faces)
    for one, other in zip(answer.faces, expected, strict=True):
        assert one.embedding.tobytes() == other.embedding.tobytes()
    full = MemoryState(1, 4, False, "CUDA out of memory")
    monkeypatch.setattr(ColourEmbedder, "memory", full)
    for answer in (*replica._find([crops]), *replica._embed([Wanted(faces, "synthetic")])):
        assert (answer.replica, answer.memory) == ("abc", full)


def test_a_replica_takes_up_a_key_that_is_made_while_it_runs(settings, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "own_gpu_share", lambda: 0.0)
    context = SimpleNamespace(replica_id=SimpleNamespace(unique_id="abc"))
    monkeypatch.setattr(serving.serve, "get_replica_context", lambda: context)
    store = open_key_store(f"file:{tmp_path / 'keys'}")
    began = store.add("default", after=0)
    crops = heads(SyntheticFilm(people=3, width=320, height=240))
    replica = EmbedderReplica(settings.faces, began.ref)
    (found,) = replica._find([crops])
    faces = [FaceCrop(crop, face) for crop, face in zip(crops, found.faces, strict=True) if face]

    def key_of_faces(replica: EmbedderReplica) -> str:
        (answer,) = replica._embed([Wanted(faces, "synthetic")])
        (fingerprint,) = {face.key for face in answer.faces}
        return fingerprint

    newer = store.add("default", after=1).current
    assert key_of_faces(replica) == began.current.fingerprint  # it has just looked
    monkeypatch.setattr(replica, "_look_at", 0.0)
    assert key_of_faces(replica) == newer.fingerprint
    store.remove("default", 1)
    again = EmbedderReplica(settings.faces, began.ref)  # as the system was started with it
    assert key_of_faces(again) == newer.fingerprint
    store.remove("default", 2)
    monkeypatch.setattr(again, "_look_at", 0.0)
    assert key_of_faces(again) == newer.fingerprint  # which it has in memory
    with pytest.raises(StoreError, match="none of that version"):
        EmbedderReplica(settings.faces, began.ref)


@pytest.mark.models
def test_a_replica_embeds_by_the_embedder_that_each_request_wants(settings, monkeypatch):
    monkeypatch.setattr(serving, "own_gpu_share", lambda: 0.0)
    context = SimpleNamespace(replica_id=SimpleNamespace(unique_id="abc"))
    monkeypatch.setattr(serving.serve, "get_replica_context", lambda: context)
    replica = EmbedderReplica(settings.faces, tenant_keys(settings).ref)
    asyncio.run(replica.prepare("sface"))
    head = HeadCrop(np.full((64, 64, 3), 90, np.uint8), np.zeros((1, 4), np.float32), 0)
    eyes_nose_and_mouth = np.array([[24, 24], [40, 24], [32, 34], [26, 44], [38, 44]], np.float32)
    face = FoundFace(np.array([16, 12, 48, 52], np.float32), 0.9, eyes_nose_and_mouth)
    real = [FaceCrop(head, GradedFace(face, 0.9))]
    crops = heads(SyntheticFilm(people=3, width=320, height=240))
    (found,) = replica._find([crops])
    figures = [FaceCrop(crop, one) for crop, one in zip(crops, found.faces, strict=True) if one]
    wanted = [Wanted(figures, "synthetic"), Wanted(real, "sface"), Wanted(figures, "synthetic")]
    shapes = [
        {(face.embedder, len(face.embedding)) for face in answer.faces}
        for answer in replica._embed(wanted)
    ]
    assert shapes == [{("colour", 16)}, {("sface", 128)}, {("colour", 16)}]


def test_an_embedder_that_is_not_asked_for_is_dropped_once_another_is(settings, monkeypatch):
    models = Models(settings.faces, TemplateKey.new("a"))
    other = models._loaded["other"] = models.load("synthetic")
    monkeypatch.setattr(embedder_models, "DROPPED_AFTER_S", 0.0)
    assert models.get("other") is other
    assert [*models._loaded] == ["other"]
    assert models.get("synthetic") is not other  # loaded anew


def test_all_embedders_of_a_replica_take_up_a_key(settings):
    models = Models(settings.faces, TemplateKey.new("a"))
    models._loaded["other"] = load_protected_embedder(settings.faces, models.key)
    newer = TemplateKey.new("a", 2)
    models.use(newer)
    assert {each.key for each in models._loaded.values()} == {newer} == {models.key}


def test_a_run_leaves_no_plain_embedding_in_its_folder_nor_among_what_lasts(
    settings, plain, tmp_path
):
    run_local(settings, RunFolder.create(tmp_path / "run"), on_progress=lambda _: None)
    assert len(plain) > 10
    assert list((tmp_path / "data" / "gallery" / "default").glob("faces_colour.lance/data/*"))
    assert holders(tmp_path, np.stack(plain)) == []


def test_enrolment_leaves_no_plain_embedding(settings, plain, tmp_path):
    cv2.imwrite(str(tmp_path / "ada.png"), SyntheticFilm(people=1).image_at(0))
    enroll(settings, "Ada", [tmp_path / "ada.png"])
    assert len(plain) == 1
    assert holders(tmp_path, np.stack(plain)) == []


def test_an_archive_s_worker_leaves_no_plain_embedding(settings, plain, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "own_gpu_share", lambda: 0.0)
    ignore = SimpleNamespace(remote=lambda *_: None)
    segment = Segment(settings.cameras[0], NINE, expected_frames=30, size=(320, 240))
    watcher = _SegmentWatcher(
        settings,
        [segment],
        tmp_path,
        SimpleNamespace(begin=ignore, add=ignore),
        tenant_keys(settings).ref,
    )
    assert watcher({"id": np.array([0])})["failure"] == [""]
    (file,) = tmp_path.glob("*.jsonl")
    lines = map(json.loads, file.read_text().splitlines())
    kept = np.array([face["embedding"] for line in lines for face in line["faces"]], np.float32)
    assert len(kept) > 10
    distance = np.abs(kept[:, None] - np.stack(plain)[None]).max(axis=2)
    assert distance.min() > 0.05


def test_nobody_but_who_protects_or_throws_away_loads_an_embedder_without_a_key():
    root = Path(genesis_ray.__file__).parent
    users = {
        str(path.relative_to(root))
        for path in root.rglob("*.py")
        if re.search(r"\bload_embedder\b", path.read_text())
    }
    assert users == PLAIN_ONLY
