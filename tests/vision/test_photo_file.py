import os
import struct
import zlib

import cv2
import numpy as np
import pytest

from genesis_ray.errors import SourceError
from genesis_ray.vision import photo_file
from genesis_ray.vision.photo_file import read_photo


def png_of(width: int, height: int) -> bytes:
    """Return the beginning of a picture that claims to be of this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99)))


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bmp"])
def test_a_photo_is_read_as_it_was_written(tmp_path, kind):
    image = np.full((30, 40, 3), (200, 40, 90), np.uint8)
    cv2.imwrite(str(tmp_path / f"a.{kind}"), image)
    read = read_photo(tmp_path / f"a.{kind}")
    assert read.shape == (30, 40, 3)
    assert np.abs(read.astype(int) - image).max() < 12


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a picture that can be read; use JPEG or PNG"),
        (b"no picture", "not a picture that can be read"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "not a picture that can be read"),
        (b"GIF89a", "not a picture that can be read"),
        (png_of(40, 30)[:-30], "not a picture that can be read"),
        (png_of(10_001, 10_000), "too many pixels, expected 100 million or less; make it smaller"),
        (png_of(30_000, 30_000), "too many pixels"),
        (png_of(60_000, 60_000), "too many pixels"),
    ],
)
def test_what_is_no_photo_or_a_bomb_is_named_before_it_is_decoded(
    tmp_path, monkeypatch, content, said
):
    file = tmp_path / "ada.jpg"
    file.write_bytes(content)
    if "pixels" in said:
        monkeypatch.setattr(cv2, "imdecode", None)
    with pytest.raises(SourceError, match=rf"ada\.jpg: .*{said}"):
        read_photo(file)


def test_a_file_of_200_mb_is_refused_unread(tmp_path, monkeypatch):
    file = tmp_path / "ada.jpg"
    with file.open("wb") as large:
        large.truncate(200 * 2**20)
    monkeypatch.setattr(photo_file.Path, "read_bytes", None)
    with pytest.raises(SourceError, match=r"200 MB, expected 64 MB or less; give a smaller copy"):
        read_photo(file)


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path):
    with pytest.raises(SourceError, match="No such file or directory; name the file"):
        read_photo(tmp_path / "gone.jpg")
    with pytest.raises(SourceError, match="Is a directory; name the file"):
        read_photo(tmp_path)
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(SourceError, match=r"pipe\.jpg: not a file"):
        read_photo(tmp_path / "pipe.jpg")


def test_what_is_no_photo_is_named_also_where_another_library_looks_for_plug_ins(
    tmp_path, monkeypatch
):
    def opened(*_):
        raise ModuleNotFoundError("No module named 'pi_heif'")

    monkeypatch.setattr(photo_file.Header, "open", opened)
    (tmp_path / "ada.jpg").write_text("no picture")
    with pytest.raises(SourceError, match="not a picture that can be read"):
        read_photo(tmp_path / "ada.jpg")
