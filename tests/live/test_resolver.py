from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from genesis_ray.domain.recognition.identity import Face
from genesis_ray.domain.recognition.people import Person
from genesis_ray.errors import StoreError
from genesis_ray.live import calls, resolver
from genesis_ray.live.resolver import ResolverActor
from genesis_ray.live.spec import LiveSpec, Shown
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.consent import note_consent
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates.key_rotation import rotate
from genesis_ray.running.templates.protected import ProtectedEmbedder
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.sections.identity import IdentitySettings
from genesis_ray.sections.retention import RetentionSettings
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.runs.job_records import read_all
from genesis_ray.store.runs.run_folder import RunFolder
from genesis_ray.store.runs.state_log import StateLog
from genesis_ray.store.tenant.people import People
from genesis_ray.testing import ColourEmbedder, SyntheticFilm
from tests.store.some_keys import holders, protected, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def spec(tmp_path, monkeypatch) -> LiveSpec:
    """Of a resolver in this process, whose journal takes everything."""
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    method = SimpleNamespace(remote=lambda *_: None)
    journal = SimpleNamespace(take=method, note_gallery=method)
    monkeypatch.setattr(resolver.ray, "get_actor", lambda *_: journal)
    monkeypatch.setattr(calls.ray, "get", lambda answer: answer)
    settings = Settings(
        data_dir=tmp_path / "data",
        faces={"embedder": "synthetic", "min_quality": 0},
        identity={"visitors": True, "visitor_faces": 4},
        cameras=[{"camera_id": "door", "source": "door.mp4"}],
    )
    return LiveSpec(
        settings=settings,
        run=RunFolder.create(tmp_path / "run").path,
        realtime=False,
        detector_app="",
        embedder_app="",
        template_key=tenant_keys(settings).ref,
    )


def test_what_a_resolver_remembers_holds_no_plain_embedding_even_unsealed(
    spec, tmp_path, monkeypatch
):
    monkeypatch.setattr(StateLog, "_sealed", lambda _, plain: plain)
    image = SyntheticFilm(people=3, width=320, height=240).image_at(0)
    plain = np.stack([face.embedding for face in ColourEmbedder().faces_in(image)])
    embedder = ProtectedEmbedder(ColourEmbedder(), tenant_keys(spec.settings).current)
    templates = np.stack([face.embedding for face in embedder.faces_in(image)])
    actor = ResolverActor(spec)
    for second in range(3):
        at = NOON + timedelta(seconds=second)
        faces = tuple(
            Face(
                camera_id="door",
                track_id=track_id,
                face_index=second,
                captured_at=at,
                embedding=template,
                quality=0.9,
            )
            for track_id, template in enumerate(templates)
        )
        actor.take([Shown("door", faces, at)])
    actor._checkpoint()
    assert len(holders(spec.run / "state", templates)) == 1
    assert holders(tmp_path, plain) == []
    actor.finish()


def test_a_resolver_that_is_started_again_after_a_rotation_goes_by_the_new_key(spec):
    keys = tenant_keys(spec.settings)
    folder = identity_folder(spec.settings)
    plain = unit(1, 1, 16)
    with (
        FaceGallery(folder, embedder="colour", dimension=16, keys=keys, writer=True) as gallery,
        People(folder, writer=True) as people,
    ):
        people.add(Person(identity_id="ada", name="Ada", kind="enrolled", enrolled_at=NOON))
        template = protected(plain, keys.current, "colour")
        gallery.enroll("ada", template, qualities=[1], at=NOON)
    ResolverActor(spec).finish()
    rotate(spec.settings)
    again = ResolverActor(spec)
    (template,) = protected(plain, tenant_keys(spec.settings).current, "colour")
    assert names_of(again, template) == {7: "Ada"}
    again.finish()


