import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genesis_ray.errors import NotFoundError, StoreError
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import identity_folder
from genesis_ray.running.templates import key_rotation
from genesis_ray.running.templates.key_rotation import forget, known_keys, rotate
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.keys.key_stores import VARIABLE
from genesis_ray.store.tenant.kept_photos import KeptPhoto, KeptPhotos, seal
from tests.deadly_steps import Doomed
from tests.store.some_keys import protected, unit

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
KILLS = 50
PLAIN = unit(1, 5, 16)


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", f"file:{tmp_path / 'keys'}")
    return in_folder(tmp_path / "data")


def in_folder(data: Path) -> Settings:
    return Settings(data_dir=data, faces={"embedder": "synthetic"})


def gallery(settings: Settings, embedder: str, *, writer: bool = False) -> FaceGallery:
    return FaceGallery(
        identity_folder(settings),
        embedder=embedder,
        dimension=16,
        keys=tenant_keys(settings),
        writer=writer,
    )


def enroll(settings: Settings, embedder: str = "colour") -> None:
    templates = protected(PLAIN, tenant_keys(settings).current, embedder)
    with gallery(settings, embedder, writer=True) as faces:
        faces.enroll("ada", templates, qualities=[1] * len(PLAIN), at=NOON)


def knows_ada(settings: Settings, embedder: str = "colour") -> bool:
    probe = protected(PLAIN[:1], tenant_keys(settings).current, embedder)[0]
    (found,) = gallery(settings, embedder).nearest(probe)
    return found.similarity == pytest.approx(1)


def versions(settings: Settings) -> dict[int, tuple[str, ...]]:
    return {key.version: key.galleries for key in known_keys(settings)[1]}


def test_all_galleries_of_a_tenant_come_under_a_new_key(settings):
    for embedder in ("colour", "sface"):
        enroll(settings, embedder)
    done = rotate(settings)
    assert (done.version, done.faces, done.is_new) == (2, 10, True)
    assert versions(settings) == {1: (), 2: ("colour", "sface")}
    assert all(knows_ada(settings, embedder) for embedder in ("colour", "sface"))


def test_what_is_told_of_keys_names_their_place_and_makes_none(settings, tmp_path):
    assert known_keys(settings) == (str(tmp_path / "keys" / "default"), [])
    assert not (tmp_path / "keys").exists()
    enroll(settings)
    _, (key,) = known_keys(settings)
    assert key.fingerprint == tenant_keys(settings).ref.fingerprint
    assert (key.is_current, key.galleries) == (True, ("colour",))


def test_while_somebody_writes_nothing_is_rotated(settings):
    enroll(settings)
    with gallery(settings, "colour", writer=True), pytest.raises(StoreError, match="written to by"):
        rotate(settings)
    assert versions(settings) == {1: ("colour",)}


def test_a_rotation_that_was_cut_off_is_finished_with_the_key_that_it_made(settings, monkeypatch):
    enroll(settings)

    def cut_off(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(key_rotation, "_renewed", cut_off)
        with pytest.raises(KeyboardInterrupt):
            rotate(settings)
    assert versions(settings) == {1: ("colour",), 2: ()}
    assert knows_ada(settings)
    done = rotate(settings)
    assert (done.version, done.faces, done.is_new) == (2, 5, False)
    assert versions(settings) == {1: (), 2: ("colour",)}
    assert knows_ada(settings)


def test_another_data_folder_goes_on_with_the_old_key_until_it_is_written_to(settings, tmp_path):
    other = in_folder(tmp_path / "other")
    enroll(settings)
    enroll(other)
    rotate(settings)
    assert versions(other) == {1: ("colour",), 2: ()}
    assert knows_ada(other)
    with pytest.raises(StoreError, match="key 1 protects colour; `genesis keys rotate` first"):
        forget(other, 1)
    enroll(other)
    assert versions(other) == {1: (), 2: ("colour",)}


def test_an_old_key_can_be_destroyed_and_the_one_in_use_cannot(settings, tmp_path):
    enroll(settings)
    secret = tenant_keys(settings).current.secret.hex()
    rotate(settings)
    with pytest.raises(StoreError, match="key 2 protects colour"):
        forget(settings, 2)
    with pytest.raises(NotFoundError, match="no key 7 of tenant 'default' in"):
        forget(settings, 7)
    forget(settings, 1)
    assert secret not in (tmp_path / "keys" / "default").read_text()
    assert knows_ada(settings)


def test_keys_in_the_environment_are_rotated_to_the_one_that_was_added(settings, monkeypatch):
    monkeypatch.setenv("GENESIS_TEMPLATES__KEY_STORE", "auto")
    one, two = f"default/1/{'ab' * 32}", f"default/2/{'cd' * 32}"
    monkeypatch.setenv(VARIABLE, one)
    settings = in_folder(settings.data_dir)
    enroll(settings)
    with pytest.raises(StoreError, match="add default/2/HEX"):
        rotate(settings)
    assert knows_ada(settings)
    monkeypatch.setenv(VARIABLE, f"{one} {two}")
    assert rotate(settings).version == 2
    monkeypatch.setenv(VARIABLE, two)
    assert knows_ada(settings)


def test_what_is_done_with_keys_is_noted_and_the_log_is_whole_without_the_old_key(settings):
    enroll(settings)
    rotate(settings)
    forget(settings, 1)
    log = audit_log(settings)
    assert [entry.action for entry in log.entries()] == ["rotate", "rotate", "forget-key"]
    assert log.verify().problem is None


@pytest.mark.timeout(240)  # fifty processes
def test_killed_at_any_moment_all_is_readable_and_the_next_rotation_goes_on(settings, tmp_path):
    for embedder in ("colour", "sface"):
        enroll(settings, embedder)
    key = tenant_keys(settings).current
    for face_id in ("f1", "f2"):
        photo = KeptPhoto(
            face_id=face_id, identity_id="ada", key_version=key.version,
            fingerprint=key.fingerprint, at=NOON,
        )  # fmt: skip
        KeptPhotos(identity_folder(settings)).put(photo, seal(b"a picture", face_id, key))
    places = settings.data_dir, tmp_path / "keys"
    chance = random.Random(11)
    left = []
    with Doomed(Path(__file__).with_name("killed_rotating.py")) as rotating:
        steps, seconds = rotating.whole(*places)
        for number in range(KILLS):
            when = chance.randrange(steps) if number % 5 else f"{chance.uniform(0, seconds):.3f}s"
            rotating.is_killed(*places, when=when)
            left.append(tuple(len(galleries) for galleries in [*versions(settings).values()][-2:]))
            see_all_is_readable(settings)
            if number % 5 == 4:
                rotate(settings)
                newest = tenant_keys(settings).current.version
                assert versions(settings)[newest] == ("colour", "sface")
                see_all_is_readable(settings)
                for old in versions(settings).keys() - {newest}:
                    forget(settings, old)
                see_all_is_readable(settings)
    assert (0, 2) in left  # all under the new key
    assert len([old for old, *new in left if old and any(new)]) > KILLS / 10  # and in the middle


def see_all_is_readable(settings: Settings) -> None:
    assert all(knows_ada(settings, embedder) for embedder in ("colour", "sface"))
    kept = KeptPhotos(identity_folder(settings))
    pictures = [kept.picture(photo, tenant_keys(settings)) for photo in kept.all()]
    assert pictures == [b"a picture"] * 2
    assert audit_log(settings).verify().problem is None
