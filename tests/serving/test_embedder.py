"""The embedder as a deployment, on Ray Serve itself."""

import asyncio
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
import ray
from ray import serve

from genesis_ray.errors import GenesisError, SourceError
from genesis_ray.live.answers import FaceFinder
from genesis_ray.live.models import Patience
from genesis_ray.live.retrying import DeadLetters
from genesis_ray.live.spec import LiveSpec
from genesis_ray.running.assembly import embedder_traits
from genesis_ray.running.enrolling.photo_faces import under_key
from genesis_ray.running.stage_clock import StageClock
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.protected import load_protected_embedder
from genesis_ray.running.templates.tenant_keys import keys_named, tenant_keys
from genesis_ray.sections.models import FaceSettings
from genesis_ray.serving import cluster, embedder
from genesis_ray.serving.deploy import deploy
from genesis_ray.serving.photo_faces import ServedPhotoFaces
from genesis_ray.settings import Settings
from genesis_ray.testing import SyntheticFilm
from genesis_ray.vision.crops import HeadCrop
from genesis_ray.vision.faces import EmbeddedFace, FaceCrop
from genesis_ray.vision.photo_file import SentPhoto

pytestmark = [pytest.mark.ray, pytest.mark.timeout(120)]

APP = "faces"


@pytest.fixture(scope="module")
def spec(tmp_path_factory) -> Iterator[LiveSpec]:
    """A system whose embedder is up, until the last of these tests takes it down."""
    tmp_path = tmp_path_factory.mktemp("system")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        cluster.start()
    settings = Settings(data_dir=tmp_path, faces={"embedder": "synthetic"}, retry_delays_s=[])
    key = tenant_keys(settings).ref
    serve.start(proxy_location="Disabled")
    deploy({APP: embedder.bind(settings.faces, key)})
    yield LiveSpec(
        settings=settings, run=tmp_path, realtime=False, detector_app="", embedder_app=APP,
        template_key=key,
    )  # fmt: skip
    serve.shutdown()
    ray.shutdown()


def figures(count: int) -> list[HeadCrop]:
    """Return crops of figures in all colours."""
    crops = []
    for hue in np.linspace(0, 255, count).astype(np.uint8):
        image = np.zeros((64, 64, 3), np.uint8)
        image[8:56, 16:48] = (hue, 255 - hue, 255)
        crops.append(HeadCrop(image, np.array([[0.25, 0.125, 0.75, 0.875]], np.float32), 0))
    return crops


def test_the_faces_of_a_crowd_larger_than_a_batch_are_found_and_embedded(spec):
    patience, letters = Patience(), []
    dead_letters = DeadLetters(spec.settings, letters.append, patience, lambda *_: None)
    finder = FaceFinder(spec, StageClock(), dead_letters, lambda *_: None, patience)
    crops = figures(40)

    async def embedded() -> list:
        (found,) = await finder.found_in([crops], finder.ask(crops))
        (faces,) = await finder.embed([[*map(FaceCrop, crops, found)]])
        return faces

    own = load_protected_embedder(spec.settings.faces, keys_named(spec.template_key).current)
    expected = own.embed([*map(FaceCrop, crops, own.find(crops))])
    assert [*map(bits, asyncio.run(embedded()))] == [*map(bits, expected)]
    assert len(expected) == 40
    assert letters == []


def bits(face: EmbeddedFace) -> bytes:
    return face.embedding.tobytes()


def test_photos_are_looked_at_by_who_is_served_as_they_would_be_here(spec):
    settings, image = spec.settings, SyntheticFilm(people=2, width=320, height=240).image_at(0)
    _, encoded = cv2.imencode(".png", image)
    served = ServedPhotoFaces(serve.get_deployment_handle(embedder.NAME, APP), settings.faces)
    own = load_protected_embedder(settings.faces, keys_named(spec.template_key).current)
    found = served.of(SentPhoto("group.png", encoded.tobytes()))
    assert [*map(bits, found)] == [*map(bits, own.faces_in(image))]
    assert len(found) == 2
    cut = SentPhoto("half.png", encoded.tobytes()[:60])
    with pytest.raises(SourceError, match=r"half\.png: not a picture that can be read"):
        served.of(cut)
    real = FaceSettings(embedder="sface")  # to which these figures are no faces
    other = ServedPhotoFaces(serve.get_deployment_handle(embedder.NAME, APP), real)
    assert other.of(SentPhoto("group.png", encoded.tobytes())) == []
    rotate(settings)  # the replica looks for a new key now and then: it may have either
    keys, traits = tenant_keys(settings), embedder_traits(settings.faces)
    found = under_key(served.of(SentPhoto("group.png", encoded.tobytes())), keys, traits)
    own.use(keys.current)
    for face, expected in zip(found, own.faces_in(image), strict=True):
        assert face.key == keys.current.fingerprint
        assert np.allclose(face.embedding, expected.embedding, atol=1e-6)
    serve.delete(APP)
    with pytest.raises(GenesisError, match="the embedder does not answer"):
        served.of(SentPhoto("group.png", encoded.tobytes()))
