import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.lance import patience
from genesis_ray.store.lance.patience import patiently


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(patience, "_READ_AGAIN_S", 0)


def failing(times: int):
    """Return what fails so many times, and then tells how often it was called."""
    calls = []

    def read() -> int:
        calls.append(1)
        if len(calls) <= times:
            raise StoreError("a file is gone")
        return len(calls)

    return read


@pytest.mark.parametrize("times", [0, 1, 4])
def test_what_was_renewed_meanwhile_is_read_again(times):
    assert patiently(failing(times)) == times + 1


def test_what_cannot_be_read_at_all_is_told():
    with pytest.raises(StoreError, match="is gone"):
        patiently(failing(5))
