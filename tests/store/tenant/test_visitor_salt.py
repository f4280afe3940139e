import re

import pytest

from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.visitor_salt import FILE, renew_visitor_salt, visitor_salt


def test_there_is_none_before_one_is_made_and_each_is_another(tmp_path):
    assert visitor_salt(tmp_path) == ""
    renew_visitor_salt(tmp_path)
    first = visitor_salt(tmp_path)
    renew_visitor_salt(tmp_path)
    assert re.fullmatch("[0-9a-f]{32}", first)
    assert visitor_salt(tmp_path) not in ("", first)


@pytest.mark.parametrize("content", [b"", b"a1", b"\xff" * 32, b"g" * 32])
def test_a_damaged_one_is_refused_with_what_to_do(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StoreError, match=r"visitor-salt cannot be read .*openssl rand -hex 16"):
        visitor_salt(tmp_path)
