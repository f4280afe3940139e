import json
from dataclasses import asdict, replace

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys.receipts import Purged, Receipt, Searched, public_key, tracer
from tests.store.some_keys import key, ring

KEY = key(1)
ADA = "0c5e4a52-6d0f-4c3b-9a3f-1e2d3c4b5a69"
RECEIPT = Receipt(
    receipt_id="5d0c71aa", tenant_id="default", begun_at="2026-01-05T12:00:00+00:00",
    finished_at="2026-01-05T12:00:01+00:00", by="Zoë", why="asked", identities=1, faces=2,
    purged=(Purged(store="people", place="/data", removed=1, versions=(1, 2), files=("a",)),),
    not_reached=("backups",), searched=Searched(files=3, residue=("a file",)), salt="00ff",
    traces=tuple(tracer(KEY, "00ff").of_id("identity", ADA)), key_version=1,
    key_fingerprint=KEY.fingerprint, public_key=public_key(KEY),
)  # fmt: skip


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "receipts" / "one.json"
    RECEIPT.write(path, KEY)
    return path


def test_a_receipt_is_read_as_it_was_written(file):
    receipt = Receipt.read(file)
    assert receipt == RECEIPT
    assert receipt.key_in(ring(1, 2)) == KEY


def test_its_traces_find_what_it_does_not_name(file):
    assert ADA not in file.read_text()
    receipt = Receipt.read(file)
    own = tracer(receipt.key_in(ring()), receipt.salt)
    assert own.found(f"...{ADA}...".encode(), receipt.traces)


@pytest.mark.parametrize("name", [*(set(asdict(RECEIPT)) - {"public_key"})])
def test_whatever_is_changed_is_noticed(file, name):
    content = json.loads(file.read_bytes())
    content["receipt"][name] = "changed"
    file.write_text(json.dumps(content))
    with pytest.raises(StoreError, match="was changed since it was signed"):
        Receipt.read(file)


def test_who_signs_with_another_key_is_not_believed(tmp_path):
    stranger = key(1, seed=9)
    forged = replace(RECEIPT, public_key=public_key(stranger))
    forged.write(tmp_path / "forged.json", stranger)
    with pytest.raises(StoreError, match="was signed by somebody else"):
        Receipt.read(tmp_path / "forged.json").key_in(ring())


def test_a_key_that_is_gone_is_named(file):
    with pytest.raises(StoreError, match=r"signed with key 1 .* not in /keys/default"):
        Receipt.read(file).key_in(ring(2))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": "other"}'])
def test_what_is_no_receipt_is_refused(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is no receipt of"):
        Receipt.read(path)
    with pytest.raises(StoreError, match="cannot read"):
        Receipt.read(tmp_path / "nowhere")


def test_two_goes_at_a_store_are_told_together():
    first = Purged(store="faces", place="/data", removed=3, versions=(1, 2), files=("a",))
    second = Purged(store="faces", place="/data", versions=(3,), files=("a", "b"))
    assert first.also(second) == Purged(
        store="faces", place="/data", removed=3, versions=(1, 2, 3), files=("a", "b")
    )
