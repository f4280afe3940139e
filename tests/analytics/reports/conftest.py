import pytest

from tests.reported import shop_report


@pytest.fixture(scope="session")
def report():
    return shop_report()