def test_what_a_resolver_took_before_it_was_killed_goes_by_the_consent_of_then(spec):
    settings = spec.settings.model_copy(
        update={"identity": IdentitySettings(consent="required", votes=2)}
    )
    spec = replace(spec, settings=settings)
    keys = tenant_keys(settings)
    (template,) = protected(unit(1, 1, 16), keys.current, "colour")
    folder = identity_folder(settings)
    ada = Person(identity_id="ada", name="Ada", kind="enrolled", enrolled_at=NOON)
    with (
        FaceGallery(folder, embedder="colour", dimension=16, keys=keys, writer=True) as gallery,
        People(folder, writer=True) as people,
    ):
        people.add(ada)
        gallery.enroll("ada", template[None], qualities=[1], at=NOON)
    note_consent(settings, "Ada", "given", at=NOON, by="eve", why="")
    killed = ResolverActor(spec)
    assert names_of(killed, template) == {7: "Ada"}
    killed._people._opened.close()  # as the system does for a process that is dead
    note_consent(settings, "Ada", "withdrawn", at=None, by="eve", why="")
    again = ResolverActor(spec)
    assert again._names.take("door") == {7: "Ada"}  # said again, from what was taken before
    assert names_of(again, template, track_id=8) == {}
    assert [entry.reason for entry in audit_log(settings).entries()][-2:] == [
        f"names tracks of the run in {spec.run}",
        f"names tracks of the run in {spec.run}, after the process died that did",
    ]
    again.finish()


@pytest.mark.parametrize("is_rotated", [False, True])
def test_faces_of_short_tracks_wait_on_in_the_next_process_be_it_under_another_key(
    spec, is_rotated
):
    identity = IdentitySettings(visitors=True, visitor_faces=4, visitor_wait_days=1)
    spec = replace(spec, settings=spec.settings.model_copy(update={"identity": identity}))
    plain = unit(1, 1, 16)

    def names(actor: ResolverActor, track_id: int) -> dict[int, str]:
        key = tenant_keys(spec.settings).current
        (template,) = protected(plain, key, "colour")
        return names_of(actor, template, track_id, faces=3, key=key.fingerprint)

    killed = ResolverActor(spec)
    assert names(killed, 7) == {}
    killed._checkpoint()
    killed._people._opened.close()  # as the system does for a process that is dead
    if is_rotated:
        rotate(spec.settings)
    again = ResolverActor(spec)
    (name,) = names(again, 8).values()
    assert name.startswith("visitor ")
    again.finish()


def names_of(
    actor: ResolverActor,
    template: np.ndarray,
    track_id: int = 7,
    *,
    faces: int = 4,
    key: str = "",
) -> dict[int, str]:
    """Return what a track of so many faces is called."""
    for second in range(faces):
        at = NOON + timedelta(seconds=10 * track_id + second)
        face = Face(
            camera_id="door",
            track_id=track_id,
            face_index=second,
            captured_at=at,
            embedding=template,
            quality=0.9,
            key=key,
        )
        if names := actor.take([Shown("door", (face,), at)])["door"]:
            return names
    return {}


def test_a_resolver_on_a_node_without_the_key_ends_and_says_why(spec, tmp_path):
    (tmp_path / "keys" / "default").unlink()
    with pytest.raises(StoreError, match="give each node that embeds or names faces the keys"):
        ResolverActor(spec)


def test_who_keeps_the_faces_lets_visitors_kept_photos_and_earlier_versions_go(spec):
    aging = spec.settings.model_copy(update={"retention": RetentionSettings(photo_days=30)})
    actor = ResolverActor(replace(spec, settings=aging, realtime=True))
    actor.finish()
    names = [each.name for each in read_all(RunFolder(spec.run).jobs)]
    assert names == ["clean-up", "photos", "visitors"]


def test_who_stops_does_not_wait_for_jobs_that_are_due(spec):
    actor = ResolverActor(replace(spec, realtime=True))
    actor._people.jobs._clock = lambda: datetime.now(UTC) + timedelta(days=1)
    actor.finish()
    assert {each.ended_at for each in read_all(RunFolder(spec.run).jobs)} == {None}
