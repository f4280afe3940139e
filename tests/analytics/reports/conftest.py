import pytest

from tests.reported import reported, shop


@pytest.fixture(scope="session")
def report():
    return reported(shop())
