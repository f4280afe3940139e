from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from genesis_ray.settings import Settings

NOW = datetime(2026, 6, 10, tzinfo=UTC)


def days(table: str, tenant_id: str = "default", **retention: object) -> float | None:
    return Settings(retention=retention).retention.policy_of(tenant_id).days_of(table)


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        ("track_observations", 30), ("zone_crossings", 30), ("face_scores", 30),
        ("visits", 90), ("face_recognitions", 90), ("rollups", 90), ("camera_states", None),
    ],
)  # fmt: skip
def test_raw_rows_stay_thirty_days_journeys_and_rollups_ninety_and_states_for_ever(table, kept):
    assert days(table) == kept


def test_a_table_has_its_own_limit_where_it_is_named():
    assert days("face_scores", tables={"face_scores": 7}) == 7
    assert days("visits", tables={"visits": None}) is None


def test_a_tenant_has_its_own_limits_where_it_is_named():
    tenants = {"shop": {"raw_days": 5}}
    assert days("line_crossings", "shop", tenants=tenants) == 5
    assert days("visits", "shop", tenants=tenants) == 90
    assert days("line_crossings", "other", tenants=tenants) == 30


def test_a_limit_is_a_time():
    policy = Settings().retention.policy_of("default")
    assert policy.limit_of("visits", at=NOW) == NOW - timedelta(days=90)
    forever = Settings(retention={"raw_days": None}).retention.policy_of("default")
    assert forever.limit_of("zone_crossings", at=NOW) is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"raw_days": 2}, "greater than or equal to 3"),
        ({"tables": {"rolups": 9}}, "no table rolups; there are track_observations"),
        ({"tenants": {"Shop/..": {}}}, "cannot name a folder"),
    ],
)
def test_limits_that_cannot_be_are_refused(wrong, says):
    with pytest.raises(ValidationError, match=says):
        Settings(retention=wrong)


def test_snapshots_are_taken_only_where_it_is_set_where_to_and_a_week_of_them_stays():
    assert Settings().snapshots.folder is None
    assert Settings(snapshots={"folder": "/mnt/backup"}).snapshots.keep == 7
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Settings(snapshots={"folder": "/mnt/backup", "keep": 0})
