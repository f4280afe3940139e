import os
from contextlib import ExitStack
from datetime import UTC, datetime

import numpy as np
import pytest

from genesis_ray.domain.recognition.people import Person, visitor
from genesis_ray.errors import ConfigurationError, StoreError
from genesis_ray.running.changes import changes_between
from genesis_ray.running.people.auditing import audit_log
from genesis_ray.running.people.identities import Entries, identity_folder
from genesis_ray.running.people.intake import Intake
from genesis_ray.running.templates.gallery_in_use import as_it_runs, overruled, with_gallery_in_use
from genesis_ray.running.templates.switching import is_in_force, plan_switch, switch
from genesis_ray.running.templates.tenant_keys import tenant_keys
from genesis_ray.settings import Settings
from genesis_ray.store.galleries.gallery import FaceGallery
from genesis_ray.store.tenant.gallery_choice import FILE, GalleryChoice
from genesis_ray.store.tenant.people import People

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def gallery(settings: Settings, embedder: str, dimension: int) -> FaceGallery:
    return FaceGallery(
        identity_folder(settings), embedder=embedder, dimension=dimension,
        keys=tenant_keys(settings), writer=True,
    )  # fmt: skip


def enroll(settings: Settings, embedder: str, dimension: int, *identities: str) -> None:
    with gallery(settings, embedder, dimension) as faces:
        for number, identity_id in enumerate(identities):
            face = np.eye(dimension, dtype=np.float32)[number]
            faces.enroll(identity_id, face[None], qualities=[0.9], at=NOON)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Three people and a visitor whom the synthetic embedder knows; SFace knows one of them."""
    settings = Settings(data_dir=tmp_path / "data", faces={"embedder": "synthetic"})
    with ExitStack() as opened:
        people = opened.enter_context(People(identity_folder(settings), writer=True))
        for identity_id in ("ada", "bob", "bob2", "cid"):
            name = identity_id[:3].title()
            people.add(
                Person(identity_id=identity_id, name=name, kind="enrolled", enrolled_at=NOON)
            )
        people.add(visitor("passer-by", at=NOON))
    enroll(settings, "colour", 16, "ada", "bob", "bob2", "passer-by")
    enroll(settings, "sface", 128, "ada", "bob")
    return settings


def test_who_would_be_lost_is_told_and_nothing_is_changed(settings):
    planned = plan_switch(settings, "sface")
    assert (planned.embedder, planned.before, planned.people) == ("sface", "synthetic", 2)
    assert planned.lost == ("Bob",)  # the second of that name; Cid is known to neither
    assert (planned.visitors, planned.process) == (1, None)
    assert with_gallery_in_use(settings).faces.embedder == "synthetic"


def test_an_embedder_without_a_gallery_loses_everybody(settings):
    assert plan_switch(settings, "facenet-vggface2").lost == ("Ada", "Bob", "Bob")


def test_what_starts_from_then_on_goes_by_it_and_the_way_back_is_open(settings):
    switch(settings, plan_switch(settings, "sface"))
    switched = with_gallery_in_use(settings)
    assert switched.faces.embedder == "sface"
    assert switched.faces.min_quality == settings.faces.min_quality
    assert with_gallery_in_use(switched) == switched
    back = plan_switch(switched, "synthetic")
    assert (back.before, back.lost) == ("sface", ())
    switch(switched, back)
    assert with_gallery_in_use(switched).faces.embedder == "synthetic"
    assert [e.reason for e in audit_log(settings).entries() if e.action == "switch"] == [
        "names people by sface from now on, by synthetic until now",
        "names people by synthetic from now on, by sface until now",
    ]


def test_galleries_are_left_as_they_are(settings):
    def tables() -> dict[str, bytes]:
        folder = identity_folder(settings)
        return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != FILE}

    before = tables()
    switch(settings, plan_switch(settings, "sface"))
    assert tables() == before


def test_a_configuration_that_names_another_is_told_and_one_that_names_none_is_not(settings):
    assert overruled(settings) is None
    switch(settings, plan_switch(settings, "sface"))
    told = overruled(settings) or ""
    assert "faces.embedder: synthetic" in told
    assert "named by sface" in told
    assert "genesis people switch synthetic" in told
    unset = Settings(data_dir=settings.data_dir)
    assert overruled(unset) is None
    assert with_gallery_in_use(unset).faces.embedder == "sface"
    assert overruled(with_gallery_in_use(settings)) is None


def test_another_tenant_and_another_data_folder_are_not_meant(settings, tmp_path):
    switch(settings, plan_switch(settings, "sface"))
    for other in ({"tenant_id": "other"}, {"data_dir": tmp_path / "other"}):
        assert with_gallery_in_use(settings.model_copy(update=other)).faces.embedder == "synthetic"


def test_the_threshold_is_that_of_the_embedder_unless_one_is_set(settings):
    own = plan_switch(settings, "sface").thresholds.usual
    assert own.origin == "embedder"
    identity = settings.identity.model_copy(update={"threshold": 0.7})
    book = plan_switch(settings.model_copy(update={"identity": identity}), "sface").thresholds
    assert book.usual == (0.7, "settings")


def test_the_one_in_use_and_one_that_is_not_there_are_refused(settings):
    with pytest.raises(ConfigurationError, match="synthetic is the embedder that is in use"):
        switch(settings, plan_switch(settings, "synthetic"))
    with pytest.raises(ConfigurationError, match="no face embedder 'arcface'"):
        plan_switch(settings, "arcface")
    assert GalleryChoice.load(identity_folder(settings)) is None


def test_a_process_that_names_people_is_told(settings):
    with People(identity_folder(settings), writer=True):
        planned = plan_switch(settings, "sface")
    assert planned.process == str(os.getpid())
    assert (planned.process_embedder, planned.process_follows) == (None, False)


@pytest.mark.parametrize("follows", [True, False])
def test_of_a_system_that_runs_it_is_told_by_which_gallery_it_goes(settings, follows):
    keys = tenant_keys(settings)
    with People(identity_folder(settings), writer=True):
        Intake(settings, keys, follows=follows).stored(Entries(0, 0))
        planned = plan_switch(settings, "sface")
        assert (planned.process_embedder, planned.process_follows) == ("colour", follows)
        switch(settings, planned)
        assert not is_in_force(settings, planned, within_s=0)
        Intake(with_gallery_in_use(settings), keys).stored(Entries(0, 0))
        assert is_in_force(settings, planned, within_s=0)


def test_a_switch_holds_up_no_change_of_a_system_that_runs_by_the_old_gallery(settings):
    running, camera = settings, {"camera_id": "door", "source": "synthetic:"}
    wanted = Settings(data_dir=settings.data_dir, cameras=[camera])
    assert as_it_runs(wanted, running) == wanted
    with pytest.raises(ConfigurationError, match="but faces would change too"):
        changes_between(running, as_it_runs(wanted, running))
    switch(settings, plan_switch(settings, "sface"))
    changes = changes_between(running, as_it_runs(wanted, running))
    assert [each.camera_id for each in changes.added] == ["door"]


def test_what_cannot_be_written_leaves_the_choice_of_before(settings, monkeypatch):
    switch(settings, plan_switch(settings, "sface"))
    switched = with_gallery_in_use(settings)
    planned = plan_switch(switched, "synthetic")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("os.replace", full)
        with pytest.raises(StoreError, match="full"):
            switch(switched, planned)
    assert with_gallery_in_use(settings).faces.embedder == "sface"
