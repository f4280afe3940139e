import json
import struct
import tempfile
import zlib

import pytest

from genesis_ray.api import uploads
from genesis_ray.api.uploads import MOST_PHOTOS
from tests.api.photos import ADA, photo
from tests.api.system import System

SEARCH = "/v1/identities/search"


@pytest.fixture
def no_disk(monkeypatch, tmp_path) -> None:
    """Let whoever makes a temporary file fail."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))


def test_no_byte_of_a_photo_is_written_to_the_disk(system: System, no_disk):
    answer = system.send(SEARCH, photo(ADA) + bytes(3 * 2**20))  # what follows a PNG is nothing
    assert answer.status_code == 200, answer.text


def test_form_that_says_it_is_too_large_is_refused_unread(system: System):
    def body():
        yield pytest.fail("it is read")

    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(2**40)}
    answer = system.client.post(SEARCH, content=body(), headers=headers)
    assert answer.status_code == 413
    assert "expected a form of 65 MB or less" in answer.json()["detail"]


def test_form_that_says_nothing_is_read_as_far_as_it_may_be_large(system: System, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FORM_BYTES", 2**20)

    def body():
        yield b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.png"\r\n\r\n'
        yield from (bytes(2**16) for _ in range(64))

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = system.client.post(SEARCH, content=body(), headers=headers)
    assert answer.status_code == 413


def test_small_file_of_a_billion_pixels_is_refused_before_any_is_decoded(system: System):
    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + crc

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99)))
    answer = system.send(SEARCH, bomb)
    assert answer.status_code == 422
    assert "0.png: a picture of too many pixels, expected 100 million" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"files": [("photo", ("a.png", b"text"))]}, "a.png: not a picture that can be read"),
        ({"files": [("photo", ("a.png", b""))]}, "a.png: not a picture that can be read"),
        ({"files": [("image", ("a.png", b"text"))]}, "got 'image'"),
        ({"data": {"photo": "text"}, "files": [("photo", ("a.png", b"x"))]}, "expected a file"),
        ({"files": [("photo", (f"{n}.png", b"x")) for n in range(MOST_PHOTOS + 1)]}, "Too many"),
        ({"content": b"--x--\r\n", "headers": {"content-type": "multipart/form-data; boundary=x"}},
         "field 'photo', got none"),
        ({"content": b"no form", "headers": {"content-type": "multipart/form-data; boundary=x"}},
         "the form cannot be used"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
    ],
)  # fmt: skip
def test_form_that_cannot_be_used_is_refused_with_what_is_wrong(system: System, form, said):
    answer = system.client.post(SEARCH, **form)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/x-www-form-urlencoded", "image/png", ""]
)
def test_what_is_no_form_with_files_is_refused(system: System, kind):
    answer = system.client.post(SEARCH, content=json.dumps({}), headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ("../../etc/ada.png", "ada.png"),
        ("C:\\photos\\ada.png", "ada.png"),
        ("a\u200bda.png", "ada.png"),
        ("x" * 200, "x" * 80),
        ("..", ".."),
    ],
)
def test_photo_is_called_what_its_file_is_without_what_could_mislead(
    system: System, filename, shown
):
    answer = system.client.post(SEARCH, files=[("photo", (filename, b"text"))])
    assert answer.json()["detail"].startswith(f"{shown}: not a picture")
