import os
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
