import json
import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from genesis_ray.domain.recognition.calibration import NOT_CALIBRATED, Calibrated, Calibration
from genesis_ray.errors import StoreError
from genesis_ray.store.tenant.calibration_file import CalibrationFile

CHOSEN = Calibrated(
    value=0.51,
    low=0.48,
    high=0.55,
    made_at=datetime(2026, 11, 28, 9, tzinfo=UTC),
    method="FPIR 0.01",
    data="identities.csv",
    figures={"people": 450.0},
)


@pytest.fixture
def file(tmp_path) -> CalibrationFile:
    return CalibrationFile(tmp_path / "gallery" / "shop", "fused")


def test_where_nothing_was_stored_nothing_is_calibrated(file):
    assert file.read() == NOT_CALIBRATED


def test_what_is_stored_is_read_with_its_evidence(file):
    stored = Calibration(
        threshold=CHOSEN,
        offsets={"door": replace(CHOSEN, value=-0.02)},
        cameras={"till": replace(CHOSEN, value=0.55)},
    )
    file.change(lambda _: stored)
    assert file.read() == stored


def test_a_file_of_an_earlier_version_has_no_camera_with_a_threshold_of_its_own(file):
    file.change(lambda _: Calibration(threshold=CHOSEN))
    stored = json.loads(file.path.read_text())
    del stored["cameras"]
    file.path.write_text(json.dumps(stored))
    assert file.read() == Calibration(threshold=CHOSEN)


def test_a_change_starts_from_what_is_stored(file):
    file.change(lambda _: Calibration(threshold=CHOSEN))
    file.change(lambda stored: replace(stored, offsets={"door": CHOSEN}))
    assert file.read() == Calibration(threshold=CHOSEN, offsets={"door": CHOSEN})


def test_each_embedder_has_its_own(file, tmp_path):
    file.change(lambda _: Calibration(threshold=CHOSEN))
    assert CalibrationFile(tmp_path / "gallery" / "shop", "sface").read() == NOT_CALIBRATED


def test_cleared_it_is_as_if_nothing_had_been_stored(file):
    file.change(lambda _: Calibration(threshold=CHOSEN))
    assert file.clear()
    assert file.read() == NOT_CALIBRATED
    assert not file.clear()


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 9}', '{"version": 1}'])
def test_a_file_that_is_none_is_named_with_the_remedy(file, content):
    file.path.parent.mkdir(parents=True)
    file.path.write_text(content)
    with pytest.raises(StoreError, match=r"calibration-fused\.json .* `genesis calibrate clear`"):
        file.read()


def _rewrite_for_ever(path: Path) -> None:
    file = CalibrationFile(path, "fused")
    number = 0
    while True:
        number += 1
        values = {f"camera-{n}": replace(CHOSEN, value=float(number)) for n in range(200)}
        file.change(lambda _, values=values: Calibration(offsets=values))


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path):
    file = CalibrationFile(tmp_path, "fused")
    for _ in range(3):
        writer = multiprocessing.get_context("fork").Process(
            target=_rewrite_for_ever, args=(tmp_path,)
        )
        writer.start()
        while not file.path.exists():
            pass
        os.kill(writer.pid, signal.SIGKILL)
        writer.join()
        values = {each.value for each in file.read().offsets.values()}
        assert len(values) == 1
        file.change(lambda stored: stored)  # its lock went with it
