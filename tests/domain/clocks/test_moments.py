from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from genesis_ray.domain.clocks.moments import moment
from genesis_ray.errors import ConfigurationError

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 30, 10, tzinfo=UTC)  # 12:00 in Berlin; summer time began the day before

OUTSIDE = ("0001-01-01T00:00+05:00", "9999-12-31T23:59-05:00", "0001-01-01")
"""In UTC these are in no year that there is."""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-05", "2026-01-04T23:00+00:00"),
        ("2026-07-05", "2026-07-04T22:00+00:00"),
        ("2026-01-05T14:30", "2026-01-05T13:30+00:00"),
        ("2026-01-05 14:30:05", "2026-01-05T13:30:05+00:00"),
        ("2026-01-05T14:30Z", "2026-01-05T14:30+00:00"),
        ("2026-01-05T14:30-05:00", "2026-01-05T19:30+00:00"),
        ("2026-10-25T02:30", "2026-10-25T00:30+00:00"),  # the first of the two
        ("now", "2026-03-30T10:00+00:00"),
        (" Today ", "2026-03-29T22:00+00:00"),
        ("yesterday", "2026-03-28T23:00+00:00"),
        ("-30min", "2026-03-30T09:30+00:00"),
        ("-48h", "2026-03-28T10:00+00:00"),  # 11:00 in winter time
        ("-2d", "2026-03-28T11:00+00:00"),  # 12:00, as now
        ("-1w", "2026-03-23T11:00+00:00"),
    ],
)
def test_moments_are_of_the_sites_clock(text, meant):
    assert moment(text, BERLIN, NOW) == datetime.fromisoformat(meant)
    assert moment(text, BERLIN, NOW).tzinfo is not None


def test_a_time_that_the_clock_leaves_out_is_refused_with_the_one_that_follows():
    with pytest.raises(ConfigurationError, match=r"no 02:30 on 2026-03-29 in Europe/Berlin.*03:30"):
        moment("2026-03-29T02:30", BERLIN, NOW)
    assert moment("2026-03-29T03:00", BERLIN, NOW) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert moment("2026-03-29T02:30+01:00", BERLIN, NOW) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "24h", "-24", "-3m", "2026-13-01", "-999999w", *OUTSIDE]
)
def test_what_is_no_moment_is_refused_with_the_forms_there_are(text):
    with pytest.raises(ConfigurationError, match="expected a time as 2026-01-05"):
        moment(text, BERLIN, NOW)
