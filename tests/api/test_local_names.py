import pytest

from genesis_ray.api.local_names import is_local


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8000"]
)
def test_names_of_this_machine_are_local_with_and_without_a_port(host):
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["", "shop.example", "localhost.shop.example", "127.0.0.1.shop.example:80", "[::2]:80"]
)
def test_other_names_are_not_wherever_they_point(host):
    assert not is_local(host)
