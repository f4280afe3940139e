import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real footage and faces, which is not part of the project."""
    folder = Path(os.environ.get("GENESIS_TEST_DATA", _CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no footage in {folder}; set GENESIS_TEST_DATA to the folder that has it")
    return folder


class SmallDisk:
    """A file system of one megabyte."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self, *, leaving: int = 0) -> None:
        """Use up the room but for so many bytes."""
        status = os.statvfs(self.path)
        (self.path / "ballast").write_bytes(bytes(status.f_bavail * status.f_bsize - leaving))

    def grow(self) -> None:
        """Make room."""
        subprocess.run(["mount", "-o", "remount,size=8m", self.path], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a disk that can be filled is a tmpfs, and only root may mount one here")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", folder], check=True)
