"""Forgetting somebody where the tenant's key is lost, which nobody has to wait for."""

import json
import shutil

import pytest

from genesis_ray.errors import LostKeyError, StoreError
from genesis_ray.running.erasure import forgetting
from genesis_ray.running.erasure.forgetting import finish, forget
from genesis_ray.running.erasure.forgetting_intent import Intent, is_unfinished
from genesis_ray.running.erasure.forgotten_search import verify
from genesis_ray.running.people.auditing import audit_log, note
from genesis_ray.running.people.identities import identity_folder, who_is_who
from genesis_ray.settings import Settings
from genesis_ray.store.audit.audit_entry import Access
from genesis_ray.store.galleries.stored_faces import stored_faces
from genesis_ray.store.keys.gallery_keys import protected_galleries
from genesis_ray.store.keys.receipts import Receipt
from genesis_ray.testing import ColourEmbedder
from tests.running.erasure.test_forgetting import copied, holders
from tests.running.somebody import ADA, BEN, CARL


@pytest.fixture
def settings(template, tmp_path, monkeypatch) -> Settings:
    """The world, where the key is."""
    monkeypatch.chdir(tmp_path)
    return copied(template, tmp_path / "world")


@pytest.fixture
def lost(settings, tmp_path) -> Settings:
    """The same, without it."""
    templates = settings.templates.model_copy(update={"key_store": f"file:{tmp_path / 'none'}"})
    return settings.model_copy(update={"templates": templates})


def owners(settings: Settings) -> set[str]:
    traits = ColourEmbedder()
    rows = stored_faces(identity_folder(settings), traits.name, traits.dimension)
    return set(rows["identity_id"].to_pylist())


def test_it_is_refused_until_somebody_says_so_and_the_error_says_how(lost):
    before = holders(lost)
    with pytest.raises(LostKeyError, match=r"no such key .*--without-key: .* as a signature"):
        forget(lost, ADA.name, by="eve", why="")
    assert holders(lost) == before
    assert not is_unfinished(identity_folder(lost))


def test_no_byte_is_left_and_others_are_who_they_were(lost, settings):
    path, receipt = forget(lost, ADA.name, by="eve", why="asked", without_key=True)
    assert holders(lost) == []
    assert receipt.searched.residue == ()
    assert receipt.searched.files > 30
    assert (receipt.identities, receipt.faces) == (2, 4)
    assert {"Dora", CARL.name} <= {each.name for each in who_is_who(lost).people}
    # What the key protects is still that, should it be found.
    assert {BEN.identity_id, CARL.identity_id} <= owners(lost)
    (keys,) = protected_galleries(identity_folder(settings))
    assert keys.fingerprints
    assert forget(settings, CARL.name, by="eve", why="")[1].is_signed
    assert not list(path.parent.parent.parent.rglob("forgetting.json"))


def test_the_receipt_says_what_it_lacks_and_has_nothing_to_try_a_guess_with(lost):
    audited = len(audit_log(lost).entries())
    path, _ = forget(lost, ADA.name, by="eve", why=f"{ADA.name} asked", without_key=True)
    receipt = Receipt.read(path)
    assert not receipt.is_signed
    assert (receipt.traces, receipt.key_version, receipt.key_fingerprint) == ((), 0, "")
    assert json.loads(path.read_text())["signature"] == ""
    told = " ".join(receipt.not_reached)
    assert "a signature, and a search another time" in told
    assert "the audit log" in told
    assert len(audit_log(lost).entries()) == audited
    with pytest.raises(StoreError, match="made when the tenant's key was lost: it is not signed"):
        verify(lost, receipt)


def test_what_is_left_is_found_all_the_same(lost):
    letter = lost.data_dir / "letter.txt"
    letter.write_text(f"Dear {ADA.name}")
    _, receipt = forget(lost, ADA.name, by="eve", why="", without_key=True)
    assert receipt.searched.residue == (f"{letter}: a name",)


def test_a_key_that_is_there_is_used(settings):
    _, receipt = forget(settings, ADA.name, by="eve", why="", without_key=True)
    assert receipt.is_signed
    assert verify(settings, receipt).residue == ()


def test_where_the_audit_log_alone_needs_a_lost_key_the_receipt_is_signed(settings, lost):
    note(settings, None, Access(action="match", reason="while the key was there"))
    for path in identity_folder(lost).glob("faces_colour*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(LostKeyError, match=r"end is signed with key 1 .*--without-key"):
        forget(lost, ADA.name, by="eve", why="")
    _, receipt = forget(lost, ADA.name, by="eve", why="", without_key=True)
    assert receipt.is_signed
    assert "the audit log" in receipt.not_reached[0]
    assert holders(lost) == []


def cut_off(settings: Settings, monkeypatch, **how: bool) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(forgetting, "renew_visitor_salt", killed)
        with pytest.raises(KeyboardInterrupt):
            forget(settings, ADA.name, by="eve", why="", **how)
    assert is_unfinished(identity_folder(settings))


def test_cut_off_without_the_key_it_is_finished_without_being_asked_again(lost, monkeypatch):
    cut_off(lost, monkeypatch, without_key=True)
    _, receipt = finish(lost)
    assert not receipt.is_signed
    assert receipt.searched.residue == ()
    assert holders(lost) == []


def test_a_key_that_is_lost_while_it_is_cut_off_holds_nobody_up(settings, lost, monkeypatch):
    cut_off(settings, monkeypatch)
    traces = Intent.load(identity_folder(lost)).traces
    with pytest.raises(LostKeyError, match="--without-key"):
        finish(lost)
    _, receipt = finish(lost, without_key=True)
    assert traces
    assert not receipt.is_signed
    assert receipt.searched.residue == ()
    assert holders(lost) == []
