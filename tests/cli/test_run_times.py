import pytest

from genesis_ray.cli.run import parse_time
from genesis_ray.errors import ConfigurationError


@pytest.mark.parametrize("text", ["", "noon", "0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00"])
def test_what_is_no_time_of_utc_is_refused_with_the_option(text):
    with pytest.raises(ConfigurationError, match="--at: expected a time like"):
        parse_time(text, "--at")
