import pytest

from genesis_ray.errors import NotFoundError
from genesis_ray.running.questions.asked_tenant import check_tenant
from genesis_ray.settings import Settings
from genesis_ray.store.events.event_log import EventLog
from genesis_ray.store.runs.run_folder import RunFolder
from tests.hand_made import seen

SETTINGS = Settings(tenant_id="acme")


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "run")


def test_a_tenant_without_a_row_is_refused_with_whose_the_run_is(run):
    with pytest.raises(NotFoundError, match="nothing of tenant 'shop'; it was made for 'acme'"):
        check_tenant(run, SETTINGS, "shop")


def test_the_runs_own_tenant_and_all_tenants_need_no_row(run):
    check_tenant(run, SETTINGS, "acme")
    check_tenant(run, SETTINGS, None)


def test_rows_count_before_and_after_they_are_committed(run):
    log = EventLog(run.events)
    log.append([seen(0)])
    check_tenant(run, SETTINGS, "shop")
    log.close()
    check_tenant(run, SETTINGS, "shop")
