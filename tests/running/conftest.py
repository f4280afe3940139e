import ssl
from pathlib import Path

import pytest

from tests.certificates import self_signed


@pytest.fixture(autouse=True)
def _models(models_loaded_once):
    """To load them is tested in tests/vision."""


@pytest.fixture
def certificate(tmp_path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for localhost, signed by itself: its file, and a server's context with it."""
    file = tmp_path / "localhost.pem"
    return file, self_signed(file)
