import io

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.keys import sealed_file
from genesis_ray.store.keys.sealed_file import SealedReader, SealedWriter

CHUNK, TAG, HEAD = 100, 16, 33


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(sealed_file, "_WORK", {"n": 2, "r": 8, "p": 1})
    monkeypatch.setattr(sealed_file, "_CHUNK_BYTES", CHUNK)


def sealed(content: bytes, passphrase: bytes = b"open") -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, passphrase)
    for start in range(0, len(content), 7):
        writer.write(content[start : start + 7])
    writer.close()
    return file.getvalue()


def opened(content: bytes, passphrase: bytes = b"open", size: int = 13) -> bytes:
    file = io.BytesIO(content)
    file.name = "b.sealed"
    reader = SealedReader(file, passphrase)
    parts = []
    while part := reader.read(size):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 999])
def test_what_was_sealed_is_what_is_opened(length):
    content = bytes(n % 251 for n in range(length))
    assert opened(sealed(content)) == content
    assert opened(sealed(content), size=10_000) == content


def test_nothing_of_the_content_is_in_the_file_and_no_two_are_alike():
    assert b"secret" not in sealed(b"secret" * 50)
    assert sealed(b"secret")[HEAD:] != sealed(b"secret")[HEAD:]


def test_another_passphrase_opens_nothing():
    with pytest.raises(StoreError, match="the passphrase is another one"):
        opened(sealed(b"secret"), b"shut")


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole[:-1],
        lambda whole: whole[: HEAD + CHUNK + TAG],
        lambda whole: whole[:HEAD],
        lambda whole: whole + b"x",
        lambda whole: whole[: HEAD + 5] + b"x" + whole[HEAD + 6 :],
        lambda whole: whole[:HEAD] + whole[HEAD + CHUNK + TAG :],
    ],
    ids=["cut", "cut after a chunk", "all cut", "longer", "changed", "without its first chunk"],
)
def test_a_file_that_was_changed_is_refused(change):
    with pytest.raises(StoreError, match="damaged or cut off"):
        opened(change(sealed(bytes(250))))


def test_another_file_is_no_backup():
    with pytest.raises(StoreError, match=r"b\.sealed is no backup"):
        opened(b"PK\3\4 something else")
